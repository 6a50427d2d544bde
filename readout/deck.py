"""The deck: slides picked and ordered, drawn on our template or the client's own."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from pptx import Presentation
from pptx.enum.shapes import PP_PLACEHOLDER
from pptx.enum.text import MSO_AUTO_SIZE
from pptx.util import Pt

from metrics.errors import InvalidInput
from metrics.units import writing_in
from readout import slide_charts, slides, slides_decide, slides_method, slides_value
from readout.brand import Brand
from readout.draw import Box, SlideCanvas
from readout.fitting import fit
from readout.headlines import heading
from readout.reading import Reading
from readout.template import MARGIN, PATH, TITLE, VERDICT, apply_theme, theme_part
from words import say

LONGEST = 255
"""Characters a property of the file may have."""
FOOT = 34.0
"""Height kept free for footer and number, in points."""


@dataclass(frozen=True)
class SlideKind:
    """One slide: its key, and what draws it."""

    key: str
    draw: Callable[[SlideCanvas, Reading], None]


SLIDES: tuple[SlideKind, ...] = (
    SlideKind("front", slides.front),
    SlideKind("verdict", slides.verdict),
    SlideKind("scorecard", slides.scorecard),
    SlideKind("heatmap", slides.heatmap),
    SlideKind("contradictions", slides.contradictions),
    SlideKind("waterfall", slides_value.waterfall),
    SlideKind("business_case", slides_value.business_case),
    SlideKind("effects", slides_value.effects),
    SlideKind("forecast", slides_value.forecast),
    SlideKind("tuning", slides_decide.tuning),
    SlideKind("roadmap", slides_decide.roadmap),
    SlideKind("decisions", slides_decide.decisions),
    SlideKind("method", slides_method.method),
    SlideKind("assumptions", slides_method.assumptions),
    SlideKind("sources", slides_method.sources),
)
BY_KEY = {kind.key: kind for kind in SLIDES}


def build(read: Reading, brand: Brand, chosen: Sequence[str] = tuple(BY_KEY)) -> bytes:
    """Return the deck of a reading.

    Parameters
    ----------
    chosen : sequence of str
        Keys of ``SLIDES``, in the order they are shown.

    Raises
    ------
    InvalidInput
        No slide, an unknown one, or a template that is no presentation.
    """
    unknown = [key for key in chosen if key not in BY_KEY]
    if unknown or not chosen:
        raise InvalidInput("slide_unknown", slides=unknown or "–", known=list(BY_KEY))
    with writing_in(brand.locale):
        read = replace(read)  # what it has said before was said in another locale
        deck = _open_template(brand)
        for number, key in enumerate(chosen, 1):
            _slide(deck, BY_KEY[key], read, brand, number)
        properties = deck.core_properties
        properties.title = say("readout.title", client=read.report.client)[:LONGEST]
        properties.author = (brand.footer or "Attune")[:LONGEST]
        properties.comments = read.checksum
        out = io.BytesIO()
        deck.save(out)
    return out.getvalue()


def _open_template(brand: Brand):
    """Our template in the brand's colours and font, or the client's own without its slides."""
    if brand.template:
        try:
            deck = Presentation(io.BytesIO(brand.template))
        except Exception as fault:
            raise InvalidInput("brand_template") from fault
        listed = deck.slides._sldIdLst
        for one in list(listed):
            deck.part.drop_rel(one.rId)
            listed.remove(one)
        return deck
    deck = Presentation(str(PATH))
    part = theme_part(deck)
    colours = {"accent1": brand.accent, "dk1": brand.ink, "dk2": brand.quiet}
    part._blob = apply_theme(part.blob, colours, brand.font)
    return deck


def _layout(deck, front: bool):
    """The layout with a title and the least else; for the front, the one made for it."""
    named = {layout.name: layout for layout in deck.slide_layouts}
    for name in (TITLE, "Title Slide") if front else ("Attune plain", "Title Only"):
        if name in named:
            return named[name]

    def others(layout) -> int:
        kinds = [p.placeholder_format.type for p in layout.placeholders]
        return (PP_PLACEHOLDER.TITLE not in kinds) * 100 + len(kinds)

    return min(deck.slide_layouts, key=others)


def _slide(deck, kind: SlideKind, read: Reading, brand: Brand, number: int) -> None:
    front = kind.key == "front"
    slide = deck.slides.add_slide(_layout(deck, front))
    wide, high = deck.slide_width / 12700, deck.slide_height / 12700
    topic, headline = heading(kind.key, read)
    top = _title(slide, wide, high, kind.key, headline)
    area = Box(MARGIN, top, wide - 2 * MARGIN, high - top - FOOT - 6)
    sheet = SlideCanvas(slide, area, brand, read.currency, slide_charts)
    if topic and slide.shapes.title is not None:
        above = slide.shapes.title.top / 12700 - 18
        if above > 12:
            sheet.text(
                Box(MARGIN, above, area.width, 16),
                topic,
                12,
                bold=True,
                colour=brand.accent,
                name="Topic",
            )
    kind.draw(sheet, read)
    _draw_footer(sheet, read, number, wide, high)
    if front and brand.logo:
        sheet.picture(
            Box(wide - MARGIN - 180, 40, 180, 70),
            brand.logo,
            say("deck.logo", client=read.report.client),
        )
    slide.notes_slide.notes_text_frame.text = "\n".join(sheet.notes)


def _title(slide, wide: float, high: float, key: str, text: str) -> float:
    """Fill the title, drop other empty placeholders, and return where content may begin."""
    title, front = slide.shapes.title, key == "front"
    for shape in list(slide.placeholders):
        if title is None or shape.shape_id != title.shape_id:
            shape._element.getparent().remove(shape._element)
    if title is None:
        return 60.0
    if front:
        title.left, title.top, title.width, title.height = (
            Pt(MARGIN),
            Pt(180),
            Pt(wide - 2 * MARGIN),
            Pt(100),
        )
    box = Box(title.left / 12700, title.top / 12700, title.width / 12700, title.height / 12700)
    # The verdict is the slide; other headlines leave room for what they speak of.
    room = VERDICT if key == "verdict" else box.height
    fitted = fit(text, box.width - 15, room, 38 if front else 24, True, 16)
    frame = title.text_frame
    frame.text = fitted.text
    frame.word_wrap, frame.auto_size = True, MSO_AUTO_SIZE.NONE
    frame.paragraphs[0].runs[0].font.size = Pt(fitted.size)
    if front:
        return 290.0
    # Content begins at the same place on every slide.
    below = box.top + max(fitted.height, box.height) + 10
    # All four, or the place is no longer inherited.
    title.left, title.top, title.width, title.height = (
        Pt(box.left),
        Pt(box.top),
        Pt(box.width),
        Pt(below - box.top - 6),
    )
    return below


def _draw_footer(sheet: SlideCanvas, read: Reading, number: int, wide: float, high: float) -> None:
    """Footer, state and number: what this slide is, should it travel alone."""
    room = wide - 2 * MARGIN
    parts = [sheet.brand.footer or read.report.client, read.month]
    if read.state != "issued":
        parts.append(say(f"deck.state_{read.state}"))
    top = high - FOOT + 6
    sheet.text(
        Box(MARGIN, top, room - 50, 16),
        " · ".join(parts),
        10,
        colour=sheet.brand.quiet,
        name="Footer",
    )
    sheet.text(
        Box(wide - MARGIN - 40, top, 40, 16),
        f"{number}",
        10,
        colour=sheet.brand.quiet,
        right=True,
        name="Number",
    )
