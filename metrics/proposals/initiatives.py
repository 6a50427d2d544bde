"""What to do about each initiative: extend it, stop it, or go on and measure.

Extending is valued by the predictive distribution of a team that was not tried: the effect where
it ran, the spread between effects, and the extension factor of the assumptions. Stopping saves
what running costs and loses what it is expected to bring. Neither rests on a verdict: what the
money at stake and the odds say is. Where they say neither, what knowing would be worth is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from metrics.portfolio.appraisal import Appraisal, future_saving_draws, last_year
from metrics.portfolio.panel import RAMP_MONTHS
from metrics.portfolio.pools import CostPool
from metrics.proposals.proposal import YEAR, Action, Proposal, Way

PAYS = 0.80
"""Odds of paying its own cost from which an initiative needs no further measuring."""
DETECTED = 2.8
"""Standard errors an effect must measure to be found four times in five at 5 %."""
LONGEST_WAIT = 60
"""Months from the start beyond which no date is named."""


@dataclass(frozen=True)
class Terms:
    """What holds for every proposal alike.

    Attributes
    ----------
    factor : float
        Effect in teams reached later, against the first.
    arriving : float
        Share of a full effect that arrives within the first twelve months.
    planned : array (draws,)
        Factors by which planned cost may end elsewhere.
    confidence : float
        Probability from which a change is proposed.
    """

    factor: float
    arriving: float
    planned: np.ndarray
    confidence: float


@dataclass(frozen=True)
class Stake:
    """What is known of a group of initiatives, euros a year.

    Attributes
    ----------
    brought : array (draws,)
        Saving of the next twelve months where it runs.
    cost, effort : float
        Running cost and own person-months of the last twelve months; NaN where none were booked.
    reached, open : float
        Cost of the teams treated, and of those nobody has treated.
    """

    brought: np.ndarray
    cost: float
    effort: float
    reached: float
    open: float
    open_teams: int

    @property
    def rate(self) -> float:
        """Return running cost by unit of cost reached; NaN where unknown."""
        return self.cost / self.reached if self.reached > 0 else float("nan")


def propose_for_initiatives(
    appraisal: Appraisal,
    verdicts: Mapping[str, str],
    spent: pd.DataFrame,
    terms: Terms,
    seed: int,
) -> list[Proposal]:
    """Return a proposal for each running group of initiatives that calls for one.

    Parameters
    ----------
    verdicts : mapping
        Initiative → verdict of its claim.
    spent : DataFrame
        By initiative: ``cost`` of the last twelve months, own ``effort`` in person-months.
    """
    rng = np.random.default_rng([seed, 3])
    future = future_saving_draws(appraisal, YEAR) if appraisal.known else []
    stakes = {
        group: _stake(appraisal, group, future, spent)
        for group in range(appraisal.compared)
        if appraisal.counts(group) and not _has_ended(appraisal, group)
    }
    usual = usual_rate(list(stakes.values()))
    found = []
    for group, stake in stakes.items():
        spread = _spread(appraisal, rng)
        one = _extension(appraisal, group, stake, usual, terms, spread)
        if one is None or (one.brings() - one.cost > 0).mean() < terms.confidence:
            one = _stop(appraisal, group, stake, terms) or _measure(appraisal, group, stake) or one
        if one is not None:
            verdict = verdicts.get(appraisal.names(group)[0], "")
            found.append(replace(one, verdict=verdict, months=float(_age(appraisal, group))))
    return _once(found)


def usual_rate(stakes: list[Stake]) -> float:
    """Return the median running cost by unit of cost reached: it stands for what nobody booked."""
    rates = [one.rate for one in stakes if np.isfinite(one.rate)]
    return float(np.median(rates)) if rates else float("nan")


def stakes_of(appraisal: Appraisal, spent: pd.DataFrame) -> list[Stake]:
    """Return what is at stake in every running group that is compared."""
    future = future_saving_draws(appraisal, YEAR) if appraisal.known else []
    return [
        _stake(appraisal, group, future, spent)
        for group in range(appraisal.compared)
        if appraisal.counts(group) and not _has_ended(appraisal, group)
    ]


def _has_ended(appraisal: Appraisal, group: int) -> bool:
    return all(appraisal.starts[one].end is not None for one in appraisal.groups[group])


def _age(appraisal: Appraisal, group: int) -> int:
    pool = appraisal.laid.pools[appraisal.pool(group)]
    start = min(appraisal.starts[one].start for one in appraisal.groups[group])
    return len(pool.months) - int(pool.months.searchsorted(start))


def _stake(
    appraisal: Appraisal, group: int, future: list[np.ndarray], spent: pd.DataFrame
) -> Stake:
    place = appraisal.pool(group)
    pool, panel = appraisal.laid.pools[place], appraisal.laid.panels[place]
    bill = last_year(pool).sum(axis=0)
    own = (panel.starts[list(appraisal.groups[group])] >= 0).any(axis=0)
    touched = (panel.starts >= 0).any(axis=0)
    booked = spent[spent.index.isin(appraisal.names(group))]
    return Stake(
        brought=future[place][:, :, group].sum(axis=1),
        cost=float(booked["cost"].sum(min_count=1)),
        effort=float(booked["effort"].sum(min_count=1)),
        reached=float(np.nansum(bill[own])),
        open=float(np.nansum(bill[~touched])),
        open_teams=int((~touched).sum()),
    )


def _spread(appraisal: Appraisal, rng: np.random.Generator) -> np.ndarray:
    """Return draws of how far an untried team may lie from where it was tried."""
    between = appraisal.spread if len(appraisal.spread) else np.zeros(len(appraisal.effect))
    return between * rng.standard_normal(len(between))


def _function(appraisal: Appraisal, group: int) -> tuple[str, ...]:
    return (appraisal.laid.pools[appraisal.pool(group)].function,)


def _extension(
    appraisal: Appraisal,
    group: int,
    stake: Stake,
    usual: float,
    terms: Terms,
    spread: np.ndarray,
) -> Proposal | None:
    if not stake.open_teams:
        return None
    rate = stake.rate if np.isfinite(stake.rate) else usual
    known = np.isfinite(rate)
    share = stake.open / stake.reached if stake.reached > 0 else float("nan")
    return Proposal(
        Action.EXTEND,
        _common_name(appraisal.names(group)),
        _function(appraisal, group),
        Way.INITIATIVE,
        bill=stake.open,
        effect=terms.factor * (appraisal.effect[:, group] + spread),
        arriving=terms.arriving,
        cost=terms.planned * rate * stake.open if known else 0.0,
        effort=stake.effort * share,
        basis="compared" if np.isfinite(stake.rate) else "usual_cost" if known else "no_cost",
        teams=float(stake.open_teams),
    )


def _stop(appraisal: Appraisal, group: int, stake: Stake, terms: Terms) -> Proposal | None:
    if not stake.cost > 0:
        return None
    if (stake.cost - stake.brought > 0).mean() < terms.confidence:
        return None
    return Proposal(
        Action.STOP,
        " + ".join(appraisal.names(group)),
        _function(appraisal, group),
        Way.INITIATIVE,
        flat=-stake.brought,
        cost=-stake.cost,
        effort=0.0,
        basis="compared",
    )


def _measure(appraisal: Appraisal, group: int, stake: Stake) -> Proposal | None:
    """Propose to measure on where neither the odds nor the money decide yet.

    Worth what the better of going on and stopping brings once it is known, above the one that
    is better now.
    """
    if not stake.cost > 0 or (stake.brought > stake.cost).mean() >= PAYS:
        return None
    net = stake.brought - stake.cost
    until = _known_by(appraisal, group, stake)
    regret = np.maximum(-net, 0.0) if net.mean() > 0 else np.maximum(net, 0.0)
    return Proposal(
        Action.MEASURE,
        " + ".join(appraisal.names(group)),
        _function(appraisal, group),
        flat=regret if until else None,
        effort=0.0,
        basis="compared",
        until=until,
        reason="" if until else "not_seen_soon",
    )


def _known_by(appraisal: Appraisal, group: int, stake: Stake) -> str:
    """Return the month in which an effect that pays its cost would be found, "" if too far."""
    needed = np.log1p(stake.rate) if stake.reached > 0 else 0.0
    error, age = float(appraisal.effect[:, group].std()), _age(appraisal, group)
    if needed <= 0 or age <= RAMP_MONTHS:
        return ""
    months = age * (DETECTED * error / needed) ** 2
    if months > LONGEST_WAIT:
        return ""
    pool: CostPool = appraisal.laid.pools[appraisal.pool(group)]
    later = pool.months[-1] + pd.DateOffset(months=max(int(np.ceil(months)) - age, 1))
    return f"{later:%Y-%m}"


def _common_name(names: list[str]) -> str:
    """Return what stands before the comma in all names of the waves, or all names."""
    shared = {name.split(",")[0].strip() for name in names}
    return shared.pop() if len(shared) == 1 else " + ".join(names)


def _once(found: list[Proposal]) -> list[Proposal]:
    """Keep the better of two extensions of one idea: they would reach the same teams."""
    best: dict[tuple[str, tuple[str, ...]], Proposal] = {}
    rest = []
    for one in found:
        key = (one.subject.split(",")[0].strip(), one.functions)
        if one.action is not Action.EXTEND:
            rest.append(one)
        elif key not in best or _mean(one) > _mean(best[key]):
            best[key] = replace(one, subject=key[0])
    return [*best.values(), *rest]


def _mean(one: Proposal) -> float:
    return float((one.brings() - one.cost).mean())
