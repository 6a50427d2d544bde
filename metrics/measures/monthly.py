"""Measures of a function as monthly columns, final months only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from metrics.frames import PROVISIONAL
from metrics.functions import BY_KEY, KPI_OWNER, KPIS
from metrics.measures.kpis import Arranged, block
from metrics.measures.privacy import countable_months
from metrics.model import ALL


def monthly(
    observations: pd.DataFrame | Arranged, function: str, measures: Sequence[str]
) -> pd.DataFrame:
    """Return months × measures for the whole function; NaN where missing or still moving.

    Shared measures (``active_customers``, ``promoters`` ...) may be asked for beside its own;
    a measure nobody reported is a column of NaN.
    """
    arranged = block(observations, BY_KEY[function])
    whole = arranged.level(ALL, ALL)
    reasons = np.array(arranged.reasons, dtype=object)
    columns = {}
    for measure in measures:
        columns[measure] = np.full(len(arranged.months), np.nan)
        if measure in arranged.measures and whole.teams:
            value, _, why = whole.terms((measure,))
            moving = np.isin(reasons[why[0]], PROVISIONAL)
            columns[measure] = np.where(moving, np.nan, value[0])
    return pd.DataFrame(columns, index=arranged.months)


def answers(observations: pd.DataFrame | Arranged, kpi: str) -> pd.DataFrame:
    """Return months × answers of a KPI of people for the whole function, and ``hidden``.

    Final months in which every class of answers is known. Months under five are among them: only
    sums of what ``summable`` leaves may be shown.
    """
    wanted = KPIS[kpi]
    arranged = block(observations, BY_KEY[KPI_OWNER[kpi]])
    classes = list(wanted.denominator)
    if not set(classes) <= set(arranged.measures):
        return pd.DataFrame(columns=[*classes, "hidden"])
    whole = arranged.level(ALL, ALL)
    columns = {key: whole.terms((key,), raw=True)[0][0] for key in classes}
    why = whole.terms(wanted.denominator, raw=True)[2][0]
    table = pd.DataFrame(columns, index=arranged.months).assign(hidden=whole.hidden[kpi][0])
    return table[~np.isin(np.array(arranged.reasons, dtype=object)[why], PROVISIONAL)].dropna()


def summable(rows: pd.DataFrame) -> pd.DataFrame:
    """Return those rows of ``answers`` whose sum may be shown, without ``hidden``; none if few."""
    table, hides = rows.drop(columns="hidden"), rows["hidden"].to_numpy(bool)
    n = table.sum(axis=1).to_numpy(dtype=float)
    return table[countable_months(n, hides, (np.arange(len(n)),), whole=True)]


def last_year(table: pd.DataFrame, months: int = 12) -> pd.DataFrame:
    """Return the last ``months`` calendar months in which anything is known."""
    known = table.dropna(how="all")
    if known.empty:
        return known
    return known[known.index > known.index.max() - pd.DateOffset(months=months)]
