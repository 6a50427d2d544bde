"""What a plan somebody tries would change, and whether a target would be reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from metrics.forecast.ratios import Futures, by_month
from metrics.frames.frame import iterate_rows
from metrics.functions import KPIS
from metrics.model import ALL, Better
from metrics.outlook.scenarios import (
    PLAN,
    SAVING,
    TUNED,
    WITHOUT,
    Plan,
    PlannedFutures,
    tuned_plan,
    within_budget,
)

TARGET_COLUMNS = ["series", "scenario", "month", "target", "probability", "reached", "reason"]
CHOSEN = "chosen"


@dataclass(frozen=True)
class WhatIf:
    """A plan somebody tries, beside the current one.

    Attributes
    ----------
    totals : DataFrame
        ``item`` (saving, cost, net), ``scenario`` (plan, chosen, difference), ``mean``, ``low``,
        ``high`` (80 %): sums over the horizon, base currency.
    forecasts : DataFrame
        KPIs the plan moves: ``series``, ``period``, ``level``, ``mean``, ``low``, ``high``.
    plan : Plan
        What the budget left of it.
    """

    totals: pd.DataFrame
    forecasts: pd.DataFrame
    plan: Plan


def what_if(run: PlannedFutures, plan: Plan) -> WhatIf:
    """Simulate a plan on the same futures as the current one.

    Raises
    ------
    InvalidInput
        As ``metrics.scenarios.within_budget``.
    """
    plan = within_budget(run.levers, plan)
    rows = []
    now, then = run.flows(Plan()), run.flows(plan)
    for item in ("saving", "cost", "net"):
        one, other = (getattr(flow, item).sum(axis=1) for flow in (now, then))
        for scenario, paths in ((PLAN, one), (CHOSEN, other), ("difference", other - one)):
            low, high = np.quantile(paths, (0.1, 0.9), method="weibull")
            rows.append(
                {
                    "item": item,
                    "scenario": scenario,
                    "mean": float(paths.mean()),
                    "low": float(low),
                    "high": float(high),
                }
            )
    moved = [name for name in run.base if run.effects.get(name) and name != SAVING]
    ahead = [
        by_month(run.base[name].months, *run.values(name, plan), known=run.base[name].known).assign(
            series=name
        )
        for name in moved
    ]
    columns = ["series", "period", "level", "mean", "low", "high"]
    table = pd.concat(ahead, ignore_index=True) if ahead else pd.DataFrame(columns=columns)
    return WhatIf(pd.DataFrame(rows), table[columns], plan)


def chances_of_targets(run: PlannedFutures, targets: pd.DataFrame) -> pd.DataFrame:
    """Chance of reaching each target of a whole function in its month, by scenario."""
    rows = []
    plans = {PLAN: Plan(), TUNED: tuned_plan(run.levers)}
    for target in iterate_rows(targets[targets["team"] == ALL]):
        if target.kpi not in run.base or pd.isna(target.value):
            continue
        for scenario in (WITHOUT, PLAN, TUNED):
            paths, _ = (
                run.without(target.kpi)
                if scenario == WITHOUT
                else run.values(target.kpi, plans[scenario])
            )
            rows.append(
                {
                    "series": target.kpi,
                    "scenario": scenario,
                    "month": target.month,
                    "target": target.value,
                }
                | chance(paths, run.base[target.kpi], target)
            )
    return pd.DataFrame(rows, columns=TARGET_COLUMNS)


def chance(paths: np.ndarray, one: Futures, target) -> dict[str, Any]:
    """Probability of standing at the target or better in its month, and the month half do."""
    better = KPIS[target.kpi].better
    there = paths <= target.value if better is Better.LOWER else paths >= target.value
    share = there.mean(axis=0)
    half = np.flatnonzero(share >= 0.5)
    reached = one.months[half[0]] if len(half) else pd.NaT
    at = np.flatnonzero(one.months == target.month)
    reason = "" if len(at) else "past" if target.month < one.months[0] else "beyond_horizon"
    if not one.known or better is Better.BAND:
        reason = "not_one_sided" if better is Better.BAND else "constant"
    probability = float(share[at[0]]) if len(at) and not reason else float("nan")
    return {"probability": probability, "reached": reached, "reason": reason}
