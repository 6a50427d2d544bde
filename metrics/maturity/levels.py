"""What is published of a score that was drawn: value, band, level and odds from the same draws.

The value is the median, so it lies in the band of its own quantiles. Its level is the highest one
that is likelier than not to be reached: with the draws on two levels, the likelier of the two.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from metrics.maturity.model import LEVELS, STEPS

BAND = (0.10, 0.90)
FULLY, LARGELY = 0.85, 0.50
"""Shares of a function from which a step is fully and largely in place (ISO/IEC 33020)."""
WORKS = 3
"""The level from which a function is said to work as a social business."""


@dataclass(frozen=True)
class Settled:
    """What is published of scores of any shape; NaN where nothing was scored or nothing drawn.

    ``low`` and ``high`` are the 80 per cent band; ``odds`` holds the probability of each level
    along its last axis.
    """

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    level: np.ndarray
    odds: np.ndarray


def level_of(score: np.ndarray) -> np.ndarray:
    """Return the level of a score: its floor, 1-5 (a hair of rounding error forgiven)."""
    return np.clip(np.floor(score + 1e-9), 1, 5).astype(int)


def level_number(score: float) -> int:
    """Return the level one score stands on, 1-5."""
    return int(level_of(np.array(score)))


def attained_level(steps: np.ndarray, applicable: np.ndarray | None = None) -> np.ndarray:
    """Return the staged level L of steps ``(..., 4)``: 1-5.

    The largest k whose lower steps are all at least .85 and whose own is at least .5; a step
    that is not applicable neither blocks nor earns. NaN blocks.
    """
    applicable = np.ones(steps.shape, bool) if applicable is None else applicable
    level = np.ones(steps.shape[:-1], int)
    below = np.ones(steps.shape[:-1], bool)
    for i, step in enumerate(STEPS):
        reached = below & (steps[..., i] >= LARGELY - 1e-9) & applicable[..., i]
        level = np.where(reached, step, level)
        below = below & ((steps[..., i] >= FULLY - 1e-9) | ~applicable[..., i])
    return level


def settle(point: np.ndarray, drawn: np.ndarray | None) -> Settled:
    """Return what is published of scores.

    Parameters
    ----------
    point : ndarray
        What plain arithmetic on the answers gives; published where nothing was drawn.
    drawn : ndarray, optional
        Draws of the same scores along the first axis.
    """
    point = np.asarray(point, float)
    blank, odds = np.full(point.shape, np.nan), np.full((*point.shape, len(LEVELS)), np.nan)
    if drawn is None:
        return Settled(point, blank, blank, _levels(point), odds)
    low, value, high = middle(drawn)
    known = np.isfinite(point)
    stands = level_of(np.where(np.isfinite(drawn), drawn, 1.0))
    share = np.stack([(stands == level).mean(axis=0) for level in LEVELS], axis=-1)
    return Settled(value, low, high, _levels(value), np.where(known[..., None], share, odds))


def middle(drawn: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the ends of the band and the median, all of them values that were drawn.

    A drawn median has more than half of the draws at or above it, so its level is likelier than
    not to be reached.
    """
    low, value = np.quantile(drawn, (BAND[0], 0.5), axis=0, method="lower")
    return low, value, np.quantile(drawn, BAND[1], axis=0, method="higher")


def _levels(score: np.ndarray) -> np.ndarray:
    known = np.isfinite(score)
    return np.where(known, level_of(np.where(known, score, 1.0)), np.nan)


def count_working(functions: pd.DataFrame) -> int:
    """Count the functions that work as a social business.

    Parameters
    ----------
    functions : DataFrame
        With ``level``: a function counts when it has likelier than not reached ``WORKS``.
    """
    return int((functions["level"] >= WORKS).sum()) if len(functions) else 0
