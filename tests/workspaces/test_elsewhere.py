"""What another installation issued is marked; one's own comes back unmarked. The key stays here."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import text

from loop import readouts
from metrics.frames import FRAMES
from metrics.model import Profile
from workspaces import backup, database, keys, people
from workspaces.access import LOCAL, enter
from workspaces.pieces import digest
from workspaces.store import Store

ISSUE = "2026-01-31-abcdef"


def with_issues(store: Store) -> str:
    """Return a client that issued a read-out and froze a forecast."""
    client = store.create_client(Profile("Acme", ("support",)), "anna", date(2026, 1, 31))
    frozen = FRAMES["issued_forecasts"].conform(
        pd.DataFrame({"issue": [ISSUE], "issued": [pd.Timestamp("2026-01-31")], "mean": [1.0]})
    )
    file = store.issue(client, 1, "json", b"{}", "anna")
    one = {
        "number": 1,
        "revision": 1,
        "author": "anna",
        "at": "2026-01-31T10:00:00+00:00",
        "checksum": "c",
        "files": {"document": file},
        "values": {},
    }
    store.save(
        client,
        1,
        "anna",
        "issue",
        frames={"issued_forecasts": frozen},
        documents={"readout": {"issues": [one]}},
    )
    return client


@pytest.fixture
def theirs(tmp_path: Path):
    store = Store.open(str(tmp_path / "theirs.sqlite"))
    yield store
    store.close()


def test_what_was_issued_elsewhere_is_kept_and_says_so(store, theirs, tmp_path) -> None:
    client = with_issues(theirs)
    file = theirs.issued(client)["id"][0]
    backup.export_client(theirs, client, tmp_path / "acme", "anna")
    backup.import_client(store, tmp_path / "acme", "me")
    assert store.issued_report(client, file) == b"{}"
    assert store.elsewhere(client, "issued") == {file}
    assert store.elsewhere(client, "forecast") == {ISSUE}
    (one,) = readouts.history(enter(store, LOCAL, client))
    assert one.elsewhere
    assert "issued elsewhere, not checked here" in one.name
    # Handed on and back again, the mark stays although the file is our own now.
    backup.export_client(store, client, tmp_path / "again", "me")
    store.delete_client(client)
    backup.import_client(store, tmp_path / "again", "me")
    assert store.elsewhere(client, "issued") == {file}


def test_ones_own_export_comes_back_as_it_was(store, tmp_path) -> None:
    client = with_issues(store)
    backup.export_client(store, client, tmp_path / "acme", "me")
    store.delete_client(client)
    backup.import_client(store, tmp_path / "acme", "me")
    assert store.elsewhere(client, "issued") == store.elsewhere(client, "forecast") == frozenset()
    (one,) = readouts.history(enter(store, LOCAL, client))
    assert not one.elsewhere


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE issued SET author = 'the minister'",
        "UPDATE issued SET at = '2020-01-01 00:00:00.000000'",
        "INSERT INTO elsewhere VALUES ('nobody', 'issued', 'x')",
        "CREATE TRIGGER t AFTER INSERT ON client BEGIN DELETE FROM elsewhere; END",
        "CREATE VIEW v AS SELECT 1",
    ],
)
def test_a_signature_holds_for_the_whole_file_or_not_at_all(store, tmp_path, change) -> None:
    client = with_issues(store)
    backup.export_client(store, client, tmp_path / "acme", "me")
    store.delete_client(client)
    with closing(sqlite3.connect(tmp_path / "acme")) as raw:
        (signature,) = raw.execute(
            "SELECT sha256 FROM manifest WHERE name = 'signature'"
        ).fetchone()
        raw.execute("DROP TABLE manifest")
        raw.execute(change)
        raw.commit()
    backup._seal(tmp_path / "acme", backup.ONE_CLIENT, "the forger's own key")
    for taken in (True, False):  # the old signature put back, and the forger's own
        if taken:
            with closing(sqlite3.connect(tmp_path / "acme")) as raw:
                raw.execute("UPDATE manifest SET sha256 = ? WHERE name = 'signature'", (signature,))
                raw.commit()
        backup.import_client(store, tmp_path / "acme", "me")
        assert store.elsewhere(client, "issued")
        store.delete_client(client)


@pytest.mark.parametrize("with_key", [False, True])
def test_the_key_goes_along_only_if_asked(store, tmp_path, request, with_key) -> None:
    client = with_issues(store)
    link = people.share(store, "local", client, 7)
    backup.backup(store, tmp_path / "backup", "me", with_key)
    key = keys.made(store.engine)
    assert (key.encode() in (tmp_path / "backup").read_bytes()) is with_key
    url = str(tmp_path / "restored.sqlite")
    if store.engine.dialect.name == "postgresql":
        url = request.getfixturevalue("postgresql").create()
    backup.restore(tmp_path / "backup", url, "me")
    restored = Store.open(url)
    assert (people.link_client(restored, link) == client) is with_key
    assert restored.elsewhere(client, "issued") == frozenset(), "one's own backup keeps all"
    restored.close()


def test_a_key_of_before_goes_on_and_leaves_the_database(tmp_path) -> None:
    engine = database.connect(database.address(str(tmp_path / "old.sqlite")))
    database.migrate(engine, "0003")
    with database.writing(engine) as connection:
        connection.execute(text("INSERT INTO signing_key VALUES ('links', 'of-before')"))
    engine.dispose()
    store = Store.open(str(tmp_path / "old.sqlite"))
    assert keys.made(store.engine) == "of-before"
    store.close()
    assert (tmp_path / "old.sqlite.key").read_text() == "of-before"
    assert b"of-before" not in (tmp_path / "old.sqlite").read_bytes()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("postgresql://anna:secret1@db/x", "postgresql://anna@db/x"),  # pragma: allowlist secret
        ("postgresql://a:secret1@b?pwd=secret2", "postgresql://a@b"),  # pragma: allowlist secret
        (
            "postgresql://db/shop?user=a&password=secret2&sslmode=x",
            "postgresql://db/shop?user=a&sslmode=x",
        ),
        ("postgres://anna:p%40:ss/secret1@db:5432/shop", None),
        ("host=db password='secret 1' user=x", "host=db user=x"),  # pragma: allowlist secret
        ("postgresql://anna@db/shop", "postgresql://anna@db/shop"),
        ("/srv/parquet", "/srv/parquet"),
    ],
)
def test_passwords_of_old_connections_leave_every_revision(database_url, before, after) -> None:
    engine = database.connect(database.address(database_url))
    database.migrate(engine, "0003")
    body = json.dumps({"shop": {"address": before, "tables": []}}).encode()
    sha = digest(body)
    with database.writing(engine) as connection:
        for statement in (
            "INSERT INTO client VALUES ('acme-1', 'Acme', 2, '2026-01-01 00:00:00')",
            "INSERT INTO revision VALUES ('acme-1', 1, '2026-01-01 00:00:00', 'a', 'b', 'c', '2026-01-31')",
            "INSERT INTO revision VALUES ('acme-1', 2, '2026-01-01 00:00:00', 'a', 'b', 'c', '2026-01-31')",
            f"INSERT INTO blob VALUES ('acme-1', '{sha}', :data)",
            f"INSERT INTO item VALUES ('acme-1', 'document', 'connections', 'r1.0', 1, 2, '{sha}')",
            f"INSERT INTO item VALUES ('acme-1', 'document', 'connections', 'r2.0', 2, NULL, '{sha}')",
        ):
            connection.execute(text(statement), {"data": body} if ":data" in statement else {})
    engine.dispose()
    store = Store.open(database_url)
    for number in (1, 2):
        address = store.document("acme-1", "connections", number)["shop"]["address"]
        assert address == after if after else "secret" not in address
    with database.reading(store.engine) as connection:
        held = connection.execute(text("SELECT data FROM blob")).scalars().all()
    secret = b"secret" in body
    assert not any(b"secret" in bytes(data) for data in held)
    assert len(held) == 1
    store.close()
    if secret and "://" not in database_url:
        assert b"secret1" not in Path(database_url).read_bytes()
