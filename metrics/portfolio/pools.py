"""What is appraised: cost pools with what drives them, and the initiatives that treat them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from metrics.portfolio import panel

HALF_LIVES = (1.0, 2.0, 3.0, 4.0, 6.0, 9.0, 12.0, 18.0, 24.0, 36.0)
"""Months in which half of an ended effect is gone: equally likely beforehand, in this spacing."""
LEAST_BEFORE = 6
"""Observed months before a start without which nothing is compared."""


@dataclass(frozen=True)
class CostPool:
    """A function's whole cost by month and team, with its demand.

    Attributes
    ----------
    function, measure : str
        Keys of the function and of its cost measure.
    months : DatetimeIndex
        First days, without gaps.
    teams : tuple of str
    cost : array (months, teams)
        Base currency a month; NaN where missing.
    demand : array (months, teams)
        What the function cannot choose, or its output where that is wanted; ones where nothing
        is known.
    quantity : array (months, teams) or None
        Work done, where an effect on it explains the saving.
    driver : str
        Measure that stands for demand, "" where none is known.
    """

    function: str
    measure: str
    months: pd.DatetimeIndex
    teams: tuple[str, ...]
    cost: np.ndarray
    demand: np.ndarray
    quantity: np.ndarray | None = None
    driver: str = ""


@dataclass(frozen=True)
class Start:
    """An initiative on a pool.

    Attributes
    ----------
    name : str
    function : str
    teams : tuple of str
        Treated teams; those the pool does not know are left out.
    start : Timestamp
        First treated month.
    end : Timestamp or None
        Last treated month, where it has ended.
    counts : bool
        Whether it is meant to move this cost. One that is not still touches its teams.
    moves_work : bool
        Whether it is meant to change how much is asked for, not only what that costs.
    """

    name: str
    function: str
    teams: tuple[str, ...]
    start: pd.Timestamp
    end: pd.Timestamp | None = None
    counts: bool = True
    moves_work: bool = False


@dataclass(frozen=True)
class Laid:
    """Pools laid out for the sampler.

    Attributes
    ----------
    pools : list of CostPool
    panels : list of panel.Pool
        Exposure at the longest half-life.
    exposure : list of array (half-lives, initiatives, months, teams)
        One half-life where nothing has ended.
    seen : list of array (months, teams)
        Team-months that speak.
    home : array (initiatives,)
        Place of each initiative's pool, -1 where it has none.
    compared : array of bool (initiatives,)
    reasons : list of str
        Why an initiative is not compared, otherwise "".
    moves_work : array of bool (initiatives,)
    """

    pools: list[CostPool]
    panels: list[panel.Pool]
    exposure: list[np.ndarray]
    seen: list[np.ndarray]
    home: np.ndarray
    compared: np.ndarray
    reasons: list[str]
    moves_work: np.ndarray


def lay_out(pools: list[CostPool], starts: list[Start]) -> Laid:
    """Return exposures, observed months and what can be compared."""
    ended = any(one.end is not None for one in starts)
    lives = HALF_LIVES if ended else HALF_LIVES[-1:]
    home = np.full(len(starts), -1)
    panels, exposures, masks = [], [], []
    compared = np.zeros(len(starts), dtype=bool)
    reasons = ["no_cost_pool"] * len(starts)
    for place, pool in enumerate(pools):
        exposure, places = _exposure(pool, starts, lives)
        laid = panel.Pool(pool.function, pool.teams, pool.cost, pool.demand, exposure[-1], places)
        seen = panel.observed_months(laid)
        mine = (places >= 0).any(axis=1)
        home[mine] = place
        beside = panel.has_comparison(places, seen)
        for one in np.flatnonzero(mine):
            reasons[one] = _reason(places[one], seen, bool(beside[one]))
            compared[one] = reasons[one] == ""
        panels.append(laid)
        exposures.append(exposure)
        masks.append(_without_uncompared(seen, places, mine & ~compared))
    for one, start in enumerate(starts):
        if home[one] < 0 and any(pool.function == start.function for pool in pools):
            reasons[one] = "treated_teams"
    aims = np.array([start.moves_work for start in starts], dtype=bool)
    return Laid(pools, panels, exposures, masks, home, compared, reasons, aims)


def _exposure(
    pool: CostPool, starts: list[Start], lives: tuple[float, ...]
) -> tuple[np.ndarray, np.ndarray]:
    months = len(pool.months)
    exposure = np.zeros((len(lives), len(starts), months, len(pool.teams)))
    places = np.full((len(starts), len(pool.teams)), -1)
    for one, start in enumerate(starts):
        if start.function != pool.function:
            continue
        first = int(pool.months.searchsorted(start.start))
        last = None if start.end is None else int(pool.months.searchsorted(start.end))
        if first >= months:
            continue
        for team, name in enumerate(pool.teams):
            if name not in start.teams:
                continue
            places[one, team] = first
            for life, half in enumerate(lives):
                exposure[life, one, :, team] = panel.ramped_exposure(months, first, last, half)
    return exposure, places


def _reason(places: np.ndarray, seen: np.ndarray, beside: bool) -> str:
    teams = np.flatnonzero(places >= 0)
    months = np.arange(len(seen))
    before = max(int((seen[:, team] & (months < places[team])).sum()) for team in teams)
    after = max(int((seen[:, team] & (months >= places[team])).sum()) for team in teams)
    if before < LEAST_BEFORE:
        return "months_before_start"
    if after < 1:
        return "months_after_start"
    return "" if beside else "no_untouched_team"


def _without_uncompared(seen: np.ndarray, places: np.ndarray, which: np.ndarray) -> np.ndarray:
    """Leave out what an initiative without comparison touched, from shortly before its start."""
    seen = seen.copy()
    for own in places[which]:
        for team in np.flatnonzero(own >= 0):
            seen[max(own[team] + panel.AROUND_START[0], 0) :, team] = False
    return seen
