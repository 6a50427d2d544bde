"""The only place that caches. Keys are client, revision, assumptions: saving raises the revision,
so nothing is ever cleared by hand. Each door asks whether this person may, then the cache answers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import streamlit as st

from loop import readouts
from loop import reports as loop
from loop.readouts import Issued
from metrics import report as reports
from metrics.assumptions import Assumptions
from metrics.model import Profile, Snapshot
from metrics.outlook import outlook
from metrics.programme import ProgrammeCase, Scenario
from metrics.report import Report
from metrics.scenarios import Programme
from metrics.team_outlook import TeamOutlook, team_outlook
from metrics.units import written_in
from ui import parts, theme
from words import say
from workspaces.store import Store

PARTS_KEPT = 24


@st.cache_resource(show_spinner=False)
def store() -> Store:
    """Return the one store of this process."""
    return Store.open()


def _checked(client: str) -> None:
    """Ask whether whoever runs this page may see the client; AccessDenied if not."""
    from ui import session

    session.ask_to_read(client)


@st.cache_resource(show_spinner=False, max_entries=PARTS_KEPT)
def _report(client: str, revision: int, wanted: tuple[str, ...], code: str) -> Report:
    return loop.report(store(), client, wanted, revision)


def report(client: str, revision: int, wanted: tuple[str, ...]) -> Report:
    """Return parts of a report; shared between readers, never changed by them."""
    _checked(client)
    with st.spinner(say("page.computing"), show_time=True):
        return _report(client, revision, wanted, loop.code_version())


FORECAST_NEEDS = ("measures", "effects", "case", "maturity", "forecasts")
OUTLOOKS_KEPT = 4
"""Simulated futures take a few megabytes a client."""


@st.cache_resource(show_spinner=False, max_entries=OUTLOOKS_KEPT)
def _programme(client: str, revision: int, code: str) -> Programme:
    one = loop.report(store(), client, FORECAST_NEEDS, revision)
    return outlook(_snapshot(client, revision), one.assumptions, one.parts, folds=0).programme


def programme(client: str, revision: int) -> Programme:
    """Return the simulated futures of a revision, for trying plans."""
    _checked(client)
    with st.spinner(say("outlook.simulating"), show_time=True):
        return _programme(client, revision, loop.code_version())


@st.cache_resource(show_spinner=False, max_entries=PARTS_KEPT)
def _teams(client: str, revision: int, kpi: str, code: str) -> TeamOutlook:
    one = loop.report(store(), client, FORECAST_NEEDS, revision)
    return team_outlook(_snapshot(client, revision), one.assumptions, one.parts, kpi)


def teams(client: str, revision: int, kpi: str) -> TeamOutlook:
    """Return the forecasts of one KPI for every team."""
    _checked(client)
    with st.spinner(say("outlook.simulating"), show_time=True):
        return _teams(client, revision, kpi, loop.code_version())


@st.cache_resource(show_spinner=False, max_entries=PARTS_KEPT)
def _snapshot(client: str, revision: int) -> Snapshot:
    return store().snapshot(client, revision)


def snapshot(client: str, revision: int) -> Snapshot:
    """Return the snapshot of a revision, for drill-down to cells."""
    _checked(client)
    return _snapshot(client, revision)


def what_if(client: str, revision: int, chosen: Assumptions, scenario: Scenario) -> ProgrammeCase:
    """Return the case under other assumptions; nothing of it is kept in the store."""
    _checked(client)
    return _what_if(client, revision, tuple(sorted(chosen.changes.items())), scenario)


@st.cache_resource(show_spinner=False, max_entries=PARTS_KEPT)
def _what_if(
    client: str, revision: int, changes: tuple[tuple[str, float], ...], scenario: Scenario
) -> ProgrammeCase:
    known = report(client, revision, ("savings", "effects"))
    chosen = Assumptions(dict(changes))
    return reports.what_if(_snapshot(client, revision), chosen, known.parts, scenario)


SECTIONS_KEPT = 800
"""Sections of pages as they were sent, some ten kilobytes each."""
R = TypeVar("R")


@st.cache_resource(show_spinner=False, max_entries=SECTIONS_KEPT)
def _once(
    key: tuple[str | int, ...], given: tuple[str, ...], _make: Callable, _report: Report
) -> tuple[Any, list[Callable[[], None]], Any]:
    with parts.buttons_later() as later:
        made = _make(_report, *given)
    # The parts are kept with what was made of them: nothing else can get their identity.
    return made, later, _report.parts


def once(make: Callable[..., R], report: Report, *given: str) -> R:
    """Work a section of a page out once: what it shows is sent again, what it returns is kept.

    Building a chart costs more than everything else a click pays for. Nobody is asked here:
    whoever holds the report was asked when it was handed out. The section holds no widget; its
    downloads and folded tables stand below it.

    Parameters
    ----------
    make : callable
        Called with the report and what is ``given``.
    given : str
        All that the section depends on besides report, appearance and locale.
    """
    key = (make.__module__, make.__qualname__, id(report.parts), report.revision,
           theme.tokens().paper, written_in())  # fmt: skip
    made, later, _ = _once(key, given, make, report)
    for show in later:
        show()
    return made


@st.cache_resource(show_spinner=False, max_entries=PARTS_KEPT)
def _issued(client: str, identifier: str, _one: Issued) -> Report:
    return readouts.issued_report(store(), client, _one)


def issued(client: str, one: Issued) -> Report:
    """Return a report as it was issued: its bytes never change."""
    _checked(client)
    return _issued(client, one.files[readouts.PARTS], one)


def forget() -> None:
    """Drop everything computed once a client is gone: a kept result does not tell whose it is."""
    for kept in (_report, _programme, _teams, _snapshot, _what_if, _once, _issued):
        kept.clear()


def profile(client: str, revision: int) -> Profile:
    """Return the scope declaration at a revision."""
    return snapshot(client, revision).profile
