"""Gates, detectors and small models give their worked figures and say when they have no data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import fisher_exact

from metrics.business_case.arithmetic import give_up_hazard
from metrics.errors import InvalidInput
from metrics.frames import CONTRIBUTIONS, INITIATIVES
from metrics.frames.register import (
    ASSESSMENTS,
    BELIEFS,
    CHANNELS,
    CONTACTS,
    OBJECTIVES,
    PEOPLE,
    POLICIES,
    REGISTER,
    RESPONSIBILITIES,
    SKILLS,
    TOOLS,
    TRAINING,
)
from metrics.maturity.contradiction import (
    RULES,
    concentration,
    confront,
    measure,
)
from metrics.maturity.divide import Trajectory, divide, trajectory
from metrics.maturity.gates import GATES, judge
from metrics.maturity.inputs import Inputs
from metrics.maturity.isolation import detected_model, isolation, posterior
from metrics.maturity.waves import goes_with_results
from metrics.practice.learning import compare_odds, learning, support_effect
from metrics.practice.ncp import balance, network_amount
from metrics.practice.skills import Hire, Train, coverage, dual_competence, hire_or_train

NOW = pd.Timestamp("2026-11-01")


def table(frame, *rows):
    return frame.conform(pd.DataFrame(list(rows)))


def verdict(key, **frames):
    gates = {g.key: g for g in judge(Inputs(frames, NOW))}
    return gates[key]


def contributions(counts, kind="reply"):
    return table(
        CONTRIBUTIONS,
        *(
            {
                "month": NOW,
                "contributor": f"{function}-{team}",
                "function": function,
                "team": team,
                "objective": "grow",
                "kind": kind,
                "count": n,
            }
            for (function, team), n in counts.items()
        ),
    )


ISOLATED = contributions({("support", "agency"): 880, ("sales", "a"): 60, ("marketing", "b"): 60})
OPEN = contributions({(f, t): 25 for f in ("support", "sales", "finance") for t in "abc"})


def test_isolation_posterior_oracle():
    assert round(posterior(0.90, 1 / 8), 3) == 0.529


def test_isolation_is_detected_and_cleared():
    found = isolation(ISOLATED)
    assert (found.team, found.function, found.functions) == ("agency", "support", 3)
    assert found.share == pytest.approx(0.88)
    assert found.probability > 0.97
    assert isolation(OPEN).probability < 0.20
    few = isolation(contributions({("support", "agency"): 10}))
    assert few.reason == "too_few_contributions"
    assert few.probability == few.prior
    assert verdict("isolated_team", contributions=ISOLATED).verdict == "fail"
    assert verdict("isolated_team", contributions=OPEN).verdict == "pass"


def test_more_concentrated_is_never_less_isolated():
    probabilities = [
        isolation(contributions({("a", "x"): n, ("b", "y"): 100 - n})).probability
        for n in range(50, 100, 5)
    ]
    assert probabilities == sorted(probabilities)


@pytest.mark.parametrize(
    ("counts", "name"),
    [
        ({("support", "agency"): 90, ("sales", "a"): 10}, "centralised"),
        (
            {("support", "a"): 30, ("support", "b"): 25, ("sales", "a"): 25, ("it", "a"): 20},
            "hub and spoke",
        ),
        ({(f, t): n for f in "uvw" for t, n in (("x", 25), ("y", 8))}, "dandelion"),
        ({(f, t): 10 for f in "uvw" for t in "xyz"}, "honeycomb"),
        ({("support", "a"): 60, ("sales", "a"): 40}, "organic"),
    ],
)
def test_detected_model(counts, name):
    assert detected_model(contributions(counts)) == name
    declared = table(POLICIES, {"policy": name, "function": "all", "kind": "organisation model"})
    frames = {"policies": declared, "contributions": contributions(counts)}
    assert verdict("organisation_model", **frames).verdict == "pass"
    other = declared.assign(policy="something else")
    assert verdict("organisation_model", **(frames | {"policies": other})).verdict == "warn"


def test_without_records_every_gate_has_no_data():
    for gate in judge(Inputs({}, NOW)):
        assert gate.verdict == "no data"
        assert gate.facts["missing"]
    empty = {f.name: f.empty() for f in (*REGISTER, CONTRIBUTIONS, INITIATIVES)}
    assert {g.verdict for g in judge(Inputs(empty, NOW))} == {"no data"}
    assert len({rule.key for rule in GATES}) == len(GATES) == 21
    assert all(rule.warn <= rule.fail for rule in GATES)


def people(*rows):
    base = dict.fromkeys(SKILLS, 4.0) | {"function": "sales", "role": "member", "employer": "own"}
    return table(PEOPLE, *({**base, **row} for row in rows))


def test_both_motivators():
    both = people(
        {"person": "a", "role": "catalyst", "last_active": NOW},
        {"person": "b", "role": "executive", "last_active": NOW - pd.DateOffset(months=2)},
    )
    assert verdict("both_motivators", people=both).verdict == "pass"
    asleep = both.assign(last_active=[NOW, NOW - pd.DateOffset(months=9)])
    gate = verdict("both_motivators", people=asleep)
    assert gate.verdict == "fail"
    assert gate.evidence["status"].tolist() == ["catalyst only"]
    assert gate.advice == "find_second_motivator"


def objective(**row):
    return {
        "objective": "grow",
        "function": "sales",
        "kpi": "win_rate",
        "approved": pd.Timestamp("2025-06-01"),
        "created_with": "customer panel",
    } | row


def initiative(**row):
    return {
        "initiative": "i",
        "function": "sales",
        "start": pd.Timestamp("2025-09-01"),
        "cost": 100.0,
        "objective": "grow",
    } | row


@pytest.mark.parametrize(
    ("rows", "expected", "share"),
    [
        ([{}], "pass", 0.0),
        ([{}, {"cost": 30.0, "objective": ""}], "warn", 30 / 130),
        ([{"start": pd.Timestamp("2025-01-01")}], "fail", 1.0),
    ],
)
def test_tactics_before_strategy(rows, expected, share):
    gate = verdict(
        "tactics_before_strategy",
        initiatives=table(INITIATIVES, *(initiative(**r) for r in rows)),
        objectives=table(OBJECTIVES, objective()),
    )
    assert gate.verdict == expected
    assert gate.facts["share"] == pytest.approx(share)


def test_objective_gates():
    objectives = table(
        OBJECTIVES,
        objective(),
        objective(objective="shine", kpi="brand reputation", created_with=""),
    )
    assessed = table(ASSESSMENTS, {"function": "all", "month": pd.Timestamp("2025-01-01")})
    frames = {"objectives": objectives, "assessments": assessed}
    assert verdict("assessment_first", **frames).verdict == "pass"
    late = assessed.assign(month=pd.Timestamp("2026-01-01"))
    assert verdict("assessment_first", **(frames | {"assessments": late})).verdict == "fail"
    assert (
        verdict("assessment_first", **(frames | {"assessments": ASSESSMENTS.empty()})).verdict
        == "fail"
    )
    assert verdict("ivory_tower", objectives=objectives).facts["share"] == 0.5
    assert verdict("reputation_without_drivers", objectives=objectives).verdict == "pass"
    assert verdict("reputation_without_drivers", objectives=objectives.tail(1)).verdict == "fail"


def test_tool_gates():
    tools = table(
        TOOLS,
        {"tool": "a", "objective": "grow", "spend": 70.0, "licences": 100.0, "active": 90.0},
        {"tool": "b", "objective": "", "spend": 30.0, "licences": 100.0, "active": 10.0},
    )
    traced = verdict("tool_traceability", tools=tools)
    assert (traced.verdict, traced.facts["share"]) == ("warn", pytest.approx(0.30))
    assert traced.evidence["tool"].tolist() == ["b"]
    adopted = verdict("installed_not_adopted", tools=tools)
    assert (adopted.verdict, adopted.facts["idle"]) == ("warn", 100)


def test_conversation_gates():
    assert (
        verdict("broadcast", contributions=contributions({("a", "x"): 90}, "post")).verdict
        == "fail"
    )
    assert verdict("broadcast", contributions=OPEN).verdict == "pass"
    rows = [
        {"person": "p", "relevance": r, "followers": f, "days": 1.0}
        for r, f in zip(np.linspace(0, 0.3, 20), np.arange(20) * 1000.0, strict=True)
    ]
    chasing = verdict("follower_chasing", contacts=table(CONTACTS, *rows))
    assert chasing.verdict == "fail"
    assert chasing.facts["rank_correlation"] == pytest.approx(1.0)
    trap = verdict(
        "time_trap",
        channels=table(
            CHANNELS,
            {"channel": "loud", "hours": 60.0, "outcomes": 10.0},
            {"channel": "useful", "hours": 40.0, "outcomes": 90.0},
        ),
    )
    assert (trap.verdict, trap.evidence["channel"].tolist()) == ("fail", ["loud"])


def test_give_up_hazard_and_campaigns():
    assert round(give_up_hazard(0.5, 6), 4) == 0.1091
    rows = [
        initiative(
            initiative="abandoned", start=pd.Timestamp("2026-01-01"), end=pd.Timestamp("2026-04-01")
        )
    ]
    rows += [initiative(initiative=f"kept {i}", start=pd.Timestamp("2025-01-01")) for i in range(5)]
    gate = verdict("give_up", initiatives=table(INITIATIVES, *rows))
    assert gate.facts["hazard"] == pytest.approx(1 / (3 + 5 * 6))
    assert gate.verdict == "warn"
    assert gate.evidence["initiative"].tolist() == ["abandoned"]
    assert verdict("campaign_share", initiatives=table(INITIATIVES, *rows)).verdict == "pass"
    assert verdict("campaign_share", initiatives=table(INITIATIVES, rows[0])).verdict == "fail"


def test_hollow_practice():
    rows = pd.DataFrame(
        {"function": ["it"] * 2, "dimension": ["TEC", "STR"], "hollowness": [1.25, 0.5]}
    )
    gate = verdict("hollow_practice", dimensions=rows)
    assert (gate.verdict, gate.evidence["dimension"].tolist()) == ("warn", ["TEC"])
    assert verdict("hollow_practice", dimensions=rows.tail(1)).verdict == "pass"


def test_people_gates():
    team = people(
        {"person": "hero", "role": "lead", "business": 1.0, "social": 5.0},
        {"person": "other", "business": 4.0, "social": 4.0} | dict.fromkeys(SKILLS, 1.0),
    )
    hero = verdict("hero_dependency", people=team)
    assert (hero.verdict, hero.facts["heroes"]) == ("fail", ["hero"])
    assert verdict("accidental_strategist", people=team).verdict == "fail"
    assert coverage(team)["covered"].all()
    dual = dual_competence(team).iloc[0]
    assert (dual.people, dual.both, dual.share) == (2, 1, 0.5)


def test_responsibility_belief_and_rater_gates():
    rows = [
        {"process": "answer", "function": "sales", "person": "a", "part": "accountable"},
        {"process": "answer", "function": "sales", "person": "b", "part": "accountable"},
        {"process": "publish", "function": "sales", "person": "b", "part": "accountable"},
    ]
    gate = verdict("one_accountable", responsibilities=table(RESPONSIBILITIES, *rows))
    assert gate.facts["share"] == 0.5
    assert gate.evidence["process"].tolist() == ["answer"]
    beliefs = table(
        BELIEFS,
        *(
            {"rater": str(i), "function": "sales", "model": m, "stance": s}
            for i, (m, s) in enumerate(
                [("marketing channel", "sceptical"), ("cross-functional", "willing")] * 2
            )
        ),
    )
    assert verdict("mental_model", beliefs=beliefs).verdict == "warn"
    frames = {"beliefs": beliefs, "policies": POLICIES.empty()}
    assert verdict("resistance", **frames).verdict == "warn"
    blocking = table(POLICIES, {"policy": "no networks", "function": "all", "blocks": "yes"})
    assert verdict("resistance", **(frames | {"policies": blocking})).verdict == "fail"


def test_contradiction_verdicts_and_thresholds():
    dimensions = pd.DataFrame(
        {
            "function": ["sales", "support", "it"],
            "dimension": ["STR"] * 3,
            "capability": [3.5, 3.5, 2.0],
        }
    )
    evidence = pd.DataFrame(
        [
            ("sales", "spend_without_objective", 0.41),
            ("support", "spend_without_objective", 0.10),
            ("it", "spend_without_objective", 0.9),
        ],
        columns=["function", "measure", "value"],
    )
    found = {c.function: c for c in confront(dimensions, evidence)}
    assert {f: c.verdict for f, c in found.items()} == {
        "sales": "contradicts",
        "support": "supports",
        "it": "neutral",
    }
    assert found["sales"].supported_level == 2
    assert found["sales"].facts["value"] == 0.41
    middle = evidence.assign(value=0.40)
    assert {c.verdict for c in confront(dimensions, middle)} == {"neutral"}
    silent = confront(dimensions, evidence.iloc[:0])
    assert {c.verdict for c in silent} == {"no data"}
    company = pd.DataFrame(
        [("all", "spend_without_objective", 0.5)], columns=["function", "measure", "value"]
    )
    assert [c.verdict for c in confront(dimensions, company)] == [
        "contradicts",
        "contradicts",
        "neutral",
    ]


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.key)
def test_every_rule_can_contradict_and_support(rule):
    claim = pd.DataFrame({"function": ["f"], "dimension": [rule.dimension], "capability": [5.0]})
    away = 0.01 if rule.high_is_bad else -0.01

    def at(value):
        evidence = pd.DataFrame(
            [("f", rule.measure, value)], columns=["function", "measure", "value"]
        )
        return {c.rule: c for c in confront(claim, evidence)}[rule.key]

    assert at(rule.contradicts + away).verdict == "contradicts"
    assert at(rule.supports - away).verdict == "supports"
    assert at(rule.contradicts + away).supported_level < rule.claim


def test_measures_from_frames():
    assert concentration([10, 10]) == 0
    assert concentration([10, 0, 0]) == 1
    assert np.isnan(concentration([10]))
    initiatives = table(INITIATIVES, initiative(cost=60.0), initiative(cost=40.0, objective=""))
    team = people(
        {"person": "a", "role": "executive", "last_active": NOW},
        {"person": "b", "role": "executive"},
    )
    found = measure(contributions=ISOLATED, initiatives=initiatives, people=team, as_of=NOW)
    values = found.set_index(["function", "measure"])["value"]
    assert values["sales", "spend_without_objective"] == pytest.approx(0.4)
    assert values["support", "largest_team_share"] == 1.0
    assert values["sales", "executive_participation"] == 0.5


def test_ncp_oracle_and_network():
    found = balance(0.8, 0.5, 0.2)
    assert round(found.score, 4) == 0.4309
    assert found.weakest == "participation"
    assert np.isnan(balance(0.8, 0.5, np.nan).score)
    with pytest.raises(InvalidInput):
        balance(1.2, 0.5, 0.5)
    contacts = table(
        CONTACTS,
        {"relevance": 1.0, "days": 0.0, "two_way": "yes"},
        {"relevance": 0.5, "days": 180.0, "two_way": "no"},
    )
    assert network_amount(contacts) == pytest.approx(1 + 0.25 * np.exp(-1))


def test_hire_or_train_oracle():
    found = hire_or_train(Train(4000, 6000, 8000, 6, 0.4), Hire(4700, 9000, 3, 0.5, 1000), 24)
    assert (found.train, found.hire, found.equal_month) == (29_200, 42_200, 11)
    assert found.verdict == "train_later"
    assert found.path.set_index("month").loc[11, "hire"] == 29_200
    free = hire_or_train(Train(4000, 6000, 8000, 6, 0.4), Hire(4700, 9000, 3, 0.5, 0), 24)
    assert np.isnan(free.equal_month)
    assert free.verdict == "always_hire"
    # Recruiting for 50,000 is dearer than training on the first day, and every day after it.
    dear = hire_or_train(Train(4000, 6000, 8000, 6, 0.4), Hire(50_000, 9000, 3, 0.5, 1000), 24)
    assert np.isnan(dear.equal_month)
    assert dear.verdict == "always_train"
    # 11,000 of difference at 500 a month: level in month 22; at 100 only after the horizon.
    for premium, month, verdict in ((500, 22, "train_later"), (100, 110, "hire")):
        slow = hire_or_train(Train(4000, 6000, 8000, 6, 0.4), Hire(4700, 9000, 3, 0.5, premium), 24)
        assert (slow.equal_month, slow.verdict) == (month, verdict)


def test_learning():
    rows = [
        {
            "person": "a",
            "function": "sales",
            "month": NOW,
            "hours": 8.0,
            "practice_hours": 2.0,
            "certified": "yes",
            "artefact": "plan",
            "applied": NOW + pd.DateOffset(months=2),
            "supported": "yes",
            "succeeded": "yes",
        },
        {
            "person": "a",
            "function": "sales",
            "month": NOW + pd.DateOffset(months=1),
            "hours": 4.0,
            "practice_hours": 4.0,
            "mentoring_hours": 3.0,
        },
        {
            "person": "b",
            "function": "sales",
            "month": NOW,
            "hours": 8.0,
            "practice_hours": 0.0,
            "certified": "yes",
            "applied": NOW + pd.DateOffset(months=5),
            "supported": "no",
            "succeeded": "no",
        },
    ]
    row = learning(table(TRAINING, *rows)).set_index("function").loc["all"]
    assert (row.learners, row.hours_per_learner, row.sessions_per_learner) == (2, 10, 1.5)
    assert (row.single_event_share, row.practice_ratio, row.mentoring_per_learner) == (
        0.5,
        0.3,
        1.5,
    )
    assert (row.certified_share, row.certified_with_artefact_share, row.applied_share) == (
        1,
        0.5,
        0.5,
    )
    assert support_effect(table(TRAINING, *rows)).table == ((1, 0), (0, 1))


def test_support_effect_is_fishers():
    found = compare_odds([[18, 4], [9, 13]])
    assert found.low < found.estimate < found.high
    assert found.shown == (fisher_exact([[18, 4], [9, 13]]).pvalue < 0.05)
    assert 1 < found.estimate < 18 * 13 / (4 * 9)
    assert not compare_odds([[5, 5], [5, 5]]).shown
    assert compare_odds([[5, 0], [5, 0]]).reason == "one_group_or_outcome_only"


def test_divide_gauge():
    leader, follower = Trajectory(4.0, 0.1, 0.2, 0.1), Trajectory(1.8, 0.1, 0.0, 0.1)
    own = Trajectory(2.5, 0.2, 0.1, 0.2)
    still = divide(own, leader, follower)
    moved = divide(own, leader, follower, extra_change=2.0)
    assert still.above_threshold < 0.05
    assert moved.above_threshold > still.above_threshold
    assert still.gap_widens > 0.5 > moved.gap_widens
    assert still.overtakes < 0.05
    assert still.gap_now == pytest.approx(1.5, abs=0.02)
    expected = 4.0 + 0.2 / 12 * (1 - 0.95**24) / 0.05
    last = still.paths[(still.paths.who == "leader") & (still.paths.month == 24)].iloc[0]
    assert last["mean"] == pytest.approx(expected, abs=0.02)
    assert last.low < last["mean"] < last.high


def test_own_trajectory_learns_and_shrinks():
    alone = trajectory([0], [2.0], [0.1])
    assert (alone.change, alone.change_sd) == (0.0, pytest.approx(0.30))
    rising = trajectory([0, 12, 24], [2.0, 2.5, 3.0], [0.05] * 3)
    assert 0.45 < rising.change < 0.5
    assert rising.change_sd < 0.05
    vague = trajectory([0, 12], [2.0, 3.0], [0.5, 0.5])
    assert 0 < vague.change < 0.5


def test_maturity_may_not_be_shown_to_go_with_results():
    rng = np.random.default_rng(3)
    level = pd.Series(rng.normal(size=30))
    assert goes_with_results(level, level + rng.normal(0, 0.3, 30))["verdict"] == "goes with"
    assert goes_with_results(level, pd.Series(rng.normal(size=30)))["verdict"] == "not shown"
    assert goes_with_results(level[:4], level[:4])["verdict"] == "cannot tell"
