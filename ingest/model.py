"""What passes between the readers, the sources and the engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import pandas as pd
import pyarrow as pa

from ingest.values.parsed import Hints
from metrics.model import Finding, Place


def column_letter(position: int) -> str:
    """Return the spreadsheet letters of a zero-based column position (0 → A, 26 → AA)."""
    letters = ""
    position += 1
    while position:
        position, remainder = divmod(position - 1, 26)
        letters = chr(65 + remainder) + letters
    return letters


@dataclass(frozen=True)
class Table:
    """One table found in a file: header apart, body only, every cell still addressable.

    Parameters
    ----------
    file : str
        Name as given; members of an archive are ``a.zip/b.csv``.
    sheet : str or None
        None for csv.
    header : tuple of str
        Cleaned headings, unique (``Category``, ``Category (2)``), one for each data column.
    positions : tuple of int
        Zero-based spreadsheet column of each heading.
    data : pyarrow.Table
        Columns ``c0 … cN`` in header order plus ``row`` (int64, 1-based spreadsheet row; for csv
        the record's row as a spreadsheet would show it). A column is float64, timestamp[us],
        bool or duration[us] where every non-blank cell has that type, otherwise string with the
        cell's text as displayed by its value. Blank is null. Totals, subtotals, repeated headings
        and footers are already out. Months that stood across columns are rows: a ``Month``
        column and one column per measure, and for each of these, ``c7`` say, an int64 column
        ``p7`` with the spreadsheet column each value came from. Metrics that stood one per row
        beside such months are columns too, with their rows in ``r7`` (see ``cell``).
    rows_left_out : mapping
        Why → how many rows were left out of ``data`` (totals, blank, footer, hidden …).
    above : tuple of str
        The lines over the heading: title, date range, metric name. A sheet per team or per month
        stays one table each; ``sheet`` and ``above`` then say whose or when.
    hints : Hints
        What is known from outside the cells: the client's fiscal year, the analyst's answers.
    described : tuple of str
        The text under each heading in a second row of the heading, such as the question under
        its tag in a survey export; '' or empty where there is none.
    """

    file: str
    sheet: str | None
    header: tuple[str, ...]
    positions: tuple[int, ...]
    data: pa.Table
    header_row: int = 1
    rows_left_out: Mapping[str, int] = field(default_factory=dict)
    above: tuple[str, ...] = ()
    hints: Hints = field(default_factory=Hints)
    described: tuple[str, ...] = ()

    def cell(self, column: int, index: int) -> Place:
        """Return the place of the value at position ``index`` of a column of ``data``."""
        own = f"r{column}" if f"r{column}" in self.data.column_names else "row"
        row = self.data[own][index].as_py()
        if f"p{column}" not in self.data.column_names:
            return self.place(column, row)
        at = self.data[f"p{column}"][index].as_py()
        if at is None or at < 0:
            return self.place(column, row)
        letter = column_letter(at)
        return Place(self.file, self.sheet, f"{letter}{row}")

    @property
    def rows(self) -> int:
        """How many rows of the sheet ``data`` came from; months across make several of one."""
        return len(self.data["row"].unique())

    def cells(self, column: int) -> list[str]:
        """Return the place of every value of a column of ``data``, as text."""
        return [str(self.cell(column, index)) for index in range(self.data.num_rows)]

    def place(self, column: int | None = None, row: int | None = None) -> Place:
        """Return the place of a cell, of a whole column (``C:C``) or of the table."""
        if column is None and row is None:
            return Place(self.file, self.sheet)
        letter = column_letter(self.positions[column]) if column is not None else "A"
        return Place(self.file, self.sheet, f"{letter}{row}" if row else f"{letter}:{letter}")


@dataclass(frozen=True)
class FileRead:
    """Everything read from one file: its tables and what was odd about it.

    ``refused`` is true when no table could be read; the reason is among the findings.
    """

    file: str
    tables: tuple[Table, ...]
    findings: tuple[Finding, ...] = ()
    refused: bool = False
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Match:
    """A column and the field it was taken for.

    ``confidence`` is 0–1: how well the heading fits, times the share of sampled cells that can
    be read as the field's kind. ``samples`` are up to three values, for a person to judge by.
    """

    column: int
    header: str
    field: str
    confidence: float
    samples: tuple[str, ...]


@dataclass(frozen=True)
class Recognised:
    """A table with the source it was recognised as and how its columns map.

    ``by`` names who decided the mapping, '' where headings were enough; ``personal`` says by
    heading what was done with columns that speak of persons: ``left out`` or ``pseudonyms``.
    """

    table: Table
    source: str | None
    mapping: Mapping[str, str] = field(default_factory=dict)
    confidence: float = 0.0
    rows: int = 0
    months: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    matches: tuple[Match, ...] = ()
    by: str = ""
    personal: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Declared:
    """What files state about the client itself.

    Parameters
    ----------
    teams : mapping
        Team → other spellings.
    reorganised : tuple of (before, after, first month)
        Teams that became another; month as ISO text, '' for all months.
    currency : str
    rates : mapping
        ISO code → worth of one unit in the base currency.
    """

    teams: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    reorganised: tuple[tuple[str, str, str], ...] = ()
    currency: str = ""
    rates: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Intake:
    """The result of checking files: ready to be shown, and to be saved when accepted.

    Parameters
    ----------
    tables : tuple of Recognised
    findings : tuple of Finding
        All findings of all files at once.
    outcomes : mapping
        File → ``loads``, ``warnings`` or ``refused``.
    frames : mapping
        Frame name of ``metrics.frames`` → rows to add.
    as_of : date or None
        Last day the records speak of.
    notes : mapping
        File → how it is written: encoding, delimiter, decimal mark, format.
    declared : Declared
        Teams and exchange rates among the files.
    """

    tables: tuple[Recognised, ...]
    findings: tuple[Finding, ...]
    outcomes: Mapping[str, str]
    frames: Mapping[str, pd.DataFrame]
    as_of: date | None = None
    notes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    declared: Declared = field(default_factory=Declared)
