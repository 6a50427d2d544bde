"""Accuracy, honesty and speed of ``metrics.forecast`` beside its rivals, on the same series.

    python bench/forecast.py                     # ours beside every rival found in the cache
    python bench/forecast.py --rivals PYTHON     # first run the rivals: statsmodels here,
                                                 # statsforecast by that interpreter (pandas < 3)

Rival forecasts are kept in the ``--cache`` folder, because they take minutes and never change.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

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
            series,
            error=error,
            trend=trend,
            damped_trend=damped,
            seasonal=seasonal,
            seasonal_periods=season if seasonal else None,
        ).fit(disp=False)

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
    from statsforecast import models  # pyright: ignore[reportMissingImports]

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


# name → season, horizon, cut
SETS = {
    "m1m-36": (12, 18, 36),
    "m1m-24": (12, 18, 24),
    "sim-36": (12, 18, 36),
    "sim-24": (12, 18, 24),
    "m1q-20": (4, 8, 20),
}


def series_of(name: str, m1: Path) -> tuple[list, list]:
    _, _, cut = SETS[name]
    if name.startswith("sim"):
        return simulated(cut)
    return competition(m1, "monthly" if name.startswith("m1m") else "quarterly", cut)


def ours(histories: list, horizon: int, season: int) -> dict[str, np.ndarray]:
    import pandas as pd

    from metrics.forecast import forecast_many

    panel = {str(i): pd.Series(y) for i, y in enumerate(histories)}
    started = time.perf_counter()
    done = forecast_many(panel, horizon, season=season, kind=None, folds=0).forecasts
    seconds = time.perf_counter() - started
    means, bounds, sums = [], [], []
    for i, y in enumerate(histories):
        if str(i) not in done:
            raise RuntimeError(f"series {i} refused")
        path = done[str(i)].path.pivot(index="period", columns="level")
        means.append(path["mean"][95].to_numpy())
        bound = np.array([[path["low"][v], path["high"][v]] for v in LEVELS])
        bounds.append(np.where(np.isnan(bound), y[-1], bound))
        total = done[str(i)].sums.query("level == 95").iloc[min(12, horizon) - 1]
        sums.append([total["low"], total["high"]])
    return {
        "ours|mean": np.array(means),
        "ours|bounds": np.array(bounds),
        "ours|sums": np.array(sums),
        "ours|seconds": np.array(seconds),
    }


def scores(
    histories: np.ndarray, futures: np.ndarray, mean: np.ndarray, bounds: np.ndarray, season: int
) -> dict[str, float]:
    """Overall weighted average against Naive2, coverage, mean scaled interval score (M4)."""
    horizon = futures.shape[1]
    base = np.array([naive2(y, horizon, season) for y in histories])
    scale = np.abs(histories[:, season:] - histories[:, :-season]).mean(axis=1)
    scale = np.where(scale > 0, scale, np.nan)

    def smape(f: np.ndarray) -> float:
        return float(np.mean(200 * np.abs(futures - f) / (np.abs(futures) + np.abs(f) + 1e-300)))

    def mase(f: np.ndarray) -> float:
        return float(np.nanmean(np.abs(futures - f).mean(axis=1) / scale))

    out = {"owa": (smape(mean) / smape(base) + mase(mean) / mase(base)) / 2}
    for level, (low, high) in zip(LEVELS, bounds.transpose(1, 2, 0, 3), strict=True):
        inside = (low <= futures) & (futures <= high)
        out[f"cover{level}"] = 100 * inside.mean()
        for third, part in enumerate(np.array_split(inside, 3, axis=1), 1):
            out[f"cover{level} third {third}"] = 100 * part.mean()
    low, high = bounds[:, -1, 0], bounds[:, -1, 1]
    miss = np.maximum(low - futures, 0) + np.maximum(futures - high, 0)
    out["msis"] = float(np.nanmean(((high - low) + 40 * miss).mean(axis=1) / scale))
    return out


def with_combinations(rivals: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Adds mean and median of the four statsforecast models."""
    names = [n for n in STATSFORECAST if f"{n}|mean" in rivals]
    if len(names) == len(STATSFORECAST):
        for label, combine in (("mean", np.mean), ("median", np.median)):
            for part in ("mean", "bounds"):
                stack = np.array([rivals[f"{n}|{part}"] for n in names])
                rivals[f"{label} of the four|{part}"] = combine(stack, axis=0)
    return rivals


def report(name: str, m1: Path, cache: Path) -> None:
    season, horizon, _ = SETS[name]
    all_histories, all_futures = series_of(name, m1)
    mine = ours(all_histories, horizon, season)
    actual, histories = np.array(all_futures), np.array(all_histories)
    first = min(12, horizon)
    total = actual[:, :first].sum(axis=1)
    inside = (mine["ours|sums"][:, 0] <= total) & (total <= mine["ours|sums"][:, 1])
    print(f"\n{name}: {len(histories)} series, {horizon} ahead; ours {mine['ours|seconds']:.1f} s")
    print(f"95 % interval of the total of {first} steps covers {100 * inside.mean():.1f} %")
    columns = ("owa", "msis", "cover95", "cover80", "cover50")
    print(f"{'method':24}{'n':>5}" + "".join(f"{c:>9}" for c in columns) + "   95 % by third")
    rows: list[tuple[str, np.ndarray, np.ndarray, np.ndarray]] = []
    everything = np.arange(len(histories))
    rows.append(("ours", everything, mine["ours|mean"], mine["ours|bounds"]))
    for who in ("sm", "sf"):
        file = cache / f"{who}-{name}.npz"
        if not file.exists():
            continue
        kept = with_combinations(dict(np.load(file)))
        some = kept.get("rows", everything)
        if len(some) < len(everything):
            rows.append(
                ("ours, same series", some, mine["ours|mean"][some], mine["ours|bounds"][some])
            )
        for key in kept:
            if key.endswith("|mean"):
                label = key.removesuffix("|mean")
                rows.append((label, some, kept[key], kept[f"{label}|bounds"]))
    for label, some, mean, bounds in rows:
        s = scores(histories[some], actual[some], mean, bounds, season)
        thirds = " ".join(f"{s[f'cover95 third {k}']:.1f}" for k in (1, 2, 3))
        print(
            f"{label:24}{len(some):5}{s['owa']:9.4f}{s['msis']:9.2f}"
            + "".join(f"{s[c]:9.1f}" for c in columns[2:])
            + f"   {thirds}"
        )


def speed() -> None:
    """100 series × 48 months × 18 ahead with three back-test folds, and the memory it took."""
    import resource

    import pandas as pd

    from bench.reference import reference_seconds
    from metrics.forecast import forecast_many

    rng = np.random.default_rng(0)
    walk = np.cumsum(rng.normal(0, 0.03, (100, 48)), axis=1)
    values = 100 * np.exp(walk + 0.1 * np.sin(np.arange(48) / 12 * 2 * np.pi))
    panel = {str(i): pd.Series(row) for i, row in enumerate(values)}
    for folds in (0, 3):
        started = time.process_time()
        forecast_many(panel, 18, kind=None, folds=folds)
        used = time.process_time() - started
        print(f"100 series x 48 x 18, {folds} folds: {used:.2f} s of processor time")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak:.0f} MB; reference task {reference_seconds():.2f} s")


def run_rivals(python: str, name: str, m1: Path, cache: Path) -> None:
    """Run both families of rivals on one set, unless their forecasts are kept already."""
    season, horizon, _ = SETS[name]
    if not (cache / f"sm-{name}.npz").exists():
        histories, _ = series_of(name, m1)
        kept: dict[str, Any] = run_statsmodels(histories, horizon, season)
        np.savez(cache / f"sm-{name}.npz", **kept)
    if not (cache / f"sf-{name}.npz").exists():
        command = [python, __file__, "--statsforecast", name, "--m1", str(m1)]
        subprocess.run([*command, "--cache", str(cache)], check=True)


def main() -> None:
    root = Path(__file__).resolve().parent.parent
    data = Path(os.environ.get("ATTUNE_DATA", root.parent / "shared" / "data"))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--m1", type=Path, default=data / "forecast" / "m1_competition.parquet")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "rivals")
    parser.add_argument("--rivals", metavar="PYTHON")
    parser.add_argument("--statsforecast", metavar="SET", help=argparse.SUPPRESS)
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=list(SETS))
    chosen = parser.parse_args()
    chosen.cache.mkdir(exist_ok=True)
    if chosen.statsforecast:
        season, horizon, _ = SETS[chosen.statsforecast]
        histories, _ = series_of(chosen.statsforecast, chosen.m1)
        kept: dict[str, Any] = run_statsforecast(histories, horizon, season)
        np.savez(chosen.cache / f"sf-{chosen.statsforecast}.npz", **kept)
        return
    speed()
    for name in chosen.sets:
        if chosen.rivals:
            run_rivals(chosen.rivals, name, chosen.m1, chosen.cache)
        report(name, chosen.m1, chosen.cache)


if __name__ == "__main__":
    main()
