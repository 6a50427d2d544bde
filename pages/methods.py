"""Methods: how was this computed?"""

from ui.door.session import guard

guard()

import streamlit as st

from metrics.assumptions import Assumptions
from ui.door.session import client_id, open_client
from ui.look import writing
from ui.methods import catalogue as view
from ui.methods import formulas
from words import say

st.title(say("page.methods.title"), anchor=False)
writing.show_quiet(say("page.methods.about"))
search = st.text_input(say("page.methods.search"), icon=":material/search:").strip()
values = open_client().assumptions if client_id() else Assumptions()
shown = formulas.show(search)
shown += view.indicators(search)
shown += view.documents(search)
shown += view.assumptions(search, values)
shown += view.maturity(search)
if not shown:
    writing.show_quiet(say("page.methods.none", search=search))
