"""What is published of a score that was drawn: value, band, level and odds from the same draws.

The value is the median, so it lies in every band of its own quantiles. The level is the likeliest
one. Where three levels share the draws the median can stand beside the likeliest level; the value
is then the nearest one that level holds, so that value and level never contradict each other.
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
LIKELY = 0.5
"""What is likelier than this is counted as so."""
BELOW_THE_NEXT = 1e-6
"""How far under the next level a score stays that is held on its own."""


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
    known = np.isfinite(point)
    if drawn is None:
        nothing = np.full(point.shape, np.nan)
        level = np.where(known, np.clip(np.floor(point + 1e-9), 1, 5), np.nan)
        return Settled(point, nothing, nothing, level, np.full((*point.shape, len(LEVELS)), np.nan))
    low, value, high = np.quantile(drawn, (BAND[0], 0.5, BAND[1]), axis=0)
    stands = level_of(np.where(np.isfinite(drawn), drawn, 1.0))
    odds = np.stack([(stands == level).mean(axis=0) for level in LEVELS], axis=-1)
    level = odds.argmax(axis=-1) + 1.0
    value = np.clip(value, level, np.minimum(level + 1 - BELOW_THE_NEXT, LEVELS[-1]))
    value = np.clip(value, low, high)
    return Settled(
        np.where(known, value, np.nan),
        low,
        high,
        np.where(known, level, np.nan),
        np.where(known[..., None], odds, np.nan),
    )


def tenth(score: float) -> float:
    """Return a score as it is written: to a tenth, never rounded up into the next level.

    2.97 stands on level 2 and is written 2.9, for "level 2 · 3.0" would contradict itself. A band
    written alike still holds its value.
    """
    if not np.isfinite(score):
        return score
    return min(round(score, 1), level_number(score) + 0.9) if score < LEVELS[-1] else score


def working(functions: Settled) -> int:
    """Count the scores that work: likelier than not at level 3 or above."""
    if np.isnan(functions.odds).all():
        return int((functions.level >= WORKS).sum())
    return int((functions.odds[..., WORKS - 1 :].sum(axis=-1) > LIKELY).sum())


def works(levels: pd.DataFrame) -> int:
    """Count the functions that work, from a table of function, level and probability."""
    if levels.empty:
        return 0
    above = levels[levels["level"] >= WORKS].groupby("function")["probability"].sum()
    return int((above > LIKELY).sum())
