"""Odd but real-looking exports, end to end: what is read, and the finding with its cell."""

from __future__ import annotations

import pytest

from ingest import intake

HEAD = "Month,Team,Category,Amount\n"


def _check(text: str):
    return intake.check([("odd.csv", text.encode())])


def _costs(found) -> dict[str, float]:
    costs = found.frames["costs"]
    return {f"{m:%Y-%m}": a for m, a in zip(costs["month"], costs["amount"], strict=True)}


def _named(found) -> list[tuple[str, str | None]]:
    return [(finding.code, finding.place.cell) for finding in found.findings]


def test_a_lone_currency_under_the_heading_is_its_unit():
    found = _check(HEAD + ",,,EUR\n2026-01,N,Tools,100\n2026-02,S,Tools,200\n")
    assert _costs(found) == {"2026-01": 100, "2026-02": 200}
    assert not found.findings
    assert found.tables[0].table.header[3] == "Amount (EUR)"


def test_a_lone_short_word_under_the_heading_is_data():
    found = _check(HEAD + ",,Ads,\n2026-01,N,Ads,100\n2026-02,N,Ads,200\n")
    assert found.tables[0].table.header[2] == "Category"


@pytest.mark.parametrize(
    "text",
    [
        "Monat;Team;Kategorie;Kosten\nJanuar 2026;N;Tool;1.100,5\nMärz 2026;N;Tool;120\n",
        "Mois;Équipe;Catégorie;Montant\njanvier 2026;N;Tool;1 100,5\nmars 2026;N;Tool;120\n",
        "Date;Team;Category;Cost\n31.01.2026;N;Tool;1'100.5\n01.03.2026;N;Tool;120\n",
    ],
)
def test_costs_in_other_words(text):
    assert _costs(_check(text)) == {"2026-01": 1100.5, "2026-03": 120}


@pytest.mark.parametrize(
    "period",
    ["FY26 P01", "P1 2026", "2026-P13", "Period 3 2026", "001.2026", "202613", "Wk 5 2026"],
)
def test_fiscal_periods_are_refused_by_name(period):
    """A 4-4-5 period is no calendar month: nothing is counted, and the reason is said."""
    found = _check(HEAD + f"2026-02-01,N,Tools,100\n{period},N,Tools,110\n")
    assert _named(found) == [("fiscal_period", "A3")]
    assert list(_costs(found)) == ["2026-02"]


@pytest.mark.parametrize(
    "moment",
    [
        "2026-01-31T23:30:00-05:00",
        "2026-01-31 23:30:00-05",
        "2026-01-31 23:30 EST",
        "2026-01-31 23:30 AEST",
        "01/31/2026 11:30 PM EST",
        "2026-01-31 23:30:00.123 (UTC-0500)",
    ],
)
def test_times_keep_the_clock_they_were_written_on_and_it_is_said(moment):
    """In UTC all but one of these would lie in February."""
    found = _check(f"Date,Team,Category,Amount\n{moment},N,Tools,100\n")
    assert _costs(found) == {"2026-01": 100}
    assert _named(found) == [("time_zones", "A:A")]


def test_times_without_a_zone_say_nothing():
    assert not _check("Date,Team,Category,Amount\n2026-01-31 23:30,N,Tools,100\n").findings


def test_mixed_orders_name_the_cell_that_contradicts():
    rows = "13/01/2026,N,T,1\n02/03/2026,N,T,2\n01/25/2026,N,T,3\n05/04/2026,N,T,4\n"
    found = _check("Date,Team,Category,Cost\n" + rows)
    assert _named(found) == [("date_order", "A4")]
    assert list(_costs(found)) == ["2026-01", "2026-03", "2026-04"]


def test_an_open_order_is_asked():
    rows = "01/02/2026,N,T,1\n02/03/2026,N,T,2\n03/04/2026,N,T,4\n"
    assert _named(_check("Date,Team,Category,Cost\n" + rows)) == [("format_assumed", "A:A")]
