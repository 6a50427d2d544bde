"""Decisions: what should change, and did the last changes work?"""

from ui.door.session import guard

guard()

import streamlit as st

from ui.decisions import ledger, limits, proposed
from ui.decisions import plan as view
from ui.door import cached, parts
from ui.door.session import open_client
from ui.look import writing
from words import say

session = open_client()
report = session.report()
st.title(say("tune.title"), anchor=False)
writing.show_quiet(say("tune.about"))
chosen = parts.choose(
    ("open", "decided", "budgets", "measuring"),
    lambda name: say(f"decision.part_{name}"),
    say("decision.part"),
)
if chosen == "open":
    proposed.show(session, report)
elif chosen == "decided":
    for section in (
        ledger.show_last,
        ledger.ledger,
        ledger.calibration,
        ledger.realisation,
        ledger.own_kpis,
    ):
        cached.cache_section(section, report)
elif chosen == "measuring":
    proposed.measuring(session, report)
    view.tests(report, session.client.id)
    cached.cache_section(ledger.targets, report)
elif not view.available(report):
    writing.show_empty(
        say("tune.empty", client=session.client.name, reason=writing.reason("no_programme_costs")),
        say("model.enter"),
        "pages/data.py",
    )
else:
    cached.cache_section(view.headline, report)
    if not report.tuning.reason:
        cached.cache_section(view.functions, report)
        cached.cache_section(view.allocation, report)
        view.own_plan(report)
        limits.limits(report)
        ledger.decide(session, report)
        limits.where_from(report, session)
cached.cache_section(writing.footing, report)
