"""The sample company's files: recognised without a click, and equal to their own total rows."""

from __future__ import annotations

import csv
import json

import openpyxl
import pandas as pd
import pytest

from ingest.intake import check
from metrics.frames.register import REGISTER
from metrics.frames.value import VALUE
from tests.support.places import SAMPLE

FILES = SAMPLE / "files"


@pytest.fixture(scope="module")
def taken():
    paths = sorted(FILES.glob("*.*"))
    assert paths, "run sample_data/generate.py"
    return check([(path.name, path.read_bytes()) for path in paths])


@pytest.fixture(scope="module")
def rows(taken):
    return taken.frames["observations"]


@pytest.fixture(scope="module")
def truth():
    return json.loads((SAMPLE / "truth.json").read_text(encoding="utf-8"))


def total(rows: pd.DataFrame, measure: str) -> float:
    return float(rows.loc[rows["measure"] == measure, "value"].sum())


def sheets(name: str) -> dict[str, list[tuple]]:
    book = openpyxl.load_workbook(FILES / name, read_only=True)
    found = {}
    for sheet in book:
        sheet.reset_dimensions()
        found[sheet.title] = list(sheet.iter_rows(values_only=True))
    return found


def test_every_file_is_recognised(taken):
    sources = {(t.table.file, t.table.sheet): t.source for t in taken.tables}
    assert {key for key, source in sources.items() if source is None} == {
        ("company.xlsx", "Sites"),
    }
    found = {source for source in sources.values() if source}
    assert found == {
        "zendesk_tickets",
        "salesforce_opportunities",
        "google_ads_campaigns",
        "sap_goods_receipts",
        "coupa_purchase_orders",
        "qualtrics_nps",
        "measures",
        "costs",
        "initiatives",
        "answers",
        "contributions",
        "teams",
        "exchange_rates",
        "targets",
        "hires",
        *(frame.name for frame in VALUE),
        *(frame.name for frame in REGISTER if frame.name in found),
    }
    assert "refused" not in taken.outcomes.values()
    assert str(taken.as_of) == "2026-11-20"


def test_every_team_has_the_companys_own_name(taken, rows, truth):
    for function, teams in truth["teams"].items():
        told = set(rows.loc[rows["function"] == function, "team"])
        # The community's records and competitors speak for a whole function.
        assert told - {"all"} == set(teams)
    assert not [f for f in taken.findings if f.code == "team_unknown"]
    assert set(taken.frames["costs"]["team"]) <= set().union(*truth["teams"].values())


def test_advertising_equals_the_reports_own_total(rows):
    with (FILES / "google_ads_campaigns.csv").open(encoding="utf-8") as file:
        lines = list(csv.reader(file))
    head, last = lines[2], next(line for line in lines if line[0] == "Total: All campaigns")
    stated = {
        name: float(last[head.index(name)].replace(",", ""))
        for name in ("Impr.", "Clicks", "Cost", "Conversions")
    }
    assert total(rows, "impressions") == stated["Impr."]
    assert total(rows, "clicks") == stated["Clicks"]
    assert total(rows, "ad_spend") == pytest.approx(stated["Cost"], abs=0.005)
    assert total(rows, "enquiries") == stated["Conversions"]


def test_costs_equal_the_total_rows_of_their_sheets(taken, rows):
    for name, lines in sheets("operating_costs.xlsx").items():
        stated = next(line[2] for line in lines if line and line[0] == "Total")
        measure = {"Sales": "selling_cost"}.get(name, f"{name.lower().replace(' ', '_')}_cost")
        assert total(rows, measure) == pytest.approx(stated, abs=0.005)
    (lines,) = sheets("programme_costs.xlsx").values()
    stated = next(line for line in lines if line and line[0] == "Total")
    assert taken.frames["costs"]["amount"].sum() == pytest.approx(stated[7], abs=0.005)


def test_tickets_equal_a_plain_count(rows):
    raw = pd.read_csv(FILES / "zendesk_tickets.csv", encoding="utf-8-sig")
    assert total(rows, "tickets") == raw["Id"].nunique()
    assert total(rows, "resolved_tickets") == raw["Solved at"].notna().sum()
    assert total(rows, "positive_ratings") == (raw["Satisfaction Score"] == "Good").sum()
    assert total(rows, "reopened_tickets") == (raw["Reopens"] > 0).sum()


def test_receipts_leave_out_what_is_promised_for_later(taken, rows):
    raw = pd.read_csv(
        FILES / "sap_goods_receipts.csv",
        sep=";",
        decimal=",",
        thousands=".",
        skiprows=2,
        encoding="cp1252",
        dtype={"Stat.-Rel. Del. Date": "str", "Posting Date": "str"},
    )
    raw = raw[raw["Purchasing Document"] != "*"]
    due = pd.to_datetime(raw["Stat.-Rel. Del. Date"], format="%d.%m.%Y")
    posted = pd.to_datetime(raw["Posting Date"], format="%d.%m.%Y")
    past = due <= posted.max()
    assert total(rows, "lines_due") == past.sum()
    assert total(rows, "lines_on_time") == (past & (posted <= due)).sum()
    assert total(rows, "freight_cost") == pytest.approx(raw.loc[past, "Freight Cost"].sum())
    later = [f for f in taken.findings if f.code == "date_in_future" and "sap" in f.place.file]
    assert [f.count for f in later] == [(~past).sum()]


def test_opportunities_are_read_in_both_number_formats(rows):
    (lines,) = sheets("salesforce_opportunities.xlsx").values()
    head = next(line for line in lines if line and line[0] == "Territory Region")
    won = [line for line in lines if len(line) == len(head) and line[head.index("Won")] == 1]

    def amount(cell) -> float:
        if not isinstance(cell, str):
            return float(cell)
        return float(cell.strip("€ ").replace(".", "").replace(",", "."))

    assert total(rows, "deals_won") == len(won)
    stated = sum(amount(line[head.index("Amount")]) for line in won)
    assert total(rows, "won_value") == pytest.approx(stated, abs=0.01)


def test_orders_are_converted_and_cancelled_ones_left_out(rows):
    (lines,) = sheets("coupa_purchase_orders.xlsx").values()
    rates = {"EUR": 1.0, "GBP": 1.17, "USD": 0.92, "CAD": 0.68}
    placed = {line[0]: line for line in lines[1:] if line[1] != "Cancelled"}
    assert total(rows, "purchase_orders") == len(placed)
    stated = sum(line[6] * rates[line[7]] for line in placed.values())
    assert total(rows, "order_spend") == pytest.approx(stated, rel=1e-9)


def test_the_month_that_is_not_over_is_marked_everywhere(rows):
    november = rows[rows["month"] == "2026-11-01"]
    assert set(november["reason"]) == {"month_not_over"}
    assert set(november["function"]) >= {"support", "sales", "marketing", "supply_chain"}


def test_previews_and_unfinished_answers_are_no_votes(rows):
    raw = pd.read_csv(FILES / "qualtrics_nps.csv", encoding="utf-8-sig", skiprows=[1, 2])
    real = raw[(raw["Finished"] == True) & (raw["Status"] == "IP Address")]  # noqa: E712
    counted = sum(total(rows, key) for key in ("promoters", "passives", "detractors"))
    assert counted == real["Q_NPS"].notna().sum()
    assert total(rows, "promoters") == (real["Q_NPS"] >= 9).sum()
