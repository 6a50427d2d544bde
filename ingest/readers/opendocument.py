"""What calamine does not tell of an OpenDocument sheet: error cells and hidden rows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from xml.parsers import expat

import numpy as np
import pyarrow as pa

from ingest.readers import guard, spreadsheet
from ingest.readers.cells import Column, Kind, Sheet
from ingest.readers.xlsx import refuse_entities

_ERROR = re.compile(r"^(#(DIV/0!|N/A|NAME\?|NULL!|NUM!|REF!|VALUE!)|Err:\d{3})$")


@dataclass
class _Oddities:
    """Of one sheet: (row, column, text) of error cells, and hidden rows."""

    errors: list[tuple[int, int, str]] = field(default_factory=list)
    hidden: list[int] = field(default_factory=list)


def read(data: bytes, limits: Mapping[str, int]) -> list[Sheet]:
    """Return the sheets of an OpenDocument spreadsheet, error cells and hidden rows marked."""
    with guard.member(guard.archive(data), "content.xml") as stream:
        content = stream.read()
    refuse_entities(content)
    found = _oddities(content)
    return [
        _marked(sheet, found.get(sheet.name or "", _Oddities()))
        for sheet in spreadsheet.read(data, limits)
    ]


def _oddities(content: bytes) -> dict[str, _Oddities]:
    found: dict[str, _Oddities] = {}
    name, row, column, repeated, text = "", 0, -1, 1, ""
    written = False

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal name, row, column, repeated, text, written
        tag = tag.rpartition(" ")[2]
        given = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
        if tag == "table":
            name, row = given.get("name", ""), 0
            found[name] = _Oddities()
        elif tag == "table-row":
            column, repeated = -1, int(given.get("number-rows-repeated", 1))
            row += 1
            if given.get("visibility") in ("collapse", "filter") and repeated < 100_000:
                found[name].hidden += range(row, row + repeated)
        elif tag in ("table-cell", "covered-table-cell"):
            column += int(given.get("number-columns-repeated", 1))
            text, written = "", False
        elif tag == "p":
            written = True

    def data_(piece: str) -> None:
        nonlocal text
        if written:
            text += piece

    def end(tag: str) -> None:
        nonlocal row, written
        tag = tag.rpartition(" ")[2]
        if tag in ("table-cell", "covered-table-cell"):
            if _ERROR.match(text):
                found[name].errors.append((row, column, text))
            written = False
        elif tag == "table-row":
            row += repeated - 1

    parser: Any = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = data_
    parser.Parse(content, True)
    return found


def _marked(sheet: Sheet, odd: _Oddities) -> Sheet:
    hidden = np.array(odd.hidden, np.int64)
    hidden = hidden[np.isin(hidden, sheet.rows)]
    if not odd.errors or not len(sheet.rows):
        return replace(sheet, hidden=hidden)
    first = int(sheet.rows[0])
    columns = {column.position: column for column in sheet.columns}
    for position in {column for _, column, _ in odd.errors}:
        cells = [
            (row - first, text)
            for row, column, text in odd.errors
            if column == position and 0 <= row - first < len(sheet.rows)
        ]
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
