"""The xlsx and xlsm package: calamine's cells, and a scan for what calamine does not tell.

The scan inflates each sheet once more, piece by piece, and looks with plain searches for error
cells, formulas without a stored result, hidden rows and formulas that reach out; a regular
expression runs only where such a search hit. Nothing in a package is ever executed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from posixpath import dirname, join, normpath
from typing import IO
from xml.etree.ElementTree import Element

from ingest.model import column_letter
from ingest.readers import guard, spreadsheet, tolerant
from ingest.readers.cells import Refused, Sheet
from ingest.readers.oddities import Oddities, mark_odd_cells

_OFFICE = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"
PIECE_BYTES = 4 << 20
LONGEST_ROW = 64 << 20
SMALL_BYTES = 8 << 20
"""A sheet that does not say its extent is asked for it up to here."""
DENSE_CELLS = 5_000_000
"""A grid up to this size is held whole, however few of its cells are filled."""

_DIMENSION = re.compile(rb'<(?:\w+:)?dimension\b[^>]*\bref="(?:[A-Z]+\d+:)?([A-Z]+)(\d+)"')
_ADDRESS = re.compile(rb"\br=[\"']([A-Za-z]{1,3})(\d{1,7})[\"']")
_VALUE = re.compile(rb"<(?:\w+:)?[vt]>[^<\s]")
_MERGE = re.compile(rb"<(?:\w+:)?mergeCell\b[^>]*?\bref=[\"']([A-Z]*)(\d*):([A-Z]*)(\d*)[\"']")
_CELL = re.compile(rb"<(?:\w+:)?c [^>]*?\br=[\"']([A-Z]+)(\d+)[\"']")
_ROW_OR_CELL = re.compile(rb"<((?:\w+:)?)(row|c)\b([^>]*)")
_HIDDEN = re.compile(rb"<(?:\w+:)?row\b[^>]*\bhidden=[\"'](?:1|true)[\"'][^>]*>")
_NUMBER = re.compile(rb"\br=[\"'](\d{1,7})[\"']")
_F = rb"<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)"
_ERROR = re.compile(
    rb"<(?:\w+:)?c\b([^>]*\bt=[\"']e[\"'][^>]*)>\s*(?:" + _F + rb")?\s*<(?:\w+:)?v>([^<]*)<"
)
_NO_RESULT = re.compile(
    rb"<(?:\w+:)?c\b(?![^>]*\bt=[\"']str[\"'])([^>]*)>\s*"
    + _F
    + rb"\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_REACHES_OUT = re.compile(
    rb"<(?:\w+:)?f[^>]*>[^<]*(?:WEBSERVICE\(|\bRTD\(|IMAGE\(\s*(?:&quot;|\")https?:"
    rb"|(?:cmd|msexcel|winword)\s*\|)",
    re.IGNORECASE,
)


def read(data: bytes, limits: Mapping[str, int]) -> tuple[list[Sheet], dict[str, str]]:
    """Return the sheets of a workbook and notes (``macros``, ``date system``, ``links``).

    Where calamine cannot read a package that is whole, or its cells lie too far apart to be held
    as a grid, openpyxl reads it instead.

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
    package.check(limits)
    notes = package.notes()
    properties = book.find("{*}workbookPr")
    if properties is not None and properties.get("date1904") in ("1", "true"):
        notes["date system"] = "1904"
    found: dict[str, Scanned] = {}
    for node in listed:
        kind, part = package.related.get(node.get(_OFFICE) or node.get(_STRICT) or "", ("", ""))
        if "worksheet" in kind:
            found[node.get("name", "")] = scan(package, part)
    sheets = _cells(data, found, limits)
    odd = {name: one.odd for name, one in found.items()}
    return [mark_odd_cells(sheet, odd.get(sheet.name or "", Oddities())) for sheet in sheets], notes


def merged_cells(data: bytes) -> int:
    """Return how many cells of a workbook lie under merges, each as often as it does."""
    package, total = Package(data), 0
    for kind, part in package.related.values():
        if "worksheet" in kind and part in package.names:
            with package.open(part) as stream:
                for piece in _row_chunks(stream):
                    total += sum(_area(*match) for match in _MERGE.findall(piece))
    return total


def _area(left: bytes, top: bytes, right: bytes, bottom: bytes) -> int:
    """Return the cells of an area; a whole column or row has no number or no letters."""
    width = position_of(right or b"XFD") - position_of(left or b"A") + 1
    return max(1, width) * max(1, int(bottom or 1_048_576) - int(top or 1) + 1)


def _cells(data: bytes, found: Mapping[str, Scanned], limits: Mapping[str, int]) -> list[Sheet]:
    if limits.get("cells_only") or any(one.sparse() for one in found.values()):
        return tolerant.read(data, limits)
    try:
        sheets = spreadsheet.read(data, limits)
        lost = {s.name for s in sheets if not s.columns} & {n for n, f in found.items() if f.filled}
        if not lost:  # calamine gives a part in UTF-16, say, as an empty sheet
            return sheets
        raise Refused("file_corrupt", detail=f"{lost.pop()}: not read")
    except Refused as refusal:
        if refusal.code != "file_corrupt":
            raise
        try:
            return tolerant.read(data, limits)
        except tolerant.UNREADABLE:
            raise refusal from None


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
        guard.refuse_entities(data)
        return data

    def xml(self, part: str) -> Element:
        """Return a small part parsed."""
        return guard.parse(self.whole(part))

    def check(self, limits: Mapping[str, int]) -> None:
        """Refuse texts beyond the limit, and entities in the parts all sheets share."""
        for kind, target in self.related.values():
            if not kind.endswith(("/sharedStrings", "/styles")) or target not in self.names:
                continue
            if self.archive.getinfo(self.names[target]).file_size > limits["shared_strings_bytes"]:
                limit = limits["shared_strings_bytes"] // 1_000_000
                raise Refused("too_many_texts", limit=limit)
            with self.open(target) as stream:
                guard.refuse_entities(stream.read(100_000))

    def notes(self) -> dict[str, str]:
        """Return what the package carries besides cells: macros and links to other files."""
        notes = {}
        for kind, target in self.related.values():
            if kind.endswith("vbaProject"):
                notes["macros"] = "not run"
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


class Scanned:
    """What the scan of one sheet found: its odd cells, its size and its extent."""

    def __init__(self) -> None:
        self.odd = Oddities()
        self.filled = False
        self.bytes = 0
        self.declared = 0
        self.unusual = False  # prefixed tags or apostrophes, as no office program writes
        self.rows: set[int] = set()
        self.columns: set[bytes] = set()

    def sparse(self) -> bool:
        """Do a few cells span a grid too large to be held?"""
        if not self.rows:
            return False
        positions = [position_of(letters) for letters in self.columns]
        width, height = max(positions) - min(positions), max(self.rows) - min(self.rows)
        return (width + 1) * (height + 1) > max(DENSE_CELLS, self.bytes)


class _Unaddressed(Exception):
    """An odd cell does not say where it stands."""


def scan(package: Package, part: str) -> Scanned:
    """Return the odd cells of a sheet; Refused where a formula reaches out."""
    try:
        return _scan(package, part, _Counter.passed)
    except _Unaddressed:
        return _scan(package, part, _Counter().addressed)


def _scan(package: Package, part: str, prepare: Callable[[bytes], bytes]) -> Scanned:
    found = Scanned()
    with package.open(part) as stream:
        for number, piece in enumerate(_row_chunks(stream)):
            if not number:
                found.declared = _declared_cells(piece)
                found.unusual = b"<sheetData" not in piece or b"='" in piece
            _scan_piece(prepare(piece), found)
    return found


class _Counter:
    """Writes the address into rows and cells that leave it out: they follow the one before."""

    def __init__(self) -> None:
        self.row = self.column = 0

    @staticmethod
    def passed(piece: bytes) -> bytes:
        return piece

    def addressed(self, piece: bytes) -> bytes:
        return _ROW_OR_CELL.sub(self._tag, piece)

    def _tag(self, match: re.Match[bytes]) -> bytes:
        prefix, tag, attributes = match.groups()
        if tag == b"row":
            given = _NUMBER.search(attributes)
            self.row, self.column = int(given[1]) if given else self.row + 1, -1
            return match[0] if given else b'<%srow r="%d"%s' % (prefix, self.row, attributes)
        given = _ADDRESS.search(attributes)
        self.column = position_of(given[1]) if given else self.column + 1
        if given:
            return match[0]
        letters = column_letter(self.column).encode()
        return b'<%sc r="%s%d"%s' % (prefix, letters, self.row, attributes)


def _declared_cells(piece: bytes) -> int:
    """Return how many cells the sheet says it spans, 0 where it says nothing."""
    guard.refuse_entities(piece)
    extent = _DIMENSION.search(piece[:10_000])
    if extent is None:
        return 0
    width, height = position_of(extent[1]) + 1, int(extent[2])
    if width > 16_384 or height > 1_048_576:
        raise Refused("dimension_impossible", found=(extent[1] + extent[2]).decode()[:40])
    return width * height


def _row_chunks(stream: IO[bytes]) -> Iterator[bytes]:
    """Yield the sheet in pieces that end after a row, as UTF-8."""
    held = b""
    encoding = None
    while piece := stream.read(PIECE_BYTES):
        encoding = encoding or guard.encoding_of(piece)
        held += piece
        cut = held.rfind(b"row>") + 4 if encoding == "utf-8" else 0
        if cut > 4:
            yield held[:cut]
            held = held[cut:]
        elif len(held) > LONGEST_ROW:
            raise Refused("file_corrupt", detail="a row without an end")
    if held:
        yield held if encoding == "utf-8" else held.decode(encoding or "utf-8", "replace").encode()


def _scan_piece(piece: bytes, found: Scanned) -> None:
    if b"hidden=" in piece:
        numbers = (_NUMBER.search(tag) for tag in _HIDDEN.findall(piece))
        found.odd.hidden += [int(number[1]) for number in numbers if number]
    if b't="e"' in piece or (found.unusual and b"t='e'" in piece):
        for match in _ERROR.finditer(piece):
            found.odd.error(*_cell_position(match[1]), match[2].decode("utf-8", "replace"))
    if b"<f" in piece or (found.unusual and b":f" in piece):
        if _REACHES_OUT.search(piece):
            raise Refused("formula_calls_net")
        for match in _NO_RESULT.finditer(piece):
            found.odd.no_result(*_cell_position(match[1]))
    found.filled = found.filled or _VALUE.search(piece) is not None
    found.bytes += len(piece)
    unsaid = not found.declared and found.bytes < SMALL_BYTES
    if unsaid or found.declared > max(DENSE_CELLS, 4 * found.bytes):
        for letters, row in _CELL.findall(piece):
            found.columns.add(letters)
            found.rows.add(int(row))


def _cell_position(attributes: bytes) -> tuple[int, int]:
    given = _ADDRESS.search(attributes)
    if given is None:
        raise _Unaddressed
    return int(given[2]), position_of(given[1])


def position_of(letters: bytes) -> int:
    """Return the zero-based position of a column's letters."""
    position = 0
    for letter in letters.upper():
        position = position * 26 + letter - 64
    return position - 1
