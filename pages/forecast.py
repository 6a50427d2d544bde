"""Forecast: what comes next, how sure is that, and did the last forecast hold?"""

from ui.session import guard

guard()

import streamlit as st

from ui import forecast as view
from ui import forecast_plan, forecast_track, parts
from ui.session import open_client
from words import say

session = open_client()
report = session.report("forecasts", "track_record", "measures", "effects", "case", "maturity")
st.title(say("outlook.title"), anchor=False)
parts.quiet(say("outlook.about"))
forecast_track.message()
if not view.available(report):
    parts.empty(say("outlook.empty", client=session.client.name), say("model.enter"),
                "pages/data.py")  # fmt: skip
    st.stop()

series = view.choose(report)
view.headline(report, series)
view.picture(report, series)
view.figures(report, series)
view.teams(session, report, series)
forecast_plan.impact(report)
forecast_plan.try_plan(session, report)
forecast_track.record(report)
forecast_track.changed(report)
forecast_track.issue(session, report, series)
parts.footing(report)
