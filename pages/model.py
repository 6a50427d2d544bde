"""Model: what did each initiative cause, and how sure is that?"""

from ui.session import guard

guard()

import streamlit as st

from ui import model as view
from ui import model_more, model_one, parts
from ui.session import open_client
from words import say

session = open_client()
report = session.report("effects")
st.title(say("model.title"), anchor=False)
parts.quiet(say("model.about"))
if not view.available(report):
    parts.empty(say("model.empty", client=session.client.name), say("model.enter"), "pages/data.py")
    st.stop()

view.headline(report)
view.forest(report)
one = view.choose(report)
model_one.verdict(report, one)
if not one.reason:
    model_one.path(report, one)
    model_one.since_start(report, one)
    model_one.checks(report, one)
    model_one.designs(report, one)
    model_more.others(report, one)
    model_one.planner(report, one)
    model_one.cells(report, one, session)
model_more.associations(report)
model_more.survival(report)
parts.footing(report)
