"""Business case: would finance sign it?"""

from ui.door.session import guard

guard()

import streamlit as st

from ui.business_case import case as view
from ui.business_case import costs_alone, programme, what_if
from ui.data import ledgers
from ui.door import cached
from ui.door.session import open_client
from ui.look import writing
from words import say

session = open_client()
st.title(say("case.title"), anchor=False)
writing.show_quiet(say("case.about"))
chosen = view.choose()
if chosen == "assumptions":
    ledgers.assumptions(session)
    st.stop()
report = session.report()
if report.case.reason:
    view.show_refusal(report)
    if chosen == "what_if":
        what_if.sliders(report, session)
    elif costs_alone.known(report.case):
        costs_alone.headline(report, report.case)
        view.cash_flow(report, session.client.name)
    st.stop()

if chosen == "case":
    cached.cache_section(view.headline, report)
    view.cash_flow(report, session.client.name)
    for section in (view.ladder, view.odds, view.tornado):
        cached.cache_section(section, report, session.client.name)
    cached.cache_section(view.left_out, report)
    view.where_from(report, session)
elif chosen == "what_if":
    what_if.sliders(report, session)
    what_if.scenarios(report, session)
else:
    cached.cache_section(programme.lights, report, session.client.name)
    cached.cache_section(programme.delay, report)
    programme.entry(report, session.client.name)
    cached.cache_section(programme.kinds, report, session.client.name)
    programme.perception(report, session.client.name)
    cached.cache_section(programme.people, report)
    cached.cache_section(programme.early, report)
cached.cache_section(writing.footing, report)
