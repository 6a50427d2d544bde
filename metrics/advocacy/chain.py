"""Does experience come before advocacy, and advocacy before growth?

Two trending series always correlate. Each link is therefore tested on monthly *changes*, with
seasons and the series' own momentum taken out first (prewhitening: Box, Jenkins and Reinsel, Time
Series Analysis, ch. 11), and the interval pays for having tried several lags.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from metrics.errors import InvalidInput, NotEnoughData
from metrics.intervals import bounds

SMALLEST_HISTORY = 24
LONGEST_LAG = 6
_YEAR = 12


@dataclass(frozen=True)
class Link:
    """One step of the chain.

    Attributes
    ----------
    cause, result : str
        Names of the two series.
    lag : int
        Months between them at which they went together most; 1 or more, because what happens in
        the same month has no direction.
    correlation, low, high : float
        Of prewhitened changes at that lag; the interval holds for the best of all lags tried.
    level : float
    state : str
        ``shown`` where the interval lies above zero, ``against`` where below, else ``not_shown``.
        Shown is *came before*, never *caused*.
    months : int
        Changes the correlation rests on.
    """

    cause: str
    result: str
    lag: int
    correlation: float
    low: float
    high: float
    level: float
    state: str
    months: int


@dataclass(frozen=True)
class Chain:
    """All links; ``shown`` only when every one is, ``lag`` then the sum of theirs."""

    links: tuple[Link, ...]
    shown: bool
    lag: int | None


def advocacy_chain(
    series: pd.DataFrame, steps: Sequence[str], longest: int = LONGEST_LAG, level: float = 95
) -> Chain:
    """Test each neighbouring pair of ``steps``, such as experience, advocacy, growth.

    Parameters
    ----------
    series : pandas.DataFrame
        One row per consecutive month (``DatetimeIndex``), one column per step, nothing missing.
    longest : int
        Longest lag tried, in months.

    Raises
    ------
    NotEnoughData
        Fewer than 24 months.
    InvalidInput
        A step or a month is missing, or a series never moves.
    """
    missing = [s for s in steps if s not in series]
    if missing or len(steps) < 2 or longest < 1:
        raise InvalidInput("column_missing", columns=missing)
    if len(series) < SMALLEST_HISTORY:
        raise NotEnoughData(len(series), SMALLEST_HISTORY, "months")
    months = pd.DatetimeIndex(series.index).to_period("M")
    values = series[list(steps)].to_numpy(dtype=float)
    if not np.isfinite(values).all() or (np.diff(months.asi8) != 1).any():
        raise InvalidInput("month_missing")
    if (np.ptp(values, axis=0) == 0).any():
        raise InvalidInput("series_constant")
    changes = _without_seasons(np.diff(values, axis=0), months.month.to_numpy()[1:])
    links = tuple(
        _link(steps[i : i + 2], changes[:, i], changes[:, i + 1], longest, level)
        for i in range(len(steps) - 1)
    )
    shown = all(link.state == "shown" for link in links)
    return Chain(links, shown, sum(link.lag for link in links) if shown else None)


def _link(
    names: Sequence[str], cause: np.ndarray, result: np.ndarray, longest: int, level: float
) -> Link:
    x, y = _whiten(cause), _whiten(result)
    found = [float(np.corrcoef(x[: len(x) - lag], y[lag:])[0, 1]) for lag in range(1, longest + 1)]
    lag = 1 + int(np.argmax(np.abs(found)))
    correlation, used = found[lag - 1], len(x) - lag
    # Sidak: the best of ``longest`` tries holds jointly at the level asked for.
    each = (level / 100) ** (1 / longest)
    freedom = used - 3 - (_YEAR - 1 if _has_seasons(len(cause)) else 0)
    middle = math.atanh(min(max(correlation, -0.999999), 0.999999))
    ends = bounds(middle, 1 / math.sqrt(max(freedom, 1)), 100 * each)
    low, high = (math.tanh(end) for end in ends)
    state = "shown" if low > 0 else "against" if high < 0 else "not_shown"
    return Link(names[0], names[1], lag, correlation, low, high, level, state, used)


def _has_seasons(changes: int) -> bool:
    return changes >= 3 * _YEAR - 1


def _without_seasons(changes: np.ndarray, month: np.ndarray) -> np.ndarray:
    """Less the mean of each calendar month, once there are three years to know it from."""
    if not _has_seasons(len(changes)):
        return changes - changes.mean(axis=0)
    return changes - pd.DataFrame(changes).groupby(month).transform("mean").to_numpy()


def _whiten(values: np.ndarray) -> np.ndarray:
    """Residuals of the series' own regression on its last two values."""
    past = np.column_stack([values[1:-1], values[:-2]])
    slope = np.linalg.lstsq(past, values[2:], rcond=None)[0]
    return values[2:] - past @ slope
