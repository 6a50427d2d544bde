"""Clients and their revisions: every write is one transaction that raises the revision.

A writer says which revision it saw. If somebody saved in between, it is refused with what
changed since, and nothing is written. Undo is a new revision with the content of an older one.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import Engine, and_, delete, insert, select, update

from metrics.errors import InvalidInput
from metrics.frames import APPEND_ONLY
from metrics.measures.pseudonyms import columns, pseudonymised
from metrics.model import Profile, Snapshot
from workspaces import database, retention, revisions
from workspaces.erase import Erased, erase
from workspaces.faults import LastAnswers, StorageFault, or_last
from workspaces.pieces import (
    Held,
    NewUpload,
    StoredFrames,
    digest,
    encode_document,
    profile_document,
    profile_from,
    source_order,
    split_by_upload,
    whole,
)
from workspaces.revisions import utc_now
from workspaces.tables import blob, client, elsewhere, issued, item, part, pseudonym_key, upload

PATIENCE_OF_READERS = 0.5
"""Seconds a page waits for others to write before it leaves a part unkept."""
KEPT_PART_REVISIONS = 20
"""Computed parts of older revisions are dropped: they can be computed again."""


@dataclass(frozen=True)
class Client:
    """One client as a list shows it."""

    id: str
    name: str
    revision: int
    created: datetime


def new_client_id(name: str) -> str:
    """Return a readable, URL-safe id that was never used before.

    The random end keeps ids of deleted clients from coming back (a cache or a link may still
    know them) and guessing from succeeding.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40] or "client"
    return f"{slug}-{secrets.token_hex(4)}"


class Store:
    """Everything that is kept, behind one door. Safe to share between threads."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.last = LastAnswers()

    @classmethod
    def open(cls, url: str | None = None) -> Store:
        """Open the database, creating it or bringing its schema up to date.

        Parameters
        ----------
        url : str or None
            SQLAlchemy address or path of a SQLite file; None reads ``ATTUNE_DATABASE_URL``
            and falls back to ``data/attune.sqlite``.

        Raises
        ------
        AttuneError
            ``newer_schema`` if a newer version of the program has written it.
        """
        engine, fault = database.open_newest(database.address(url))
        opened = cls(engine)
        opened.last.fault = fault
        return opened

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()

    def create_client(self, profile: Profile, author: str, as_of: date | None = None) -> str:
        """Set up a client at revision 1 and return its id.

        ``as_of`` is the day up to which its data speaks; today if not given.
        """
        identifier = new_client_id(profile.name)
        body = encode_document(profile_document(profile))
        held = Held("document", "profile", "r1.0", digest(body))
        with database.writing(self.engine) as connection:
            connection.execute(
                insert(client),
                {"id": identifier, "name": profile.name, "revision": 1, "created": utc_now()},
            )
            connection.execute(
                insert(pseudonym_key), {"client": identifier, "value": secrets.token_hex(32)}
            )
            day = as_of or utc_now().date()
            revisions.record(connection, identifier, 1, author, "create", profile.name, day)
            revisions.add_items(connection, identifier, 1, [held], {held.sha256: body})
        return identifier

    def delete_client(self, client_id: str, author: str = "local") -> Erased:
        """Remove every trace of a client, uploads and audit included, and prove it."""
        self.last.forget()
        return erase(self.engine, client_id, author)

    @or_last
    def clients(self) -> tuple[Client, ...]:
        """Return all clients by name."""
        with database.reading(self.engine) as connection:
            rows = connection.execute(select(client).order_by(client.c.name, client.c.id))
            return tuple(Client(**row._mapping) for row in rows)

    def find(self, name: str) -> Client | None:
        """Return the client with this id or name, or None.

        Raises
        ------
        InvalidInput
            No name, or several clients of that name.
        """
        if not name.strip():
            raise InvalidInput("client_name_empty")
        known = self.clients()
        same = [c for c in known if c.id == name] or [c for c in known if c.name == name]
        if len(same) > 1:
            raise InvalidInput("client_name_twice", client=name, ids=[c.id for c in same])
        return same[0] if same else None

    def named(self, name: str) -> Client:
        """Return the client with this id or name; InvalidInput if there is none."""
        found = self.find(name)
        if found is None:
            known = [client.name for client in self.clients()] or ["–"]
            raise InvalidInput("client_name_unknown", client=name, known=known)
        return found

    @or_last
    def revision(self, client_id: str) -> int:
        """Return the client's newest revision; InvalidInput ``unknown_client`` if none."""
        with database.reading(self.engine) as connection:
            return revisions.newest_revision(connection, client_id)

    def pseudonymised(
        self, client_id: str, frames: Mapping[str, pd.DataFrame]
    ) -> dict[str, pd.DataFrame]:
        """Return frames in which every person stands under this client's pseudonym."""
        if not any(map(columns, frames.values())):
            return dict(frames)  # most name nobody
        with database.reading(self.engine) as connection:
            key = revisions.key(connection, client_id)
        return pseudonymised(key, frames, self.snapshot(client_id).frames)

    def save(
        self,
        client_id: str,
        expected_revision: int,
        author: str,
        action: str,
        *,
        uploads: Sequence[NewUpload] = (),
        frames: Mapping[str, pd.DataFrame] | None = None,
        replace: Collection[str] = (),
        retire_uploads: Collection[str] = (),
        documents: Mapping[str, Mapping[str, Any]] | None = None,
        profile: Profile | None = None,
        as_of: date | None = None,
        summary: str = "",
    ) -> int:
        """Write one revision, all of it or nothing, and return its number.

        Parameters
        ----------
        expected_revision : int
            The revision the writer saw.
        frames : mapping
            Frame name → rows to add. An ``upload`` column may name one of ``uploads`` or an
            earlier upload id; blank is filled with the id of the only upload.
        replace : collection of str
            Frames that are given whole: what they held before holds no longer. Shares of
            earlier uploads that did not change are recognised and kept as they are.
        retire_uploads : collection of str
            Upload ids whose rows hold no longer; the original files stay readable.
        documents : mapping
            Kind (``assumptions``, ``mappings``, ``decisions`` …) → the whole new document.
        as_of : date or None
            None keeps the day of the revision before.

        Raises
        ------
        StaleRevision
            Somebody saved in between; ``facts["changes"]`` lists what.
        InvalidInput
            Unknown client, frame or upload; a row whose upload is unclear.
        """
        number = expected_revision + 1
        frozen = [name for name in replace if name in APPEND_ONLY]
        if frozen:
            raise InvalidInput("append_only", frame=frozen[0])
        frames = self.pseudonymised(client_id, frames or {})
        pieces = split_by_upload(frames, uploads, number)
        written = dict(documents or {}) | (
            {"profile": profile_document(profile)} if profile is not None else {}
        )
        blobs: dict[str, bytes] = {}

        def keep(kind: str, name: str, source: str, data: bytes) -> Held:
            blobs[digest(data)] = data
            return Held(kind, name, source, digest(data))

        given = [
            *(keep("upload", "", f"r{number}.{i}", u.data) for i, u in enumerate(uploads, 1)),
            *(keep("frame", name, owner, data) for name, owner, data, _ in pieces),
            *(keep("document", k, f"r{number}.0", encode_document(d)) for k, d in written.items()),
        ]
        summary = summary or "; ".join(
            [
                *(u.name for u in uploads),
                *(f"{name} +{rows:,}" for name, _, _, rows in pieces),
                *written,
                *(f"−{identifier}" for identifier in sorted(retire_uploads)),
            ]
        )
        with database.writing(self.engine) as connection:
            revisions.advance(connection, client_id, expected_revision)
            before = revisions.items_at(connection, client_id, expected_revision)
            gone = revisions.outdated_items(before, given, number, replace, retire_uploads)
            revisions.retire(connection, client_id, number, gone)
            added = [held for held in given if held not in before]
            revisions.add_items(connection, client_id, number, added, blobs)
            revisions.describe(connection, client_id, number, author, uploads)
            if profile is not None:
                renamed = update(client).where(client.c.id == client_id)
                connection.execute(renamed.values(name=profile.name))
            day = as_of or revisions.day_of(connection, client_id, expected_revision)
            revisions.record(connection, client_id, number, author, action, summary, day)
        return number

    def undo(
        self, client_id: str, expected_revision: int, author: str, revision: int | None = None
    ) -> int:
        """Write a new revision with the content of ``revision`` (default: the one before).

        Undoing an undo brings back what was undone.
        """
        target = expected_revision - 1 if revision is None else revision
        number = expected_revision + 1
        with database.writing(self.engine) as connection:
            revisions.advance(connection, client_id, expected_revision)
            if not 1 <= target <= expected_revision:
                raise InvalidInput("unknown_revision", revision=target, newest=expected_revision)
            before = revisions.items_at(connection, client_id, expected_revision)
            wanted = revisions.items_at(connection, client_id, target)
            # What was issued stays issued.
            wanted |= {each for each in before if each.name in APPEND_ONLY}
            revisions.retire(connection, client_id, number, before - wanted)
            revisions.add_items(connection, client_id, number, wanted - before, {})
            name = profile_from(
                revisions.document(connection, client_id, "profile", number) or {}
            ).name
            connection.execute(update(client).where(client.c.id == client_id).values(name=name))
            day = revisions.day_of(connection, client_id, target)
            revisions.record(connection, client_id, number, author, "undo", f"{target}", day)
        return number

    def snapshot(self, client_id: str, revision: int | None = None) -> Snapshot:
        """Return all that was known of the client at ``revision`` (default: the newest)."""
        with database.reading(self.engine) as connection:
            number = revisions.known(connection, client_id, revision)
            day = revisions.day_of(connection, client_id, number)
            rows = connection.execute(
                select(item.c.name, item.c.source, item.c.sha256, blob.c.data)
                .join_from(item, blob)
                .where(item.c.client == client_id, item.c.kind == "frame", revisions.active(number))
            ).all()
            profile = revisions.document(connection, client_id, "profile", number)
        pieces: dict[str, list[bytes]] = {}
        for row in sorted(rows, key=lambda row: (row.name, source_order(row.source))):
            pieces.setdefault(row.name, []).append(whole(row.data, row.sha256))
        return Snapshot(profile_from(profile or {}), number, day, StoredFrames(pieces))

    @or_last
    def document(
        self, client_id: str, kind: str, revision: int | None = None
    ) -> dict[str, Any] | None:
        """Return a document as it was at ``revision``; None if none was written by then."""
        with database.reading(self.engine) as connection:
            number = revisions.known(connection, client_id, revision)
            return revisions.document(connection, client_id, kind, number)

    @or_last
    def uploads(self, client_id: str, revision: int | None = None) -> pd.DataFrame:
        """Return the uploads that hold at ``revision``, in the order they came."""
        with database.reading(self.engine) as connection:
            number = revisions.known(connection, client_id, revision)
            rows = connection.execute(
                select(*(column for column in upload.c if column.name != "client"))
                .join(item, and_(item.c.client == upload.c.client, item.c.source == upload.c.id))
                .where(
                    upload.c.client == client_id, item.c.kind == "upload", revisions.active(number)
                )
            ).all()
        names = [column.name for column in upload.c if column.name != "client"]
        rows = sorted(rows, key=lambda row: source_order(row.id))
        return pd.DataFrame(rows, columns=names).rename(columns={"id": "upload"})

    def original(self, client_id: str, upload_id: str) -> tuple[str, bytes]:
        """Return name and bytes of a file as it was uploaded, retired or not."""
        with database.reading(self.engine) as connection:
            row = connection.execute(
                select(upload.c.name, upload.c.sha256, blob.c.data)
                .join(
                    blob, and_(blob.c.client == upload.c.client, blob.c.sha256 == upload.c.sha256)
                )
                .where(upload.c.client == client_id, upload.c.id == upload_id)
            ).first()
        if row is None:
            raise InvalidInput("unknown_upload", upload=upload_id)
        return row.name, whole(row.data, row.sha256)

    def erase_originals(self, client_id: str, before: datetime) -> int:
        """Erase the bytes of files uploaded before a moment (UTC); return how many files."""
        return retention.erase_originals(self.engine, client_id, before)

    @or_last
    def history(self, client_id: str) -> pd.DataFrame:
        """Return every revision: revision, at, author, action, summary."""
        with database.reading(self.engine) as connection:
            revisions.newest_revision(connection, client_id)
            return pd.DataFrame(revisions.changes(connection, client_id, 0))

    @or_last
    def document_history(self, client_id: str, kind: str) -> list[dict[str, Any]]:
        """Return each version of a document: revision, at, author, document."""
        with database.reading(self.engine) as connection:
            revisions.newest_revision(connection, client_id)
            return revisions.documents(connection, client_id, kind)

    def part(self, client_id: str, revision: int, key: str) -> bytes | None:
        """Return a computed part of a report, or None if it was not kept.

        ``key`` names all that the part depends on besides the revision: part, checksum of the
        assumptions, version of the code.
        """
        data = None
        with suppress(StorageFault), database.reading(self.engine) as connection:
            data = connection.scalar(
                select(part.c.data).where(
                    part.c.client == client_id, part.c.revision == revision, part.c.key == key
                )
            )
        return None if data is None else bytes(data)

    def keep_part(self, client_id: str, revision: int, key: str, data: bytes) -> None:
        """Keep a computed part; the first one kept stays.

        It can be computed again: where the disk does not take it, or somebody else writes, it is
        not kept, and whoever only reads is not held up.
        """
        row = {"client": client_id, "revision": revision, "key": key, "data": data}
        with (
            suppress(StorageFault),
            database.writing(self.engine, PATIENCE_OF_READERS) as connection,
        ):
            last = revisions.known(connection, client_id, None)
            old = part.c.revision <= last - KEPT_PART_REVISIONS
            connection.execute(delete(part).where(part.c.client == client_id, old))
            revisions.put(connection, part, [row])

    def issue(self, client_id: str, revision: int, kind: str, data: bytes, author: str) -> str:
        """Keep a report byte for byte as it was handed out and return its id.

        ``kind`` is its extension: json, pptx, xlsx, pdf.
        """
        identifier = f"{kind}-{secrets.token_hex(6)}"
        row = {
            "client": client_id,
            "id": identifier,
            "revision": revision,
            "kind": kind,
            "sha256": digest(data),
            "at": utc_now(),
            "author": author,
        }
        with database.writing(self.engine) as connection:
            revisions.known(connection, client_id, revision)
            revisions.keep_blobs(connection, client_id, {digest(data): data})
            connection.execute(insert(issued), row)
        return identifier

    @or_last
    def issued(self, client_id: str) -> pd.DataFrame:
        """Return the reports handed out: id, revision, kind, sha256, at, author; oldest first."""
        columns = [column for column in issued.c if column.name != "client"]
        with database.reading(self.engine) as connection:
            rows = connection.execute(
                select(*columns).where(issued.c.client == client_id).order_by(issued.c.at)
            ).all()
        return pd.DataFrame(rows, columns=[column.name for column in columns])

    @or_last
    def elsewhere(self, client_id: str, kind: str) -> frozenset[str]:
        """Return what was issued elsewhere and came with an import: files, or forecasts.

        ``kind`` is ``issued``, by id, or ``forecast``, by issue.
        """
        same = elsewhere.c.client == client_id, elsewhere.c.kind == kind
        with database.reading(self.engine) as connection:
            return frozenset(connection.scalars(select(elsewhere.c.name).where(*same)))

    def issued_report(self, client_id: str, issued_id: str) -> bytes:
        """Return the bytes of a report that was handed out."""
        with database.reading(self.engine) as connection:
            row = connection.execute(
                select(blob.c.data, blob.c.sha256)
                .join_from(issued, blob)
                .where(issued.c.client == client_id, issued.c.id == issued_id)
            ).first()
        if row is None:
            raise InvalidInput("unknown_report", report=issued_id)
        return whole(row.data, row.sha256)
