"""On which side of the divide in two years? Leader, own and follower paths with their spread.

A damped trend (Gardner and McKenzie 1985): the yearly change known today fades by ``DAMPING`` a
month, so that two years ahead it has half lost its force. A benchmark is given with its source.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from metrics.errors import InvalidInput

DAMPING = 0.95
# One's own yearly change before two waves are seen: no change, and how far off that may be.
PRIOR_CHANGE = (0.0, 0.30)
# What moves a score in a month that no trend explains.
MONTHLY_NOISE = 0.04
HORIZON = 24
LOW, HIGH = 1.0, 5.0
INTERVAL = (0.10, 0.90)


@dataclass(frozen=True)
class Trajectory:
    """A score (1-5) now and its yearly change, each with a standard deviation."""

    score: float
    score_sd: float
    change: float
    change_sd: float


@dataclass(frozen=True)
class Divide:
    """Paths and the two probabilities of the gauge.

    ``paths``: who (leader, own, follower), month, mean, low, high (80 %). ``above_leader``: of
    reaching the leader's score of today (the threshold) by the horizon; ``overtakes`` of standing
    above the leader then; ``gap_widens`` of the gap to the leader being larger than now.
    """

    paths: pd.DataFrame
    threshold: float
    above_threshold: float
    overtakes: float
    gap_widens: float
    gap_now: float
    gap_then: float


def trajectory(months: list[float], scores: list[float], sds: list[float]) -> Trajectory:
    """Learn one's own path from waves (months since any start, in order).

    The yearly change is the weighted least-squares slope combined with the prior
    ``PRIOR_CHANGE``; one wave leaves the prior alone.
    """
    if not scores or len({len(months), len(scores), len(sds)}) != 1:
        raise InvalidInput("waves_not_aligned", have=len(scores))
    years, y = np.array(months, float) / 12, np.array(scores, float)
    variance = np.array(sds, float) ** 2 + 1e-6
    prior_mean, prior_sd = PRIOR_CHANGE
    precision, pull = 1 / prior_sd**2, prior_mean / prior_sd**2
    weight = 1 / variance
    centre = (weight * years).sum() / weight.sum()
    information = float((weight * (years - centre) ** 2).sum())
    precision += information
    pull += float((weight * (years - centre) * y).sum())
    return Trajectory(float(y[-1]), float(sds[-1]), float(pull / precision), precision**-0.5)


def divide(
    own: Trajectory,
    leader: Trajectory,
    follower: Trajectory,
    *,
    extra_change: float = 0.0,
    horizon: int = HORIZON,
    draws: int = 4000,
    seed: int = 20261101,
) -> Divide:
    """Project the three paths; ``extra_change`` is what a scenario adds to one's own year."""
    rng = np.random.default_rng(seed)
    scenario = Trajectory(own.score, own.score_sd, own.change + extra_change, own.change_sd)
    paths = {
        "leader": trajectory_paths(leader, horizon, draws, rng),
        "own": trajectory_paths(scenario, horizon, draws, rng),
        "follower": trajectory_paths(follower, horizon, draws, rng),
    }
    frames = []
    for who, drawn in paths.items():
        low, high = np.quantile(drawn, INTERVAL, axis=0)
        month = np.arange(horizon + 1)
        frame = pd.DataFrame({"month": month, "mean": drawn.mean(axis=0), "low": low, "high": high})
        frames.append(frame.assign(who=who)[["who", "month", "mean", "low", "high"]])
    gap = paths["leader"] - paths["own"]
    return Divide(
        pd.concat(frames, ignore_index=True),
        leader.score,
        float((paths["own"][:, -1] >= leader.score).mean()),
        float((gap[:, -1] <= 0).mean()),
        float((gap[:, -1] > gap[:, 0]).mean()),
        float(gap[:, 0].mean()),
        float(gap[:, -1].mean()),
    )


def trajectory_paths(
    t: Trajectory, horizon: int, draws: int, rng: np.random.Generator
) -> np.ndarray:
    """Draw a score from now on, month by month: draws × (horizon + 1)."""
    start = t.score + t.score_sd * rng.standard_normal((draws, 1))
    change = t.change + t.change_sd * rng.standard_normal((draws, 1))
    trend = change / 12 * DAMPING ** np.arange(horizon)
    steps = trend + MONTHLY_NOISE * rng.standard_normal((draws, horizon))
    moves = np.concatenate([np.zeros((draws, 1)), np.cumsum(steps, axis=1)], axis=1)
    return np.clip(start + moves, LOW, HIGH)
