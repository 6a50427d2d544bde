"""What one more unit of budget or hours brings, by function, and how sure that is.

Each function's benefit by month is regressed on its spending with trend, season and autocorrelated
noise; what was measured by comparison or by varying the budget on purpose joins by inverse
variance; slopes are then drawn from a hierarchy over the functions, so that a slope the data hardly
know lies near the others. Diminishing returns are averaged over five shapes, each weighed by how
well it explains the months and with slopes of its own: where spending hardly varied they stay an
even mix, and a plan that moves far from what was seen may meet any of them. No saturation curve
and no carry-over is fitted: on three years of months both do harm (docs/methods/tuning.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from metrics.errors import NotEnoughData
from metrics.tuning.regression import SHAPES, ReturnsFit, fit

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
    """Spending and benefit of one function by month, oldest first; NaN where not known.

    ``settled`` is the first month from which spending may tell its return: months in which
    initiatives start are left to the comparison with other teams.
    """

    function: str
    spend: np.ndarray
    benefit: np.ndarray
    evidence: tuple[Evidence, ...] = ()
    settled: int = 0


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
        Draws × functions: 0 (each unit brings as much as the last), 1 (logarithmic) or more.
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
    fits: Mapping[str, ReturnsFit] = field(repr=False)

    @property
    def mean(self) -> np.ndarray:
        """Mean of the draws by function."""
        return self.draws.mean(axis=0)

    def gains(self, change: np.ndarray) -> np.ndarray:
        """Benefit gained a month if spending changes by ``change``: draws × functions."""
        bend = self.curvature / np.where(self.current > 0, self.current, np.inf)
        return self.draws * change - 0.5 * np.maximum(self.draws, 0) * bend * change**2


def respond(
    histories: Sequence[FunctionHistory],
    *,
    planned: np.ndarray | None = None,
    recent: int = 3,
    draws: int = 1000,
    seed: int = 0,
) -> Response:
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
        np.array([recent_spend(one.spend, recent) for one in histories])
        if planned is None
        else np.asarray(planned, dtype=float)
    )
    names = tuple(one.function for one in histories)
    fits, reasons = {}, {}
    slopes = np.full((len(SHAPES), len(names)), np.nan)
    errors = np.full((len(SHAPES), len(names)), np.inf)
    for place, one in enumerate(histories):
        found, why = own_fit(one, current[place])
        if found is not None:
            fits[one.function] = found
            if found.varied:
                slopes[:, place], errors[:, place] = found.slopes, found.slope_errors
        for shape in range(len(SHAPES)):
            own = slopes[shape, place], errors[shape, place]
            slopes[shape, place], errors[shape, place] = _join_estimates(*own, one.evidence)
        if not np.isfinite(errors[0, place]) and why:
            reasons[one.function] = why
    if not np.isfinite(errors).any():
        raise NotEnoughData(0, 1, "functions", code="no_response_known")
    average = np.array([_average(one) for one in histories])
    chance, rng = _chances(list(fits.values())), np.random.default_rng(seed)
    moved = np.array(
        [_spending_ratio(one, now) for one, now in zip(histories, current, strict=True)]
    )
    bent = moved ** -np.array(SHAPES)[:, None]
    made, weight, curvature = _drawn(slopes, errors, average, bent, chance, draws, rng)
    middle = chance @ slopes
    spread = np.sqrt(chance @ (errors**2 + np.nan_to_num(slopes - middle) ** 2))
    return Response(names, current, made, curvature, middle, spread, weight, reasons, fits)


def _drawn(
    slopes: np.ndarray,
    errors: np.ndarray,
    average: np.ndarray,
    bent: np.ndarray,
    chance: np.ndarray,
    draws: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw a shape, then the slopes it goes with: slopes, own weights, curvatures.

    ``bent`` (shapes × functions) is what a return is now over what it was at the usual spending:
    functions are alike where they were seen, not where a plan has taken them since.
    """
    counts = rng.multinomial(draws, chance)
    used = np.flatnonzero(counts)
    each = [_shrunk(slopes[n], errors[n], average, bent[n], int(counts[n]), rng) for n in used]
    order = rng.permutation(draws)
    made = np.concatenate([one[0] for one in each])[order]
    weight = np.average([one[1] for one in each], axis=0, weights=counts[used])
    curvature = np.repeat(SHAPES, counts)[order]
    return made, weight, np.broadcast_to(curvature[:, None], made.shape)


def recent_spend(spend: np.ndarray, recent: int = 3) -> float:
    """Mean of the last known months; 0 without any."""
    known = spend[np.isfinite(spend)]
    return float(known[-recent:].mean()) if len(known) else 0.0


def _average(one: FunctionHistory) -> float:
    """What a unit of spending went with on average; NaN without spending."""
    both = np.isfinite(one.spend) & np.isfinite(one.benefit)
    spent = float(one.spend[both].sum())
    return float(one.benefit[both].sum()) / spent if spent > 0 else float("nan")


def _spending_ratio(one: FunctionHistory, current: float) -> float:
    """Spending now over the usual spending of its months; 1 where nothing is known."""
    known = one.spend[np.isfinite(one.spend) & np.isfinite(one.benefit)]
    usual = float(known.mean()) if len(known) else 0.0
    return float(np.clip(current / usual, 0.25, 4.0)) if usual > 0 and current > 0 else 1.0


def own_fit(one: FunctionHistory, current: float) -> tuple[ReturnsFit | None, str]:
    """Regress a function on its own months; the reason why they tell no slope, "" if they do."""
    known = np.isfinite(one.spend) & np.isfinite(one.benefit)
    if known.sum() < LEAST_MONTHS:
        return None, "no_history"
    if current <= 0:
        return fit(one.benefit, np.zeros_like(one.spend), 0.0), "never_spent"
    told = known & (np.arange(len(known)) >= one.settled)
    if told.sum() >= LEAST_MONTHS:
        found = fit(np.where(told, one.benefit, np.nan), one.spend, current)
        if found.varied:
            return found, ""
    level = np.where(known, current, np.nan)
    return fit(one.benefit, level, current), "never_varied"


def _join_estimates(
    slope: float, error: float, evidence: Sequence[Evidence]
) -> tuple[float, float]:
    """Join estimates of one slope by inverse variance."""
    pairs = [(slope, error), *((e.estimate, e.standard_error) for e in evidence)]
    pairs = [(s, e) for s, e in pairs if np.isfinite(s) and np.isfinite(e) and e > 0]
    if not pairs:
        return float("nan"), float("inf")
    precision = np.array([1 / e**2 for _, e in pairs])
    return float(precision @ [s for s, _ in pairs] / precision.sum()), float(
        precision.sum() ** -0.5
    )


def _shrunk(
    slope: np.ndarray,
    error: np.ndarray,
    average: np.ndarray,
    bent: np.ndarray,
    draws: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Draw slopes from a hierarchy over functions; its centre and spread are averaged over.

    Two centres stand beside each other, weighed by how well they explain the slopes: one slope for
    all functions, or the same part of what a unit brings on average in each (an elasticity). A
    spread of nothing is among those tried, so functions that do not differ are not told apart.
    """
    known = np.isfinite(error)
    each = [_hierarchy(slope, error, known, bent)]
    if (average > 0).all():
        each.append(_hierarchy(slope, error, known, average * bent))
    log = np.concatenate([one.log for one in each])
    chance = np.exp(log - log.max())
    chosen = rng.choice(len(log), draws, p=chance / chance.sum())
    centre, error_of_centre, spread = (
        np.concatenate([getattr(one, name) for one in each])[chosen]
        for name in ("centre", "centre_error", "spread")
    )
    shape = np.stack([one.shape for one in each])[chosen // TAU_STEPS]
    middle = (centre + error_of_centre * rng.standard_normal(draws))[:, None] * shape
    tau2 = (spread[:, None] * shape) ** 2
    noise2 = np.where(known, error, 1.0) ** 2
    own = np.where(known, tau2 / (tau2 + noise2), 0.0)
    deviation = np.where(known, np.sqrt(own * noise2), np.sqrt(tau2))
    made = own * np.where(known, slope, 0) + (1 - own) * middle
    return made + deviation * rng.standard_normal(made.shape), own.mean(axis=0)


@dataclass(frozen=True)
class _Hierarchy:
    """Log weight, centre with its error, and spread along a grid; ``shape`` by function."""

    log: np.ndarray
    centre: np.ndarray
    centre_error: np.ndarray
    spread: np.ndarray
    shape: np.ndarray


def _hierarchy(
    slope: np.ndarray, error: np.ndarray, known: np.ndarray, shape: np.ndarray
) -> _Hierarchy:
    """Slopes are normal around centre × shape with deviation spread × shape.

    The grid of spreads ends where the largest the data could show lies; half-Cauchy with the
    noise as its scale, because differences below the noise are the usual case.
    """
    shape = shape / np.sqrt(np.mean(shape[known] ** 2))
    s, v, h = slope[known], error[known] ** 2, shape[known]
    noise = float(np.sqrt(np.median(v)))
    widest = 4 * max(float(np.std(s)), noise)
    spread = np.concatenate([[0.0], np.geomspace(widest / 200, widest, TAU_STEPS - 1)])
    wide = (np.abs(s).max() + 3 * noise) ** 2
    total = v + (spread[:, None] * h) ** 2
    precision = (h**2 / total).sum(axis=1) + 1 / wide
    centre = (h * s / total).sum(axis=1) / precision
    log = -0.5 * (
        np.log(total).sum(axis=1)
        + np.log(precision * wide)
        + (s**2 / total).sum(axis=1)
        - centre**2 * precision
    )
    log += np.log(np.gradient(spread)) - np.log1p((spread / noise) ** 2)
    return _Hierarchy(log, centre, precision**-0.5, spread, shape)


def _chances(fits: Sequence[ReturnsFit]) -> np.ndarray:
    """Probability of each shape; all functions' months weigh the shapes together."""
    told = [one.shape_log for one in fits if one.varied]
    pooled = np.sum(told, axis=0) if told else np.zeros(len(SHAPES))
    chance = np.exp(pooled - pooled.max())
    return chance / chance.sum()
