"""Each kind of fault a stranger met, on data of our own: never a plausible wrong number."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import openpyxl
import pytest

from ingest import intake
from metrics.model import Finding, Profile, Severity


def csv(*lines: str) -> bytes:
    return "\n".join(lines).encode()


def book(rows: Sequence[Sequence[Any]], merged: Sequence[str] = (), sheet: str = "Data") -> bytes:
    made = openpyxl.Workbook()
    page = made.worksheets[0]
    page.title = sheet
    for row in rows:
        page.append(list(row))
    for area in merged:
        page.merge_cells(area)
    target = io.BytesIO()
    made.save(target)
    return target.getvalue()


def taken(*files: tuple[str, bytes], mappings: Sequence[dict[str, Any]] = ()) -> intake.Intake:
    return intake.check(list(files), Profile("Kinds", (), currency="EUR"), list(mappings))


def sums(found: intake.Intake, measure: str) -> dict[str, float]:
    rows = found.frames["observations"]
    rows = rows[(rows["measure"] == measure) & rows["value"].notna()]
    return rows.groupby(rows["month"].dt.strftime("%Y-%m"))["value"].sum().to_dict()


def one(found: intake.Intake, code: str) -> Finding:
    (finding,) = [f for f in found.findings if f.code == code]
    return finding


def test_days_are_added_up_and_states_keep_their_last_day() -> None:
    days = [date(2025, 4, 1) + timedelta(days=n) for n in range(30)]
    lines = [f"{day},{n % 4},{100 + n}" for n, day in enumerate(days)]
    found = taken(("calls.csv", csv("Date,Tickets,Active customers", *lines)))
    assert sums(found, "tickets") == {"2025-04": sum(n % 4 for n in range(30))}
    assert sums(found, "active_customers") == {"2025-04": 129}
    assert one(found, "days_added_up").count == 30


def test_weeks_of_figures_say_that_they_cross_months() -> None:
    weeks = [date(2025, 3, 31) + timedelta(days=7 * n) for n in range(10)]
    found = taken(("w.csv", csv("Date,Tickets", *(f"{day},5" for day in weeks))))
    assert sums(found, "tickets") == {"2025-03": 5, "2025-04": 20, "2025-05": 20, "2025-06": 5}
    assert one(found, "weeks_added_up").severity is Severity.WARNING


@pytest.mark.parametrize("periods", [("Q1 2024", "Q2 2024", "Q3 2024"), ("2022", "2023", "2024")])
def test_quarters_and_years_are_no_months(periods: tuple[str, ...]) -> None:
    lines = [f"{period},{n}" for n, period in enumerate(periods)]
    found = taken(("q.csv", csv("Period,Tickets", *lines)))
    assert "observations" not in found.frames or not sums(found, "tickets")
    assert one(found, "rows_coarser_than_months").severity is Severity.ERROR


def test_the_year_may_stand_merged_over_the_months() -> None:
    rows = [
        ["Figure", 2024, None, 2025, None, None, None],
        [None, "Nov", "Dez", "Jan", "Feb", "Mär", "Total"],
        ["Tickets", 1, 2, 3, 4, 5, 15],
        ["Resolved tickets", 1, 1, 2, 2, 3, 9],
    ]
    found = taken(("f.xlsx", book(rows, ("B1:C1", "D1:F1"))))
    wanted = {"2024-11": 1, "2024-12": 2, "2025-01": 3, "2025-02": 4, "2025-03": 5}
    assert sums(found, "tickets") == wanted


def test_quarters_between_months_are_left_out_and_said() -> None:
    rows = [
        ["Measure", "Oct 2024", "Nov 2024", "Dec 2024", "Q4 2024", "FY 2024"],
        ["Tickets", 7, 8, 9, 24, 90],
    ]
    found = taken(("m.xlsx", book(rows)))
    assert sums(found, "tickets") == {"2024-10": 7, "2024-11": 8, "2024-12": 9}
    assert one(found, "periods_left_out").count >= 1


@pytest.mark.parametrize(("again", "code", "kept"), [(4, "repeated", True), (5, "twice", False)])
def test_a_month_twice_in_columns(again: int, code: str, kept: bool) -> None:
    months = ["Jan 2025", "Feb 2025", "Feb 2025", "Mar 2025", "Apr 2025", "May 2025"]
    rows = [["Measure", *months], ["Tickets", 3, 4, again, 6, 7, 8]]
    found = taken(("m.xlsx", book(rows)))
    assert ("2025-02" in sums(found, "tickets")) == kept
    finding = one(found, f"month_column_{code}")
    assert finding.place.cell == "D1"


def test_a_bad_cell_of_a_wide_sheet_is_named_where_it_stands() -> None:
    months = ["Jan 2025", "Feb 2025", "Mar 2025", "Apr 2025"]
    rows = [
        ["Measure", "Team", *months],
        ["Tickets", "North", 1, 2, 3, 4],
        ["Tickets", "South", 5, 6, "ca. 7", 8],
    ]
    found = taken(("m.xlsx", book(rows)))
    assert one(found, "not_a_number").place.cell == "E3"
    assert "2025-03" in sums(found, "tickets")


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("Month,Tickets,Tickets (budget)", "plan_column"),
        ("Month,Tickets,Tickets previous year", "plan_column"),
        ("Month,Tickets,Tickets target", "plan_column"),
    ],
)
def test_plans_beside_figures_are_left_out(header: str, wanted: str) -> None:
    for reverse in (False, True):
        lines = [header, "2025-01,10,99", "2025-02,12,99"]
        if reverse:
            lines = [",".join((a, c, b)) for a, b, c in (line.split(",") for line in lines)]
        found = taken(("t.csv", csv(*lines)))
        assert sums(found, "tickets") == {"2025-01": 10, "2025-02": 12}
        assert one(found, wanted).severity is Severity.INFO


def test_rows_of_plans_are_left_out() -> None:
    lines = [
        "Month,Scenario,Tickets",
        "2025-01,Actual,10",
        "2025-01,Budget,20",
        "2025-02,Actual,11",
        "2025-02,Budget,20",
    ]
    found = taken(("t.csv", csv(*lines)))
    assert sums(found, "tickets") == {"2025-01": 10, "2025-02": 11}
    assert one(found, "plans_left_out").count == 2


def test_a_sheet_of_plans_gives_no_figure() -> None:
    rows = [["Month", "Tickets"], [datetime(2025, 1, 1), 50], [datetime(2025, 2, 1), 60]]
    found = taken(("t.xlsx", book(rows, sheet="Budget 2025")))
    assert "observations" not in found.frames or not sums(found, "tickets")
    assert one(found, "sheet_of_plans").severity is Severity.WARNING


@pytest.mark.parametrize(
    ("heading", "factor"),
    [
        ("Support cost (k€)", 1e3),
        ("Support cost (Mio. EUR)", 1e6),
        ("Support cost (EUR)", 1),
        ("Support cost (in thousands)", 1e3),
    ],
)
def test_a_heading_may_name_thousands(heading: str, factor: float) -> None:
    found = taken(("c.csv", csv(f"Month;{heading}", "2025-01;12.5", "2025-02;13.5")))
    assert sums(found, "support_cost") == pytest.approx(
        {"2025-01": 12.5 * factor, "2025-02": 13.5 * factor}
    )


def test_a_duration_follows_the_unit_of_its_heading() -> None:
    found = taken(("h.csv", csv("Month,Resolution hours (min)", "2025-01,120", "2025-02,90")))
    if sums(found, "resolution_hours"):
        assert sums(found, "resolution_hours") == {"2025-01": 2.0, "2025-02": 1.5}


def test_a_half_month_is_marked_by_the_line_above() -> None:
    rows = [
        ["Monthly summary"],
        ["as of 12.04.2025, preliminary"],
        ["Month", "Tickets"],
        *([datetime(2025, m, 1), 10 * m] for m in range(1, 5)),
    ]
    found = taken(("m.xlsx", book(rows)))
    rows_ = found.frames["observations"].set_index("month")
    assert rows_.loc["2025-04-01", "reason"] == "month_not_over"
    assert rows_.loc["2025-03-01", "reason"] == ""
    assert one(found, "month_half").place.cell == "B7"


TICKETS = "Ticket ID,Subject,Status,Source,Group,Created time,Resolved time,Agent interactions"


def _tickets(days: Sequence[str]) -> bytes:
    lines = [f"{n},x,Closed,Email,North,{day},{day},1" for n, day in enumerate(days, 1)]
    return csv(TICKETS, *lines)


def test_a_slip_in_a_year_is_named_and_never_the_end_of_the_data() -> None:
    days = [f"{date(2025, 1, 1) + timedelta(days=n)} 10:00" for n in range(60)]
    days[30] = "2062-01-31 10:00"
    found = taken(("t.csv", _tickets(days)))
    assert found.as_of == date(2025, 3, 1)
    places = {f.place.cell for f in found.findings if f.code == "date_far_away"}
    assert places == {"F32", "G32"}
    assert sum(sums(found, "tickets").values()) == 59


def test_dates_turned_round_by_a_spreadsheet_are_turned_back() -> None:
    true = [date(2025, 1, 1) + timedelta(days=3 * n) for n in range(30)]
    rows = [TICKETS.split(",")]
    for n, day in enumerate(true, 1):  # month first, opened where the day comes first
        seen: Any = f"{day:%m/%d/%Y}"
        if day.day <= 12:
            seen = datetime(day.year, day.day, day.month)
        rows.append([n, "x", "Closed", "Email", "North", seen, seen, 1])
    found = taken(("t.xlsx", book(rows)))
    wanted: dict[str, float] = {}
    for day in true:
        wanted[f"{day:%Y-%m}"] = wanted.get(f"{day:%Y-%m}", 0) + 1
    assert sums(found, "tickets") == wanted
    assert {f.severity for f in found.findings if f.code == "dates_turned_round"} == {
        Severity.WARNING
    }


ADS = "Day,Campaign,Currency code,Impr.,Clicks,Cost,Conversions"


def _ads(first: date, days: int, cost: float = 2.0) -> bytes:
    lines = [
        f"{first + timedelta(days=n)},Brand,EUR,100,{10 + n % 3},{cost},1" for n in range(days)
    ]
    return csv(ADS, *lines)


def test_overlapping_series_count_once_and_the_later_file_counts() -> None:
    early, late = _ads(date(2025, 1, 1), 40), _ads(date(2025, 2, 1), 28, cost=3.0)
    for files in ((("a.csv", early), ("b.csv", late)), (("b.csv", late), ("a.csv", early))):
        found = taken(*files)
        assert sums(found, "ad_spend") == {"2025-01": 62, "2025-02": 84}
        assert one(found, "rows_in_two_files").count == 9


def test_equal_rows_within_one_file_are_rows() -> None:
    lines = [f"2025-01-{day:02d},Brand,EUR,100,10,2,1" for day in (3, 3, 9)]
    found = taken(("a.csv", csv(ADS, *lines)), ("b.csv", _ads(date(2025, 2, 1), 28)))
    assert sums(found, "ad_spend")["2025-01"] == 6


def test_ids_cut_to_fifteen_digits_are_told() -> None:
    head = "Post ID,Publish time,Views,Reactions,Comments,Shares"
    rows = [head.split(",")] + [
        [178_412_340_000_000_000 + 0, datetime(2025, 1, n + 1), 10, 1, 1, 1] for n in range(5)
    ]
    found = taken(("p.xlsx", book(rows)))
    assert sums(found, "posts") == {"2025-01": 5}
    assert one(found, "ids_damaged").severity is Severity.ERROR


def test_a_sum_over_no_value_is_missing() -> None:
    head = "PO Number,Status,Created Date,Supplier,Total,Currency"
    lines = [f"P{n},Issued,2025-0{1 + n % 2}-05,S,{'' if n % 2 else 10},EUR" for n in range(6)]
    found = taken(("po.csv", csv(head, *lines)))
    assert sums(found, "order_spend") == {"2025-01": 30}
    rows = found.frames["observations"]
    empty = rows[(rows["measure"] == "order_spend") & (rows["month"] == "2025-02-01")]
    assert set(empty["reason"]) == {"cell_empty"}
    assert sums(found, "purchase_orders") == {"2025-01": 3, "2025-02": 3}


DEALS = "Opportunity ID,Stage,Amount,Amount Currency,Created Date,Close Date"


def test_the_clients_own_stages_are_asked_for_and_remembered() -> None:
    lines = [
        f"D{n},{'Signed' if n % 2 else 'Gone'},100,EUR,2025-01-02,2025-02-0{n + 1}"
        for n in range(4)
    ]
    file = ("d.csv", csv(DEALS, *lines))
    asked = taken(file)
    assert not sums(asked, "deals_won")
    assert sums(asked, "opportunities") == {"2025-01": 4}
    assert one(asked, "stages_unknown").severity is Severity.ERROR
    table = asked.tables[0]
    entry = {
        "file": "d.csv",
        "source": "salesforce_opportunities",
        "columns": dict(table.mapping),
        "stages": {"Signed": "won", "Gone": "lost"},
    }
    told = taken(file, mappings=[entry])
    assert sums(told, "deals_won") == {"2025-02": 2}
    assert sums(told, "deals_lost") == {"2025-02": 2}


def test_heads_and_items_of_orders_are_joined() -> None:
    heads = csv("EBELN,BEDAT,LIFNR,EKORG", "1,2025-01-05,Ada,E1", "2,2025-02-07,Bob,E1")
    items = csv("EBELN,EBELP,NETWR,WAERS,LOEKZ", "1,10,50,EUR,", "1,20,25,EUR,", "2,10,5,EUR,")
    found = taken(("EKKO.csv", heads), ("EKPO.csv", items))
    assert sums(found, "order_spend") == {"2025-01": 75, "2025-02": 5}
    assert sums(found, "purchase_orders") == {"2025-01": 1, "2025-02": 1}


def test_a_team_that_looks_like_a_slip_is_named_at_its_cell() -> None:
    days = [f"{date(2025, 1, 1) + timedelta(days=n)} 10:00" for n in range(40)]
    data = _tickets(days).replace(b"12,x,Closed,Email,North", b"12,x,Closed,Email,Norht")
    found = taken(("t.csv", data))
    finding = one(found, "teams_alike")
    assert (finding.place.cell, finding.value, finding.facts["other"]) == ("E13", "Norht", "North")


def test_files_of_one_kind_with_other_columns_are_said() -> None:
    head = "Ticket ID,Status,Created time,Agent interactions"
    lines = [f"{n},Open,2025-02-0{n % 9 + 1} 10:00,1" for n in range(1, 6)]
    first = _tickets([f"2025-01-0{n} 10:00" for n in range(1, 6)])
    found = taken(("a.csv", first), ("b.csv", csv(head, *lines)))
    assert one(found, "columns_differ").place.file == "b.csv"
