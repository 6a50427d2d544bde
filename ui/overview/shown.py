"""What the Overview shows to whom: issued figures to executives, drafts marked."""

from __future__ import annotations

from dataclasses import dataclass, replace

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
    """Return the issued report for an executive, the current one for everybody else."""
    workspace = session.workspace
    standing, past = (
        readouts.state(workspace),
        readouts.history(workspace),
    )
    if past and standing != "issued" and not session.role.reaches(Role.ANALYST):
        report = session.issued(past[-1])
        return _compare_with_last(session, report, "issued", past[-1].name)
    report = session.report()
    name = past[-1].name if past and standing == "issued" else ""
    if name:
        # Saving the sign-off raised the revision; the figures are those that were issued.
        report = replace(report, revision=past[-1].revision)
    return _compare_with_last(session, report, standing, name)


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
