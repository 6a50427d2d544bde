"""Overview: where do we stand, what is it worth, where is it going, what do we decide?"""

from ui.session import guard

guard()

import streamlit as st

from metrics.overview import assessed
from ui import cached, parts, tour
from ui import overview as view
from ui import overview_shown as shown
from ui.session import open_client
from words import say

session = open_client()
seen = shown.load(session)
report = seen.report
st.title(say("page.overview.title", client=session.client.name), anchor=False)
if report["measures"].values.empty and not assessed(report):
    parts.empty(
        say("page.overview.empty", client=session.client.name),
        say("page.overview.upload"),
        "pages/data.py",
    )
    st.stop()

tour.guide(session)
parts.verdict(seen.overview)
shown.standing(session, seen)
parts.tiles(seen.overview)
left, right = st.columns([11, 9], gap="large")
with left:
    view.forecast(report)
with right, st.container(key="wide-overview-heatmap"):
    cached.once(view.maturity, report)
cached.once(view.decide, report)
cached.once(view.outcomes, report)
with st.container(key="wide-overview-moved"):
    left, right = st.columns([11, 9], gap="large")
    with left:
        cached.once(view.initiatives if view.has_initiatives(report) else view.moved, report)
    with right:
        if view.has_initiatives(report):
            cached.once(view.moved, report)
shown.take_away(session, seen)
cached.once(parts.footing, report)
