"""From a choice to a record: what a decision promises, and the prediction frozen with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from metrics.errors import InvalidInput
from metrics.frames.decisions import DECISIONS, PLAN, WITHOUT
from metrics.model import ALL
from metrics.tuning import ledger
from metrics.tuning.part import TuningPart, response_of

TAILS = (0.1, 0.9)


def draft_decisions(part: TuningPart, choices: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Complete choices to decisions, and make the predictions that are frozen with them.

    Parameters
    ----------
    part : TuningPart
    choices : DataFrame
        ``function``, ``kind``, ``owner``, ``reason``, ``day``; optionally ``after`` (spending a
        month; by kind when missing), ``initiative``, ``supersedes``, and the analyst's own
        ``call``, ``call_low``, ``call_high`` for the benefit a month: the function's, or that of
        the initiative's teams where they are known.

    Returns
    -------
    decisions : frame ``decisions``, identified
    predictions : DataFrame
        Rows for ``metrics.forecast.issued.issue`` with the column ``by``; none for functions
        whose months are too few to predict.

    Raises
    ------
    InvalidInput
        ``decision_function_unknown``, ``decision_call_reversed``, ``decision_amount``.
    """
    if part.reason:
        raise InvalidInput(part.reason)
    table = part.table.set_index("function")
    rows = []
    for choice in choices.to_dict("records"):
        if choice["function"] not in table.index:
            raise InvalidInput("decision_function_unknown", function=choice["function"])
        one = table.loc[choice["function"]]
        rows.append(_decision(part, choice, float(one["current"]), float(one["proposed"])))
    decisions = ledger.identify(DECISIONS.conform(pd.DataFrame(rows)))
    return decisions, draft_predictions(part, decisions, choices.to_dict("records"))


def draft_predictions(
    part: TuningPart, decisions: pd.DataFrame, choices: Sequence[Mapping[str, Any]]
) -> pd.DataFrame:
    """Return what is frozen with decisions: what comes with each of them, and without it."""
    predictions = []
    for choice, (_, decision) in zip(choices, decisions.iterrows(), strict=True):
        predictions += _predictions(part, decision, choice)
    blank = pd.DataFrame(columns=["function", "kpi", "month", "level", "mean", "low", "high"])
    return pd.concat(predictions, ignore_index=True) if predictions else blank


def _decision(part: TuningPart, choice: dict, current: float, proposed: float) -> dict:
    usual = {"keep": current, "stop": 0.0}.get(choice["kind"], proposed)
    given = choice.get("after")
    after = usual if given is None or pd.isna(given) else float(given)
    if choice.get("initiative"):
        after = current if given is None or pd.isna(given) else after
    if after < 0:
        raise InvalidInput("decision_amount", function=choice["function"], amount=after)
    known = response_of(part)
    change = np.where(np.array(known.functions) == choice["function"], after - known.current, 0.0)
    gain = part.plan["multiplier"] * known.gains(change).sum(axis=1)
    low, high = np.quantile(gain, TAILS)
    named = {
        c: choice.get(c, "")
        for c in ("function", "kind", "owner", "reason", "initiative", "supersedes", "proposal")
    }
    return named | {
        "cycle": part.plan["cycle"],
        "day": pd.Timestamp(choice["day"]),
        "before": current,
        "after": after,
        "evidence": pd.Timestamp(part.plan["evidence"]),
        "months": float(part.plan["months"]),
        "promised": float(gain.mean()),
        "promised_low": float(low),
        "promised_high": float(high),
        "level": 80.0,
        "multiplier": part.plan["multiplier"],
        "factor": part.plan["factor"],
    }


def _predictions(
    part: TuningPart, decision: pd.Series, choice: Mapping[str, Any]
) -> list[pd.DataFrame]:
    """The course without a change, and the same moved by what is promised; the person's call."""
    course = _course(part, decision)
    team = str(course["team"].iloc[0]) if len(course) else ALL
    months = pd.date_range(
        decision["evidence"] + pd.DateOffset(months=1), periods=int(decision["months"]), freq="MS"
    )
    found = []
    # What promises nothing that a month could show is followed by its date alone.
    if len(course) and np.isfinite(decision["promised"]):
        without = course[["level", "mean", "low", "high"]]
        plan = without.assign(
            **{c: without[c] + decision["promised"] for c in ("mean", "low", "high")}
        )
        made = ledger.prediction_rows(
            decision["decision"], decision["function"], months, plan, without, team
        )
        found.append(made.assign(by="model"))
    call = choice.get("call")
    if call is not None and not pd.isna(call):
        low, high = float(choice["call_low"]), float(choice["call_high"])
        if not low <= float(call) <= high:
            raise InvalidInput("decision_call_reversed", low=low, call=float(call), high=high)
        own = pd.DataFrame({"level": [80.0], "mean": [float(call)], "low": [low], "high": [high]})
        made = ledger.prediction_rows(
            decision["decision"], decision["function"], months, own, own.head(0), team
        )
        found.append(made[made["scenario"] == PLAN].assign(by=decision["owner"]))
    return found


def _course(part: TuningPart, decision: pd.Series) -> pd.DataFrame:
    """What comes without the decision: of the initiative's teams if known, else the function's."""
    rows = part.predictions
    if rows.empty:
        return rows
    mine = rows[(rows["function"] == decision["function"]) & (rows["scenario"] == WITHOUT)]
    own = mine[mine["initiative"] == decision["initiative"]]
    # What is scaled reaches other teams than those it runs in: the function's months tell.
    elsewhere = decision["kind"] == "scale" and bool(decision["proposal"])
    return own if len(own) and not elsewhere else mine[mine["initiative"] == ""]
