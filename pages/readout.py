"""Read-out: what do I present on Monday?"""

from ui.door.session import guard

guard()

import streamlit as st

from metrics.overview import count_assessed
from ui import readout as view
from ui.door.session import open_client
from ui.look import writing
from words import say

session = open_client()
report = session.report()
st.title(say("readout_page.title"), anchor=False)
writing.show_quiet(say("readout_page.about"))
if report.measures.values.empty and not count_assessed(report):
    writing.show_empty(
        say("page.overview.empty", client=session.client.name),
        say("page.overview.upload"),
        "pages/data.py",
    )
    st.stop()

read = view.open_reading(session, report)
view.show_state(session, read)
left, right = st.columns([11, 9], gap="large")
with left:
    view.slides()
with right:
    view.files(session, read)
    view.brand(session)
view.history(session)
writing.footing(report)
