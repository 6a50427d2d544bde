"""Model: what did each initiative cause, and how sure is that?"""

from ui.session import guard

guard()

import streamlit as st

from ui import cached, model_more, model_one, parts
from ui import model as view
from ui.session import open_client
from words import say

session = open_client()
report = session.report("effects")
st.title(say("model.title"), anchor=False)
parts.quiet(say("model.about"))
if not view.available(report):
    parts.empty(say("model.empty", client=session.client.name), say("model.enter"), "pages/data.py")
    st.stop()

cached.once(view.headline, report)
cached.once(view.forest, report)
one = view.choose(report)
cached.once(model_one.about, report, one.initiative)
if not one.reason:
    cached.once(model_more.others, report, one.initiative)
    model_one.planner(report, one)
    model_one.cells(one, session)
cached.once(model_more.associations, report)
cached.once(model_more.survival, report)
cached.once(parts.footing, report)
