"""Maturity: how far are we, who disagrees, what does the data say against it?"""

from ui.session import guard

guard()

import streamlit as st

from ui import cached, maturity_tabs, parts
from ui.session import open_client
from words import say

session = open_client()
st.title(say("maturity.title"), anchor=False)
parts.quiet(say("maturity.about"))
maturity_tabs.show(session)
cached.once(parts.footing, session.report("maturity"))
