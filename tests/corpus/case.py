"""One file of the corpus and what must become of it; the pieces files are made of."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import openpyxl
import xlsxwriter


@dataclass(frozen=True)
class Case:
    """A file and its expected outcome.

    Parameters
    ----------
    name : str
        File name as a person would drop it.
    make : callable
        Returns the bytes.
    rows : tuple of int
        Data rows of each table, in order; empty if the file is refused.
    headers : tuple of str
        Headings the first table must have, in order, among others.
    codes : tuple of str
        Findings that must be there, ``code`` or ``code@cell``.
    exact : bool
        No warning or error finding besides ``codes``.
    """

    name: str
    make: Callable[[], bytes]
    rows: tuple[int, ...] = ()
    headers: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    exact: bool = True
    notes: Mapping[str, str] = field(default_factory=dict)


def refused(name: str, make: Callable[[], bytes], code: str) -> Case:
    """Return a case that must be refused with exactly one finding."""
    return Case(name, make, codes=(code,))


def text(content: str, encoding: str = "utf-8") -> Callable[[], bytes]:
    """Return a maker of a text file."""
    return lambda: content.encode(encoding)


HEADER = ("Team", "Month", "Tickets", "Cost")


def records(count: int = 6) -> list[list[Any]]:
    """Return plain records under ``HEADER``."""
    return [[f"Team {i}", f"2024-{i + 1:02d}-15", 10 * i + 7, 1.25 * i + 3] for i in range(count)]


def by_openpyxl(
    rows: Sequence[Sequence[Any]],
    change: Callable[[Any, Any], None] | None = None,
    sheet: str = "Data",
) -> Callable[[], bytes]:
    """Return a maker of a workbook written by openpyxl; ``change(book, sheet)`` adds oddities."""

    def make() -> bytes:
        book = openpyxl.Workbook()
        page = book.active
        assert page is not None
        page.title = sheet
        for row in rows:
            page.append(list(row))
        if change:
            change(book, page)
        target = io.BytesIO()
        book.save(target)
        return target.getvalue()

    return make


def by_xlsxwriter(
    write: Callable[[Any, Any], None], sheet: str = "Data", **options: Any
) -> Callable[[], bytes]:
    """Return a maker of a workbook written by XlsxWriter."""

    def make() -> bytes:
        target = io.BytesIO()
        book = xlsxwriter.Workbook(target, {"in_memory": True, **options})
        write(book, book.add_worksheet(sheet))
        book.close()
        return target.getvalue()

    return make


def plain_xlsx() -> bytes:
    """Return an ordinary workbook to damage."""
    return by_openpyxl([HEADER, *records()])()


def changed(
    parts: Mapping[str, Callable[[bytes], bytes] | bytes], base: Callable[[], bytes] = plain_xlsx
) -> Callable[[], bytes]:
    """Return a maker of ``base`` with parts of its archive replaced, changed or added."""

    def make() -> bytes:
        source = zipfile.ZipFile(io.BytesIO(base()))
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
            for name in source.namelist():
                change = parts.get(name, source.read(name))
                out.writestr(name, change(source.read(name)) if callable(change) else change)
            for name, content in parts.items():
                if name not in source.namelist() and isinstance(content, bytes):
                    out.writestr(name, content)
        return target.getvalue()

    return make


def sheet_xml(rows: str, before: str = "", after: str = "") -> bytes:
    """Return the XML of a sheet with the given rows."""
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="{space}">{before}'
        f"<sheetData>{rows}</sheetData>{after}</worksheet>"
    ).encode()


def raw_sheet(rows: str, before: str = "", after: str = "") -> Callable[[], bytes]:
    """Return a maker of a workbook whose first sheet is written by hand."""
    return changed({"xl/worksheets/sheet1.xml": sheet_xml(rows, before, after)})


def replacing(part: str, old: bytes, new: bytes) -> Callable[[], bytes]:
    """Return a maker of the plain workbook with some bytes of a part exchanged."""

    def change(data: bytes) -> bytes:
        assert old in data, (part, data[:300])
        return data.replace(old, new)

    return changed({part: change})


def zipped(members: Mapping[str, bytes | Callable[[], bytes]]) -> Callable[[], bytes]:
    """Return a maker of an archive of files."""

    def make() -> bytes:
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
            for name, content in members.items():
                out.writestr(name, content() if callable(content) else content)
        return target.getvalue()

    return make


def ods(rows: str, settings: str = "") -> Callable[[], bytes]:
    """Return a maker of an OpenDocument spreadsheet with one table."""
    spaces = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"'
        for short, long in (("office", "office"), ("table", "table"), ("text", "text"))
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces} '
        f'office:version="1.2"><office:body><office:spreadsheet>{settings}'
        f'<table:table table:name="Data">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    return zipped(
        {
            "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": content.encode(),
            "META-INF/manifest.xml": (
                b'<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:'
                b'manifest:1.0"><manifest:file-entry manifest:full-path="/" manifest:media-type='
                b'"application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>'
            ),
        }
    )


def ods_row(*cells: Any, repeat: int = 1) -> str:
    """Return one row of an OpenDocument table."""
    written = "".join(_ods_cell(cell) for cell in cells)
    repeated = f' table:number-rows-repeated="{repeat}"' if repeat > 1 else ""
    return f"<table:table-row{repeated}>{written}</table:table-row>"


def _ods_cell(cell: Any) -> str:
    if cell is None:
        return "<table:table-cell/>"
    if isinstance(cell, (int, float)):
        return (
            f'<table:table-cell office:value-type="float" office:value="{cell}">'
            f"<text:p>{cell}</text:p></table:table-cell>"
        )
    return (
        f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>'
    )
