"""Connections: which warehouse feeds this client, and is it up to date?"""

from ui.door.session import guard

guard()

import streamlit as st

from ui.data import connections as view
from ui.door import writes
from ui.door.session import open_client
from ui.look import writing
from words import say

session = open_client()
st.title(say("connections.title"), anchor=False)
writing.show_quiet(say("connections.about"))
writes.message()
known = view.known(session)
if known:
    one = view.choose(known)
    view.state(session, one)
    view.pull(session, one)
    view.tables(session, one)
    view.schedule(session, one)
    view.forget(session, one)
view.add(session, first=not known)
