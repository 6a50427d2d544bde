"""Hires, postings and work items: counted by hand, and on public data against pandas."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ingest.intake import check
from metrics.measures.kpis import kpi_values
from tests.support.places import DATA

HIRES = b"""Requisition ID,Region,Candidate Source,Requisition Opened,Hire Date,Termination Date
R1,North,Employee referral,2024-01-02,2024-01-12,
R2,North,Job board,2024-01-01,2024-01-31,2024-11-30
R3,South,Referral,2024-01-05,2024-01-25,2025-03-31
R4,South,,2024-01-11,2024-01-21,
R5,South,Agency,2025-02-01,2025-02-11,2025-03-01
"""
ISSUES = b"""Summary,Issue key,Issue Type,Status,Created,Resolved,Resolution,Project name,Reporter type
a,T-1,Idea,Done,2025-01-02,2025-01-12,Done,North,Customer
b,T-2,Idea,Done,2025-01-03,2025-01-05,Won't do,North,Employee
c,T-3,Bug,Done,2025-01-04,2025-01-10,Fixed,North,Customer
d,T-4,Improvement,Open,2025-02-01,,,South,Partner
"""


def sums(file: str, content: bytes, **where: str) -> dict[str, float]:
    rows = check([(file, content)]).frames["observations"]
    for column, value in where.items():
        rows = rows[rows[column].astype(str) == value]
    return rows.groupby("measure")["value"].sum().to_dict()


def test_hires_by_hand():
    january = sums("hires.csv", HIRES, month="2024-01-01")
    assert (january["hires"], january["source_known_hires"], january["referred_hires"]) == (4, 3, 2)
    assert (january["fill_days"], january["timed_hires"]) == (10 + 30 + 20 + 10, 4)
    # The list ends on 2025-03-31: all of January 2024 was followed for a year, R2 left before it.
    assert (january["followed_hires"], january["retained_hires"]) == (4, 3)
    assert (january["observed_hires"], january["left_hires"]) == (4, 2)


def test_hires_of_the_last_year_are_not_followed_yet():
    recent = sums("hires.csv", HIRES, month="2025-02-01")
    assert (recent["hires"], recent["followed_hires"], recent["left_hires"]) == (1, 0, 1)


def test_ideas_and_work_items_by_hand():
    january = sums("issues.csv", ISSUES, month="2025-01-01")
    assert (january["work_items"], january["resolved_items"], january["item_days"]) == (3, 3, 18)
    assert (january["ideas"], january["implemented_ideas"], january["external_ideas"]) == (2, 1, 1)
    february = sums("issues.csv", ISSUES, month="2025-02-01")
    assert (february["ideas"], february["external_ideas"]) == (1, 1)
    assert february["resolved_items"] == 0


def real(name: str):
    if not (DATA / name).exists():
        pytest.skip(f"real data not found: {name} under ATTUNE_DATA={DATA}")
    return check([(Path(name).name, (DATA / name).read_bytes())])


def monthly(intake, kpi: str) -> pd.Series:
    values = kpi_values(intake.frames["observations"]).query("team == 'all' and item == 'all'")
    return values[values["kpi"] == kpi].set_index("month")["value"].dropna()


def test_a_tracker_history_by_month_equals_pandas():
    intake = real("product/aea_jira_issue_history.csv")
    log = pd.read_csv(DATA / "product" / "aea_jira_issue_history.csv", dtype=str)
    first = log.groupby("ticket")[["date_created", "date_resolved"]].first()
    created, resolved = (pd.to_datetime(first[c]) for c in first)
    month = created.dt.to_period("M").dt.to_timestamp()
    share = resolved.notna().groupby(month).mean()
    days = (resolved - created).dt.days.groupby(month).mean()
    np.testing.assert_allclose(monthly(intake, "items_resolved"), share, rtol=1e-9)
    np.testing.assert_allclose(monthly(intake, "item_cycle_days"), days.dropna(), rtol=1e-9)
    rows = intake.frames["observations"].groupby("measure")["value"].sum()
    assert (rows["work_items"], rows["resolved_items"]) == (649, 588)


def test_job_postings_by_month_equal_pandas():
    intake = real("hr/nyc-jobs.csv")
    raw = pd.read_csv(DATA / "hr" / "nyc-jobs.csv", dtype=str, encoding="latin-1")
    month = pd.to_datetime(raw["Posting Date"]).dt.to_period("M").dt.to_timestamp()
    internal = (raw["Posting Type"] == "Internal").groupby(month).mean()
    np.testing.assert_allclose(monthly(intake, "internal_posting_share"), internal, rtol=1e-9)
    rows = intake.frames["observations"].groupby("measure")["value"].sum()
    assert (rows["postings"], rows["internal_postings"]) == (3_843, 2_129)
    assert rows["positions"] == raw["# Of Positions"].astype(int).sum()
    assert "only_current_postings" in {finding.code for finding in intake.findings}


def test_staff_without_dates_give_the_published_referral_share():
    told = {
        f.facts["key"]: f.facts["value"]
        for f in real("hr/turnover.csv").findings
        if f.code == "no_dates"
    }
    assert told["referral_share_of_hires"] == pytest.approx(95 / 1_129, abs=1e-12)
    assert told["hires_who_left"] == pytest.approx(571 / 1_129, abs=1e-12)
