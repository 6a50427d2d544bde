"""Gates and detectors: small judgements on the company's records, each with its evidence.

A gate passes, warns, fails, or says "no data"; it never stops anything by itself. Thresholds
stand beside each gate. Sources: Schultze (the divide, education), knowledge drivers, #sm105.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

from metrics.frames.frame import iterate_rows
from metrics.maturity.answers import rater_mix
from metrics.maturity.inputs import Inputs
from metrics.maturity.isolation import detected_model, isolation
from metrics.practice.skills import HELD, bus_factor

GateVerdict = Literal["pass", "warn", "fail", "no data"]


@dataclass(frozen=True)
class Gate:
    """One judgement: its verdict, the rows it rests on, its numbers, and what to do."""

    key: str
    verdict: GateVerdict
    evidence: pd.DataFrame
    facts: Mapping[str, Any] = field(default_factory=dict)
    advice: str = ""


@dataclass(frozen=True)
class Judgement:
    """What a gate found; ``bad`` rises from 0, ``None`` means the rows say nothing."""

    bad: float | None
    evidence: pd.DataFrame
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class GateRule:
    """A gate's name, the frames it needs, its judge and where it warns and fails.

    The gate warns when the judge's number is above ``warn`` and fails when above ``fail``.
    ``advice`` is the code of what to do when it does not pass.
    """

    key: str
    needs: tuple[str, ...]
    judge: Callable[[Inputs], Judgement]
    warn: float
    fail: float
    advice: str


def _share(bad: pd.Series, evidence: pd.DataFrame, weight: pd.Series | None = None) -> Judgement:
    """Share of rows (or of their weight) that are bad, with the bad rows as evidence."""
    weight = pd.Series(1.0, index=bad.index) if weight is None else weight.fillna(0.0)
    total = float(weight.sum())
    part = float(weight[bad].sum())
    facts = {"share": part / total if total else float("nan"), "part": part, "total": total}
    return Judgement(facts["share"] if total else None, evidence[bad.to_numpy(bool)], facts)


def _blank(column: pd.Series) -> pd.Series:
    return column.fillna("").astype(str).str.strip().eq("")


def isolated_team(inputs: Inputs) -> Judgement:
    """Probability that one team or agency does it all, against the 90 % prior."""
    found = isolation(inputs["contributions"])
    teams = inputs["contributions"].groupby(["function", "team"], as_index=False)["count"].sum()
    teams = teams.sort_values("count", ascending=False, ignore_index=True)
    return Judgement(None if found.reason else found.probability, teams, vars(found))


RECENT = 3


def both_motivators(inputs: Inputs) -> Judgement:
    """Share of functions without a catalyst and an executive active in the last three months."""
    people = inputs["people"]
    active = people[people["last_active"] >= inputs.as_of - pd.DateOffset(months=RECENT)]
    rows = []
    for function in sorted(people["function"].unique()):
        roles = set(active.loc[active["function"] == function, "role"])
        catalyst, executive = "catalyst" in roles, "executive" in roles
        status = {
            (True, True): "both",
            (True, False): "catalyst only",
            (False, True): "executive only",
            (False, False): "none",
        }[catalyst, executive]
        rows.append((function, status))
    table = pd.DataFrame(rows, columns=["function", "status"])
    lacking = table["status"] != "both"
    return Judgement(
        float(lacking.mean()) if len(table) else None,
        table,
        {"functions": len(table), "lacking": int(lacking.sum())},
    )


def tactics_before_strategy(inputs: Inputs) -> Judgement:
    """Share of initiative cost that began without, or before, an approved objective."""
    rows = inputs["initiatives"].merge(
        inputs["objectives"][["objective", "approved"]].drop_duplicates("objective"),
        on="objective",
        how="left",
    )
    early = rows["approved"].isna() | (rows["start"] < rows["approved"])
    return _share(early, rows, rows["cost"])


def tool_traceability(inputs: Inputs) -> Judgement:
    """Share of tool spend not chosen for a stated objective."""
    tools = inputs["tools"]
    return _share(_blank(tools["objective"]), tools, tools["spend"])


def assessment_first(inputs: Inputs) -> Judgement:
    """Share of objectives approved before any assessment of their function or constituency."""
    objectives = inputs["objectives"].dropna(subset=["approved"])
    done = inputs["assessments"].dropna(subset=["month"])

    def unassessed(row: Any) -> bool:
        mine = done["function"].isin([row.function, "all"])
        return not (mine & (done["month"] <= row.approved)).any()

    bad = pd.Series([unassessed(r) for r in iterate_rows(objectives)], objectives.index, bool)
    return _share(bad, objectives)


def broadcast(inputs: Inputs) -> Judgement:
    """Share of contributions that are posts: neither reply nor answer nor idea."""
    rows = inputs["contributions"].groupby(["function", "kind"], as_index=False)["count"].sum()
    return _share(rows["kind"].eq("post"), rows, rows["count"])


def follower_chasing(inputs: Inputs) -> Judgement:
    """Gap between how loud contacts are and how relevant: minus their rank correlation."""
    rows = inputs["contacts"].dropna(subset=["relevance", "followers"])
    if len(rows) < 10 or rows["relevance"].nunique() < 2 or rows["followers"].nunique() < 2:
        return Judgement(None, rows, {"contacts": len(rows)})
    correlation = float(rows["relevance"].rank().corr(rows["followers"].rank()))
    relevant = float(rows["relevance"].mean())
    loud = rows.nlargest(max(1, len(rows) // 10), "followers")
    facts = {
        "contacts": len(rows),
        "relevance_share": relevant,
        "relevance_of_loudest": float(loud["relevance"].mean()),
        "rank_correlation": correlation,
    }
    return Judgement(1 - relevant, loud, facts)


def time_trap(inputs: Inputs) -> Judgement:
    """Hours in channels that take over twice their share of outcomes, as a share of all."""
    rows = inputs["channels"].dropna(subset=["hours", "outcomes"])
    if rows["hours"].sum() <= 0 or rows["outcomes"].sum() <= 0:
        return Judgement(None, rows, {"channels": len(rows)})
    hours = rows["hours"] / rows["hours"].sum()
    outcomes = rows["outcomes"] / rows["outcomes"].sum()
    rows = rows.assign(hours_share=hours, outcome_share=outcomes)
    return _share((hours > 0.10) & (hours > 2 * outcomes), rows, rows["hours"])


def campaign_share(inputs: Inputs) -> Judgement:
    """Share of initiative cost that ran at most three months and ended."""
    rows = inputs["initiatives"]
    short = rows["end"].notna() & (_months(rows["start"], rows["end"]) <= 3)
    return _share(short, rows, rows["cost"])


def accidental_strategist(inputs: Inputs) -> Judgement:
    """Share of leads and budget holders rated 3 or above in social and below in business."""
    people = inputs["people"].dropna(subset=["business", "social"])
    leads = people[people["role"].eq("lead") | people["budget"].eq("yes")]
    return _share((leads["social"] >= HELD) & (leads["business"] < HELD), leads)


def hero_dependency(inputs: Inputs) -> Judgement:
    """Share of function and skill pairs that hang on one person (bus factor 1)."""
    table = bus_factor(inputs["people"])
    carried = table[table["holders"] == 1].groupby("hero")["skill"].nunique()
    judged = _share(table["holders"].eq(1), table)
    heroes = sorted(str(p) for p in carried[carried >= 4].index)
    return Judgement(judged.bad, judged.evidence, {**judged.facts, "heroes": heroes})


def installed_not_adopted(inputs: Inputs) -> Judgement:
    """Share of licences whose holders do not contribute in a normal week."""
    tools = inputs["tools"].dropna(subset=["licences", "active"])
    total = float(tools["licences"].sum())
    idle = (tools["licences"] - tools["active"]).clip(lower=0)
    share = float(idle.sum() / total) if total else None
    return Judgement(share, tools.assign(idle=idle), {"licences": total, "idle": float(idle.sum())})


def ivory_tower(inputs: Inputs) -> Judgement:
    """Share of objectives made without anybody from outside."""
    objectives = inputs["objectives"]
    return _share(_blank(objectives["created_with"]), objectives)


def rater_balance(inputs: Inputs) -> Judgement:
    """Share of assessed functions with too few raters, none from outside, or mostly marketing."""
    answers = inputs["answers"]
    answers = answers[answers["wave"] == answers["wave"].max()]
    found = rater_mix(answers)
    functions = answers["function"].nunique()
    table = pd.DataFrame(
        [(f.facts["function"], f.code) for f in found], columns=["function", "code"]
    )
    bad = table["function"].nunique()
    return Judgement(bad / functions, table, {"functions": functions, "part": bad})


REPUTATION = ("reputation", "brand", "sentiment", "share_of_voice", "awareness")


def reputation_without_drivers(inputs: Inputs) -> Judgement:
    """Share of reputation objectives in functions with no other objective to drive them."""
    objectives = inputs["objectives"]
    lagging = objectives["kpi"].fillna("").str.lower().str.contains("|".join(REPUTATION))
    if not lagging.any():
        return Judgement(0.0, objectives.iloc[:0], {"reputation_objectives": 0})
    drivers = set(objectives.loc[~lagging & ~_blank(objectives["kpi"]), "function"])
    mine = objectives[lagging]
    return _share(~mine["function"].isin(list(drivers)), mine)


SIX_MONTHS = 6


def give_up(inputs: Inputs) -> Judgement:
    """Monthly hazard of ending within the first six months, from all initiatives.

    Deaths over months at risk; running ones count for the months seen (at most six). Warns of
    every one given up; fails above .1091, at which half give up within six months.
    """
    rows = inputs["initiatives"].dropna(subset=["start"])
    end = rows["end"].fillna(inputs.as_of).clip(upper=inputs.as_of)
    months = _months(rows["start"], end).clip(lower=0.5)
    ended = rows["end"].notna() & (months < SIX_MONTHS)
    exposure = float(months.clip(upper=SIX_MONTHS).sum())
    deaths = int(ended.sum())
    if not exposure:
        return Judgement(None, rows, {})
    hazard = deaths / exposure
    facts = {
        "hazard": hazard,
        "reach_month_six": (1 - min(hazard, 1.0)) ** SIX_MONTHS,
        "ended": deaths,
        "initiatives": len(rows),
    }
    return Judgement(hazard, rows[ended], facts)


def organisation_model(inputs: Inputs) -> Judgement:
    """Whether the declared organisation model is the one contributions show."""
    policies = inputs["policies"]
    declared = policies.loc[policies["kind"] == "organisation model", "policy"]
    detected = detected_model(inputs["contributions"])
    if declared.empty or detected is None:
        return Judgement(None, policies.iloc[:0], {"detected": detected})
    named = str(declared.iloc[-1]).strip().lower()
    facts = {"declared": named, "detected": detected}
    return Judgement(float(named != detected), pd.DataFrame([facts]), facts)


def hollow_practice(inputs: Inputs) -> Judgement:
    """Largest hollowness (levels): later practices answered well without their foundations.

    Reads ``MaturityScores.dimensions``.
    """
    rows = inputs["dimensions"].dropna(subset=["hollowness"])
    rows = rows.sort_values("hollowness", ascending=False, ignore_index=True)
    if rows.empty:
        return Judgement(None, rows, {})
    hollow = rows[rows["hollowness"] >= 1 - 1e-9]
    facts = {"largest": float(rows["hollowness"].iloc[0]), "dimensions": len(hollow)}
    return Judgement(facts["largest"], hollow, facts)


def one_accountable(inputs: Inputs) -> Judgement:
    """Share of processes without exactly one accountable person."""
    rows = inputs["responsibilities"]
    count = rows["part"].eq("accountable").groupby([rows["function"], rows["process"]]).sum()
    table = count.rename("accountable").reset_index()
    return _share(table["accountable"] != 1, table)


def mental_model(inputs: Inputs) -> Judgement:
    """Share of people who see a marketing channel instead of a cross-functional model."""
    beliefs = inputs["beliefs"][~_blank(inputs["beliefs"]["model"])]
    table = pd.crosstab(beliefs["function"], beliefs["model"]).reset_index()
    narrow = beliefs["model"].eq("marketing channel")
    share = float(narrow.mean()) if len(beliefs) else None
    return Judgement(share, table, {"people": len(beliefs), "part": int(narrow.sum())})


def resistance(inputs: Inputs) -> Judgement:
    """Share of sceptics, or of functions whose policies block use if that is larger."""
    beliefs = inputs["beliefs"][~_blank(inputs["beliefs"]["stance"])]
    sceptics = float(beliefs["stance"].eq("sceptical").mean()) if len(beliefs) else 0.0
    blocking = inputs["policies"][inputs["policies"]["blocks"].eq("yes")]
    functions = max(1, beliefs["function"].nunique())
    everywhere = blocking["function"].eq("all").any()
    blocked = 1.0 if everywhere else min(1.0, blocking["function"].nunique() / functions)
    return Judgement(
        max(sceptics, blocked), blocking, {"sceptical_share": sceptics, "blocked_share": blocked}
    )


def _months(start: pd.Series, end: pd.Series) -> pd.Series:
    """Whole calendar months from ``start`` to ``end``."""
    return (end.dt.year - start.dt.year) * 12.0 + (end.dt.month - start.dt.month)


# key, frames needed, judge, warns above, fails above, advice; in order of worth
GATES: tuple[GateRule, ...] = (
    GateRule(
        "isolated_team", ("contributions",), isolated_team, 0.50, 0.90, "spread_contributions"
    ),
    GateRule("both_motivators", ("people",), both_motivators, 0.0, 0.5, "find_second_motivator"),
    GateRule(
        "tactics_before_strategy",
        ("initiatives", "objectives"),
        tactics_before_strategy,
        0.15,
        0.40,
        "approve_objective_first",
    ),
    GateRule("tool_traceability", ("tools",), tool_traceability, 0.15, 0.40, "link_or_retire_tool"),
    GateRule(
        "assessment_first",
        ("objectives", "assessments"),
        assessment_first,
        0.0,
        0.50,
        "assess_before_objective",
    ),
    GateRule("broadcast", ("contributions",), broadcast, 0.50, 0.80, "answer_more_than_post"),
    GateRule(
        "follower_chasing", ("contacts",), follower_chasing, 0.50, 0.80, "seek_relevant_people"
    ),
    GateRule("time_trap", ("channels",), time_trap, 0.10, 0.30, "leave_time_trap"),
    GateRule("campaign_share", ("initiatives",), campaign_share, 0.30, 0.60, "plan_from_strategy"),
    GateRule(
        "accidental_strategist",
        ("people",),
        accidental_strategist,
        0.0,
        0.50,
        "pair_social_with_business",
    ),
    GateRule("hero_dependency", ("people",), hero_dependency, 0.25, 0.60, "train_second_person"),
    GateRule(
        "installed_not_adopted",
        ("tools",),
        installed_not_adopted,
        0.30,
        0.60,
        "adopt_or_return_licences",
    ),
    GateRule("ivory_tower", ("objectives",), ivory_tower, 0.50, 0.80, "create_with_outsiders"),
    GateRule("rater_balance", ("answers",), rater_balance, 0.0, 0.50, "widen_raters"),
    GateRule(
        "reputation_without_drivers",
        ("objectives",),
        reputation_without_drivers,
        0.0,
        0.50,
        "name_reputation_drivers",
    ),
    GateRule(
        "give_up", ("initiatives",), give_up, 0.0, 1 - 0.5 ** (1 / 6), "carry_through_month_six"
    ),
    GateRule(
        "organisation_model",
        ("policies", "contributions"),
        organisation_model,
        0.5,
        1.0,
        "align_declared_model",
    ),
    GateRule("hollow_practice", ("dimensions",), hollow_practice, 0.99, 1.99, "build_foundations"),
    GateRule(
        "one_accountable", ("responsibilities",), one_accountable, 0.0, 0.50, "name_one_accountable"
    ),
    GateRule("mental_model", ("beliefs",), mental_model, 0.30, 0.60, "teach_cross_functional"),
    GateRule("resistance", ("beliefs", "policies"), resistance, 0.20, 0.50, "address_resistance"),
)


def judge(inputs: Inputs, rules: tuple[GateRule, ...] = GATES) -> tuple[Gate, ...]:
    """Apply every gate; one whose frames are missing or say nothing has verdict ``no data``.

    A frame that has been recorded but holds no row counts as missing: silence is no evidence,
    except that policies and assessments may be empty when their partner frame is not.
    """
    return tuple(_apply(rule, inputs) for rule in rules)


def _apply(rule: GateRule, inputs: Inputs) -> Gate:
    absent = [
        name
        for name in rule.needs
        if name not in inputs or (inputs[name].empty and name not in ("policies", "assessments"))
    ]
    if absent:
        return Gate(rule.key, "no data", pd.DataFrame(), {"missing": absent}, "record_" + absent[0])
    found = rule.judge(inputs)
    facts = {**found.facts, "warn": rule.warn, "fail": rule.fail}
    if found.bad is None:
        return Gate(rule.key, "no data", found.evidence, facts, "record_" + rule.needs[0])
    over = found.bad > rule.warn + 1e-12, found.bad > rule.fail + 1e-12
    verdict: GateVerdict = "fail" if over[1] else "warn" if over[0] else "pass"
    return Gate(rule.key, verdict, found.evidence, facts, "" if verdict == "pass" else rule.advice)
