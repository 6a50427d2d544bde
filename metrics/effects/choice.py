"""Which designs there are, and which one speaks first."""

from __future__ import annotations

from types import ModuleType

import scipy

from metrics.effects import (
    before_after,
    difference_in_differences,
    series,
    synthetic_control,
    synthetic_difference_in_differences,
)
from metrics.effects.panel import Panel
from metrics.errors import InvalidInput
from metrics.model import Note

DESIGNS: tuple[ModuleType, ...] = (
    difference_in_differences,
    series,
    synthetic_control,
    synthetic_difference_in_differences,
    before_after,
)
NAMES = tuple(design.NAME for design in DESIGNS)
# With fewer units the t interval of unit means is too wide to agree or to contradict.
LEAST_UNITS = 5
MANY_CONTROLS = 10


def find_design(name: str) -> ModuleType:
    """The design called ``name``; InvalidInput ``effect_no_such_design`` otherwise."""
    for design in DESIGNS:
        if name == design.NAME:
            return design
    raise InvalidInput("effect_no_such_design", design=name, known=", ".join(NAMES))


def choose(panel: Panel) -> tuple[ModuleType, Note]:
    """The headline design, and why.

    1. No comparison units: ``before-after``.
    2. One treated unit, ten or more comparison units, and a past in which they drifted apart:
       ``synthetic-difference-in-differences``.
    3. At least eight periods before every start: ``series``.
    4. Otherwise: ``difference-in-differences``.
    """
    shortest = min(len(panel.before(start)) for start, _ in panel.cohorts)
    facts = {
        "treated": len(panel.treated),
        "controls": len(panel.controls),
        "before": shortest,
    }
    if len(panel.controls) == 0 and not panel.staggered:
        return before_after, Note("effect_chosen_no_controls", facts)
    if len(panel.controls) and shortest >= series.LEAST_BEFORE:
        if len(panel.treated) == 1 and len(panel.controls) >= MANY_CONTROLS and _has_drift(panel):
            return synthetic_difference_in_differences, Note("effect_chosen_drifted", facts)
        return series, Note("effect_chosen_many_periods", facts)
    return difference_in_differences, Note("effect_chosen_few_periods", facts)


def calibrated_designs(panel: Panel) -> tuple[ModuleType, ...]:
    """The calibrated designs these data carry; *caused* needs all of them to agree."""
    found: list[ModuleType] = []
    units = len(panel.treated) + len(panel.controls)
    if len(panel.controls) and units >= LEAST_UNITS:
        found.append(difference_in_differences)
    shortest = min(len(panel.before(start)) for start, _ in panel.cohorts)
    if len(panel.controls) and shortest >= series.LEAST_BEFORE:
        found.append(series)
    return tuple(found)


def _has_drift(panel: Panel) -> bool:
    start, columns = panel.cohorts[0]
    slope, error, freedom = series.drift(panel, start, columns)
    return error > 0 and 2 * scipy.stats.t.sf(abs(slope) / error, freedom) < 0.05
