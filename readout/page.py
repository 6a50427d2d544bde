"""A page to draw on, with the manners of a slide: the same slides become a document.

The bundled font is carried in the file, so text is measured exactly.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from readout import page_charts
from readout.brand import Brand
from readout.draw import CELL, Box, _more_rows
from readout.figures import Figure
from readout.fitting import BOLD, LINE, REGULAR, SMALLEST, Fitted, fit, fit_rows, lines, width
from readout.palette import LIGHT


@dataclass
class Page:
    """One page being drawn; places in points from the top left, as on a slide."""

    canvas: Canvas
    height: float
    area: Box
    brand: Brand
    currency: str
    charts: Any = page_charts
    notes: list[str] = field(default_factory=list)

    def note(self, *shown: Figure) -> None:
        """A page has no notes: all figures stand with their sources at the end."""

    def fit(
        self,
        text: str,
        room: float,
        high: float,
        size: float,
        bold: bool = False,
        smallest: float = SMALLEST,
    ) -> Fitted:
        return fit(text, room, high, size, bold, smallest, exact=True)

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
        fitted = self.fit(text, box.width, box.height, size, bold)
        return self.write(box, fitted, bold, colour or self.brand.ink, right)

    def write(
        self, box: Box, fitted: Fitted, bold: bool, colour: str, right: bool = False
    ) -> float:
        """Write fitted text from the top of a box."""
        self.canvas.setFillColor(HexColor(colour))
        self.canvas.setFont(BOLD if bold else REGULAR, fitted.size)
        top = box.top
        for line in lines(fitted.text, fitted.size, box.width, bold, exact=True):
            base = self.height - top - fitted.size
            if right:
                self.canvas.drawRightString(box.left + box.width, base, line)
            else:
                self.canvas.drawString(box.left, base, line)
            top += fitted.size * LINE
        return top - box.top

    def quiet(self, box: Box, text: str, size: float = 11) -> float:
        """Write text that stands beside a figure."""
        return self.text(box, text, size, colour=self.brand.quiet)

    def heading(self, box: Box, text: str) -> Box:
        """Write a small heading and return the box below it."""
        taken = self.text(box.first(20), text, 13, bold=True)
        return box.below(taken, 6)

    def fill(self, box: Box, colour: str, opacity: float = 1.0) -> None:
        """Fill a rectangle."""
        base = HexColor(colour)
        self.canvas.setFillColor(Color(base.red, base.green, base.blue, opacity))
        self.canvas.rect(
            box.left, self.height - box.top - box.height, box.width, box.height, stroke=0, fill=1
        )

    def line(
        self,
        points: Sequence[tuple[float, float]],
        colour: str,
        thick: float = 0.75,
        dash: tuple[float, ...] = (),
    ) -> None:
        """Draw a line through points."""
        if len(points) < 2:
            return
        self.canvas.setStrokeColor(HexColor(colour))
        self.canvas.setLineWidth(thick)
        self.canvas.setDash(list(dash))
        path = self.canvas.beginPath()
        path.moveTo(points[0][0], self.height - points[0][1])
        for left, top in points[1:]:
            path.lineTo(left, self.height - top)
        self.canvas.drawPath(path)
        self.canvas.setDash([])

    def shape(self, points: Sequence[tuple[float, float]], colour: str, opacity: float) -> None:
        """Fill the area inside points."""
        base = HexColor(colour)
        self.canvas.setFillColor(Color(base.red, base.green, base.blue, opacity))
        path = self.canvas.beginPath()
        path.moveTo(points[0][0], self.height - points[0][1])
        for left, top in points[1:]:
            path.lineTo(left, self.height - top)
        path.close()
        self.canvas.drawPath(path, stroke=0, fill=1)

    def tile(
        self,
        box: Box,
        label: str,
        figure: str,
        said: Sequence[str],
        sizes: tuple[float, float, float] = (14, 40, 15),
        source: str = "",
    ) -> None:
        """Draw a headline figure: label, figure, quiet lines."""
        self.fill(box, LIGHT.panel)
        inside = Box(box.left + 12, box.top + 10, box.width - 24, box.height - 20)
        inside = inside.below(self.quiet(inside.first(36), label, sizes[0]), 2)
        inside = inside.below(self.text(inside.first(84), figure, sizes[1], bold=True), 4)
        taken = self.text(inside, "\n".join(said), sizes[2])
        if source:
            self.quiet(inside.below(taken, 8), source, 11)

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
        """Draw a table that fits the box and return its height."""
        return self.rows(
            box,
            head,
            rows,
            shares,
            size=size,
            fills=fills or {},
            right=right,
            row_lines=row_lines,
            colours=colours or {},
            least=least,
            pad=pad,
            head_least=head_least,
            centre=centre,
        )[1]

    def rows(
        self,
        box: Box,
        head,
        rows,
        shares,
        *,
        size,
        fills,
        right,
        row_lines,
        colours,
        least,
        pad,
        tell: bool = True,
        head_least: float = 0,
        centre: Sequence[int] = (),
    ) -> tuple[int, float]:
        """Draw what fits; return how many rows that were, and the height taken."""
        widths = [box.width * share / sum(shares) for share in shares]
        lefts = [box.left + sum(widths[:i]) for i in range(len(widths))]
        top = box.top
        rooms = [wide - 2 * CELL for wide in widths]
        set_in = fit_rows(rows, rooms, size, row_lines, exact=True)
        heads = fit_rows([head], rooms, max(size - 1, SMALLEST), 2, exact=True)[0]
        top += self._row(heads, lefts, widths, top, pad, head_least, right, centre, {}, -1, {})
        last, done = size * LINE + pad, 0
        for number, row in enumerate(set_in):
            taken = max(max(f.height for f in row) + pad, least)
            spare = 0 if number == len(set_in) - 1 or not tell else last
            if top + taken + spare > box.top + box.height + 0.5:
                if tell:
                    self.quiet(
                        Box(box.left + CELL, top + 2, box.width, last),
                        _more_rows(len(rows) - done),
                        size,
                    )
                    top += last
                break
            self._row(row, lefts, widths, top, pad, least, right, centre, fills, number, colours)
            top += taken
            done += 1
        return done, top - box.top

    def _row(self, row, lefts, widths, top, pad, least, right, centre, fills, number, colours):
        tall = max(max((f.height for f in row), default=0) + pad, least)
        for i, part in enumerate(row):
            cell = Box(lefts[i], top, widths[i], tall)
            if (number, i) in fills:
                self.fill(
                    Box(cell.left, cell.top, cell.width - 1.5, cell.height - 1.5), fills[number, i]
                )
            inside = Box(
                cell.left + CELL, top + (tall - part.height) / 2, cell.width - 2 * CELL, part.height
            )
            colour = colours.get((number, i)) or (
                self.brand.quiet if number < 0 else self.brand.ink
            )
            if i in centre:
                spare = max(inside.width - width(part.text, exact=True) * part.size, 0) / 2
                inside = Box(inside.left + spare, inside.top, inside.width, inside.height)
            self.write(inside, part, False, colour, i in right)
        self.line([(lefts[0], top + tall), (lefts[-1] + widths[-1], top + tall)], LIGHT.line, 0.5)
        return tall

    def picture(self, box: Box, data: bytes, describe: str) -> None:
        """Place a picture at the right of a box without stretching it."""
        image = ImageReader(io.BytesIO(data))
        wide, high = image.getSize()
        scale = min(box.width / wide, box.height / high)
        self.canvas.drawImage(
            image,
            box.left + box.width - wide * scale,
            self.height - box.top - high * scale,
            wide * scale,
            high * scale,
            mask="auto",
        )
