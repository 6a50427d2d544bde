"""Tune: what should change, and did the last changes work?"""

from ui.session import guard

guard()

import streamlit as st

from ui import parts, tune_ledger, tune_limits
from ui import tune as view
from ui.session import open_client
from words import say

session = open_client()
report = session.report("tuning", "loop")
st.title(say("tune.title"), anchor=False)
parts.quiet(say("tune.about"))
view.message()
if not view.available(report):
    parts.empty(say("tune.empty", client=session.client.name,
                    reason=parts.reason("no_programme_costs")), say("model.enter"),
                "pages/data.py")  # fmt: skip
    st.stop()

view.headline(report)
if not report["tuning"].reason:
    view.functions(report)
    view.allocation(report)
    view.own_plan(report)
    tune_limits.limits(report)
view.tests(report, session.client.id)
if not report["tuning"].reason:
    tune_ledger.decide(session, report)
    tune_limits.where_from(report, session)
tune_ledger.last(report)
tune_ledger.ledger(report)
tune_ledger.calibration(report)
tune_ledger.realisation(report)
tune_ledger.own_kpis(report)
# Forecasts take longest and stand last, so that the rest is there at once.
tune_ledger.targets(session.report("forecasts"))
parts.footing(report)
