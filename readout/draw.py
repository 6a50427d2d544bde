"""A slide to draw on: text that fits, tables, and speaker notes; places in points.

Nothing is drawn outside the area below the title and above the footer, and every shape is told
where it may stand, so that a client's template of another size only scales the area.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pptx.dml.color import RGBColor
from pptx.enum.shapes import MSO_SHAPE
from pptx.enum.text import MSO_ANCHOR, MSO_AUTO_SIZE, PP_ALIGN
from pptx.oxml.ns import qn
from pptx.slide import Slide
from pptx.util import Emu, Pt

from readout.brand import Brand
from readout.figures import Figure
from readout.fitting import LINE, SMALLEST, fit, fit_rows
from readout.palette import LIGHT
from words import say

GAP = 14.0
CELL = 5.0
"""Room left and right of a table cell's text."""


@dataclass(frozen=True)
class Box:
    """A rectangle in points."""

    left: float
    top: float
    width: float
    height: float

    def columns(self, *shares: float, gap: float = 22.0) -> list[Box]:
        """Return boxes side by side, as wide as their shares."""
        room = self.width - gap * (len(shares) - 1)
        made, left = [], self.left
        for share in shares:
            wide = room * share / sum(shares)
            made.append(Box(left, self.top, wide, self.height))
            left += wide + gap
        return made

    def below(self, height: float, gap: float = GAP) -> Box:
        """Return what is left under the first ``height`` points."""
        down = height + gap
        return Box(self.left, self.top + down, self.width, self.height - down)

    def first(self, height: float) -> Box:
        """Return the first ``height`` points."""
        return Box(self.left, self.top, self.width, min(height, self.height))


@dataclass
class SlideCanvas:
    """One slide being drawn.

    Parameters
    ----------
    area : Box
        Where content may stand.
    currency : str
    charts : module
        What draws charts on it: ``slide_charts``, or ``page_charts`` for a page.
    notes : list of str
        What the speaker reads: the source of each number.
    """

    slide: Slide
    area: Box
    brand: Brand
    currency: str
    charts: Any
    notes: list[str] = field(default_factory=list)

    def note(self, *shown: Figure) -> None:
        """Put figures into the speaker's notes, exact and with their source."""
        for one in shown:
            exact = "–" if math.isnan(one.value) else repr(float(one.value))
            between = one.between(self.currency)
            self.notes.append(
                say(
                    "deck.note",
                    label=one.label,
                    said=one.said(self.currency),
                    between=f" ({between})" if between else "",
                    exact=exact,
                    key=one.key,
                    source=one.source,
                )
            )

    def text(
        self,
        box: Box,
        text: str,
        size: float = 14,
        *,
        bold: bool = False,
        colour: str = "",
        right: bool = False,
        name: str = "",
    ) -> float:
        """Write text into a box and return the height it takes."""
        fitted = fit(text, box.width, box.height, size, bold)
        shape = self.slide.shapes.add_textbox(*_emu(box.first(max(fitted.height, 1))))
        shape.name = name or f"Text {len(self.slide.shapes)}"
        frame = shape.text_frame
        _bare_frame(frame)
        for number, line in enumerate(fitted.text.split("\n")):
            paragraph = frame.paragraphs[0] if not number else frame.add_paragraph()
            self._run(paragraph, line, fitted.size, bold, colour or self.brand.ink)
            paragraph.alignment = PP_ALIGN.RIGHT if right else PP_ALIGN.LEFT
        return fitted.height

    def _run(self, paragraph, text: str, size: float, bold: bool, colour: str) -> None:
        run = paragraph.add_run()
        run.text, run.font.size, run.font.bold = text, Pt(size), bold
        run.font.color.rgb = _rgb(colour)
        run.font.name = self.brand.font
        paragraph.line_spacing = 1.0

    def quiet(self, box: Box, text: str, size: float = 11) -> float:
        """Write text that stands beside a figure."""
        return self.text(box, text, size, colour=self.brand.quiet)

    def heading(self, box: Box, text: str) -> Box:
        """Write a small heading and return the box below it."""
        taken = self.text(box.first(20), text, 13, bold=True)
        return box.below(taken, 6)

    def tile(
        self, box: Box, label: str, figure: str, lines: Sequence[str], *, source: str = ""
    ) -> None:
        """Draw a headline figure: label, figure, quiet lines, and where it comes from."""
        panel = self.slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, *_emu(box))
        panel.name = f"Panel {label}"
        panel.fill.solid()
        panel.fill.fore_color.rgb = _rgb(LIGHT.panel)
        panel.line.fill.background()
        panel._element.remove(panel._element.find("{*}style"))  # its shadow comes with it
        frame = panel.text_frame
        frame.word_wrap, frame.auto_size = True, MSO_AUTO_SIZE.NONE
        frame.vertical_anchor = MSO_ANCHOR.TOP
        frame.margin_left = frame.margin_right = Pt(12)
        frame.margin_top = frame.margin_bottom = Pt(10)
        room, left = box.width - 24, box.height - 20
        head = fit(label, room, 36, 14)
        main = fit(figure, room, 84, 40, True, 14)
        last = fit(source, room, 42, 11) if source else None
        left -= head.height + main.height + (last.height + 8 if last else 0)
        small = fit("\n".join(lines), room, left, 15)
        parts = [
            (head, False, self.brand.quiet),
            (main, True, self.brand.ink),
            (small, False, self.brand.ink),
        ]
        for number, (part, bold, colour) in enumerate(
            [*parts, (last, False, self.brand.quiet)] if last else parts
        ):
            for line in part.text.split("\n"):
                first = number == 0 and line == part.text.split("\n")[0]
                paragraph = frame.paragraphs[0] if first else frame.add_paragraph()
                paragraph.alignment = PP_ALIGN.LEFT
                paragraph.space_before = Pt(8 if part is last else 0)
                self._run(paragraph, line, part.size, bold, colour)

    def table(
        self,
        box: Box,
        head: Sequence[str],
        rows: Sequence[Sequence[str]],
        shares: Sequence[float],
        *,
        describe: str,
        size: float = 11,
        fills: dict[tuple[int, int], str] | None = None,
        right: Sequence[int] = (),
        row_lines: int = 2,
        colours: dict | None = None,
        least: float = 0,
        pad: float = 7,
        head_least: float = 0,
        centre: Sequence[int] = (),
    ) -> float:
        """Write a native table that fits the box and return its height.

        Rows that do not fit are counted in a last row instead.

        Parameters
        ----------
        shares : sequence of float
            Relative widths of the columns.
        fills, colours : dict
            Colour behind, and of the text, by (row, column) of ``rows``.
        right, centre : sequence of int
            Columns set to the right, or in the middle.
        row_lines : int
            Most lines in a cell.
        least, head_least : float
            Least height of a row, and of the first.
        """
        widths = [box.width * share / sum(shares) for share in shares]
        rooms = [wide - 2 * CELL for wide in widths]
        body = fit_rows(rows, rooms, size, row_lines)
        top = fit_rows([head], rooms, max(size - 1, SMALLEST), 2)[0]
        heights = [max(max((f.height for f in top), default=0) + pad, head_least)]
        heights += [max(max(f.height for f in row) + pad, least) for row in body]
        whole = len(body)
        body, heights = _rows_that_fit(body, heights, box.height, size)
        shape = self.slide.shapes.add_table(
            len(heights), len(widths), *_emu(Box(box.left, box.top, box.width, sum(heights)))
        )
        shape.name = f"Table {describe[:40]}"
        describe_shape(shape, describe)
        table = shape.table
        _plain_style(shape)
        for i, wide in enumerate(widths):
            table.columns[i].width = Pt(wide)
        for i, height in enumerate(heights):
            table.rows[i].height = Pt(height)
        for i, row in enumerate([top, *body]):
            for j, part in enumerate(row):
                colour = (colours or {}).get((i - 1, j)) or (
                    self.brand.quiet if not i else self.brand.ink
                )
                side = (
                    PP_ALIGN.RIGHT
                    if j in right
                    else PP_ALIGN.CENTER
                    if j in centre
                    else PP_ALIGN.LEFT
                )
                self._cell(
                    table.cell(i, j), part, side, colour, (fills or {}).get((i - 1, j)), pad / 2
                )
        if len(body) <= whole and body and body[-1][0].text == _more_rows(whole - len(body) + 1):
            table.cell(len(body), 0).merge(table.cell(len(body), len(widths) - 1))
        return sum(heights)

    def _cell(self, cell, part, side, colour: str, fill: str | None, pad: float) -> None:
        cell.margin_left = cell.margin_right = Pt(CELL)
        cell.margin_top = cell.margin_bottom = Pt(pad - 0.5)
        cell.vertical_anchor = MSO_ANCHOR.MIDDLE
        _bare_frame(cell.text_frame, margins=False)
        for number, line in enumerate(part.text.split("\n")):
            paragraphs = cell.text_frame.paragraphs
            paragraph = paragraphs[0] if not number else cell.text_frame.add_paragraph()
            paragraph.alignment = side
            self._run(paragraph, line, part.size, False, colour)
        if fill:
            cell.fill.solid()
            cell.fill.fore_color.rgb = _rgb(fill)
        else:
            cell.fill.background()
        _rule(cell, "#FFFFFF" if fill else LIGHT.line, 1.5 if fill else 0.75)

    def picture(self, box: Box, data: bytes, describe: str) -> None:
        """Place a picture into a box without stretching it."""
        shape = self.slide.shapes.add_picture(io.BytesIO(data), Pt(box.left), Pt(box.top))
        scale = min(Pt(box.width) / shape.width, Pt(box.height) / shape.height)
        shape.width, shape.height = Emu(int(shape.width * scale)), Emu(int(shape.height * scale))
        shape.left = Emu(int(Pt(box.left + box.width)) - shape.width)
        describe_shape(shape, describe)


def _rows_that_fit(body, heights, room, size):
    """Leave out the rows that do not fit, and say how many in a row of their own."""
    if sum(heights) <= room or not body:
        return body, heights
    last = size * LINE + 7
    kept, taken = 0, heights[0]
    while kept < len(body) and taken + heights[kept + 1] + last <= room:
        taken += heights[kept + 1]
        kept += 1
    more = fit(_more_rows(len(body) - kept), 400, last, size)
    blank = fit("", 10, last, size)
    return [*body[:kept], [more, *[blank] * (len(body[0]) - 1)]], [*heights[: kept + 1], last]


def _more_rows(n: int) -> str:
    return say("deck.more", n=n)


def describe_shape(shape, text: str) -> None:
    """Give a picture, chart or table its text for those who do not see it."""
    shape._element.xpath(".//p:cNvPr")[0].set("descr", text)


def _bare_frame(frame, margins: bool = True) -> None:
    frame.word_wrap = True
    frame.auto_size = MSO_AUTO_SIZE.NONE
    if margins:
        frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0


def _rule(cell, colour: str, thick: float) -> None:
    """Draw the line under a cell; a filled one has one at its side too."""
    properties = cell._tc.get_or_add_tcPr()
    for name in ("lnB", "lnR") if colour == "#FFFFFF" else ("lnB",):
        line = properties.makeelement(qn(f"a:{name}"), {"w": str(int(thick * 12700))})
        paint = line.makeelement(qn("a:solidFill"), {})
        paint.append(paint.makeelement(qn("a:srgbClr"), {"val": colour.lstrip("#")}))
        line.append(paint)
        properties.insert(0, line)


def _plain_style(shape) -> None:
    """No banding and no fill of the office program's own; a thin line under each row."""
    properties = shape._element.graphic.graphicData.tbl.tblPr
    for name in ("firstRow", "bandRow"):
        properties.set(name, "0")
    style = properties.find("{*}tableStyleId")
    if style is not None:
        # "No Style, Table Grid" without its grid: only what we draw is seen.
        style.text = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"


def _emu(box: Box) -> tuple[Emu, Emu, Emu, Emu]:
    return (
        Emu(round(box.left * 12700)),
        Emu(round(box.top * 12700)),
        Emu(round(box.width * 12700)),
        Emu(round(box.height * 12700)),
    )


def _rgb(colour: str) -> RGBColor:
    return RGBColor.from_string(colour.lstrip("#").upper())
