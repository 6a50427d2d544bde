"""Attune: page setup, client picker, menu. Run with ``streamlit run serve.py``."""

import logging
import secrets

import streamlit as st

from metrics.errors import AttuneError
from ui.door import entrance, menu
from ui.door.session import StorageFault, enter, last_good, show_older_revision
from ui.look import theme, writing

st.set_page_config(page_title="Attune", page_icon=theme.ICON, layout="wide")
theme.apply()
page = menu.pages()
enter()
try:
    entrance.show_last_good(last_good())
    menu.sidebar()
    page.run()
except StorageFault as fault:
    show_older_revision(fault)
    entrance.show_fault(fault)
except AttuneError as refused:
    st.error(writing.sentence(refused))
except Exception:
    # A fault of the program: the reader gets a reference, the log gets the rest.
    reference = secrets.token_hex(4)
    facts = {"reference": reference, "page": page.url_path}
    logging.getLogger("attune").exception("a page failed", extra=facts)
    entrance.show_failure(reference)
