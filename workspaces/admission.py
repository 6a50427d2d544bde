"""Could what a file says of a client have been saved here? Asked before any row is taken over.

A file that was handed over may have been made by anybody. Checksums say that it arrived as it was
sent, not that it was sent by a program like this one.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator

from pyarrow import parquet
from sqlalchemy import Connection, select

from metrics.errors import AttuneError
from metrics.frames import FRAMES
from workspaces.pieces import decode_frame, profile_from
from workspaces.tables import blob, client, issued, item, pseudonym_key, revision, upload

CLIENT_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*-[0-9a-f]{8}")
SOURCE = re.compile(r"r[1-9]\d{0,8}\.\d{1,6}")
DOCUMENT = re.compile(r"[a-z][a-z_]{0,39}")
KEY = re.compile(r"[0-9a-f]{64}")
PRINTED = re.compile(r"[^\x00-\x1f\x7f]{1,300}")
FROZEN = "issued_forecasts"
MOST_ROWS = 20_000_000
"""Of one piece of a frame; the largest client tried holds a thirtieth of it."""
MOST_BYTES = 2 << 30
"""Of one piece of a frame once it is unpacked."""
LARGEST_DOCUMENT = 20 << 20


def findings(connection: Connection, identifier: str) -> Iterator[str]:
    """Yield what in the file's client could not have been saved by this program, as codes."""
    one = connection.execute(select(client).where(client.c.id == identifier)).one()
    if not CLIENT_ID.fullmatch(identifier):
        yield "client_id"
    own = select(pseudonym_key.c.value).where(pseudonym_key.c.client == identifier)
    keys = connection.scalars(own).all()
    if len(keys) != 1 or not KEY.fullmatch(keys[0]):
        yield "pseudonym_key"
    if not PRINTED.fullmatch(one.name):
        yield "client_name"
    numbers = connection.scalars(
        select(revision.c.number).where(revision.c.client == identifier).order_by("number")
    ).all()
    if not numbers or list(numbers) != list(range(1, one.revision + 1)):
        yield "revisions"
    held = connection.execute(select(item).where(item.c.client == identifier)).all()
    if any(not _is_placed(row, one.revision) for row in held):
        yield "items"
    for table in (upload, issued):
        rows = connection.execute(select(table).where(table.c.client == identifier)).mappings()
        for row in rows:
            text = (row["id"], row.get("name", "file"), row["author"])
            if not all(PRINTED.fullmatch(str(each)) for each in text):
                yield table.name
    yield from _contents(connection, identifier, {(r.kind, r.name, r.sha256) for r in held})


def issued_there(connection: Connection, identifier: str) -> list[dict[str, str]]:
    """Return a mark for each file and each issue of forecasts that a client brings along."""
    files = connection.scalars(select(issued.c.id).where(issued.c.client == identifier)).all()
    pieces = connection.scalars(
        select(blob.c.data)
        .join_from(item, blob)
        .where(item.c.client == identifier, item.c.kind == "frame", item.c.name == FROZEN)
    ).all()
    frozen = decode_frame(FROZEN, [bytes(each) for each in pieces])["issue"] if pieces else ()
    names = [("issued", each) for each in files] + [("forecast", each) for each in frozen]
    marks = sorted({(kind, str(name)) for kind, name in names})
    return [{"client": identifier, "kind": kind, "name": name} for kind, name in marks]


def _is_placed(row, last: int) -> bool:
    named = {
        "upload": row.name == "",
        "frame": row.name in FRAMES,
        "document": bool(DOCUMENT.fullmatch(row.name)),
    }
    ends = row.retired is None or row.added < row.retired <= last
    return (
        named.get(row.kind, False)
        and bool(SOURCE.fullmatch(row.source))
        and (1 <= row.added <= last and ends)
    )


def _contents(
    connection: Connection, identifier: str, held: set[tuple[str, str, str]]
) -> Iterator[str]:
    for kind, name, sha256 in sorted(held):
        if kind == "upload":
            continue
        same = (blob.c.client == identifier) & (blob.c.sha256 == sha256)
        data = bytes(connection.scalar(select(blob.c.data).where(same)) or b"")
        try:
            if kind == "frame" and name in FRAMES:
                _check_frame(name, data)
            elif kind == "document":
                _check_document(name, data)
        except (
            AttuneError,
            OSError,
            ValueError,
            TypeError,
            LookupError,
            AttributeError,
            RecursionError,
        ):
            yield f"{kind} {name}"


def _check_frame(name: str, data: bytes) -> None:
    about = parquet.ParquetFile(io.BytesIO(data)).metadata
    size = sum(about.row_group(i).total_byte_size for i in range(about.num_row_groups))
    if about.num_rows > MOST_ROWS or size > MOST_BYTES:
        raise ValueError("too large")
    decode_frame(name, [data])


def _check_document(name: str, data: bytes) -> None:
    if len(data) > LARGEST_DOCUMENT:
        raise ValueError("too large")
    document = json.loads(data)
    if not isinstance(document, dict):
        raise ValueError("no document")
    if name == "profile":
        profile_from(document)
