"""What would convince me: how long, or with how many teams, until an effect would be found.

The series design forecasts the gap between treated and comparison units from its past, so the
width of its interval after any number of months is known before those months are. Power follows
from that width and from how much of the effect the six-month ramp lets through.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import scipy

from metrics import intervals
from metrics.effects import series
from metrics.effects.autoregression import forecast
from metrics.effects.panel import Panel
from metrics.effects.ramp import ramp
from metrics.errors import InvalidInput, NotEnoughData

MONTHS = (*range(1, 13), 15, 18, 21, 24, 30, 36)
# Comparison units that must stay, or nothing is left to compare with.
LEAST_CONTROLS = 2


@dataclass(frozen=True)
class PowerPlan:
    """When an effect of the size asked for would be found.

    Attributes
    ----------
    months : float
        First number of months with at least ``target`` power; NaN where none of ``curve`` has.
    teams : float
        Fewest treated teams, taken from the comparison teams, that reach ``target`` after
        ``after`` months; NaN where no split of the teams does.
    curve : DataFrame
        ``months``, ``standard_error``, ``expected`` (mean effect so far, ramp included),
        ``detectable`` (full effect found with ``target`` power), ``power`` (0 to 1).
    """

    effect: float
    target: float
    months: float
    after: int
    teams: float
    curve: pd.DataFrame = field(repr=False)


def noise_ahead(
    panel: Panel, *, months: tuple[int, ...] = MONTHS, level: float = 95
) -> pd.DataFrame:
    """Standard error of the mean effect over the first so many months, from the past alone.

    Returns
    -------
    DataFrame
        ``months``, ``standard_error``: half the interval of the series design over the normal
        quantile of ``level``, in the unit of the outcome.

    Raises
    ------
    NotEnoughData
        No comparison unit, or fewer than eight periods before the start.
    InvalidInput
        ``effect_plan_staggered``: more than one start; plan each by itself.
    """
    if panel.staggered:
        raise InvalidInput("effect_plan_staggered", starts=len(panel.cohorts))
    if len(panel.controls) == 0:
        raise NotEnoughData(0, 1, "control units")
    start, columns = panel.cohorts[0]
    before = panel.before(start)
    if len(before) < series.LEAST_BEFORE:
        raise NotEnoughData(len(before), series.LEAST_BEFORE, "periods before the start")
    cohort = series.cohort(panel, start, columns)
    past = cohort.regressors[before]
    errors = []
    for length in months:
        ahead = forecast(
            cohort.series[before],
            past,
            np.tile(past.mean(axis=0), (length, 1)),
            lead=start - len(before),
            drift=cohort.drift,
            companions=cohort.companions,
            jumps=cohort.jumps,
        )
        _, low, high = ahead.interval(np.full(length, 1 / length), level)
        errors.append(float(intervals.error_of(low, high, level)))
    return pd.DataFrame({"months": np.array(months, dtype=float), "standard_error": errors})


def plan(
    noise: pd.DataFrame,
    effect: float,
    treated: int,
    controls: int,
    *,
    after: int = 12,
    target: float = intervals.POWER,
    level: float = 95,
) -> PowerPlan:
    """Months or teams until an effect of ``effect`` would be found with ``target`` power.

    Parameters
    ----------
    noise : DataFrame
        ``months``, ``standard_error`` as from ``noise_ahead``.
    effect : float
        Full effect after the ramp, per period and unit, in the unit of ``standard_error``. Its
        sign does not matter.
    treated, controls : int
        Teams behind ``noise``. More treated teams come out of the comparison teams; the standard
        error goes with the root of 1 / treated + 1 / controls.
    after : int
        Months after which the number of teams is asked for.

    Raises
    ------
    InvalidInput
        ``effect_plan_zero``: an effect of nothing is never found.
    """
    if not (np.isfinite(effect) and effect != 0):
        raise InvalidInput("effect_plan_zero", effect=effect)
    months = noise["months"].to_numpy()
    error = noise["standard_error"].to_numpy()
    reached = np.array([float(ramp(np.arange(1, int(m) + 1)).mean()) for m in months])
    expected = abs(effect) * reached
    curve = pd.DataFrame(
        {
            "months": months,
            "standard_error": error,
            "expected": expected,
            "detectable": intervals.detectable_errors(level, target) * error / reached,
            "power": power(expected, error, level),
        }
    )
    enough = curve.loc[curve["power"] >= target, "months"]
    place = int(np.searchsorted(months, after, side="right")) - 1
    teams = _teams(expected[place], error[place], treated, controls, target, level)
    return PowerPlan(
        effect=effect,
        target=target,
        after=int(months[place]),
        curve=curve,
        teams=teams,
        months=float(enough.iloc[0]) if len(enough) else float("nan"),
    )


def power(effect: np.ndarray, standard_error: np.ndarray, level: float = 95) -> np.ndarray:
    """Probability that the interval excludes zero when the mean effect is ``effect``, 0 to 1."""
    quantile = intervals.quantile(level)
    ratio = np.abs(effect) / np.asarray(standard_error)
    return scipy.stats.norm.cdf(ratio - quantile) + scipy.stats.norm.cdf(-ratio - quantile)


def _teams(
    expected: float, error: float, treated: int, controls: int, target: float, level: float
) -> float:
    now = 1 / treated + 1 / controls
    for more in range(controls - LEAST_CONTROLS + 1):
        share = 1 / (treated + more) + 1 / (controls - more)
        if power(expected, error * np.sqrt(share / now), level) >= target:
            return float(treated + more)
    return float("nan")
