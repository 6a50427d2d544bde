"""The only place that caches. Keys are client, revision, assumptions: saving raises the revision,
so nothing is ever cleared by hand. Nobody is asked here: ``session`` asks, then a cache answers.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any, TypeVar

import streamlit as st

from loop import readouts, reports
from loop.readouts import Issued
from metrics.assumptions import Assumptions
from metrics.business_case import part as business_case
from metrics.business_case.part import ProgrammeCase, Scenario
from metrics.model import Snapshot
from metrics.outlook.part import outlook
from metrics.outlook.scenarios import Programme
from metrics.outlook.teams import TeamOutlook, team_outlook
from metrics.report import Report
from metrics.units import written_in
from ui.look import theme
from ui.look.later import buttons_later
from workspaces.access import Workspace
from workspaces.store import Store

PARTS_KEPT = 24
OF_CLIENT: dict[str | type, Callable] = {Workspace: attrgetter("client")}
"""What is computed for one who may read a client is the same for all who may."""


@st.cache_resource(show_spinner=False)
def store() -> Store:
    """Return the one store of this process."""
    return Store.open()


@st.cache_resource(show_spinner=False, max_entries=PARTS_KEPT, hash_funcs=OF_CLIENT)
def report(workspace: Workspace, revision: int, wanted: tuple[str, ...], code: str) -> Report:
    """Return parts of a report; shared between readers, never changed by them."""
    return reports.report(workspace, wanted, revision)


FORECAST_NEEDS = ("measures", "effects", "case", "maturity", "forecasts")
OUTLOOKS_KEPT = 4
"""Simulated futures take a few megabytes a client."""


@st.cache_resource(show_spinner=False, max_entries=OUTLOOKS_KEPT, hash_funcs=OF_CLIENT)
def programme(workspace: Workspace, revision: int, code: str) -> Programme:
    """Return the simulated futures of a revision, for trying plans."""
    one = reports.report(workspace, FORECAST_NEEDS, revision)
    return outlook(snapshot(workspace, revision), one.assumptions, one.parts, folds=0).programme


@st.cache_resource(show_spinner=False, max_entries=PARTS_KEPT, hash_funcs=OF_CLIENT)
def teams(workspace: Workspace, revision: int, kpi: str, code: str) -> TeamOutlook:
    """Return the forecasts of one KPI for every team."""
    one = reports.report(workspace, FORECAST_NEEDS, revision)
    return team_outlook(snapshot(workspace, revision), one.assumptions, one.parts, kpi)


@st.cache_resource(show_spinner=False, max_entries=PARTS_KEPT, hash_funcs=OF_CLIENT)
def snapshot(workspace: Workspace, revision: int) -> Snapshot:
    """Return the snapshot of a revision, for drill-down to cells."""
    return workspace.snapshot(revision)


@st.cache_resource(show_spinner=False, max_entries=PARTS_KEPT, hash_funcs=OF_CLIENT)
def what_if(
    workspace: Workspace, revision: int, changes: tuple[tuple[str, float], ...], scenario: Scenario
) -> ProgrammeCase:
    """Return the case under other assumptions; nothing of it is kept in the store."""
    known = report(workspace, revision, ("savings", "effects"), reports.code_version())
    chosen = Assumptions(dict(changes))
    return business_case.what_if(snapshot(workspace, revision), chosen, known.parts, scenario)


SECTIONS_KEPT = 800
"""Sections of pages as they were sent, some ten kilobytes each."""
R = TypeVar("R")


@st.cache_resource(show_spinner=False, max_entries=SECTIONS_KEPT)
def _once(
    key: tuple[str | int, ...],
    given: tuple[str, ...],
    _make: Callable,
    _report: Report,
    _of_revision: tuple[Snapshot, ...],
) -> tuple[Any, list[Callable[[], None]], Any]:
    with buttons_later() as later:
        made = _make(_report, *given, *_of_revision)
    # The parts are kept with what was made of them: nothing else can get their identity.
    return made, later, _report.parts


def once(
    make: Callable[..., R], report: Report, *given: str, snapshot: Snapshot | None = None
) -> R:
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
    snapshot : Snapshot, optional
        That of the report's revision, handed on last where the section reads cells too.
    """
    key = (
        make.__module__,
        make.__qualname__,
        id(report.parts),
        report.revision,
        theme.tokens().paper,
        written_in(),
    )
    made, later, _ = _once(key, given, make, report, (snapshot,) if snapshot else ())
    for show in later:
        show()
    return made


@st.cache_resource(show_spinner=False, max_entries=PARTS_KEPT, hash_funcs=OF_CLIENT)
def issued(workspace: Workspace, identifier: str, _one: Issued) -> Report:
    """Return a report as it was issued: its bytes never change."""
    return readouts.issued_report(workspace, _one)


def forget() -> None:
    """Drop everything computed once a client is gone: a kept result does not tell whose it is."""
    for kept in (report, programme, teams, snapshot, what_if, _once, issued):
        kept.clear()
