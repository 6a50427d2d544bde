"""Targets that can be reached: the value at which the forecast says 80 per cent."""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy

from metrics.functions import KPI_OWNER, KPIS
from metrics.intervals import quantile
from metrics.model import Better, Timing
from metrics.units import UnitKind

PROBABILITY = 0.8
REPUTATION = ("net_promoter_score", "advocacy_rate")
"""What follows from how customers are served; never a target without what drives it."""
SERVING = ("support", "supply_chain")
"""Functions whose work customers feel."""
TARGET_COLUMNS = [
    "function",
    "kpi",
    "month",
    "value",
    "expected",
    "probability",
    "drivers",
    "reason",
]


def propose(forecasts: pd.DataFrame, probability: float = PROBABILITY) -> pd.DataFrame:
    """Propose a target for the last forecast month of every KPI.

    Parameters
    ----------
    forecasts : DataFrame
        ``series`` (KPI keys), ``period``, ``level``, ``mean``, ``low``, ``high``.

    Returns
    -------
    DataFrame
        ``TARGET_COLUMNS``: ``value`` is reached or bettered with ``probability``. Reputation is
        proposed only beside its ``drivers``; without any of them it is NaN with a reason.
    """
    rows = []
    for kpi, ahead in forecasts.groupby("series", sort=False):
        if kpi not in KPIS or KPIS[str(kpi)].better is Better.BAND:
            continue
        last = ahead[ahead["period"] == ahead["period"].max()].sort_values("level")
        rows.append(
            {
                "function": KPI_OWNER[str(kpi)],
                "kpi": str(kpi),
                "month": last["period"].iloc[0],
                "value": _quantile(last, KPIS[str(kpi)].better, probability),
                "expected": float(last["mean"].iloc[-1]),
                "probability": probability,
            }
        )
    table = pd.DataFrame(
        [row | {"drivers": "", "reason": ""} for row in rows], columns=TARGET_COLUMNS
    )
    others = [k for k in table["kpi"] if is_driver(k)]
    for place in table.index[table["kpi"].isin(REPUTATION)]:
        table.loc[place, "drivers"] = "; ".join(others)
        if not others:
            table.loc[place, "value"] = np.nan
            table.loc[place, "reason"] = "reputation_without_drivers"
    return table


def is_driver(kpi: str) -> bool:
    """Does the KPI describe how customers are served, before they judge it?"""
    one = KPIS[kpi]
    return (
        KPI_OWNER[kpi] in SERVING
        and one.constituency == "customers"
        and one.timing is not Timing.LAGGING
        and one.unit.kind is not UnitKind.MONEY
    )


def _quantile(rows: pd.DataFrame, better: Better, probability: float) -> float:
    """Value on the good side with ``probability``: between bounds, linear on the normal scale."""
    side = "low" if better is Better.HIGHER else "high"
    z = quantile(rows["level"])
    at = np.concatenate([[0.0], z])
    bounds = np.concatenate([[rows["mean"].iloc[0]], rows[side].to_numpy(float)])
    return float(np.interp(scipy.special.ndtri(probability), at, bounds))
