"""Scales on which a series is forecast, so that shares stay shares and counts stay counts.

Each scale is a monotone function of the values with its log Jacobian, so that the evidence of forms
on different scales can be compared in the units of the data.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy

Domain = Literal["real", "nonnegative", "share"]
BOUNDS: dict[str, tuple[float, float]] = {
    "real": (-np.inf, np.inf),
    "nonnegative": (0.0, np.inf),
    "share": (0.0, 1.0),
}


@dataclass(frozen=True)
class Scale:
    """A monotone change of scale; `margin` (series × 1) keeps zeros and ones finite.

    `prior` is the weight before any data is seen: growth and swings are more often proportional.
    """

    name: str
    forward: Callable[[np.ndarray, np.ndarray], np.ndarray]
    inverse: Callable[[np.ndarray, np.ndarray], np.ndarray]
    log_jacobian: Callable[[np.ndarray, np.ndarray], np.ndarray]
    prior: float = 1.0


IDENTITY = Scale("identity", lambda y, m: y, lambda z, m: z, lambda y, m: np.zeros_like(y))
LOG = Scale(
    "log",
    lambda y, m: np.log(y + m),
    lambda z, m: np.exp(np.minimum(z, 700)) - m,
    lambda y, m: -np.log(y + m),
    prior=2.0,
)
LOGIT = Scale(
    "logit",
    lambda y, m: scipy.special.logit(np.clip(y, m, 1 - m)),
    lambda z, m: scipy.special.expit(z),
    lambda y, m: -np.log(np.clip(y, m, 1 - m)) - np.log1p(-np.clip(y, m, 1 - m)),
    prior=2.0,
)
SCALES: dict[str, tuple[Scale, ...]] = {
    "real": (IDENTITY,),
    "nonnegative": (IDENTITY, LOG),
    "share": (IDENTITY, LOGIT),
}


def margin(values: np.ndarray, kind: Domain) -> np.ndarray:
    """Distance kept from the border: half the smallest distance seen, where the border is touched.

    Parameters
    ----------
    values : numpy.ndarray
        series × n.

    Returns
    -------
    numpy.ndarray
        series × 1; 0 for positive series, which need none.
    """
    room = np.minimum(values, 1 - values) if kind == "share" else values
    smallest = np.where(room > 0, room, np.inf).min(axis=1, keepdims=True)
    half = np.where(np.isfinite(smallest), smallest / 2, 0.5 / values.shape[1])
    touched = room.min(axis=1, keepdims=True) <= 0
    return np.where(touched, half, 0.0)


def kind_of(values: np.ndarray) -> Domain:
    """Share when all within 0-1 and not all whole, non-negative when none is below 0, else real."""
    present = values[np.isfinite(values)]
    if present.min(initial=np.inf) < 0:
        return "real"
    if present.max(initial=-np.inf) <= 1 and np.any(present != np.round(present)):
        return "share"
    return "nonnegative"
