"""One door from a panel to an effect: choose, fit, check, judge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from metrics.effects import before_after, checks, choice
from metrics.effects.panel import Panel
from metrics.effects.result import BoundedEstimate, Check, Effect, Fit, Status, Verdict
from metrics.errors import InvalidInput, NotEnoughData
from metrics.intervals import detectable_errors
from metrics.model import Note

SEED = 20261101
# Smaller effects than this share of the expected level are immaterial to a business: an analysis
# that could not even find this much cannot tell.
MATERIAL = 0.10


def estimate(
    panel: Panel,
    *,
    level: float = 95,
    design: str | None = None,
    ramp: int | None = None,
    seed: int = SEED,
    material: float = MATERIAL,
    others: tuple[tuple[str, Any, Any], ...] = (),
    dose: Mapping[Any, float] | None = None,
    earlier: pd.DataFrame | None = None,
) -> Effect:
    """What the treatment did, judged by the design the data carry best.

    Parameters
    ----------
    panel : Panel
    level : float
        Per cent of the interval, above 50 and below 100.
    design : str, optional
        One of ``choice.NAMES`` instead of the automatic choice.
    ramp : int, optional
        Periods after the start to leave out; default the panel's own (0).
    material : float
        Share of the expected level below which an effect does not matter.
    others : tuple of (name, unit, start)
        Other initiatives, for the check on what else began.
    dose : mapping unit -> amount, optional
        How much each treated unit got, for the dose check.
    earlier : DataFrame, optional
        The outcome as it was known before its last revision.

    Raises
    ------
    NotEnoughData
        The design asked for needs more periods or units.
    InvalidInput
        Unknown design, level outside (50, 100).
    """
    panel = _with_ramp(panel, level, ramp)
    module, reason = choice.choose(panel) if design is None else (choice.find_design(design), None)
    fit = module.fit(panel, level=level, seed=seed)
    bold = {
        other.NAME: other.fit(panel, level=level, seed=seed)
        for other in choice.calibrated_designs(panel)
        if other is not module
    }
    context = checks.Context(panel, fit, module, level, seed, others, dose, earlier)
    found = checks.run(context)
    return _effect(panel, fit, bold, found, level, seed, material, reason)


def all_designs(
    panel: Panel, *, level: float = 95, ramp: int | None = None, seed: int = SEED
) -> dict[str, Fit | NotEnoughData]:
    """Every design side by side; those the data cannot carry hold the reason instead."""
    panel = _with_ramp(panel, level, ramp)
    return {design.NAME: _attempt(design, panel, level, seed) for design in choice.DESIGNS}


def _with_ramp(panel: Panel, level: float, ramp: int | None) -> Panel:
    if not 50 < level < 100:
        raise InvalidInput("effect_level_outside", level=level)
    return panel if ramp is None or ramp == panel.ramp else replace(panel, ramp=ramp)


def _attempt(design: ModuleType, panel: Panel, level: float, seed: int) -> Fit | NotEnoughData:
    try:
        return design.fit(panel, level=level, seed=seed)
    except NotEnoughData as reason:
        return reason


def _effect(
    panel: Panel,
    fit: Fit,
    bold: Mapping[str, Fit],
    found: tuple[Check, ...],
    level: float,
    seed: int,
    material: float,
    reason: Note | None,
) -> Effect:
    detectable = detectable_errors(level) * fit.standard_error
    relative, level_expected = _relative(panel, fit)
    notes = (*((reason,) if reason else ()), *fit.notes)
    if panel.set_aside:
        notes += (Note("effect_units_set_aside", {"units": panel.set_aside}),)
    if panel.incomplete:
        notes += (Note("effect_units_incomplete", {"units": panel.incomplete}),)
    if fit.silent:
        notes += (Note("effect_no_noise"),)
    disagree = [name for name, other in bold.items() if not _agrees(fit, other)]
    if fit.significant and disagree:
        notes += (Note("effect_designs_disagree", {"design": disagree[0]}),)
    unchecked = len(panel.treated) == 1 and _is_past_unchecked(found)
    if fit.significant and unchecked:
        notes += (Note("effect_past_unchecked"),)
    names = panel.outcome.columns
    return Effect(
        estimate=fit.estimate,
        low=fit.low,
        high=fit.high,
        level=level,
        relative=relative,
        unit=panel.unit,
        design=fit.design,
        verdict=_verdict(
            fit, bool(disagree) or unchecked, found, detectable, level_expected, material
        ),
        checks=found,
        path=_path(panel, fit),
        by_month_since_start=_by_month(panel, fit),
        minimum_detectable=detectable,
        standard_error=fit.standard_error,
        cells=int(panel.cells.sum()),
        treated=tuple(names[panel.treated]),
        controls=tuple(names[panel.controls]),
        notes=notes,
        seed=seed,
        fit=fit,
    )


def _agrees(fit: Fit, other: Fit) -> bool:
    return other.significant and np.sign(other.estimate) == np.sign(fit.estimate)


def _is_past_unchecked(found: tuple[Check, ...]) -> bool:
    """Whether the past was too short for both checks that look at it."""
    past = ("parallel pre-trends", "placebo dates")
    return all(check.status is Status.INFO for check in found if check.name in past)


def _verdict(
    fit: Fit,
    doubtful: bool,
    found: tuple[Check, ...],
    detectable: float,
    expected: float,
    material: float,
) -> Verdict:
    if fit.silent:
        return Verdict.CANNOT_TELL
    if not fit.significant:
        coarse = detectable > material * abs(expected)
        return Verdict.CANNOT_TELL if coarse else Verdict.NOT_SHOWN
    failed = any(check.status is Status.FAIL for check in found)
    weak = fit.design == before_after.NAME
    return Verdict.WENT_WITH if weak or failed or doubtful else Verdict.CAUSED


def _relative(panel: Panel, fit: Fit) -> tuple[BoundedEstimate, float]:
    """Fractions of the mean expected level over the cells averaged, and that level."""
    actual = float(panel.values[panel.cells].mean())
    expected = actual - fit.estimate
    if not (expected > 0 and (panel.values[:, panel.treated] >= 0).all()):
        nan = float("nan")
        return BoundedEstimate(nan, nan, nan, "effect_level_not_positive"), expected
    return BoundedEstimate(
        fit.estimate / expected, fit.low / expected, fit.high / expected
    ), expected


def _path(panel: Panel, fit: Fit) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "period": panel.periods,
            "actual": panel.values[:, panel.treated].mean(axis=1),
            "expected": fit.expected,
            "low": fit.expected - fit.expected_error,
            "high": fit.expected + fit.expected_error,
        }
    )


def _by_month(panel: Panel, fit: Fit) -> pd.DataFrame:
    half = fit.quantile * np.sqrt(np.clip(np.diag(fit.covariance), 0, None))
    lasting = len(panel.periods) - panel.first[panel.treated]
    return pd.DataFrame(
        {
            "since_start": fit.since_start,
            "estimate": fit.effects,
            "low": fit.effects - half,
            "high": fit.effects + half,
            "units": (lasting[:, None] > fit.since_start).sum(axis=0),
        }
    )
