"""What follows from a revision: computed once, kept, and read again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from metrics import report as reports
from metrics.assumptions import Assumptions
from metrics.report import Report
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


def assumptions(workspace: Workspace, revision: int | None = None) -> Assumptions:
    """Return the assumptions in force for a client at a revision."""
    document = workspace.document("assumptions", revision) or {}
    return Assumptions({key: entry["value"] for key, entry in document.items()})


def carry_over(workspace: Workspace, before: int, number: int, but: tuple[str, ...] = ()) -> None:
    """Keep the parts computed for the revision before, except those that read what changed."""
    stem = f"{assumptions(workspace, number).checksum}/{code_version()}"
    for part in reports.BY_NAME:
        data = workspace.part(before, f"{stem}/{part}")
        if data is not None and part not in but:
            workspace.keep_part(number, f"{stem}/{part}", data)


def report(
    workspace: Workspace,
    wanted: Iterable[str] = tuple(reports.BY_NAME),
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
    stem = f"{values.checksum}/{code_version()}"
    known: dict[str, Any] = {}

    def load(name: str) -> None:
        part = reports.BY_NAME[name]
        data = workspace.part(number, f"{stem}/{name}")
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
    result = reports.compute(workspace.snapshot(number), values, wanted, known, code_version())
    for name, part in result.parts.items():
        if name not in stored:
            workspace.keep_part(number, f"{stem}/{name}", freeze(part))
    return result


def document(result: Report) -> bytes:
    """Return a report as canonical JSON, the bytes that are issued and checked.

    Keys are sorted, missing numbers are null with the reason beside them, dates are ISO.
    """
    from metrics.document import as_document

    return json.dumps(
        as_document(result), sort_keys=True, ensure_ascii=False, allow_nan=False, indent=1
    ).encode()
