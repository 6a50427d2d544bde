"""Do the raters agree? Krippendorff's alpha and the intraclass correlations of Shrout and Fleiss.

Sources: Krippendorff, Content Analysis (2004), chapter 11; Shrout and Fleiss, Psychological
Bulletin 86 (1979) 420-428. No maintained package gives both with missing values and intervals,
so the arithmetic is here and checked against the published examples.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from metrics.errors import InvalidInput

RatingScale = Literal["nominal", "ordinal", "interval"]
SEED = 20261101
SCALES: tuple[RatingScale, ...] = ("nominal", "ordinal", "interval")
LEVEL = 95
RELIABLE, TENTATIVE = 0.800, 0.667


@dataclass(frozen=True)
class Agreement:
    """Agreement of raters over units.

    ``alpha`` in (-1, 1], 1 is perfect and 0 is chance; ``low`` and ``high`` a bootstrap interval
    over units at ``level`` per cent; ``icc_2k`` the reliability of the mean of all raters.
    NaN where undefined, with ``reason`` (of alpha) or ``icc_reason``.
    ``units`` and ``raters`` count those with at least one value; ``pairable`` the values that
    share a unit with another.
    """

    alpha: float
    low: float
    high: float
    icc_2k: float
    units: int
    raters: int
    reason: str | None = None
    icc_reason: str | None = None
    pairable: int = 0
    level: int = LEVEL


@dataclass(frozen=True)
class Icc:
    """The six intraclass correlations: single rating (``_1``) and mean of k ratings (``_k``)."""

    icc_1_1: float
    icc_2_1: float
    icc_3_1: float
    icc_1_k: float
    icc_2_k: float
    icc_3_k: float


def agreement(
    frame: pd.DataFrame, scale: RatingScale = "ordinal", *, seed: int = SEED, draws: int = 1000
) -> Agreement:
    """Measure agreement in a long table.

    Parameters
    ----------
    frame : DataFrame
        Columns ``unit``, ``rater``, ``value``; a missing value is NaN or an absent row.
        Values may be text on the nominal scale.
    scale : {"nominal", "ordinal", "interval"}
    seed, draws : int
        Of the bootstrap over units.

    Raises
    ------
    InvalidInput
        Unknown scale, a column missing, the same rater twice on a unit, or text on a
        numeric scale.
    """
    if scale not in SCALES:
        raise InvalidInput("unknown_scale", value=scale)
    missing = [c for c in ("unit", "rater", "value") if c not in frame.columns]
    if missing:
        raise InvalidInput("column_missing", columns=missing)
    frame = frame[["unit", "rater", "value"]].dropna()
    twice = frame.duplicated(["unit", "rater"])
    if twice.any():
        row = frame[twice].iloc[0]
        raise InvalidInput("rater_twice", unit=str(row["unit"]), rater=str(row["rater"]))
    if scale == "nominal":
        values = pd.factorize(frame["value"])[0].astype(float)
    else:
        try:
            values = pd.to_numeric(frame["value"]).to_numpy(float)
        except (TypeError, ValueError) as error:
            raise InvalidInput("value_not_numeric", scale=scale) from error
        if not np.isfinite(values).all():
            raise InvalidInput("value_not_finite", scale=scale)
    unit, units = pd.factorize(frame["unit"])
    rater, raters = pd.factorize(frame["rater"])
    table = np.full((len(units), len(raters)), np.nan)
    table[unit, rater] = values
    return agree(table, scale, seed=seed, draws=draws)


def agree(table: np.ndarray, scale: RatingScale, *, seed: int, draws: int = 1000) -> Agreement:
    """Measure agreement in an array of units x raters, NaN where a rater gave no value."""
    present = ~np.isnan(table)
    units, raters = int(present.any(axis=1).sum()), int(present.any(axis=0).sum())
    paired = table[present.sum(axis=1) >= 2]
    pairable = int((~np.isnan(paired)).sum())
    icc, icc_reason = _icc_2k(table, scale)
    nan = float("nan")
    reason = (
        "no_value"
        if raters == 0
        else "one_rater"
        if raters == 1
        else "no_unit_rated_twice"
        if pairable == 0
        else None
    )
    if reason:
        return Agreement(nan, nan, nan, icc, units, raters, reason, icc_reason, pairable)
    values, counts = _counts(paired)
    alpha = float(_alpha(values, counts, np.ones((1, len(counts))), scale)[0])
    if np.isnan(alpha):
        return Agreement(nan, nan, nan, icc, units, raters, "no_variation", icc_reason, pairable)
    low = high = nan
    if draws and len(counts) > 1:
        rng = np.random.default_rng(seed)
        share = np.full(len(counts), 1 / len(counts))
        drawn = _alpha(values, counts, rng.multinomial(len(counts), share, draws), scale)
        # A resample in which every value is the same cannot show disagreement: it counts as 1.
        drawn = np.where(np.isnan(drawn), 1.0, drawn)
        tail = (100 - LEVEL) / 200
        low, high = (float(q) for q in np.quantile(drawn, [tail, 1 - tail]))
    return Agreement(alpha, low, high, icc, units, raters, None, icc_reason, pairable)


def _counts(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct values, and how often each occurs in each unit."""
    values, code = np.unique(table[~np.isnan(table)], return_inverse=True)
    counts = np.zeros((len(table), len(values)))
    np.add.at(counts, (np.nonzero(~np.isnan(table))[0], code.ravel()), 1)
    return values, counts


def _alpha(
    values: np.ndarray, counts: np.ndarray, weights: np.ndarray, scale: RatingScale
) -> np.ndarray:
    """Alpha of each weighting of units; NaN where the expected disagreement is 0.

    With n_uc values c in unit u, m_u = sum_c n_uc and n the pairable values, alpha is
    1 - (n - 1) sum_u D_u / (m_u - 1) / D, where D sums the difference over ordered pairs.
    The ordinal difference is the interval difference of mid-ranks.
    """
    weights = np.asarray(weights, float)
    size = counts.sum(axis=1)
    total = weights @ counts
    n = total.sum(axis=1)
    if scale == "nominal":
        within = size**2 - (counts**2).sum(axis=1)
        observed = weights @ (within / (size - 1))
        expected = n**2 - (total**2).sum(axis=1)
    else:
        if scale == "ordinal":
            points = np.cumsum(total, axis=1) - total / 2
        else:
            points = np.broadcast_to(values - values.mean(), total.shape)
        squares = (points**2) @ counts.T
        sums = points @ counts.T
        within = 2 * (size * squares - sums**2) / (size - 1)
        observed = (weights * within).sum(axis=1)
        first = (total * points).sum(axis=1)
        expected = 2 * (n * (total * points**2).sum(axis=1) - first**2)
    varied = (total > 0).sum(axis=1) > 1
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(varied, 1 - (n - 1) * observed / expected, np.nan)


def _icc_2k(table: np.ndarray, scale: RatingScale) -> tuple[float, str | None]:
    if scale == "nominal":
        return float("nan"), "nominal_scale"
    seen = table[(~np.isnan(table)).any(axis=1)]
    seen = seen[:, (~np.isnan(seen)).any(axis=0)]
    if np.isnan(seen).any():
        return float("nan"), "not_fully_crossed"
    if min(seen.shape, default=0) < 2:
        return float("nan"), "fewer_than_two_units_or_raters"
    value = intraclass_correlations(seen).icc_2_k
    return value, ("no_variation" if np.isnan(value) else None)


def intraclass_correlations(table: np.ndarray) -> Icc:
    """Compute all six forms from a complete array of units x raters.

    Parameters
    ----------
    table : ndarray, shape (units, raters)
        At least 2 x 2, without NaN.

    Returns
    -------
    Icc
        NaN where a form divides by zero (no variation between units).

    Raises
    ------
    InvalidInput
        If the table is incomplete or too small.
    """
    table = np.asarray(table, float)
    if table.ndim != 2 or min(table.shape) < 2 or np.isnan(table).any():
        raise InvalidInput("table_not_crossed")
    n, k = table.shape
    grand = table.mean()
    units = k * ((table.mean(axis=1) - grand) ** 2).sum()
    raters = n * ((table.mean(axis=0) - grand) ** 2).sum()
    total = ((table - grand) ** 2).sum()
    if total <= 1e-12 * max(1.0, grand**2):
        return Icc(*(float("nan"),) * 6)
    between, columns = units / (n - 1), raters / (k - 1)
    within = (total - units) / (n * (k - 1))
    error = (total - units - raters) / ((n - 1) * (k - 1))

    def ratio(top: float, bottom: float) -> float:
        return float(top / bottom) if abs(bottom) > 1e-12 * total else float("nan")

    return Icc(
        ratio(between - within, between + (k - 1) * within),
        ratio(between - error, between + (k - 1) * error + k * (columns - error) / n),
        ratio(between - error, between + (k - 1) * error),
        ratio(between - within, between),
        ratio(between - error, between + (columns - error) / n),
        ratio(between - error, between),
    )
