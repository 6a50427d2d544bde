"""Spellings that may be one team: their months side by side, and one click to say so."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from ingest.alike import SpellingProposal, merged
from ingest.source import NOT_STATED
from metrics.model import ALL
from ui.data import walk as data
from ui.look import writing
from words import say

SHOWN = 6
TALL = 230


def show(walk: data.Walk) -> None:
    """Propose spellings to be one team; every answer is remembered as the client's teams."""
    proposals = walk.draft.proposals
    if not proposals:
        return
    writing.heading(say("data.alike", n=len(proposals)), say("data.alike_about"))
    if len(proposals) > 1:
        names = "; ".join(f"{one.name} ({len(one.spellings)})" for one in proposals)
        if st.button(say("data.alike_all", names=names), type="primary"):
            teams = walk.teams
            for one in proposals:
                teams = merged(teams, one.name, one.spellings)
            _decide(walk, teams, ())
    shown = proposals[:SHOWN]
    titles = [say("data.alike_tab", name=one.name, n=len(one.spellings)) for one in shown]
    for tab, one in zip(st.tabs(titles), shown, strict=True):
        with tab:
            _propose(walk, one)
    if len(proposals) > SHOWN:
        writing.show_quiet(say("data.alike_more", n=len(proposals) - SHOWN))


def _propose(walk: data.Walk, one: SpellingProposal) -> None:
    key = "|".join(one.spellings)
    if one.slips:
        slips = ", ".join(f"“{name}”" for name in one.slips)
        writing.show_quiet(say("data.alike_slip", names=slips))
    st.dataframe(one.months, width="stretch", height=TALL)
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    chosen = left.pills(
        say("data.alike_which"),
        one.spellings,
        selection_mode="multi",
        default=one.spellings,
        key=f"alike-{key}",
    )
    name = right.selectbox(
        say("data.alike_name"), one.spellings, accept_new_options=True, key=f"alike-name-{key}"
    )
    with st.container(horizontal=True):
        if st.button(
            say("data.alike_yes", name=name), disabled=len(chosen) < 2, key=f"alike-yes-{key}"
        ):
            rest = [spelling for spelling in one.spellings if spelling not in chosen]
            _decide(walk, merged(walk.teams, str(name), chosen), rest)
        if st.button(say("data.alike_no"), key=f"alike-no-{key}"):
            _decide(walk, walk.teams, one.spellings)


def _decide(walk: data.Walk, teams: dict[str, tuple[str, ...]], apart: Iterable[str]) -> None:
    """Take over the client's teams; spellings that stay apart are teams of their own.

    A client that names its first teams names all there are: those nobody asks about any more.
    """
    spelled = {name for team, names in teams.items() for name in (team, *names)}
    first = not walk.current.profile.teams and walk.draft.teams is None
    asked = {name for one in walk.draft.proposals for name in one.spellings}
    rows = walk.found.frames.get("observations")
    others = set() if rows is None or not first else set(rows["team"]) - asked - {ALL, NOT_STATED}
    own = [name for name in (*apart, *sorted(others)) if name not in spelled]
    walk.draft.teams = {**teams, **dict.fromkeys(own, ())}
    data.read_again(walk.current)
    st.rerun()
