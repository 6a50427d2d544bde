"""A whole check in the worker: reading and counting within one bound of memory and time.

What a file holds can ask as much of counting as of reading: eighty thousand teams, say. So the
first pass over files is made there. Later ones, which a person waits for who maps a table, are
made beside what is kept of it, and count what has been counted within bounds before.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from typing import Any

from ingest import intake, workbook
from ingest.kept import Kept
from ingest.limits import DEFAULTS, of_file
from ingest.model import FileRead, Intake
from ingest.readers import worker
from ingest.readers.cells import Refused
from metrics.model import Finding, Place, Severity

TASK = "ingest.bounded:check_in_worker"


def check(
    files: Sequence[tuple[str, bytes]], *told: Any, kept: Kept | None = None, **more: Any
) -> Intake:
    """Return what ``ingest.intake.check`` returns, or why the files ask too much."""
    keys = [intake.file_key(*file) for file in files]
    if kept and keys and all(kept.holds("file", key) for key in keys):
        return intake.check(files, *told, kept=kept, **more)
    size = sum(len(data) for _, data in files)
    limits = of_file(DEFAULTS, size, max(1, len(files)))
    asked = pickle.dumps((files, told, more), protocol=5)
    try:
        found, readings = worker.run(TASK, asked, "upload", limits)
    except Refused as refusal:
        findings = (
            Finding(refusal.code, Severity.ERROR, Place(name), facts=refusal.facts)
            for name, _ in files
        )
        return Intake((), tuple(findings), {name: "refused" for name, _ in files}, {})
    if kept:
        for key, reading in zip(keys, readings, strict=True):
            kept.hold("file", key, reading)
    return found


def check_in_worker(
    data: bytes, name: str, limits: Mapping[str, int]
) -> tuple[Intake, list[FileRead]]:
    """Read and count; called in the worker only."""
    worker.give_up_in(limits["seconds"] - workbook.HAND_OVER_SECONDS)
    files, told, more = pickle.loads(data)  # noqa: S301 our own parent
    readings = [workbook.read(*file) for file in files]
    return intake.check_readings(readings, *told, **more), readings
