"""Write ``template.pptx``, the deck every read-out starts from: ``python -m readout.template``.

Two layouts, one for the first slide and one for all others; fonts and colours stand in its theme,
so that a change of theme in the office program changes every slide. Kept as code because a binary
cannot be reviewed; a test keeps both equal.
"""

from __future__ import annotations

import re
from pathlib import Path
from xml.sax.saxutils import quoteattr

from pptx import Presentation
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls
from pptx.util import Pt

from readout.palette import LIGHT

PATH = Path(__file__).parent / "template.pptx"
WIDTH, HEIGHT, MARGIN = 960.0, 540.0, 44.0
"""Of a slide, in points."""
THEME = {
    "dk1": LIGHT.ink,
    "lt1": "#FFFFFF",
    "dk2": LIGHT.quiet,
    "lt2": LIGHT.panel,
    "accent1": LIGHT.accent,
    "accent2": LIGHT.target,
    "accent3": LIGHT.good,
    "accent4": LIGHT.bad,
    "accent5": LIGHT.neutral,
    "accent6": LIGHT.ramp[2],
    "hlink": LIGHT.accent,
    "folHlink": LIGHT.quiet,
}
TITLE, PLAIN = "Attune title", "Attune plain"
TOP, HEADLINE, VERDICT = 40.0, 54.0, 108.0
"""Of a title, its topic above; height of a headline and of the verdict, in points."""
BAND, RULE = (0.0, 0.0, 20.0, HEIGHT), (MARGIN, 0.0, 44.0, 5.0)
"""The accent of the first slide, and of all others: left, top, width, height."""


def apply_theme(xml: bytes, colours: dict[str, str], font: str) -> bytes:
    """Return a theme with these colours and this font for headings and text."""
    text = xml.decode("utf-8")
    for name, colour in colours.items():
        part = f'<a:{name}><a:srgbClr val="{colour.lstrip("#").upper()}"/></a:{name}>'
        text = re.sub(f"<a:{name}>.*?</a:{name}>", part, text, flags=re.S)
    named = re.compile(r'(<a:(?:major|minor)Font>\s*<a:latin typeface=)"[^"]*"')
    return named.sub(lambda found: found[1] + quoteattr(font), text).encode("utf-8")


def theme_part(deck):
    """Return the part that holds the theme of the first slide master."""
    return next(
        r.target_part for r in deck.slide_master.part.rels.values() if r.reltype.endswith("/theme")
    )


def make(path: Path = PATH) -> None:
    """Write the template."""
    deck = Presentation()
    deck.slide_width, deck.slide_height = Pt(WIDTH), Pt(HEIGHT)
    layouts = deck.slide_layouts
    keep = {"Title Slide": TITLE, "Title Only": PLAIN}
    for layout in [one for one in layouts if one.name not in keep]:
        layouts.remove(layout)
    for shape in (
        *deck.slide_master.placeholders,
        *(s for one in layouts for s in one.placeholders),
    ):
        if shape.placeholder_format.type not in (1, 3, 4):  # title, centred title, subtitle
            shape._element.getparent().remove(shape._element)
    _place_shape(deck.slide_master.placeholders[0], MARGIN, TOP, WIDTH - 2 * MARGIN, HEADLINE, 24)
    for layout in layouts:
        layout.name = keep[layout.name]
        for shape in layout.placeholders:
            if shape.placeholder_format.type == 4:
                _place_shape(shape, MARGIN, 290, WIDTH - 2 * MARGIN, 60, 18)
            elif layout.name == TITLE:
                _place_shape(shape, MARGIN, 180, WIDTH - 2 * MARGIN, 100, 38)
            else:
                _place_shape(shape, MARGIN, TOP, WIDTH - 2 * MARGIN, HEADLINE, 24)
        _accent(layout, *(BAND if layout.name == TITLE else RULE))
    part = theme_part(deck)
    part._blob = apply_theme(part.blob, THEME, "Calibri")
    deck.core_properties.title = "Attune"
    deck.core_properties.author = "Attune"
    deck.save(str(path))


def _accent(layout, left: float, top: float, width: float, height: float) -> None:
    """Draw the one accent of a layout in the theme's first colour, behind everything."""
    part = parse_xml(
        f'<p:sp {nsdecls("p", "a")}><p:nvSpPr><p:cNvPr id="90" name="Accent"/><p:cNvSpPr/>'
        f'<p:nvPr userDrawn="1"/></p:nvSpPr><p:spPr><a:xfrm><a:off x="{Pt(left)}" y="{Pt(top)}"/>'
        f'<a:ext cx="{Pt(width)}" cy="{Pt(height)}"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/>'
        '</a:prstGeom><a:solidFill><a:schemeClr val="accent1"/></a:solidFill><a:ln><a:noFill/>'
        "</a:ln></p:spPr></p:sp>"
    )
    layout.shapes._spTree.insert(2, part)


def _place_shape(shape, left: float, top: float, width: float, height: float, size: float) -> None:
    shape.left, shape.top, shape.width, shape.height = Pt(left), Pt(top), Pt(width), Pt(height)
    frame = shape.text_frame
    frame.word_wrap = True
    frame.vertical_anchor = MSO_ANCHOR.BOTTOM if size > 30 else MSO_ANCHOR.TOP
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    for paragraph in frame.paragraphs:
        paragraph.alignment = PP_ALIGN.LEFT
        paragraph.font.size = Pt(size)
    # The level's own properties decide what a new slide inherits.
    body = frame._txBody
    for style in body.findall(".//{*}lstStyle"):
        style.clear()
        level = style.makeelement(
            style.tag.replace("lstStyle", "lvl1pPr"), {"algn": "l", "indent": "0", "marL": "0"}
        )
        style.append(level)
        none = level.makeelement(style.tag.replace("lstStyle", "buNone"), {})
        level.append(none)
        look = {"sz": str(int(size * 100)), "b": "0" if size < 20 else "1"}
        level.append(level.makeelement(style.tag.replace("lstStyle", "defRPr"), look))


if __name__ == "__main__":
    make()
