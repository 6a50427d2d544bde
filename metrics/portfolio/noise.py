"""The noise of each team: first-order autoregression observed at irregular months.

Everything a sweep needs of it is tabulated once over a grid of autocorrelations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

GRID = np.linspace(0.0, 0.95, 20)
"""Autocorrelations from month to month; prior density falls linearly to nought at one."""
PRIOR_SHAPE = 1.0
PRIOR_SCALE = 0.02**2
"""Prior of the innovation variance: as if two months with a deviation of 2 % had been seen."""


@dataclass(frozen=True)
class Noise:
    """Precision matrices in units of the innovation variance, by autocorrelation and team.

    Attributes
    ----------
    precision : array (grid, teams, months, months)
        Zero rows and columns where a month is unobserved.
    steps : array (grid, teams, months, months)
        ``precision`` times a step that begins in the month of the last axis.
    squares : array (grid, teams, months)
        Information about such a step: step' precision step.
    """

    precision: np.ndarray
    steps: np.ndarray
    squares: np.ndarray
    before: np.ndarray
    gaps: np.ndarray
    count: np.ndarray


def tabulate(seen: np.ndarray) -> Noise:
    """Return the tables for a panel whose observed team-months are ``seen`` (months, teams)."""
    months, teams = seen.shape
    precision = np.zeros((len(GRID), teams, months, months))
    before = np.full((months, teams), -1)
    gaps = np.zeros((months, teams))
    for team in range(teams):
        places = np.flatnonzero(seen[:, team])
        before[places[1:], team] = places[:-1]
        gaps[places[1:], team] = np.diff(places)
        for at, rho in enumerate(GRID):
            white = np.zeros((len(places), months))
            white[np.arange(len(places)), places] = 1.0
            lag = np.diff(places)
            white[np.arange(1, len(places)), places[:-1]] = -(rho**lag)
            scale = np.ones(len(places))
            scale[1:] = _variance(rho, lag)
            scale[:1] = 1 / (1 - rho**2)
            precision[at, team] = white.T @ (white / scale[:, None])
    # A step from month c on is the sum of the months from c: cumulative sums from the end.
    steps = np.cumsum(precision[..., ::-1], axis=-1)[..., ::-1]
    from_end = np.cumsum(steps[..., ::-1, :], axis=-2)[..., ::-1, :]
    squares = np.einsum("rncc->rnc", from_end).copy()
    return Noise(precision, np.ascontiguousarray(steps), squares, before, gaps, seen.sum(axis=0))


def _variance(rho: float | np.ndarray, lag: np.ndarray) -> np.ndarray:
    return (1 - rho ** (2 * lag)) / (1 - rho**2)


def draw(
    noise: Noise, left: np.ndarray, seen: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw autocorrelation (place on the grid) and innovation variance of every team.

    Parameters
    ----------
    left : array (chains, months, teams)
        What the model leaves, zero where unobserved.
    """
    later = noise.before >= 0
    first = seen & ~later
    earlier = np.take_along_axis(left, np.maximum(noise.before, 0)[None], axis=1)
    lag = np.where(later, noise.gaps, 1.0)
    rho = GRID[:, None, None]
    carried = rho**lag
    weight = np.where(later, 1 / _variance(rho, lag), 0.0)
    # Sum over months of (own - rho^lag earlier)^2 / variance, by three products.
    own2 = np.einsum("rtn,ktn->rkn", weight + first * (1 - rho**2), left**2)
    cross = np.einsum("rtn,ktn->rkn", weight * carried, left * earlier)
    back2 = np.einsum("rtn,ktn->rkn", weight * carried**2, earlier**2)
    total = own2 - 2 * cross + back2
    with np.errstate(divide="ignore"):
        spread = 0.5 * np.where(later, np.log(np.maximum(weight, 1e-300)), 0.0).sum(axis=1)
    logs = (
        np.log(1 - GRID)[:, None, None]
        + (spread + 0.5 * np.log(1 - GRID**2)[:, None])[:, None, :]
        - (noise.count / 2 + PRIOR_SHAPE) * np.log(PRIOR_SCALE + total / 2)
    )
    logs += rng.gumbel(size=logs.shape)
    at = logs.argmax(axis=0)
    chosen = np.take_along_axis(total, at[None], axis=0)[0]
    shape = noise.count / 2 + PRIOR_SHAPE
    variance = (PRIOR_SCALE + chosen / 2) / rng.gamma(np.broadcast_to(shape, at.shape))
    return at, variance
