"""Every address that was ever given out leads to where its page stands now."""

from __future__ import annotations

import pytest

from tests.support.pages import opened
from tests.support.places import ROOT
from ui.door import addresses
from ui.door.menu import ENTRIES, MAP
from words import say

BEFORE_THE_MAP = {
    "overview": ("overview", {}),
    "measure": ("indicators", {"function": "sales", "kpi": "win_rate"}),
    "model": ("initiatives", {"view": "one", "initiative": "Knowledge base"}),
    "forecast": ("outlook", {"function": "support"}),
    "tune": ("decisions", {}),
    "maturity": ("maturity", {"view": "roadmap"}),
    "assess": ("assess", {"function": "people", "whom": "Customers"}),
    "business_case": ("business_case", {"view": "what_if"}),
    "data": ("data", {}),
    "connections": ("data", {"view": "connections", "connection": "desk"}),
    "readout": ("readout", {}),
    "methods": ("methods", {}),
    "settings": ("settings", {"area": "links"}),
}
"""The thirteen names → the page of today and the filters it gets."""


@pytest.mark.parametrize("page", BEFORE_THE_MAP)
def test_each_of_the_thirteen_names_leads_to_a_page_with_the_same_choices(page) -> None:
    there, filters = BEFORE_THE_MAP[page]
    given = {
        k: v for k, v in filters.items() if page not in ("model", "connections") or k != "view"
    }
    assert addresses.now(page, given | {"client": "acme"}) == (there, filters | {"client": "acme"})
    assert (ROOT / "pages" / f"{there}.py").exists()


@pytest.mark.parametrize(
    ("page", "view", "there", "part"),
    [
        ("business_case", "inputs", "data", "tables"),
        ("business_case", "programme", "business_case", "conditions"),
        ("maturity", "register", "data", "tables"),
    ],
)
def test_a_part_that_moved_is_found_again(company, page, view, there, part) -> None:
    assert addresses.now(page, {"view": view}) == (there, {"view": part})
    app = opened(page, view=view)
    assert not app.exception
    titles = {"data": "page.data.title", "business_case": "case.title"}
    assert app.title[0].value == say(titles[there])


def test_an_address_of_today_stays_where_it_is() -> None:
    for entry in ENTRIES:
        assert addresses.now(entry.file, {"view": "all"}) == (entry.file, {"view": "all"})


def test_nine_pages_stand_under_the_loop_and_two_at_the_foot() -> None:
    *loop, foot = MAP.values()
    assert sum(len(below) for below in loop) == 9
    assert [entry.file for entry in foot] == ["methods", "settings"]
