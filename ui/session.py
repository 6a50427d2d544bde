"""Who is asking, for which client, and what the address says: the only user of session state."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

import loop
from metrics.assumptions import Assumptions
from metrics.model import Profile, Snapshot
from metrics.report import BY_NAME, Report
from ui import cached, parts
from words import say
from workspaces.store import Client, Store

LOOPBACK = (None, "127.0.0.1", "::1", "localhost")
LOCAL_AUTHOR = "local user"


@dataclass(frozen=True)
class Session:
    """What every page needs to know before it shows anything."""

    store: Store
    client: Client
    author: str = LOCAL_AUTHOR

    @property
    def profile(self) -> Profile:
        return cached.profile(self.client.id, self.client.revision)

    @property
    def assumptions(self) -> Assumptions:
        return loop.assumptions(self.store, self.client.id, self.client.revision)

    @property
    def snapshot(self) -> Snapshot:
        return cached.snapshot(self.client.id, self.client.revision)

    def report(self, *wanted: str) -> Report:
        """Return the wanted parts of the client's report, or all; progress when it takes long."""
        return cached.report(self.client.id, self.client.revision, wanted or tuple(BY_NAME))


def guard() -> None:
    """Stop the page for anybody who may not see it. The first statement of every page.

    Without sign-in Attune serves the machine it runs on and nobody else. A page whose own address
    is the first thing a new server hears runs without ``app.py``; it is sent through the front
    door, which brings it back.
    """
    loopback_only()
    if not st.session_state.pop("entered", False):
        here = Path(inspect.stack()[1].filename)
        st.session_state["wanted"] = (f"pages/{here.name}", st.query_params.to_dict())
        st.switch_page("app.py")


def loopback_only() -> None:
    """Refuse anybody who is not on this machine."""
    if st.context.ip_address not in LOOPBACK:
        st.error(say("access.loopback_only"))
        st.stop()


def enter() -> None:
    """Note that this run came through ``app.py``, and go to the page that sent it here."""
    wanted = st.session_state.pop("wanted", None)
    if wanted is not None:
        page, filters = wanted
        st.switch_page(page, query_params=filters)
    st.session_state["entered"] = True


def clients() -> tuple[Client, ...]:
    """Return the clients this person may open, by name."""
    return cached.store().clients()


def client_id() -> str | None:
    """Return the client the address or this session points to, if it still exists."""
    known = {client.id for client in clients()}
    wanted = st.query_params.get("client") or st.session_state.get("client")
    if wanted in known:
        st.session_state["client"] = wanted
        return wanted
    return next(iter(known)) if len(known) == 1 else None


def choose(identifier: str) -> None:
    """Make a client the one shown, here and in the address."""
    st.session_state["client"] = identifier
    st.query_params["client"] = identifier


def open_client() -> Session:
    """Return the session for the chosen client; without one, show the way in and stop."""
    identifier = client_id()
    if identifier is None:
        parts.welcome(open_sample, new_client)
        st.stop()
    chosen = next(client for client in clients() if client.id == identifier)
    return Session(cached.store(), chosen)


def open_sample() -> None:
    """Load the sample company once and show it."""
    with st.spinner(say("page.welcome.loading")):
        identifier, _ = loop.load_sample(cached.store(), LOCAL_AUTHOR)
    choose(identifier)


def new_client(profile: Profile) -> None:
    """Create a client and show it."""
    choose(cached.store().create_client(profile, LOCAL_AUTHOR))


def remember(key: str, value: Any) -> None:
    """Keep a value for this person's session, such as files that await saving."""
    st.session_state[f"kept.{key}"] = value


def recall(key: str) -> Any:
    """Return what was remembered under ``key``, or None."""
    return st.session_state.get(f"kept.{key}")


def from_address(key: str, allowed: Mapping[str, str] | tuple[str, ...], default: str) -> str:
    """Return the value of a filter in the address, if it is one of ``allowed``."""
    value = st.query_params.get(key, default)
    return value if value in allowed else default


def to_address(**filters: str) -> None:
    """Write filters to the address, so that a link shows what its sender saw."""
    for key, value in filters.items():
        if st.query_params.get(key) != value:
            st.query_params[key] = value
