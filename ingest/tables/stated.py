"""The day up to which a report says it speaks: ``as of 15.09.2026``, ``1 April – 15 September``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

import numpy as np
import pyarrow as pa

from ingest.values import dates
from ingest.values.parsed import Hints

_DAY = (
    r"\d{4}-\d{2}-\d{2}|\d{1,2}[./-]\d{1,2}[./-]\d{4}|\d{1,2}\.? ?[^\W\d_]{3,10}\.?,? ?\d{4}"
    r"|[^\W\d_]{3,10}\.? \d{1,2}, ?\d{4}"
)
_STATED = re.compile(
    rf"\b(?:as (?:of|at)|as-of|stand|stichtag|per|zum|to|until|through|bis|date range)\b"
    rf"\W{{0,3}}({_DAY})",
    re.IGNORECASE,
)
_RANGE = re.compile(rf"(?:{_DAY})\s*(?:-|–|—|to|bis|until)\s*({_DAY})", re.IGNORECASE)


def stated_end(lines: Iterable[str]) -> date | None:
    """Return the last day the lines above a table state, None where they state none."""
    found = [m[1] for line in lines for m in (*_STATED.finditer(line), *_RANGE.finditer(line))]
    if not found:
        return None
    values = dates.read(pa.array(found), np.ones(len(found), int), Hints()).values.to_pylist()
    days = [value.date() for value in values if value is not None]
    return max(days, default=None)


def states_day(line: str) -> bool:
    """Does a line state a day of the report, so that its year is no year of the columns?"""
    return _STATED.search(line) is not None
