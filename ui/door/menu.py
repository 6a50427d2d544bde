"""The menu: every page once, in order, and the client picker above it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import streamlit as st

from metrics.units import write_day
from ui.door import addresses, cached, gate, session, setup
from words import say
from workspaces.access import LOCAL


@dataclass(frozen=True)
class Entry:
    """One page: its file and its title in ``words``. Reorder the menu here."""

    file: str
    title: str


MAP: dict[str, tuple[Entry, ...]] = {
    "": (Entry("overview", "page.menu.overview"),),
    "page.menu.measure": (
        Entry("maturity", "maturity.menu"),
        Entry("indicators", "page.menu.indicators"),
    ),
    "page.menu.model": (
        Entry("initiatives", "model.title"),
        Entry("outlook", "outlook.title"),
        Entry("business_case", "case.title"),
    ),
    "page.menu.tune": (Entry("decisions", "tune.title"),),
    "page.menu.bring": (
        Entry("data", "page.menu.data"),
        Entry("readout", "readout_page.title"),
    ),
    "page.menu.foot": (
        Entry("methods", "page.menu.methods"),
        Entry("settings", "settings.title"),
    ),
}
"""Heading (in ``words``) → the pages below it: the loop is the map."""
BY_LINK = (Entry("assess", "maturity.menu_assess"),)
"""Pages that are opened from a link or from another page, and stand in no menu."""
ENTRIES: tuple[Entry, ...] = (*(e for below in MAP.values() for e in below), *BY_LINK)


def pages() -> st.Page:
    """Return the page to run.

    Every page is known to Streamlit whoever asks, so that an address keeps its meaning; the guard
    decides. An address of the time before the map leads to where its page stands now.
    """
    listed = [
        *(
            st.Page(f"pages/{entry.file}.py", title=say(entry.title), default=entry is ENTRIES[0])
            for entry in ENTRIES
        ),
        *(
            st.Page(partial(addresses.follow, old), url_path=old, title=old)
            for old in addresses.OLD_PAGES
        ),
    ]
    st.logo(str(gate.LOGO), size="large")
    return st.navigation(listed, position="hidden")


def sidebar() -> None:
    """Show the menu, the client picker and who is here."""
    with st.sidebar:
        _menu()
        st.divider()
        _picker()
        _show_person()


def _menu() -> None:
    """List the pages this person may open, below their headings.

    Streamlit's own menu with headings puts them between the items of a list, which a screen reader
    takes for a broken one.
    """
    open_to = session.may_open(*(entry.file for below in MAP.values() for entry in below))
    for heading, below in MAP.items():
        shown = [entry for entry in below if entry.file in open_to]
        if not shown:
            continue
        with st.container(gap=None):
            if heading:
                st.html(f'<p class="attune-menu" role="heading" aria-level="2">{say(heading)}</p>')
            for entry in shown:
                st.page_link(f"pages/{entry.file}.py", label=say(entry.title))


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
