"""Synthetic control: a weighted mean of comparison units that tracked the treated ones.

Weights are found on the outcomes before the start (Abadie, Diamond, Hainmueller 2010, outcomes
only), inference comes from giving every comparison unit the treatment in turn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from metrics import intervals
from metrics.effects.panel import Panel
from metrics.effects.result import Fit
from metrics.effects.simplex import simplex_weights
from metrics.errors import NotEnoughData
from metrics.model import Note

NAME = "synthetic-control"
LEAST_CONTROLS = 3
LEAST_BEFORE = 2
DRAWS = 60

# (outcome of the treated mean, outcomes of the controls, rows before, rows after) -> gap in every
# period, weights of the controls
Gap = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray, int], tuple[np.ndarray, np.ndarray]]


def fit(panel: Panel, *, level: float = 95, seed: int = 0) -> Fit:
    """Synthetic control of the mean of the treated units, cohort by cohort.

    The interval is estimate plus or minus a t quantile times the root mean square of the placebo
    effects of the comparison units.

    Raises
    ------
    NotEnoughData
        Fewer than three comparison units or two periods before the start.
    """
    return placebo_fit(panel, gap, NAME, level, seed)


def gap(
    treated: np.ndarray, controls: np.ndarray, before: np.ndarray, after: np.ndarray, units: int
) -> tuple[np.ndarray, np.ndarray]:
    """Treated minus synthetic control in every period, and the weights."""
    del after, units
    weights = simplex_weights(controls[before], treated[before])
    return treated - controls @ weights, weights


@dataclass(frozen=True)
class _Cohort:
    start: int
    share: np.ndarray
    gaps: np.ndarray
    placebos: np.ndarray
    weights: np.ndarray


def placebo_fit(panel: Panel, gap: Gap, name: str, level: float, seed: int) -> Fit:
    """Fit a gap estimator cohort by cohort, with placebo inference over comparison units.

    Several treated units are compared with means of as many comparison units drawn with ``seed``
    (Arkhangelsky et al. 2021, algorithm 4); where there are too few, placebo effects of single
    units are scaled down by the square root of the number treated.
    """
    require(panel)
    generator = np.random.default_rng(seed)
    cohorts = [_cohort(panel, gap, start, columns, generator) for start, columns in panel.cohorts]
    draws = np.sum([c.placebos @ c.share for c in cohorts], axis=0)
    estimate = float(sum(c.gaps @ c.share for c in cohorts))
    deviation = float(np.sqrt((draws**2).mean()))
    freedom = max(len(panel.controls) - 1, 1)
    quantile = float(intervals.quantile(level, freedom))
    actual = panel.values[:, panel.treated].mean(axis=1)
    sizes = np.array([len(columns) for _, columns in panel.cohorts])
    parts = sizes / sizes.sum()
    path = np.sum([p * c.gaps for p, c in zip(parts, cohorts, strict=True)], axis=0)
    spread = np.sum([p * c.placebos for p, c in zip(parts, cohorts, strict=True)], axis=0)
    since, effects, covariance = _since_start(panel, cohorts, sizes)
    weights = np.sum([p * c.weights for p, c in zip(parts, cohorts, strict=True)], axis=0)
    return Fit(
        design=name,
        estimate=estimate,
        low=estimate - quantile * deviation,
        high=estimate + quantile * deviation,
        standard_error=intervals.comparable_error(deviation, freedom),
        expected=actual - path,
        expected_error=quantile * np.sqrt((spread**2).mean(axis=0)),
        since_start=since,
        effects=effects,
        covariance=covariance,
        quantile=quantile,
        weights=pd.Series(weights, index=panel.outcome.columns[panel.controls]),
        notes=(Note("effect_placebo_units", {"controls": len(panel.controls)}),),
    )


def require(panel: Panel) -> None:
    """Raise NotEnoughData unless weights and placebos can be found."""
    if len(panel.controls) < LEAST_CONTROLS:
        raise NotEnoughData(len(panel.controls), LEAST_CONTROLS, "control units")
    shortest = min(len(panel.before(start)) for start, _ in panel.cohorts)
    if shortest < LEAST_BEFORE:
        raise NotEnoughData(shortest, LEAST_BEFORE, "periods before the start")


def _cohort(
    panel: Panel, gap: Gap, start: int, columns: np.ndarray, generator: np.random.Generator
) -> _Cohort:
    before, after = panel.before(start), np.arange(start + panel.ramp, len(panel.periods))
    controls = panel.values[:, panel.controls]
    gaps, weights = gap(
        panel.values[:, columns].mean(axis=1), controls, before, after, len(columns)
    )
    share = panel.cells[:, columns].sum(axis=1) / panel.cells.sum()
    placebos = []
    for chosen in _placebo_groups(panel, len(columns), generator):
        rest = np.setdiff1d(np.arange(len(panel.controls)), chosen)
        found, other = gap(
            controls[:, chosen].mean(axis=1), controls[:, rest], before, after, len(columns)
        )
        # A placebo averages other numbers of units than the estimate does: rescale its noise.
        wanted = 1 / len(columns) + weights @ weights
        placebos.append(found * np.sqrt(wanted / (1 / len(chosen) + other @ other)))
    return _Cohort(start, share, gaps, np.array(placebos), weights)


def _placebo_groups(panel: Panel, treated: int, generator: np.random.Generator) -> list[np.ndarray]:
    """Groups of comparison units that play the treated ones; as many for every cohort."""
    controls = len(panel.controls)
    largest = max(len(columns) for _, columns in panel.cohorts)
    if largest == 1 or controls < largest + LEAST_CONTROLS:
        order = generator.permutation(controls) if panel.staggered else np.arange(controls)
        return [order[place : place + 1] for place in range(controls)]
    return [generator.choice(controls, treated, replace=False) for _ in range(DRAWS)]


def _since_start(
    panel: Panel, cohorts: list[_Cohort], sizes: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    length = len(panel.periods) - min(c.start for c in cohorts)
    total, effects = np.zeros(length), np.zeros(length)
    draws = np.zeros((len(cohorts[0].placebos), length))
    for cohort, size in zip(cohorts, sizes, strict=True):
        lasting = len(panel.periods) - cohort.start
        total[:lasting] += size
        effects[:lasting] += size * cohort.gaps[cohort.start :]
        draws[:, :lasting] += size * cohort.placebos[:, cohort.start :]
    draws /= total
    return np.arange(length), effects / total, draws.T @ draws / len(draws)
