"""Frames typed in or edited: saved whole, refused when two rows say the same thing."""

from contextlib import closing
from datetime import date

import pandas as pd
import pytest

from loop import entries
from metrics.errors import InvalidInput, StaleRevision
from metrics.model import Profile
from workspaces.access import LOCAL, enter
from workspaces.store import Store

ROWS = pd.DataFrame(
    {
        "function": ["support", "support"],
        "team": ["North", "South"],
        "kpi": ["cost_per_resolution"] * 2,
        "month": pd.to_datetime(["2026-12-01", "2026-12-01"]),
        "value": [20.0, 22.0],
    }
)


@pytest.fixture
def store(tmp_path):
    with closing(Store.open(str(tmp_path / "store.sqlite"))) as opened:
        yield opened


def test_an_edited_frame_replaces_what_was_there_and_can_be_undone(store):
    client = store.create_client(Profile("A", ("support",)), "me", date(2026, 11, 1))
    assert entries.save_frame(enter(store, LOCAL, client), 1, "targets", ROWS) == 2
    assert entries.save_frame(enter(store, LOCAL, client), 2, "targets", ROWS.head(1)) == 3
    assert store.snapshot(client)["targets"]["team"].tolist() == ["North"]
    store.undo(client, 3, "me")
    assert sorted(store.snapshot(client)["targets"]["team"]) == ["North", "South"]


def test_rows_that_contradict_each_other_and_stale_writers_are_refused(store):
    client = store.create_client(Profile("A", ("support",)), "me", date(2026, 11, 1))
    with pytest.raises(InvalidInput, match="rows_doubled"):
        entries.save_frame(
            enter(store, LOCAL, client), 1, "targets", pd.concat([ROWS, ROWS.head(1)])
        )
    entries.save_frame(enter(store, LOCAL, client), 1, "targets", ROWS)
    with pytest.raises(StaleRevision):
        entries.save_frame(enter(store, LOCAL, client), 1, "targets", ROWS)
