"""The treated units against their own past: weak evidence, never more than *went with*.

An interrupted series (Box, Tiao 1975) with seasonal means, a drift of its own and the
autocorrelation integrated out. Whatever else happened at the start is counted as effect. With
too few periods for a series but several units, their changes are judged by a paired t test.
"""

from __future__ import annotations

import numpy as np

from metrics import intervals
from metrics.effects.cohort_series import Cohort, combine
from metrics.effects.panel import Panel
from metrics.effects.result import Fit
from metrics.errors import NotEnoughData
from metrics.model import Note

NAME = "before-after"
LEAST_BEFORE = 8


def fit(panel: Panel, *, level: float = 95, seed: int = 0) -> Fit:
    """Treated units against their own past.

    Raises
    ------
    NotEnoughData
        Fewer than ``LEAST_BEFORE`` periods before the start and fewer than three units.
    """
    del seed
    shortest = min(len(panel.before(start)) for start, _ in panel.cohorts)
    if shortest < LEAST_BEFORE:
        if len(panel.treated) < 3 or panel.staggered:
            raise NotEnoughData(shortest, LEAST_BEFORE, "periods before the start")
        return _paired_test(panel, level)
    seasonal = panel.season > 1 and shortest >= 2 * panel.season
    notes = () if seasonal or panel.season == 1 else (Note("effect_season_not_removed"),)
    regressors = np.ones((len(panel.periods), 1))
    if seasonal:
        phase = np.arange(len(panel.periods)) % panel.season
        regressors = (phase[:, None] == np.arange(panel.season)).astype(float)
    cohorts = [
        Cohort(start, columns, panel.values[:, columns].mean(axis=1), regressors, drift=True)
        for start, columns in panel.cohorts
    ]
    return combine(panel, cohorts, NAME, level, notes)


def _paired_test(panel: Panel, level: float) -> Fit:
    """One-sample t on the change of each unit."""
    start, columns = panel.cohorts[0]
    values = panel.values[:, columns]
    base = values[panel.before(start)].mean(axis=0)
    after = values[start:] - base
    change = values[start + panel.ramp :].mean(axis=0) - base
    count = len(columns)
    quantile = float(intervals.quantile(level, count - 1))
    deviation = float(change.std(ddof=1) / np.sqrt(count))
    centred = after - after.mean(axis=1, keepdims=True)
    covariance = centred @ centred.T / (count - 1) / count
    spread = (values - base).std(axis=1, ddof=1) / np.sqrt(count)
    estimate = float(change.mean())
    return Fit(
        design=NAME,
        estimate=estimate,
        low=estimate - quantile * deviation,
        high=estimate + quantile * deviation,
        standard_error=intervals.comparable_error(deviation, count - 1),
        expected=np.full(len(values), base.mean()),
        expected_error=quantile * spread,
        since_start=np.arange(len(after)),
        effects=after.mean(axis=1),
        covariance=covariance,
        quantile=quantile,
    )
