"""A short tour of the sample company for whoever comes the first time."""

from __future__ import annotations

import streamlit as st

from ui.door.session import Session, from_address, recall, remember, to_address
from ui.look import writing
from words import say

SAMPLE = "Halden Tools (sample)"
STEPS: dict[str, tuple[str, ...]] = {
    "executive": ("overview", "maturity", "business_case", "outlook"),
    "analyst": ("data", "indicators", "initiatives", "methods"),
    "consultant": ("assess", "maturity", "business_case", "decisions", "readout"),
}
"""Persona → pages, in the order they are visited; each has a sentence per persona."""


def guide(session: Session) -> None:
    """Show the tour on the sample company until it is dismissed."""
    off = from_address("tour", ("off",), "") == "off" or recall("tour.off")
    if session.client.name != SAMPLE or off:
        return
    with st.container(border=True, key="tour"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{say('tour.title')}**", width="content")
            who = st.segmented_control(
                say("tour.who"),
                list(STEPS),
                format_func=lambda key: say(f"tour.persona_{key}"),
                key="tour-who",
                label_visibility="collapsed",
            )
            if st.button(say("tour.dismiss"), type="tertiary"):
                remember("tour.off", True)
                to_address(tour="off")
                st.rerun()
        if who is None:
            return
        for number, page in enumerate(STEPS[who], 1):
            left, right = st.columns([1, 4], vertical_alignment="center")
            left.page_link(f"pages/{page}.py", label=f"{number}  {_title(page)}")
            with right:
                writing.show_quiet(say(f"tour.{who}.{page}"))


def _title(page: str) -> str:
    from ui.door.menu import ENTRIES

    return say(next(entry.title for entry in ENTRIES if entry.file == page))
