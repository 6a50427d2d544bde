"""Indicators: what moved, by how much, because of rate, volume or mix?"""

from ui.door.session import guard

guard()

import streamlit as st

from ui.door import cached
from ui.door.session import open_client
from ui.indicators import by_function as view
from ui.indicators import moved, value
from ui.look import writing
from words import say

session = open_client()
report = session.report()
st.title(say("page.measure.title"), anchor=False)
writing.show_quiet(say("page.measure.about"))
options = view.available(report)
if not options:
    writing.show_empty(
        say("page.overview.empty", client=session.client.name),
        say("page.overview.upload"),
        "pages/data.py",
    )
    st.stop()

cached.cache_section(moved.show_movements, report)
function = view.choose_function(options)
cached.cache_section(
    view.indicators, report, function.key, session.client.name, snapshot=session.snapshot
)
# Each section has a place of its own: where one has nothing to show, the others stay where they
# are, and the browser keeps what it has drawn of them.
for section in (value.tree, view.saving):
    with st.container():
        cached.cache_section(section, report, function.key)
with st.container():
    if function.key == "support":
        value.deflection(report, session.client.name)
    if function.key == "advocacy":
        value.advocacy(report, session.client.name)
with st.container():
    kpi = view.detail(report, function)
if kpi is not None:
    with st.container():
        value.teams(report, function, kpi, session.client.name)
    view.cells(report, function, kpi, session)
cached.cache_section(view.statistics, report, function.key)
cached.cache_section(writing.footing, report)
