"""Tune: what should change, and did the last changes work?"""

from ui.session import guard

guard()

import streamlit as st

from ui import cached, parts, tune_ledger, tune_limits
from ui import tune as view
from ui.session import open_client
from words import say

session = open_client()
report = session.report("tuning", "loop")
st.title(say("tune.title"), anchor=False)
parts.quiet(say("tune.about"))
if not view.available(report):
    parts.empty(say("tune.empty", client=session.client.name,
                    reason=parts.reason("no_programme_costs")), say("model.enter"),
                "pages/data.py")  # fmt: skip
    st.stop()

cached.once(view.headline, report)
if not report["tuning"].reason:
    cached.once(view.functions, report)
    cached.once(view.allocation, report)
    view.own_plan(report)
    tune_limits.limits(report)
view.tests(report, session.client.id)
if not report["tuning"].reason:
    tune_ledger.decide(session, report)
    tune_limits.where_from(report, session)
for section in (tune_ledger.last, tune_ledger.ledger, tune_ledger.calibration,
                tune_ledger.realisation, tune_ledger.own_kpis):  # fmt: skip
    cached.once(section, report)
# Forecasts take longest and stand last, so that the rest is there at once.
cached.once(tune_ledger.targets, session.report("forecasts"))
cached.once(parts.footing, report)
