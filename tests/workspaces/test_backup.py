"""What was copied is what there was; what was deleted is nowhere; schemas go up and down."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from loop import reports
from metrics.errors import InvalidInput
from metrics.model import Profile
from workspaces import database, people, tokens
from workspaces.access import LOCAL, Role, enter
from workspaces.backup import (
    BackupRefused,
    backup,
    export_client,
    import_client,
    restore,
)
from workspaces.pieces import digest, encode_frame
from workspaces.store import NewUpload, Store
from workspaces.tables import ALL_TABLES, elsewhere, metadata, part, signing_key

SECRET = b"Frau Musterkundin, Konto 4711, sehr geheim;" * 50


def rows(*values: float) -> pd.DataFrame:
    return pd.DataFrame({"function": "support", "measure": "tickets", "value": values})


def fill(store: Store, name: str = "Acme") -> str:
    """A client with something in every table."""
    client = store.create_client(Profile(name, ("support",)), "anna", date(2026, 1, 31))
    for number in (1, 2, 3):
        file = NewUpload(f"{name}-{number}.csv", SECRET + name.encode() + bytes([number]))
        store.save(
            client,
            number,
            "anna",
            "ingest",
            uploads=[file],
            frames={"observations": rows(number, float("nan"))},
            documents={"assumptions": {"rate": number / 10}},
        )
    store.undo(client, 4, "anna")
    store.keep_part(client, 5, "kpis", SECRET)
    store.issue(client, 3, "pdf", b"report of " + name.encode(), "anna")
    people.sign_in(store, "anna@example.com", "Anna")
    people.give_role(store, "local", client, "anna@example.com", Role.ANALYST)
    people.give_role(store, "local", client, "bert@example.com", Role.ANALYST)
    people.share(store, "local", client, 7)
    tokens.end_session(store, "somebody's token")
    with store.engine.begin() as connection:
        mark = {"client": client, "kind": "forecast", "name": "2026-01-31-abc"}
        connection.execute(elsewhere.insert(), mark)
    return client


def everything(store: Store, client: str) -> dict[str, object]:
    """All that can be read of a client, as values that can be compared."""
    found: dict[str, object] = {"history": store.history(client).to_dict("list")}
    for number in range(1, store.revision(client) + 1):
        snapshot = store.snapshot(client, number)
        found[f"profile {number}"] = snapshot.profile, snapshot.as_of
        for name, frame in snapshot.frames.items():
            found[f"{name} {number}"] = encode_frame(frame)
        found[f"assumptions {number}"] = store.document(client, "assumptions", number)
    for upload in store.uploads(client)["upload"]:
        found[upload] = store.original(client, upload)
    for report in store.issued(client)["id"]:
        found[report] = store.issued_report(client, report)
    return found


@pytest.fixture
def other_url(store: Store, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """A second, empty database of the same kind."""
    if store.engine.dialect.name == "sqlite":
        return str(tmp_path / "other.sqlite")
    return request.getfixturevalue("postgresql").create()


def test_a_restored_backup_is_what_there_was(store, other_url, tmp_path) -> None:
    first, second = fill(store, "Acme"), fill(store, "Rival")
    made = backup(store, tmp_path / "backup", "anna")
    assert all(made.rows[table.name] for table in ALL_TABLES if table is not signing_key)
    assert list(tmp_path.glob(".*")) == []
    expected = {client: everything(store, client) for client in (first, second)}
    copied = restore(tmp_path / "backup", other_url, "anna")
    assert (copied.rows, copied.sha256) == (made.rows, made.sha256)
    restored = Store.open(other_url)
    assert {client: everything(restored, client) for client in (first, second)} == expected
    assert restored.part(first, 5, "kpis") == SECRET
    assert people.role_of(restored, "anna@example.com", first) is Role.ANALYST
    assert restored.elsewhere(first, "forecast") == {"2026-01-31-abc"}
    assert restored.save(first, 5, "anna", "go on", frames={"observations": rows(9)}) == 6
    restored.close()


def test_a_restored_backup_gives_the_same_report_to_the_byte(store, other_url, tmp_path) -> None:
    client = store.create_client(Profile("Acme", ("support",)), "anna", date(2026, 1, 31))
    months = pd.date_range("2025-01-01", periods=12, freq="MS")
    counted = pd.DataFrame({"function": "support", "team": "north", "month": months})
    frame = pd.concat(
        counted.assign(measure=measure, value=[float(first + i * i) for i in range(12)])
        for measure, first in (("tickets", 100), ("sla_met", 80))
    )
    store.save(client, 1, "anna", "ingest", frames={"observations": frame})
    expected = reports.document(reports.report(enter(store, LOCAL, client)))
    backup(store, tmp_path / "backup", "anna")
    restore(tmp_path / "backup", other_url, "anna")
    restored = Store.open(other_url)
    with restored.engine.begin() as connection:
        connection.execute(part.delete())  # computed anew, not read back
    assert reports.document(reports.report(enter(restored, LOCAL, client))) == expected
    restored.close()


def test_a_backup_is_of_one_moment_while_others_write(store, other_url, tmp_path) -> None:
    client = fill(store)
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            number = store.revision(client)
            file = NewUpload("x", f"{number}".encode())
            store.save(client, number, "b", "x", uploads=[file], frames={"observations": rows(1)})

    writer = threading.Thread(target=write)
    writer.start()
    try:
        backup(store, tmp_path / "backup", "anna")
    finally:
        stop.set()
        writer.join()
    restore(tmp_path / "backup", other_url, "anna")
    restored = Store.open(other_url)
    last = restored.revision(client)
    assert len(restored.history(client)) == last <= store.revision(client)
    assert everything(restored, client)["history"]["revision"] == list(range(1, last + 1))
    frame = restored.snapshot(client)["observations"]
    assert encode_frame(frame) == encode_frame(store.snapshot(client, last)["observations"])
    restored.close()


def test_a_client_is_handed_over_between_kinds_of_database(store, tmp_path) -> None:
    client, rival = fill(store, "Acme"), fill(store, "Rival")
    expected = everything(store, client)
    export_client(store, client, tmp_path / "acme", "anna")
    content = (tmp_path / "acme").read_bytes()
    assert b"Rival" not in content
    assert b"Frau Musterkundin" in content
    elsewhere = Store.open(str(tmp_path / "elsewhere.sqlite"))
    identifier, _ = import_client(elsewhere, tmp_path / "acme", "bert")
    assert identifier == client
    assert everything(elsewhere, client) == expected
    assert [each.id for each in elsewhere.clients()] == [client]
    assert people.people(elsewhere, client).empty
    assert people.audit_trail(elsewhere, client)["action"].tolist()[-1] == "import"
    with pytest.raises(BackupRefused, match="client_exists"):
        import_client(elsewhere, tmp_path / "acme", "bert")
    # And back, into the kind of database it came from.
    store.delete_client(client, "anna")
    export_client(elsewhere, client, tmp_path / "back", "bert")
    import_client(store, tmp_path / "back", "anna")
    assert everything(store, client) == expected
    assert {each.id for each in store.clients()} == {client, rival}
    elsewhere.close()


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    at = content.index(SECRET[:20])
    content[at] ^= 1
    path.write_bytes(content)


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5000])


def _remove_row(path: Path) -> None:
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("DELETE FROM item WHERE added = 2")
        raw.commit()


def _future(path: Path) -> None:
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
        raw.execute("DELETE FROM manifest WHERE name = 'alembic_version'")
        raw.commit()
    from workspaces.backup import _table_digests

    with closing(sqlite3.connect(path)) as raw:
        sealed = [row for row in _table_digests(raw) if row[0] == "alembic_version"]
        raw.executemany("INSERT INTO manifest VALUES (?, ?, ?)", sealed)
        raw.commit()


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (_flip, "backup_damaged"),
        (_truncate, "backup_damaged"),
        (_remove_row, "backup_damaged"),
        (lambda path: path.write_bytes(b"not a database at all" * 100), "backup_damaged"),
        (lambda path: path.write_bytes(b""), "backup_damaged"),
        (_future, "backup_newer"),
    ],
)
def test_a_damaged_or_newer_backup_is_refused(
    store, other_url, tmp_path, damage: Callable[[Path], object], code: str
) -> None:
    fill(store)
    backup(store, tmp_path / "backup", "anna")
    damage(tmp_path / "backup")
    with pytest.raises(BackupRefused) as refused:
        restore(tmp_path / "backup", other_url, "anna")
    assert refused.value.code == code
    untouched = Store.open(other_url)
    assert untouched.clients() == ()
    untouched.close()


def test_a_restore_never_overwrites(store, database_url, tmp_path) -> None:
    client = fill(store)
    backup(store, tmp_path / "backup", "anna")
    with pytest.raises(BackupRefused, match="database_not_empty"):
        restore(tmp_path / "backup", database_url, "anna")
    assert store.revision(client) == 5


def test_damage_in_the_database_itself_is_noticed(store, tmp_path) -> None:
    fill(store)
    with store.engine.begin() as connection:
        connection.execute(
            text("UPDATE blob SET data = :x WHERE sha256 = (SELECT max(sha256) FROM blob)"),
            {"x": b"y"},
        )
    with pytest.raises(BackupRefused, match="data_damaged"):
        backup(store, tmp_path / "backup", "anna")
    assert not (tmp_path / "backup").exists()


def test_a_deleted_client_leaves_no_trace(store, database_url, request) -> None:
    client, kept = fill(store, "Vanishing"), fill(store, "Staying")
    if store.engine.dialect.name == "postgresql":
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")
            connection.exec_driver_sql("CHECKPOINT")
        folder = request.getfixturevalue("postgresql").folder / "data" / "base"
        assert places(folder, client, b"Vanishing"), "control"
    before = everything(store, kept)
    erased = store.delete_client(client, "boss")
    assert all(erased.rows[name] for name in ("blob", "item", "upload", "part", "issued", "audit"))
    assert set(erased.left.values()) == {0}
    with pytest.raises(InvalidInput):
        store.snapshot(client)
    with store.engine.connect() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(table.select()):
                assert b"Vanishing" not in repr(tuple(row)).encode()
    if store.engine.dialect.name == "sqlite":
        assert erased.bytes_left == 0
        for file in Path(database_url).parent.glob("attune.sqlite*"):
            assert b"Vanishing" not in file.read_bytes()
    else:
        assert erased.bytes_left is None
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("CHECKPOINT")
        assert not places(folder, client, b"Vanishing")
    assert everything(store, kept) == before
    last = people.audit_trail(store).iloc[-1]
    assert (last["person"], last["action"]) == ("boss", "delete_client")
    again = store.create_client(Profile("Vanishing", ()), "anna")
    assert again != client


def places(folder: Path, client: str, word: bytes) -> list[Path]:
    """Return the files of a server's databases in which a client's id or word stands."""
    found = []
    for each in [each for each in folder.rglob("*") if each.is_file()]:
        try:
            held = each.read_bytes()
        except FileNotFoundError:
            # The server drops files of tables emptied before while this one looks.
            continue
        if word in held or client.encode() in held:
            found.append(each)
    return found


@pytest.mark.parametrize("released", ["0001", "0002", "0003", "0004", "0005"])
def test_every_released_schema_comes_up_with_its_data(database_url, released) -> None:
    engine = database.connect(database.address(database_url))
    database.migrate(engine, released)
    data, sha = b"kept", digest(b"kept")
    with database.writing(engine) as connection:
        for statement in (
            "INSERT INTO client VALUES ('acme-1', 'Acme', 1, '2026-01-01 00:00:00')",
            "INSERT INTO revision VALUES ('acme-1', 1, '2026-01-01 00:00:00', 'a', 'b', 'c', '2026-01-31')",
            f"INSERT INTO blob VALUES ('acme-1', '{sha}', :data)",
            f"INSERT INTO item VALUES ('acme-1', 'upload', '', 'r1.1', 1, NULL, '{sha}')",
            f"INSERT INTO upload VALUES ('acme-1', 'r1.1', 'a', '', '', '{sha}', 4, '2026-01-01 00:00:00', 'a')",
            *(
                [
                    "INSERT INTO person VALUES ('a@b.c', 'A', false, '2026-01-01 00:00:00')",
                    "INSERT INTO role VALUES ('acme-1', 'a@b.c', 'analyst')",
                ]
                if released > "0001"
                else []
            ),
        ):
            connection.execute(text(statement), {"data": data} if ":data" in statement else {})
    engine.dispose()
    store = Store.open(database_url)
    assert store.original("acme-1", "r1.1") == ("a", data)
    assert store.uploads("acme-1")["upload"].tolist() == ["r1.1"]
    if released > "0001":
        assert people.role_of(store, "a@b.c", "acme-1") is Role.ANALYST
    database.migrate(store.engine, "0001")
    database.migrate(store.engine)
    assert store.original("acme-1", "r1.1") == ("a", data)
    store.close()


def test_migrations_make_exactly_the_tables_and_go_all_the_way_down(store) -> None:
    with store.engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    assert differences == []
    database.migrate(store.engine, "base")
    assert set(inspect(store.engine).get_table_names()) <= {"alembic_version"}


def test_many_may_open_a_new_database_at_once(database_url) -> None:
    opened: list[Store] = []
    threads = [
        threading.Thread(target=lambda: opened.append(Store.open(database_url))) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 6
    assert all(each.clients() == () for each in opened)
    for each in opened:
        each.close()
