"""The programme's own economics: oracles of the domain notes, and lights that can fail."""

import math

import numpy as np
import pandas as pd
import pytest

from metrics.business_case.arithmetic import (
    cost_of_delay,
    early_information_value,
    entry_points,
    expected_ramp_benefit,
    give_up_hazard,
    no_additional_cost,
    perception_gap,
    ramp,
    ramp_benefit,
)
from metrics.business_case.ranges import Range
from metrics.errors import InvalidInput


def test_ramp():
    assert ramp([0, 3, 6, 12]).round(3).tolist() == [0.1, 0.5, 0.9, 0.999]
    assert round(ramp_benefit(50_000, 24)) == 1_065_034
    assert round(ramp_benefit(50_000, 24, delay=3)) == 915_034
    assert round(ramp_benefit(50_000, 24, give_up=4, restart=10)) == 565_048
    assert cost_of_delay(50_000, 24, 3) == pytest.approx(150_000, abs=10)
    assert ramp_benefit(50_000, 24, give_up=4) == 0
    first = 50_000 * ramp([1, 2, 3, 4]).sum()
    assert ramp_benefit(50_000, 24, give_up=4, kept=1) == pytest.approx(first)
    assert ramp_benefit(50_000, 24, give_up=4, restart=10, kept=1) == pytest.approx(
        first + ramp_benefit(50_000, 24, delay=10)
    )


def test_give_up():
    hazard = give_up_hazard(0.5, 6)
    assert round(hazard, 4) == 0.1091
    assert (1 - hazard) ** 6 == pytest.approx(0.5)
    assert expected_ramp_benefit(50_000, 24, 0) == pytest.approx(ramp_benefit(50_000, 24))
    by_hand = sum(1 / (1 + 9 ** (1 - t / 3)) * 0.5 ** (t / 6) for t in range(1, 25))
    assert expected_ramp_benefit(50_000, 24, hazard) == pytest.approx(50_000 * by_hand)


def test_early_information():
    assert early_information_value(0.40, 0.35, 2_000_000, 4) == pytest.approx(400_000)


def test_no_additional_cost_oracle():
    cost, reduction = [120, 60, 60, 60], [0, 40, 110, 130]
    test = no_additional_cost(cost, reduction, seed=1)
    assert test.net_cost == (120, 140, 90, 20)
    assert test.met_in_period is None
    light = test.lights[0]
    assert (light.state, light.trend, light.probability) == ("not_met", "closing", 0)
    later = no_additional_cost([*cost, 60], [*reduction, 130], seed=1)
    assert later.net_cost[-1] == -50
    assert later.met_in_period == 4
    assert [x.state for x in later.lights] == ["met", "unknown", "unknown", "unknown"]
    assert all(x.reason == "no_series" for x in later.lights[1:])


def test_cost_light_has_the_right_probability():
    # Reductions of 100 times a factor of 0.5 to 1.5 against a cost of 100: even odds.
    spread = Range(0.5, 1.0, 1.5)
    light = no_additional_cost([100], [100], reduction_range=spread, seed=3).lights[0]
    assert light.probability == pytest.approx(0.5, abs=0.02)
    # Cost of 125: the factor must exceed 1.25, an eighth of the triangle.
    light = no_additional_cost([125], [100], reduction_range=spread, seed=3).lights[0]
    assert light.probability == pytest.approx(0.125, abs=0.015)


def test_series_lights():
    result = no_additional_cost(
        [1],
        [2],
        headcount=[10, 11],
        market_share=[0.10, 0.11, 0.12, 0.13],
        reputation=[5, 1, 4, 2, 3],
        seed=1,
    )
    _, people, share, reputation = result.lights
    assert (people.state, people.probability, people.value) == ("not_met", 0, 1)
    assert share.state == "met"
    assert share.probability > 0.99
    assert 0.2 < reputation.probability < 0.5
    short = no_additional_cost([1], [2], market_share=[1, 2], seed=1).lights[2]
    assert short.reason == "series_too_short"


def test_perception_gap():
    gap = perception_gap(
        pd.Series({"marketing": 9.0, "supply_chain": 2.0, "sales": 7.0, "people": 5.0}),
        pd.Series({"marketing": 100.0, "supply_chain": 900.0, "sales": 500.0}),
    ).set_index("function")
    assert gap.loc["supply_chain", "gap"] == 1 - 3
    assert gap.loc["marketing", "gap"] == 3 - 1
    assert gap.loc["people", "reason"] == "not_measured"
    assert math.isnan(gap.loc["people", "gap"])


def test_entry_points():
    frame = pd.DataFrame(
        {
            "function": ["marketing", "supply_chain", "people"],
            "pv_benefit": [500.0, 900.0, 100.0],
            "pv_cost": [100.0, 200.0, 10.0],
            "low": 0.5,
            "mode": 1.0,
            "high": 1.5,
            "survival": [1.0, 0.8, 1.0],
            "effort": [10.0, 10.0, 0.0],
        }
    )
    ranked = entry_points(frame, seed=7)
    assert ranked["function"].tolist() == ["supply_chain", "marketing", "people"]
    assert ranked["per_effort"].iloc[:2].tolist() == pytest.approx([52.0, 40.0])
    assert ranked["reason"].iloc[2] == "effort_missing"
    assert math.isnan(ranked["per_effort"].iloc[2])
    assert ranked["probability_best"].iloc[:2].sum() == pytest.approx(1)
    assert np.isfinite(ranked[["p10", "p90"]]).all(axis=None)
    pd.testing.assert_frame_equal(ranked, entry_points(frame, seed=7))


def test_bad_input():
    for call in (
        lambda: ramp([1], half=0),
        lambda: ramp_benefit(1, 24, give_up=6, restart=3),
        lambda: ramp_benefit(1, 24, restart=3),
        lambda: give_up_hazard(1.0, 6),
        lambda: early_information_value(1.4, 0.3, 1, 1),
        lambda: no_additional_cost([1, 2], [1], seed=1),
        lambda: no_additional_cost([1, math.nan], [1, 1], seed=1),
        lambda: entry_points(pd.DataFrame({"function": ["a"]}), seed=1),
    ):
        with pytest.raises(InvalidInput):
            call()
