"""Accepting files: what replaces, what adds, what is kept, and who may not save."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pandas as pd
import pytest

from ingest.model import Intake
from loop import uploads
from loop.sample import SAMPLE_NAME, load_sample
from metrics.errors import InvalidInput, StaleRevision
from metrics.model import Profile
from workspaces.access import LOCAL, enter
from workspaces.store import Store

AS_OF = date(2026, 11, 20)
KEY = ["function", "team", "item", "constituency", "measure", "month"]


@pytest.fixture
def opened(tmp_path) -> Iterator[Store]:
    store = Store.open(str(tmp_path / "attune.sqlite"))
    yield store
    store.close()


@pytest.fixture
def client(opened) -> str:
    return opened.create_client(Profile("Small Ltd", ("support",)), "tests", AS_OF)


def costs(first: str, *amounts: float) -> bytes:
    """A summary sheet as a controller writes it: one row a month."""
    months = pd.date_range(first, periods=len(amounts), freq="MS")
    rows = [f"{m:%Y-%m},North,{a},{a / 10:.0f}" for m, a in zip(months, amounts, strict=True)]
    return "\n".join(["Month,Team,Support cost,Tickets resolved", *rows]).encode()


def put(store: Store, client: str, name: str, data: bytes, overlap="replace") -> Intake:
    files = [(name, data)]
    found = uploads.check(files, store.snapshot(client).profile, as_of=AS_OF)
    uploads.accept(enter(store, LOCAL, client), store.revision(client), files, found, overlap)
    return found


def cost_by_month(store: Store, client: str) -> dict[str, float]:
    observations = store.snapshot(client)["observations"]
    cost = observations[observations["measure"] == "support_cost"]
    return {f"{m:%Y-%m}": v for m, v in cost.groupby("month")["value"].sum().items()}


def test_what_is_checked_is_saved_with_its_upload_and_cell(opened, client) -> None:
    put(opened, client, "costs.csv", costs("2025-01", 100, 200))
    observations = opened.snapshot(client)["observations"]
    assert len(observations) == 4
    (upload,) = opened.uploads(client)["upload"]
    assert set(observations["upload"]) == {upload}
    assert observations["place"].str.startswith("costs.csv").all()
    assert opened.original(client, upload) == ("costs.csv", costs("2025-01", 100, 200))


@pytest.mark.parametrize(
    ("overlap", "expected"),
    [
        ("replace", {"2025-01": 100, "2025-02": 250, "2025-03": 350}),
        ("keep", {"2025-01": 100, "2025-02": 200, "2025-03": 350}),
        ("add", {"2025-01": 100, "2025-02": 450, "2025-03": 350}),
    ],
)
def test_months_that_are_there_already(opened, client, overlap, expected) -> None:
    put(opened, client, "first.csv", costs("2025-01", 100, 200))
    files = [("second.csv", costs("2025-02", 250, 350))]
    found = uploads.check(files, opened.snapshot(client).profile, as_of=AS_OF)
    shared = uploads.overlapping(enter(opened, LOCAL, client), found)
    assert set(shared["measure"]) == {"support_cost", "resolved_tickets"}
    assert (shared["first"] == shared["last"]).all()
    assert set(shared["first"]) == {pd.Timestamp("2025-02-01")}
    uploads.accept(enter(opened, LOCAL, client), 2, files, found, overlap)
    assert cost_by_month(opened, client) == expected
    observations = opened.snapshot(client)["observations"]
    owners = opened.uploads(client).set_index("upload")["name"]
    for row in observations.itertuples():
        assert row.place.startswith(owners[row.upload]), "each value keeps its own file"


def test_the_same_file_twice_changes_nothing(opened, client) -> None:
    put(opened, client, "costs.csv", costs("2025-01", 100, 200))
    before = opened.snapshot(client)["observations"][[*KEY, "value"]]
    put(opened, client, "costs.csv", costs("2025-01", 100, 200))
    after = opened.snapshot(client)["observations"][[*KEY, "value"]]
    pd.testing.assert_frame_equal(
        after.sort_values(KEY, ignore_index=True), before.sort_values(KEY, ignore_index=True)
    )


def test_months_apart_simply_join(opened, client) -> None:
    put(opened, client, "first.csv", costs("2025-01", 100))
    found = uploads.check(
        [("b.csv", costs("2025-02", 200))], opened.snapshot(client).profile, as_of=AS_OF
    )
    assert uploads.overlapping(enter(opened, LOCAL, client), found).empty
    put(opened, client, "second.csv", costs("2025-02", 200))
    assert cost_by_month(opened, client) == {"2025-01": 100, "2025-02": 200}


def test_a_stale_writer_is_refused_and_nothing_is_written(opened, client) -> None:
    files = [("costs.csv", costs("2025-01", 100))]
    found = uploads.check(files, opened.snapshot(client).profile, as_of=AS_OF)
    put(opened, client, "other.csv", costs("2025-06", 900))
    with pytest.raises(StaleRevision):
        uploads.accept(enter(opened, LOCAL, client), 1, files, found)
    assert cost_by_month(opened, client) == {"2025-06": 900}
    assert opened.revision(client) == 2


def test_nothing_to_save_is_said_and_not_saved(opened, client) -> None:
    files = [("notes.txt", b"Dear all,\nsee you on Monday.\n")]
    found = uploads.check(files, opened.snapshot(client).profile, as_of=AS_OF)
    with pytest.raises(InvalidInput, match="nothing_to_save"):
        uploads.accept(enter(opened, LOCAL, client), 1, files, found)
    assert opened.revision(client) == 1


def test_undo_brings_back_what_was(opened, client) -> None:
    put(opened, client, "first.csv", costs("2025-01", 100))
    put(opened, client, "second.csv", costs("2025-01", 700))
    opened.undo(client, 3, "tests")
    assert cost_by_month(opened, client) == {"2025-01": 100}


def test_the_sample_is_set_up_once(sample) -> None:
    assert load_sample(sample.store, LOCAL) == (sample.client, sample.revision)
    assert [c.name for c in sample.store.clients()] == [SAMPLE_NAME]


def test_every_value_of_the_sample_names_its_file(sample) -> None:
    names = set(sample.store.uploads(sample.client)["name"])
    observations = sample.snapshot["observations"]
    owner = sample.store.uploads(sample.client).set_index("upload")["name"]
    stated = observations.drop_duplicates(["upload", "place"])
    for row in stated.itertuples():
        assert owner[row.upload] in names
        assert row.place.startswith(owner[row.upload].split("/")[0]), row.place
