"""The one door: bad input becomes findings with a place, good rows are kept."""

from __future__ import annotations

import io
from datetime import date

import numpy as np
import pytest
import xlsxwriter

from ingest import layouts, mapping
from ingest.intake import check
from ingest.teams import Teams
from metrics.model import Profile, Severity
from words import say


def csv(*lines: str) -> bytes:
    return ("\n".join(lines) + "\n").encode()


def workbook(**sheets: list[list]) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for i, row in enumerate(rows):
                sheet.write_row(i, 0, row)
    return buffer.getvalue()


def one(intake, code: str):
    found = [finding for finding in intake.findings if finding.code == code]
    assert len(found) == 1, [f.code for f in intake.findings]
    return found[0]


@pytest.fixture(autouse=True)
def every_finding_has_a_sentence(monkeypatch):
    """Whatever a test here finds, words can say it with the facts it carries."""
    from ingest import intake

    real = intake.check_readings

    def spoken(*arguments):
        result = real(*arguments)
        for finding in result.findings:
            facts = {"value": finding.value, **finding.facts}
            assert len(say(f"findings.{finding.code}", **facts)) > 20
        return result

    monkeypatch.setattr(intake, "check_readings", spoken)


COSTS = [
    ["Month", "Team", "Support cost (EUR)", "Tickets opened"],
    ["2024-01", "North", 1000, 50],
    ["2024-01", "South", 800, 40],
    ["2024-02", "North", 1100, 55],
    ["2024-02", "South", 700, 35],
]


def test_a_summary_sheet_becomes_observations_with_cells():
    taken = check([("support.xlsx", workbook(Support=COSTS))])
    rows = taken.frames["observations"]
    row = rows[(rows["measure"] == "support_cost") & (rows["month"] == "2024-02-01")]
    assert dict(zip(row["team"], row["value"], strict=True)) == {"North": 1100, "South": 700}
    assert row["place"].tolist() == ["support.xlsx › Support!C4", "support.xlsx › Support!C5"]
    assert taken.outcomes == {"support.xlsx": "loads"}
    assert taken.tables[0].measures == ("support_cost", "tickets")
    assert taken.tables[0].months == ("2024-01", "2024-02")


def test_text_where_a_number_should_be():
    bad = [row[:] for row in COSTS]
    bad[3][2] = "about 1,100"
    taken = check([("support.xlsx", workbook(Support=bad))])
    finding = one(taken, "not_a_number")
    assert (finding.severity, str(finding.place)) == (
        Severity.ERROR,
        "support.xlsx › Support!C4",
    )
    assert finding.value == "about 1,100"
    rows = taken.frames["observations"]
    cell = rows[rows["place"] == "support.xlsx › Support!C4"].iloc[0]
    assert np.isnan(cell["value"])
    assert cell["reason"] == "cell_empty"
    assert rows["value"].notna().sum() == 7
    assert taken.outcomes["support.xlsx"] == "warnings"


def test_only_the_first_bad_cells_are_named_and_the_rest_counted():
    rows = [f"{i},G,Closed,Mail,2024-01-{1 + i % 28:02},,twice" for i in range(40)]
    head = "Id,Group,Status,Via,Created at,Solved at,Reopens"
    taken = check([("t.csv", csv(head, *rows))])
    assert sum(f.code == "not_a_number" for f in taken.findings) == 20
    assert one(taken, "more_bad_cells").count == 20
    assert next(str(f.place) for f in taken.findings if f.code == "not_a_number") == "t.csv › G2"


def test_a_month_twice_with_other_numbers_is_used_neither_way():
    twice = [*COSTS, ["2024-02", "South", 701, 35]]
    taken = check([("support.xlsx", workbook(Support=twice))])
    finding = one(taken, "month_twice")
    assert (str(finding.place), finding.facts["first"]) == ("support.xlsx › Support!A6", 5)
    rows = taken.frames["observations"]
    south = rows[(rows["team"] == "South") & (rows["month"] == "2024-02-01")]
    assert south["value"].isna().all()
    assert set(south["reason"]) == {"month_twice"}


def test_a_month_twice_with_the_same_numbers_counts_once():
    taken = check([("support.xlsx", workbook(Support=[*COSTS, COSTS[-1]]))])
    assert one(taken, "month_repeated").severity is Severity.WARNING
    rows = taken.frames["observations"]
    assert rows.loc[rows["measure"] == "tickets", "value"].sum() == 180


def test_a_negative_cost_is_an_error_at_its_cell():
    bad = [row[:] for row in COSTS]
    bad[1][2] = -5
    taken = check([("support.xlsx", workbook(Support=bad))])
    assert str(one(taken, "negative_cost").place) == "support.xlsx › Support!C2"
    rows = taken.frames["observations"]
    assert rows.loc[rows["reason"] == "negative_cost", "value"].isna().all()


def test_a_totals_row_counts_nothing_twice():
    total = [*COSTS, ["Total", "", 3600, 180]]
    rows = check([("support.xlsx", workbook(Support=total))]).frames["observations"]
    assert rows.loc[rows["measure"] == "tickets", "value"].sum() == 180


def test_a_missing_column_is_named():
    head = "Body Name,Organisational Unit,Paid Date,Trans No,Type,Supplier Name"
    taken = check([("spend.csv", csv(head, "X,U,01/02/2024,1,Revenue,Ada"))])
    finding = one(taken, "missing_required_column")
    assert finding.facts["columns"] == "“amount”"
    assert taken.outcomes["spend.csv"] == "warnings"
    assert taken.tables[0].source is None


def test_an_unknown_table_still_loads():
    taken = check([("pets.csv", csv("Name,Kind,Legs", "Rex,dog,4", "Tom,cat,4"))])
    assert taken.outcomes == {"pets.csv": "loads"}
    assert (taken.tables[0].source, taken.tables[0].rows) == (None, 2)
    assert one(taken, "unknown_table").severity is Severity.INFO


def test_an_empty_file_is_refused():
    assert check([("empty.csv", b"")]).outcomes == {"empty.csv": "refused"}


SPEND = "Body Name,Organisational Unit,Paid Date,Trans No,Amount,Type,Supplier Name"


def test_dates_that_cannot_be_are_left_out_and_counted():
    rows = [
        "X,U,01/02/2024,1,10,Revenue,Ada",
        "X,U,01/01/1970,2,20,Revenue,Ada",
        "X,U,01/02/2093,3,40,Revenue,Ada",
        "X,U,,4,80,Revenue,Ada",
    ]
    taken = check([("spend.csv", csv(SPEND, *rows))])
    assert one(taken, "date_placeholder").count == 1
    assert one(taken, "date_in_future").count == 1
    assert one(taken, "rows_without_date").count == 1
    frame = taken.frames["observations"]
    assert frame.loc[frame["measure"] == "spend", "value"].sum() == 10


def test_as_of_marks_the_month_that_is_not_over():
    rows = [f"X,U,{d:02}/02/2024,{d},10,Revenue,Ada" for d in range(1, 29)]
    taken = check([("spend.csv", csv(SPEND, *rows))], as_of=date(2024, 2, 20))
    frame = taken.frames["observations"]
    assert set(frame["reason"]) == {"month_not_over"}
    assert frame.loc[frame["measure"] == "payments", "value"].sum() == 20
    assert taken.as_of == date(2024, 2, 20)


# Money, teams


ORDERS = csv(
    "PO Number,Status,Created Date,Supplier,Department,Total,Currency,Last Acknowledged",
    "1,Issued,2024-01-03,Ada,EMEA Procurement,100.00,EUR,",
    "2,Issued,2024-01-20,Bob,Procurement EMEA,100.00,USD,",
    "3,Cancelled,2024-01-31,Bob,Procurement EMEA,999.00,EUR,",
    "4,Issued,2024-01-31,Bob,Asia,10.00,EUR,",
)


def profile(**more) -> Profile:
    return Profile("Client", ("procurement",), currency="EUR", **more)


def test_amounts_are_converted_into_the_base_currency():
    client = profile(exchange_rates={"USD": 0.9}, teams={"EMEA": (), "APAC": ("Asia",)})
    taken = check([("orders.csv", ORDERS)], client)
    rows = taken.frames["observations"]
    spend = rows[rows["measure"] == "order_spend"].set_index("team")["value"].to_dict()
    assert spend == {"EMEA": 190, "APAC": 10}
    assert set(rows.loc[rows["measure"] == "order_spend", "currency"]) == {"EUR"}
    assert not [f for f in taken.findings if f.code == "team_unknown"]


def test_an_amount_without_a_rate_leaves_the_sum_unknown():
    taken = check([("orders.csv", ORDERS)], profile(teams={"EMEA": (), "APAC": ("Asia",)}))
    finding = one(taken, "currency_without_rate")
    assert (finding.value, finding.count, finding.severity) == ("USD", 1, Severity.ERROR)
    rows = taken.frames["observations"].set_index(["measure", "team"])
    assert np.isnan(rows.loc[("order_spend", "EMEA"), "value"])
    assert rows.loc[("order_spend", "EMEA"), "reason"] == "currency_without_rate"
    assert rows.loc[("order_spend", "APAC"), "value"] == 10
    assert rows.loc[("purchase_orders", "EMEA"), "value"] == 2


def test_statistics_of_amounts_without_a_rate_say_so():
    rows = ["X,U,01/02/2024,1,10,Revenue,Ada", "X,U,02/02/2024,2,30,Revenue,Bob"]
    taken = check([("spend.csv", csv(SPEND, *rows))], profile())
    assert one(taken, "currency_without_rate").value == "GBP"
    frame = taken.frames["statistics"].query("team == 'all' and period == 'whole'")
    frame = frame.set_index("statistic")
    assert np.isnan(frame.loc["top_ten_spend_share", "value"])
    assert frame.loc["top_ten_spend_share", "reason"] == "currency_without_rate"
    assert frame.loc["active_suppliers", "value"] == 2


def test_spellings_of_a_team_are_one_and_strangers_are_named():
    taken = check([("orders.csv", ORDERS)], profile(teams={"EMEA": ()}))
    assert set(taken.frames["observations"]["team"]) == {"EMEA", "Asia"}
    assert one(taken, "team_unknown").facts["teams"] == "Asia"


def test_team_words():
    teams = Teams({"DACH": ("Region D",), "US East": ("USA East",), "US West": ()})
    assert teams.find("Support DACH") == "DACH"
    assert teams.find("dach SALES team") == "DACH"
    assert teams.find("Usa east procurement") == "US East"
    assert teams.find("East") is None
    assert teams.find("all") == "all"


def test_files_may_declare_teams_and_rates():
    sheets = workbook(
        Teams=[
            ["Function", "Team", "Other spellings"],
            ["Procurement", "EMEA", "Europe; EMEA Procurement"],
            ["Procurement", "APAC", "Asia"],
        ],
        Rates=[["Currency", "EUR for one unit"], ["EUR", 1], ["USD", 0.5]],
    )
    taken = check([("company.xlsx", sheets), ("orders.csv", ORDERS)])
    stated = taken.declared
    assert stated.teams["EMEA"] == ("Europe", "EMEA Procurement")
    assert (stated.currency, stated.rates["USD"]) == ("EUR", 0.5)
    rows = taken.frames["observations"]
    spend = rows[rows["measure"] == "order_spend"].set_index("team")["value"].to_dict()
    assert spend == {"EMEA": 150, "APAC": 10}


# Mapping


def test_a_mapping_written_edited_and_loaded_wins(tmp_path):
    strange = csv("Nr,Team,Zustand,Weg,Auf,Zu", "1,A,Closed,Mail,2024-01-03,2024-01-31")
    before = check([("t.csv", strange)])
    assert before.tables[0].source is None
    table = before.tables[0].table
    entry = layouts.entry(layouts.choose(table, ()))
    entry["source"] = "zendesk_tickets"
    entry["columns"] |= {
        "Nr": "ticket",
        "Team": "group",
        "Zustand": "status",
        "Weg": "channel",
        "Auf": "created_at",
        "Zu": "solved_at",
    }
    layouts.write(tmp_path / "mapping.yaml", [entry])
    remembered = layouts.load(tmp_path / "mapping.yaml")
    february = csv("Zu,Auf,Nr,Team,Zustand,Weg", "2024-02-29,2024-02-01,9,A,Closed,Mail")
    after = check([("t.csv", strange), ("other name.csv", february)], mappings=remembered)
    rows = after.frames["observations"]
    assert rows.loc[rows["measure"] == "resolved_tickets", "value"].sum() == 2
    assert after.tables[0].confidence == 1
    assert after.tables[1].mapping["Nr"] == "ticket"


def test_suggestions_show_confidence_and_samples():
    table = check([("orders.csv", ORDERS)]).tables[0].table
    suggestion = mapping.suggest(table)
    total = next(match for match in suggestion.matches if match.field == "total")
    assert (total.header, total.confidence, total.samples) == (
        "Total",
        1.0,
        ("100.00", "999.00", "10.00"),
    )


def test_a_broken_mapping_file_says_so(tmp_path):
    from metrics.errors import InvalidInput

    path = tmp_path / "mapping.yaml"
    path.write_text("a: [1", encoding="utf-8")
    with pytest.raises(InvalidInput):
        layouts.load(path)


# Other sheets


def test_answers_typed_by_hand_are_understood_or_named():
    rows = [
        ["Wave", "Rater", "Function", "Question", "Answer", "Evidence kind"],
        ["2026-10", "R1", "Support", "STR-2", " in ALL or nearly all (over 85 %) ", "kpi"],
        ["2026-10", "R1", "Support", "STR-3", 0.5, "document"],
        ["2026-10", "R1", "Support", "STR-4", "Don't know", "assertion"],
        ["2026-10", "R1", "Support", "STR-5", "ask Bob", "assertion"],
    ]
    taken = check([("answers.xlsx", workbook(Answers=rows))])
    frame = taken.frames["answers"].set_index("question")
    assert frame["value"].round(2).to_dict().keys() == {"STR-2", "STR-3", "STR-4"}
    assert frame.loc["STR-2", "value"] == 1
    assert frame.loc["STR-3", "value"] == 0.5
    assert frame.loc["STR-4", "state"] == "don't know"
    assert str(one(taken, "answer_unknown").place) == "answers.xlsx › Answers!E5"


def test_costs_initiatives_targets_and_contributions():
    book = workbook(
        Costs=[
            ["Month", "Function", "Team", "Initiative", "Category", "Amount (EUR)"],
            ["2024-01", "Support", "North", "Forum", "Licences", 100],
            ["2024-02", "Support", "North", "Forum", "People", -3],
        ],
        Initiatives=[
            ["Initiative", "Function", "Teams", "Start", "KPI", "Expected effect"],
            ["Forum", "Support", "North; South", "2024-02", "Contact rate", "-10 %"],
        ],
        Targets=[
            ["KPI", "Function", "Month", "Target"],
            ["Contact rate", "Support", "2025-01", 2.5],
        ],
        Posts=[
            ["Date", "Author ID", "Kind", "Function"],
            ["2024-01-03", "p1", "Reply", "Support"],
            ["2024-01-09", "p1", "Reply", "Support"],
        ],
    )
    taken = check([("plan.xlsx", book)])
    costs = taken.frames["costs"]
    assert costs["amount"].sum() == 100
    assert costs.iloc[0]["category"] == "licences"
    assert str(one(taken, "negative_cost").place) == "plan.xlsx › Costs!F3"
    initiative = taken.frames["initiatives"].iloc[0]
    assert (initiative["kpi"], initiative["function"]) == ("contact_rate", "support")
    assert initiative["expected"] == pytest.approx(-0.1)
    assert taken.frames["targets"].iloc[0]["kpi"] == "contact_rate"
    assert taken.frames["contributions"].iloc[0]["count"] == 2


def test_people_become_pseudonyms_that_last():
    posts = csv(
        "Date,Author ID,Kind,Function",
        "2024-01-03,Ada Byron,Reply,Support",
        "2024-01-09,ada byron,Reply,Support",
        "2024-01-09,u7,Reply,Support",
    )
    people = set(check([("posts.csv", posts)]).frames["contributions"]["contributor"])
    assert len(people) == 2
    assert "u7" in people
    assert not any("ada" in name.lower() for name in people)


def test_long_numbers_that_are_names_keep_all_digits():
    ids = [1234567890123, 1234567890124]
    rows = [
        ["Id", "Group", "Status", "Via", "Created at", "Solved at"],
        *([i, "A", "Closed", "Mail", "2024-01-03", "2024-01-31"] for i in ids),
    ]
    rows_csv = csv(
        "Id,Group,Status,Via,Created at,Solved at", f"{ids[0]},A,Closed,Mail,2024-01-03,2024-01-31"
    )
    taken = check([("t.xlsx", workbook(Tickets=rows)), ("t.csv", rows_csv)])
    frame = taken.frames["observations"]
    assert frame.loc[frame["measure"] == "tickets", "value"].sum() == 2
    assert one(taken, "repeated_records").count == 1


def test_months_across_become_rows_with_their_own_cells():
    rows = [
        ["Measure", "Team", "Jan 2024", "Feb 2024", "Mar 2024"],
        ["Tickets opened", "North", 1, 2, 3],
        ["Support cost", "North", 10, 20, 30],
        ["Cups of tea", "North", 7, 8, 9],
    ]
    taken = check([("w.xlsx", workbook(Support=rows))])
    frame = taken.frames["observations"].set_index(["measure", "month"])
    assert frame.loc[("support_cost", "2024-02-01"), "value"] == 20
    assert frame.loc[("support_cost", "2024-02-01"), "place"] == "w.xlsx › Support!D3"
    assert frame.loc[("tickets", "2024-03-01"), "value"] == 3
    assert one(taken, "measure_unknown").value == "Cups of tea"
