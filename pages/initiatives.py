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
writing.quiet(say("model.about"))
if not view.available(report):
    writing.empty(
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
        cached.once(section, report)
else:
    one = view.choose(report)
    cached.once(one_initiative.about, report, one.initiative)
    if not one.reason:
        cached.once(other_evidence.others, report, one.initiative)
        one_initiative.planner(report, one)
        one_initiative.cells(one, session)
cached.once(writing.footing, report)
