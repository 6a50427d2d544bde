"""The Net Promoter Score with an interval that covers what it says."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike

from metrics.errors import InvalidInput, NotEnoughData
from metrics.intervals import quantile

_HALVINGS = 42  # a bound in [-1, 1] to 1e-12


@dataclass(frozen=True)
class NetPromoterScore:
    """Share of promoters less share of detractors, times 100, with its interval.

    Attributes
    ----------
    nps, low, high : float
        Points, -100 to 100.
    standard_error : float
        Large-sample standard error in points, for comparing waves; the interval does not use it.
    n, promoters, passives, detractors : int
    level : float
        Nominal coverage of the interval, per cent.
    """

    nps: float
    low: float
    high: float
    n: int
    promoters: int
    passives: int
    detractors: int
    standard_error: float
    level: float


@dataclass(frozen=True)
class Difference:
    """A difference with its interval; ``real`` is whether the interval leaves zero out."""

    estimate: float
    low: float
    high: float
    standard_error: float
    level: float
    real: bool


def net_promoter_score(
    promoters: int, passives: int, detractors: int, level: float = 95
) -> NetPromoterScore:
    """NPS from counts (promoters 9-10, passives 7-8, detractors 0-6).

    The interval inverts the score test for the difference of two multinomial shares, see
    :func:`nps_interval`. The customary ±1.96 SE covers 81 % instead of 95 % for n = 30 and NPS 80.

    Parameters
    ----------
    promoters, passives, detractors : int
        Whole numbers, not negative.
    level : float
        Per cent, between 0 and 100.

    Raises
    ------
    InvalidInput
        A count is negative, missing or not whole; the level is out of range.
    NotEnoughData
        Nobody answered.
    """
    counts = [_count(x) for x in (promoters, passives, detractors)]
    n = sum(counts)
    if n == 0:
        raise NotEnoughData(0, 1, "answers")
    low, high = nps_interval(*counts, level=level)
    p, d = counts[0] / n, counts[2] / n
    error = 100 * math.sqrt(max(p + d - (p - d) ** 2, 0) / n)
    return NetPromoterScore(100 * (p - d), float(low), float(high), n, *counts, error, level)


def net_promoter_score_of(scores: ArrayLike, level: float = 95) -> NetPromoterScore:
    """NPS from answers 0 to 10; blanks must be left out before.

    Raises
    ------
    InvalidInput
        An answer is missing, not whole or outside 0 to 10.
    """
    answers = np.asarray(scores, dtype=float)
    wrong = ~(np.isin(answers, np.arange(11)))
    if wrong.any():
        raise InvalidInput("score_out_of_range", value=float(answers[wrong][0]))
    promoters, detractors = int((answers >= 9).sum()), int((answers <= 6).sum())
    return net_promoter_score(promoters, answers.size - promoters - detractors, detractors, level)


def nps_interval(
    promoters: ArrayLike, passives: ArrayLike, detractors: ArrayLike, level: float = 95
) -> tuple[np.ndarray, np.ndarray]:
    """Low and high NPS for arrays of counts; NaN where nobody answered.

    Tango's score interval for the difference of two shares of one multinomial sample (Statistics
    in Medicine 17, 1998, 891-908), whose restricted maximum likelihood estimate is the root of a
    quadratic. Where one of the three classes is empty the sample may come from two classes only,
    a coarse lattice on which any smooth interval dips: there it is joined with the mid-p binomial
    interval of the two classes seen. Coverage over n and passive share: ``docs/benchmarks``.

    Raises
    ------
    InvalidInput
        The level is out of range.
    """
    if not 1 < level < 100:
        raise InvalidInput("level_out_of_range", level=level)
    counts = (np.asarray(x, dtype=float) for x in (promoters, passives, detractors))
    b, t, c = np.broadcast_arrays(*counts)
    n = b + t + c
    alpha = 1 - level / 100
    z = float(quantile(level))
    low = _score_bound(b, c, n, z)
    high = np.asarray(-_score_bound(c, b, n, z))  # a scalar must stay assignable
    for empty, seen, sign, offset in (
        (t == 0, b, 2, -1),  # promoters or detractors: NPS = 2p - 1
        ((c == 0) & (t > 0), b, 1, 0),  # promoters or passives: NPS = p
        ((b == 0) & (t > 0), c, -1, 0),  # detractors or passives: NPS = -p
    ):
        rows = empty & (n > 0)
        if not rows.any():
            continue
        share = np.array(_mid_p_bounds(seen[rows], n[rows], alpha))
        ends = np.sort(sign * share + offset, axis=0)
        low[rows] = np.minimum(low[rows], ends[0])
        high[rows] = np.maximum(high[rows], ends[1])
    return tuple(np.where(n > 0, 100 * bound, np.nan) for bound in (low, high))


def _score_bound(up: np.ndarray, down: np.ndarray, n: np.ndarray, z: float) -> np.ndarray:
    """Smallest difference of shares that the score test does not reject."""
    low = np.full(n.shape, -1.0)
    high = np.divide(up - down, n, out=np.full(n.shape, np.nan), where=n > 0)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        linear = (2 * n - up + down) * middle - up - down
        root = np.sqrt(np.maximum(linear**2 + 8 * n * down * middle * (1 - middle), 0))
        share = np.divide(root - linear, 4 * n, out=np.zeros(n.shape), where=n > 0)
        variance = np.maximum(2 * share + middle * (1 - middle), 0)
        rejected = up - down - n * middle > z * np.sqrt(n * variance)
        low, high = np.where(rejected, middle, low), np.where(rejected, high, middle)
    return high


def _mid_p_bounds(seen: np.ndarray, n: np.ndarray, alpha: float) -> tuple[np.ndarray, np.ndarray]:
    """Mid-p interval of a binomial share (Lancaster's mid-p, both tails alpha / 2)."""
    return _mid_p_low(seen, n, alpha), 1 - _mid_p_low(n - seen, n, alpha)


def _mid_p_low(seen: np.ndarray, n: np.ndarray, alpha: float) -> np.ndarray:
    low, high = np.zeros(n.shape), np.ones(n.shape)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        below = np.where(
            seen > 0, scipy.special.bdtr(np.maximum(seen - 1, 0), n.astype(int), middle), 0
        )
        up_to = scipy.special.bdtr(seen, n.astype(int), middle)
        rejected = 1 - (below + up_to) / 2 < alpha / 2
        low, high = np.where(rejected, middle, low), np.where(rejected, high, middle)
    return np.where(seen > 0, low, 0.0)


def compare_waves(
    before: NetPromoterScore, after: NetPromoterScore, level: float = 95
) -> Difference:
    """Change in NPS between two independent waves.

    ``SE = sqrt(SE1² + SE2²)``; the interval combines the two waves' own score intervals
    (square-and-add, Zou and Donner, Statistics in Medicine 27, 2008), so it holds for small n too.
    """
    first, second = (
        net_promoter_score(w.promoters, w.passives, w.detractors, level) for w in (before, after)
    )
    change = second.nps - first.nps
    low = change - math.hypot(second.nps - second.low, first.high - first.nps)
    high = change + math.hypot(second.high - second.nps, first.nps - first.low)
    error = math.hypot(first.standard_error, second.standard_error)
    return Difference(change, low, high, error, level, low > 0 or high < 0)


def _count(value: float) -> int:
    if not math.isfinite(value) or value < 0 or value != int(value):
        raise InvalidInput("count_not_whole", value=value)
    return int(value)
