"""Response, allocation and the ledger's arithmetic: oracles, limits, refusals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from metrics.effects.many import shrink
from metrics.errors import InvalidInput, NotEnoughData
from metrics.tuning.allocation import Limits, allocate
from metrics.tuning.calibration import factor_of, reliability, verdict, width_factor
from metrics.tuning.experiments import match_teams, roll_out, value_of_information, vary
from metrics.tuning.inputs import hours_per_unit
from metrics.tuning.ledger import multiplier
from metrics.tuning.prediction import predict
from metrics.tuning.regression import fit, returns
from metrics.tuning.response import Evidence, FunctionHistory, Response, respond

MONTHS = 36


def history(
    name: str,
    slope: float,
    *,
    sd: float = 0.2,
    noise: float = 300.0,
    seed: int = 0,
    level: float = 10_000.0,
) -> FunctionHistory:
    rng = np.random.default_rng(seed)
    spend = level * np.exp(sd * rng.standard_normal(MONTHS))
    season = 500 * np.sin(2 * np.pi * np.arange(MONTHS) / 12)
    benefit = slope * spend + season + noise * rng.standard_normal(MONTHS)
    return FunctionHistory(name, spend, benefit)


def company(*slopes: float, **options: float) -> list[FunctionHistory]:
    return [history(f"f{n}", s, seed=n + 1, **options) for n, s in enumerate(slopes)]


def fixed(marginal: list[float], error: float, current: float = 100.0) -> Response:
    """A response that is known by hand: independent normal returns."""
    size = len(marginal)
    rng = np.random.default_rng(1)
    noise = rng.standard_normal((4000, size))
    noise = (noise - noise.mean(axis=0)) / noise.std(axis=0)
    return Response(
        tuple(f"f{n}" for n in range(size)),
        np.full(size, current),
        np.array(marginal) + error * noise,
        np.full(size, 0.5),
        np.array(marginal),
        np.full(size, error),
        np.ones(size),
        {},
        {},
    )


def test_multiplier_of_the_catalogue() -> None:
    """Domain §4.8: prior ln R ~ N(0, .5²), observed .70 with deviation .3."""
    told = multiplier([0.70])
    assert (round(told.weight, 4), round(told.value, 3)) == (0.7353, 0.769)
    assert multiplier([]).value == 1.0
    assert multiplier([float("nan")]).seen == 0


def test_shrinkage_of_what_was_selected() -> None:
    """Domain §4.8: estimate 6, standard error 3, prior deviation 2."""
    told = shrink(np.array([6.0]), np.array([3.0]), 2.0).iloc[0]
    assert (round(told["weight"], 4), round(told["shrunk"], 3)) == (0.3077, 1.846)


def test_loss_earns_the_least_multiplier_and_many_ratios_outweigh_one() -> None:
    assert multiplier([-1.0]).value == multiplier([0.1]).value
    assert multiplier([0.7] * 20).value == pytest.approx(0.7, abs=0.01)


def test_slope_is_found_within_its_error() -> None:
    rng = np.random.default_rng(5)
    inside = []
    for _ in range(150):
        spend = 10_000 * np.exp(0.2 * rng.standard_normal(MONTHS))
        noise = np.zeros(MONTHS)
        for month in range(MONTHS):
            noise[month] = 0.5 * noise[month - 1] + rng.standard_normal() * 800
        found = fit(1.5 * spend + noise, spend, 10_000.0)
        inside.append(abs(found.slope - 1.5) < 1.2816 * found.slope_error)
    assert 0.72 < np.mean(inside) < 0.90


def test_returns_have_slope_one_at_the_present_spending() -> None:
    for shape in (0.0, 0.5, 1.0):
        near = returns(np.array([99.9, 100.1]), 100.0, shape)
        assert np.diff(near)[0] / 0.2 == pytest.approx(1.0, abs=1e-4)
    assert returns(np.array([200.0]), 100.0, 1.0)[0] == pytest.approx(100 * np.log(2))


def test_no_tilt_is_read_from_spending_that_never_varied() -> None:
    flat = FunctionHistory("flat", np.full(MONTHS, 500.0), np.arange(MONTHS, dtype=float))
    known = respond([*company(1.0, 2.0, 1.5), flat])
    assert known.reasons == {"flat": "never_varied"}
    plan = allocate(known, Limits(float(known.current.sum())))
    row = plan.table.set_index("function").loc["flat"]
    assert row["proposed"] == row["current"]
    assert row["reason"] == "never_varied"


def test_history_too_short_and_nothing_known() -> None:
    short = FunctionHistory("new", np.full(MONTHS, np.nan), np.full(MONTHS, np.nan))
    assert respond([*company(1.0, 2.0), short]).reasons["new"] == "no_history"
    flat = [FunctionHistory(f, np.full(MONTHS, 5.0), np.arange(MONTHS, dtype=float)) for f in "ab"]
    with pytest.raises(NotEnoughData) as refused:
        respond(flat)
    assert refused.value.code == "no_response_known"


def test_evidence_joins_by_inverse_variance() -> None:
    flat = FunctionHistory(
        "flat",
        np.full(MONTHS, 500.0),
        np.arange(MONTHS, dtype=float),
        evidence=(Evidence(2.0, 0.3), Evidence(1.0, 0.6)),
    )
    known = respond([flat])
    assert known.raw[0] == pytest.approx((2 / 0.09 + 1 / 0.36) / (1 / 0.09 + 1 / 0.36))
    assert known.raw_error[0] == pytest.approx((1 / 0.09 + 1 / 0.36) ** -0.5)


def test_slopes_the_data_hardly_know_lie_near_the_others() -> None:
    sure = company(1.0, 1.1, 0.9, 1.0, noise=50.0)
    unsure = history("unsure", 6.0, sd=0.02, noise=8000.0, seed=9)
    # Benefit counts from an arbitrary zero here, so the average return says nothing.
    level = replace(unsure, benefit=unsure.benefit - unsure.benefit.mean() - 4000)
    known = respond([*sure, level])
    assert known.weight[-1] < 0.3
    assert abs(known.mean[-1] - 1.0) < 0.6
    assert known.raw_error[-1] > 2
    assert known.weight[:4].min() > known.weight[-1]


def test_a_budget_taken_beyond_what_was_seen_is_expected_to_return_less() -> None:
    """Noise hides the shape: the return expected at twice the usual spending is the mixture's."""
    months = company(2.0, 2.0, 2.0, 2.0, sd=0.05, noise=1500.0)
    usual = np.array([one.spend.mean() for one in months])
    here = respond(months, planned=usual)
    there = respond(months, planned=usual * [2.0, 1.0, 1.0, 1.0])
    assert np.ptp(here.curvature) == 3.0
    assert there.mean[0] < 0.8 * here.mean[0]
    assert there.mean[1:] == pytest.approx(here.mean[1:], rel=0.05)


def test_gains_bend_with_the_curvature_of_their_draw() -> None:
    known = replace(fixed([2.0, 1.0], 1e-9), curvature=np.array([[0.0], [2.0]] * 2000))
    gains = known.gains(np.array([10.0, 0.0]))[:, 0]
    assert gains[0] == pytest.approx(20.0)
    assert gains[1] == pytest.approx(20.0 - 0.5 * 2.0 * 2.0 / 100.0 * 10.0**2)


def test_money_goes_where_more_comes_back_and_parts_add_up_to_the_cent() -> None:
    known = respond(company(0.5, 3.0, 1.0, 0.2))
    total = round(float(known.current.sum()), 2)
    plan = allocate(known, Limits(total))
    change = (plan.table["proposed"] - plan.table["current"]).to_numpy()
    assert change[1] > 0 > change[3]
    assert round(plan.table["proposed"].sum() * 100) == round(total * 100)
    assert (np.abs(change) <= 0.2 * known.current + 0.01).all()
    assert plan.probability > 0.99
    assert plan.low < plan.gain < plan.high


def test_known_by_hand() -> None:
    """Two functions, returns 2 and 1: every allowed unit moves, with its bend taken off."""
    plan = allocate(fixed([2.0, 1.0], 0.01), Limits(200.0))
    assert plan.table["proposed"].tolist() == pytest.approx([120.0, 80.0], abs=0.02)
    assert plan.gain == pytest.approx(20 * (2 - 1) - 0.5 * 20**2 * (2 + 1) * 0.5 / 100, abs=0.05)


def test_thin_evidence_moves_nothing_and_says_so() -> None:
    plan = allocate(fixed([1.1, 1.0, 0.9], 2.0), Limits(300.0))
    assert plan.moved == 0
    assert plan.gain == 0
    assert np.isnan(plan.probability)
    assert set(plan.table["reason"]) == {"thin"}
    assert (plan.table[["gain", "gain_low", "gain_high"]] == 0).all(axis=None)


def test_a_budget_that_stays_gains_exactly_nothing_while_others_move() -> None:
    known = replace(fixed([2.0, 1.0, 1.5], 0.01), reasons={"f2": "short"})
    kept = allocate(known, Limits(300.0)).table.iloc[2]
    assert kept["reason"] == "short"
    assert kept[["gain", "gain_low", "gain_high"]].tolist() == [0, 0, 0]


def test_no_plan_promises_help_less_often_than_asked() -> None:
    for seed in range(6):
        rng = np.random.default_rng(seed)
        known = fixed(list(rng.normal(1, 0.5, 5)), 0.5)
        plan = allocate(known, Limits(500.0), confidence=0.9)
        assert np.isnan(plan.probability) or plan.probability >= 0.9


def test_multiplier_scales_the_promise_and_not_the_plan() -> None:
    known = fixed([2.0, 1.0, 0.5], 0.2)
    plain, held = (allocate(known, Limits(300.0), multiplier=m) for m in (1.0, 0.7))
    assert held.table["proposed"].tolist() == plain.table["proposed"].tolist()
    assert held.gain == pytest.approx(0.7 * plain.gain)


@settings(max_examples=25, deadline=None)
@given(
    some.lists(some.floats(-1, 4), min_size=2, max_size=6),
    some.floats(0.05, 1.5),
    some.floats(0.85, 1.15),
)
def test_every_plan_keeps_its_limits(marginal, error, change) -> None:
    known = fixed(marginal, error)
    total = round(change * known.current.sum(), 2)
    plan = allocate(known, Limits(total, {"f0": 85.0}, {"f1": 112.0}))
    amounts = plan.table["proposed"].to_numpy()
    assert round(amounts.sum() * 100) == round(total * 100)
    assert amounts.min() >= 80 - 0.011
    assert amounts.max() <= 120 + 0.011
    assert amounts[0] >= 85 - 0.011
    assert amounts[1] <= 112 + 0.011


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (Limits(200.0, {"f0": 150.0, "f1": 60.0}), "allocation_floors_above_total"),
        (Limits(200.0, {}, {"f0": 90.0, "f1": 90.0}), "allocation_ceilings_below_total"),
        (Limits(200.0, {"f0": 120.0}, {"f0": 100.0}), "allocation_floor_above_ceiling"),
        (Limits(0.0), "allocation_total_not_positive"),
        (Limits(float("nan")), "allocation_total_not_positive"),
        (Limits(400.0), "allocation_total_out_of_reach"),
        (Limits(200.0, hours=10.0, hours_per_unit={"f0": 1.0}), "allocation_hours"),
        (Limits(200.0, hours=199.0, hours_per_unit={"f0": 1.0, "f1": 1.0}), "allocation_hours"),
        (Limits(200.0, hours=10.0), "allocation_hours_unknown"),
        (Limits(200.0, horizon=0), "allocation_horizon"),
        (Limits(200.0, largest_change=float("nan")), "allocation_not_a_number"),
        (Limits(200.0, largest_change=-0.1), "allocation_change"),
        (Limits(200.0, cashable={"f0": 10.0}, no_additional_cost=True), "allocation_no_plan"),
    ],
)
def test_limits_that_contradict_have_their_sentence(limits, code) -> None:
    with pytest.raises(InvalidInput) as refused:
        allocate(fixed([2.0, 1.0], 0.1), limits)
    assert refused.value.code == code


def test_headcount_binds() -> None:
    limits = Limits(200.0, hours=90.0, hours_per_unit={"f0": 1.0})
    plan = allocate(fixed([2.0, 1.0], 0.01), limits)
    assert plan.table["proposed"].iloc[0] == pytest.approx(90.0, abs=0.02)


def test_no_additional_cost_is_met_where_a_plan_can() -> None:
    limits = Limits(200.0, cashable={"f0": 190.0}, no_additional_cost=True)
    plan = allocate(fixed([2.0, 1.0], 0.01), limits)
    assert plan.net_cost <= 0.01


def test_first_rule_is_summed_over_its_horizon() -> None:
    """Gain 17 a month by hand; its ramp (domain §4.7) brings .8875 of it in 24 months."""
    assert Limits(1.0, horizon=24).arrives() == pytest.approx(1_065_034 / 1_200_000, abs=1e-6)
    known, asked = fixed([2.0, 1.0], 0.01), {"cashable": {"f0": 185.0}, "no_additional_cost": True}
    plan = allocate(known, Limits(200.0, horizon=24, **asked))
    assert plan.net_cost == pytest.approx(24 * (200 - 185 - 0.887528 * 17), abs=0.5)
    with pytest.raises(InvalidInput) as refused:
        allocate(known, Limits(200.0, horizon=12, **asked))
    assert (refused.value.code, refused.value.facts["months"]) == ("allocation_no_plan", 12)
    with pytest.raises(InvalidInput) as refused:
        allocate(known, Limits(200.0, horizon=24, **asked), multiplier=0.9)
    assert refused.value.code == "allocation_no_plan"


def test_savings_that_just_cover_spending_do_so_with_even_chance() -> None:
    limits = Limits(200.0, cashable={"f0": 200.0}, cashable_error=10.0)
    plan = allocate(fixed([1.0, 1.0], 0.01), limits)
    assert (plan.net_cost, plan.free) == pytest.approx((0.0, 0.5), abs=0.01)
    assert np.isnan(allocate(fixed([1.0, 1.0], 0.01), Limits(200.0)).free)


def test_hours_of_a_unit_follow_from_what_initiatives_booked() -> None:
    booked = pd.DataFrame(
        {
            "function": ["f0", "f0", "f1"],
            "cost": [100.0, 300.0, 200.0],
            "hours": [10.0, 10.0, np.nan],
        }
    )
    assert hours_per_unit(booked, ("f0", "f1")) == {"f0": 0.05, "f1": 0.05}
    assert hours_per_unit(booked.assign(hours=np.nan), ("f0",)) == {}


def test_predictions_hold_as_often_as_they_say() -> None:
    rng = np.random.default_rng(3)
    inside = []
    for seed in range(60):
        spend = 1000 * np.exp(0.2 * rng.standard_normal(MONTHS + 3))
        noise = rng.standard_normal(MONTHS + 3) * 300
        benefit = 2 * spend + noise
        known = respond(
            [FunctionHistory("f", spend[:MONTHS], benefit[:MONTHS])],
            planned=np.array([1000.0]),
            seed=seed,
        )
        low, high = np.quantile(predict(known, np.array([1000.0]), 3, seed=seed), [0.1, 0.9])
        inside.append(low <= benefit[MONTHS:].mean() <= high)
    assert 0.68 <= np.mean(inside) <= 0.92


def test_width_follows_the_stated_rule() -> None:
    assert factor_of(np.array([])) == 1.0
    twice = np.full(1000, 2.0)
    assert factor_of(twice) == pytest.approx((1000 * 2 + 20) / 1020)
    assert factor_of(np.full(1000, 9.0)) == 2.0
    exact = pd.DataFrame(
        {"level": 80.0, "mean": 0.0, "low": -2.0, "high": 2.0, "factor": 2.0, "actual": [1.0] * 200}
    )
    # The width carried a factor of two: without it every miss is one half-width.
    assert width_factor(exact) == pytest.approx(1.0)


def test_reliability_counts_hits_and_holds_its_tongue_below_five() -> None:
    rows = pd.DataFrame(
        {
            "function": ["a"] * 8 + ["b"] * 2,
            "level": 80.0,
            "mean": 10.0,
            "low": 9.0,
            "high": 11.0,
            "actual": [10.0] * 6 + [12.0] * 2 + [10.0, 30.0],
        }
    )
    told = reliability(rows, ("function",)).set_index("function")
    assert told.loc["a", "rate"] == 0.75
    assert told.loc["a", "sharpness"] == pytest.approx(0.2)
    assert np.isnan(told.loc["b", "rate"])
    assert told.loc["b", "reason"] == "too_few_scored"
    assert verdict(reliability(rows)) == "calibrated"
    assert verdict(reliability(rows.assign(actual=50.0))) == "too_narrow"


def panel(teams: int = 8, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    months = pd.date_range("2023-01-01", periods=30, freq="MS")
    level = np.repeat(np.exp(rng.normal(3, 0.6, teams // 2)), 2)
    data = level * np.exp(0.03 * rng.standard_normal((30, teams)))
    return pd.DataFrame(data, index=months, columns=[f"t{n}" for n in range(teams)])


def test_alike_teams_are_paired_and_the_lot_decides() -> None:
    outcome = panel()
    assert sorted(match_teams(outcome)) == [(f"t{n}", f"t{n + 1}") for n in range(0, 8, 2)]
    one, same, other = (
        roll_out(outcome, 0.1, pd.Timestamp("2025-08-01"), seed=s, waves=2) for s in (1, 1, 2)
    )
    assert one.schedule.equals(same.schedule)
    assert not one.schedule.equals(other.schedule)
    assert one.schedule.groupby("pair")["role"].agg(set).tolist() == [{"first", "held back"}] * 4
    assert one.schedule.loc[one.schedule["role"] == "first", "start"].nunique() == 2
    assert one.power.curve["power"].is_monotonic_increasing
    with pytest.raises(NotEnoughData):
        roll_out(outcome[["t0", "t1"]], 0.1, pd.Timestamp("2025-08-01"), seed=1)


def test_varying_on_purpose_tells_and_cancels() -> None:
    flat = fit(
        np.arange(36.0) + np.random.default_rng(0).standard_normal(36) * 400,
        np.full(36, 500.0),
        500.0,
    )
    told = vary(flat, pd.Timestamp("2026-01-01"), months=6, seed=4)
    assert np.isinf(told.error_now)
    assert np.isfinite(told.error_after)
    assert told.schedule["spend"].mean() == pytest.approx(500.0)
    longer = vary(flat, pd.Timestamp("2026-01-01"), months=12, seed=4)
    assert longer.error_after < told.error_after
    assert longer.power > told.power


def test_knowing_is_worth_nothing_where_nothing_would_change() -> None:
    rng = np.random.default_rng(0)
    sure, unsure = 5 + 0.01 * rng.standard_normal(5000), rng.standard_normal(5000)
    zero = np.zeros(5000)
    assert value_of_information(sure, zero, 0.5, 100.0, 100.0) == pytest.approx(0, abs=1.5)
    # A perfect test of a standard normal: E|x| = sqrt(2/pi), per unit moved.
    assert value_of_information(unsure, zero, 0.0, 100.0, 0.0) == pytest.approx(79.8, rel=0.05)
    assert value_of_information(unsure, zero, np.inf, 100.0, 0.0) == 0
