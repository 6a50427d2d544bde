"""Now against then: which months are compared, what changed, and what was saved.

Two periods of the same calendar months are compared, so that seasons cancel. The interval of a
change comes from the month-by-month differences: their spread, widened for autocorrelation, is
what the company's own records say about noise. It describes change, not cause.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import scipy
from numpy.typing import ArrayLike

from metrics.errors import NotEnoughData
from metrics.frames import CHANGES, PROVISIONAL, SAVINGS
from metrics.functions import BY_KEY
from metrics.measures.discoveries import chance, control_false_discoveries, standard_error
from metrics.measures.kpis import (
    Arranged,
    KpiCells,
    ObservationBlock,
    arrange,
    block,
)
from metrics.measures.privacy import GROUP_UNDER_FIVE, countable_months
from metrics.measures.savings import PARTS, RateVolumeMix, price_index, rate_volume_mix
from metrics.measures.terms import divide, over_period
from metrics.model import ALL, Better, BusinessFunction, Kpi, measures_in

Bounds = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Periods:
    """Positions of baseline and current months on a block's month axis, in calendar pairs."""

    baseline: np.ndarray
    current: np.ndarray


def periods(final: np.ndarray, length: int, starts_before: int | None = None) -> Periods:
    """Choose the months to compare.

    The current period is the last ``length`` final months in a row. The baseline is the latest
    run of the same calendar months that ends before the first initiative and has every month;
    without initiatives, or with none that early, it is the earliest such run.

    Parameters
    ----------
    final : numpy.ndarray of bool
        For each month in calendar order: is the value there and no longer moving?
    length : int
        A whole number of years in months.
    starts_before : int, optional
        Position of the month in which the first initiative started.

    Raises
    ------
    NotEnoughData
        Fewer than two non-overlapping runs of ``length`` months.
    """
    months_before = np.concatenate([[0], np.cumsum(final)])
    complete = months_before[length:] - months_before[:-length] == length
    runs = [int(first) for first in np.flatnonzero(complete)]
    if not runs:
        raise NotEnoughData(int(final.sum()), 2 * length, "months", "two_periods_needed")
    last = runs[-1]
    earlier = [i for i in runs if i + length <= last and (last - i) % 12 == 0]
    if not earlier:
        raise NotEnoughData(int(final.sum()), 2 * length, "months", "two_periods_needed")
    untouched = [i for i in earlier if starts_before is not None and i + length <= starts_before]
    first = max(untouched) if untouched else min(earlier)
    return Periods(np.arange(first, first + length), np.arange(last, last + length))


def interval(differences: np.ndarray, total: ArrayLike, level: float) -> Bounds:
    """Return the interval of a sum of month-by-month differences.

    Student's t on the monthly spread; the variance is multiplied by (1 + r) / (1 − r) with r the
    lag-one autocorrelation of the differences (never below 0), and the degrees of freedom shrink
    by the same factor (Box, Jenkins & Reinsel, Time Series Analysis, §2.1). NaN without spread:
    numbers that never vary say nothing about noise.

    Parameters
    ----------
    differences : numpy.ndarray
        Months on the last axis; further axes are series of their own.
    total : float or array
        The sum (or whatever they add up to) of each series.
    """
    error, freedom = standard_error(differences, 0.0)
    half = scipy.special.stdtrit(freedom, 0.5 + level / 200) * error
    return total - half, total + half


def changes(
    observations: pd.DataFrame | Arranged,
    starts: dict[str, pd.Timestamp],
    length: int,
    level: float,
) -> pd.DataFrame:
    """Compare every KPI of every function and team with its baseline period.

    Parameters
    ----------
    observations : pandas.DataFrame or Arranged
    starts : dict
        Function → month of its first initiative, where there is one.
    length : int
        Months in each period.
    level : float
        Interval level in per cent.

    Returns
    -------
    pandas.DataFrame
        Frame ``changes``. ``verdict`` is ``better`` or ``worse`` (``changed`` for band KPIs) only
        when the interval excludes zero and at most one in twenty of those called so can be chance,
        otherwise ``not shown``; ``cannot tell`` with a reason
        where two comparable periods do not exist.
    """
    given = observations if isinstance(observations, Arranged) else arrange(observations)
    pieces = []
    for function in BY_KEY.values():
        if function.key not in given.functions:
            continue
        arranged = given.block(function)
        before = starts.get(function.key)
        for team in (ALL, None):
            cells = arranged.level(team, ALL)
            for kpi in function.kpis:
                pieces.append(_kpi_changes(cells, kpi, function, before, length, level))
    if not pieces:
        return CHANGES.empty()
    table = pd.DataFrame({name: np.concatenate([p[name] for p in pieces]) for name in pieces[0]})
    return CHANGES.conform(control_false_discoveries(table))


def _kpi_changes(
    cells: KpiCells,
    kpi: Kpi,
    function: BusinessFunction,
    start: pd.Timestamp | None,
    length: int,
    level: float,
) -> dict[str, np.ndarray]:
    """Compare one KPI in every cell; cells with the same months are taken together."""
    own = {measure.key for measure in function.measures}
    terms = tuple(own.intersection(measures_in(kpi.numerator))) or kpi.numerator
    shown = np.flatnonzero(cells.terms(terms)[1].any(axis=1))
    top, _, why_top = cells.terms(kpi.numerator, raw=True)
    bottom, _, why_bottom = cells.terms(kpi.denominator, raw=True)
    final = _final(cells.block, top, bottom, np.maximum(why_top, why_bottom))
    hides = cells.hidden.get(kpi.key, np.zeros_like(final))
    months = cells.block.months
    before = int(months.searchsorted(start)) if start is not None else None
    alike: dict[bytes, list[int]] = {}
    for place, cell in enumerate(shown):
        alike.setdefault(final[cell].tobytes() + hides[cell].tobytes(), []).append(place)
    columns = {
        name: np.full(len(shown), blank, dtype) for name, (blank, dtype) in _BLANK.items()
    } | {
        "function": np.full(len(shown), function.key, object),
        "team": np.array(cells.teams, object)[shown],
        "kpi": np.full(len(shown), kpi.key, object),
        "level": np.full(len(shown), level),
    }
    for places in alike.values():
        these = shown[places]
        first, whole = these[0], cells.teams == (ALL,)
        counts = partial(countable_months, bottom[first], hides[first], whole=whole)
        found = _compare_cells(
            cells, kpi, these, (top, bottom), final[first], counts, before, length, level
        )
        for name, values in found.items():
            columns[name][places] = values
    return columns


_BLANK: dict[str, tuple[object, object]] = {
    **dict.fromkeys(("baseline_start", "current_start"), (np.datetime64("NaT"), "datetime64[us]")),
    **dict.fromkeys(
        ("baseline_months", "current_months", "baseline", "current", "change", "low", "high", "p"),
        (np.nan, float),
    ),
    **dict.fromkeys(("verdict", "reason"), ("", object)),
}
"""Columns of ``changes`` before anything is known: value and type."""


def _compare_cells(
    cells: KpiCells,
    kpi: Kpi,
    these: np.ndarray,
    terms: tuple[np.ndarray, np.ndarray],
    final: np.ndarray,
    counts: Callable[[tuple], np.ndarray],
    before: int | None,
    length: int,
    level: float,
) -> dict:
    """Return the columns of ``changes`` for cells whose final months are the same."""
    months = cells.block.months.to_numpy()
    try:
        chosen = periods(final, length, before)
    except NotEnoughData as short:
        known = np.flatnonzero(final)[-length:]
        known = known[counts((known,))]
        return {
            "verdict": "cannot tell",
            "reason": short.code,
            "current_months": len(known),
            "current_start": months[known[0]] if len(known) else np.datetime64("NaT"),
            "current": _period_value(cells, these, kpi, known) if len(known) else np.nan,
        }
    # The same calendar months on both sides, so that seasons still cancel.
    both = counts((chosen.baseline, chosen.current))
    about = {
        "baseline_start": months[chosen.baseline[0]],
        "baseline_months": int(both.sum()),
        "current_start": months[chosen.current[0]],
        "current_months": int(both.sum()),
    }
    if not both.any():
        return about | {"verdict": "cannot tell", "reason": GROUP_UNDER_FIVE}
    chosen = Periods(chosen.baseline[both], chosen.current[both])
    return _compare(cells, these, kpi, chosen, terms, level) | about


def _final(
    arranged: ObservationBlock, top: np.ndarray, bottom: np.ndarray, why: np.ndarray
) -> np.ndarray:
    moving = np.array([reason in PROVISIONAL for reason in arranged.reasons])[why]
    return ~np.isnan(top) & ~np.isnan(bottom) & (bottom > 0) & ~moving


def _period_value(cells: KpiCells, these: np.ndarray, kpi: Kpi, window: np.ndarray) -> np.ndarray:
    """KPI over a period: measures added by their own rule, divided last; NaN if not positive."""

    def added(measure: str) -> np.ndarray:
        values = cells.raw[cells.block.measures.index(measure)][these][:, window]
        return over_period(values, measure)

    return divide(kpi, added)


def _compare(
    cells: KpiCells,
    these: np.ndarray,
    kpi: Kpi,
    chosen: Periods,
    terms: tuple[np.ndarray, np.ndarray],
    level: float,
) -> dict[str, np.ndarray]:
    value, residual = {}, {}
    for name, window in (("baseline", chosen.baseline), ("current", chosen.current)):
        value[name] = _period_value(cells, these, kpi, window)
        top, bottom = (term[these][:, window] for term in terms)
        # Linearised ratio: each month's share of the period's error (Cochran, Sampling
        # Techniques, 6.4). The monthly ratio keeps stocks and flows on one footing.
        ratio = (top.sum(axis=1) / bottom.sum(axis=1))[:, None]
        weight = np.where(
            ratio == 0, kpi.scale, value[name][:, None] / np.where(ratio == 0, 1, ratio)
        )
        residual[name] = (top - ratio * bottom) / bottom.sum(axis=1)[:, None] * weight
    change = value["current"] - value["baseline"]
    differences = residual["current"] - residual["baseline"]
    low, high = interval(differences, change, level)
    told = np.array([verdict(*row, kpi.better) for row in zip(change, low, high, strict=True)])
    reason = np.where(told == "cannot tell", "no_spread", "")
    unknown = np.isnan(change)
    return {
        **value,
        "change": change,
        "low": low,
        "high": high,
        "p": chance(differences, change),
        "verdict": np.where(unknown, "cannot tell", told),
        "reason": np.where(unknown, "denominator_not_positive", reason),
    }


def verdict(change: float, low: float, high: float, better: Better) -> str:
    """Say whether a change is shown, and whether it is for the better."""
    if np.isnan(low):
        return "not shown" if change == 0 else "cannot tell"
    if low <= 0 <= high:
        return "not shown"
    if better is Better.BAND:
        return "changed"
    return "better" if (change > 0) == (better is Better.HIGHER) else "worse"


@dataclass(frozen=True)
class FunctionSaving:
    """What one function saved over the current period, against its baseline.

    Attributes
    ----------
    row : dict
        One row of frame ``savings``; amounts are a year's, however long the periods.
    split : RateVolumeMix or None
        The change in cost over the periods taken apart over teams.
    monthly : pandas.Series
        Saving of each final month since the baseline began, by month.
    differences : numpy.ndarray
        Saving of each current month against its own baseline month: what the interval rests on.
    """

    row: dict
    split: RateVolumeMix | None
    monthly: pd.Series
    differences: np.ndarray


def saving(
    observations: pd.DataFrame,
    function: BusinessFunction,
    start: pd.Timestamp | None,
    length: int,
    level: float,
) -> FunctionSaving:
    """Return the volume-adjusted saving of a function's cost KPI.

    Saving = baseline cost × demand ÷ baseline demand − actual cost, month by calendar month
    (domain §4.2), with the demand driver of the function's headline cost KPI. Where the company
    gives a price index, the baseline cost is lifted by it first. Before and after,
    volume-adjusted: evidence grade C.

    Raises
    ------
    NotEnoughData
        Cost or driver not known over two comparable periods.
    """
    kpi = function.kpi(function.headline)
    arranged = block(observations, function)
    whole = arranged.level(ALL, ALL)
    if kpi.driver not in arranged.measures:
        raise NotEnoughData(0, 2 * length, "months", "driver_missing")
    cost, driver = (whole.terms((key,)) for key in (str(function.cost), str(kpi.driver)))
    final = _final(arranged, cost[0], driver[0], np.maximum(cost[2], driver[2]))[0]
    before = int(arranged.months.searchsorted(start)) if start is not None else None
    chosen = periods(final, length, before)
    base_cost, base_driver = cost[0][0, chosen.baseline], driver[0][0, chosen.baseline]
    calendar = (np.arange(len(arranged.months)) - chosen.baseline[0]) % 12
    prices = price_index(observations, arranged.months)
    base_prices = prices[chosen.baseline]
    # A baseline of two years gives each calendar month the mean of its two values.
    by_calendar = [
        base_cost[np.arange(length) % 12 == m].mean()
        / base_driver[np.arange(length) % 12 == m].mean()
        / base_prices[np.arange(length) % 12 == m].mean()
        for m in range(12)
    ]
    in_base_prices = np.array(by_calendar)[calendar] * driver[0][0]
    expected = in_base_prices * prices
    monthly = pd.Series(expected - cost[0][0], index=arranged.months)[final]
    monthly = monthly[arranged.months[chosen.baseline[0]] :]
    now = arranged.months[chosen.current]
    # Baseline months deviate from their own mean in a baseline of two years, else they are zero.
    around = monthly[arranged.months[chosen.baseline]].to_numpy()
    differences = monthly[now].to_numpy() - around
    total = float(monthly[now].sum())
    low, high = interval(differences, total, level)
    base, actual = float(base_cost.sum()), float(cost[0][0, chosen.current].sum())
    split = _split(arranged, function, kpi, chosen, (base, actual))
    parts = {n: getattr(split, n) if split else np.nan for n in PARTS}
    at_base = np.array([base_prices[np.arange(length) % 12 == m].mean() for m in range(12)])
    lifted = in_base_prices * (prices - at_base[calendar])
    amounts = {
        "baseline": base,
        "actual": actual,
        **parts,
        "inflation": float(lifted[chosen.current].sum()),
        "saving": total,
        "low": low,
        "high": high,
    }
    row = {
        "function": function.key,
        "team": ALL,
        "kpi": kpi.key,
        "month": now[0],
        "driver": kpi.driver,
        **{n: v * 12 / length for n, v in amounts.items()},
        "level": level,
        "grade": "C",
        "cash": "cashable",
        "reason": "" if split else "teams_incomplete",
    }
    return FunctionSaving(row, split, monthly, differences)


def _split(
    arranged: ObservationBlock,
    function: BusinessFunction,
    kpi: Kpi,
    chosen: Periods,
    totals: tuple[float, float],
) -> RateVolumeMix | None:
    """Take the change in cost apart over teams; None where they do not add up to ``totals``."""
    cells = arranged.level(None, ALL)
    cost, cost_given, _ = cells.terms((str(function.cost),))
    volume, volume_given, _ = cells.terms(kpi.denominator)
    cost, volume = np.where(cost_given, cost, 0.0), np.where(volume_given, volume, 0.0)
    rows = []
    for cell, team in enumerate(cells.teams):
        row: list = [team]
        for window in (chosen.baseline, chosen.current):
            amount, quantity = cost[cell, window].sum(), volume[cell, window].sum()
            there = quantity > 0
            row += [quantity, amount / quantity] if there else [np.nan, np.nan]
        rows.append(row)
    items = pd.DataFrame(
        rows, columns=["item", "base_quantity", "base_unit_cost", "quantity", "unit_cost"]
    )
    if items.drop(columns="item").isna().all(axis=None):
        return None
    split = rate_volume_mix(items)
    whole = np.allclose(split.items[["base_cost", "cost"]].sum(), totals, rtol=1e-9, atol=0.005)
    return split if whole and not np.isnan(split.mix) else None


__all__ = ["SAVINGS", "FunctionSaving", "Periods", "changes", "interval", "periods", "saving"]
