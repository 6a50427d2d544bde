"""How far an amount may be off: triangular ranges, ranges fitted to data, and risk factors.

A range is a *factor* on an amount: 1 means "as written". It is drawn through its quantile
function, so that correlated uniform numbers give correlated amounts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy

from metrics.errors import InvalidInput
from metrics.intervals import quantile

SHAPES = ("triangular", "normal", "lognormal")
LEVEL = 80.0
"""Per cent inside ``low`` to ``high`` of a normal or lognormal range; a triangle ends there."""
_TAIL = float(quantile(LEVEL))


@dataclass(frozen=True)
class Range:
    """One uncertain factor.

    Attributes
    ----------
    low, mode, high : float
        Ends and most likely value of a triangle; otherwise the P10, median and P90.
    shape : str
        ``triangular``, ``normal`` or ``lognormal``.

    Raises
    ------
    InvalidInput
        Not ordered, not finite, unknown shape, or a lognormal that is not positive.
    """

    low: float
    mode: float
    high: float
    shape: str = "triangular"

    def __post_init__(self) -> None:
        ordered = self.low <= self.mode <= self.high
        finite = math.isfinite(self.low) and math.isfinite(self.high)
        positive = self.shape != "lognormal" or self.low > 0
        if not (ordered and finite and positive and self.shape in SHAPES):
            raise InvalidInput(
                "range_out_of_order", low=self.low, mode=self.mode, high=self.high, shape=self.shape
            )

    @property
    def mean(self) -> float:
        """Expected factor; for a triangle (low + mode + high) / 3."""
        if self.shape == "triangular":
            return (self.low + self.mode + self.high) / 3
        if self.shape == "normal":
            return self.mode
        return self.mode * math.exp(self._spread**2 / 2)

    @property
    def standard_deviation(self) -> float:
        """For a triangle sqrt((a² + b² + m² - ab - am - bm) / 18)."""
        if self.shape == "triangular":
            a, m, b = self.low, self.mode, self.high
            return math.sqrt(max(a * a + b * b + m * m - a * b - a * m - b * m, 0) / 18)
        if self.shape == "normal":
            return self._spread
        return self.mean * math.sqrt(math.expm1(self._spread**2))

    def quantile(self, share: np.ndarray) -> np.ndarray:
        """Factor not exceeded with probability ``share``, in [0, 1]."""
        share = np.asarray(share, dtype=float)
        if self.shape == "normal":
            return self.mode + self._spread * scipy.special.ndtri(share)
        if self.shape == "lognormal":
            return self.mode * np.exp(self._spread * scipy.special.ndtri(share))
        width = self.high - self.low
        if width == 0:
            return np.full(share.shape, self.mode)
        left = (self.mode - self.low) / width
        rising = self.low + np.sqrt(share * width * (self.mode - self.low))
        falling = self.high - np.sqrt((1 - share) * width * (self.high - self.mode))
        return np.where(share < left, rising, falling)

    @property
    def _spread(self) -> float:
        if self.shape == "normal":
            return (self.high - self.low) / (2 * _TAIL)
        return math.log(self.high / self.low) / (2 * _TAIL)


def risk_factor(unsure: float, risk: float) -> float:
    """Haircut from tracking confidence: share that is unsure × how far they may be off.

    Published derivation: 66 % only moderately confident × 30 % = 19.8 % (Forrester TEI of
    Intellum, p. 42).

    Raises
    ------
    InvalidInput
        A share outside 0 to 1.
    """
    for share in (unsure, risk):
        if not 0 <= share <= 1:
            raise InvalidInput("share_out_of_range", value=share)
    return unsure * risk
