"""Deflection, advocacy, the programme's own economics and inflation, as parts of a report."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pandas as pd
import pytest

from metrics.advocacy.part import advocates
from metrics.assumptions import Assumptions
from metrics.business_case.arithmetic import ramp_benefit
from metrics.business_case.economics import economics
from metrics.deflection.part import estimate_deflection
from metrics.frames import FRAMES, OBSERVATIONS
from metrics.functions import BY_KEY
from metrics.measures import baseline
from metrics.model import Profile, Snapshot
from metrics.report import compute
from tests.support.claims import case, claim, measured, typed

MONTHS = pd.date_range("2024-01-01", periods=24, freq="MS")
SUPPORT_COST = {"support_cost": 1_500.0, "resolved_tickets": 100.0}


def observed(function: str, months=MONTHS[12:], **measures: float) -> pd.DataFrame:
    rows = [
        (function, "all", month, measure, np.ravel(value)[i % np.size(value)])
        for measure, value in measures.items()
        for i, month in enumerate(months)
    ]
    return OBSERVATIONS.conform(
        pd.DataFrame(rows, columns=["function", "team", "month", "measure", "value"])
    )


def snapshot(*observations: pd.DataFrame, **frames: pd.DataFrame) -> Snapshot:
    given = {name: FRAMES[name].conform(frame) for name, frame in frames.items()}
    if observations:
        given["observations"] = pd.concat(observations, ignore_index=True)
    return Snapshot(Profile("A", ("support", "sales")), 2, date(2026, 1, 15), given)


def part(*observations: pd.DataFrame, start=None, **changes):
    begun = [{"initiative": "Forum", "function": "support", "start": start}] if start else []
    known = snapshot(*observations, initiatives=pd.DataFrame(begun))
    return estimate_deflection(known, Assumptions(changes))


def test_the_published_survey_is_reproduced() -> None:
    """Khoros: .43 × .65 × .09 × 100,000 = 2,515.5; twelve equal months add up to it."""
    found = part(
        observed(
            "support",
            support_visits=100_000 / 12,
            survey_visitors=10_000 / 12,
            survey_support_intent=4_300 / 12,
            survey_resolved=2_795 / 12,
            survey_would_contact=251.55 / 12,
            **SUPPORT_COST,
        )
    )
    assert found.headline == "survey"
    # People are whole: 252 of 2,795 would have called.
    assert found.methods["deflected"].iloc[0] == pytest.approx(2_515.5, rel=0.003)
    assert found.methods["grade"].tolist() == ["C"]
    assert found.methods["low"].iloc[0] < 2_515.5 < found.methods["high"].iloc[0]
    assert found.average_cost == pytest.approx(15)
    assert found.value == pytest.approx(found.methods["deflected"].iloc[0] * 7.5)


def test_the_two_page_view_rules_differ_as_published() -> None:
    """300 answers, 10,000 and 40,000 views at 15: 4,300 and 500 requests, 64,500 and 7,500."""
    found = part(
        observed(
            "support",
            accepted_answers=25,
            accepted_answer_views=10_000 / 12,
            other_discussion_views=40_000 / 12,
            **SUPPORT_COST,
        ),
        capacity_released=1,
    )
    by = found.methods.set_index("method")
    assert by.loc["page_views", "deflected"] == pytest.approx(4_300)
    assert by.loc["page_view_share", "deflected"] == pytest.approx(500)
    assert by["value"].tolist() == pytest.approx([7_500, 64_500])
    assert (found.headline, found.cost_kind) == ("page_view_share", "average")
    other = part(
        observed(
            "support",
            accepted_answers=25,
            accepted_answer_views=10_000 / 12,
            other_discussion_views=40_000 / 12,
            **SUPPORT_COST,
        ),
        views_per_request_accepted=10,
    )
    assert other.methods.set_index("method").loc["page_views", "deflected"] == pytest.approx(3_300)


def test_a_hold_out_is_graded_a_and_takes_off_who_left_anyway() -> None:
    form = {"form_intents": 100.0, "form_deflected": 40.0} | SUPPORT_COST
    without = part(observed("support", **form))
    hidden = part(observed("support", hold_out_intents=10.0, hold_out_left=1.0, **form))
    assert (without.methods["grade"].iloc[0], hidden.methods["grade"].iloc[0]) == ("B", "A")
    assert without.methods["deflected"].iloc[0] == pytest.approx(480)
    assert hidden.methods["deflected"].iloc[0] == pytest.approx((0.4 - 0.1) * 1_200)


def test_nothing_is_deflected_beyond_what_could_have_been_asked() -> None:
    """Before 10 in 100 customers asked a month, now 8 of 1,000 × 10 %: 20 a month at most."""
    start = MONTHS[12]
    found = part(
        observed("support", MONTHS, tickets=np.r_[np.full(12, 100.0), np.full(12, 80.0)]),
        observed("company", MONTHS, active_customers=1_000.0),
        observed(
            "support", form_intents=100.0, form_deflected=40.0, community_cost=50.0, **SUPPORT_COST
        ),
        start=start,
    )
    assert found.cap == pytest.approx(240)
    assert found.methods["claimed"].iloc[0] == pytest.approx(480)
    assert found.methods["deflected"].iloc[0] == pytest.approx(240)
    assert bool(found.methods["capped"].iloc[0])
    assert found.value == pytest.approx(240 * 7.5 - 600)
    assert (found.first, found.last) == ("2025-01-01", "2025-12-01")


def test_without_records_or_a_price_there_is_a_reason_instead_of_a_number() -> None:
    nothing = part(observed("support", tickets=5.0))
    assert (nothing.reason, len(nothing.methods)) == ("no_deflection_records", 0)
    assert math.isnan(nothing.value)
    unpriced = part(observed("support", form_intents=10.0, form_deflected=4.0))
    assert unpriced.reason == "request_cost_unknown"
    impossible = part(observed("support", form_intents=10.0, form_deflected=40.0, **SUPPORT_COST))
    assert impossible.reason


def test_advocacy_compares_two_years_and_says_what_is_not_shown() -> None:
    answers = observed("advocacy", MONTHS, promoters=27.0, passives=18.0, detractors=9.0)
    found = advocates(snapshot(answers), Assumptions({"interval_level": 95}))
    row = found.indicators.set_index("indicator").loc["net_promoter_score"]
    assert row["value"] == pytest.approx(100 / 3)
    assert row["n"] == 648
    assert row["before"] == pytest.approx(100 / 3)
    assert row["change_low"] < 0 < row["change_high"]
    assert row["high"] - row["low"] == pytest.approx(
        2 * 1.96 * 0.7454 / np.sqrt(648) * 100, rel=0.02
    )
    assert (found.indicators.set_index("indicator").loc["earned_share", "reason"]) == "no_records"
    assert found.chain_reason
    assert len(found.trend) == 8


def test_advocates_are_counted_by_acts_with_an_interval() -> None:
    acts = observed(
        "advocacy",
        MONTHS,
        advocates=np.r_[np.full(12, 50.0), np.full(12, 90.0)],
        active_contacts=1_000.0,
    )
    row = (
        advocates(snapshot(acts), Assumptions({"interval_level": 95}))
        .indicators.set_index("indicator")
        .loc["advocate_share"]
    )
    # Stocks stand by their last value: 90 and 50 of 1,000, not twelve times as many people.
    assert (row["value"], row["before"], row["n"]) == (0.09, 0.05, 1_000)
    assert row["change_low"] > 0


def test_referral_revenue_carries_its_fill_rate_and_its_most() -> None:
    won = observed("sales", won_value=100.0, source_known_value=80.0, referral_won_value=20.0)
    assert advocates(snapshot(won), Assumptions()).referral == pytest.approx(
        {"known": 240, "at_most": 480, "fill_rate": 0.8}
    )


def test_the_premium_is_matched_within_segment_and_year() -> None:
    """Referred customers sit in the rich segment: unmatched 100 % more, matched 10 %."""
    rows = [
        (f"{s}{r}{i}", s, MONTHS[0], r, value + i % 5)
        for s, r, value, n in (
            ("rich", "yes", 110.0, 40),
            ("rich", "no", 100.0, 40),
            ("poor", "no", 10.0, 40),
        )
        for i in range(n)
    ]
    customers = pd.DataFrame(rows, columns=["customer", "segment", "acquired", "referred", "value"])
    found = advocates(snapshot(customers=customers), Assumptions()).premium
    assert found["premium"] == pytest.approx(10 / 102, rel=0.01)
    assert found["unmatched_premium"] > 0.9
    assert found["low"] < found["premium"] < found["high"]
    unknown = customers.assign(referred="")
    assert advocates(snapshot(customers=unknown), Assumptions()).premium == {
        "reason": "no_customers"
    }


def own(snap: Snapshot, found, bases=None, **changes):
    chosen = Assumptions({"simulation_draws": 2_000} | changes)
    return economics(snap, chosen, found, pd.Series(bases or {}, dtype=float))


def test_lights_are_grey_without_data_and_lit_with_it() -> None:
    cheap = case(measured())
    dark = own(snapshot(), cheap).lights.set_index("name")
    assert dark.loc["cost", "state"] == "met"
    assert dark["state"].tolist()[1:] == ["unknown"] * 3
    rising = pd.DataFrame(
        {
            "series": "market share",
            "month": MONTHS[:6],
            "value": [0.10, 0.11, 0.115, 0.12, 0.13, 0.131],
        }
    )
    falling = rising.assign(series="reputation", value=[60, 58, 59, 55, 54, 50])
    started = pd.DataFrame([{"initiative": "Forum", "start": MONTHS[12]}])
    people = observed("company", MONTHS, headcount=np.r_[np.full(12, 90.0), np.full(12, 100.0)])
    lit = own(
        snapshot(people, standing=pd.concat([rising, falling]), initiatives=started), cheap
    ).lights.set_index("name")
    assert lit["state"].tolist() == ["met", "met", "met", "not_met"]
    assert lit.loc["market_share", "probability"] > 0.99
    assert lit.loc["reputation", "probability"] < 0.01
    dear = own(snapshot(), case(measured(10.0)))
    assert dear.lights.set_index("name").loc["cost", "state"] == "not_met"
    assert dear.met_month == ""


def test_only_cashable_money_pays_for_the_programme() -> None:
    hours = typed(claim(cash="capacity"))
    freed = own(snapshot(), case(measured(10.0), ledger=hours, recapture_factor=1.0))
    assert freed.net_cost["reduction"].sum() == pytest.approx(12 * 10, abs=0.01)
    assert freed.lights.set_index("name").loc["cost", "state"] == "not_met"


def test_waiting_costs_what_the_published_ramp_says() -> None:
    """Full effect 100 a month: the ramp of 1,065,034, 915,034 and 565,048 for 50,000."""
    found = own(snapshot(), case(measured()))
    assert found.full == pytest.approx(100, abs=1e-3)
    last = found.ramp.iloc[-1]
    assert last[["now", "later", "restart"]].tolist() == pytest.approx(
        [2 * 1_065.034, 2 * 915.034, 2 * 565.048], abs=0.01
    )
    assert found.delay_cost == pytest.approx(
        ramp_benefit(100, 24) - ramp_benefit(100, 24, 1), abs=1e-2
    )
    assert found.hazard == pytest.approx(0.1091, abs=5e-5)


def test_early_information_is_worth_what_the_client_enters() -> None:
    nothing = own(snapshot(), case(measured()))
    assert nothing.early == 0
    entered = own(
        snapshot(), case(measured()), launch_failure_after=0.35, launch_loss=2_000, launches=4
    )
    assert entered.early == pytest.approx(400_000)


def test_expectation_and_measurement_are_ranked() -> None:
    asked = pd.DataFrame(
        {"rater": "executive", "function": ["support", "sales"], "value": [2.0, 9.0]}
    )
    found = case(measured(), ledger=typed(claim(function="sales", kpi="", amount=1.0)))
    gap = own(snapshot(relevance=asked), found).perception.set_index("function")["gap"]
    assert gap.to_dict() == {"support": -1, "sales": 1}


def test_functions_without_a_programme_are_candidates_by_analogy() -> None:
    found = case(measured(200.0))
    bases = {"support": 1_000.0, "sales": 3_000.0}
    entry = own(snapshot(), found, bases).entry.set_index("function")
    assert entry["basis"].to_dict() == {"support": "measured", "sales": "by analogy"}
    assert entry.loc["sales", "pv_benefit"] == pytest.approx(3 * entry.loc["support", "pv_benefit"])
    assert entry.loc["sales", "survival"] == 0.5
    assert (entry["p10"] <= entry["p90"]).all()


def test_inflation_is_no_rate_effect() -> None:
    """Cost rises 10 % with prices, demand stands still: nothing was lost, 120 is inflation."""
    cost = np.r_[np.full(12, 100.0), np.full(12, 110.0)]
    rows = pd.concat(
        [
            observed("support", MONTHS, support_cost=cost, resolved_tickets=10.0, tickets=10.0),
            observed("company", MONTHS, active_customers=50.0),
        ]
    )
    index = observed("company", MONTHS, price_index=np.r_[np.full(12, 1.0), np.full(12, 1.1)])
    plain = baseline.saving(rows, BY_KEY["support"], None, 12, 80).row
    lifted = baseline.saving(pd.concat([rows, index]), BY_KEY["support"], None, 12, 80).row
    assert plain["saving"] == pytest.approx(-120)
    assert plain["inflation"] == 0
    assert lifted["saving"] == pytest.approx(0, abs=1e-9)
    assert lifted["inflation"] == pytest.approx(120)


def test_the_waterfall_closes_and_sets_induced_demand_apart() -> None:
    from ui.indicators.value import steps

    row = pd.Series(
        {
            "baseline": 126_000.0,
            "actual": 118_500.0,
            "rate": -7_500.0,
            "volume": 31_500.0,
            "mix": -31_500.0,
            "new": 0.0,
            "lost": 0.0,
            "saving": 13_800.0,
            "inflation": 0.0,
        }
    )
    found = steps(row)
    moves = [v for k, v in found.items() if k not in ("baseline", "actual") and not math.isnan(v)]
    assert found["baseline"] + sum(moves) == pytest.approx(found["actual"])
    assert found["demand"] == pytest.approx(6_300)
    assert found["induced"] == pytest.approx(25_200)


@pytest.mark.parametrize("name", ["case", "economics", "deflection", "advocacy"])
def test_a_client_without_data_gets_reasons_and_never_infinity(name) -> None:
    from metrics.document.plain import plain

    found = compute(snapshot(), Assumptions(), (name,))[name]
    text = str(plain(found))
    assert "inf" not in text.lower().replace("influenced", "").replace("information", "")
    assert getattr(found, "reason", "") or getattr(found, "chain_reason", "")
