"""Level, score, band and odds come from the same draws, whatever the answers were."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from metrics.maturity import score
from metrics.maturity.contradiction import (
    FROM_KPIS,
    RULES,
    WAITING,
    Contradiction,
    contradicted,
    kpi_evidence,
)
from metrics.maturity.levels import level_number, settle
from metrics.units import MATURITY
from tests.support import assessed


@pytest.fixture(scope="module", params=["sample", "rich", "sparse"])
def part(request):
    """The maturity of the sample and of two companies made here."""
    print("seed", assessed.SEED)
    if request.param == "sample":
        return request.getfixturevalue("sample").report.maturity
    return assessed.report(getattr(assessed, request.param)()).maturity


def inside(table: pd.DataFrame, value: str = "published", ends=("low", "high")) -> pd.Series:
    """Rows whose value lies in its band; a row without a value is none of them."""
    known = table.dropna(subset=value)
    assert len(known)
    assert known[list(ends)].notna().all().all(), "what is published has a band"
    return known[value].between(known[ends[0]], known[ends[1]])


def test_every_published_value_lies_in_its_own_band(part) -> None:
    assert inside(part.dimensions).all()
    assert inside(part.functions).all()
    assert inside(part.history).all()
    lived = ("practice_low", "practice_high")
    assert inside(part.questions, "practice", lived).all()
    company = part.enterprise
    assert company["low"] <= company["value"] <= company["high"]
    if len(part.constituencies):
        assert inside(part.constituencies, "value").all()


def test_the_level_is_the_highest_that_is_likelier_than_not_and_the_score_stands_on_it(
    part,
) -> None:
    odds = part.levels.pivot(index="function", columns="level", values="probability")
    scored = part.functions.dropna(subset="published").set_index("function")
    assert set(odds.index) == set(scored.index)
    for function, row in scored.iterrows():
        mine = odds.loc[function]
        assert mine.sum() == pytest.approx(1)
        level = int(row["level"])
        assert mine[mine.index >= level].sum() > 0.5
        assert mine[mine.index > level].sum() <= 0.5
        assert level == level_number(row["published"])
        if mine.max() > 0.5:
            assert mine.idxmax() == level, "the likely level is the one that is claimed"
    company = part.enterprise
    if not company["reason"]:
        above = sum(p for key, p in company["levels"].items() if int(key) >= company["level"])
        assert above > 0.5
        assert level_number(company["value"]) == company["level"]


def test_breadth_counts_what_is_likelier_than_not(part) -> None:
    works = part.levels[part.levels["level"] >= 3].groupby("function")["probability"].sum()
    assert part.enterprise["breadth"] == pytest.approx((works > 0.5).sum() / len(part.functions))


def test_a_contradicted_claim_is_published_at_what_the_data_support_at_most(part) -> None:
    held = contradicted(part.contradictions).merge(part.dimensions, on=["function", "dimension"])
    assert (held["published"] <= held["supported_level"]).all()
    assert (held["high"] <= held["supported_level"]).all()
    capped = part.dimensions[part.dimensions["cap"] < part.dimensions["capability"]]
    assert len(held) == len(capped), "marks on the heatmap are the claims that are counted"


def test_no_level_is_published_that_the_data_contradict(part) -> None:
    """A rule speaks of what would be published too, not only of what raters said."""
    rules = part.contradictions
    against = rules[(rules["verdict"] == "neutral") & (rules["claim"] < rules["from_level"])]
    levels = part.dimensions.merge(against, on=["function", "dimension"])
    assert (levels["published"] < levels["from_level"]).all()


def test_the_movement_adds_up_to_the_published_change(part) -> None:
    if part.moved.empty:
        pytest.skip("one wave only")
    now = part.history[part.history["basis"] == "now"]
    wide = now.pivot(index="function", columns="wave", values="published")
    change = (wide[part.wave] - wide[part.earlier_wave]).dropna()
    moved = part.moved.groupby("function")["value"].sum()
    assert set(moved.index) == set(change.index)
    pd.testing.assert_series_equal(moved, change[moved.index], check_names=False)


@settings(max_examples=60, deadline=None)
@given(arrays(float, st.tuples(st.integers(1, 40), st.just(3)), elements=st.floats(1, 5)))
def test_settled_scores_agree_with_themselves(drawn) -> None:
    found = settle(np.full(3, 3.0), drawn)
    assert ((found.low <= found.value) & (found.value <= found.high)).all()
    for value, level, odds in zip(found.value, found.level, found.odds, strict=True):
        assert level == level_number(value)
        assert odds[int(level) - 1 :].sum() > 0.5 - 1e-12
        assert odds[int(level) :].sum() <= 0.5 + 1e-12


@settings(max_examples=100, deadline=None)
@given(st.floats(1, 5), st.floats(1, 5))
def test_a_written_score_stays_on_its_level_and_in_order(one, other) -> None:
    texts = [float(MATURITY.write(score)) for score in sorted((one, other))]
    assert texts == sorted(texts)
    assert level_number(texts[0]) == level_number(min(one, other))


def test_caps_and_floor_act_in_every_draw() -> None:
    """A critical dimension held at 1 holds every draw of the function at 2 or below."""
    given_ = assessed.rich()["answers"]
    cap = Contradiction("spend", "support", "STR", "contradicts", 1)
    found = score(
        given_,
        assessed.MODEL,
        functions_in_scope=("support",),
        contradictions=(cap,),
        draws=300,
        seed=assessed.SEED,
    )
    row = found.functions.iloc[0]
    assert (row["published"], row["high"], row["floor_dimension"]) == (2.0, 2.0, "STR")
    assert found.dimensions.iloc[0][["published", "low", "high"]].eq(1.0).all()


def measures(kpi: str, function: str, **change: float):
    """What the measures part holds of one KPI: three months and, where given, its change."""
    months = pd.date_range("2026-08-01", periods=3, freq="MS")
    values = pd.DataFrame(
        {"function": function, "team": "all", "item": "all", "kpi": kpi, "month": months}
    ).assign(value=[0.1, 0.2, 0.3], reason="")
    blank = {"baseline": np.nan, "current": np.nan, "low": np.nan, "high": np.nan}
    row = {"function": function, "team": "all", "kpi": kpi, "verdict": "cannot tell"} | blank
    return values, pd.DataFrame([row | change])


def test_four_rules_read_kpis_and_noise_contradicts_nobody() -> None:
    shown = {"baseline": 200.0, "current": 260.0, "low": 20.0, "high": 100.0, "verdict": "worse"}
    found = kpi_evidence(*measures("time_to_first_reply", "support", **shown))
    assert found.to_dict("records") == [
        {"function": "support", "measure": "first_response_change", "value": pytest.approx(0.1)}
    ]
    quiet = kpi_evidence(
        *measures("time_to_first_reply", "support", **(shown | {"verdict": "not shown"}))
    )
    assert quiet["value"].tolist() == [0.0]
    fell = {"baseline": 30.0, "current": 20.0, "low": -14.0, "high": -5.0, "verdict": "worse"}
    found = kpi_evidence(*measures("net_promoter_score", "advocacy", **fell))
    assert found[["function", "value"]].to_numpy().tolist() == [["all", -5.0]]
    short = kpi_evidence(*measures("source_fill_rate", "sales"))
    assert short["value"].tolist() == [0.3], "without two periods the last month speaks"
    whole = kpi_evidence(*measures("record_join_rate", "information_technology", current=0.4))
    assert whole["value"].tolist() == [0.4]
    assert kpi_evidence(*measures("net_promoter_score", "advocacy")).empty


def test_fifteen_of_eighteen_rules_have_a_figure_and_the_other_three_say_they_wait(sample) -> None:
    known = {rule.key: rule.measure for rule in RULES}
    assert len(known) == 18
    assert len(WAITING) == 3
    assert set(WAITING) < set(known)
    table = sample.report.maturity.contradictions
    silent = set(table.loc[table["verdict"] == "no data", "rule"]) - set(
        table.loc[table["verdict"] != "no data", "rule"]
    )
    read = {key for key, measure in known.items() if measure in {k.measure for k in FROM_KPIS}}
    assert len(read) == 4
    assert not read & silent, "the sample holds figures for all four"
    assert set(WAITING) <= silent
