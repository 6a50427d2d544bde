"""From last year's cost to this year's: demand, prices, the programme, and the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from metrics.functions import FUNCTIONS
from metrics.measures.kpis import arrange
from metrics.measures.savings import price_index
from metrics.model import Snapshot
from metrics.portfolio.appraisal import by_month
from metrics.portfolio.panel import YEAR
from metrics.portfolio.part import LEVEL, ValuePart, appraisal_of
from metrics.portfolio.pools import CostPool
from metrics.portfolio.records import cost_pool

COMPANY = "company"
STALE = 3
"""A function whose cost ends so many months before the latest is left out and named."""
COLUMNS = [
    "function",
    "before",
    "demand",
    "prices",
    "programme",
    "low",
    "high",
    "rest",
    "now",
    "driver",
    "reason",
]


@dataclass(frozen=True)
class BridgePart:
    """Why cost is what it is, against a year before.

    Attributes
    ----------
    steps : DataFrame
        A row for each function and one for ``company``: ``before`` and ``now`` are costs of
        twelve months; ``demand`` (at the unit cost of the year before), ``prices`` (NaN where
        no index is entered: then they are in the rest), ``programme`` (its saving of this year
        less that of the year before, a saving negative; ``low``, ``high`` at ``level``) and
        ``rest`` lead from one to the other, to the cent. Base currency. ``reason`` says why a
        function has no amounts, and what its rest holds.
    monthly : DataFrame
        ``month``, ``cost``: of the same functions together, in months in which all have it.
    first, last : str
        First days of the months this year begins and ends with, ISO; "" where nothing can be
        said.
    level : float
    """

    steps: pd.DataFrame
    monthly: pd.DataFrame
    first: str
    last: str
    level: float = LEVEL


def bridge(snapshot: Snapshot, value: ValuePart) -> BridgePart:
    """Lead from the cost of twelve months to that of the twelve after, function by function."""
    given = arrange(snapshot["observations"])
    initiatives = snapshot["initiatives"].dropna(subset="start")
    known = {
        function.key: pool
        for function in FUNCTIONS
        if function.cost
        and function.key in snapshot.profile.functions
        and (pool := cost_pool(given, function, str(function.cost), initiatives)) is not None
    }
    ends = {key: pool.months[-1] for key, pool in known.items()}
    if not ends:
        none = pd.DataFrame(
            {"month": pd.Series(dtype="datetime64[us]"), "cost": np.array([], float)}
        )
        return BridgePart(pd.DataFrame(columns=COLUMNS), none, "", "")
    newest = max(ends.values())
    fresh = [end for end in ends.values() if end > newest - pd.DateOffset(months=STALE)]
    last = min(fresh)
    months = pd.date_range(end=last, periods=2 * YEAR, freq="MS")
    saved = _saved(snapshot, value, months)
    prices = price_index(snapshot["observations"], months)
    rows, draws = [], []
    for key, pool in known.items():
        own = saved.get(key)
        rows.append(_row(pool, months, own, prices))
        if own is not None and not np.isnan(rows[-1]["before"]):
            draws.append(own)
    table = pd.DataFrame(rows, columns=COLUMNS)
    whole = table[table["before"].notna()]
    if len(whole):
        sums = whole[["before", "demand", "prices", "programme", "rest", "now"]].sum(min_count=1)
        total = {"function": COMPANY, **sums.to_dict(), "driver": ""}
        total |= _band(np.sum(draws, axis=0) if draws else None)
        total["reason"] = _reason(total)
        table = pd.concat([table, pd.DataFrame([total])], ignore_index=True)
    together = _monthly([known[key] for key in whole["function"]])
    return BridgePart(table, together, months[YEAR].date().isoformat(), last.date().isoformat())


def _monthly(pools: list[CostPool]) -> pd.DataFrame:
    """Return what the functions cost together, in the months in which each has a cost."""
    series = [
        pd.DataFrame(pool.cost, index=pool.months).sum(axis=1, min_count=1).rename(pool.function)
        for pool in pools
    ]
    total = pd.concat(series, axis=1).dropna().sum(axis=1) if series else pd.Series(dtype=float)
    return pd.DataFrame(
        {"month": pd.DatetimeIndex(total.index).astype("datetime64[us]"), "cost": total.to_numpy()}
    )


def _saved(snapshot: Snapshot, value: ValuePart, months: pd.DatetimeIndex) -> dict[str, np.ndarray]:
    """Return, by function, draws of what is saved more this year than in the year before."""
    if value.reason:
        return {}
    found = appraisal_of(snapshot, value)
    which = [g for g in range(found.compared) if found.counts(g)]
    more: dict[str, np.ndarray] = {}
    for pool, draws in zip(found.laid.pools, by_month(found), strict=True):
        mine = [g for g in which if found.laid.pools[found.pool(g)] is pool]
        if not mine:
            continue
        saved = draws[:, :, mine].sum(axis=2)
        now = saved[:, pool.months.isin(months[YEAR:])].sum(axis=1)
        before = saved[:, pool.months.isin(months[:YEAR])].sum(axis=1)
        more[pool.function] = more.get(pool.function, 0.0) + now - before
    return more


def _row(
    pool: CostPool, months: pd.DatetimeIndex, saved: np.ndarray | None, prices: np.ndarray
) -> dict:
    place = pool.months.get_indexer(months)
    empty = dict.fromkeys(COLUMNS, np.nan) | {"function": pool.function, "driver": pool.driver}
    if (place < 0).any() or not np.isfinite(pool.cost[place]).any(axis=1).all():
        return empty | {"reason": "two_periods_needed"}
    cost = np.nan_to_num(pool.cost[place])
    demand = np.where(cost > 0, pool.demand[place], np.nan)
    before, now = cost[:YEAR].sum(axis=0), cost[YEAR:].sum(axis=0)
    row = empty | {"before": before.sum(), "now": now.sum()}
    # A team that is there for part of the time only has no year to compare: it is in the rest.
    there = np.isfinite(demand).all(axis=0)
    grown = np.ones(len(pool.teams))
    if pool.driver and there.any():
        grown[there] = demand[YEAR:, there].sum(axis=0) / demand[:YEAR, there].sum(axis=0)
        row["demand"] = float((before * (grown - 1))[there].sum())
    if not np.allclose(prices, 1.0):
        dearer = prices[YEAR:].mean() / prices[:YEAR].mean() - 1
        row["prices"] = float((before * grown)[there].sum() * dearer)
    row |= _band(saved)
    named = [row[name] for name in ("demand", "prices", "programme")]
    row["rest"] = row["now"] - row["before"] - float(np.nansum(named))
    return row | {"reason": _reason(row)}


def _reason(row: Mapping[str, Any]) -> str:
    """Return the first reason why an amount of a row is not known; it is in the rest."""
    reasons = {
        "demand": "driver_missing",
        "programme": "nothing_compared",
        "prices": "price_index_missing",
    }
    return next((why for name, why in reasons.items() if np.isnan(row[name])), "")


def _band(saved: np.ndarray | None) -> dict[str, float]:
    """Return what the programme adds to cost: what it saves more is less cost."""
    if saved is None:
        return dict.fromkeys(("programme", "low", "high"), np.nan)
    tail = (100 - LEVEL) / 200
    low, high = np.quantile(-saved, [tail, 1 - tail])
    return {"programme": float(-saved.mean()), "low": float(low), "high": float(high)}


__all__ = ["COMPANY", "BridgePart", "bridge"]
