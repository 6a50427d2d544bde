"""Workbooks that come out the same, byte for byte, each time."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import xlsxwriter

CREATED = datetime(2026, 11, 20, 18, 0)


@contextmanager
def workbook(path: Path, author: str):
    """Open a new workbook with fixed properties; close it at the end."""
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd"})
    book.set_properties({"author": author, "created": CREATED})
    yield book
    book.close()


def write(sheet, rows: Iterable[Sequence], start: int = 0) -> int:
    """Write rows of cells from row ``start``; None stays empty. Return the next free row."""
    for number, row in enumerate(rows, start):
        for column, value in enumerate(row):
            if value is None or value == "":
                continue
            if isinstance(value, str):
                sheet.write_string(number, column, value)
            elif isinstance(value, datetime):
                sheet.write_datetime(number, column, value)
            else:
                sheet.write_number(number, column, value)
        start = number + 1
    return start


def write_text(
    path: Path, rows: Iterable[Sequence], encoding: str = "utf-8", delimiter: str = ","
) -> None:
    """Write a text export with Windows line ends, as the systems do."""
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
