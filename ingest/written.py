"""How cells were written: zones, dates a spreadsheet turned round, units named in headings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest import units
from ingest.mapping import normal
from ingest.model import Table
from ingest.source import Field, FieldKind
from ingest.values.column import ReadColumn
from metrics.model import Finding, Severity

_ZONE = (
    r"(?P<time>\d:\d\d[:.,\d]*(?: ?[AaPp]\.?[Mm]\.?)?)\s*"
    r"\(?(?P<zone>Z|(?:UTC|GMT)?[+-]\d\d(?::?\d\d)?|[A-Z]{3,4})\)?$"
)
ZONES_NAMED = 6
FEWEST_TURNED = 3
_ISO_DAY = r"^\d{4}-\d{2}-(?P<d>\d{2})"
_TWO_PARTS = r"^(?P<a>\d{1,2})[-/.](?P<b>\d{1,2})[-/.]\d{4}"
HOURS = {"seconds": 1 / 3600, "minutes": 1 / 60, "hours": 1.0, "days": 24.0}


def as_written(table: Table, position: int, wanted: Field) -> tuple[pa.Array, list[Finding]]:
    """Return a column's cells on the clock of the wall, dates turned back that were turned round.

    A file that writes the month first, opened where the day comes first (or the other way),
    becomes a column of two kinds: typed dates whose days are all twelve or less, with day and
    month exchanged, and texts the spreadsheet could not read, of which one part is above twelve.
    """
    cells = _wall_clock_cells(table, position, wanted)
    if wanted.kind is not FieldKind.DATE or not pa.types.is_string(cells.type):
        return cells, []
    typed = pc.struct_field(pc.extract_regex(cells, _ISO_DAY), "d")
    parts = pc.extract_regex(cells, _TWO_PARTS)
    days = _numbers(typed)
    first, second = (_numbers(pc.struct_field(parts, name)) for name in "ab")
    text = ~np.isnan(first)
    turned = ~np.isnan(days)
    if turned.sum() < FEWEST_TURNED or text.sum() < FEWEST_TURNED:
        return cells, []
    apart = (first[text] > 12).all() != (second[text] > 12).all()
    if not apart or (days[turned] > 12).any():
        return cells, []
    back = pc.replace_substring_regex(cells, r"^(\d{4})-(\d{2})-(\d{2})", r"\1-\3-\2")
    cells = pc.if_else(pa.array(turned), back, cells)
    at, count = int(np.flatnonzero(turned)[0]), int(turned.sum())
    facts = {"column": table.header[position], "count": count, "value": cells[at].as_py()[:10]}
    place = table.cell(position, at)
    found = Finding("dates_turned_round", Severity.WARNING, place, facts["value"], facts, count)
    return cells, [found]


def _numbers(texts: pa.Array) -> np.ndarray:
    filled = pc.if_else(pc.equal(texts, ""), None, texts)
    return filled.cast(pa.float64()).to_numpy(zero_copy_only=False)


def units_of_time(heading: str, wanted: Field) -> str:
    """Return the unit a heading names for plain numbers of a duration, '' where it names none."""
    return units.time_unit(heading) if wanted.kind is FieldKind.DURATION else ""


def scale_by_heading(
    table: Table, position: int, wanted: Field, result: ReadColumn
) -> tuple[ReadColumn, list[Finding]]:
    """Multiply numbers whose heading says thousands, millions or another unit of time."""
    heading = table.header[position]
    if wanted.kind not in (FieldKind.NUMBER, FieldKind.COUNT, FieldKind.MONEY):
        return result, []
    if normal(heading) in {normal(alias) for alias in wanted.aliases}:
        return result, []
    factor, unit = units.scale(heading), units.time_unit(heading)
    own = next((name for name in HOURS if wanted.key.endswith(f"_{name}")), "")
    if factor == 1.0 and unit and own and unit != own:
        factor = HOURS[unit] / HOURS[own]
    if factor == 1.0:
        return result, []
    facts = {"column": heading, "factor": factor}
    place = table.place(position)
    found = Finding("figures_scaled", Severity.INFO, place, heading, facts)
    return replace(result, values=pc.multiply(result.values, factor)), [found]


def zones(
    table: Table, fields: Sequence[Field], columns: Mapping[str, int], cells: Mapping[str, pa.Array]
) -> list[Finding]:
    """Say once for a table that its times name zones, and how they were read."""
    named, zones = [], set()
    for wanted in fields:
        column = table.data.column(f"c{columns[wanted.key]}").combine_chunks()
        if wanted.kind is not FieldKind.DATE or column.equals(cells[wanted.key]):
            continue
        zone = pc.struct_field(pc.extract_regex(column, _ZONE), "zone")
        zones |= set(pc.unique(zone.drop_null()).to_pylist())
        named.append(columns[wanted.key])
    if not named:
        return []
    facts = {
        "columns": ", ".join(f"“{table.header[at]}”" for at in named),
        "zones": ", ".join(sorted(zones)[:ZONES_NAMED])
        + (" …" if len(zones) > ZONES_NAMED else ""),
    }
    place = table.place(named[0])
    return [Finding("time_zones", Severity.INFO, place, facts["zones"], facts)]


def _wall_clock_cells(table: Table, position: int, wanted: Field) -> pa.Array:
    """Return a column's cells; times keep the clock on the wall where they were written.

    A system that writes a zone in one column writes local time in the next: months and hours
    between two events follow the local clock.
    """
    cells = table.data.column(f"c{position}").combine_chunks()
    if wanted.kind is FieldKind.DATE and pa.types.is_string(cells.type):
        return pc.replace_substring_regex(cells, _ZONE, r"\1")
    if wanted.kind is FieldKind.TEXT and pa.types.is_floating(cells.type):
        return _write_identifiers(cells)
    return cells


def _write_identifiers(cells: pa.Array) -> pa.Array:
    """Return numbers that are really names (4500010000) without decimals or exponents."""
    largest = pc.max(pc.abs(cells)).as_py() or 0.0
    if largest < 2**53 and pc.all(pc.equal(pc.floor(cells), cells)).as_py() is not False:
        return cells.cast(pa.int64())
    return cells
