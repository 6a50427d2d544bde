"""Cells without a value of their own: errors, formulas whose result was never stored."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from ingest.model import column_letter
from ingest.readers.cells import CellKind, Sheet, SheetColumn
from metrics.model import Finding, Place, Severity

CELLS_NAMED = 50
"""Cells with an error are named one by one up to here, then counted."""


def odd_cells(sheet: Sheet, file: str, passed: Collection[int]) -> list[Finding]:
    """Return findings for error cells one by one, and for formulas without result by column.

    Parameters
    ----------
    passed : collection of int
        Rows that are left out anyway (totals, footers): what stands there is wanted by nobody.
    """
    found: list[Finding] = []
    errors = [
        (row, column)
        for column in sheet.columns
        for row in _rows(sheet, column, CellKind.ERROR, passed)
    ]
    for row, column in errors[:CELLS_NAMED]:
        value = column.text[row].as_py() or ""
        place = _place(sheet, file, column, row)
        found.append(Finding("error_cell", Severity.ERROR, place, value, {"value": value}))
    if len(errors) > CELLS_NAMED:
        rest = len(errors) - CELLS_NAMED
        place, facts = Place(file, sheet.name), {"cells": rest}
        found.append(Finding("error_cells_more", Severity.ERROR, place, "", facts, rest))
    for column in sheet.columns:
        rows = _rows(sheet, column, CellKind.NO_RESULT, passed)
        if rows:
            place, facts = _place(sheet, file, column, rows[0]), {"value": "", "cells": len(rows)}
            code = "formula_without_result"
            found.append(Finding(code, Severity.ERROR, place, "", facts, len(rows)))
    if len(sheet.hidden):
        first = int(sheet.hidden[0])
        place = Place(file, sheet.name, f"{first}:{first}")
        count = len(sheet.hidden)
        found.append(Finding("hidden_rows", Severity.WARNING, place, "", {"rows": count}, count))
    return found


def _rows(sheet: Sheet, column: SheetColumn, kind: CellKind, passed: Collection[int]) -> list[int]:
    rows = np.flatnonzero(column.kind == kind).tolist()
    return [row for row in rows if int(sheet.rows[row]) not in passed]


def _place(sheet: Sheet, file: str, column: SheetColumn, row: int) -> Place:
    letters = column_letter(column.position)
    return Place(file, sheet.name, f"{letters}{int(sheet.rows[row])}")
