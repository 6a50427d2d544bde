"""The maturity model is whole, and its arithmetic gives the worked figures."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.errors import InvalidInput
from metrics.maturity import load_model, score
from metrics.maturity.answers import COLUMNS
from metrics.maturity.contradiction import Contradiction
from metrics.maturity.levels import attained_level
from metrics.maturity.model import LEVELS, STEPS

MODEL = load_model()
ORACLE = {
    "STR": (1, 1, 0.5, 0),
    "INS": (1, 0.5, 0.25, 0),
    "ORG": (0.5, 0.25, 0, 0),
    "LEA": (1, 0.5, 0, 0),
    "PRO": (1, 0.5, 0.25, 0),
    "NET": (1, 1, 0.5, 0.25),
    "SKL": (0.5, 0.5, 0, 0),
    "TEC": (1, 1, 1, 0.25),
    "MMT": (1, 0.5, 0, 0),
    "ADV": (1, 0.25, 0, 0),
}
CAPABILITY = (3.5, 2.75, 1.75, 2.5, 2.75, 3.75, 2.0, 4.25, 2.5, 2.25)
ATTAINED = (4, 3, 2, 3, 3, 4, 2, 4, 3, 2)


def answers(
    practice=ORACLE,
    function="support",
    raters=("a",),
    home="support",
    constituency="all",
    **columns,
):
    rows = [
        {
            "wave": "2026-1",
            "model_version": MODEL.version,
            "rater": rater,
            "rater_role": "manager",
            "rater_function": home,
            "function": function,
            "constituency": constituency,
            "question": f"{dimension}-{step}",
            "value": float(value),
            "state": "answered",
            "stage": "before",
            "evidence": "",
            "evidence_kind": "document",
        }
        for rater in raters
        for dimension, steps in practice.items()
        for step, value in zip(STEPS, steps, strict=True)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).assign(**columns)


def points(frame, functions=("support",), **settings_):
    return score(
        frame, settings_.pop("model", MODEL), functions_in_scope=functions, draws=0, **settings_
    )


def codes(scores):
    return [code for code, _ in scores.findings]


def test_model_is_whole():
    assert len(MODEL.dimensions) == 10
    assert len({q.id for q in MODEL.questions}) == 40
    assert [level.number for level in MODEL.levels] == list(LEVELS)
    heavy = {d.key for d in MODEL.dimensions if d.weight == 1.5}
    assert heavy == {"STR", "ORG", "MMT"}
    assert {d.weight for d in MODEL.dimensions} == {1.0, 1.5}
    for dimension in MODEL.dimensions:
        assert len(set(dimension.anchors)) == 5
        for question in dimension.questions:
            assert question.id == f"{question.dimension}-{question.step}"
            assert "my function" in question.text
            assert question.text.endswith("?")
            assert question.criteria
            assert question.evidence
    for answer_set in MODEL.answer_sets.values():
        assert answer_set.values == (0, 0.25, 0.5, 1)
    words = [w for d in MODEL.dimensions for w in d.anchors]
    assert all(re.match(r"[A-Z].*\.$", w) for w in words)


def shipped():
    from importlib.resources import files

    return yaml.safe_load(files("metrics.maturity").joinpath("model.yaml").read_text("utf-8"))


def _drop_level(raw):
    del raw["dimensions"]["STR"]["levels"][4]


def _drop_step(raw):
    del raw["dimensions"]["STR"]["questions"][3]


def _rename_set(raw):
    raw["dimensions"]["STR"]["questions"][3]["answers"] = "XYZ"


def _zero_weight(raw):
    raw["dimensions"]["ADV"]["weight"] = 0


def _blank_word(raw):
    raw["dimensions"]["ADV"]["levels"][2] = " "


def _strange_critical(raw):
    raw["critical"].append("XYZ")


def _strange_lens(raw):
    raw["constituency_lens"].append("STR-9")


def _strange_source(raw):
    raw["dimensions"]["TEC"]["sources"] = ["nobody"]


def _falling_set(raw):
    raw["answer_sets"]["COV"]["options"].reverse()


@pytest.mark.parametrize(
    ("break_it", "code"),
    [
        (_drop_level, "levels_not_whole"),
        (_drop_step, "steps_not_whole"),
        (_rename_set, "unknown_answer_set"),
        (_zero_weight, "weight_not_positive"),
        (_blank_word, "words_missing"),
        (_strange_critical, "unknown_dimension"),
        (_strange_lens, "unknown_question"),
        (_strange_source, "unknown_source"),
        (_falling_set, "answer_set_not_whole"),
    ],
)
def test_a_model_edit_that_breaks_a_reference_is_named(break_it, code):
    raw = shipped()
    break_it(raw)
    with pytest.raises(InvalidInput) as caught:
        load_model(yaml.safe_dump(raw, sort_keys=False))
    assert caught.value.code == code


def test_adding_a_dimension_touches_only_the_yaml():
    raw = shipped()
    raw["dimensions"]["ETH"] = {**raw["dimensions"]["ADV"], "title": "Ethics", "weight": 2}
    raw["critical"].append("ETH")
    model = load_model(yaml.safe_dump(raw, sort_keys=False))
    practice = ORACLE | {"ETH": (0, 0, 0, 0)}
    row = points(answers(practice), model=model).functions.iloc[0]
    assert row.floor_dimension == "ETH"
    assert row.weighted_mean == pytest.approx((31.875 + 2) / 13.5)
    assert row.published == pytest.approx(2.0)
    result = score(answers(practice), model, functions_in_scope=("support",), draws=80)
    assert result.dimensions["low"].notna().all()
    assert result.functions.iloc[0].floor_dimension == "ETH"


def test_worked_oracle():
    result = points(answers())
    assert tuple(result.dimensions["capability"]) == CAPABILITY
    assert tuple(result.dimensions["attained"]) == ATTAINED
    hollow = [max(0, s - a) for s, a in zip(CAPABILITY, ATTAINED, strict=True)]
    assert list(result.dimensions["hollowness"]) == pytest.approx(hollow)
    row = result.functions.iloc[0]
    assert row.weighted_mean == pytest.approx(31.875 / 11.5)
    assert round(row.weighted_mean, 4) == 2.7717
    assert (row.floor, row.floor_dimension, row.published, row.level) == (1.75, "ORG", 2.75, 2)
    unweighted = points(answers(), model=MODEL.adapt(weights=dict.fromkeys(ORACLE, 1.0)))
    assert unweighted.functions.iloc[0].weighted_mean == pytest.approx(2.80)


def test_samm_streams_averaged_per_level_and_summed():
    streams = [
        answers({"STR": (1, 0.5, 0.25, 0)}, raters=("stream A",)),
        answers({"STR": (0.5, 0.25, 0, 0)}, raters=("stream B",)),
    ]
    result = points(pd.concat(streams))
    capability = result.dimensions.set_index("dimension")["capability"]
    assert capability["STR"] - 1 == pytest.approx(1.25)


def test_enterprise_weighs_functions_and_counts_breadth():
    full = dict.fromkeys(ORACLE, (1, 1, 0, 0))
    half = dict.fromkeys(ORACLE, (1, 0, 0, 0))
    frame = pd.concat(
        [answers(full, "support"), answers(full, "sales"), answers(half, "procurement")]
    )
    scope = ("support", "sales", "procurement", "marketing")
    result = points(frame, scope, model=MODEL.adapt(function_weights={"procurement": 2.0}))
    e = result.enterprise
    assert e.value == pytest.approx((3 + 3 + 2 * 2) / 4)
    assert (e.coverage, e.breadth, e.reason, e.level) == (0.75, 0.5, None, 2)
    assert e.social_business_index == pytest.approx(0.5 * 2.5 / 5)
    narrowed = points(frame, scope, not_applicable={"marketing": "no marketing of its own"})
    assert narrowed.enterprise.coverage == 1.0
    assert narrowed.functions.set_index("function").loc["marketing", "reason"] == "not_applicable"


@pytest.mark.parametrize(
    ("functions", "reason"),
    [
        (("marketing",), "only_marketing_assessed"),
        (("support", "sales"), "fewer_than_three_functions"),
        ((), "no_function_scored"),
    ],
)
def test_headline_is_refused(functions, reason):
    frames = [answers(function=f) for f in functions] or [answers().iloc[:0]]
    result = points(pd.concat(frames), ("marketing", "support", "sales"))
    assert result.enterprise.reason == reason
    assert result.enterprise.level is None


def test_a_contradiction_caps_before_the_mean():
    cap = Contradiction("spend", "support", "STR", "contradicts", 2)
    row = points(answers(), contradictions=(cap,))
    assert row.functions.iloc[0].weighted_mean == pytest.approx((31.875 - 1.5 * 1.5) / 11.5)
    strategy = row.dimensions.iloc[0]
    assert (strategy.capability, strategy.published, strategy.attained) == (3.5, 2.0, 2)
    for verdict in ("supports", "neutral", "no data"):
        quiet = Contradiction("spend", "support", "STR", verdict, 2)
        assert points(answers(), contradictions=(quiet,)).functions.iloc[0].published == 2.75


def test_not_applicable_removes_and_dont_know_is_missing():
    removed = points(answers(), not_applicable={"support:TEC": "no tools of its own"})
    assert removed.functions.iloc[0].weighted_mean == pytest.approx((31.875 - 4.25) / 10.5)
    frame = answers()
    frame.loc[frame["question"] == "STR-5", ["state", "value"]] = ["don't know", np.nan]
    strategy = points(frame).dimensions.iloc[0]
    others = np.mean([steps[3] for key, steps in ORACLE.items() if key != "STR"])
    assert strategy.capability == pytest.approx(1 + 2.5 + others)
    assert strategy.reason == "partly_answered: STR-5"
    silent = answers().assign(state="don't know", value=np.nan)
    result = points(silent)
    assert "all_dont_know" in codes(result)
    assert result.functions.iloc[0].reason == "all_dont_know"
    assert np.isnan(result.functions.iloc[0].published)
    unreasoned = points(answers(), not_applicable={"TEC": " "})
    assert "not_applicable_without_reason" in codes(unreasoned)
    assert unreasoned.functions.iloc[0].published == 2.75


def test_bad_input_is_found_and_the_rest_scored():
    good = answers(raters=("a", "b", "c"))
    strange = answers().head(3).assign(rater="d")
    strange["question"] = ["XYZ-1", "STR-3", "STR-4"]
    strange.loc[strange.index[1], "value"] = 1.2
    strange.loc[strange.index[2], "value"] = np.nan
    again = answers().head(1).assign(value=0.0)
    result = points(pd.concat([again, good, strange]))
    assert {"unknown_question", "value_off_scale", "answer_without_value", "rater_twice"} <= set(
        codes(result)
    )
    assert result.functions.iloc[0].published == 2.75


def test_rater_mix_warns():
    assert {"one_rater", "no_outside_rater"} <= set(codes(points(answers())))
    two = points(answers(raters=("a", "b"), home="marketing"))
    assert {"few_raters", "marketing_majority"} <= set(codes(two))
    assert "no_outside_rater" not in codes(two)
    good = pd.concat(
        [answers(raters=("a", "b")), answers(raters=("c",), home="finance")], ignore_index=True
    )
    assert codes(points(good)) == []


def test_the_answer_after_discussion_counts_and_agreement_uses_the_one_before():
    before = pd.concat(
        [answers(raters=("a",)), answers(dict.fromkeys(ORACLE, (0, 0, 0, 0)), raters=("b",))]
    )
    after = answers(raters=("b",)).assign(stage="after")
    result = points(pd.concat([after, before]))
    assert result.functions.iloc[0].published == 2.75
    assert result.agreement.iloc[0].alpha < 0.5


def test_the_last_wave_is_scored_unless_asked():
    old = answers(dict.fromkeys(ORACLE, (0, 0, 0, 0))).assign(wave="2025-1")
    both = pd.concat([answers(), old])
    assert points(both).functions.iloc[0].published == 2.75
    assert points(both, wave="2025-1").functions.iloc[0].published == 1.0


def test_constituencies_are_averaged_and_shown():
    lens = {"ADV": (1, 0.5, 0, 0)}
    frame = pd.concat(
        [
            answers(lens, constituency="customers"),
            answers({"ADV": (0, 0, 0, 0)}, constituency="suppliers"),
        ]
    )
    result = points(frame)
    assert result.dimensions.set_index("dimension").loc["ADV", "capability"] == 1.75
    seen = result.by_constituency.set_index("constituency")["value"]
    assert seen.to_dict() == {"customers": pytest.approx(2.5), "suppliers": pytest.approx(1.0)}


@pytest.mark.parametrize(
    ("steps", "level"),
    [
        ((0, 0, 0, 0), 1),
        ((0.49, 1, 1, 1), 1),
        ((0.5, 1, 1, 1), 2),
        ((0.85, 0.5, 1, 1), 3),
        ((1, 1, 1, 0.5), 5),
        ((1, np.nan, 1, 1), 2),
    ],
)
def test_attained_level(steps, level):
    assert attained_level(np.array(steps, float)) == level


steps = st.tuples(*[st.sampled_from([0, 0.25, 0.5, 1])] * 4)


@given(st.fixed_dictionaries(dict.fromkeys(ORACLE, steps)), st.sampled_from(list(ORACLE)))
@settings(max_examples=25, deadline=None)
def test_score_keeps_its_bounds_and_never_falls_when_practice_rises(practice, key):
    low = points(answers(practice)).functions.iloc[0]
    high = points(answers(practice | {key: (1, 1, 1, 1)})).functions.iloc[0]
    assert 1 <= low.published <= low.weighted_mean <= 5
    assert low.published <= low.floor + 1
    assert high.published >= low.published - 1e-12


def test_simulation_is_seeded_and_narrows_with_raters():
    few, many = (answers(raters=[f"r{i}" for i in range(n)]) for n in (2, 9))

    def run(frame, seed=1):
        return score(frame, MODEL, functions_in_scope=("support",), seed=seed, draws=400)

    first, again = run(few), run(few)
    pd.testing.assert_frame_equal(first.functions, again.functions)
    assert not first.functions.equals(run(few, seed=2).functions)
    width = (first.functions.high - first.functions.low).iloc[0]
    crowd = run(many).functions
    assert (crowd.high - crowd.low).iloc[0] < width
    assert first.levels["probability"].sum() == pytest.approx(1)


def test_stronger_evidence_narrows():
    def width(kind):
        frame = answers(raters=("a", "b", "c")).assign(evidence_kind=kind)
        result = score(frame, MODEL, functions_in_scope=("support",), draws=400)
        return (result.dimensions.high - result.dimensions.low).mean()

    assert width("kpi") < width("assertion")
