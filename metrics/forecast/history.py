"""One series made ready: checked, put on equal steps, with everything noticed written down."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from metrics.errors import InvalidInput, NotEnoughData
from metrics.forecast import working_days
from metrics.forecast.calendar import months_of, steps_of
from metrics.forecast.cleaning import clean
from metrics.forecast.ensemble import SEASONAL_CYCLES
from metrics.forecast.scale import BOUNDS, Domain, kind_of
from metrics.model import Note

LEAST_POINTS = 12
# What lies further back tells little of the months to come, and nothing has been measured on it.
MOST_POINTS = 156
MOST_AHEAD = 120
# Beyond two years, or twice the history, nothing has tested the intervals.
SOUND_CYCLES = 2
# Squares of anything larger are no numbers any more.
_LARGEST = 1e100


@dataclass(frozen=True)
class History:
    """A checked series.

    Parameters
    ----------
    name : str
        Series name, also the key of its random numbers.
    values : numpy.ndarray
        One value per step, NaN where a period is missing.
    season : int
        Steps per cycle.
    kind : Domain
        What the values can be.
    index, future : pandas.Index
        Periods of the values, and of the forecast.
    notes : tuple of Note
        What was noticed.
    flow : bool
        Whether values are amounts of a period, which a total adds up.
    """

    name: str
    values: np.ndarray
    season: int
    kind: Domain
    index: pd.Index
    future: pd.Index
    notes: tuple[Note, ...]
    flow: bool = False

    @property
    def constant(self) -> bool:
        """Whether all observed values are equal: then nothing can be learnt about the spread."""
        return bool(np.nanmax(self.values) == np.nanmin(self.values))


@dataclass(frozen=True)
class CalendarReading:
    """A history as the models see it under one calendar.

    Parameters
    ----------
    even : numpy.ndarray
        Values with the effect of the working days taken out, where one is shown.
    effect : working_days.WorkingDayEffect or None
        What was taken out.
    ahead : numpy.ndarray
        Departure of each step to come from its month's usual working days (logarithm).
    """

    even: np.ndarray
    effect: working_days.WorkingDayEffect | None = None
    ahead: np.ndarray = field(default_factory=lambda: np.zeros(0))


@dataclass(frozen=True)
class Ready:
    """A history made ready for the models.

    Parameters
    ----------
    values : numpy.ndarray
        Without gaps and wild points, in the units of the data.
    readings : tuple of CalendarReading
        One, or one for each calendar that may hold, likeliest first.
    notes : tuple of Note
        What was taken out.
    """

    values: np.ndarray
    readings: tuple[CalendarReading, ...]
    notes: tuple[Note, ...]


def read(
    series: pd.Series,
    horizon: int,
    season: int | None,
    kind: Domain | None,
    name: str,
    flow: bool = False,
) -> History:
    """Check a series and put it on equal steps.

    Raises
    ------
    InvalidInput
        ``no_values``, ``mostly_gaps``, ``duplicate_periods``, ``infinite_values``,
        ``beyond_numbers``, ``negative_values``, ``outside_share``, ``unknown_period``.
    NotEnoughData
        Fewer than 12 values among the last 156 periods.
    """
    values = pd.to_numeric(series, errors="raise").to_numpy(float)
    if np.isinf(values).any():
        raise InvalidInput("infinite_values", series=name, count=int(np.isinf(values).sum()))
    if not np.isfinite(values).any():
        raise InvalidInput("no_values", series=name, count=len(values))
    if np.nanmax(np.abs(values)) > _LARGEST:
        raise InvalidInput("beyond_numbers", series=name, largest=_LARGEST)
    steps = steps_of(series.index, season)
    _no_duplicates(steps.positions, series.index, name)
    seen = np.isfinite(values)
    latest = steps.positions > steps.positions[seen].max() - MOST_POINTS
    earlier = int((seen & ~latest).sum())
    seen &= latest
    if seen.sum() < LEAST_POINTS:
        raise NotEnoughData(int(seen.sum()), LEAST_POINTS, "points")
    kind = kind or kind_of(values)
    _within_bounds(values[seen], series.index[seen], kind, name)
    _not_mostly_gaps(steps.positions[seen], name)
    first, last = steps.positions[seen].min(), steps.positions[seen].max()
    line = np.full(last - first + 1, np.nan)
    line[steps.positions[seen] - first] = values[seen]
    index = steps.at(np.arange(first, last + 1))
    cut = (Note("shortened", {"count": earlier, "used": len(line)}),) if earlier else ()
    return History(
        name=name,
        values=line,
        season=steps.season,
        kind=kind,
        index=index,
        future=steps.at(np.arange(last + 1, last + 1 + horizon)),
        notes=(*_history_notes(line, index, steps.season, kind, horizon), *cut),
        flow=flow,
    )


def prepare_history(history: History, until: int | None = None) -> Ready:
    """Make a history ready for the models, as known after the first `until` steps."""
    values, notes = clean(history.values[:until], history.season, history.kind, history.index)
    plain = Ready(values, (CalendarReading(values),), notes)
    if not history.flow or history.kind != "nonnegative":
        return plain
    months = months_of(history.index.append(history.future))
    if months is None:
        return plain
    known, count = np.isfinite(history.values[: len(values)]), len(values)
    effects = working_days.find_effects(np.where(known, values, np.nan), months[:count])
    if not effects:
        return plain
    readings = []
    for effect in effects:
        x = working_days.departure(months, effect.code)
        # What was filled in between knows nothing of its month's calendar.
        even = np.where(known, values * np.exp(-effect.elasticity * x[:count]), values)
        readings.append(CalendarReading(even, effect, x[count : count + len(history.future)]))
    return Ready(values, tuple(readings), (*notes, effects[0].note))


def _no_duplicates(positions: np.ndarray, index: pd.Index, name: str) -> None:
    repeated = pd.Series(positions).duplicated().to_numpy()
    if repeated.any():
        raise InvalidInput(
            "duplicate_periods",
            series=name,
            count=int(repeated.sum()),
            periods=tuple(str(p) for p in index[repeated][:5]),
        )


def _not_mostly_gaps(positions: np.ndarray, name: str) -> None:
    """More filled in than seen would be a forecast of what was filled in."""
    span = int(np.ptp(positions)) + 1
    if span > 2 * len(positions):
        raise InvalidInput("mostly_gaps", series=name, count=len(positions), span=span)


def _within_bounds(values: np.ndarray, index: pd.Index, kind: Domain, name: str) -> None:
    low, high = BOUNDS[kind]
    outside = (values < low) | (values > high)
    if outside.any():
        code = "negative_values" if kind == "nonnegative" else "outside_share"
        raise InvalidInput(
            code,
            series=name,
            count=int(outside.sum()),
            value=float(values[outside][0]),
            period=str(index[outside][0]),
        )


def _history_notes(
    line: np.ndarray, index: pd.Index, season: int, kind: Domain, horizon: int
) -> tuple[Note, ...]:
    notes = [Note("kind", {"kind": kind})]
    missing = np.isnan(line)
    if missing.any():
        periods = tuple(str(p) for p in index[missing][:5])
        notes.append(Note("gaps", {"count": int(missing.sum()), "periods": periods}))
    zeros = int((line == 0).sum())
    if zeros and kind != "real":
        notes.append(Note("zeros", {"count": zeros, "share": zeros / int((~missing).sum())}))
    need = int(np.ceil(SEASONAL_CYCLES * season))
    if season > 1 and len(line) < need:
        notes.append(Note("no_season", {"have": len(line), "need": need}))
    sound = min(2 * len(line), SOUND_CYCLES * season if season > 1 else 2 * len(line))
    if horizon > sound:
        notes.append(Note("scenario", {"horizon": horizon, "have": len(line), "sound": sound}))
    return tuple(notes)
