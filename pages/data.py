"""Data: is my file in, what is wrong with it, what will change?"""

from ui.session import guard

guard()

import streamlit as st

from ui import data, data_history, data_mend, data_save, data_understand, parts
from ui.session import open_client
from words import say

STEPS = {
    data.UNDERSTAND: data_understand.show,
    data.MEND: data_mend.show,
    data.SAVE: data_save.show,
}

session = open_client()
st.title(say("page.data.title"), anchor=False)
parts.quiet(say("page.data.about"))
data.message()
walk = data.start(session)
if walk is not None:
    STEPS[walk.step](walk)
else:
    data.templates(session)
    data_history.show(session)
