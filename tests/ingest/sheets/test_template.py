"""Blank workbooks come back without a finding, blank and filled, for every function and sheet."""

from __future__ import annotations

import io
from datetime import date, datetime

import openpyxl
import pytest

from ingest.intake import check
from ingest.sheets import template
from metrics.functions import BY_KEY, FUNCTIONS
from metrics.model import Profile

CLIENT = Profile("Test", tuple(f.key for f in FUNCTIONS), {}, {"North": (), "South": ()})
MONTHS = [datetime(2026, month, 1) for month in range(1, 9)]


def filled(key: str) -> bytes:
    """A template with eight months of two teams, the examples left where they are."""
    book = openpyxl.load_workbook(io.BytesIO(template.template(key, "EUR", ("North", "South"))))
    sheet = book.worksheets[0]
    headings = [cell.value for cell in sheet[1]]
    row = 4
    for month in MONTHS:
        for team in ("North", "South"):
            for column, heading in enumerate(headings, 1):
                value = {"Month": month, "Team": team, "Item": None, template.NOTE: None}
                sheet.cell(row, column, value.get(heading, 100))
            row += 1
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("key", template.keys())
def test_a_blank_template_comes_back_without_a_finding(key):
    found = check([(f"{key}.xlsx", template.template(key))], CLIENT, as_of=date(2026, 9, 30))
    assert found.findings == ()
    assert set(found.outcomes.values()) == {"loads"}
    assert not any(len(frame) for frame in found.frames.values()), "examples are never read"


@pytest.mark.parametrize("key", template.keys()[:-1])
def test_a_filled_template_comes_back_whole_and_without_a_finding(key):
    found = check([(f"{key}.xlsx", filled(key))], CLIENT, as_of=date(2026, 9, 30))
    assert [(f.code, str(f.place), f.value) for f in found.findings] == []
    rows = found.frames["observations"]
    assert set(rows["measure"]) == {measure.key for measure in BY_KEY[key].measures}
    assert set(rows["function"]) == {key}
    assert len(rows) == len(MONTHS) * 2 * len(BY_KEY[key].measures)
    assert (rows["value"] == 100).all()


def test_every_sheet_of_the_programme_is_recognised_as_itself():
    """The example rows, once their mark is gone, are read as the sheet they stand in."""
    from ingest.sheets.kinds import SHEETS

    book = openpyxl.load_workbook(io.BytesIO(template.template(template.PROGRAMME)))
    for sheet in book.worksheets:
        for row in sheet.iter_rows(min_row=2):
            for cell in row:
                if cell.value == template.EXAMPLE:
                    cell.value = None
    out = io.BytesIO()
    book.save(out)
    found = check([("programme.xlsx", out.getvalue())], CLIENT, as_of=date(2026, 9, 30))
    assert {table.source for table in found.tables} == set(SHEETS)


def test_a_template_has_lists_limits_notes_and_units():
    book = openpyxl.load_workbook(io.BytesIO(template.template("support", "USD", ("North",))))
    sheet = book.worksheets[0]
    headings = [cell.value for cell in sheet[1]]
    assert "Support cost (USD)" in headings
    cost = sheet.cell(1, headings.index("Support cost (USD)") + 1)
    assert "Full cost" in cost.comment.text
    rules = {str(rule.sqref).split(":")[0]: rule for rule in sheet.data_validations.dataValidation}
    assert rules["A2"].type == "date"
    assert (rules["B2"].type, rules["B2"].formula1) == ("list", '"North"')
    assert rules[f"{cost.column_letter}2"].type == "decimal"
    about = book[template.ABOUT]
    assert any(
        row[1].value == "Support cost (USD)" and row[2].value == "USD"
        for row in about.iter_rows(min_row=4)
    )
