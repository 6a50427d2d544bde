"""The store as one person may use it: the same methods, the access check before each.

Screens hold this and never the store itself, so that ``loop`` serves them as it serves scripts,
and nothing on a page can read or write past the check.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pandas as pd

from metrics.model import Profile, Snapshot
from workspaces import access
from workspaces.access import AccessDenied, Person, Workspace
from workspaces.erase import Erased
from workspaces.people import Role
from workspaces.store import Client, Store


class CheckedStore(Store):
    """What one person, or the holder of one shared link, may do with all clients.

    Every call asks anew, and what is written bears the person's address: an ``author`` given by
    the caller is not believed.
    """

    def __init__(self, store: Store, who: Person | None, token: str = "") -> None:
        self._behind, self._who, self._token = store, who, token

    def workspace(self, client_id: str) -> Workspace:
        """Return the client's workspace.

        Raises
        ------
        AccessDenied
            The person has no role for the client, or the link does not open it.
        """
        if self._who is not None:
            return access.enter(self._behind, self._who, client_id)
        opened = access.enter_by_link(self._behind, self._token)
        if opened.client != client_id:
            raise AccessDenied("no_access", needed=Role.EXECUTIVE.value)
        return opened

    def clients(self) -> tuple[Client, ...]:
        if self._who is not None:
            return access.clients(self._behind, self._who)
        opened = access.enter_by_link(self._behind, self._token).client
        return tuple(each for each in self._behind.clients() if each.id == opened)

    def create_client(self, profile: Profile, author: str, as_of: date | None = None) -> str:
        if self._who is None:
            raise AccessDenied("no_access", needed=Role.ADMINISTRATOR.value)
        return access.create_client(self._behind, self._who, profile, as_of)

    def delete_client(self, client_id: str, author: str = "") -> Erased:
        return self.workspace(client_id).delete()

    def revision(self, client_id: str) -> int:
        return self.workspace(client_id).revision()

    def save(
        self, client_id: str, expected_revision: int, author: str, action: str, **given: Any
    ) -> int:
        return self.workspace(client_id).save(expected_revision, action, **given)

    def undo(
        self, client_id: str, expected_revision: int, author: str, revision: int | None = None
    ) -> int:
        return self.workspace(client_id).undo(expected_revision, revision)

    def snapshot(self, client_id: str, revision: int | None = None) -> Snapshot:
        return self.workspace(client_id).snapshot(revision)

    def document(
        self, client_id: str, kind: str, revision: int | None = None
    ) -> dict[str, Any] | None:
        return self.workspace(client_id).document(kind, revision)

    def document_history(self, client_id: str, kind: str) -> list[dict[str, Any]]:
        return self.workspace(client_id).document_history(kind)

    def uploads(self, client_id: str, revision: int | None = None) -> pd.DataFrame:
        return self.workspace(client_id).uploads(revision)

    def original(self, client_id: str, upload_id: str) -> tuple[str, bytes]:
        return self.workspace(client_id).original(upload_id)

    def erase_originals(self, client_id: str, before: datetime) -> int:
        return self.workspace(client_id).erase_originals(before)

    def history(self, client_id: str) -> pd.DataFrame:
        return self.workspace(client_id).history()

    def part(self, client_id: str, revision: int, key: str) -> bytes | None:
        return self.workspace(client_id).part(revision, key)

    def keep_part(self, client_id: str, revision: int, key: str, data: bytes) -> None:
        self.workspace(client_id).keep_part(revision, key, data)

    def issue(self, client_id: str, revision: int, kind: str, data: bytes, author: str) -> str:
        return self.workspace(client_id).issue(revision, kind, data)

    def issued(self, client_id: str) -> pd.DataFrame:
        return self.workspace(client_id).issued()

    def issued_report(self, client_id: str, issued_id: str) -> bytes:
        return self.workspace(client_id).issued_report(issued_id)
