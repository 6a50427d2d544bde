"""What the Overview shows to whom: issued figures to executives, drafts marked."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from loop import readouts
from metrics.overview import Overview, overview, since_last
from metrics.report import Report
from ui.door import cached, downloads
from ui.door.session import Session
from ui.look import writing
from words import say
from workspaces.people import Role


@dataclass(frozen=True)
class Shown:
    """The report a reader sees, its state, and what it is compared with."""

    report: Report
    state: str
    overview: Overview
    name: str = ""


def load(session: Session) -> Shown:
    """Return the report as it was issued, or while a new one is drafted, to analysts, the draft.

    What was decided since it was issued changes none of its figures.
    """
    standing, past = readouts.state(session.workspace), readouts.history(session.workspace)
    if past and (standing == "issued" or not session.role.reaches(Role.ANALYST)):
        return _compare_with_last(session, session.issued(past[-1]), "issued", past[-1].name)
    return _compare_with_last(session, session.report(), standing, "")


def _compare_with_last(session: Session, report: Report, state: str, name: str) -> Shown:
    seen = cached.cache_section(_overview, report, *session.profile.functions)
    before, then = readouts.last_time(session.workspace, report)
    seen = since_last(
        seen, report.currency, cached.cache_section(readouts.values, report), then, before
    )
    return Shown(report, state, seen, name)


def _overview(report: Report, *functions: str) -> Overview:
    return overview(report, scope=len(functions))


def show_state(session: Session, seen: Shown) -> None:
    """Say under the verdict whether these figures are issued."""
    if seen.state == "issued":
        writing.show_quiet(say("readout_page.shown_issued", name=seen.name))
    else:
        first = "" if seen.overview.tiles[0].since else say("readout_page.shown_first")
        writing.show_quiet(f"{say(f'readout_page.shown_{seen.state}')} {first}".strip())


def take_away(session: Session, seen: Shown) -> None:
    """Offer this page on paper: drawn by us, not by the browser."""

    def made() -> bytes:
        read = readouts.reading(session.workspace, seen.report, session.snapshot, seen.state)
        look = readouts.brand(session.workspace)
        return readouts.BY_KEY["summary"].make(read, look, session.snapshot, ())

    with st.container(horizontal=True):
        downloads.download(
            say("readout_page.take"),
            made,
            f"{session.client.name} overview.pdf",
            "application/pdf",
            key="overview.pdf",
            icon=":material/picture_as_pdf:",
        )
