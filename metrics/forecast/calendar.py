"""Periods as whole steps: months, quarters, weeks, days of a year's length, or plain integers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from metrics.errors import InvalidInput

SEASONS = {"M": 12, "Q": 4, "W": 52, "integer": 12}


@dataclass(frozen=True)
class Steps:
    """Positions of a series' periods on a line of equal steps.

    Parameters
    ----------
    positions : numpy.ndarray
        Integer step of each entry, not necessarily ascending.
    season : int
        Steps per yearly cycle.
    at : callable
        Step positions back to an index of the caller's own kind.
    """

    positions: np.ndarray
    season: int
    at: Callable[[np.ndarray], pd.Index]


def steps_of(index: pd.Index, season: int | None = None) -> Steps:
    """Read an index of months, quarters or weeks (timestamps or periods), or of integers.

    Raises
    ------
    InvalidInput
        ``unknown_period`` when the index is none of these, ``invalid_season`` below 1.
    """
    if season is not None and season < 1:
        raise InvalidInput("invalid_season", season=season)
    if isinstance(index, pd.DatetimeIndex):
        return _timestamps(index, season)
    if isinstance(index, pd.PeriodIndex):
        frequency = index.freqstr
        kind = frequency[0]
        if kind not in SEASONS:
            raise InvalidInput("unknown_period", example=str(index[0]))
        ordinals = index.asi8
        return Steps(
            ordinals,
            season or SEASONS[kind],
            lambda at: pd.PeriodIndex.from_ordinals(at, freq=frequency, name=index.name),
        )
    if pd.api.types.is_integer_dtype(index.dtype):
        return Steps(
            index.to_numpy(int),
            season or SEASONS["integer"],
            lambda at: pd.Index(np.asarray(at, dtype=int), name=index.name),
        )
    raise InvalidInput("unknown_period", example=str(index[0]) if len(index) else "")


def months_of(index: pd.Index) -> np.ndarray | None:
    """12 × year + month (January 0) of consecutive months, None for any other index."""
    if isinstance(index, pd.PeriodIndex):
        known = index.freqstr == "M"
    else:
        known = isinstance(index, pd.DatetimeIndex) and bool((index.day == 1).all())
    if not known:
        return None
    months = index.year.to_numpy() * 12 + index.month.to_numpy() - 1
    return months if (np.diff(months) == 1).all() else None


def _timestamps(index: pd.DatetimeIndex, season: int | None) -> Steps:
    """Month starts, quarter starts (three months apart) or days a multiple of a week apart."""
    if index.hasnans:
        raise InvalidInput("unknown_period", example="NaT")
    if (index.day == 1).all():
        months = index.year.to_numpy() * 12 + index.month.to_numpy() - 1
        apart = int(np.gcd.reduce(np.diff(np.unique(months)))) if len(set(months)) > 1 else 1
        width = 3 if apart % 3 == 0 and season in (None, 4) else 1
        offset = int(months[0]) % width

        def month_starts(at: np.ndarray) -> pd.Index:
            month = np.asarray(at) * width + offset
            stamps = [pd.Timestamp(int(m) // 12, int(m) % 12 + 1, 1) for m in month]
            return pd.DatetimeIndex(stamps, name=index.name)

        return Steps((months - offset) // width, season or (4 if width == 3 else 12), month_starts)
    days = (index - index[0]).days.to_numpy()
    if np.any(days % 7):
        raise InvalidInput("unknown_period", example=str(index[0].date()))
    start = index[0]
    return Steps(
        days // 7,
        season or SEASONS["W"],
        lambda at: pd.DatetimeIndex(
            [start + pd.Timedelta(days=7 * int(s)) for s in at], name=index.name
        ),
    )
