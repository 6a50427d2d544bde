"""The deck and the document say what the report says, and nothing runs over its edge."""

from __future__ import annotations

import io
import math
import re
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pandas as pd
import pytest
from pptx import Presentation
from pptx.util import Pt
from pypdf import PdfReader

from metrics.errors import InvalidInput
from metrics.overview import outcomes
from metrics.units import write_chance, write_day, writing_in
from readout import deck, document, slides_value, template
from readout.brand import Brand, brand_from
from readout.figures import backtest_sentence
from readout.fitting import LINE, SMALLEST, fit, lines
from readout.proposals import say_head
from readout.reading import Reading, compare, say_line
from words import say

NOTE = re.compile(r"Exact (\S+) \[(.+?)\]")
PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15"
    b"\xc4\x89\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\x00\x05\x00\x01\xff\x89\x99=\x1d\x00\x00"
    b"\x00\x00IEND\xaeB`\x82"
)


@pytest.fixture(scope="module")
def read(sample) -> Reading:
    return Reading(sample.report, len(sample.snapshot.profile.functions), "c" * 64)


@pytest.fixture(scope="module")
def made(read) -> bytes:
    return deck.build(read, Brand())


def opened(data: bytes):
    return Presentation(io.BytesIO(data))


def texts(slide) -> list[str]:
    found = []
    for shape in slide.shapes:
        if shape.has_text_frame:
            found.append(shape.text_frame.text)
        if shape.has_table:
            found += [cell.text_frame.text for row in shape.table.rows for cell in row.cells]
    return [text.replace("\xa0", " ") for text in found]


def test_every_slide_is_there_with_title_number_and_notes(made) -> None:
    slides = list(opened(made).slides)
    assert 12 <= len(slides) == len(deck.SLIDES) <= 15
    for number, (slide, kind) in enumerate(zip(slides, deck.SLIDES, strict=True), 1):
        assert slide.shapes.title.text_frame.text
        assert str(number) in texts(slide)
        assert slide.has_notes_slide, kind.key
    assert len(made) < 2_000_000


def test_notes_hold_every_number_exactly_as_the_report(made, read) -> None:
    seen = {}
    for slide in opened(made).slides:
        for exact, key in NOTE.findall(slide.notes_slide.notes_text_frame.text):
            figure = read.figures[key]
            if exact == "–":
                assert math.isnan(figure.value), key
            else:
                assert float(exact) == figure.value, key
            seen[key] = figure
    for key in ("case.expected", "saving.a_year", "maturity.level", "advocacy.nps"):
        assert key in seen
    assert len(seen) > 30


def test_slides_show_the_figures_as_they_are_written(made, read) -> None:
    slides = dict(zip(deck.BY_KEY, opened(made).slides, strict=True))
    card = " ".join(texts(slides["scorecard"]))
    for tile in read.overview.tiles:
        assert say_line(tile.figure) in card
    case = " ".join(texts(slides["business_case"]))
    for key in ("case.expected", "case.roi", "case.payback_months", "case.pv_cost"):
        assert read.figures[key].said(read.currency).replace("\xa0", " ") in case
    decided = " ".join(texts(slides["decisions"]))
    for one in say_head(read.report):
        assert one.what in decided
        assert one.value.replace("\xa0", " ") in decided
    assert read.checksum in " ".join(texts(slides["sources"]))


def test_charts_are_native_and_filled_from_the_report(made, read) -> None:
    report = read.report
    slides = dict(zip(deck.BY_KEY, opened(made).slides, strict=True))
    charts = {key: [s.chart for s in slide.shapes if s.has_chart] for key, slide in slides.items()}

    def series(chart, name: str) -> list:
        return next(list(s.values) for p in chart.plots for s in p.series if s.name == name)

    case, yearly = charts["business_case"][0], report.case.yearly
    shown = yearly[(yearly["year"] > 0) | (yearly[["cost", "benefit"]].sum(axis=1) > 0)]
    for name in ("cost", "benefit", "cumulative"):
        assert series(case, say(f"deck.series.{name}")) == list(shown[name])
    effects = charts["effects"][0]
    table = report.effects.effects.dropna(subset="relative")
    top = table.reindex(table["relative"].abs().sort_values(ascending=False).index)
    top = top.head(slides_value.MOST_BARS)
    assert series(effects, say("deck.series.effect")) == list(top["relative"])
    fan = charts["forecast"][0]
    ahead = report.forecasts.forecasts
    ahead = ahead[(ahead["series"] == "saving-2")]
    if len(ahead):
        eighty = ahead[ahead["level"] == 80]
        mean = [v for v in series(fan, say("deck.series.mean")) if v is not None]
        assert mean[1:] == pytest.approx(list(eighty["mean"]))
        parts = [series(fan, say(f"deck.series.{n}")) for n in ("base", "below", "inside", "above")]
        stacked = pd.DataFrame(parts).dropna(axis=1).cumsum().to_numpy()[:, 1:]
        wide = ahead[ahead["level"] == 95]
        assert stacked[0] == pytest.approx(wide["low"].to_numpy())
        assert stacked[1] == pytest.approx(eighty["low"].to_numpy())
        assert stacked[2] == pytest.approx(eighty["high"].to_numpy())
        assert stacked[3] == pytest.approx(wide["high"].to_numpy())
    fall = charts["waterfall"][0]
    columns = pd.DataFrame([list(s.values) for s in fall.plots[0].series]).fillna(0)
    net = report.case.benefits["counted"].sum() - report.case.monthly["cost"].sum()
    assert columns.iloc[3, -1] == pytest.approx(net)


def test_every_picture_chart_and_table_has_its_text(read) -> None:
    for slide in opened(deck.build(read, Brand(logo=PNG))).slides:
        for shape in slide.shapes:
            if shape.has_chart or shape.has_table or shape.shape_type == 13:
                assert shape._element.xpath(".//p:cNvPr")[0].get("descr"), shape.name


def boxes(slide) -> list[tuple[str, int, int, int, int]]:
    return [
        (s.name, s.left, s.top, s.left + s.width, s.top + s.height)
        for s in slide.shapes
        if s.width and s.height
    ]


def assert_tidy(data: bytes) -> None:
    """No shape outside the slide, none over another, no text larger than its box."""
    show = opened(data)
    near = Pt(1)
    for number, slide in enumerate(show.slides, 1):
        placed = boxes(slide)
        for name, left, top, right, bottom in placed:
            assert left >= -near, (number, name)
            assert top >= -near, (number, name)
            assert right <= show.slide_width + near, (number, name)
            assert bottom <= show.slide_height + near, (number, name)
        for one, two in combinations(placed, 2):
            apart = (
                one[3] <= two[1] + near
                or two[3] <= one[1] + near
                or one[4] <= two[2] + near
                or two[4] <= one[2] + near
            )
            assert apart, (number, one[0], two[0])
        for shape in slide.shapes:
            if shape.has_table:
                for row in shape.table.rows:
                    for cell, column in zip(row.cells, shape.table.columns, strict=True):
                        if not cell.is_merge_origin and not cell.is_spanned:
                            room = column.width.pt - cell.margin_left.pt - cell.margin_right.pt
                            assert_fits(cell.text_frame, room, row.height.pt)
            elif shape.has_text_frame and shape.name != "Title 1":
                assert_fits(shape.text_frame, shape.width.pt, shape.height.pt)


def assert_fits(frame, room: float, height: float) -> None:
    taken = 0.0
    for paragraph in frame.paragraphs:
        for run in paragraph.runs:
            taken += len(lines(run.text, run.font.size.pt, room + 0.1, bool(run.font.bold))) * (
                run.font.size.pt * LINE
            )
    assert taken <= height + 1, frame.text


def test_nothing_runs_over_or_overlaps(made) -> None:
    assert_tidy(made)


def test_no_text_is_smaller_than_nine_points(made) -> None:
    sizes = [
        run.font.size.pt
        for slide in opened(made).slides
        for shape in slide.shapes
        for frame in (
            [shape.text_frame]
            if shape.has_text_frame
            else [c.text_frame for row in shape.table.rows for c in row.cells]
            if shape.has_table
            else []
        )
        for paragraph in frame.paragraphs
        for run in paragraph.runs
    ]
    assert min(sizes) >= SMALLEST
    assert len(sizes) > 500


def test_decisions_name_owner_date_and_chance(made, read) -> None:
    words = texts(opened(made).slides[list(deck.BY_KEY).index("decisions")])
    tasks = read.report.roadmap.tasks
    for task in tasks[tasks["status"] != "done"].itertuples():
        assert task.task in words
        assert write_day(task.due) in words
        assert (task.owner or say("roadmap.no_owner")) in words
    first = read.report.proposals.table.iloc[0]
    assert write_chance(first["probability"]) in words


def test_the_slide_judges_the_forecast_in_the_sentence_of_the_pages(made, read) -> None:
    slides = [" ".join(texts(slide)) for slide in opened(made).slides]
    assert any(backtest_sentence(read.report, read.first_series) in words for words in slides)


def test_ledger_stands_on_the_tuning_slide(read) -> None:
    row = {
        "day": pd.Timestamp("2026-06-01"),
        "function": "support",
        "reason": "More experts",
        "owner": "Head of support",
        "promised": 900.0,
        "promised_low": 400.0,
        "promised_high": 1400.0,
        "state": "scored",
        "effect": 1000.0,
    }
    later = {**row, "reason": "Fewer campaigns", "owner": "", "state": "running"}
    ledger = pd.DataFrame([row, later])
    tuned = replace(read.report.tuning, ledger=ledger)
    report = replace(read.report, parts={**read.report.parts, "tuning": tuned})
    made = deck.build(replace(read, report=report), Brand(), ("tuning",))
    words = texts(next(iter(opened(made).slides)))
    for text in ("More experts", "Head of support", "€900", "€400 to €1 400", "€1 000"):
        assert text.replace(" ", " ") in [w.replace(" ", " ") for w in words], text
    assert say("tune.state_running") in words
    assert_tidy(made)


def named_at_length(read: Reading) -> Reading:
    """The same report in a company that gives everything a very long name."""
    report = read.report
    long = " Interdepartmental Knowledge Exchange and Peer Enablement Programme of the Federation"
    word = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
    effects, case, table = report.effects, report.case, report.proposals.table
    changed = {
        "effects": replace(
            effects, effects=effects.effects.assign(initiative=effects.effects["initiative"] + long)
        ),
        "case": replace(case, benefits=case.benefits.assign(benefit=word)),
        "proposals": replace(
            report.proposals,
            table=table.assign(
                subject=[
                    word + subject + long if action in ("extend", "stop", "measure") else subject
                    for action, subject in zip(table["action"], table["subject"], strict=True)
                ]
            ),
        ),
    }
    return replace(
        read,
        report=replace(
            report, client=word + long, currency="CHF", parts={**report.parts, **changed}
        ),
    )


def test_long_names_are_cut_not_spilled(read) -> None:
    long = named_at_length(read)
    assert_tidy(deck.build(long, Brand(footer="Confidential: " + "board only " * 30)))
    assert len(PdfReader(io.BytesIO(document.summary(long, Brand()))).pages) == 1


def test_clients_own_template_of_another_size_is_used(read) -> None:
    own = Presentation()
    own.slides.add_slide(own.slide_layouts[0])
    data = io.BytesIO()
    own.save(data)
    made = deck.build(read, Brand(template=data.getvalue()), ("front", "scorecard", "decisions"))
    show = opened(made)
    assert (show.slide_width, len(show.slides)) == (own.slide_width, 3)
    assert_tidy(made)


def test_slides_are_picked_and_ordered(read) -> None:
    made = opened(deck.build(read, Brand(), ("decisions", "front")))
    heads = [slide.shapes.title.text_frame.text for slide in made.slides]
    assert heads[1] == read.report.client
    assert say_head(read.report, 1)[0].what in heads[0]
    assert say("deck.title.decisions") in texts(made.slides[0])
    for wrong in ((), ("nonsense",)):
        with pytest.raises(InvalidInput):
            deck.build(read, Brand(), wrong)


def test_brand_is_followed_and_kept(read) -> None:
    brand = Brand(accent="#AA3300", font="Georgia", footer="Board of Acme", locale="de-DE")
    assert brand_from(brand.document()) == brand
    made = deck.build(read, brand, ("front", "scorecard"))
    words = " ".join(texts(opened(made).slides[1]))
    assert "Board of Acme" in words
    with writing_in("de-DE"):
        assert replace(read).figures["case.expected"].said("EUR") in words
    show = opened(made)
    assert b"AA3300" in template.theme_part(show).blob
    assert b'typeface="Georgia"' in template.theme_part(show).blob
    for wrong in ({"accent": "red"}, {"locale": "xx"}, {"logo": b"GIF89a"}, {"template": b"no"}):
        with pytest.raises(InvalidInput):
            Brand(**wrong)


def test_what_changed_is_computed_from_the_earlier_figures(read) -> None:
    now = tuple(read.figures.values())
    npv = read.figures["case.expected"]
    before = tuple(
        replace(f, value=f.high * 2 + 1, low=f.high * 2, high=f.high * 2 + 2) if f is npv else f
        for f in now
    )
    changes = compare(before, now)
    assert [c.after.key for c in changes] == ["case.expected"]
    assert changes[0].outside
    assert compare(now, now) == ()
    rows = pd.DataFrame({"month": [pd.Timestamp("2026-03-01")], "function": ["support"]})
    later = replace(read, earlier=before, earlier_name="revision 1", restated=rows)
    words = " ".join(texts(next(iter(opened(deck.build(later, Brand(), ("verdict",))).slides))))
    assert later.restatement() in words
    assert npv.said(read.currency) in words
    said_then = changes[0].before.said(read.currency)
    assert (
        say(
            "deck.change_outside_said",
            figure=npv.label,
            before=said_then,
            now=npv.said(read.currency),
        )
        in words
    )


def test_template_is_what_its_script_writes(tmp_path: Path) -> None:
    template.make(tmp_path / "again.pptx")
    again, kept = Presentation(str(tmp_path / "again.pptx")), Presentation(str(template.PATH))
    assert again.slide_width == kept.slide_width
    for one, two in zip(again.slide_layouts, kept.slide_layouts, strict=True):
        assert one.name == two.name
        assert [(s.left, s.top) for s in one.placeholders] == [
            (s.left, s.top) for s in two.placeholders
        ]
    assert template.theme_part(again).blob == template.theme_part(kept).blob


def test_document_holds_every_figure_and_its_source(read) -> None:
    reader = PdfReader(io.BytesIO(document.full_report(read, Brand())))
    words = "".join("".join(page.extract_text().split()) for page in reader.pages)
    for figure in read.figures.values():
        if not math.isnan(figure.value):
            assert repr(figure.value) in words, figure.key
    assert reader.metadata is not None
    assert reader.metadata.title == say("readout.title", client=read.report.client)
    assert len(reader.outline) == len(deck.SLIDES) + 1


def test_summary_is_one_page_with_verdict_tiles_and_checksum(read) -> None:
    made = document.summary(read, Brand())
    reader = PdfReader(io.BytesIO(made))
    assert len(reader.pages) == 1
    words = "".join(reader.pages[0].extract_text().split())
    assert "".join(read.verdict.split()) in words
    for tile in read.overview.tiles:
        assert "".join(say_line(tile.figure).split()) in words
    assert read.checksum[:12] in words
    assert made == document.summary(read, Brand())


def test_text_is_made_smaller_then_cut() -> None:
    short = fit("Saving", 200, 20, 12)
    assert (short.text, short.size) == ("Saving", 12)
    smaller = fit("a sentence that is too long for it", 130, 15, 12)
    assert smaller.size < 12
    cut = fit("word " * 200, 100, 24, 12)
    assert cut.text.endswith("…")
    assert cut.height <= 24
    one = fit("x" * 400, 100, 24, 12)
    assert one.text.endswith("…")
    assert one.height <= 24


def test_summary_says_what_became_of_the_last_decisions_and_how_likely_the_next_help(read) -> None:
    words = "".join(PdfReader(io.BytesIO(document.summary(read, Brand()))).pages[0].extract_text())
    words = "".join(words.split())
    for one in outcomes(read.report):
        assert "".join(one.name.split()) in words
        assert "".join(say_line(one.came).split()) in words
    assert "".join(say("deck.head.chance").split()) in words


def test_every_tile_says_what_changed_since_the_last_read_out(read) -> None:
    then = tuple(replace(f, value=f.value * 2) for f in read.figures.values())
    later = replace(read, earlier=then, earlier_name="revision 1")
    assert all(tile.since is not None for tile in later.overview.tiles)
    card = " ".join(texts(next(iter(opened(deck.build(later, Brand(), ("scorecard",))).slides))))
    for tile in later.overview.tiles:
        assert say_line(tile.since) in card
    assert all(tile.since is None for tile in read.overview.tiles)
