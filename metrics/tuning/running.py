"""How well the loop itself runs: scores that are due, its own KPIs, and what they say of maturity.

One direction: issued predictions and what came give scores, scores give the loop's KPIs, and these
are the evidence that the maturity dimension on measurement is held against.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from metrics.forecast.issued import FORECAST, points
from metrics.forecast.issued import scores as series_scores
from metrics.frames import PROVISIONAL
from metrics.frames.decisions import BENEFIT, WITHOUT
from metrics.measures.part import MeasuresPart
from metrics.model import ALL, Snapshot
from metrics.tuning import inputs, ledger
from metrics.tuning.cycles import days_to_retune, loop_kpis

RETUNE_DAYS = 31
"""A decision this many days after the month its data end with came in time for the next one."""
LEAST_MONTHS, LEAST_DECISIONS = 20, 3
"""Fewer scored months or decisions than this contradict nobody."""


@dataclass(frozen=True)
class LoopPart:
    """The loop at work.

    Attributes
    ----------
    actuals : DataFrame
        ``function``, ``team`` (all, or an initiative's teams), ``month``, ``value``: benefit of
        every final month.
    pending : DataFrame
        Frame ``decision_scores``: scores that are due and not yet kept.
    kpis : DataFrame
        As ``cycles.loop_kpis``.
    evidence : DataFrame
        ``function`` (all), ``measure``, ``value``: what the maturity rules read.
    """

    actuals: pd.DataFrame
    pending: pd.DataFrame
    kpis: pd.DataFrame
    evidence: pd.DataFrame


def running(snapshot: Snapshot, measured: MeasuresPart) -> LoopPart:
    """Score what was decided and predicted, and judge the loop by it."""
    actuals = inputs.actual_benefits(snapshot)
    decisions, issued = snapshot["decisions"], snapshot["issued_forecasts"]
    pending = ledger.score(
        decisions,
        issued,
        actuals,
        snapshot["decision_scores"],
        day=pd.Timestamp(snapshot.as_of),
        revision=snapshot.revision,
    )
    scores = known_scores(snapshot, pending)
    values = measured.values
    whole = values[(values["item"] == ALL) & ~values["reason"].isin(PROVISIONAL)]
    kpis = whole[["function", "team", "kpi", "month", "value"]].dropna(subset="value")
    final = pd.concat([kpis, actuals.assign(kpi=BENEFIT)], ignore_index=True)
    # The course without a decision is no prediction of what comes.
    said = issued[issued["scenario"] != WITHOUT]
    found = loop_kpis(
        decisions,
        scores,
        issued,
        points(said, final),
        series_scores(said, final),
        set(kpis["kpi"]),
        snapshot.as_of,
    )
    return LoopPart(actuals, pending, found, evidence(found, decisions, issued))


def known_scores(snapshot: Snapshot, pending: pd.DataFrame) -> pd.DataFrame:
    """Scores kept and due: what is due counts at once, whether or not somebody has kept it."""
    return pd.concat([snapshot["decision_scores"], pending], ignore_index=True)


def evidence(kpis: pd.DataFrame, decisions: pd.DataFrame, issued: pd.DataFrame) -> pd.DataFrame:
    """What the loop's own KPIs say of maturity: only what rests on enough to say it.

    A client that never issued a forecast here may forecast elsewhere: nothing is held against it.

    Returns
    -------
    DataFrame
        ``function``, ``measure``, ``value``: the share of KPIs with a live forecast, coverage of
        80 % intervals (0 to 1), skill against repeating last year (1 perfect, below 0 worse), what
        promises came to (1 as promised), the share of decisions taken in time.
    """
    said = ((issued["kind"] == FORECAST) & (issued["kpi"] != BENEFIT)).any()
    known = kpis.set_index("key")
    waited = days_to_retune(decisions)
    in_time = float((waited <= RETUNE_DAYS).mean()) if len(waited) else np.nan
    rows = [
        ("live_forecast_share", known["value"]["live_forecasts"], bool(said)),
        (
            "interval_coverage_80",
            known["value"]["coverage"],
            known["n"]["coverage"] >= LEAST_MONTHS,
        ),
        ("forecast_skill", known["value"]["skill"], known["n"]["skill"] >= LEAST_DECISIONS),
        (
            "realisation_ratio",
            known["value"]["realisation"],
            known["n"]["realisation"] >= LEAST_DECISIONS,
        ),
        ("retuned_in_time", in_time, len(waited) >= LEAST_DECISIONS),
    ]
    return pd.DataFrame(
        [
            ("all", name, float(value))
            for name, value, enough in rows
            if enough and np.isfinite(value)
        ],
        columns=["function", "measure", "value"],
    ).astype({"function": "str", "measure": "str", "value": float})
