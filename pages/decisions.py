"""Decisions: what should change, and did the last changes work?"""

from ui.door.session import guard

guard()

import streamlit as st

from ui.decisions import ledger, limits
from ui.decisions import plan as view
from ui.door import cached
from ui.door.session import open_client
from ui.look import writing
from words import say

session = open_client()
report = session.report()
st.title(say("tune.title"), anchor=False)
writing.quiet(say("tune.about"))
if not view.available(report):
    writing.empty(
        say("tune.empty", client=session.client.name, reason=writing.reason("no_programme_costs")),
        say("model.enter"),
        "pages/data.py",
    )
    st.stop()

cached.once(view.headline, report)
if not report.tuning.reason:
    cached.once(view.functions, report)
    cached.once(view.allocation, report)
    view.own_plan(report)
    limits.limits(report)
view.tests(report, session.client.id)
if not report.tuning.reason:
    ledger.decide(session, report)
    limits.where_from(report, session)
for section in (
    ledger.last,
    ledger.ledger,
    ledger.calibration,
    ledger.realisation,
    ledger.own_kpis,
):
    cached.once(section, report)
# Forecasts take longest and stand last, so that the rest is there at once.
cached.once(ledger.targets, session.report())
cached.once(writing.footing, report)
