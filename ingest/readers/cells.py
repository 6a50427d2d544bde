"""Cells as readers deliver them: by column, typed per cell, with their spreadsheet positions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import IntEnum
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from metrics.errors import AttuneError

EPOCH = datetime(1970, 1, 1)
MICROSECOND = timedelta(microseconds=1)


class CellKind(IntEnum):
    """What a cell holds. ``NO_RESULT`` is a formula whose result was never stored."""

    BLANK = 0
    TEXT = 1
    NUMBER = 2
    DATE = 3
    FLAG = 4
    DURATION = 5
    ERROR = 6
    NO_RESULT = 7


_EMPTY = (int(CellKind.BLANK), int(CellKind.NO_RESULT))
_TEXT = int(CellKind.TEXT)
_WORDED = (_TEXT, int(CellKind.ERROR))
_NUMBER, _FLAG, _DATE, _ERROR = (
    int(k) for k in (CellKind.NUMBER, CellKind.FLAG, CellKind.DATE, CellKind.ERROR)
)
"""Plain numbers: a name of an enumeration costs more than reading the cell."""


class Refused(AttuneError):
    """A whole file that is not read; code and facts become its one finding."""


@dataclass(frozen=True)
class SheetColumn:
    """One spreadsheet column.

    Parameters
    ----------
    position : int
        Zero-based spreadsheet column.
    kind : ndarray of uint8
        ``CellKind`` of each stored row.
    text : pyarrow string array
        Of TEXT and ERROR cells; null elsewhere.
    number : ndarray of float64 or None
        NUMBER and FLAG as they are, DATE in microseconds since 1970, DURATION in microseconds;
        NaN elsewhere. None where the column has text only.
    """

    position: int
    kind: np.ndarray
    text: pa.Array
    number: np.ndarray | None = None

    def take(self, rows: np.ndarray) -> SheetColumn:
        """Return the column at the given stored rows."""
        if len(rows) and rows[-1] - rows[0] + 1 == len(rows):  # one stretch: no copy
            stretch = slice(int(rows[0]), int(rows[-1]) + 1)
            number = None if self.number is None else self.number[stretch]
            text = self.text.slice(stretch.start, len(rows))
            return SheetColumn(self.position, self.kind[stretch], text, number)
        number = None if self.number is None else self.number[rows]
        return SheetColumn(self.position, self.kind[rows], self.text.take(pa.array(rows)), number)

    def cell(self, row: int) -> Any:
        """Return one cell as Python value: str, float, datetime, bool, timedelta or None."""
        kind = int(self.kind[row])
        if kind in _EMPTY:
            return None
        if kind in _WORDED:
            return self.text[row].as_py()
        assert self.number is not None
        return _python(kind, float(self.number[row]))

    def typed(self) -> pa.Array:
        """Return the column as an Arrow array: typed where all filled cells agree, else text.

        Errors and formulas without result are null; findings tell of them.
        """
        filled = {CellKind(k) for k in np.flatnonzero(np.bincount(self.kind, minlength=8))}
        filled -= {CellKind.BLANK, CellKind.ERROR, CellKind.NO_RESULT}
        if not filled or filled == {CellKind.TEXT}:
            return _texts_only(self)
        assert self.number is not None
        if len(filled) > 1:
            return pa.array([_display(self.cell(i), self.kind[i]) for i in range(len(self.kind))])
        kind = filled.pop()
        return _numbers(self.number, self.kind != kind, kind)


def _texts_only(column: SheetColumn) -> pa.Array:
    keep = column.kind == CellKind.TEXT
    if keep.all():
        return column.text
    return pc.if_else(pa.array(keep), column.text, pa.scalar(None, pa.string()))


def _numbers(number: np.ndarray, missing: np.ndarray, kind: CellKind) -> pa.Array:
    if kind == CellKind.NUMBER:
        return pa.array(number, mask=missing)
    whole = np.where(missing, 0, number)
    if kind == CellKind.FLAG:
        return pa.array(whole != 0, mask=missing)
    micro = pa.array(np.rint(whole).astype(np.int64), mask=missing)
    return micro.cast(pa.timestamp("us") if kind == CellKind.DATE else pa.duration("us"))


def _python(kind: int, number: float) -> Any:
    if kind == _NUMBER:
        return number
    if kind == _FLAG:
        return number != 0
    if kind == _DATE:
        return EPOCH + number * MICROSECOND
    return number * MICROSECOND


def _display(value: Any, kind: int) -> str | None:
    return None if value is None or kind == _ERROR else show(value)


def show(value: Any) -> str:
    """Return a cell as text: whole numbers without ``.0``, dates as ISO."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return str(value.date()) if value.time() == time() else str(value)
    return str(value)


@dataclass(frozen=True)
class Sheet:
    """One sheet: its filled columns and what only the file format knows.

    Parameters
    ----------
    name : str or None
        None for csv.
    rows : ndarray of int64
        1-based spreadsheet row of each stored row, increasing.
    columns : tuple of Column
        Filled columns in order of position.
    merged : tuple of (first row, first column, last row, last column)
        Rows 1-based, columns 0-based, all inclusive.
    hidden : ndarray of int64
        1-based numbers of hidden rows.
    visible : bool
    """

    name: str | None
    rows: np.ndarray
    columns: tuple[SheetColumn, ...]
    merged: tuple[tuple[int, int, int, int], ...] = ()
    hidden: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    visible: bool = True


def column_of_texts(position: int, values: pa.Array) -> SheetColumn | None:
    """Return a column of text cells, blank where empty or only spaces; None if all are blank."""
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    filled = pc.greater(pc.binary_length(pc.utf8_trim_whitespace(values)), 0)
    kind = pc.fill_null(filled, False).to_numpy(zero_copy_only=False).astype(np.uint8)
    return SheetColumn(position, kind, values) if kind.any() else None


def column_of_values(position: int, values: Sequence[Any]) -> SheetColumn | None:
    """Return a column of Python cells as calamine and openpyxl give them; None if all blank."""
    types = set(map(type, values))
    if types <= {str, type(None)}:
        return column_of_texts(position, pa.array(values, pa.string()))
    whole = {_KINDS[type_] for type_ in types}
    if len(whole) == 1:  # one kind throughout, as under most headings
        kind = np.full(len(values), whole.copy().pop(), np.uint8)
        nothing = pa.nulls(len(values), pa.string())
        return SheetColumn(position, kind, nothing, _numeric(values, CellKind(whole.pop())))
    kinds = [_KINDS[type(value)] for value in values]
    texts = [v if k == _TEXT and v.strip() else None for v, k in zip(values, kinds, strict=True)]
    kind = np.array(kinds, np.uint8)
    kind[[k == _TEXT and t is None for k, t in zip(kinds, texts, strict=True)]] = CellKind.BLANK
    if not kind.any():
        return None
    number = None
    if (kind > _TEXT).any():
        number = np.full(len(values), np.nan)
        for what in set(kinds) - {_TEXT, int(CellKind.BLANK)}:
            at = [i for i, k in enumerate(kinds) if k == what]
            number[at] = _numeric([values[i] for i in at], CellKind(what))
    return SheetColumn(position, kind, pa.array(texts, pa.string()), number)


class _Kinds(dict[type, int]):
    """Kind of cell by Python type; what a subclass is, its parent is."""

    def __missing__(self, type_: type) -> int:
        self[type_] = next(
            (k for known, k in self.items() if issubclass(type_, known)), CellKind.TEXT
        )
        return self[type_]


_KINDS = _Kinds(
    {
        type(None): CellKind.BLANK,
        str: CellKind.TEXT,
        bool: CellKind.FLAG,
        int: CellKind.NUMBER,
        float: CellKind.NUMBER,
        datetime: CellKind.DATE,
        date: CellKind.DATE,
        time: CellKind.DURATION,
        timedelta: CellKind.DURATION,
    }
)


def _numeric(values: Sequence[Any], kind: CellKind) -> np.ndarray:
    if kind == CellKind.DATE:
        plain = [v if type(v) is datetime else datetime(v.year, v.month, v.day) for v in values]
        return pa.array(plain, pa.timestamp("us")).cast(pa.int64()).to_numpy().astype(np.float64)
    if kind == CellKind.DURATION:
        day = EPOCH.date()
        plain = [datetime.combine(day, v) - EPOCH if isinstance(v, time) else v for v in values]
        return np.array(plain, "timedelta64[us]").astype(np.int64).astype(np.float64)
    return np.array(values, np.float64)
