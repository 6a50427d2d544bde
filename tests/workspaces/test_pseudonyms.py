"""Persons under pseudonyms of their client's own key: other for each client, the same in each wave."""

from __future__ import annotations

import gzip
import hashlib
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ingest.sheets.recognition import pseudonym as fingerprint
from loop import review, uploads
from metrics.measures.pseudonyms import pseudonym
from metrics.model import Profile
from workspaces import database
from workspaces.access import LOCAL, enter
from workspaces.backup import backup, export_client, import_client, restore
from workspaces.pieces import digest, encode_frame
from workspaces.store import Store

KEPT = Path(__file__).parent / "before_0_2.sqlite.gz"
NAMES = ("Ada Byron", "Ada", "ada@example.com", "Анна", "Иван Петров", "李雷", "Groß", "anna87")
HEAD = "Date,Author ID,Kind,Function\n"


def posts(*names: str, month: int = 1) -> list[tuple[str, bytes]]:
    rows = "".join(f"2026-{month:02}-03,{name},Reply,Support\n" for name in names)
    return [(f"posts-{month}.csv", (HEAD + rows).encode())]


@pytest.fixture
def store(tmp_path: Path):
    opened = Store.open(str(tmp_path / "a.sqlite"))
    yield opened
    opened.close()


def client(store: Store, name: str) -> str:
    return store.create_client(Profile(name, ("support",)), "test")


def keep(store: Store, identifier: str, files: list[tuple[str, bytes]]) -> list[str]:
    """Save files and return the contributors that are kept then."""
    workspace = enter(store, LOCAL, identifier)
    found = review.examine(workspace, files)
    uploads.accept(workspace, workspace.revision(), files, found)
    return sorted(workspace.snapshot()["contributions"]["contributor"])


def test_no_name_is_kept_and_none_can_be_computed_from_it(store) -> None:
    kept = keep(store, client(store, "A"), posts(*NAMES))
    assert len(set(kept)) == len(NAMES), "each person is one, in every script"
    assert all(re.fullmatch(r"person-[0-9a-f]{16}", each) for each in kept)
    for name in NAMES:
        plain = [name, name.lower(), fingerprint(name), fingerprint(name).removeprefix("person-")]
        for how in (hashlib.sha256, hashlib.md5, hashlib.sha1):
            computed = {how(each.encode()).hexdigest()[:16] for each in plain}
            assert not computed & {each.removeprefix("person-") for each in kept}


def test_two_clients_share_no_pseudonym_and_two_waves_share_all(store) -> None:
    first, second = client(store, "A"), client(store, "B")
    one = keep(store, first, posts("Ada Byron", "Bo"))
    assert not set(one) & set(keep(store, second, posts("Ada Byron", "Bo")))
    again = keep(store, first, posts("ada byron", "BO", month=2))
    assert sorted(set(again)) == one
    assert len(again) == 4


def test_codes_stay_what_they_are(store) -> None:
    assert keep(store, client(store, "A"), posts("u7", "R-0a1b2c", "brightline-3")) == [
        "R-0a1b2c",
        "brightline-3",
        "u7",
    ]


def old(name: str) -> str:
    """A name as it was kept before there were keys."""
    return f"person-{hashlib.sha256(name.lower().encode()).hexdigest()[:8]}"


def test_what_was_kept_before_is_re_keyed_and_meets_the_next_wave(tmp_path) -> None:
    file = tmp_path / "before.sqlite"
    file.write_bytes(gzip.decompress(KEPT.read_bytes()))
    with closing(sqlite3.connect(file)) as raw:
        (identifier,) = raw.execute("SELECT id FROM client").fetchone()
        (number,) = raw.execute("SELECT revision FROM client").fetchone()
        frame = _contributions([old("Ada Byron"), "Bo", "u7"])
        raw.execute("INSERT INTO blob VALUES (?, ?, ?)", (identifier, digest(frame), frame))
        row = (identifier, "frame", "contributions", f"r{number}.0", number, None, digest(frame))
        raw.execute("INSERT INTO item VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        raw.commit()
    opened = Store.open(str(file))
    try:
        before = opened.snapshot(identifier)["contributions"]["contributor"].tolist()
        assert "u7" in before
        assert {old("Ada Byron"), "Bo"}.isdisjoint(before)
        assert old("Ada Byron").encode() not in _blobs(file)
        after = keep(opened, identifier, posts("Ada Byron", "Bo", "Cy", month=3))
        assert set(before) < set(after)
        assert len(set(after)) == len(set(before)) + 1, "only the newcomer is new"
    finally:
        opened.close()


def _contributions(people: list[str]) -> bytes:
    import pandas as pd

    from metrics.frames import FRAMES

    rows = pd.DataFrame(
        {
            "month": pd.Timestamp("2025-01-01"),
            "contributor": people,
            "function": "support",
            "kind": "reply",
            "count": 1.0,
        }
    )
    return encode_frame(FRAMES["contributions"].conform(rows))


def _blobs(file: Path) -> bytes:
    import io

    import pyarrow.parquet as parquet

    with closing(sqlite3.connect(file)) as raw:
        found = raw.execute(
            "SELECT data FROM blob JOIN item USING (client, sha256) WHERE kind = 'frame'"
        ).fetchall()
    tables = (parquet.read_table(io.BytesIO(data)) for (data,) in found)
    return b"".join(repr(table.to_pydict()).encode() for table in tables)


def test_the_key_goes_with_backup_and_export_and_dies_with_the_client(store, tmp_path) -> None:
    identifier = client(store, "A")
    one = keep(store, identifier, posts("Ada Byron"))
    backup(store, tmp_path / "all.backup", "test")
    export_client(store, identifier, tmp_path / "one.client", "test")
    for name, bring in (
        ("r", lambda to: restore(tmp_path / "all.backup", to, "test")),
        ("i", lambda to: _imported(tmp_path / "one.client", to)),
    ):
        address = str(tmp_path / f"{name}.sqlite")
        bring(address)
        opened = Store.open(address)
        assert sorted(set(keep(opened, identifier, posts("ADA BYRON", month=2)))) == one
        opened.close()
    with database.reading(store.engine) as connection:
        key = connection.exec_driver_sql("SELECT value FROM pseudonym_key").scalar_one()
    store.delete_client(identifier)
    store.close()
    assert key.encode() not in (tmp_path / "a.sqlite").read_bytes()


def _imported(path: Path, address: str) -> None:
    opened = Store.open(address)
    import_client(opened, path, "test")
    opened.close()


def test_a_key_is_all_that_tells_two_pseudonyms_apart() -> None:
    # HMAC-SHA-256 of RFC 4231 is the library's; here only that key and name both count
    keys = [bytes([i]) * 32 for i in range(50)]
    made = {pseudonym(key, name) for key in keys for name in NAMES}
    assert len(made) == len(keys) * len(NAMES)
