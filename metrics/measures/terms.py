"""A KPI's terms: the one place where signed measures are added up and divided.

A term that begins with ``-`` is subtracted. Measures are added over months first, each by its own
rule, and divided last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd

from metrics.functions import KPIS, MEASURES
from metrics.model import Adds, Kpi


def add_terms(terms: Iterable[str], value_of: Callable[[str], Any]) -> Any:
    """Add signed measures.

    Parameters
    ----------
    terms : iterable of str
        Numerator or denominator of a KPI.
    value_of : callable
        Measure, without its sign → number, array or series; missing makes the sum missing.
    """
    total: Any = 0.0
    for term in terms:
        key = term.removeprefix("-")
        total = total + value_of(key) if key == term else total - value_of(key)
    return total


def divide(kpi: Kpi, value_of: Callable[[str], Any]) -> np.ndarray:
    """Return a KPI in its unit from measures already added up; NaN unless the denominator is > 0.

    Parameters
    ----------
    value_of : callable
        Measure, without its sign → number or array.
    """
    top, bottom = (
        np.asarray(add_terms(terms, value_of), dtype=float)
        for terms in (kpi.numerator, kpi.denominator)
    )
    positive = bottom > 0
    return np.where(positive, top / np.where(positive, bottom, 1.0), np.nan) * kpi.scale


def over_period(value: np.ndarray, measure: str) -> np.ndarray:
    """Add a measure over months (last axis) by its own rule: sum, last or mean."""
    adds = MEASURES[measure].adds if measure in MEASURES else Adds.SUM
    if adds is Adds.LAST:
        return value[..., -1]
    return value.mean(axis=-1) if adds is Adds.MEAN else value.sum(axis=-1)


def yearly(kpi: Kpi) -> bool:
    """Say whether a period's value grows with its length: a flow over a stock."""
    return any(MEASURES[m].adds is not Adds.SUM for m in kpi.denominator)


def mean_of_months(values: pd.DataFrame, key: str) -> float:
    """Return a KPI over months as the forecast of several months adds it, in the KPI's unit.

    Numerators over denominators of the months, so that a flow over a stock stays a month's.

    Parameters
    ----------
    values : pandas.DataFrame
        Rows of ``kpi_values`` of this KPI at one level.
    """
    return float(values["numerator"].sum() / values["denominator"].sum() * KPIS[key].scale)
