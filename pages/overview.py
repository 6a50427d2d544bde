"""Overview: where do we stand, what is it worth, where is it going, what do we decide?"""

from ui.door.session import guard

guard()

import streamlit as st

from metrics.overview import count_assessed
from ui.door import cached
from ui.door.session import open_client
from ui.look import bridge, writing
from ui.overview import costs, decide, shown, tour
from ui.overview import sections as view
from words import say

session = open_client()
seen = shown.load(session)
report = seen.report
st.title(say("page.overview.title", client=session.client.name), anchor=False)
if report.measures.values.empty and not count_assessed(report):
    writing.show_empty(
        say("page.overview.empty", client=session.client.name),
        say("page.overview.upload"),
        "pages/data.py",
    )
    st.stop()

tour.guide(session)
writing.verdict(seen.overview)
shown.show_state(session, seen)
writing.tiles(seen.overview)
left, right = st.columns([11, 9], gap="large")
with left:
    cached.cache_section(costs.lines, report)
with right:
    cached.cache_section(bridge.show_bridge, report)
    st.page_link(
        "pages/indicators.py",
        label=say("page.overview.bridge_table"),
        query_params={"view": "together"},
    )
decide.show(session, report)
cached.cache_section(view.outcomes, report)
with st.container(key="wide-overview-heatmap"):
    cached.cache_section(view.maturity, report)
shown.take_away(session, seen)
cached.cache_section(writing.footing, report)
