"""Where the budget should go: the best expected gain among plans that probably help.

One second-order cone program: expected gain with diminishing returns is maximised, such that the
gain is positive with the confidence asked for, inside total, floors, ceilings, the largest change
per cycle, headcount and no additional cost. Where no move helps with that probability, its
solution is to stay: thin evidence needs no rule of its own.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import scipy

from metrics.business_case.arithmetic import HALF_MONTHS, ramp
from metrics.errors import InvalidInput
from metrics.tuning.response import Response

LARGEST_CHANGE = 0.20
CONFIDENCE = 0.80
LEVEL = 80.0
HORIZON = 12
"""Months within which spending is to be carried by what it saves."""
LONGEST = 120
"""Months: no programme is planned for longer than ten years."""
STRICTER = (0.85, 0.9, 0.95)
MOVED = 0.005
"""A change below half a per cent is no change."""
DUST = 0.02
"""Amount below which a budget differs by rounding alone."""
PLAN_COLUMNS = [
    "function",
    "current",
    "proposed",
    "low",
    "high",
    "gain",
    "gain_low",
    "gain_high",
    "marginal",
    "marginal_low",
    "marginal_high",
    "level",
    "reason",
]


@dataclass(frozen=True)
class Limits:
    """What a plan must keep to; amounts a month in the base currency.

    Parameters
    ----------
    total : float
        To be spent, all of it.
    floors, ceilings : mapping
        Function → least and most.
    largest_change : float
        Fraction of each function's current spending, per cycle.
    hours_per_unit : mapping
        Function → own people's hours that a unit of spending needs.
    hours : float, optional
        Hours there are a month (headcount).
    cashable : mapping
        Function → cashable benefit a month now.
    cashable_error : float
        Standard error of its sum.
    no_additional_cost : bool
        The first rule: spending less cashable benefit, summed over the horizon, may not be
        positive.
    horizon : int
        Months; a change ramps up within them.
    ramp_half : float
        Months until half of a change's effect is reached.
    """

    total: float
    floors: Mapping[str, float] = field(default_factory=dict)
    ceilings: Mapping[str, float] = field(default_factory=dict)
    largest_change: float = LARGEST_CHANGE
    hours_per_unit: Mapping[str, float] = field(default_factory=dict)
    hours: float | None = None
    cashable: Mapping[str, float] = field(default_factory=dict)
    cashable_error: float = 0.0
    no_additional_cost: bool = False
    horizon: int = HORIZON
    ramp_half: float = HALF_MONTHS

    def arrives(self) -> float:
        """Share of a change's full effect that comes within the horizon, 0 to 1."""
        return float(ramp(np.arange(1, self.horizon + 1), self.ramp_half).mean())


@dataclass(frozen=True)
class Allocation:
    """A proposed allocation and what it promises against keeping the present split.

    Attributes
    ----------
    table : DataFrame
        One row per function: ``current``, ``proposed`` a month; ``low`` and ``high``: between
        which the best amount lies in ``level`` per cent of the draws; ``gain`` a month with
        bounds; ``marginal`` return of one more unit with bounds; ``reason`` why it is kept, "".
    gain, low, high : float
        Benefit a month above that of the present split of the same total.
    probability : float
        That the gain is positive, 0 to 1; NaN when nothing moves.
    moved : float
        Share of the total that changes its function.
    net_cost : float
        Spending less cashable benefit under the plan, summed over ``horizon`` months; NaN without
        the latter.
    free : float
        Probability that it is not above zero, 0 to 1; NaN without cashable benefit.
    """

    table: pd.DataFrame
    gain: float
    low: float
    high: float
    level: float
    probability: float
    moved: float
    net_cost: float
    free: float
    horizon: int
    draws: np.ndarray = field(repr=False)


def allocate(
    response: Response, limits: Limits, *, confidence: float = CONFIDENCE, multiplier: float = 1.0
) -> Allocation:
    """Find the best plan under uncertainty.

    Parameters
    ----------
    response : Response
    confidence : float
        Probability that the plan helps, at least; 0.5 asks for nothing but the best mean.
    multiplier : float
        What past promises came to, from the ledger; scales what is promised, not what is chosen.

    Raises
    ------
    InvalidInput
        ``allocation_floors_above_total``, ``allocation_ceilings_below_total``,
        ``allocation_floor_above_ceiling``, ``allocation_total_not_positive``,
        ``allocation_total_out_of_reach``, ``allocation_change``, ``allocation_not_a_number``,
        ``allocation_limits``, ``allocation_horizon``, ``allocation_hours``,
        ``allocation_hours_unknown``, ``allocation_no_plan``.
    """
    given = [limits.hours or 0.0, *limits.floors.values(), *limits.ceilings.values()]
    if np.isnan(given).any() or not np.isfinite(limits.largest_change):
        raise InvalidInput("allocation_not_a_number")
    if limits.largest_change < 0:
        raise InvalidInput("allocation_change", change=100 * limits.largest_change)
    if not 1 <= limits.horizon <= LONGEST:
        raise InvalidInput("allocation_horizon", months=limits.horizon, longest=LONGEST)
    if limits.hours is not None and not limits.hours_per_unit:
        raise InvalidInput("allocation_hours_unknown")
    low, high = bounds(response, limits)
    anchor = _anchor(response.current, limits.total, low, high)
    chosen = _demand_confidence(response, limits, low, high, anchor, confidence, multiplier)
    proposed = _to_the_cent(chosen, limits.total)
    return _plan(response, limits, anchor, proposed, (low, high), multiplier)


def bounds(response: Response, limits: Limits) -> tuple[np.ndarray, np.ndarray]:
    """Least and most of every function, or the sentence that says why there is no plan."""
    current, total = response.current, limits.total
    if not (np.isfinite(total) and total > 0):
        raise InvalidInput("allocation_total_not_positive", total=total)
    floors = np.array([limits.floors.get(f, 0.0) for f in response.functions])
    ceilings = np.array([limits.ceilings.get(f, np.inf) for f in response.functions])
    for name, least, most in zip(response.functions, floors, ceilings, strict=True):
        if least > most:
            raise InvalidInput(
                "allocation_floor_above_ceiling", function=name, floor=least, ceiling=most
            )
    if floors.sum() > total:
        raise InvalidInput("allocation_floors_above_total", floors=float(floors.sum()), total=total)
    if ceilings.sum() < total:
        raise InvalidInput(
            "allocation_ceilings_below_total", ceilings=float(ceilings.sum()), total=total
        )
    # A floor or ceiling outside the usual change is the client's own decision and stands.
    low = np.minimum(np.maximum(current * (1 - limits.largest_change), floors), ceilings)
    high = np.maximum(np.minimum(current * (1 + limits.largest_change), ceilings), floors)
    if not low.sum() - 0.005 <= total <= high.sum() + 0.005:
        raise InvalidInput(
            "allocation_total_out_of_reach",
            total=total,
            least=float(low.sum()),
            most=float(high.sum()),
            change=100 * limits.largest_change,
        )
    return low, high


def _anchor(current: np.ndarray, total: float, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """The present split at the new total: what a plan is compared with."""
    if current.sum() <= 0:
        return low + (high - low) * (total - low.sum()) / max((high - low).sum(), 1e-12)
    small, large = 0.0, 4 * total / current.sum() + 4
    for _ in range(60):
        middle = (small + large) / 2
        if np.clip(current * middle, low, high).sum() < total:
            small = middle
        else:
            large = middle
    return np.clip(current * large, low, high)


def _demand_confidence(
    response: Response,
    limits: Limits,
    low: np.ndarray,
    high: np.ndarray,
    anchor: np.ndarray,
    confidence: float,
    multiplier: float,
) -> np.ndarray:
    """Ask for a little more than the confidence where draws have longer tails than a normal."""
    if not _is_feasible(anchor, response, limits, multiplier):
        # Staying breaks a limit: the best plan inside it stands, however thin the evidence.
        return _solve(response, limits, low, high, anchor, 0.5, multiplier)
    before = response.gains(anchor - response.current).sum(axis=1)
    for asked in (confidence, *(c for c in STRICTER if c > confidence)):
        chosen = _solve(response, limits, low, high, anchor, asked, multiplier)
        gained = response.gains(chosen - response.current).sum(axis=1) > before
        if np.abs(chosen - anchor).sum() < MOVED * limits.total:
            break
        if confidence <= 0.5 or gained.mean() >= confidence:
            return chosen
    return anchor


def _is_feasible(plan: np.ndarray, response: Response, limits: Limits, multiplier: float) -> bool:
    pairs = zip(response.functions, plan, strict=True)
    need = sum(limits.hours_per_unit.get(f, 0.0) * x for f, x in pairs)
    gained = float(response.gains(plan - response.current).sum(axis=1).mean())
    cash = sum(limits.cashable.values()) + multiplier * limits.arrives() * gained
    short = limits.no_additional_cost and limits.total > cash
    return (limits.hours is None or need <= limits.hours) and not short


def _solve(
    response: Response,
    limits: Limits,
    low: np.ndarray,
    high: np.ndarray,
    anchor: np.ndarray,
    confidence: float,
    multiplier: float,
) -> np.ndarray:
    import cvxpy

    size = limits.total
    mean, bend = response.mean, _curvature(response)
    spread = np.cov(response.draws, rowvar=False).reshape(len(mean), len(mean))
    root = np.linalg.cholesky(spread + 1e-12 * np.trace(spread) * np.eye(len(mean)))
    # Shares of the total and returns of the usual size keep the solver's numbers near one.
    scale = max(float(np.abs(mean).max()), float(np.sqrt(np.diag(spread)).max()), 1e-12)
    share = cvxpy.Variable(len(mean))
    change = share - anchor / size
    # Benefit is curved around the current spending, from where the change is counted.
    slope = (mean - bend * (anchor - response.current)) / scale
    value = slope @ change - 0.5 * size / scale * (bend @ cvxpy.square(change))
    rules = [cvxpy.sum(share) == 1, share >= low / size, share <= high / size]
    rules += [change[i] == 0 for i, f in enumerate(response.functions) if f in response.reasons]
    if confidence > 0.5:
        rules.append(scipy.special.ndtri(confidence) * cvxpy.norm(root.T @ change) / scale <= value)
    if limits.hours is not None:
        need = np.array([limits.hours_per_unit.get(f, 0.0) for f in response.functions])
        rules.append(size * (need @ share) <= limits.hours)
    if limits.no_additional_cost:
        before = response.gains(anchor - response.current).sum(axis=1).mean()
        arrives = multiplier * limits.arrives()
        cash = float(sum(limits.cashable.values())) + arrives * float(before)
        rules.append(1 - cash / size <= arrives * scale * value)
    problem = cvxpy.Problem(cvxpy.Maximize(value), rules)
    with warnings.catch_warnings():
        # At the point of staying the cone has its tip; the last digits are nobody's money.
        warnings.simplefilter("ignore", UserWarning)
        problem.solve(solver=cvxpy.CLARABEL)
    if share.value is None:
        raise _refusal(response, limits, low, high)
    return np.clip(np.asarray(share.value) * size, low, high)


def _curvature(response: Response) -> np.ndarray:
    """Second derivative of expected benefit, without sign."""
    steep = (np.maximum(response.draws, 0) * response.curvature).mean(axis=0)
    return np.divide(steep, response.current, out=np.zeros_like(steep), where=response.current > 0)


def _refusal(response: Response, limits: Limits, low: np.ndarray, high: np.ndarray) -> InvalidInput:
    if limits.hours is not None:
        need = np.array([limits.hours_per_unit.get(f, 0.0) for f in response.functions])
        if limits.hours < (least := _least_hours(need, limits.total, low, high)):
            return InvalidInput("allocation_hours", need=least, hours=limits.hours)
    if limits.no_additional_cost:
        return InvalidInput(
            "allocation_no_plan",
            total=limits.total,
            months=limits.horizon,
            cashable=float(sum(limits.cashable.values())),
        )
    return InvalidInput("allocation_limits", total=limits.total)


def _least_hours(need: np.ndarray, total: float, low: np.ndarray, high: np.ndarray) -> float:
    """Hours that the total needs at least: what is left goes where a unit needs fewest."""
    amounts, rest = low.copy(), total - low.sum()
    for place in np.argsort(need, kind="stable"):
        more = min(max(rest, 0.0), high[place] - low[place])
        amounts[place] += more
        rest -= more
    return float(need @ amounts)


def _to_the_cent(amounts: np.ndarray, total: float) -> np.ndarray:
    """Round to cents by largest remainder, so that parts add up to the total."""
    cents = amounts * 100
    whole = np.floor(cents + 1e-6)
    missing = round(total * 100) - int(whole.sum())
    order = np.argsort(whole - cents, kind="stable")
    for place in order[: max(missing, 0)]:
        whole[place] += 1
    return whole / 100


def _plan(
    response: Response,
    limits: Limits,
    anchor: np.ndarray,
    proposed: np.ndarray,
    between: tuple[np.ndarray, np.ndarray],
    multiplier: float,
) -> Allocation:
    current = response.current
    moved = np.abs(proposed - anchor)
    gains = multiplier * (response.gains(proposed - current) - response.gains(anchor - current))
    # What the optimiser and the rounding to cents leave of a budget that stays is dust.
    gains = np.where(moved < DUST, 0.0, gains)
    whole = gains.sum(axis=1)
    best = _best_each(response, limits.total, *between)
    tails = [0.5 - LEVEL / 200, 0.5 + LEVEL / 200]
    stays = moved.sum() < MOVED * limits.total
    columns = (best, gains, response.draws)
    ranges = [np.quantile(each, tails, axis=0) for each in columns]
    table = pd.DataFrame(
        {
            "function": response.functions,
            "current": current,
            "proposed": proposed,
            "low": ranges[0][0],
            "high": ranges[0][1],
            "gain": gains.mean(axis=0),
            "gain_low": ranges[1][0],
            "gain_high": ranges[1][1],
            "marginal": response.mean,
            "marginal_low": ranges[2][0],
            "marginal_high": ranges[2][1],
            "level": LEVEL,
            "reason": _reasons(response, moved),
        }
    )
    low, high = np.quantile(whole, tails)
    cost = limits.total - _cash(response, limits, proposed, multiplier)
    return Allocation(
        table=table[PLAN_COLUMNS],
        gain=0.0 if stays else float(whole.mean()),
        low=0.0 if stays else float(low),
        high=0.0 if stays else float(high),
        level=LEVEL,
        probability=float("nan") if stays else float((whole > 0).mean()),
        moved=float(moved.sum() / 2 / limits.total),
        net_cost=limits.horizon * float(cost.mean()),
        free=_at_most_zero(cost, limits),
        horizon=limits.horizon,
        draws=whole,
    )


def _cash(response: Response, limits: Limits, plan: np.ndarray, multiplier: float) -> np.ndarray:
    """Cashable benefit a month by draw, mean over the horizon; NaN where none is known."""
    now = float(sum(limits.cashable.values())) if limits.cashable else np.nan
    gained = response.gains(plan - response.current).sum(axis=1)
    return now + multiplier * limits.arrives() * gained


def _at_most_zero(cost: np.ndarray, limits: Limits) -> float:
    if not limits.cashable:
        return float("nan")
    error = max(limits.cashable_error, 1e-9 * limits.total)
    return float(scipy.stats.norm.cdf(-cost / error).mean())


def _reasons(response: Response, moved: np.ndarray) -> list[str]:
    """Why a function is kept: nothing known, evidence thin, or as good as the others."""
    size, whole, result = len(moved), response.draws.sum(axis=1), []
    for place, name in enumerate(response.functions):
        if name in response.reasons:
            result.append(response.reasons[name])
        elif moved[place] > MOVED * max(response.current[place], 1e-12):
            result.append("")
        else:
            own = response.draws[:, place]
            better = float((own * (size - 1) > whole - own).mean()) if size > 1 else 0.5
            result.append("thin" if 0.2 < better < 0.8 else "good_enough")
    return result


def _best_each(response: Response, total: float, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Best allocation of every draw, by the price at which all of the total is spent."""
    current = response.current
    steep = np.abs(response.draws) + 1e-9 * np.abs(response.draws).max()
    bend = np.maximum(response.curvature, 0.05) * steep / np.maximum(current, 1e-9)
    least = (response.draws - bend * np.abs(high - current)).min(axis=1) - 1
    most = (response.draws + bend * np.abs(low - current)).max(axis=1) + 1
    for _ in range(40):
        price = ((least + most) / 2)[:, None]
        amount = np.clip(current + (response.draws - price) / bend, low, high)
        over = amount.sum(axis=1) > total
        least, most = np.where(over, price[:, 0], least), np.where(over, most, price[:, 0])
    return amount
