"""What we know about the programme: each register as a table to change, and what reads it."""

from __future__ import annotations

import streamlit as st

from metrics.frames import FRAMES
from metrics.frames.register import REGISTER
from metrics.maturity import load_model
from metrics.maturity.gates import GATES
from ui.door import editor, session
from ui.look import writing
from words import say

ELSEWHERE = ("adaptations", "tasks")
"""Registers with a view of their own."""
NAMES = tuple(frame.name for frame in REGISTER if frame.name not in ELSEWHERE)
LEARNING = ("training",)


def show(current: session.Session) -> None:
    """Ask for a register and show it as a table to change."""
    writing.heading(say("register.title"), say("register.about"))
    counts = {name: len(current.snapshot[name]) for name in NAMES}
    wanted = session.from_address("register", NAMES, NAMES[0])
    chosen = st.selectbox(
        say("register.pick"),
        NAMES,
        index=NAMES.index(wanted),
        key="register",
        format_func=lambda n: say("register.option", name=say(f"frame.{n}"), n=counts[n]),
    )
    session.to_address(register=chosen)
    gates = [rule.key for rule in GATES if chosen in rule.needs]
    readers = ", ".join(say(f"maturity.gate.{key}") for key in gates)
    if chosen in LEARNING:
        readers = say("register.read_by_learning")
    writing.show_quiet(say("register.read_by", readers=readers or say("register.read_by_practice")))
    editor.edit(
        current, chosen, required=_required_columns(chosen), choices=choices(current, chosen)
    )
    st.page_link("pages/data.py", label=say("register.template"))


def _required_columns(name: str) -> tuple[str, ...]:
    texts = {c.name for c in FRAMES[name].columns if c.dtype == "str"}
    return tuple(column for column in FRAMES[name].needed if column in texts)


def choices(current: session.Session, name: str) -> dict[str, tuple[str, ...]]:
    """Return what each column of a register may hold."""
    frame = FRAMES[name]
    snapshot = current.snapshot
    known = {
        "function": (*current.profile.functions, "all"),
        "constituency": ("", "all", *current.profile.constituencies),
        "gap": ("", *(q.id for q in load_model().questions)),
    }
    if name != "objectives":
        known["objective"] = ("", *dict.fromkeys(snapshot["objectives"]["objective"]))
    picks = {c: known[c] for c in frame.names if c in known}
    picks |= {c: ("", *allowed) for c, allowed in frame.choices.items()}
    # What is there already must stay choosable, however it came to be written.
    return {
        column: tuple(dict.fromkeys((*allowed, *snapshot[name][column])))
        for column, allowed in picks.items()
    }
