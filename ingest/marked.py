"""The analyst's own workbook back, its cells coloured and commented; a findings sheet for the rest.

Only the marks are added: what stands in the cells is left as it is; macros are left out. Only a
workbook that was read is opened once more, and in the worker as it was then. Other formats (csv,
xls, ods, zip) and files that ask too much give a workbook that lists the findings.
"""

from __future__ import annotations

import io
import pickle
import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from ingest.limits import DEFAULTS, of_file
from ingest.model import Intake
from ingest.readers import worker
from ingest.readers.cells import Refused
from metrics.model import Finding, Severity
from words import say

LARGEST = 20_000_000
"""Bytes of a workbook that is still rewritten: openpyxl needs about fifty times as much memory."""
MOST_MERGED = 1_000_000
"""Cells under merges of a workbook that is still rewritten: openpyxl makes an object of each."""
COLOURS = {Severity.ERROR: "F4C7BD", Severity.WARNING: "F6E0B5", Severity.INFO: "DCE8EA"}
_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}
_COLUMNS = ("severity", "file", "sheet", "place", "found", "what", "cells")
_WIDTHS = (10, 24, 16, 10, 24, 90, 8)


def mark_workbook(found: Intake, name: str, data: bytes) -> tuple[str, bytes]:
    """Return file name and bytes of a workbook that shows the findings of one file.

    Parameters
    ----------
    found : Intake
        What was found in it, members of an archive included.
    name, data
        The file as it was uploaded.
    """
    path = PurePosixPath(name)
    findings = [one for one in found.findings if one.place.file.split("/")[0] == name]
    if can_mark(found, name, data):
        try:
            asked = pickle.dumps((data, findings))
            back = worker.run(TASK, asked, name, of_file(DEFAULTS, len(data)))
            return f"{path.stem} marked.xlsx", back
        except Refused:  # it was read, but is too much to be rewritten
            pass
    return f"{path.stem} findings.xlsx", _list_findings(findings)


TASK = "ingest.marked:mark_in_worker"


def can_mark(found: Intake, name: str, data: bytes) -> bool:
    """Is this a workbook that was read and whose own cells can be marked?"""
    read = found.outcomes.get(name, "refused") != "refused"
    return read and len(data) <= LARGEST and found.notes.get(name, {}).get("format") == "xlsx"


def mark_in_worker(data: bytes, name: str, limits: Mapping[str, int]) -> bytes:
    """Return the workbook with its marks; called in the worker only."""
    from ingest.readers.xlsx import merged_cells

    content, findings = pickle.loads(data)  # noqa: S301 our own parent
    if merged_cells(content) > MOST_MERGED:
        raise Refused("reader_memory", megabytes=limits["memory_bytes"] // 1_000_000)
    return _in_place(content, findings)


def _in_place(data: bytes, findings: Sequence[Finding]) -> bytes:
    from openpyxl import load_workbook
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    # Macros and links to other workbooks stay behind: what we hand out runs and fetches nothing.
    book = load_workbook(io.BytesIO(data), keep_vba=False, keep_links=False)
    by_cell: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        cell = _cell(finding.place.cell)
        if finding.place.sheet in book.sheetnames and cell:
            by_cell.setdefault((str(finding.place.sheet), cell), []).append(finding)
    for (sheet, address), found in by_cell.items():
        worst = min(found, key=lambda f: _ORDER[f.severity])
        if not hasattr(book[sheet], "cell"):
            continue  # a chart sheet
        cell = _anchor(book[sheet], address)
        cell.fill = PatternFill("solid", fgColor=COLOURS[worst.severity])
        text = "\n".join(_sentence(finding) for finding in found)
        cell.comment = Comment(text, "Attune", width=360, height=40 + 18 * (len(text) // 45 + 1))
    _list_sheet(book, findings)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _anchor(sheet, address: str):
    """Return the cell, or the first of the merged cells it belongs to."""
    for area in sheet.merged_cells.ranges:
        if address in area:
            return sheet.cell(area.min_row, area.min_col)
    return sheet[address]


def _cell(place: str | None) -> str:
    """Return the cell to mark: its own, or the top of a column."""
    if place is None:
        return ""
    if re.fullmatch(r"[A-Z]{1,3}\d+", place):
        return place
    column = re.fullmatch(r"([A-Z]{1,3}):\1", place)
    return f"{column[1]}1" if column else ""


def _list_sheet(book, findings: Sequence[Finding]) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill

    title = say("data.findings_sheet")
    sheet = book.create_sheet(title if title not in book.sheetnames else f"{title} (Attune)")
    for row, values in enumerate(_rows(findings), 1):
        for column, value in enumerate(values, 1):
            cell = sheet.cell(row, column, value)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if isinstance(value, str) and value.startswith("="):
                cell.data_type = "s"
            if row == 1:
                cell.font = Font(bold=True)
        if row > 1:
            worst = sorted(findings, key=lambda f: _ORDER[f.severity])[row - 2]
            sheet.cell(row, 1).fill = PatternFill("solid", fgColor=COLOURS[worst.severity])
    for letter, width in zip("ABCDEFG", _WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "A2"


def _list_findings(findings: Sequence[Finding]) -> bytes:
    import xlsxwriter

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet(say("data.findings_sheet"))
        wrap = book.add_format({"text_wrap": True, "valign": "top"})
        ordered = sorted(findings, key=lambda f: _ORDER[f.severity])
        for column, width in enumerate(_WIDTHS):
            sheet.set_column(column, column, width)
        for row, values in enumerate(_rows(findings)):
            colour = wrap
            if row:
                fill = COLOURS[ordered[row - 1].severity]
                colour = book.add_format({"bg_color": f"#{fill}", "valign": "top"})
            for column, value in enumerate(values):
                sheet.write(row, column, value, colour if column == 0 else wrap)
        sheet.freeze_panes(1, 0)
    return out.getvalue()


def _rows(findings: Sequence[Finding]) -> list[tuple]:
    lines = [
        (
            say(f"severity.{f.severity.value}"),
            f.place.file,
            f.place.sheet or "",
            f.place.cell or "",
            f.value,
            _sentence(f),
            f.count,
        )
        for f in sorted(findings, key=lambda f: _ORDER[f.severity])
    ]
    return [tuple(say(f"table.{name}") for name in _COLUMNS), *lines]


def _sentence(finding: Finding) -> str:
    return say(f"findings.{finding.code}", **finding.facts)
