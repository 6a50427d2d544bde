"""What a client says of itself: teams, spellings, rates, functions, year and currency."""

from __future__ import annotations

import streamlit as st

from loop import profiles
from ui.door import session, setup, writes
from ui.look import writing
from words import say


def show(current: session.Session) -> None:
    """Change the profile; figures that are kept already follow."""
    writing.heading(say("settings.profile"), say("settings.profile_about"))
    known = current.profile
    with st.form("profile", border=False):
        asked = setup.ask_profile(known, f"{current.client.id}-{current.client.revision}")
        worth = st.number_input(
            say("settings.worth", currency=known.currency),
            min_value=0.0,
            value=None,
            help=say("settings.worth_help"),
        )
        done = st.form_submit_button(say("settings.profile_do"))
    if not done:
        return
    for problem in asked.problems:
        st.error(problem)
    if asked.problems:
        return
    if asked.profile == known:
        writing.show_quiet(say("settings.profile_same"))
        return
    names = profiles.changed(known, asked.profile)
    told = ", ".join(say(f"settings.profile_{name}") for name in names)
    writes.attempt(
        lambda: profiles.change(
            current.workspace, current.client.revision, asked.profile, worth or None
        ),
        lambda number: say("settings.profile_done", what=told, revision=number),
    )
