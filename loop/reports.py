"""What follows from a revision: computed once, kept, and read again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import cache
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from metrics.assumptions import Assumptions, current
from metrics.report import BY_NAME, PARTS, Part, Parts, Report, compute
from workspaces.access import Workspace
from workspaces.parts import freeze, thaw

ROOT = Path(__file__).parent.parent


@cache
def code_version(folder: str = "metrics") -> str:
    """Return twelve characters that change whenever the mathematics does, or another folder."""
    digest = hashlib.sha256()
    for path in sorted((ROOT / folder).rglob("*")):
        if path.suffix in {".py", ".yaml"}:
            digest.update(path.relative_to(ROOT).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def part_key(chosen: Assumptions, part: str) -> str:
    """Return the key under which a revision keeps a part: it holds while none of these change."""
    return f"{chosen.checksum}/{code_version()}/{part}"


def assumptions(workspace: Workspace, revision: int | None = None) -> Assumptions:
    """Return the assumptions in force for a client at a revision."""
    document = current(workspace.document("assumptions", revision) or {})
    return Assumptions({key: entry["value"] for key, entry in document.items()})


def carry_over(
    workspace: Workspace, before: int, number: int, but: Collection[Part[Any]] = ()
) -> None:
    """Keep the parts computed for the revision before, except those that read what changed."""
    chosen = assumptions(workspace, number)
    for part in PARTS:
        data = workspace.part(before, part_key(chosen, part.name))
        if data is not None and part not in but:
            workspace.keep_part(number, part_key(chosen, part.name), data)


def report(
    workspace: Workspace,
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
    number = revision if revision is not None else workspace.revision()
    values = chosen or assumptions(workspace, number)

    def load(part: Part[Any], make: Callable[[], Any]) -> Any:
        data = workspace.part(number, part_key(values, part.name))
        # What a damaged disk returns is no part: it is computed again.
        with suppress(BadZipFile, EOFError, OSError, ValueError, LookupError, TypeError):
            if data is not None:
                return thaw(part.kind, data)
        with while_computing():
            made = make()
            workspace.keep_part(number, part_key(values, part.name), freeze(made))
        return made

    snapshot = workspace.snapshot(number)
    return compute(snapshot, values, load=load, code_version=code_version())


class NotKept(LookupError):
    """A part of a revision was never computed, and is not to be computed now."""


def kept_parts(workspace: Workspace, number: int) -> Parts:
    """Return the parts computed for a revision; touching another raises ``NotKept``."""
    chosen = assumptions(workspace, number)

    def load(name: str) -> Any:
        data = workspace.part(number, part_key(chosen, name))
        if data is None:
            raise NotKept(name)
        return thaw(BY_NAME[name].kind, data)

    return Parts(load)


def document(result: Report) -> bytes:
    """Return a report as canonical JSON, the bytes that are issued and checked.

    Keys are sorted, missing numbers are null with the reason beside them, dates are ISO.
    """
    from metrics.document.documents import as_document

    return json.dumps(
        as_document(result), sort_keys=True, ensure_ascii=False, allow_nan=False, indent=1
    ).encode()
