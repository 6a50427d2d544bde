"""What the programme is worth over its horizon, as a distribution: the same draws, less cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from metrics.portfolio.appraisal import Appraisal, by_month, future_saving_draws

PLANNED_COST_DEVIATION = 0.10
"""How far planned cost ends from plan, as a share; booked cost is certain."""


@dataclass(frozen=True)
class Benefits:
    """What each group of initiatives saves in every month of the horizon.

    Attributes
    ----------
    draws : array (draws, groups, months)
        Base currency; nought for what is not meant to move its cost.
    measured : array of bool (months,)
        Whether some pool has a record of the month.
    """

    draws: np.ndarray
    measured: np.ndarray


def benefits(appraisal: Appraisal, horizon: pd.DatetimeIndex) -> Benefits:
    """Return draws of the savings over the horizon, recorded months first, then their future."""
    draws = np.zeros((*appraisal.effect.shape, len(horizon)))
    measured = np.zeros(len(horizon), dtype=bool)
    counting = np.array([appraisal.counts(g) for g in range(len(appraisal.groups))], dtype=bool)
    recorded = by_month(appraisal)
    for place, pool in enumerate(appraisal.laid.pools):
        here = np.array([appraisal.pool(g) == place for g in range(len(appraisal.groups))])
        if not (here & counting).any():
            continue
        inside = pool.months.isin(horizon)
        at = horizon.get_indexer(pool.months[inside])
        measured[at] = True
        which = here & counting
        if not len(draws):
            continue
        draws[:, which[:, None] & np.isin(np.arange(len(horizon)), at)] = (
            recorded[place][:, inside][:, :, which].transpose(0, 2, 1).reshape(len(draws), -1)
        )
        later = int((horizon > pool.months[-1]).sum())
        if later:
            future = future_saving_draws(appraisal, _months_until(pool.months[-1], horizon[-1]))[
                place
            ]
            future = future[:, -later:][:, :, which].transpose(0, 2, 1)
            slots = np.isin(np.arange(len(horizon)), np.arange(len(horizon) - later, len(horizon)))
            draws[:, which[:, None] & slots] = future.reshape(len(draws), -1)
    return Benefits(draws, measured)


def _months_until(last: pd.Timestamp, end: pd.Timestamp) -> int:
    return (end.year - last.year) * 12 + end.month - last.month


@dataclass(frozen=True)
class Worth:
    """The distribution of the net present value.

    Attributes
    ----------
    draws : array (draws,)
        Net present value in base currency.
    within_year : float
        Probability that what was spent is back within twelve months.
    """

    draws: np.ndarray
    within_year: float

    @property
    def probability(self) -> float:
        """Return the probability of a positive net present value."""
        return float((self.draws > 0).mean())

    def percentiles(self, which: list[float]) -> np.ndarray:
        """Return percentiles of the net present value."""
        return np.percentile(self.draws, which)


def worth(
    saved: np.ndarray, cost: np.ndarray, booked: np.ndarray, discount: np.ndarray, seed: int
) -> Worth:
    """Return the distribution of the net present value.

    Parameters
    ----------
    saved : array (draws, periods)
    cost : array (periods,)
    booked : array of bool (periods,)
        Whose cost is known; the rest is planned and may end elsewhere.
    discount : array (periods,)
    """
    rng = np.random.default_rng([seed, 2])
    factor = np.maximum(1 + PLANNED_COST_DEVIATION * rng.standard_normal(len(saved)), 0.0)
    spent = np.where(booked, cost, 0.0)[None] + factor[:, None] * np.where(booked, 0.0, cost)
    net = saved - spent
    within = net[:, :13].cumsum(axis=1) >= 0
    started = (spent[:, :13].cumsum(axis=1) > 0) & within
    return Worth(net @ discount, float(started.any(axis=1).mean()))


def apply_what_if(found: Benefits, adoption: float = 1.0, delay: int = 0) -> Benefits:
    """Return the benefits under a what-if: a factor on all of them, and months they come later."""
    draws = adoption * found.draws
    if delay:
        late = np.zeros_like(draws)
        late[:, :, delay:] = draws[:, :, :-delay]
        draws = late
    return Benefits(draws, found.measured)


def expected_lines(
    appraisal: Appraisal, found: Benefits, horizon: pd.DatetimeIndex
) -> pd.DataFrame:
    """Return the mean saving of each group by month, with factors for its P10 and P90.

    Returns
    -------
    DataFrame
        ``group, function, name, month, saving, low, high, compared``; the name joins the
        initiatives of the group.
    """
    pieces = []
    for group in range(len(appraisal.groups) if len(found.draws) else 0):
        draws = found.draws[:, group]
        total = draws.sum(axis=1)
        mean = float(total.mean())
        if not appraisal.counts(group) or not np.abs(draws).any():
            continue
        bounds = np.sort(np.quantile(total, [0.1, 0.9]) / mean) if mean else np.ones(2)
        pieces.append(
            pd.DataFrame(
                {
                    "group": group,
                    "function": appraisal.laid.pools[appraisal.pool(group)].function,
                    "name": " + ".join(appraisal.names(group)),
                    "month": horizon,
                    "saving": draws.mean(axis=0),
                    "low": min(float(bounds[0]), 1.0),
                    "high": max(float(bounds[1]), 1.0),
                    "compared": group < appraisal.compared,
                }
            )
        )
    columns = ["group", "function", "name", "month", "saving", "low", "high", "compared"]
    return pd.concat(pieces, ignore_index=True) if pieces else pd.DataFrame(columns=columns)


def break_even(cost: np.ndarray, discount: np.ndarray) -> float:
    """Return the level saving a year from the first month on that pays the cost back exactly."""
    return 12 * float(cost @ discount) / float(discount[1:].sum())
