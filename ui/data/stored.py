"""On the Data page: what today's reader says of files that an earlier one read."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from loop import stored
from metrics.functions import MEASURES, STATISTICS
from ui.door import session, tables, writes
from ui.look import writing
from words import say


def show(current: session.Session) -> None:
    """Say how many values would differ, list them, and take them over when told."""
    workspace = current.workspace
    files = stored.older(workspace)
    if not files.files and not files.erased:
        return
    writing.heading(say("data.stored"))
    if files.erased:
        names = ", ".join(dict.fromkeys(files.erased))
        writing.show_quiet(say("data.stored_erased", names=names))
    if not files.files:
        return
    count = sum(len(named) for named in files.files.values())
    values = stored.kept(workspace)
    if values is None and files.size > stored.READ_AT_ONCE:
        size = files.size / 1e6
        if not st.button(say("data.stored_compare", n=count, size=f"{size:,.0f}")):
            return
    if values is None:
        with st.spinner(say("page.data.checking", n=count), show_time=True):
            values = stored.reread(workspace, files).values
    if values.empty:
        writing.show_quiet(say("data.stored_same", n=count))
        return
    st.write(say("data.stored_differ", n=len(values), files=count))
    _list(values)
    if st.button(say("data.stored_take", n=len(values))):
        writes.attempt(
            lambda: stored.take_over(workspace, current.client.revision),
            lambda number: say("data.stored_taken", n=len(values), revision=number),
        )


def _list(values: pd.DataFrame) -> None:
    shown = pd.DataFrame(
        {
            "measure": [_named(key) for key in values["what"]],
            "team": values["team"],
            "month": values["month"].dt.strftime("%Y-%m"),
            "before": [_figure(value) for value in values["was"]],
            "after": [_figure(value) for value in values["now"]],
            "file": values["file"],
            "place": values["place"],
        }
    )
    labels = {name: say(f"table.{name}") for name in ("measure", "team", "month", "file", "place")}
    labels |= {"before": say("data.before"), "after": say("data.stored_now")}
    tables.table(shown, "Attune read anew", labels)


def _named(key: str) -> str:
    if key in MEASURES:
        return MEASURES[key].header
    return STATISTICS[key].title if key in STATISTICS else key


def _figure(value: float) -> str:
    return "–" if pd.isna(value) else f"{value:,.2f}".removesuffix(".00")
