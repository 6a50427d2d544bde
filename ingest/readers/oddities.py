"""What calamine does not tell of a sheet: error cells, formulas without result, hidden rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from ingest.readers.cells import CellKind, Sheet, SheetColumn

Mark = tuple[CellKind, str | None]


@dataclass
class Oddities:
    """Of one sheet, by (1-based row, 0-based column): what stands in odd cells; hidden rows."""

    cells: dict[tuple[int, int], Mark] = field(default_factory=dict)
    hidden: list[int] = field(default_factory=list)

    def error(self, row: int, column: int, text: str) -> None:
        """Remember an error cell, such as ``#DIV/0!``."""
        self.cells[row, column] = (CellKind.ERROR, text)

    def no_result(self, row: int, column: int) -> None:
        """Remember a formula whose result was never stored."""
        self.cells[row, column] = (CellKind.NO_RESULT, None)


def mark_odd_cells(sheet: Sheet, odd: Oddities) -> Sheet:
    """Return the sheet with its odd cells, which calamine gives as blank, and hidden rows."""
    if odd.cells:
        sheet = _with_rows(sheet, sorted({row for row, _ in odd.cells}))
    hidden = np.array(odd.hidden, np.int64)
    hidden = hidden[np.isin(hidden, sheet.rows)]
    by_column: dict[int, list[tuple[int, Mark]]] = {}
    for (row, position), mark in odd.cells.items():
        by_column.setdefault(position, []).append((int(np.searchsorted(sheet.rows, row)), mark))
    columns = {column.position: column for column in sheet.columns}
    for position, cells in by_column.items():
        columns[position] = _mark_column(columns.get(position), position, cells, len(sheet.rows))
    return replace(sheet, hidden=hidden, columns=tuple(columns[p] for p in sorted(columns)))


def _with_rows(sheet: Sheet, wanted: Sequence[int]) -> Sheet:
    """Add rows that hold nothing but odd cells, which calamine leaves out at either end."""
    missing = np.setdiff1d(np.array(wanted, np.int64), sheet.rows)
    if not len(missing):
        return sheet
    order = np.argsort(np.concatenate([sheet.rows, missing]), kind="stable")
    rows = np.concatenate([sheet.rows, missing])[order]
    columns = tuple(
        SheetColumn(
            column.position,
            np.concatenate([column.kind, np.zeros(len(missing), np.uint8)])[order],
            pa.concat_arrays([column.text, pa.nulls(len(missing), pa.string())]).take(
                pa.array(order)
            ),
            None
            if column.number is None
            else np.concatenate([column.number, np.full(len(missing), np.nan)])[order],
        )
        for column in sheet.columns
    )
    return replace(sheet, rows=rows, columns=columns)


def _mark_column(
    column: SheetColumn | None, position: int, cells: Sequence[tuple[int, Mark]], length: int
) -> SheetColumn:
    if column is None:
        column = SheetColumn(position, np.zeros(length, np.uint8), pa.nulls(length, pa.string()))
    kind, texts = column.kind.copy(), column.text.to_pylist()
    for row, (what, text) in cells:
        kind[row], texts[row] = what, text
    return replace(column, kind=kind, text=pa.array(texts, pa.string()))
