"""KPI values: the same as by hand from the raw rows, at every level, and never a silent zero."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.advocacy import net_promoter_score
from metrics.frames import MONTH_NOT_OVER, OBSERVATIONS, PROVISIONAL, RECORDS_OPEN
from metrics.functions import KPIS, OWNER
from metrics.measures.kpis import kpi_values
from metrics.measures.privacy import GROUP_UNDER_FIVE
from metrics.measures.terms import over_period
from metrics.model import ALL

# Flows, a stock that counts its last month, a stock that counts its mean, classes of answers.
MEASURES = (
    "support_cost",
    "resolved_tickets",
    "tickets",
    "sla_met_tickets",
    "sla_tickets",
    "active_customers",
    "promoters",
    "passives",
    "detractors",
)
TEAMS, ITEMS = (ALL, "North", "South"), (ALL, "chat", "mail")
MONTHS = tuple(pd.date_range("2025-01-01", periods=3, freq="MS"))
MISSING = "cell_not_number"


def frame(rows: list[dict]) -> pd.DataFrame:
    """Observations from rows; what a row does not say has its ordinary value."""
    ordinary = {"team": ALL, "item": ALL, "constituency": ALL, "month": MONTHS[0], "reason": ""}
    made = [ordinary | {"function": OWNER[row["measure"]]} | row for row in rows]
    return OBSERVATIONS.conform(pd.DataFrame(made)) if made else OBSERVATIONS.empty()


def only(values: pd.DataFrame, kpi: str, team: str = ALL, item: str = ALL) -> pd.Series:
    """The single row of a KPI at a level."""
    found = values[(values["kpi"] == kpi) & (values["team"] == team) & (values["item"] == item)]
    assert len(found) == 1
    return found.iloc[0]


number = st.one_of(
    st.integers(0, 10_000).map(float), st.floats(-1e6, 1e6, allow_subnormal=False), st.just(0.0)
)
entry = st.one_of(
    st.tuples(number, st.sampled_from(["", "", RECORDS_OPEN, MONTH_NOT_OVER])),
    st.just((math.nan, MISSING)),
)
place = st.tuples(
    st.sampled_from(MEASURES),
    st.sampled_from(TEAMS),
    st.sampled_from(ITEMS),
    st.sampled_from(MONTHS),
)
books = st.lists(st.tuples(place, entry), max_size=60)


def total(parts: list) -> tuple[float, list[str]] | None:
    """Sum what was given; None when nothing was."""
    known = [part for part in parts if part is not None]
    if not known:
        return None
    return sum(value for value, _ in known), [reason for _, why in known for reason in why]


def by_hand(rows: list, measure: str, team: str, item: str, month) -> tuple | None:
    """Recompute one measure at one level from the raw rows: a stated total wins over its parts."""

    def cell(one_team: str, one_item: str):
        return total(
            [
                (value, [why])
                for at, (value, why) in rows
                if at == (measure, one_team, one_item, month)
            ]
        )

    def over_items(one_team: str):
        if item != ALL:
            return cell(one_team, item)
        return cell(one_team, ALL) or total([cell(one_team, i) for i in ITEMS[1:]])

    if team != ALL:
        return over_items(team)
    return over_items(ALL) or total([over_items(t) for t in TEAMS[1:]])


def add(terms: tuple[str, ...], *where) -> tuple[float, list[str]]:
    value, reasons = 0.0, []
    for term in terms:
        found = by_hand(*where[:1], term.lstrip("-"), *where[1:])
        if found is None:
            return math.nan, reasons
        value += -found[0] if term.startswith("-") else found[0]
        reasons += found[1]
    return value, reasons


LEVELS = [(ALL, ALL), *((t, ALL) for t in TEAMS[1:]), *((ALL, i) for i in ITEMS[1:])]
CHECKED = ("cost_per_resolution", "contact_rate", "sla_met", "net_promoter_score")


@settings(max_examples=40, deadline=None)
@given(books)
def test_every_level_equals_recomputation_from_the_rows(rows) -> None:
    values = kpi_values(
        frame(
            [
                {"measure": m, "team": t, "item": i, "month": at, "value": v, "reason": why}
                for (m, t, i, at), (v, why) in rows
            ]
        )
    ).set_index(["kpi", "team", "item", "month"])
    assert values.index.is_unique
    for key, (team, item), month in product(CHECKED, LEVELS, MONTHS):
        kpi = KPIS[key]
        where = (rows, team, item, month)
        own = [
            m for m in kpi.measures if OWNER[m] == ("advocacy" if key == CHECKED[3] else "support")
        ]
        given_at_all = any(by_hand(rows, m, *where[1:]) is not None for m in own)
        assert ((key, team, item, month) in values.index) == given_at_all
        if not given_at_all:
            continue
        row = values.loc[(key, team, item, month)]
        (top, why_top), (bottom, why_bottom) = (
            add(kpi.numerator, *where),
            add(kpi.denominator, *where),
        )
        unknown = math.isnan(top) or math.isnan(bottom)
        if kpi.of_people and (unknown or row["reason"] == GROUP_UNDER_FIVE):
            # Without all classes nobody knows how many answered: tests/metrics/measures/test_groups_under_five.py.
            assert row[["numerator", "denominator", "value"]].isna().all() or unknown
            assert math.isnan(row["value"])
            continue
        assert row["numerator"] == pytest.approx(top, rel=1e-9, abs=1e-9, nan_ok=True)
        assert row["denominator"] == pytest.approx(bottom, rel=1e-9, abs=1e-9, nan_ok=True)
        if math.isnan(top) or math.isnan(bottom):
            assert math.isnan(row["value"])
            assert row["reason"] in {MISSING, "measure_missing"}
        elif row["denominator"] <= 0:
            assert math.isnan(row["value"])
            assert row["reason"] == "denominator_not_positive"
        else:
            assert row["value"] == pytest.approx(
                row["numerator"] / row["denominator"] * kpi.scale, rel=1e-9
            )
            moving = [r for r in (*why_top, *why_bottom) if r]
            expected = MONTH_NOT_OVER if MONTH_NOT_OVER in moving else moving[0] if moving else ""
            assert row["reason"] == expected


def test_no_ratio_is_ever_averaged() -> None:
    """Simpson's way to be wrong: teams at 10 and 1, the function at (100 + 100) / (10 + 100)."""
    rows = [
        {"measure": "support_cost", "team": "North", "value": 100.0},
        {"measure": "resolved_tickets", "team": "North", "value": 10.0},
        {"measure": "support_cost", "team": "South", "value": 100.0},
        {"measure": "resolved_tickets", "team": "South", "value": 100.0},
    ]
    assert only(kpi_values(frame(rows)), "cost_per_resolution")["value"] == pytest.approx(200 / 110)


@pytest.mark.parametrize("denominator", [0.0, -5.0])
def test_a_denominator_that_is_not_positive_gives_no_number(denominator) -> None:
    rows = [
        {"measure": "support_cost", "value": 100.0},
        {"measure": "resolved_tickets", "value": denominator},
    ]
    row = only(kpi_values(frame(rows)), "cost_per_resolution")
    assert math.isnan(row["value"])
    assert row["reason"] == "denominator_not_positive"


def test_one_missing_team_makes_the_function_missing_with_its_reason() -> None:
    rows = [
        {"measure": "support_cost", "team": "North", "value": 100.0},
        {"measure": "support_cost", "team": "South", "value": math.nan, "reason": MISSING},
        {"measure": "resolved_tickets", "team": "North", "value": 10.0},
        {"measure": "resolved_tickets", "team": "South", "value": 20.0},
    ]
    values = kpi_values(frame(rows))
    assert only(values, "cost_per_resolution", "North")["value"] == 10
    for team in ("South", ALL):
        row = only(values, "cost_per_resolution", team)
        assert math.isnan(row["value"])
        assert row["reason"] == MISSING


@pytest.mark.parametrize("reason", PROVISIONAL)
def test_what_may_still_move_is_marked_at_every_level(reason) -> None:
    rows = [
        {"measure": "support_cost", "team": "North", "value": 100.0, "reason": reason},
        {"measure": "resolved_tickets", "team": "North", "value": 10.0},
    ]
    values = kpi_values(frame(rows))
    for team in ("North", ALL):
        row = only(values, "cost_per_resolution", team)
        assert (row["value"], row["reason"]) == (10, reason)


@pytest.mark.parametrize(
    ("met", "of", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_shares_carry_the_published_wilson_interval(met, of, low, high) -> None:
    """R. G. Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3."""
    rows = [{"measure": "sla_met_tickets", "value": met}, {"measure": "sla_tickets", "value": of}]
    row = only(kpi_values(frame(rows)), "sla_met")
    assert (row["low"], row["high"]) == pytest.approx((low, high), abs=5.1e-5)
    assert (row["level"], row["n"]) == (95, of)


def test_the_net_promoter_score_over_teams_is_that_of_all_answers() -> None:
    counts = {"North": (60, 20, 20), "South": (10, 30, 40)}
    rows = [
        {"measure": m, "team": team, "value": float(n)}
        for team, classes in counts.items()
        for m, n in zip(("promoters", "passives", "detractors"), classes, strict=True)
    ]
    row = only(kpi_values(frame(rows)), "net_promoter_score")
    expected = net_promoter_score(70, 50, 60)
    assert row["value"] == pytest.approx(100 * (70 - 60) / 180)
    assert (row["low"], row["high"]) == pytest.approx((expected.low, expected.high))


def test_money_has_no_sampling_error_and_says_so() -> None:
    rows = [
        {"measure": "support_cost", "value": 100.0},
        {"measure": "resolved_tickets", "value": 10.0},
    ]
    row = only(kpi_values(frame(rows)), "cost_per_resolution")
    assert np.isnan([row["low"], row["high"], row["level"], row["n"]]).all()


def test_an_empty_team_or_item_speaks_for_the_function() -> None:
    rows = [
        {"measure": "support_cost", "team": "", "item": "", "value": 50.0},
        {"measure": "resolved_tickets", "value": 10.0},
    ]
    assert only(kpi_values(frame(rows)), "cost_per_resolution")["value"] == 5


def test_stocks_count_once_over_a_period(monkeypatch) -> None:
    from dataclasses import replace

    from metrics.measures import terms
    from metrics.model import Adds

    months = np.array([[10.0, 20.0, 60.0]])
    assert over_period(months, "tickets") == 90
    assert over_period(months, "active_customers") == 60
    mean = replace(terms.MEASURES["headcount"], adds=Adds.MEAN)
    monkeypatch.setitem(terms.MEASURES, "headcount", mean)
    assert over_period(months, "headcount") == 30


def test_no_observation_no_row() -> None:
    assert kpi_values(OBSERVATIONS.empty()).empty
