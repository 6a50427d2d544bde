"""The one list on its own page: what is ripe, what is too unsure, what is only another way."""

from __future__ import annotations

import streamlit as st

from metrics.report import Report
from metrics.units import MONEY
from readout.proposals import NOTHING, ProposalText, say_open, say_proposals
from ui.door import session, taking, writes
from ui.look import writing
from words import say

TOGETHER = 5
"""So many of the first are added up: by the order of the list that is what they bring together."""


def show(current: session.Session, report: Report) -> None:
    """Show what might be done, the most valuable first, each with its button."""
    writes.message(loud=True)
    open_ones = say_open(report)
    ripe = [one for one in open_ones if one.ripe and one.value != NOTHING]
    writing.statement(_sentence(report, ripe), say("decision.scale"))
    for one in ripe:
        _row(current, one)
    priced = [one for one in open_ones if one.value != NOTHING]
    others = [one for one in say_proposals(report) if one.is_alternative]
    _folded(current, say("decision.unsure"), [one for one in priced if not one.ripe])
    _folded(current, say("decision.unpriced"), [one for one in open_ones if one not in priced])
    _folded(current, say("decision.others"), others)


def _sentence(report: Report, ripe: list[ProposalText]) -> str:
    if not ripe:
        return say("decision.none_ripe")
    first = {one.name for one in ripe[:TOGETHER]}
    table = report.proposals.table
    worth = float(table.loc[table["proposal"].isin(first), "value"].sum())
    return say(
        "decision.sentence", n=len(first), value=MONEY.write(worth, report.currency), all=len(ripe)
    )


def _folded(current: session.Session, label: str, found: list[ProposalText]) -> None:
    if not found:
        return
    with st.expander(f"{label} ({len(found)})"):
        for one in found:
            _row(current, one)


def _row(current: session.Session, one: ProposalText) -> None:
    left, right = st.columns([6, 1], vertical_alignment="center")
    with left:
        writing.cards([(one.what, one.figure, one.about, one.beside)])
    if taking.may_decide(current):
        with right:
            taking.take_up(current, one)


def measuring(current: session.Session, report: Report) -> None:
    """Show what the list would have measured next."""
    found = [one for one in say_open(report) if one.tells]
    writing.statement(say("decision.measuring" if found else "decision.measuring_none"), "")
    for one in found:
        _row(current, one)
