"""Where the company's own data support or contradict its answers.

A contradiction never rewrites an answer: it caps the published capability at the level the data
support, stands beside it, and becomes a task. The thresholds are the table ``RULES``; what they
read of the KPIs is the table ``FROM_KPIS``. Rules in ``WAITING`` have no figure yet and say so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from metrics.frames.frame import iterate_rows
from metrics.model import ALL
from metrics.practice.skills import coverage
from metrics.units import POINTS, SHARE, Unit

ContradictionVerdict = Literal["supports", "neutral", "contradicts", "no data"]


@dataclass(frozen=True)
class ContradictionRule:
    """A measured quantity against a claimed level.

    Data on the wrong side of ``contradicts`` contradict a claim of ``claim`` or above and support
    ``supported_level`` at most; data on the right side of ``supports`` support such a claim.
    ``high_is_bad`` says which side is wrong. ``measure`` is a row of the evidence frame, in
    ``unit``.
    """

    key: str
    dimension: str
    measure: str
    claim: int
    contradicts: float
    supports: float
    supported_level: int
    high_is_bad: bool = False
    unit: Unit = SHARE


# key, dimension, measure, claim from, contradicts beyond, supports from, level left, high is bad
RULES: tuple[ContradictionRule, ...] = (
    ContradictionRule("orphan_spend", "STR", "spend_without_objective", 3, 0.40, 0.15, 2, True),
    ContradictionRule("voice_to_action", "INS", "voice_to_action", 4, 0.05, 0.20, 3),
    ContradictionRule("signal_readers", "INS", "signals_read_outside_marketing", 4, 0.05, 0.30, 3),
    ContradictionRule("one_team", "ORG", "largest_team_share", 3, 0.70, 0.50, 2, True),
    ContradictionRule("concentration", "ORG", "contribution_concentration", 3, 0.50, 0.25, 2, True),
    ContradictionRule("absent_executives", "LEA", "executive_participation", 4, 0.20, 0.50, 3),
    ContradictionRule("slower_response", "PRO", "first_response_change", 4, 0.0, -0.05, 3, True),
    ContradictionRule("thin_participation", "NET", "participation_index", 4, 0.20, 0.60, 3),
    ContradictionRule("burned_connections", "NET", "burn_rate_change", 4, 0.0, -0.05, 3, True),
    ContradictionRule("uncovered_skill", "SKL", "uncovered_skills", 3, 0.5, 0.5, 2, True),
    ContradictionRule("unlinked_cases", "TEC", "cases_linkable", 4, 0.50, 0.85, 3),
    ContradictionRule("few_forecasts", "MMT", "live_forecast_share", 4, 0.10, 0.50, 3),
    ContradictionRule("bad_intervals", "MMT", "interval_coverage_80", 5, 0.60, 0.70, 4),
    ContradictionRule("worse_than_last_year", "MMT", "forecast_skill", 5, 0.0, 0.0, 4),
    ContradictionRule("broken_promises", "MMT", "realisation_ratio", 5, 0.30, 0.70, 4),
    ContradictionRule("late_decisions", "MMT", "retuned_in_time", 5, 0.25, 0.75, 4),
    ContradictionRule("unknown_referrals", "ADV", "referral_field_filled", 4, 0.20, 0.50, 3),
    ContradictionRule(
        "falling_recommendation", "ADV", "net_promoter_change", 4, 0.0, 1.0, 3, unit=POINTS
    ),
)
RULE_UNITS = {rule.key: rule.unit for rule in RULES}
WAITING = ("voice_to_action", "signal_readers", "burned_connections")
"""Rules that nothing recorded so far can answer: listening, and connections that were burned."""


@dataclass(frozen=True)
class Contradiction:
    """One rule applied to one function ("all" for the company).

    ``supported_level`` (1-5) is the highest level of ``dimension`` the data support;
    ``facts`` hold the measured value, the thresholds and the claim.
    """

    rule: str
    function: str
    dimension: str
    verdict: ContradictionVerdict
    supported_level: float
    facts: Mapping[str, Any] = field(default_factory=dict)


def confront(
    dimensions: pd.DataFrame, evidence: pd.DataFrame, rules: tuple[ContradictionRule, ...] = RULES
) -> tuple[Contradiction, ...]:
    """Hold the claims against the data.

    Parameters
    ----------
    dimensions : DataFrame
        ``MaturityScores.dimensions``: function, dimension, capability.
    evidence : DataFrame
        ``function``, ``measure``, ``value``; function ``all`` speaks for those without their own.
    rules : tuple of Rule

    Returns
    -------
    tuple of Contradiction
        One per rule and function with a claim; ``no data`` where nothing was measured.
    """
    known = evidence.dropna(subset=["value"]).set_index(["function", "measure"])["value"].to_dict()
    found = []
    claims = dimensions.dropna(subset=["capability"])
    for row in iterate_rows(claims):
        for rule in (r for r in rules if r.dimension == row.dimension):
            value = known.get((row.function, rule.measure), known.get(("all", rule.measure)))
            verdict = _verdict(rule, row.capability, value)
            level = rule.supported_level if verdict == "contradicts" else 5
            facts = {
                "measure": rule.measure,
                "value": float("nan") if value is None else float(value),
                "threshold": rule.contradicts,
                "claim": float(row.capability),
                "from_level": rule.claim,
            }
            found.append(
                Contradiction(rule.key, row.function, rule.dimension, verdict, level, facts)
            )
    return tuple(found)


def _verdict(rule: ContradictionRule, claim: float, value: float | None) -> ContradictionVerdict:
    if value is None:
        return "no data"
    if claim < rule.claim - 1e-9:
        return "neutral"
    sign = 1 if rule.high_is_bad else -1
    if sign * value > sign * rule.contradicts:
        return "contradicts"
    return "supports" if sign * value <= sign * rule.supports else "neutral"


def sides(
    evidence: pd.DataFrame, rules: tuple[ContradictionRule, ...] = RULES
) -> dict[tuple, ContradictionVerdict]:
    """On which side of each rule's thresholds the data lie: what caps are decided by."""
    by_measure = {rule.measure: rule for rule in rules}
    return {
        (row.function, row.measure): _verdict(rule, rule.claim, row.value)
        for row in iterate_rows(evidence)
        if (rule := by_measure.get(row.measure))
    }


@dataclass(frozen=True)
class FromKpi:
    """Evidence that a KPI gives: the measure, the KPI, and for whom it speaks.

    ``change`` reads what the KPI's change has shown: the end of its interval that is nearer to no
    change, and 0 where no change is shown, so that noise contradicts nobody. ``relative`` divides
    it by the baseline.
    """

    measure: str
    function: str
    kpi: str
    speaks_for: str
    change: bool = False
    relative: bool = False


FROM_KPIS = (
    FromKpi("first_response_change", "support", "time_to_first_reply", "support", True, True),
    FromKpi("cases_linkable", "information_technology", "record_join_rate", ALL),
    FromKpi("referral_field_filled", "sales", "source_fill_rate", ALL),
    FromKpi("net_promoter_change", "advocacy", "net_promoter_score", ALL, True),
)


def kpi_evidence(values: pd.DataFrame, changes: pd.DataFrame) -> pd.DataFrame:
    """Return what KPIs say of maturity: function, measure, value; nothing where none is known.

    Parameters
    ----------
    values, changes : DataFrame
        ``MeasuresPart.values`` and frame ``changes``.
    """
    rows = [(one.speaks_for, one.measure, _of_kpi(one, values, changes)) for one in FROM_KPIS]
    frame = pd.DataFrame(rows, columns=["function", "measure", "value"])
    return frame.dropna(subset="value", ignore_index=True)


def _of_kpi(one: FromKpi, values: pd.DataFrame, changes: pd.DataFrame) -> float:
    moved = _whole(one, changes)
    known = moved.iloc[0] if len(moved) else None
    if one.change:
        if known is None or pd.isna(known["low"]):
            return float("nan")
        if known["verdict"] not in ("better", "worse"):
            return 0.0
        shown = known["low"] if known["low"] > 0 else known["high"]
        return float(shown / abs(known["baseline"]) if one.relative else shown)
    if known is not None and pd.notna(known["current"]):
        return float(known["current"])
    mine = _whole(one, values)
    mine = mine[mine["reason"].eq("")].dropna(subset="value") if len(mine) else mine
    return float(mine.sort_values("month")["value"].iloc[-1]) if len(mine) else float("nan")


def _whole(one: FromKpi, table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a KPI that speak of its whole function."""
    mine = table[(table["function"] == one.function) & (table["kpi"] == one.kpi)]
    mine = mine[mine["team"] == ALL]
    return mine[mine["item"] == ALL] if "item" in mine else mine


def contradicted(contradictions: pd.DataFrame) -> pd.DataFrame:
    """Return the claims the data contradict: what every page, slide and file counts.

    Parameters
    ----------
    contradictions : DataFrame
        ``MaturityPart.contradictions``; several rules can contradict one claim.

    Returns
    -------
    DataFrame
        function, dimension, claim, supported_level (the lowest), rules (';' between keys).
    """
    found = contradictions[contradictions["verdict"] == "contradicts"]
    return found.groupby(["function", "dimension"], sort=False, as_index=False).agg(
        claim=("claim", "max"), supported_level=("supported_level", "min"), rules=("rule", ";".join)
    )


def concentration(counts: np.ndarray) -> float:
    """Return the normalised Herfindahl index of counts: 0 even, 1 all in one; NaN below two."""
    counts = np.asarray(counts, float)
    if len(counts) < 2 or counts.sum() <= 0:
        return float("nan")
    share = counts / counts.sum()
    floor = 1 / len(counts)
    return float(((share**2).sum() - floor) / (1 - floor))


def measure(
    *,
    contributions: pd.DataFrame | None = None,
    initiatives: pd.DataFrame | None = None,
    people: pd.DataFrame | None = None,
    participation: pd.DataFrame | None = None,
    as_of: pd.Timestamp | None = None,
) -> pd.DataFrame:
    """Compute the evidence that follows from these frames: function, measure, value.

    ``contributions`` and ``initiatives`` as in ``metrics.frames``, ``people`` as in
    ``metrics.register``; ``participation`` as ``metrics.practice.network``. Executives count as
    active within three months of ``as_of``.
    """
    rows: list[tuple[str, str, float]] = []
    if contributions is not None:
        for function, part in contributions.groupby("function"):
            teams = part.groupby("team")["count"].sum()
            if teams.sum() > 0:
                share = float(teams.max() / teams.sum())
                rows.append((str(function), "largest_team_share", share))
                index = concentration(teams.to_numpy())
                rows.append((str(function), "contribution_concentration", index))
    if initiatives is not None:
        for function, part in initiatives.dropna(subset=["cost"]).groupby("function"):
            total = part["cost"].sum()
            if total > 0:
                orphan = part.loc[part["objective"].fillna("") == "", "cost"].sum()
                rows.append((str(function), "spend_without_objective", float(orphan / total)))
    if people is not None and as_of is not None:
        executives = people[people["role"] == "executive"]
        recent = executives["last_active"] >= as_of - pd.DateOffset(months=3)
        for function, active in recent.groupby(executives["function"]):
            rows.append((str(function), "executive_participation", float(active.mean())))
    if people is not None:
        table = coverage(people).dropna(subset=["level"])
        for function, skills in table.groupby("function"):
            rows.append((str(function), "uncovered_skills", float(1 - skills["covered"].mean())))
    if participation is not None:
        rows += [
            (str(row.function), "participation_index", float(row.participation))
            for row in iterate_rows(participation.dropna(subset=["participation"]))
        ]
    return pd.DataFrame(rows, columns=["function", "measure", "value"])
