"""What initiatives did to the work asked for, and how far cost follows work.

Months with more work cost more: beside the work done, an effect on cost is seen far more sharply
than in cost alone. But the claim is at the same *demand*: an effect on work itself belongs to it,
at the rate at which cost follows work. So the effect on work is estimated too, as nought or not
(a saving must not stand on induced work, nor a quiet month be called less work), and both are
added draw by draw.
"""

from __future__ import annotations

import numpy as np

from metrics.portfolio import sampler
from metrics.portfolio.panel import AROUND_START, RAMP_MONTHS, YEAR, spikes
from metrics.portfolio.pools import Laid

MOVES = 0.5
"""Probability beforehand that an initiative moves the work asked for; 1 where that is its aim."""
MOVED_DEVIATION = 0.15
"""How far it then moves it, as a standard deviation in logs."""
SURELY_MOVED, HANDED_SHARE = 0.9, 0.5
"""From which probability on work is asked where it went, and how much of it others must have."""
KNOWN_SHARE = 0.9
"""Of the months that speak, how many must hold the quantity."""
LEAST_VARIATION = 1e-6
"""Below this the quantity is the demand itself."""
EFFORT = {"sweeps": 30, "most_chains": 6}


def with_work(laid: Laid, place: int, first: list[int]) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the months of a pool that speak, and its log quantity per unit of demand.

    None where the quantity is not known, is the demand itself, or an initiative would be left
    without months.
    """
    pool, seen = laid.pools[place], laid.seen[place]
    if pool.quantity is None:
        return seen, None
    with np.errstate(divide="ignore", invalid="ignore"):
        work = np.log(pool.quantity / pool.demand)
    known = seen & np.isfinite(work)
    if known.sum() < KNOWN_SHARE * seen.sum():
        return seen, None
    work = np.where(np.isfinite(work), work, np.nan)
    level = np.where(known, work, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    if np.abs(np.where(known, work - level, 0.0)).max() < LEAST_VARIATION:
        return seen, None
    known &= ~spikes(work) & ~spikes(laid.panels[place].log_cost - work)
    exposure = laid.exposure[place][-1][first]
    touched = exposure.any(axis=(1, 2))
    if not (exposure * known).any(axis=(1, 2))[touched].all():
        return seen, None
    return known, np.where(known, work, np.nan)


def moved(
    laid: Laid, first: list[int], panels: dict[int, sampler.CostPanel], draws: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return draws of each group's log effect on work (draws, groups), nought where it is none.

    Work that went to, or came from, other teams of the function is no effect: which groups that
    is so for comes second.

    Parameters
    ----------
    first : list of int
        An initiative of each group.
    panels : dict
        By place of the pool; those without work say nothing.
    """
    rng = np.random.default_rng([seed, 4])
    found, handed = np.zeros((draws, len(first))), np.zeros(len(first), dtype=bool)
    for place, panel in panels.items():
        own = [at for at, one in enumerate(first) if laid.home[one] == place]
        if panel.work is None or not own:
            continue
        alone = sampler.CostPanel(panel.work, panel.exposure[-1:, own], panel.seen)
        sampled = sampler.sample([alone], seed + 1, **EFFORT, spread_known=MOVED_DEVIATION)
        effect = sampled.effect[rng.integers(len(sampled.effect), size=draws)]
        for at, group in enumerate(own):
            prior = 1.0 if laid.moves_work[first[group]] else MOVES
            odds = _moved(sampled.effect[:, at], prior)
            handed[group] = odds >= SURELY_MOVED and _handed_over(laid, place, first[group])
            if not handed[group]:
                found[:, group] = np.where(rng.random(draws) < odds, effect[:, at], 0.0)
    return found, handed


def _handed_over(laid: Laid, place: int, one: int) -> bool:
    """Return whether other teams' work changed the other way by half of what these teams' did.

    Mean of the months since the ramp (a year at most) against the same number before the start,
    at the same demand.
    """
    pool, starts = laid.pools[place], laid.panels[place].starts
    if pool.quantity is None:
        return False
    own, start = starts[one] >= 0, int(starts[one].max())
    others = (starts < 0).all(axis=0)
    rate = pool.quantity / pool.demand
    after = rate[start + RAMP_MONTHS :][-YEAR:]
    before = rate[: max(start + AROUND_START[0], 0)][-YEAR:]
    if not len(after) or not len(before) or not others.any():
        return False
    size = np.nanmean(pool.demand, axis=0)
    with np.errstate(invalid="ignore"):
        change = size * (np.nanmean(after, axis=0) - np.nanmean(before, axis=0))
    here, there = np.nansum(change[own]), np.nansum(change[others])
    return bool(here * there < 0 and abs(there) >= HANDED_SHARE * abs(here))


def _moved(effect: np.ndarray, prior: float) -> float:
    """Return the probability that work moved: the density at nought before and after seeing it."""
    mean, deviation = float(effect.mean()), float(effect.std())
    still = MOVED_DEVIATION / deviation * np.exp(-0.5 * (mean / deviation) ** 2)
    return prior / (prior + (1 - prior) * still)
