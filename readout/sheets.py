"""Large tables as worksheets: a frame is written row by row without a cell object for each.

XlsxWriter spends microseconds on every cell; a hundred thousand observations of ten columns would
take four seconds. Here a column is turned into cell fragments once per different value.
"""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

EXCEL_ROWS = 1_048_576
EPOCH = pd.Timestamp(1899, 12, 30)
WIDEST = 60
FIRST = 2
"""Row of the sheet, counted from one, that holds the first row of the frame."""


class TableSheet(Worksheet):
    """A worksheet that holds one frame: headings in row 1, text as text, dates as dates."""

    frame: pd.DataFrame
    heading: Format
    day: Format

    def hold(self, frame: pd.DataFrame, names: dict[str, str], heading: Format, day: Format) -> int:
        """Take a frame, cut at what a sheet can hold, and return how many rows are left out."""
        self.frame, self.heading, self.day = frame.head(EXCEL_ROWS - 1), heading, day
        self.names = [names[c] for c in frame.columns]
        rows, columns = self.frame.shape
        self.dim_rowmin, self.dim_rowmax, self.dim_colmin, self.dim_colmax = 0, rows, 0, columns - 1
        self.freeze_panes(1, 0)
        self.autofilter(0, 0, rows, columns - 1)
        for number, column in enumerate(frame.columns):
            sample = frame[column].head(200).astype("str").str.len().max() if rows else 0
            widest = max(len(self.names[number]) + 3, int(0 if pd.isna(sample) else sample) + 1)
            self.set_column(number, number, min(widest, WIDEST))
        # Strings are numbered before the file is put together, as for any other cell.
        self.cells = [self._fragments(self.frame[c]) for c in self.frame.columns]
        self.headings = [self._string(name) for name in self.names]
        return len(frame) - rows

    def _string(self, text: str) -> int:
        return self.str_table._get_shared_string_index(text)  # type: ignore[union-attr]

    def _fragments(self, column: pd.Series) -> list[str]:
        """Cells without their address: `` t="s"><v>4</v></c>`` and the like."""
        codes, values = pd.factorize(column.to_numpy(dtype=object), use_na_sentinel=False)
        cells = [self._cell(value) for value in values]
        return [cells[code] for code in codes]

    def _cell(self, value: Any) -> str:
        if isinstance(value, bool | np.bool_):
            return f' t="b"><v>{int(value)}</v></c>'
        if isinstance(value, int | float | np.number):
            return f"><v>{_short_number(float(value))}</v></c>" if math.isfinite(value) else "/>"
        if isinstance(value, datetime) and not pd.isna(value):
            days = (pd.Timestamp(value) - EPOCH) / pd.Timedelta(days=1)
            return f' s="{{day}}"><v>{days!r}</v></c>'
        if value is None or value is pd.NaT or value == "":
            return "/>"
        return f' t="s"><v>{self._string(str(value))}</v></c>'

    def _write_sheet_data(self) -> None:
        if not len(self.frame.columns):
            self._xml_empty_tag("sheetData")
            return
        letters = [xl_col_to_name(i) for i in range(self.frame.shape[1])]
        style = self.heading._get_xf_index()
        head = "".join(
            f'<c r="{letter}1" s="{style}" t="s"><v>{text}</v></c>'
            for letter, text in zip(letters, self.headings, strict=True)
        )
        day = str(self.day._get_xf_index())
        columns = [
            [f"{c}".replace("{day}", day) for c in cells] if self._dated(cells) else cells
            for cells in self.cells
        ]
        # Cells without addresses stand one after the other, and make the file a third smaller.
        row = '<row r="{0}">' + "".join(f"<c{{{i}}}" for i in range(1, len(columns) + 1)) + "</row>"
        body = [row.format(n, *cells) for n, cells in enumerate(zip(*columns, strict=True), FIRST)]
        self.fh.write(f'<sheetData><row r="1">{head}</row>{"".join(body)}</sheetData>')

    @staticmethod
    def _dated(cells: list[str]) -> bool:
        return any("{day}" in c for c in cells[:1] + cells[-1:]) or any("{day}" in c for c in cells)


def _short_number(value: float) -> str:
    """A number as text, exact; whole ones without their ".0"."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
