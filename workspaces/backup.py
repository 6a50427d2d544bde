"""Copies of everything, or of one client, as one file that checks itself.

The file is itself a small SQLite database with the same tables, whichever database it came from,
so a copy moves a client from SQLite to PostgreSQL and back. A table ``manifest`` holds the schema
and the row count and SHA-256 of every table.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, RowMapping, Table, func, insert, select

from metrics.errors import AttuneError
from workspaces import admission, database, keys, scratch
from workspaces.erase import owner
from workspaces.pieces import digest
from workspaces.revisions import newest_revision, note
from workspaces.store import Store
from workspaces.tables import (
    ALL_TABLES,
    CLIENT_TABLES,
    blob,
    client,
    elsewhere,
    part,
    signing_key,
)

ROWS_AT_ONCE = 200
COPIED = tuple(table for table in ALL_TABLES if table is not signing_key)
"""What a backup holds; the key goes along only if asked."""
SIGNATURE = "signature"
"""The line of the manifest that says whose export it is."""
ONE_CLIENT = 0x4154_0001
"""SQLite's application id of a file that holds one client; a backup has none."""


class BackupRefused(AttuneError):
    """The file is damaged, newer than the program, or there is something in its way."""


@dataclass(frozen=True)
class Copied:
    """What was copied: the file, its SHA-256, and rows by table."""

    path: Path
    sha256: str
    rows: dict[str, int]


def backup(store: Store, path: Path, author: str, with_key: bool = False) -> Copied:
    """Write everything there is to one file, as it was at one moment, while others go on.

    Parameters
    ----------
    with_key : bool
        Whether the installation's key goes along: links, and browsers that were let in, go on
        after a restore elsewhere, and whoever has the file can sign in the installation's name.
    """
    return _write(store, Path(path), COPIED, None, author, with_key)


def export_client(store: Store, client_id: str, path: Path, author: str) -> Copied:
    """Write one client with its files, revisions, issued reports and audit to one file.

    People, roles and links stay behind: they belong to the installation.
    """
    return _write(store, Path(path), CLIENT_TABLES, client_id, author)


def restore(path: Path, url: str | None, author: str) -> Copied:
    """Fill an empty database from a backup, in one transaction.

    Raises
    ------
    BackupRefused
        ``backup_damaged``, ``backup_newer``, ``one_client_only`` or ``database_not_empty``;
        nothing was written.
    """
    with _open_verified(Path(path)) as (source, _, _):
        if _application(Path(path)) == ONE_CLIENT:
            raise BackupRefused("one_client_only", file=Path(path).name)
        target = Store.open(url)
        try:
            with database.reading(source.engine) as old, database.writing(target.engine) as new:
                for table in ALL_TABLES:
                    if new.scalar(select(func.count()).select_from(table)):
                        raise BackupRefused("database_not_empty", table=table.name)
                rows = _copy(old, new, COPIED, None)
                if (key := keys.find(old)) is not None:
                    keys.put(new, key)
                note(new, author, "restore", file=Path(path).name)
        finally:
            target.close()
    return Copied(Path(path), _file_digest(Path(path)), rows)


def import_client(store: Store, path: Path, author: str) -> tuple[str, Copied]:
    """Add an exported client under its own id and return that id.

    What it computed is computed anew. What it issued stays byte for byte; unless this installation
    wrote the file, it is marked as issued elsewhere.

    Raises
    ------
    BackupRefused
        ``backup_damaged``, ``backup_newer``, ``not_one_client`` or ``client_exists``.
    """
    with _open_verified(Path(path)) as (source, said, signature):
        ours = keys.signed_by(keys.known(store.engine), SIGNATURE, said, signature)
        found = source.clients()
        if len(found) != 1:
            raise BackupRefused("not_one_client", clients=len(found))
        identifier = found[0].id
        with database.reading(source.engine) as old, database.writing(store.engine) as new:
            if new.scalar(select(client.c.id).where(client.c.id == identifier)):
                raise BackupRefused("client_exists", client=identifier)
            wrong = list(dict.fromkeys(admission.findings(old, identifier)))
            if wrong:
                raise BackupRefused("not_from_here", file=Path(path).name, what=wrong)
            left = (part,) if ours else (part, elsewhere)
            taken = [table for table in CLIENT_TABLES if table not in left]
            rows = _copy(old, new, taken, identifier)
            if not ours:
                marks = admission.issued_there(old, identifier)
                new.execute(insert(elsewhere), marks) if marks else None
            note(new, author, "import", identifier, file=Path(path).name, ours=ours)
    return identifier, Copied(Path(path), _file_digest(Path(path)), rows)


def _copy(
    old: Connection, new: Connection, tables: Sequence[Table], client_id: str | None
) -> dict[str, int]:
    copied = {}
    for table in tables:
        rows = select(table)
        if client_id is not None:
            rows = rows.where(owner(table) == client_id)
        size = 10 if table is blob else ROWS_AT_ONCE
        result = old.execute(rows, execution_options={"yield_per": size})
        copied[table.name] = 0
        for some in result.mappings().partitions():
            if table is blob:
                _refuse_changed_bytes(some)
            new.execute(insert(table), [dict(row) for row in some])
            copied[table.name] += len(some)
    return copied


def _refuse_changed_bytes(rows: Sequence[RowMapping]) -> None:
    """Refuse bytes that are no longer what their name says."""
    damaged = [row["sha256"] for row in rows if digest(bytes(row["data"])) != row["sha256"]]
    if damaged:
        raise BackupRefused("data_damaged", sha256=damaged)


def _write(
    store: Store,
    path: Path,
    tables: Sequence[Table],
    client_id: str | None,
    author: str,
    with_key: bool = False,
) -> Copied:
    key = keys.made(store.engine)
    path.parent.mkdir(parents=True, exist_ok=True)
    owner = f".{path.name}.{os.getpid()}."
    handle, name = tempfile.mkstemp(prefix=owner, suffix=".partial", dir=path.parent)
    os.close(handle)
    partial = Path(name)
    try:
        copy = Store.open(str(partial))
        with database.reading(store.engine) as old, database.writing(copy.engine) as new:
            if client_id is not None:
                newest_revision(old, client_id)
            rows = _copy(old, new, tables, client_id)
            if with_key:
                keys.send_along(new, key)
        copy.close()
        _seal(partial, 0 if client_id is None else ONE_CLIENT, key)
        checksum = _file_digest(partial)
        # The name appears only with the whole file behind it.
        os.replace(partial, path)
    finally:
        for leftover in (partial, Path(name + "-wal"), Path(name + "-shm")):
            leftover.unlink(missing_ok=True)
    with database.writing(store.engine) as connection:
        action = "backup" if client_id is None else "export"
        note(connection, author, action, client_id, file=path.name, sha256=checksum)
    return Copied(path, checksum, rows)


def _table_digests(raw: sqlite3.Connection) -> Iterator[tuple[str, int, str]]:
    """Yield name, rows and SHA-256 of each table, in whatever order the rows are stored."""
    names = raw.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'manifest' ORDER BY name"
    ).fetchall()
    for (name,) in names:
        total, count = hashlib.sha256(), 0
        columns = [row[1] for row in raw.execute(f'PRAGMA table_info("{name}")')]
        order = ", ".join(f'"{each}"' for each in columns if each != "data")
        for row in raw.execute(f'SELECT * FROM "{name}" ORDER BY {order}'):  # noqa: S608
            shown = [digest(value) if isinstance(value, bytes) else value for value in row]
            total.update(repr(shown).encode())
            count += 1
        yield name, count, total.hexdigest()


def _said(raw: sqlite3.Connection, manifest: Sequence[tuple]) -> str:
    """Return all that a signature vouches for: what the tables hold, and what else is there."""
    shape = raw.execute("SELECT type, name, sql FROM sqlite_master ORDER BY type, name").fetchall()
    return repr((sorted(manifest), shape))


def _seal(path: Path, application: int, key: str) -> None:
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA journal_mode = DELETE")
        raw.execute(f"PRAGMA application_id = {application}")
        raw.execute("CREATE TABLE manifest (name TEXT PRIMARY KEY, rows INTEGER, sha256 TEXT)")
        manifest = list(_table_digests(raw))
        signed = (SIGNATURE, 0, keys.signature(key, SIGNATURE, _said(raw, manifest)))
        raw.executemany("INSERT INTO manifest VALUES (?, ?, ?)", [*manifest, signed])
        raw.commit()
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _application(path: Path) -> int:
    with closing(sqlite3.connect(path)) as raw:
        return raw.execute("PRAGMA application_id").fetchone()[0]


@contextmanager
def _open_verified(path: Path) -> Iterator[tuple[Store, str, str]]:
    """Open a copy of a backup, brought to the present schema, once its checksums hold.

    Beside it stand what its signature vouches for, and the signature; "" in older files.
    """
    with scratch.folder() as folder:
        copy = folder / "backup.sqlite"
        shutil.copyfile(path, copy)
        try:
            with closing(sqlite3.connect(copy)) as raw:
                sound = raw.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
                listed = raw.execute("SELECT * FROM manifest ORDER BY name").fetchall()
                manifest = [row for row in listed if row[0] != SIGNATURE]
                signature = next((str(row[2]) for row in listed if row[0] == SIGNATURE), "")
                differing = set(manifest) ^ set(_table_digests(raw))
                said = _said(raw, manifest)
        except sqlite3.DatabaseError as error:
            raise BackupRefused("backup_damaged", file=path.name, why=str(error)) from error
        if differing or not sound or not manifest:
            tables = sorted({row[0] for row in differing})
            raise BackupRefused("backup_damaged", file=path.name, why=tables)
        try:
            store = Store.open(str(copy))
        except AttuneError as error:
            raise BackupRefused("backup_newer", file=path.name, **error.facts) from error
        try:
            yield store, said, signature
        finally:
            store.close()


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
