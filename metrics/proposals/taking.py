"""From a proposal to a decision: what it promises is what the list says it brings."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from metrics.business_case.arithmetic import ramp
from metrics.errors import InvalidInput
from metrics.frames.decisions import DECISIONS
from metrics.model import ALL
from metrics.proposals.proposal import BETWEEN, KNOWING, YEAR, Action, arriving_share
from metrics.tuning import ledger
from metrics.tuning.deciding import draft_decisions, draft_predictions
from metrics.tuning.part import TuningPart

KINDS: Mapping[str, str] = {
    Action.EXTEND: "scale",
    Action.STOP: "stop",
    Action.STEP: "change",
    Action.BEGIN: "start",
    Action.MEASURE: "keep",
    Action.VARY: "change",
    Action.LOT: "start",
    Action.MEND: "change",
    Action.RECORD: "start",
}


def take_up(
    proposals: pd.DataFrame, part: TuningPart, name: str, choice: Mapping[str, Any]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Complete a proposal that is taken up to decisions, with the predictions frozen with them.

    Parameters
    ----------
    proposals : DataFrame
        ``ProposalsPart.table``.
    name : str
        By which the list knows it.
    choice : mapping
        ``owner``, ``reason``, ``day``; optionally ``supersedes``.

    Returns
    -------
    decisions : frame ``decisions``, identified
    predictions : DataFrame
        As ``metrics.tuning.deciding.draft_decisions`` returns them.

    Raises
    ------
    InvalidInput
        ``proposal_unknown``: it stands in the list no more.
    """
    mine = proposals[proposals["proposal"] == name]
    if mine.empty:
        raise InvalidInput("proposal_unknown", proposal=name)
    row = mine.iloc[0]
    functions = [f for f in str(row["functions"]).split(BETWEEN) if f] or [ALL]
    given = dict(choice) | {"proposal": name}
    if row["action"] == Action.MOVE:
        choices = [given | {"function": f, "kind": "scale"} for f in functions]
        return draft_decisions(part, pd.DataFrame(choices))
    decision = _decision(row, part, functions[0], given)
    decisions = ledger.identify(DECISIONS.conform(pd.DataFrame([decision])))
    return decisions, draft_predictions(part, decisions, [given])


def _decision(row: pd.Series, part: TuningPart, function: str, given: dict) -> dict[str, Any]:
    day = pd.Timestamp(given["day"])
    month = day.to_period("M").to_timestamp()
    known = part.plan["evidence"]
    evidence = pd.Timestamp(known) if known else month - pd.DateOffset(months=1)
    spent = part.table.set_index("function")["current"] if len(part.table) else {}
    before = float(spent[function]) if function in spent else float("nan")
    effort = row["effort"] if math.isfinite(row["effort"]) else 0.0
    months = max(int(part.plan["months"]), math.ceil(effort))
    promised, low, high = _promised(row, part, months)
    named = row["action"] in (Action.EXTEND, Action.STOP, Action.MEASURE)
    return {
        "cycle": part.plan["cycle"] or f"{day:%Y-%m}",
        "function": function,
        "kind": KINDS[row["action"]],
        "initiative": row["subject"] if named else "",
        "owner": given["owner"],
        "day": day,
        "reason": given["reason"],
        "supersedes": given.get("supersedes", ""),
        "proposal": given["proposal"],
        "before": before,
        "after": max(before + _number(row["cost"]) / YEAR, 0.0) if before >= 0 else before,
        "evidence": evidence,
        "months": float(months),
        "promised": promised,
        "promised_low": low,
        "promised_high": high,
        "level": 80.0,
        "multiplier": 1.0,
        "factor": part.plan["factor"],
    }


def _promised(row: pd.Series, part: TuningPart, months: int) -> tuple[float, float, float]:
    """Return the benefit a month over the cycle: a new effect has not all arrived by then."""
    if row["action"] in KNOWING or math.isnan(row["gain_low"]):
        return (float("nan"),) * 3
    share = 1.0
    if row["action"] != Action.STOP:
        half = part.plan["ramp_half"]
        share = float(ramp(np.arange(1, months + 1), half).mean()) / arriving_share(half)
    mean, low, high = (share * float(row[c]) / YEAR for c in ("gain", "gain_low", "gain_high"))
    return mean, low, high


def _number(value: float) -> float:
    return float(value) if math.isfinite(value) else 0.0
