"""All forms at once: evidence and predictions of many series by shared Cholesky factors.

For each form the one-step errors of a series are ``L⁻¹ y`` with ``L`` the Cholesky factor of the
form's covariance, and the forecast is ``L₂₁ L⁻¹ y``. ``L`` depends on the time steps only, and the
factor of a shorter history is a corner of the longer one's: one factor serves every series, every
length and every back-test origin of a panel.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy

from metrics.forecast.components import Form, stepwise


@dataclass(frozen=True)
class Basis:
    """Factors of all forms over `length` consecutive steps."""

    forms: tuple[Form, ...]
    length: int
    season: int

    @cached_property
    def factor(self) -> np.ndarray:
        """Cholesky factors, forms × length × length."""
        out = np.empty((len(self.forms), self.length, self.length))
        for position, total in enumerate(stepwise(self.forms, self.length, self.season)):
            out[position] = np.linalg.cholesky(total)
        return out


@dataclass(frozen=True)
class Mixture:
    """Predictive distributions of many series on one scale, form by form.

    Parameters
    ----------
    evidence : numpy.ndarray
        series × forms, log likelihood of the history on the scale's own units.
    middle : numpy.ndarray
        series × forms × horizon, centre of each form's forecast.
    spread : numpy.ndarray
        series × forms, size of one month's surprise.
    freedom : numpy.ndarray
        series, degrees of freedom of the Student t each form predicts.
    """

    evidence: np.ndarray
    middle: np.ndarray
    spread: np.ndarray
    freedom: np.ndarray


def predict(values: np.ndarray, lengths: np.ndarray, horizon: int, basis: Basis) -> Mixture:
    """Weigh and extrapolate all forms.

    Parameters
    ----------
    values : numpy.ndarray
        series × longest length, on a scale where additive forms make sense; what stands beyond a
        row's own length is ignored. No row constant.
    lengths : numpy.ndarray
        Number of values of each row.
    horizon : int
        Steps ahead.
    basis : Basis
        Factors over at least the longest length plus the horizon.
    """
    width = values.shape[1]
    inside = np.arange(width) < lengths[:, None]
    first = values[:, :1]
    unit = _unit(values, inside)
    scaled = np.where(inside, (values - first) / unit, 0.0).T
    squares = np.empty((len(values), len(basis.forms)))
    size = np.empty_like(squares)
    middle = np.empty((len(values), len(basis.forms), horizon))
    groups = [(n, np.flatnonzero(lengths == n)) for n in np.unique(lengths)]
    counted = inside.T.copy()
    counted[0] = False  # conditional on the first value: the starting level is unknown
    for g, factor in enumerate(basis.factor):
        errors = scipy.linalg.solve_triangular(
            factor[:width, :width], scaled, lower=True, check_finite=False
        )
        errors *= counted
        squares[:, g] = np.einsum("ns,ns->s", errors, errors)
        size[:, g] = np.cumsum(np.log(np.diagonal(factor)[1:width]))[lengths - 2]
        for n, rows in groups:
            middle[rows, g] = (factor[n : n + horizon, 1:n] @ errors[1:n, rows]).T
    squares += 1e-9
    freedom = lengths - 1
    evidence = -0.5 * freedom[:, None] * np.log(squares) - size - freedom[:, None] * np.log(unit)
    return Mixture(
        evidence=evidence,
        middle=first[:, :, None] + unit[:, :, None] * middle,
        spread=unit * np.sqrt(squares / freedom[:, None]),
        freedom=freedom,
    )


def _unit(values: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Scale of each row's changes, series × 1: only for numerical comfort."""
    changes = np.abs(np.diff(values, axis=1)) * inside[:, 1:]
    return changes.sum(axis=1, keepdims=True) / (inside.sum(axis=1, keepdims=True) - 1)


def weights(evidence: np.ndarray) -> np.ndarray:
    """Posterior weights, rows summing to 1, from log evidence plus log prior."""
    raised = np.exp(evidence - evidence.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)
