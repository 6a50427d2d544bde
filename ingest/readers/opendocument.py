"""What calamine does not tell of an OpenDocument sheet: error cells and hidden rows."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from typing import Any
from xml.parsers import expat

from ingest.readers import guard, spreadsheet
from ingest.readers.cells import Refused, Sheet
from ingest.readers.oddities import Oddities, mark_odd_cells

_MANIFEST = (
    b'<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:'
    b'xmlns:manifest:1.0"><manifest:file-entry manifest:full-path="content.xml" '
    b'manifest:media-type="text/xml"/></manifest:manifest>'
)
_ERROR = re.compile(r"^(#(DIV/0!|N/A|NAME\?|NULL!|NUM!|REF!|VALUE!)|Err:\d{3})$")


def read(data: bytes, limits: Mapping[str, int]) -> list[Sheet]:
    """Return the sheets of an OpenDocument spreadsheet, error cells and hidden rows marked."""
    package = guard.archive(data)
    if "META-INF/manifest.xml" in package.namelist():
        with guard.member(package, "META-INF/manifest.xml") as stream:
            if b"encryption-data" in stream.read():
                raise Refused("file_encrypted")
    with guard.member(package, "content.xml") as stream:
        content = stream.read()
    guard.refuse_entities(content)
    found = _oddities(content)
    try:
        sheets = spreadsheet.read(data, limits, "ods")
    except Refused as refusal:
        if refusal.code != "file_corrupt":
            raise
        sheets = spreadsheet.read(_without_indents(content), limits, "ods")
    return [mark_odd_cells(sheet, found.get(sheet.name or "", Oddities())) for sheet in sheets]


def _without_indents(content: bytes) -> bytes:
    """Return the package with its tags in one line: calamine refuses indented rows."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("mimetype", guard.OPENDOCUMENT)
        out.writestr("content.xml", re.sub(rb">\s*\n\s*<", b"><", content))
        out.writestr("META-INF/manifest.xml", _MANIFEST)
    return target.getvalue()


def _oddities(content: bytes) -> dict[str, Oddities]:
    found: dict[str, Oddities] = {}
    name, row, column, repeated, text = "", 0, -1, 1, ""
    written = False

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal name, row, column, repeated, text, written
        tag = tag.rpartition(" ")[2]
        given = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
        if tag == "table":
            name, row = given.get("name", ""), 0
            found[name] = Oddities()
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
                found[name].error(row, column, text)
            written = False
        elif tag == "table-row":
            row += repeated - 1

    parser: Any = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = data_
    parser.Parse(content, True)
    return found
