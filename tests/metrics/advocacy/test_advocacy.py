"""Oracles of the domain notes, and coverage by exact enumeration."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multinomial

from metrics.advocacy import (
    advocate_share,
    compare_waves,
    concentration,
    customer_lifetime_value,
    earned_share,
    k_factor,
    lifetime_value_uplift,
    net_promoter_score,
    net_promoter_score_of,
    nps_interval,
    peer_answer_share,
    referral_premium,
    relevance_weighted_network,
    share_of_voice,
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


def test_lifetime_value_oracle():
    assert round(customer_lifetime_value(100, 0.80, 0.10), 2) == 266.67
    assert round(customer_lifetime_value(100, 0.80, 0.10, immediate=True), 2) == 366.67
    by_hand = sum(100 * 0.8**t / 1.1**t for t in range(1, 400))
    assert customer_lifetime_value(100, 0.80, 0.10) == pytest.approx(by_hand)
    for margin, retention, discount in [(1, 1.1, 0.2), (1, 1.0, 0.0), (math.nan, 0.5, 0.1)]:
        with pytest.raises(InvalidInput):
            customer_lifetime_value(margin, retention, discount)


def test_uplift_is_a_difference_in_differences():
    uplift = lifetime_value_uplift([100, 120], [150, 170], [80, 90], [100, 110])
    assert uplift.estimate == 30
    assert uplift.real
    generator, inside = np.random.default_rng(2), 0
    for _ in range(300):
        treated, control = generator.normal(12, 30, 25), generator.normal(5, 15, 40)
        found = lifetime_value_uplift(np.zeros(25), treated, np.zeros(40), control)
        inside += found.low <= 7 <= found.high
    assert 0.92 <= inside / 300 <= 0.98
    with pytest.raises(NotEnoughData):
        lifetime_value_uplift([1], [2], [1, 2], [2, 3])


def referred_customers(generator, premium=0.16, n=600):
    """Rich customers are referred more often: a naive comparison sees more than there is."""
    rich = generator.random(n) < 0.5
    referred = generator.random(n) < np.where(rich, 0.6, 0.2)
    year = generator.integers(2020, 2024, n)
    value = np.where(rich, 300.0, 100.0) * (1 + 0.1 * (2024 - year)) * (1 + premium * referred)
    return pd.DataFrame(
        {
            "segment": np.where(rich, "rich", "other"),
            "acquired": year,
            "referred": referred,
            "value": value * generator.gamma(4, 0.25, n),
        }
    )


def test_referral_premium_finds_the_truth():
    generator, inside, premiums = np.random.default_rng(3), 0, []
    for _ in range(120):
        result = referral_premium(referred_customers(generator))
        inside += result.low <= 0.16 <= result.high
        premiums.append(result.premium)
    assert 0.90 <= inside / 120 <= 0.99
    assert np.mean(premiums) == pytest.approx(0.16, abs=0.02)
    assert result.unmatched_premium > 0.4


def test_referral_premium_says_when_it_cannot():
    alone = pd.DataFrame(
        {"segment": ["a", "b"], "acquired": [1, 1], "referred": [True, False], "value": [2.0, 1.0]}
    )
    result = referral_premium(alone)
    assert math.isnan(result.premium)
    assert (result.reason, result.matched, result.unmatched) == ("no_comparable_customers", 0, 1)
    two = referral_premium(alone.assign(segment="a"))
    assert two.reason == "too_few_to_tell"
    losses = pd.concat([alone.assign(segment="a", value=-1.0)] * 3)
    assert referral_premium(losses).reason == "value_not_positive"
    with pytest.raises(InvalidInput):
        referral_premium(alone.drop(columns="segment"))


def test_concentration():
    assert concentration([5, 5, 5, 5]).gini == pytest.approx(0)
    one = concentration([0, 0, 0, 12])
    assert (one.gini, one.top_share) == (pytest.approx(0.75), 1)
    assert concentration([1, 2, 3, 4]).gini == pytest.approx(0.25)
    assert concentration(np.ones(200), top=0.01).top_share == pytest.approx(0.01)
    assert concentration([0, 0]).reason == "no_acts"
    with pytest.raises(InvalidInput):
        concentration([1, -1])


@settings(deadline=None)
@given(st.lists(st.integers(0, 50), min_size=1, max_size=30).filter(any))
def test_gini_equals_mean_difference(acts):
    mean_difference = np.abs(np.subtract.outer(acts, acts)).mean()
    assert concentration(acts).gini == pytest.approx(mean_difference / (2 * np.mean(acts)))


def test_shares():
    advocates = advocate_share([0, 0, 1, 3, 0, 2, 0, 0, 0, 0], at_least=2)
    assert advocates.value == 0.2
    # Wilson interval of 2 in 10, as printed in textbooks: .0567 to .5098.
    assert (round(advocates.low, 4), round(advocates.high, 4)) == (0.0567, 0.5098)
    assert advocate_share([]).reason == "nothing_counted"
    assert peer_answer_share(30, 40).value == 0.75
    assert earned_share(20, 50, 30) == 0.2
    assert math.isnan(earned_share(0, 0, 0))
    assert share_of_voice([1, 0.5], [0.5, 1, 1]) == pytest.approx(0.375)
    assert math.isnan(share_of_voice([1], []))
    assert k_factor(200, 100, 50) == 0.5
    assert math.isnan(k_factor(0, 100, 0))
    with pytest.raises(InvalidInput):
        peer_answer_share(41, 40)
    with pytest.raises(InvalidInput):
        k_factor(10, 10, 11)


def test_relevance_weighted_network():
    network = relevance_weighted_network([1.0, 0.5, 0.0], [0, 180, 0], [True, False, True])
    assert network == pytest.approx(1 + 0.5 * math.exp(-1) * 0.5)
    with pytest.raises(InvalidInput):
        relevance_weighted_network([1.5], [0], [True])
