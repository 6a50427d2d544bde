"""Accuracy, honesty and speed of ``metrics.forecast`` beside its rivals, on the same series.

    python bench/forecast.py                      # ours and the median of five, table on screen
    python bench/forecast.py --rivals PYTHON      # also statsforecast, by that interpreter (pandas < 3)

Rival forecasts are kept in a cache folder (``--cache``), because they take minutes and never change.
"""

from __future__ import annotations

import sys
import time
import warnings
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

LEVELS = (50, 80, 95)
STATSFORECAST = ("AutoETS", "DynamicOptimizedTheta", "AutoARIMA", "AutoCES")


def competition(path: Path, frequency: str, cut: int) -> tuple[list, list]:
    """Histories of `cut` points and the held-out points that follow, from the M1 competition."""
    import pandas as pd

    frame = pd.read_parquet(path)
    histories, futures = [], []
    for _, series in frame[frame["frequency"] == frequency].groupby("series"):
        train = series.loc[series["split"] == "train", "value"].to_numpy(float)
        if len(train) >= cut:
            histories.append(train[-cut:])
            futures.append(series.loc[series["split"] == "test", "value"].to_numpy(float))
    return histories, futures


def simulated(cut: int, horizon: int = 18, count: int = 300, seed: int = 7) -> tuple[list, list]:
    """Series that look like KPI ratios (shares, scores) and costs, months with a programme in them.

    Each mixes, at random: a persistent drift whose slope itself wanders or dies out, a yearly
    pattern, autocorrelated noise with heavy tails, a logistic ramp of an initiative, one level
    shift, the sampling noise of a ratio with a finite denominator.
    """
    rng = np.random.default_rng(seed)
    n = cut + horizon
    months = np.arange(n)
    histories, futures = [], []
    for i in range(count):
        slope = rng.normal(0, 0.006) * rng.uniform(0.85, 1.0) ** months
        slope += np.cumsum(rng.normal(0, 0.0008 * (rng.random() < 0.4), n))
        level = np.cumsum(slope + rng.normal(0, rng.choice([0.0, 0.01, 0.03]), n))
        harmonics = np.arange(1, 4)
        phase = rng.uniform(0, 2 * np.pi, 3)
        waves = np.cos(2 * np.pi * np.outer(months, harmonics) / 12 + phase) @ rng.normal(
            0, 1 / harmonics
        )
        season = rng.choice([0.0, 0.02, 0.06, 0.15]) * waves
        shocks = rng.standard_t(5, n) * rng.choice([0.01, 0.03, 0.08])
        noise, rho = np.zeros(n), rng.choice([0.0, 0.3, 0.6])
        for t in range(n):
            noise[t] = rho * noise[t - 1] * (t > 0) + shocks[t]
        ramp = 0.0
        if rng.random() < 0.5:
            start = rng.integers(0, cut)
            ramp = rng.normal(0, 0.12) / (1 + np.exp(-(months - start - 3) / 1.4))
        if rng.random() < 0.15:
            ramp = ramp + rng.normal(0, 0.15) * (months >= rng.integers(3, cut))
        z = level + season + noise + ramp
        if i % 3 == 0:
            odds = rng.normal(-0.3, 0.9) + 1.5 * z
            share = 1 / (1 + np.exp(-odds))
            base = rng.choice([80, 400, 5000])
            y = rng.binomial(base, share) / base
        elif i % 3 == 1:
            y = np.round(rng.lognormal(10, 1.5) * np.exp(z), 2)
        else:
            y = rng.poisson(rng.lognormal(6, 1.2) * np.exp(z)).astype(float)
        histories.append(y[:cut])
        futures.append(y[cut:])
    return histories, futures


def naive2(y: np.ndarray, horizon: int, season: int) -> np.ndarray:
    """Last value of the seasonally adjusted series, the reference of the M4 competition."""
    n, index = len(y), np.ones(season)
    if n >= 2 * season and y.min() > 0:
        d = y - y.mean()
        acf = np.array([d[k:] @ d[: n - k] for k in range(season + 1)]) / max(d @ d, 1e-300)
        limit = 1.645 * np.sqrt((1 + 2 * np.sum(acf[1:season] ** 2)) / n)
        if abs(acf[season]) > limit:
            index = classical_index(y, season)
    factor = index[np.arange(n) % season]
    return (y[-1] / factor[-1]) * index[np.arange(n, n + horizon) % season]


def classical_index(y: np.ndarray, season: int) -> np.ndarray:
    """Multiplicative seasonal indices by classical decomposition."""
    weights = np.ones(season + 1 - season % 2)
    if season % 2 == 0:
        weights[[0, -1]] = 0.5
    half = len(weights) // 2
    trend = np.convolve(y, weights / season, "valid")
    ratio = y[half : len(y) - half] / trend
    place = np.arange(half, len(y) - half) % season
    index = np.array([ratio[place == k].mean() for k in range(season)])
    return index / index.mean()


def seasonal_naive(y: np.ndarray, horizon: int, season: int) -> np.ndarray:
    return y[len(y) - season + np.arange(horizon) % season]


def median_of_five(y: np.ndarray, horizon: int, season: int) -> dict:
    """The plain combination of statsmodels that the engine has to beat (design notes, methods)."""
    import pandas as pd
    from scipy.stats import norm
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel
    from statsmodels.tsa.forecasting.theta import ThetaModel
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    series = pd.Series(y, index=pd.period_range("2000-01", periods=len(y), freq="M"))
    z = norm.ppf(0.5 + np.array(LEVELS) / 200)
    members = []

    def ets(error, trend, damped, seasonal):
        return ETSModel(
            series, error=error, trend=trend, damped_trend=damped, seasonal=seasonal,
            seasonal_periods=season if seasonal else None,
        ).fit(disp=False)  # fmt: skip

    def ets_bands(fit):
        prediction = fit.get_prediction(start=len(y), end=len(y) + horizon - 1)
        bounds = [prediction.pred_int(alpha=1 - v / 100).to_numpy().T for v in LEVELS]
        return np.asarray(prediction.predicted_mean), bounds

    fits = []
    positive = y.min() > 0
    for error in ("add", "mul") if positive else ("add",):
        for seasonal in (None, "add" if error == "add" else "mul"):
            for trend, damped in ((None, False), ("add", False), ("add", True)):
                try:
                    fits.append(ets(error, trend, damped, seasonal))
                except Exception:
                    continue
    attempts = [
        lambda: ets_bands(min(fits, key=lambda f: f.aicc if np.isfinite(f.aicc) else np.inf)),
        lambda: ets_bands(ets("add", "add", True, "add")),
        lambda: theta_bands(ThetaModel(series, period=season).fit()),
        lambda: sarima_bands(
            SARIMAX(series, order=(0, 1, 1), seasonal_order=(0, 1, 1, season)).fit(disp=False)
        ),
    ]

    def theta_bands(fit):
        bounds = [fit.prediction_intervals(horizon, alpha=1 - v / 100).to_numpy().T for v in LEVELS]
        return fit.forecast(horizon).to_numpy(), bounds

    def sarima_bands(fit):
        prediction = fit.get_forecast(horizon)
        bounds = [prediction.conf_int(alpha=1 - v / 100).to_numpy().T for v in LEVELS]
        return prediction.predicted_mean.to_numpy(), bounds

    for attempt in attempts:
        try:
            members.append(attempt())
        except Exception:
            continue
    point = seasonal_naive(y, horizon, season)
    sigma = np.sqrt(np.mean((y[season:] - y[:-season]) ** 2))
    width = sigma * np.sqrt(np.arange(horizon) // season + 1)
    members.append((point, [np.array([point - q * width, point + q * width]) for q in z]))
    means = np.array([m[0] for m in members])
    bounds = np.array([m[1] for m in members])
    ok = np.isfinite(means).all(axis=1)
    return {"mean": np.median(means[ok], axis=0), "bounds": np.nanmedian(bounds[ok], axis=0)}


def run_statsmodels(histories: list, horizon: int, season: int) -> dict[str, np.ndarray]:
    warnings.simplefilter("ignore")
    started = time.perf_counter()
    out = [median_of_five(y, horizon, season) for y in histories]
    return {
        "median of five|mean": np.array([o["mean"] for o in out]),
        "median of five|bounds": np.array([o["bounds"] for o in out]),
        "median of five|seconds": np.array(time.perf_counter() - started),
    }


def run_statsforecast(histories: list, horizon: int, season: int) -> dict[str, np.ndarray]:
    """Runs under the other interpreter: nothing of ours, nothing of pandas 3, is imported here."""
    from statsforecast import models

    warnings.simplefilter("ignore")
    result = {}
    for name in STATSFORECAST:
        started = time.perf_counter()
        means, bounds = [], []
        for y in histories:
            try:
                f = getattr(models, name)(season_length=season).forecast(
                    y=y, h=horizon, level=list(LEVELS)
                )
            except Exception:
                f = models.SeasonalNaive(season).forecast(y=y, h=horizon, level=list(LEVELS))
            means.append(f["mean"])
            bounds.append([[f[f"lo-{v}"], f[f"hi-{v}"]] for v in LEVELS])
        result[f"{name}|mean"] = np.array(means)
        result[f"{name}|bounds"] = np.array(bounds)
        result[f"{name}|seconds"] = np.array(time.perf_counter() - started)
    return result
