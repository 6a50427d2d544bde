"""Cells that can be read but cannot be: shares for counts, absurd sizes, unknown words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.model import Table
from ingest.source import Field, Kind
from ingest.values.column import ReadColumn
from metrics.model import Finding, Severity

CELLS_NAMED = 20
"""Bad cells of one column that get a finding each; one more finding counts the rest."""
LARGEST = {Kind.NUMBER: 1e15, Kind.COUNT: 1e15, Kind.MONEY: 9e12}
"""No figure of a business is beyond; amounts in millionths must also fit 64 bits."""


def without_shares(cells: pa.Array, result: ReadColumn, wanted: Field) -> ReadColumn:
    """Blank what is written as a share where things are counted."""
    if wanted.kind is not Kind.COUNT or not pa.types.is_string(cells.type):
        return result
    share = pc.and_(pc.match_substring_regex(cells, r"[%‰]\s*$"), result.values.is_valid())
    share = pc.fill_null(share, False)
    where = np.flatnonzero(share.to_numpy(zero_copy_only=False))
    if not len(where):
        return result
    values = pc.if_else(share, pa.scalar(None, pa.float64()), result.values)
    return replace(result, values=values, bad={**result.bad, "not_a_count": where})


def possible_size(
    table: Table, position: int, wanted: Field, values: pa.Array
) -> tuple[pa.Array, list[Finding]]:
    """Blank numbers beyond what a figure can be, with a finding for each of the first."""
    limit = LARGEST.get(wanted.kind)
    largest = pc.max(pc.abs(values)).as_py() if limit and len(values) else None
    if limit is None or not largest or largest <= limit:
        return values, []
    beyond = pc.fill_null(pc.greater(pc.abs(values), limit), False)
    facts = {"column": table.header[position], "limit": limit}
    findings = []
    for index in np.flatnonzero(beyond.to_numpy(zero_copy_only=False))[:CELLS_NAMED].tolist():
        value, place = f"{values[index].as_py():g}", table.cell(position, index)
        facts = {**facts, "value": value}
        findings.append(Finding("number_too_large", Severity.WARNING, place, value, facts))
    return pc.if_else(beyond, pa.scalar(None, pa.float64()), values), findings


def unknown_values(table: Table, wanted: Field, position: int, values: pa.Array) -> list[Finding]:
    """Say which texts are none of those the field may hold."""
    known = pc.is_in(pc.utf8_lower(values), value_set=pa.array(wanted.known))
    where = np.flatnonzero(
        pc.and_(pc.invert(known), values.is_valid()).to_numpy(zero_copy_only=False)
    )
    if not len(where):
        return []
    value, count = values[int(where[0])].as_py(), len(where)
    facts = {"value": value, "column": table.header[position], "count": count,
             "known": ", ".join(wanted.known)}  # fmt: skip
    place = table.cell(position, int(where[0]))
    return [Finding("value_unknown", Severity.WARNING, place, value, facts, count)]
