"""Files and texts a client's documents are made with: what runs, fetches or explodes is refused."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace

import pytest
from pptx import Presentation

from loop import branding, readouts
from metrics.errors import InvalidInput
from metrics.model import Profile
from readout import template
from readout.brand import Brand, brand_from
from ui.look.writing import literal
from workspaces.access import LOCAL, enter
from workspaces.store import Store

RELATIONS = "ppt/slideMasters/_rels/slideMaster1.xml.rels"
TYPES = "[Content_Types].xml"


def deck() -> bytes:
    return template.PATH.read_bytes()


def changed(parts: dict[str, Callable[[bytes], bytes] | bytes]) -> bytes:
    """Our own template with parts changed or added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(deck())) as source, zipfile.ZipFile(out, "w", 8) as target:
        for name in dict.fromkeys([*source.namelist(), *parts]):
            new = parts.get(name, lambda data: data)
            target.writestr(name, new if isinstance(new, bytes) else new(source.read(name)))
    return out.getvalue()


def related(more: str) -> Callable[[bytes], bytes]:
    return lambda data: data.replace(b"</Relationships>", more.encode() + b"</Relationships>")


def relation(kind: str, target: str, mode: str = "") -> dict[str, Callable[[bytes], bytes]]:
    mode = f' TargetMode="{mode}"' if mode else ""
    text = f'<Relationship Id="rId99" Type="http://x/{kind}" Target="{target}"{mode}/>'
    return {RELATIONS: related(text)}


def picture(width: int, height: int) -> bytes:
    """A PNG of one colour, however large, that packs into little."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack("!I", len(data)) + kind + data + struct.pack("!I", zlib.crc32(kind + data))
        )

    rows = zlib.compress(b"\x00" * ((width // 8 + 2) * height), 9)
    head = struct.pack("!IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


TEMPLATES = {
    "no archive": lambda: b"PK no",
    "cut": lambda: deck()[:-300],
    "workbook": lambda: _zip({"xl/workbook.xml": b"<x/>", TYPES: b"<Types/>"}),
    "macros": lambda: changed({"ppt/vbaProject.bin": b"x"}),
    "macros of another name": lambda: changed({"ppt/Data.BIN": b"x"}),
    "macro type": lambda: changed(
        {
            TYPES: lambda d: d.replace(
                b"presentationml.presentation.main", b"ms-powerpoint.presentation.macroEnabled.main"
            )
        }
    ),
    "active control": lambda: changed({"ppt/activeX/activeX1.xml": b"<x/>"}),
    "embedded": lambda: changed({"ppt/embeddings/oleObject1.xml": b"<x/>"}),
    "embedded workbook": lambda: changed({"ppt/embeddings/a.xlsx": b"PK"}),
    "ribbon": lambda: changed({"customUI/customUI14.xml": b"<x/>"}),
    "ole in a layout": lambda: changed(
        {
            "ppt/slideLayouts/slideLayout1.xml": lambda d: d.replace(
                b"</p:cSld>", b"<p:oleObj/></p:cSld>"
            )
        }
    ),
    "program of a button": lambda: changed(
        {
            "ppt/slideMasters/slideMaster1.xml": lambda d: d.replace(
                b"</p:cSld>", b"<a x='ppaction://program'/></p:cSld>"
            )
        }
    ),
    "linked picture": lambda: changed(relation("image", "http://example.com/a.png", "External")),
    "linked file": lambda: changed(relation("image", "file:///c:/a.png", "External")),
    "linked share": lambda: changed(relation("attachedTemplate", "\\\\host\\a.potx", "external")),
    "link without a mode": lambda: changed(relation("image", "https://example.com/a")),
    "hyperlink": lambda: changed(relation("hyperlink", "https://example.com", "External")),
    "bomb": lambda: changed({"ppt/media/image1.png": b"\x00" * 200_000_000}),
    "many bombs": lambda: changed({f"ppt/media/{i}.xml": b" " * 30_000_000 for i in range(8)}),
    "entities": lambda: changed(
        {"ppt/theme/theme1.xml": lambda d: b'<!DOCTYPE a [<!ENTITY b "c">]>' + d}
    ),
    "entities in relations": lambda: changed(
        {RELATIONS: lambda d: b'<!DOCTYPE a [<!ENTITY b "c">]>' + d}
    ),
    "deep": lambda: changed({"ppt/presentation.xml": b"<a>" * 300_000}),
    "leaves its folder": lambda: changed({"../a.xml": b"<x/>"}),
    "member of no name": lambda: changed({"./": b""}),
    "no layouts": lambda: changed({"ppt/presentation.xml": b"<p/>"}),
}
LOGOS = {
    "only the first letters": lambda: b"\x89PNG and no more",
    "jpeg's first letters": lambda: b"\xff\xd8\xff" + bytes(100),
    "points without end": lambda: picture(60_000, 60_000),
    "one long line": lambda: picture(8, 20_000_000),
    "cut": lambda: picture(64, 64)[:45],
    "too many bytes": lambda: picture(64, 64) + bytes(5_000_000),
    "nothing of it": lambda: picture(0, 0),
}


def _zip(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        for name, data in parts.items():
            target.writestr(name, data)
    return out.getvalue()


@pytest.fixture
def workspace(tmp_path):
    store = Store.open(str(tmp_path / "a.sqlite"))
    yield enter(store, LOCAL, store.create_client(Profile("A", ("support",)), "test"))
    store.close()


@pytest.mark.parametrize("kind", TEMPLATES)
def test_a_template_that_does_more_than_look_is_not_kept(workspace, kind: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        readouts.save_brand(workspace, 1, Brand(template=TEMPLATES[kind]()))
    assert refused.value.code == "brand_template"
    assert workspace.revision() == 1


@pytest.mark.parametrize("kind", LOGOS)
def test_a_logo_that_is_no_picture_is_not_kept(workspace, kind: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        readouts.save_brand(workspace, 1, Brand(logo=LOGOS[kind]()))
    assert refused.value.code == "brand_logo"


def test_plain_ones_are_kept_and_what_came_otherwise_is_left_out(workspace) -> None:
    brand = Brand(template=deck(), logo=picture(64, 64))
    readouts.save_brand(workspace, 1, brand)
    assert readouts.brand(workspace) == brand
    hostile = replace(brand, template=TEMPLATES["macros"](), logo=LOGOS["points without end"]())
    assert branding.without_unsafe(hostile) == replace(brand, template=b"", logo=b"")


@pytest.mark.parametrize(
    "font", ["\\q", "\\1", "\\g<0>", 'a"b', "a<b", "x" * 20_000, "", "a\nb", "a\x00", "=1+1"]
)
def test_a_font_is_a_name_and_nothing_else(font: str) -> None:
    with pytest.raises(InvalidInput):
        Brand(font=font)
    assert brand_from({"font": font}).font == "Calibri"


@pytest.mark.parametrize("footer", ["\\q", "x" * 20_000, "a\nb", "a\x00b", "\x1b[0m", "&<>\"'"])
def test_a_footer_is_one_line_of_letters(footer: str) -> None:
    if len(footer) > 500 or not footer.isprintable():
        with pytest.raises(InvalidInput):
            Brand(footer=footer)
    kept = brand_from({"footer": footer}).footer
    assert kept.isprintable()
    assert len(kept) <= 500


def test_a_theme_takes_any_name_of_a_font_as_text() -> None:
    part = template.theme_part(Presentation(str(template.PATH)))
    for font in ("M&S Sans", "O'Neil", "Ünï 3"):
        made = template.apply_theme(part.blob, {}, font)
        part._blob = made
        assert font.encode() in made.replace(b"&amp;", b"&")


@pytest.mark.parametrize(
    "name",
    [
        "[a](https://example.com)",
        "![a](https://example.com/a.png)",
        "# A",
        "**A**",
        "`A`",
        "$x$",
        ":material/home:",
        "<b>A</b>",
        "A\n\n# B",
        "~~A~~",
        "- A",
        "1. A",
        "https://example.com",
        "a|b",
    ],
)
def test_a_clients_name_in_markdown_is_only_its_letters(name: str) -> None:
    shown = literal(name)
    plain = "".join(shown[i + 1] if c == "\\" else "" for i, c in enumerate(shown[:-1]))
    assert "\n" not in shown
    assert all(
        shown[i - 1] == "\\" for i, c in enumerate(shown) if c in "[]()!#*`$:<>~|-." and i >= 0
    ), plain
