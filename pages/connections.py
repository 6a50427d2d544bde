"""Connections: which warehouse feeds this client, and is it up to date?"""

from ui.session import guard

guard()

import streamlit as st

from ui import connections as view
from ui import data, parts
from ui.session import open_client
from words import say

session = open_client()
st.title(say("connections.title"), anchor=False)
parts.quiet(say("connections.about"))
data.message()
known = view.known(session)
if known:
    one = view.choose(known)
    view.state(session, one)
    view.pull(session, one)
    view.tables(session, one)
    view.schedule(session, one)
    view.forget(session, one)
view.add(session, first=not known)
