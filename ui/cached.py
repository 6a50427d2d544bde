"""The only place that caches. Keys are client, revision, assumptions: saving raises the revision,
so nothing is ever cleared by hand. Callers have passed the access check before they get here.
"""

from __future__ import annotations

import streamlit as st

import loop
from metrics.model import Profile, Snapshot
from metrics.report import Report
from words import say
from workspaces.store import Store

PARTS_KEPT = 24


@st.cache_resource(show_spinner=False)
def store() -> Store:
    """Return the one store of this process."""
    return Store.open()


@st.cache_resource(show_spinner=False, max_entries=PARTS_KEPT)
def _report(client: str, revision: int, wanted: tuple[str, ...], code: str) -> Report:
    return loop.report(store(), client, wanted, revision)


def report(client: str, revision: int, wanted: tuple[str, ...]) -> Report:
    """Return parts of a report; shared between readers, never changed by them."""
    with st.spinner(say("page.computing"), show_time=True):
        return _report(client, revision, wanted, loop.code_version())


@st.cache_resource(show_spinner=False, max_entries=PARTS_KEPT)
def snapshot(client: str, revision: int) -> Snapshot:
    """Return the snapshot of a revision, for drill-down to cells."""
    return store().snapshot(client, revision)


def profile(client: str, revision: int) -> Profile:
    """Return the scope declaration at a revision."""
    return snapshot(client, revision).profile
