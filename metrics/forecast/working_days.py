"""Working days: what a month's length in Mondays to Fridays does to what is counted in it.

A month has 20 to 23 working days, and the same month up to two more in one year than in another. A
volume that arises on working days follows them (Bell & Hillmer 1983 regress monthly flows on
trading days; the single working-day regressor, and Easter beside it, are those of X-13ARIMA-SEATS
and TRAMO). Only the departure from that calendar month's own long-run mean counts here: the rest
is season. Where the departure is shown to matter it is taken out of the history and put into the
months to come, whose calendar is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
import pandas as pd
import scipy

from metrics.forecast.components import LEVELS, SEASONS, Form, covariances
from metrics.model import Note

LEAST_MONTHS = 24
# Chance of claiming an effect where there is none: three standard errors of a normal, two-sided,
# shared out over the calendars tried (Bonferroni).
CHANCE = 0.0027
# A calendar for which less speaks has no share in the futures.
_UNLIKELY = 0.02
# An effect of the calendar may change over a decade, and older months tell little more.
_LATEST = 120
_MARCH, _APRIL = 2, 3
# Easter falls differently every year; its long-run share of March is taken from a century.
_CENTURY = range(2000, 2100)
CODES = ("working_days", "working_days_easter")


def weekdays(months: np.ndarray) -> np.ndarray:
    """Mondays to Fridays in each month.

    Parameters
    ----------
    months : numpy.ndarray
        12 × year + month, January being 0.
    """
    first = (np.asarray(months) - 12 * 1970).astype("datetime64[M]")
    return np.busday_count(first.astype("datetime64[D]"), (first + 1).astype("datetime64[D]"))


def easter(year: int) -> pd.Timestamp:
    """Easter Sunday of the Gregorian calendar (anonymous algorithm, Nature 1876)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    h = (19 * a + b - d - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    i, k = divmod(c, 4)
    rest = (32 + 2 * e + 2 * i - h - k) % 7
    month, day = divmod(h + rest - 7 * ((a + 11 * h + 22 * rest) // 451) + 114, 31)
    return pd.Timestamp(year, month, day + 1)


@cache
def _easter_days(year: int) -> tuple[int, int]:
    """Of Good Friday and Easter Monday, how many are in March and how many in April."""
    sunday = easter(year)
    in_march = sum((sunday + pd.Timedelta(days=off)).month == 3 for off in (-2, 1))
    return in_march, 2 - in_march


def without_easter(months: np.ndarray) -> np.ndarray:
    """Mondays to Fridays less Good Friday and Easter Monday."""
    days = weekdays(months)
    for position, month in enumerate(np.asarray(months)):
        year, of_year = divmod(int(month), 12)
        if of_year in (_MARCH, _APRIL):
            days[position] -= _easter_days(year)[of_year - _MARCH]
    return days


CALENDARS = dict(zip(CODES, (weekdays, without_easter), strict=True))


@cache
def _means(code: str) -> np.ndarray:
    """Long-run mean of the working days of each calendar month."""
    months = np.arange(12 * _CENTURY.start, 12 * _CENTURY.stop)
    return CALENDARS[code](months).reshape(-1, 12).mean(axis=0)


def departure(months: np.ndarray, code: str) -> np.ndarray:
    """Logarithm of the working days over the long-run mean of that calendar month."""
    return np.log(CALENDARS[code](months) / _means(code)[np.asarray(months) % 12])


@dataclass(frozen=True)
class WorkingDayEffect:
    """How a volume follows the working days.

    Parameters
    ----------
    code : str
        Which calendar: ``working_days``, or ``working_days_easter`` without Good Friday and
        Easter Monday.
    elasticity : float
        Per cent of volume for one per cent of working days, as used: 1 where the data allow it.
    estimate, error, low, high : float
        Estimated elasticity, its standard error and its 95 % interval.
    months : int
        Observed months it rests on.
    share : float
        How much speaks for this calendar rather than the others (0-1).
    """

    code: str
    elasticity: float
    estimate: float
    error: float
    low: float
    high: float
    months: int
    share: float

    @property
    def note(self) -> Note:
        """The effect as a reader must know it."""
        facts = {key: round(getattr(self, key), 2) for key in ("elasticity", "low", "high")}
        return Note(self.code, facts | {"months": self.months})


def find_effects(values: np.ndarray, months: np.ndarray) -> tuple[WorkingDayEffect, ...]:
    """Effect of the working days on a volume under each calendar that may hold, likeliest first.

    Generalised least squares in logarithms: under every form of level, noise and season, the
    elasticity has the estimate and error of regression. Each calendar speaks by its likeliest form
    and weighs what all its forms explain. Empty where the likeliest calendar's Student t is not
    beyond what chance gives in ``CHANCE`` of cases.

    Parameters
    ----------
    values : numpy.ndarray
        One value per month, NaN where missing.
    months : numpy.ndarray
        12 × year + month of each, consecutive.
    """
    values, months = values[-_LATEST:], months[-_LATEST:]
    seen = np.isfinite(values)
    count = int(seen.sum())
    if count < LEAST_MONTHS or values[seen].min() <= 0 or np.ptp(values[seen]) == 0:
        return ()
    logs = np.log(values[seen])
    white, size = _whitening(len(values)) if seen.all() else _whiten(np.flatnonzero(seen))
    d = white @ (logs - logs[0])
    found, total = {}, {}
    for code in CODES:
        x = departure(months[seen], code)
        u = white @ (x - x[0])
        information = np.einsum("gt,gt->g", u, u)
        slope = np.einsum("gt,gt->g", u, d) / information
        left = np.square(d - slope[:, None] * u).sum(axis=1) + 1e-300
        evidence = -0.5 * (count - 1) * np.log(left) - size
        top = int(np.argmax(evidence))
        found[code] = float(slope[top]), float(np.sqrt(left[top] / (count - 2) / information[top]))
        total[code] = float(scipy.special.logsumexp(evidence - 0.5 * np.log(information)))
    order = sorted(CODES, key=lambda code: -total[code])
    slope, error = found[order[0]]
    if abs(slope) <= scipy.stats.t.isf(CHANCE / 2 / len(CODES), count - 2) * error:
        return ()
    shares = np.exp([total[code] - scipy.special.logsumexp(list(total.values())) for code in order])
    kept = shares >= _UNLIKELY
    return tuple(
        _effect(code, *found[code], count, float(share))
        for code, share in zip(order, shares * kept / shares[kept].sum(), strict=True)
        if share
    )


def _effect(code: str, slope: float, error: float, count: int, share: float) -> WorkingDayEffect:
    half = float(scipy.stats.t.isf(0.025, count - 2)) * error
    elasticity = 1.0 if abs(slope - 1) <= half else slope
    return WorkingDayEffect(
        code, elasticity, slope, error, slope - half, slope + half, count, share
    )


# The forms that judge: every level with every season of the forecast, each with a faint slope.
_JUDGES = tuple(Form(*level, 0.01, 1.0, 0.0, *pattern) for level in LEVELS for pattern in SEASONS)


def _whiten(steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What makes values independent under each form, and its log size; the first value is given."""
    stack = np.stack(list(covariances(_JUDGES, steps - steps[0], 12)))
    factor = np.linalg.cholesky(stack)
    size = np.log(np.diagonal(factor, axis1=1, axis2=2))[:, 1:].sum(axis=1)
    return np.linalg.inv(factor)[:, 1:], size


@lru_cache(maxsize=8)
def _whitening(length: int) -> tuple[np.ndarray, np.ndarray]:
    return _whiten(np.arange(length))
