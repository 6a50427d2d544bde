"""Originals are kept for a time and then erased; the figures they gave, and their names, stay."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine, delete, select, update

from workspaces import database, revisions
from workspaces.pieces import digest
from workspaces.tables import blob, issued, item, upload

ERASED = digest(b"")
"""Checksum of an original that is kept no longer."""


def erase_originals(engine: Engine, client_id: str, before: datetime) -> int:
    """Erase the bytes of files uploaded before a moment (UTC) and return how many files.

    Name, size, author and time stay; the checksum becomes that of nothing. Bytes that a younger
    upload or an issued report shares are kept.
    """
    own = upload.c.client == client_id
    with database.writing(engine) as connection:
        rows = connection.execute(
            select(upload.c.id, upload.c.sha256).where(
                own, upload.c.at < before, upload.c.sha256 != ERASED
            )
        ).all()
        if not rows:
            return 0
        revisions.keep_blobs(connection, client_id, {ERASED: b""})
        for row in rows:
            of_upload = (
                item.c.client == client_id,
                item.c.kind == "upload",
                item.c.source == row.id,
            )
            connection.execute(update(item).where(*of_upload).values(sha256=ERASED))
            connection.execute(
                update(upload).where(own, upload.c.id == row.id).values(sha256=ERASED)
            )
        for sha in {row.sha256 for row in rows}:
            used = [
                select(table.c.sha256).where(table.c.client == client_id, table.c.sha256 == sha)
                for table in (item, upload, issued)
            ]
            if not any(connection.execute(each.limit(1)).first() for each in used):
                connection.execute(
                    delete(blob).where(blob.c.client == client_id, blob.c.sha256 == sha)
                )
        revisions.note(connection, "retention", "erase originals", client_id, files=len(rows))
    return len(rows)
