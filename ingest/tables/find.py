"""Cells → tables: strays, title lines, headings, bodies, wide months told apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.model import Table, column_letter
from ingest.readers.cells import CellKind, Sheet, SheetColumn, show
from ingest.tables import totals
from ingest.tables.across import long_table
from ingest.tables.headings import SEARCHED_ROWS, Heading, find_heading, unique
from ingest.tables.odd_cells import odd_cells
from metrics.model import Finding, Place, Severity

STRAY_COLUMNS, STRAY_ROWS, STRAY_CELLS = 20, 100, 3
SEARCHED_CELLS = 20_000
GENERIC_VALUE = ("primary", "value", "values", "wert", "total", "count")

Block = tuple[list[np.ndarray], tuple[SheetColumn, ...], Heading, tuple[str, ...]]


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
    whole = sheet
    sheet, strays = _without_strays(sheet, file)
    findings: list[Finding] = []
    tables: list[Table] = []
    passed: set[int] = set()
    for side in _sides(sheet):
        for block in _blocks(side):
            table, odd = _table(side, file, *block, passed)
            findings += odd
            if table is not None:
                tables.append(table)
    findings = [*odd_cells(whole, file, passed), *strays, *findings]
    if not tables and not any(f.severity == Severity.ERROR for f in findings):
        findings.append(Finding("sheet_without_table", Severity.WARNING, place))
    return tables, findings


def _without_strays(sheet: Sheet, file: str) -> tuple[Sheet, list[Finding]]:
    """Leave out a few cells far away from everything else: somebody's slip of the hand."""
    found: list[Finding] = []
    columns = list(sheet.columns)
    while len(columns) > 1 and columns[-1].position - columns[-2].position > STRAY_COLUMNS:
        if np.count_nonzero(columns[-1].kind) > STRAY_CELLS:
            break
        found.append(_stray_cell(sheet, file, columns[-1]))
        columns.pop()
    filled = np.zeros(len(sheet.rows), np.int32)
    for column in columns:
        filled += column.kind != CellKind.BLANK
    stored = np.flatnonzero(filled)
    keep = len(stored)
    while keep > 2 and sheet.rows[stored[keep - 1]] - sheet.rows[stored[keep - 2]] > STRAY_ROWS:
        if filled[stored[keep - 1]] > 1:
            break
        row = stored[keep - 1]
        column = next(c for c in columns if c.kind[row] != CellKind.BLANK)
        found.append(_stray_cell(sheet, file, column, int(row)))
        keep -= 1
    if not found:
        return sheet, found
    kept = stored[:keep]
    taken = tuple(c.take(kept) for c in columns)
    return replace(sheet, rows=sheet.rows[kept], columns=taken), found


def _stray_cell(sheet: Sheet, file: str, column: SheetColumn, row: int | None = None) -> Finding:
    at = int(np.flatnonzero(column.kind)[0]) if row is None else row
    place = Place(file, sheet.name, f"{column_letter(column.position)}{int(sheet.rows[at])}")
    return Finding("stray_cell", Severity.INFO, place, show(column.cell(at) or ""))


def _sides(sheet: Sheet) -> Iterator[Sheet]:
    """Yield the sheet, or its halves where blank columns part tables of their own.

    Tables stand side by side if each has a heading of its own and they differ in length or
    repeat a heading; else the blank column is only a spacer.
    """
    positions = np.array([column.position for column in sheet.columns])
    groups = np.split(np.arange(len(positions)), np.flatnonzero(np.diff(positions) > 1) + 1)
    if len(groups) < 2 or any(len(group) < 2 for group in groups):
        yield sheet
        return
    parts, ends, headings = [], [], []
    for group in groups:
        part = replace(sheet, columns=tuple(sheet.columns[i] for i in group))
        filled = np.flatnonzero(sum(column.kind != CellKind.BLANK for column in part.columns))
        heading = find_heading(_head(part.columns, filled))
        if heading is None or heading.missing:
            yield sheet
            return
        parts.append(part)
        ends.append(int(filled[-1]))
        headings.append(set(heading.names.values()))
    if len(set(ends)) > 1 or headings[0] & headings[1]:
        yield from parts
    else:
        yield sheet


def _blocks(sheet: Sheet) -> Iterable[Block]:
    """Yield stored rows, columns, heading and title lines of each table.

    A run of filled rows opens a new table only if it starts with a heading of its own; else it
    continues the table above (a blank line inside a table is common) or is a title line.
    """
    filled = np.zeros(len(sheet.rows), np.int32)
    for column in sheet.columns:
        filled += column.kind != CellKind.BLANK
    stored = np.flatnonzero(filled)
    breaks = np.flatnonzero(np.diff(sheet.rows[stored]) > 1) + 1
    current: Block | None = None
    above: list[str] = []
    for run in np.split(stored, breaks):
        head = _head(sheet.columns, run)
        heading = find_heading(head, _merged_in(sheet, run))
        if current is not None and not _opens_table(heading, head, current[2]):
            current[0].append(run)
        elif heading is None or (heading.missing and len(run) < 3 and current is None):
            above += _lines(head)
        else:
            if current is not None and _only_settings(current, heading):
                above = [*current[3], *_lines(_head(sheet.columns, np.concatenate(current[0])))]
            elif current is not None:
                yield current
            title = (*above, *_lines(head[: heading.first]))
            current = ([run], sheet.columns, heading, title)
            above = []
    if current is not None:
        yield current


def _opens_table(heading: Heading | None, head: list[list[Any]], before: Heading) -> bool:
    if heading is None or heading.missing or heading.last + 1 >= len(head):
        return False
    if heading.names == before.names or heading.first > 5:
        return False
    if set(heading.names) == set(before.names):
        below = [looks_typed(cell) for cell in head[heading.last + 1]]
        return any(below) and not any(looks_typed(cell) for cell in head[heading.last])
    return len(heading.names) > 1


def _only_settings(block: Block, heading: Heading) -> bool:
    """A few pairs (``From | 2024-01-01``) over a wider table are title lines, not a table."""
    small = sum(len(run) for run in block[0]) < 6 and len(block[2].names) == 2
    return small and len(heading.names) > 3


def looks_typed(cell: Any) -> bool:
    """Is the cell a number or a date, in itself or as text?"""
    return totals.classify_cell(cell) in ("number", "date")


def _head(columns: tuple[SheetColumn, ...], run: np.ndarray) -> list[list[Any]]:
    searched = min(SEARCHED_ROWS, max(8, SEARCHED_CELLS // max(1, len(columns))))
    return [[column.cell(int(row)) for column in columns] for row in run[:searched]]


def _merged_in(sheet: Sheet, run: np.ndarray) -> list[tuple[int, int, int]]:
    if not sheet.merged:
        return []
    at = {int(sheet.rows[row]): i for i, row in enumerate(run[:SEARCHED_ROWS])}
    index = {column.position: i for i, column in enumerate(sheet.columns)}
    result = []
    for top, left, _, right in sheet.merged:
        inside = [index[c] for c in range(left, right + 1) if c in index] if top in at else []
        if inside:
            result.append((at[top], inside[0], inside[-1]))
    return result


def _lines(rows: list[list[Any]]) -> list[str]:
    return [" ".join(show(c).strip() for c in row if c is not None) for row in rows]


def _table(
    sheet: Sheet,
    file: str,
    runs: list[np.ndarray],
    columns: tuple[SheetColumn, ...],
    heading: Heading,
    above: tuple[str, ...],
    passed: set[int],
) -> tuple[Table | None, list[Finding]]:
    rows = np.concatenate(runs)
    under = rows[heading.last + 1 :]
    used = [
        i
        for i, column in enumerate(columns)
        if i in heading.names or (column.kind[under] != CellKind.BLANK).any()
    ]
    place = Place(file, sheet.name)
    odd: list[Finding] = []
    if heading.missing:
        facts = {"columns": len(used)}
        odd.append(Finding("heading_missing", Severity.WARNING, place, facts=facts))
    names, above = _unique_names(columns, used, heading, above, odd, place)
    body = totals.Body(under, [columns[i] for i in used])
    masks = _left_out(body, [heading.names.get(i) for i in used])
    odd += _left_out_findings(sheet, file, body, masks)
    out = np.logical_or.reduce(list(masks.values()))
    kept = under[~out]
    passed |= set(sheet.rows[under[out]].tolist())
    if not len(kept):
        facts = {"headings": ", ".join(names[:5])}
        odd.append(Finding("table_without_rows", Severity.WARNING, place, facts=facts))
    data = {f"c{n}": columns[i].take(kept).typed() for n, i in enumerate(used)}
    _fill_groups(sheet, data, [columns[i] for i in used], kept, masks["totals"], odd, place)
    positions = tuple(columns[i].position for i in used)
    sections = _sections(body, masks, above)
    if sections is not None:
        data[f"c{len(used)}"] = sections.take(pa.array(np.searchsorted(under, kept)))
        names, positions = unique([*names, "Section"]), (*positions, positions[0])
    data["row"] = pa.array(sheet.rows[kept].astype(np.int64))
    table = Table(
        file,
        sheet.name,
        names,
        positions,
        pa.table(data),
        0 if heading.missing else int(sheet.rows[rows[heading.names_row]]),
        {why: int(mask.sum()) for why, mask in masks.items() if mask.any()},
        above,
        described=tuple(_text_below_heading(columns[i], rows, heading) for i in used),
    )
    at = {i: n for n, i in enumerate(used)}
    groups = {at[i]: group for i, group in heading.groups.items() if i in at}
    return long_table(table, replace(heading, groups=groups), odd, place), odd


def _text_below_heading(column: SheetColumn, rows: np.ndarray, heading: Heading) -> str:
    """Return the text below a column's name where the heading goes on below its names."""
    if heading.missing or heading.last <= heading.names_row:
        return ""
    text = column.cell(int(rows[heading.names_row + 1]))
    return "" if text is None else show(text).strip()


def _unique_names(
    columns: tuple[SheetColumn, ...],
    used: list[int],
    heading: Heading,
    above: tuple[str, ...],
    odd: list[Finding],
    place: Place,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return unique names; a metric's name over a generic heading (Meta) becomes the heading."""
    letters = [column_letter(columns[i].position) for i in used]
    names = [heading.names.get(i) or f"Column {c}" for i, c in zip(used, letters, strict=True)]
    if len(names) == 2 and above and names[1].lower() in GENERIC_VALUE:
        names[1] = above[-1]
    nameless = [c for i, c in zip(used, letters, strict=True) if not heading.names.get(i)]
    if nameless and not heading.missing:
        at = replace(place, cell=f"{nameless[0]}:{nameless[0]}")
        facts = {"columns": ", ".join(nameless[:10])}
        odd.append(Finding("heading_blank", Severity.INFO, at, "", facts, len(nameless)))
    return unique(names), above


def _left_out(body: totals.Body, names: list[str | None]) -> dict[str, np.ndarray]:
    repeated = totals.repeated_headings(body, names)
    for at in np.flatnonzero(repeated):
        while at and body.filled[at - 1] == 1 < body.usual:  # a page's title over its heading
            at -= 1
            repeated[at] = True
    footers = totals.footers(body) & ~repeated
    sums = totals.totals(body) & ~footers & ~repeated
    return {"totals": sums, "footer": footers, "repeated heading": repeated}


def _sections(
    body: totals.Body, masks: dict[str, np.ndarray], above: tuple[str, ...]
) -> pa.Array | None:
    """Return what stands over each repeated heading (a team's name), for the rows under it.

    None where headings are not repeated, or the same title stands over each (page breaks).
    """
    labels, label = [], above[-1] if above else ""
    repeated = masks["repeated heading"]
    for at in range(len(body.rows)) if repeated.any() else ():
        if repeated[at] and body.filled[at] == 1:
            label = body.line(at)
        labels.append(label)
    return pa.array(labels) if len(set(labels)) > 1 else None


_CODES = {
    "totals": "totals_left_out",
    "footer": "footer_left_out",
    "repeated heading": "repeated_heading",
}


def _left_out_findings(
    sheet: Sheet, file: str, body: totals.Body, masks: dict[str, np.ndarray]
) -> list[Finding]:
    found = []
    for why, mask in masks.items():
        if not mask.any():
            continue
        at = int(np.flatnonzero(mask)[0])
        row = int(body.rows[at])
        column = next(c for c in body.columns if c.kind[row] != CellKind.BLANK)
        cell = f"{column_letter(column.position)}{int(sheet.rows[row])}"
        count = int(mask.sum())
        place = Place(file, sheet.name, cell)
        value = body.line(at)[:120]
        found.append(Finding(_CODES[why], Severity.INFO, place, value, {"rows": count}, count))
    return found


def _fill_groups(
    sheet: Sheet,
    data: dict[str, pa.Array],
    columns: list[SheetColumn],
    kept: np.ndarray,
    sums: np.ndarray,
    odd: list[Finding],
    place: Place,
) -> None:
    """Write a group's name into its rows where the report says it once, on the first row."""
    tall = {left for top, left, bottom, _ in sheet.merged if bottom > top}
    for n, column in enumerate(columns[:3]):
        values = data[f"c{n}"]
        if not len(values) or not values.null_count or not values[0].is_valid:
            continue
        grouped = np.count_nonzero(sums) > 1 and values.null_count * 5 > len(values)
        if not pa.types.is_string(values.type) or not (grouped or column.position in tall):
            continue
        data[f"c{n}"] = pc.fill_null_forward(values)
        letter = column_letter(column.position)
        at = replace(place, cell=f"{letter}:{letter}")
        facts = {"rows": values.null_count}
        odd.append(Finding("groups_filled", Severity.INFO, at, "", facts, values.null_count))
