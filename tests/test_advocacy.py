"""Oracles of the domain notes, and coverage by exact enumeration."""

import math

import numpy as np
import pytest
from scipy.stats import multinomial

from metrics.advocacy import (
    compare_waves,
    net_promoter_score,
    net_promoter_score_of,
    nps_interval,
)
from metrics.errors import InvalidInput, NotEnoughData


def test_nps_oracle():
    score = net_promoter_score(162, 108, 54)
    assert score.n == 324
    assert round(score.nps, 1) == 33.3
    assert round(score.standard_error, 2) == 4.14
    assert score.low < 33.3 < score.high
    # With 324 answers the score interval is close to the customary plus or minus 8.1.
    assert score.high - score.low == pytest.approx(16.2, abs=0.1)


def test_counts_from_answers():
    score = net_promoter_score_of([0, 6, 7, 8, 9, 10, 10])
    assert (score.promoters, score.passives, score.detractors) == (3, 2, 2)
    assert score.nps == pytest.approx(100 / 7)


def coverage(n: int, nps: float, passive: float) -> float:
    """Probability that the interval holds the true NPS, over every possible outcome."""
    up, down = (1 - passive + nps) / 2, (1 - passive - nps) / 2
    b, c = (x.ravel() for x in np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij"))
    b, c = b[b + c <= n], c[b + c <= n]
    counts = np.column_stack([b, n - b - c, c])
    low, high = nps_interval(counts[:, 0], counts[:, 1], counts[:, 2])
    inside = (low - 1e-9 <= 100 * nps) & (100 * nps <= high + 1e-9)
    return float(multinomial.pmf(counts, n, [up, passive, max(down, 0)])[inside].sum())


@pytest.mark.parametrize("n", [30, 35, 60])
def test_coverage_by_enumeration(n):
    values = [
        coverage(n, nps, passive)
        for nps in (-0.6, -0.4, 0.0, 0.3, 0.6, 0.8)
        for passive in (0.0, 0.1, 0.2, 0.4)
        if passive <= 1 - abs(nps)
    ]
    assert 0.94 <= np.mean(values) <= 0.96
    assert min(values) >= 0.93


def test_interval_is_symmetric_and_bounded():
    for counts in [(30, 0, 0), (0, 0, 30), (0, 30, 0), (1, 0, 0), (29, 1, 0), (3, 4, 5)]:
        score, mirror = net_promoter_score(*counts), net_promoter_score(*counts[::-1])
        assert -100 <= score.low <= score.nps <= score.high <= 100
        assert (score.low, score.high) == pytest.approx((-mirror.high, -mirror.low), abs=1e-9)
        assert score.high > score.low


def test_wider_at_higher_level():
    ninety = net_promoter_score(50, 30, 20, level=90)
    ninety_nine = net_promoter_score(50, 30, 20, level=99)
    assert ninety_nine.low < ninety.low < ninety.high < ninety_nine.high


def test_two_waves():
    before, after = net_promoter_score(162, 108, 54), net_promoter_score(200, 90, 34)
    change = compare_waves(before, after)
    assert change.standard_error == pytest.approx(
        math.hypot(before.standard_error, after.standard_error)
    )
    assert change.real
    assert change.low < change.estimate < change.high
    assert not compare_waves(before, before).real


def test_bad_counts():
    with pytest.raises(NotEnoughData):
        net_promoter_score(0, 0, 0)
    for counts in [(-1, 2, 3), (1.5, 2, 3), (math.nan, 1, 1)]:
        with pytest.raises(InvalidInput):
            net_promoter_score(*counts)
    with pytest.raises(InvalidInput):
        net_promoter_score(1, 1, 1, level=0)
    with pytest.raises(InvalidInput):
        net_promoter_score_of([11, math.nan])
    low, high = nps_interval([0, 5], [0, 5], [0, 1])
    assert np.isnan(low[0])
    assert np.isfinite(high[1])
