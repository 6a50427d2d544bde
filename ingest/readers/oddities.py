"""What calamine does not tell of a sheet, found by a reader's own scan: errors, hidden rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from ingest.readers.cells import Column, Kind, Sheet


@dataclass
class Oddities:
    """Of one sheet: (1-based row, 0-based column, text) of error cells, and hidden rows."""

    errors: list[tuple[int, int, str]] = field(default_factory=list)
    hidden: list[int] = field(default_factory=list)


def marked(sheet: Sheet, odd: Oddities) -> Sheet:
    """Return the sheet with its error cells, which calamine gives as blank, and hidden rows."""
    hidden = np.array(odd.hidden, np.int64)
    hidden = hidden[np.isin(hidden, sheet.rows)]
    if not odd.errors or not len(sheet.rows):
        return replace(sheet, hidden=hidden)
    first = int(sheet.rows[0])
    by_column: dict[int, list[tuple[int, str]]] = {}
    for row, position, text in odd.errors:
        if 0 <= row - first < len(sheet.rows):
            by_column.setdefault(position, []).append((row - first, text))
    columns = {column.position: column for column in sheet.columns}
    for position, cells in by_column.items():
        columns[position] = _with_errors(columns.get(position), position, cells, len(sheet.rows))
    return replace(sheet, hidden=hidden, columns=tuple(columns[p] for p in sorted(columns)))


def _with_errors(
    column: Column | None, position: int, cells: Sequence[tuple[int, str]], length: int
) -> Column:
    if column is None:
        column = Column(position, np.zeros(length, np.uint8), pa.nulls(length, pa.string()))
    kind, texts = column.kind.copy(), column.text.to_pylist()
    for row, text in cells:
        kind[row], texts[row] = Kind.ERROR, text
    return replace(column, kind=kind, text=pa.array(texts, pa.string()))
