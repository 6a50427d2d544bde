"""Findings of one cause are one: the same fault in the same column, told once with its cells."""

from __future__ import annotations

import re
from collections.abc import Sequence

from metrics.model import Finding

PLACES_SHOWN = 4
VALUES_SHOWN = 3


def by_cause(findings: Sequence[Finding]) -> list[tuple[Finding, ...]]:
    """Return findings grouped by what was wrong and where, in the order of their first."""
    groups: dict[tuple, list[Finding]] = {}
    for finding in findings:
        place = finding.place
        letters = re.match(r"[A-Z]+", place.cell or "")
        about = (place.file, place.sheet, letters[0] if letters else place.cell)
        of = finding.facts.get("currency", "")
        groups.setdefault((finding.code, finding.severity, *about, of), []).append(finding)
    return [tuple(group) for group in groups.values()]


def places(group: Sequence[Finding]) -> str:
    """Return the sheet and the first cells of one cause: ``Answers!G125, G162 and 7 more``."""
    cells = list(dict.fromkeys(f.place.cell for f in group if f.place.cell))
    shown = ", ".join(cells[:PLACES_SHOWN])
    more = f" +{len(cells) - PLACES_SHOWN}" if len(cells) > PLACES_SHOWN else ""
    return "!".join(part for part in (group[0].place.sheet, shown + more) if part)


def values(group: Sequence[Finding]) -> str:
    """Return the first different values of one cause."""
    found = list(dict.fromkeys(f.value for f in group if f.value))
    more = f" +{len(found) - VALUES_SHOWN}" if len(found) > VALUES_SHOWN else ""
    return " | ".join(found[:VALUES_SHOWN]) + more
