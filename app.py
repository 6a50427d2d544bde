"""Attune: page setup, client picker, menu. Run with ``streamlit run app.py``."""

import streamlit as st

from ui import menu, theme
from ui.session import guard

st.set_page_config(page_title="Attune", page_icon=":material/graph_3:", layout="wide")
guard()
theme.apply()
menu.pages().run()
