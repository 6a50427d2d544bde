"""How a proposal is taken up from any page: one click opens, one decides."""

from __future__ import annotations

import streamlit as st

from loop import decisions
from readout.proposals import ProposalText
from ui.door import session, writes
from words import say
from workspaces.people import Role


def may_decide(current: session.Session) -> bool:
    """Return whether this person may write down a decision."""
    return current.role.reaches(Role.ANALYST)


def take_up(current: session.Session, one: ProposalText) -> None:
    """Ask who answers for a proposal and write it down."""
    key, who = one.name, session.person()
    with st.popover(say("decision.decide"), key=f"open-{key}"):
        owner = st.text_input(
            say("tune.decide_owner"), value=(who.name or who.email) if who else "", key=f"own-{key}"
        )
        reason = st.text_input(say("decision.reason"), value=one.what, key=f"why-{key}")
        if st.button(say("decision.write"), type="primary", key=f"write-{key}"):
            writes.attempt(
                lambda: decisions.take_up(
                    current.workspace,
                    current.client.revision,
                    one.name,
                    owner=owner,
                    reason=reason,
                ),
                lambda _: say("decision.done", what=one.what, owner=owner),
            )
