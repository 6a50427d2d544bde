"""Cells → tables: addresses survive, totals go, months across become rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import workbook
from ingest.model import Table
from ingest.tables.headings import classify_cell, find_heading, unique
from tests.corpus.case import HEADER, by_openpyxl, records
from tests.support.places import DATA

real = pytest.mark.skipif(not DATA.exists(), reason="real data is not here (ATTUNE_DATA)")


def tables(*rows: Any) -> tuple[Table, ...]:
    return workbook.read("a.csv", "".join(f"{row}\n" for row in rows).encode()).tables


def values(table: Table, heading: str) -> list[Any]:
    return table.data[f"c{table.header.index(heading)}"].to_pylist()


def test_wide_months_keep_the_address_of_each_value() -> None:
    (table,) = tables("Tickets", "", "Team,Jan 2024,Feb 2024,Mar 2024", "A,1,2,3", "B,4,,6")
    assert table.header == ("Team", "Month", "Tickets")
    assert values(table, "Team") == ["A", "A", "A", "B", "B"]
    assert values(table, "Month")[:2] == [datetime(2024, 1, 1), datetime(2024, 2, 1)]
    assert values(table, "Tickets") == ["1", "2", "3", "4", "6"]
    assert [table.cell(2, i).cell for i in range(5)] == ["B4", "C4", "D4", "B5", "D5"]
    assert table.cell(0, 4).cell == "A5"


def test_months_over_measures_and_measures_over_months() -> None:
    (over,) = tables(
        "Team,Jan 2024,,Feb 2024,,Mar 2024,",
        ",Tickets,Cost,Tickets,Cost,Tickets,Cost",
        "A,1,2,3,4,5,6",
    )
    (under,) = tables(
        "Team,Tickets,,,Cost,,",
        ",Jan 2024,Feb 2024,Mar 2024,Jan 2024,Feb 2024,Mar 2024",
        "A,1,3,5,2,4,6",
    )
    for table in (over, under):
        assert table.header == ("Team", "Month", "Tickets", "Cost")
        assert values(table, "Tickets") == ["1", "3", "5"]
        assert values(table, "Cost") == ["2", "4", "6"]
    assert over.cell(3, 2).cell == "G3"
    assert under.cell(3, 2).cell == "G3"


def test_metrics_in_rows_become_columns_with_their_addresses() -> None:
    (table,) = tables("KPI,Jan 2024,Feb 2024,Mar 2024", "Tickets,1,2,3", "Cost,4,,6")
    assert table.header == ("Month", "Tickets", "Cost")
    assert values(table, "Tickets") == ["1", "2", "3"]
    assert values(table, "Cost") == ["4", None, "6"]
    assert [table.cell(1, 2).cell, table.cell(2, 2).cell] == ["D2", "D3"]


def test_bare_months_without_any_year_stay_columns() -> None:
    (table,) = tables("Team,Jan,Feb,Mar", "A,1,2,3", "B,4,5,7")
    assert table.header == ("Team", "Jan", "Feb", "Mar")


def test_lines_above_are_kept() -> None:
    (table,) = tables(
        "Campaign report", '"August 1, 2026 - August 31, 2026"', "Campaign,Cost", "A,1"
    )
    assert table.above == ("Campaign report", "August 1, 2026 - August 31, 2026")
    assert table.header_row == 3


@settings(max_examples=25, deadline=None)
@given(
    numbers=st.lists(st.integers(1, 10**6), min_size=4, max_size=12),
    title=st.integers(0, 3),
    left=st.integers(0, 3),
)
def test_a_table_is_found_wherever_it_stands(numbers: list[int], title: int, left: int) -> None:
    pad = [None] * left
    body = [[*pad, f"Team {i}", n, n / 7] for i, n in enumerate(numbers)]
    total = [*pad, "Total", sum(numbers), sum(n / 7 for n in numbers)]
    above = [[f"line {i} of the title"] for i in range(title)]
    data = by_openpyxl([*above, [*pad, "Team", "Tickets", "Cost"], *body, total])()
    (table,) = workbook.read("a.xlsx", data).tables
    assert values(table, "Tickets") == [float(n) for n in numbers]
    assert table.rows_left_out["totals"] == 1
    assert table.positions == tuple(range(left, left + 3))
    assert table.data["row"].to_pylist() == list(range(title + 2, title + 2 + len(numbers)))


@settings(max_examples=50, deadline=None)
@given(numbers=st.lists(st.integers(1, 1000), min_size=4, max_size=10, unique=True))
def test_records_are_not_mistaken_for_totals(numbers: list[int]) -> None:
    rows = [f"T{i},{n},{n * n + 1}" for i, n in enumerate(numbers)]
    (table,) = tables("Team,Tickets,Cost", *rows)
    assert table.data.num_rows == len(numbers)


def test_error_cells_are_empty_and_named() -> None:
    def spoil(_: Any, sheet: Any) -> None:
        sheet["D3"] = "#DIV/0!"

    reading = workbook.read("a.xlsx", by_openpyxl([HEADER, *records()], spoil)())
    (finding,) = reading.findings
    assert (finding.code, str(finding.place), finding.value) == (
        "error_cell",
        "a.xlsx › Data!D3",
        "#DIV/0!",
    )
    costs = values(reading.tables[0], "Cost")
    assert costs[1] is None
    assert costs[0] == 3.0


def test_mixed_columns_show_what_the_sheet_shows() -> None:
    rows = [["Team", "Cost"], ["A", 12], ["B", 1.5], ["C", "n/a"], ["D", datetime(2024, 1, 31)]]
    (table,) = workbook.read("a.xlsx", by_openpyxl(rows)()).tables
    assert values(table, "Cost") == ["12", "1.5", "n/a", "2024-01-31"]


def test_names_are_unique() -> None:
    assert unique(["a", "a", "a (2)", "a"]) == ("a", "a (3)", "a (2)", "a (4)")


@pytest.mark.parametrize(
    ("cell", "look"),
    [
        (None, "blank"),
        ("  ", "blank"),
        ("--", "missing"),
        ("n/a", "missing"),
        (3.0, "number"),
        ("1.234,50 €", "number"),
        ("(12)", "number"),
        ("12 %", "number"),
        ("EUR 5", "number"),
        ("2024-01-31", "date"),
        ("31.1.24 10:00", "date"),
        ("2-Jun-06", "date"),
        ("Jan 2024", "text"),
        ("Team 7", "text"),
        ("10:30", "date"),
        ("A-1", "text"),
        (datetime(2024, 1, 1), "date"),
    ],
)
def test_looks(cell: Any, look: str) -> None:
    assert classify_cell(cell) == look


def test_a_page_of_prose_has_no_heading() -> None:
    assert find_heading([["Dear all,"], ["please find the numbers attached."]]) is None


@real
def test_every_real_file_is_one_table_without_loud_findings() -> None:
    rows = {
        "support/incident_event_log_sample.csv": 5_998,
        "marketing/Live.csv": 7_050,
        "marketing/dataset_Facebook.csv": 500,
        "marketing/tweet_activity_metrics.csv": 103,
        "supply_chain/SCMS_Delivery_History_Dataset.csv": 10_324,
        "hr/nyc-jobs.csv": 3_843,
        "advocacy/skytrax_seat_reviews.csv": 1_258,
        "sales/sales_pipeline.csv": 8_800,
        "product/aea_jira_issue_history.csv": 25_636,
        "hr/turnover.csv": 1_129,
        "benchmark/enterprise_social_media_use.csv": 63,
        "sales/products.csv": 7,
    }
    for path, count in rows.items():
        reading = workbook.read(path, (DATA / path).read_bytes())
        assert [table.data.num_rows for table in reading.tables] == [count], path
        assert not reading.findings, path
