"""What speaks for or against an estimate: every diagnostic beside every effect.

FAIL takes the word *caused* away, REVIEW asks a person to look, INFO could not decide on these
data and says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from math import comb
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import scipy

from metrics.effects import difference_in_differences as unit_means
from metrics.effects import series
from metrics.effects.autoregression import coefficient
from metrics.effects.panel import Panel
from metrics.effects.result import Check, Fit, Status
from metrics.errors import AttuneError
from metrics.intervals import bounds, detectable_errors

EXACT_ASSIGNMENTS = 5000
SAMPLED_ASSIGNMENTS = 2000
REFITTED_CONTROLS = 5
OUTLIER = 4.5


@dataclass(frozen=True)
class Context:
    """What a check may look at."""

    panel: Panel
    fit: Fit
    design: ModuleType
    level: float
    seed: int
    others: tuple[tuple[str, Any, Any], ...] = ()
    dose: Mapping[Any, float] | None = None
    earlier: pd.DataFrame | None = None

    def refit(self, panel: Panel) -> Fit | None:
        """The same design on other data, or None where it cannot be carried."""
        try:
            return self.design.fit(panel, level=self.level, seed=self.seed)
        except AttuneError:
            return None


def parallel_trends(context: Context) -> Check:
    """Did treated and comparison units drift apart before the start?

    Slope of treated minus comparison per period before the first start, with autocorrelation
    integrated out. ``drift`` is what that slope would add to the estimate, ``detectable`` the
    drift this test finds in 80 of 100 cases.
    """
    name, panel = "parallel pre-trends", context.panel
    start, columns = panel.cohorts[0]
    before = panel.before(start)
    if len(panel.controls) == 0:
        return Check(name, Status.INFO, "no_controls")
    units = len(panel.treated) + len(panel.controls)
    if len(before) < 3 or (len(before) < series.LEAST_BEFORE and units < 5):
        return Check(name, Status.INFO, "pre_trends_too_short", {"before": len(before)})
    if context.fit.weights is not None and len(before) >= series.LEAST_BEFORE:
        gap = panel.values[:, panel.treated].mean(axis=1) - context.fit.expected
        slope, error = coefficient(gap[before], before.astype(float))
        freedom = len(before) - 2
    elif len(before) >= series.LEAST_BEFORE:
        slope, error, freedom = series.drift(panel, start, columns)
    else:
        slope, error, freedom = _slope_of_units(panel, before)
    middle = (start + panel.ramp + len(panel.periods) - 1) / 2 - before.mean()
    drift = slope * middle
    detectable = detectable_errors(95) * error * middle
    p = float(2 * scipy.stats.t.sf(abs(slope) / error, freedom)) if error > 0 else 1.0
    facts = {"slope": slope, "p": p, "drift": drift, "detectable": detectable}
    evidence = pd.DataFrame({"slope": [slope], "error": [error], "p": [p], "drift": [drift]})
    if p < 0.05:
        large = abs(drift) >= abs(context.fit.estimate) / 2
        status = Status.FAIL if large else Status.REVIEW
        return Check(name, status, "pre_trends_differ", facts, evidence)
    if detectable > abs(context.fit.estimate):
        return Check(name, Status.INFO, "pre_trends_low_power", facts, evidence)
    return Check(name, Status.PASS, "pre_trends_parallel", facts, evidence)


def _slope_of_units(panel: Panel, before: np.ndarray) -> tuple[float, float, int]:
    """Difference of mean unit slopes, its standard error and degrees of freedom."""
    clock = before - before.mean()
    slopes = clock @ panel.values[before] / (clock @ clock)
    treated, controls = slopes[panel.treated], slopes[panel.controls]
    freedom = len(treated) + len(controls) - 2
    squares = ((treated - treated.mean()) ** 2).sum() + ((controls - controls.mean()) ** 2).sum()
    error = np.sqrt(squares / freedom * (1 / len(treated) + 1 / len(controls)))
    return float(treated.mean() - controls.mean()), float(error), freedom


def placebo_dates(context: Context) -> Check:
    """Does the design find an effect at dates before anything happened?"""
    name, panel = "placebo dates", context.panel
    start = panel.cohorts[0][0] - panel.anticipation
    dates = [row for row in (start // 2, 2 * start // 3) if row >= 4 and start - row >= 3]
    rows = []
    for row in sorted(set(dates)):
        period = panel.periods[row]
        starts = {panel.outcome.columns[c]: period for c in panel.treated}
        fit = _placebo(context, start, starts)
        if fit is not None:
            low, high = bounds(fit.estimate, fit.standard_error, 95)
            found = low > 0 or high < 0
            rows.append((period, fit.estimate, low, high, found, fit.significant))
    if not rows:
        return Check(name, Status.INFO, "placebo_dates_too_short", {"before": start})
    evidence = pd.DataFrame(
        rows, columns=["period", "estimate", "low", "high", "significant", "strictly"]
    )
    largest = float(evidence["estimate"].abs().max())
    facts = {"dates": len(rows), "largest": largest, "found": int(evidence["significant"].sum())}
    if evidence["strictly"].any() and largest >= abs(context.fit.estimate) / 2:
        return Check(name, Status.FAIL, "placebo_dates_found", facts, evidence)
    if evidence["significant"].any():
        return Check(name, Status.REVIEW, "placebo_dates_found", facts, evidence)
    return Check(name, Status.PASS, "placebo_dates_quiet", facts, evidence)


def _placebo(context: Context, start: int, starts: Mapping[Any, Any]) -> Fit | None:
    """The design on the periods before ``start`` alone, at 99 % because two dates are tried."""
    try:
        early = Panel(context.panel.outcome.iloc[:start], starts, season=context.panel.season)
    except AttuneError:
        return None
    return replace(context, level=99).refit(early)


def placebo_teams(context: Context) -> Check:
    """How often would another choice of treated units have shown as much?

    Exact permutation of the units over the groups where there are at most 5,000 assignments,
    otherwise a seeded sample of 2,000.
    """
    name, panel = "placebo teams", context.panel
    if len(panel.controls) == 0:
        return Check(name, Status.INFO, "no_controls")
    scores, sizes = unit_means.scores(panel)
    p, smallest, draws = _permutation(scores, sizes, context.seed)
    facts = {"p": p, "smallest": smallest, "controls": len(panel.controls)}
    evidence = pd.DataFrame({"placebo": draws})
    if smallest > 0.05:
        return Check(name, Status.INFO, "placebo_teams_cannot_reject", facts, evidence)
    if p <= 0.05:
        return Check(name, Status.PASS, "placebo_teams_rare", facts, evidence)
    if not context.fit.significant:
        return Check(name, Status.INFO, "placebo_teams_common", facts, evidence)
    status = Status.FAIL if p > 0.2 else Status.REVIEW
    return Check(name, status, "placebo_teams_common", facts, evidence)


def _permutation(
    scores: np.ndarray, sizes: list[int], seed: int
) -> tuple[float, float, np.ndarray]:
    """p value, smallest possible p, and the placebo estimates.

    ``scores`` (units x groups) holds what a unit contributes when placed in a group; units are
    ordered by group.
    """
    units, groups = scores.shape
    bounds = np.cumsum([0, *sizes])
    actual = sum(scores[bounds[g] : bounds[g + 1], g].mean() for g in range(groups))
    assignments = comb(units, sizes[0]) if groups == 2 else np.inf
    if groups == 2 and assignments <= EXACT_ASSIGNMENTS:
        chosen = np.array(list(combinations(range(units), sizes[0])))
        treated = scores[chosen, 0].sum(axis=1)
        rest = scores[:, 1].sum() - scores[chosen, 1].sum(axis=1)
        draws = treated / sizes[0] + rest / sizes[1]
        p = float((np.abs(draws) >= abs(actual) - 1e-12).mean())
        return p, 1 / assignments, draws
    generator = np.random.default_rng(seed)
    order = generator.permuted(np.tile(np.arange(units), (SAMPLED_ASSIGNMENTS, 1)), axis=1)
    draws = np.zeros(SAMPLED_ASSIGNMENTS)
    for g in range(groups):
        draws += scores[order[:, bounds[g] : bounds[g + 1]], g].mean(axis=1)
    hits = (np.abs(draws) >= abs(actual) - 1e-12).sum()
    smallest = max(1 / assignments, 1 / (SAMPLED_ASSIGNMENTS + 1))
    return float((hits + 1) / (SAMPLED_ASSIGNMENTS + 1)), smallest, draws


def leave_one_control_out(context: Context) -> Check:
    """Does the answer hang on a single comparison unit?

    The units with most weight, or whose own change is oddest, are left out in turn.
    """
    name, panel = "leave one control out", context.panel
    if len(panel.controls) < 2:
        return Check(name, Status.INFO, "leave_one_out_one_control")
    order = panel.controls[np.argsort(-_pull(context))][:REFITTED_CONTROLS]
    rows = []
    for column in order:
        left = panel.outcome.columns[column]
        fit = context.refit(_drop_unit(panel, column))
        if fit is not None:
            rows.append((left, fit.estimate, fit.low, fit.high, fit.significant))
    if not rows:
        return Check(name, Status.INFO, "leave_one_out_one_control")
    evidence = pd.DataFrame(rows, columns=["left_out", "estimate", "low", "high", "significant"])
    facts = {"lowest": evidence["estimate"].min(), "highest": evidence["estimate"].max()}
    flips = (np.sign(evidence["estimate"]) != np.sign(context.fit.estimate)).any()
    if context.fit.significant and flips:
        return Check(name, Status.FAIL, "leave_one_out_flips", facts, evidence)
    if context.fit.significant and not evidence["significant"].all():
        return Check(name, Status.REVIEW, "leave_one_out_fades", facts, evidence)
    return Check(name, Status.PASS, "leave_one_out_stable", facts, evidence)


def _pull(context: Context) -> np.ndarray:
    """How much each comparison unit can move the answer: its weight, or its odd change."""
    if context.fit.weights is not None:
        return context.fit.weights.to_numpy()
    panel = context.panel
    start = panel.cohorts[0][0]
    controls = panel.values[:, panel.controls]
    change = controls[start:].mean(axis=0) - controls[:start].mean(axis=0)
    return np.abs(change - change.mean())


def _drop_unit(panel: Panel, column: int) -> Panel:
    kept = np.arange(panel.outcome.shape[1]) != column
    return replace(panel, outcome=panel.outcome.iloc[:, kept])


def outlier_months(context: Context) -> Check:
    """Do single odd periods carry the answer?

    Gaps to the expected path more than ``OUTLIER`` robust deviations from their running median
    are replaced by that median, and the effect is estimated again.
    """
    name, panel = "outlier months", context.panel
    gap = panel.values[:, panel.treated].mean(axis=1) - context.fit.expected
    smooth = (
        pd.Series(gap).rolling(5, center=True, min_periods=3).median().bfill().ffill().to_numpy()
    )
    rest = gap - smooth
    rest[np.isnan(rest)] = 0.0
    scale = 1.4826 * np.median(np.abs(rest))
    odd = np.flatnonzero(np.abs(rest) > OUTLIER * scale) if scale > 0 else np.array([], dtype=int)
    if len(gap) < 10:
        return Check(name, Status.INFO, "outliers_too_short", {"periods": len(gap)})
    if len(odd) == 0:
        return Check(name, Status.PASS, "outliers_none")
    outcome = panel.outcome.astype(float).iloc[: len(gap)].copy()
    outcome.iloc[odd, panel.treated] = outcome.iloc[odd, panel.treated].to_numpy() - rest[odd, None]
    fit = context.refit(replace(panel, outcome=outcome))
    evidence = pd.DataFrame({"period": panel.periods[odd], "excess": rest[odd]})
    facts = {
        "months": len(odd),
        "estimate": float("nan") if fit is None else fit.estimate,
        "original": context.fit.estimate,
    }
    lost = fit is None or (context.fit.significant and not fit.significant)
    return Check(name, Status.REVIEW if lost else Status.PASS, "outliers_found", facts, evidence)


def co_occurring(context: Context) -> Check:
    """Did another initiative touch the treated or the comparison units meanwhile?"""
    name, panel = "co-occurring initiatives", context.panel
    if not context.others:
        return Check(name, Status.INFO, "co_occurring_unknown")
    rows = []
    for other, unit, start in context.others:
        if unit not in panel.outcome.columns:
            continue
        column = panel.outcome.columns.get_loc(unit)
        row = int(panel.periods.searchsorted(start))
        if row >= len(panel.periods):
            continue
        own = panel.first[column]
        treated = own < len(panel.periods)
        rows.append((other, unit, start, treated, row - own if treated else np.nan))
    evidence = pd.DataFrame(rows, columns=["initiative", "unit", "start", "treated", "apart"])
    if evidence.empty:
        return Check(name, Status.PASS, "co_occurring_none", evidence=evidence)
    near = evidence["treated"] & (evidence["apart"].abs() <= 3)
    after = evidence["treated"] & (evidence["apart"] > 3)
    facts = {
        "initiatives": evidence["initiative"].nunique(),
        "first": evidence["initiative"].iloc[0],
    }
    share = evidence.loc[near, "unit"].nunique() / len(panel.treated)
    if share >= 0.5:
        return Check(name, Status.FAIL, "co_occurring_at_start", facts, evidence)
    if near.any() or after.any() or (~evidence["treated"]).any():
        return Check(name, Status.REVIEW, "co_occurring_some", facts, evidence)
    return Check(name, Status.PASS, "co_occurring_before", facts, evidence)


def exposure_dose(context: Context) -> Check:
    """Do units that got more show more? Slope of unit effects on dose, t interval."""
    name, panel = "exposure dose", context.panel
    if context.dose is None:
        return Check(name, Status.INFO, "dose_unknown")
    names = panel.outcome.columns[panel.treated]
    dose = np.array([context.dose.get(unit, np.nan) for unit in names], dtype=float)
    known = np.isfinite(dose)
    if known.sum() < 4 or np.ptp(dose[known]) == 0:
        return Check(name, Status.INFO, "dose_too_few", {"units": int(known.sum())})
    effects = np.array([_change(panel, column) for column in panel.treated])
    result = scipy.stats.linregress(dose[known], effects[known])
    low, high = bounds(result.slope, result.stderr, context.level, known.sum() - 2)
    facts = {"slope": result.slope, "low": float(low), "high": float(high)}
    evidence = pd.DataFrame({"unit": names, "dose": dose, "effect": effects})
    same = result.slope * context.fit.estimate > 0
    if low > 0 or high < 0:
        status = Status.PASS if same else Status.REVIEW
        return Check(name, status, "dose_more_more" if same else "dose_reversed", facts, evidence)
    return Check(name, Status.INFO, "dose_not_shown", facts, evidence)


def _change(panel: Panel, column: int) -> float:
    first = panel.first[column]
    gap = panel.values[:, column].copy()
    if len(panel.controls):
        gap -= panel.values[:, panel.controls].mean(axis=1)
    return float(gap[first + panel.ramp :].mean() - gap[panel.before(first)].mean())


def data_revisions(context: Context) -> Check:
    """Would the data as first reported have given the same answer?"""
    name, panel = "data revisions", context.panel
    if context.earlier is None:
        return Check(name, Status.INFO, "revisions_unknown")
    shared = context.earlier.reindex(index=panel.periods, columns=panel.outcome.columns)
    old = shared.where(shared.notna(), panel.outcome.loc[panel.periods])
    fit = context.refit(replace(panel, outcome=old))
    changed = int((old.to_numpy(dtype=float) != panel.values).sum())
    if fit is None:
        return Check(name, Status.INFO, "revisions_unusable")
    facts = {"cells": changed, "before": fit.estimate, "now": context.fit.estimate}
    moved = abs(fit.estimate - context.fit.estimate) > (context.fit.high - context.fit.low) / 4
    lost = fit.significant != context.fit.significant
    status = Status.REVIEW if moved or lost else Status.PASS
    return Check(name, status, "revisions_compared", facts)


CHECKS = (
    parallel_trends,
    placebo_dates,
    placebo_teams,
    leave_one_control_out,
    outlier_months,
    co_occurring,
    exposure_dose,
    data_revisions,
)


def run(context: Context) -> tuple[Check, ...]:
    """Every check, in the order of ``CHECKS``."""
    return tuple(check(context) for check in CHECKS)
