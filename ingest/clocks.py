"""When an export ends, and which of its dates cannot be when something happened."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.model import Table
from ingest.source import Field, Source
from metrics.model import Finding, Severity

PLACEHOLDER = datetime(1970, 1, 1)


def export_day(
    source: Source,
    values: Mapping[str, pa.Array],
    latest: date | None = None,
    settled: pa.Array | None = None,
) -> date:
    """Return the last day on which something happened; today where no field can tell.

    With ``latest``, dates after it do not count and all dates that make months are looked at.
    With ``settled``, planned dates of settled records have happened as well, up to today.
    """
    fields = source.clock or (source.month_fields if latest else ())
    known = [_until_today(values[key]) for key in fields if key in values]
    if settled is not None:
        facts = pc.fill_null(settled, False)
        known += [
            _until_today(values[key].filter(facts)) for key in source.month_fields & values.keys()
        ]
    days = [pc.max(moments).as_py() for moments in known]
    last = max((day.date() for day in days if day), default=latest or date.today())
    return min(last, latest or last)


def _until_today(values: pa.Array) -> pa.Array:
    """Leave out what cannot have happened yet: a slip in a year is no end of an export."""
    end = pa.scalar(end_of(date.today()), pa.timestamp("us"))
    return values.cast(pa.timestamp("us")).filter(pc.less(values.cast(pa.timestamp("us")), end))


def end_of(day: date) -> datetime:
    """Return the first moment after a day."""
    return datetime(day.year, day.month, day.day) + timedelta(days=1)


def blank_impossible_dates(
    table: Table,
    wanted: Field,
    position: int,
    values: pa.Array,
    as_of: date,
    planned: bool,
    settled: pa.Array | None,
) -> tuple[pa.Array, list[Finding]]:
    """Blank dates that cannot be when something happened; plans ahead are no surprise."""
    end = end_of(as_of)
    day = values.cast(pa.timestamp("us"))
    future = pc.fill_null(pc.greater_equal(day, pa.scalar(end, pa.timestamp("us"))), False)
    never = pc.fill_null(
        pc.equal(pc.floor_temporal(day, unit="day"), pa.scalar(PLACEHOLDER, pa.timestamp("us"))),
        False,
    )
    facts_too = pa.repeat(pa.scalar(False), len(day)) if settled is None else settled
    fact = pc.fill_null(facts_too, False) if planned else pa.repeat(pa.scalar(True), len(day))
    findings = []
    for code, severity, wrong in (
        ("date_in_future", Severity.WARNING, pc.and_(future, fact)),
        ("date_in_future", Severity.INFO, pc.and_(future, pc.invert(fact))),
        ("date_placeholder", Severity.WARNING, never),
    ):
        count = pc.sum(wrong).as_py() or 0
        if count:
            at = int(np.flatnonzero(wrong.to_numpy(zero_copy_only=False))[0])
            facts = {"column": table.header[position], "count": count, "as_of": str(as_of)}
            value = f"{day[at].as_py():%Y-%m-%d}"
            findings.append(Finding(code, severity, table.cell(position, at), value, facts, count))
    blank = pa.scalar(None, pa.timestamp("us"))
    day = pc.if_else(pc.or_(future, never), blank, day)
    blanks = day.null_count - sum(f.count for f in findings)
    if wanted.always and blanks:
        facts = {"column": table.header[position], "count": blanks, "rows": len(day)}
        place = table.place(position)
        findings.append(Finding("rows_without_date", Severity.WARNING, place, "", facts, blanks))
    return day, findings
