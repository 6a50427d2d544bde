"""The only place that caches. Keys are client, revision, assumptions: saving raises the revision,
so nothing is ever cleared by hand. Nobody is asked here: ``session`` asks, then a cache answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

import streamlit as st

from loop import readouts, reports
from loop.readouts import Issued
from metrics.assumptions import Assumptions
from metrics.business_case import part as business_case
from metrics.business_case.part import ProgrammeCase, Scenario
from metrics.model import Snapshot
from metrics.outlook.part import outlook
from metrics.outlook.scenarios import PlannedFutures
from metrics.outlook.teams import TeamOutlook, team_outlook
from metrics.report import Report
from metrics.units import written_in
from ui.look import theme
from ui.look.later import buttons_later
from words import say
from workspaces.access import LOCAL, Workspace, enter
from workspaces.store import Store

PARTS_KEPT = 24


@st.cache_resource(show_spinner=False)
def store() -> Store:
    """Return the one store of this process."""
    return Store.open()


@st.cache_resource(show_spinner=False)
def drafts() -> dict[tuple[str, str], Any]:
    """Return what people bring in and have not saved, by person and client (``drafts``)."""
    return {}


def _behind_the_door(client: str) -> Workspace:
    """Return a workspace that outlives who asked first: what is kept serves all who may read."""
    return enter(store(), LOCAL, client)


_COMPUTING: ContextVar[bool] = ContextVar("computing", default=False)


@contextmanager
def _computing() -> Iterator[None]:
    """Say that figures are being worked out; once, however many parts need one another."""
    if _COMPUTING.get():
        yield
        return
    token = _COMPUTING.set(True)
    try:
        with st.spinner(say("page.computing"), show_time=True):
            yield
    finally:
        _COMPUTING.reset(token)


@st.cache_resource(show_spinner=False, max_entries=PARTS_KEPT)
def report(client: str, revision: int, code: str) -> Report:
    """Return a report; shared between readers, never changed by them."""
    return reports.report(_behind_the_door(client), revision, while_computing=_computing)


OUTLOOKS_KEPT = 4
"""Simulated futures take a few megabytes a client."""


@st.cache_resource(show_spinner=False, max_entries=OUTLOOKS_KEPT)
def planned_futures(client: str, revision: int, code: str) -> PlannedFutures:
    """Return the simulated futures of a revision, for trying plans."""
    one, known = report(client, revision, code), snapshot(client, revision)
    return outlook(
        known, one.assumptions, one.measures, one.effects, one.maturity, folds=0
    ).programme


@st.cache_resource(show_spinner=False, max_entries=PARTS_KEPT)
def teams(client: str, revision: int, kpi: str, code: str) -> TeamOutlook:
    """Return the forecasts of one KPI for every team."""
    one, known = report(client, revision, code), snapshot(client, revision)
    levers = one.forecasts.levers
    return team_outlook(known, one.assumptions, one.measures, one.effects, levers, kpi)


@st.cache_resource(show_spinner=False, max_entries=PARTS_KEPT)
def snapshot(client: str, revision: int) -> Snapshot:
    """Return the snapshot of a revision, for drill-down to cells."""
    return store().snapshot(client, revision)


@st.cache_resource(show_spinner=False, max_entries=PARTS_KEPT)
def what_if(
    client: str, revision: int, changes: tuple[tuple[str, float], ...], scenario: Scenario
) -> ProgrammeCase:
    """Return the case under other assumptions; nothing of it is kept in the store."""
    one, chosen = report(client, revision, reports.code_version()), Assumptions(dict(changes))
    known = snapshot(client, revision)
    return business_case.what_if(known, chosen, one.value, one.effects, scenario)


SECTIONS_KEPT = 800
"""Sections of pages as they were sent, some ten kilobytes each."""
R = TypeVar("R")


@st.cache_resource(show_spinner=False, max_entries=SECTIONS_KEPT)
def _cache_section(
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


def cache_section(
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
    made, later, _ = _cache_section(key, given, make, report, (snapshot,) if snapshot else ())
    for show in later:
        show()
    return made


@st.cache_resource(show_spinner=False, max_entries=PARTS_KEPT)
def issued_report(client: str, identifier: str, _one: Issued) -> Report:
    """Return a report as it was issued: its bytes never change."""
    return readouts.issued_report(_behind_the_door(client), _one)


def forget(client: str = "") -> None:
    """Drop everything computed once a client is gone: a kept result does not tell whose it is."""
    for kept in (report, planned_futures, teams, snapshot, what_if, _cache_section, issued_report):
        kept.clear()
    for key in [key for key in list(drafts()) if key[1] == client]:
        drafts().pop(key, None)
