"""Won, lost, done, cancelled: what closes a record, by flags, stages and statuses."""

from __future__ import annotations

import pytest

from ingest.intake import check
from metrics.model import Severity

DEALS = "Opportunity ID,Stage,Amount,Amount Currency,Created Date,Close Date"


def read(head: str, *lines: str, **told):
    return check([("a.csv", "\n".join([head, *lines, ""]).encode())], **told)


def sums(found) -> dict[str, float]:
    rows = found.frames["observations"].dropna(subset="value")
    return rows.groupby("measure")["value"].sum().to_dict()


def codes(found) -> dict[str, object]:
    return {finding.code: finding for finding in found.findings}


def deals(*stages: str) -> list[str]:
    return [
        f"D{n},{stage},100,EUR,2025-01-0{n + 1},2025-02-0{n + 1}" for n, stage in enumerate(stages)
    ]


@pytest.mark.parametrize(
    ("stages", "wanted", "first"),
    [
        (("Closed Won", "Closed Won", "Went to a rival", "Talks"), "lost", "B4"),
        (("Contract signed", "Closed Lost", "Talks"), "won", "B2"),
    ],
)
def test_a_system_s_stage_for_one_outcome_asks_for_the_other(stages, wanted, first) -> None:
    asked = codes(read(DEALS, *deals(*stages)))["stages_one_sided"]
    assert (asked.severity, asked.facts["wanted"]) == (Severity.WARNING, wanted)
    assert asked.place.cell == first


def test_both_outcomes_of_the_system_ask_nothing() -> None:
    found = read(DEALS, *deals("Closed Won", "Closed Lost", "Talks"))
    assert not {"stages_one_sided", "stages_unknown"} & set(codes(found))


def test_the_answer_stands_beside_the_system_s_own_stage() -> None:
    lines = deals("Closed Won", "Closed Won", "Went to a rival", "Talks")
    first = read(DEALS, *lines)
    entry = {
        "file": "a.csv",
        "source": "salesforce_opportunities",
        "columns": dict(first.tables[0].mapping),
        "stages": {"Went to a rival": "lost"},
    }
    told = read(DEALS, *lines, mappings=[entry])
    assert (sums(told)["deals_won"], sums(told)["deals_lost"]) == (2, 1)
    assert "stages_one_sided" not in codes(told)


def test_a_closed_deal_is_a_fact_however_long_ago_it_began() -> None:
    found = read(
        DEALS,
        "D1,Closed Won,100,EUR,2021-01-05,2025-02-01",
        "D2,Closed Lost,50,EUR,2025-03-01,2025-02-20",
        "D3,Talks,70,EUR,2025-01-01,2027-12-01",
    )
    assert (sums(found)["deals_won"], sums(found)["deals_lost"]) == (1, 1)


JIRA = "Issue key,Issue Type,Status,Status Category,Created,Resolved,Resolution,Project name"
SNOW = "number,opened_at,resolved_at,sys_updated_at,state,assignment_group,reassignment_count"
ZENDESK = "Id,Group,Status,Via,Created at,Solved at"


@pytest.mark.parametrize(
    ("head", "lines", "counted", "cancelled"),
    [
        (
            JIRA,
            [
                "A-1,Task,Accepted,Done,2025-01-01,,,P",
                "A-2,Task,Cancelled,Done,2025-01-02,2025-01-09,,P",
                "A-3,Task,Closed,Done,2025-01-03,2025-01-09,Won't Do,P",
                "A-4,Task,Working,In Progress,2025-01-04,,,P",
            ],
            {"work_items": 2, "resolved_items": 1},
            2,
        ),
        (
            SNOW,
            [
                "I1,2025-01-01,2025-01-03,2025-01-03,Closed,G,0",
                "I2,2025-01-02,,2025-01-02,New,G,0",
                "I2,2025-01-02,2025-01-05,2025-01-05,Canceled,G,0",
            ],
            {"tickets": 1, "resolved_tickets": 1},
            1,
        ),
        (
            ZENDESK,
            ["1,G,Closed,Mail,2025-01-01,2025-01-03", "2,G,Deleted,Mail,2025-01-02,2025-01-03"],
            {"tickets": 1, "resolved_tickets": 1},
            1,
        ),
    ],
    ids=["jira", "servicenow", "zendesk"],
)
def test_what_was_cancelled_is_out_and_counted(head, lines, counted, cancelled) -> None:
    found = read(head, *lines)
    assert {key: sums(found)[key] for key in counted} == counted
    assert codes(found)["records_cancelled"].count == cancelled
