"""One pick makes again only what it touches, and what it makes is what a fresh pass would."""

from __future__ import annotations

import pandas as pd

from ingest import intake, layouts, records, workbook
from ingest.kept import Kept
from ingest.records import Count, Explained
from metrics.model import Profile

TICKETS = (
    "Ticket ID;Status;Group;Created time;Resolved time\n"
    "1;Closed;nord;03.01.2025 10:00;04.01.2025 10:00\n"
    "2;Closed;nord;05.02.2025 10:00;06.02.2025 10:00\n"
)
STRANGE = "Wann;Wo;Was\n03.01.2025;Nord;x\n28.02.2025;Nord;y\n"
FILES = [("a.csv", STRANGE.encode()), ("tickets.csv", TICKETS.encode())]
PROFILE = Profile("x", ())


def entry(*counts: Count) -> dict:
    table = workbook.read(*FILES[0]).tables[0]
    return layouts.entry_for(table, records.RECORDS, {}, Explained("Wann", counts, team="Wo"))


def same(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    order = ["measure", "team", "month"]
    a, b = (frame.sort_values(order, ignore_index=True) for frame in (one, other))
    return a.equals(b)


def test_a_pick_reads_no_file_again_and_counts_only_its_own_table() -> None:
    kept = Kept()
    intake.check(FILES, PROFILE, kept=kept)
    assert sorted(kept.made) == ["counts", "file", "file", "records"]
    intake.check(FILES, PROFILE, kept=kept)
    assert kept.made == []
    picked = intake.check(FILES, PROFILE, [entry(Count("enquiries"))], kept=kept)
    assert sorted(kept.made) == ["counts", "records"], "the table that was picked, no other"
    fresh = intake.check(FILES, PROFILE, [entry(Count("enquiries"))])
    assert same(picked.frames["observations"], fresh.frames["observations"])
    assert len(picked.findings) == len(fresh.findings)


def test_a_team_first_seen_in_the_picked_table_is_one_team_in_all_of_them() -> None:
    kept = Kept()
    before = intake.check(FILES, PROFILE, kept=kept)
    assert set(before.frames["observations"]["team"]) == {"nord"}
    after = intake.check(FILES, PROFILE, [entry(Count("enquiries"))], kept=kept)
    assert set(after.frames["observations"]["team"]) == {"Nord"}


def test_another_condition_on_the_same_table_is_counted_anew() -> None:
    kept, counts = Kept(), []
    for equals in ("x", "y"):
        one = entry(Count("enquiries", where="Was", equals=equals))
        found = intake.check(FILES, PROFILE, [one], kept=kept)
        rows = found.frames["observations"]
        rows = rows[(rows["measure"] == "enquiries") & (rows["value"] > 0)]
        counts.append([f"{month:%Y-%m}" for month in rows["month"]])
    assert counts == [["2025-01"], ["2025-02"]]


def test_a_file_of_the_same_name_with_other_bytes_is_read() -> None:
    kept = Kept()
    intake.check(FILES, PROFILE, kept=kept)
    changed = [FILES[0], ("tickets.csv", TICKETS.replace("2;", "3;").encode())]
    intake.check(changed, PROFILE, kept=kept)
    assert sorted(kept.made) == ["counts", "file", "records"]
