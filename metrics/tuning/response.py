"""What one more unit of budget or hours brings, by function, and how sure that is.

Each function's benefit by month is regressed on its spending with trend, season and autocorrelated
noise; what was measured by comparison or by varying the budget on purpose joins by inverse
variance; slopes are then drawn from a hierarchy over the functions, so that a slope the data hardly
know lies near the others. Diminishing returns are averaged over three shapes, each weighed by how
well it explains the months: where spending hardly varied they stay an even mix. No saturation curve
and no carry-over is fitted: on three years of months both do harm (docs/methods/tuning.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from metrics.errors import NotEnoughData
from metrics.tuning.regression import Fit, fit

LEAST_MONTHS = 12
"""Fewer months than this tell nothing about a function's response."""
TAU_STEPS = 40
UNKNOWN = ("no_history", "never_spent", "never_varied")


@dataclass(frozen=True)
class Evidence:
    """A marginal return measured elsewhere: by an experiment or from an initiative's effect.

    Parameters
    ----------
    estimate, standard_error : float
        Benefit per additional unit of spending, and its error.
    source : str
        What it was measured by: the name of an initiative or experiment.
    """

    estimate: float
    standard_error: float
    source: str = ""


@dataclass(frozen=True)
class FunctionHistory:
    """Spending and benefit of one function by month, oldest first; NaN where not known."""

    function: str
    spend: np.ndarray
    benefit: np.ndarray
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True)
class Response:
    """Marginal return of every function at its current spending.

    Attributes
    ----------
    functions : tuple of str
    current : array
        Spending a month now, by function.
    draws : array
        Draws × functions of the marginal return: benefit per additional unit of spending.
    curvature : array
        By function, 0 (each unit brings as much as the last) to 1 (logarithmic).
    raw, raw_error : array
        Slope and its error before it was shrunk; NaN and infinity where the data say nothing.
    reasons : mapping
        Function → ``no_history``, ``never_spent`` or ``never_varied``, where nothing is known.
    fits : mapping
        Function → its regression, for predictions; absent with too few months.
    weight : array
        Share of the shrunk slope that is the function's own data, 0 to 1.
    """

    functions: tuple[str, ...]
    current: np.ndarray
    draws: np.ndarray
    curvature: np.ndarray
    raw: np.ndarray
    raw_error: np.ndarray
    weight: np.ndarray
    reasons: Mapping[str, str]
    fits: Mapping[str, Fit] = field(repr=False)

    @property
    def mean(self) -> np.ndarray:
        """Mean of the draws by function."""
        return self.draws.mean(axis=0)

    def gains(self, change: np.ndarray) -> np.ndarray:
        """Benefit gained a month if spending changes by ``change``: draws × functions."""
        bend = np.divide(self.curvature, self.current, out=np.zeros_like(self.current),
                         where=self.current > 0)  # fmt: skip
        return self.draws * change - 0.5 * np.maximum(self.draws, 0) * bend * change**2


def respond(
    histories: Sequence[FunctionHistory], *, planned: np.ndarray | None = None, recent: int = 3,
    draws: int = 1000, seed: int = 0,
) -> Response:  # fmt: skip
    """Estimate the response of every function together.

    Parameters
    ----------
    histories : sequence of FunctionHistory
        Same months for all.
    planned : array, optional
        Spending a month of the plan in force; the mean of the recent months without one.
    recent : int
        Months whose mean is the current spending.
    draws : int

    Raises
    ------
    NotEnoughData
        ``no_response_known``: nothing is known of any function.
    """
    current = (
        np.array([_current(one.spend, recent) for one in histories])
        if planned is None
        else np.asarray(planned, dtype=float)
    )
    names = tuple(one.function for one in histories)
    fits, reasons = {}, {}
    slope, error = np.full(len(names), np.nan), np.full(len(names), np.inf)
    for place, one in enumerate(histories):
        found, why = _own(one, current[place])
        if found is not None:
            fits[one.function] = found
            if not why:
                slope[place], error[place] = found.slope, found.slope_error
        slope[place], error[place] = _joined(slope[place], error[place], one.evidence)
        if not np.isfinite(error[place]) and why:
            reasons[one.function] = why
    known = np.isfinite(error)
    if not known.any():
        raise NotEnoughData(0, 1, "functions", code="no_response_known")
    made, weight = _shrunk(slope, error, draws, np.random.default_rng(seed))
    curvature = _curvature([fits.get(name) for name in names])
    return Response(names, current, made, curvature, slope, error, weight, reasons, fits)


def _current(spend: np.ndarray, recent: int) -> float:
    known = spend[np.isfinite(spend)]
    return float(known[-recent:].mean()) if len(known) else 0.0


def _own(one: FunctionHistory, current: float) -> tuple[Fit | None, str]:
    months = np.isfinite(one.spend) & np.isfinite(one.benefit)
    if months.sum() < LEAST_MONTHS:
        return None, "no_history"
    found = fit(one.benefit, one.spend, current)
    if current <= 0:
        return found, "never_spent"
    return found, "" if np.isfinite(found.slope_error) else "never_varied"


def _joined(slope: float, error: float, evidence: Sequence[Evidence]) -> tuple[float, float]:
    """Join estimates of one slope by inverse variance."""
    pairs = [(slope, error), *((e.estimate, e.standard_error) for e in evidence)]
    pairs = [(s, e) for s, e in pairs if np.isfinite(s) and np.isfinite(e) and e > 0]
    if not pairs:
        return float("nan"), float("inf")
    precision = np.array([1 / e**2 for _, e in pairs])
    return float(precision @ [s for s, _ in pairs] / precision.sum()), float(precision.sum() ** -0.5)


def _shrunk(
    slope: np.ndarray, error: np.ndarray, draws: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw slopes from normal(mean, tau) over functions; mean and tau are averaged over.

    The grid of tau ends where the largest spread the data could show lies; a tau of nothing is
    among them, so functions whose slopes do not differ are not told apart.
    """
    known = np.isfinite(error)
    s, v = slope[known], error[known] ** 2
    middle = float(np.sqrt(np.median(v)))
    widest = 4 * max(float(np.std(s)), middle)
    grid = np.concatenate([[0.0], np.geomspace(widest / 200, widest, TAU_STEPS - 1)])
    prior_mean_variance = (np.abs(s).max() + 3 * middle) ** 2
    total = v[None, :] + grid[:, None] ** 2
    precision = (1 / total).sum(axis=1) + 1 / prior_mean_variance
    mean = (s / total).sum(axis=1) / precision
    log = -0.5 * (np.log(total).sum(axis=1) + np.log(precision)
                  + (s**2 / total).sum(axis=1) - mean**2 * precision)  # fmt: skip
    # Half-Cauchy with the noise as its scale: differences below the noise are the usual case.
    cell = np.gradient(grid)
    log += np.log(cell) - np.log1p((grid / middle) ** 2)
    chance = np.exp(log - log.max())
    chance /= chance.sum()
    tau = grid[rng.choice(len(grid), draws, p=chance)]
    place = np.searchsorted(grid, tau)
    centre = mean[place] + rng.standard_normal(draws) / np.sqrt(precision[place])
    own = np.divide(tau[:, None] ** 2, tau[:, None] ** 2 + error**2)
    own[:, ~known] = 0.0
    spread = np.where(known, np.sqrt(own) * np.where(known, error, 0), tau[:, None])
    middle_of = own * np.where(known, slope, 0) + (1 - own) * centre[:, None]
    made = middle_of + spread * rng.standard_normal((draws, len(slope)))
    return made, own.mean(axis=0)


def _curvature(fits: Sequence[Fit | None]) -> np.ndarray:
    """Mean curvature by function; all functions' months weigh the shapes together."""
    told = [f.shape_log for f in fits if f is not None and np.isfinite(f.slope_error)]
    pooled = np.sum(told, axis=0) if told else np.zeros(3)
    chance = np.exp(pooled - pooled.max())
    value = float(chance @ [0.0, 0.5, 1.0] / chance.sum())
    return np.full(len(fits), value)
