"""The Maturity page in seven views; the address says which, so a link shows what was seen."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from metrics.report import Report
from ui.door import cached, parts, session, writes
from ui.look import writing
from ui.maturity import (
    adaptation,
    change,
    company,
    divide,
    evidence,
    practice,
    roadmap,
    why,
)
from words import say


def show_standing(current: session.Session) -> None:
    """Show where the company and each function stand, and why."""
    report = current.report()
    cached.cache_section(_show_company, report, *current.profile.functions)
    why.function(current, report.maturity)
    cached.cache_section(_findings, report)


def _show_company(report: Report, *scope: str) -> None:
    part = report.maturity
    company.verdict(part, len(scope))
    company.heatmap(part, scope)
    left, right = st.columns([11, 9], gap="large")
    with left:
        company.levels(part)
    with right:
        company.views(part)


def _findings(report: Report) -> None:
    company.findings(report.maturity)


def show_unanswered(current: session.Session) -> None:
    """Say that nobody has answered, and where to begin."""
    writing.show_empty(
        say("maturity.empty", client=writing.literal(current.client.name)),
        say("maturity.begin"),
        "pages/assess.py",
    )
    company.findings(current.report().maturity)


TABS: tuple[tuple[str, Callable[[session.Session], None], bool], ...] = (
    ("standing", show_standing, True),
    ("change", change.show, True),
    ("evidence", evidence.show, False),
    ("practice", practice.show, False),
    ("roadmap", roadmap.show, False),
    ("divide", divide.show, True),
    ("model", adaptation.show, False),
)
"""Name in the address and in ``words``, what shows it, and whether it needs answers."""


def show(current: session.Session) -> None:
    """Ask for a view and show it."""
    names = tuple(name for name, _, _ in TABS)
    chosen = parts.choose(
        names, lambda name: say(f"maturity.tab.{name}"), say("maturity.tab.label")
    )
    writes.message()
    view, answered = next((view, needs) for name, view, needs in TABS if name == chosen)
    if answered and current.report().maturity.functions["published"].isna().all():
        show_unanswered(current)
    else:
        view(current)
