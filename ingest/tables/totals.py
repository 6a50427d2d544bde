"""Rows that are no records: totals by name and by arithmetic, footers, repeated headings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.readers.cells import CellKind, SheetColumn, show
from ingest.tables.headings import classify_cell
from ingest.values.column import read_column

_WORDS = (
    r"grand[ -]?total|sub[ -]?totals?|overall total|totals?|gesamt(summe|ergebnis)?|summe"
    r"|zwischensumme|teilergebnis|total (général|general)|sous-total|somme|suma|totale|count|sum"
    r"|average|overall|result"
)
NAMED = re.compile(
    rf"^\s*(({_WORDS})\b\s*(:.*|\(.*\)|for .*|of .*|\d[\d /-]*)?|.{{1,60}}\b(sub)?totals?"
    r"|\*{1,4})\s*$",
    re.IGNORECASE,
)
STRONG = re.compile(r"^\s*(total\s*:|(grand|sub)[ -]?total\b)", re.IGNORECASE)
LEADING = r"^\s*(total|sub-?total|summe|gesamt|zwischensumme|somme|suma|totale)\b"
"""What a row may begin with that is a total if its figures are sums: ``Total Support``."""
LEADING_ROWS = 500
FOOTER = re.compile(
    r"copyright|©|confidential|generated|exported|report run|created (at|on|by)|source:|printed|"
    r"page \d|end of (report|file)|filters? (applied|:)|records? (shown|found)|total records",
    re.IGNORECASE,
)
LABEL_COLUMNS = 4
LAST_ROWS = 60
SUMMED_TEXT_ROWS = 5_000
"""Text columns longer than this are not parsed merely to look for a nameless total."""


class Body:
    """The rows under a heading, and what can be said of them as rows."""

    def __init__(self, rows: np.ndarray, columns: Sequence[SheetColumn]) -> None:
        self.rows, self.columns = rows, columns
        self.filled = np.zeros(len(rows), np.int32)
        self.texts = np.zeros(len(rows), np.int32)
        self.unknown = np.zeros(len(rows), np.int32)
        for column in columns:
            kind = column.kind[rows]
            self.filled += kind != CellKind.BLANK
            self.texts += kind == CellKind.TEXT
            self.unknown += kind == CellKind.NO_RESULT
        self.usual = int(np.bincount(self.filled).argmax()) if len(rows) else 0
        self.named = [c for c in columns if (c.kind[rows] == CellKind.TEXT).any()]
        self.labels = self.named[:LABEL_COLUMNS]

    def cells(self, at: int) -> list[Any]:
        """Return the cells of one row."""
        return [column.cell(int(self.rows[at])) for column in self.columns]

    def line(self, at: int) -> str:
        """Return one row as a line of text."""
        return " ".join(show(cell).strip() for cell in self.cells(at) if cell is not None)


def repeated_headings(body: Body, names: Sequence[str | None]) -> np.ndarray:
    """Return a mask of rows that say the heading again (page breaks of printed lists)."""
    mask = np.ones(len(body.rows), bool)
    compared = 0
    for column, name in zip(body.columns, names, strict=True):
        if name is None or compared == 3:
            continue
        cells = column.text.take(pa.array(body.rows))
        same = pc.equal(pc.utf8_trim_whitespace(cells), pa.scalar(name, pa.string()))
        mask &= pc.fill_null(same, False).to_numpy(zero_copy_only=False)
        compared += 1
    return mask & (compared > 1)


def totals(body: Body) -> np.ndarray:
    """Return a mask of total and subtotal rows.

    By name: one of the first text columns says so, and the row holds less than records do. By
    arithmetic: a row short of labels, or the last one, whose numbers are the sums of the rows
    above it, back to the last total.
    """
    mask = np.zeros(len(body.rows), bool)
    if len(body.rows) < 2:
        return mask
    short = body.filled < body.usual
    looked = np.flatnonzero(short)
    looked = np.union1d(looked, np.arange(max(0, len(mask) - LAST_ROWS), len(mask)))
    named = _rows_named_total(body, looked)
    for at in named:
        cells = [cell for cell in body.cells(at) if classify_cell(cell) not in ("blank", "missing")]
        label = next((cell for cell in cells if isinstance(cell, str)), "")
        mask[at] = (
            len(cells) < body.usual or len(body.labels) < 2 or STRONG.match(label) is not None
        )
    leading = [at for at in _leading(body) if not mask[at]]
    for at in leading:  # formulas whose results were not stored, behind the word
        mask[at] = body.unknown[at] > 1 and body.filled[at] == body.unknown[at] + body.texts[at]
    suspects = sorted({at for at in (*named, *leading) if not mask[at]})
    return mask | _sums(body, mask, suspects)


def _leading(body: Body) -> list[int]:
    found: set[int] = set()
    if len(body.rows) > SUMMED_TEXT_ROWS:  # records, not a report
        return []
    for column in body.labels[:2]:
        texts = column.text.take(pa.array(body.rows))
        hits = pc.fill_null(pc.match_substring_regex(texts, LEADING, ignore_case=True), False)
        found.update(np.flatnonzero(hits.to_numpy(zero_copy_only=False))[:LEADING_ROWS].tolist())
    return sorted(found)


def _rows_named_total(body: Body, looked: np.ndarray) -> list[int]:
    found: set[int] = set()
    bare = looked[body.filled[looked] <= max(2, body.usual // 3)]
    for column in body.named:
        if not any(column is label for label in body.labels):
            looked = bare  # “Count” in a later column ends a group only where little else stands
        coded = column.text.take(pa.array(body.rows[looked])).dictionary_encode()
        hits = [i for i, t in enumerate(coded.dictionary.to_pylist()) if NAMED.match(t)]
        same = pc.is_in(coded.indices, value_set=pa.array(hits, pa.int32()))
        found.update(looked[np.flatnonzero(same.to_numpy(zero_copy_only=False))].tolist())
    return sorted(found)


def _sums(body: Body, named: np.ndarray, suspects: list[int]) -> np.ndarray:
    """Rows found by their sums: nameless ones, and suspects that look like records otherwise."""
    mask = np.zeros(len(named), bool)
    most = int(np.bincount(body.texts).argmax())
    short = np.flatnonzero((body.texts < most) & (body.filled < body.usual) & ~named)
    last = int(np.flatnonzero(~named)[-1]) if (~named).any() else 0
    candidates = sorted({*short[:200].tolist(), *short[-200:].tolist(), last, *suspects})
    numbers = _numbers(body)
    if not numbers:
        return mask
    for at in candidates:
        begin = int(np.flatnonzero((named | mask)[:at])[-1]) + 1 if (named | mask)[:at].any() else 0
        full = body.texts[at] >= most and most > 0 and at not in suspects
        mask[at] = any(_is_sum(numbers, start, at, named | mask, full) for start in {begin, 0})
    return mask


def _is_sum(numbers: list[np.ndarray], begin: int, at: int, out: np.ndarray, full: bool) -> bool:
    """Half of the row's numbers, two at least where its labels look like a record's, are sums."""
    if at - begin < 2:
        return False
    hits = cells = 0
    for number in numbers:
        if np.isnan(number[at]):
            continue
        cells += 1
        above = number[begin:at][~out[begin:at]]
        total = np.nansum(above)
        counted = np.count_nonzero(np.nan_to_num(above))
        if list(above) == [1, 2]:  # 1, 2, 3 is a count of days as likely as a sum
            continue
        hits += (
            counted > (2 if full else 1)
            and abs(total - number[at]) <= 1e-9 * np.nansum(np.abs(above)) + 0.005
        )
    return bool(hits * 2 >= cells and hits >= (2 if full else 1) and (at - begin > 2 or hits > 1))


def _numbers(body: Body) -> list[np.ndarray]:
    found = []
    for column in body.columns:
        kind = column.kind[body.rows]
        if column.number is not None and (kind == CellKind.NUMBER).any():
            found.append(np.where(kind == CellKind.NUMBER, column.number[body.rows], np.nan))
        elif column.number is None and len(body.rows) <= SUMMED_TEXT_ROWS:
            read = read_column(column.take(body.rows).typed(), "number")
            if read.values.null_count < len(body.rows) // 2:
                found.append(read.values.to_numpy(zero_copy_only=False))
    return found


def footers(body: Body) -> np.ndarray:
    """Return a mask of closing lines: single texts under the last record."""
    mask = np.zeros(len(body.rows), bool)
    for at in range(len(mask) - 1, max(-1, len(mask) - LAST_ROWS), -1):
        line = body.line(at)
        if body.filled[at] > 1 and not NAMED.match(line.split("  ")[0]):
            if not any(isinstance(c, str) and NAMED.match(c) for c in body.cells(at)):
                break
            continue
        sentence = body.usual >= 3 and " " in line.strip() and body.texts[at] == 1
        mask[at] = bool(sentence or FOOTER.search(line)) and NAMED.match(line) is None
    return mask
