"""From the records of a client to pools and starts: which cost, which demand, which quantity."""

from __future__ import annotations

import numpy as np
import pandas as pd

from metrics.frames import PROVISIONAL
from metrics.frames.frame import iterate_rows
from metrics.functions import BY_KEY, KPI_OWNER, KPIS, MEASURES
from metrics.measures.kpis import Arranged, KpiCells, arrange
from metrics.model import ALL, Better, BusinessFunction, Kpi, measures_in, teams_of
from metrics.portfolio.panel import YEAR
from metrics.portfolio.pools import CostPool, Start
from metrics.units import UnitKind


def pools(observations: pd.DataFrame | Arranged, initiatives: pd.DataFrame) -> list[CostPool]:
    """Return the cost pool of every function in which an initiative is meant to move cost.

    Parameters
    ----------
    observations, initiatives : DataFrame
        Frames of the same names.
    """
    given = observations if isinstance(observations, Arranged) else arrange(observations)
    wanted = {one.function: one for one in starts(initiatives) if one.counts}
    found = []
    for key in sorted(wanted):
        function = BY_KEY[key]
        for measure in (function.cost, *_parts(function, initiatives)):
            pool = cost_pool(given, function, str(measure), initiatives)
            if pool is not None:
                found.append(pool)
                break
    return found


def starts(initiatives: pd.DataFrame) -> list[Start]:
    """Return initiatives as starts: one for each pool their KPI rests on."""
    found = []
    for one in iterate_rows(initiatives.dropna(subset="start")):
        kpi = KPIS.get(str(one.kpi))
        for function in _functions(str(one.function), kpi):
            if function in BY_KEY:
                found.append(
                    Start(
                        str(one.initiative),
                        function,
                        tuple(teams_of(str(one.teams))),
                        one.start,
                        one.end if pd.notna(one.end) else None,
                        kpi is not None and moves_cost(BY_KEY[function], kpi),
                        kpi is not None and kpi.price is not None,
                    )
                )
    return found


def moves_cost(function: BusinessFunction, kpi: Kpi) -> bool:
    """Return whether a KPI speaks of the function's cost: is a cost, or priced by it."""
    if function.cost is None:
        return False
    if kpi.price is not None:
        return kpi.price[0] == function.cost
    money = MEASURES[measures_in(kpi.numerator)[0]].unit.kind is UnitKind.MONEY
    return money and kpi.better is Better.LOWER


def _functions(own: str, kpi: Kpi | None) -> list[str]:
    """Return the functions whose cost a KPI adds up; its own where it adds up none."""
    if kpi is None or KPI_OWNER.get(kpi.key) != own:
        return [own]
    costs = {function.cost: function.key for function in BY_KEY.values() if function.cost}
    over = [costs[term] for term in kpi.numerator if term in costs]
    return over if kpi.better is Better.LOWER and len(over) > 1 else [own]


def _parts(function: BusinessFunction, initiatives: pd.DataFrame) -> list[str]:
    """Return cost measures of the KPIs in use, for when the whole cost was not given."""
    kpis = initiatives.loc[initiatives["function"] == function.key, "kpi"]
    named = [KPIS[key] for key in kpis if key in KPIS]
    return [kpi.numerator[0] for kpi in named if kpi.price is None and moves_cost(function, kpi)]


def cost_pool(
    given: Arranged, function: BusinessFunction, measure: str, initiatives: pd.DataFrame
) -> CostPool | None:
    """Return a function's cost by month and team with its demand; None where there is none."""
    begun = initiatives.loc[initiatives["function"] == function.key, "start"].min()
    block = given.block(function)
    if measure not in block.measures:
        return None
    cells = block.level(None, ALL)
    if not len(cells.teams) or not np.isfinite(_final(cells, measure)).any():
        cells = block.level(ALL, ALL)
    cost = _final(cells, measure)
    cost = np.where(cost > 0, cost, np.nan)
    teams = np.isfinite(cost).any(axis=0)
    months = np.flatnonzero(np.isfinite(cost).any(axis=1))
    if not len(months):
        return None
    span = slice(months[0], months[-1] + 1)
    quantity = None
    if function.quantity and function.quantity in block.measures:
        quantity = _final(cells, function.quantity)
    demand, driver = _demand(block, cells, function, quantity, begun)
    return CostPool(
        function.key,
        measure,
        block.months[span],
        tuple(np.array(cells.teams, object)[teams]),
        cost[span][:, teams],
        demand[span][:, teams],
        None if quantity is None or function.wanted else quantity[span][:, teams],
        driver,
    )


def _final(cells: KpiCells, measure: str) -> np.ndarray:
    """Return a measure by month and team, NaN where it is missing or may still move."""
    value, _, why = cells.terms((measure,))
    reasons = np.array(cells.block.reasons, dtype=object)[why]
    return np.where(np.isin(reasons, PROVISIONAL), np.nan, value).T


def _demand(
    block,
    cells: KpiCells,
    function: BusinessFunction,
    quantity: np.ndarray | None,
    begun: pd.Timestamp,
) -> tuple[np.ndarray, str]:
    """Return demand by month and team, and the measure that stands for it.

    A driver known by team serves as it is. One known for the company only is given to teams by
    their share of the quantity in the twelve months before the first start, and kept. An output
    that is wanted is its own demand: the saving is at the same output.
    """
    shape = (len(block.months), len(cells.teams))
    if function.wanted and quantity is not None and _is_complete(quantity):
        return np.where(quantity > 0, quantity, np.nan), str(function.quantity)
    for driver in function.drivers:
        if driver not in block.measures:
            continue
        own = _final(cells, driver)
        if _is_complete(own):
            return np.where(own > 0, own, np.nan), driver
        whole = _final(block.level(ALL, ALL), driver)
        if _is_complete(whole):
            whole = np.where(whole > 0, whole, np.nan)[:, 0]
            return whole[:, None] * _shares(block.months, quantity, shape, begun), driver
    return np.ones(shape), ""


def _is_complete(values: np.ndarray) -> bool:
    """Return whether every team has a value in almost every month."""
    known = (np.isfinite(values) & (values > 0)).mean(axis=0)
    return bool(len(known) and (known >= 0.9).all())


def _shares(
    months: pd.DatetimeIndex,
    quantity: np.ndarray | None,
    shape: tuple[int, int],
    begun: pd.Timestamp,
) -> np.ndarray:
    if quantity is None:
        return np.full(shape[1], 1 / shape[1])
    before = np.flatnonzero(months < begun)[-YEAR:]
    total = np.nansum(quantity[before], axis=0) if len(before) else np.zeros(shape[1])
    return total / total.sum() if (total > 0).all() else np.full(shape[1], 1 / shape[1])
