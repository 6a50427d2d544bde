"""The one door by which files leave a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from readout import safe
from ui.door import session


def download(
    label: str, make: Callable[[], bytes | str], name: str, mime: str | None = None, **look: Any
) -> None:
    """Show a button that makes and hands out a file: the one door files leave a page by.

    The person's access is asked for again at the click, and the file is theirs alone. Whoever
    came by a shared link sees no button.
    """
    made = session.protect_maker(make)
    if made is not None:
        # Without a rerun: it would take the next button's file away while it is being clicked.
        st.download_button(label, made, safe.file_name(name), mime, on_click="ignore", **look)
