"""Text that fits its box: measured, made smaller down to a limit, then cut at a word.

The font a reader has is not known here: a deck names one, and a program without it takes another.
Widths are those of the bundled font times a factor that covers the widest common stand-in, so
what fits here fits there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

FONTS = Path(__file__).parent / "fonts"
REGULAR, BOLD = "Attune", "Attune-Bold"
WIDER, WIDER_BOLD = 1.26, 1.42
"""Widest stand-in (DejaVu Sans, Verdana) over the bundled font, measured on English text."""
LINE = 1.22
SIGNS, WIDER_SIGN = "+−±<>=→", 0.22
"""Signs whose stand-ins are wider still, in ems beyond the factor."""
SMALLEST, SMALLEST_NUMBER = 9.0, 7.0


@cache
def register() -> None:
    """Make the bundled font known, once."""
    pdfmetrics.registerFont(TTFont(REGULAR, str(FONTS / "SourceSansPro-Regular.ttf")))
    pdfmetrics.registerFont(TTFont(BOLD, str(FONTS / "SourceSansPro-Semibold.ttf")))
    pdfmetrics.registerFontFamily(
        REGULAR, normal=REGULAR, bold=BOLD, italic=REGULAR, boldItalic=BOLD
    )


@cache
def width(text: str, bold: bool = False, exact: bool = False) -> float:
    """Return the width of text at one point, in the widest font it may be shown in.

    ``exact`` is for documents that carry the bundled font.
    """
    register()
    plain = pdfmetrics.stringWidth(text, BOLD if bold else REGULAR, 1000) / 1000
    if exact:
        return plain
    return plain * (WIDER_BOLD if bold else WIDER) + WIDER_SIGN * sum(c in SIGNS for c in text)


@dataclass(frozen=True)
class Fitted:
    """Text as it is set: its size in points and the lines it takes."""

    text: str
    size: float
    lines: int

    @property
    def height(self) -> float:
        return self.lines * self.size * LINE


def lines(
    text: str, size: float, room: float, bold: bool = False, exact: bool = False
) -> list[str]:
    """Break text into lines as an office program would; a word too long for a line is broken."""
    result: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in _break_words(paragraph, size, room, bold, exact):
            longer = f"{line} {word}" if line else word
            if line and width(longer, bold, exact) * size > room:
                result.append(line)
                line = word
            else:
                line = longer
        result.append(line)
    return result


def _break_words(paragraph: str, size: float, room: float, bold: bool, exact: bool) -> list[str]:
    words = []
    for word in paragraph.split(" "):
        while len(word) > 1 and width(word, bold, exact) * size > room:
            cut = max(
                1,
                next(
                    (
                        i
                        for i in range(len(word) - 1, 0, -1)
                        if width(word[:i], bold, exact) * size <= room
                    ),
                    1,
                ),
            )
            words.append(word[:cut])
            word = word[cut:]
        words.append(word)
    return words


def fit(
    text: str,
    room: float,
    height: float,
    size: float,
    bold: bool = False,
    smallest: float = SMALLEST,
    exact: bool = False,
) -> Fitted:
    """Return text that fits ``room`` × ``height`` points: smaller first, then cut with "…"."""
    text, smallest = text.strip().replace(" %", "\u00a0%"), min(size, smallest)
    widest = max((width(word, bold, exact) for word in text.split()), default=0)
    while True:
        set_in = lines(text, size, room, bold, exact)
        # A word is made smaller before it is broken.
        if len(set_in) * size * LINE <= height + 0.01 and (
            widest * size <= room or size <= smallest
        ):
            return Fitted(text, size, len(set_in))
        if size <= smallest:
            break
        size = max(smallest, size - 1)
    most = max(1, int(height / (size * LINE)))
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if len(lines(_cut(text, middle), size, room, bold, exact)) <= most:
            low = middle
        else:
            high = middle - 1
    return Fitted(_cut(text, low), size, min(most, len(set_in)))


def fit_rows(
    rows: Sequence[Sequence[str]],
    rooms: Sequence[float],
    size: float,
    row_lines: int,
    exact: bool = False,
) -> list[list[Fitted]]:
    """Return the cells of a table in one size: the largest, down to ``SMALLEST``, that fits all.

    What does not fit even then is cut; one long name does not make the others hard to read.

    Parameters
    ----------
    rooms : sequence of float
        Width each column has for text, in points.
    row_lines : int
        Most lines in a cell.
    """
    cells = [[str(cell).strip().replace(" %", "\u00a0%") for cell in row] for row in rows]

    def fits(cell: str, room: float, at: float) -> bool:
        whole = all(width(word, False, exact) * at <= room for word in cell.split(" "))
        return whole and len(lines(cell, at, room, False, exact)) <= row_lines

    at = size
    while at > SMALLEST and not all(
        fits(cell, rooms[i], at) for row in cells for i, cell in enumerate(row)
    ):
        at = max(SMALLEST, at - 0.5)
    high = at * LINE * row_lines

    def least(cell: str) -> float:
        # A number is made smaller before a digit of it is lost.
        return min(at, SMALLEST_NUMBER) if any(c.isdigit() for c in cell) else at

    return [
        [fit(cell, rooms[i], high, at, False, least(cell), exact) for i, cell in enumerate(row)]
        for row in cells
    ]


def _cut(text: str, length: int) -> str:
    if length >= len(text):
        return text
    kept = text[:length].rstrip()
    # At a word where one ends nearby; a single long name is cut where it must be.
    space = kept.rfind(" ")
    return (kept[:space] if space > length * 0.6 else kept).rstrip(" ,;:") + "…"
