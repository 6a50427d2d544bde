"""Least squares with weights that are not negative and add up to one."""

from __future__ import annotations

import numpy as np
import scipy


def simplex_weights(
    sources: np.ndarray, target: np.ndarray, ridge: float = 0.0, intercept: bool = False
) -> np.ndarray:
    """Weights w >= 0 with sum 1 that minimise |sources w - target|^2 + ridge |w|^2.

    Exact, not iterative: scaling the unit-sum problem turns it into a non-negative least squares
    problem (Lawson, Hanson 1974, chapter 23: least distance programming), because for w = s v with
    v on the simplex the best s leaves a monotone function of the wanted objective.

    Parameters
    ----------
    sources : array, rows x candidates
    target : array, rows
    ridge : float
        Penalty on the squared length of the weights.
    intercept : bool
        Allow a constant difference between target and mixture.
    """
    gap = sources - target[:, None]
    if intercept:
        gap = gap - gap.mean(axis=0)
    stacked = np.vstack([gap, np.sqrt(ridge) * np.eye(gap.shape[1])]) if ridge > 0 else gap
    scale = np.sqrt((stacked**2).sum(axis=0).min())
    if scale == 0:
        perfect = (stacked**2).sum(axis=0) == 0
        return perfect / perfect.sum()
    system = np.vstack([stacked / scale, np.ones(stacked.shape[1])])
    answer = np.zeros(len(system))
    answer[-1] = 1.0
    weights, _ = scipy.optimize.nnls(system, answer)
    return weights / weights.sum()
