"""The second opinion: openpyxl's streaming reader, for what calamine refuses or cannot hold.

Slower by far, and it drops merged cells; but it takes packages calamine does not (sheets without
a relation, macro sheets, whole columns merged, UTF-16), and holds filled cells only.
"""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np

from ingest.readers.cells import Refused, Sheet, column_of_values
from ingest.readers.guard import DAMAGED

_MERGES = re.compile(rb"<mergeCells\b.*?</mergeCells>", re.DOTALL)
_WHOLE = re.compile(rb'<mergeCell ref="(?:[A-Z]+:[A-Z]+|\d+:\d+)"')
UNREADABLE = (
    TypeError,
    ValueError,
    LookupError,
    AttributeError,
    AssertionError,
    SyntaxError,
    *DAMAGED,
)
"""What openpyxl may raise for a package it cannot read."""


def read(data: bytes, limits: Mapping[str, int]) -> list[Sheet]:
    """Return the sheets of an xlsx; error cells are blank, as calamine gives them.

    Raises
    ------
    Refused
        More cells than allowed.
    """
    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plain = io.BytesIO(_without_merges(data))
        book = openpyxl.load_workbook(plain, read_only=True, data_only=True)
        return [_sheet(sheet, limits) for sheet in book.worksheets]


def _without_merges(data: bytes) -> bytes:
    """Return the package without merged cells: a merge of whole columns makes openpyxl stop."""
    source, target = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
    if not any(_odd_merge(source, name) for name in source.namelist()):
        return data
    with zipfile.ZipFile(target, "w") as out:
        for name in source.namelist():
            part = source.read(name)
            out.writestr(name, _MERGES.sub(b"", part) if _odd_merge(source, name) else part)
    return target.getvalue()


def _odd_merge(source: zipfile.ZipFile, name: str) -> bool:
    return "sheet" in name and _WHOLE.search(source.read(name)) is not None


def _sheet(sheet: Any, limits: Mapping[str, int]) -> Sheet:
    sheet.reset_dimensions()  # what a sheet says of its extent is not believed
    by_column: dict[int, dict[int, Any]] = {}
    numbers: set[int] = set()
    for row in sheet.rows:
        for cell in row:
            if cell.value is not None and cell.data_type != "e":
                by_column.setdefault(cell.column - 1, {})[cell.row] = cell.value
                numbers.add(cell.row)
        if len(by_column) * len(numbers) > limits["cells"]:
            cells = len(by_column) * len(numbers)
            raise Refused("too_many_cells", found=cells, limit=limits["cells"])
    if by_column and (max(by_column) >= limits["columns"] or max(numbers) > limits["rows"]):
        raise Refused("file_corrupt", detail="a cell outside of any sheet")
    rows = sorted(numbers)
    columns = (
        column_of_values(position, [by_column[position].get(row) for row in rows])
        for position in sorted(by_column)
    )
    return Sheet(
        sheet.title,
        np.array(rows, np.int64),
        tuple(column for column in columns if column is not None),
        visible=sheet.sheet_state == "visible",
    )
