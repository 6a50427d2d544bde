"""What somebody sees who cannot go on: the way in, a closed page, a fault."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from metrics.errors import AttuneError
from ui.door import setup
from ui.look.writing import escape, sentence, show_quiet
from words import knows, say


def show_failure(reference: str) -> None:
    """Show that the program failed, with the reference under which the log holds the cause."""
    st.error(say("errors.broken", reference=reference), icon=":material/error:")


def show_fault(fault: AttuneError) -> None:
    """Say what is wrong with disk or database, what that means and who mends it."""
    st.error(sentence(fault), icon=":material/hard_drive:")


def show_last_good(found: tuple[AttuneError, int | None] | None) -> None:
    """Say above a page that it shows what could be read last, and of which revision."""
    if found is None:
        return
    fault, revision = found
    code = "errors.last_good" if revision is None else "errors.last_good_revision"
    st.warning(f"{sentence(fault)} {say(code, revision=revision)}", icon=":material/hard_drive:")


def show_refusal(why: str) -> None:
    """Say that a page is closed to this person, why, and where to go on."""
    st.title(say("access.not_open"), anchor=False)
    show_quiet(why)
    st.page_link("pages/overview.py", label=say("access.on"))


def sign_in(refused: AttuneError, sign_out: Callable[[], None] | None) -> None:
    """Show the way in to somebody who is not signed in, or why the way is closed."""
    code = refused.code if knows(f"access.{refused.code}") else "refused"
    st.title(say("access.title"), anchor=False)
    st.html(f'<p class="attune-verdict">{escape(say(f"access.{code}"))}</p>')
    if code in ("loopback_only", "link_ended", "not_guarded"):
        return
    with st.container(horizontal=True):
        if st.button(say("access.sign_in"), type="primary", icon=":material/login:"):
            st.login()
        if sign_out and st.button(say("access.sign_out"), type="tertiary"):
            sign_out()


def welcome(open_sample: Callable[[], None], create: Callable, may_create: bool = True) -> None:
    """Show the way in when no client is chosen."""
    st.title(say("page.welcome.title"), anchor=False)
    st.html(f'<p class="attune-verdict">{escape(say("page.welcome.verdict"))}</p>')
    if not may_create:
        show_quiet(say("access.no_client"))
        return
    show_quiet(say("page.welcome.about"))
    left, right, _ = st.columns([1, 1, 2], vertical_alignment="bottom")
    if left.button(say("page.welcome.sample"), type="primary", width="stretch"):
        open_sample()
        st.rerun()
    if right.button(say("page.welcome.create"), width="stretch"):
        setup.new_client(create)
