"""A long table ``series, period, value`` read into series, and its period notation kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from metrics.errors import AttuneError, InvalidInput

COLUMNS = ("series", "period", "value")
_QUARTERS = 4


@dataclass(frozen=True)
class Notation:
    """One way to write periods: what it looks like, how it is read and written back."""

    name: str
    pattern: re.Pattern[str]
    season: int
    read: Callable[[re.Match[str]], pd.Period | int]
    write: Callable[[pd.Period | int], str]


def _week(match: re.Match[str]) -> pd.Period:
    try:
        monday = pd.Timestamp.fromisocalendar(int(match[1]), int(match[2]), 1)
    except ValueError as error:
        raise InvalidInput("unknown_period", example=match[0]) from error
    return pd.Period(monday, freq="W-SUN")


def _week_label(week: pd.Period) -> str:
    year, number, _ = week.start_time.isocalendar()
    return f"{year}-W{number:02d}"


def _month_end(match: re.Match[str]) -> pd.Period:
    month = pd.Period(match[0][:7], freq="M")
    if month.days_in_month != int(match[3]):
        raise InvalidInput("unknown_period", example=match[0])
    return month


_MONTH = r"([1-9]\d{3})-(0[1-9]|1[0-2])"
NOTATIONS: tuple[Notation, ...] = (
    Notation(
        "month",
        re.compile(_MONTH),
        12,
        lambda m: pd.Period(m[0], freq="M"),
        lambda p: p.strftime("%Y-%m"),
    ),
    Notation(
        "month start",
        re.compile(_MONTH + r"-01(?:[T ]00:00(?::00)?)?"),
        12,
        lambda m: pd.Period(m[0][:7], freq="M"),
        lambda p: p.strftime("%Y-%m-01"),
    ),
    Notation(
        "month end",
        re.compile(_MONTH + r"-(2[89]|3[01])"),
        12,
        _month_end,
        lambda p: p.end_time.strftime("%Y-%m-%d"),
    ),
    Notation(
        "month start with points",
        re.compile(r"0?1\.(0?[1-9]|1[0-2])\.([1-9]\d{3})"),
        12,
        lambda m: pd.Period(f"{m[2]}-{int(m[1]):02d}", freq="M"),
        lambda p: p.strftime("01.%m.%Y"),
    ),
    Notation(
        "quarter",
        re.compile(r"([1-9]\d{3})-Q([1-4])"),
        4,
        lambda m: pd.Period(f"{m[1]}Q{m[2]}", freq="Q-DEC"),
        lambda p: f"{p.year}-Q{p.quarter}",
    ),
    Notation(
        "quarter without hyphen",
        re.compile(r"([1-9]\d{3})Q([1-4])"),
        4,
        lambda m: pd.Period(m[0], freq="Q-DEC"),
        lambda p: f"{p.year}Q{p.quarter}",
    ),
    Notation("week", re.compile(r"([1-9]\d{3})-W(\d{2})"), 52, _week, _week_label),
    Notation("step", re.compile(r"[+-]?\d+"), 1, lambda m: int(m[0]), str),
)


@dataclass(frozen=True)
class LongTable:
    """Series of one file.

    Parameters
    ----------
    series : mapping of str to pandas.Series
        Indexed by `pandas.Period` or integer step; NaN where a value is empty.
    refused : mapping of str to AttuneError
        Series that cannot be read, with the reason.
    season : int
        Steps per yearly cycle: the one asked for, else what the notation says; 1 (no seasonal
        claim) for integer steps without one.
    label : callable
        A future period in the notation of the file.
    """

    series: Mapping[str, pd.Series]
    refused: Mapping[str, AttuneError]
    season: int
    label: Callable[[pd.Period | int], str]


def read_long(
    frame: pd.DataFrame, season: int | None = None, today: date | None = None
) -> LongTable:
    """Read a long table whose periods share one notation.

    Months that always lie a quarter apart are quarters.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``series, period, value`` (others are ignored), in any row order.
    season : int, optional
        Steps per cycle.
    today : date, optional
        A series with values of periods that begin after this day is refused.

    Raises
    ------
    InvalidInput
        ``missing_columns``, ``no_rows``, ``invalid_season``, ``unknown_period`` (no period can be
        read) or ``mixed_periods``. Faults of one series are in ``refused``.
    """
    absent = [column for column in COLUMNS if column not in frame.columns]
    if absent:
        raise InvalidInput("missing_columns", columns=tuple(absent))
    if frame.empty:
        raise InvalidInput("no_rows")
    if season is not None and season < 1:
        raise InvalidInput("invalid_season", season=season)
    texts = frame["period"].map(_text)
    notation = _notation(texts)
    series: dict[str, pd.Series] = {}
    refused: dict[str, AttuneError] = {}
    names = frame["series"].map(_text)
    for name, rows in frame.assign(series=names, period=texts).groupby("series", sort=False):
        try:
            series[str(name)] = _parse_series(str(name), rows, notation, today)
        except AttuneError as error:
            refused[str(name)] = error
    place = _place_in_quarter(series) if season in (None, _QUARTERS) else None
    if place is None:
        return LongTable(series, refused, season or notation.season, notation.write)
    quarters = {name: one.set_axis(one.index.asfreq("Q")) for name, one in series.items()}

    def write(quarter: pd.Period | int) -> str:
        return notation.write(quarter.asfreq("M", how="start") + place)

    return LongTable(quarters, refused, _QUARTERS, write)


def _place_in_quarter(series: Mapping[str, pd.Series]) -> int | None:
    """Which month of its quarter (0-2) stands for it, None where periods are no quarters."""
    indices = [one.index for one in series.values() if isinstance(one.index, pd.PeriodIndex)]
    if not indices or indices[0].freqstr != "M":
        return None
    months = np.unique(np.concatenate([index.asi8 for index in indices]))
    if len(months) < 2 or np.gcd.reduce(np.diff(months)) != 3:
        return None
    return int(months[0] % 3)


def _text(value: object) -> str:
    """A cell as text: whole numbers without the ``.0`` that a gap in the column gives them."""
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%d")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if pd.isna(value) else str(value).strip()


def _notation(texts: pd.Series) -> Notation:
    """The notation that most periods follow; two notations in one file are a contradiction."""
    distinct = texts.unique()
    counts = [sum(bool(n.pattern.fullmatch(t)) for t in distinct) for n in NOTATIONS]
    used = [n for n, count in zip(NOTATIONS, counts, strict=True) if count]
    if not used:
        raise InvalidInput("unknown_period", example=str(distinct[0]))
    if len(used) > 1:
        raise InvalidInput("mixed_periods", notations=tuple(n.name for n in used))
    return used[0]


def _parse_series(
    name: str, rows: pd.DataFrame, notation: Notation, today: date | None
) -> pd.Series:
    if not name:
        raise InvalidInput("unnamed_series", rows=len(rows))
    matches = [notation.pattern.fullmatch(text) for text in rows["period"]]
    if None in matches:
        raise InvalidInput(
            "unknown_period", series=name, example=rows["period"].iloc[matches.index(None)]
        )
    periods = [notation.read(match) for match in matches if match]
    values = pd.to_numeric(rows["value"], errors="coerce").to_numpy(float)
    empty = rows["value"].map(lambda v: pd.isna(v) or not str(v).strip()).to_numpy()
    wrong = pd.isna(values) & ~empty
    if wrong.any():
        raise InvalidInput(
            "not_a_number",
            series=name,
            count=int(wrong.sum()),
            value=str(rows["value"][wrong].iloc[0]),
            period=str(rows["period"][wrong].iloc[0]),
        )
    index = pd.Index(periods) if notation.name == "step" else pd.PeriodIndex(periods)
    result = pd.Series(values, index=index, name=name)
    repeated = result.index.duplicated()
    if repeated.any():
        raise InvalidInput(
            "duplicate_periods",
            series=name,
            count=int(repeated.sum()),
            periods=tuple(notation.write(p) for p in result.index[repeated][:5]),
        )
    _not_to_come(result.dropna(), notation, today)
    return result.sort_index()


def _not_to_come(known: pd.Series, notation: Notation, today: date | None) -> None:
    """An actual value of a period that has not begun is a plan or a slip."""
    if today is None or not isinstance(known.index, pd.PeriodIndex):
        return
    later = known.index[known.index.start_time > pd.Timestamp(today)]
    if len(later):
        raise InvalidInput(
            "future_periods",
            series=str(known.name),
            count=len(later),
            period=notation.write(later.min()),
            today=today.isoformat(),
        )
