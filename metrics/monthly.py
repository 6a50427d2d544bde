"""Measures of a function as monthly columns, final months only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from metrics.frames import PROVISIONAL
from metrics.functions import BY_KEY
from metrics.kpis import Arranged, block
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


def last_year(table: pd.DataFrame, months: int = 12) -> pd.DataFrame:
    """Return the last ``months`` calendar months in which anything is known."""
    known = table.dropna(how="all")
    if known.empty:
        return known
    return known[known.index > known.index.max() - pd.DateOffset(months=months)]
