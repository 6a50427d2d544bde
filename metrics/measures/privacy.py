"""No figure about fewer than five people: which groups of a survey are not shown.

Answers are summed before anything is hidden, so a function's total counts every answer. A group
under five is hidden, and with it as many others, the smallest first, that what a reader can work
out by subtracting the shown groups from the total speaks for at least five as well (complementary
suppression; L. Willenborg and T. de Waal, Elements of Statistical Disclosure Control, 2001, §6).
Periods of a group are sums of months that are shown, so they give nothing more away.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from metrics.functions import KPIS
from metrics.model import Kpi

SMALLEST_GROUP = 5
GROUP_UNDER_FIVE = "group_under_five"

OF_PEOPLE: tuple[Kpi, ...] = tuple(kpi for kpi in KPIS.values() if kpi.of_people)
ANSWERS: frozenset[str] = frozenset(key for kpi in OF_PEOPLE for key in kpi.measures)
"""Measures that count people or what they answered."""


def hidden_groups(n: np.ndarray, total: np.ndarray | None = None) -> np.ndarray:
    """Say which groups are not shown.

    Parameters
    ----------
    n : numpy.ndarray
        Answers, group × month; NaN where unknown, which hides the group.
    total : numpy.ndarray, optional
        Answers of all groups together by month, where that is shown as well; a total above the
        groups' sum speaks for a further group that nobody named.

    Returns
    -------
    numpy.ndarray of bool
        Same shape as ``n``. A group without answers is not hidden.
    """
    known = np.nan_to_num(n)
    found = (known > 0) & (known < SMALLEST_GROUP) | np.isnan(n)
    if total is None:
        return found
    whole = np.maximum(np.nan_to_num(total), known.sum(axis=0))
    while True:
        rest = whole - np.where(found, 0.0, known).sum(axis=0)
        still = ~found & (known > 0)
        # The tolerance is for sums of fractions; answers are whole numbers.
        exposed = (rest > 1e-9) & (rest < SMALLEST_GROUP) & still.any(axis=0)
        if not exposed.any():
            return found
        smallest = np.where(still, known, np.inf).argmin(axis=0)
        found[smallest[exposed], np.flatnonzero(exposed)] = True


def countable_months(
    n: np.ndarray, hides: np.ndarray, windows: Sequence[np.ndarray], whole: bool
) -> np.ndarray:
    """Say which positions of equally long periods count when their months are summed.

    Of a group those whose month is shown in each period. Of a whole function all, if what is not
    shown in a period holds no answers or at least five: otherwise subtracting the months that are
    shown would tell it.

    Parameters
    ----------
    n, hides : numpy.ndarray
        Answers by month, and whether the month is hidden.
    windows : sequence of numpy.ndarray
        Positions of the months of each period.
    """
    withheld = [np.where(hides[w], np.nan_to_num(n[w]), 0.0).sum() for w in windows]
    if whole and all(each == 0 or each >= SMALLEST_GROUP for each in withheld):
        return np.ones(len(windows[0]), bool)
    return ~np.logical_or.reduce([hides[w] for w in windows])


def answers(kpi: Kpi, measures: tuple[str, ...], value: np.ndarray) -> np.ndarray:
    """Answers behind a KPI by cell and month (``value`` is measure × cell × month).

    NaN where a class of them is unknown.
    """
    rows = [
        value[measures.index(k)] if k in measures else value[0] * np.nan for k in kpi.denominator
    ]
    return np.sum(rows, axis=0)


def masks(
    measures: tuple[str, ...], value: np.ndarray, whole: np.ndarray | None
) -> tuple[dict[str, np.ndarray], dict[str, tuple[np.ndarray, np.ndarray]]]:
    """Return which cells × months are hidden of each KPI of people, and of each measure.

    Parameters
    ----------
    measures : tuple of str
        First axis of ``value``.
    value : numpy.ndarray
        measure × cell × month.
    whole : numpy.ndarray or None
        The same of all cells together, where ``value`` are its parts along one axis.

    Returns
    -------
    tuple of dict
        A measure is hidden where every KPI of people that reads it is; beside it, where that is
        for want of answers, and not because a class of them is unknown.
    """
    by_kpi, known = {}, {}
    for kpi in OF_PEOPLE:
        if ANSWERS.intersection(kpi.measures, measures):
            total = None if whole is None else answers(kpi, measures, whole)[0]
            n = answers(kpi, measures, value)
            by_kpi[kpi.key], known[kpi.key] = hidden_groups(n, total), ~np.isnan(n)
    by_measure = {}
    for key in ANSWERS.intersection(measures):
        of = [kpi.key for kpi in OF_PEOPLE if key in kpi.measures]
        hide = np.logical_and.reduce([by_kpi[each] for each in of])
        by_measure[key] = hide, hide & np.logical_or.reduce([known[each] for each in of])
    return by_kpi, by_measure


def listable_rows(observations: pd.DataFrame) -> pd.DataFrame:
    """Return observations as they may be listed row by row.

    In a month in which any listed group of a survey is under five, none of its rows is shown:
    value NaN, reason ``group_under_five``. Nothing else is changed.
    """
    rows = observations[observations["measure"].isin(ANSWERS)]
    if rows.empty:
        return observations
    group = ["function", "team", "item", "constituency", "month"]
    found = pd.Series(data=False, index=rows.index)
    for kpi in OF_PEOPLE:
        mine = rows[rows["measure"].isin(kpi.measures)]
        if mine.empty:
            continue
        base = mine["value"].where(mine["measure"].isin(kpi.denominator), 0.0)
        n = base.groupby([mine[c] for c in group]).transform("sum")
        few = (n > 0) & (n < SMALLEST_GROUP)
        with_few = few.groupby([mine["function"], mine["month"]]).transform("any")
        found |= with_few.reindex(rows.index, fill_value=False)
    result = observations.copy()
    places = found.index[found]
    result.loc[places, "value"] = np.nan
    result.loc[places, "reason"] = GROUP_UNDER_FIVE
    return result
