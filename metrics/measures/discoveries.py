"""Which changes may be called better or worse, when many are looked at and all are noisy."""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy
from numpy.typing import ArrayLike

from metrics.model import ALL

DISCOVERY_RATE = 0.05
"""Share of the changes called better or worse that chance may have brought."""
LEAST_AUTOCORRELATION = 0.5


def standard_error(differences: np.ndarray, least: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the standard error of the sum, and its degrees of freedom.

    ``least`` is the smallest autocorrelation believed in; NaN where numbers never vary.
    """
    n = differences.shape[-1]
    centred = differences - differences.mean(axis=-1, keepdims=True)
    spread = (centred**2).sum(axis=-1)
    told = (n >= 3) & (spread > 1e-20 * (differences**2).sum(axis=-1))
    safe = np.where(told, spread, 1.0)
    # The sample autocorrelation of a short series is too low by about (1 + 4r) / n (Kendall 1954).
    raw = (centred[..., 1:] * centred[..., :-1]).sum(axis=-1) / safe
    r = np.clip(raw + (1 + 4 * np.maximum(raw, 0)) / n, least, 0.9)
    inflation = (1 + r) / (1 - r)
    error = np.sqrt(n * safe / max(n - 1, 1) * inflation)
    return np.where(told, error, np.nan), np.maximum((n - 1) / inflation, 1.0)


def chance(differences: np.ndarray, total: ArrayLike) -> np.ndarray:
    """Return how likely chance alone would move a sum this far, by month-by-month differences.

    Twelve months cannot rule out that one month carries half of the last: with less believed in,
    five in a hundred series of that kind look moved at one in two hundred. NaN without spread.
    """
    error, freedom = standard_error(differences, LEAST_AUTOCORRELATION)
    return 2 * scipy.stats.t.sf(np.abs(total) / error, freedom)


def control_false_discoveries(table: pd.DataFrame) -> pd.DataFrame:
    """Call a change better or worse only where few of those called so can be chance.

    Benjamini and Hochberg (1995) over the indicators of functions, and over those of teams: the
    two are read on different pages.
    """
    table = table.copy()
    said = table["verdict"].isin(["better", "worse", "changed"])
    for whole in (True, False):
        family = table.index[((table["team"] == ALL) == whole) & table["p"].notna()]
        values = table.loc[family, "p"].to_numpy(float)
        order = np.argsort(values)
        limits = DISCOVERY_RATE * np.arange(1, len(values) + 1) / max(len(values), 1)
        passed = np.flatnonzero(values[order] <= limits)
        found = set(family[order[: passed[-1] + 1]]) if len(passed) else set()
        rest = [at for at in family if at not in found and said[at]]
        table.loc[rest, "verdict"] = "not shown"
    return table.drop(columns="p")
