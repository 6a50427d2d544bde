"""One series or many: the doors of the engine."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from metrics.errors import AttuneError, InvalidInput
from metrics.forecast.ensemble import Ensemble
from metrics.forecast.futures import predict_histories
from metrics.forecast.history import MOST_AHEAD, History, prepare_history, read
from metrics.forecast.result import Backtest, Forecast
from metrics.forecast.rolling import backtest_many
from metrics.forecast.scale import Domain
from metrics.forecast.scoring import quantile_bounds
from metrics.model import Note

MODEL = "structural-mixture 3"
SEED = 20261101
LEVELS = (50, 80, 95)
# Series handled at once: bounds memory, costs no time.
_BATCH = 16

YearTotal = Literal["sum", "mean"]


@dataclass(frozen=True)
class SeriesPanel:
    """Forecasts by series, and the series that had to be refused with the reason."""

    forecasts: Mapping[str, Forecast]
    refused: Mapping[str, AttuneError]


def forecast(
    series: pd.Series,
    horizon: int,
    *,
    season: int | None = None,
    levels: Sequence[float] = LEVELS,
    kind: Domain | None = "real",
    adds: YearTotal = "sum",
    seed: int = SEED,
    draws: int = 1000,
    folds: int = 4,
) -> Forecast:
    """Forecast one series; see `forecast_many` for the parameters.

    Raises
    ------
    InvalidInput
        All missing, duplicated periods, values the kind rules out, a setting out of range.
    NotEnoughData
        Fewer than 12 values.
    """
    name = str(series.name)
    panel = forecast_many(
        {name: series},
        horizon,
        season=season,
        levels=levels,
        kind=kind,
        adds=adds,
        seed=seed,
        draws=draws,
        folds=folds,
    )
    if name in panel.refused:
        raise panel.refused[name]
    return panel.forecasts[name]


def forecast_many(
    panel: Mapping[str, pd.Series],
    horizon: int,
    *,
    season: int | None = None,
    levels: Sequence[float] = LEVELS,
    kind: Domain | None = "real",
    adds: YearTotal = "sum",
    seed: int = SEED,
    draws: int = 1000,
    folds: int = 3,
) -> SeriesPanel:
    """Forecast many series; a series' result does not depend on its company.

    Parameters
    ----------
    panel : mapping of str to pandas.Series
        Values by period: month or quarter starts, weeks, periods, or integer steps. NaN and absent
        periods are gaps.
    horizon : int
        Steps ahead, from the last observed period; at most 120.
    season : int, optional
        Steps per yearly cycle; by default what the index says (months 12, quarters 4, weeks 52,
        integers 12). 1 rules a season out.
    levels : sequence of float
        Central intervals, per cent between 1 and 100.
    kind : {"real", "nonnegative", "share"}, optional
        What values can be; None decides from the values (all within 0-1 and not all whole: share).
    adds : {"sum", "mean"}
        Whether `sums` holds totals (flows) or means (shares, stocks) of the first periods. Totals
        of months that cannot be negative follow the working days where that is shown.
    seed, draws : int
        Seed and number (even) of simulated paths.
    folds : int
        Back-test origins per series, 0 for none.

    Raises
    ------
    InvalidInput
        A setting out of range. Faults of a series are in ``refused``.
    """
    _check(levels, draws, adds, horizon, seed)
    histories: list[History] = []
    refused: dict[str, AttuneError] = {}
    for name, series in panel.items():
        try:
            histories.append(read(series, horizon, season, kind, str(name), adds == "sum"))
        except AttuneError as error:
            refused[name] = error
    done: dict[str, Forecast] = {}
    for batch in _batches(histories):
        done |= _batch(batch, horizon, levels, adds, seed, draws, folds)
    return SeriesPanel({name: done[name] for name in panel if name in done}, refused)


def _check(levels: Sequence[float], draws: int, adds: str, horizon: int, seed: int) -> None:
    wrong = tuple(level for level in levels if not 1 < level < 100)
    if wrong or not levels:
        raise InvalidInput("invalid_levels", levels=wrong)
    if seed < 0:
        raise InvalidInput("invalid_seed", seed=seed)
    if draws < 2 or draws % 2:
        raise InvalidInput("invalid_draws", draws=draws)
    if adds not in ("sum", "mean"):
        raise InvalidInput("invalid_adds", adds=adds)
    if not 1 <= horizon <= MOST_AHEAD or int(horizon) != horizon:
        raise InvalidInput("invalid_horizon", horizon=horizon, most=MOST_AHEAD)


def _batches(histories: list[History]) -> list[list[History]]:
    """Series that share kind and season, at most `_BATCH` together; constant ones alone."""
    groups: dict[tuple, list[History]] = {}
    for history in histories:
        groups.setdefault((history.constant, history.kind, history.season), []).append(history)
    return [
        group[start : start + _BATCH]
        for group in groups.values()
        for start in range(0, len(group), _BATCH)
    ]


def _batch(
    batch: list[History],
    horizon: int,
    levels: Sequence[float],
    adds: YearTotal,
    seed: int,
    draws: int,
    folds: int,
) -> dict[str, Forecast]:
    if batch[0].constant:
        return {h.name: _constant(h, horizon, levels, adds, seed, draws) for h in batch}
    cleaned = [prepare_history(history) for history in batch]
    futures = predict_histories(cleaned, horizon, batch[0].season, batch[0].kind)
    tests: Sequence[Backtest | None] = [None] * len(batch)
    if folds:
        tests = backtest_many(batch, horizon, levels, folds, draws, seed)
    out = {}
    for row, history in enumerate(batch):
        rng = np.random.default_rng([seed, zlib.crc32(history.name.encode())])
        point, paths = futures.of(row, draws, rng)
        one = _assemble(history, point, paths, levels, adds, seed)
        notes = (
            *history.notes,
            *cleaned[row].notes,
            _scale_note(futures.ensemble, futures.row(row)),
        )
        out[history.name] = replace(one, backtest=tests[row], notes=notes)
    return out


def _scale_note(ensemble: Ensemble, row: int) -> Note:
    """Weight of each scale in the combination."""
    by_scale = ensemble.weight[row].reshape(len(ensemble.scales), -1).sum(axis=1)
    names = [scale.name for scale in ensemble.scales]
    return Note("scales", dict(zip(names, map(float, by_scale), strict=True)))


def _assemble(
    history: History,
    point: np.ndarray,
    paths: np.ndarray,
    levels: Sequence[float],
    adds: YearTotal,
    seed: int,
) -> Forecast:
    horizon = len(point)
    divisor = np.arange(1, horizon + 1) if adds == "mean" else 1.0
    sums = np.cumsum(paths, axis=1) / divisor
    path = _frame("period", history.future, point, quantile_bounds(paths, levels), levels)
    total = _frame(
        "horizon",
        np.arange(1, horizon + 1),
        np.cumsum(point) / divisor,
        quantile_bounds(sums, levels),
        levels,
    )
    return Forecast(path, total, paths, None, MODEL, seed)


def _constant(
    history: History, horizon: int, levels: Sequence[float], adds: YearTotal, seed: int, draws: int
) -> Forecast:
    """The value repeated, without bounds: what never moved says nothing about surprises."""
    value = float(np.nanmax(history.values))
    point = np.full(horizon, value)
    one = _assemble(history, point, np.full((draws, horizon), value), levels, adds, seed)
    blank = {"low": np.nan, "high": np.nan}
    note = Note("constant", {"value": value, "points": int(np.isfinite(history.values).sum())})
    return replace(
        one,
        path=one.path.assign(**blank),
        sums=one.sums.assign(**blank),
        notes=(*history.notes, note),
    )


def _frame(
    key: str, keys: Sequence, mean: np.ndarray, bounds: np.ndarray, levels: Sequence[float]
) -> pd.DataFrame:
    """Rows by key and level; the bounds always contain the point forecast."""
    frames = [
        pd.DataFrame(
            {
                key: keys,
                "level": level,
                "mean": mean,
                "low": np.minimum(low, mean),
                "high": np.maximum(high, mean),
            }
        )
        for level, (low, high) in zip(levels, bounds, strict=True)
    ]
    return pd.concat(frames).sort_values([key, "level"], kind="stable").reset_index(drop=True)
