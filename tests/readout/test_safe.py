"""What leaves the house runs nothing: every writer of tables, and every name."""

from __future__ import annotations

import csv
import io
import string
import zipfile

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import marked
from ingest.model import Intake
from ingest.sheets import template
from metrics.functions import FUNCTIONS
from metrics.model import Finding, Place, Severity
from readout import safe

HOSTILE = [
    "=1+1",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    " =1+1",
    "\u00a0=1+1",
    "\ufeff=1+1",
    "＝1+1",
    "|calc",
    '=HYPERLINK("http://example.com","x")',
    "http://example.com/a",
    "external:other.xlsx",
    "mailto:a@example.com",
    "\n=1",
]


def hostile() -> pd.DataFrame:
    kinds = pd.Series(HOSTILE)
    return pd.DataFrame(
        {
            "str": kinds.astype("str"),
            "object": kinds.astype("object"),
            "=1+1": 1.5,
            "number": -2.0,
            "category": kinds.astype("category"),
            "list": [[each] for each in HOSTILE],
        }
    )


def formula(cell: str) -> bool:
    return cell.strip(" \u00a0\ufeff").startswith(("=", "+", "-", "@", "\t", "\r", "\n", "|", "＝"))


def test_no_text_in_csv_begins_a_formula() -> None:
    rows = list(csv.reader(io.StringIO(safe.csv(hostile()).decode("utf-8-sig"), newline="")))
    assert rows[0][2] == "'=1+1"
    for row, given_text in zip(rows[1:], HOSTILE, strict=True):
        assert row[3] == "-2.0", "numbers are no formulas"
        for place in (0, 1, 4):
            assert not formula(row[place])
            assert row[place].removeprefix("'") == given_text, "nothing else is changed"


@given(st.text(), st.sampled_from(["", " ", "=", "+", "@", "-", "\t"]))
def test_whatever_is_written_csv_gives_it_back_without_a_formula(tail, head) -> None:
    frame = pd.DataFrame({"a": pd.Series([head + tail], dtype="object")})
    data = safe.csv(frame).decode("utf-8-sig")
    back = next(iter(list(csv.reader(io.StringIO(data, newline="")))[1:]), [""])
    assert not formula(back[0]) if back else True


def hostile_workbook() -> bytes:
    """A workbook with a formula, text like one, a link to another file, and a macro."""
    book = openpyxl.Workbook()
    for row, value in enumerate(HOSTILE, 1):
        cell = book.active.cell(row, 1, value if value.isprintable() else "=1+1")
        cell.data_type = "s"
    out = io.BytesIO()
    book.save(out)
    with zipfile.ZipFile(out, "a") as parts:
        parts.writestr("xl/vbaProject.bin", b"macro")
        parts.writestr("xl/externalLinks/externalLink1.xml", b"<externalLink/>")
    return out.getvalue()


def marked_workbook() -> bytes:
    finding = Finding("file_empty", Severity.ERROR, Place("a.xlsm", "Sheet", "A1"), "=1+1")
    notes = {"a.xlsm": {"format": "xlsx"}}
    found = Intake((), (finding,), {"a.xlsm": "warnings"}, {}, notes=notes)
    name, data = marked.mark_workbook(found, "a.xlsm", hostile_workbook())
    assert name == "a marked.xlsx"
    return data


def listed_findings() -> bytes:
    name = HOSTILE[0]
    told = (Finding("file_empty", Severity.ERROR, Place(name, t, "A1"), t) for t in HOSTILE)
    found = Intake((), tuple(told), {name: "warnings"}, {})
    return marked.mark_workbook(found, name, b"a,b")[1]


def workbooks() -> list[tuple[str, bytes]]:
    return [
        ("table", safe.workbook(hostile())),
        ("marked", marked_workbook()),
        ("findings", listed_findings()),
        ("template", template.template(FUNCTIONS[0].key, "EUR", HOSTILE)),
    ]


@pytest.mark.parametrize(
    ("name", "data"), workbooks(), ids=lambda x: x if isinstance(x, str) else ""
)
def test_workbooks_hold_no_formula_of_text_no_macro_and_no_link(name, data) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        names = parts.namelist()
        assert not [each for each in names if "vba" in each.lower() or "external" in each.lower()]
        relations = [parts.read(each) for each in names if each.endswith(".rels")]
        assert not any(b'TargetMode="External"' in each for each in relations)
    book = openpyxl.load_workbook(io.BytesIO(data))
    for sheet in book:
        for row in sheet.iter_rows():
            assert not [
                cell.coordinate for cell in row if cell.data_type == "f" and cell.value in HOSTILE
            ]


@pytest.mark.parametrize(
    ("given_name", "wanted"),
    [
        ("Attune findings.csv", "Attune findings.csv"),
        ("../../etc/passwd", "file.etcpasswd"),
        ("a/b\\c.xlsx", "a b c.xlsx"),
        ("CON.csv", "_CON.csv"),
        ("lpt1", "_lpt1"),
        ("evil\u202excod.exe.csv", "evil xcod.exe.csv"),
        ('a"b<c>.pdf', "a b c.pdf"),
        ("x\r\nSet-Cookie: y.csv", "x Set-Cookie y.csv"),
        ("", "file"),
        ("...", "file"),
        ("Zürich 東京.csv", "Zürich 東京.csv"),
        ("a.c/sv", "a.csv"),
    ],
)
def test_names_are_only_names(given_name, wanted) -> None:
    assert safe.file_name(given_name) == wanted


@given(st.text(max_size=300))
def test_any_name_is_safe(name) -> None:
    made = safe.file_name(name)
    assert made
    assert len(made) <= 140
    assert not set(made) & set('\\/<>:"|?*' + string.whitespace.replace(" ", ""))
    assert not made.startswith((".", " ", "-"))
