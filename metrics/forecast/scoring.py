"""How good a forecast was: scaled errors, interval scores, coverage."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def naive_scale(history: np.ndarray, season: int) -> float:
    """In-sample mean absolute error of the seasonal naive (last value when shorter than a cycle).

    The denominator of the mean absolute scaled error (Hyndman & Koehler 2006). NaN when it is 0.
    """
    lag = season if len(history) > season else 1
    error = float(np.nanmean(np.abs(history[lag:] - history[:-lag])))
    return error if error > 0 else float("nan")


def seasonal_naive(history: np.ndarray, horizon: int, season: int) -> np.ndarray:
    """The last cycle repeated; the last value where there is no full cycle."""
    lag = season if len(history) >= season else 1
    return history[len(history) - lag + np.arange(horizon) % lag]


def interval_score(actual: np.ndarray, low: np.ndarray, high: np.ndarray, level: float):
    """Width plus ``2/α`` times the miss (Gneiting & Raftery 2007); smaller is better."""
    alpha = 1 - level / 100
    below, above = np.maximum(low - actual, 0), np.maximum(actual - high, 0)
    return (high - low) + 2 / alpha * (below + above)


def weighted_interval_score(
    actual: np.ndarray, middle: np.ndarray, bounds: np.ndarray, levels: Sequence[float]
) -> np.ndarray:
    """Weighted interval score per point (Bracher et al. 2021).

    Parameters
    ----------
    actual, middle : numpy.ndarray
        horizon values.
    bounds : numpy.ndarray
        levels × 2 × horizon.
    levels : sequence of float
        Per cent.
    """
    total = 0.5 * np.abs(actual - middle)
    for (low, high), level in zip(bounds, levels, strict=True):
        total = total + (1 - level / 100) / 2 * interval_score(actual, low, high, level)
    return total / (len(levels) + 0.5)


def quantile_bounds(paths: np.ndarray, levels: Sequence[float]) -> np.ndarray:
    """Bounds of central intervals over draws, levels × 2 × (rest of the shape).

    Plotting position ``i / (draws + 1)``: an independent draw falls inside with exactly the
    nominal probability, however few draws there are.
    """
    tails = [(50 + side * level / 2) / 100 for level in levels for side in (-1, 1)]
    flat = np.quantile(paths, tails, axis=0, method="weibull")
    return flat.reshape(len(levels), 2, *paths.shape[1:])
