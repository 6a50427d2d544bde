"""Three journeys through the real app in Chromium: an executive, an analyst, a consultant."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pytest

from loop import reports
from metrics.units import write_day
from tests.support.browser import Server, accessible, no_sideways, settled, visit
from ui.door.menu import ENTRIES
from ui.look.writing import say_line
from words import say
from workspaces.access import LOCAL, enter
from workspaces.store import Store

pytestmark = pytest.mark.browser


def test_an_executive_reads_the_answer_in_two_minutes(server, page, sample) -> None:
    from metrics.overview import overview

    visit(page, server.url)
    page.get_by_role("button", name=say("page.welcome.sample")).click()
    page.wait_for_selector(".attune-tile")
    settled(page)
    seen = overview(sample.report, scope=len(sample.snapshot.profile.functions))
    verdict = page.locator(".attune-verdict").inner_text()
    assert verdict == " ".join(say_line(line) for line in seen.verdict)
    tiles = page.locator(".attune-tiles").first.locator(".attune-tile")
    assert tiles.count() == 4
    for number, tile in enumerate(seen.tiles):
        shown = tiles.nth(number)
        assert shown.locator(".figure").inner_text() == say_line(tile.figure)
        shown.locator("summary").click()
        assert shown.get_by_text(say_line(tile.source)).is_visible()
    described = page.locator("[data-testid='stVegaLiteChart'] [aria-label]").first
    described.wait_for(state="attached")
    accessible(page)
    page.set_viewport_size({"width": 390, "height": 844})
    settled(page)
    no_sideways(page)
    tops = [tiles.nth(i).bounding_box()["y"] for i in range(4)]
    assert len({round(top) for top in tops}) <= 4
    assert page.locator(".attune-verdict").is_visible()


def test_an_analyst_brings_files_mends_and_undoes(server, page) -> None:
    visit(page, server.url)
    page.get_by_role("button", name=say("page.welcome.create")).click()
    page.get_by_label(say("page.setup.name")).fill("Analyst Ltd")
    page.get_by_role("button", name=say("page.setup.create")).click()
    page.get_by_text(say("page.overview.empty", client="Analyst Ltd")).first.wait_for()
    page.get_by_role("link", name=say("page.overview.upload")).click()
    page.get_by_role("heading", name=say("page.data.title"), level=1).wait_for()
    good = (
        "Month,Team,Support cost,Tickets resolved\n2025-01,North,1000,100\n2025-02,North,1200,100\n"
    )
    bad = "Month,Team,Support cost,Tickets resolved\n2025-03,North,about 900,100\n"
    page.locator("input[type=file]").set_input_files(
        [
            {"name": n, "mimeType": "text/csv", "buffer": t.encode()}
            for n, t in (("good.csv", good), ("bad.csv", bad))
        ]
    )
    onward = page.get_by_role("button", name=say("data.next", step=say("data.step_save")))
    onward.wait_for()
    # The grid is drawn on a canvas; its cells stand in the accessible table behind it.
    for said_of_it in ("about 900", "C2"):
        page.locator("[role=gridcell]", has_text=said_of_it).first.wait_for(state="attached")
    onward.click()
    page.get_by_role("button", name=say("page.data.save", revision=2)).click()
    page.get_by_text(say("page.data.saved", revision=2)).wait_for()
    page.get_by_role("link", name=say("page.menu.indicators"), exact=True).click()
    page.get_by_role("heading", name=say("page.measure.title"), level=1).wait_for()
    settled(page)
    # The two months with both: 2,200 for 200; March has no cost.
    page.locator("[role=gridcell]", has_text="€11").first.wait_for(state="attached")
    accessible(page)
    page.get_by_role("link", name=say("page.menu.data"), exact=True).click()
    page.get_by_role("button", name=say("page.data.undo", revision=2)).click()
    page.get_by_text(say("page.data.undone", revision=2)).wait_for()
    page.get_by_role("link", name=say("page.menu.indicators"), exact=True).click()
    page.get_by_text(say("page.overview.empty", client="Analyst Ltd")).wait_for()


def test_a_consultant_drills_to_cells_and_takes_the_table(server, page, sample) -> None:
    visit(page, f"{server.url}/indicators?client={sample.client}&function=support&kpi=contact_rate")
    page.wait_for_selector("[data-testid='stVegaLiteChart']")
    settled(page)
    assert "kpi=contact_rate" in page.url
    behind = page.locator("[data-testid='stExpander']").filter(
        has=page.get_by_text(say("page.measure.cells"), exact=True)
    )
    opened = behind.filter(has_text=say("page.measure.cells_team")).first
    for each in behind.all():
        each.get_by_text(say("page.measure.cells"), exact=True).click()
    # One file after the other, as fast as a hand is: the first leaves the second where it is.
    with page.expect_download():
        opened.get_by_role("button", name=say("table.csv")).click()
    with page.expect_download() as waiting:
        opened.get_by_role("button", name=say("table.xlsx")).click()
    sheet = openpyxl.load_workbook(io.BytesIO(Path(waiting.value.path()).read_bytes())).active
    head, *rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    table = [dict(zip(head, row, strict=True)) for row in rows]
    observations = sample.snapshot["observations"]
    behind = observations[observations["measure"].isin(["tickets", "active_customers"])]
    latest = behind[behind["month"] == behind["month"].max()]
    assert len(table) == len(latest)
    assert sum(row["value"] for row in table) == pytest.approx(latest["value"].sum(), rel=1e-12)
    assert {row["place"] for row in table} == set(latest["place"])
    accessible(page)


def test_a_consultant_adjusts_an_assumption_and_makes_the_deck(sample, tmp_path, page) -> None:
    """Discount rate to 5 %: the deck that is made says the new net present value."""
    from pptx import Presentation

    database = sample.copy(tmp_path / "attune.sqlite")
    started = Server(database)
    try:
        visit(page, f"{started.url}/business_case?client={sample.client}&view=assumptions")
        grid = page.locator("[data-testid='stDataFrame'] canvas").first
        grid.wait_for()
        settled(page)
        # The first assumption is the discount rate; its value stands right of the pinned title.
        page.wait_for_timeout(1500)
        grid.click(position={"x": 320, "y": 52}, force=True)
        page.wait_for_timeout(1500)
        page.keyboard.type("0.05", delay=150)
        page.keyboard.press("Enter")
        save = say("case.assumptions_save", n=1, revision=sample.revision + 1)
        page.get_by_role("button", name=save).click()
        page.get_by_text(
            say(
                "page.menu.about",
                revision=sample.revision + 1,
                as_of=write_day(sample.report.as_of),
            )
        ).wait_for()
        page.get_by_role("link", name=say("readout_page.title"), exact=True).click()
        make = page.get_by_role("button", name=say("readout_page.file_deck"))
        make.wait_for()
        settled(page)
        accessible(page)
        with page.expect_download() as waiting:
            make.click()
        deck = Presentation(io.BytesIO(Path(waiting.value.path()).read_bytes()))
        assert waiting.value.suggested_filename.endswith(".pptx")
    finally:
        started.stop()
    store = Store.open(str(database))
    report = reports.report(enter(store, LOCAL, sample.client))
    store.close()
    assert report.assumptions["discount_rate"] == 0.05
    assert report.case.npv != sample.report.case.npv
    notes = " ".join(s.notes_slide.notes_text_frame.text for s in deck.slides)
    assert f"Exact {report.case.npv!r} [case.expected]" in notes
    assert len(deck.slides) >= 12


def test_overview_and_readout_have_no_serious_fault_for_a_screen_reader(server, page, sample):
    """axe-core, every rule that is on by default: nothing serious or critical."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    for address in ("", "readout"):
        visit(page, f"{server.url}/{address}?client={sample.client}")
        page.wait_for_timeout(1500)
        found = axe.Axe().run(page).response["violations"]
        serious = [v for v in found if v["impact"] in ("serious", "critical")]
        assert serious == [], [(v["id"], v["nodes"][0]["html"]) for v in serious]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e.file)
def test_each_address_opens_first_thing_on_a_fresh_server(sample, tmp_path, page, entry) -> None:
    started = Server(sample.copy(tmp_path / "attune.sqlite"))
    try:
        visit(page, f"{started.url}/{'' if entry is ENTRIES[0] else entry.file}")
        accessible(page)
        page.set_viewport_size({"width": 390, "height": 844})
        settled(page)
        no_sideways(page)
        page.goto("about:blank")
    finally:
        started.stop()
