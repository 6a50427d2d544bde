"""What a kind of export holds and how its records become monthly measures, declared once.

A ``Source`` names canonical fields with the headings real systems give them, and tallies:
Ibis expressions over a table of typed canonical columns. The same expressions run on DuckDB for
an upload and inside PostgreSQL or Spark for a warehouse table. Money is in integer millionths
(ad platforms bill fractions of a cent), durations in whole seconds: sums are exact on every
engine, and the division comes last.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import ibis
import pyarrow as pa
from ibis.common.deferred import Deferred

MICROS = 1_000_000
HOUR, DAY, MINUTE = 3_600, 86_400, 60
NO_RATE = "currency_without_rate"
"""Reason of amounts whose currency has no exchange rate."""
NO_VALUE = "cell_empty"
"""Reason of a sum over records of which none has a value: missing, not 0."""
NOT_STATED = "not stated"
"""Team or item of records that leave it blank: counted, never dropped."""


class FieldKind(StrEnum):
    """What the cells of a field hold, and so the type of its canonical column."""

    TEXT = "text"
    NUMBER = "number"
    COUNT = "count"
    MONEY = "money"
    DATE = "date"
    FLAG = "flag"
    DURATION = "duration"


ARROW: dict[FieldKind, pa.DataType] = {
    FieldKind.TEXT: pa.string(),
    FieldKind.NUMBER: pa.float64(),
    FieldKind.COUNT: pa.int64(),
    FieldKind.MONEY: pa.int64(),
    FieldKind.DATE: pa.timestamp("us"),
    FieldKind.FLAG: pa.bool_(),
    FieldKind.DURATION: pa.int64(),
}


@dataclass(frozen=True)
class Field:
    """A canonical column of a source.

    Parameters
    ----------
    key : str
        Name of the column in expressions.
    kind : Kind
    aliases : tuple of str
        Headings under which systems write it; case, blanks and punctuation do not matter. One
        that starts with ``~`` is a pattern, for headings that quote the client's own words.
    required : bool
        Without this column the table is not this source.
    always : bool
        Every record should have a value; blanks are a finding.
    missing : tuple of str
        Cell texts that mean "no value", beside the usual ones.
    notes : bool
        A number column that may hold remarks (``See ASN-93``): text there is no fault, and
        expressions read it as ``<key>_note``.
    verb : str
        How a date reads in "opened in 2026-02".
    currency : str
        ISO code where the heading states it.
    known : tuple of str
        All texts it may hold, in lower case; others are a finding.
    """

    key: str
    kind: FieldKind
    aliases: tuple[str, ...] = ()
    required: bool = False
    always: bool = False
    missing: tuple[str, ...] = ()
    notes: bool = False
    verb: str = ""
    currency: str = ""
    help: str = ""
    known: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tally:
    """How records become one measure.

    Parameters
    ----------
    measure : str
        Key of a measure; it decides the business function.
    month : Deferred
        Date that puts a record into a month.
    value : Deferred or None
        Integer to add up; None counts records.
    where : Deferred or None
        Which records count.
    pending : Deferred or None
        True for records that may still change the measure, such as requests not yet resolved.
    divide : int
        Divisor of the finished sum: ``MICROS`` for money, ``HOUR`` for seconds told in hours.
    """

    measure: str
    month: Deferred
    value: Deferred | None = None
    where: Deferred | None = None
    pending: Deferred | None = None
    divide: int = 1


@dataclass(frozen=True)
class SupplierConcentration:
    """Suppliers' statistics, computed from records at every level, never rolled up."""

    month: Deferred
    by: Deferred
    value: Deferred


@dataclass(frozen=True)
class Lookup:
    """Columns another uploaded table adds to each record: ``source`` matched on its ``right``."""

    source: str
    left: str
    right: str
    brings: tuple[str, ...]
    spelling: bool = False
    """Report values of ``left`` that the other table spells differently."""


@dataclass(frozen=True)
class Source:
    """One kind of export.

    Parameters
    ----------
    key, title, system : str
    function : str
        Business function it speaks of mainly.
    identity : str or None
        Field that names a record; repeated values are one record unless ``repeats`` says so.
    repeats : str
        ``last`` counts the latest row and warns, ``log`` does so silently (an event log),
        ``keep`` counts every row and warns.
    latest : str or None
        Date field that orders the rows of one record; without it the order in the file.
    document : str or None
        Field that names a document of several rows; ``first_of_document`` is true once in each.
    dated : bool
        False where records carry no full date: totals are told, months and trends refused.
    clock : tuple of str
        Date fields of what has happened; the last of them is the day of the export where months
        may lie ahead (promised deliveries). By default all dates that make months.
    team, item : Deferred or None
        Never a person: a group, region, unit, country.
    cannot_feed : tuple of (str, str)
        KPI and the reason code why these exports cannot feed it.
    cautions : tuple of str
        Codes of what a reader of the figures should always know.
    currency : str
        ISO code of all amounts where no column says otherwise.
    refining : tuple of str
        Fields that only leave rows out or say it better: tallies that read them are counted
        where the column is absent too, and read it as missing.
    either : tuple of tuple of str
        Fields of which one is enough for the tallies that read them.
    left_out : Deferred or None
        Records that never happened (deleted, cancelled): taken out before anything is counted.
    settled : callable or None
        From the typed columns, which records' planned dates are facts (a deal that is closed).
    signs : tuple of str
        Headings of which one at least must be there, where required fields are too common a set.
    """

    key: str
    title: str
    function: str
    system: str
    fields: tuple[Field, ...]
    tallies: tuple[Tally, ...] = ()
    statistics: tuple[SupplierConcentration, ...] = ()
    team: Deferred | None = None
    item: Deferred | None = None
    identity: str | None = None
    repeats: str = "last"
    latest: str | None = None
    document: str | None = None
    dated: bool = True
    clock: tuple[str, ...] = ()
    lookups: tuple[Lookup, ...] = ()
    cannot_feed: tuple[tuple[str, str], ...] = ()
    cautions: tuple[str, ...] = ()
    currency: str = ""
    refining: tuple[str, ...] = ()
    either: tuple[tuple[str, ...], ...] = ()
    left_out: Deferred | None = None
    settled: Callable[[Mapping[str, pa.Array]], pa.Array] | None = None
    signs: tuple[str, ...] = ()

    def field(self, key: str) -> Field:
        """Return the field called ``key``; KeyError if there is none."""
        found = next((field for field in self.fields if field.key == key), None)
        if found is None:
            raise KeyError(f"{self.key} has no field {key}")
        return found

    def counts(self, needed: frozenset[str], present: frozenset[str]) -> bool:
        """Can a tally that reads ``needed`` be counted from the columns that are ``present``?"""
        loose = set(self.refining)
        for group in self.either:
            if needed.isdisjoint(group) or not present.isdisjoint(group):
                loose |= set(group)
        return needed - loose <= present

    @property
    def schema(self) -> pa.Schema:
        """Typed canonical columns, then where each record stands in its file."""
        columns = [(field.key, ARROW[field.kind]) for field in self.fields]
        notes = [(f"{field.key}_note", pa.string()) for field in self.fields if field.notes]
        return pa.schema([*columns, *notes, *BOOKKEEPING])

    @property
    def month_fields(self) -> frozenset[str]:
        """Date fields that put records into months."""
        unbound = ibis.table(ibis.Schema.from_pyarrow(self.schema), name=self.key)
        months = (*(t.month for t in self.tallies), *(s.month for s in self.statistics))
        dates = frozenset().union(*(columns_read(month, unbound) for month in months))
        return dates - {name for name, _ in BOOKKEEPING}


BOOKKEEPING = (
    ("row", pa.int64()),
    ("file", pa.string()),
    ("unconverted", pa.bool_()),
    ("as_of", pa.timestamp("us")),
    ("first_of_document", pa.bool_()),
)
"""Row and file of a record, whether an amount of it has no exchange rate, the end of its export,
and whether it is the first row of its document."""


def columns_read(expression: Any, table: ibis.Table) -> frozenset[str]:
    """Return the names of the columns an expression reads."""
    if not isinstance(expression, Deferred):
        return frozenset()
    # A fresh table: the search would otherwise walk on into what ``table`` was made from.
    resolved = expression.resolve(ibis.table(table.schema(), name="columns"))
    return frozenset(field.name for field in resolved.op().find(ibis.expr.operations.Field))


def seconds(start: Deferred, end: Deferred) -> Deferred:
    """Return whole seconds from ``start`` to ``end``."""
    return end.epoch_seconds() - start.epoch_seconds()


def where_from(file: str, files: int, rows: int, verb: str, period: str) -> str:
    """Return the place of a sum: file, number of rows, and what put them into the period."""
    where = file if files <= 1 else f"{file} and {files - 1} more"
    return f"{where}, {rows:,} {'row' if rows == 1 else 'rows'}, {verb} in {period}".replace(
        ",  in", ", in"
    )
