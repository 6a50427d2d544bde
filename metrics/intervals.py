"""Standard errors, intervals and the quantiles between them, and the share of a count."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike

from metrics.errors import InvalidInput

POWER = 0.8
"""Probability with which an effect should be found for an analysis to say that it looked."""


def quantile(level: ArrayLike, freedom: ArrayLike = np.inf) -> np.ndarray:
    """Half the width of a two-sided interval, in standard errors.

    Parameters
    ----------
    level : array_like
        Per cent inside the interval, 0 to 100: 95 gives 1.959964 (normal).
    freedom : array_like
        Degrees of freedom of Student's t; infinity, the default, is the normal distribution.
    """
    share = 0.5 + np.asarray(level, dtype=float) / 200
    if np.isinf(freedom).all():
        return scipy.special.ndtri(share)
    return scipy.special.stdtrit(np.asarray(freedom, dtype=float), share)


def error_of(low: ArrayLike, high: ArrayLike, level: ArrayLike) -> np.ndarray:
    """Standard error behind a normal interval of ``level`` per cent, in the unit of its bounds."""
    return (np.asarray(high, dtype=float) - np.asarray(low, dtype=float)) / 2 / quantile(level)


def bounds(
    mean: ArrayLike, error: ArrayLike, level: ArrayLike, freedom: ArrayLike = np.inf
) -> tuple[np.ndarray, np.ndarray]:
    """Bounds of ``level`` per cent around a mean with this standard error, in its unit."""
    half = quantile(level, freedom) * np.asarray(error, dtype=float)
    return np.asarray(mean, dtype=float) - half, np.asarray(mean, dtype=float) + half


def pool_effects(effects: np.ndarray, errors: np.ndarray) -> tuple[float, float]:
    """Mean of effects that truly differ, and how far the next one's own effect falls from it.

    Random effects with the variance between them by Paule and Mandel (1982), which is never
    negative; the deviation adds that variance and the mean's own. Both in the effects' unit.
    """
    from statsmodels.stats.meta_analysis import combine_effects

    variance = np.asarray(errors, dtype=float) ** 2
    with np.errstate(divide="ignore"):  # effects that agree to the last digit
        found = combine_effects(np.asarray(effects, dtype=float), variance, method_re="iterated")
    weight = 1 / (variance + found.tau2)
    return float(found.mean_effect_re), float(np.sqrt(found.tau2 + 1 / weight.sum()))


def comparable_error(deviation: float, freedom: float) -> float:
    """Standard error whose normal 95 % interval is as wide as Student's: one scale for designs."""
    return float(deviation * quantile(95, freedom) / quantile(95))


def detectable_errors(level: float, power: float = POWER) -> float:
    """Standard errors a true effect must measure to be found.

    Parameters
    ----------
    level : float
        Per cent of the interval that must exclude zero.
    power : float
        Probability of finding it, 0 to 1. A level of 95 and a power of 0.8 give 2.80.
    """
    return float(quantile(level) + scipy.special.ndtri(power))


@dataclass(frozen=True)
class Proportion:
    """A share with its Wilson interval; NaN with a ``reason`` where nothing was counted."""

    value: float
    low: float
    high: float
    n: int
    level: float
    reason: str = ""


def wilson(successes: ArrayLike, n: ArrayLike, level: float = 95) -> tuple[np.ndarray, np.ndarray]:
    """Wilson score interval of a proportion (E. B. Wilson, JASA 22, 1927).

    Bounds are NaN where ``n`` is not positive or the count lies outside 0 to n.

    Raises
    ------
    InvalidInput
        The level, per cent, is out of range.
    """
    if not 0 < level < 100:
        raise InvalidInput("level_out_of_range", level=level)
    z = quantile(level)
    count, n = np.asarray(successes, dtype=float), np.asarray(n, dtype=float)
    valid = (n > 0) & (count >= 0) & (count <= n)
    safe = np.where(valid, n, 1.0)
    p = np.where(valid, count, 0.0) / safe
    centre = (p + z**2 / (2 * safe)) / (1 + z**2 / safe)
    half = z / (1 + z**2 / safe) * np.sqrt(p * (1 - p) / safe + z**2 / (4 * safe**2))
    low, high = np.maximum(centre - half, 0), np.minimum(centre + half, 1)
    return np.where(valid, low, np.nan), np.where(valid, high, np.nan)


def proportion(successes: float, n: float, level: float = 95) -> Proportion:
    """One share with its interval.

    Raises
    ------
    InvalidInput
        A count is missing, negative, or above its total.
    """
    if not (math.isfinite(successes) and math.isfinite(n) and 0 <= successes <= n):
        raise InvalidInput("share_out_of_range", value=successes, n=n)
    low, high = wilson(successes, n, level)
    if n == 0:
        return Proportion(math.nan, math.nan, math.nan, 0, level, "nothing_counted")
    return Proportion(successes / n, float(low), float(high), int(n), level)
