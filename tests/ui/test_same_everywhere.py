"""What two screens say of one figure is the same, letter by letter."""

from __future__ import annotations

import dataclasses
import io
import json

import altair as alt
import pandas as pd
import pytest
from pptx import Presentation

from loop import reports
from metrics.functions import FUNCTIONS
from metrics.maturity import load_model
from metrics.maturity.next_moves import contradicted_steps
from metrics.overview import overview
from metrics.units import MATURITY, write_chance, write_day, write_moment, write_month, writing_in
from readout import deck
from readout.brand import Brand
from readout.headlines import HEADLINES
from readout.reading import Reading
from tests.support import assessed
from ui.business_case import case as case_page
from ui.look.writing import say_line
from ui.maturity import company, evidence
from ui.outlook import series as outlook
from ui.overview import sections
from words import say


def changed(report, **parts):
    """The sample's report with some fields of its parts replaced."""
    new = {name: dataclasses.replace(report[name], **fields) for name, fields in parts.items()}
    return dataclasses.replace(report, parts={**report.parts, **new})


@pytest.fixture
def written(monkeypatch) -> list[str]:
    """What the pages under test write, in order."""
    lines: list[str] = []
    for place in ("ui.look.writing.show_quiet", "ui.look.writing.heading"):
        monkeypatch.setattr(place, lambda *texts, **_: lines.extend(map(str, texts)))
    return lines


@pytest.fixture
def drawn(monkeypatch) -> list[pd.DataFrame]:
    """Cells of the heatmaps drawn, and no picture."""
    cells: list[pd.DataFrame] = []

    def heatmap(frame, *_, **__):
        cells.append(frame)
        return alt.Chart(pd.DataFrame({"x": [1]})).mark_point()

    monkeypatch.setattr("ui.look.charts.heatmap", heatmap)
    return cells


def test_the_back_test_names_one_rival_on_every_page(sample, written) -> None:
    """Where the last value is the closer rival, every page says its error."""
    rows = sample.report.forecasts.backtests
    key = rows.loc[rows["verdict"] != "too_short", "series"].iloc[0]
    rows = rows.assign(
        mase_last=rows["mase_last"].where(rows["series"] != key, 0.61),
        mase_naive=rows["mase_naive"].where(rows["series"] != key, 1.93),
    )
    report = changed(sample.report, forecasts={"backtests": rows})
    sections._fan(report, key)
    on_overview = next(line for line in written if "On this series' own past" in line)
    on_outlook = outlook._support(report, key, lambda value: str(value))[-1]
    assert on_overview == on_outlook
    assert "0.61" in on_overview
    assert "1.93" not in on_overview


@pytest.mark.parametrize("score", [2.9999999999, 3.0, 2.999, 1.0, 5.0, 0.2])
def test_a_cell_has_one_level_on_every_page(sample, drawn, score) -> None:
    part = sample.report.maturity
    report = changed(
        sample.report, maturity={"dimensions": part.dimensions.assign(published=score)}
    )
    sections.maturity(report)
    company.heatmap(report.maturity, tuple(part.functions["function"]))
    ours, theirs = (set(cells["level"].dropna()) for cells in drawn)
    assert ours == theirs
    assert len(ours) == 1


@pytest.fixture(params=["sample", "rich", "sparse"])
def assessed_report(request):
    """The report of the sample and of two companies made for their maturity."""
    if request.param == "sample":
        return request.getfixturevalue("sample").report
    return assessed.report(getattr(assessed, request.param)())


def test_page_deck_and_file_say_one_maturity(assessed_report, drawn) -> None:
    """Each function and cell, the company and the count of contradicted claims."""
    report, part = assessed_report, assessed_report.maturity
    scope = tuple(part.functions["function"])
    held = json.loads(reports.document(report))["parts"]["maturity"]
    assert held["enterprise"]["value"] == pytest.approx(part.enterprise["value"])
    stored = {(r["function"], r["dimension"]): r["published"] for r in held["dimensions"]}
    company.heatmap(part, scope)
    cells = drawn[0].dropna(subset="published")
    known = {d.title.split(" ")[0].rstrip(","): d.key for d in load_model().dimensions}
    read = Reading(report, len(scope), "c" * 64)
    slides = Presentation(io.BytesIO(deck.build(read, Brand()))).slides
    tables = [s.table for slide in slides for s in slide.shapes if s.has_table]
    heads = [[cell.text_frame.text for cell in table.rows[0].cells] for table in tables]
    place = next(i for i, head in enumerate(heads) if set(known) & set(head))
    on_slide = {
        (row.cells[0].text_frame.text, known[head]): cell.text_frame.text.replace("▲", "").strip()
        for row in list(tables[place].rows)[1:]
        for head, cell in zip(heads[place], row.cells, strict=True)
        if head in known
    }
    assert len(cells) == sum(value is not None for value in stored.values())
    for cell in cells.itertuples():
        said = MATURITY.write(stored[cell.function, cell.dimension])
        assert on_slide[company.title(cell.function), cell.dimension] == said
        assert f"· {said} (" in cell.said
    functions = {r["function"]: r for r in held["functions"] if r["published"] is not None}
    for function, row in functions.items():
        said = MATURITY.write(row["published"])
        assert read.figures[f"maturity.{function}"].said("EUR") == said
        assert f"level {row['level']:.0f}," in company.write_score(
            row["published"], row["low"], row["high"], row["raters"], level_names()
        )


def level_names() -> dict[int, str]:
    return company.level_names(load_model())


def test_page_and_deck_count_the_same_contradictions(assessed_report, monkeypatch) -> None:
    """Claims, however many rules contradict one: page, headline, slide and roadmap."""
    report = assessed_report
    pairs = report.maturity.contradictions
    pairs = pairs[pairs["verdict"] == "contradicts"].drop_duplicates(["function", "dimension"])
    shown: list[tuple] = []
    monkeypatch.setattr("ui.maturity.evidence.cards", shown.extend)
    evidence.contradictions(report)
    assert len(shown) == len(pairs)
    headline = HEADLINES["contradictions"](Reading(report, 1, ""))
    assert f"contradict {len(pairs)} " in headline
    assert len(contradicted_steps(report.maturity.contradictions)) == len(pairs)


@pytest.mark.parametrize("probability", [0.0, 0.004, 0.0149, 0.5, 0.847, 0.994, 1.0])
def test_a_chance_is_written_alike_in_the_tile_and_in_the_case(
    sample, monkeypatch, probability
) -> None:
    report = changed(sample.report, case={"probability": probability, "reason": ""})
    tile = overview(report, scope=len(FUNCTIONS)).tiles[2]
    cards: list[tuple[str, ...]] = []
    monkeypatch.setattr("ui.look.writing.cards", cards.extend)
    case_page.headline(report)
    page = next(card[1] for card in cards if card[0] == say("case.probability"))
    assert page == write_chance(probability)
    assert any(page in say_line(line) for line in tile.lines)


def test_chances_are_whole_and_never_certain() -> None:
    shown = [write_chance(p) for p in (0.0, 0.0099, 0.01, 0.847, 0.99, 0.995, float("nan"))]
    assert shown == ["< 1 %", "< 1 %", "1 %", "85 %", "99 %", "> 99 %", "–"]


@pytest.mark.parametrize(
    ("tag", "month", "day"),
    [
        ("en-GB", "February 2026", "3 February 2026"),
        ("de-DE", "02.2026", "03.02.2026"),
        ("fr-FR", "02/2026", "03/02/2026"),
    ],
)
def test_months_and_days_follow_the_client(tag, month, day) -> None:
    at = pd.Timestamp("2026-02-03 14:05")
    with writing_in(tag):
        assert (write_month(at), write_day(at)) == (month, day)
        assert write_moment(at) == f"{day}, 14:05"
        assert write_month(pd.NaT) == "–"


def test_no_page_speaks_english_months_to_a_german_client(sample, written) -> None:
    key = sample.report.forecasts.backtests["series"].iloc[0]
    with writing_in("de-DE"):
        texts = outlook._support(sample.report, key, lambda value: str(value))
    months = pd.date_range("2026-01-01", periods=12, freq="MS").strftime("%B")
    assert texts
    assert not [m for m in months if any(f"{m} 20" in t for t in texts)]
