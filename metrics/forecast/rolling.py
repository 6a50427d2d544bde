"""Back-test by rolling origin: what the engine would have said, and what then happened."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from metrics.forecast.ensemble import SEASONAL_CYCLES
from metrics.forecast.futures import predict_histories
from metrics.forecast.history import LEAST_POINTS, History, prepare_history
from metrics.forecast.result import Backtest
from metrics.forecast.scoring import (
    naive_scale,
    quantile_bounds,
    seasonal_naive,
    weighted_interval_score,
)

# Within this share of the better reference, two errors are called similar.
_SIMILAR = 0.03


def origins(length: int, horizon: int, season: int, folds: int) -> list[int]:
    """Numbers of known points at which the past is replayed, latest last.

    Each leaves at least a third of the horizon to be scored, and a history that the engine would
    accept, with a season where the full history shows one.
    """
    need = LEAST_POINTS
    if length - max(1, horizon // 3) >= SEASONAL_CYCLES * season:
        need = max(need, int(np.ceil(SEASONAL_CYCLES * season)))
    last = length - max(1, horizon // 3)
    first = max(need, length - horizon)
    if last < need or folds < 1:
        return []
    return sorted({int(o) for o in np.linspace(first, last, folds).round()})


def backtest_many(
    histories: Sequence[History],
    horizon: int,
    levels: Sequence[float],
    folds: int,
    draws: int,
    seed: int,
) -> list[Backtest]:
    """Back-test histories of one kind and season together.

    Parameters
    ----------
    folds : int
        Largest number of origins per series.
    draws : int
        Simulated paths per origin.
    """
    rows = [
        (position, origin, prepare_history(history, origin))
        for position, history in enumerate(histories)
        for origin in origins(len(history.values), horizon, history.season, folds)
        if np.isfinite(history.values[:origin]).sum() >= LEAST_POINTS
    ]
    rows = [row for row in rows if np.ptp(row[2].values) > 0]
    scored: list[list[dict]] = [[] for _ in histories]
    if rows:
        kind, season = histories[0].kind, histories[0].season
        futures = predict_histories([row[2] for row in rows], horizon, season, kind)
        for number, (position, origin, known) in enumerate(rows):
            rng = np.random.default_rng([seed, origin])
            point, paths = futures.of(number, draws, rng)
            actual = histories[position].values[origin : origin + horizon]
            scored[position].append(_fold(known.values, actual, point, paths, season, levels))
    return [_summary(folds_of, levels) for folds_of in scored]


def _fold(
    known: np.ndarray,
    actual: np.ndarray,
    point: np.ndarray,
    paths: np.ndarray,
    season: int,
    levels: Sequence[float],
) -> dict:
    seen = np.isfinite(actual)
    ahead = np.flatnonzero(seen)
    actual, point = actual[ahead], point[ahead]
    bounds = quantile_bounds(paths[:, ahead], levels)
    scale = naive_scale(known, season)
    repeated = seasonal_naive(known, len(seen), season)[ahead]
    return {
        "mase": np.abs(actual - point) / scale,
        "seasonal": np.abs(actual - repeated) / scale,
        "last": np.abs(actual - known[-1]) / scale,
        "wis": weighted_interval_score(actual, point, bounds, levels) / scale,
        "bias": (point - actual) / scale,
        "inside": (bounds[:, 0] <= actual) & (actual <= bounds[:, 1]),
    }


def _summary(folds: list[dict], levels: Sequence[float]) -> Backtest:
    if not folds:
        blank = float("nan")
        return Backtest(
            blank, blank, blank, blank, dict.fromkeys(levels, blank), blank, 0, 0, "too_short"
        )
    mean = {
        key: float(np.concatenate([fold[key] for fold in folds]).mean())
        for key in ("mase", "seasonal", "last", "wis", "bias")
    }
    inside = np.concatenate([fold["inside"] for fold in folds], axis=1)
    reference = min(mean["seasonal"], mean["last"])
    verdict = "similar"
    if mean["mase"] < (1 - _SIMILAR) * reference:
        verdict = "better"
    elif mean["mase"] > (1 + _SIMILAR) * reference:
        verdict = "worse"
    return Backtest(
        mase=mean["mase"],
        mase_seasonal_naive=mean["seasonal"],
        mase_last_value=mean["last"],
        weighted_interval_score=mean["wis"],
        coverage={
            level: float(share) for level, share in zip(levels, inside.mean(axis=1), strict=True)
        },
        bias=mean["bias"],
        folds=len(folds),
        points=inside.shape[1],
        verdict=verdict,
    )
