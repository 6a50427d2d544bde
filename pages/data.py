"""Data: is my file in, what is wrong with it, what will change?"""

from ui.door.session import guard

guard()

import streamlit as st

from ui.data import (
    connections,
    history,
    ledgers,
    mend,
    register,
    remembered,
    save,
    stored,
    templates,
    understand,
)
from ui.data import walk as data
from ui.door import parts, writes
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
shown = parts.choose(data.PARTS, lambda name: say(f"data.part_{name}"), say("data.part"))
if shown == "files":
    walk = data.start(session)
    if walk is not None:
        STEPS[walk.step](walk)
        templates.show(session)
    else:
        templates.show(session)
        history.back_and_on(session)
        stored.show(session)
elif shown == "tables":
    ledgers.tables(session)
    register.show(session)
elif shown == "connections":
    connections.show(session)
else:
    history.show(session)
    remembered.show(session)
