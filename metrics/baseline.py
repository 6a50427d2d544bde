"""Now against then: which months are compared, what changed, and what was saved.

Two periods of the same calendar months are compared, so that seasons cancel. The interval of a
change comes from the month-by-month differences: their spread, widened for autocorrelation, is
what the company's own records say about noise. It describes change, not cause.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import t as student

from metrics.errors import NotEnoughData
from metrics.frames import CHANGES, PROVISIONAL, SAVINGS
from metrics.functions import BY_KEY
from metrics.kpis import Block, Level, block, over_period
from metrics.model import ALL, Better, BusinessFunction, Kpi
from metrics.savings import PARTS, RateVolumeMix, rate_volume_mix


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
    runs = [
        i for i in range(len(final) - length + 1) if final[i : i + length].all()
    ]  # first positions of complete runs
    if not runs:
        raise NotEnoughData(int(final.sum()), 2 * length, "months", "two_periods_needed")
    last = runs[-1]
    earlier = [i for i in runs if i + length <= last and (last - i) % 12 == 0]
    if not earlier:
        raise NotEnoughData(int(final.sum()), 2 * length, "months", "two_periods_needed")
    untouched = [i for i in earlier if starts_before is not None and i + length <= starts_before]
    first = max(untouched) if untouched else min(earlier)
    return Periods(np.arange(first, first + length), np.arange(last, last + length))


def interval(differences: np.ndarray, total: float, level: float) -> tuple[float, float]:
    """Return the interval of a sum of month-by-month differences.

    Student's t on the monthly spread; the variance is multiplied by (1 + r) / (1 − r) with r the
    lag-one autocorrelation of the differences (never below 0), and the degrees of freedom shrink
    by the same factor (Box, Jenkins & Reinsel, Time Series Analysis, §2.1). NaN without spread:
    numbers that never vary say nothing about noise.
    """
    n = len(differences)
    centred = differences - differences.mean()
    spread = float(centred @ centred)
    if n < 3 or spread <= 1e-20 * float(differences @ differences):
        return np.nan, np.nan
    # The sample autocorrelation of a short series is too low by about (1 + 4r) / n (Kendall 1954).
    raw = float(centred[1:] @ centred[:-1]) / spread
    r = min(max(raw + (1 + 4 * max(raw, 0)) / n, 0.0), 0.9)
    inflation = (1 + r) / (1 - r)
    error = np.sqrt(n * spread / (n - 1) * inflation)
    quantile = student.ppf(0.5 + level / 200, max((n - 1) / inflation, 1.0))
    return total - quantile * error, total + quantile * error


def changes(
    observations: pd.DataFrame, starts: dict[str, pd.Timestamp], length: int, level: float
) -> pd.DataFrame:
    """Compare every KPI of every function and team with its baseline period.

    Parameters
    ----------
    observations : pandas.DataFrame
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
        when the interval excludes zero, otherwise ``not shown``; ``cannot tell`` with a reason
        where two comparable periods do not exist.
    """
    rows = []
    for function in BY_KEY.values():
        if not (observations["function"] == function.key).any():
            continue
        arranged = block(observations, function)
        for team in (ALL, None):
            cells = arranged.level(team, ALL)
            for kpi in function.kpis:
                rows += _kpi_changes(cells, kpi, function, starts.get(function.key), length, level)
    return CHANGES.conform(pd.DataFrame(rows)) if rows else CHANGES.empty()


def _kpi_changes(
    cells: Level, kpi: Kpi, function: BusinessFunction, start: pd.Timestamp | None,
    length: int, level: float,
) -> list[dict]:  # fmt: skip
    months = cells.block.months
    before = int(months.searchsorted(start)) if start is not None else None
    top, given, why_top = cells.terms(kpi.numerator)
    bottom, _, why_bottom = cells.terms(kpi.denominator)
    final = _final(cells.block, top, bottom, np.maximum(why_top, why_bottom))
    rows = []
    for cell, team in enumerate(cells.teams):
        if not given[cell].any():
            continue
        row = {"function": function.key, "team": team, "kpi": kpi.key, "level": level}
        try:
            chosen = periods(final[cell], length, before)
        except NotEnoughData as short:
            known = np.flatnonzero(final[cell])[-length:]
            rows.append(row | {
                "verdict": "cannot tell", "reason": short.code, "current_months": len(known),
                "current_start": months[known[0]] if len(known) else pd.NaT,
                "current": _period_value(cells, cell, kpi, known) if len(known) else np.nan,
            })  # fmt: skip
            continue
        rows.append(row | _compare(cells, cell, kpi, chosen, level) | {
            "baseline_start": months[chosen.baseline[0]], "baseline_months": length,
            "current_start": months[chosen.current[0]], "current_months": length,
        })  # fmt: skip
    return rows


def _final(arranged: Block, top: np.ndarray, bottom: np.ndarray, why: np.ndarray) -> np.ndarray:
    moving = np.isin(np.array(arranged.reasons, dtype=object)[why], PROVISIONAL)
    return ~np.isnan(top) & ~np.isnan(bottom) & (bottom > 0) & ~moving


def _period_value(cells: Level, cell: int, kpi: Kpi, window: np.ndarray) -> float:
    """KPI over a period: measures added by their own rule, divided last; NaN if not positive."""

    def total(terms: tuple[str, ...]) -> float:
        result = 0.0
        for term in terms:
            key = term.lstrip("-")
            values = cells.value[cells.block.measures.index(key), cell, window]
            result += (-1 if term.startswith("-") else 1) * float(over_period(values, key))
        return result

    bottom = total(kpi.denominator)
    return total(kpi.numerator) / bottom * kpi.scale if bottom > 0 else float("nan")


def _compare(cells: Level, cell: int, kpi: Kpi, chosen: Periods, level: float) -> dict:
    value, residual = {}, {}
    for name, window in (("baseline", chosen.baseline), ("current", chosen.current)):
        value[name] = _period_value(cells, cell, kpi, window)
        if np.isnan(value[name]):
            return {"verdict": "cannot tell", "reason": "denominator_not_positive"}
        monthly_top, monthly_bottom = (
            cells.terms(terms)[0][cell, window] for terms in (kpi.numerator, kpi.denominator)
        )
        # Linearised ratio: each month's share of the period's error (Cochran, Sampling
        # Techniques, 6.4). The monthly ratio keeps stocks and flows on one footing.
        ratio = monthly_top.sum() / monthly_bottom.sum()
        weight = value[name] / ratio if ratio else kpi.scale
        residual[name] = (monthly_top - ratio * monthly_bottom) / monthly_bottom.sum() * weight
    change = value["current"] - value["baseline"]
    low, high = interval(residual["current"] - residual["baseline"], change, level)
    told = verdict(change, low, high, kpi.better)
    return {**value, "change": change, "low": low, "high": high, "verdict": told,
            "reason": "no_spread" if told == "cannot tell" else ""}  # fmt: skip


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
    observations: pd.DataFrame, function: BusinessFunction, start: pd.Timestamp | None,
    length: int, level: float,
) -> FunctionSaving:  # fmt: skip
    """Return the volume-adjusted saving of a function's cost KPI.

    Saving = baseline cost × demand ÷ baseline demand − actual cost, month by calendar month
    (domain §4.2), with the demand driver of the function's headline cost KPI. Before and after,
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
    # A baseline of two years gives each calendar month the mean of its two values.
    by_calendar = [
        base_cost[np.arange(length) % 12 == m].mean()
        / base_driver[np.arange(length) % 12 == m].mean()
        for m in range(12)
    ]
    expected = np.array(by_calendar)[calendar] * driver[0][0]
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
    amounts = {"baseline": base, "actual": actual, **parts,
               "saving": total, "low": low, "high": high}  # fmt: skip
    row = {
        "function": function.key, "team": ALL, "kpi": kpi.key, "month": now[0],
        "driver": kpi.driver, **{n: v * 12 / length for n, v in amounts.items()},
        "level": level, "grade": "C", "cash": "cashable",
        "reason": "" if split else "teams_incomplete",
    }  # fmt: skip
    return FunctionSaving(row, split, monthly, differences)


def _split(
    arranged: Block,
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
