"""Data: is my file in, what is wrong with it, what will change?"""

from ui.session import guard

guard()

import streamlit as st

from ui import data as view
from ui import parts
from ui.session import open_client
from words import say

session = open_client()
st.title(say("page.data.title"), anchor=False)
parts.quiet(say("page.data.about"))
view.message()
found = view.drop(session)
view.known()
if found is not None:
    view.read(found)
    view.findings(found)
    view.save(session, found)
view.history(session)
