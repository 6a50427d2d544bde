"""Assess: what is true in my function?"""

from ui.session import guard

guard()

import streamlit as st

from ui import assess as view
from ui import parts
from ui.session import open_client
from words import say

session = open_client()
st.title(say("maturity.assess.title"), anchor=False)
parts.quiet(say("maturity.assess.about"))
who = view.rater(session)
if who is None:
    view.begin(session)
else:
    view.form(session, who)
