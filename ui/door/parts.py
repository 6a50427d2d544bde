"""The parts of a page: which one is shown stands in the address, so a link restores it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from ui.door import session


def choose(names: Sequence[str], title: Callable[[str], str], label: str, key: str = "view") -> str:
    """Ask which part of a page to show and keep the answer in the address.

    Parameters
    ----------
    names
        The parts by their names in the address; the first is shown to whoever names none.
    title
        Gives a part's title for its name.
    label
        What a screen reader says before the choice.
    key
        The name of the choice in the address.

    Returns
    -------
    str
        The name of the part to show.
    """
    asked = session.from_address(key, tuple(names), names[0])
    picked = st.segmented_control(
        label,
        names,
        default=asked,
        required=True,
        format_func=title,
        label_visibility="collapsed",
        key=key,
    )
    chosen = str(picked or asked)
    session.to_address(**{key: chosen})
    return chosen
