"""What enters a case: measured, priced and typed benefits, each counted once or refused."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from metrics.assumptions import Assumptions
from metrics.business_case.claims import continue_amounts, measured_lines, typed_lines
from metrics.business_case.part import Scenario
from metrics.business_case.priced import priced_claims
from metrics.errors import InvalidInput
from metrics.frames import OBSERVATIONS
from tests.support.appraised import saved as measured
from tests.support.claims import START, YEAR, case, claim, costs, lines, typed


def test_the_truth_of_the_sample_lies_within_the_range_of_its_case(sample) -> None:
    """Savings without and with margin: what the generator knows. Typed claims are no draws."""
    from metrics.business_case.part import what_if

    truth = sample.truth["programme"]
    months = pd.PeriodIndex(sample.truth["months"], freq="M").to_timestamp()
    frame = pd.DataFrame(
        {
            "saving": truth["saving_by_month"],
            "margin": truth["margin_gain_by_month"],
            "cost": truth["incremental_cost_by_month"],
        },
        index=months,
    )
    first = frame.index[frame["cost"] > 0][0]
    horizon = pd.date_range(first, periods=36, freq="MS")
    ahead = frame.reindex(horizon)
    for column, window in (("saving", 12), ("margin", 12), ("cost", 6)):
        ahead[column] = ahead[column].fillna(frame[column].tail(window).mean())
    factor = 1.1 ** (-np.arange(1, 37) / 12)
    for margin in (0.0, truth["gross_margin"]):
        gains = ahead["saving"] + (ahead["margin"] if margin else 0.0)
        known = ((gains - ahead["cost"]) * factor).sum()
        found = what_if(
            sample.snapshot,
            Assumptions({"contribution_margin": margin}),
            sample.report.value,
            sample.report.effects,
        )
        assert found.p10 < known < found.p90
    assert sample.report.case.accepted < known, "what finance accepts is the cautious one"


def test_a_rate_priced_by_the_functions_own_cost_claims_nothing_of_its_own() -> None:
    """Requests per customer are priced by support cost: what they save is seen in that cost."""
    effects = pd.DataFrame(
        [
            {
                "initiative": "Forum",
                "function": "support",
                "teams": "North",
                "kpi": "contact_rate",
                "start": START,
                "estimate": -1.0,
                "low": -1.4,
                "high": -0.6,
                "level": 95.0,
                "grade": "B",
            }
        ]
    )
    paths = pd.DataFrame({"initiative": "Forum", "period": YEAR, "actual": 4.0, "expected": 5.0})
    assert priced_claims(effects, paths, OBSERVATIONS.empty(), margin=0.5).empty


def test_revenue_counts_at_its_margin_and_not_at_all_without_one() -> None:
    rows = [
        ("sales", "North", month, measure, value)
        for month in YEAR
        for measure, value in (("deals_won", 12.0), ("deals_lost", 8.0), ("won_value", 24_000.0))
    ]
    observations = OBSERVATIONS.conform(
        pd.DataFrame(rows, columns=["function", "team", "month", "measure", "value"])
    )
    effects = pd.DataFrame(
        [
            {
                "initiative": "Circle",
                "function": "sales",
                "teams": "North",
                "kpi": "win_rate",
                "start": START,
                "estimate": 0.1,
                "low": 0.05,
                "high": 0.15,
                "level": 95.0,
                "grade": "B",
            }
        ]
    )
    paths = pd.DataFrame({"initiative": "Circle", "period": YEAR, "actual": 0.6, "expected": 0.5})
    found = priced_claims(effects, paths, observations, margin=0.25)
    assert found["saving"].to_numpy() == pytest.approx(np.full(12, 0.1 * 20 * 2_000 * 0.25))
    assert priced_claims(effects, paths, observations, margin=0.0).empty


def test_freed_hours_count_times_the_recapture_factor() -> None:
    found = case(ledger=typed(claim(cash="capacity")), recapture_factor=0.5)
    assert found.accepted == pytest.approx(12 * 100 * 0.5 - 600)


def test_a_typed_claim_enters_from_its_start_to_its_end() -> None:
    ledger = typed(claim(end=pd.Timestamp("2025-03-01")))
    found = case(ledger=ledger)
    assert found.benefits.set_index("benefit").loc["Fewer visits", "counted"] == pytest.approx(300)
    assert found.accepted == pytest.approx(300 - 600)
    assert math.isnan(found.npv), "a claim that nothing measures carries no odds"


def test_the_same_money_is_counted_once() -> None:
    """A typed claim in the group of a measured initiative loses to the better evidence."""
    same = typed(claim(benefit="Forum, as claimed", grade="D", overlap_group="Forum"))
    alone, both = case(measured()), case(measured(), ledger=same)
    assert both.npv == pytest.approx(alone.npv)
    assert both.accepted == pytest.approx(alone.accepted)
    row = both.benefits.set_index("benefit").loc["Forum, as claimed"]
    assert (row["counted"], row["reason"]) == (0.0, "overlap")


def test_influenced_revenue_is_shown_and_never_added() -> None:
    ledger = typed(
        claim(), claim(benefit="Touched", mechanism="any touch", layer="influenced", amount=1e6)
    )
    found = case(ledger=ledger)
    assert found.accepted == pytest.approx(12 * 100 - 600)
    assert found.benefits.set_index("benefit").loc["Touched", "amount"] == pytest.approx(12e6)


def test_a_transfer_between_teams_nets_to_zero() -> None:
    ledger = typed(
        claim(benefit="Hours given", team="Care", transfer="move", amount=-40.0, grade="C"),
        claim(benefit="Hours taken", team="Community", transfer="move", amount=40.0, grade="B"),
        claim(benefit="Own", mechanism="else"),
    )
    assert case(ledger=ledger).accepted == pytest.approx(12 * 100 - 600)


@pytest.mark.parametrize(
    ("ledger", "reason"),
    [
        (typed(claim(end=pd.Timestamp("2024-12-01"))), "claim_ends_before_start"),
        (typed(claim(start=pd.NaT)), "claim_without_start"),
        (typed(claim(amount=math.nan)), "claim_without_amount"),
        (typed(claim(currency="CHF")), "currency_without_rate"),
        (typed(claim(), claim(benefit="Again", function="sales")), "claimed_twice"),
        (typed(claim(transfer="move")), "transfer_one_sided"),
        (typed(claim(grade="F")), "unknown_value"),
        (typed(claim(cash="")), "unknown_value"),
        (typed(claim(low=1.2, mode=1.0, high=0.8)), "range_out_of_order"),
    ],
)
def test_a_bad_claim_refuses_the_case_with_a_sentence(ledger, reason) -> None:
    from words import refusal

    found = case(ledger=ledger)
    assert found.reason == reason
    assert math.isnan(found.npv)
    assert "could not be done" not in refusal(found.reason, found.facts)


@pytest.mark.parametrize(
    ("spent", "reason"),
    [
        (costs(month=[pd.NaT, *YEAR[1:]]), "cost_without_month"),
        (costs(amount=[math.nan] + [1.0] * 11), "cost_without_amount"),
        (costs(currency="CHF"), "currency_without_rate"),
    ],
)
def test_a_bad_cost_refuses_the_case(spent, reason) -> None:
    assert case(measured(), spent=spent).reason == reason


def test_what_was_stopped_is_not_carried_on() -> None:
    ahead = pd.date_range(START, periods=18, freq="MS")
    rows = pd.concat([lines("On"), lines("Stopped").assign(lasting=False)])
    found = measured_lines(rows.assign(lasting=rows["lasting"].fillna(True)), ahead)
    later = found[found["month"] > YEAR[-1]].groupby("benefit")["amount"].sum()
    assert later["On"] == pytest.approx(600)
    assert later["Stopped"] == 0


def test_lines_are_continued_at_their_own_recent_mean() -> None:
    rows = pd.DataFrame(
        {"line": ["a", "a", "b"], "month": [YEAR[0], YEAR[1], YEAR[1]], "amount": [10.0, 30.0, 8.0]}
    )
    found = continue_amounts(rows, ["line"], "amount", YEAR[:4], YEAR[1], 2)
    wide = found.pivot(index="line", columns="month", values="amount")
    assert wide.to_numpy().tolist() == [[10, 30, 20, 20], [0, 8, 4, 4]]


def test_a_scenario_by_hand() -> None:
    people = costs(category="people", amount=20.0)
    spent = pd.concat([costs(30.0), people], ignore_index=True)
    ledger = typed(claim())
    assert case(ledger=ledger, spent=spent).accepted == pytest.approx(1200 - 600)
    half = case(ledger=ledger, spent=spent, scenario=Scenario(adoption=0.5))
    assert half.accepted == pytest.approx(600 - 600)
    dearer = case(ledger=ledger, spent=spent, scenario=Scenario(people=2.0))
    assert dearer.accepted == pytest.approx(1200 - 840)
    later = case(ledger=ledger, spent=spent, scenario=Scenario(delay=3))
    assert later.accepted == pytest.approx(900 - 600)


def test_typed_lines_refuse_before_they_guess() -> None:
    with pytest.raises(InvalidInput, match="claim_ends_before_start"):
        typed_lines(typed(claim(end=pd.Timestamp("2020-01-01"))), YEAR)
    assert typed_lines(typed(), YEAR).empty
