"""A short tour of the sample company for whoever comes the first time."""

from __future__ import annotations

import streamlit as st

from ui import parts
from ui.session import Session, from_address, recall, remember, to_address
from words import say

SAMPLE = "Halden Tools (sample)"
STEPS: dict[str, tuple[str, ...]] = {
    "executive": ("overview", "maturity", "business_case", "forecast"),
    "analyst": ("data", "measure", "model", "methods"),
    "consultant": ("assess", "maturity", "business_case", "tune", "readout"),
}
"""Persona → pages, in the order they are visited; each has a sentence per persona."""


def guide(session: Session) -> None:
    """Show the tour on the sample company until it is dismissed."""
    off = from_address("tour", ("off",), "") == "off" or recall("tour.off")
    if session.client.name != SAMPLE or off:
        return
    with st.container(border=True, key="tour"):
        head, end = st.columns([5, 1], vertical_alignment="center")
        with head:
            st.markdown(f"**{say('tour.title')}**")
        if end.button(say("tour.dismiss"), type="tertiary"):
            remember("tour.off", True)
            to_address(tour="off")
            st.rerun()
        who = st.segmented_control(
            say("tour.who"), list(STEPS), format_func=lambda key: say(f"tour.persona_{key}"),
            key="tour-who",
        )  # fmt: skip
        if who is None:
            parts.quiet(say("tour.about"))
            return
        for number, page in enumerate(STEPS[who], 1):
            left, right = st.columns([1, 4], vertical_alignment="center")
            left.page_link(f"pages/{page}.py", label=f"{number}  {_title(page)}")
            with right:
                parts.quiet(say(f"tour.{who}.{page}"))


def _title(page: str) -> str:
    from ui.menu import ENTRIES

    return say(next(entry.title for entry in ENTRIES if entry.file == page))
