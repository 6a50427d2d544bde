"""From one forecast series per cohort to one fit: what `series` and `before-after` share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metrics import intervals
from metrics.effects.autoregression import Companions, Jump, PredictiveDistribution, forecast
from metrics.effects.panel import Panel
from metrics.effects.result import Fit
from metrics.model import Note


@dataclass(frozen=True)
class Cohort:
    """One start: the series judged, its regressors over all periods, its treated columns."""

    start: int
    columns: np.ndarray
    series: np.ndarray
    regressors: np.ndarray
    drift: bool = False
    companions: tuple[Companions, ...] = ()
    jumps: tuple[Jump, ...] = ()


def combine(
    panel: Panel, cohorts: list[Cohort], design: str, level: float, notes: tuple[Note, ...] = ()
) -> Fit:
    """Forecast every cohort past its start and average the gaps over treated cells.

    Cohorts share the comparison units, so their errors are correlated as their pre-period
    residuals are; negative correlation is not credited.
    """
    forecasts = [_forecast_cohort(panel, cohort) for cohort in cohorts]
    shares = [panel.cells[:, cohort.columns].sum(axis=1) / panel.cells.sum() for cohort in cohorts]
    gaps = [c.series[c.start :] - f.mean for c, f in zip(cohorts, forecasts, strict=True)]
    if len(cohorts) == 1:
        estimate, low, high, error = _single(cohorts[0], forecasts[0], shares[0], level)
    else:
        estimate, low, high, error = _combine_cohorts(cohorts, forecasts, shares, gaps, level)
    freedom = min(f.freedom for f in forecasts)
    since, effects, covariance = _since_start(panel, cohorts, forecasts, gaps)
    quantile = float(intervals.quantile(level, freedom))
    expected, spread = _paths(panel, cohorts, forecasts)
    return Fit(
        design=design,
        estimate=estimate,
        low=low,
        high=high,
        standard_error=error,
        expected=expected,
        expected_error=quantile * spread,
        since_start=since,
        effects=effects,
        covariance=covariance,
        quantile=quantile,
        notes=notes,
    )


def _forecast_cohort(panel: Panel, cohort: Cohort) -> PredictiveDistribution:
    before = panel.before(cohort.start)
    return forecast(
        cohort.series[before],
        cohort.regressors[before],
        cohort.regressors[cohort.start :],
        lead=cohort.start - len(before),
        drift=cohort.drift,
        companions=cohort.companions,
        jumps=cohort.jumps,
    )


def _single(
    cohort: Cohort, ahead: PredictiveDistribution, share: np.ndarray, level: float
) -> tuple[float, float, float, float]:
    weights = share[cohort.start :]
    actual = float(weights @ cohort.series[cohort.start :])
    expected, low, high = ahead.interval(weights, level)
    _, low95, high95 = ahead.interval(weights, 95) if level != 95 else (0.0, low, high)
    return (
        actual - expected,
        actual - high,
        actual - low,
        float(intervals.error_of(low95, high95, 95)),
    )


def _combine_cohorts(
    cohorts: list[Cohort],
    forecasts: list[PredictiveDistribution],
    shares: list[np.ndarray],
    gaps: list[np.ndarray],
    level: float,
) -> tuple[float, float, float, float]:
    weights = [share[c.start :] for c, share in zip(cohorts, shares, strict=True)]
    estimate = float(sum(w @ gap for w, gap in zip(weights, gaps, strict=True)))
    error = np.array(
        [np.sqrt(w @ f.covariance @ w) for w, f in zip(weights, forecasts, strict=True)]
    )
    deviation = float(np.sqrt(error @ _correlation(cohorts, forecasts) @ error))
    freedom = min(f.freedom for f in forecasts)
    half = intervals.quantile(level, freedom) * deviation
    return (
        estimate,
        float(estimate - half),
        float(estimate + half),
        intervals.comparable_error(deviation, freedom),
    )


def _correlation(cohorts: list[Cohort], forecasts: list[PredictiveDistribution]) -> np.ndarray:
    shared = min(len(f.fitted) for f in forecasts)
    residuals = np.array(
        [c.series[:shared] - f.fitted[:shared] for c, f in zip(cohorts, forecasts, strict=True)]
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = np.nan_to_num(np.atleast_2d(np.corrcoef(residuals)), nan=1.0)
    return np.clip(correlation, 0, 1)


def _since_start(
    panel: Panel,
    cohorts: list[Cohort],
    forecasts: list[PredictiveDistribution],
    gaps: list[np.ndarray],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    length = max(len(gap) for gap in gaps)
    weights = np.zeros((len(cohorts), length))
    for place, (cohort, gap) in enumerate(zip(cohorts, gaps, strict=True)):
        weights[place, : len(gap)] = len(cohort.columns)
    weights /= weights.sum(axis=0)
    padded = [np.pad(gap, (0, length - len(gap))) for gap in gaps]
    effects = np.einsum("ch,ch->h", weights, np.array(padded))
    correlation = _correlation(cohorts, forecasts)
    roots = []
    for place, ahead in enumerate(forecasts):
        size = len(ahead.mean)
        root = np.zeros((length, size))
        root[:size] = np.linalg.cholesky(
            ahead.covariance
            + 1e-12 * np.trace(ahead.covariance) * np.eye(size)
            + 1e-300 * np.eye(size)
        )
        roots.append(weights[place][:, None] * root)
    covariance = np.zeros((length, length))
    for i, left in enumerate(roots):
        for j, right in enumerate(roots):
            size = min(left.shape[1], right.shape[1])
            covariance += correlation[i, j] * left[:, :size] @ right[:, :size].T
    return np.arange(length), effects, covariance


def _paths(
    panel: Panel, cohorts: list[Cohort], forecasts: list[PredictiveDistribution]
) -> tuple[np.ndarray, np.ndarray]:
    """Expected mean of the treated units in every period, and its standard deviation."""
    actual = panel.values[:, panel.treated].mean(axis=1)
    gap, spread = np.zeros(len(actual)), np.zeros(len(actual))
    for cohort, ahead in zip(cohorts, forecasts, strict=True):
        share = len(cohort.columns) / len(panel.treated)
        before = len(ahead.fitted)
        series, start = cohort.series, cohort.start
        gap[:before] += share * (series[:before] - ahead.fitted)
        gap[start:] += share * (series[start:] - ahead.mean)
        spread[:start] += share * ahead.residual_deviation
        spread[start:] += share * np.sqrt(np.diag(ahead.covariance))
    return actual - gap, spread
