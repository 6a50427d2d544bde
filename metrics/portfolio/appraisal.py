"""Savings of all initiatives of a client: joint draws, and the euros that follow from them.

A month's saving is what the treated teams would have cost at the same demand less what they cost:
cost * (exp(-effect) - 1). Everything in money here is this number, a part of it that adds up to
it, or its continuation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metrics.portfolio import sampler, work
from metrics.portfolio.panel import RAMP_MONTHS, YEAR, joint_groups
from metrics.portfolio.pools import HALF_LIVES, CostPool, Laid, Start, lay_out


@dataclass(frozen=True)
class Appraisal:
    """Joint posterior draws of what initiatives did to cost.

    Attributes
    ----------
    starts : list of Start
    laid : Laid
    groups : list of tuple of int
        Places of initiatives that are estimated as one because nothing tells them apart.
        Compared groups come first, in the order of the columns of ``effect``.
    effect : array (draws, groups)
        Log effect on cost per unit of demand; what is not compared has the distribution that the
        compared ones predict for a new one. No columns where nothing is compared.
    life : array (draws, groups)
        Place of the half-life of what has ended.
    compared : int
        How many groups are compared.
    quantity : array (groups,)
        Posterior mean of the log effect on quantity per unit of demand; NaN where unknown.
    spread : array (draws,)
        tau: how far effects of different initiatives lie apart.
    handed : array of bool (compared groups,), optional
        Whose work went to other teams of the function, or came from them.
    """

    starts: list[Start]
    laid: Laid
    groups: list[tuple[int, ...]]
    effect: np.ndarray
    life: np.ndarray
    compared: int
    quantity: np.ndarray
    spread: np.ndarray
    handed: np.ndarray | None = None

    @property
    def known(self) -> bool:
        """Return whether anything is compared."""
        return self.compared > 0

    def pool(self, group: int) -> int:
        """Return the place of a group's pool."""
        return int(self.laid.home[self.groups[group][0]])

    def counts(self, group: int) -> bool:
        """Return whether any initiative of the group is meant to move its cost."""
        return any(self.starts[one].counts for one in self.groups[group])

    def names(self, group: int) -> list[str]:
        """Return the initiatives of a group."""
        return [self.starts[one].name for one in self.groups[group]]


def appraise(
    pools: list[CostPool],
    starts: list[Start],
    seed: int,
    known: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None,
) -> Appraisal:
    """Estimate what every initiative did to the cost of its teams, all of them at once.

    Parameters
    ----------
    pools : list of CostPool
        One per function.
    starts : list of Start
    seed : int
    known : tuple of array, optional
        ``effect``, ``life`` and ``spread`` of an earlier appraisal of the same records; nothing
        is drawn then.
    """
    laid = lay_out(pools, starts)
    groups = _groups(laid)
    compared = [group for group in groups if laid.compared[list(group)].all()]
    rest = [group for group in groups if group not in compared]
    blank = np.full(len(groups), np.nan)
    if not compared:
        nothing = np.zeros((0, len(groups)))
        return Appraisal(starts, laid, rest, nothing, nothing.astype(int), 0, blank, blank[:0])
    if known is not None:
        effect, life, spread = known
        return Appraisal(starts, laid, compared + rest, effect, life, len(compared), blank, spread)
    first = [group[0] for group in compared]
    panels = _panels(laid, first)
    draws = sampler.sample(list(panels.values()), seed)
    less, handed = work.moved(laid, first, panels, len(draws.mean), seed)
    follows = dict(zip(panels, draws.slope, strict=True))
    slope = np.stack([follows[int(laid.home[one])] for one in first], axis=1)
    effect = draws.effect + slope * less
    rng = np.random.default_rng([seed, 1])
    new = draws.mean[:, None] + draws.spread[:, None] * rng.standard_normal(
        (len(draws.mean), len(rest))
    )
    # What was not compared may have moved work as any of the compared did.
    any_of = rng.integers(len(first), size=new.shape)
    new += np.take_along_axis(slope * less, any_of, axis=1)
    lives = rng.integers(laid.exposure[0].shape[0], size=new.shape)
    unknown = np.array([panels[int(laid.home[one])].work is None for one in first])
    quantity = np.where(unknown, np.nan, less.mean(axis=0))
    return Appraisal(
        starts,
        laid,
        compared + rest,
        np.hstack([effect, new]),
        np.hstack([draws.life, lives]),
        len(compared),
        np.concatenate([quantity, blank[len(quantity) :]]),
        draws.spread,
        handed,
    )


def _panels(laid: Laid, first: list[int]) -> dict[int, sampler.CostPanel]:
    """Return what the sampler reads of each pool, by its place."""
    found = {}
    for place, own in enumerate(laid.panels):
        exposure = laid.exposure[place][:, first]
        if not (exposure[-1] * laid.seen[place]).any():
            continue
        seen, log_work = work.with_work(laid, place, first)
        found[place] = sampler.CostPanel(own.log_cost, exposure, seen, log_work)
    return found


def _groups(laid: Laid) -> list[tuple[int, ...]]:
    """Group initiatives of a pool that nothing tells apart; those without a pool are left out."""
    found: list[tuple[int, ...]] = []
    for place in range(len(laid.pools)):
        own = np.flatnonzero(laid.home == place)
        pool, seen = laid.panels[place], laid.seen[place]
        for alike in (True, False):
            these = [int(one) for one in own if laid.compared[one] == alike]
            if these:
                speaks = seen if alike else np.ones_like(seen)
                groups = joint_groups(pool.exposure[these], speaks)
                found += [tuple(these[one] for one in group) for group in groups]
    return found


def saving_draws(appraisal: Appraisal, last: int | None = YEAR) -> np.ndarray:
    """Return draws of the saving of each group (draws, groups) over the last months of its pool.

    Parameters
    ----------
    last : int, optional
        How many months; all of the record where None.
    """
    total = np.zeros(appraisal.effect.shape)
    for place, pool in enumerate(appraisal.laid.pools):
        months = len(pool.months)
        since = 0 if last is None else max(months - last, 0)
        for month in range(since, months):
            total += _month(appraisal, place, month, pool.cost[month])
    return total


def by_month(appraisal: Appraisal) -> list[np.ndarray]:
    """Return draws of the saving by month, pool by pool: each (draws, months, groups)."""
    return [
        np.stack(
            [
                _month(appraisal, place, month, pool.cost[month])
                for month in range(len(pool.months))
            ],
            axis=1,
        )
        for place, pool in enumerate(appraisal.laid.pools)
    ]


def future_saving_draws(appraisal: Appraisal, months: int) -> list[np.ndarray]:
    """Return draws of the saving in the months to come, pool by pool (draws, months, groups).

    Demand and prices are those of the same calendar month a year before; what runs has reached
    its full effect once its ramp is over, what has ended goes on decaying.
    """
    found = []
    for place, pool in enumerate(appraisal.laid.pools):
        length = len(pool.months)
        year = last_year(pool)
        parts = [_month(appraisal, place, length + at, year[at % YEAR]) for at in range(months)]
        found.append(np.stack(parts, axis=1) if parts else np.zeros((0, 0, 0)))
    return found


def last_year(pool: CostPool) -> np.ndarray:
    """Return cost in the last twelve months (12, teams); a missing month costs what others did."""
    year = pool.cost[-YEAR:]
    if len(year) < YEAR:
        year = np.vstack([np.full((YEAR - len(year), year.shape[1]), np.nan), year])
    with np.errstate(invalid="ignore"):
        known = np.isfinite(year)
        mean = np.where(known, year, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return np.where(known, year, mean)


def _month(appraisal: Appraisal, place: int, month: int, cost: np.ndarray) -> np.ndarray:
    """Return draws of the saving of each group in one month of one pool.

    Initiatives on one team share its saving in proportion to their log effects, so that the parts
    add up to what they saved together.
    """
    total = np.zeros(appraisal.effect.shape)
    first = [group[0] for group in appraisal.groups]
    here = [g for g, one in enumerate(first) if appraisal.laid.home[one] == place]
    if not here or not len(total):
        return total
    starts = appraisal.laid.panels[place].starts[[first[g] for g in here]]
    for team in np.flatnonzero((starts >= 0).any(axis=0)):
        if not np.isfinite(cost[team]):
            continue
        own = [g for at, g in enumerate(here) if starts[at, team] >= 0]
        logs = np.stack([_log_effect(appraisal, place, g, month, team) for g in own], axis=1)
        total[:, own] -= cost[team] * logs * _per_log(logs.sum(axis=1))[:, None]
    return total


def _log_effect(appraisal: Appraisal, place: int, group: int, month: int, team: int) -> np.ndarray:
    one = appraisal.groups[group][0]
    exposure = appraisal.laid.exposure[place][:, one, :, team]
    length = exposure.shape[1]
    if month < length:
        share = exposure[:, month]
    else:
        share = _future_exposure(appraisal, place, one, month, exposure[:, -1])
    return appraisal.effect[:, group] * share[np.minimum(appraisal.life[:, group], len(share) - 1)]


def _future_exposure(
    appraisal: Appraisal, place: int, one: int, month: int, last: np.ndarray
) -> np.ndarray:
    """Return the exposure in a month after the record, by half-life."""
    pool, start = appraisal.laid.pools[place], appraisal.starts[one]
    length = len(pool.months)
    if start.end is None or start.end >= pool.months[-1]:
        first = int(pool.months.searchsorted(start.start))
        return np.full(len(last), min((month - first + 1) / RAMP_MONTHS, 1.0))
    lives = np.array(HALF_LIVES if len(last) > 1 else HALF_LIVES[-1:])
    return last * 0.5 ** ((month - length + 1) / lives)


def _per_log(total: np.ndarray) -> np.ndarray:
    """Return (1 - exp(-u)) / u, the saving per unit of cost and of log effect."""
    safe = np.where(np.abs(total) < 1e-9, 1e-9, total)
    return -np.expm1(-safe) / safe
