"""Treated minus comparison as one series, forecast past the start from its own past.

The mean of the treated units minus the mean of the comparison units is fitted before the start
as a constant, a small drift of its own and first-order autocorrelated noise, and forecast over the
periods after it with autocorrelation and drift integrated out (`autoregression`). How strong both
are is learnt from all units: comparison units among themselves over all periods, treated units
among themselves before the start. The scale of the noise is the series' own. It needs months
where difference in differences needs units, so it carries one treated unit with few others.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from metrics.effects.autoregression import Companions, Jump, coefficient
from metrics.effects.cohort_series import Cohort, combine
from metrics.effects.panel import Panel
from metrics.effects.result import Fit
from metrics.errors import NotEnoughData
from metrics.model import Note

NAME = "series"
LEAST_BEFORE = 8
# From here on the data can tell a coefficient on the comparison series from one.
LONG_BEFORE = 30
CLEARLY_NOT_ONE = 3.0
# Robust deviations from a unit's median beyond which a value is taken for an outlier.
WILD = 4.0
JUMP_PROBABILITY, JUMP_SIZE = 1 / 40, 4.0
"""How often a unit's level steps by itself in the months seen, and how far, as a standard
deviation in those of its noise."""
MOST_JUMPS = 0.1


def fit(panel: Panel, *, level: float = 95, seed: int = 0) -> Fit:
    """Treated-minus-comparison forecast.

    Subtracting the comparison series takes its coefficient to be one. With a long past that
    contradicts this by ``CLEARLY_NOT_ONE`` standard errors the coefficient is estimated, and a
    note says so.

    Raises
    ------
    NotEnoughData
        No comparison unit, or fewer than ``LEAST_BEFORE`` periods before a start.
    """
    del seed
    if len(panel.controls) == 0:
        raise NotEnoughData(0, 1, "control units")
    shortest = min(len(panel.before(start)) for start, _ in panel.cohorts)
    if shortest < LEAST_BEFORE:
        raise NotEnoughData(shortest, LEAST_BEFORE, "periods before the start")
    found = [cohort(panel, start, columns) for start, columns in panel.cohorts]
    free = [c for c in found if c.regressors.shape[1] > 1]
    notes = (Note("effect_coefficient_estimated", {"cohorts": len(free)}),) if free else ()
    return combine(panel, found, NAME, level, notes)


def at_least(found: Fit, panel: Panel, level: float) -> Fit:
    """Give the answer for a single treated unit no less width than its own periods demand.

    Nothing but the spread between the comparison units tells the other designs how noisy one
    treated unit is; where few of them happen to move alike, or the unit is noisier than they
    are, that is far too little. The bands of single periods are then those of `fit`, too.
    """
    if len(panel.treated) > 1:
        return found
    try:
        noise = fit(panel, level=level)
    except NotEnoughData:
        return found
    half = (noise.high - noise.low) / 2
    if (found.high - found.low) / 2 >= half:
        return found
    return replace(
        found,
        low=found.estimate - half,
        high=found.estimate + half,
        standard_error=max(noise.standard_error, found.standard_error),
        expected_error=np.maximum(found.expected_error, noise.expected_error),
        covariance=noise.covariance * (noise.quantile / found.quantile) ** 2,
        notes=(*found.notes, Note("effect_noise_at_least_series")),
    )


def cohort(panel: Panel, start: int, columns: np.ndarray) -> Cohort:
    """The series of one start, with what the other units tell of its noise."""
    treated = panel.values[:, columns].mean(axis=1)
    comparison = panel.values[:, panel.controls].mean(axis=1)
    before = panel.before(start)
    if len(before) >= LONG_BEFORE and np.ptp(comparison[before]) > 0:
        slope, error = coefficient(treated[before], comparison[before])
        if abs(slope - 1) > CLEARLY_NOT_ONE * error:
            regressors = np.column_stack([np.ones(len(treated)), comparison])
            return Cohort(start, columns, treated, regressors, jumps=jumps(panel, columns))
    return Cohort(
        start,
        columns,
        treated - comparison,
        np.ones((len(treated), 1)),
        drift=True,
        companions=companions(panel, columns),
        jumps=jumps(panel, columns),
    )


def jumps(panel: Panel, columns: np.ndarray) -> tuple[Jump, ...]:
    """Return steps of one treated or one comparison unit as the mean of several shows them."""
    noise = np.sqrt(1 / len(columns) + 1 / len(panel.controls))
    return tuple(
        Jump(min(units * JUMP_PROBABILITY, MOST_JUMPS), JUMP_SIZE / units / noise)
        for units in (len(columns), len(panel.controls))
    )


def drift(panel: Panel, start: int, columns: np.ndarray) -> tuple[float, float, int]:
    """Slope per period of treated minus comparison before a start, its error and freedom."""
    before = panel.before(start)
    gap = panel.values[:, columns].mean(axis=1) - panel.values[:, panel.controls].mean(axis=1)
    slope, error = coefficient(gap[before], before.astype(float), companions(panel, columns))
    return slope, error, len(before) - 2


def companions(panel: Panel, columns: np.ndarray) -> tuple[Companions, ...]:
    """Comparison units among themselves, and treated units of one start among themselves.

    A common effect cancels in the second; effects that differ count as drift, which is honest.
    """
    share = 1 / len(columns) + 1 / len(panel.controls)
    sets = (panel.values[:, panel.controls], panel.values[:, columns])
    return tuple(
        Companions(
            _clip_outliers(values - values.mean(axis=1, keepdims=True)), values.shape[1] - 1, share
        )
        for values in sets
        if values.shape[1] > 1
    )


def _clip_outliers(columns: np.ndarray) -> np.ndarray:
    """Single wild values drawn in: they would hide the autocorrelation of the others."""
    middle = np.median(columns, axis=0)
    reach = WILD * 1.4826 * np.median(np.abs(columns - middle), axis=0)
    reach = np.where(reach > 0, reach, np.inf)
    return np.clip(columns, middle - reach, middle + reach)
