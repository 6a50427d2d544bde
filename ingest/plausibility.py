"""Cells that can be read but cannot be: shares for counts, absurd sizes, unknown words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.model import Table
from ingest.source import Field, FieldKind
from ingest.values.column import ReadColumn
from metrics.model import Finding, Severity

CELLS_NAMED = 20
"""Bad cells of one column that get a finding each; one more finding counts the rest."""
FEWEST_DATES, SLIP_AFTER, SLIP_BEFORE = 20, 183, 3 * 365
"""Dates a column must have before one of them is called a slip, and how many days away it lies."""
LARGEST = {FieldKind.NUMBER: 1e15, FieldKind.COUNT: 1e15, FieldKind.MONEY: 9e12}
"""No figure of a business is beyond; amounts in millionths must also fit 64 bits."""


def without_shares(cells: pa.Array, result: ReadColumn, wanted: Field) -> ReadColumn:
    """Blank what is written as a share where things are counted."""
    if wanted.kind is not FieldKind.COUNT or not pa.types.is_string(cells.type):
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
    facts = {
        "value": value,
        "column": table.header[position],
        "count": count,
        "known": ", ".join(wanted.known),
    }
    place = table.cell(position, int(where[0]))
    return [Finding("value_unknown", Severity.WARNING, place, value, facts, count)]


def blank_cut_numbers(
    table: Table, position: int, values: pa.Array
) -> tuple[pa.Array, list[Finding]]:
    """Blank numbers a spreadsheet has cut to fifteen digits: they name no record any more.

    Each such row is then a record of its own, and no two are taken for one.
    """
    texts = values.cast(pa.string())
    damaged = pc.match_substring_regex(texts, r"^\d([.,]\d+)?[eE]\+?\d{2}$")
    long = pc.match_substring_regex(texts, r"^\d{16,}$")
    cut = pc.match_substring_regex(texts, r"^\d{15}0+$")
    if pc.sum(long).as_py() == pc.sum(cut).as_py() and (pc.sum(cut).as_py() or 0) >= 3:
        damaged = pc.or_(damaged, cut)
    where = np.flatnonzero(pc.fill_null(damaged, False).to_numpy(zero_copy_only=False))
    if not len(where):
        return values, []
    facts = {"column": table.header[position], "count": len(where), "rows": len(values)}
    first = texts[int(where[0])].as_py()
    finding = Finding(
        "ids_damaged",
        Severity.ERROR,
        table.cell(position, int(where[0])),
        first,
        {**facts, "value": first},
        len(where),
    )
    return pc.if_else(damaged, pa.scalar(None, values.type), values), [finding]


def without_slips(table: Table, position: int, values: pa.Array) -> tuple[pa.Array, list[Finding]]:
    """Blank the few dates that lie far from all others: a slip in a year, by all appearance.

    Far is half a year after the last of the others, or three years before the first, and twelve
    times the gap that 19 in 20 records keep; few is one in 500, one at least.
    """
    days = values.cast(pa.timestamp("us")).to_numpy(zero_copy_only=False).astype("datetime64[D]")
    order = np.sort(days[~np.isnat(days)]).astype(np.int64)
    if len(order) < FEWEST_DATES:
        return values, []
    gaps = np.diff(order)
    usual, few = 12 * np.quantile(gaps, 0.95), max(1, len(order) // 500)
    late = np.flatnonzero(gaps[-few:] > max(SLIP_AFTER, usual)) + len(gaps) - min(few, len(gaps))
    early = np.flatnonzero(gaps[:few] > max(SLIP_BEFORE, usual))
    first = order[early[-1] + 1] if len(early) else order[0]
    last = order[late[0]] if len(late) else order[-1]
    number = days.astype(np.int64)
    wrong = np.flatnonzero(~np.isnat(days) & ((number < first) | (number > last)))
    findings = []
    for at in wrong[:CELLS_NAMED].tolist():
        facts = {
            "column": table.header[position],
            "first": str(first.astype("datetime64[D]")),
            "last": str(last.astype("datetime64[D]")),
            "value": str(days[at]),
        }
        place = table.cell(position, at)
        findings.append(Finding("date_far_away", Severity.ERROR, place, str(days[at]), facts))
    if not len(wrong):
        return values, []
    mask = pa.array(np.isin(np.arange(len(values)), wrong))
    return pc.if_else(mask, pa.scalar(None, values.type), values), findings
