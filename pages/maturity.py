"""Maturity: how far are we, who disagrees, what does the data say against it?"""

from ui.door.session import guard

guard()

import streamlit as st

from ui.door import cached
from ui.door.session import open_client
from ui.look import writing
from ui.maturity import tabs
from words import say

session = open_client()
st.title(say("maturity.title"), anchor=False)
writing.show_quiet(say("maturity.about"))
tabs.show(session)
cached.cache_section(writing.footing, session.report())
