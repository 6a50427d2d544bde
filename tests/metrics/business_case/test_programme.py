"""The programme as a business case: its ledger is the truth, its sums reconcile."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from metrics.assumptions import Assumptions
from metrics.business_case.part import programme_case
from metrics.frames import COSTS
from tests.support.appraised import saved as claims

START = pd.Timestamp("2025-01-01")


def ledger(amounts: list[float], **changed) -> pd.DataFrame:
    rows = {
        "function": "support",
        "team": "all",
        "category": "licences",
        "initiative": "Forum",
        "month": pd.date_range(START, periods=len(amounts), freq="MS"),
        "amount": amounts,
        "currency": "EUR",
    }
    return COSTS.conform(pd.DataFrame(rows | changed))


def case(saved, spent: pd.DataFrame, **changes):
    chosen = Assumptions({"horizon_months": 12, "simulation_draws": 1_000} | changes)
    return programme_case(saved, spent, chosen, currency="EUR", exchange_rates={"USD": 0.9})


def test_the_cost_of_the_sample_programme_is_the_true_one_to_the_cent(sample) -> None:
    truth = pd.Series(
        sample.truth["programme"]["incremental_cost_by_month"],
        index=pd.PeriodIndex(sample.truth["months"], freq="M").to_timestamp(),
    )
    first = truth[truth > 0].index[0]
    monthly = sample.report.case.monthly
    shown = monthly[monthly["period"] > 0].set_index("month")["cost"]
    shown.index = pd.to_datetime(shown.index)
    known = truth[first:]
    assert sample.report.case.start == first.date().isoformat()
    assert len(shown) == 36
    assert shown[known.index].to_numpy() == pytest.approx(known.to_numpy(), abs=0.005)


def test_what_there_was_before_the_programme_is_not_its_cost(sample) -> None:
    costs = sample.snapshot["costs"]
    assert (costs["initiative"] == "").any(), "the sample pays an agency anyway"
    before = costs.loc[costs["initiative"] == "", "amount"].sum()
    counted = sample.report.case.costs["amount"].sum()
    assert before > 0
    within = case(
        claims(100.0), pd.concat([ledger([50.0] * 12), ledger([1e6] * 12, initiative="")])
    )
    assert within.costs["amount"].sum() == pytest.approx(600)
    assert counted < costs["amount"].sum()


def test_net_present_value_by_hand_from_the_monthly_flows(sample) -> None:
    """Month-end flows at (1 + rate)^(1/12) a month, as the docstring says."""
    part = sample.report.case
    monthly, rate = part.monthly, sample.report.assumptions["discount_rate"]
    factor = (1 + rate) ** (-monthly["period"] / 12)
    by_hand = ((monthly["benefit"] - monthly["cost"]) * factor).sum()
    assert part.npv == pytest.approx(by_hand, abs=0.01)
    assert part.roi == pytest.approx(by_hand / (monthly["cost"] * factor).sum(), rel=1e-6)


def test_the_flows_reconcile(sample) -> None:
    part = sample.report.case
    monthly, yearly = part.monthly, part.yearly
    assert (monthly["benefit"] - monthly["cost"]).to_numpy() == pytest.approx(monthly["net"])
    assert monthly["net"].cumsum().to_numpy() == pytest.approx(monthly["cumulative"], abs=0.005)
    for column in ("cost", "benefit", "net"):
        assert yearly[column].sum() == pytest.approx(monthly[column].sum(), abs=0.005)
    gains = part.flows[part.flows["kind"] == "benefit"]
    assert gains["counted"].sum() == pytest.approx(monthly["benefit"].sum(), abs=0.05)
    assert part.costs["counted"].sum() == pytest.approx(monthly["cost"].sum(), abs=0.05)


def test_a_year_by_hand() -> None:
    """100 a month against 50: 600 as expected; at grade B (weight 0.7) finance accepts 240."""
    part = case(claims(100.0), ledger([50.0] * 12), discount_rate=0.0)
    assert part.npv == pytest.approx(600, abs=0.01)
    assert part.accepted == pytest.approx(240, abs=0.01)
    assert part.roi == pytest.approx(1.0, abs=1e-4)
    assert part.break_even == pytest.approx(600)
    assert part.break_even_share == pytest.approx(600 / 12_000)
    assert part.cost_a_year == pytest.approx(600)
    assert part.months_measured == 12
    discounted = case(claims(100.0), ledger([50.0] * 12), discount_rate=0.1)
    assert discounted.npv == pytest.approx(sum(50 / 1.1 ** (k / 12) for k in range(1, 13)), abs=0.1)


def test_percentiles_and_odds_are_those_of_the_draws() -> None:
    """A saving of 50 ± 10 a month against 50 booked: even odds, P10 and P90 1.2816 × 120 off."""
    part = case(claims(50.0, spread=10.0), ledger([50.0] * 12), discount_rate=0.0)
    assert part.probability == pytest.approx(0.5, abs=0.02)
    assert part.p90 - part.p10 == pytest.approx(2 * 1.2816 * 120, rel=0.05)
    assert part.p50 == pytest.approx(0, abs=8)
    assert part.distribution["npv"].is_monotonic_increasing


def test_planned_cost_is_uncertain_and_booked_cost_is_not() -> None:
    booked = case(claims(100.0), ledger([50.0] * 12), discount_rate=0.0)
    planned = case(claims(100.0), ledger([50.0] * 6), discount_rate=0.0)
    assert booked.p90 - booked.p10 == pytest.approx(0, abs=1)
    # Six months of 50 at a tenth.
    assert planned.p90 - planned.p10 == pytest.approx(2 * 1.2816 * 30, rel=0.05)


def test_months_to_come_repeat_the_year_and_costs_their_recent_mean() -> None:
    """Six months on record at 60, then six more; costs 10, 20 … 60 go on at their mean of 35."""
    part = case(claims(60.0, until="2025-06-01"), ledger([10.0, 20, 30, 40, 50, 60]))
    flows = part.monthly[part.monthly["period"] > 0]
    assert flows["benefit"].to_numpy() == pytest.approx(np.full(12, 60), abs=0.01)
    assert flows["cost"].to_numpy() == pytest.approx([10, 20, 30, 40, 50, 60, *[35] * 6])
    assert part.months_measured == 6


def test_before_any_comparison_costs_and_break_even_stand() -> None:
    part = case(claims(100.0, alone=True), ledger([50.0] * 12), discount_rate=0.0)
    assert part.reason == "nothing_compared"
    assert math.isnan(part.npv)
    assert math.isnan(part.probability)
    assert part.break_even == pytest.approx(600)
    assert part.monthly["cost"].sum() == pytest.approx(600)
    # Nothing changed before and after, so finance sees the cost alone.
    assert part.accepted == pytest.approx(-600, abs=1)


def test_foreign_money_is_converted_once() -> None:
    part = case(claims(100.0), ledger([50.0] * 12, currency="USD"), discount_rate=0.0)
    assert part.costs["counted"].sum() == pytest.approx(600 * 0.9)


@pytest.mark.parametrize(
    ("saved", "spent", "reason"),
    [
        (claims(1.0), ledger([]), "no_programme_costs"),
        (claims(1.0), ledger([1.0] * 12, currency="CHF"), "currency_without_rate"),
    ],
)
def test_no_case_without_costs_that_can_be_read(saved, spent, reason) -> None:
    part = case(saved, spent)
    assert part.reason == reason
    assert math.isnan(part.npv)
    assert math.isnan(part.probability)


def test_a_loss_has_no_payback() -> None:
    part = case(claims(10.0, spread=1.0), ledger([50.0] * 12))
    assert part.npv < 0
    assert math.isnan(part.payback_months)
    assert part.probability == 0
