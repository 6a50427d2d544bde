"""The steps a transaction of the store is made of; each works on the connection it is given."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Table, and_, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from metrics.errors import InvalidInput, StaleRevision
from workspaces.pieces import Held, NewUpload, digest, whole
from workspaces.tables import audit, blob, client, item, pseudonym_key, revision, upload


def utc_now() -> datetime:
    """Return the time in UTC, without a zone, as the tables keep it."""
    return datetime.now(UTC).replace(tzinfo=None)


def put(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Insert ``rows`` and leave those alone that are there already."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    if rows:
        connection.execute(dialect.insert(table).on_conflict_do_nothing(), rows)


def active(at: int):
    """Condition: the item is part of the client at revision ``at``."""
    return and_(item.c.added <= at, or_(item.c.retired.is_(None), item.c.retired > at))


def newest_revision(connection: Connection, client_id: str) -> int:
    """Return the newest revision; InvalidInput ``unknown_client`` if there is no such client."""
    number = connection.scalar(select(client.c.revision).where(client.c.id == client_id))
    if number is None:
        raise InvalidInput("unknown_client", client=client_id)
    return number


def key(connection: Connection, client_id: str) -> bytes:
    """Return the key of a client's pseudonyms; InvalidInput if there is no such client."""
    own = pseudonym_key.c.client == client_id
    value = connection.scalar(select(pseudonym_key.c.value).where(own))
    if value is None:
        raise InvalidInput("unknown_client", client=client_id)
    return bytes.fromhex(value)


def known(connection: Connection, client_id: str, number: int | None) -> int:
    """Return ``number``, or the newest for None; InvalidInput if it was never written."""
    last = newest_revision(connection, client_id)
    if number is not None and not 1 <= number <= last:
        raise InvalidInput("unknown_revision", revision=number, newest=last)
    return last if number is None else number


def advance(connection: Connection, client_id: str, expected: int) -> None:
    """Raise the revision by one, which also locks the client until the transaction ends.

    Raises
    ------
    StaleRevision
        The client is not at ``expected``; ``changes`` lists what was written since.
    """
    done = connection.execute(
        update(client)
        .where(client.c.id == client_id, client.c.revision == expected)
        .values(revision=expected + 1)
    )
    if done.rowcount == 0:
        current = newest_revision(connection, client_id)
        since = changes(connection, client_id, expected)
        raise StaleRevision("stale_revision", expected=expected, current=current, changes=since)


def changes(connection: Connection, client_id: str, after: int) -> list[dict[str, Any]]:
    """Return what each revision after ``after`` did."""
    rows = connection.execute(
        select(
            revision.c.number.label("revision"),
            revision.c.at,
            revision.c.author,
            revision.c.action,
            revision.c.summary,
        )
        .where(revision.c.client == client_id, revision.c.number > after)
        .order_by(revision.c.number)
    )
    return [dict(row._mapping) for row in rows]


def items_at(connection: Connection, client_id: str, at: int) -> set[Held]:
    """Return everything that holds at a revision."""
    columns = (item.c.kind, item.c.name, item.c.source, item.c.sha256)
    rows = connection.execute(select(*columns).where(item.c.client == client_id, active(at)))
    return {Held(*row) for row in rows}


def outdated_items(
    before: set[Held],
    given: Collection[Held],
    number: int,
    replace: Collection[str],
    retire_uploads: Collection[str],
) -> set[Held]:
    """Return what holds no longer once ``given`` is written as revision ``number``.

    Raises
    ------
    InvalidInput
        An upload is unknown or retired at once with rows given for it, or ``given`` would hold
        beside another content of the same name and source.
    """
    uploads = {each.source for each in before if each.kind == "upload"}
    whole = {each.name for each in given if each.kind == "document"} | set(replace)
    gone = {
        each
        for each in before
        if each.source in retire_uploads
        or (each.kind != "upload" and each.name in whole and each not in given)
    }
    named = {each.source for each in given if not each.source.startswith(f"r{number}.")}
    typed = {each.source for each in before if each.source.endswith(".0")}
    unknown = (named - uploads - typed) | (set(retire_uploads) - uploads)
    unknown |= named & set(retire_uploads)
    if unknown:
        raise InvalidInput("unknown_upload", upload=sorted(unknown))
    staying = {each[:3] for each in before - gone}
    doubled = [each.name for each in given if each not in before and each[:3] in staying]
    if doubled:
        raise InvalidInput("upload_has_frame_already", frames=sorted(set(doubled)))
    return gone


def retire(connection: Connection, client_id: str, number: int, gone: Iterable[Held]) -> None:
    """Let items end with revision ``number``."""
    for each in sorted(gone):
        connection.execute(
            update(item)
            .where(
                item.c.client == client_id,
                item.c.kind == each.kind,
                item.c.name == each.name,
                item.c.source == each.source,
                item.c.retired.is_(None),
            )
            .values(retired=number)
        )


def add_items(
    connection: Connection,
    client_id: str,
    number: int,
    added: Iterable[Held],
    blobs: Mapping[str, bytes],
) -> None:
    """Let items begin with revision ``number``; ``blobs`` are the bytes not stored yet."""
    keep_blobs(connection, client_id, blobs)
    rows = [
        {"client": client_id, "added": number, "retired": None, **each._asdict()}
        for each in sorted(added)
    ]
    if rows:
        connection.execute(insert(item), rows)


def keep_blobs(connection: Connection, client_id: str, blobs: Mapping[str, bytes]) -> None:
    """Store bytes under their SHA-256, once."""
    rows = [{"client": client_id, "sha256": sha, "data": data} for sha, data in blobs.items()]
    put(connection, blob, rows)


def describe(
    connection: Connection,
    client_id: str,
    number: int,
    author: str,
    uploads: Sequence[NewUpload],
) -> None:
    """Note name, size and checksum of each uploaded file."""
    for i, each in enumerate(uploads, 1):
        connection.execute(
            insert(upload),
            {
                "client": client_id,
                "id": f"r{number}.{i}",
                "name": each.name,
                "source": each.source,
                "summary": each.summary,
                "sha256": digest(each.data),
                "size": len(each.data),
                "at": utc_now(),
                "author": author,
            },
        )


def record(
    connection: Connection,
    client_id: str,
    number: int,
    author: str,
    action: str,
    summary: str,
    day: date,
) -> None:
    """Write the line of the history."""
    connection.execute(
        insert(revision),
        {
            "client": client_id,
            "number": number,
            "at": utc_now(),
            "author": author,
            "action": action,
            "summary": summary,
            "as_of": day,
        },
    )


def day_of(connection: Connection, client_id: str, number: int) -> date:
    """Return the day up to which the data of a revision speaks."""
    row = revision.c.client == client_id, revision.c.number == number
    return connection.execute(select(revision.c.as_of).where(*row)).scalar_one()


def document(
    connection: Connection, client_id: str, kind: str, number: int
) -> dict[str, Any] | None:
    """Return the document of a kind at a revision, or None."""
    row = connection.execute(
        select(blob.c.data, blob.c.sha256)
        .join_from(item, blob)
        .where(
            item.c.client == client_id,
            item.c.kind == "document",
            item.c.name == kind,
            active(number),
        )
    ).first()
    return None if row is None else json.loads(whole(row.data, row.sha256))


def documents(connection: Connection, client_id: str, kind: str) -> list[dict[str, Any]]:
    """Return each version of a document with the revision that wrote it."""
    rows = connection.execute(
        select(item.c.added, revision.c.at, revision.c.author, blob.c.data)
        .join_from(item, blob)
        .join(revision, and_(revision.c.client == item.c.client, revision.c.number == item.c.added))
        .where(item.c.client == client_id, item.c.kind == "document", item.c.name == kind)
        .order_by(item.c.added)
    )
    return [
        {
            "revision": row.added,
            "at": row.at,
            "author": row.author,
            "document": json.loads(bytes(row.data)),
        }
        for row in rows
    ]


def note(
    connection: Connection, who: str, action: str, client: str | None = None, **facts: Any
) -> None:
    """Add a line to the audit, in the transaction of what it reports."""
    row = {
        "id": secrets.token_hex(12),
        "at": utc_now(),
        "person": who,
        "action": action,
        "client": client,
        "facts": json.dumps(facts, ensure_ascii=False, default=str),
    }
    connection.execute(insert(audit), row)
