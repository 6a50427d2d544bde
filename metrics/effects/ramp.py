"""How an effect grows after the start and what stays after stopping."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metrics.effects.autoregression import quantiles
from metrics.effects.result import BoundedEstimate, Fit
from metrics.errors import NotEnoughData
from metrics.intervals import quantile

# Months until nine tenths of the full effect: the six-month prior of the method.
PRIOR_MONTHS = 6.0
# Spread of that prior: a factor of two either way holds 95 %.
PRIOR_LOG_DEVIATION = float(np.log(2) / quantile(95))
MONTHS = np.array([0.25, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 18, 24, 36])
HALF_LIVES = np.array([0.5, 1, 2, 3, 4, 6, 9, 12, 18, 24, 36, 60, 1000])
LEAST_AFTER = 3


def ramp(months: np.ndarray | float, to_90: float | np.ndarray = PRIOR_MONTHS) -> np.ndarray:
    """Share of the full effect reached ``months`` after the start, 0 to 1.

    1 / (1 + exp(-k (t - m))) with m half of ``to_90`` and k = ln 9 / m: a tenth at once, half at m,
    nine tenths at ``to_90``.
    """
    middle = np.asarray(to_90, dtype=float) / 2
    return 1 / (1 + np.exp(-np.log(9) / middle * (np.asarray(months, dtype=float) - middle)))


@dataclass(frozen=True)
class Persistence:
    """Where an effect settles, how fast, and how long it outlives the treatment.

    ``steady`` is in the unit of the outcome, ``months_to_90`` and ``half_life`` in periods.
    ``slower_than_prior`` is the posterior probability that the ramp takes longer than six months.
    """

    steady: BoundedEstimate
    months_to_90: BoundedEstimate
    half_life: BoundedEstimate
    slower_than_prior: float
    level: float


def persistence(fit: Fit, *, stopped: int | None = None, level: float = 95) -> Persistence:
    """Ramp and decay of the effects by period since start.

    The effects are level x ramp x decay plus errors with the design's own variances; the level is
    integrated out exactly, ramp and half-life on a grid. The ramp has the six-month prior with a
    factor of two either way, the half-life a flat one.

    Parameters
    ----------
    fit : Fit
    stopped : int, optional
        Periods since the start at which the treatment was stopped.

    Raises
    ------
    NotEnoughData
        Fewer than three periods since the start.
    """
    since = fit.since_start
    if len(since) < LEAST_AFTER:
        raise NotEnoughData(len(since), LEAST_AFTER, "periods after the start")
    decays = stopped is not None and (since >= stopped).sum() >= LEAST_AFTER
    lives = HALF_LIVES if decays else HALF_LIVES[-1:]
    ended = np.clip(since - stopped + 1, 0, None) if decays and stopped is not None else 0 * since
    shapes = np.array(
        [ramp(since + 1.0, months) * 0.5 ** (ended / life) for months in MONTHS for life in lives]
    )
    levels, deviations, logs = _levels(fit, shapes)
    prior = -0.5 * (np.log(MONTHS / PRIOR_MONTHS) / PRIOR_LOG_DEVIATION) ** 2
    logs = logs + np.repeat(prior + np.log(np.gradient(np.log(MONTHS))), len(lives))
    weight = np.exp(logs - logs.max())
    weight /= weight.sum()
    grid = weight.reshape(len(MONTHS), len(lives))
    half_life = _grid_range(HALF_LIVES, grid.sum(axis=0), level) if decays else _unknown(stopped)
    return Persistence(
        steady=_mixture_range(levels, deviations, weight, level),
        months_to_90=_grid_range(MONTHS, grid.sum(axis=1), level),
        half_life=half_life,
        slower_than_prior=float(grid.sum(axis=1)[MONTHS > PRIOR_MONTHS].sum()),
        level=level,
    )


def _unknown(stopped: int | None) -> BoundedEstimate:
    reason = "not_stopped" if stopped is None else "too_few_periods_after_stop"
    return BoundedEstimate(float("nan"), float("nan"), float("nan"), reason)


def _levels(fit: Fit, shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Level, its deviation and log evidence for every shape."""
    precision = np.linalg.inv(_smooth(fit.covariance))
    weighted = shapes @ precision
    information = (weighted * shapes).sum(axis=1)
    levels = weighted @ fit.effects / information
    return (
        levels,
        information**-0.5,
        0.5 * levels**2 * information - 0.5 * np.log(information),
    )


def _smooth(covariance: np.ndarray) -> np.ndarray:
    """The covariance with its correlations as a constant plus a geometric decay over the lag.

    A dozen units cannot tell the correlations of two dozen months one by one: their raw matrix
    is singular and would make some combination of months look certain.
    """
    size = len(covariance)
    deviation = np.sqrt(np.maximum(np.diag(covariance), 1e-300))
    correlation = covariance / np.outer(deviation, deviation)
    by_lag = np.array([np.diag(correlation, lag).mean() for lag in range(size)])
    lasting = float(np.clip(by_lag[size // 2 :].mean(), 0, 0.95))
    decay = float(np.clip((by_lag[1] - lasting) / (1 - lasting), 0, 0.95))
    lags = np.abs(np.subtract.outer(np.arange(size), np.arange(size)))
    return np.outer(deviation, deviation) * (lasting + (1 - lasting) * decay**lags)


def _grid_range(grid: np.ndarray, weight: np.ndarray, level: float) -> BoundedEstimate:
    total = np.cumsum(weight)
    at = np.array([0.5, 0.5 - level / 200, 0.5 + level / 200])
    middle, low, high = grid[np.minimum(np.searchsorted(total, at), len(grid) - 1)]
    return BoundedEstimate(float(middle), float(low), float(high))


def _mixture_range(
    levels: np.ndarray, deviations: np.ndarray, weight: np.ndarray, level: float
) -> BoundedEstimate:
    """Mean and quantiles of a mixture of normal distributions, through its t-like limit."""
    at = np.array([0.5 - level / 200, 0.5 + level / 200])
    low, high = quantiles(levels, deviations, weight, 1_000_000, at)
    return BoundedEstimate(float(weight @ levels), float(low), float(high))
