"""The four sentences: cost and return, how sure that is, where we stand, what to decide."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from metrics.measures.discoveries import DISCOVERY_RATE
from metrics.model import ALL
from metrics.overview.lines import Line
from metrics.overview.tiles import count_assessed, count_working, write_money
from metrics.portfolio import wording
from metrics.proposals.part import head
from metrics.report import Report
from metrics.units import write_chance, write_month

COUNT_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def verdict(report: Report, scope: int) -> tuple[Line, ...]:
    """Return what a chief executive could repeat, in the order it is asked.

    Parameters
    ----------
    scope : int
        Functions the client declared in scope.
    """
    return (*_cost_and_saving(report), _pays(report), _standing(report, scope), _asks(report))


def _cost_and_saving(report: Report) -> tuple[Line, ...]:
    """What the programme costs and brings a year: one sentence where both are known."""
    value, cost = report.value, report.figures["case.cost_a_year"].value
    apart = wording.read_apart(value, report.savings)

    def money(amount: float) -> str:
        return write_money(report, amount)

    code, facts = wording.saving_verdict(value, apart, money)
    if math.isnan(cost):
        return (Line("verdict.cost_unknown"), Line(f"verdict.{code}", facts))
    if code in ("saving_saves", "saving_loses"):
        return (Line(f"verdict.{code}_at_cost", {**facts, "cost": money(cost)}),)
    return (Line("verdict.cost", {"cost": money(cost)}), Line(f"verdict.{code}", facts))


def _pays(report: Report) -> Line:
    """Whether it has paid back, and the odds that it does over the horizon."""
    case = report.case
    if case.reason or not case.start:
        return Line("verdict.pays_unknown")
    odds = {
        "months": case.months,
        "probability": write_chance(report.figures["case.probability"].value),
    }
    if math.isnan(case.payback_months):
        return Line("verdict.pays_not", odds)
    at = pd.Timestamp(case.start) + pd.DateOffset(months=math.ceil(case.payback_months) - 1)
    code = "has_paid" if case.payback_months <= case.months_measured else "will_pay"
    return Line(f"verdict.{code}", odds | {"month": write_month(at)})


def _standing(report: Report, scope: int) -> Line:
    enterprise = report.maturity.enterprise
    if not count_assessed(report) or enterprise["reason"]:
        return Line("verdict.standing_unknown")
    works = count_working(report)
    code = "none" if works == 0 else "all" if works == scope else "some"
    facts: Mapping[str, object] = {
        "works": COUNT_WORDS[min(works, 10)].capitalize(),
        "scope": COUNT_WORDS[min(scope, 10)],
        "level": enterprise["level"],
        "probability": write_chance(
            enterprise["levels"].get(str(enterprise["level"]), float("nan"))
        ),
        "holds": _holds_back(report),
    }
    return Line(f"verdict.standing_{code}", facts)


def _holds_back(report: Report) -> Line:
    """What stands in the way first: the first condition that fails."""
    gates = report.maturity.gates
    failing = gates[gates["verdict"] == "fail"] if len(gates) else gates
    if failing.empty:
        return Line("verdict.holds_nothing")
    return Line(f"verdict.holds_{failing.iloc[0]['gate']}")


def _asks(report: Report) -> Line:
    """What is wanted of the reader: the head of the one list, worth what it brings together."""
    found = head(report.proposals.table, report.tuning.ledger)
    ripe = found[found["ripe"]]
    if ripe.empty:
        return Line("verdict.asks_nothing")
    priced = ripe["value"].dropna()
    if priced.empty:
        return Line("verdict.asks_to_know", {"n": len(ripe)})
    facts = {"n": len(priced), "value": write_money(report, float(priced.sum()))}
    return Line("verdict.asks", facts)


def support(report: Report) -> tuple[Line, ...]:
    """Return what stands behind the four sentences."""
    lines = []
    table = report.effects.effects
    if len(table):
        lines.append(Line("verdict.effects", wording.counted_apart(table)))
    changes = report.measures.changes
    whole = changes[changes["team"] == ALL] if len(changes) else changes
    if len(whole):
        whole = whole[whole["verdict"] != "cannot tell"]
    if len(whole):
        better, worse = ((whole["verdict"] == v).sum() for v in ("better", "worse"))
        facts = {"better": int(better), "worse": int(worse), "all": len(whole)}
        chance = DISCOVERY_RATE * (facts["better"] + facts["worse"])
        lines.append(Line("verdict.changes", facts | {"chance": f"{chance:.1g}"}))
    return tuple(lines)
