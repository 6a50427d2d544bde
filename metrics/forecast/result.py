"""What a forecast hands out: frozen, with its evidence and its seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from metrics.model import Note


@dataclass(frozen=True)
class Backtest:
    """How the same engine would have done on the client's own past (rolling origin).

    Parameters
    ----------
    mase : float
        Mean absolute scaled error of the forecasts, scaled by the in-sample seasonal naive
        (Hyndman & Koehler 2006); below `mase_seasonal_naive` is better than repeating last year.
    mase_seasonal_naive, mase_last_value : float
        The same error of the two references on the same folds.
    weighted_interval_score : float
        Mean weighted interval score over the levels, divided by the same scale (Bracher 2021).
    coverage : mapping of int to float
        Share (0-1) of held-out values inside the interval, by level in per cent.
    bias : float
        Mean of forecast minus actual, in scale units; positive is too high.
    folds, points : int
        Origins used, and held-out values scored over all of them.
    verdict : str
        ``better``, ``similar`` or ``worse`` than the better of the two references, or
        ``too_short`` when the history allows no fold (numbers are then NaN).
    """

    mase: float
    mase_seasonal_naive: float
    mase_last_value: float
    weighted_interval_score: float
    coverage: Mapping[int, float]
    bias: float
    folds: int
    points: int
    verdict: str


@dataclass(frozen=True)
class Forecast:
    """A forecast with intervals by period and for running totals.

    Parameters
    ----------
    path : pandas.DataFrame
        ``period, level, mean, low, high``: one row per future period and level (per cent). ``mean``
        is the point forecast.
    sums : pandas.DataFrame
        ``horizon, level, mean, low, high``: total (``adds="sum"``) or mean (``adds="mean"``) of
        the first `horizon` future periods. Not the sum of the bounds: taken from whole paths.
    paths : numpy.ndarray
        Simulated futures, draws × horizon, the same from which the bounds are read.
    backtest : Backtest or None
        Evidence from the series' own past; None when not asked for.
    model : str
        Engine and version.
    seed : int
        Seed of the simulated paths.
    notes : tuple of Note
        How zeros, gaps, outliers, level shifts and short history were treated.
    """

    path: pd.DataFrame
    sums: pd.DataFrame
    paths: np.ndarray
    backtest: Backtest | None
    model: str
    seed: int
    notes: tuple[Note, ...] = ()
