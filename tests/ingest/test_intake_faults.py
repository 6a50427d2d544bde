"""What is wrong in a file is said with its place and left out; nothing else is lost."""

from __future__ import annotations

import ast
import io
import re
from datetime import date

import numpy as np
import pytest
import xlsxwriter

from ingest.intake import check
from metrics.model import Profile, Severity
from tests.support.places import ROOT
from words import knows, say

INGEST = ROOT / "ingest"
CODE = re.compile(r"^[a-z]+(_[a-z0-9]+)+$")
TYPING = ("numbers.py", "dates.py", "durations.py")


def csv(*lines: str) -> bytes:
    return ("\n".join(lines) + "\n").encode()


def examine(*lines: str, client: bool = False, **more):
    """Check one csv; every finding must be sayable with the facts it carries."""
    return examine_files([("t.csv", csv(*lines))], client, **more)


def examine_files(files, client: bool = False, **more):
    profile = Profile("Client", ("support",), currency="EUR") if client else None
    taken = check(files, profile, **more)
    for finding in taken.findings:
        assert len(say(f"findings.{finding.code}", **finding.facts)) > 20
    return taken


def one(taken, code: str):
    found = [finding for finding in taken.findings if finding.code == code]
    assert len(found) == 1, [f.code for f in taken.findings]
    return found[0]


def values(taken, measure: str) -> list[float]:
    rows = taken.frames["observations"]
    return rows.loc[rows["measure"] == measure, "value"].dropna().tolist()


# Every code has its sentence


def _texts(node: ast.AST, scope: ast.AST, depth: int = 0) -> set[str]:
    """Return the texts an expression may stand for; names are followed inside their function."""
    if isinstance(node, ast.IfExp):
        return _texts(node.body, scope) | _texts(node.orelse, scope)
    if isinstance(node, ast.Constant):
        return {node.value} if isinstance(node.value, str) else set()
    if not isinstance(node, ast.Name) or depth > 2:
        return set()
    found: set[str] = set()
    for each in ast.walk(scope):
        if isinstance(each, ast.Assign) and any(
            isinstance(t, ast.Name) and t.id == node.id for t in each.targets
        ):
            found |= _texts(each.value, scope, depth + 1)
        if isinstance(each, ast.For) and any(
            isinstance(t, ast.Name) and t.id == node.id for t in ast.walk(each.target)
        ):
            found |= {
                c.value
                for c in ast.walk(each.iter)
                if isinstance(c, ast.Constant) and isinstance(c.value, str)
            }
    return {text for text in found if CODE.match(text)}


def codes() -> set[str]:
    """Return every code a reader, a source or a sheet can find."""
    found = {f"not_a_{word}" for word in ("number", "date", "flag", "duration")}
    for path in INGEST.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if path.name in TYPING:  # whatever looks like a code there is why a cell was not read
            found |= {
                node.value
                for node in ast.walk(tree)
                if isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and CODE.match(node.value)
            }
        for scope in ast.walk(tree):
            if not isinstance(scope, ast.FunctionDef):
                continue
            for call in ast.walk(scope):
                if (
                    isinstance(call, ast.Call)
                    and getattr(call.func, "id", "")
                    in (
                        "Finding",
                        "Refused",
                    )
                    and call.args
                ):
                    found |= _texts(call.args[0], scope)
    return found


def test_every_code_that_can_be_found_has_a_sentence():
    found = codes()
    assert {"date_order", "decimal_mark", "month_twice", "file_corrupt", "hidden_sheet"} <= found
    assert len(found) > 50
    assert sorted(code for code in found if not knows(f"findings.{code}")) == []


def test_one_date_against_the_order_of_its_column_is_named():
    head = "Id,Group,Status,Via,Created at,Solved at"
    rows = [f"{i},G,Closed,Mail,{1 + i % 12}/{13 + i}/2017,12/31/2017" for i in range(9)]
    taken = examine(head, *rows, "99,G,Closed,Mail,31.02.2017,12/31/2017")
    finding = one(taken, "date_order")
    assert (str(finding.place), finding.value) == ("t.csv › E11", "31.02.2017")


# Numbers and money


@pytest.mark.parametrize("text", ["1e400", "-1e400", "inf"])
def test_infinite_numbers_are_no_numbers(text):
    taken = examine("Month,Team,Tickets", f"2024-01,A,{text}", "2024-02,A,5")
    assert (str(one(taken, "not_a_number").place), values(taken, "tickets")) == ("t.csv › C2", [5])


def test_numbers_beyond_any_business_are_left_out():
    taken = examine("Month,Team,Tickets", "2024-01,A,9e15", "2024-02,A,5")
    finding = one(taken, "number_too_large")
    assert (finding.severity, str(finding.place)) == (Severity.WARNING, "t.csv › C2")
    assert values(taken, "tickets") == [5]
    head = "PO Number,Status,Created Date,Supplier,Total,Currency"
    taken = examine(head, "1,Issued,2024-01-03,Ada,1e17,EUR", "2,Issued,2024-01-20,Bob,7,EUR")
    assert str(one(taken, "number_too_large").place) == "t.csv › E2"
    assert values(taken, "order_spend") == [7]


@pytest.mark.parametrize("name", ["Support cost", "Amount"])
def test_one_foreign_cell_does_not_empty_its_column(name):
    kind = "Category," if name == "Amount" else ""
    cells = ["100", "$200", "300"]
    rows = [f"2024-0{i},A,{'people,' if kind else ''}{cell}" for i, cell in enumerate(cells, 1)]
    taken = examine(f"Month,Team,{kind}{name}", *rows, client=True)
    finding = one(taken, "currency_without_rate")
    cell = "D3" if kind else "C3"
    assert (finding.severity, str(finding.place)) == (Severity.ERROR, f"t.csv › {cell}")
    if kind:
        assert taken.frames["costs"]["amount"].dropna().tolist() == [100, 300]
        return
    assert values(taken, "support_cost") == [100, 300]
    rows = taken.frames["observations"]
    assert rows.loc[np.isnan(rows["value"]), "reason"].tolist() == ["currency_without_rate"]


# Nothing but headings


def _workbook(header: list[str]) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        book.add_worksheet("Support").write_row(0, 0, header)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "header",
    [
        "Month,Team,Tickets,Support cost",
        "Id,Group,Status,Via,Created at,Solved at",
        "Month,Category,Amount",
        "Wave,Rater,Question,Answer",
        "KPI,Month,Target",
        "Date,Author ID,Kind",
        "Initiative,Function,Start",
        "Name,Legs",
        "Month,Measure,Value",
        "opportunity_id,deal_stage,engage_date,close_date,close_value",
        "Body Name,Organisational Unit,Paid Date,Trans No,Amount,Type,Supplier Name",
    ],
)
def test_headings_without_rows_are_a_finding(header):
    names = header.split(",")
    taken = examine_files([("h.csv", csv(header)), ("h.xlsx", _workbook(names))])
    assert set(taken.outcomes.values()) <= {"warnings", "refused"}
    said = {f.place.file for f in taken.findings if f.severity is not Severity.INFO}
    assert said == {"h.csv", "h.xlsx"}


# Functions, months and headings of summary sheets


def test_functions_that_are_unknown_or_do_not_own_a_measure():
    rows = [
        "legal,A,2024-01,7,5,",
        "Support,A,2024-02,8,6,90",
        "Sales,A,2024-03,9,,91",
        ",A,2024-04,10,7,",
    ]
    taken = examine("Function,Team,Month,Tickets,Support cost,Active customers", *rows)
    unknown, foreign = one(taken, "function_unknown"), one(taken, "function_not_of_measure")
    assert (unknown.severity, str(unknown.place)) == (Severity.ERROR, "t.csv › A2")
    assert (foreign.severity, str(foreign.place)) == (Severity.ERROR, "t.csv › D4")
    assert values(taken, "tickets") == [8, 10]
    assert values(taken, "active_customers") == [90, 91]


def test_a_month_in_two_files_counts_once():
    one_, two = csv("Month,Team,Tickets", "2024-01,A,7"), csv("Month,Team,Tickets", "2024-01,A,8")
    taken = examine_files([("one.csv", one_), ("two.csv", two)])
    finding = one(taken, "month_in_two_files")
    assert (finding.severity, str(finding.place)) == (Severity.ERROR, "two.csv › C2")
    assert finding.facts["first"] == "one.csv › C2"
    assert values(taken, "tickets") == [7]


def test_the_same_file_twice_counts_once():
    same = csv("Month,Team,Tickets", "2024-01,A,7")
    taken = examine_files([("one.csv", same), ("copy.csv", same)])
    finding = one(taken, "file_twice")
    assert (finding.place.file, finding.facts["first"]) == ("copy.csv", "one.csv")
    assert values(taken, "tickets") == [7]
    assert taken.outcomes == {"one.csv": "loads", "copy.csv": "warnings"}


def test_a_summary_sheet_without_months_is_named():
    finding = one(examine("Mnth,Team,Tickets", "2024-01,A,7"), "no_month_column")
    assert finding.severity is Severity.ERROR
    assert "Mnth" in finding.facts["closest"]
    assert one(examine("Team,Tickets", "A,7"), "no_month_column").facts["closest"] == ""


@pytest.mark.parametrize("more", ["", ",Support cost"])
def test_a_misspelt_heading_is_named_with_the_closest(more):
    taken = examine(f"Month,Team,Tickts{more}", f"2024-01,A,7{',9' if more else ''}")
    finding = one(taken, "heading_misspelt")
    assert (str(finding.place), finding.value) == ("t.csv › C:C", "Tickts")
    assert finding.facts["closest"].lower() == "tickets"


def test_a_heading_twice_counts_once():
    taken = examine("Month,Team,Tickets,Tickets", "2024-01,A,7,8")
    assert str(one(taken, "heading_twice").place) == "t.csv › D:D"
    assert values(taken, "tickets") == [7]


def test_a_share_is_not_a_count():
    taken = examine("Month,Team,Tickets", "2024-01,A,7%", "2024-02,A,8")
    finding = one(taken, "not_a_count")
    assert (finding.severity, str(finding.place)) == (Severity.ERROR, "t.csv › C2")
    assert values(taken, "tickets") == [8]


def test_a_month_far_ahead_is_left_out_and_moves_nothing():
    rows = ["2024-01,A,7", "2024-03,A,8", "2042-01,A,9"]
    taken = examine("Month,Team,Tickets", *rows, as_of=date(2024, 2, 29))
    assert str(one(taken, "month_in_future").place) == "t.csv › A4"
    assert values(taken, "tickets") == [7, 8]
    assert examine("Month,Team,Tickets", rows[0], rows[2]).as_of == date(2024, 1, 31)


def test_teams_that_differ_in_case_are_one():
    taken = examine("Month,Team,Tickets", "2024-01,North,7", "2024-02,NORTH,8", "2024-02,north,9")
    assert set(taken.frames["observations"]["team"]) == {"North"}
    assert one(taken, "month_twice").facts["first"] == 3


def test_random_bytes_are_refused():
    noise = np.random.default_rng(7).integers(0, 256, 5000, dtype=np.uint8).tobytes()
    taken = examine_files([("noise.csv", b"a," + noise)])
    assert taken.outcomes == {"noise.csv": "refused"}


def test_a_stage_nobody_knows_is_named_and_counts_as_open():
    head = "opportunity_id,deal_stage,engage_date,close_date,close_value"
    rows = ["1,Won,2024-01-03,2024-01-09,5", "2,Maybe,2024-01-04,,", "3,maybe,2024-01-05,,"]
    taken = examine(head, *rows)
    finding = one(taken, "value_unknown")
    assert (finding.value, finding.count, finding.severity) == ("Maybe", 2, Severity.WARNING)
    assert (values(taken, "opportunities"), values(taken, "deals_won")) == ([3], [1])
