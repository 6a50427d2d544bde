"""Maturity and Assess in Chromium under axe-core: no serious fault, two clicks to an answer."""

from __future__ import annotations

import pytest

from tests.support.browser import no_sideways, settled, visit
from ui.maturity.tabs import TABS
from words import say

pytestmark = pytest.mark.browser
ASSESS = "assess?client={client}&rater=R-x&wave=2026-10&function=support&role=Head&home=support"
ADDRESSES = [
    *(f"maturity?client={{client}}&view={name}" for name, _, _ in TABS),
    "assess?client={client}",
    ASSESS,
]


def serious(page) -> list[str]:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    found = axe.Axe().run(page).response["violations"]
    return [
        f"{fault['id']}: {node['html'][:120]}"
        for fault in found
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]


def test_no_serious_fault_on_any_view_and_nothing_runs_off_a_phone(server, page, sample) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    faults = {}
    for address in ADDRESSES:
        visit(page, f"{server.url}/{address.format(client=sample.client)}")
        settled(page)
        faults[address] = serious(page)
        page.set_viewport_size({"width": 390, "height": 844})
        settled(page)
        no_sideways(page)
        page.set_viewport_size({"width": 1440, "height": 900})
    assert not {address: found for address, found in faults.items() if found}


def test_two_clicks_lead_from_the_page_to_an_answer_and_its_evidence(server, page, sample) -> None:
    visit(page, f"{server.url}/maturity?client={sample.client}")
    page.get_by_role("radio", name="Sales").or_(page.get_by_role("button", name="Sales")).click()
    settled(page)
    page.get_by_role("radio", name="Technology").or_(
        page.get_by_role("button", name="Technology")
    ).click()
    settled(page)
    answers = sample.snapshot["answers"]
    mine = answers[
        (answers["wave"] == "2026-10")
        & (answers["function"] == "sales")
        & (answers["question"] == "TEC-2")
        & (answers["evidence"] != "")
    ]
    shown = page.locator(".attune-steps").inner_text()
    assert mine["evidence"].iloc[0] in shown
    assert say("maturity.step", step=2) in shown
