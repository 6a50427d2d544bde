"""A plain table in the columns a calculation asks for, from csv written by any tool.

Unlike an export, such a table was made for its purpose: nothing is recognised, dropped or
guessed. Comma, semicolon, tab or bar; UTF-8 with or without mark, UTF-16 with mark, else
Windows-1252. A column's numbers share one format, decided from all its cells.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa

from ingest.model import column_letter
from ingest.values.column import MISSING, read_column
from ingest.values.parsed import Hints
from metrics.errors import InvalidInput

DELIMITERS = ",;\t|"


def read_table(
    name: str,
    data: bytes,
    columns: Sequence[str],
    numbers: Sequence[str] = (),
    filled: Sequence[str] = (),
    strict: bool = True,
) -> pd.DataFrame:
    """Return the wanted columns of a table: text as it stands, numbers as float, blanks missing.

    Parameters
    ----------
    name : str
        For sentences about the file.
    columns : sequence of str
        Headings, found whatever their case and place; others are ignored.
    numbers : sequence of str
        Those that hold numbers; texts that mean "no value" (``n/a``, ``-``) are NaN.
    filled : sequence of str
        Those in which no cell may be empty.
    strict : bool
        Refuse a text among numbers; otherwise it stays, for the caller to judge.

    Raises
    ------
    InvalidInput
        ``table_not_text``, ``table_blank``, ``table_columns_missing``, ``table_columns_doubled``,
        ``table_empty``, ``cell_not_number`` or ``cell_empty``, these two with the cell's address.
    """
    delimiter, rows = _rows(name, data)
    if not rows:
        raise InvalidInput("table_blank", file=name)
    header = [heading.strip().lower() for heading in rows[0][1]]
    missing = [column for column in columns if column not in header]
    if missing:
        found = ", ".join(h for h in header if h)
        raise InvalidInput(
            "table_columns_missing", file=name, columns=", ".join(missing), found=found
        )
    doubled = [column for column in columns if header.count(column) > 1]
    if doubled:
        raise InvalidInput("table_columns_doubled", file=name, columns=", ".join(doubled))
    if len(rows) < 2:
        raise InvalidInput("table_empty", file=name)
    lines = [line for line, _ in rows[1:]]
    texts = {}
    for column in columns:
        place = header.index(column)
        texts[column] = [row[place].strip() if place < len(row) else "" for _, row in rows[1:]]
    # Where a comma is no delimiter it is, among numbers, a decimal mark until the cells disagree.
    commas = delimiter != "," and any("," in text for key in numbers for text in texts[key])
    table = pd.DataFrame({key: [t or None for t in texts[key]] for key in columns})
    for column in columns:

        def refuse(code: str, row: int, column: str = column) -> InvalidInput:
            cell = f"{column_letter(header.index(column))}{lines[row]}"
            return InvalidInput(code, file=name, cell=cell, column=column, value=texts[column][row])

        if column in numbers:
            values, wrong = _numbers(texts[column], "," if commas else ".")
            if wrong and strict:
                raise refuse("cell_not_number", wrong[0])
            table[column] = values
        empty = table[column].isna().to_numpy()
        if column in filled and empty.any():
            raise refuse("cell_empty", int(np.argmax(empty)))
    return table


def headings(name: str, data: bytes) -> list[str]:
    """Return the headings of a table in lower case."""
    _, rows = _rows(name, data)
    return [heading.strip().lower() for heading in rows[0][1]] if rows else []


def _rows(name: str, data: bytes) -> tuple[str, list[tuple[int, list[str]]]]:
    """The delimiter, and every row that is not blank with its number as a spreadsheet shows it."""
    text = _text(name, data)
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    rows = [(number, row) for number, row in enumerate(reader, 1) if any(c.strip() for c in row)]
    return delimiter, rows


def _text(name: str, data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16")
    if b"\0" in data:
        raise InvalidInput("table_not_text", file=name)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _numbers(texts: list[str], decimal: str) -> tuple[list, list[int]]:
    """Values (the text itself where it is no number), and the rows of such texts."""
    values = read_column(pa.array(texts), "number", hints=Hints(decimal=decimal)).values.to_pylist()
    wrong = [
        row
        for row, text in enumerate(texts)
        if values[row] is None and text and text.lower() not in MISSING
    ]
    known = [np.nan if value is None else value for value in values]
    for row in wrong:
        known[row] = texts[row]
    return known, wrong
