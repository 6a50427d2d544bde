"""The loop as an object: each cycle with its state, and how well the loop itself runs."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

import numpy as np
import pandas as pd

from metrics.tuning.ledger import earned_multiplier, latest_scores, valid_decisions


class Rhythm(StrEnum):
    """How often the loop closes; the value is its name."""

    MONTH = "month"
    QUARTER = "quarter"

    @property
    def months(self) -> int:
        return 1 if self is Rhythm.MONTH else 3


class State(StrEnum):
    """How far a cycle has come."""

    MEASURED = "measured"
    DECIDED = "decided"
    HAPPENED = "happened"


CYCLE_COLUMNS = [
    "cycle",
    "state",
    "evidence",
    "decisions",
    "functions",
    "moved",
    "promised",
    "effect",
    "inside",
    "scored",
    "first_day",
    "last_day",
]


def name_of(month: pd.Timestamp, rhythm: Rhythm) -> str:
    """Name of the cycle that follows the last month of evidence."""
    ahead = month + pd.DateOffset(months=1)
    return f"{ahead:%Y-%m}" if rhythm is Rhythm.MONTH else f"{ahead.year}-Q{ahead.quarter}"


def cycles(
    decisions: pd.DataFrame, scores: pd.DataFrame, evidence: pd.Timestamp | None, rhythm: Rhythm
) -> pd.DataFrame:
    """One row per cycle, oldest first, and the present one even before anything is decided.

    Returns
    -------
    DataFrame
        ``CYCLE_COLUMNS``: money ``moved`` a month, ``promised`` and ``effect`` a month added up
        over functions, ``inside`` of ``scored`` predictions.
    """
    live = valid_decisions(decisions)
    now = latest_scores(scores)
    now = now[now["by"] == "model"].set_index("decision") if len(now) else now
    rows = []
    for cycle, group in live.groupby("cycle", sort=True):
        told = now.reindex(group["decision"]).dropna(subset="actual") if len(now) else now
        full = len(told) == len(group)
        rows.append(
            {
                "cycle": cycle,
                "state": str(State.HAPPENED if full else State.DECIDED),
                "evidence": group["evidence"].max(),
                "decisions": float(len(group)),
                "functions": ", ".join(sorted(set(group["function"]))),
                "moved": float((group["after"] - group["before"]).clip(lower=0).sum()),
                "promised": float(group["promised"].sum()),
                "effect": float(told["effect"].sum()) if len(told) else np.nan,
                "inside": float(told["inside"].sum()) if len(told) else np.nan,
                "scored": float(len(told)),
                "first_day": group["day"].min(),
                "last_day": group["day"].max(),
            }
        )
    if evidence is not None and (present := name_of(evidence, rhythm)) not in set(live["cycle"]):
        rows.append(
            {
                "cycle": present,
                "state": str(State.MEASURED),
                "evidence": evidence,
                "decisions": 0.0,
                "functions": "",
                "scored": 0.0,
            }
        )
    return pd.DataFrame(rows, columns=CYCLE_COLUMNS)


def days_to_retune(decisions: pd.DataFrame) -> pd.Series:
    """Days from the end of its data to each decision that stands."""
    held = valid_decisions(decisions)
    ends = held["evidence"].map(lambda month: month + pd.DateOffset(months=1))
    return (held["day"] - pd.to_datetime(ends)).dt.days


def loop_kpis(
    decisions: pd.DataFrame,
    scores: pd.DataFrame,
    issued: pd.DataFrame,
    points: pd.DataFrame,
    series: pd.DataFrame,
    kpis: set[str],
    as_of: date,
) -> pd.DataFrame:
    """How well the loop itself runs: the numbers the maturity dimension on measurement reads.

    Parameters
    ----------
    points, series : DataFrame
        ``metrics.forecast.issued.points`` and ``scores`` of all issues.
    kpis : set of str
        KPIs that have values.

    Returns
    -------
    DataFrame
        ``key``, ``value``, ``n``, ``reason``: share of KPIs with a live forecast, days from
        actuals to re-tune, coverage of 80 % intervals, skill against repeating last year,
        realisation ratio. NaN with a reason where there is nothing yet.
    """
    ahead = issued[(issued["kind"] == "forecast") & (issued["month"] > pd.Timestamp(as_of))]
    live = set(ahead["kpi"]) & kpis
    waited = days_to_retune(decisions)
    inside = points.loc[points["level"] == 80, "inside"].dropna()
    skilled = series.dropna(subset=["mase", "mase_naive"])
    ratio = earned_multiplier(scores)
    rows = [
        ("live_forecasts", len(live) / len(kpis) if kpis else np.nan, len(kpis), "no_kpis"),
        ("days_to_retune", waited.median() if len(waited) else np.nan, len(waited), "no_decisions"),
        ("coverage", inside.mean() if len(inside) else np.nan, len(inside), "nothing_scored"),
        (
            "skill",
            1 - skilled["mase"].mean() / skilled["mase_naive"].mean() if len(skilled) else np.nan,
            len(skilled),
            "no_indicator_scored",
        ),
        ("realisation", ratio.value if ratio.seen else np.nan, ratio.seen, "nothing_scored"),
    ]
    return pd.DataFrame(
        [(k, float(v), float(n), "" if np.isfinite(v) else why) for k, v, n, why in rows],
        columns=["key", "value", "n", "reason"],
    )
