"""Model: what did each initiative cause, and how sure is that?"""

from ui.door.session import guard

guard()

import streamlit as st

from ui.door import cached
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

cached.once(view.headline, report)
cached.once(view.forest, report)
one = view.choose(report)
cached.once(one_initiative.about, report, one.initiative)
if not one.reason:
    cached.once(other_evidence.others, report, one.initiative)
    one_initiative.planner(report, one)
    one_initiative.cells(one, session)
cached.once(other_evidence.associations, report)
cached.once(other_evidence.survival, report)
cached.once(writing.footing, report)
