"""Do issued intervals keep their word, and how much wider must the next ones be?

One stated rule: the miss of every scored prediction is divided by the half-width of its 80 %
interval; the width of the next cycle is multiplied by the 80 % quantile of these ratios, pulled to
one as if twenty predictions had been exactly right, and kept between a half and two.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import scipy

from metrics.errors import NotEnoughData

PRIOR = 20
NARROWEST, WIDEST = 0.5, 2.0
LEVEL = 80.0
LEAST_SCORED = 5
"""Fewer scored predictions than this say nothing about a person, a model or a function."""


def width_factor(scored: pd.DataFrame, prior: int = PRIOR) -> float:
    """Factor for the width of the next cycle's intervals, from those scored so far.

    Parameters
    ----------
    scored : DataFrame
        ``level``, ``mean``, ``low``, ``high``, ``actual``; NaN actuals are not yet scored. Bounds
        as the engine gave them, before any factor (column ``factor`` divides it out).
    """
    rows = scored[(scored["level"] == LEVEL) & scored["actual"].notna()]
    if rows.empty:
        return 1.0
    return factor_of(_ratios(rows), prior)


def factor_of(ratios: np.ndarray, prior: int = PRIOR) -> float:
    """The rule itself, on misses over half-widths."""
    known = ratios[np.isfinite(ratios)]
    if len(known) == 0:
        return 1.0
    seen = float(np.quantile(known, LEVEL / 100, method="weibull"))
    pulled = (len(known) * seen + prior) / (len(known) + prior)
    return float(np.clip(pulled, NARROWEST, WIDEST))


def _ratios(rows: pd.DataFrame) -> np.ndarray:
    above = rows["actual"] > rows["mean"]
    half = np.where(above, rows["high"] - rows["mean"], rows["mean"] - rows["low"])
    half = half / rows.get("factor", 1.0)
    miss = (rows["actual"] - rows["mean"]).abs().to_numpy()
    return np.divide(miss, half, out=np.full(len(rows), np.nan), where=half > 0)


def reliability(scored: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    """Share of actuals inside, by level and whatever else is asked for.

    Parameters
    ----------
    scored : DataFrame
        ``level``, ``mean``, ``low``, ``high``, ``actual`` and the columns of ``by`` such as
        ``function`` or ``owner``.

    Returns
    -------
    DataFrame
        ``by``, ``level``, ``n``, ``hits``, ``rate`` (0 to 1), ``low`` and ``high`` of the rate
        (Jeffreys, 80 %), ``sharpness`` (median width over the size of the mean), ``reason``
        (``too_few_scored`` below five).
    """
    rows = scored.dropna(subset="actual")
    columns = [*by, "level"]
    names = [*columns, "n", "hits", "rate", "low", "high", "sharpness", "reason"]
    if rows.empty:
        return pd.DataFrame(columns=names)
    inside = (rows["actual"] >= rows["low"]) & (rows["actual"] <= rows["high"])
    width = (rows["high"] - rows["low"]) / rows["mean"].abs()
    told = rows.assign(inside=inside.astype(float), width=width).groupby(columns, sort=True)
    table = told.agg(
        n=("inside", "size"), hits=("inside", "sum"), sharpness=("width", "median")
    ).reset_index()
    few = table["n"] < LEAST_SCORED
    table["rate"] = np.where(few, np.nan, table["hits"] / table["n"])
    for name, tail in (("low", 0.1), ("high", 0.9)):
        bound = scipy.stats.beta.ppf(tail, table["hits"] + 0.5, table["n"] - table["hits"] + 0.5)
        table[name] = np.where(few, np.nan, bound)
    table["reason"] = np.where(few, "too_few_scored", "")
    return table[names]


def verdict(table: pd.DataFrame, level: float = LEVEL) -> str:
    """``calibrated``, ``too_narrow``, ``too_wide`` or ``cannot_tell`` for the pooled table.

    Raises
    ------
    NotEnoughData
        The level was never issued.
    """
    row = table[table["level"] == level]
    if row.empty:
        raise NotEnoughData(0, 1, "scored predictions")
    one = row.iloc[0]
    if one["reason"]:
        return "cannot_tell"
    if one["high"] < level / 100:
        return "too_narrow"
    return "too_wide" if one["low"] > level / 100 else "calibrated"
