"""When the disk or the database server fails: which of a few things it is, and what was last read.

What was read before is answered again while nothing can be read, so that a person keeps seeing
the last good figures. Who may see them is never answered from here.
"""

from __future__ import annotations

import sqlite3
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from functools import wraps
from typing import Any, TypeVar, cast

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection

from metrics.errors import AttuneError

SQLITE = {
    "SQLITE_FULL": "disk_full",
    "SQLITE_READONLY": "disk_read_only",
    "SQLITE_PERM": "disk_read_only",
    "SQLITE_CORRUPT": "disk_damaged",
    "SQLITE_NOTADB": "disk_damaged",
    "SQLITE_IOERR": "disk_unreadable",
    "SQLITE_CANTOPEN": "disk_unreadable",
    "SQLITE_BUSY": "database_busy",
    "SQLITE_LOCKED": "database_busy",
}
POSTGRESQL = {
    "53100": "disk_full",
    "25006": "disk_read_only",
    "XX001": "disk_damaged",
    "XX002": "disk_damaged",
    "55P03": "database_busy",
    "57P": "database_unreachable",
    "08": "database_unreachable",
}
KEPT = 500
"""Answers that are remembered; each is a list or a document."""
REMEMBERED_SECONDS = 600
"""How long a fault that may have passed is still reported."""
_noted: dict[str, float] = {}


class StorageFault(AttuneError):
    """The disk or the database server does not do what was asked of it; nothing was lost."""


def fault_of(error: Exception) -> StorageFault | None:
    """Return what an error of the database says of disk or server; None for any other error."""
    if isinstance(error, NoConnection):
        return StorageFault("database_busy")
    if not isinstance(error, DBAPIError | sqlite3.Error):
        return None
    said = error.orig if isinstance(error, DBAPIError) else error
    name = getattr(said, "sqlite_errorname", None)
    if name is not None:
        code = next((code for start, code in SQLITE.items() if name.startswith(start)), None)
    else:
        state = getattr(said, "sqlstate", None) or ""
        code = next((code for start, code in POSTGRESQL.items() if state.startswith(start)), None)
        cut = isinstance(error, DBAPIError) and error.connection_invalidated
        if cut or (not state and "connect" in str(said)):
            code = "database_unreachable"
    return StorageFault(code) if code else None


@contextmanager
def storage_faults() -> Iterator[None]:
    """Say what failed in our own words; other errors pass."""
    try:
        yield
    except (DBAPIError, NoConnection, sqlite3.Error) as error:
        found = fault_of(error)
        if found is None:
            raise
        note(found)
        raise found from error


def note(fault: StorageFault) -> None:
    """Remember a fault for whoever asks how the server does."""
    _noted[fault.code] = time.monotonic()


def noted() -> str:
    """Return the code of the newest fault that may still stand; "" for none.

    Damage stays until the program starts anew: nothing here mends it.
    """
    limit = time.monotonic() - REMEMBERED_SECONDS
    standing = {c: at for c, at in _noted.items() if at > limit or c == "disk_damaged"}
    return max(standing, key=lambda code: standing[code], default="")


class LastAnswers:
    """What a store answered last, for the time in which nothing can be read."""

    def __init__(self) -> None:
        self.fault: StorageFault | None = None
        self._kept: OrderedDict[tuple, Any] = OrderedDict()

    def keep(self, key: tuple, answer: Any) -> None:
        self.fault = None
        self._kept[key] = answer
        self._kept.move_to_end(key)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    def find(self, key: tuple, fault: StorageFault) -> Any:
        """Return the last answer, or raise the fault where there was none."""
        self.fault = fault
        if key not in self._kept:
            raise fault
        return deepcopy(self._kept[key])

    def forget(self) -> None:
        self._kept.clear()


F = TypeVar("F", bound=Callable[..., Any])


def or_last(read: F) -> F:
    """Let a method of a store answer as it did last where the database cannot be read."""

    @wraps(read)
    def answer(store: Any, *given: Any, **named: Any) -> Any:
        key = (read.__name__, given, tuple(sorted(named.items())))
        try:
            found = read(store, *given, **named)
        except StorageFault as fault:
            return store.last.find(key, fault)
        store.last.keep(key, found)
        return found

    return cast(F, answer)
