"""The parts *measures* and *savings* of the report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from metrics.assumptions import Assumptions
from metrics.errors import NotEnoughData
from metrics.frames import CHANGES, SAVINGS, STATISTICS
from metrics.functions import FUNCTIONS
from metrics.measures import baseline
from metrics.measures.kpis import Arranged, arrange, kpi_values
from metrics.measures.monthly import answers, last_year, summable
from metrics.measures.privacy import GROUP_UNDER_FIVE
from metrics.measures.promoters import net_promoter_score
from metrics.model import ALL, Snapshot


@dataclass(frozen=True)
class MeasuresPart:
    """What was measured: KPI values by month, statistics, and change against the baseline.

    ``net_promoter`` holds ``nps``, ``low``, ``high``, ``n``, ``first``, ``last`` over the current
    period; only ``reason`` where fewer than five answered, and nothing without a survey.
    """

    values: pd.DataFrame
    statistics: pd.DataFrame
    changes: pd.DataFrame
    net_promoter: dict[str, Any]


@dataclass(frozen=True)
class SavingsPart:
    """Volume-adjusted savings by function.

    Attributes
    ----------
    savings : frame ``savings``
        One row per function with a cost measure; NaN with a reason where it cannot be told.
    monthly : DataFrame
        ``function``, ``month``, ``saving``; function ``all`` is the sum where every function
        that has a saving is known.
    teams : DataFrame
        Split of the change in cost over teams: ``function`` and the columns of
        ``RateVolumeMix.items``.
    total, low, high : float
        A year's saving over functions; the interval adds the functions' months up first, so it
        takes them as correlated as they are.
    """

    savings: pd.DataFrame
    monthly: pd.DataFrame
    teams: pd.DataFrame
    total: float
    low: float
    high: float
    level: float
    reason: str


def first_starts(snapshot: Snapshot) -> dict[str, pd.Timestamp]:
    """Return the month of the first initiative of each function that has one."""
    initiatives = snapshot["initiatives"].dropna(subset="start")
    return {str(k): v for k, v in initiatives.groupby("function")["start"].min().items()}


def measures(snapshot: Snapshot, assumptions: Assumptions) -> MeasuresPart:
    """KPI values by month at company, team and item level, and change against the baseline."""
    observations = snapshot["observations"]
    arranged = arrange(observations)
    return MeasuresPart(
        net_promoter=_net_promoter(arranged, assumptions.whole("baseline_months")),
        values=kpi_values(arranged),
        statistics=STATISTICS.conform(snapshot["statistics"]),
        changes=changes(snapshot, assumptions, arranged),
    )


def changes(
    snapshot: Snapshot, assumptions: Assumptions, arranged: Arranged | None = None
) -> pd.DataFrame:
    """Compare every KPI with its baseline period: frame ``changes``.

    Parameters
    ----------
    arranged : Arranged, optional
        The snapshot's observations, where they are arranged already.
    """
    if snapshot["observations"].empty:
        return CHANGES.empty()
    return baseline.changes(
        arranged or arrange(snapshot["observations"]),
        first_starts(snapshot),
        assumptions.whole("baseline_months"),
        assumptions["interval_level"],
    )


def _net_promoter(observations: Arranged, length: int) -> dict[str, Any]:
    answered = answers(observations, "net_promoter_score")
    recent = summable(last_year(answered, length))
    if not recent.to_numpy().sum() > 0:
        return {"reason": GROUP_UNDER_FIVE} if len(answered) else {}
    score = net_promoter_score(*(round(count) for count in recent.sum()))
    first, last = recent.index[[0, -1]]
    return {
        "nps": score.nps,
        "low": score.low,
        "high": score.high,
        "n": score.n,
        "first": f"{first:%Y-%m}",
        "last": f"{last:%Y-%m}",
    }


def savings(snapshot: Snapshot, assumptions: Assumptions) -> SavingsPart:
    """Volume-adjusted saving of each function's cost, and of the company month by month."""
    observations, starts = snapshot["observations"], first_starts(snapshot)
    level, length = assumptions["interval_level"], assumptions.whole("baseline_months")
    rows, monthly, teams, differences, total = [], {}, [], [], 0.0
    for function in FUNCTIONS:
        if function.cost is None or function.key not in snapshot.profile.functions:
            continue
        if not (observations["function"] == function.key).any():
            continue
        try:
            found = baseline.saving(observations, function, starts.get(function.key), length, level)
        except NotEnoughData as short:
            rows.append(
                {
                    "function": function.key,
                    "team": ALL,
                    "kpi": function.headline,
                    "reason": short.code,
                }
            )
            continue
        rows.append(found.row)
        monthly[function.key] = found.monthly
        differences.append(found.differences * 12 / length)
        total += found.row["saving"]
        if found.split is not None:
            teams.append(found.split.items.assign(function=function.key))
    table = pd.DataFrame(monthly)
    if differences:
        low, high = baseline.interval(np.sum(differences, axis=0), total, level)
        table[ALL] = table.dropna().sum(axis=1)
    else:
        total = low = high = float("nan")
    long = (
        table.rename_axis("month")
        .reset_index()
        .melt("month", var_name="function", value_name="saving")
        .dropna()
        if len(table)
        else pd.DataFrame({"month": [], "function": [], "saving": []})
    )
    return SavingsPart(
        savings=SAVINGS.conform(pd.DataFrame(rows)) if rows else SAVINGS.empty(),
        monthly=long,
        teams=pd.concat(teams, ignore_index=True) if teams else pd.DataFrame(),
        total=total,
        low=low,
        high=high,
        level=level,
        reason="" if differences else rows[0]["reason"] if rows else "two_periods_needed",
    )
