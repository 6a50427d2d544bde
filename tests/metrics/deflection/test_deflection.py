"""Published deflection figures, the guards, and an interval that covers."""

import math

import numpy as np
import pytest

from metrics.deflection.methods import (
    PAGE_VIEW_SHARE,
    apply_cap,
    deflection_cap,
    deflection_range,
    logged_intent,
    page_view_share,
    page_views,
    survey,
)
from metrics.errors import InvalidInput, NotEnoughData


def test_published_oracles():
    khoros = survey(100_000, [0.43, 0.65, 0.09], [None] * 3, seed=1)
    assert khoros.deflected == pytest.approx(2_515.5)
    assert khoros.grade == "C"
    assert khoros.reason == "answers_unknown"
    vanilla, customary = page_views(300, 10_000, 40_000), page_view_share(10_000)
    assert (vanilla.deflected, vanilla.deflected * 15) == (4_300, 64_500)
    assert (customary.deflected, customary.deflected * 15) == (500, 7_500)
    # On the same accepted views the two rules differ fourfold.
    assert page_views(0, 10_000, 0).deflected / customary.deflected == 4


def test_hold_out_takes_off_those_who_leave_anyway():
    without = logged_intent(300, 1_000)
    assert (without.grade, without.deflected) == ("B", 300)
    proven = logged_intent(300, 1_000, hold_out=(20, 100))
    assert (proven.grade, proven.deflected) == ("A", pytest.approx(100))
    assert proven.low < 100 < proven.high
    assert logged_intent(300, 1_000, hold_out=(200, 1_000)).low > proven.low
    nothing = logged_intent(300, 1_000, hold_out=(30, 100))
    assert nothing.low < 0 < nothing.high


def test_hold_out_interval_covers():
    generator, inside, rounds = np.random.default_rng(5), 0, 1_000
    shown, hidden = generator.binomial(400, 0.3, rounds), generator.binomial(80, 0.2, rounds)
    for x, y in zip(shown, hidden, strict=True):
        result = logged_intent(int(x), 400, (int(y), 80))
        inside += result.low <= 40 <= result.high
    assert 0.93 <= inside / rounds <= 0.97


def test_survey_interval_covers():
    generator, inside, rounds = np.random.default_rng(6), 0, 400
    truth, n = (0.43, 0.65, 0.2), (500, 200, 130)
    for i in range(rounds):
        seen = [generator.binomial(k, p) / k for k, p in zip(n, truth, strict=True)]
        result = survey(1_000, seen, n, seed=i, draws=1_000)
        inside += result.low <= 1_000 * math.prod(truth) <= result.high
    assert 0.92 <= inside / rounds <= 0.98


def test_cap_and_headline():
    cap = deflection_cap(0.5, 10_000, 4_000)
    assert cap == 1_000
    estimates = [page_views(300, 10_000, 40_000), page_view_share(10_000)]
    result = deflection_range(
        [*estimates, survey(100_000, [0.43, 0.65, 0.09], [400, 300, 200], seed=1)],
        cap=cap,
        marginal_cost=4.0,
        average_cost=15.0,
        upkeep=1_500.0,
    )
    assert result.headline == "survey"
    assert (result.methods["deflected"] <= cap).all()
    assert result.methods["capped"].tolist() == [True, False, True]
    assert (result.value, result.cost_kind) == (1_000 * 4 - 1_500, "marginal")
    released = deflection_range(
        estimates, cap=math.nan, marginal_cost=4.0, average_cost=15.0, capacity_released=True
    )
    assert released.headline == PAGE_VIEW_SHARE  # same grade: the smaller figure
    assert released.value == 7_500
    assert apply_cap(logged_intent(3, 10), math.nan).reason == "cap_unknown"
    assert deflection_cap(0.1, 100, 50) == 0


def test_bad_input():
    for call in (
        lambda: survey(100, [1.2], [None], seed=1),
        lambda: survey(-1, [0.2], [None], seed=1),
        lambda: page_views(-1, 0, 0),
        lambda: deflection_cap(-1, 2, 3),
        lambda: logged_intent(11, 10),
        lambda: deflection_range([page_view_share(10)], cap=5, marginal_cost=9, average_cost=5),
    ):
        with pytest.raises(InvalidInput):
            call()
    with pytest.raises(NotEnoughData):
        logged_intent(0, 0)
    with pytest.raises(NotEnoughData):
        deflection_range([], cap=1, marginal_cost=1, average_cost=1)
