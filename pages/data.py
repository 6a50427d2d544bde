"""Data: is my file in, what is wrong with it, what will change?"""

from ui.door.session import guard

guard()

import streamlit as st

from ui.data import history, mend, save, understand
from ui.data import walk as data
from ui.door import writes
from ui.door.session import open_client
from ui.look import writing
from words import say

STEPS = {
    data.UNDERSTAND: understand.show,
    data.MEND: mend.show,
    data.SAVE: save.show,
}

session = open_client()
st.title(say("page.data.title"), anchor=False)
writing.show_quiet(say("page.data.about"))
writes.message()
walk = data.start(session)
if walk is not None:
    STEPS[walk.step](walk)
else:
    data.templates(session)
    history.show(session)
