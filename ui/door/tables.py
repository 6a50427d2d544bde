"""Tables with their downloads."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from readout import safe
from ui.door.downloads import download
from ui.look.later import show_now_or_later
from words import say

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def table(
    frame: pd.DataFrame,
    name: str,
    columns: dict | None = None,
    *,
    height: int | None = None,
    row_height: int | None = None,
    shown: pd.DataFrame | None = None,
) -> None:
    """Show a table with its downloads.

    Parameters
    ----------
    frame : DataFrame
        What is downloaded: plain values.
    name : str
        File name without extension.
    columns : dict
        Streamlit column configuration for ``shown``.
    row_height : int, optional
        Tall rows wrap their text.
    shown : DataFrame, optional
        What is displayed when that differs, such as with sparklines.
    """
    rows = frame if shown is None else shown
    sizes = {"height": height, "row_height": row_height}
    st.dataframe(
        rows,
        hide_index=True,
        column_config=columns,
        width="stretch",
        **{k: v for k, v in sizes.items() if v},
    )
    table_downloads(frame, name)


def table_downloads(frame: pd.DataFrame, name: str) -> None:
    """Offer a table's files, where the table itself is edited too."""
    show_now_or_later(lambda: _downloads(frame, name))


def folded_table(
    label: str, frame: pd.DataFrame, name: str, columns: dict | None = None, **look: Any
) -> None:
    """Show a table in a box that is closed at first, and costs nothing until it is opened."""

    def show() -> None:
        box = st.expander(label, on_change="rerun", key=f"fold-{safe.file_name(name)}")
        if box.open:
            with box:
                table(frame, name, columns, **look)

    show_now_or_later(show)


def _downloads(frame: pd.DataFrame, name: str) -> None:
    with st.container(horizontal=True):
        _files(frame, name)


def _files(frame: pd.DataFrame, name: str) -> None:
    download(
        say("table.csv"),
        lambda: safe.csv(frame),
        f"{name}.csv",
        "text/csv",
        key=f"{name}.csv",
        type="tertiary",
    )
    download(
        say("table.xlsx"),
        lambda: safe.workbook(frame),
        f"{name}.xlsx",
        WORKBOOK,
        key=f"{name}.xlsx",
        type="tertiary",
    )
