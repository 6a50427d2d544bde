"""Clicks in a row: each is heard, what was worked out once is shown again as it was."""

from __future__ import annotations

import pytest

from metrics.report import Report
from metrics.units import writing_in
from tests.support.pages import text
from ui.door import cached
from ui.look import theme


@pytest.mark.parametrize("page", ["indicators", "outlook", "maturity", "business_case"])
def test_every_choice_of_several_in_a_row_is_heard(company, alone, monkeypatch, page) -> None:
    # A page without its menu knows no other page to lead to.
    monkeypatch.setattr("streamlit.page_link", lambda *_, **__: None)
    app = alone(page)
    given = app.button_group[0].options
    heard = []
    for option in [*given[1:4], given[0]]:
        app.button_group[0].set_value(option).run()
        assert not app.exception
        heard.append(app.button_group[0].value)
    assert len(set(heard)) == len(heard) > 1


@pytest.mark.parametrize(
    ("page", "kind", "address"),
    [
        ("initiatives", "initiative", {"view": "one"}),
        ("outlook", "series-information_technology", {"function": "information_technology"}),
    ],
)
def test_every_pick_of_several_in_a_row_is_heard(company, alone, page, kind, address) -> None:
    app = alone(page, **address)
    given = app.selectbox(key=kind).options
    for number in (1, 2, 0):
        app.selectbox(key=kind).select_index(number).run()
        assert app.selectbox(key=kind).options[app.selectbox(key=kind).index] == given[number]


def test_a_page_shown_again_is_the_same_page(company, alone) -> None:
    app = alone("indicators")
    before = (text(app), len(app.dataframe), len(app.get("vega_lite_chart")), len(app.expander))
    assert before[1]
    assert before[2]
    app.run()
    after = (text(app), len(app.dataframe), len(app.get("vega_lite_chart")), len(app.expander))
    assert after == before


def test_a_section_is_worked_out_once_for_each_appearance_and_locale(sample, monkeypatch) -> None:
    made = []

    def section(report: Report, function: str) -> str:
        made.append(function)
        return function.upper()

    report = sample.report
    assert cached.cache_section(section, report, "sales") == "SALES"
    assert cached.cache_section(section, report, "sales") == "SALES"
    assert made == ["sales"]
    cached.cache_section(section, report, "support")
    with writing_in("de-DE"):
        cached.cache_section(section, report, "sales")
    monkeypatch.setattr(theme, "tokens", lambda: theme.DARK)
    cached.cache_section(section, report, "sales")
    assert made == ["sales", "support", "sales", "sales"]
