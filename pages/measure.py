"""Measure: what moved, by how much, because of rate, volume or mix?"""

from ui.session import guard

guard()

import streamlit as st

from ui import measure as view
from ui import parts
from ui.session import open_client
from words import say

session = open_client()
report = session.report("measures", "savings")
st.title(say("page.measure.title"), anchor=False)
parts.quiet(say("page.measure.about"))
options = view.available(report)
if not options:
    parts.empty(
        say("page.overview.empty", client=session.client.name),
        say("page.overview.upload"),
        "pages/data.py",
    )
    st.stop()

function = view.choose_function(options)
view.indicators(report, function, session.client.name)
view.saving(report, function)
kpi = view.detail(report, function)
if kpi is not None:
    view.cells(report, function, kpi, session)
view.statistics(report, function)
parts.footing(report)
