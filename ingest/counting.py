"""From recognised tables to monthly figures: records typed once, each source counted once."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from ibis.common.exceptions import IbisError

from ingest import layouts, remarks
from ingest.columns import Money, canonical
from ingest.doubles import rows_once
from ingest.engine import run
from ingest.kept import Kept
from ingest.layouts import Choice
from ingest.model import Recognised, Table
from ingest.remarks import Batch
from ingest.source import Source
from ingest.tables import stated
from ingest.teams import Teams
from metrics.frames import FRAMES
from metrics.model import Finding, Place, Severity

LOG = logging.getLogger(__name__)
FAULTS = (ArithmeticError, LookupError, TypeError, ValueError, pa.ArrowException, IbisError)
"""What a table nobody foresaw may raise: a finding of its own, and the other files go on."""


def type_records(
    choices: Sequence[Choice],
    money: Money,
    as_of: date | None,
    findings: list[Finding],
    kept: Kept,
) -> tuple[dict[str, Batch], dict[int, Recognised]]:
    """Type the records of every recognised table; all tables of one source come together."""
    batches: dict[str, Batch] = {}
    recognised: dict[int, Recognised] = {}
    tables = _overlaps_out(choices, findings)
    for index, choice in enumerate(choices):
        suggestion, source = choice.suggestion, choice.source
        if source is None:
            continue
        table = tables[index]
        columns = tuple(sorted(suggestion.columns.items()))
        about = (source.key, choice.explained, columns, table.file, table.sheet, table.hints)
        about += (money.base, tuple(sorted(money.rates.items())), as_of)
        try:
            make = partial(canonical, table, source, suggestion.columns, money, as_of)
            records, odd = kept.once("records", about, (table.data,), make)
        except FAULTS:
            LOG.exception("reading %s as %s failed", table.place(), source.key)
            findings.append(_uncounted_finding(table.place(), source))
            continue
        findings += [*odd, *remarks.duplicate_columns(table, suggestion.matches)]
        batch = batches.setdefault(source.key, Batch(source))
        batch.tables.append((table, records))
        batch.present |= suggestion.columns.keys()
        batch.columns.append(frozenset(suggestion.columns))
        recognised[index] = Recognised(
            table,
            source.key,
            {match.header: match.field for match in suggestion.matches},
            suggestion.confidence,
            records.num_rows,
            _months(source, records),
        )
    return batches, recognised


def _uncounted_finding(place: Place, source: Source) -> Finding:
    """Return that one kind of export could not be counted; the other files go on."""
    return Finding("table_failed", Severity.ERROR, place, facts={"source": source.title})


def _overlaps_out(choices: Sequence[Choice], findings: list[Finding]) -> dict[int, Table]:
    """Return the tables of recognised exports by index, rows that two files hold counted once."""
    kinds: dict[tuple[str, str], list[int]] = {}
    sources: dict[str, Source] = {}
    for index, choice in enumerate(choices):
        if (source := choice.source) is not None:
            sources[source.key] = source
            kinds.setdefault((source.key, layouts.layout(choice.table.header)), []).append(index)
    result = {}
    for (key, _), members in kinds.items():
        source = sources[key]
        series = source.identity is None and source.document is None and bool(source.tallies)
        tables = [choices[index].table for index in members]
        named = all(source.identity in choices[index].suggestion.columns for index in members)
        if not named or source.repeats == "keep":
            tables = rows_once(tables, series, findings)
        result |= dict(zip(members, tables, strict=True))
    return result


def _months(source: Source, records: pa.Table) -> tuple[str, ...]:
    months: set[str] = set()
    for key in source.month_fields:
        days = records.column(key).drop_null()
        months |= set(
            pc.strftime(
                pc.unique(pc.floor_temporal(days, unit="month")), format="%Y-%m"
            ).to_pylist()
        )
    return tuple(sorted(months))


def count_batches(
    batches: Mapping[str, Batch],
    teams: Teams,
    money: Money,
    as_of: date | None,
    fiscal_year_start: int,
    findings: list[Finding],
    recognised: dict[int, Recognised],
    kept: Kept,
) -> tuple[dict[str, list[pd.DataFrame]], date | None]:
    frames: dict[str, list[pd.DataFrame]] = {name: [] for name in FRAMES}
    records = {key: batch.records for key, batch in batches.items()}
    days = {key: _last_day(batches[key].source, table) for key, table in records.items()}
    last_day = max((d for d in days.values() if d), default=None)
    for key, batch in batches.items():
        source = batch.source
        if not source.tallies:
            findings += remarks.without_measures(source, batch.place())
            continue
        needed = {key, *(lookup.source for lookup in source.lookups)}
        arguments: dict[str, Any] = {
            "present": frozenset(batch.present),
            "as_of": as_of
            or _stated_end(batch, days[key])
            or (last_day if _by_month(source, records[key]) else None),
            "currency": money.base or source.currency,
            "fiscal_year_start": fiscal_year_start,
            "rename": teams.rename,
        }
        tables = {name: records[name] for name in needed if name in records}
        try:
            counted = _counted(source, batches, tables, arguments, teams, kept)
        except FAULTS:
            LOG.exception("counting %s failed", source.key)
            findings.append(_uncounted_finding(batch.place(), source))
            continue
        if not source.dated:
            findings += remarks.totals(source, batch.place(), counted)
            continue
        frames["observations"].append(counted.observations)
        frames["statistics"].append(counted.statistics)
        findings += remarks.source_findings(batch, counted, tables, arguments)
        measures = tuple(sorted(set(counted.observations["measure"])))
        for index, one in recognised.items():
            if one.source == key:
                recognised[index] = replace(one, measures=measures)
    return frames, last_day


def _counted(
    source: Source,
    batches: Mapping[str, Batch],
    tables: Mapping[str, pa.Table],
    arguments: Mapping[str, Any],
    teams: Teams,
    kept: Kept,
) -> run.Counted:
    """Count a source's records, unless nothing of them changed since they were counted."""

    def make() -> run.Counted:
        return run.run(source, tables, **arguments)

    things = tuple(part for name in tables for _, part in batches[name].tables)
    plain = {key: value for key, value in arguments.items() if key != "rename"}
    about = (source.key, *sorted(plain.items(), key=lambda item: item[0]), teams.declared)
    counted = kept.once("counts", about, things, make)
    names = counted.observations["team"].unique()
    # Which of two cases a team is written in depends on the files before this one.
    return counted if all(teams.called(name) == name for name in names) else make()


def _last_day(source: Source, records: pa.Table) -> date | None:
    fields = source.clock if source.clock and not source.settled else source.month_fields
    days = [pc.max(records.column(key)).as_py() for key in fields]
    return max((day.date() for day in days if day), default=None)


def _stated_end(batch: Batch, last: date | None) -> date | None:
    """Return the day the reports say they end with, where it lies in the month of the last row."""
    told = [day for table, _ in batch.tables if (day := stated.stated_end(table.above)) is not None]
    day = max(told, default=None)
    if day is None or last is None or (day.year, day.month) != (last.year, last.month):
        return None
    return day


def _by_month(source: Source, records: pa.Table) -> bool:
    """Do these rows stand for whole months (all dates on the first)?"""
    chunks = [c for key in source.month_fields for c in records.column(key).chunks]
    if not chunks:
        return False
    return bool(pc.all(pc.equal(pc.day(pa.chunked_array(chunks)), 1)).as_py())
