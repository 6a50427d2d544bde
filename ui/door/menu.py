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
    """One page: its file, its title in ``words`` and its icon. Reorder the menu here."""

    file: str
    title: str
    icon: str


MAP: dict[str, tuple[Entry, ...]] = {
    "": (Entry("overview", "page.menu.overview", ":material/dashboard:"),),
    "page.menu.measure": (
        Entry("maturity", "maturity.menu", ":material/stairs:"),
        Entry("indicators", "page.menu.indicators", ":material/monitoring:"),
    ),
    "page.menu.model": (
        Entry("initiatives", "model.title", ":material/science:"),
        Entry("outlook", "outlook.title", ":material/trending_up:"),
        Entry("business_case", "case.title", ":material/account_balance:"),
    ),
    "page.menu.tune": (Entry("decisions", "tune.title", ":material/tune:"),),
    "page.menu.bring": (
        Entry("data", "page.menu.data", ":material/upload_file:"),
        Entry("readout", "readout_page.title", ":material/slideshow:"),
    ),
    "page.menu.foot": (
        Entry("methods", "page.menu.methods", ":material/menu_book:"),
        Entry("settings", "settings.title", ":material/settings:"),
    ),
}
"""Heading (in ``words``) → the pages below it: the loop is the map."""
BY_LINK = (Entry("assess", "maturity.menu_assess", ":material/checklist:"),)
"""Pages that are opened from a link or from another page, and stand in no menu."""
ENTRIES: tuple[Entry, ...] = (*(e for below in MAP.values() for e in below), *BY_LINK)


def pages() -> st.Page:
    """Return the page to run; the menu lists what this person may open.

    Every page is known to Streamlit whoever asks, so that an address keeps its meaning; the guard
    decides. An address of the time before the map leads to where its page stands now.
    """
    open_to = session.may_open(*(entry.file for entry in ENTRIES))
    listed = {
        say(heading) if heading else "": [_page(entry, entry.file in open_to) for entry in below]
        for heading, below in MAP.items()
    }
    listed[""] += [
        *(_page(entry, listed=False) for entry in BY_LINK),
        *(
            st.Page(partial(addresses.follow, old), url_path=old, title=old, visibility="hidden")
            for old in addresses.OLD_PAGES
        ),
    ]
    st.logo(str(gate.LOGO), size="large")
    return st.navigation(listed, position="sidebar", expanded=True)


def _page(entry: Entry, listed: bool) -> st.Page:
    return st.Page(
        f"pages/{entry.file}.py",
        title=say(entry.title),
        icon=entry.icon,
        default=entry is ENTRIES[0],
        visibility="visible" if listed else "hidden",
    )


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
