"""Readers: every cell comes back with its type and its address, whoever wrote the file."""

from __future__ import annotations

import io
import random
import re
import threading
import zipfile
from datetime import datetime, timedelta
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import workbook
from ingest.limits import DEFAULTS, LIMITS, of_file
from ingest.readers import delimited, spreadsheet, tolerant, worker, xlsx
from ingest.readers.cells import CellKind, Refused, Sheet
from tests.corpus.case import by_xlsxwriter, plain_xlsx, raw_sheet

LETTERS = st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff")
TEXTS = st.text(LETTERS, min_size=1, max_size=12).filter(lambda t: t.strip() and t[0] != "=")
CELLS = st.one_of(
    st.none(),
    TEXTS,
    st.floats(-1e12, 1e12).map(lambda x: float(f"{x:.10g}")),
    st.integers(-(10**9), 10**9).map(float),
    st.booleans(),
    st.datetimes(datetime(1901, 1, 1), datetime(2100, 1, 1)).map(
        lambda d: d.replace(microsecond=0)
    ),
    st.integers(0, 10**6).map(lambda s: timedelta(seconds=s)),
)
GRIDS = st.lists(st.lists(CELLS, min_size=1, max_size=6), min_size=1, max_size=12)


def cells_of(sheet: Sheet) -> dict[tuple[int, int], Any]:
    """Return (row, column) → value of every filled cell."""
    return {
        (int(row), column.position): column.cell(i)
        for column in sheet.columns
        for i, row in enumerate(sheet.rows)
        if column.kind[i] != CellKind.BLANK
    }


def wanted(grid: list[list[Any]]) -> dict[tuple[int, int], Any]:
    return {(r + 1, c): v for r, row in enumerate(grid) for c, v in enumerate(row) if v is not None}


def by_openpyxl(grid: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    for r, row in enumerate(grid, 1):
        for c, value in enumerate(row, 1):
            cell = book.active.cell(r, c, value)  # type: ignore[union-attr]
            if isinstance(value, str):
                cell.data_type = "s"
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def by_writer(grid: list[list[Any]], **options: Any) -> bytes:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, options)
    sheet = book.add_worksheet()
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    lasted = book.add_format({"num_format": "[h]:mm:ss"})
    for r, row in enumerate(grid):
        for c, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(r, c, value)
            elif isinstance(value, bool):
                sheet.write_boolean(r, c, value)
            elif isinstance(value, float):
                sheet.write_number(r, c, value)
            elif isinstance(value, datetime):
                sheet.write_datetime(r, c, value, moment)
            elif isinstance(value, timedelta):
                sheet.write_datetime(r, c, value, lasted)
    book.close()
    return target.getvalue()


@pytest.mark.parametrize(
    "write",
    [by_openpyxl, by_writer, lambda grid: by_writer(grid, constant_memory=True)],
    ids=["openpyxl", "xlsxwriter", "xlsxwriter inline"],
)
@settings(max_examples=15, deadline=None)
@given(grid=GRIDS)
def test_written_cells_come_back(write: Any, grid: list[list[Any]]) -> None:
    sheets, _ = xlsx.read(write(grid), DEFAULTS)
    assert cells_of(sheets[0]) == wanted(grid)


@pytest.mark.parametrize("main_first", [True, False])
def test_the_order_of_relations_does_not_matter(main_first: bool) -> None:
    """Excel lists the properties of a file, whose types name the office too, before the book."""
    source = zipfile.ZipFile(io.BytesIO(by_writer([["Month"], ["2025-01"]])))
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in source.namelist():
            data = source.read(name)
            if name == "_rels/.rels":
                relations = re.findall(rb"<Relationship [^>]*>", data)
                assert len(relations) > 1
                ordered = sorted(relations, key=lambda r: (b'/officeDocument"' in r) != main_first)
                head, tail = data.split(relations[0])[0], b"</Relationships>"
                data = head + b"".join(ordered) + tail
            archive.writestr(name, data)
    sheets, _ = xlsx.read(target.getvalue(), DEFAULTS)
    assert cells_of(sheets[0]) == wanted([["Month"], ["2025-01"]])


@settings(max_examples=12, deadline=None)
@given(grid=GRIDS)
def test_the_second_opinion_agrees(grid: list[list[Any]]) -> None:
    data = by_writer(grid)
    first, second = spreadsheet.read(data, DEFAULTS), tolerant.read(data, DEFAULTS)
    assert cells_of(second[0]) == cells_of(first[0])


def test_small_pieces_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Odd cells are found, and values kept, however the sheet is cut while it is read."""
    rows = "".join(
        f'<row r="{r}"{" hidden=" + chr(34) + "1" + chr(34) if r % 7 == 0 else ""}>'
        f'<c r="A{r}"><v>{r}</v></c><c r="B{r}" t="e"><v>#N/A</v></c>'
        f'<c r="C{r}"><f>A{r}*2</f></c></row>'
        for r in range(1, 301)
    )
    data = raw_sheet(rows)()
    whole, _ = xlsx.read(data, DEFAULTS)
    monkeypatch.setattr(xlsx, "PIECE_BYTES", 700)
    monkeypatch.setattr(spreadsheet, "ROWS_AT_ONCE", 37)
    cut, _ = xlsx.read(data, DEFAULTS)
    assert cells_of(cut[0]) == cells_of(whole[0])
    assert [len(cut[0].hidden), len(cut[0].rows)] == [42, 300]
    kinds = {column.position: set(column.kind) for column in cut[0].columns}
    assert kinds == {0: {CellKind.NUMBER}, 1: {CellKind.ERROR}, 2: {CellKind.NO_RESULT}}


FIELDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=8)
RECORDS = st.lists(st.lists(FIELDS, min_size=3, max_size=3), min_size=1, max_size=15)
HEAD = ["Team", "Month", "Cost"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@settings(max_examples=6, deadline=None)
@given(records=RECORDS)
def test_written_records_come_back(delimiter: str, encoding: str, records: list[list[str]]) -> None:
    import csv

    target = io.StringIO()
    writer = csv.writer(target, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerows([HEAD, *records])
    sheet, notes = delimited.read(target.getvalue().encode(encoding), DEFAULTS)
    assert notes["delimiter"] == ("tab" if delimiter == "\t" else delimiter)
    grid = [[field if field.strip() else None for field in row] for row in [HEAD, *records]]
    assert cells_of(sheet) == wanted(grid)


def test_a_field_that_ends_in_a_backslash_does_not_swallow_the_next() -> None:
    sheet, _ = delimited.read(b'"Team","Month","Cost"\n"C:\\","x","1"\n', DEFAULTS)
    assert {cells_of(sheet)[2, column] for column in range(3)} == {"C:\\", "x", "1"}
    sheet, _ = delimited.read(b'"Team","Month","Cost"\n"so \\"big\\"","x","1"\n', DEFAULTS)
    assert cells_of(sheet)[2, 0] == 'so "big"'


def test_fast_and_careful_csv_agree() -> None:
    text = "Title\n\nA,B\n" + "".join(f'{i},"x, ""{i}"""\n' for i in range(500))
    dialect = delimited.Dialect("utf-8", ",")
    tight = text.replace("\n\n", "\n")
    fast = delimited._parse_with_arrow(tight, dialect, DEFAULTS)
    careful = delimited._parse_with_csv(tight, dialect, DEFAULTS)
    assert fast is not None
    assert [column.to_pylist() for column in fast] == [column.to_pylist() for column in careful]
    assert delimited._parse_with_arrow(text, dialect, DEFAULTS) is not None, (
        "a blank line above the table is no bar"
    )


def test_a_csv_row_is_the_record_a_spreadsheet_shows() -> None:
    data = b'sep=,\nReport\n\nTeam,Note\nA,"two\nlines"\n\nB,x\n'
    table = workbook.read("a.csv", data).tables[0]
    assert table.header_row == 3
    assert table.data["row"].to_pylist() == [4, 6]
    assert str(table.place(1, 4)) == "a.csv › B4"


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("yyyy-mm-dd", CellKind.DATE),
        ("d. mmm yy", CellKind.DATE),
        ("mmm", CellKind.DATE),
        ("[$-409]d/m/yy h:mm AM/PM;@", CellKind.DATE),
        ("h:mm", CellKind.DATE),
        ("[h]:mm", CellKind.DURATION),
        ("General", CellKind.NUMBER),
        ("0.00%", CellKind.NUMBER),
        ('#,##0.00 "days"', CellKind.NUMBER),
        ("[Red]-#,##0", CellKind.NUMBER),
        ("#,##0\\ [$€-407]", CellKind.NUMBER),
        ("@", CellKind.NUMBER),
        ('0 "h"', CellKind.NUMBER),
    ],
)
def test_number_formats(code: str, wanted: CellKind) -> None:
    def write(book: Any, sheet: Any) -> None:
        sheet.write_number(0, 0, 45292.5, book.add_format({"num_format": code}))

    sheet = xlsx.read(by_xlsxwriter(write)(), DEFAULTS)[0][0]
    assert sheet.columns[0].kind[0] == wanted


def test_the_leap_day_that_never_was() -> None:
    def write(book: Any, sheet: Any) -> None:
        for row, number in enumerate((1, 59, 61, 45292.5)):
            sheet.write_number(row, 0, number, book.add_format({"num_format": "yyyy-mm-dd"}))

    sheet = xlsx.read(by_xlsxwriter(write)(), DEFAULTS)[0][0]
    assert list(cells_of(sheet).values()) == [
        datetime(1900, 1, 1),
        datetime(1900, 2, 28),
        datetime(1900, 3, 1),
        datetime(2024, 1, 1, 12),
    ]


def test_a_crash_a_hang_and_a_hunger_are_findings() -> None:
    for task, code in (
        ("tests.corpus.tasks:crash", "reader_crashed"),
        ("tests.corpus.tasks:hang", "reader_time"),
        ("tests.corpus.tasks:eat", "reader_memory"),
        ("tests.corpus.tasks:stumble", "reader_crashed"),
    ):
        limits = {**of_file(DEFAULTS, 0), "seconds": 2 if code == "reader_time" else 900}
        with pytest.raises(Refused) as refusal:
            worker.run(task, b"", "x", limits)
        assert refusal.value.code == code
    assert not workbook.read("a.xlsx", plain_xlsx()).refused, "and others are served"


def test_spoiled_bytes_are_findings_never_faults(caplog: pytest.LogCaptureFixture) -> None:
    rng = random.Random(7)
    bases = [
        plain_xlsx(),
        b'sep=;\nTeam;Cost\nA;"3"\nB;4,5\n',
        b"<html><table><tr><td>a<td>b<tr><td>1<td>2</table>",
        "Team,Jan 2024,Feb 2024,Mar 2024\nA,1,2,3\nTotal,1,2,3\n".encode("utf-16"),
    ]
    codes = set()
    for _ in range(80):
        data = bytearray(rng.choice(bases))
        for _ in range(rng.choice((1, 3, 20))):
            data[rng.randrange(len(data))] = rng.randrange(256)
        spoiled = bytes(data[: rng.randrange(len(data))] if rng.random() < 0.3 else data)
        codes |= {finding.code for finding in workbook.read("spoiled", spoiled).findings}
    assert not codes & {"reader_crashed", "reader_time", "reader_memory"}, caplog.text


def test_several_people_at_once() -> None:
    data, seen = plain_xlsx(), []
    threads = [
        threading.Thread(target=lambda: seen.append(workbook.read("a.xlsx", data).refused))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [False] * 6


def test_limits_are_used_and_have_reasons() -> None:
    assert all(limit.why and limit.value > 0 for limit in LIMITS)
    small = {**DEFAULTS, "file_bytes": 10}
    assert workbook.read("a.csv", b"Team,Cost\nA,3\n", small).findings[0].code == "file_too_large"
    few = {**DEFAULTS, "cells": 3}
    rows = "".join(f'<row r="{i}"><c r="A{i}"><v>1</v></c></row>' for i in range(1, 9))
    assert workbook.read("a.xlsx", raw_sheet(rows)(), few).findings[0].code == "too_many_cells"
