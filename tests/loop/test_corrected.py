"""A file that comes again: corrected, grown, of another team, or of the next month."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loop import review, uploads
from metrics.frames import FRAMES
from metrics.model import Profile, Snapshot

COSTS = [1_000.0, 1_130.0, 1_270.0, 990.0, 1_410.0, 1_520.0]
TICKETS = [110, 95, 132, 101, 87, 140]


def sheet(*parts: tuple[str, str, int], scale: float = 1.0) -> bytes:
    """A summary sheet: (team, first month, how many months) below each other."""
    lines = ["Month,Team,Support cost,Tickets resolved"]
    for team, first, count in parts:
        lines += [
            f"{month:%Y-%m},{team},{COSTS[i % 6] * scale + 7 * i},{TICKETS[i % 6] + i}"
            for i, month in enumerate(pd.date_range(first, periods=count, freq="MS"))
        ]
    return "\n".join(lines).encode()


def put(workspace, name: str, data: bytes, overlap="replace") -> set[str]:
    files = [(name, data)]
    found = review.examine(workspace, files)
    uploads.accept(workspace, workspace.revision(), files, found, overlap)
    return {finding.code for finding in found.findings}


def empty_frames() -> dict[str, pd.DataFrame]:
    return {name: frame.conform(pd.DataFrame()) for name, frame in FRAMES.items()}


def told(workspace) -> dict[tuple[str, str], float]:
    rows = workspace.snapshot()["observations"]
    rows = rows[rows["measure"] == "support_cost"]
    return {(r.team, f"{r.month:%Y-%m}"): r.value for r in rows.itertuples()}


@pytest.mark.parametrize("name", ["costs.csv", "costs (1).csv", "costs_v2.csv", "other name.csv"])
def test_a_mended_team_leaves_nothing_of_its_old_spelling(workspace, name) -> None:
    put(workspace, "costs.csv", sheet(("North", "2025-01", 6), ("Suoth", "2025-01", 6)))
    found = put(workspace, name, sheet(("North", "2025-01", 6), ("South", "2025-01", 6)))
    assert {team for team, _ in told(workspace)} == {"North", "South"}
    assert len(told(workspace)) == 12
    assert "file_corrected" in found


def test_a_slip_folded_into_a_team_that_was_there(workspace) -> None:
    before = b"Month,Team,Support cost\n2025-01,North,100\n2025-01,Nroth,20\n2025-02,North,130\n"
    after = b"Month,Team,Support cost\n2025-01,North,120\n2025-02,North,130\n"
    put(workspace, "costs.csv", before)
    put(workspace, "costs.csv", after)
    assert told(workspace) == {("North", "2025-01"): 120, ("North", "2025-02"): 130}


def test_a_year_that_was_wrong_moves_every_month(workspace) -> None:
    put(workspace, "costs.csv", sheet(("North", "2023-01", 12)))
    put(workspace, "costs.csv", sheet(("North", "2024-01", 12)))
    assert {month[:4] for _, month in told(workspace)} == {"2024"}


def test_a_slip_far_away_is_gone_once_corrected(workspace) -> None:
    wrong = sheet(("North", "2025-01", 5)) + b"\n2052-06,North,500,9"
    right = sheet(("North", "2025-01", 5)) + b"\n2025-06,North,500,9"
    put(workspace, "costs.csv", wrong)
    put(workspace, "costs.csv", right)
    assert max(month for _, month in told(workspace)) == "2025-06"
    assert len(told(workspace)) == 6


@pytest.mark.parametrize("first", ["2025-07", "2025-06", "2025-02"])
def test_what_fell_out_of_a_window_of_months_stays(workspace, first) -> None:
    """Next month's export under the same name, with no month in common, one, or all but one."""
    whole = pd.date_range("2025-01", periods=13, freq="MS")
    lines = [f"{m:%Y-%m},North,{100 + 17 * i},{10 + i}" for i, m in enumerate(whole)]
    head = "Month,Team,Support cost,Tickets resolved"
    at = list(whole).index(pd.Timestamp(first))
    put(workspace, "costs.csv", "\n".join([head, *lines[:6]]).encode())
    found = put(workspace, "costs.csv", "\n".join([head, *lines[at : at + 6]]).encode())
    assert len(told(workspace)) == at + 6
    assert "file_corrected" not in found
    assert "file_says_less" in found


def test_another_team_in_a_file_of_the_same_name_stands_beside(workspace) -> None:
    put(workspace, "Template.csv", sheet(("North", "2025-01", 6)))
    put(workspace, "Template.csv", sheet(("West", "2025-01", 6), scale=1.37))
    assert {team for team, _ in told(workspace)} == {"North", "West"}


def test_constant_figures_of_the_next_month_are_no_correction(workspace) -> None:
    rows = "".join(f"{{m}},{team},500\n" for team in ("North", "South", "West", "East"))
    head = "Month,Team,Support cost\n"
    put(workspace, "rent.csv", (head + rows.format(m="2025-01")).encode())
    put(workspace, "rent.csv", (head + rows.format(m="2025-02")).encode())
    assert {month for _, month in told(workspace)} == {"2025-01", "2025-02"}


def test_anew_takes_everything_of_that_name_and_nothing_else(workspace) -> None:
    put(workspace, "costs.csv", sheet(("North", "2025-01", 2)))
    put(workspace, "other.csv", sheet(("West", "2024-01", 2), scale=2.1))
    put(workspace, "costs.csv", sheet(("North", "2025-05", 2), scale=1.7), "anew")
    assert {month for team, month in told(workspace) if team == "North"} == {"2025-05", "2025-06"}
    assert sum(team == "West" for team, _ in told(workspace)) == 2


@pytest.mark.parametrize("overlap", ["keep", "add"])
def test_only_what_replaces_takes_anything_back(workspace, overlap) -> None:
    put(workspace, "costs.csv", sheet(("Suoth", "2025-01", 6)))
    put(workspace, "costs.csv", sheet(("South", "2025-01", 6)), overlap)
    assert "Suoth" in {team for team, _ in told(workspace)}


def test_tickets_whose_team_and_day_were_corrected(workspace) -> None:
    head = "Ticket ID,Created time,Resolved time,Status,Group\n"
    rows = [
        [
            str(i),
            f"2025-0{1 + i % 4}-1{i % 9} 09:00",
            f"2025-0{1 + i % 4}-1{i % 9} 17:00",
            "Closed",
            "Service Nord" if i % 3 else "Service Süd",
        ]
        for i in range(60)
    ]
    right = head + "\n".join(",".join(row) for row in rows)
    rows[7][4], rows[11][4] = "Service Nrod", "Service Nrod"
    rows[20][1] = rows[20][2] = "2019-01-10 09:00"
    wrong = head + "\n".join(",".join(row) for row in rows)
    put(workspace, "tickets.csv", wrong.encode())
    assert "Service Nrod" in set(workspace.snapshot()["observations"]["team"])
    put(workspace, "tickets.csv", right.encode())
    rows_now = workspace.snapshot()["observations"]
    assert set(rows_now["team"]) == {"Service Nord", "Service Süd"}
    assert rows_now["month"].min() == pd.Timestamp("2025-01-01")


@settings(max_examples=25, deadline=None)
@given(
    values=st.lists(st.integers(1, 10**6), min_size=8, max_size=8),
    wrong=st.sets(st.integers(0, 7), max_size=3),
)
def test_a_corrected_file_leaves_what_it_alone_would_bring(values, wrong) -> None:
    """Whatever rows of one team were spelled wrongly: afterwards only the corrected file counts."""
    months = pd.date_range("2025-01", periods=4, freq="MS")
    head = "Month,Team,Support cost"

    def written(slips: set[int]) -> bytes:
        lines = [
            f"{months[i % 4]:%Y-%m},{'South' if i >= 4 else 'North'}{'x' * (i in slips)},{v}"
            for i, v in enumerate(values)
        ]
        return "\n".join([head, *lines]).encode()

    at = Snapshot(Profile("S", ("support",)), 1, date(2026, 1, 1), empty_frames())
    for content in (written(wrong), written(set())):
        found = uploads.check([("costs.csv", content)], at.profile)
        at = uploads.snapshot_after(at, found, "replace")
    rows = at["observations"]
    assert {(r.team, f"{r.month:%Y-%m}"): r.value for r in rows.itertuples()} == {
        ("South" if i >= 4 else "North", f"{months[i % 4]:%Y-%m}"): v for i, v in enumerate(values)
    }
