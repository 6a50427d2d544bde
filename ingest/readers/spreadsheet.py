"""Workbooks through calamine (xlsx, xlsb, xls, ods); runs in the worker process only."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from itertools import islice
from tempfile import NamedTemporaryFile
from typing import Any

import numpy as np
import pyarrow as pa
import python_calamine as calamine

from ingest.readers.cells import Refused, Sheet, SheetColumn, column_of_values

HEAD_ROWS, ROWS_AT_ONCE = 50, 20_000
"""Rows held as Python values at a time: first the heading, then what is mostly of one type."""
UNREADABLE = (calamine.CalamineError, calamine.XmlError, calamine.ZipError, OSError)


def read(data: bytes, limits: Mapping[str, int], kind: str = "xlsx") -> list[Sheet]:
    """Return the sheets of a workbook, hidden ones marked; charts and macros are passed over.

    Parameters
    ----------
    data : bytes
    limits : mapping
    kind : str
        What the bytes are (``xlsx, xlsb, xls, ods``), so that a refusal tells its true cause.

    Raises
    ------
    Refused
        Encrypted, damaged, or more sheets or cells than allowed.
    """
    try:
        return _read(data, limits, kind)
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # Rust's, no Exception
            raise Refused("file_corrupt", detail=str(error)[:200]) from None
        raise


def _read(data: bytes, limits: Mapping[str, int], kind: str) -> list[Sheet]:
    try:
        book = _open_workbook(data, kind)
    except calamine.PasswordError as error:
        raise Refused("file_encrypted") from error
    except UNREADABLE as error:
        raise Refused("file_corrupt", detail=str(error)[:200]) from error
    if len(book.sheets_metadata) > limits["sheets"]:
        raise Refused("too_many_sheets", found=len(book.sheets_metadata), limit=limits["sheets"])
    return [
        _sheet(book, meta, limits)
        for meta in book.sheets_metadata
        if meta.typ == calamine.SheetTypeEnum.WorkSheet
    ]


def _open_workbook(data: bytes, kind: str) -> calamine.CalamineWorkbook:
    try:
        return calamine.CalamineWorkbook.from_object(io.BytesIO(data))
    except UNREADABLE:  # it tried every format and says so; a file's ending makes it say why
        with NamedTemporaryFile(suffix=f".{kind}") as file:
            file.write(data)
            file.flush()
            return calamine.CalamineWorkbook.from_path(file.name)


def _sheet(
    book: calamine.CalamineWorkbook, meta: calamine.SheetMetadata, limits: Mapping[str, int]
) -> Sheet:
    try:
        sheet = book.get_sheet_by_name(meta.name)
    except UNREADABLE as error:
        raise Refused("file_corrupt", detail=f"{meta.name}: {error}"[:200]) from error
    if sheet.height * sheet.width > limits["cells"]:
        raise Refused("too_many_cells", found=sheet.height * sheet.width, limit=limits["cells"])
    top, left = sheet.start or (0, 0)
    bottom, right = sheet.end or (0, 0)
    if bottom >= limits["rows"] or right >= limits["columns"]:
        detail = f"a cell outside of any sheet: row {bottom + 1}, column {right + 1}"
        raise Refused("file_corrupt", detail=detail)
    merged = tuple(
        (first[0] + 1, first[1], last[0] + 1, last[1])
        for first, last in sheet.merged_cell_ranges or ()
    )
    visible = meta.visible == calamine.SheetVisibleEnum.Visible
    rows = sheet.iter_rows()
    if sheet.height:
        for _ in range(top):  # rows above the first filled one are given as blank ones
            next(rows)
    columns = columns_of(rows, left)
    return Sheet(
        meta.name, np.arange(top + 1, top + 1 + sheet.height), columns, merged, visible=visible
    )


def columns_of(records: Iterable[Any], left: int = 0) -> tuple[SheetColumn, ...]:
    """Return the filled columns of rows of Python cells, all of one width."""
    pieces: list[list[SheetColumn | None]] = []
    lengths: list[int] = []
    rows = iter(records)
    while batch := list(islice(rows, ROWS_AT_ONCE if pieces else HEAD_ROWS)):
        lengths.append(len(batch))
        by_column = enumerate(zip(*batch, strict=True), left)
        pieces.append([column_of_values(position, values) for position, values in by_column])
    together = (_join_parts(parts, lengths) for parts in zip(*pieces, strict=True))
    return tuple(column for column in together if column is not None)


def _join_parts(parts: tuple[SheetColumn | None, ...], lengths: list[int]) -> SheetColumn | None:
    given = next((part for part in parts if part is not None), None)
    if given is None:
        return None
    kind = np.zeros(sum(lengths), np.uint8)
    texts = []
    number = None
    at = 0
    for part, length in zip(parts, lengths, strict=True):
        if part is not None:
            kind[at : at + length] = part.kind
            if part.number is not None:
                number = np.full(len(kind), np.nan) if number is None else number
                number[at : at + length] = part.number
        texts.append(pa.nulls(length, pa.string()) if part is None else part.text)
        at += length
    return SheetColumn(given.position, kind, pa.concat_arrays(texts), number)
