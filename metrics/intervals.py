"""A share of a count, with an interval that holds for small counts too."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike

from metrics.errors import InvalidInput


@dataclass(frozen=True)
class Proportion:
    """A share with its Wilson interval; NaN with a ``reason`` where nothing was counted."""

    value: float
    low: float
    high: float
    n: int
    level: float
    reason: str = ""


def wilson(successes: ArrayLike, n: ArrayLike, level: float = 95) -> tuple[np.ndarray, np.ndarray]:
    """Wilson score interval of a proportion (E. B. Wilson, JASA 22, 1927).

    Bounds are NaN where ``n`` is not positive or the count lies outside 0 to n.

    Raises
    ------
    InvalidInput
        The level, per cent, is out of range.
    """
    if not 0 < level < 100:
        raise InvalidInput("level_out_of_range", level=level)
    z = scipy.special.ndtri(0.5 + level / 200)
    count, n = np.asarray(successes, dtype=float), np.asarray(n, dtype=float)
    valid = (n > 0) & (count >= 0) & (count <= n)
    safe = np.where(valid, n, 1.0)
    p = np.where(valid, count, 0.0) / safe
    centre = (p + z**2 / (2 * safe)) / (1 + z**2 / safe)
    half = z / (1 + z**2 / safe) * np.sqrt(p * (1 - p) / safe + z**2 / (4 * safe**2))
    low, high = np.maximum(centre - half, 0), np.minimum(centre + half, 1)
    return np.where(valid, low, np.nan), np.where(valid, high, np.nan)


def proportion(successes: float, n: float, level: float = 95) -> Proportion:
    """One share with its interval.

    Raises
    ------
    InvalidInput
        A count is missing, negative, or above its total.
    """
    if not (math.isfinite(successes) and math.isfinite(n) and 0 <= successes <= n):
        raise InvalidInput("share_out_of_range", value=successes, n=n)
    low, high = wilson(successes, n, level)
    if n == 0:
        return Proportion(math.nan, math.nan, math.nan, 0, level, "nothing_counted")
    return Proportion(successes / n, float(low), float(high), int(n), level)
