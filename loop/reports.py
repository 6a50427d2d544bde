"""What follows from a revision: computed once, kept, and read again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from pathlib import Path
from typing import Any

from metrics import report as reports
from metrics.assumptions import Assumptions, current
from metrics.report import Part, Parts, Report
from workspaces.parts import freeze, thaw
from workspaces.store import Store

ROOT = Path(__file__).parent.parent


@cache
def code_version() -> str:
    """Return twelve characters that change whenever the mathematics does."""
    digest = hashlib.sha256()
    for path in sorted((ROOT / "metrics").rglob("*")):
        if path.suffix in {".py", ".yaml"}:
            digest.update(path.relative_to(ROOT).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def assumptions(store: Store, client: str, revision: int | None = None) -> Assumptions:
    """Return the assumptions in force for a client at a revision."""
    document = current(store.document(client, "assumptions", revision) or {})
    return Assumptions({key: entry["value"] for key, entry in document.items()})


def _stem(store: Store, client: str, number: int, chosen: Assumptions | None = None) -> str:
    """Return what the keys of the parts of a revision begin with."""
    return f"{(chosen or assumptions(store, client, number)).checksum}/{code_version()}"


def carry_over(
    store: Store, client: str, before: int, number: int, but: Collection[Part[Any]] = ()
) -> None:
    """Keep the parts computed for the revision before, except those that read what changed."""
    stem = _stem(store, client, number)
    for part in reports.PARTS:
        data = store.part(client, before, f"{stem}/{part.name}")
        if data is not None and part not in but:
            store.keep_part(client, number, f"{stem}/{part.name}", data)


def report(
    store: Store,
    client: str,
    revision: int | None = None,
    chosen: Assumptions | None = None,
    while_computing: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> Report:
    """Return a client's report; a part is read when it is touched, or computed once and kept.

    Parameters
    ----------
    revision : int, optional
        The newest by default; any past one can be asked for.
    chosen : Assumptions, optional
        Those in force at the revision by default.
    while_computing : callable
        Returns what surrounds the computing of a part, such as a sign that it takes long.
    """
    number = revision if revision is not None else store.revision(client)
    values = chosen or assumptions(store, client, number)
    stem = _stem(store, client, number, values)

    def load(part: Part[Any], make: Callable[[], Any]) -> Any:
        data = store.part(client, number, f"{stem}/{part.name}")
        if data is not None:
            return thaw(part.kind, data)
        with while_computing():
            made = make()
            store.keep_part(client, number, f"{stem}/{part.name}", freeze(made))
        return made

    snapshot = store.snapshot(client, number)
    return reports.compute(snapshot, values, load=load, code_version=code_version())


class NotKept(LookupError):
    """A part of a revision was never computed, and is not to be computed now."""


def kept_parts(store: Store, client: str, number: int) -> Parts:
    """Return the parts computed for a revision; touching another raises ``NotKept``."""
    stem = _stem(store, client, number)

    def load(name: str) -> Any:
        data = store.part(client, number, f"{stem}/{name}")
        if data is None:
            raise NotKept(name)
        return thaw(reports.BY_NAME[name].kind, data)

    return Parts(load)


def document(result: Report) -> bytes:
    """Return a report as canonical JSON, the bytes that are issued and checked.

    Keys are sorted, missing numbers are null with the reason beside them, dates are ISO.
    """
    from metrics.document import as_document

    return json.dumps(
        as_document(result), sort_keys=True, ensure_ascii=False, allow_nan=False, indent=1
    ).encode()
