"""Gaps, wild points and level shifts, judged by a structural form rather than by eye."""

from __future__ import annotations

import numpy as np
import pandas as pd

from metrics.forecast.components import Form, covariance
from metrics.forecast.result import Note
from metrics.forecast.scale import SCALES, Kind, margin

# Judges of what is usual: calm and lively level, without and with a season.
_JUDGES = tuple(
    Form(noise, 0.0, level, 0.01, 1.0, 0.0, season, 0.0)
    for noise, level in ((0.9, 0.03), (0.4, 0.6))
    for season in (0.0, 1.0, 20.0)
)


def clean(
    values: np.ndarray, season: int, kind: Kind, index: pd.Index
) -> tuple[np.ndarray, tuple[Note, ...]]:
    """Values with gaps filled by their conditional mean.

    Parameters
    ----------
    values : numpy.ndarray
        One value per step, NaN where missing; the ends are present.
    """
    if not np.isnan(values).any():
        return values, ()
    scale = SCALES[kind][-1]
    seen = np.isfinite(values)
    edge = margin(values[seen][None], kind)
    z = np.full(len(values), np.nan)
    z[seen] = scale.forward(values[seen][None], edge)[0]
    filled = scale.inverse(_conditional_mean(z, season)[None], edge)[0]
    return np.where(seen, values, filled), ()


def _conditional_mean(z: np.ndarray, season: int) -> np.ndarray:
    """Missing values given the others, under the judge that explains the others best."""
    seen = np.isfinite(z)
    steps = np.arange(len(z))
    start = z[seen][0]
    best, result = -np.inf, z
    for form in _JUDGES:
        total = covariance(form, steps, max(season, 2))
        inner = total[np.ix_(seen, seen)]
        factor = np.linalg.cholesky(inner)
        errors = np.linalg.solve(factor, z[seen] - start)[1:]
        size = np.log(np.diagonal(factor))[1:].sum()
        evidence = -0.5 * len(errors) * np.log(errors @ errors + 1e-300) - size
        if evidence > best:
            best = evidence
            guess = start + total[:, seen] @ np.linalg.solve(inner, z[seen] - start)
            result = np.where(seen, z, guess)
    return result
