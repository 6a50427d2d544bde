"""Decisions, mappings, teams, persons and originals between a file and the store."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta

import openpyxl
import pandas as pd
import pytest

from ingest import layouts, personal
from ingest.intake import check
from ingest.marked import COLOURS, mark_workbook
from loop import review
from metrics.model import Place, Profile, Severity
from workspaces.access import LOCAL, enter
from workspaces.store import Store

SHEET = "Month,Team,Support cost,Tickets resolved\n"


@pytest.fixture
def store(tmp_path):
    store = Store.open(str(tmp_path / "a.sqlite"))
    store.client = store.create_client(Profile("Small", ("support",)), "tests")
    store.workspace = enter(store, LOCAL, store.client)
    yield store
    store.close()


def saved(store, name: str, text: str, overlap="replace", **more) -> int:
    files = [(name, text.encode())]
    found = review.examine(store.workspace, files)
    return review.save(store.workspace, store.revision(store.client), files, found, overlap, **more)


def cost(store) -> float:
    rows = store.snapshot(store.client)["observations"]
    return float(rows.loc[rows["measure"] == "support_cost", "value"].sum())


def test_what_the_preview_says_is_what_saving_brings(store):
    saved(store, "a.csv", SHEET + "2025-01,North,1000,100\n2025-02,North,1200,100\n")
    files = [("b.csv", (SHEET + "2025-02,North,1400,100\n2025-03,North,1500,100\n").encode())]
    found = review.examine(store.workspace, files)
    seen = review.preview(store.workspace, found, "replace")
    number = review.save(store.workspace, 2, files, found)
    assert seen.moves.to_dict("records") == [
        {"kpi": "cost_per_resolution", "before": 11.0, "after": 13.0, "change": 2.0, "reason": ""}
    ]
    assert review.summaries(store.workspace)[number] == seen.moves.to_dict("records")
    assert cost(store) == 3900


@pytest.mark.parametrize(("overlap", "total"), [("replace", 300), ("keep", 200), ("add", 500)])
def test_the_same_months_under_other_teams_are_asked_about(store, overlap, total):
    saved(store, "teams.csv", SHEET + "2025-01,North,120,10\n2025-01,South,80,10\n")
    saved(store, "whole.csv", "Month,Support cost,Tickets resolved\n2025-01,300,20\n", overlap)
    assert cost(store) == total


def test_excluding_a_cell_a_column_and_a_table():
    data = (SHEET + "2025-01,North,1,1\n2025-02,North,2,2\n").encode()

    def kept(*cells):
        found = check([("a.csv", data)], excluded=[Place("a.csv", None, cell) for cell in cells])
        rows = found.frames.get("observations", pd.DataFrame({"value": []}))
        return sorted(rows["value"])

    assert kept() == [1, 1, 2, 2]
    assert kept("C3") == [1, 1]
    assert kept("C:C") == [1, 2]
    assert kept(None) == []


def test_months_across_lose_only_the_figure_that_was_left_out():
    data = b"Measure,Team,2025-01,2025-02,2025-03\nSupport cost,North,1,2,3\nSupport cost,South,4,5,6\n"
    found = check([("a.csv", data)], excluded=[Place("a.csv", None, "D2")])
    assert sorted(found.frames["observations"]["value"]) == [1, 3, 4, 5, 6]


# Persons


def people(text: str):
    return check([("t.csv", text.encode())])


def test_persons_are_found_by_heading_and_by_value_and_left_out():
    rows = "".join(
        f"{i},2024-01-0{i},Ann Bell,a{i}@example.com,{'She wrote that the answer came late. ' * 3}\n"
        for i in range(1, 9)
    )
    table = people(f"No,Day,Requester,Reply to,Words\n{rows}").tables[0]
    assert table.personal == {
        "Requester": personal.LEFT,
        "Reply to": personal.LEFT,
        "Words": personal.LEFT,
    }


def test_headings_that_only_sound_like_persons_are_kept():
    rows = "".join(f"{i},2024-01-0{i},{i * 3},Web,Acme\n" for i in range(1, 9))
    assert people(f"No,Day,Comments,Contact type,Supplier Name\n{rows}").tables[0].personal == {}


def test_names_in_a_wanted_column_become_pseudonyms_that_last():
    rows = "".join(
        f"2024-01-0{i},{name},post\n"
        for i, name in enumerate(["Ann Bell", "Bo Cho", "ann bell"], 1)
    )
    entry = {
        "file": "t.csv",
        "source": "contributions",
        "columns": {"Date": "month", "Author": "contributor", "Kind": "kind"},
    }
    found = check([("t.csv", f"Date,Author,Kind\n{rows}".encode())], mappings=[entry])
    names = set(found.frames["contributions"]["contributor"])
    assert len(names) == 2
    assert all(name.startswith("person-") for name in names)
    assert found.tables[0].personal == {"Author": personal.PSEUDONYMS}
    assert "personal_pseudonyms" in {f.code for f in found.findings}


# Teams that merge


def test_teams_that_merge_on_a_date_are_added_up_from_then_on(store):
    sheet = b"Team,Other spellings,From\nCentral,North; South,2025-02\n"
    figures = (
        SHEET + "2025-01,North,10,1\n2025-01,South,20,2\n2025-02,North,30,3\n2025-02,South,40,4\n"
    ).encode()
    files = [("teams.csv", sheet), ("a.csv", figures)]
    found = review.examine(store.workspace, files)
    review.save(store.workspace, 1, files, found)
    rows = store.snapshot(store.client)["observations"]
    spent = rows[rows["measure"] == "support_cost"].set_index(["team", "month"])["value"]
    assert {(t, f"{m:%Y-%m}"): v for (t, m), v in spent.items()} == {
        ("North", "2025-01"): 10,
        ("South", "2025-01"): 20,
        ("Central", "2025-02"): 70,
    }
    assert store.snapshot(store.client).profile.reorganised == (
        ("North", "Central", "2025-02"),
        ("South", "Central", "2025-02"),
    )
    saved(store, "march.csv", SHEET + "2025-03,North,1,1\n2025-03,South,2,1\n")
    rows = store.snapshot(store.client)["observations"]
    march = rows[(rows["month"] == "2025-03-01") & (rows["measure"] == "support_cost")]
    assert march[["team", "value"]].to_numpy().tolist() == [["Central", 3.0]]


# The workbook back


def workbook() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Support"
    for row in (
        ["Month", "Team", "Support cost", "Tickets resolved"],
        ["2025-01", "North", "about 900", 10],
        ["2025-02", "North", 900, "=SUM(1,2)"],
    ):
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_the_same_workbook_comes_back_marked():
    data = workbook()
    found = check([("s.xlsx", data)])
    name, back = mark_workbook(found, "s.xlsx", data)
    book = openpyxl.load_workbook(io.BytesIO(back))
    cell = book["Support"]["C2"]
    assert name == "s marked.xlsx"
    assert cell.fill.fgColor.rgb.endswith(COLOURS[Severity.ERROR])
    assert "about 900" in cell.comment.text
    assert cell.value == "about 900"
    assert book["Support"]["D3"].value == "=SUM(1,2)", "what stands in the cells is left alone"
    assert book["Support"]["C3"].comment is None
    assert book.sheetnames == ["Support", "Findings"]
    assert len(list(book["Findings"].rows)) == len(found.findings) + 1


def test_other_formats_give_a_findings_sheet():
    found = check([("s.csv", (SHEET + "2025-01,=1+1,x,1\n").encode())])
    name, back = mark_workbook(found, "s.csv", b"")
    book = openpyxl.load_workbook(io.BytesIO(back))
    assert (name, book.sheetnames) == ("s findings.xlsx", ["Findings"])
    assert all(cell.data_type != "f" for row in book["Findings"].rows for cell in row)


# Originals have their time


def test_originals_go_after_their_time_and_the_figures_stay(store):
    saved(store, "a.csv", SHEET + "2025-01,North,10,1\n")
    assert review.enforce_retention(store.workspace) == 0
    assert (
        store.erase_originals(
            store.client, datetime.now(UTC).replace(tzinfo=None) + timedelta(seconds=5)
        )
        == 1
    )
    assert store.original(store.client, "r2.1") == ("a.csv", b"")
    assert list(review.originals(store.workspace)["erased"]) == [True]
    assert cost(store) == 10
    saved(store, "b.csv", SHEET + "2025-02,North,10,1\n")
    assert store.original(store.client, "r3.1")[1] != b""


def test_how_long_originals_are_kept_is_a_setting_with_history(store):
    assert review.retention_days(store.workspace) == review.RETENTION_DAYS
    review.keep_originals(store.workspace, 1, 90)
    assert review.retention_days(store.workspace) == 90
    assert store.document_history(store.client, "retention")[0]["author"] == LOCAL.email


# Without a screen


def test_a_script_maps_once_and_needs_no_mapping_next_month(tmp_path, monkeypatch, capsys):
    import cli

    monkeypatch.setenv("ATTUNE_DATABASE_URL", str(tmp_path / "a.sqlite"))

    def run(*words: str) -> dict:
        code = cli.main([*words, "--json"])
        answer = json.loads(capsys.readouterr().out)
        assert code in (0, 1), answer
        return answer

    def month(number: int) -> str:
        path = tmp_path / f"m{number}.csv"
        rows = "".join(
            f"{number}{d},Closed,Mail,2024-0{number}-{d:02},2024-0{number}-{d:02}\n"
            for d in range(1, 29)
        )
        path.write_text(f"Nr,Zustand,Weg,Auf,Zu\n{rows}")
        return str(path)

    mapping = tmp_path / "map.yaml"
    run("check", month(1), "--write-mapping", str(mapping))
    text = mapping.read_text()
    assert "# zendesk_tickets: ticket*" in text, "all names that may stand there are listed"
    entries = layouts.load(mapping)
    assert entries[0]["source"] is None
    entries[0] |= {
        "source": "zendesk_tickets",
        "columns": {
            "Nr": "ticket",
            "Zustand": "status",
            "Weg": "channel",
            "Auf": "created_at",
            "Zu": "solved_at",
        },
    }
    layouts.write(mapping, entries)
    first = run("ingest", month(1), "--client", "Acme", "--mapping", str(mapping), "--accept")
    assert "time_to_resolve" in {one["kpi"] for one in first["moved"]}
    second = run("ingest", month(2), "--client", "Acme", "--accept")
    assert second["files"][0]["tables"][0]["source"] == "zendesk_tickets"
    checked = run("check", month(3), "--client", "Acme")
    assert checked["files"][0]["tables"][0]["source"] == "zendesk_tickets"
    store = Store.open(str(tmp_path / "a.sqlite"))
    acme = store.named("Acme").id
    made = review.decisions(enter(store, LOCAL, acme))
    assert set(made["choice"]) <= {review.ACCEPT}
    assert "samples" not in review.mappings(enter(store, LOCAL, acme))[0], (
        "samples may name persons"
    )
    store.close()


def test_limits_are_settings_with_reasons():
    from ingest.limits import LIMITS, settings
    from metrics.errors import InvalidInput

    assert all(limit.why for limit in LIMITS)
    assert settings({"ATTUNE_LIMIT_SECONDS": "30", "PATH": "x"})["seconds"] == 30
    for wrong in ({"ATTUNE_LIMIT_SECONDS": "soon"}, {"ATTUNE_LIMIT_SECOND": "30"}):
        with pytest.raises(InvalidInput):
            settings(wrong)


def test_the_clients_fiscal_year_decides_what_a_quarter_is(store):
    """FY24 Q1 of a year that starts in July is July 2023.

    A target may be set for a quarter; a quarter's figure is no month's and is refused.
    """
    sheet = b"KPI,Month,Target\ncost_per_resolution,FY24 Q1,100\ncost_per_resolution,FY24 Q2,90\n"
    found = check([("a.csv", sheet)], Profile("x", ("support",), fiscal_year_start=7))
    months = sorted(found.frames["targets"]["month"].dt.strftime("%Y-%m"))
    assert months == ["2023-07", "2023-10"]
    plain = check([("a.csv", sheet)], Profile("x", ("support",)))
    months = sorted(plain.frames["targets"]["month"].dt.strftime("%Y-%m"))
    assert months == ["2024-01", "2024-04"]
    figures = b"Month,Support cost\nFY24 Q1,100\nFY24 Q2,200\n"
    refused = check([("a.csv", figures)], Profile("x", ("support",)))
    assert "rows_coarser_than_months" in {finding.code for finding in refused.findings}
    assert "observations" not in refused.frames or refused.frames["observations"].empty


@pytest.mark.parametrize(("order", "month"), [("D/M/Y", "2025-04"), ("M/D/Y", "2025-03")])
def test_the_order_of_dates_is_asked_and_the_answer_remembered(store, order, month):
    data = (SHEET.replace("Month", "Date") + "03/04/2025,North,1,1\n").replace("Date", "Month")
    files = [("a.csv", data.encode())]
    asked = review.examine(store.workspace, files)
    assert "format_assumed" in {f.code for f in asked.findings}
    table = asked.tables[0].table
    columns = {match.header: match.field for match in asked.tables[0].matches}
    entry = layouts.entry_for(table, "measures", columns, by="ann", order=order)
    found = review.examine(store.workspace, files, [entry])
    assert "format_assumed" not in {f.code for f in found.findings}
    assert set(found.frames["observations"]["month"].dt.strftime("%Y-%m")) == {month}
    review.save(store.workspace, 1, files, found, entries=[entry])
    later = review.examine(store.workspace, files)
    assert "format_assumed" not in {f.code for f in later.findings}
