"""The one door to a client's data: every call asks anew whether this person may.

Nothing is remembered between two calls, so a person who was removed, or a link that was revoked,
opens nothing from the next call on. A client that does not exist and one that is not yours give
the same answer.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from metrics.errors import AttuneError, InvalidInput
from metrics.model import Profile, Snapshot
from workspaces import database, people, revisions
from workspaces.backup import Copied, backup, export_client
from workspaces.erase import Erased
from workspaces.faults import StorageFault
from workspaces.people import COMMAND_LINE, LOCAL, Person, Role
from workspaces.pieces import NewUpload
from workspaces.store import Client, Store

HERE = frozenset({LOCAL.email, COMMAND_LINE.email})
"""Who needs no role: neither is an address, so nobody who signs in can be mistaken for them."""
ANALYST_DOCUMENTS = ("mappings", "moves", "decisions_on_findings", "reader")
"""Documents that are part of bringing data in; all others steer results."""
BROUGHT_IN = ("teams", "reorganised", "exchange_rates")
"""What files say of the client itself; the rest of its profile steers results."""


class AccessDenied(AttuneError):
    """The person may not do this, or there is no such client; which of the two is not told."""


def enter(store: Store, who: Person, client: str) -> Workspace:
    """Return the client's workspace for a person.

    Raises
    ------
    AccessDenied
        The person has no role for the client, or there is no such client.
    """
    workspace = Workspace(store, client, who.email)
    workspace.allow(Role.EXECUTIVE, "enter")
    return workspace


def enter_by_link(store: Store, token: str, client: str | None = None) -> Workspace:
    """Return the workspace a shared link opens, for viewing.

    Raises
    ------
    AccessDenied
        The link is unknown, expired or revoked, or opens another than the ``client`` asked for.
    """
    opened = people.link_client(store, token)
    if opened is None:
        raise AccessDenied("link_ended")
    if client not in (None, opened):
        raise AccessDenied("no_access", needed=Role.EXECUTIVE.value)
    return Workspace(store, opened, "link", token)


def clients(store: Store, who: Person | None, token: str = "") -> tuple[Client, ...]:
    """Return the clients a person may see, or the one that a link opens where there is none."""
    everything = store.clients()
    if who is None:
        allowed = {enter_by_link(store, token).client}
    elif is_administrator(store, who):
        return everything
    else:
        allowed = people.clients_of(store, who.email)
    return tuple(each for each in everything if each.id in allowed)


def create_client(store: Store, who: Person, profile: Profile, as_of: date | None = None) -> str:
    """Set up a client; administrators only."""
    if not is_administrator(store, who):
        raise AccessDenied("no_access", needed=Role.ADMINISTRATOR.value)
    return store.create_client(profile, who.email, as_of)


def back_up(store: Store, who: Person, path: Path, with_key: bool = False) -> Copied:
    """Write everything there is to one file; administrators only."""
    if not is_administrator(store, who):
        raise AccessDenied("no_access", needed=Role.ADMINISTRATOR.value)
    return backup(store, path, who.email, with_key)


def is_administrator(store: Store, who: Person) -> bool:
    """Say whether a person may now do everything with every client."""
    return who.email in HERE or people.is_administrator(store, who.email)


def _role(store: Store, email: str, client: str) -> Role | None:
    if email in HERE:
        return Role.ADMINISTRATOR
    return people.role_of(store, email, client)


class Workspace:
    """What one person may do with one client. Made by ``enter``; see ``Store`` for each method."""

    def __init__(self, store: Store, client: str, author: str, token: str | None = None) -> None:
        self.client, self.author = client, author
        self._store, self._token = store, token

    @property
    def role(self) -> Role | None:
        """The role as it is now; None once it has ended."""
        if self._token is None:
            return _role(self._store, self.author, self.client)
        opened = people.link_client(self._store, self._token)
        return Role.EXECUTIVE if opened == self.client else None

    def allow(self, needed: Role, action: str) -> Store:
        """Return the store if the person may now, else note the refusal and raise AccessDenied."""
        held = self.role
        if held is not None and held.reaches(needed) and self._exists():
            return self._store
        with suppress(StorageFault), database.writing(self._store.engine) as connection:
            revisions.note(connection, self.author, "refused", self.client, what=action)
        raise AccessDenied("no_access", needed=needed.value)

    def _exists(self) -> bool:
        with suppress(InvalidInput):
            return self._store.revision(self.client) > 0
        return False

    def revision(self) -> int:
        return self.allow(Role.EXECUTIVE, "revision").revision(self.client)

    def snapshot(self, revision: int | None = None) -> Snapshot:
        return self.allow(Role.EXECUTIVE, "snapshot").snapshot(self.client, revision)

    def pseudonymised(self, frames: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
        return self.allow(Role.ANALYST, "pseudonymised").pseudonymised(self.client, frames)

    def document(self, kind: str, revision: int | None = None) -> dict[str, Any] | None:
        return self.allow(Role.EXECUTIVE, "document").document(self.client, kind, revision)

    def document_history(self, kind: str) -> list[dict[str, Any]]:
        store = self.allow(Role.EXECUTIVE, "document_history")
        return store.document_history(self.client, kind)

    def history(self) -> pd.DataFrame:
        return self.allow(Role.EXECUTIVE, "history").history(self.client)

    def part(self, revision: int, key: str) -> bytes | None:
        return self.allow(Role.EXECUTIVE, "part").part(self.client, revision, key)

    def keep_part(self, revision: int, key: str, data: bytes) -> None:
        self.allow(Role.EXECUTIVE, "keep_part").keep_part(self.client, revision, key, data)

    def issued(self) -> pd.DataFrame:
        return self.allow(Role.EXECUTIVE, "issued").issued(self.client)

    def elsewhere(self, kind: str) -> frozenset[str]:
        return self.allow(Role.EXECUTIVE, "elsewhere").elsewhere(self.client, kind)

    def issued_report(self, issued_id: str, *, taken: bool = True) -> bytes:
        """Return an issued file; noted in the audit unless a page only shows what it says."""
        store = self.allow(Role.EXECUTIVE, "issued_report")
        data = store.issued_report(self.client, issued_id)
        if taken:
            self._note("download_report", report=issued_id)
        return data

    def uploads(self, revision: int | None = None) -> pd.DataFrame:
        return self.allow(Role.ANALYST, "uploads").uploads(self.client, revision)

    def original(self, upload_id: str, *, taken: bool = True) -> tuple[str, bytes]:
        """Return an upload's name and bytes; noted in the audit where somebody takes it."""
        found = self.allow(Role.ANALYST, "original").original(self.client, upload_id)
        if taken:
            self._note("download_original", upload=upload_id)
        return found

    def erase_originals(self, before: datetime) -> int:
        store = self.allow(Role.CONSULTANT, "erase_originals")
        erased = store.erase_originals(self.client, before)
        self._note("erase_originals", before=before, files=erased)
        return erased

    def save(
        self,
        expected_revision: int,
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
        """Write one revision; what steers results needs a consultant."""
        steering = bool(set(documents or ()) - set(ANALYST_DOCUMENTS)) or self._steers(profile)
        store = self.allow(Role.CONSULTANT if steering else Role.ANALYST, "save")
        return store.save(
            self.client,
            expected_revision,
            self.author,
            action,
            uploads=uploads,
            frames=frames,
            replace=replace,
            retire_uploads=retire_uploads,
            documents=documents,
            profile=profile,
            as_of=as_of,
            summary=summary,
        )

    def _steers(self, profile: Profile | None) -> bool:
        """Does a profile differ from the client's in more than what files bring?"""
        if profile is None:
            return False
        known = self.allow(Role.EXECUTIVE, "save").snapshot(self.client).profile
        brought = {name: getattr(profile, name) for name in BROUGHT_IN}
        first = {} if known.functions else {"functions": profile.functions}
        return replace(known, **brought, **first) != profile

    def undo(self, expected_revision: int, revision: int | None = None) -> int:
        """Undo; where that changes what steers results it needs a consultant."""
        store = self.allow(Role.ANALYST, "undo")
        target = expected_revision - 1 if revision is None else revision
        if self._steering(expected_revision) != self._steering(target):
            store = self.allow(Role.CONSULTANT, "undo")
        return store.undo(self.client, expected_revision, self.author, revision)

    def _steering(self, revision: int) -> set[tuple[str, str]]:
        with database.reading(self._store.engine) as connection:
            held = revisions.items_at(connection, self.client, revision)
        documents = {(each.name, each.sha256) for each in held if each.kind == "document"}
        return {each for each in documents if each[0] not in ANALYST_DOCUMENTS}

    def issue(self, revision: int, kind: str, data: bytes) -> str:
        store = self.allow(Role.CONSULTANT, "issue")
        identifier = store.issue(self.client, revision, kind, data, self.author)
        self._note("issue", report=identifier, revision=revision)
        return identifier

    def share(self, days: float, scope: str = "") -> str:
        store = self.allow(Role.CONSULTANT, "share")
        return people.share(store, self.author, self.client, days, scope)

    def links(self) -> pd.DataFrame:
        return people.links(self.allow(Role.CONSULTANT, "links"), self.client)

    def revoke(self, sha256: str) -> None:
        people.revoke(self.allow(Role.CONSULTANT, "revoke"), self.author, self.client, sha256)

    def people(self) -> pd.DataFrame:
        return people.people(self.allow(Role.ADMINISTRATOR, "people"), self.client)

    def give_role(self, email: str, given: Role) -> None:
        store = self.allow(Role.ADMINISTRATOR, "give_role")
        people.give_role(store, self.author, self.client, email, given)

    def take_role(self, email: str) -> None:
        store = self.allow(Role.ADMINISTRATOR, "take_role")
        people.take_role(store, self.author, self.client, email)

    def delete(self) -> Erased:
        """Remove every trace of the client and prove it."""
        return self.allow(Role.ADMINISTRATOR, "delete").delete_client(self.client, self.author)

    def export(self, path: Path) -> Copied:
        """Write the client with everything in it to one file, for hand-over."""
        return export_client(
            self.allow(Role.ADMINISTRATOR, "export"), self.client, path, self.author
        )

    def trail(self) -> pd.DataFrame:
        return people.audit_trail(self.allow(Role.ADMINISTRATOR, "trail"), self.client)

    def _note(self, action: str, **facts: Any) -> None:
        with database.writing(self._store.engine) as connection:
            revisions.note(connection, self.author, action, self.client, **facts)


__all__ = [
    "COMMAND_LINE",
    "LOCAL",
    "AccessDenied",
    "Person",
    "Role",
    "Workspace",
    "back_up",
    "clients",
    "create_client",
    "enter",
    "enter_by_link",
    "is_administrator",
]
