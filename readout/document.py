"""The document: one page for executives, and the full report, drawn as vectors from one report.

The full report is the deck's slides as pages, then every headline figure with its source.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import replace

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from metrics.overview import outcomes
from metrics.units import write_day, writing_in
from readout import slides_value
from readout.brand import Brand
from readout.deck import BY_KEY, FOOT
from readout.draw import Box
from readout.fitting import register
from readout.headlines import heading
from readout.page import Page
from readout.palette import LIGHT
from readout.proposals import say_head
from readout.reading import Reading, say_line
from readout.slides import _heads, tile_lines
from readout.template import BAND, HEADLINE, HEIGHT, MARGIN, RULE, TOP, VERDICT, WIDTH
from words import say

EDGE = 42.0
"""Margin of the upright page."""


def summary(read: Reading, brand: Brand) -> bytes:
    """Return one upright page: verdict, four figures, where it is going, what to decide."""
    with writing_in(brand.locale):
        read = replace(read)
        out, canvas = _begin_canvas(read, brand, A4)
        wide, high = A4
        page = Page(
            canvas, high, Box(EDGE, EDGE, wide - 2 * EDGE, high - EDGE - 46), brand, read.currency
        )
        _summary(page, read)
        _draw_footer(page, read, wide, high, EDGE, 1)
        canvas.showPage()
        canvas.save()
    return out.getvalue()


def full_report(read: Reading, brand: Brand, chosen: Sequence[str] = tuple(BY_KEY)) -> bytes:
    """Return the whole report: the chosen slides as pages, then all figures with sources."""
    with writing_in(brand.locale):
        read = replace(read)
        out, canvas = _begin_canvas(read, brand, (WIDTH, HEIGHT))
        number = 0
        for number, key in enumerate(chosen, 1):
            _page(canvas, read, brand, key, number)
        _figures(canvas, read, brand, number)
        canvas.save()
    return out.getvalue()


def _begin_canvas(
    read: Reading, brand: Brand, size: tuple[float, float]
) -> tuple[io.BytesIO, Canvas]:
    register()
    out = io.BytesIO()
    # Invariant: the same report gives the same bytes, whenever it is made.
    canvas = Canvas(
        out,
        pagesize=size,
        pageCompression=1,
        invariant=1,
        lang=brand.locale,
        initialFontName="Attune",  # pyright: ignore[reportArgumentType] stub: float
    )
    canvas.setTitle(say("readout.title", client=read.report.client))
    canvas.setAuthor(brand.footer or "Attune")
    canvas.setSubject(read.verdict)
    canvas.setKeywords(read.checksum)
    canvas.setViewerPreference("DisplayDocTitle", "true")
    return out, canvas


def _summary(page: Page, read: Reading) -> None:
    area = page.area
    page.fill(Box(area.left, 0, RULE[2], RULE[3]), page.brand.accent)
    if page.brand.logo:
        page.picture(Box(area.left, area.top - 14, area.width, 30), page.brand.logo, "")
    area = area.below(page.quiet(area.first(16), f"{read.report.client} · {read.month}", 11), 8)
    area = area.below(page.text(area.first(92), read.verdict, 18, bold=True), 6)
    support = " ".join(say_line(line) for line in read.overview.support)
    area = area.below(page.quiet(area.first(44), support, 10.5), 10)
    tiles = read.overview.tiles
    for row, high in ((tiles[:2], 94), (tiles[2:4], 124)):
        for box, tile in zip(area.first(high).columns(1, 1, gap=10), row, strict=False):
            page.tile(
                box,
                say(f"tile.{tile.key}_title"),
                say_line(tile.figure),
                tile_lines(tile),
                (10, 20, 9.5),
            )
        area = area.below(high, 10)
    area = page.heading(area, say("deck.title.forecast"))
    high = 140 if read.first_series else 20
    whole, page.area = page.area, area.first(high)
    slides_value.forecast(page, read)  # type: ignore[arg-type]
    page.area = whole
    area = page.heading(area.below(high, 10), say("page.overview.decide"))
    area = area.below(_decisions(page, read, area), 10)
    became = outcomes(read.report)
    if became:
        area = page.heading(area, say("page.overview.outcomes"))
        page.table(
            area,
            _heads("initiative", "expected", "came"),
            [(one.name, say_line(one.promised), say_line(one.came)) for one in became],
            (3.2, 3.2, 4.6),
            describe="",
            size=9.5,
            pad=3,
            row_lines=1,
        )


def _decisions(page: Page, read: Reading, area: Box) -> float:
    best = say_head(read.report)
    if not best:
        return page.quiet(area, say("page.overview.decide_none"), 10.5)
    return page.table(
        area,
        _heads("decision", "value_year", "range80", "chance"),
        [(one.what, one.value, one.between, one.odds) for one in best],
        (6.4, 1.2, 2, 1.1),
        describe="",
        size=9.5,
        right=(1, 3),
        pad=3,
        row_lines=1,
    )


def _page(canvas: Canvas, read: Reading, brand: Brand, key: str, number: int) -> None:
    front = key == "front"
    topic, title = heading(key, read)
    canvas.bookmarkPage(key)
    canvas.addOutlineEntry(topic or title, key)
    page = _blank(canvas, read, brand)
    page.fill(Box(*(BAND if front else RULE)), brand.accent)
    if front:
        page.text(Box(MARGIN, 200, WIDTH - 2 * MARGIN, 84), title, 38, bold=True)
        if brand.logo:
            page.picture(Box(WIDTH - MARGIN - 180, 40, 180, 70), brand.logo, "")
    else:
        high = VERDICT if key == "verdict" else HEADLINE
        room = Box(MARGIN, TOP, WIDTH - 2 * MARGIN, high)
        page.text(Box(MARGIN, TOP - 18, room.width, 16), topic, 12, bold=True, colour=brand.accent)
        below = TOP + max(page.text(room, title, 24, bold=True), HEADLINE) + 10
        page.area = Box(MARGIN, below, room.width, HEIGHT - below - FOOT - 6)
    BY_KEY[key].draw(page, read)  # type: ignore[arg-type]
    _draw_footer(page, read, WIDTH, HEIGHT, MARGIN, number)
    canvas.showPage()


def _blank(canvas: Canvas, read: Reading, brand: Brand) -> Page:
    area = Box(MARGIN, 76, WIDTH - 2 * MARGIN, HEIGHT - 76 - FOOT - 6)
    return Page(canvas, HEIGHT, area, brand, read.currency)


def _figures(canvas: Canvas, read: Reading, brand: Brand, number: int) -> None:
    """Every headline figure, exact and with its source, over as many pages as it takes."""
    rows = [
        (
            one.label,
            one.said(read.currency),
            one.between(read.currency) or "–",
            "–" if math.isnan(one.value) else repr(one.value),
            one.source,
        )
        for one in read.figures.values()
    ]
    canvas.bookmarkPage("figures")
    canvas.addOutlineEntry(say("deck.figures"), "figures")
    while rows:
        number += 1
        page = _blank(canvas, read, brand)
        page.text(Box(MARGIN, 26, WIDTH - 2 * MARGIN, 40), say("deck.figures"), 26, bold=True)
        done, _ = page.rows(
            page.area,
            _heads("figure", "value", "interval", "exact", "source"),
            rows,
            (4, 1.4, 2.4, 2.2, 5),
            size=9,
            fills={},
            right=(1, 3),
            row_lines=2,
            colours={},
            least=0,
            pad=5,
            tell=False,
        )
        rows = rows[max(done, 1) :]
        _draw_footer(page, read, WIDTH, HEIGHT, MARGIN, number)
        canvas.showPage()


def _draw_footer(
    page: Page, read: Reading, wide: float, high: float, edge: float, number: int
) -> None:
    """What this page is, should it travel alone."""
    proof = say("deck.foot", revision=read.report.revision, checksum=read.checksum[:12])
    parts = [
        page.brand.footer or read.report.client,
        write_day(read.report.as_of),
        say(f"deck.state_{read.state}"),
        proof,
    ]
    top = high - FOOT + 6
    page.line([(edge, top - 6), (wide - edge, top - 6)], LIGHT.line, 0.5)
    page.quiet(Box(edge, top, wide - 2 * edge - 50, 14), " · ".join(parts), 9)
    page.text(
        Box(wide - edge - 40, top, 40, 14), f"{number}", 9, colour=page.brand.quiet, right=True
    )


__all__ = ["full_report", "summary"]
