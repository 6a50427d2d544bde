"""Settings: clients, people and roles, links, audit, limits, backup."""

from ui.door.session import guard

guard()

import streamlit as st

from ui.door.session import administers, open_client
from ui.settings import client as view
from ui.settings import people, profile
from words import say

view.message()
session = open_client()
st.title(say("settings.title"), anchor=False)
areas = view.areas(session)
shown = view.choose(areas)
if shown == "client":
    view.rename(session)
    profile.show(session)
    if "people" in areas:
        view.hand_over(session)
        view.delete(session)
elif shown == "links":
    view.address(session)
    view.share(session)
    view.links(session)
elif shown == "people":
    people.show_roles(session)
    people.invite(session)
    people.remove(session)
elif shown == "audit":
    people.show_trail(session)
else:
    view.limits()
    if administers():
        people.everybody()
        view.backup()
