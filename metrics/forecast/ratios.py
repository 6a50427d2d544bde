"""KPIs as what they are: a ratio and what it is divided by, forecast together.

The ratio is the steady part and is forecast on a scale that keeps it possible; its denominator
carries the volume. The numerator is their product, path by path, so numerator ÷ denominator is the
KPI in every simulated future, for a month as for a year. Futures of different KPIs meet as the
months of the past did (``coherent.correlated_order``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from metrics.errors import AttuneError
from metrics.forecast import working_days
from metrics.forecast.coherent import correlated_order, shrunk_correlation
from metrics.forecast.panel import SEED, forecast_many
from metrics.forecast.result import Backtest, Forecast
from metrics.forecast.scale import Domain
from metrics.forecast.scoring import quantile_bounds
from metrics.model import Note

LEVELS = (50, 80, 95)
DENOMINATOR = " ÷"


@dataclass(frozen=True)
class Ratio:
    """What is known of one KPI at one level.

    Parameters
    ----------
    value : pandas.Series
        The KPI by month (freq ``MS``), final months only.
    denominator : pandas.Series or None
        What it is divided by; None where there is nothing to weigh months with.
    kind : Domain
        What the value can be.
    bounds : tuple of float
        The value where ``kind`` has 0 and 1: a net promoter score is a share from −100 to 100.
    """

    value: pd.Series
    denominator: pd.Series | None
    kind: Domain
    bounds: tuple[float, float] = (0.0, 1.0)

    @property
    def unit_share(self) -> pd.Series:
        """The value on the 0–1 scale of a share, or as it is."""
        low, high = self.bounds
        return (self.value - low) / (high - low) if self.kind == "share" else self.value


@dataclass(frozen=True)
class Futures:
    """Simulated futures of one KPI.

    Parameters
    ----------
    months : pandas.DatetimeIndex
    value, denominator : numpy.ndarray
        draws × horizon; the denominator is 1 where there is none.
    mean : numpy.ndarray
        Point forecast of the value by month.
    denominator_mean : numpy.ndarray
        Point forecast of the denominator.
    backtest : Backtest
        How the engine did on the KPI's own past.
    model : str
    notes : tuple of Note
    known : bool
        False where nothing tells how far the value may move: then there are no bounds.
    """

    months: pd.DatetimeIndex
    value: np.ndarray
    denominator: np.ndarray
    mean: np.ndarray
    denominator_mean: np.ndarray
    backtest: Backtest | None
    model: str
    notes: tuple[Note, ...]
    known: bool = True

    @property
    def first(self) -> pd.Timestamp:
        """First month ahead."""
        return pd.Timestamp(self.months[0])


def forecast_ratios(
    ratios: Mapping[str, Ratio],
    horizon: int,
    *,
    seed: int = SEED,
    draws: int = 1000,
    folds: int = 3,
) -> tuple[dict[str, Futures], dict[str, AttuneError]]:
    """Forecast many KPIs together.

    Returns
    -------
    futures : dict of str to Futures
        By name; draw *i* of one belongs to the same future as draw *i* of every other.
    refused : dict of str to AttuneError
        Why the others cannot be forecast.
    """
    done: dict[str, Forecast] = {}
    refused: dict[str, AttuneError] = {}
    for kind in ("real", "nonnegative", "share"):
        alike = {name: r.unit_share for name, r in ratios.items() if r.kind == kind}
        found = forecast_many(
            alike,
            horizon,
            kind=kind,
            adds="mean",
            levels=LEVELS,
            seed=seed,
            draws=draws,
            folds=folds,
        )
        done |= found.forecasts
        refused |= found.refused
    below = {
        name + DENOMINATOR: r.denominator.reindex(r.value.index)
        for name, r in ratios.items()
        if name in done and r.denominator is not None
    }
    done |= forecast_many(
        below, horizon, kind="nonnegative", levels=LEVELS, seed=seed, draws=draws, folds=0
    ).forecasts
    paths = couple_paths(done, _past_series(ratios, below), seed)
    return {
        name: _futures(name, r, done, paths, horizon) for name, r in ratios.items() if name in done
    }, refused


def _past_series(
    ratios: Mapping[str, Ratio], below: Mapping[str, pd.Series]
) -> dict[str, pd.Series]:
    return {name: r.unit_share for name, r in ratios.items()} | dict(below)


def couple_paths(
    forecasts: Mapping[str, Forecast], past: Mapping[str, pd.Series], seed: int
) -> dict[str, np.ndarray]:
    """Order the paths of all series so that they go together as the past did."""
    names = list(forecasts)
    if len(names) < 2:
        return {name: forecasts[name].paths for name in names}
    table = pd.DataFrame({name: past[name] for name in names})
    correlation = shrunk_correlation(table.diff().to_numpy(float))
    ordered = correlated_order([forecasts[name].paths for name in names], correlation, seed)
    return dict(zip(names, ordered, strict=True))


def _futures(
    name: str,
    ratio: Ratio,
    done: Mapping[str, Forecast],
    paths: Mapping[str, np.ndarray],
    horizon: int,
) -> Futures:
    one = done[name]
    first = one.path["level"] == one.path["level"].min()
    low, high = ratio.bounds if ratio.kind == "share" else (0.0, 1.0)
    volume, below, notes = np.ones_like(paths[name]), np.ones(horizon), one.notes
    if name + DENOMINATOR in done:
        volume = paths[name + DENOMINATOR]
        beneath = done[name + DENOMINATOR].path
        below = beneath.loc[beneath["level"] == beneath["level"].min(), "mean"].to_numpy()
        said = done[name + DENOMINATOR].notes
        notes += tuple(note for note in said if note.code in working_days.CODES)
    return Futures(
        months=pd.DatetimeIndex(one.path.loc[first, "period"]),
        value=low + (high - low) * paths[name],
        denominator=volume,
        mean=low + (high - low) * one.path.loc[first, "mean"].to_numpy(),
        denominator_mean=below,
        backtest=one.backtest,
        model=one.model,
        notes=notes,
        known=bool(one.path["low"].notna().all()),
    )


def by_month(
    months: Sequence,
    paths: np.ndarray,
    mean: np.ndarray | None = None,
    *,
    key: str = "period",
    known: bool = True,
) -> pd.DataFrame:
    """Bounds of paths: ``period``, ``level``, ``mean``, ``low``, ``high``, sorted by period.

    Parameters
    ----------
    paths : numpy.ndarray
        draws × periods.
    mean : numpy.ndarray, optional
        Point forecast; the median of the paths by default.
    known : bool
        False leaves the bounds NaN.
    """
    middle = np.median(paths, axis=0) if mean is None else mean
    bounds = quantile_bounds(paths, LEVELS)
    frames = [
        pd.DataFrame(
            {
                key: months,
                "level": float(level),
                "mean": middle,
                "low": np.minimum(low, middle) if known else np.nan,
                "high": np.maximum(high, middle) if known else np.nan,
            }
        )
        for level, (low, high) in zip(LEVELS, bounds, strict=True)
    ]
    return pd.concat(frames).sort_values([key, "level"], ignore_index=True)


def over_horizons(one: Futures) -> pd.DataFrame:
    """Value over the first months together: summed numerators ÷ summed denominators."""
    paths = np.cumsum(one.value * one.denominator, axis=1) / np.maximum(
        np.cumsum(one.denominator, axis=1), 1e-300
    )
    mean = np.cumsum(one.mean * one.denominator_mean) / np.maximum(
        np.cumsum(one.denominator_mean), 1e-300
    )
    steps = np.arange(1, paths.shape[1] + 1)
    return by_month(steps, paths, mean, key="horizon", known=one.known)
