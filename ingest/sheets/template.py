"""Blank workbooks written from the catalogue, which come back without a finding.

One workbook for each business function, one for the sheets of the programme. Lists to pick from,
units, limits and notes come from where measures and fields are declared; example rows are marked
in the last column and never read.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from ingest.model import Table
from ingest.source import Field, FieldKind
from metrics.frames import FRAMES
from metrics.functions import BY_KEY, FUNCTIONS, KPIS
from metrics.model import BusinessFunction
from metrics.units import UnitKind as UnitKind
from words import knows, say

EXAMPLE = "example, not read"
NOTE = say("template.note")
ABOUT = say("template.about_sheet")
PROGRAMME = "programme"
"""Key of the workbook with the sheets of the programme: costs, initiatives, targets, answers."""
ROWS = 500
"""Rows under the headings that have lists and limits."""
SHEET_NAME, LIST_CHARACTERS = 31, 255
"""Longest sheet name and longest list Excel takes inside a cell's rule."""
_EXAMPLE_MONTHS = (date(2026, 1, 1), date(2026, 2, 1))


@dataclass(frozen=True)
class TemplateColumn:
    """A column of a template: what it is called, what it holds and what one may pick."""

    name: str
    kind: FieldKind
    unit: str
    meaning: str
    needed: bool = False
    least: float | None = None
    picks: tuple[str, ...] = ()


def keys() -> tuple[str, ...]:
    """Return the template workbooks there are: every function that has measures, programme."""
    return (*(function.key for function in BY_KEY.values() if function.measures), PROGRAMME)


def template(key: str, currency: str = "EUR", teams: Sequence[str] = ()) -> bytes:
    """Return a blank workbook.

    Parameters
    ----------
    key : str
        One of ``keys()``.
    currency : str
        ISO code in which amounts are typed.
    teams : sequence of str
        The client's teams, to pick from.
    """
    import xlsxwriter

    if key == PROGRAMME:
        sheets = {name: _of_fields(name, fields) for name, fields in _sheets().items()}
    else:
        function = BY_KEY[key]
        sheets = {function.title: _of_measures(function, currency, tuple(teams))}
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        for name, headings in sheets.items():
            _write(book, name[:SHEET_NAME], headings)
        _write_about_sheet(book, sheets)
    return out.getvalue()


def _sheets() -> dict[str, Sequence[Field]]:
    from ingest.sheets.kinds import SHEETS

    return {sheet_title(name)[:SHEET_NAME]: fields for name, fields in SHEETS.items()}


def sheet_title(key: str) -> str:
    """Return what a sheet is called, or its key in words where nobody has named it yet."""
    known = f"sheet.{key}"
    return say(known) if knows(known) else key.replace("_", " ").capitalize()


def _of_measures(
    function: BusinessFunction, currency: str, teams: tuple[str, ...]
) -> list[TemplateColumn]:
    headings = [
        TemplateColumn("Month", FieldKind.DATE, "", say("template.month"), needed=True),
        TemplateColumn("Team", FieldKind.TEXT, "", say("template.team"), picks=teams),
        TemplateColumn("Item", FieldKind.TEXT, "", say("template.item")),
    ]
    for measure in function.measures:
        money = measure.unit.kind is UnitKind.MONEY
        unit = currency if money else measure.unit.name
        name = f"{measure.header} ({currency})" if money else measure.header
        kind = FieldKind.MONEY if money else FieldKind.NUMBER
        least = measure.minimum if np.isfinite(measure.minimum) else None
        headings.append(TemplateColumn(name, kind, unit, measure.help, least=least))
    return headings


def _of_fields(sheet: str, fields: Sequence[Field]) -> list[TemplateColumn]:
    from ingest.sheets.kinds import SHEETS

    key = next(name for name in SHEETS if sheet_title(name)[:SHEET_NAME] == sheet)
    picks = {
        "function": tuple(function.title for function in FUNCTIONS),
        "kpi": tuple(kpi.title for kpi in KPIS.values()),
        **(FRAMES[key].choices if key in FRAMES else {}),
    }
    return [
        TemplateColumn(
            f.aliases[0].capitalize(), f.kind, "", f.help, f.required, None, picks.get(f.key, ())
        )
        for f in fields
    ]


def _write(book: Any, name: str, headings: Sequence[TemplateColumn]) -> None:
    sheet = book.add_worksheet(name)
    bold = book.add_format({"bold": True, "text_wrap": True, "bottom": 1, "valign": "top"})
    needed = book.add_format(
        {"bold": True, "text_wrap": True, "bottom": 1, "valign": "top", "bg_color": "#EFE6D2"}
    )
    quiet = book.add_format({"italic": True, "font_color": "#566266"})
    month = book.add_format({"num_format": "yyyy-mm-dd"})
    example_month = book.add_format(
        {"num_format": "yyyy-mm-dd", "italic": True, "font_color": "#566266"}
    )
    for column, heading in enumerate(headings):
        sheet.write_string(0, column, heading.name, needed if heading.needed else bold)
        if heading.meaning:
            sheet.write_comment(0, column, heading.meaning, {"x_scale": 2})
        width = max(12, min(len(heading.name) + 2, 30))
        sheet.set_column(column, column, width, month if heading.kind is FieldKind.DATE else None)
        rule = _rule(heading)
        if rule:
            sheet.data_validation(1, column, ROWS, column, rule)
        for row, day in enumerate(_EXAMPLE_MONTHS, 1):
            value = _example(heading, day)
            if isinstance(value, date):
                sheet.write_datetime(row, column, value, example_month)
            else:
                sheet.write(row, column, value, quiet)
    sheet.write_string(0, len(headings), NOTE, bold)
    sheet.set_column(len(headings), len(headings), 20)
    for row in range(1, len(_EXAMPLE_MONTHS) + 1):
        sheet.write_string(row, len(headings), EXAMPLE, quiet)
    sheet.freeze_panes(1, 0)


def _rule(heading: TemplateColumn) -> dict[str, Any] | None:
    """Return the data-validation rule of a column, or None where anything may stand."""
    if heading.picks:
        picks = [pick for pick in heading.picks if "," not in pick]
        while len(",".join(picks)) > LIST_CHARACTERS:
            picks.pop()
        return {
            "validate": "list",
            "source": picks,
            "error_type": "warning",
            "error_message": say("template.list"),
        }
    if heading.kind is FieldKind.DATE:
        return {
            "validate": "date",
            "criteria": ">=",
            "value": date(1990, 1, 1),
            "error_message": say("template.date"),
        }
    if heading.least is not None:
        return {
            "validate": "decimal",
            "criteria": ">=",
            "value": heading.least,
            "error_message": say("template.number", least=f"{heading.least:g}"),
        }
    return None


def _example(heading: TemplateColumn, day: date) -> Any:
    if heading.kind is FieldKind.DATE:
        return day
    if heading.kind in (FieldKind.NUMBER, FieldKind.MONEY, FieldKind.COUNT, FieldKind.DURATION):
        return 100
    return heading.picks[0] if heading.picks else "…"


def _write_about_sheet(book: Any, sheets: dict[str, list[TemplateColumn]]) -> None:
    sheet = book.add_worksheet(ABOUT)
    bold = book.add_format({"bold": True, "bottom": 1})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.merge_range("A1:E1", say("template.about", marker=EXAMPLE), wrap)
    sheet.set_row(0, 32)
    titles = ("sheet", "heading", "unit", "needed", "meaning")
    for column, title in enumerate(titles):
        sheet.write_string(2, column, say(f"template.{title}"), bold)
    lines = [(name, heading) for name, headings in sheets.items() for heading in headings]
    for row, (name, heading) in enumerate(lines, 3):
        answer = say("template.yes" if heading.needed else "template.no")
        values = (name, heading.name, heading.unit, answer, heading.meaning)
        for column, value in enumerate(values):
            sheet.write_string(row, column, value, wrap)
    for column, width in enumerate((18, 30, 12, 8, 70)):
        sheet.set_column(column, column, width)


def without_examples(table: Table) -> Table:
    """Return a table without the rows that are marked as examples."""
    if NOTE not in table.header:
        return table
    notes = table.data.column(f"c{table.header.index(NOTE)}").to_pylist()
    keep = np.array([note != EXAMPLE for note in notes], dtype=bool)
    return table if keep.all() else replace(table, data=table.data.filter(keep))
