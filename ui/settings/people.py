"""What the Settings page shows of people: roles, invitations, removal, and the audit."""

from __future__ import annotations

import json

import pandas as pd
import streamlit as st

from metrics.frames.frame import iterate_rows
from ui.door import session, tables, writes
from ui.look import writing
from ui.settings.client import finish
from words import knows, say
from workspaces.people import INVITATION_DAYS, Role

ROLES = tuple(Role)


def _role(role: str) -> str:
    return say(f"access.role_{role}")


def show_roles(current: session.Session) -> None:
    """Show who has a role or an invitation for this client."""
    writing.heading(
        say("settings.people", client=writing.literal(current.client.name)),
        say("settings.people_about"),
    )
    if not session.signs_in():
        st.info(say("settings.no_sign_in"))
    found = current.workspace.people()
    if found.empty:
        writing.show_quiet(say("settings.people_none"))
        return
    shown = found.assign(
        role=[_role(role) for role in found["role"]],
        state=[say(f"settings.state_{state}") for state in found["state"]],
    )
    columns = {c: say(f"settings.{c}") for c in shown}
    st.dataframe(shown, hide_index=True, width="stretch", column_config=columns)


def invite(current: session.Session) -> None:
    """Invite somebody, or change their role."""
    writing.heading(say("settings.invite"), say("settings.invite_about", days=INVITATION_DAYS))
    with st.form("invite", border=False):
        left, right = st.columns([3, 2])
        email = left.text_input(say("settings.email"), placeholder="name@example.com")
        role = right.selectbox(
            say("settings.role"),
            ROLES,
            format_func=lambda role: say(f"settings.role_{role.value}"),
        )
        if not st.form_submit_button(say("settings.invite_do"), type="primary"):
            return
    writes.attempt(
        lambda: current.workspace.give_role(email, role),
        lambda _: say("settings.invited", email=email.strip(), role=_role(role.value)),
    )


def remove(current: session.Session) -> None:
    """End somebody's role or invitation for this client."""
    workspace = current.workspace
    emails = list(workspace.people()["email"])
    if not emails:
        return
    writing.heading(say("settings.remove"), say("settings.remove_about"))
    with st.form("remove", border=False, width=480):
        email = st.selectbox(say("settings.email"), emails)
        if not st.form_submit_button(say("settings.remove_do")):
            return
    workspace.take_role(str(email))
    finish(say("settings.person_removed", email=email))


def show_trail(current: session.Session) -> None:
    """Show who did what when, newest first, to be taken away as a file."""
    writing.heading(say("settings.audit"), say("settings.audit_about"))
    _draw_trail(current.workspace.trail(), "Attune audit")


def _draw_trail(found: pd.DataFrame, name: str) -> None:
    shown = found.iloc[::-1].assign(
        at=[f"{at:%Y-%m-%d %H:%M:%S}" for at in found["at"][::-1]],
        action=[_action(action) for action in found["action"][::-1]],
        facts=[_facts(facts) for facts in found["facts"][::-1]],
    )
    shown = shown.drop(columns="client")
    columns = {c: say(f"settings.{c}") for c in shown}
    columns["facts"] = st.column_config.TextColumn(say("settings.facts"), width="large")
    with st.container(key="wide-audit"):
        tables.table(shown, name, columns, height=min(520, 38 * (len(shown) + 1)))
    with st.container(key="narrow-audit"):
        writing.cards([(r.action, r.at, r.person, r.facts) for r in iterate_rows(shown.head(20))])


def _action(code: str) -> str:
    return say(f"settings.action_{code}") if knows(f"settings.action_{code}") else code


def _facts(text: str) -> str:
    """Return the facts of a line in words: a revision has a summary, all others are JSON."""
    if not text.startswith("{"):
        return text
    return ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in json.loads(text).items())


def everybody() -> None:
    """Show everybody who ever signed in; end all somebody may do, or make an administrator."""
    writing.heading(say("settings.everybody"), say("settings.everybody_about"))
    found = session.everybody()
    if found.empty:
        writing.show_quiet(say("settings.everybody_none"))
        return
    shown = found.assign(
        administrator=[
            say("settings.yes" if yes else "settings.no") for yes in found["administrator"]
        ]
    )
    st.dataframe(
        shown,
        hide_index=True,
        width="stretch",
        column_config={c: say(f"settings.{c}") for c in shown},
    )
    with st.form("everybody", border=False):
        left, right = st.columns([3, 2])
        email = left.selectbox(say("settings.email"), list(found["email"]))
        what = right.selectbox(
            say("settings.what"),
            list(session.DEEDS),
            format_func=lambda deed: say(f"settings.deed_{deed}"),
        )
        if not st.form_submit_button(say("settings.do")):
            return
    session.DEEDS[str(what)](str(email))
    finish(say("settings.deed_done", email=email))
