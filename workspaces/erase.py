"""Erasing a client: no row and no byte of it stays behind, and the answer proves it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path

from sqlalchemy import Column, Connection, Engine, Table, delete, func, select

from workspaces import database
from workspaces.revisions import newest_revision, note
from workspaces.tables import audit, client, metadata


@dataclass(frozen=True)
class Erased:
    """Proof that a client is gone.

    Parameters
    ----------
    rows : dict
        Table → rows removed.
    left : dict
        Table → rows that still name the client; all zero.
    bytes_left : int or None
        Places where the client's id still stands in the database's files: zero for SQLite, None
        where the files belong to a server.
    """

    rows: dict[str, int]
    left: dict[str, int]
    bytes_left: int | None


def erase(engine: Engine, client_id: str, author: str) -> Erased:
    """Remove every trace of a client, uploads and audit included, and prove it.

    What remains is one line of the audit saying that a client was deleted, by whom, and how many
    rows, without its name. Backups made before are files of their own and are not touched.
    """
    with database.writing(engine) as connection:
        newest_revision(connection, client_id)
        rows = _naming(connection, client_id)
        connection.execute(delete(client).where(client.c.id == client_id))
        connection.execute(delete(audit).where(audit.c.client == client_id))
        note(connection, author, "delete_client", rows=sum(rows.values()))
    _sweep(engine)
    with database.reading(engine) as connection:
        left = _naming(connection, client_id)
    return Erased(rows, left, _places_in_files(engine, client_id))


def owner(table: Table) -> Column | None:
    """Return the column that says whose row it is; None for rows of no client."""
    return table.c.id if table is client else table.c.get("client")


def _naming(connection: Connection, client_id: str) -> dict[str, int]:
    """Return how many rows of each table name the client."""
    return {
        table.name: connection.execute(
            select(func.count()).select_from(table).where(owner(table) == client_id)
        ).scalar_one()
        for table in metadata.sorted_tables
        if owner(table) is not None
    }


def _sweep(engine: Engine) -> None:
    """Rewrite the database's files, so that deleted rows are not left in free pages."""
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            raw = connection.connection.cursor()
            raw.execute("VACUUM")
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return
        connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        for table in metadata.sorted_tables:
            connection.exec_driver_sql(f"VACUUM (FULL, ANALYZE) {table.name}")
        # The planner's statistics quote frequent values, names and ids among them.
        connection.exec_driver_sql("VACUUM FULL pg_statistic")


def _places_in_files(engine: Engine, client_id: str) -> int | None:
    name = engine.url.database
    if engine.dialect.name != "sqlite" or name is None:
        return None
    found = 0
    for file in (Path(name), Path(name + "-wal")):
        if file.exists() and file.stat().st_size:
            with (
                file.open("rb") as handle,
                closing(mmap(handle.fileno(), 0, access=ACCESS_READ)) as content,
            ):
                at = content.find(client_id.encode())
                while at >= 0:
                    found, at = found + 1, content.find(client_id.encode(), at + 1)
    return found
