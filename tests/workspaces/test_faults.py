"""Disks that are full, read-only or damaged: a code, nothing lost, and what was read last."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from metrics.model import Profile
from tests.support.places import ROOT
from workspaces import database, faults, scratch
from workspaces.access import LOCAL, enter
from workspaces.faults import StorageFault
from workspaces.store import NewUpload, Store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "attune.sqlite"


@pytest.fixture
def filled(path: Path):
    store = Store.open(str(path))
    client = store.create_client(Profile("Acme", ("support",)), "anna", date(2026, 1, 31))
    for number in (1, 2):
        rows = pd.DataFrame({"function": "support", "measure": "tickets", "value": [number] * 50})
        store.save(
            client,
            number,
            "anna",
            "ingest",
            frames={"observations": rows},
            replace=["observations"],
            documents={"assumptions": {"number": number}},
        )
    yield store, client
    store.close()


@pytest.fixture(autouse=True)
def nothing_noted(monkeypatch) -> None:
    monkeypatch.setattr(faults, "_noted", {})


def test_a_full_disk_is_said_and_loses_nothing(filled, path) -> None:
    store, client = filled
    with store.engine.connect() as connection:  # as many pages as there are: no room for more
        pages = connection.connection.cursor().execute("PRAGMA page_count").fetchone()[0]

    @database.event.listens_for(store.engine, "begin")
    def narrow(connection) -> None:
        connection.connection.cursor().execute(f"PRAGMA max_page_count = {pages}")

    big = NewUpload("a.csv", os.urandom(400_000))
    with pytest.raises(StorageFault, match="disk_full"):
        store.save(client, 3, "anna", "ingest", uploads=[big])
    assert store.revision(client) == 3
    assert len(store.snapshot(client)["observations"]) == 50
    store.keep_part(client, 3, "some/part", os.urandom(400_000))  # a page that only reads goes on
    assert store.part(client, 3, "some/part") is None
    assert faults.noted() == "disk_full"


def test_whoever_only_reads_waits_for_no_writer(filled, path) -> None:
    store, client = filled
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        store.keep_part(client, 3, "some/part", b"x")
        assert store.part(client, 3, "some/part") is None
        assert store.snapshot(client).revision == 3
    store.keep_part(client, 3, "some/part", b"x")
    assert store.part(client, 3, "some/part") == b"x"


def test_damaged_bytes_are_never_taken_for_figures(filled, path) -> None:
    store, client = filled
    with closing(sqlite3.connect(path)) as raw:
        for kind, name in (("frame", "observations"), ("document", "assumptions")):
            raw.execute(
                "UPDATE blob SET data = zeroblob(length(data)) WHERE sha256 = (SELECT sha256 FROM"
                " item WHERE kind = ? AND name = ? AND retired IS NULL)",
                (kind, name),
            )
        raw.commit()
    with pytest.raises(StorageFault, match="disk_damaged"):
        store.snapshot(client)
    with pytest.raises(StorageFault, match="disk_damaged"):
        store.document(client, "assumptions")
    # The revision before stands whole.
    assert store.snapshot(client, 2)["observations"]["value"].tolist() == [1] * 50
    assert store.document(client, "assumptions", 2) == {"number": 1}
    assert faults.noted() == "disk_damaged"


def test_what_cannot_be_read_is_answered_as_it_was_last(filled, path) -> None:
    store, client = filled
    before = store.clients(), store.revision(client), store.document(client, "assumptions")
    size = path.stat().st_size
    store.engine.dispose()
    with path.open("r+b") as file:  # the head too: it is no database any more
        file.write(b"\xff" * size)
    for log in (Path(f"{path}-wal"), Path(f"{path}-shm")):
        log.unlink(missing_ok=True)
    assert (store.clients(), store.revision(client)) == before[:2]
    assert store.document(client, "assumptions") == before[2]
    assert store.last.fault.code == "disk_damaged"
    with pytest.raises(StorageFault):
        store.document(client, "never asked")
    with pytest.raises(StorageFault):
        store.save(client, 3, "anna", "ingest")
    assert enter(store, LOCAL, client).revision() == 3


AS_NOBODY = """
import os, sys
from workspaces.store import Store
from workspaces import database
from workspaces.faults import StorageFault
warm = Store.open(sys.argv[2])  # what is imported late may not be readable to others
warm.snapshot(warm.clients()[0].id)["observations"]
warm.close()
os.setgid(65534); os.setuid(65534)
store = Store.open(sys.argv[1])
client = store.clients()[0].id
assert store.snapshot(client)["observations"]["value"].tolist() == [2] * 50
assert store.last.fault is None or store.last.fault.code == "disk_read_only"
assert database.standing_fault(store.engine) == "disk_read_only"
try:
    store.save(client, 3, "anna", "ingest", documents={"assumptions": {}})
except StorageFault as fault:
    print(fault.code)
"""


@pytest.mark.parametrize("log", [False, True], ids=["closed", "with a log"])
def test_a_database_on_a_read_only_disk_can_be_read(filled, path, tmp_path, log) -> None:
    """As another user, to whom a read-only folder is a read-only disk."""
    if not hasattr(os, "setuid") or os.getuid() != 0:
        pytest.skip("needs a user that may become another one (root)")
    store, _ = filled
    folder = tmp_path / "disk"
    folder.mkdir()
    if not log:
        store.close()
    for each in [path, *([Path(f"{path}-wal")] if log else [])]:
        copy = folder / each.name
        copy.write_bytes(each.read_bytes())
        copy.chmod(0o444)
    folder.chmod(0o555)
    for parent in (folder, *folder.parents):
        if not parent.stat().st_mode & stat.S_IXOTH:
            parent.chmod(parent.stat().st_mode | stat.S_IXOTH | stat.S_IROTH)
    done = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, str(folder / path.name), str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "TMPDIR": "/tmp"},
    )
    assert done.stdout.strip() == "disk_read_only", done.stderr


def test_the_file_is_for_its_owner_only(path) -> None:
    path.touch(mode=0o644)
    store = Store.open(str(path))
    store.create_client(Profile("Acme", ("support",)), "anna")
    assert {stat.S_IMODE(each.stat().st_mode) for each in path.parent.glob("attune.sqlite*")} == {
        0o600
    }
    store.close()


def test_what_killed_processes_left_is_cleared_and_nothing_else(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(scratch.tempfile, "gettempdir", lambda: str(tmp_path))
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    ours, beside = os.getpid(), tmp_path / "data"
    beside.mkdir()
    kept = [tmp_path / f"attune-{ours}-abc", tmp_path / "attune-notes", tmp_path / "other-1-a"]
    gone = [tmp_path / f"attune-{dead.pid}-abc"]
    for each in [*kept, *gone]:
        each.mkdir()
        (each / "backup.sqlite").write_bytes(b"secret")
    files = [beside / f".backup.{dead.pid}.x.partial", beside / f".a.key.{dead.pid}.partial"]
    others = [beside / f".backup.{ours}.x.partial", beside / "attune.sqlite", beside / ".x.partial"]
    for each in [*files, *others]:
        each.write_bytes(b"")
    assert set(scratch.clear(beside)) == {*gone, *files}
    assert all(each.exists() for each in [*kept, *others])
