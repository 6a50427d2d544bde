"""Where the programme leads: maturity, saving, advocacy, net present value and the divide.

Saving, net and net present value come from the same simulated futures as the KPIs. Maturity has
no monthly record: it follows the damped trend of its waves (``metrics.maturity.divide``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from metrics.assumptions import Assumptions
from metrics.business_case.part import ProgrammeCase
from metrics.effects.part import EffectsPart
from metrics.forecast.ratios import Futures, by_month
from metrics.frames.frame import iterate_rows
from metrics.intervals import error_of
from metrics.maturity.divide import Trajectory, trajectory, trajectory_paths
from metrics.maturity.part import MaturityPart
from metrics.model import Note
from metrics.outlook.scenarios import PLAN, TUNED, Flows, Plan, PlannedFutures

ADVOCACY = "net_promoter_score"
COLUMNS = ["item", "scenario", "period", "level", "mean", "low", "high", "reason"]
"""``item``: saving, cost, net (a month, base currency), net_present_value (from the first month of
cost up to the period, weighted by evidence), advocacy (points), maturity (1–5, mean of functions),
divide (today's most against today's least advanced function, levels). ``reason`` says why an item
is missing."""


def impact(
    run: PlannedFutures,
    planned: Mapping[str, Futures],
    best: Plan,
    assumptions: Assumptions,
    compared: EffectsPart,
    case: ProgrammeCase,
    scored: MaturityPart,
) -> pd.DataFrame:
    """Forecast what the programme is for, month by month; columns as ``COLUMNS``."""
    frames = [
        *money_by_month(run, {PLAN: Plan(), TUNED: best}, assumptions, compared, case),
        *_advocacy(planned),
        *_maturity(run, scored),
    ]
    return pd.concat(frames, ignore_index=True)[COLUMNS]


def _item(
    name: str, months: Iterable, paths: np.ndarray, mean: np.ndarray, scenario: str = PLAN
) -> pd.DataFrame:
    return by_month(months, paths, mean).assign(item=name, scenario=scenario, reason="")


def _missing(name: str, reason: str) -> pd.DataFrame:
    row = dict.fromkeys(COLUMNS, float("nan"))
    named = {"item": name, "scenario": PLAN, "period": pd.NaT, "reason": reason}
    return pd.DataFrame([row | named])


def money_by_month(
    run: PlannedFutures,
    plans: Mapping[str, Plan],
    assumptions: Assumptions,
    compared: EffectsPart,
    case: ProgrammeCase,
) -> list[pd.DataFrame]:
    """Saving, cost, net and net present value by month, scenario by scenario."""
    names = ("saving", "cost", "net", "net_present_value")
    if run.saving is None:
        return [_missing(name, compared.reason or "too_short") for name in names]
    frames = []
    for scenario, plan in plans.items():
        flows = run.flows(plan)
        for name in names[:3]:
            paths = getattr(flows, name)
            frames.append(_item(name, run.months, paths, paths.mean(axis=0), scenario))
        if not case.reason:
            paths = present_value(flows, run, assumptions, compared, case)
            frames.append(
                _item("net_present_value", run.months, paths, paths.mean(axis=0), scenario)
            )
    return frames + ([_missing("net_present_value", case.reason)] if case.reason else [])


def present_value(
    flows: Flows,
    run: PlannedFutures,
    assumptions: Assumptions,
    compared: EffectsPart,
    case: ProgrammeCase,
) -> np.ndarray:
    """Net present value up to each month to come: what was measured, then the simulated futures.

    As expected, nothing weighted, as in the business case; months are discounted from the case's
    first month.
    """
    monthly = case.monthly
    past = float(monthly.loc[~(monthly["month"] > run.last), "pv_net"].sum())
    start = monthly["month"].dropna().min()
    ahead = (run.months.year - start.year) * 12 + run.months.month - start.month + 1
    factor = (1 + assumptions["discount_rate"]) ** (-ahead.to_numpy() / 12)
    return past + np.cumsum((flows.saving - flows.cost) * factor, axis=1)


def _advocacy(planned: Mapping[str, Futures]) -> list[pd.DataFrame]:
    if ADVOCACY not in planned:
        return [_missing("advocacy", "no_survey")]
    one = planned[ADVOCACY]
    return [_item("advocacy", one.months, one.value, one.mean)]


def _maturity(run: PlannedFutures, part: MaturityPart) -> list[pd.DataFrame]:
    scored = part.functions.dropna(subset="published") if len(part.functions) else part.functions
    if not len(scored):
        return [_missing(name, "no_answers") for name in ("maturity", "divide")]
    rng = np.random.default_rng([run.seed, 2])
    horizon = len(run.months)
    paths = np.stack(
        [
            trajectory_paths(_trajectory(row, part), horizon, run.draws, rng)[:, 1:]
            for row in iterate_rows(scored)
        ]
    )
    mean = paths.mean(axis=0)
    frames = [_item("maturity", run.months, mean, mean.mean(axis=0))]
    if len(paths) < 2:
        return [*frames, _missing("divide", "fewer_than_three_functions")]
    today = scored["published"].to_numpy(float)
    gap = paths[today.argmax()] - paths[today.argmin()]
    return [*frames, _item("divide", run.months, gap, gap.mean(axis=0))]


def _trajectory(row, part: MaturityPart) -> Trajectory:
    spread = max(float(error_of(row.low, row.high, 80)), 1e-3) if row.high > row.low else 0.1
    change = _change(str(row.function), part)
    if np.isnan(change):
        return trajectory([0.0], [row.published], [spread])
    apart = _months_apart(part.earlier_wave, part.wave)
    return trajectory([0.0, apart], [row.published - change, row.published], [spread, spread])


def _change(function: str, part: MaturityPart) -> float:
    """Weighted mean change of the function's dimensions since the wave before; NaN without one."""
    if not part.earlier_wave or not len(part.earlier):
        return float("nan")
    now = part.dimensions[part.dimensions["function"] == function]
    both = now.merge(part.earlier, on=["function", "dimension"], suffixes=("", "_earlier"))
    both = both.dropna(subset=["published", "published_earlier"])
    if both.empty:
        return float("nan")
    return float(np.average(both["published"] - both["published_earlier"], weights=both["weight"]))


def _months_apart(earlier: str, later: str) -> float:
    """Months between two waves named by month; a year where the names do not tell."""
    days = pd.to_datetime(pd.Series([earlier, later]), format="%Y-%m", errors="coerce")
    if days.isna().any() or days[0] >= days[1]:
        return 12.0
    return float((days[1].year - days[0].year) * 12 + days[1].month - days[0].month)


def notes(found: Mapping[str, Iterable[Note]]) -> pd.DataFrame:
    """How each series was treated: ``series``, ``code``, ``facts`` (JSON)."""
    rows = [
        (name, note.code, json.dumps(dict(note.facts), default=str))
        for name, listed in found.items()
        for note in listed
        if note.code not in ("kind", "scales")
    ]
    return pd.DataFrame(rows, columns=["series", "code", "facts"]).astype("str")
