"""Effects with the money in them: what the appraisal of all initiatives says of each.

The design of an effect speaks of its own KPI; every amount, and whether it is called shown, comes
from the one appraisal of cost (``metrics.portfolio``). An effect on an indicator that is not seen
in the cost it is meant to move is not shown.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from metrics.effects.part import GRADE, RANDOMISED, EffectsPart, effects
from metrics.effects.result import Verdict
from metrics.effects.rows import SAVED_COLUMNS
from metrics.frames.frame import iterate_rows
from metrics.model import Snapshot
from metrics.portfolio.claims import ClaimVerdict as Claimed
from metrics.portfolio.part import BETWEEN, ValuePart

SHOWN = (str(Claimed.HELPED), str(Claimed.HARMED))


def initiatives(snapshot: Snapshot, value: ValuePart) -> EffectsPart:
    """Return what each initiative did to the KPI it was started for, and what that is worth."""
    found = effects(
        snapshot["observations"],
        snapshot["initiatives"],
        snapshot["contributions"],
        snapshot["restatements"],
    )
    return value_effects(found, value, snapshot["initiatives"])


def value_effects(part: EffectsPart, value: ValuePart, initiatives: pd.DataFrame) -> EffectsPart:
    """Return the effects with amounts, verdicts and totals of the appraisal."""
    by_lot = set(initiatives.loc[initiatives["assignment"] == RANDOMISED, "initiative"])
    claims = {
        name: (place, claim)
        for place, claim in enumerate(iterate_rows(value.claims))
        for name in str(claim.initiatives).split(BETWEEN)
    }
    table = part.effects.copy()
    for at, one in table[["initiative", "verdict", "found"]].iterrows():
        if one["initiative"] in claims:
            claim = claims[one["initiative"]][1]
            fields = _row(claim, one["initiative"] in by_lot)
        else:
            fields = dict.fromkeys(("saving", "saving_low", "saving_high", "saving_level"), np.nan)
            if one["found"] == 0 and one["verdict"] in GRADE:
                # Among many effects this one may well be chance.
                fields |= {"verdict": str(Verdict.NOT_SHOWN), "grade": ""}
        for name, content in fields.items():
            table.loc[at, name] = content
    return replace(
        part,
        effects=table,
        saved=_saving_by_month(value, claims),
        together=value.monthly,
        saving=value.saving["value"],
        saving_low=value.saving["low"],
        saving_high=value.saving["high"],
        saving_level=value.saving["level"],
        reason=value.reason,
    )


def _row(claim, by_lot: bool) -> dict:
    """Return verdict, grade and amount of one initiative; a joint amount in equal shares."""
    if not claim.compared:
        blank = dict.fromkeys(("saving", "saving_low", "saving_high", "saving_level"), np.nan)
        return blank | {"grade": ""}
    share = 1 / len(str(claim.initiatives).split(BETWEEN))
    shown = claim.verdict in SHOWN
    return {
        "saving": share * claim.amount,
        "saving_low": share * claim.low,
        "saving_high": share * claim.high,
        "saving_level": claim.level,
        "verdict": str(Verdict.CAUSED if shown else Verdict.NOT_SHOWN),
        "grade": ("A" if by_lot else GRADE[Verdict.CAUSED]) if shown else "",
    }


def _saving_by_month(value: ValuePart, claims: dict) -> pd.DataFrame:
    """Return what each initiative saved by month and added up, with the band of the sum."""
    pieces = []
    for name, (place, claim) in claims.items():
        rows = value.so_far[value.so_far["claim"] == place] if claim.compared else None
        if rows is None or rows.empty:
            continue
        share = 1 / len(str(claim.initiatives).split(BETWEEN))
        numbers = share * rows[["saving", "total", "low", "high"]]
        pieces.append(numbers.assign(initiative=name, period=rows["month"]))
    if not pieces:
        return pd.DataFrame(columns=SAVED_COLUMNS)
    return pd.concat(pieces, ignore_index=True)[SAVED_COLUMNS]
