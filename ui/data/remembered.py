"""What was said of layouts: the client's own, whatever revision its figures are at."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from loop import review
from ui.data import walk
from ui.door import session, writes
from ui.look import writing
from words import say


def show(current: session.Session) -> None:
    """List what is remembered, where somebody said otherwise before, and the way to forget it."""
    writing.heading(say("data.remembered"), say("data.remembered_about"))
    known = [one for one in review.remembered(current.workspace) if one.entry.get("source")]
    if not known:
        writing.show_quiet(say("data.remembered_none"))
        return
    shown = pd.DataFrame(
        {
            "file": [_file(one) for one in known],
            "kind": [walk.source_title(str(one.entry["source"])) for one in known],
            "author": [one.author for one in known],
            "at": [one.at for one in known],
            "earlier": [
                "; ".join(
                    f"{walk.source_title(e.get('source') or None)} ({e.get('by') or '–'})"
                    for e in one.earlier
                )
                for one in known
            ],
        }
    )
    columns = {c: say(f"table.{c}") for c in ("file", "author", "at")}
    columns |= {"kind": say("data.remembered_kind"), "earlier": say("data.remembered_earlier")}
    st.dataframe(shown, hide_index=True, width="stretch", column_config=columns)
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    picked = left.selectbox(
        say("data.remembered_pick"), range(len(known)), format_func=lambda i: _file(known[i])
    )
    one = known[picked]
    if right.button(say("data.remembered_forget", file=_file(one)), width="stretch"):
        writes.attempt(
            lambda: review.forget_mapping(
                current.workspace, current.client.revision, one.entry["layout"]
            ),
            lambda _: say("data.remembered_forgotten", file=_file(one)),
        )


def _file(one: review.Remembered) -> str:
    parts = (one.entry.get("file"), one.entry.get("sheet"))
    return " › ".join(str(part) for part in parts if part)
