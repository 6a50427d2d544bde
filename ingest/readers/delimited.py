"""Delimited text: encoding, delimiter, quoting and line ends found by themselves, and reported.

The fast way hands bytes to Arrow's csv parser; the careful way is Python's ``csv`` and takes
everything (ragged records, blank lines, stray quotes). Both give text cells only: what a text
means is decided for a whole column, later, by ``ingest.values``.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice, zip_longest

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from ingest.readers.cells import Refused, Sheet, column_of_texts

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
DELIMITERS = (",", ";", "\t", "|")
SAMPLE_CHARACTERS = 100_000
SAMPLE_RECORDS = 200
FIELD_CHARACTERS = 10_000_000
DENSE_CELLS = 5_000_000
"""A grid up to this size is held whole, however few of its cells are filled."""
WIDEST = 500
"""More columns are read record by record: Arrow reserves memory for each."""
CELLS_AT_ONCE = 1_000_000
"""Cells held as Python texts at a time."""
_SEPARATOR_LINE = re.compile(r"\ufeff?\"?sep=(.)\"?\r?\n", re.IGNORECASE)
_COMMA = r"^-?[\d. ]*\d,(\d{1,2}|\d{4,})( ?[€%])?$"
_POINT = r"^-?[$£]?[\d, ]*\d\.(\d{1,2}|\d{4,})( ?[€%])?$"
_BLANK_LINE = re.compile(rb"\n\r?\n")

csv.field_size_limit(FIELD_CHARACTERS)


@dataclass(frozen=True)
class Dialect:
    """How a text file is written."""

    encoding: str
    delimiter: str
    escape: str | None = None

    def records(self, text: Iterable[str]) -> Iterable[list[str]]:
        """Return the records of ``text`` by the careful way."""
        return csv.reader(
            text, delimiter=self.delimiter, escapechar=self.escape, doublequote=not self.escape
        )


def read(data: bytes, limits: Mapping[str, int]) -> tuple[Sheet, dict[str, str]]:
    """Return the one sheet of a delimited file and notes on how it was written.

    Returns
    -------
    Sheet
        Text cells; a record's row is its position among records, as a spreadsheet shows it.
    dict
        ``encoding`` and ``delimiter``.

    Raises
    ------
    Refused
        More columns or cells than allowed.
    """
    text, encoding = decode(data)
    separator = _SEPARATOR_LINE.match(text)
    if separator:
        text = text[separator.end() :]
    if "\n" not in text:
        text = text.replace("\r", "\n")
    text = text.rstrip("\r\n\x00\x1a")
    delimiter = separator[1] if separator else find_delimiter(text)
    dialect = Dialect(
        encoding,
        delimiter,
        "\\" if _has_backslash_escapes(text[:SAMPLE_CHARACTERS], delimiter) else None,
    )
    columns = _parse_with_arrow(text, dialect, limits) or _parse_with_csv(text, dialect, limits)
    length = len(columns[0]) if columns else 0
    filled = (column_of_texts(position, values) for position, values in enumerate(columns))
    sheet = Sheet(None, np.arange(1, length + 1), tuple(c for c in filled if c is not None))
    notes = {"encoding": encoding, "delimiter": _name(delimiter)}
    if decimal_comma(values.slice(0, SAMPLE_RECORDS) for values in columns):
        notes["decimal"] = ","
    return sheet, notes


def decode(data: bytes) -> tuple[str, str]:
    """Return the text and its encoding: by mark, by zero bytes, UTF-8 if valid, else Windows."""
    for mark, name in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(name, "replace"), name
    head = data[:2000]
    if head.count(0) > len(head) // 4:
        width = 32 if head.count(0) > len(head) * 5 // 8 else 16  # three of four bytes, one of two
        order = "le" if head[1::2].count(0) > head[::2].count(0) else "be"
        if width == 32:
            order = "le" if head[3::4].count(0) > head[::4].count(0) else "be"
        name = f"utf-{width}-{order}"
        return data.decode(name, "replace"), name
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        pass
    try:
        return data.decode("cp1252"), "windows-1252"
    except UnicodeDecodeError:
        return data.decode("latin-1"), "iso-8859-1"


def find_delimiter(text: str) -> str:
    """Return the delimiter under which most records have the same, largest number of fields."""
    sample = text[:SAMPLE_CHARACTERS]
    if len(text) > SAMPLE_CHARACTERS:
        sample = sample[: sample.rfind("\n") + 1] or sample
    return max(DELIMITERS, key=lambda delimiter: _regularity(sample, delimiter))


def _regularity(sample: str, delimiter: str) -> float:
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
    widths = Counter(len(record) for record in islice(reader, SAMPLE_RECORDS) if record)
    records = sum(widths.values())
    wide = {width: count for width, count in widths.items() if width > 1}
    if not wide:
        return 0.0
    width = max(wide, key=lambda w: (wide[w], w))
    # a decimal comma also splits records evenly, but never the heading: the share decides first
    return (wide[width] / records) ** 2 * (1 + min(width, 30) / 100)


def _has_backslash_escapes(sample: str, delimiter: str) -> bool:
    # A quote that ends its field stands before a delimiter or a line's end, whatever is before it.
    inside = re.search(rf'\\"(?![{re.escape(delimiter)}\r\n]|$)', sample)
    return inside is not None and '""' not in sample.replace('\\"', "")


def _name(delimiter: str) -> str:
    return {"\t": "tab", " ": "space"}.get(delimiter, delimiter)


def _check_extent(width: int, records: int, characters: int, limits: Mapping[str, int]) -> None:
    """Refuse more than is read, and a grid that is nearly all made of what short records lack."""
    if width > limits["columns"]:
        raise Refused("too_many_columns", found=width, limit=limits["columns"])
    cells, limit = width * records, min(limits["cells"], max(DENSE_CELLS, 8 * characters))
    if cells > limit:
        raise Refused("too_many_cells", found=cells, limit=limit)


def _parse_with_arrow(
    text: str, dialect: Dialect, limits: Mapping[str, int]
) -> list[pa.Array] | None:
    """Return columns by Arrow's parser, or None where only the careful way is right."""
    start, head = _regular_part(text, dialect)
    body = text[start:].encode()
    if dialect.escape or "\x00" in text or _BLANK_LINE.search(body) or not body:
        return None
    width = max((len(record) for record in head), default=0)
    first = next(iter(dialect.records(io.StringIO(text[start : start + 1_000_000], newline=""))))
    if len(first) < width or not 1 < len(first) <= WIDEST:
        return None
    _check_extent(len(first), body.count(b"\n") + 1, len(body), limits)
    names = [f"c{i}" for i in range(len(first))]
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(body),
            read_options=arrow_csv.ReadOptions(
                # Arrow reserves a block for each column of it.
                column_names=names,
                block_size=min(4 << 20, (256 << 20) // len(names)),
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=dialect.delimiter, newlines_in_values='"' in text
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:
        return None
    above = zip_longest(*head, fillvalue="")
    columns = []
    for name in names:
        over = pa.array(next(above, ("",) * len(head)), pa.string())
        columns.append(pa.chunked_array([over, *table[name].chunks]).combine_chunks())
    return columns


def _regular_part(text: str, dialect: Dialect) -> tuple[int, list[list[str]]]:
    """Return where the evenly wide part starts, and the records above it."""
    lines = io.StringIO(text[:SAMPLE_CHARACTERS], newline="")
    records: list[list[str]] = []
    starts = [0]
    for record in dialect.records(iter(lines.readline, "")):
        records.append(record)
        starts.append(lines.tell())
        if len(records) == SAMPLE_RECORDS:
            break
    if not records:
        return 0, []
    usual = Counter(len(record) for record in records[len(records) // 2 :]).most_common(1)[0][0]
    first = next(i for i, record in enumerate(records) if len(record) == usual)
    return starts[first], records[:first]


def _parse_with_csv(text: str, dialect: Dialect, limits: Mapping[str, int]) -> list[pa.Array]:
    """Return columns record by record: once to learn the width, once to fill the columns."""
    text = text.replace("\x00", "")
    width = records = 0
    try:
        for record in dialect.records(io.StringIO(text, newline="")):
            width, records = max(width, len(record)), records + 1
    except csv.Error as error:
        raise Refused("file_corrupt", detail=str(error)) from error
    _check_extent(width, records, len(text), limits)
    rows = iter(dialect.records(io.StringIO(text, newline="")))
    pieces: list[list[pa.Array]] = []
    at_once = max(1, CELLS_AT_ONCE // max(1, width))
    while batch := list(islice(rows, at_once)):
        wide = zip_longest(range(width), *batch, fillvalue="")
        pieces.append([pa.array(values[1:], pa.string()) for values in wide])
    return [pa.concat_arrays(parts) for parts in zip(*pieces, strict=True)]


def decimal_comma(columns: Iterable[pa.Array]) -> bool:
    """Return True where more texts look like ``1.234,5`` than like ``1,234.5``."""
    comma = point = 0
    for texts in columns:
        comma += pc.sum(pc.match_substring_regex(texts, _COMMA)).as_py() or 0
        point += pc.sum(pc.match_substring_regex(texts, _POINT)).as_py() or 0
    return comma > point
