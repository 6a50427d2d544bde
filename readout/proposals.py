"""What might be done, in words: one wording for pages, slides, sheets, files and commands."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from metrics.frames.frame import iterate_rows
from metrics.functions import title
from metrics.maturity import load_model
from metrics.proposals.part import HEAD, head, open_proposals
from metrics.proposals.proposal import BETWEEN, KNOWING, Action
from metrics.report import Report
from metrics.units import COUNT, MONEY, write_chance, write_month
from words import knows, say

NOTHING = "–"
FIELDS = (
    "rank",
    "proposal",
    "action",
    "value",
    "low",
    "high",
    "level",
    "probability",
    "cost",
    "effort",
    "ripe",
    "until",
    "reason",
)
LISTS = ("functions", "excludes", "instead_of")
DECIDED = [
    "decision",
    "proposal",
    "function",
    "owner",
    "day",
    "due",
    "promised",
    "promised_low",
    "promised_high",
    "state",
    "actual",
    "effect",
]


@dataclass(frozen=True)
class ProposalText:
    """One proposal as it is read.

    Attributes
    ----------
    name : str
        By which the list knows it.
    title, what : str
        Its kind, and the action as an action.
    value, between, odds : str
        Amount, its bounds and the chance that it pays, as a table holds them; "–" without one.
    band, chance, effort, rests : str
        The same as sentences; "" where there is nothing to say.
    beside : str
        What it takes the place of, or what it would take the place of.
    """

    name: str
    title: str
    what: str
    value: str
    between: str
    odds: str
    band: str
    chance: str
    effort: str
    rests: str
    beside: str
    ripe: bool
    tells: bool
    is_alternative: bool

    @property
    def figure(self) -> str:
        """Return its amount with the time it speaks of."""
        if self.value == NOTHING:
            return say("decision.no_amount")
        return say("decision.figure", value=self.value)

    @property
    def about(self) -> str:
        """Return what stands beside the amount, in one line."""
        sure = "" if self.ripe or not self.chance else say("decision.ripe_not")
        parts = (self.band, self.chance, self.effort, self.rests, sure)
        return "; ".join(part for part in parts if part)


def say_proposals(report: Report) -> list[ProposalText]:
    """Return the whole list in words, what only stands beside it last."""
    return [say_proposal(row, report) for row in iterate_rows(report.proposals.table)]


def say_open(report: Report) -> list[ProposalText]:
    """Return in words what of the list nobody has decided on."""
    rows = open_proposals(report.proposals.table, report.tuning.ledger)
    return [say_proposal(row, report) for row in iterate_rows(rows)]


def say_head(
    report: Report, n: int = HEAD, ledger: pd.DataFrame | None = None
) -> list[ProposalText]:
    """Return in words the first that can be decided now.

    Parameters
    ----------
    ledger : DataFrame, optional
        Where what was decided stands; the report's own unless given.
    """
    known = report.tuning.ledger if ledger is None else ledger
    rows = head(report.proposals.table, known, n)
    return [say_proposal(row, report) for row in iterate_rows(rows)]


def say_proposal(row: Any, report: Report) -> ProposalText:
    """Return one row of the list in words."""
    priced = not math.isnan(row.value)
    return ProposalText(
        name=row.proposal,
        title=say(f"decision.title.{row.action}"),
        what=what(row, report.currency),
        value=MONEY.write(row.value, report.currency) if priced else NOTHING,
        between=NOTHING if math.isnan(row.low) else say("deck.range", **_bounds(row, report)),
        odds=NOTHING if math.isnan(row.probability) else write_chance(row.probability),
        band=_band(row, report),
        chance=_chance(row),
        effort=_effort(row.effort) if row.action != Action.RECORD else "",
        rests=_rests(row),
        beside=_beside(row, report),
        ripe=bool(row.ripe),
        tells=row.action in KNOWING,
        is_alternative=bool(row.instead_of),
    )


def what(row: Any, currency: str) -> str:
    """Return what is to be done, as an action."""
    facts = json.loads(row.facts)
    names = [title(f) for f in row.functions.split(BETWEEN) if f]
    known: dict[str, Any] = {
        "subject": row.subject,
        "function": names[0] if names else "",
        "teams": COUNT.write(row.teams),
        "months": COUNT.write(row.months),
    }
    code = str(row.action)
    match row.action:
        case Action.MOVE:
            known |= {
                "moved": MONEY.write(facts["moved"], currency),
                "to": [title(f) for f in facts["to"].split(BETWEEN)],
                "away": [title(f) for f in facts["away"].split(BETWEEN)],
            }
        case Action.STEP:
            first = load_model().question(facts["question"]).criteria[0].split(". ")[0]
            known["criterion"] = first[0].lower() + first[1:].rstrip(".")
        case Action.MEASURE if row.until:
            known["month"] = write_month(pd.Timestamp(row.until))
        case Action.MEASURE:
            code += "_long"
        case Action.MEND:
            return say(f"maturity.advice.{facts['advice']}").rstrip(".")
        case Action.RECORD:
            if knows(f"decision.record.{row.subject}"):
                return say(f"decision.record.{row.subject}")
            known["reason"] = _reason(row.subject)
    return say(f"decision.what.{code}", **known)


def _reason(code: str) -> str:
    for place in ("reason", "maturity.reason"):
        if knows(f"{place}.{code}"):
            return say(f"{place}.{code}")
    return code.replace("_", " ")


def _bounds(row: Any, report: Report) -> dict[str, str]:
    return {end: MONEY.write(getattr(row, end), report.currency) for end in ("low", "high")}


def _band(row: Any, report: Report) -> str:
    if math.isnan(row.low):
        return ""
    return say("decision.band", level=f"{row.level:.0f}", **_bounds(row, report))


def _chance(row: Any) -> str:
    if math.isnan(row.probability):
        return ""
    code = "knows" if row.action in KNOWING else "chance"
    return say(f"decision.{code}", chance=write_chance(row.probability))


def _effort(months: float) -> str:
    if math.isnan(months):
        return say("decision.effort_unknown")
    if months == 0:
        return say("decision.effort_none")
    if round(months) < 1:
        return say("decision.effort_below")
    return say("decision.effort", months=COUNT.write(round(months)))


def _rests(row: Any) -> str:
    facts = json.loads(row.facts)
    rests = say(
        f"decision.rests.{row.basis}",
        months=COUNT.write(row.months),
        rows=COUNT.write(facts.get("rows", float("nan"))),
    )
    return f"{rests}; {say(f'decision.without.{row.reason}')}" if row.reason else rests


def _beside(row: Any, report: Report) -> str:
    if row.excludes:
        return say("decision.excludes", what=_named(row.excludes.split(BETWEEN), report))
    if row.instead_of:
        return say("decision.instead_of", what=_named(row.instead_of.split(BETWEEN), report))
    return ""


def _named(names: Iterable[str], report: Report) -> str:
    table = report.proposals.table.set_index("proposal")
    rows = (table.loc[name] for name in names)
    return "; ".join(what(row, report.currency) for row in rows)


def proposals_document(report: Report) -> dict[str, Any]:
    """Return the list and what was decided as data, with the words of each proposal.

    Returns
    -------
    dict
        ``start``; ``proposals``: as ``ProposalsPart.table`` with ``what``, ``rests_on`` and
        whether it is ``open``; ``decided``: from the ledger, with what was promised and what came.
    """
    table, ledger = report.proposals.table, report.tuning.ledger
    still = set(open_proposals(table, ledger)["proposal"])
    rows = []
    for row, said in zip(table.to_dict("records"), say_proposals(report), strict=True):
        lists = {name: [each for each in row[name].split(BETWEEN) if each] for name in LISTS}
        words = {"what": said.what, "rests_on": said.rests, "open": row["proposal"] in still}
        rows.append({name: row[name] for name in FIELDS} | lists | words)
    decided = ledger[DECIDED].to_dict("records") if len(ledger) else []
    return {"start": report.proposals.start, "proposals": rows, "decided": decided}


__all__ = [
    "ProposalText",
    "proposals_document",
    "say_head",
    "say_open",
    "say_proposal",
    "say_proposals",
    "what",
]
