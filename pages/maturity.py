"""Maturity: how far are we, who disagrees, what does the data say against it?"""

from ui.session import guard

guard()

import streamlit as st

from ui import maturity as view
from ui import parts, why
from ui.session import open_client
from words import say

session = open_client()
part = session.report("maturity")["maturity"]
st.title(say("maturity.title"), anchor=False)
parts.quiet(say("maturity.about"))
scope = session.profile.functions
if not len(part.dimensions):
    parts.empty(
        say("maturity.empty", client=session.client.name),
        say("maturity.begin"),
        "pages/assess.py",
    )
    view.findings(part)
    st.stop()

view.verdict(part, len(scope))
view.heatmap(part, scope)
left, right = st.columns([11, 9], gap="large")
with left:
    view.levels(part)
with right:
    view.views(part)
why.function(session, part)
view.contradictions(part)
view.next_steps(part)
view.gates(part)
view.agreement(part)
view.changes(part)
view.findings(part)
parts.footing(session.report("maturity"))
