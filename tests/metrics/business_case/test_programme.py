"""The programme as a business case: its ledger is the truth, its sums reconcile."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from metrics.assumptions import Assumptions
from metrics.business_case.part import programme_case
from metrics.effects.part import CLAIM_COLUMNS
from metrics.frames import COSTS

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


def claims(savings: list[float], grade: str = "B", first: pd.Timestamp = START) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "function": "support",
            "name": "Forum",
            "kpi": "cost_per_resolution",
            "month": pd.date_range(first, periods=len(savings), freq="MS"),
            "saving": savings,
            "grade": grade,
            "low": 0.8,
            "high": 1.2,
        },
        columns=CLAIM_COLUMNS,
    )


def case(saved: pd.DataFrame, spent: pd.DataFrame, **changes):
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
        claims([100.0] * 12), pd.concat([ledger([50.0] * 12), ledger([1e6] * 12, initiative="")])
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
    assert part.benefits["counted"].sum() == pytest.approx(monthly["benefit"].sum(), abs=0.05)
    assert part.costs["counted"].sum() == pytest.approx(monthly["cost"].sum(), abs=0.05)


def test_a_year_by_hand() -> None:
    """100 a month at grade B (weight 0.7) against 50 a month: 20 a month, 240 undiscounted."""
    part = case(claims([100.0] * 12), ledger([50.0] * 12), discount_rate=0.0)
    assert part.npv == pytest.approx(240)
    assert part.npv_unweighted == pytest.approx(600)
    assert part.roi == pytest.approx(240 / 600)
    assert part.months_measured == 12
    discounted = case(claims([100.0] * 12), ledger([50.0] * 12), discount_rate=0.1)
    assert discounted.npv == pytest.approx(
        sum(20 / 1.1 ** (k / 12) for k in range(1, 13)), abs=0.01
    )


def test_months_to_come_continue_at_the_recent_mean() -> None:
    """Six measured months at 60, then six more; costs 10, 20 … 60 continue at their mean of 35."""
    part = case(
        claims([60.0] * 6, grade="A"), ledger([10.0, 20, 30, 40, 50, 60]), discount_rate=0.0
    )
    flows = part.monthly[part.monthly["period"] > 0]
    assert flows["benefit"].to_numpy() == pytest.approx(np.full(12, 60))
    assert flows["cost"].to_numpy() == pytest.approx([10, 20, 30, 40, 50, 60, *[35] * 6])
    assert part.months_measured == 6


def test_foreign_money_is_converted_once() -> None:
    part = case(
        claims([100.0] * 12, grade="A"), ledger([50.0] * 12, currency="USD"), discount_rate=0.0
    )
    assert part.costs["counted"].sum() == pytest.approx(600 * 0.9)


@pytest.mark.parametrize(
    ("saved", "spent", "reason"),
    [
        (claims([1.0] * 12), ledger([]), "no_programme_costs"),
        (claims([]), ledger([1.0] * 12), "no_measured_savings"),
        (
            claims([1.0] * 12, first=pd.Timestamp("2031-01-01")),
            ledger([1.0] * 12),
            "no_measured_savings",
        ),
        (claims([1.0] * 12), ledger([1.0] * 12, currency="CHF"), "currency_without_rate"),
    ],
)
def test_no_case_without_both_sides(saved, spent, reason) -> None:
    part = case(saved, spent)
    assert part.reason == reason
    assert math.isnan(part.npv)
    assert math.isnan(part.probability)


def test_a_loss_has_no_payback() -> None:
    part = case(claims([10.0] * 12), ledger([50.0] * 12))
    assert part.npv < 0
    assert math.isnan(part.payback_months)
    assert part.probability == 0
