"""What an earlier reader saved, beside what today's reader says of the same files."""

from __future__ import annotations

import gzip
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from loop import reports, review, stored
from workspaces.access import LOCAL, enter
from workspaces.store import Store

BEFORE = Path(__file__).parent.parent / "workspaces" / "before_0_2.sqlite.gz"
NAN = float("nan")
SHEET = "Month,Team,Support cost,Tickets resolved\n"
RIGHT = SHEET + "2025-01,North,1000,100\n2025-02,North,1200,110\n2025-03,North,1300,120\n"


@pytest.fixture
def before(tmp_path):
    file = tmp_path / "before.sqlite"
    file.write_bytes(gzip.decompress(BEFORE.read_bytes()))
    store = Store.open(str(file))
    yield enter(store, LOCAL, store.clients()[0].id)
    store.close()


def put(workspace, name: str, text: str, overlap="replace") -> int:
    files = [(name, text.encode())]
    found = review.examine(workspace, files)
    return review.save(workspace, workspace.revision(), files, found, overlap)


def read_otherwise(workspace, monkeypatch, change) -> None:
    """Let figures be kept as an earlier reader would have left them, by another version."""
    rows = change(workspace.snapshot()["observations"].copy())
    monkeypatch.setattr(reports, "code_version", lambda folder="metrics": "another")
    monkeypatch.setattr("loop.uploads.code_version", lambda folder="metrics": "another")
    workspace.save(
        workspace.revision(), "edit", frames={"observations": rows}, replace={"observations"}
    )


def costs(workspace, revision=None) -> dict[str, float]:
    rows = workspace.snapshot(revision)["observations"]
    rows = rows[rows["measure"] == "support_cost"]
    return {f"{r.month:%Y-%m}": r.value for r in rows.itertuples()}


def test_a_database_of_before_is_read_again(before) -> None:
    files = stored.older(before)
    assert files.files == {
        2: {"r2.1": "support.csv", "r2.2": "initiatives.csv", "r2.3": "costs.csv"}
    }
    assert not files.erased
    found = stored.reread(before, files)
    # Its plain summary sheets were read right then; what it holds is what today's reader says.
    assert found.values.empty
    assert stored.kept(before).empty


def test_a_wrong_figure_of_before_is_listed_taken_over_and_its_revision_stays(before) -> None:
    rows = before.snapshot()["observations"].copy()
    at = rows.index[rows["measure"] == "support_cost"][3]
    right, key = rows.loc[at, "value"], rows.loc[at, ["team", "month", "place", "upload"]]
    rows.loc[at, "value"] = right * 100
    number = before.save(
        before.revision(), "edit", frames={"observations": rows}, replace={"observations"}
    )
    found = stored.reread(before, stored.older(before))
    (one,) = found.values.itertuples()
    assert (one.was, one.now) == (right * 100, right)
    assert (one.team, one.month, one.place, one.upload) == tuple(key)
    assert one.file == "support.csv"
    taken = stored.take_over(before, number)
    now = before.snapshot()
    assert now["observations"].merge(rows.drop(columns="value"))["value"].sum() == pytest.approx(
        rows["value"].sum() - right * 99
    )
    restated = now["restatements"]
    assert restated[restated["revision"] == taken]["now"].tolist() == [right]
    assert before.snapshot(number)["observations"]["value"].max() == rows["value"].max()
    assert not stored.older(before).files, "read by today's reader now"


def test_what_today_s_reader_read_is_not_read_again(workspace) -> None:
    put(workspace, "a.csv", RIGHT)
    assert not stored.older(workspace).files


def test_values_missing_then_and_values_that_are_none(workspace, monkeypatch) -> None:
    def change(rows: pd.DataFrame) -> pd.DataFrame:
        cost = rows["measure"] == "support_cost"
        rows = rows[~(cost & (rows["month"] == "2025-03-01"))]
        extra = rows.iloc[:1].assign(month=pd.Timestamp("2062-03-01"), measure="support_cost")
        return pd.concat([rows, extra.assign(value=7.0)], ignore_index=True)

    files = [("a.csv", RIGHT.encode())]
    read = review.examine(workspace, files)
    wrong = change(read.frames["observations"])
    read = replace(read, frames={**read.frames, "observations": wrong})
    review.save(workspace, workspace.revision(), files, read)
    read_otherwise(workspace, monkeypatch, lambda rows: rows)
    found = stored.reread(workspace, stored.older(workspace)).values
    told = {f"{r.month:%Y-%m}": (r.was, r.now) for r in found.itertuples()}
    assert told == {
        "2025-03": (pytest.approx(NAN, nan_ok=True), 1300),
        "2062-03": (7, pytest.approx(NAN, nan_ok=True)),
    }
    stored.take_over(workspace, workspace.revision())
    assert costs(workspace) == {"2025-01": 1000, "2025-02": 1200, "2025-03": 1300}


@pytest.mark.parametrize("overlap", ["replace", "keep", "add"])
def test_what_replaced_it_since_is_left_alone(workspace, monkeypatch, overlap) -> None:
    put(workspace, "a.csv", RIGHT)
    put(workspace, "b.csv", SHEET + "2025-02,North,9999,110\n2025-04,North,1,1\n", overlap)
    kept = costs(workspace)
    read_otherwise(workspace, monkeypatch, lambda rows: rows)
    files = stored.older(workspace)
    assert len(files.files) == 2
    assert stored.reread(workspace, files).values.empty
    assert costs(workspace) == kept


def test_a_team_that_was_corrected_since_does_not_come_back(workspace, monkeypatch) -> None:
    put(workspace, "a.csv", RIGHT.replace("North", "Nroth"))
    put(workspace, "a.csv", RIGHT)
    read_otherwise(workspace, monkeypatch, lambda rows: rows)
    assert stored.reread(workspace, stored.older(workspace)).values.empty


def test_erased_originals_are_named_and_not_compared(workspace, monkeypatch) -> None:
    put(workspace, "a.csv", RIGHT)
    read_otherwise(workspace, monkeypatch, lambda rows: rows.assign(value=rows["value"] * 2))
    workspace.erase_originals(datetime.now(UTC).replace(tzinfo=None) + timedelta(days=1))
    files = stored.older(workspace)
    assert (files.files, files.erased) == ({}, ("a.csv",))
    assert stored.reread(workspace, files).values.empty
