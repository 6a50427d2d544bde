"""Cells → tables: title lines, headings, bodies, totals and footers told apart."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.headings import SEARCHED_ROWS, Heading, find_heading, unique
from ingest.model import Table, column_letter
from ingest.readers.cells import Column, Kind, Sheet, show
from metrics.model import Finding, Place, Severity

CELLS_NAMED = 50
TOTAL = (
    r"(?i)^\s*((grand|sub|overall|sum)[ -]?total|totals?|gesamt(summe)?|summe|zwischensumme"
    r"|total (général|general)|somme|suma|totale|count|sum|overall|result)\b"
    r"\s*(:.*|\(.*\)|for .*|of .*)?$"
    r"|^\s*.{1,60}\b(sub)?total$"
)
_FOOTER = re.compile(
    r"copyright|©|confidential|generated|exported|report run|created (at|on|by)|source:|printed|"
    r"page \d|end of (report|file)|filters? (applied|:)|records? (shown|found)|total records",
    re.IGNORECASE,
)


def find_tables(sheet: Sheet, file: str) -> tuple[list[Table], list[Finding]]:
    """Return the tables of a sheet in reading order, and what was odd about the sheet.

    Parameters
    ----------
    sheet : Sheet
    file : str
        Name for places; members of an archive are ``a.zip/b.csv``.
    """
    place = Place(file, sheet.name)
    if not sheet.columns:
        severity = Severity.INFO if sheet.name else Severity.ERROR
        return [], [Finding("sheet_empty", severity, place, facts={"sheet": sheet.name or file})]
    if not sheet.visible:
        return [], [Finding("hidden_sheet", Severity.INFO, place, facts={"sheet": sheet.name})]
    tables: list[Table] = []
    findings: list[Finding] = []
    for rows, columns, heading, above in _blocks(sheet):
        table, odd = _table(sheet, file, rows, columns, heading, above)
        findings += odd
        if table is not None:
            tables.append(table)
    findings += _cell_findings(sheet, file)
    if not tables and not any(f.severity == Severity.ERROR for f in findings):
        findings.append(Finding("sheet_without_table", Severity.WARNING, place))
    return tables, findings


Block = tuple[np.ndarray, tuple[Column, ...], Heading, tuple[str, ...]]


def _blocks(sheet: Sheet) -> Iterable[Block]:
    """Yield stored rows, columns, heading and title lines of each table.

    A run of filled rows opens a new table only if it starts with a heading of its own; else it
    continues the table above (a blank line inside a table is common) or is a title line.
    """
    filled = np.zeros(len(sheet.rows), np.int32)
    for column in sheet.columns:
        filled += column.kind != Kind.BLANK
    stored = np.flatnonzero(filled)
    breaks = np.flatnonzero(np.diff(sheet.rows[stored]) > 1) + 1
    current: tuple[list[np.ndarray], Heading, tuple[str, ...]] | None = None
    above: list[str] = []
    for run in np.split(stored, breaks):
        head = _head(sheet.columns, run)
        heading = find_heading(head, _merged_in(sheet, run))
        if heading is not None and heading.missing and current is not None:
            heading = None
        if current is not None and not _opens_table(heading, head, current[1]):
            current[0].append(run)
        elif heading is None:
            above += _lines(head)
        else:
            if current is not None:
                yield np.concatenate(current[0]), sheet.columns, current[1], current[2]
            current = ([run], heading, (*above, *_lines(head[: heading.first])))
            above = []
    if current is not None:
        yield np.concatenate(current[0]), sheet.columns, current[1], current[2]


def _opens_table(heading: Heading | None, head: list[list[Any]], before: Heading) -> bool:
    if heading is None or heading.last + 1 >= len(head) or heading.names == before.names:
        return False
    names = set(heading.names.values())
    return len(names) > 1 and heading.first < 6


def _head(columns: tuple[Column, ...], run: np.ndarray) -> list[list[Any]]:
    return [[column.cell(row) for column in columns] for row in run[:SEARCHED_ROWS]]


def _merged_in(sheet: Sheet, run: np.ndarray) -> list[tuple[int, int, int]]:
    at = {int(sheet.rows[row]): i for i, row in enumerate(run[:SEARCHED_ROWS])}
    index = {column.position: i for i, column in enumerate(sheet.columns)}
    result = []
    for top, left, _, right in sheet.merged:
        inside = [index[c] for c in range(left, right + 1) if c in index]
        if top in at and inside:
            result.append((at[top], inside[0], inside[-1]))
    return result


def _lines(rows: list[list[Any]]) -> list[str]:
    return [" ".join(show(c).strip() for c in row if c is not None) for row in rows]


def _table(
    sheet: Sheet,
    file: str,
    rows: np.ndarray,
    columns: tuple[Column, ...],
    heading: Heading,
    above: tuple[str, ...],
) -> tuple[Table | None, list[Finding]]:
    body = rows[heading.last + 1 :]
    used = [
        (i, column)
        for i, column in enumerate(columns)
        if i in heading.names or (column.kind[body] != Kind.BLANK).any()
    ]
    names = unique([heading.names.get(i, f"Column {column_letter(c.position)}") for i, c in used])
    header_row = int(sheet.rows[rows[max(heading.last, 0)]]) if not heading.missing else 0
    left_out, odd = _left_out(sheet, file, body, [c for _, c in used], heading)
    kept = body[~np.isin(body, np.concatenate([np.empty(0, int), *left_out.values()]))]
    place = Place(file, sheet.name)
    if heading.missing:
        odd.append(
            Finding("heading_missing", Severity.WARNING, place, facts={"columns": len(used)})
        )
    if not len(kept):
        facts = {"headings": ", ".join(names[:5])}
        odd.append(Finding("table_without_rows", Severity.WARNING, place, facts=facts))
    data = {f"c{i}": column.take(kept).typed() for i, (_, column) in enumerate(used)}
    data["row"] = pa.array(sheet.rows[kept].astype(np.int64))
    table = Table(
        file,
        sheet.name,
        names,
        tuple(column.position for _, column in used),
        pa.table(data),
        header_row,
        {why: len(which) for why, which in left_out.items() if len(which)},
    )
    return table, odd


def _left_out(
    sheet: Sheet, file: str, body: np.ndarray, columns: list[Column], heading: Heading
) -> tuple[dict[str, np.ndarray], list[Finding]]:
    """Return why → stored rows of the body that are no data, with the findings that say so."""
    names = [heading.names.get(i) for i in range(len(columns))]
    repeated = _repeated(body, columns, names)
    filled = np.zeros(len(body), np.int32)
    for column in columns:
        filled += column.kind[body] != Kind.BLANK
    footers = _footers(body, columns, filled)
    totals = _totals(body, columns, filled) & ~footers & ~repeated
    masks = {"totals": totals, "footer": footers, "repeated heading": repeated}
    codes = {"totals": "totals_left_out", "footer": "footer_left_out"}
    odd = []
    for why, mask in masks.items():
        if mask.any():
            first = int(body[np.flatnonzero(mask)[0]])
            odd.append(
                Finding(
                    codes.get(why, "repeated_heading"),
                    Severity.INFO,
                    Place(file, sheet.name, f"A{int(sheet.rows[first])}"),
                    value=" ".join(_lines(_head(tuple(columns), np.array([first]))))[:120],
                    facts={"rows": int(mask.sum())},
                    count=int(mask.sum()),
                )
            )
    return {why: body[mask] for why, mask in masks.items()}, odd


def _repeated(body: np.ndarray, columns: list[Column], names: list[str | None]) -> np.ndarray:
    mask = np.ones(len(body), bool)
    compared = 0
    for column, name in zip(columns, names, strict=True):
        if name is None or compared == 3:
            continue
        same = pc.fill_null(pc.equal(column.text, pa.scalar(name, pa.string())), False)
        mask &= same.to_numpy(zero_copy_only=False)[body]
        compared += 1
    return mask & (compared > 1)


def _totals(body: np.ndarray, columns: list[Column], filled: np.ndarray) -> np.ndarray:
    """Rows named like a total that fill fewer cells than rows usually do."""
    mask = np.zeros(len(body), bool)
    if not len(body):
        return mask
    usual = Counter(filled.tolist()).most_common(1)[0][0]
    labels = [c for c in columns if (c.kind == Kind.TEXT).any()][:4]
    for column in labels:
        named = pc.fill_null(pc.match_substring_regex(column.text, TOTAL), False)
        mask |= named.to_numpy(zero_copy_only=False)[body]
    several = len(labels) > 1
    return mask & ((filled < usual) | (not several))


def _footers(body: np.ndarray, columns: list[Column], filled: np.ndarray) -> np.ndarray:
    mask = np.zeros(len(body), bool)
    if not len(body):
        return mask
    usual = Counter(filled.tolist()).most_common(1)[0][0]
    for at in range(len(body) - 1, max(-1, len(body) - 60), -1):
        if filled[at] > 1:
            if usual > 3 and re.match(TOTAL, _lines(_head(tuple(columns), body[at : at + 1]))[0]):
                continue
            break
        text = " ".join(_lines(_head(tuple(columns), body[at : at + 1])))
        sentence = usual >= 3 and " " in text.strip()
        if sentence or _FOOTER.search(text):
            mask[at] = re.match(TOTAL, text) is None
    return mask


def _cell_findings(sheet: Sheet, file: str) -> list[Finding]:
    """One finding for each error cell and each formula without result, up to ``CELLS_NAMED``."""
    found: list[Finding] = []
    for kind, code in ((Kind.ERROR, "error_cell"), (Kind.NO_RESULT, "formula_without_result")):
        cells = [
            (int(row), column)
            for column in sheet.columns
            for row in np.flatnonzero(column.kind == kind)
        ]
        for row, column in cells[:CELLS_NAMED]:
            address = f"{column_letter(column.position)}{int(sheet.rows[row])}"
            value = column.text[row].as_py() or ""
            place = Place(file, sheet.name, address)
            found.append(Finding(code, Severity.ERROR, place, value, {"value": value}))
        if len(cells) > CELLS_NAMED:
            rest = len(cells) - CELLS_NAMED
            facts = {"cells": rest}
            place = Place(file, sheet.name)
            found.append(Finding(f"{code}s_more", Severity.ERROR, place, facts=facts, count=rest))
    if len(sheet.hidden):
        first = int(sheet.hidden[0])
        place = Place(file, sheet.name, f"{first}:{first}")
        count = len(sheet.hidden)
        found.append(Finding("hidden_rows", Severity.WARNING, place, "", {"rows": count}, count))
    return found
