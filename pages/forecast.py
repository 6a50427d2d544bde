"""Forecast: what comes next, how sure is that, and did the last forecast hold?"""

from ui.session import guard

guard()

import streamlit as st

from ui import cached, forecast_plan, forecast_track, parts
from ui import forecast as view
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
for section in (view.headline, view.picture, view.figures):
    cached.once(section, report, series)
view.teams(session, report, series)
cached.once(forecast_plan.impact, report)
forecast_plan.try_plan(session, report)
cached.once(forecast_track.record, report)
cached.once(forecast_track.changed, report)
forecast_track.issue(session, report, series)
cached.once(parts.footing, report)
