"""What goes with more effect: a figure of each initiative against the size of its effect."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy

from metrics.errors import InvalidInput, NotEnoughData
from metrics.intervals import quantile

LEAST_EFFECTS = 6
"""Fewer effects than this say nothing about what goes with them."""


@dataclass(frozen=True)
class Association:
    """Change of the effect for one unit more of the moderator, among several initiatives.

    Attributes
    ----------
    slope, low, high : float
        In the unit of the effects; bounds at ``level`` per cent.
    spread : float
        Standard deviation of true effects about the line.
    shown : bool
        Whether the interval leaves zero out.
    n : int
        Effects used.
    """

    slope: float
    low: float
    high: float
    level: float
    spread: float
    n: int

    @property
    def shown(self) -> bool:
        return self.low > 0 or self.high < 0


def association(
    effects: np.ndarray, standard_errors: np.ndarray, moderator: np.ndarray, *, level: float = 95
) -> Association:
    """Random-effects meta-regression on one moderator.

    Effects scatter about a line by their own errors and by a spread of true effects, which is the
    one that makes the weighted squares as large as their degrees of freedom (Paule, Mandel 1982).
    The interval is that of Knapp and Hartung (2003): residual squares scale it and a t
    distribution with n - 2 degrees of freedom bounds it, which keeps its promise with few effects
    where the usual normal one does not. Effects whose moderator is missing are left out.

    Parameters
    ----------
    effects, standard_errors, moderator : array
        One entry per initiative; errors above zero.

    Raises
    ------
    NotEnoughData
        Fewer than six effects with a moderator, or a moderator that does not vary.
    InvalidInput
        ``effect_error_not_positive``.
    """
    known = np.isfinite(effects) & np.isfinite(standard_errors) & np.isfinite(moderator)
    effect, error, x = (
        np.asarray(values, dtype=float)[known] for values in (effects, standard_errors, moderator)
    )
    if len(effect) < LEAST_EFFECTS:
        raise NotEnoughData(len(effect), LEAST_EFFECTS, "effects")
    if not (error > 0).all():
        raise InvalidInput("effect_error_not_positive", least=float(error.min()))
    if np.ptp(x) == 0:
        raise NotEnoughData(1, 2, "different_amounts")
    design = np.column_stack([np.ones_like(x), x])
    freedom = len(x) - 2
    variance = _between(effect, error, design, freedom)
    beta, information, rest = _fit(effect, error, design, variance)
    # Never narrower than the errors alone allow: a lucky fit is no knowledge.
    scale = max(rest / freedom, 1.0)
    half = quantile(level, freedom) * np.sqrt(scale * np.linalg.inv(information)[1, 1])
    slope = float(beta[1])
    return Association(
        slope, slope - half, slope + half, level, float(np.sqrt(variance)), len(effect)
    )


def _fit(
    effect: np.ndarray, error: np.ndarray, design: np.ndarray, variance: float
) -> tuple[np.ndarray, np.ndarray, float]:
    weight = 1 / (error**2 + variance)
    information = (design * weight[:, None]).T @ design
    beta = np.linalg.solve(information, (design * weight[:, None]).T @ effect)
    return beta, information, float(weight @ (effect - design @ beta) ** 2)


def _between(effect: np.ndarray, error: np.ndarray, design: np.ndarray, freedom: int) -> float:
    """Variance of true effects about the line; 0 where their own errors explain the scatter."""

    def excess(variance: float) -> float:
        return _fit(effect, error, design, variance)[2] - freedom

    if excess(0.0) <= 0:
        return 0.0
    widest = float(np.var(effect) * len(effect) + error.max() ** 2)
    while excess(widest) > 0:
        widest *= 4
    return float(scipy.optimize.brentq(excess, 0.0, widest))
