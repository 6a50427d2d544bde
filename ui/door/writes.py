"""What a click on a page writes: tried once, refused in a sentence, told once it is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from metrics.errors import AttuneError, StaleRevision
from ui.door import session
from ui.look import writing
from words import say

R = TypeVar("R")


def attempt(
    write: Callable[[], R],
    then: Callable[[R], str | None] = lambda _: None,
    stale: str = "page.data.stale",
) -> None:
    """Write and show the page anew; say so where somebody saved in between or it was refused.

    Parameters
    ----------
    write : callable
        What writes.
    then : callable
        Called with what ``write`` returned, before the page is shown anew; returns the sentence
        the page then begins with.
    stale : str
        Code of the sentence for a save in between.
    """
    try:
        written = write()
    except StaleRevision:
        st.warning(say(stale))
        return
    except AttuneError as refused:
        st.error(writing.sentence(refused))
        return
    session.remember("message", then(written))
    st.rerun()


def message(loud: bool = False) -> None:
    """Show once what the last click did; ``loud`` also where it would be out of sight."""
    text = session.recall("message")
    if not text:
        return
    st.success(text)
    if loud:
        st.toast(text)
    session.remember("message", None)
