"""Plain sheet XML of an xlsx straight into columns, by whole chunks instead of cell by cell.

A chunk ends at a ``</row>``. All ``<`` of a chunk are found at once; what follows each tells
cells, values, formulas and rows apart; addresses, styles and types are read by gathering the
same byte of every cell. Nothing is allocated for cells that are not there, so a stray cell at
XFD1048576 or a false dimension costs nothing. What the scan does not understand (prefixes, cells
without address, comments) raises ``Irregular``; ``sheet_walk`` reads that sheet instead.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.readers.cells import Kind, Refused
from ingest.readers.styles import Styles

CHUNK_BYTES = 8 << 20
LONGEST_ROW = 64 << 20
_ROW_TAG = re.compile(rb"<row\b[^>]*>")
_HIDDEN = re.compile(rb'\bhidden="(?:1|true)"')
_NUMBER_ATTRIBUTE = re.compile(rb'\br="(\d+)"')
_REACHES_OUT = re.compile(
    rb"<f[^>]*>[^<]*(?:WEBSERVICE\(|\bRTD\(|IMAGE\(\s*(?:&quot;|\")https?:|(?:cmd|msexcel|winword)\s*\|)",
    re.IGNORECASE,
)
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


class Irregular(Exception):
    """Valid XML, but not written the plain way."""


@dataclass
class Strings:
    """The workbook's texts: the shared table first, texts found in cells after it."""

    parts: list[pa.Array]
    count: int

    def add(self, texts: pa.Array) -> int:
        """Append texts; return the index of the first."""
        first = self.count
        self.parts.append(texts)
        self.count += len(texts)
        return first


@dataclass
class Scanned:
    """Rows and columns of a chunk or a sheet: per column kind and number (texts by index)."""

    rows: list[np.ndarray] = field(default_factory=list)
    columns: dict[int, list[tuple[int, np.ndarray, np.ndarray]]] = field(default_factory=dict)
    hidden: list[int] = field(default_factory=list)
    cells: int = 0
    length: int = 0
    most: int = 0

    def count(self, cells: int) -> None:
        """Count cells about to be held; Refused beyond the limit."""
        self.cells += cells
        if self.cells > self.most:
            raise Refused("too_many_cells", found=self.cells, limit=self.most)


def scan(
    chunks: Iterator[bytes], styles: Styles, strings: Strings, limits: Mapping[str, int]
) -> Scanned:
    """Return the cells of one sheet's rows.

    Parameters
    ----------
    chunks : iterator of bytes
        Pieces of XML between ``<sheetData>`` and ``</sheetData>``, each ending after a row.

    Raises
    ------
    Irregular
        Not written the plain way.
    Refused
        Too many cells, or formulas that reach for the net.
    """
    result = Scanned(most=limits["cells"])
    for chunk in chunks:
        _chunk(chunk, styles, strings, result)
    return result


def _chunk(chunk: bytes, styles: Styles, strings: Strings, into: Scanned) -> None:
    if b"<!" in chunk:
        raise Irregular
    data = np.frombuffer(chunk + b" " * 16, np.uint8)
    tags = np.flatnonzero(data == ord("<"))
    first, second = data[tags + 1], data[tags + 2]
    is_cell = (first == ord("c")) & ((second == ord(" ")) | (second == ord(">")))
    is_row = (first == ord("r")) & (second == ord("o"))
    if not is_row.any() or (first == ord("x")).any():
        raise Irregular
    cells = np.flatnonzero(is_cell)
    numbers, digits = _row_numbers(data, tags[is_row])
    if b"hidden=" in chunk:
        into.hidden += _hidden_rows(chunk)
    row_of_cell = np.searchsorted(tags[is_row], tags[cells]) - 1
    if len(cells) and row_of_cell[0] < 0:
        raise Irregular
    column, style, type_ = _addresses(data, tags[cells], digits[row_of_cell])
    start, end = _values(data, tags, cells, first, second)
    formula = _any_between(np.flatnonzero((first == ord("f")) & _opens(second)), cells, len(tags))
    if formula.any() and _REACHES_OUT.search(chunk):
        raise Refused("formula_calls_net")
    inline = type_ == ord("i")
    filled = (end > start) | formula | inline
    kind, number = _typed(chunk, data, type_, style, start, end, formula, styles, strings)
    if inline.any():
        _inline(chunk, data, tags, cells, inline, kind, number, strings)
    filled &= kind != Kind.BLANK
    _keep(into, numbers, row_of_cell[filled], column[filled], kind[filled], number[filled])


def _opens(second: np.ndarray) -> np.ndarray:
    return (second == ord(">")) | (second == ord(" ")) | (second == ord("/"))


def _integers(data: np.ndarray, at: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the decimal number that starts at each position, and how many digits it has."""
    value = np.zeros(len(at), np.int64)
    length = np.zeros(len(at), np.int64)
    going = np.ones(len(at), bool)
    for place in range(most):
        digit = data[at + place] - np.uint8(48)
        going &= digit < 10
        if not going.any():
            break
        value = np.where(going, value * 10 + digit, value)
        length += going
    return value, length


def _row_numbers(data: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if not ((data[at + 5] == ord("r")) & (data[at + 6] == ord("="))).all():
        raise Irregular
    numbers, digits = _integers(data, at + 8, 8)
    if (digits == 0).any() or (digits > 7).any() or (np.diff(numbers) <= 0).any():
        raise Irregular
    return numbers, digits


def _hidden_rows(chunk: bytes) -> list[int]:
    rows = []
    for tag in _ROW_TAG.findall(chunk):
        number = _NUMBER_ATTRIBUTE.search(tag)
        if number and _HIDDEN.search(tag):
            rows.append(int(number[1]))
    return rows


def _addresses(
    data: np.ndarray, at: np.ndarray, digits: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return column, style and type byte of each cell tag ``<c r="B7" s="1" t="s">``."""
    if not ((data[at + 3] == ord("r")) & (data[at + 5] == ord('"'))).all():
        raise Irregular
    letters = [data[at + 6 + place].astype(np.int32) - 64 for place in range(3)]
    two = letters[1] > 0
    three = two & (letters[2] > 0)
    column = np.where(two, letters[0] * 26 + letters[1], letters[0])
    column = np.where(three, column * 26 + letters[2], column)
    here = at + 6 + 1 + two + three + digits
    if not (data[here] == ord('"')).all() or (column < 1).any() or (column > 16_384).any():
        raise Irregular
    style = np.zeros(len(at), np.int64)
    type_ = np.full(len(at), ord("n"), np.uint8)
    here = here + 1
    more = np.flatnonzero(data[here] == ord(" "))
    for _ in range(4):
        if not len(more):
            break
        spot = here[more]
        name = data[spot + 1]
        named = (data[spot + 2] == ord("=")) & (data[spot + 3] == ord('"'))
        is_style, is_type = named & (name == ord("s")), named & (name == ord("t"))
        if not (is_style | is_type).all():
            raise Irregular
        value, length = _integers(data, spot[is_style] + 4, 6)
        style[more[is_style]] = value
        here[more[is_style]] += 5 + length
        type_[more[is_type]] = _type_bytes(data, spot[is_type] + 4)
        here[more[is_type]] += 5 + _type_lengths(data, spot[is_type] + 4)
        more = more[data[here[more]] == ord(" ")]
    return column - 1, style, type_


def _type_bytes(data: np.ndarray, at: np.ndarray) -> np.ndarray:
    """``n s b e d`` as they are, ``i`` for inlineStr, ``f`` for str (a formula's text)."""
    return np.where((data[at] == ord("s")) & (data[at + 1] == ord("t")), ord("f"), data[at])


def _type_lengths(data: np.ndarray, at: np.ndarray) -> np.ndarray:
    one = data[at + 1] == ord('"')
    return np.where(one, 1, np.where(data[at] == ord("i"), len("inlineStr"), len("str")))


def _values(
    data: np.ndarray, tags: np.ndarray, cells: np.ndarray, first: np.ndarray, second: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return where each cell's ``<v>`` text starts and ends; both 0 where there is none."""
    values = np.flatnonzero((first == ord("v")) & ((second == ord(">")) | (second == ord(" "))))
    after = np.searchsorted(values, cells)
    bounded = np.append(values, len(tags))
    until = np.append(cells[1:], len(tags))
    value = bounded[after]
    has = value < until
    value = np.where(has, value, 0)
    start = tags[value] + 3
    spaced = has & (second[value] == ord(" "))
    for cell in np.flatnonzero(spaced):
        begin = int(tags[value[cell]])
        start[cell] = begin + int(np.flatnonzero(data[begin : begin + 200] == ord(">"))[0]) + 1
    end = tags[np.minimum(value + 1, len(tags) - 1)]
    return np.where(has, start, 0), np.where(has, end, 0)


def _any_between(these: np.ndarray, cells: np.ndarray, count: int) -> np.ndarray:
    if not len(these):
        return np.zeros(len(cells), bool)
    until = np.append(cells[1:], count)
    return np.searchsorted(these, until) > np.searchsorted(these, cells)


def slices(chunk: bytes, start: np.ndarray, end: np.ndarray) -> pa.Array:
    """Return the texts ``chunk[start:end]`` of increasing, disjoint ranges."""
    offsets = np.empty(2 * len(start), np.int32)
    offsets[0::2], offsets[1::2] = start, end
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(chunk)]
    whole = pa.Array.from_buffers(pa.string(), max(0, len(offsets) - 1), buffers)
    return whole.take(pa.array(np.arange(0, len(whole), 2)))


def unescape(texts: pa.Array) -> pa.Array:
    """Return texts with XML entities and Office's ``_x000D_`` escapes resolved."""
    odd = pc.or_(pc.match_substring(texts, "&"), pc.match_substring(texts, "_x"))
    which = np.flatnonzero(pc.fill_null(odd, False).to_numpy(zero_copy_only=False))
    if not len(which):
        return texts
    plain = [_plain(text) for text in texts.take(pa.array(which)).to_pylist()]
    mask = pa.array(np.isin(np.arange(len(texts)), which))
    return pc.replace_with_mask(texts, mask, pa.array(plain, pa.string()))


def _plain(text: str) -> str:
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), html.unescape(text))


def _typed(
    chunk: bytes,
    data: np.ndarray,
    type_: np.ndarray,
    style: np.ndarray,
    start: np.ndarray,
    end: np.ndarray,
    formula: np.ndarray,
    styles: Styles,
    strings: Strings,
) -> tuple[np.ndarray, np.ndarray]:
    """Return kind and number (for texts: index among ``strings``) of each cell."""
    kind = np.zeros(len(type_), np.uint8)
    number = np.full(len(type_), np.nan)
    has = end > start
    kind[formula & ~has & (type_ != ord("f"))] = Kind.NO_RESULT
    plain = np.flatnonzero(has & ((type_ == ord("n")) | (type_ == ord("b")) | (type_ == ord("s"))))
    try:
        number[plain] = slices(chunk, start[plain], end[plain]).cast(pa.float64()).to_numpy()
    except pa.ArrowInvalid as error:
        raise Irregular from error
    for letter, meaning in (("n", Kind.NUMBER), ("b", Kind.FLAG), ("s", Kind.TEXT)):
        kind[has & (type_ == ord(letter))] = meaning
    styles.resolve(style, kind, number)
    for letter, meaning in (("f", Kind.TEXT), ("e", Kind.ERROR), ("d", Kind.TEXT)):
        which = np.flatnonzero(has & (type_ == ord(letter)))
        if len(which):
            texts = unescape(slices(chunk, start[which], end[which]))
            number[which] = strings.add(texts) + np.arange(len(which))
            kind[which] = meaning
    return kind, number


TEXT = re.compile(rb"<t(?: [^>]*)?>([^<]*)</t>")
PRESERVED = b'<t xml:space="preserve">'
PHONETIC = re.compile(rb"<rPh\b.*?</rPh>", re.DOTALL)


def _inline(
    chunk: bytes,
    data: np.ndarray,
    tags: np.ndarray,
    cells: np.ndarray,
    inline: np.ndarray,
    kind: np.ndarray,
    number: np.ndarray,
    strings: Strings,
) -> None:
    """Texts kept in the cell: ``<is><t>…</t></is>`` at once, rich ones one by one."""
    which = np.flatnonzero(inline)
    until = np.append(cells[1:], len(tags) - 1)[which]
    text = np.minimum(cells[which] + 2, len(tags) - 3)
    at = tags[text]
    spaced = data[at + 2] == ord(" ")
    start = at + np.where(spaced, len(PRESERVED), len("<t>"))
    simple = (data[at + 1] == ord("t")) & (data[tags[text + 2] + 1] == ord("/"))
    simple &= (data[start - 1] == ord(">")) & (text + 2 < until)
    simple &= data[tags[text + 2] + 2] == ord("i")
    plain = np.flatnonzero(simple)
    texts = slices(chunk, start[plain], tags[text[plain] + 1])
    number[which[plain]] = strings.add(unescape(texts)) + np.arange(len(plain))
    kind[which[plain]] = np.where(pc.binary_length(texts).to_numpy() > 0, Kind.TEXT, Kind.BLANK)
    rich = np.flatnonzero(~simple)
    if len(rich):
        pieces = [chunk[tags[cells[which[i]]] : tags[until[i]]] for i in rich]
        joined = [b"".join(TEXT.findall(PHONETIC.sub(b"", piece))).decode() for piece in pieces]
        first = strings.add(unescape(pa.array(joined, pa.string())))
        number[which[rich]] = first + np.arange(len(rich))
        kind[which[rich]] = [Kind.TEXT if text.strip() else Kind.BLANK for text in joined]


def _keep(
    into: Scanned,
    numbers: np.ndarray,
    row: np.ndarray,
    column: np.ndarray,
    kind: np.ndarray,
    number: np.ndarray,
) -> None:
    """Spread the filled cells of a chunk over its filled rows, column by column."""
    if into.rows and len(numbers) and numbers[0] <= into.rows[-1][-1]:
        raise Irregular
    if not len(row):
        return
    used = np.zeros(len(numbers), bool)
    used[row] = True
    dense = np.cumsum(used) - 1
    rows = numbers[used]
    order = np.argsort(column.astype(np.int16), kind="stable")
    row, column, kind, number = dense[row[order]], column[order], kind[order], number[order]
    starts = np.flatnonzero(np.diff(column, prepend=-1))
    into.count(len(rows) * len(starts))
    for begin, stop in zip(starts, np.append(starts[1:], len(column)), strict=True):
        kinds = np.zeros(len(rows), np.uint8)
        values = np.full(len(rows), np.nan)
        kinds[row[begin:stop]] = kind[begin:stop]
        values[row[begin:stop]] = number[begin:stop]
        into.columns.setdefault(int(column[begin]), []).append((into.length, kinds, values))
    into.rows.append(rows)
    into.length += len(rows)
