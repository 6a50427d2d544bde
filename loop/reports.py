"""What follows from a revision: computed once, kept, and read again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from metrics.assumptions import Assumptions
from metrics.report import BY_NAME, Report, compute
from workspaces.access import Workspace
from workspaces.parts import freeze, thaw

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


def part_key(chosen: Assumptions, part: str) -> str:
    """Return the key under which a revision keeps a part: it holds while none of these change."""
    return f"{chosen.checksum}/{code_version()}/{part}"


def assumptions(workspace: Workspace, revision: int | None = None) -> Assumptions:
    """Return the assumptions in force for a client at a revision."""
    document = workspace.document("assumptions", revision) or {}
    return Assumptions({key: entry["value"] for key, entry in document.items()})


def carry_over(workspace: Workspace, before: int, number: int, but: tuple[str, ...] = ()) -> None:
    """Keep the parts computed for the revision before, except those that read what changed."""
    chosen = assumptions(workspace, number)
    for key in (part_key(chosen, part) for part in BY_NAME if part not in but):
        data = workspace.part(before, key)
        if data is not None:
            workspace.keep_part(number, key, data)


def report(
    workspace: Workspace,
    wanted: Iterable[str] = tuple(BY_NAME),
    revision: int | None = None,
    chosen: Assumptions | None = None,
) -> Report:
    """Return the wanted parts of a client's report; computed once, then read.

    Parameters
    ----------
    revision : int, optional
        The newest by default; any past one can be asked for.
    chosen : Assumptions, optional
        Those in force at the revision by default.
    """
    number = revision if revision is not None else workspace.revision()
    values = chosen or assumptions(workspace, number)
    known: dict[str, Any] = {}

    def load(name: str) -> None:
        part = BY_NAME[name]
        data = workspace.part(number, part_key(values, name))
        if data is not None:
            known[name] = thaw(part.kind, data)
            return
        for other in part.needs:
            if other not in known:
                load(other)

    wanted = tuple(wanted)
    for name in wanted:
        load(name)
    stored = set(known)
    result = compute(workspace.snapshot(number), values, wanted, known, code_version())
    for name, part in result.parts.items():
        if name not in stored:
            workspace.keep_part(number, part_key(values, name), freeze(part))
    return result


def document(result: Report) -> bytes:
    """Return a report as canonical JSON, the bytes that are issued and checked.

    Keys are sorted, missing numbers are null with the reason beside them, dates are ISO.
    """
    from metrics.document import as_document

    return json.dumps(
        as_document(result), sort_keys=True, ensure_ascii=False, allow_nan=False, indent=1
    ).encode()
