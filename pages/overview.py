"""Overview: where do we stand, what is it worth, where is it going, what moved?"""

from ui.session import guard

guard()

import streamlit as st

from metrics.overview import assessed, overview
from ui import overview as view
from ui import parts
from ui.session import open_client
from words import say

session = open_client()
report = session.report()
st.title(say("page.overview.title", client=session.client.name), anchor=False)
if report["measures"].values.empty and not assessed(report):
    parts.empty(
        say("page.overview.empty", client=session.client.name),
        say("page.overview.upload"),
        "pages/data.py",
    )
    st.stop()

seen = overview(report, scope=len(session.profile.functions))
parts.verdict(seen)
parts.tiles(seen)
left, right = st.columns([11, 9], gap="large")
with left:
    view.forecast(report)
with right:
    view.maturity(report)
left, right = st.columns([11, 9], gap="large")
with left:
    (view.initiatives if view.has_initiatives(report) else view.moved)(report)
with right:
    view.decide(report)
    if view.has_initiatives(report):
        view.moved(report)
parts.footing(report)
