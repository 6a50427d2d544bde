"""The binary workbooks, xls ([MS-XLS]) and xlsb ([MS-XLSB]): calamine's cells and a record walk.

calamine gives an error cell as blank. Both formats are a row of records (kind, length, content),
so a walk that looks at error cells and row headings only tells where the errors stand.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping
from itertools import islice
from posixpath import basename

import numpy as np

from ingest.readers import guard, spreadsheet
from ingest.readers.cells import Refused, Sheet
from ingest.readers.oddities import Oddities, mark_odd_cells

ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}
_UNREAD = (struct.error, IndexError, KeyError, ValueError, *guard.DAMAGED)
_LAST_SECTOR = 0xFFFFFFFA
"""Sector numbers from here on are marks: free, end of chain, part of a table."""
_BOF, _EOF, _SHEET, _FORMULA, _ERROR, _ROW = 0x0809, 0x000A, 0x0085, 0x0006, 0x0205, 0x0208
_PASSWORD = 0x002F
_PAGE_ROW, _PAGE_ERROR, _PAGE_FORMULA_ERROR, _PAGE_SHEET = 0, 3, 11, 156
_SUSPECT = re.compile(
    # an error cell or a formula's error, in any of 16,384 columns, with one of the error codes
    rb"(?:\x03\x09|\x0b[\x0b-\x7f]|\x0b[\x80-\xff][\x01-\x7f]).[\x00-\x3f]\x00\x00.{4}"
    rb"[\x00\x07\x0f\x17\x1d\x24\x2a\x2b]"
    # the heading of a hidden row
    rb"|\x00[\x11-\x7f]..[\x00-\x0f]\x00.{7}[\x10-\x1f\x30-\x3f\x50-\x5f\x70-\x7f]",
    re.DOTALL,
)


def read(data: bytes, limits: Mapping[str, int]) -> tuple[list[Sheet], dict[str, str]]:
    """Return the sheets with error cells and hidden rows marked, and notes.

    Where the records cannot be followed though calamine read the cells, the note
    ``error cells`` says that none can be told from a blank.
    """
    packed = data[:2] == b"PK"
    data = data if packed else _named_plainly(data)
    try:
        sheets = spreadsheet.read(data, limits, "xlsb" if packed else "xls")
    except Refused as refusal:
        if refusal.code == "file_corrupt" and not packed and _has_password(data):
            raise Refused("file_encrypted") from None
        raise
    try:
        found = _of_package(data) if packed else _of_stream(_workbook(data))
    except Refused:
        raise
    except _UNREAD:
        return sheets, {"error cells": "cannot be told from blanks"}
    return [mark_odd_cells(sheet, found.get(sheet.name or "", Oddities())) for sheet in sheets], {}


def _named_plainly(data: bytes) -> bytes:
    """Some programs write the stream's name in capitals, which calamine does not look for."""
    for name in ("Workbook", "Book"):
        wanted, capitals = (text.encode("utf-16-le") for text in (name, name.upper()))
        if wanted not in data and capitals in data:
            return data.replace(capitals, wanted, 1)
    return data


def _has_password(data: bytes) -> bool:
    """Does the workbook begin with the record of a password?"""
    try:
        stream = _workbook(data)
        return any(kind == _PASSWORD for kind, _, _ in islice(_records(stream, 0), 20))
    except _UNREAD:
        return False


def _workbook(data: bytes) -> bytes:
    """Return the workbook stream of a compound file ([MS-CFB])."""
    size = 1 << struct.unpack_from("<H", data, 30)[0]
    directory_at, cutoff, small_at = struct.unpack_from("<I4xII", data, 48)
    more, count = struct.unpack_from("<II", data, 68)
    sectors = list(struct.unpack_from("<109I", data, 76))
    for _ in range(min(count, len(data) // size)):
        table = struct.unpack_from(f"<{size // 4}I", data, (more + 1) * size)
        sectors += table[:-1]
        more = table[-1]
    used = [sector for sector in sectors if sector < _LAST_SECTOR]
    fat = np.frombuffer(b"".join(_sector(data, one, size) for one in used), "<u4")
    directory = _chain(data, directory_at, fat, size, size)
    entries = {}
    for at in range(0, len(directory) - 127, 128):
        length = struct.unpack_from("<H", directory, at + 64)[0]
        name = directory[at : at + max(0, length - 2)].decode("utf-16-le", "replace")
        entries.setdefault(name, struct.unpack_from("<II", directory, at + 116))
    start, length = entries.get("Workbook") or entries["Book"]
    if length >= cutoff:
        return _chain(data, start, fat, size, size)[:length]
    small = np.frombuffer(_chain(data, small_at, fat, size, size), "<u4")
    container = _chain(data, entries["Root Entry"][0], fat, size, size)
    return _chain(container, start, small, 64, 0)[:length]


def _sector(data: bytes, number: int, size: int) -> bytes:
    return data[(number + 1) * size : (number + 2) * size]


def _chain(data: bytes, start: int, fat: np.ndarray, size: int, offset: int) -> bytes:
    """Return the sectors from ``start`` on, joined; no chain is longer than its table."""
    pieces, following = [], fat.tolist()
    for _ in range(len(following)):
        if start >= _LAST_SECTOR:
            return b"".join(pieces)
        pieces.append(data[offset + start * size : offset + (start + 1) * size])
        start = following[start]
    if start < _LAST_SECTOR:
        raise ValueError("a chain of sectors without an end")
    return b"".join(pieces)


def _records(stream: bytes, at: int) -> Iterator[tuple[int, int, int]]:
    """Yield (kind, start, length) of the records of one substream, its ``EOF`` left out."""
    depth, head, end = 0, struct.Struct("<HH"), len(stream) - 3
    while at < end:
        kind, length = head.unpack_from(stream, at)
        if kind == _BOF:
            depth += 1
        elif kind == _EOF:
            depth -= 1
            if not depth:
                return
        elif depth == 1:  # a chart inside a sheet has records of its own
            yield kind, at + 4, length
        at += 4 + length


def _of_stream(stream: bytes) -> dict[str, Oddities]:
    version = struct.unpack_from("<H", stream, 4)[0]
    found = {}
    for kind, at, _ in _records(stream, 0):
        if kind == _SHEET:
            begins, count = struct.unpack_from("<I2xB", stream, at)
            wide = version >= 0x0600 and stream[at + 7] & 1
            first = at + (8 if version >= 0x0600 else 7)
            raw = stream[first : first + (2 * count if wide else count)]
            found[raw.decode("utf-16-le" if wide else "cp1252", "replace")] = _sheet(stream, begins)
    return found


def _sheet(stream: bytes, begins: int) -> Oddities:
    odd = Oddities()
    place = struct.Struct("<HH")
    for kind, at, _ in _records(stream, begins):
        if kind == _FORMULA and stream[at + 12 : at + 14] == b"\xff\xff" and stream[at + 6] == 2:
            code = stream[at + 8]
        elif kind == _ERROR and stream[at + 7]:
            code = stream[at + 6]
        else:
            if kind == _ROW and stream[at + 12] & 0x20:
                odd.hidden.append(place.unpack_from(stream, at)[0] + 1)
            continue
        row, column = place.unpack_from(stream, at)
        odd.error(row + 1, column, ERRORS.get(code, "#N/A"))
    return odd


def _of_package(data: bytes) -> dict[str, Oddities]:
    package = guard.archive(data)

    def part(name: str) -> bytes:
        with guard.member(package, name) as stream:
            return stream.read()

    related = part("xl/_rels/workbook.bin.rels")
    guard.refuse_entities(related)
    targets = {}
    for node in re.findall(rb"<Relationship\b[^>]*>", related):
        given = dict(re.findall(r'(\w+)="([^"]*)"', node.decode()))
        targets[given["Id"]] = "xl/worksheets/" + basename(given["Target"])
    book, found = part("xl/workbook.bin"), {}
    for kind, at, _ in _page_records(book):
        if kind == _PAGE_SHEET:
            identifier, next_ = _text(book, at + 8)
            target = targets.get(identifier, "")
            if target in package.namelist():
                found[_text(book, next_)[0]] = _page(part(target))
    return found


def _text(data: bytes, at: int) -> tuple[str, int]:
    """Return the text at ``at`` and where it ends."""
    length = struct.unpack_from("<I", data, at)[0]
    end = at + 4 + 2 * length
    return data[at + 4 : end].decode("utf-16-le", "replace"), end


def _page(data: bytes) -> Oddities:
    odd, row = Oddities(), 0
    if not _SUSPECT.search(data):  # a million rows are not walked for nothing
        return odd
    for kind, at, _ in _page_records(data):
        if kind == _PAGE_ROW:
            row = struct.unpack_from("<I", data, at)[0] + 1
            if data[at + 11] & 0x10:
                odd.hidden.append(row)
        elif kind in (_PAGE_ERROR, _PAGE_FORMULA_ERROR):
            column = struct.unpack_from("<I", data, at)[0]
            odd.error(row, column, ERRORS.get(data[at + 8], "#N/A"))
    return odd


def _page_records(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield (kind, start, length); both are written seven bits a byte, the lowest first."""
    at, end = 0, len(data)
    while at < end:
        kind = data[at]
        at += 1
        if kind & 0x80:
            kind = kind & 0x7F | data[at] << 7
            at += 1
        length = data[at]
        at += 1
        if length & 0x80:
            length &= 0x7F
            for shift in (7, 14, 21):
                length |= (data[at] & 0x7F) << shift
                at += 1
                if data[at - 1] < 0x80:
                    break
        yield kind, at, length
        at += length
