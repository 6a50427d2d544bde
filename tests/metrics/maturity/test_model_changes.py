"""A client's model, why a score moved, who sees it differently, practice, moves, the divide."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from metrics.assumptions import Assumptions
from metrics.frames import FRAMES
from metrics.frames.register import ADAPTATIONS, TASKS
from metrics.maturity import load_model, score
from metrics.maturity.adaptation import adapt
from metrics.maturity.bias import bias_views
from metrics.maturity.movement import contributions
from metrics.maturity.next_moves import own_effects
from metrics.maturity.standing import benchmarks, standing
from metrics.model import Profile, Snapshot
from metrics.practice.part import practice
from metrics.report import compute
from readout.calendar import tasks_calendar

MODEL = load_model()
SCOPE = ("support", "sales", "marketing")


def changes(*rows: tuple) -> pd.DataFrame:
    names = ["kind", "item", "value", "since"]
    return ADAPTATIONS.conform(pd.DataFrame([dict(zip(names, r, strict=False)) for r in rows]))


def answers(values: dict[str, float], wave: str, raters=("a", "b", "c"), off=0.0) -> pd.DataFrame:
    """Each function answers every question with one value."""
    return pd.DataFrame(
        [
            {
                "wave": wave,
                "model_version": "1.0",
                "rater": f"{function}-{rater}",
                "rater_role": "Head" if rater == "a" else "Agent",
                "rater_function": "finance",
                "function": function,
                "constituency": "all",
                "question": q.id,
                "value": value,
                "state": "answered",
                "stage": "before",
                "evidence": "",
                "evidence_kind": "assertion",
            }
            for function, value in values.items()
            for rater in raters
            for q in MODEL.questions
        ]
    )


def snapshot(**frames: pd.DataFrame) -> Snapshot:
    known = {name: FRAMES[name].conform(frame) for name, frame in frames.items()}
    return Snapshot(Profile("A", SCOPE), 1, date(2026, 11, 20), known)


def part(**frames: pd.DataFrame):
    return compute(snapshot(**frames), Assumptions()).maturity


def test_a_change_is_kept_as_a_difference_and_names_its_version() -> None:
    used = adapt(
        MODEL,
        changes(
            ("weight", "STR", 3.0),
            ("target", "ORG", 4),
            ("warns above", "broadcast", 0.4),
            ("contradicts beyond", "one_team", 0.9),
        ),
    )
    assert used.findings == ()
    assert used.model.dimension("STR").weight == 3.0
    assert used.model.dimension("ORG").target == 4
    assert {g.key: g.warn for g in used.gates}["broadcast"] == 0.4
    assert {r.key: r.contradicts for r in used.rules}["one_team"] == 0.9
    assert used.model.version.startswith("1.0+")
    assert adapt(MODEL, changes()).model.version == "1.0"


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (("weight", "XYZ", 2.0), "item_unknown"),
        (("colour", "STR", 2.0), "kind_unknown"),
        (("weight", "STR", 0.0), "not_positive"),
        (("target", "STR", 2.5), "no_level"),
        (("weight", "STR", float("nan")), "value_missing"),
        (("warns above", "broadcast", 0.95), "warns_above_fails"),
    ],
)
def test_a_change_that_breaks_a_reference_is_named_and_the_rest_holds(row, why) -> None:
    used = adapt(MODEL, changes(row, ("target", "ORG", 4)))
    (finding,) = used.findings
    assert (finding.code, finding.facts["why"]) == ("change_refused", why)
    assert used.model.dimension("ORG").target == 4


def test_at_least_one_critical_dimension_stays() -> None:
    used = adapt(MODEL, changes(*(("out of scope", key) for key in MODEL.critical)))
    assert used.findings[0].facts["why"] == "no_critical_dimension"
    assert len(used.model.dimensions) == 10


def test_an_old_wave_is_scored_under_its_own_version_and_under_the_present_one() -> None:
    frame = pd.concat([answers(dict.fromkeys(SCOPE, 0.5), wave) for wave in ("2026-04", "2026-10")])
    frame.loc[frame["question"].str.startswith("ADV"), "value"] = 1.0
    heavier = changes(("weight", "ADV", 11.0, "2026-10"))
    found = part(answers=frame, adaptations=heavier)
    company = found.history[found.history["function"] == "all"].set_index(["wave", "basis"])
    total = sum(d.weight for d in MODEL.dimensions)
    other = total - MODEL.dimension("ADV").weight
    given_ = (other * 3 + MODEL.dimension("ADV").weight * 5) / total
    now = (other * 3 + 11 * 5) / (other + 11)
    for basis, model, by_hand in (
        ("given", MODEL, given_),
        ("now", adapt(MODEL, heavier).model, min(now, 4.0)),
    ):
        rate = partial(score, frame, model, functions_in_scope=SCOPE, wave="2026-04")
        assert rate(draws=0).enterprise.value == pytest.approx(by_hand)
        drawn = rate(draws=500, seed=Assumptions().whole("seed")).enterprise
        assert company.loc[("2026-04", basis), "published"] == drawn.value
    assert ("2026-10", "given") not in company.index
    assert company.loc[("2026-04", "given"), "version"] == "1.0"


def test_a_dimension_out_of_scope_is_neither_scored_nor_an_unknown_question() -> None:
    found = part(
        answers=answers(dict.fromkeys(SCOPE, 0.5), "2026-10"),
        adaptations=changes(("out of scope", "TEC")),
    )
    assert "TEC" not in set(found.dimensions["dimension"])
    assert not found.findings or found.findings[0]["code"] != "unknown_question"


def test_answers_to_another_edition_say_so() -> None:
    frame = answers(dict.fromkeys(SCOPE, 0.5), "2026-10").assign(model_version="0.9")
    assert {f["code"] for f in part(answers=frame).findings} >= {"other_version"}


def test_contributions_by_hand() -> None:
    """Weights 1 and 3, none critical: each change times its share."""
    none = np.array([False, False])
    found = contributions(np.array([2.0, 2.0]), np.array([3.0, 4.0]), np.array([1.0, 3.0]), none)
    assert found == pytest.approx([0.25, 1.5])
    # The first is critical and holds P = m + 1 = 2 down all the way: it alone moves the score.
    critical = np.array([True, False])
    found = contributions(
        np.array([1.0, 5.0]), np.array([1.5, 5.0]), np.array([1.0, 9.0]), critical
    )
    assert found == pytest.approx([0.5, 0.0])


levels = st.lists(st.floats(1, 5), min_size=4, max_size=4)


@settings(max_examples=60, deadline=None)
@given(levels, levels)
def test_contributions_add_up_to_the_change(before, after) -> None:
    first, second, weights = np.array(before), np.array(after), np.array([1.5, 1.0, 1.0, 0.5])
    critical = np.array([True, False, True, False])

    def score(s):
        return min(s @ weights / weights.sum(), s[critical].min() + 1)

    found = contributions(first, second, weights, critical)
    assert found.sum() == pytest.approx(score(second) - score(first), abs=1e-9)


def test_the_companys_steps_add_up_with_a_function_more() -> None:
    frame = pd.concat(
        [
            answers({"support": 0.25, "sales": 0.5}, "2026-04"),
            answers({"support": 0.5, "sales": 0.5, "marketing": 0.0}, "2026-10"),
        ]
    )
    found = part(answers=frame)
    mine = found.moved[found.moved["function"] == "all"]
    change = found.moved_company["end"] - found.moved_company["start"]
    assert mine["value"].sum() == pytest.approx(change)
    now = found.history.set_index(["function", "wave"])["published"]
    assert change == pytest.approx(now["all", "2026-10"] - now["all", "2026-04"])
    assert "other functions assessed" in set(mine["part"])
    support = found.moved[found.moved["function"] == "support"]
    risen = now["support", "2026-10"] - now["support", "2026-04"]
    assert support["value"].sum() == pytest.approx(risen)
    by_hand = [
        score(frame, MODEL, functions_in_scope=SCOPE, wave=wave, draws=0).enterprise.value
        for wave in ("2026-04", "2026-10")
    ]
    assert by_hand == pytest.approx([(2 + 3) / 2, (3 + 3 + 1) / 3])


def test_managers_who_see_more_are_found_and_small_groups_are_not_shown() -> None:
    rng = np.random.default_rng(20261101)
    names = [f"m{i}" for i in range(8)] + [f"f{i}" for i in range(8)]
    frame = answers({"support": 0.5}, "2026-10", names)
    manager = frame["rater"].str.contains("-m")
    frame["rater_role"] = np.where(manager, "Head of support", "Agent")
    severity = {r: rng.normal(0, 0.03) for r in frame["rater"].unique()}
    frame["value"] = 0.4 + 0.2 * manager + frame["rater"].map(severity)
    found = bias_views(frame).set_index("view")
    assert found.loc["managers", "gap"] == pytest.approx(0.8, abs=0.12)
    assert found.loc["managers", "verdict"] == "higher"
    assert found.loc["marketing", "reason"] == "group_too_small"
    assert np.isnan(found.loc["marketing", "gap"])


def test_without_records_practice_says_so() -> None:
    found = practice(snapshot(), Assumptions())
    assert found.network.empty
    assert found.learning.empty
    assert found.support["reason"] == "one_group_or_outcome_only"
    contacts = pd.DataFrame(
        [
            {
                "contact": "k",
                "person": "p",
                "function": "sales",
                "relevance": 1.0,
                "days": 0.0,
                "two_way": "yes",
            }
        ]
    )
    only = practice(snapshot(contacts=contacts), Assumptions()).network.iloc[0]
    assert np.isnan(only["network"]), "one person is a group under five: nothing is shown"
    assert np.isnan(only["score"])
    assert only["reason"]


def test_own_effects_pool_all_initiatives_and_widen_with_their_disagreement() -> None:
    def rows(*pairs):
        return pd.DataFrame(
            [
                {
                    "function": "support",
                    "kpi": "cost_per_resolution",
                    "relative": mean,
                    "relative_low": mean - 1.96 * error,
                    "relative_high": mean + 1.96 * error,
                    "level": 95.0,
                }
                for mean, error in pairs
            ]
        )

    alike = own_effects(rows((-0.10, 0.02), (-0.10, 0.02))).iloc[0]
    assert alike["mean"] == pytest.approx(0.10), "a lower cost is better"
    assert alike["high"] - alike["mean"] == pytest.approx(1.2816 * 0.02 / 2**0.5, rel=1e-3)
    apart = own_effects(rows((-0.20, 0.02), (0.0, 0.02))).iloc[0]
    assert apart["mean"] == pytest.approx(0.10)
    assert apart["low"] < 0.0
    assert own_effects(rows((-0.10, 0.02))).empty, "one initiative is no pattern"


def test_the_divide_asks_for_a_wave_and_names_its_source() -> None:
    found = compute(snapshot(), Assumptions()).standing
    assert found.reason == "no_wave"
    assert found.results["verdict"] == "cannot tell"
    for entry in benchmarks().values():
        assert entry["source"]
    waves = [answers(dict.fromkeys(SCOPE, v), w) for v, w in ((0.25, "2025-10"), (0.5, "2026-10"))]
    two = compute(snapshot(answers=pd.concat(waves)), Assumptions())
    steps = replace(two.roadmap, steps=pd.DataFrame({"gain": [0.3, 0.3, 0.3, 0.3]}))
    shown = standing(Assumptions(), two.maturity, two.measures, steps)
    assert shown.waves["month"].tolist() == [-12.0, 0.0]
    chances = shown.scenarios.set_index("scenario")["above_threshold"]
    assert chances["first_three"] >= chances["present"]
    assert ((chances >= 0) & (chances <= 1)).all()


def test_tasks_become_calendar_entries_that_keep_their_identity() -> None:
    tasks = TASKS.conform(
        pd.DataFrame(
            [
                {
                    "task": "Train; then, “apply”",
                    "function": "sales",
                    "owner": "Head of sales",
                    "due": pd.Timestamp(2027, 2, 26),
                    "status": "open",
                },
                {"task": "No date", "function": "sales", "status": "open"},
                {
                    "task": "Given up",
                    "function": "sales",
                    "due": pd.Timestamp(2027, 3, 1),
                    "status": "dropped",
                },
            ]
        )
    )
    data = tasks_calendar(tasks, "client", date(2026, 11, 20))
    events = Calendar.from_ical(data).walk("VEVENT")
    assert [str(e["summary"]) for e in events] == ["Train; then, “apply”", "Given up"]
    assert events[0]["dtstart"].dt == date(2027, 2, 26)
    assert len(events[0].walk("VALARM")) == 1
    assert str(events[1]["status"]) == "CANCELLED"
    assert data == tasks_calendar(tasks, "client", date(2026, 11, 20))
