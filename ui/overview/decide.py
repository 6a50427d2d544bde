"""What the Overview asks for: the head of the one list, each decided in two clicks."""

from __future__ import annotations

import streamlit as st

from metrics.proposals.part import HEAD
from metrics.report import Report
from readout.proposals import say_head
from ui.door import session, taking, writes
from ui.look import writing
from words import say


def show(current: session.Session, report: Report) -> None:
    """Show the first of the list that nobody has decided on, each with its button.

    Parameters
    ----------
    report : Report
        Whose figures are shown: the issued one where one is issued. What was decided since is
        read from the newest revision.
    """
    writing.heading(say("page.overview.decide"))
    writes.message()
    found = say_head(report, ledger=current.report().tuning.ledger)
    if not found:
        writing.show_quiet(say("page.overview.decide_none"))
        return
    for column, one in zip(st.columns(HEAD, gap="medium"), found, strict=False):
        with column:
            writing.cards([(one.what, one.figure, one.about, "")])
            if taking.may_decide(current):
                taking.take_up(current, one)
    writing.show_quiet(say("decision.scale"))
