"""Who starts first, who is held back, and how to vary a budget so that the next cycle can tell.

Teams are paired by how alike their figures have been; in each pair the lot decides who starts
first. A budget that never varied is raised and lowered by lot, in pairs of months that cancel.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from metrics.effects import Panel
from metrics.effects.planner import PowerPlan, noise_ahead, plan, power
from metrics.errors import NotEnoughData
from metrics.tuning.regression import ReturnsFit

LEAST_TEAMS = 4
STEP_MONTHS = 3
"""Months between the waves of a staggered start."""


@dataclass(frozen=True)
class Experiment:
    """Who starts when, and what it will be able to show.

    Attributes
    ----------
    schedule : DataFrame
        ``pair``, ``team``, ``role`` (first, held back), ``start``: first month. Those held back
        start when all pairs' first teams have run for ``held_months``.
    power : PowerPlan
        Months until an effect of the size asked for is found.
    noise : DataFrame
        ``months``, ``standard_error`` in the outcome's unit.
    seed : int
        Of the lots.
    """

    schedule: pd.DataFrame
    power: PowerPlan
    noise: pd.DataFrame = field(repr=False)
    seed: int


def roll_out(
    outcome: pd.DataFrame,
    effect: float,
    first: pd.Timestamp,
    *,
    seed: int,
    waves: int = 1,
    held_months: int = 6,
    after: int = 3,
) -> Experiment:
    """Propose which teams start first and which are held back for comparison.

    Parameters
    ----------
    outcome : DataFrame, months x teams
        Teams nobody has treated yet, without gaps.
    effect : float
        Effect to be found, as a fraction of the teams' mean.
    first : Timestamp
        First month of the first wave.
    waves : int
        Waves in which the pairs start; more waves start later ones three months apart.
    after : int
        Months after which the number of teams is asked for.

    Raises
    ------
    NotEnoughData
        Fewer than four teams.
    """
    if outcome.shape[1] < LEAST_TEAMS:
        raise NotEnoughData(outcome.shape[1], LEAST_TEAMS, "teams", code="experiment_teams")
    rng = np.random.default_rng(seed)
    pairs = match_teams(outcome)
    order = rng.permutation(len(pairs))
    wave_of = {int(p): n * waves // len(pairs) for n, p in enumerate(order)}
    last_start = first + pd.DateOffset(months=STEP_MONTHS * (waves - 1))
    later = last_start + pd.DateOffset(months=held_months)
    rows = []
    for number, pair in enumerate(pairs):
        start = first + pd.DateOffset(months=STEP_MONTHS * wave_of[number])
        lots = rng.permutation(len(pair))
        for place, lot in enumerate(lots):
            role = "first" if place == 0 and len(pair) > 1 else "held back"
            rows.append(
                {
                    "pair": number + 1,
                    "team": pair[lot],
                    "role": role,
                    "start": start if role == "first" else later,
                }
            )
    schedule = pd.DataFrame(rows).sort_values(["start", "pair"], ignore_index=True)
    treated = list(schedule.loc[schedule["role"] == "first", "team"])
    ahead = outcome.index[-1] + pd.DateOffset(months=1)
    extended = pd.concat([outcome, outcome.tail(1).set_axis([ahead])])
    noise = noise_ahead(Panel(extended, dict.fromkeys(treated, ahead), season=12))
    size = abs(effect) * float(outcome.tail(12).to_numpy().mean())
    found = plan(noise, size, len(treated), outcome.shape[1] - len(treated), after=after)
    return Experiment(schedule, found, noise, seed)


def match_teams(outcome: pd.DataFrame) -> list[tuple[str, ...]]:
    """Pair teams by how close their logs (or values) run; an odd team joins the last pair."""
    values = outcome.to_numpy(dtype=float)
    path = np.log(values) if (values > 0).all() else values / np.abs(values).mean()
    gap = np.sqrt(((path[:, :, None] - path[:, None, :]) ** 2).mean(axis=0))
    left = list(range(outcome.shape[1]))
    pairs: list[tuple[str, ...]] = []
    while len(left) > 1:
        a, b = min(
            ((i, j) for n, i in enumerate(left) for j in left[n + 1 :]), key=lambda two: gap[two]
        )
        pairs.append((str(outcome.columns[a]), str(outcome.columns[b])))
        left = [team for team in left if team not in (a, b)]
    if left and pairs:
        pairs[-1] = (*pairs[-1], str(outcome.columns[left[0]]))
    return pairs


@dataclass(frozen=True)
class Variation:
    """A budget varied on purpose: what to spend in which month, and what that would tell.

    Attributes
    ----------
    schedule : DataFrame
        ``month``, ``factor`` on the present spending, ``spend``.
    error_now, error_after : float
        Standard error of the marginal return; infinite now where spending never varied.
    power : float
        Probability to find a return of one per unit of spending, 0 to 1 (level 80 %).
    cost : float
        Spending above the present in the raised months; the lowered months give it back.
    """

    schedule: pd.DataFrame
    error_now: float
    error_after: float
    power: float
    cost: float
    seed: int


def vary(
    found: ReturnsFit, first: pd.Timestamp, *, months: int = 6, size: float = 0.2, seed: int = 0
) -> Variation:
    """Raise and lower a budget by lot in pairs of months, and say what it would tell.

    Raises
    ------
    NotEnoughData
        Nothing is spent: there is nothing to vary.
    """
    if found.current <= 0:
        raise NotEnoughData(0, 1, "months", code="variation_without_budget")
    rng = np.random.default_rng(seed)
    pairs = [rng.permutation([1 + size, 1 - size]) for _ in range((months + 1) // 2)]
    factor = np.concatenate(pairs)[:months]
    spend = found.current * factor
    error = found.slope_error_with(spend)
    calendar = [first + pd.DateOffset(months=n) for n in range(months)]
    return Variation(
        pd.DataFrame({"month": calendar, "factor": factor, "spend": spend}),
        found.slope_error,
        error,
        float(power(np.array(1.0), np.array(error), 80)),
        float(np.maximum(spend - found.current, 0).sum()),
        seed,
    )


def value_of_information(
    draws: np.ndarray, others: np.ndarray, error: float, amount: float, moved: float
) -> float:
    """Expected gain a month from knowing a return better before moving ``amount``.

    Before the test one may stay or move as planned; after it one moves up or down by ``amount``,
    or stays, whichever its result says (preposterior analysis; Raiffa, Schlaifer 1961).

    Parameters
    ----------
    draws, others : array
        Marginal return of the function, and what the same money brings elsewhere.
    error : float
        Standard error of the return after the test alone.
    amount : float
        Money a month that could move.
    moved : float
        Money a month the plan moves already, signed.
    """
    net = draws - others
    variance = float(net.var())
    if variance <= 0 or amount <= 0:
        return 0.0
    learnt = variance / np.sqrt(variance + error**2) if np.isfinite(error) else 0.0
    from scipy.stats import norm

    mean = float(net.mean())
    if learnt == 0:
        return 0.0
    ratio = mean / learnt
    absolute = 2 * learnt * norm.pdf(ratio) + mean * (1 - 2 * norm.cdf(-ratio))
    return max(0.0, amount * absolute - mean * moved)
