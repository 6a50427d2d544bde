"""The data of one cost pool as the sampler reads them: log cost per unit of demand by team.

Nothing here knows files or KPIs. A team-month that cannot speak for the effect is *unobserved*:
it is missing, it is a strike month or a booking error that stands out of its neighbours, or it
lies around the start of an initiative, where people prepare and the effect still grows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

YEAR = 12
RAMP_MONTHS = 4
"""Months an effect needs to reach its level: a quarter of it each month."""
AROUND_START = (-2, 2)
"""Months around a start that are left out: early work, and the ramp."""
SPIKE = 4.0
"""How many robust standard deviations a month must stand out of its neighbours to be left out."""
NEIGHBOURS = 3
"""Months to either side that say what a month should have been."""
TOLD_APART_MONTHS = 4
"""Observed months in which two initiatives must differ in some team to be told apart."""


@dataclass(frozen=True)
class Pool:
    """One cost pool: cost and demand of each team by month, and what treats them.

    Attributes
    ----------
    function : str
        Key of the function whose whole cost measure it is.
    teams : tuple of str
    cost, demand : array (months, teams)
        Money a month, and units of demand; NaN where missing.
    exposure : array (initiatives, months, teams)
        Share of its full effect an initiative has there: 0 before the start, 1 after the ramp.
        The first axis runs over all initiatives of the client.
    starts : array (initiatives, teams)
        Place of the first treated month, -1 where the team is not treated.
    """

    function: str
    teams: tuple[str, ...]
    cost: np.ndarray
    demand: np.ndarray
    exposure: np.ndarray
    starts: np.ndarray

    @property
    def log_cost(self) -> np.ndarray:
        """Return log cost per unit of demand (months, teams), NaN where it cannot be told."""
        with np.errstate(divide="ignore", invalid="ignore"):
            value = np.log(self.cost / self.demand)
        return np.where(np.isfinite(value), value, np.nan)

    @property
    def treated(self) -> np.ndarray:
        """Return which initiatives treat which teams (initiatives, teams)."""
        return self.starts >= 0


def ramped_exposure(
    months: int, start: int, end: int | None = None, half_life: float = 0.0
) -> np.ndarray:
    """Return the share of its full effect an initiative has in each month, 0 to 1.

    Parameters
    ----------
    months : int
        How many months the panel has.
    start : int
        Place of the first treated month.
    end : int, optional
        Place of the last treated month; from then on half of the effect is lost every
        ``half_life`` months.
    """
    age = np.arange(months) - start
    share = np.clip((age + 1) / RAMP_MONTHS, 0, 1)
    if end is not None:
        past = np.clip(np.arange(months) - end, 0, None)
        reached = np.where(past > 0, share[max(min(end, months - 1), 0)], share)
        share = reached * (0.5 ** (past / half_life) if half_life > 0 else (past == 0))
    return share


def has_comparison(starts: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Return which initiatives have an untouched, or not yet touched, team beside them.

    Parameters
    ----------
    starts : array (initiatives, teams)
        Place of the first treated month, -1 where the team is not treated.
    observed : array (months, teams)
        Which team-months speak.
    """
    months = np.arange(len(observed))
    never = len(observed)
    first = np.where(starts >= 0, starts, never).min(axis=0, initial=never)
    untouched = observed & (months[:, None] < first)
    found = np.zeros(len(starts), dtype=bool)
    for place, own in enumerate(starts):
        teams = np.flatnonzero(own >= 0)
        if not len(teams):
            continue
        others = untouched.copy()
        others[:, teams] = False
        beside = others.any(axis=1)
        both = [
            (observed[:, i] & beside & (months < own[i])).any()
            and (observed[:, i] & beside & (months >= own[i])).any()
            for i in teams
        ]
        found[place] = any(both)
    return found


def observed_months(pool: Pool) -> np.ndarray:
    """Return which team-months speak for an effect (months, teams)."""
    value = pool.log_cost
    seen = np.isfinite(value) & ~spikes(value)
    before, after = AROUND_START
    for own in pool.starts:
        for team in np.flatnonzero(own >= 0):
            start = own[team]
            seen[max(start + before, 0) : start + after + 1, team] = False
    return seen


def spikes(value: np.ndarray) -> np.ndarray:
    """Return the months that stand out of their neighbours once what is common is taken off.

    A month must differ from the three before it *and* from the three after it in the same
    direction, so that neither an effect nor a level shift is taken for a spike.
    """
    left = _beside_others(value)
    out = np.zeros(value.shape, dtype=bool)
    for team in range(value.shape[1]):
        gaps = _from_neighbours(left[:, team])
        known = np.isfinite(gaps)
        if known.sum() < YEAR:
            continue
        spread = 1.4826 * np.median(np.abs(gaps[known]))
        nearer = np.nanmin(np.where(known, np.abs(gaps), np.inf), axis=1)
        same = np.nansum(np.sign(np.where(known, gaps, 0)), axis=1)
        agree = np.abs(same) == known.sum(axis=1)
        out[:, team] = known.any(axis=1) & agree & (nearer > SPIKE * max(spread, 1e-9))
    return out


def _beside_others(value: np.ndarray) -> np.ndarray:
    """Return each team less its level and less the median of the *other* teams in the month.

    Its own value must not be in that median: of three teams one would be nought every month, and
    the spread would look small.
    """
    with np.errstate(invalid="ignore"):
        level = np.nanmedian(value, axis=0, keepdims=True)
    left = value - level
    common = np.zeros(value.shape)
    for team in range(value.shape[1]):
        others = np.delete(left, team, axis=1)
        known = np.isfinite(others).any(axis=1)
        common[known, team] = np.nanmedian(others[known], axis=1)
    return left - common


def _from_neighbours(series: np.ndarray) -> np.ndarray:
    """Return each month less the median of its neighbours before and after it (months, 2)."""
    gaps = np.full((len(series), 2), np.nan)
    for month, own in enumerate(series):
        sides = (
            series[max(month - NEIGHBOURS, 0) : month],
            series[month + 1 : month + 1 + NEIGHBOURS],
        )
        for side, neighbours in enumerate(sides):
            if np.isfinite(own) and np.isfinite(neighbours).any():
                gaps[month, side] = own - np.nanmedian(neighbours)
    return gaps


def joint_groups(exposure: np.ndarray, seen: np.ndarray) -> list[list[int]]:
    """Group initiatives that cannot be told apart; each group is estimated as one.

    Two are told apart when some team has enough observed months in which they differ.

    Parameters
    ----------
    exposure : array (initiatives, months, teams)
    seen : array (months, teams)
    """
    groups: list[list[int]] = []
    for one, own in enumerate(exposure):
        for group in groups:
            differ = (np.abs(own - exposure[group[0]]) > 0.5) & seen
            if (differ.sum(axis=0) < TOLD_APART_MONTHS).all():
                group.append(one)
                break
        else:
            groups.append([one])
    return groups
