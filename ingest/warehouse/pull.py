"""From a warehouse to observations: what an upload is for files, a pull is for tables.

The result has the shape of checked files, so it is shown, compared and saved by the same steps.
The SQL that ran stands in the place of the original file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa

from ingest import mapping
from ingest.columns import Money
from ingest.engine import run
from ingest.engine.backends import Backend, Parquet, PostgreSQL
from ingest.model import Intake, Recognised, Table
from ingest.source import Source
from ingest.sources import SOURCES
from ingest.teams import Teams
from ingest.warehouse.connection import (
    LATE_MONTHS,
    Connection,
    TableMap,
    canonical,
    connect,
    known_source,
    table_of,
    unreachable,
)
from metrics.errors import AttuneError, InvalidInput
from metrics.frames import FRAMES
from metrics.model import Finding, Place, Profile, Severity


def columns(connection: Connection, table: str) -> list[str]:
    """Return the columns of a table: the test of a connection.

    Raises
    ------
    AttuneError
        It cannot be reached, or has no such table.
    """
    backend = connect(connection)
    try:
        return list(table_of(backend, connection, TableMap("", table)).columns)
    finally:
        backend.close()


def suggest(names: Iterable[str], sources: tuple[Source, ...] = SOURCES) -> TableMap | None:
    """Return the kind of record whose headings fit these column names best, or None.

    Names alone decide: no value of the table leaves the warehouse.
    """
    headings = [name.replace("_", " ") for name in names]
    table = Table("", None, tuple(headings), tuple(range(len(headings))), pa.table({"row": []}))
    best: tuple[int, TableMap] | None = None
    original = list(names)
    for source in sources:
        if not source.tallies:
            continue
        found = {
            f.key: original[i]
            for f in source.fields
            for i, name in enumerate(table.header)
            if max(mapping.fit(name, f.aliases), mapping.fit(original[i], f.aliases))
            >= mapping.WITHOUT_UNIT
        }
        required = {f.key for f in source.fields if f.required}
        if required <= found.keys() and (best is None or len(found) > best[0]):
            best = (len(found), TableMap(source.key, "", found))
    return best[1] if best else None


def since_for(last: pd.Timestamp | None) -> date | None:
    """Return the first month to read again: records of the last three may have come late."""
    if last is None or pd.isna(last):
        return None
    return (last - pd.DateOffset(months=LATE_MONTHS)).date()


def pull(
    connection: Connection, profile: Profile, as_of: date, since: date | None = None
) -> tuple[Intake, list[tuple[str, bytes]]]:
    """Count every mapped table of a connection where it is.

    Parameters
    ----------
    profile : Profile
        Teams and their spellings, base currency and rates.
    as_of : date
        Day of the pull: the month it lies in is not over.
    since : date, optional
        Months from this one on are counted; all of them by default.

    Returns
    -------
    Intake, list of (name, bytes)
        As for files; the bytes are the SQL that ran for each table.

    Raises
    ------
    AttuneError
        Not reachable, a table or a column that is gone, a connection that broke or took too
        long: nothing of the pull is then to be saved.
    """
    if not connection.tables:
        raise InvalidInput("warehouse_nothing_mapped", connection=connection.name)
    backend = connect(connection)
    money, teams = Money.of(profile), Teams(profile.teams)
    found: list[tuple[TableMap, run.Counted]] = []
    findings: list[Finding] = []
    try:
        bound = {t.source: _bound(backend, connection, t, money, as_of) for t in connection.tables}
        for mapped in connection.tables:
            source = known_source(mapped.source)
            if not source.tallies:
                continue
            before = _rows(backend, connection, mapped)
            backend.sql.clear()
            counted = run.count(
                backend,
                source,
                bound,
                _present(mapped, source),
                as_of=as_of,
                upload=file_of(connection, mapped),
                currency=money.base or source.currency,
                fiscal_year_start=profile.fiscal_year_start,
                rename=teams.rename,
                unique=mapped.unique,
                since=since,
                one_file=mapped.table,
            )
            after = _rows(backend, connection, mapped)
            if before != after:
                facts = {"table": mapped.table, "before": before, "after": after}
                place = Place(file_of(connection, mapped))
                findings.append(Finding("table_grew", Severity.WARNING, place, facts=facts))
            found.append((mapped, counted))
    except AttuneError:
        raise
    except Exception as error:
        why = unreachable(connection, error).facts["why"]
        raise AttuneError("warehouse_broke_off", connection=connection.name, why=why) from None
    finally:
        backend.close()
    return _intake(connection, found, findings, as_of), [
        (file_of(connection, mapped), ";\n\n".join(counted.sql).encode())
        for mapped, counted in found
    ]


def file_of(connection: Connection, mapped: TableMap) -> str:
    """Return the name under which the SQL of a table is kept."""
    return f"{connection.name} {mapped.table}.sql".replace("/", "-").replace("*", "all")


def _bound(
    backend: Backend, connection: Connection, mapped: TableMap, money: Money, as_of: date
) -> ibis.Table:
    table = table_of(backend, connection, mapped)
    return canonical(table, known_source(mapped.source), mapped, money, as_of)


def _present(mapped: TableMap, source: Source) -> frozenset[str]:
    return frozenset(mapped.columns) & {f.key for f in source.fields}


def _rows(backend: Backend, connection: Connection, mapped: TableMap) -> int:
    """Rows of a table, where counting them costs nothing and reads are not of one moment."""
    if isinstance(backend, PostgreSQL) or not isinstance(backend, Parquet):
        return 0
    table = table_of(backend, connection, mapped)
    return int(backend.connection.execute(table.count()))


def _intake(
    connection: Connection,
    found: list[tuple[TableMap, run.Counted]],
    findings: list[Finding],
    as_of: date,
) -> Intake:
    tables, frames = [], {"observations": [], "statistics": []}
    for mapped, counted in found:
        name = file_of(connection, mapped)
        frames["observations"].append(counted.observations)
        frames["statistics"].append(counted.statistics)
        months = sorted({f"{m:%Y-%m}" for m in counted.observations["month"]})
        header = tuple(mapped.columns.values())
        table = Table(name, None, header, tuple(range(len(header))), pa.table({"row": []}))
        tables.append(
            Recognised(
                table,
                mapped.source,
                {v: k for k, v in mapped.columns.items()},
                1.0,
                counted.records,
                tuple(months),
                tuple(sorted(set(counted.observations["measure"]))),
            )
        )
        if counted.repeated:
            facts = {"count": counted.repeated, "records": counted.records, "table": mapped.table}
            findings.append(Finding("table_repeats", Severity.INFO, Place(name), facts=facts))
        if counted.observations.empty:
            facts = {"table": mapped.table}
            findings.append(Finding("table_empty", Severity.WARNING, Place(name), facts=facts))
    joined: Mapping[str, Any] = {
        name: FRAMES[name].conform(pd.concat(pieces)) for name, pieces in frames.items() if pieces
    }
    outcomes = {t.table.file: "warnings" if findings else "loads" for t in tables}
    return Intake(tuple(tables), tuple(findings), outcomes, joined, as_of)
