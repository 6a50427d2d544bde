"""Benefit of a month on its spending, with trend, season and autocorrelated noise.

Generalised least squares with first-order autocorrelation, the autocorrelation and the shape of
returns averaged over by marginal likelihood. Exact for months that are missing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

RHO = np.array([0.0, 0.15, 0.3, 0.45, 0.6, 0.7, 0.8, 0.88, 0.94])
SHAPES = (0.0, 0.5, 1.0, 2.0, 3.0)
"""Curvature of returns: proportional, square root, logarithm, and two that saturate early."""
LEAST_VARIATION = 0.01
"""Standard deviation of spending over its mean below which a budget never varied."""
LIGHT = 0.005
"""Mixture components below this probability are left out of predictions."""


@dataclass(frozen=True)
class ReturnsFit:
    """A mixture of regressions, one for each shape of returns and autocorrelation.

    Attributes
    ----------
    slope, slope_error : float
        Marginal return at the current spending; NaN and infinite where spending never varied.
    slopes, slope_errors : array
        The same if returns have each of ``SHAPES``.
    shape_log : array
        Log marginal likelihood of each of ``SHAPES``.
    weights : array
        Shapes × autocorrelations: probability of each component.
    noise : float
        Standard deviation of a month around the fit.
    """

    slope: float
    slope_error: float
    slopes: np.ndarray
    slope_errors: np.ndarray
    shape_log: np.ndarray
    weights: np.ndarray
    noise: float
    current: float
    benefit: np.ndarray = field(repr=False)
    spend: np.ndarray = field(repr=False)

    @property
    def varied(self) -> bool:
        return bool(np.isfinite(self.slope_error))

    @property
    def departure(self) -> float:
        """How far a month's spending usually departs from its neighbours, as a fraction."""
        known = self.spend[np.isfinite(self.spend) & (self.spend > 0)]
        return float(np.std(np.diff(np.log(known))) / np.sqrt(2)) if len(known) > 2 else 0.0

    def ahead(self, months: int, spend: float, draws: int, seed: int = 0) -> np.ndarray:
        """Draws of the mean benefit of the next ``months`` at ``spend`` a month each."""
        seen = _observed_months(self.benefit, self.spend)
        future = len(self.benefit) + np.arange(months)
        shapes = np.flatnonzero(self.weights.sum(axis=1) > LIGHT)
        each = [self._ahead(SHAPES[shape], seen, future, spend) for shape in shapes]
        chance = self.weights[shapes].ravel()
        rng = np.random.default_rng(seed)
        chosen = rng.choice(len(chance), draws, p=chance / chance.sum())
        mean, deviation = (np.concatenate([e[part] for e in each])[chosen] for part in (0, 1))
        return mean + deviation * rng.standard_t(each[0][2], draws)

    def _ahead(
        self, shape: float, seen: np.ndarray, future: np.ndarray, spend: float
    ) -> tuple[np.ndarray, np.ndarray, int]:
        """Mean and deviation of the future months' average for every autocorrelation."""
        lines = _Lines(shape, self.current, self.varied, len(seen))
        design = lines.design(seen, self.spend[seen])
        row = lines.design(future, np.full(len(future), spend)).mean(axis=0)
        rho = RHO[:, None, None]
        roots = np.linalg.cholesky(rho ** np.abs(seen[:, None] - seen))
        reach = (rho ** (future - seen[:, None])).mean(axis=2)
        known = np.broadcast_to(
            np.column_stack([design, self.benefit[seen]]),
            (len(RHO), len(seen), design.shape[1] + 1),
        )
        both = np.linalg.solve(roots, np.concatenate([known, reach[:, :, None]], axis=2))
        x, y, link = both[:, :, :-2], both[:, :, -2:-1], both[:, :, -1:]
        across = x.transpose(0, 2, 1)
        inverse = np.linalg.inv(across @ x)
        beta = inverse @ across @ y
        rest = y - x @ beta
        freedom = len(seen) - design.shape[1]
        gap = row[:, None] - across @ link
        own = (rho ** np.abs(future[:, None] - future)).mean(axis=(1, 2))
        left = own - (link**2).sum(axis=(1, 2)) + (gap * (inverse @ gap)).sum(axis=(1, 2))
        noise = (rest**2).sum(axis=(1, 2)) / freedom
        mean = (row @ beta)[:, 0] + (link * rest).sum(axis=(1, 2))
        return mean, np.sqrt(np.maximum(left, 0) * noise), freedom

    def slope_error_with(self, spend: np.ndarray) -> float:
        """Error the slope would have after further months at ``spend``, the noise as it is."""
        seen = _observed_months(self.benefit, self.spend)
        months = np.concatenate([seen, len(self.benefit) + np.arange(len(spend))])
        x = np.concatenate([self.spend[seen], spend])
        lines = _Lines(0.0, self.current, True, len(seen))
        total = 0.0
        for rho, chance in zip(RHO, self.weights.sum(axis=0), strict=True):
            root = np.linalg.cholesky(rho ** np.abs(months[:, None] - months))
            a = np.linalg.solve(root, lines.design(months, x))
            total += chance * np.linalg.inv(a.T @ a)[-1, -1]
        return float(self.noise * np.sqrt(total))


def fit(benefit: np.ndarray, spend: np.ndarray, current: float) -> ReturnsFit:
    """Fit one function's months.

    Parameters
    ----------
    benefit, spend : array
        By month, oldest first; NaN where not known.
    current : float
        Spending at which the slope is taken.
    """
    seen = _observed_months(benefit, spend)
    y, x = benefit[seen], spend[seen]
    varied = current > 0 and float(np.std(x)) > LEAST_VARIATION * float(np.mean(x))
    # A logarithm knows no month without spending.
    shapes = [s for s in SHAPES if varied and (s < 1 or x.min() > 0)] or [0.0]
    roots = np.linalg.cholesky(RHO[:, None, None] ** np.abs(seen[:, None] - seen))
    halves = np.log(np.diagonal(roots, axis1=1, axis2=2)).sum(axis=1)
    log = np.full((len(SHAPES), len(RHO)), -np.inf)
    slopes, variances, noises = (np.zeros_like(log) for _ in range(3))
    for shape in shapes:
        design = _Lines(shape, current, varied, len(seen)).design(seen, x)
        both = np.linalg.solve(roots, np.column_stack([design, y])[None])
        a, b = both[:, :, :-1], both[:, :, -1:]
        across = a.transpose(0, 2, 1)
        inverse = np.linalg.inv(across @ a)
        beta = inverse @ across @ b
        rest = ((b - a @ beta) ** 2).sum(axis=(1, 2))
        freedom = len(y) - design.shape[1]
        at = SHAPES.index(shape)
        floor = 1e-12 * float(y @ y) + 1e-300
        log[at] = (
            -halves
            + 0.5 * np.linalg.slogdet(inverse)[1]
            - freedom / 2 * np.log(np.maximum(rest, floor))
        )
        slopes[at], noises[at] = beta[:, -1, 0], rest / freedom
        variances[at] = rest / max(freedom - 2, 1) * inverse[:, -1, -1]
    top = log.max()
    weights = np.exp(log - top)
    shape_log = np.log(np.maximum(weights.sum(axis=1), 1e-300)) + top
    inside = weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-300)
    each = (inside * slopes).sum(axis=1)
    errors = np.sqrt((inside * (variances + (slopes - each[:, None]) ** 2)).sum(axis=1))
    # Shapes that could not be tried say what the steepest one tried says.
    for told in (shape_log, each, errors):
        told[len(shapes) :] = told[len(shapes) - 1]
    weights /= weights.sum()
    slope = float((weights * slopes).sum())
    error = float(np.sqrt((weights * (variances + (slopes - slope) ** 2)).sum()))
    return ReturnsFit(
        slope if varied else float("nan"),
        error if varied else float("inf"),
        each,
        errors,
        shape_log,
        weights,
        float(np.sqrt((weights * noises).sum())),
        current,
        benefit,
        spend,
    )


@dataclass(frozen=True)
class _Lines:
    """Columns of the regression: level, trend, season, and last the spending on its returns."""

    shape: float
    current: float
    varied: bool
    seen: int

    def design(self, months: np.ndarray, spend: np.ndarray) -> np.ndarray:
        turn = 2 * np.pi * months / 12
        pairs = 2 if self.seen >= 36 else 1 if self.seen >= 18 else 0
        columns = [np.ones(len(months)), months / 12]
        columns += [wave(n * turn) for n in range(1, pairs + 1) for wave in (np.cos, np.sin)]
        if self.varied:
            columns.append(returns(spend, self.current, self.shape))
        return np.column_stack(columns)


def _observed_months(benefit: np.ndarray, spend: np.ndarray) -> np.ndarray:
    return np.flatnonzero(np.isfinite(benefit) & np.isfinite(spend))


def returns(spend: np.ndarray, current: float, shape: float) -> np.ndarray:
    """Spending on the scale of its returns: slope 1 at ``current``, bent by ``shape``."""
    ratio = np.asarray(spend, dtype=float) / current
    if shape == 1:
        return current * np.log(np.maximum(ratio, 1e-9))
    return current * (ratio ** (1 - shape) - 1) / (1 - shape)
