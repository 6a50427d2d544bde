"""Cash-flow arithmetic: the published oracle, roots counted exactly, payback by hand."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.business_case import evaluate
from metrics.business_case.cash_flow import (
    internal_rate_of_return,
    payback_months,
    present_value,
)
from metrics.errors import InvalidInput

COSTS = (53_150, 666_715, 636_772, 647_783)
BENEFITS = (0, 1_606_511, 3_061_331, 4_229_760)


def test_published_oracle():
    """Forrester TEI of SalesLoft, as printed."""
    case = evaluate(COSTS, BENEFITS, 0.10)
    assert round(case.pv_costs) == 1_672_201
    assert round(case.pv_benefits) == 7_168_371
    assert round(case.npv) == 5_496_170
    assert round(100 * case.roi, 2) == 328.68
    assert round(case.payback_months, 2) == 0.68
    assert not case.reasons
    assert present_value(np.subtract(BENEFITS, COSTS), case.irr) == pytest.approx(0, abs=1e-6)
    undiscounted = evaluate(COSTS, BENEFITS, 0)
    assert undiscounted.pv_costs == 2_004_420
    assert undiscounted.pv_benefits == 8_897_602
    assert undiscounted.npv == 6_893_182


def test_monthly_rate_is_compounded():
    yearly = evaluate([100, 0], [0, 121], 0.10)
    monthly = evaluate([100] + [0] * 12, [0] * 12 + [121], 0.10, monthly=True)
    assert monthly.npv == pytest.approx(yearly.npv)
    assert monthly.irr == pytest.approx(yearly.irr) == pytest.approx(0.21)
    assert yearly.payback_months == pytest.approx(12 * 100 / 121)
    assert monthly.payback_months == pytest.approx(11 + 100 / 121)


@pytest.mark.parametrize(
    ("net", "rate"),
    [
        ([-100, 110], 0.10),
        ([-100, 60, 60], 0.13066),
        ([-100, 200, -100], 0.0),  # touches zero once: one rate
        ([0, -100, 0, 121], 0.10),
        ([-100, 10], -0.9),
        ([100, -110], 0.10),  # a loan
    ],
)
def test_irr(net, rate):
    assert internal_rate_of_return(net) == pytest.approx(rate, abs=1e-5)


def test_irr_none_or_several():
    for cost, benefit, why in [
        ([100, 0, 132], [0, 230, 0], "several_irr"),  # 10 % and 20 %
        ([100, 50], [0, 0], "no_irr"),
        ([0, 0], [0, 0], "no_irr"),
        ([100, 0, 100], [0, 150, 0], "no_irr"),  # complex roots only
    ]:
        case = evaluate(cost, benefit, 0.1)
        assert math.isnan(case.irr)
        assert case.reasons["irr"] == why


def test_payback():
    assert payback_months([-100, 50, 100]) == 12 + 6
    assert payback_months([-100, 100]) == 12
    assert payback_months([-90, 30, 30, 30], monthly=True) == 3
    assert payback_months([0, -100, 200]) == 12 + 6  # nothing was paid back while nothing moved
    assert payback_months([50, 10]) == 0
    assert math.isnan(payback_months([-100, 50]))
    never = evaluate([100, 0], [0, 50], 0.1)
    assert never.reasons["payback_months"] == "never_paid_back"
    dips = evaluate([100, 0, 300], [0, 200, 0], 0.1)
    assert dips.payback_months == 6
    assert dips.reasons["payback_months"] == "payback_not_final"


def test_roi_without_cost():
    case = evaluate([0, 0], [0, 50], 0.1)
    assert math.isnan(case.roi)
    assert case.reasons["roi"] == "no_positive_cost"


@pytest.mark.parametrize(
    ("cost", "benefit", "rate"),
    [
        ([1, 2], [1], 0.1),
        ([], [], 0.1),
        ([1, math.nan], [1, 2], 0.1),
        ([1, math.inf], [1, 2], 0.1),
        ([1], [1], -1.0),
        ([1], [1], math.nan),
    ],
)
def test_bad_input(cost, benefit, rate):
    with pytest.raises(InvalidInput):
        evaluate(cost, benefit, rate)


flows = st.lists(st.floats(-1e6, 1e6, allow_subnormal=False), min_size=6, max_size=6)


@settings(deadline=None)
@given(flows, flows, st.floats(-2, 2), st.floats(-0.5, 1))
def test_present_value_is_linear(a, b, factor, rate):
    mixed = [x + factor * y for x, y in zip(a, b, strict=True)]
    expected = present_value(a, rate) + factor * present_value(b, rate)
    assert present_value(mixed, rate) == pytest.approx(expected, rel=1e-9, abs=1e-3)
    assert present_value(a, 0) == pytest.approx(math.fsum(a), abs=1e-9)


@settings(deadline=None)
@given(st.lists(st.integers(-5, 5), min_size=2, max_size=7))
def test_irr_agrees_with_all_roots(net):
    """Where the eigenvalue roots are clearly apart, the exact count must agree with them."""
    rate = internal_rate_of_return(net)
    if math.isfinite(rate):
        assert rate > -1
        scale = sum(abs(x) for x in net) * max(1, (1 + rate) ** -len(net))
        assert present_value(net, rate) == pytest.approx(0, abs=1e-9 * scale)
    values = [present_value(net, r) for r in np.linspace(-0.9, 9, 100)]
    crossings = np.count_nonzero(np.diff(np.sign([v for v in values if abs(v) > 1e-9])))
    assert crossings <= 1 or math.isnan(rate)
