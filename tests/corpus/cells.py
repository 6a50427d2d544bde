"""Odd cells and odd writing: errors, formulas, dates, encodings, delimiters, unusual XML."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.corpus.case import (
    HEADER,
    Case,
    by_openpyxl,
    by_xlsxwriter,
    changed,
    ods,
    ods_row,
    raw_sheet,
    records,
    replacing,
    sheet_xml,
    text,
)
from tests.support.servers import PATIENCE

PLAIN = [HEADER, *records()]
SHEET = "xl/worksheets/sheet1.xml"


def _set(**cells: Any) -> Callable[[Any, Any], None]:
    def change(_: Any, sheet: Any) -> None:
        for address, value in cells.items():
            sheet[address] = value

    return change


def _write(rows: list[Any]) -> Callable[[Any, Any], None]:
    def write(_: Any, sheet: Any) -> None:
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)

    return write


def _rich(book: Any, sheet: Any) -> None:
    _write(PLAIN)(book, sheet)
    sheet.write_rich_string(1, 0, book.add_format({"bold": True}), "Te", "am 0")


def _formulas(_: Any, sheet: Any) -> None:
    _write(PLAIN)(_, sheet)
    sheet.write_formula("D2", "=C2*2", None, 14)
    sheet.write_formula("A3", '="Te"&"am"', None, "Team")
    sheet.write_formula("D4", "=1/0", None, "#DIV/0!")


def _declared(extent: bytes) -> Callable[[bytes], bytes]:
    def change(data: bytes) -> bytes:
        start = data.index(b"<dimension")
        end = data.index(b">", start) + 1
        return data[:start] + b'<dimension ref="' + extent + b'"/>' + data[end:]

    return change


def _frame(engine: str) -> Callable[[], bytes]:
    def make() -> bytes:
        target = io.BytesIO()
        frame = pd.DataFrame(records(), columns=list(HEADER))
        frame.to_excel(target, engine=engine, index=False)
        return target.getvalue()

    return make


def _cell(address: str, value: str, extra: str = "") -> str:
    return f'<c r="{address}"{extra}><v>{value}</v></c>'


def _inline(address: str, value: str) -> str:
    return f'<c r="{address}" t="inlineStr"><is><t>{value}</t></is></c>'


HEAD = f'<row r="1">{_inline("A1", "Team")}{_inline("B1", "Cost")}</row>'
TWO = ("Team", "Cost")


def _row(number: int, inside: str) -> str:
    return f'<row r="{number}">{inside}</row>'


def _body(second: str) -> str:
    return (
        HEAD + _row(2, _inline("A2", "A") + second) + _row(3, _inline("A3", "B") + _cell("B3", "4"))
    )


def _prefixed(data: bytes) -> bytes:
    return (
        b'<?xml version="1.0"?><x:worksheet xmlns:x="http://schemas.openxmlformats.org/'
        b'spreadsheetml/2006/main"><x:sheetData>'
        + HEAD.replace("<", "<x:").replace("<x:/", "</x:").encode()
        + b'<x:row r="2"><x:c r="A2" t="str"><x:v>A</x:v></x:c><x:c r="B2"><x:v>3</x:v></x:c></x:row>'
        b"</x:sheetData></x:worksheet>"
    )


def _without_addresses(_: bytes) -> bytes:
    return sheet_xml(
        '<row><c t="inlineStr"><is><t>Team</t></is></c><c t="inlineStr"><is><t>Cost</t></is></c></row>'
        '<row><c t="inlineStr"><is><t>A</t></is></c><c><v>3</v></c></row>'
    )


def _libreoffice(kind: str, source: Callable[[], bytes]) -> Callable[[], bytes]:
    def make() -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            here = Path(folder)
            (here / "plain.xlsx").write_bytes(source())
            office = shutil.which("soffice")
            if office is None:
                tell = pytest.fail if os.environ.get("ATTUNE_DEMAND") == "1" else pytest.skip
                tell("LibreOffice is not installed: install it, or run `.ci/extras all`")
            subprocess.run(
                [
                    office,
                    f"-env:UserInstallation=file://{folder}/profile",
                    "--headless",
                    "--convert-to",
                    kind,
                    "--outdir",
                    f"{folder}/out",
                    f"{folder}/plain.xlsx",
                ],
                check=True,
                capture_output=True,
                timeout=PATIENCE,
            )
            return next((here / "out").iterdir()).read_bytes()

    return make


TYPED = [
    ["Day", "Moment", "Lasted", "At", "Open", "Cost"],
    [date(2024, 1, 31), datetime(2024, 1, 31, 10, 30), timedelta(hours=30), time(5, 30), True, 1.5],
    [date(1999, 2, 28), datetime(2030, 1, 1, 23, 59, 59), timedelta(0, 1), time(0, 1), False, -2],
]
LIBREOFFICE = (
    Case("libreoffice.ods", _libreoffice("ods", by_openpyxl(PLAIN)), (6,), HEADER),
    Case("libreoffice.xls", _libreoffice("xls", by_openpyxl(PLAIN)), (6,), HEADER),
    Case("libreoffice.xlsx", _libreoffice("xlsx", by_openpyxl(PLAIN)), (6,), HEADER),
    Case("libreoffice.html", _libreoffice("html", by_openpyxl(PLAIN)), (6,), HEADER),
)

CASES = (
    Case(
        "error-cells.xlsx",
        by_openpyxl(PLAIN, _set(D3="#DIV/0!", C5="#N/A", A6="#REF!")),
        (6,),
        HEADER,
        ("error_cell@D3", "error_cell@C5", "error_cell@A6"),
    ),
    Case(
        "formula-no-result.xlsx",
        by_openpyxl(PLAIN, _set(D3="=C3*2", D4="=C4*2")),
        (6,),
        HEADER,
        ("formula_without_result@D3",),  # one cause, one finding, with its count
    ),
    Case("formula-results.xlsx", by_xlsxwriter(_formulas), (6,), HEADER, ("error_cell@D4",)),
    Case(
        "many-errors.xlsx",
        by_openpyxl([("Team", "Cost"), *[("A", "#DIV/0!") for _ in range(80)]]),
        (80,),
        TWO,
        ("error_cell@B2", "error_cells_more"),
    ),
    Case("rich-text.xlsx", by_xlsxwriter(_rich), (6,), HEADER),
    Case("rich-inline.xlsx", by_xlsxwriter(_rich, constant_memory=True), (6,), HEADER),
    Case("inline.xlsx", by_xlsxwriter(_write(PLAIN), constant_memory=True), (6,), HEADER),
    Case("pandas-openpyxl.xlsx", _frame("openpyxl"), (6,), HEADER),
    Case("pandas-xlsxwriter.xlsx", _frame("xlsxwriter"), (6,), HEADER),
    Case("typed.xlsx", by_openpyxl(TYPED), (2,), ("Day", "Moment", "Lasted", "At", "Open", "Cost")),
    Case(
        "date-1904.xlsx",
        by_xlsxwriter(
            lambda b, s: (
                s.write_row(0, 0, ["Day", "Cost"]),
                s.write_datetime(
                    1, 0, datetime(2024, 1, 31), b.add_format({"num_format": "yyyy-mm-dd"})
                ),
                s.write(1, 1, 5),
            ),
            date_1904=True,
        ),
        (1,),
        ("Day", "Cost"),
        notes={"date system": "1904"},
    ),
    Case(
        "mixed-column.xlsx",
        by_openpyxl([*PLAIN, ("Team 9", "2024-09", "n/a", "see note")]),
        (7,),
        HEADER,
    ),
    Case(
        "escapes.xlsx",
        by_openpyxl([["Team & <co>", "Cost"], ["A\nB", 1], ["ü 日本 😀", 2], ['"q"', 3]]),
        (3,),
        ("Team & <co>", "Cost"),
    ),
    Case(
        "padded-names.xlsx",
        by_openpyxl([["  Team ", " Cost\u00a0"], ["A", 1], ["B", 2]]),
        (2,),
        TWO,
    ),
    Case("sheet-name.xlsx", by_openpyxl(PLAIN, sheet="Q1 'draft' & more"), (6,), HEADER),
    Case("false-dimension-small.xlsx", changed({SHEET: _declared(b"A1")}), (6,), HEADER),
    Case("false-dimension-large.xlsx", changed({SHEET: _declared(b"A1:XFD1048576")}), (6,), HEADER),
    Case("far-column.xlsx", by_openpyxl(PLAIN, _set(XFD2=1)), (6,), HEADER, ("stray_cell@XFD2",)),
    Case("prefixed.xlsx", changed({SHEET: _prefixed}), (1,), TWO),
    Case("no-addresses.xlsx", changed({SHEET: _without_addresses}), (1,), TWO),
    Case(
        "comments-in-xml.xlsx",
        raw_sheet("<!-- by a program -->" + _body(_cell("B2", "3"))),
        (2,),
        TWO,
    ),
    Case(
        "type-before-style.xlsx", raw_sheet(_body('<c r="B2" t="n" s="0"><v>3</v></c>')), (2,), TWO
    ),
    Case("unknown-attribute.xlsx", raw_sheet(_body('<c r="B2" cm="1"><v>3</v></c>')), (2,), TWO),
    Case(
        "empty-cells.xlsx",
        raw_sheet(_body('<c r="B2"/>') + '<row r="4"/><row r="9" ht="15"/>'),
        (2,),
        TWO,
    ),
    Case("empty-value.xlsx", raw_sheet(_body('<c r="B2"><v></v></c>')), (2,), TWO),
    Case(
        "iso-date-cell.xlsx",
        raw_sheet(_body('<c r="B2" t="d"><v>2024-01-31T00:00:00</v></c>')),
        (2,),
        TWO,
    ),
    Case("exponent.xlsx", raw_sheet(_body(_cell("B2", "1.5E-3"))), (2,), TWO),
    Case(
        "formatted-rows.xlsx",
        raw_sheet(
            _body(_cell("B2", "3"))
            + "".join(
                f'<row r="{n}" s="1" customFormat="1"><c r="A{n}" s="0"/></row>'
                for n in range(4, 3000)
            )
        ),
        (2,),
        TWO,
    ),
    Case(
        "backslash-names.xlsx", replacing("[Content_Types].xml", b"<Types", b"<Types"), (6,), HEADER
    ),
    Case(
        "macros.xlsm",
        changed(
            {
                "xl/_rels/workbook.xml.rels": lambda d: d.replace(
                    b"</Relationships>",
                    b'<Relationship Id="rId99" Type="http://schemas.microsoft.com/office/2006/relationships/vbaProject" Target="vbaProject.bin"/></Relationships>',
                ),
                "xl/vbaProject.bin": b"\xd0\xcf\x11\xe0 not run",
            }
        ),
        (6,),
        HEADER,
        notes={"macros": "not run"},
    ),
    Case(
        "hyperlink.xlsx",
        by_xlsxwriter(
            lambda b, s: (
                _write(PLAIN)(b, s),
                s.write_url("A2", "https://example.com", None, "Team 0"),
            )
        ),
        (6,),
        HEADER,
    ),
    Case(
        "chart.xlsx",
        by_xlsxwriter(lambda b, s: (_write(PLAIN)(b, s), s.insert_chart("G2", _chart(b)))),
        (6,),
        HEADER,
    ),
    Case(
        "autofilter.xlsx",
        by_xlsxwriter(
            lambda b, s: (
                _write(PLAIN)(b, s),
                s.autofilter("A1:D7"),
                s.set_row(3, None, None, {"hidden": True}),
            )
        ),
        (6,),
        HEADER,
        ("hidden_rows@4:4",),
    ),
    Case("wrong-ending.csv", by_openpyxl(PLAIN), (6,), HEADER),
    Case("wrong-ending.xlsx", text("Team,Cost\nA,3\nB,4\n"), (2,), TWO),
    Case("plain.ods", ods(ods_row(*TWO) + ods_row("A", 3) + ods_row("B", 4.5)), (2,), TWO),
    Case(
        "errors.ods",
        ods(
            ods_row(*TWO)
            + ods_row("A", 3, repeat=3)
            + ods_row("B", "#DIV/0!")
            + ods_row("C", "Err:502")
            + ods_row("D", 4)
        ),
        (6,),
        TWO,
        ("error_cell@B5", "error_cell@B6"),
    ),
    Case(
        "hidden-rows.ods",
        ods(
            ods_row(*TWO)
            + ods_row("A", 3)
            + ods_row("B", 4).replace(
                "<table:table-row", '<table:table-row table:visibility="filter"'
            )
            + ods_row("C", 5)
        ),
        (3,),
        TWO,
        ("hidden_rows@3:3",),
    ),
    Case(
        "repeated-rows.ods",
        ods(ods_row(*TWO) + ods_row("A", 3, repeat=3) + ods_row(None, repeat=1_048_000)),
        (3,),
        TWO,
    ),
    Case(
        "utf8-bom.csv",
        text("Team,Cost\nÄ,3\nB,4\n", "utf-8-sig"),
        (2,),
        TWO,
        notes={"encoding": "utf-8"},
    ),
    Case(
        "utf16-le.csv",
        lambda: b"\xff\xfe" + "Team\tCost\nÄ\t3\nB\t4\n".encode("utf-16-le"),
        (2,),
        TWO,
        notes={"encoding": "utf-16-le", "delimiter": "tab"},
    ),
    Case(
        "utf16-be.csv",
        lambda: b"\xfe\xff" + "Team,Cost\nÄ,3\nB,4\n".encode("utf-16-be"),
        (2,),
        TWO,
        notes={"encoding": "utf-16-be"},
    ),
    Case(
        "indented.ods",
        ods((ods_row(*TWO) + ods_row("A", 3) + ods_row("B", 4.5)).replace("><", ">\n  <")),
        (2,),
        TWO,
    ),
    Case(
        "utf32-no-mark.csv",
        lambda: "Team,Cost\nA,3\nB,4\n".encode("utf-32-be"),
        (2,),
        TWO,
        notes={"encoding": "utf-32-be"},
    ),
    Case(
        "utf32.csv",
        lambda: "Team,Cost\nÄ,3\nB,4\n".encode("utf-32"),
        (2,),
        TWO,
        notes={"encoding": "utf-32-le"},
    ),
    Case(
        "utf16-sheet.xlsx",
        changed(
            {
                SHEET: lambda _: (
                    sheet_xml(_body(_cell("B2", "3")))
                    .decode()
                    .replace("UTF-8", "UTF-16")
                    .encode("utf-16")
                )
            }
        ),
        (2,),
        TWO,
    ),
    Case(
        "whole-column-merged.xlsx",
        changed(
            {
                SHEET: lambda _: sheet_xml(_body(_cell("B2", "3"))).replace(
                    b"</sheetData>",
                    b'</sheetData><mergeCells count="1"><mergeCell ref="D:D"/></mergeCells>',
                )
            }
        ),
        (2,),
        TWO,
    ),
    Case(
        "far-apart.xlsx",
        raw_sheet(_body(_cell("B2", "3")) + _row(1048576, _cell("XFD1048576", "1"))),
        (2,),
        TWO,
        ("stray_cell@XFD1048576",),
    ),
    Case("iso-date.xlsx", raw_sheet(_body('<c r="B2" t="d"><v>2024-01-31</v></c>')), (2,), TWO),
    Case(
        "read-aloud.xlsx",
        raw_sheet(
            _body(
                '<c r="B2" t="inlineStr"><is><t>Tokyo</t><rPh sb="0" eb="1"><t>to-kyo</t></rPh></is></c>'
            )
        ),
        (2,),
        TWO,
    ),
    Case(
        "errors-unaddressed.xlsx",
        changed(
            {
                SHEET: lambda _: sheet_xml(
                    '<row><c t="str"><v>Team</v></c><c t="str"><v>Cost</v></c></row><row><c t="str"><v>A</v></c><c><v>3</v></c></row><row><c t="str"><v>B</v></c><c t="e"><v>#N/A</v></c></row>'
                )
            }
        ),
        (2,),
        TWO,
        ("error_cell@B3",),
    ),
    Case(
        "utf16-no-mark.csv",
        lambda: "Team,Cost\nA,3\nB,4\n".encode("utf-16-le"),
        (2,),
        TWO,
        notes={"encoding": "utf-16-le"},
    ),
    Case(
        "cp1252.csv",
        text("Team;Kosten (€)\nMünchen;3,5\nKöln;4,25\n", "cp1252"),
        (2,),
        ("Team", "Kosten (€)"),
        notes={"encoding": "windows-1252", "delimiter": ";"},
    ),
    Case(
        "latin1.csv",
        lambda: b"Team,Cost\nM\xfcnchen\x81,3\nB,4\n",
        (2,),
        TWO,
        notes={"encoding": "iso-8859-1"},
    ),
    Case("tabs.tsv", text("Team\tCost\nA\t3\nB\t4\n"), (2,), TWO, notes={"delimiter": "tab"}),
    Case("pipes.txt", text("Team|Cost\nA|3\nB|4\n"), (2,), TWO, notes={"delimiter": "|"}),
    Case(
        "decimal-comma.csv",
        text("Team;Cost;Hours\nA;1.234,50;2,5\nB;99,10;3,75\n"),
        (2,),
        ("Team", "Cost", "Hours"),
        notes={"delimiter": ";", "decimal": ","},
    ),
    Case(
        "commas-in-texts.csv",
        text("Team;Note\nA;one, two, three\nB;four, five, six\n"),
        (2,),
        ("Team", "Note"),
        notes={"delimiter": ";"},
    ),
    Case("sep-line.csv", text("sep=;\nTeam;Cost\nA;3\n"), (1,), TWO, notes={"delimiter": ";"}),
    Case("old-mac.csv", text("Team,Cost\rA,3\rB,4\r"), (2,), TWO),
    Case("windows-lines.csv", text("Team,Cost\r\nA,3\r\nB,4\r\n"), (2,), TWO),
    Case("blank-lines.csv", text("\n\nTeam,Cost\n\nA,3\n\nB,4\n\n\n"), (2,), TWO),
    Case(
        "ragged.csv",
        text("Team,Cost,Note\nA,3\nB,4,x,more\nC,5,y\n"),
        (3,),
        ("Team", "Cost", "Note"),
        ("heading_blank",),
    ),
    Case("trailing-commas.csv", text("Team,Cost,,\nA,3,,\nB,4,,\n,,,\n"), (2,), TWO),
    Case(
        "backslash-quotes.csv",
        text('Team,Note\nA,"he said \\"no\\", twice"\nB,"x"\n'),
        (2,),
        ("Team", "Note"),
    ),
    Case(
        "stray-quote.csv",
        text('Team,Note,Cost\nA,5" pipe,3\nB,6" pipe,4\n'),
        (2,),
        ("Team", "Note", "Cost"),
    ),
    Case("nul-bytes.csv", lambda: b"Team,Cost\nA,3\x00\nB,4\n", (2,), TWO),
    Case(
        "formula-text.csv", text("Team,Note\n=cmd|' /C calc'!A0,x\nB,y\n"), (2,), ("Team", "Note")
    ),
    Case(
        "wide.csv",
        text(",".join(f"c{i} name" for i in range(3000)) + "\n" + ",".join(["7"] * 3000) + "\n"),
        (1,),
        ("c0 name",),
    ),
    Case("path-name/../../etc/report.csv", text("Team,Cost\nA,3\n"), (1,), TWO),
    *LIBREOFFICE,
)
"""One line per file, so that the list reads as a list."""


def _chart(book: Any) -> Any:
    chart = book.add_chart({"type": "column"})
    chart.add_series({"values": "=Data!$C$2:$C$7"})
    return chart
