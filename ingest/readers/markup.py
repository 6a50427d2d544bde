"""Tables in HTML (often called .xls) and in Excel's XML of 2003; runs in the worker only."""

from __future__ import annotations

import contextlib
import email
import re
from collections.abc import Mapping
from datetime import datetime
from html.parser import HTMLParser
from typing import Any
from xml.parsers import expat

import numpy as np

from ingest.readers import guard
from ingest.readers.cells import Refused, Sheet, column_of_values
from ingest.readers.delimited import decode

_CHARSET = re.compile(rb"charset=[\"']?([A-Za-z0-9_-]+)", re.IGNORECASE)
_HIDDEN = re.compile(r"display\s*:\s*none|mso-hide\s*:\s*all", re.IGNORECASE)


def read_html(data: bytes, limits: Mapping[str, int]) -> list[Sheet]:
    """Return one sheet with all tables of the page, a blank row between them.

    Rows count as a spreadsheet program counts them when it opens the page; merged cells hold
    their text once.
    """
    if data[:200].lstrip().lower().startswith(b"mime-version:"):
        data = _web_archive(data)
    found = _CHARSET.search(data[:4096])
    text, encoding = decode(data)
    if found and encoding != "utf-8" and not encoding.startswith("utf-16"):
        with contextlib.suppress(LookupError, UnicodeDecodeError):
            text = data.decode(found[1].decode())
    parser = _Tables(limits)
    parser.feed(text)
    parser.close()
    return [sheet_of("Table", parser.rows)] if parser.rows else []


def _web_archive(data: bytes) -> bytes:
    """Return the page inside a single-file web page (MHTML), as report servers call .xls."""
    message = email.message_from_bytes(data)
    for part in message.walk():
        if part.get_content_type() == "text/html":
            page = part.get_payload(decode=True)
            return page if isinstance(page, bytes) else b""
    raise Refused("no_table")


def sheet_of(name: str, rows: list[tuple[int, dict[int, Any]]]) -> Sheet:
    """Return a sheet of rows given as (number, column → value)."""
    rows = [(number, cells) for number, cells in rows if cells]
    positions = sorted({position for _, cells in rows for position in cells})
    columns = (column_of_values(p, [cells.get(p) for _, cells in rows]) for p in positions)
    numbers = np.array([number for number, _ in rows], np.int64)
    return Sheet(name, numbers, tuple(column for column in columns if column is not None))


class _Tables(HTMLParser):
    """Collects the cells of every table; text outside of tables is a title line of its own."""

    def __init__(self, limits: Mapping[str, int]) -> None:
        super().__init__(convert_charrefs=True)
        self.limits = limits
        self.rows: list[tuple[int, dict[int, Any]]] = []
        self.number = self.column = self.cells = 0
        self.row: dict[int, Any] = {}
        self.text: list[str] | None = None
        self.span = 1
        self.taken: dict[int, int] = {}
        self.skipped = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag in ("script", "style", "head"):
            self.skipped += 1
        elif tag == "table":
            self.number += 1 if self.rows else 0
            self.taken = {}
        elif tag == "tr":
            self._end_row()
            self.number += 1
            self.column = 0
        elif tag in ("td", "th"):
            self._end_cell()
            while self.taken.get(self.column, -1) >= self.number:
                self.column += 1
            self.text = []
            self.span = min(_span(attributes.get("colspan")), 1000)
            for position in range(self.column, self.column + self.span):
                self.taken[position] = self.number + _span(attributes.get("rowspan")) - 1
        elif tag == "br" and self.text is not None:
            self.text.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style", "head"):
            self.skipped = max(0, self.skipped - 1)
        elif tag in ("td", "th"):
            self._end_cell()
        elif tag in ("tr", "table"):
            self._end_row()

    def handle_data(self, data: str) -> None:
        if self.text is not None and not self.skipped:
            self.text.append(data)

    def _end_cell(self) -> None:
        if self.text is None:
            return
        text = re.sub(r"[ \t\r\n\u00a0]+", " ", "".join(self.text)).strip()
        if text:
            self.row[self.column] = text
            self.cells += 1
            if self.cells > self.limits["cells"] // 10:
                raise Refused("too_many_cells", found=self.cells, limit=self.limits["cells"] // 10)
        self.column += self.span
        self.text = None

    def _end_row(self) -> None:
        self._end_cell()
        if self.row:
            self.rows.append((self.number, self.row))
        self.row = {}


def _span(text: str | None) -> int:
    return max(1, int(text)) if text and text.isdigit() else 1


def read_xml(data: bytes, limits: Mapping[str, int]) -> list[Sheet]:
    """Return the sheets of an Excel 2003 XML workbook (SpreadsheetML)."""
    data = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    guard.refuse_entities(data)
    reader = _Spreadsheet(limits)
    parser: Any = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.data
    parser.Parse(data, True)
    return [sheet_of(name, rows) for name, rows in reader.sheets]


class _Spreadsheet:
    def __init__(self, limits: Mapping[str, int]) -> None:
        self.limits = limits
        self.sheets: list[tuple[str, list[tuple[int, dict[int, Any]]]]] = []
        self.row: dict[int, Any] = {}
        self.number = self.column = self.cells = 0
        self.merged = 0
        self.type = ""
        self.text: list[str] | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(" ")[2]
        given = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
        if tag == "Worksheet":
            self.sheets.append((given.get("Name", "Sheet"), []))
            self.number = 0
        elif tag == "Row":
            self.number = int(given.get("Index", self.number + 1))
            self.column, self.row = -1, {}
        elif tag == "Cell":
            self.column = int(given.get("Index", self.column + 2 + self.merged)) - 1
            self.merged = int(given.get("MergeAcross", 0))
        elif tag == "Data":
            self.type, self.text = given.get("Type", "String"), []

    def data(self, text: str) -> None:
        if self.text is not None:
            self.text.append(text)

    def end(self, name: str) -> None:
        tag = name.rpartition(" ")[2]
        if tag == "Data" and self.text is not None:
            self.cells += 1
            if self.cells > self.limits["cells"] // 10:
                raise Refused("too_many_cells", found=self.cells, limit=self.limits["cells"] // 10)
            self.row[self.column] = _value(self.type, "".join(self.text))
            self.text = None
        elif tag == "Row" and self.sheets:
            self.merged = 0
            self.sheets[-1][1].append((self.number, self.row))


def _value(type_: str, text: str) -> Any:
    try:
        if type_ == "Number":
            return float(text)
        if type_ == "Boolean":
            return text == "1"
        if type_ == "DateTime":
            return datetime.fromisoformat(text)
    except ValueError:
        return text
    return text
