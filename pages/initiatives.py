"""Initiatives: what did each cause, and how sure is that?"""

from ui.door.session import guard

guard()

import streamlit as st

from ui.door import cached, parts
from ui.door.session import open_client
from ui.initiatives import all_initiatives as view
from ui.initiatives import one_initiative, other_evidence
from ui.look import writing
from words import say

session = open_client()
report = session.report()
st.title(say("model.title"), anchor=False)
writing.show_quiet(say("model.about"))
if not view.available(report):
    writing.show_empty(
        say("model.empty", client=session.client.name), say("model.enter"), "pages/data.py"
    )
    st.stop()

if parts.choose(view.PARTS, lambda name: say(f"model.part_{name}"), say("model.part")) == "all":
    for section in (
        view.headline,
        view.forest,
        other_evidence.associations,
        other_evidence.survival,
    ):
        cached.cache_section(section, report)
else:
    one = view.choose(report)
    cached.cache_section(one_initiative.show_initiative, report, one.initiative)
    if not one.reason:
        cached.cache_section(other_evidence.show_other_kpis, report, one.initiative)
        one_initiative.planner(report, one)
        one_initiative.cells(one, session)
cached.cache_section(writing.footing, report)
