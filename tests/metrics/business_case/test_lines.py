"""From graded lines to a case: counted once, exact to the cent, drawn with the right odds."""

import math
from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.business_case import Benefit, Cost, build_case, evaluate, frame_of
from metrics.business_case.ledger import (
    allocate,
    to_cents,
)
from metrics.business_case.ranges import Range, risk_factor
from metrics.business_case.simulation import correlated_factors, one_factor, simulate
from metrics.errors import InvalidInput, NotEnoughData

START = date(2026, 1, 1)


def benefit(name="calls", month=1, amount=1_000.0, grade="A", cash="cashable", **more):
    words = {"function": "support", "mechanism": name, "kpi": "cost_per_contact", **more}
    return Benefit(
        benefit=name, month=date(2026, month, 1), amount=amount, grade=grade, cash=cash, **words
    )


def cost(amount=500.0, month=1, year=2026, category="licences", **more):
    return Cost("support", category, date(year, month, 1), amount, **more)


COST = cost()


def case(benefits, costs=(COST,), **more):
    fixed = {"rate": 0.10, "start": START, "months": 12, "seed": 1, "draws": 200, **more}
    none = frame_of([cost()]).head(0)
    return build_case(frame_of(benefits), frame_of(costs) if costs else none, **fixed)


def counted(benefits, **more):
    return case(benefits, **more).benefits.set_index("benefit")["counted"]


# Ranges and draws


def test_triangle_oracle():
    triangle = Range(0.6, 0.9, 1.0)
    assert round(triangle.mean, 5) == 0.83333
    assert round(triangle.standard_deviation, 5) == 0.08498
    share = (np.arange(100_000) + 0.5) / 100_000
    drawn = triangle.quantile(share)
    assert drawn.mean() == pytest.approx(triangle.mean, abs=1e-5)
    assert drawn.std() == pytest.approx(triangle.standard_deviation, abs=1e-4)
    assert (drawn.min(), drawn.max()) == pytest.approx((0.6, 1.0), abs=2e-3)


@pytest.mark.parametrize("shape", ["normal", "lognormal"])
def test_other_shapes(shape):
    spread = Range(0.5, 0.8, 1.28, shape)
    assert spread.quantile(np.array([0.5]))[0] == pytest.approx(0.8)
    drawn = spread.quantile((np.arange(100_000) + 0.5) / 100_000)
    assert drawn.mean() == pytest.approx(spread.mean, rel=1e-3)
    assert drawn.std() == pytest.approx(spread.standard_deviation, rel=1e-2)


def test_risk_factor():
    assert round(100 * risk_factor(0.66, 0.30), 1) == 19.8
    with pytest.raises(InvalidInput):
        risk_factor(66, 0.3)


def test_correlation_is_reached():
    matrix = one_factor(["b", "b", "c"], 0.6)
    drawn = correlated_factors([Range(0, 1, 2, "normal")] * 3, matrix, 20_000, seed=2)
    found = np.corrcoef(drawn.T)
    assert found[0, 1] == pytest.approx(0.6, abs=0.02)
    assert found[0, 2] == pytest.approx(0.0, abs=0.02)
    with pytest.raises(InvalidInput):
        correlated_factors([Range(0, 1, 2)] * 2, np.array([[1, 2], [2, 1]]), 10, seed=1)


def test_simulation_against_closed_form():
    """Two normal lines: NPV is normal with known mean, spread and odds."""
    flows, discount = np.array([[0.0, 100.0], [-80.0, 0.0]]), np.array([1.0, 1.0])
    ranges = [Range(0.8, 1.0, 1.2, "normal"), Range(0.9, 1.0, 1.1, "normal")]
    result = simulate(flows, ranges, discount, np.eye(2), draws=100_000, seed=3, payback_limit=1)
    spread = math.hypot(100 * ranges[0].standard_deviation, 80 * ranges[1].standard_deviation)
    odds = 0.5 * (1 + math.erf(20 / spread / math.sqrt(2)))
    assert result.p50 == pytest.approx(20, abs=0.2)
    assert result.p90 - result.p10 == pytest.approx(2 * 1.28155 * spread, rel=0.01)
    assert result.probability_npv_positive == pytest.approx(odds, abs=0.005)
    assert result.probability_payback == pytest.approx(odds, abs=0.005)


# The ledger


def test_allocation():
    assert allocate(Decimal("100.00"), [1, 1, 1]) == [
        Decimal(x) for x in ("33.34", "33.33", "33.33")
    ]
    assert allocate(0.05, [0.5, 0.3, 0.2]) == [Decimal(x) for x in ("0.03", "0.01", "0.01")]
    assert sum(allocate(-1.0, [1, 2, 4])) == -1
    for total, shares in [(1.0, []), (1.0, [0, 0]), (1.0, [-1, 2]), (0.001, [1]), (math.nan, [1])]:
        with pytest.raises(InvalidInput):
            allocate(total, shares)


@settings(deadline=None)
@given(
    st.integers(-(10**12), 10**12), st.lists(st.floats(0, 1e6), min_size=1, max_size=20).filter(any)
)
def test_allocation_sums_to_the_cent(cents, shares):
    total = Decimal(cents) / 100
    parts = allocate(total, shares)
    assert sum(parts) == total
    for part, share in zip(parts, shares, strict=True):
        # In fractions: a share of 5e-324 times an amount is no float.
        exact = Fraction(total) * Fraction(share) / sum(map(Fraction, shares))
        assert abs(Fraction(part) - exact) <= Fraction(1, 100) + Fraction(abs(cents), 10**9)


def test_cents_round_half_to_even():
    assert to_cents([0.005, 0.015, 1.005, 2.675]).tolist() == [0, 2, 100, 268]


# The case


def test_case_equals_the_arithmetic_by_hand():
    benefits = [benefit(month=m, amount=300.0) for m in range(1, 13)]
    costs = [cost(1_000.0, 12, 2025), *(cost(50.0, m) for m in range(1, 13))]
    result = case(benefits, costs)
    by_hand = evaluate([1_000] + [50] * 12, [0] + [300] * 12, 0.10, monthly=True)
    assert (result.npv, result.roi, result.irr) == (by_hand.npv, by_hand.roi, by_hand.irr)
    assert result.payback_months == by_hand.payback_months == 4
    assert result.monthly["net"].tolist() == [-1_000] + [250] * 12
    assert result.yearly[["year", "cost", "benefit", "cumulative"]].to_numpy().tolist() == [
        [0, 1_000, 0, -1_000],
        [1, 600, 3_600, 2_000],
    ]
    assert result.yearly["pv_net"].sum() == pytest.approx(result.npv)
    assert result.benefits["present_value"].sum() == pytest.approx(result.pv_benefits)
    assert result.costs["present_value"].sum() == pytest.approx(result.pv_costs)


def test_ranges_risk_and_weights_multiply():
    wide = benefit(grade="B", low=0.6, mode=0.9, high=1.0)
    result = case([wide], [cost(low=1, mode=1, high=1.3)], benefit_risk=0.2, cost_risk=0.1)
    assert result.benefits["counted"].iloc[0] == pytest.approx(
        1_000 * 0.7 * 0.8 * 0.83333, abs=0.01
    )
    assert result.costs["counted"].iloc[0] == 605
    assert result.unweighted.pv_benefits * 0.7 == pytest.approx(result.pv_benefits, abs=0.01)
    assert result.tornado["line"].iloc[0] == "support · all · calls"
    assert (result.tornado["low"] <= 0).all()


def test_evidence_weights():
    lines = [benefit(g, grade=g) for g in "ABCDE"]
    assert counted(lines).tolist() == [1_000, 700, 400, 150, 0]
    assert case(lines).benefits["counted"].sum() == 2_250
    assert counted([benefit(cash="capacity")]).iloc[0] == 500


def test_influenced_is_shown_and_never_added():
    result = case([benefit("touch", layer="influenced"), benefit("cause")])
    assert result.benefits.set_index("benefit")["reason"]["touch"] == "influenced"
    assert result.benefits["amount"].sum() == 2_000
    assert result.benefits["counted"].sum() == 1_000


def test_overlap_counts_the_best_evidence_once():
    lines = [
        benefit("uplift", grade="C", amount=9_000.0, overlap_group="renewals"),
        benefit("renewal", grade="B", amount=1_000.0, overlap_group="renewals"),
        benefit("renewal", grade="B", amount=1_000.0, month=2, overlap_group="renewals"),
    ]
    assert counted(lines).to_dict() == {"renewal": 1_400, "uplift": 0}
    layers = [
        benefit("rule", amount=5_000.0, mechanism="m"),
        benefit("test", amount=1_000.0, mechanism="m", layer="incremental"),
    ]
    assert counted(layers).to_dict() == {"rule": 0, "test": 1_000}


def test_one_mechanism_one_claim():
    twice = [benefit(mechanism="m"), benefit("other", mechanism="m", function="sales")]
    with pytest.raises(InvalidInput) as caught:
        case(twice)
    assert caught.value.code == "claimed_twice"
    assert caught.value.facts["functions"] == ["sales", "support"]


def test_transfers_net_to_zero():
    gain = benefit("moved in", grade="A", transfer="t", mechanism="move")
    loss = benefit(
        "moved out",
        grade="D",
        amount=-1_000.0,
        transfer="t",
        mechanism="move",
        function="marketing",
    )
    assert counted([gain, loss]).sum() == 0
    assert case([gain, loss]).unweighted.pv_benefits == 0
    with pytest.raises(InvalidInput) as caught:
        case([gain])
    assert caught.value.code == "transfer_one_sided"


def test_harm_counts_whole():
    assert counted([benefit("lost trust", grade="E", amount=-400.0)]).iloc[0] == -400
    # A bad month of a good line is weighted like its good months, or noise alone would cost.
    noisy = [benefit(grade="C", amount=500.0), benefit(grade="C", month=2, amount=-100.0)]
    assert counted(noisy).iloc[0] == 160


def test_left_out_is_noted():
    outside = [benefit(), benefit("late", amount=7.0, month=12), benefit("early", amount=3.0)]
    result = case(outside, months=6, start=date(2026, 2, 1))
    notes = {note.code: note.facts for note in result.notes}
    assert notes["before_start"] == {"rows": 2, "amount": 1_003}
    assert notes["after_horizon"] == {"rows": 1, "amount": 7}
    assert result.reasons["payback_months"] == "never_paid_back"


def test_currencies():
    result = case([benefit(currency="USD")], exchange_rates={"USD": 0.9})
    assert result.benefits["counted"].iloc[0] == 900
    for rates in ({}, {"USD": math.nan}, {"USD": 0}):
        with pytest.raises(InvalidInput) as caught:
            case([benefit(currency="USD")], exchange_rates=rates)
        assert caught.value.code == "currency_without_rate"


def test_refusals():
    good = frame_of([benefit()])
    for benefits, costs, code in [
        (good, frame_of([cost()]).assign(month=pd.NaT), "cost_without_month"),
        (good.assign(month=pd.NaT), frame_of([cost()]), "benefit_without_month"),
        (good.assign(amount=math.nan), frame_of([cost()]), "benefit_without_amount"),
        (good.assign(grade="F"), frame_of([cost()]), "unknown_value"),
        (good.drop(columns="mechanism"), frame_of([cost()]), "column_missing"),
    ]:
        with pytest.raises(InvalidInput) as caught:
            build_case(benefits, costs, rate=0.1, start=START, months=12, seed=1)
        assert caught.value.code == code
    with pytest.raises(InvalidInput) as caught:
        case([benefit()], months=0)
    assert caught.value.code == "end_before_start"
    with pytest.raises(NotEnoughData):
        build_case(
            good.head(0), frame_of([cost()]).head(0), rate=0.1, start=START, months=12, seed=1
        )


def test_no_cost_is_not_an_infinite_return():
    result = case([benefit()], costs=())
    assert math.isnan(result.roi)
    assert result.reasons["roi"] == "no_positive_cost"
    assert math.isnan(result.irr)


def test_same_seed_same_case():
    ranged = [benefit(m, month=1, low=0.2, mode=1.0, high=1.4) for m in ("a", "b")]
    first, second, other = case(ranged), case(ranged), case(ranged, seed=2)
    assert (first.p10, first.p90) == (second.p10, second.p90) != (other.p10, other.p90)
    assert first.p10 < first.p50 < first.p90
    assert first.flexibility == 0
    assert case(ranged, flexibility=5e6).npv == first.npv


def test_simulated_mean_is_the_headline():
    ranged = [benefit(m, low=0.2, mode=1.0, high=1.4) for m in ("a", "b", "c")]
    result = case(ranged, draws=20_000)
    mean = result.simulation.distribution["npv"].mean()
    assert mean == pytest.approx(result.npv, rel=0.01)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(0.01, 1e6), min_size=1, max_size=12))
def test_parts_of_a_case_reconcile_to_the_cent(amounts):
    lines = [
        benefit(str(i), month=i % 12 + 1, amount=a, grade="ABCD"[i % 4])
        for i, a in enumerate(amounts)
    ]
    result = case(lines, draws=1)
    cents = round(result.monthly["benefit"].sum() * 100)
    assert cents == round(result.benefits["counted"].sum() * 100)
    assert cents == round(result.yearly["benefit"].sum() * 100)
    by_function = result.benefits.groupby("function")["counted"].sum()
    assert cents == round(by_function.sum() * 100)
