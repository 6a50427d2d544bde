"""Outlook: what comes next, how sure is that, and did the last forecast hold?"""

from ui.door.session import guard

guard()

import streamlit as st

from ui.door import cached, parts, writes
from ui.door.session import open_client
from ui.look import writing
from ui.outlook import plan, record
from ui.outlook import series as view
from words import say

session = open_client()
report = session.report()
st.title(say("outlook.title"), anchor=False)
writing.show_quiet(say("outlook.about"))
writes.message()
if not view.available(report):
    writing.show_empty(
        say("outlook.empty", client=session.client.name), say("model.enter"), "pages/data.py"
    )
    st.stop()

part = parts.choose(view.PARTS, lambda name: say(f"outlook.part_{name}"), say("outlook.part"))
series = view.choose(report)
if part == "plan":
    for section in (view.headline, view.show_chart, view.figures):
        cached.cache_section(section, report, series)
    view.teams(session, report, series)
    cached.cache_section(plan.impact, report)
    plan.try_plan(session, report)
else:
    cached.cache_section(record.record, report, record.elsewhere(session))
    cached.cache_section(record.show_changes, report)
    record.issue(session, report, series)
cached.cache_section(writing.footing, report)
