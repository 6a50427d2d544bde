"""A long table ``series, period, value`` read into series, and its period notation kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from metrics.errors import AttuneError, InvalidInput

COLUMNS = ("series", "period", "value")


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


_MONTH = r"(\d{4})-(0[1-9]|1[0-2])"
NOTATIONS: tuple[Notation, ...] = (
    Notation(
        "month", re.compile(_MONTH), 12,
        lambda m: pd.Period(m[0], freq="M"), lambda p: p.strftime("%Y-%m"),
    ),
    Notation(
        "month start", re.compile(_MONTH + r"-01(?:[T ]00:00(?::00)?)?"), 12,
        lambda m: pd.Period(m[0][:7], freq="M"), lambda p: p.strftime("%Y-%m-01"),
    ),
    Notation(
        "quarter", re.compile(r"(\d{4})-Q([1-4])"), 4,
        lambda m: pd.Period(f"{m[1]}Q{m[2]}", freq="Q-DEC"), lambda p: f"{p.year}-Q{p.quarter}",
    ),
    Notation(
        "quarter without hyphen", re.compile(r"(\d{4})Q([1-4])"), 4,
        lambda m: pd.Period(m[0], freq="Q-DEC"), lambda p: f"{p.year}Q{p.quarter}",
    ),
    Notation("week", re.compile(r"(\d{4})-W(\d{2})"), 52, _week, _week_label),
    Notation("step", re.compile(r"[+-]?\d+"), 1, lambda m: int(m[0]), str),
)  # fmt: skip


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


def read_long(frame: pd.DataFrame, season: int | None = None) -> LongTable:
    """Read a long table whose periods share one notation.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``series, period, value`` (others are ignored), in any row order.
    season : int, optional
        Steps per cycle.

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
            series[str(name)] = _one(str(name), rows, notation)
        except AttuneError as error:
            refused[str(name)] = error
    return LongTable(series, refused, season or notation.season, notation.write)


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


def _one(name: str, rows: pd.DataFrame, notation: Notation) -> pd.Series:
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
    return result.sort_index()
