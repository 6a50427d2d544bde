"""The xlsx and xlsm package: parts, shared texts, sheets; nothing in it is ever executed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from posixpath import dirname, join, normpath
from typing import IO
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.readers import guard, sheet_scan, sheet_walk, styles
from ingest.readers.cells import Column, Kind, Refused, Sheet
from ingest.readers.sheet_scan import CHUNK_BYTES, LONGEST_ROW, Irregular, Scanned, Strings

_OFFICE = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"
_DATA_START = re.compile(rb"<sheetData\s*(/?)>")
_MERGED = re.compile(rb'<mergeCell\b[^>]*\bref="([A-Z]{1,3})(\d+):([A-Z]{1,3})(\d+)"')
_DIMENSION = re.compile(rb'<dimension\b[^>]*\bref="(?:[A-Z]+\d+:)?([A-Z]+)(\d+)"')
HEAD_BYTES = 4 << 20


def read(data: bytes, limits: Mapping[str, int]) -> tuple[list[Sheet], dict[str, str]]:
    """Return the sheets of a workbook and notes (``macros``, ``date system``, ``links``).

    Raises
    ------
    Refused
        Damaged, entity declarations, too many names, sheets or cells, formulas that reach out.
    """
    package = Package(data)
    book = package.xml(package.main)
    names = book.findall("{*}definedNames/{*}definedName")
    if len(names) > limits["defined_names"]:
        raise Refused("too_many_names", found=len(names), limit=limits["defined_names"])
    listed = book.findall("{*}sheets/{*}sheet")
    if len(listed) > limits["sheets"]:
        raise Refused("too_many_sheets", found=len(listed), limit=limits["sheets"])
    properties = book.find("{*}workbookPr")
    date_1904 = properties is not None and properties.get("date1904") in ("1", "true")
    look = styles.read(package.bytes_of("styles"), date_1904)
    strings = Strings([package.shared_strings(limits)], 0)
    strings.count = len(strings.parts[0])
    notes = package.notes()
    if date_1904:
        notes["date system"] = "1904"
    sheets = []
    for node in listed:
        part = package.related.get(node.get(_OFFICE) or node.get(_STRICT) or "")
        if part is None or "worksheet" not in part[0]:
            continue
        visible = node.get("state", "visible") == "visible"
        name = node.get("name", "")
        sheets.append(_sheet(package, part[1], name, visible, look, strings, limits))
    return sheets, notes


class Package:
    """The archive, its main part and the relations of that part."""

    def __init__(self, data: bytes) -> None:
        self.archive = guard.archive(data)
        self.names = {name.replace("\\", "/").lstrip("/"): name for name in self.archive.namelist()}
        self.main = next(
            (
                target
                for kind, target in self._relations("").values()
                if kind.endswith("/officeDocument")  # others carry the word in the middle
            ),
            "xl/workbook.xml",
        )
        self.related = self._relations(self.main)

    def open(self, part: str) -> IO[bytes]:
        """Return a part as a stream; Refused if it is missing."""
        name = self.names.get(part) or next(
            (real for known, real in self.names.items() if known.lower() == part.lower()), None
        )
        if name is None:
            raise Refused("file_corrupt", detail=f"{part} is missing")
        return guard.member(self.archive, name)

    def whole(self, part: str) -> bytes:
        """Return the bytes of a part; Refused if damaged or with entity declarations."""
        with self.open(part) as stream:
            data = stream.read()
        refuse_entities(data)
        return data

    def xml(self, part: str) -> ElementTree.Element:
        """Return a small part parsed."""
        return ElementTree.fromstring(self.whole(part))  # noqa: S314 no DOCTYPE gets here

    def bytes_of(self, kind: str) -> bytes | None:
        """Return the part of a relation kind (``styles``), None if there is none."""
        for relation, target in self.related.values():
            if relation.endswith("/" + kind):
                return self.whole(target)
        return None

    def notes(self) -> dict[str, str]:
        """Return what the package carries besides cells: macros and links to other files."""
        notes = {}
        kinds = [kind for kind, _ in self.related.values()]
        if any(kind.endswith("vbaProject") for kind in kinds):
            notes["macros"] = "not run"
        for kind, target in self.related.values():
            if kind.endswith("/externalLink"):
                notes["links"] = "not followed"
                if b"<ddeLink" in self.whole(target):
                    raise Refused("formula_calls_net")
        return notes

    def _relations(self, part: str) -> dict[str, tuple[str, str]]:
        folder = dirname(part)
        path = join(folder, "_rels", part.rpartition("/")[2] + ".rels")
        if path not in self.names:
            return {}
        found = {}
        for node in self.xml(path):
            target = node.get("Target", "")
            if node.get("TargetMode") != "External":
                target = target.lstrip("/") if target[:1] == "/" else normpath(join(folder, target))
            found[node.get("Id", "")] = (node.get("Type", ""), target)
        return found

    def shared_strings(self, limits: Mapping[str, int]) -> pa.Array:
        """Return the shared texts in order."""
        part = next((t for k, t in self.related.values() if k.endswith("/sharedStrings")), None)
        if part is None or part not in self.names:
            return pa.array([], pa.string())
        if self.archive.getinfo(self.names[part]).file_size > limits["shared_strings_bytes"]:
            limit = limits["shared_strings_bytes"] // 1_000_000
            raise Refused("too_many_texts", limit=limit)
        return shared_texts(self.whole(part))


def refuse_entities(head: bytes) -> None:
    """Refuse XML that declares entities: no office program writes any, bombs do."""
    if b"<!DOCTYPE" in head[:100_000] or b"<!ENTITY" in head[:100_000]:
        raise Refused("xml_entities")
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise Refused("file_corrupt", detail="a part is not written in UTF-8")


def shared_texts(xml: bytes) -> pa.Array:
    """Return the texts of ``sharedStrings.xml``: plain items at once, rich ones one by one."""
    if b"<si" not in xml:
        return pa.array(sheet_walk.texts_of(xml), pa.string())
    data = np.frombuffer(xml + b" " * 8, np.uint8)
    tags = np.flatnonzero(data == ord("<"))
    first, second, third = data[tags + 1], data[tags + 2], data[tags + 3]
    items = np.flatnonzero((first == ord("s")) & (second == ord("i")) & (third != ord("t")))
    text = (first == ord("t")) & ((second == ord(">")) | (second == ord(" ")))
    closes = (first == ord("/")) & (second == ord("s")) & (third == ord("i"))
    # <si><t>…</t></si>: four tags, text second
    last = len(tags) - 1
    plain = text[np.minimum(items + 1, last)] & closes[np.minimum(items + 3, last)]
    at = tags[items[plain] + 1]
    ends = np.flatnonzero(data == ord(">"))
    start = ends[np.searchsorted(ends, at)] + 1
    end = tags[items[plain] + 2]
    texts = sheet_scan.unescape(sheet_scan.slices(xml, start, end))
    if plain.all():
        return texts
    rich = []
    for item in items[~plain]:
        begin = int(tags[item])
        stop = xml.find(b"</si>", begin)
        inside = sheet_scan.PHONETIC.sub(b"", xml[begin : stop if stop > 0 else begin])
        rich.append(b"".join(sheet_scan.TEXT.findall(inside)).decode())
    where = np.empty(len(items), np.int64)
    where[plain] = np.arange(int(plain.sum()))
    where[~plain] = int(plain.sum()) + np.arange(len(rich))
    everything = pa.concat_arrays([texts, sheet_scan.unescape(pa.array(rich, pa.string()))])
    return everything.take(pa.array(where))


def _sheet(
    package: Package,
    part: str,
    name: str,
    visible: bool,
    look: styles.Styles,
    strings: Strings,
    limits: Mapping[str, int],
) -> Sheet:
    before = len(strings.parts), strings.count
    tail: list[bytes] = []
    try:
        with package.open(part) as stream:
            found = sheet_scan.scan(_chunks(stream, tail), look, strings, limits)
        rest = tail[0] if tail else b""
        merged = [m.groups() for m in _MERGED.finditer(rest)]
    except Irregular:
        del strings.parts[before[0] :]
        strings.count = before[1]
        with package.open(part) as stream:
            found, merged = sheet_walk.walk(stream, look, strings, limits)
    spans = tuple(
        (int(top), _position(left), int(bottom), _position(right))
        for left, top, right, bottom in merged
    )
    return assemble(found, strings, name, visible, spans)


def _position(letters: bytes) -> int:
    position = 0
    for letter in letters.upper():
        position = position * 26 + letter - 64
    return position - 1


def _chunks(stream: IO[bytes], tail: list[bytes]) -> Iterator[bytes]:
    """Yield the rows of a sheet in pieces that end after a row; what follows goes to ``tail``."""
    held = b""
    while not (begun := _DATA_START.search(held)):
        piece = stream.read(1 << 16)
        if not piece or len(held) > HEAD_BYTES:
            raise Irregular
        held += piece
    head = held[: begun.start()]
    refuse_entities(head)
    extent = _DIMENSION.search(head)
    if extent and (_position(extent[1]) >= 16_384 or int(extent[2]) > 1_048_576):
        raise Refused("dimension_impossible", found=(extent[1] + extent[2]).decode()[:40])
    held = held[begun.end() :]
    if begun[1]:
        tail.append(held + stream.read())
        return
    searched = 0
    while True:
        piece = stream.read(CHUNK_BYTES)
        held += piece
        end = held.find(b"</sheetData>", searched)
        if end >= 0:
            tail.append(held[end:] + stream.read())
            held = held[:end]
        cut = held.rfind(b"</row>") + 6
        cut = _after_empty_rows(held) if cut == 5 else cut
        if cut > 0:
            yield held[:cut]
            held = held[cut:]
        searched = max(0, len(held) - len(b"</sheetData>"))
        if tail:
            return
        if not piece or len(held) > LONGEST_ROW:
            raise Refused("file_corrupt", detail="a sheet ends in the middle of a row")


def _after_empty_rows(held: bytes) -> int:
    """Rows without any cell are ``<row … />``: a sheet may hold nothing else."""
    return held.rfind(b"/>") + 2 if b"<row" in held and b"<c" not in held else 0


def assemble(
    found: Scanned,
    strings: Strings,
    name: str | None,
    visible: bool,
    merged: tuple[tuple[int, int, int, int], ...],
) -> Sheet:
    """Return a sheet of scanned rows: indices become texts."""
    rows = np.concatenate(found.rows) if found.rows else np.empty(0, np.int64)
    if len(strings.parts) > 1:
        strings.parts[:] = [pa.concat_arrays(strings.parts)]
    columns = []
    for position in sorted(found.columns):
        kind = np.zeros(len(rows), np.uint8)
        number = np.full(len(rows), np.nan)
        for at, kinds, values in found.columns.pop(position):
            kind[at : at + len(kinds)] = kinds
            number[at : at + len(kinds)] = values
        columns.append(_column(position, kind, number, strings.parts[0]))
    hidden = np.array(found.hidden, np.int64)
    return Sheet(name, rows, tuple(columns), merged, hidden[np.isin(hidden, rows)], visible)


def _column(position: int, kind: np.ndarray, number: np.ndarray, texts: pa.Array) -> Column:
    worded = (kind == Kind.TEXT) | (kind == Kind.ERROR)
    if not worded.any():
        return Column(position, kind, pa.nulls(len(kind), pa.string()), number)
    index = np.where(worded, np.nan_to_num(number), 0).astype(np.int64)
    if len(index) and index.max() >= len(texts):
        raise Refused("file_corrupt", detail="a cell names a text that is not there")
    text = texts.take(pa.array(index, mask=~worded))
    blank = pc.fill_null(pc.equal(pc.binary_length(pc.utf8_trim_whitespace(text)), 0), False)
    kind[blank.to_numpy(zero_copy_only=False)] = Kind.BLANK
    number[worded] = np.nan
    return Column(position, kind, text, number if (kind > Kind.TEXT).any() else None)
