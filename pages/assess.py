"""Assess: what is true in my function?"""

from ui.door.session import guard

guard()

import streamlit as st

from ui.assess import questions as view
from ui.door.session import open_client
from ui.look import writing
from words import say

session = open_client()
st.title(say("maturity.assess.title"), anchor=False)
writing.show_quiet(say("maturity.assess.about"))
who = view.rater(session)
if who is None:
    view.begin(session)
else:
    view.form(session, who)
