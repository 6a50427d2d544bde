"""Indicators: what moved, by how much, because of rate, volume or mix?"""

from ui.door.session import guard

guard()

import streamlit as st

from ui.door import cached, parts
from ui.door.session import open_client
from ui.indicators import by_function as view
from ui.indicators import moved, value
from ui.look import bridge, writing
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

part = parts.choose(
    view.PARTS, lambda name: say(f"page.measure.part_{name}"), say("page.measure.part")
)
if part == "together":
    cached.cache_section(moved.show_movements, report)
    cached.cache_section(bridge.show_bridge, report)
    moved.bridge_by_function(report)
else:
    function = view.choose_function(options)
    cached.cache_section(
        view.indicators, report, function.key, session.client.name, snapshot=session.snapshot
    )
    # Each section has a place of its own: where one has nothing to show, the others stay where
    # they are, and the browser keeps what it has drawn of them.
    with st.container():
        cached.cache_section(view.saving, report, function.key)
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
    cached.cache_section(value.tree, report, function.key)
    cached.cache_section(view.statistics, report, function.key)
cached.cache_section(writing.footing, report)
