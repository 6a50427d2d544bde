"""Error cells and hidden rows of the binary workbooks, by files made here byte by byte."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
import zipfile
from pathlib import Path

import openpyxl
import pytest

from ingest import workbook
from tests.support.servers import PATIENCE

ROWS = (
    ("Team", "Month", "Cost"),
    ("A", "2026-01", 3.0),
    ("B", "2026-01", 0x07),
    ("C", "2026-01", 5.0),
    ("D", "2026-01", 0x2A),
    ("E", "2026-01", 6.0),
)
HIDDEN = 3
"""Zero-based row of C."""


def _text(value: str) -> bytes:
    return struct.pack("<I", len(value)) + value.encode("utf-16-le")


def _record(kind: int, content: bytes = b"") -> bytes:
    head = bytes([kind]) if kind < 128 else bytes([kind & 127 | 128, kind >> 7])
    size, length = len(content), b""
    while size > 127:
        length, size = length + bytes([size & 127 | 128]), size >> 7
    return head + length + bytes([size]) + content


def _xlsb(formula: bool, rows=ROWS) -> bytes:
    sheet = _record(129) + _record(148, struct.pack("<4I", 0, len(rows) - 1, 0, 2)) + _record(145)
    for number, row in enumerate(rows):
        flags = 0x10 if number == HIDDEN else 0
        sheet += _record(0, struct.pack("<IIHBBBI", number, 0, 300, 0, flags, 0, 0))
        for column, value in enumerate(row):
            cell = struct.pack("<II", column, 0)
            if isinstance(value, str):
                sheet += _record(6, cell + _text(value))
            elif isinstance(value, float):
                sheet += _record(5, cell + struct.pack("<d", value))
            elif formula:
                sheet += _record(11, cell + bytes([value]) + struct.pack("<HII", 0, 0, 0))
            else:
                sheet += _record(3, cell + bytes([value]))
    sheet += _record(146) + _record(130)
    listed = struct.pack("<II", 0, 1) + _text("rId1") + _text("Sheet1")
    book = _record(131) + _record(143) + _record(156, listed) + _record(144) + _record(132)
    types = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    related = (
        f'<?xml version="1.0"?><Relationships xmlns="{space}"><Relationship Id="rId1" '
        f'Type="{types}/worksheet" Target="worksheets/sheet1.bin"/></Relationships>'
    )
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as package:
        package.writestr("xl/workbook.bin", book)
        package.writestr("xl/_rels/workbook.bin.rels", related)
        package.writestr("xl/worksheets/sheet1.bin", sheet)
    return made.getvalue()


def _found(reading) -> set[tuple[str, str, str]]:
    return {(f.code, f.place.cell, f.value) for f in reading.findings}


@pytest.mark.parametrize("formula", [False, True])
def test_xlsb_names_error_cells_and_hidden_rows(formula):
    reading = workbook.read("costs.xlsb", _xlsb(formula))
    assert {("error_cell", "C3", "#DIV/0!"), ("error_cell", "C5", "#N/A")} <= _found(reading)
    assert "hidden_rows" in {f.code for f in reading.findings}
    assert reading.tables[0].data.column("c2").to_pylist() == [3.0, None, 5.0, None, 6.0]
    assert reading.tables[0].header == ("Team", "Month", "Cost")


def test_xlsb_without_oddity_has_no_finding():
    plain = tuple(row for row in ROWS if not isinstance(row[2], int))[:3]
    assert not workbook.read("costs.xlsb", _xlsb(False, plain)).findings


def _costs(rows: int) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Kosten Süd"
    sheet.append(["Team", "Month", "Cost"])
    for number in range(rows):
        sheet.append([f"T{number}", "2026-01", number + 1])
    sheet["C3"], sheet["C4"] = "=1/0", "=NA()"
    sheet.row_dimensions[5].hidden = True
    other = book.create_sheet("Other")
    for cells in (("Region", "Calls"), ("N", 4), ("S", "=1/0")):
        other.append(cells)
    return book


@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
def test_xls_names_error_cells_and_hidden_rows(tmp_path: Path):
    sizes = (4, 4000)  # the small one lives in the compound file's small sectors
    sources = [tmp_path / f"costs{size}.xlsx" for size in sizes]
    for size, source in zip(sizes, sources, strict=True):
        _costs(size).save(source)
    command = [
        "soffice",
        f"-env:UserInstallation=file://{tmp_path}/profile",
        "--headless",
        "--convert-to",
        "xls:MS Excel 97",
        "--outdir",
        str(tmp_path),
        *map(str, sources),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)
    for source in sources:
        made = source.with_suffix(".xls")
        reading = workbook.read(made.name, made.read_bytes())
        findings = [f for f in reading.findings if f.code == "error_cell"]
        assert {(f.place.sheet, f.place.cell, f.value) for f in findings} == {
            ("Kosten Süd", "C3", "#DIV/0!"),
            ("Kosten Süd", "C4", "#N/A"),
            ("Other", "B3", "#DIV/0!"),
        }
        assert "hidden_rows" in {f.code for f in reading.findings}
        assert "error cells" not in reading.notes
