"""What the initiatives saved: the part of the report that every amount in money comes from."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from metrics.assumptions import Assumptions
from metrics.measures.kpis import arrange
from metrics.model import Snapshot
from metrics.portfolio import records
from metrics.portfolio.appraisal import (
    Appraisal,
    appraise,
    by_month,
    future_saving_draws,
    saving_draws,
)
from metrics.portfolio.claims import (
    BETWEEN,
    SURE,
    Amount,
    ClaimVerdict,
    amount_of,
    before_after_total,
    claims,
)
from metrics.portfolio.panel import YEAR

DEFINITION = "saving-2"
"""Name of what is called a saving here; frozen predictions carry it."""
FIRST_DEFINITION = "saving"
"""What was shown one by one: forecasts issued under it are scored by it."""
SAVINGS = (DEFINITION, FIRST_DEFINITION)
LEVEL = 80.0
LISTS = ("initiatives", "teams", "months", "shares_with")
MONTH_COLUMNS = ["claim", "function", "month", "saving", "low", "high"]
SO_FAR_COLUMNS = ["claim", "month", "saving", "total", "low", "high"]


@dataclass(frozen=True)
class ValuePart:
    """Savings of all initiatives, estimated at once; base currency, a loss negative.

    Attributes
    ----------
    claims : DataFrame
        As ``metrics.portfolio.claims.claims``, lists joined by "; ".
    monthly : DataFrame
        ``month, saving``: what the compared claims saved together, from the first start on, over
        the months that every pool has.
    by_claim : DataFrame
        The same claim by claim (its row in ``claims``) with pointwise bands.
    so_far : DataFrame
        By claim: added up since the start, with the band of the sum.
    saving, shown, before_after, ahead, so_far_total : dict
        ``value, low, high, level, probability, reason``: the last twelve months of all compared
        claims; of those shown; what stands apart because nothing was left to compare with; the
        next twelve months; everything since the first start.
    verdict : str
        ``saves``, ``loses``, ``not shown`` or "" where nothing is compared.
    draws : DataFrame
        Joint draws of the log effects (``effect_0`` …) and half-lives (``life_0`` …) of the
        groups, from which every amount follows.
    definition, seed
    reason : str
        Why nothing is compared, otherwise "".
    """

    claims: pd.DataFrame
    monthly: pd.DataFrame
    by_claim: pd.DataFrame
    so_far: pd.DataFrame
    saving: dict[str, Any]
    shown: dict[str, Any]
    before_after: dict[str, Any]
    ahead: dict[str, Any]
    so_far_total: dict[str, Any]
    verdict: str
    seed: int
    reason: str
    draws: pd.DataFrame = field(metadata={"document": False})
    definition: str = DEFINITION


def value(snapshot: Snapshot, assumptions: Assumptions) -> ValuePart:
    """Appraise every initiative of the client at once."""
    found = _appraise(snapshot, assumptions)
    table = claims(found, LEVEL)
    which = [g for g in range(found.compared) if found.counts(g)]
    apart = before_after_total(table, LEVEL)
    if not which:
        reason = _reason(found, snapshot)
        nothing = asdict(Amount(level=LEVEL, reason=reason))
        return ValuePart(
            claims=_flat(table),
            monthly=_empty(["month", "saving"]),
            by_claim=_empty(MONTH_COLUMNS),
            so_far=_empty(SO_FAR_COLUMNS),
            saving=nothing,
            shown=nothing,
            before_after=asdict(apart),
            ahead=nothing,
            so_far_total=nothing,
            verdict="",
            seed=assumptions.whole("seed"),
            reason=reason,
            draws=_draws_frame(found),
        )
    amounts = saving_draws(found)
    shown = [
        g
        for at, g in enumerate(which)
        if table["verdict"].iloc[at] in (ClaimVerdict.HELPED, ClaimVerdict.HARMED)
    ]
    whole = amount_of(amounts[:, which].sum(axis=1), LEVEL)
    future = sum(one[:, :, which].sum(axis=(1, 2)) for one in future_saving_draws(found, YEAR))
    months = by_month(found)
    return ValuePart(
        claims=_flat(table),
        monthly=_sum_months(found, months, which),
        by_claim=_by_claim(found, months, which),
        so_far=_so_far(found, months, which),
        saving=asdict(whole),
        shown=asdict(
            amount_of(amounts[:, shown].sum(axis=1), LEVEL)
            if shown
            else Amount(0.0, 0.0, 0.0, LEVEL, reason="no_effect_shown")
        ),
        before_after=asdict(apart),
        ahead=asdict(amount_of(np.asarray(future), LEVEL)),
        so_far_total=asdict(
            amount_of(sum(one[:, :, which].sum(axis=(1, 2)) for one in months), LEVEL)
        ),
        verdict="saves"
        if whole.probability >= SURE
        else "loses"
        if whole.probability <= 1 - SURE
        else "not shown",
        seed=assumptions.whole("seed"),
        reason="",
        draws=_draws_frame(found),
    )


def appraisal_of(snapshot: Snapshot, part: ValuePart) -> Appraisal:
    """Return the appraisal that a part rests on, without drawing anything anew."""
    found = _lay_out(snapshot)
    effect = part.draws.filter(like="effect_").to_numpy(float)
    life = part.draws.filter(like="life_").to_numpy(int)
    if "spread" not in part.draws:
        return appraise(*found, part.seed)
    spread = part.draws["spread"].to_numpy(float)
    return appraise(*found, part.seed, known=(effect, life, spread))


def _appraise(snapshot: Snapshot, assumptions: Assumptions) -> Appraisal:
    return appraise(*_lay_out(snapshot), assumptions.whole("seed"))


def _lay_out(snapshot: Snapshot) -> tuple[list, list]:
    initiatives = snapshot["initiatives"].dropna(subset="start")
    given = arrange(snapshot["observations"])
    return records.pools(given, initiatives), records.starts(initiatives)


def _reason(found: Appraisal, snapshot: Snapshot) -> str:
    if snapshot["initiatives"].empty:
        return "no_initiatives"
    why = [
        reason
        for one, reason in zip(found.starts, found.laid.reasons, strict=True)
        if one.counts and reason
    ]
    return why[0] if why and len(set(why)) == 1 else "nothing_compared" if why else "no_cost_kpi"


def _draws_frame(found: Appraisal) -> pd.DataFrame:
    groups = range(found.effect.shape[1])
    return pd.DataFrame(
        {f"effect_{g}": found.effect[:, g] for g in groups}
        | {f"life_{g}": found.life[:, g] for g in groups}
        | ({"spread": found.spread} if found.known else {})
    )


def _flat(table: pd.DataFrame) -> pd.DataFrame:
    flat = table.copy()
    for name in LISTS:
        flat[name] = [BETWEEN.join(map(str, one)) for one in table[name]]
    for name in (
        "amount",
        "low",
        "high",
        "level",
        "probability",
        "relative",
        "relative_low",
        "relative_high",
        "less_work",
        "cheaper_work",
    ):
        flat[name] = flat[name].astype(float)
    flat["compared"] = flat["compared"].astype(bool)
    return flat


def _empty(columns: list[str]) -> pd.DataFrame:
    table = pd.DataFrame(columns=columns, dtype=float)
    for name in ("month",):
        if name in table:
            table[name] = table[name].astype("datetime64[us]")
    return table.astype({"function": str}) if "function" in table else table


def _first(found: Appraisal, group: int) -> int:
    """Return the place of a group's first month in its pool."""
    starts = found.laid.panels[found.pool(group)].starts[list(found.groups[group])]
    return int(starts[starts >= 0].min())


def _sum_months(found: Appraisal, months: list[np.ndarray], which: list[int]) -> pd.DataFrame:
    series = []
    for group in which:
        place = found.pool(group)
        mean = months[place][:, :, group].mean(axis=0)
        series.append(pd.Series(mean, found.laid.pools[place].months))
    begun = min(found.laid.pools[found.pool(g)].months[_first(found, g)] for g in which)
    last = min(one.index[-1] for one in series)
    total = pd.concat(series, axis=1).fillna(0.0).sum(axis=1).loc[begun:last]
    return pd.DataFrame({"month": total.index.astype("datetime64[us]"), "saving": total.to_numpy()})


def _by_claim(found: Appraisal, months: list[np.ndarray], which: list[int]) -> pd.DataFrame:
    pieces = []
    for claim, group in enumerate(which):
        place, first = found.pool(group), _first(found, group)
        draws = months[place][:, first:, group]
        low, high = np.quantile(draws, [0.1, 0.9], axis=0)
        pieces.append(
            pd.DataFrame(
                {
                    "claim": claim,
                    "function": found.laid.pools[place].function,
                    "month": found.laid.pools[place].months[first:].astype("datetime64[us]"),
                    "saving": draws.mean(axis=0),
                    "low": low,
                    "high": high,
                }
            )
        )
    return pd.concat(pieces, ignore_index=True)


def _so_far(found: Appraisal, months: list[np.ndarray], which: list[int]) -> pd.DataFrame:
    pieces = []
    for claim, group in enumerate(which):
        place, first = found.pool(group), _first(found, group)
        draws = months[place][:, first:, group]
        total = draws.cumsum(axis=1)
        low, high = np.quantile(total, [0.1, 0.9], axis=0)
        pieces.append(
            pd.DataFrame(
                {
                    "claim": claim,
                    "month": found.laid.pools[place].months[first:].astype("datetime64[us]"),
                    "saving": draws.mean(axis=0),
                    "total": total.mean(axis=0),
                    "low": low,
                    "high": high,
                }
            )
        )
    return pd.concat(pieces, ignore_index=True)
