"""Attune: page setup, client picker, menu. Run with ``streamlit run app.py``."""

import logging
import secrets

import streamlit as st

from ui import menu, parts, theme
from ui.session import enter, loopback_only

st.set_page_config(page_title="Attune", page_icon=theme.ICON, layout="wide")
loopback_only()
theme.apply()
page = menu.pages()
enter()
try:
    page.run()
except Exception:
    # A fault of the program: the reader gets a reference, the log gets the rest.
    reference = secrets.token_hex(4)
    logging.getLogger("attune").exception("reference %s, page %s", reference, page.title)
    parts.broken(reference)
