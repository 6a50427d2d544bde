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
UNLIKELY_JUMP = 2e-4
# Noise deviations: no jump at all.
NO_JUMP = 1e-6
# In how many places after the fitted stretch a jump is thought of.
LATER = 6


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


@dataclass(frozen=True)
class Jump:
    """A lasting step that nobody announced: at most one, as likely in any period of the window.

    Attributes
    ----------
    probability : float
        That there is one.
    size : float
        Standard deviation of its size, in standard deviations of the series' noise.
    """

    probability: float
    size: float


def forecast(
    series: np.ndarray,
    regressors: np.ndarray,
    future: np.ndarray,
    lead: int = 0,
    drift: bool = False,
    companions: tuple[Companions, ...] = (),
    jumps: tuple[Jump, ...] = (),
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
    jumps : tuple
        Kinds of steps the series may have, one of them at most, fitted or yet to come.
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
    plain = _solve(x, series[:, None], sizes / window)
    solution, chance = _with_jumps(plain, x, series, jumps, window)
    squares, borrowed = np.zeros_like(plain.squares), 0.0
    for other in companions:
        clock = np.arange(len(other.columns))
        basis = np.column_stack([np.ones(len(clock)), clock - len(clock) / 2])
        found = _solve(basis, other.columns, sizes / window)
        observations = other.rank * (len(clock) - 1)
        logs = logs + found.evidence(other.rank, observations)
        squares, borrowed = squares + found.squares * other.share, borrowed + observations
    own = solution.evidence(1, freedom) + np.log(chance)
    best = np.take_along_axis(solution.squares, own.argmax(axis=2)[..., None], axis=2)[..., 0]
    alike = companions and _is_similar_noise(best / freedom, squares / borrowed, logs)
    logs = logs[..., None] + np.log(chance)
    if alike:
        prior = (BORROWED * squares / borrowed)[..., None]
        logs = logs + BORROWED / 2 * np.log(prior)
        logs = logs - (freedom + BORROWED) / 2 * np.log(solution.squares + prior)
        logs = logs + solution.log_weight
        # Degrees of freedom stay the series' own: outliers and unlike units cost a little width.
        pooled = (solution.squares + prior) * freedom / (freedom + BORROWED)
        solution = replace(solution, squares=pooled)
    else:
        logs = logs + solution.evidence(1, freedom)
    found = _predict(series, x, future, lead, solution, logs, freedom)
    return _later_jumps(found, jumps, window) if jumps else found


def _with_jumps(
    plain: _Solution,
    x: np.ndarray,
    series: np.ndarray,
    jumps: tuple[Jump, ...],
    window: int,
) -> tuple[_Solution, np.ndarray]:
    """Add an axis of hypotheses: no jump among the fitted periods, or one from a period on.

    Returns
    -------
    _Solution
        The jump is one more coefficient, after the drift.
    chance : array
        Prior probability of each hypothesis.
    """
    length = len(series)
    columns, sizes, chance = [np.zeros((length, 1))], [np.array([NO_JUMP])], [np.ones(1)]
    for jump in jumps:
        columns.append(np.tri(length, length - 1, -1))
        sizes.append(np.full(length - 1, jump.size))
        chance.append(np.full(length - 1, jump.probability / window))
    chance[0] -= sum(one.sum() for one in chance[1:])
    return _one_more(plain, x, series, np.hstack(columns), np.concatenate(sizes)), np.concatenate(
        chance
    )


def _one_more(
    plain: _Solution, x: np.ndarray, series: np.ndarray, columns: np.ndarray, sizes: np.ndarray
) -> _Solution:
    """Solve with each column as one more regressor, ``sizes`` its prior sd in units of the noise.

    Everything follows from the solution without it: partitioned inverses.
    """
    white_x, white_y, white_z = _whiten(x), _whiten(series[:, None]), _whiten(columns)
    along = np.swapaxes(white_x, 1, 2) @ white_z
    part = plain.inverse @ along[:, None]
    prior = ((1 - AUTOCORRELATION**2)[:, None] / sizes**2)[:, None]
    inner = (white_z**2).sum(axis=1)[:, None] + prior - (along[:, None] * part).sum(axis=2)
    score = (white_z * white_y).sum(axis=1)[:, None] - (along[:, None] * plain.beta).sum(axis=2)
    size = score / inner
    beta = np.concatenate([plain.beta - part * size[:, :, None], size[:, :, None]], axis=2)
    part = np.concatenate([part, -np.ones_like(size)[:, :, None]], axis=2).transpose(0, 1, 3, 2)
    inverse = part[..., :, None] * part[..., None, :] / inner[..., None, None]
    inverse[..., :-1, :-1] += plain.inverse[:, :, None]
    return _Solution(
        beta.transpose(0, 1, 3, 2)[..., None],
        inverse,
        plain.squares[..., None] - score * size,
        plain.log_weight[..., None] - np.log(inner / prior) / 2,
        columns,
    )


def _later_jumps(
    found: PredictiveDistribution, jumps: tuple[Jump, ...], window: int
) -> PredictiveDistribution:
    """Let each kind of jump come after the fitted stretch too, where nothing can be known of it."""
    horizons = np.arange(len(found.mean))
    places = np.unique(np.linspace(0, len(horizons), LATER, endpoint=False).astype(int))
    after = (horizons >= places[:, None]).astype(float)
    chance, more = [], []
    for jump in jumps:
        size = jump.size * found.residual_deviation
        more.append(size**2 * after[:, :, None] * after[:, None])
        share = jump.probability * len(horizons) / window
        chance.append(np.full(len(places), share / len(places)))
    jumped, chances = np.concatenate(more), np.concatenate(chance)
    return replace(
        found,
        covariance=found.covariance + np.tensordot(chances, jumped, 1),
        means=np.concatenate([found.means, np.tile(found.mean, (len(jumped), 1))]),
        scales=np.concatenate([found.scales, found.covariance + jumped]),
        probability=np.concatenate([found.probability * (1 - chances.sum()), chances]),
    )


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
    # Jumps are many and alike: of them only those count that the series speaks for.
    least = np.where(np.arange(probability.shape[2]) > 0, UNLIKELY_JUMP, NEGLIGIBLE)
    kept = np.nonzero(probability > least * probability.sum())
    probability = probability[kept] / probability[kept].sum()
    beta, inverse = solution.beta[..., 0][kept], solution.inverse[kept]
    rho = AUTOCORRELATION[kept[0], None]
    ahead = np.arange(1, len(future) + 1) + lead
    decay = rho**ahead
    # A jump lasts: whatever its period, it is there at the end and from then on.
    steps = np.column_stack([future, length - 1 + ahead - length / 2, np.ones(len(ahead))])
    last = np.append(x[-1], 1.0)
    shift = steps - decay[:, :, None] * last
    gaps = np.abs(ahead[:, None] - ahead)
    noise = (rho[..., None] ** gaps - decay[:, :, None] * decay[:, None]) / (
        1 - rho[..., None] ** 2
    )
    scales = (solution.squares[kept] / freedom)[:, None, None] * (
        noise + shift @ inverse @ np.swapaxes(shift, 1, 2)
    )
    means = beta @ steps.T + decay * (series[-1] - beta @ last)[:, None]
    mean = probability @ means
    spread = means - mean
    jumps = np.zeros((length, 1)) if solution.columns is None else solution.columns
    fitted = probability @ (beta[:, :-1] @ x.T + beta[:, -1:] * jumps.T[kept[2]])
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
    columns: np.ndarray | None = None

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
