"""Editable tables: any frame of a client's snapshot, typed in or pasted from a workbook.

The whole frame is saved as one revision, so it can be undone like an upload; cells that came with
an upload keep it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pandas as pd
import streamlit as st

from loop import entries
from metrics.frames import FRAMES, MONTH, NUMBER, WHOLE, Column
from metrics.frames.frame import DAY
from ui.door import session, writes
from ui.look import writing
from words import say

HIDDEN = ("upload", "place", "reason")
"""Columns a person never types: where a value came from is the program's to know."""

TableCheck = Callable[[pd.DataFrame], list[str]]


def _column_config(column: Column, choices: Mapping[str, Sequence[str]], needed: bool) -> object:
    label, about = say(f"table.{column.name}"), column.meaning
    if column.name in choices:
        options = list(choices[column.name])
        return st.column_config.SelectboxColumn(label, help=about, options=options, required=needed)
    if column.dtype in (MONTH, DAY):
        shape = "YYYY-MM" if column.dtype == MONTH else "YYYY-MM-DD"
        return st.column_config.DateColumn(label, help=about, format=shape, required=needed)
    if column.dtype in (NUMBER, WHOLE):
        return st.column_config.NumberColumn(label, help=about, required=needed)
    return st.column_config.TextColumn(label, help=about, required=needed)


def edit(
    current: session.Session,
    name: str,
    *,
    choices: Mapping[str, Sequence[str]] | None = None,
    required: Sequence[str] = (),
    check: TableCheck | None = None,
) -> None:
    """Show one frame as a table to change, and save it as a revision.

    Parameters
    ----------
    name : str
        Key in ``metrics.frames.FRAMES``.
    choices : mapping
        Column → the values one may pick.
    required : sequence of str
        Columns that may not be blank; a row that is wholly blank is dropped.
    check : callable, optional
        Edited rows → sentences that say what is wrong; nothing is saved while there are any.
    """
    frame, rows = FRAMES[name], current.snapshot[name]
    shown = [column for column in frame.columns if column.name not in HIDDEN]
    picks = choices or {}
    edited = st.data_editor(
        rows,
        num_rows="dynamic",
        hide_index=True,
        width="stretch",
        column_order=[column.name for column in shown],
        column_config={c.name: _column_config(c, picks, c.name in required) for c in shown},
        key=f"edit-{name}-{current.client.id}-{current.client.revision}",
    )
    if edited.equals(rows):
        writing.show_quiet(say("page.tables.paste"))
        return
    typed = edited.dropna(how="all", subset=[c.name for c in shown])
    wrong = [
        say("page.tables.blank", n=int(blank.sum()), column=say(f"table.{column}"))
        for column in required
        if (blank := typed[column].isna() | (typed[column].astype("str") == "")).any()
    ] + (check(typed) if check else [])
    for text in wrong:
        st.warning(text)
    if not st.button(
        say("page.tables.save", table=say(f"frame.{name}"), revision=current.client.revision + 1),
        type="primary",
        disabled=bool(wrong),
        key=f"save-{name}",
    ):
        return
    writes.attempt(
        lambda: entries.save_frame(current.workspace, current.client.revision, name, typed),
        lambda number: say("page.tables.saved", revision=number),
    )
