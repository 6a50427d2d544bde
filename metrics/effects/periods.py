"""Period labels of a plain table: what they mean, how they follow each other."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from metrics.errors import InvalidInput

# Written form, pandas frequency, periods per season.
FORMS = (
    (re.compile(r"\d{4}-\d{2}-\d{2}([ T]00:00(:00(\.0+)?)?)?"), "D", 7),
    (re.compile(r"\d{4}-W\d{2}"), "W-SUN", 52),
    (re.compile(r"\d{4}-\d{2}"), "M", 12),
    (re.compile(r"\d{4}-?Q[1-4]"), "Q-DEC", 4),
    (re.compile(r"-?\d+(\.0)?"), "", 1),
)
WEEKDAYS_ONLY = 5


@dataclass(frozen=True)
class Calendar:
    """The periods of a table in order.

    Attributes
    ----------
    labels : Index
        As they are shown: integers, or text in the form of the input.
    first, last : int arrays
        First and last day of each as days since 1970, or the integer itself.
    missing : tuple
        Labels of periods that no row has although the rhythm of the others demands them.
    season : int
        Periods per season, 1 for none.
    """

    labels: pd.Index
    first: np.ndarray
    last: np.ndarray
    missing: tuple[Any, ...]
    season: int

    def starting(self, text: Any) -> int:
        """Row of the first period that contains or follows a date; their number if none does."""
        first, _ = _days(text)
        return int(np.searchsorted(self.last, first))

    def ending(self, text: Any) -> int:
        """Row of the last period that begins on or before a date; -1 if none does."""
        _, last = _days(text)
        return int(np.searchsorted(self.first, last, side="right")) - 1


def _form(text: str) -> tuple[str, int]:
    for pattern, frequency, season in FORMS:
        if pattern.fullmatch(text):
            return frequency, season
    raise InvalidInput("effect_period_format", value=text)


def _text(value: Any) -> str:
    return str(value).strip()


def _period(text: str, frequency: str) -> pd.Period:
    try:
        if frequency == "W-SUN":
            day = pd.Timestamp.fromisocalendar(int(text[:4]), int(text[-2:]), 1)
            return pd.Period(day, freq="W-SUN")
        if frequency == "Q-DEC":
            return pd.Period(text.replace("-", ""), freq="Q-DEC")
        return pd.Period(text[:10], freq=frequency)
    except ValueError as fault:
        raise InvalidInput("effect_period_format", value=text) from fault


def _days(value: Any) -> tuple[int, int]:
    text = _text(value)
    frequency, _ = _form(text)
    if not frequency:
        return int(float(text)), int(float(text))
    period = _period(text, frequency)
    epoch = pd.Timestamp("1970-01-01")
    return (period.start_time - epoch).days, (period.end_time - epoch).days


def ordinals(values: pd.Series) -> tuple[pd.Series, str, int]:
    """Each label as a count of periods, the frequency, and periods per season.

    Raises
    ------
    InvalidInput
        ``effect_period_format`` for a label of no known form, ``effect_period_mixed`` when labels
        have different forms.
    """
    texts = values.map(_text)
    known: dict[str, int] = {}
    frequency, season = _form(texts.iloc[0])
    for text in texts.unique():
        if _form(text)[0] != frequency:
            raise InvalidInput("effect_period_mixed", first=texts.iloc[0], other=text)
        known[text] = _period(text, frequency).ordinal if frequency else int(float(text))
    return texts.map(known).astype("int64"), frequency, season


def calendar(counts: np.ndarray, frequency: str, season: int) -> Calendar:
    """The ordered periods behind sorted unique counts, with the gaps in their rhythm.

    The rhythm is the greatest common step; days that all fall on weekdays may skip holidays.
    """
    steps = np.diff(counts)
    step = int(np.gcd.reduce(steps)) if len(steps) else 1
    missing = np.setdiff1d(np.arange(counts[0], counts[-1] + 1, step), counts)
    if frequency == "D" and len(counts) > 2:
        # Day 0 is a Thursday; weekdays are 0 to 4 after the shift.
        if ((counts + 3) % 7 < WEEKDAYS_ONLY).all() and step == 1:
            missing, season = missing[:0], WEEKDAYS_ONLY
        elif step % 7 == 0:
            season = max(364 // step, 1)
        else:
            missing, season = _beginnings(counts, missing, season)
    elif step > 1:
        season = season // step if season % step == 0 else 1
    first, last = _edges(counts, frequency)
    return Calendar(
        _labels(counts, frequency), first, last, tuple(_labels(missing, frequency)), season
    )


def _beginnings(counts: np.ndarray, missing: np.ndarray, season: int) -> tuple[np.ndarray, int]:
    """Days that all begin (or end) a month are months written as days."""
    days = pd.PeriodIndex.from_ordinals(counts, freq="D")
    if not ((days.day == 1).all() or days.to_timestamp().is_month_end.all()):
        return missing, season
    months = np.asarray(days.asfreq("M").astype("int64"))
    step = int(np.gcd.reduce(np.diff(months)))
    absent = np.setdiff1d(np.arange(months[0], months[-1] + 1, step), months)
    begins = pd.PeriodIndex.from_ordinals(absent, freq="M").to_timestamp().to_period("D")
    return np.asarray(begins.astype("int64")), 12 // step if 12 % step == 0 else 1


def _labels(counts: np.ndarray, frequency: str) -> pd.Index:
    if not frequency:
        return pd.Index(counts)
    periods = pd.PeriodIndex.from_ordinals(counts, freq=frequency)
    if frequency == "W-SUN":
        iso = periods.start_time.isocalendar()
        return pd.Index([f"{y}-W{w:02d}" for y, w in zip(iso["year"], iso["week"], strict=True)])
    if frequency == "Q-DEC":
        return pd.Index([f"{p.year}-Q{p.quarter}" for p in periods])
    return pd.Index(periods.astype(str))


def _edges(counts: np.ndarray, frequency: str) -> tuple[np.ndarray, np.ndarray]:
    if not frequency:
        return counts, counts
    periods = pd.PeriodIndex.from_ordinals(counts, freq=frequency)
    epoch = pd.Timestamp("1970-01-01")
    return (
        np.asarray((periods.start_time - epoch).days),
        np.asarray((periods.end_time - epoch).days),
    )
