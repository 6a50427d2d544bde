"""Many initiatives at once: which stand out, and by how much really."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import scipy

from metrics.effects.result import Effect
from metrics.errors import InvalidInput, NotEnoughData
from metrics.intervals import bounds


def discoveries(effects: Sequence[Effect], rate: float = 0.05) -> pd.DataFrame:
    """False-discovery control over several effects (Benjamini, Hochberg 1995).

    Returns
    -------
    DataFrame
        ``estimate, standard_error, p, adjusted, found`` in the order given; of those ``found`` at
        most a share ``rate`` are expected to be false.
    """
    estimate, error = _figures(effects)
    p = 2 * scipy.stats.norm.sf(np.abs(estimate) / error)
    # Loaded here: whoever only reads a report does not wait for it.
    from statsmodels.stats.multitest import multipletests

    found, adjusted, _, _ = multipletests(p, alpha=rate, method="fdr_bh")
    return pd.DataFrame(
        {
            "estimate": estimate,
            "standard_error": error,
            "p": p,
            "adjusted": adjusted,
            "found": found,
        }
    )


def shrink(
    estimates: np.ndarray,
    standard_errors: np.ndarray,
    prior_deviation: float | None = None,
    level: float = 95,
) -> pd.DataFrame:
    """What effects chosen because they looked large are worth (Efron, Morris 1975).

    Each is pulled to zero with weight tau^2 / (tau^2 + se^2). Without ``prior_deviation`` tau is
    the maximum of the marginal likelihood of all estimates.

    Returns
    -------
    DataFrame
        ``estimate, weight, shrunk, low, high``.
    """
    estimate = np.asarray(estimates, dtype=float)
    error = np.asarray(standard_errors, dtype=float)
    if len(estimate) == 0:
        raise NotEnoughData(0, 1, "effects")
    if not (error > 0).all():
        raise InvalidInput("effect_error_not_positive", least=float(error.min()))
    tau = _prior(estimate, error) if prior_deviation is None else prior_deviation
    weight = tau**2 / (tau**2 + error**2)
    shrunk = weight * estimate
    low, high = bounds(shrunk, np.sqrt(weight) * error, level)
    return pd.DataFrame(
        {
            "estimate": estimate,
            "weight": weight,
            "shrunk": shrunk,
            "low": low,
            "high": high,
        }
    )


def _prior(estimate: np.ndarray, error: np.ndarray) -> float:
    def loss(log_tau: float) -> float:
        return -float(scipy.stats.norm.logpdf(estimate, 0, np.hypot(error, np.exp(log_tau))).sum())

    widest = np.log(max(np.abs(estimate).max(), error.max()) * 3)
    best = scipy.optimize.minimize_scalar(loss, bounds=(widest - 12, widest), method="bounded")
    return float(np.exp(best.x))


def _figures(effects: Sequence[Effect]) -> tuple[np.ndarray, np.ndarray]:
    if not effects:
        raise NotEnoughData(0, 1, "effects")
    estimate = np.array([effect.estimate for effect in effects])
    return estimate, np.array([effect.standard_error for effect in effects])
