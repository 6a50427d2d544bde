"""Any valid sheet XML, tag by tag: prefixes, cells without address, comments, CDATA.

Slower than the scan by far, and needed only where a program writes XML its own way. Expat never
sees a document type declaration: such parts are refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import IO, Any
from xml.parsers import expat

import numpy as np
import pyarrow as pa

from ingest.readers.cells import Kind, Refused
from ingest.readers.sheet_scan import Scanned, Strings, unescape
from ingest.readers.styles import Styles

_ADDRESS = re.compile(r"([A-Za-z]{1,3})(\d{1,7})$")
_RANGE = re.compile(r"([A-Z]{1,3})(\d+):([A-Z]{1,3})(\d+)$")
FLUSHED_ROWS = 20_000


class _Walker:
    """Collects cells from expat's events."""

    def __init__(self, styles: Styles, strings: Strings, limits: Mapping[str, int]) -> None:
        self.styles, self.strings, self.limits = styles, strings, limits
        self.found = Scanned(most=limits["cells"])
        self.merged: list[tuple[bytes, ...]] = []
        self.row = self.column = 0
        self.cells: list[tuple[int, int, str, int, str | None, bool]] = []
        self.attributes: dict[str, str] = {}
        self.text: list[str] | None = None
        self.value: str | None = None
        self.formula = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        if tag == "row":
            self.row = int(attributes.get("r", self.row + 1))
            self.column = -1
            if attributes.get("hidden") in ("1", "true"):
                self.found.hidden.append(self.row)
        elif tag == "c":
            self._cell(attributes)
        elif tag in ("v", "t", "f"):
            self.text = []
            self.formula |= tag == "f"
        elif tag == "mergeCell" and (match := _RANGE.match(attributes.get("ref", ""))):
            self.merged.append(tuple(part.encode() for part in match.groups()))

    def _cell(self, attributes: dict[str, str]) -> None:
        self.attributes, self.value, self.formula = attributes, None, False
        address = _ADDRESS.match(attributes.get("r", ""))
        self.column += 1
        if address:
            self.column = 0
            for letter in address[1].upper():
                self.column = self.column * 26 + ord(letter) - 64
            self.column -= 1
            self.row = int(address[2])
        if self.column >= 16_384 or self.row > 1_048_576:
            raise Refused("file_corrupt", detail=f"a cell outside of any sheet: {attributes}"[:120])

    def data(self, text: str) -> None:
        if self.text is not None:
            self.text.append(text)

    def end(self, name: str) -> None:
        tag = name.rpartition(":")[2]
        if tag in ("v", "t") and self.text is not None:
            self.value = (self.value or "") + "".join(self.text)
            self.text = None
        elif tag == "f":
            if self.text and re.search(r"WEBSERVICE\(|\bRTD\(|cmd\s*\|", "".join(self.text), re.I):
                raise Refused("formula_calls_net")
            self.text = None
        elif tag == "c":
            style = int(self.attributes.get("s", 0))
            type_ = self.attributes.get("t", "n")
            self.cells.append((self.row, self.column, type_, style, self.value, self.formula))
        elif tag == "row" and len(self.cells) > FLUSHED_ROWS:
            self.flush()

    def flush(self) -> None:
        cells = [cell for cell in self.cells if cell[4] or cell[5]]
        self.cells = []
        if not cells:
            return
        rows = np.unique([cell[0] for cell in cells])
        self.found.count(len(rows) * len({cell[1] for cell in cells}))
        if self.found.rows and rows[0] <= self.found.rows[-1][-1]:
            raise Refused("file_corrupt", detail="rows out of order")
        at = {int(row): i for i, row in enumerate(rows)}
        by_column: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        for row, column, type_, style, value, formula in cells:
            kinds, numbers = by_column.setdefault(
                column, (np.zeros(len(rows), np.uint8), np.full(len(rows), np.nan))
            )
            kind, number = self._typed(type_, value, formula)
            cell_kind, cell_number = np.array([kind], np.uint8), np.array([number])
            self.styles.resolve(np.array([style]), cell_kind, cell_number)
            kinds[at[row]], numbers[at[row]] = cell_kind[0], cell_number[0]
        for column, pair in by_column.items():
            self.found.columns.setdefault(column, []).append((self.found.length, *pair))
        self.found.rows.append(rows)
        self.found.length += len(rows)

    def _typed(self, type_: str, value: str | None, formula: bool) -> tuple[int, float]:
        if not value:
            return (Kind.NO_RESULT if formula and type_ != "str" else Kind.BLANK), float("nan")
        try:
            if type_ in ("n", "b", "s"):
                kind = {"n": Kind.NUMBER, "b": Kind.FLAG, "s": Kind.TEXT}[type_]
                return kind, float(value)
        except ValueError as error:
            raise Refused("file_corrupt", detail=f"a number reads {value[:40]}") from error
        index = self.strings.add(unescape(pa.array([value], pa.string())))
        return (Kind.ERROR if type_ == "e" else Kind.TEXT), index


def walk(
    stream: IO[bytes], styles: Styles, strings: Strings, limits: Mapping[str, int]
) -> tuple[Scanned, list[tuple[bytes, ...]]]:
    """Return the cells and merged ranges of a sheet; Refused if its XML is damaged."""
    walker = _Walker(styles, strings, limits)
    parser: Any = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = walker.start
    parser.EndElementHandler = walker.end
    parser.CharacterDataHandler = walker.data
    parser.StartDoctypeDeclHandler = _refuse
    parser.ParseFile(stream)
    walker.flush()
    return walker.found, walker.merged


def _refuse(*_: Any) -> None:
    raise Refused("xml_entities")


def texts_of(xml: bytes) -> list[str]:
    """Return the texts of a shared string table with prefixed tags."""
    texts: list[str] = []
    inside: list[str] | None = None

    def start(name: str, _: dict[str, str]) -> None:
        nonlocal inside
        tag = name.rpartition(":")[2]
        if tag == "si":
            texts.append("")
        inside = [] if tag == "t" else inside

    def end(name: str) -> None:
        nonlocal inside
        if name.rpartition(":")[2] == "t" and inside is not None:
            texts[-1] += "".join(inside)
            inside = None

    def data(text: str) -> None:
        if inside is not None:
            inside.append(text)

    parser: Any = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = data, _refuse
    parser.Parse(xml, True)
    return texts
