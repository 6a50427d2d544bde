"""Workbooks through calamine (xlsx, xlsb, xls, ods); runs in the worker process only."""

from __future__ import annotations

import io
from collections.abc import Mapping

import numpy as np
import python_calamine as calamine

from ingest.readers.cells import Refused, Sheet, column_of_values


def read(data: bytes, limits: Mapping[str, int]) -> list[Sheet]:
    """Return the sheets of a workbook, hidden ones marked; charts and macros are passed over.

    Raises
    ------
    Refused
        Encrypted, damaged, or more sheets or cells than allowed.
    """
    try:
        book = calamine.CalamineWorkbook.from_object(io.BytesIO(data))
    except calamine.PasswordError as error:
        raise Refused("file_encrypted") from error
    except (calamine.CalamineError, calamine.XmlError, calamine.ZipError, OSError) as error:
        raise Refused("file_corrupt", detail=str(error)[:200]) from error
    if len(book.sheets_metadata) > limits["sheets"]:
        raise Refused("too_many_sheets", found=len(book.sheets_metadata), limit=limits["sheets"])
    return [
        _sheet(book, meta, limits)
        for meta in book.sheets_metadata
        if meta.typ == calamine.SheetTypeEnum.WorkSheet
    ]


def _sheet(
    book: calamine.CalamineWorkbook, meta: calamine.SheetMetadata, limits: Mapping[str, int]
) -> Sheet:
    try:
        sheet = book.get_sheet_by_name(meta.name)
    except (calamine.CalamineError, calamine.XmlError, calamine.ZipError, OSError) as error:
        raise Refused("file_corrupt", detail=f"{meta.name}: {error}"[:200]) from error
    if sheet.height * sheet.width > limits["cells"]:
        raise Refused("too_many_cells", found=sheet.height * sheet.width, limit=limits["cells"])
    top, left = sheet.start or (0, 0)
    records = sheet.to_python(skip_empty_area=True)
    by_column = enumerate(zip(*records, strict=True), start=left)
    filled = (column_of_values(position, values) for position, values in by_column)
    merged = tuple(
        (first[0] + 1, first[1], last[0] + 1, last[1])
        for first, last in sheet.merged_cell_ranges or ()
    )
    return Sheet(
        meta.name,
        np.arange(top + 1, top + 1 + len(records)),
        tuple(column for column in filled if column is not None),
        merged,
        visible=meta.visible == calamine.SheetVisibleEnum.Visible,
    )
