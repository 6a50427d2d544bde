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
SURELY_MOVED, HANDED_SHARE, HANDED_ERRORS = 0.9, 0.5, 2.5
"""From which probability on work is asked where it went, how much of it others must have got, and
how many standard errors that must be."""
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
    """Return whether the others' work stepped the other way at the start, by half as much or more.

    A step beside trend and season: what moves everybody's work bit by bit is nobody's handing over.
    """
    pool, starts = laid.pools[place], laid.panels[place].starts
    own, others = starts[one] >= 0, (starts < 0).all(axis=0)
    if pool.quantity is None or not others.any():
        return False
    start = int(starts[one][own].min())
    here, _ = _step(pool.quantity[:, own], pool.demand[:, own], start)
    there, error = _step(pool.quantity[:, others], pool.demand[:, others], start)
    opposite = here * there < 0 and abs(there) >= HANDED_SHARE * abs(here)
    return bool(opposite and abs(there) > HANDED_ERRORS * error)


def _step(quantity: np.ndarray, demand: np.ndarray, start: int) -> tuple[float, float]:
    """Return by how much work a month stepped at the start, at mean demand, and its error."""
    work, asked = quantity.sum(axis=1), demand.sum(axis=1)
    clock = np.arange(len(work))
    round_start = (clock >= start + AROUND_START[0]) & (clock < start + RAMP_MONTHS - 1)
    rows = np.isfinite(work) & np.isfinite(asked) & ~round_start
    year = 2 * np.pi * clock / YEAR
    x = np.stack([clock >= start, np.ones(len(clock)), clock, np.sin(year), np.cos(year)], axis=1)
    x, y = x[rows].astype(float), (work / asked)[rows]
    freedom = len(y) - x.shape[1]
    if freedom < YEAR or np.ptp(x[:, 0]) == 0:
        return 0.0, np.inf
    beta = np.linalg.lstsq(x, y, rcond=None)[0]
    left = y - x @ beta
    again = np.clip((left[1:] @ left[:-1]) / max(left @ left, 1e-300), 0.0, 0.8)
    variance = left @ left / freedom * np.linalg.pinv(x.T @ x)[0, 0]
    error = np.sqrt(variance * (1 + again) / (1 - again))
    scale = float(asked[rows].mean())
    return float(beta[0]) * scale, float(error) * scale


def _moved(effect: np.ndarray, prior: float) -> float:
    """Return the probability that work moved: the density at nought before and after seeing it."""
    mean, deviation = float(effect.mean()), float(effect.std())
    still = MOVED_DEVIATION / deviation * np.exp(-0.5 * (mean / deviation) ** 2)
    return prior / (prior + (1 - prior) * still)
