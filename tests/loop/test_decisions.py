"""Decisions, frozen predictions, scores and cycles, on a small company in a store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
import pandas as pd
import pytest

from loop import decisions, entries, reports
from metrics.document.documents import plan_document
from metrics.errors import InvalidInput
from metrics.forecast.issued import broken_issues
from metrics.frames.decisions import DECISION_SCORES, DECISIONS
from metrics.model import Profile
from metrics.tuning import inputs
from metrics.tuning.allocation import Limits
from metrics.tuning.cycles import Rhythm, cycles, name_of
from metrics.tuning.deciding import draft_decisions
from metrics.tuning.ledger import check, earned_multiplier, identify, score, valid_decisions
from metrics.tuning.part import judge_plan, plan_again
from metrics.tuning.realisation import realisation
from metrics.tuning.targets import propose
from tests.support.decisions import KEYS, MONTHS, RETURN, choice, until
from workspaces.access import LOCAL, enter
from workspaces.store import Store


@pytest.fixture
def client(tmp_path) -> Iterator[tuple[Store, str, int]]:
    """A company with thirty months of figures, tuned monthly."""
    store = Store.open(str(tmp_path / "small.sqlite"))
    identifier = store.create_client(Profile("Small", tuple(KEYS)), "tests", date(2025, 7, 10))
    revision = entries.assume(enter(store, LOCAL, identifier), 1, {"cycle_months": 1.0})
    revision = store.save(identifier, revision, "tests", "enter", frames=until(29))
    yield store, identifier, revision
    store.close()


def tuning(store: Store, identifier: str, revision: int):
    return reports.report(enter(store, LOCAL, identifier), revision).tuning


def running(store: Store, identifier: str, revision: int):
    return reports.report(enter(store, LOCAL, identifier), revision).loop


def test_plan_follows_the_true_returns(client) -> None:
    part = tuning(*client)
    table = part.table.set_index("function")
    assert part.plan["cycle"] == "2025-07"
    assert table.loc["marketing", "proposed"] > table.loc["marketing", "current"]
    assert table.loc["people", "proposed"] < table.loc["people", "current"]
    for function, true in RETURN.items():
        assert table.loc[function, "marginal_low"] - 0.4 < true
        assert true < table.loc[function, "marginal_high"] + 0.4
    assert part.plan["probability"] > 0.9


def test_plans_under_other_limits_come_from_the_same_response(client) -> None:
    part = tuning(*client)
    total = part.plan["total"]
    plan = plan_again(part, Limits(total, {"people": float(part.table["current"].iloc[1])}))
    held = plan.table.set_index("function").loc["people"]
    assert held["proposed"] >= held["current"] - 0.01
    same = plan_again(part, Limits(total))
    assert same.table["proposed"].tolist() == pytest.approx(part.table["proposed"].tolist(), abs=1)
    document = plan_document(part, plan, total)
    assert sum(row["proposed"] for row in document["plan"]) == pytest.approx(total, abs=0.01)
    assert 0 <= document["probability_of_gain"] <= 1


def test_own_plan_is_judged_by_probability(client) -> None:
    part = tuning(*client)
    now = dict(zip(part.table["function"], part.table["current"], strict=True))
    more = judge_plan(part, now | {"marketing": 1.1 * now["marketing"]})
    worse = judge_plan(part, now | {"people": 1.1 * now["people"]})
    assert more["probability"] > 0.9
    assert worse["probability"] < 0.3
    assert more["cost"] == pytest.approx(0.1 * now["marketing"])


def test_a_decision_freezes_its_prediction_and_is_scored_when_months_arrive(client) -> None:
    store, identifier, revision = client
    revision = decisions.decide(
        enter(store, LOCAL, identifier),
        revision,
        choice(call=2000.0, call_low=-9000.0, call_high=9000.0),
    )
    snapshot = store.snapshot(identifier, revision)
    issued = snapshot["issued_forecasts"]
    assert set(issued["by"]) == {"model", "A. Berg"}
    assert broken_issues(issued) == []
    assert (issued["decision"] == snapshot["decisions"]["decision"].iloc[0]).all()
    part = tuning(store, identifier, revision)
    assert part.ledger["state"].tolist() == ["running"]
    assert running(store, identifier, revision).pending.empty
    revision = store.save(
        identifier,
        revision,
        "tests",
        "enter",
        frames={name: frame[frame["month"] == MONTHS[30]] for name, frame in until(30).items()},
        as_of=date(2025, 8, 10),
    )
    revision = decisions.score(enter(store, LOCAL, identifier), revision)
    scores = store.snapshot(identifier, revision)["decision_scores"]
    assert sorted(scores["by"]) == ["A. Berg", "model"]
    part = tuning(store, identifier, revision)
    one = part.ledger.iloc[0]
    assert one["state"] == "scored"
    assert one["caller"] == "A. Berg"
    assert one["call_inside"] == 1
    assert np.isfinite(one["ratio"])
    actuals = running(store, identifier, revision).actuals
    actual = actuals.set_index(["function", "team", "month"])["value"][
        "marketing", "all", MONTHS[30]
    ]
    assert one["actual"] == pytest.approx(actual)
    assert one["effect"] == pytest.approx(one["actual"] - one["without"])
    assert decisions.score(enter(store, LOCAL, identifier), revision) == revision


@pytest.mark.slow
def test_misses_widen_the_next_forecasts_by_the_stated_rule(client, monkeypatch) -> None:
    """Three predictions of one month miss by far: 3 ratios beside 20 taken as exactly right."""
    store, identifier, revision = client
    choices = pd.concat([choice(function) for function in KEYS])
    revision = decisions.decide(enter(store, LOCAL, identifier), revision, choices)
    shocked = {name: frame[frame["month"] == MONTHS[30]] for name, frame in until(30).items()}
    costs = shocked["observations"]["measure"].isin([cost for cost, _ in KEYS.values()])
    shocked["observations"] = shocked["observations"].assign(
        value=lambda rows: rows["value"] + np.where(costs, 20_000.0, 0.0)
    )
    revision = store.save(
        identifier, revision, "tests", "enter", frames=shocked, as_of=date(2025, 8, 10)
    )
    part = tuning(store, identifier, revision)
    told = part.reliability.set_index(["kind", "level"]).loc[("all", 80.0)]
    assert (told["n"], told["hits"]) == (3, 0)
    assert part.plan["factor"] == 2.0
    monkeypatch.setattr("metrics.tuning.part.width_factor", lambda scored: 1.0)
    chosen = reports.assumptions(enter(store, LOCAL, identifier))
    bare = reports.compute(store.snapshot(identifier, revision), chosen).tuning
    width, plain = (p.predictions["high"] - p.predictions["low"] for p in (part, bare))
    assert width.to_numpy() == pytest.approx(2.0 * plain.to_numpy())
    # What is frozen next carries the factor, so that the rule can divide it out again.
    revision = decisions.decide(
        enter(store, LOCAL, identifier), revision, choice(day=date(2025, 8, 10))
    )
    snapshot = store.snapshot(identifier, revision)
    assert snapshot["decisions"]["factor"].tolist() == [1.0, 1.0, 1.0, 2.0]


@pytest.mark.slow
def test_restated_actuals_are_scored_again_and_both_are_kept(client) -> None:
    store, identifier, revision = client
    revision = decisions.decide(enter(store, LOCAL, identifier), revision, choice())
    revision = store.save(
        identifier,
        revision,
        "tests",
        "enter",
        frames={name: frame[frame["month"] == MONTHS[30]] for name, frame in until(30).items()},
    )
    revision = decisions.score(enter(store, LOCAL, identifier), revision)
    frame = store.snapshot(identifier, revision)["observations"]
    cost = (frame["month"] == MONTHS[30]) & (frame["measure"] == "marketing_cost")
    revised = frame.assign(value=frame["value"].where(~cost, frame["value"] + 700))
    revision = entries.save_frame(
        enter(store, LOCAL, identifier), revision, "observations", revised
    )
    revision = decisions.score(enter(store, LOCAL, identifier), revision)
    scores = store.snapshot(identifier, revision)["decision_scores"]
    assert len(scores) == 2
    assert scores["actual"].iloc[0] - scores["actual"].iloc[1] == pytest.approx(700)
    part = tuning(store, identifier, revision)
    assert part.ledger["scores"].tolist() == [2.0]
    assert part.ledger["actual"].iloc[0] == pytest.approx(scores["actual"].iloc[1])


@pytest.mark.slow
def test_the_ledger_cannot_be_edited_only_superseded(client) -> None:
    store, identifier, revision = client
    revision = decisions.decide(enter(store, LOCAL, identifier), revision, choice())
    ledger = store.snapshot(identifier, revision)["decisions"]
    for name in ("decisions", "decision_scores", "issued_forecasts"):
        with pytest.raises(InvalidInput) as refused:
            store.save(
                identifier,
                revision,
                "tests",
                "enter",
                replace={name},
                frames={name: store.snapshot(identifier, revision)[name].head(0)},
            )
        assert refused.value.code == "append_only"
    with pytest.raises(InvalidInput) as refused:
        decisions.decide(enter(store, LOCAL, identifier), revision, choice(kind="keep"))
    assert refused.value.code == "decision_stands"
    first = ledger["decision"].iloc[0]
    revision = decisions.decide(
        enter(store, LOCAL, identifier), revision, choice(kind="keep", supersedes=first)
    )
    both = store.snapshot(identifier, revision)["decisions"]
    assert len(both) == 2
    assert first not in set(valid_decisions(both)["decision"])
    undone = store.undo(identifier, revision, "tests")
    assert len(store.snapshot(identifier, undone)["decisions"]) == 2
    part = tuning(store, identifier, revision)
    assert sorted(part.ledger["state"]) == ["running", "superseded"]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"kind": "hope"}, "decision_kind_unknown"),
        ({"owner": " "}, "decision_without_owner"),
        ({"reason": ""}, "decision_without_reason"),
        ({"day": date(2025, 6, 30)}, "decision_before_evidence"),
        ({"supersedes": "2020-01-x"}, "decision_supersedes_unknown"),
        ({"function": "astrology"}, "decision_function_unknown"),
        ({"after": -1.0}, "decision_amount"),
        ({"call": 5.0, "call_low": 6.0, "call_high": 7.0}, "decision_call_reversed"),
    ],
)
def test_decisions_that_cannot_stand_have_their_sentence(client, changed, code) -> None:
    store, identifier, revision = client
    with pytest.raises(InvalidInput) as refused:
        decisions.decide(enter(store, LOCAL, identifier), revision, choice(**changed))
    assert refused.value.code == code
    assert store.revision(identifier) == revision


def scored(**columns) -> pd.DataFrame:
    usual = {
        "decision": "d",
        "function": "f",
        "by": "model",
        "ratio": 0.7,
        "ratio_error": 0.3,
        "effect": 70.0,
        "effect_error": 10.0,
        "actual": 1.0,
        "promised": 100.0,
    }
    return DECISION_SCORES.conform(pd.DataFrame([usual | columns]))


def test_earned_multiplier_reads_the_latest_score_of_the_model() -> None:
    first, second = scored(ratio=2.0, effect=200.0), scored(ratio=0.7)
    assert earned_multiplier(pd.concat([first, second])).value == pytest.approx(0.769, abs=0.0005)
    assert earned_multiplier(scored(by="A. Berg")).seen == 0
    # A promise lost in the noise of its function changes next to nothing.
    noisy = scored(decision="e", effect=-900.0, ratio=-9.0, effect_error=5000.0)
    assert earned_multiplier(pd.concat([second, noisy])).value == pytest.approx(0.769, abs=0.002)
    assert 0.8 < earned_multiplier(noisy).value < 1


def test_ledger_scores_by_hand() -> None:
    """Promised 100 above a course of 1,000; 1,070 came: realisation 0.70."""
    plain = {
        "cycle": "2026-01",
        "function": "f",
        "kind": "scale",
        "owner": "o",
        "reason": "r",
        "day": pd.Timestamp("2026-01-05"),
        "evidence": pd.Timestamp("2025-12-01"),
        "months": 1.0,
        "promised": 100.0,
    }
    ledger = identify(pd.DataFrame([plain]))
    check(ledger, DECISIONS.empty())
    name, month = ledger["decision"].iloc[0], pd.Timestamp("2026-01-01")
    rows = [
        {
            "decision": name,
            "by": "model",
            "kind": "forecast",
            "kpi": "benefit",
            "function": "f",
            "team": "all",
            "scenario": scenario,
            "month": month,
            "level": 80.0,
            "mean": mean,
            "low": mean - 12.8155,
            "high": mean + 12.8155,
        }
        for scenario, mean in (("plan", 1100.0), ("without", 1000.0))
    ]
    actuals = pd.DataFrame(
        {"function": ["f"], "team": ["all"], "month": [month], "value": [1070.0]}
    )
    told = score(
        ledger,
        pd.DataFrame(rows),
        actuals,
        DECISION_SCORES.empty(),
        day=pd.Timestamp("2026-02-01"),
        revision=3,
    ).iloc[0]
    assert told["inside"] == 0
    assert told["ratio"] == pytest.approx(0.70)
    assert told["effect_error"] == pytest.approx(10.0, abs=0.001)
    assert round(told["multiplier"], 3) == 0.769


def test_cycles_have_their_state() -> None:
    assert name_of(pd.Timestamp("2026-09-01"), Rhythm.MONTH) == "2026-10"
    assert name_of(pd.Timestamp("2026-09-01"), Rhythm.QUARTER) == "2026-Q4"
    table = cycles(
        DECISIONS.empty(), DECISION_SCORES.empty(), pd.Timestamp("2026-09-01"), Rhythm.MONTH
    )
    assert table["state"].tolist() == ["measured"]


def test_loop_kpis_say_why_there_is_nothing_yet(client) -> None:
    loop_kpis = running(*client).kpis.set_index("key")
    assert loop_kpis.loc["realisation", "reason"] == "nothing_scored"
    assert loop_kpis.loc["days_to_retune", "reason"] == "no_decisions"
    store, identifier, revision = client
    revision = decisions.decide(enter(store, LOCAL, identifier), revision, choice())
    after = running(store, identifier, revision).kpis.set_index("key")
    assert after.loc["days_to_retune", "value"] == 9


def test_initiatives_are_held_to_what_they_promised() -> None:
    effects = pd.DataFrame(
        {
            "initiative": ["a", "b", "c"],
            "function": "f",
            "kpi": "k",
            "months_after": 24.0,
            "expected": [-0.10, np.nan, -0.10],
            "relative": [-0.07, -0.05, np.nan],
            "relative_low": -0.08,
            "relative_high": -0.06,
            "level": 95.0,
        }
    )
    told = realisation(effects).set_index("initiative")
    # Months 1 to 24 of the logistic ramp add up to 2.5 + 18.80 of 24 full months.
    assert told.loc["a", "ratio"] == pytest.approx(0.7 / (21.30 / 24), abs=0.001)
    assert told.loc["b", "reason"] == "nothing_promised"
    assert told.loc["c", "reason"] == "not_measured"


def test_targets_are_reachable_and_reputation_stands_beside_its_drivers() -> None:
    months = [pd.Timestamp("2026-12-01")] * 2
    rows = [
        pd.DataFrame(
            {
                "series": kpi,
                "period": months,
                "level": [50.0, 80.0],
                "mean": 10.0,
                "low": [9.0, 8.0],
                "high": [11.0, 12.0],
            }
        )
        for kpi in ("net_promoter_score", "contact_rate")
    ]
    told = propose(pd.concat(rows)).set_index("kpi")
    # 80 % one-sided lies between the bounds of 50 and 80 %.
    assert 8.0 < told.loc["net_promoter_score", "value"] < 9.0
    assert 11.0 < told.loc["contact_rate", "value"] < 12.0
    assert told.loc["net_promoter_score", "drivers"] == "contact_rate"
    alone = propose(rows[0]).iloc[0]
    assert np.isnan(alone["value"])
    assert alone["reason"] == "reputation_without_drivers"


def test_benefit_does_not_move_when_months_are_added() -> None:
    short, long = (inputs.benefits(until(n)["observations"], tuple(KEYS)) for n in (29, 35))
    pd.testing.assert_frame_equal(short, long.loc[short.index], check_freq=False)
    assert long.loc[MONTHS[35], "marketing"] != 0


def test_where_nothing_was_ever_varied_the_advice_is_to_vary_it(client) -> None:
    store = client[0]
    flat = store.create_client(Profile("Flat", tuple(KEYS)), "tests", date(2025, 7, 10))
    frames = until(29)
    frames["costs"] = frames["costs"].assign(amount=1000.0)
    part = tuning(store, flat, store.save(flat, 1, "tests", "enter", frames=frames))
    assert part.reason == "no_response_known"
    varied = part.tests[part.tests["code"] == "vary"].set_index("function")
    assert set(varied.index) == set(KEYS)
    assert varied["power"].between(0, 1).all()
    assert varied["value"].isna().all()
    calendar = part.schedule[part.schedule["function"] == "people"]
    assert len(calendar) == 6
    # Raised months are given back by lowered ones; the lot has a seed one can draw again.
    assert calendar["spend"].mean() == pytest.approx(1000.0)
    assert set(calendar["spend"]) == {800.0, 1200.0}
    assert calendar["seed"].nunique() == 1


def test_drafts_need_a_plan(client) -> None:
    store = client[0]
    empty = store.create_client(Profile("Bare", ("support",)), "tests", date(2025, 7, 10))
    part = tuning(store, empty, 1)
    assert part.reason == "no_programme_costs"
    with pytest.raises(InvalidInput):
        draft_decisions(part, choice())
