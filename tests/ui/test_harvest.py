"""A headline figure has one value: whatever page, file or command prints it beside its name."""

from __future__ import annotations

import io
import itertools
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import openpyxl
import pytest
import streamlit as st
from pptx import Presentation
from pypdf import PdfReader

import cli
from loop import readouts, reports
from metrics.model import Profile
from metrics.report import Report
from readout.figures import Figure, figures
from readout.proposals import say_head, say_proposals
from tests.support.decisions import KEYS, until
from ui.door import cached
from ui.door.menu import ENTRIES
from words import say
from workspaces.access import COMMAND_LINE, LOCAL, enter
from workspaces.store import Store

CARD = re.compile(
    r'<section class="attune-tile"[^>]*><h3[^>]*>(.*?)</h3>\s*'
    r'<div class="figure(?: words)?">(.*?)</div>',
    re.S,
)
TAGS = re.compile(r"<[^>]+>")
NOTE = re.compile(r"Exact (\S+) \[(.+?)\] ")
NUMBER = r"(?:[−<>] ?)?[€$£]?\d[\d ,.]*(?: ?[kM]\b)?(?: ?%)?(?: months)?"
NAMED_ON_SCREEN = {
    "tile.case_title": "case.expected",
    "tile.saving_title": "saving.a_year",
    "tile.before_after_title": "saving.before_after",
    "tile.cost_change_title": "saving.functions",
    "tile.advocacy_title": "advocacy.nps",
    "case.npv": "case.expected",
    "case.roi": "case.roi",
    "case.payback_title": "case.payback_months",
    "case.probability": "case.probability",
}
"""Sentence that names a figure on a card → the figure."""
ALWAYS_SHOWN = ("case.expected", "case.roi", "case.payback_months", "saving.a_year", "advocacy.nps")
"""Figures that a page shows whenever they are known."""
VIEWS = {
    "business_case": ("case", "what_if", "conditions"),
    "decisions": ("open", "decided", "budgets", "measuring"),
    "outlook": ("plan", "record"),
}
"""Parts of pages that are opened beside the first."""


@dataclass(frozen=True)
class Seen:
    """A client behind the app, its report, and how its figures are written."""

    name: str
    path: Path
    report: Report

    @property
    def known(self) -> dict[str, Figure]:
        return {one.key: one for one in figures(self.report)}

    def labels(self) -> dict[str, Figure]:
        """Return name beside which a figure stands → the figure."""
        named = {one.label: one for one in self.known.values()}
        screen = {say(code): self.known[key] for code, key in NAMED_ON_SCREEN.items()}
        return {plain(label): one for label, one in (named | screen).items()}

    def said(self, one: Figure) -> str:
        return plain(one.said(self.report.currency))


def plain(text: str) -> str:
    """Return text without marks, with ordinary spaces and no joiners."""
    bare = TAGS.sub("", text).replace("&nbsp;", " ").replace("\u2060", "")
    return re.sub(r"\s+", " ", bare).strip()


def small(path: Path) -> str:
    """A company of three functions: budgets, costs and volumes, nothing else."""
    with closing(Store.open(str(path))) as store:
        client = store.create_client(Profile("Small", tuple(KEYS)), "tests", date(2025, 7, 10))
        store.save(client, 1, "tests", "enter", frames=until(29))
    return "Small"


def bare(path: Path) -> str:
    """A company with one month of one function, and no cost of any programme."""
    with closing(Store.open(str(path))) as store:
        client = store.create_client(Profile("Bare", ("people",)), "tests", date(2023, 2, 10))
        given = until(0)["observations"]
        given = given[given["function"] == "people"]
        store.save(client, 1, "tests", "enter", frames={"observations": given})
    return "Bare"


@pytest.fixture(params=["sample", "small", "bare"])
def seen(request, tmp_path, monkeypatch) -> Iterator[Seen]:
    """Each of three clients behind the app."""
    if request.param == "sample":
        path = request.getfixturevalue("sample").copy(tmp_path / "attune.sqlite")
        name = request.getfixturevalue("sample").report.client
    else:
        path = tmp_path / "attune.sqlite"
        name = {"small": small, "bare": bare}[request.param](path)
    monkeypatch.setenv("ATTUNE_DATABASE_URL", str(path))
    st.cache_resource.clear()
    with closing(Store.open(str(path))) as store:
        workspace = enter(store, LOCAL, store.named(name).id)
        yield Seen(name, path, reports.report(workspace))
    st.cache_resource.clear()
    cached.store.clear()


def cards(app) -> list[tuple[str, str]]:
    """Every card of a page: its name and the figure below it."""
    bodies = [str(e.proto.body) for e in app.get("html")]
    return [(plain(n), plain(f)) for body in bodies for n, f in CARD.findall(body)]


def rows(app) -> list[tuple[str, str]]:
    """Every cell of a page's tables with each of those to its right."""
    found = []
    for frame in (element.value for element in app.dataframe):
        texts = [[plain(str(cell)) for cell in row] for row in frame.to_numpy(dtype=object)]
        found += [(row[0], cell) for row in texts for cell in row[1:]]
    return found


def sentences(app, labels: Mapping[str, Figure]) -> list[tuple[str, str]]:
    """Every number that directly follows the name of a figure in running text."""
    text = plain(
        " ".join(
            [str(e.value) for kind in ("markdown", "caption") for e in app.get(kind)]
            + [str(e.proto.body) for e in app.get("html")]
        )
    )
    return [
        (label, found.strip())
        for label in labels
        for found in re.findall(rf"{re.escape(label)}(?: is| of|:)? ({NUMBER})", text)
    ]


def test_pages_print_a_figure_as_it_is(seen, alone, monkeypatch) -> None:
    monkeypatch.setattr("streamlit.page_link", lambda *_, **__: None)
    labels, heard, wrong = seen.labels(), set(), []
    proposals = {plain(one.what): plain(one.figure) for one in say_proposals(seen.report)}
    for entry in ENTRIES:
        for view in VIEWS.get(entry.file, ("",)):
            app = alone(entry.file, **({"view": view} if view else {}))
            assert not app.exception, (entry.file, view)
            for name, figure in [*cards(app), *sentences(app, labels)]:
                if name in proposals and "year" in figure:
                    wrong += [] if figure == proposals[name] else [(entry.file, name, figure)]
                elif name in labels and re.search(r"\d", figure):
                    heard.add(labels[name].key)
                    said = seen.said(labels[name])
                    wrong += [] if figure == said else [(entry.file, view, name, figure, said)]
            for name, cell in rows(app):
                if name in labels and re.fullmatch(NUMBER, cell):
                    one = labels[name]
                    bounds = {
                        plain(one.unit.write(v, seen.report.currency))
                        for v in (one.low, one.high)
                        if not math.isnan(v)
                    }
                    if cell not in bounds | {seen.said(one)}:
                        wrong.append((entry.file, view, name, cell, seen.said(one)))
    assert not wrong, "\n".join(map(str, wrong))
    # A test that hears nothing proves nothing.
    told = {key for key in ALWAYS_SHOWN if not math.isnan(seen.known[key].value)}
    assert told <= heard


def test_files_and_commands_print_a_figure_as_it_is(seen, tmp_path, capsys) -> None:
    with closing(Store.open(str(seen.path))) as store:
        workspace = enter(store, COMMAND_LINE, store.named(seen.name).id)
        snapshot = workspace.snapshot()
        read = readouts.reading(workspace, seen.report, snapshot, "draft")
        look = readouts.brand(workspace)
        from readout import deck

        data = {
            kind.key: kind.make(read, look, snapshot, tuple(deck.BY_KEY)) for kind in readouts.FILES
        }
    known, named = seen.known, seen.report.figures
    document = json.loads(data["document"])["figures"]["named"]
    assert set(document) == set(known) == set(named)
    for key, one in document.items():
        value = named[key].value
        assert one["value"] == (None if math.isnan(value) else value), key
        assert one["reason"] or one["value"] is not None, key
    slides = Presentation(io.BytesIO(data["deck"])).slides
    notes = " ".join(s.notes_slide.notes_text_frame.text for s in slides)
    for exact, key in NOTE.findall(notes):
        assert exact == ("–" if math.isnan(known[key].value) else repr(known[key].value)), key
    book = openpyxl.load_workbook(io.BytesIO(data["workbook"]), data_only=True)
    sheet = {row[0]: row[2] for row in book["Figures"].iter_rows(min_row=2, values_only=True)}
    assert set(sheet) == set(known)
    pages = PdfReader(io.BytesIO(data["report"])).pages
    words = "".join("".join(page.extract_text().split()) for page in pages)
    for key, one in known.items():
        if math.isnan(one.value):
            assert sheet[key] is None, key
        else:
            assert sheet[key] == pytest.approx(one.value, rel=1e-14), key
            assert repr(one.value) in words, key
    one_page = PdfReader(io.BytesIO(data["summary"])).pages[0].extract_text()
    for text in say_head(seen.report):
        assert "".join(plain(text.value).split()) in "".join(plain(one_page).split())
    out = tmp_path / "r.json"
    assert cli.main(["report", "--client", seen.name, "--out", str(out), "--json"]) == 0
    assert json.loads(out.read_text(encoding="utf-8"))["figures"]["named"] == document
    capsys.readouterr()
    assert cli.main(["proposals", "--client", seen.name, "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["proposals"]
    for row in listed:
        if row["rank"] is not None and row["value"] is not None:
            assert row["value"] == named[f"proposal.{row['proposal']}"].value


def same(a, b) -> bool:
    return (
        a.unit == b.unit
        and a.period == b.period
        and math.isclose(a.value, b.value, rel_tol=1e-9, abs_tol=1e-9)
    )


def test_no_two_names_are_one_figure(sample, tmp_path) -> None:
    """Equal in value, unit and period wherever both are known: one of them is a second name."""
    found: list[Callable] = [sample.report.figures]
    for make in (small, bare):
        path = tmp_path / f"{make.__name__}.sqlite"
        name = make(path)
        with closing(Store.open(str(path))) as store:
            found.append(reports.report(enter(store, LOCAL, store.named(name).id)).figures)
    verdicts: dict[tuple[str, str], list[bool]] = {}
    for named in found:
        told = [one for one in named.values() if not math.isnan(one.value)]
        for a, b in itertools.combinations(told, 2):
            verdicts.setdefault((a.name, b.name), []).append(same(a, b))
    doubles = {pair for pair, alike in verdicts.items() if all(alike)}
    assert doubles == set()
