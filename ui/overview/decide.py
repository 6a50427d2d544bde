"""What the Overview asks for: the head of the one list, each with its button."""

from __future__ import annotations

from metrics.proposals.part import HEAD
from metrics.report import Report
from readout.proposals import say_proposals
from ui.look import writing
from words import say


def decide(report: Report) -> None:
    """Show the first of the list: what to do, what it brings, what it rests on."""
    writing.heading(say("page.overview.decide"))
    found = say_proposals(report, HEAD)
    if not found:
        writing.show_quiet(say("page.overview.decide_none"))
        return
    writing.cards([(one.title, one.figure, one.what, one.about) for one in found])
