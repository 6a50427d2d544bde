"""Synthetic difference in differences: weights on units and on periods, then the difference.

Arkhangelsky, Athey, Hirshberg, Imbens, Wager (2021), American Economic Review 111(12). Unit
weights make comparison units parallel to the treated mean before the start, with a ridge penalty
zeta^2 T0; period weights make earlier periods like the later ones; both allow a level difference.
"""

from __future__ import annotations

import numpy as np

from metrics.effects import series
from metrics.effects.panel import Panel
from metrics.effects.result import Fit
from metrics.effects.simplex import simplex_weights
from metrics.effects.synthetic_control import placebo_fit

NAME = "synthetic-difference-in-differences"
# The published program keeps the period weights unique with this small multiple of the noise.
SMALL = 1e-6


def fit(panel: Panel, *, level: float = 95, seed: int = 0) -> Fit:
    """Synthetic difference in differences, cohort by cohort, with placebo inference.

    Raises
    ------
    NotEnoughData
        Fewer than three comparison units or two periods before the start.
    """
    return series.at_least(placebo_fit(panel, gap, NAME, level, seed), panel, level)


def gap(
    treated: np.ndarray, controls: np.ndarray, before: np.ndarray, after: np.ndarray, units: int
) -> tuple[np.ndarray, np.ndarray]:
    """Gap in every period, on the level the period weights set, and the unit weights."""
    past = controls[before]
    noise = float(np.diff(past, axis=0).std(ddof=1)) if past.size > past.shape[1] + 1 else 0.0
    zeta = (units * len(after)) ** 0.25 * noise
    weights = simplex_weights(past, treated[before], zeta**2 * len(before), intercept=True)
    late = controls[after].mean(axis=0)
    periods = simplex_weights(
        past.T, late, (SMALL * noise) ** 2 * controls.shape[1], intercept=True
    )
    difference = treated - controls @ weights
    return difference - periods @ difference[before], weights
