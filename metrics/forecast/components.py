"""Building blocks of a monthly series: noise, level, slope and season, as covariances.

A structural time series (Harvey 1989; the innovation forms of exponential smoothing are close
relatives) with Gaussian parts is fully described by the covariance of its values. Every part
below is a covariance over integer time steps; a *form* is a sum of them in fixed proportions. All
proportions are relative to the size of one month's surprise, which is estimated per series.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

# Stands for "the level at the start is unknown": large beside every other part, and cancelled
# exactly because likelihoods are taken conditional on the first value.
_UNKNOWN_LEVEL = 1e6
# Steps per cycle by which quarters are known, and months in each.
QUARTERS = 4
_MONTHS = 3


@dataclass(frozen=True)
class Form:
    """One way a series may move: variances relative to one month's surprise.

    Parameters
    ----------
    noise : float
        Passing noise; its autocorrelation is `persistence` (0-1) from one step to the next.
    level : float
        Permanent change of the level per step.
    slope, damping, slope_change : float
        Initial slope, share of the slope that survives a step (1: forever), change per step.
    season, season_change : float
        Size of the seasonal pattern, and its change per season cycle.
    prior : float
        Weight before any data is seen, relative to the other forms.
    point_prior : float
        The same for the point forecast, which leaves out most of what only might happen.
    """

    noise: float
    persistence: float
    level: float
    slope: float
    damping: float
    slope_change: float
    season: float
    season_change: float
    prior: float = 1.0
    point_prior: float = 1.0


# Level and noise; slope; season. The grid replaces optimisation: every combination is weighted by
# how well it explains the history, so doubt about parameters widens the interval as it should.
LEVELS = (
    (1.0, 0.0, 0.0),
    (0.9, 0.0, 0.03),
    (0.8, 0.0, 0.1),
    (0.6, 0.0, 0.4),
    (0.1, 0.0, 1.0),
    (1.0, 0.5, 0.0),
    (1.0, 0.7, 0.1),
    (1.0, 0.9, 0.0),
)
# The last two numbers are the prior weights for intervals and for the point forecast. No slope has
# half of the belief; slopes that wander fast belong in an interval, hardly in a best guess.
SLOPES = (
    (0.0, 1.0, 0.0, 5.0, 2.0),
    (0.003, 1.0, 0.0, 1.0, 1.0),
    (0.01, 1.0, 0.0, 1.0, 1.0),
    (0.03, 0.9, 0.003, 1.0, 1.0),
    (0.1, 0.8, 0.02, 1.0, 0.05),
    (0.1, 1.0, 0.003, 1.0, 0.05),
    (0.3, 0.8, 0.1, 0.5, 0.025),
    (1.0, 0.8, 0.4, 0.5, 0.025),
)
SEASONS = (
    (0.0, 0.0),
    (0.3, 0.0),
    (1.0, 0.0),
    (1.0, 0.1),
    (4.0, 0.0),
    (4.0, 0.3),
    (20.0, 0.0),
    (20.0, 1.0),
    (120.0, 0.0),
)


def forms(seasonal: bool) -> tuple[Form, ...]:
    """All forms considered; without a seasonal part where the history cannot show one."""
    seasons = SEASONS if seasonal else SEASONS[:1]
    return tuple(
        Form(*level, *slope[:3], *pattern, *slope[3:])
        for level, slope, pattern in product(LEVELS, SLOPES, seasons)
    )


def covariance(form: Form, steps: np.ndarray, season: int) -> np.ndarray:
    """Covariance of the values at integer `steps` (ascending, first is 0).

    Returns
    -------
    numpy.ndarray
        len(steps) × len(steps), positive definite.
    """
    return next(covariances((form,), steps, season))


def stepwise(forms: Iterable[Form], length: int, season: int) -> Iterator[np.ndarray]:
    """Covariance of each form over consecutive steps of a panel.

    A form says how a *month* moves. Quarters see the same business three months at a time: their
    covariance is that of the means of three, in which noise cancels and slopes add up.
    """
    if season != QUARTERS:
        yield from covariances(forms, np.arange(length), season)
        return
    months = np.arange(_MONTHS * length)
    means = np.kron(np.eye(length), np.full((1, _MONTHS), 1 / _MONTHS))
    for total in covariances(forms, months, _MONTHS * QUARTERS):
        yield means @ total @ means.T


def covariances(forms: Iterable[Form], steps: np.ndarray, season: int) -> Iterator[np.ndarray]:
    """Covariance of each form in turn; parts that forms share are made once."""
    apart = np.abs(np.subtract.outer(steps, steps))
    earlier = np.minimum.outer(steps, steps)
    same = (apart % season == 0) - 1 / season
    unknown = _UNKNOWN_LEVEL + 1e-6 * np.eye(len(steps))
    slopes: dict[tuple, np.ndarray] = {}
    seasons: dict[tuple, np.ndarray] = {}
    for form in forms:
        total = unknown + form.level * earlier
        total += form.noise * (form.persistence**apart if form.persistence else apart == 0)
        if form.slope:
            key = (form.slope, form.damping, form.slope_change)
            if key not in slopes:
                slopes[key] = _slope(form, int(steps[-1]) + 1)[np.ix_(steps, steps)]
            total += slopes[key]
        if form.season:
            key = (form.season, form.season_change)
            if key not in seasons:
                seasons[key] = same * (form.season + form.season_change * earlier / season)
            total += seasons[key]
        yield total


def _slope(form: Form, length: int) -> np.ndarray:
    """Covariance of a sum of slopes, the slope being a damped random walk."""
    t = np.arange(length)
    earlier = np.minimum.outer(t, t)
    if form.damping == 1:
        slopes = form.slope + form.slope_change * earlier
    else:
        survived = form.damping ** (2 * earlier)
        renewed = form.slope_change * (1 - survived) / (1 - form.damping**2)
        slopes = form.damping ** np.abs(np.subtract.outer(t, t)) * (form.slope * survived + renewed)
    add_up = np.tril(np.ones((length, length)), -1)
    return add_up @ slopes @ add_up.T
