"""A regression with first-order autocorrelated noise whose autocorrelation is integrated out.

Fixing the autocorrelation at its estimate is what makes the usual interrupted series claim too
much: with 24 months the estimate is biased towards zero. Here every value on a grid forecasts
with its own exact Student t distribution, weighted by its marginal likelihood under flat priors
on coefficients and log scale (Zellner, Tiao 1964; Chib 1993).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy

AUTOCORRELATION = np.concatenate([np.linspace(0, 0.9, 10), [0.94, 0.97, 0.99]])
# Prior sd of a unit's own drift over the whole window, in standard deviations of its noise.
DRIFT = np.array([0.0, 3.0, 6.0, 12.0])
DRIFT_PRIOR = np.array([0.4, 0.25, 0.2, 0.15])
# What the companions' noise is worth beside the series' own, in observations.
BORROWED = 20.0
# A series this many times noisier or calmer than its companions (variance) borrows nothing.
UNLIKE = 2.5


# Parts of a mixture that cannot move a 99.9 % bound.
NEGLIGIBLE = 1e-6


@dataclass(frozen=True)
class PredictiveDistribution:
    """Predictive distribution after the fitted stretch, a mixture over autocorrelations.

    ``mean`` (horizons), ``covariance`` (horizons x horizons) are moments on the scale of a t
    distribution with ``freedom`` degrees; ``means``, ``scales``, ``probability`` hold the
    mixture itself.
    """

    mean: np.ndarray
    covariance: np.ndarray
    freedom: float
    fitted: np.ndarray
    residual_deviation: float
    means: np.ndarray
    scales: np.ndarray
    probability: np.ndarray

    def interval(self, weights: np.ndarray, level: float) -> tuple[float, float, float]:
        """Mean and bounds of a weighted sum over the horizons."""
        centre = self.means @ weights
        width = np.sqrt(np.einsum("h,khl,l->k", weights, self.scales, weights))
        low, high = quantiles(
            centre,
            width,
            self.probability,
            self.freedom,
            np.array([50 - level / 2, 50 + level / 2]) / 100,
        )
        return float(self.probability @ centre), float(low), float(high)


def quantiles(
    centre: np.ndarray, width: np.ndarray, probability: np.ndarray, freedom: float, at: np.ndarray
) -> np.ndarray:
    """Quantiles of a mixture of Student t distributions, by Newton steps kept in a bracket."""
    ends = scipy.special.stdtrit(freedom, at)[:, None] * width + centre
    low, high = ends.min(axis=1), ends.max(axis=1)
    place = ends @ probability
    constant = np.exp(
        scipy.special.gammaln((freedom + 1) / 2) - scipy.special.gammaln(freedom / 2)
    ) / np.sqrt(freedom * np.pi)
    for _ in range(30):
        z = (place[:, None] - centre) / width
        excess = scipy.special.stdtr(freedom, z) @ probability - at
        density = constant * ((1 + z**2 / freedom) ** (-(freedom + 1) / 2) / width) @ probability
        low, high = np.where(excess < 0, place, low), np.where(excess < 0, high, place)
        step = place - excess / np.maximum(density, 1e-300)
        moved = np.where((step >= low) & (step <= high), step, (low + high) / 2)
        if np.abs(moved - place).max() <= 1e-10 * width.min():
            return moved
        place = moved
    return place


@dataclass(frozen=True)
class Companions:
    """Other units' series without effect: what they tell of autocorrelation and drift.

    ``columns`` (periods x units) are deviations from their own mean path; ``rank`` is how many
    independent contrasts they hold (units minus one). ``share`` is the variance the series
    would have if its units were as noisy as these, in units of one of theirs.
    """

    columns: np.ndarray
    rank: int
    share: float = 1.0


def forecast(
    series: np.ndarray,
    regressors: np.ndarray,
    future: np.ndarray,
    lead: int = 0,
    drift: bool = False,
    companions: tuple[Companions, ...] = (),
) -> PredictiveDistribution:
    """Forecast ``len(future)`` periods that begin ``lead`` periods after the series ends.

    Parameters
    ----------
    series : array, periods
    regressors, future : arrays, periods x coefficients and horizons x coefficients
        Include the constant. Full column rank in ``regressors``.
    drift : bool
        Allow the series a straight drift of its own, with a prior scaled to its noise.
    companions : tuple
        Series that share autocorrelation and relative drift, each set with its own scale.
    """
    length, count = regressors.shape
    freedom = length - count
    window = length + lead + len(future)
    sizes = DRIFT if drift else DRIFT[:1]
    logs = (
        np.log(DRIFT_PRIOR[: len(sizes)] if drift else np.ones(1))
        + np.log(np.gradient(AUTOCORRELATION))[:, None]
    )
    x = np.column_stack([regressors, np.arange(length) - length / 2])
    solution = _solve(x, series[:, None], sizes / window)
    squares, borrowed = np.zeros_like(solution.squares), 0.0
    for other in companions:
        clock = np.arange(len(other.columns))
        basis = np.column_stack([np.ones(len(clock)), clock - len(clock) / 2])
        found = _solve(basis, other.columns, sizes / window)
        observations = other.rank * (len(clock) - 1)
        logs = logs + found.evidence(other.rank, observations)
        squares, borrowed = squares + found.squares * other.share, borrowed + observations
    if companions and _is_similar_noise(solution.squares / freedom, squares / borrowed, logs):
        prior = BORROWED * squares / borrowed
        logs = logs + BORROWED / 2 * np.log(prior)
        logs = logs - (freedom + BORROWED) / 2 * np.log(solution.squares + prior)
        logs = logs + solution.log_weight
        # Degrees of freedom stay the series' own: outliers and unlike units cost a little width.
        pooled = (solution.squares + prior) * freedom / (freedom + BORROWED)
        solution = replace(solution, squares=pooled)
    else:
        logs = logs + solution.evidence(1, freedom)
    return _predict(series, x, future, lead, solution, logs, freedom)


def _predict(
    series: np.ndarray,
    x: np.ndarray,
    future: np.ndarray,
    lead: int,
    solution: _Solution,
    logs: np.ndarray,
    freedom: int,
) -> PredictiveDistribution:
    """Student t forecasts of the grid points that matter, and their mixture."""
    length = len(series)
    probability = np.exp(logs - logs.max())
    kept = np.nonzero(probability > NEGLIGIBLE * probability.sum())
    probability = probability[kept] / probability[kept].sum()
    beta, inverse = solution.beta[..., 0][kept], solution.inverse[kept]
    rho = AUTOCORRELATION[kept[0], None]
    ahead = np.arange(1, len(future) + 1) + lead
    decay = rho**ahead
    steps = np.column_stack([future, length - 1 + ahead - length / 2])
    shift = steps - decay[:, :, None] * x[-1]
    gaps = np.abs(ahead[:, None] - ahead)
    noise = (rho[..., None] ** gaps - decay[:, :, None] * decay[:, None]) / (
        1 - rho[..., None] ** 2
    )
    scales = (solution.squares[kept] / freedom)[:, None, None] * (
        noise + shift @ inverse @ np.swapaxes(shift, 1, 2)
    )
    means = beta @ steps.T + decay * (series[-1] - beta @ x[-1])[:, None]
    mean = probability @ means
    spread = means - mean
    fitted = probability @ (beta @ x.T)
    return PredictiveDistribution(
        mean=mean,
        covariance=np.tensordot(probability, scales, 1)
        + (probability[:, None] * spread).T @ spread,
        freedom=freedom,
        fitted=fitted,
        residual_deviation=float(np.sqrt(((series - fitted) ** 2).sum() / freedom)),
        means=means,
        scales=scales,
        probability=probability,
    )


def _is_similar_noise(own: np.ndarray, others: np.ndarray, logs: np.ndarray) -> bool:
    """Whether the noise of a series is like that of its companions where they fit best."""
    best = np.unravel_index(np.argmax(logs), logs.shape)
    return bool(1 / UNLIKE < own[best] / others[best] < UNLIKE)


def coefficient(
    series: np.ndarray, regressor: np.ndarray, companions: tuple[Companions, ...] = ()
) -> tuple[float, float]:
    """Coefficient of ``series`` on ``regressor`` beside a constant, and its standard deviation."""
    x = np.column_stack([np.ones(len(series)), regressor - regressor.mean(), np.zeros(len(series))])
    freedom = len(series) - 2
    solution = _solve(x, series[:, None], DRIFT[:1])
    logs = np.log(np.gradient(AUTOCORRELATION))[:, None] + solution.evidence(1, freedom)
    for other in companions:
        clock = np.arange(len(other.columns))
        basis = np.column_stack([np.ones(len(clock)), clock - len(clock) / 2, 0 * clock])
        found = _solve(basis, other.columns, DRIFT[:1])
        logs = logs + found.evidence(other.rank, other.rank * (len(clock) - 2))
    probability = np.exp(logs - logs.max())[:, 0]
    probability /= probability.sum()
    slopes = solution.beta[:, 0, 1, 0]
    variances = (solution.squares[:, 0] / freedom) * solution.inverse[:, 0, 1, 1]
    mean = float(probability @ slopes)
    return mean, float(np.sqrt(probability @ (variances + (slopes - mean) ** 2)))


@dataclass(frozen=True)
class _Solution:
    """Generalised least squares on the grid autocorrelation x drift: the leading two axes."""

    beta: np.ndarray
    inverse: np.ndarray
    squares: np.ndarray
    log_weight: np.ndarray

    def evidence(self, rank: int, freedom: int) -> np.ndarray:
        """Log marginal likelihood, coefficients and scale integrated out."""
        return rank * self.log_weight - freedom / 2 * np.log(self.squares)


def _solve(x: np.ndarray, y: np.ndarray, drift: np.ndarray) -> _Solution:
    """The last column of ``x`` is the drift; ``drift`` its prior sd in units of the noise."""
    white_x, white_y = _whiten(x), _whiten(y)
    turned = np.swapaxes(white_x, 1, 2)
    precision = np.zeros((len(drift), x.shape[1], x.shape[1]))
    # The prior is on stationary noise; innovations are smaller by sqrt(1 - rho^2).
    precision[:, -1, -1] = 1 / np.maximum(drift, 1e-6) ** 2
    scaled = precision[None] * (1 - AUTOCORRELATION**2)[:, None, None, None]
    gram = (turned @ white_x)[:, None] + scaled
    cross = (turned @ white_y)[:, None]
    inverse = np.linalg.inv(gram)
    beta = inverse @ cross
    squares = (white_y**2).sum(axis=(1, 2))[:, None] - (cross * beta).sum(axis=(2, 3))
    total = np.maximum(squares, 1e-12 * max(float((y**2).sum()), 1e-280))
    log_weight = (
        np.log(1 - AUTOCORRELATION**2)[:, None] / 2
        - np.linalg.slogdet(gram)[1] / 2
        + np.log(scaled[..., -1, -1]) / 2
    )
    return _Solution(beta, inverse, total, log_weight)


def _whiten(columns: np.ndarray) -> np.ndarray:
    """Exact stationary first-order whitening for every autocorrelation of the grid."""
    rho = AUTOCORRELATION[:, None, None]
    first = np.sqrt(1 - rho**2) * columns[:1]
    return np.concatenate([first, columns[1:] - rho * columns[:-1]], axis=1)
