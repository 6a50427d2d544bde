"""Any table of records: a person says once what a row counts as, and it is a source like others.

No kind of export fits it, so its columns are named by hand: which holds the date, which the team,
and into which measures its rows are counted or its columns summed, each under one equality at
most (``NPS type = NPS``). From that a ``Source`` is declared, and everything that counts, judges
and remembers exports works for it too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from ibis.common.deferred import Deferred

from ingest.columns import Money, canonical
from ingest.engine import run
from ingest.mapping import EXACT, describe, normal, readable
from ingest.model import Match, Table
from ingest.source import MICROS, Field, FieldKind, Source, Tally
from metrics.errors import InvalidInput
from metrics.functions import MEASURES, OWNER
from metrics.model import Finding
from metrics.units import UnitKind

RECORDS = "records"
"""Kind of a table whose rows a person explained."""
DATES = 0.8
"""Share of a column's cells that must be dates before it may be the date of records."""
MOST_VALUES = 200
"""Different texts of a column that are offered as a condition."""
_KINDS = {UnitKind.MONEY: FieldKind.MONEY, UnitKind.COUNT: FieldKind.COUNT}


@dataclass(frozen=True)
class Count:
    """Into which measure rows are counted, or one column of theirs is summed.

    Parameters
    ----------
    measure : str
    sums : str
        Heading of the column that is summed; '' counts rows.
    where, equals : str
        Heading and text: only rows in which that column holds that text; '' for all rows.
    """

    measure: str
    sums: str = ""
    where: str = ""
    equals: str = ""


@dataclass(frozen=True)
class Explained:
    """What a person said of a table of records; headings as the table writes them.

    Parameters
    ----------
    date : str
    team : str
        '' where the rows speak for the whole company.
    identity : str
        Column that names a record, so that one which two files hold counts once; '' for none.
    counts : sequence of Count
    """

    date: str
    counts: Sequence[Count] = field(default_factory=tuple)
    team: str = ""
    identity: str = ""

    @property
    def headings(self) -> tuple[str, ...]:
        """Every heading it speaks of."""
        named = [self.date, self.team, self.identity]
        named += [heading for count in self.counts for heading in (count.sums, count.where)]
        return tuple(dict.fromkeys(heading for heading in named if heading))


def read(document: Mapping[str, Any]) -> Explained:
    """Return what the ``records`` of a mapping entry say.

    Raises
    ------
    InvalidInput
        ``records_unclear``: no date, no measure, an unknown one, or one twice.
    """
    counts = []
    for one in document.get("measures") or ():
        only = dict(one.get("only") or {})
        if len(only) > 1:
            raise InvalidInput("records_unclear", detail=f"one condition at most: {only}")
        where, equals = next(iter(only.items()), ("", ""))
        counts.append(Count(str(one.get("measure")), one.get("sum") or "", where, str(equals)))
    wrong = [count.measure for count in counts if count.measure not in MEASURES]
    keys = [count.measure for count in counts]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if not document.get("date") or not counts or wrong or twice:
        detail = (
            f"unknown measures {wrong}"
            if wrong
            else f"measures named twice {twice}"
            if twice
            else "date and measures are needed"
        )
        raise InvalidInput("records_unclear", detail=detail)
    return Explained(
        document["date"], tuple(counts), document.get("team") or "", document.get("identity") or ""
    )


def write(explained: Explained) -> dict[str, Any]:
    """Return the ``records`` of a mapping entry."""
    told: dict[str, Any] = {"date": explained.date}
    told |= {"team": explained.team} if explained.team else {}
    told |= {"identity": explained.identity} if explained.identity else {}
    told["measures"] = [
        {"measure": count.measure}
        | ({"sum": count.sums} if count.sums else {})
        | ({"only": {count.where: count.equals}} if count.where else {})
        for count in explained.counts
    ]
    return told


def source(explained: Explained, layout: str) -> Source:
    """Return the source that a person declared for one layout."""
    functions = [OWNER[count.measure] for count in explained.counts]
    return Source(
        key=f"{RECORDS}-{layout}",
        title=", ".join(MEASURES[count.measure].header for count in explained.counts),
        function=functions[0],
        system="",
        fields=tuple(wanted for wanted, _ in _fields(explained)),
        tallies=tuple(_tally(i, count) for i, count in enumerate(explained.counts)),
        team=ibis._["team"] if explained.team else None,
        identity="identity" if explained.identity else None,
        repeats="last",
    )


def is_explained(source: str | None) -> bool:
    """Is this the key of a source that a person declared?"""
    return bool(source) and (source == RECORDS or str(source).startswith(f"{RECORDS}-"))


def matches(explained: Explained, table: Table) -> tuple[Match, ...]:
    """Return which column of a table is which field of its source."""
    declared = _fields(explained)
    known = {normal(heading): column for column, heading in enumerate(table.header)}
    columns = {
        wanted.key: (known[normal(heading)], EXACT)
        for wanted, heading in declared
        if normal(heading) in known
    }
    return describe(table, [wanted for wanted, _ in declared], columns)


def _fields(explained: Explained) -> list[tuple[Field, str]]:
    """Return the fields with the heading each is read from.

    A heading is no alias of its field: what it says of units (“in thousands”) is then read.
    """
    named = [("date", FieldKind.DATE, explained.date)]
    named += [("team", FieldKind.TEXT, explained.team)] if explained.team else []
    named += [("identity", FieldKind.TEXT, explained.identity)] if explained.identity else []
    for i, count in enumerate(explained.counts):
        unit = MEASURES[count.measure].unit.kind
        summed = _KINDS.get(unit, FieldKind.NUMBER)
        named += [(f"sum_{i}_{count.measure}", summed, count.sums)] if count.sums else []
        named += [(f"only_{i}", FieldKind.TEXT, count.where)] if count.where else []
    return [
        (
            Field(
                key,
                kind,
                (key,),
                required=True,
                always=key == "date",
                verb="dated" if key == "date" else "",
            ),
            heading,
        )
        for key, kind, heading in named
    ]


def _tally(number: int, count: Count) -> Tally:
    row = ibis._
    where = None
    if count.where:
        where = row[f"only_{number}"].strip().lower() == count.equals.strip().lower()
    value: Deferred | None = row[f"sum_{number}_{count.measure}"] if count.sums else None
    money = bool(count.sums) and MEASURES[count.measure].unit.kind is UnitKind.MONEY
    return Tally(count.measure, row["date"], value, where, divide=MICROS if money else 1)


# What a person is shown before saying so


def dates(table: Table) -> list[str]:
    """Return the headings whose columns hold dates."""
    wanted = Field("date", FieldKind.DATE)
    return [
        heading
        for column, heading in enumerate(table.header)
        if _filled(table, column) and readable(table, column, wanted) >= DATES
    ]


def numbers(table: Table) -> list[str]:
    """Return the headings whose columns hold numbers."""
    wanted = Field("number", FieldKind.NUMBER)
    return [
        heading
        for column, heading in enumerate(table.header)
        if _filled(table, column) and readable(table, column, wanted) >= DATES
    ]


def values(table: Table, heading: str) -> list[str]:
    """Return the different texts of a column, the most frequent first."""
    cells = table.data.column(f"c{table.header.index(heading)}")
    if pa.types.is_floating(cells.type):
        whole = pc.all(pc.equal(pc.floor(cells), cells)).as_py() is not False
        cells = cells.cast(pa.int64()) if whole else cells
    counts = pc.value_counts(cells.cast(pa.string()).drop_null().combine_chunks())
    known = sorted(counts.to_pylist(), key=lambda one: (-one["counts"], one["values"]))
    return [one["values"].strip() for one in known[:MOST_VALUES]]


def _filled(table: Table, column: int) -> bool:
    cells = table.data.column(f"c{column}")
    return cells.null_count < len(cells)


@dataclass(frozen=True)
class Trial:
    """What a table would give: ``months`` (month, team, measure, value) and what was odd."""

    months: pd.DataFrame
    findings: tuple[Finding, ...]


def trial(table: Table, explained: Explained, money: Money) -> Trial:
    """Count one table as explained; nothing is remembered."""
    declared = source(explained, "trial")
    columns = {match.field: match.column for match in matches(explained, table)}
    records, findings = canonical(table, declared, columns, money)
    counted = run.run(
        declared, {declared.key: records}, frozenset(columns), currency=money.base
    ).observations
    wanted = ["month", "team", "measure", "value", "reason"]
    order = ["measure", "month", "team"]
    return Trial(counted[wanted].sort_values(order, ignore_index=True), findings)
