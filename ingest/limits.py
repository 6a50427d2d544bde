"""How much a file may ask of us, each limit with its reason, in one tuple."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from metrics.errors import InvalidInput

MEGA = 1_000_000


@dataclass(frozen=True)
class Limit:
    """One limit: what it bounds, in which unit, and why it stands where it stands."""

    key: str
    value: int
    unit: str
    why: str


LIMITS: tuple[Limit, ...] = (
    Limit("file_bytes", 400 * MEGA, "bytes", "a full sheet of a million rows × 20 is about 150 MB"),
    Limit("members", 5_000, "files", "workbooks have tens of parts; a bomb has many"),
    Limit(
        "inflated_bytes",
        2_500 * MEGA,
        "bytes",
        "a million rows × 40 columns inflate to about 2 GB; more does not fit the worker's memory",
    ),
    Limit(
        "ratio",
        150,
        "times",
        "sheets of repeated values compress 10–60 fold; bombs 1,000 fold. Under 50 MB inflated "
        "a ratio harms nobody and is not looked at",
    ),
    Limit("ratio_floor_bytes", 50 * MEGA, "bytes", "see ratio"),
    Limit("shared_strings_bytes", 1_000 * MEGA, "bytes", "texts are kept whole in memory"),
    Limit("cells", 60 * MEGA, "cells", "3 GB of worker memory hold about that many"),
    Limit("columns", 16_384, "columns", "the widest sheet Excel has"),
    Limit("rows", 1_048_576, "rows", "the longest sheet Excel has (csv may be longer: see cells)"),
    Limit("defined_names", 20_000, "names", "honest models have hundreds; each is parsed"),
    Limit("sheets", 500, "sheets", "a sheet per team and month for three years is 360"),
    Limit("archive_files", 1_000, "files", "an export a month for twenty years in four functions"),
    Limit("memory_bytes", 3_000 * MEGA, "bytes", "an honest million rows × 12 need under 1 GB"),
    Limit(
        "small_memory_bytes",
        1_150 * MEGA,
        "bytes",
        "of addresses, for a small file; 250 MB of them are libraries. What needs more is hostile",
    ),
    Limit(
        "waiting_person_bytes",
        500 * MEGA,
        "bytes",
        "files one person sent and did not save lie in the server's memory",
    ),
    Limit("waiting_bytes", 1_000 * MEGA, "bytes", "the same, of everybody together"),
    Limit("seconds", 120, "seconds", "a million rows take under ten; two minutes is a hang"),
    Limit(
        "small_processor_seconds",
        25,
        "seconds",
        "of a processor, for a small file: it is read in one; by the clock a busy machine takes "
        "longer",
    ),
    Limit("small_bytes", 8 * MEGA, "bytes", "up to here a file is small; a larger one earns more"),
)

PREFIX = "ATTUNE_LIMIT_"


def settings(environment: Mapping[str, str]) -> dict[str, int]:
    """Return limit key → value, with what the installation sets instead.

    ``ATTUNE_LIMIT_MEMORY_BYTES=6000000000`` doubles the worker's memory.

    Raises
    ------
    InvalidInput
        ``limit_unreadable``: a setting of an unknown limit, or no whole number above zero.
    """
    values = {limit.key: limit.value for limit in LIMITS}
    for name, text in environment.items():
        if not name.startswith(PREFIX):
            continue
        key = name.removeprefix(PREFIX).lower()
        if key not in values or not text.isdigit() or not int(text):
            raise InvalidInput("limit_unreadable", name=name, value=text, known=sorted(values))
        values[key] = int(text)
    return values


DEFAULTS: Mapping[str, int] = MappingProxyType(settings(os.environ))
"""Limit key → value, as ``ingest.workbook.read`` uses them unless told otherwise."""


def of_file(limits: Mapping[str, int], size: int, files: int = 1) -> dict[str, int]:
    """Return the limits with the memory and time that files of ``size`` bytes may take.

    Beyond the small ones each byte earns 120 bytes of memory, and each megabyte three seconds;
    so does each further file of an upload.
    """
    more = max(0, size - limits["small_bytes"])
    seconds = limits["small_processor_seconds"] + 3 * (more // MEGA + files - 1)
    return {
        **limits,
        "memory_bytes": min(limits["memory_bytes"], limits["small_memory_bytes"] + 120 * more),
        "processor_seconds": seconds,
    }
