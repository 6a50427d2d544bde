"""A whole check in the worker: reading and counting within one bound of memory and time.

What a file holds can ask as much of counting as of reading: eighty thousand teams, say.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from typing import Any

from ingest.limits import DEFAULTS, of_file
from ingest.model import Intake
from ingest.readers import worker
from ingest.readers.cells import Refused
from metrics.model import Finding, Place, Severity

TASK = "ingest.intake:check_in_worker"


def check(files: Sequence[tuple[str, bytes]], *told: Any) -> Intake:
    """Return what ``ingest.intake.check_readings`` makes of files, or why they ask too much."""
    size = sum(len(data) for _, data in files)
    try:
        asked = pickle.dumps((files, told), protocol=5)
        return worker.run(TASK, asked, "upload", of_file(DEFAULTS, size, len(files)))
    except Refused as refusal:
        findings = (
            Finding(refusal.code, Severity.ERROR, Place(name), facts=refusal.facts)
            for name, _ in files
        )
        return Intake((), tuple(findings), {name: "refused" for name, _ in files}, {})
