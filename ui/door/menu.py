"""The menu: every page once, in order, and the client picker above it."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from metrics.units import write_day
from ui.door import cached, gate, session, setup
from words import say
from workspaces.access import LOCAL


@dataclass(frozen=True)
class Entry:
    """One page: its file, its title in ``words`` and its icon. Reorder the menu here."""

    file: str
    title: str
    icon: str


ENTRIES: tuple[Entry, ...] = (
    Entry("overview", "page.menu.overview", ":material/dashboard:"),
    Entry("measure", "page.menu.measure", ":material/monitoring:"),
    Entry("model", "model.title", ":material/science:"),
    Entry("forecast", "outlook.title", ":material/trending_up:"),
    Entry("tune", "tune.title", ":material/tune:"),
    Entry("maturity", "maturity.menu", ":material/stairs:"),
    Entry("assess", "maturity.menu_assess", ":material/checklist:"),
    Entry("business_case", "case.title", ":material/account_balance:"),
    Entry("data", "page.menu.data", ":material/upload_file:"),
    Entry("connections", "connections.title", ":material/database:"),
    Entry("readout", "readout_page.title", ":material/slideshow:"),
    Entry("methods", "page.menu.methods", ":material/menu_book:"),
    Entry("settings", "settings.title", ":material/settings:"),
)


def pages() -> st.Page:
    """Return the page to run; the menu lists what this person may open.

    Every page is known to Streamlit whoever asks, so that an address keeps its meaning; the guard
    decides.
    """
    open_to = session.may_open(*(entry.file for entry in ENTRIES))
    listed = [
        st.Page(
            f"pages/{e.file}.py",
            title=say(e.title),
            icon=e.icon,
            default=i == 0,
            visibility="visible" if e.file in open_to else "hidden",
        )
        for i, e in enumerate(ENTRIES)
    ]
    st.logo(str(gate.LOGO), size="large")
    return st.navigation(listed, position="sidebar", expanded=True)


def sidebar() -> None:
    """Show the client picker and who is here."""
    with st.sidebar:
        _picker()
        _show_person()


def _show_person() -> None:
    who = session.person()
    if who is None:
        st.caption(say("access.by_link"))
        if st.button(say("access.leave_link"), type="tertiary"):
            session.leave_link()
            st.rerun()
    elif who != LOCAL:
        st.caption(say("access.signed_in", name=who.name or who.email))
        if st.button(say("access.sign_out"), icon=":material/logout:", type="tertiary"):
            session.sign_out()


def _picker() -> None:
    clients = {client.id: client for client in session.clients()}
    if not clients:
        return
    current = session.client_id()
    identifiers = list(clients)
    picked = st.selectbox(
        say("page.menu.client"),
        identifiers,
        index=identifiers.index(current) if current else None,
        format_func=lambda identifier: clients[identifier].name,
        placeholder=say("page.menu.client"),
        key=f"client-{current}",
    )
    if picked and picked != current:
        session.choose(picked)
        st.rerun()
    if current:
        session.choose(current)
        session.ask_to_read(current)
        snapshot = cached.snapshot(current, clients[current].revision)
        code = "about" if snapshot.frames else "about_empty"
        st.caption(
            say(f"page.menu.{code}", revision=snapshot.revision, as_of=write_day(snapshot.as_of))
        )
    if session.administers() and st.button(
        say("page.menu.new_client"), icon=":material/add:", type="tertiary"
    ):
        setup.new_client(session.new_client)
