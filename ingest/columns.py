"""Columns of a table, read as the fields they were mapped to, with a finding for each bad cell."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.clocks import blank_impossible_dates, end_of, export_day
from ingest.mapping import currency_of
from ingest.model import Table
from ingest.outcomes import outcomes
from ingest.plausibility import (
    CELLS_NAMED,
    blank_cut_numbers,
    possible_size,
    unknown_values,
    without_shares,
    without_slips,
)
from ingest.source import ARROW, MICROS, Field, FieldKind, Source
from ingest.values.column import MISSING_TEXT, ReadColumn, read_column
from ingest.values.parsed import Hints
from ingest.written import as_written, scale_by_heading, units_of_time, zones
from metrics.model import Finding, Profile, Severity

READ_AS = {FieldKind.COUNT: "number", FieldKind.MONEY: "money"}
_TOTAL = r"^\W*(sub|grand )?-?(total|summe|gesamt|zwischensumme)\b"


@dataclass(frozen=True)
class Money:
    """Base currency, and what one unit of another is worth in it; both may be unknown."""

    base: str = ""
    rates: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, profile: Profile | None) -> Money:
        """Return what a client has declared."""
        return cls(profile.currency, profile.exchange_rates) if profile else cls()

    def rate(self, code: str) -> float:
        """Return the worth of one unit of ``code`` in the base currency, NaN if unknown."""
        if not code or not self.base or code == self.base:
            return 1.0
        return float(self.rates.get(code, np.nan))


@dataclass(frozen=True)
class Columns:
    """Typed columns by field, of the fields the table has.

    ``currencies`` holds the ISO code of each cell of a money field, '' where it is not known;
    ``notes`` the texts of number columns that may hold remarks.
    """

    values: Mapping[str, pa.Array]
    currencies: Mapping[str, np.ndarray]
    notes: Mapping[str, pa.Array]
    findings: tuple[Finding, ...]


def read(
    table: Table,
    fields: Sequence[Field],
    columns: Mapping[str, int],
    hints: Hints | None = None,
    markers: Collection[str] = (),
) -> Columns:
    """Read mapped columns as their fields' kinds.

    Parameters
    ----------
    columns : mapping
        Field → position among the table's columns.
    markers : collection of str
        Texts that mean "no value" in columns of texts: systems write ``None``, persons mean it.
    """
    present = [
        replace(wanted, missing=(*wanted.missing, *markers))
        if wanted.kind is FieldKind.TEXT
        else wanted
        for wanted in fields
        if wanted.key in columns
    ]
    cells, told = {}, []
    for wanted in present:
        position = columns[wanted.key]
        cells[wanted.key], odd = as_written(table, position, wanted)
        told += odd
    units = {f.key: units_of_time(table.header[columns[f.key]], f) for f in present}
    results = _read_together(present, cells, hints or table.hints, units)
    values, currencies, notes = {}, {}, {}
    findings: list[Finding] = told
    for wanted in present:
        position = columns[wanted.key]
        result, mixed = _second_format(cells[wanted.key], results[wanted.key], wanted)
        if mixed:
            facts = {"column": table.header[position], "count": mixed, "format": result.format}
            place = table.place(position)
            findings.append(
                Finding("two_number_formats", Severity.WARNING, place, facts=facts, count=mixed)
            )
        result = without_shares(cells[wanted.key], result, wanted)
        result, odd = scale_by_heading(table, position, wanted, result)
        findings += odd
        values[wanted.key], large = possible_size(table, position, wanted, result.values)
        findings += large
        if wanted.notes:
            notes[wanted.key] = _notes(cells[wanted.key], result.values)
        else:
            findings += _bad_cells(table, position, wanted, cells[wanted.key], result)
        if result.ambiguous:
            facts = {"column": table.header[position], "format": result.format}
            place = table.place(position)
            findings.append(Finding("format_assumed", Severity.WARNING, place, facts=facts))
        if wanted.kind is FieldKind.MONEY:
            stated = wanted.currency or currency_of(table.header[position])
            currencies[wanted.key] = _codes(result.currency, stated, table.data.num_rows)
            findings += _mixed_currencies(table, position, currencies[wanted.key])
    findings += zones(table, present, columns, cells)
    return Columns(values, currencies, notes, tuple(findings))


def _read_together(
    fields: Sequence[Field],
    cells: Mapping[str, pa.Array],
    hints: Hints,
    units: Mapping[str, str],
) -> dict[str, ReadColumn]:
    """Read columns; what one proves about dates or decimals settles those that leave it open."""
    own = {f.key: replace(hints, unit=units[f.key] or hints.unit) for f in fields}
    results = {
        f.key: read_column(
            cells[f.key], READ_AS.get(f.kind, f.kind.value), missing=f.missing, hints=own[f.key]
        )
        for f in fields
    }
    for f in fields:
        if not results[f.key].ambiguous:
            continue
        settled = [
            results[other.key].format
            for other in fields
            if (other.kind is FieldKind.DATE) == (f.kind is FieldKind.DATE)
            and not results[other.key].ambiguous
        ]
        known = _hint(settled, hints)
        if known != hints:
            kind = READ_AS.get(f.kind, f.kind.value)
            results[f.key] = read_column(cells[f.key], kind, missing=f.missing, hints=known)
    return results


def _second_format(cells: pa.Array, result: ReadColumn, wanted: Field) -> tuple[ReadColumn, int]:
    """Read cells whose decimal mark contradicts the column's, where they agree among themselves.

    Reports write most amounts as text in the reader's language and some as plain numbers.
    """
    where = result.bad.get("decimal_mark")
    if where is None:
        return result, 0
    again = read_column(cells.take(pa.array(where)), READ_AS.get(wanted.kind, wanted.kind.value))
    if again.ambiguous or again.bad_count:
        return result, 0
    values = result.values.to_numpy(zero_copy_only=False).copy()
    values[where] = again.values.to_numpy(zero_copy_only=False)
    bad = {reason: rows for reason, rows in result.bad.items() if reason != "decimal_mark"}
    currency = result.currency if result.currency is not None else again.currency
    mended = replace(result, values=pa.array(values, from_pandas=True), bad=bad, currency=currency)
    return mended, len(where)


def _hint(formats: Sequence[str], hints: Hints) -> Hints:
    for known in formats:
        if known in ("D/M/Y", "M/D/Y"):
            hints = replace(hints, order=known)
        if known in ("1.234,5", "1,234.5"):
            hints = replace(hints, decimal=known[-2])
    return hints


def _notes(cells: pa.Array, numbers: pa.Array) -> pa.Array:
    text = cells.cast(pa.string())
    return pc.if_else(pc.is_null(numbers), text, pa.scalar(None, pa.string()))


def _mixed_currencies(table: Table, position: int, codes: np.ndarray) -> list[Finding]:
    """Say that the cells of one column name several currencies themselves."""
    named = sorted({code for code in codes if code})
    if len(named) < 2:
        return []
    facts = {"column": table.header[position], "currencies": ", ".join(named)}
    place = table.place(position)
    return [Finding("mixed_currencies", Severity.WARNING, place, facts["currencies"], facts)]


def _codes(found: str | pa.Array | None, stated: str, rows: int) -> np.ndarray:
    if isinstance(found, pa.Array):
        return np.array(pc.fill_null(found, stated).to_pylist(), dtype=object)
    return np.full(rows, found or stated, dtype=object)


def _bad_cells(
    table: Table, position: int, wanted: Field, cells: pa.Array, result: ReadColumn
) -> list[Finding]:
    findings = []
    for reason, where in result.bad.items():
        if wanted.kind is FieldKind.DATE:
            where, totals = _without_totals(cells, where)
            if totals:
                place = table.place(position)
                facts = {"rows": totals}
                findings.append(
                    Finding("totals_left_out", Severity.INFO, place, facts=facts, count=totals)
                )
        facts = {"column": table.header[position], "wanted": wanted.kind.value}
        for index in where[:CELLS_NAMED].tolist():
            place = table.cell(position, index)
            value = str(cells[index].as_py())[:200]
            findings.append(
                Finding(reason, Severity.ERROR, place, value, {**facts, "value": value})
            )
        if len(where) > CELLS_NAMED:
            rest = len(where) - CELLS_NAMED
            facts = {**facts, "count": rest}
            place = table.place(position)
            findings.append(Finding("more_bad_cells", Severity.ERROR, place, "", facts, rest))
    return findings


def _without_totals(cells: pa.Array, where: np.ndarray) -> tuple[np.ndarray, int]:
    """Leave out cells that name a total where a date was wanted; such a row has no month."""
    texts = cells.take(pa.array(where)).cast(pa.string())
    named = pc.match_substring_regex(texts, _TOTAL, ignore_case=True)
    total = named.to_numpy(zero_copy_only=False).astype(bool)
    return where[~total], int(total.sum())


def canonical(
    table: Table,
    source: Source,
    columns: Mapping[str, int],
    money: Money,
    as_of: date | None = None,
) -> tuple[pa.Table, tuple[Finding, ...]]:
    """Return a table's records in the source's typed columns, and what was wrong with cells.

    Dates that put a record into a month but lie after ``as_of`` or are the placeholder
    1970-01-01 are left blank, with a finding. Amounts become integer millionths of the base
    currency; where a rate is missing the amount is blank and ``unconverted`` true.
    """
    read_columns = read(table, source.fields, columns, markers=MISSING_TEXT)
    values = dict(read_columns.values)
    findings = list(read_columns.findings)
    rows = table.data.num_rows
    if source.identity in values and source.identity is not None:
        values[source.identity], odd = blank_cut_numbers(
            table, columns[source.identity], values[source.identity]
        )
        findings += odd
    plans = source.month_fields - set(source.clock) if source.clock else frozenset()
    facts = (source.month_fields - plans) | set(source.clock)
    for key in sorted(facts & values.keys()):
        values[key], odd = without_slips(table, columns[key], values[key])
        findings += odd
    if source.settled:
        values, odd = outcomes(table, columns, values)
        findings += odd
    settled = source.settled(values) if source.settled else None
    as_of = as_of or export_day(source, values, settled=settled)
    for key in sorted((source.month_fields | set(source.clock)) & values.keys()):
        values[key], odd = blank_impossible_dates(
            table, source.field(key), columns[key], values[key], as_of, key in plans, settled
        )
        findings += odd
    for wanted in source.fields:
        if wanted.known and wanted.key in values:
            findings += unknown_values(table, wanted, columns[wanted.key], values[wanted.key])
    unconverted = np.zeros(rows, dtype=bool)
    for key, codes in read_columns.currencies.items():
        if "currency" in values:
            stated = np.array(values["currency"].fill_null("").to_pylist(), dtype=object)
            codes = np.where(stated != "", stated, codes)
        codes = np.where(codes == "", source.currency, codes)
        values[key], without = _to_base_currency(values[key], codes, money)
        unconverted |= without
        findings += without_rate(table, columns[key], codes, without)
    arrays = [
        _cast_values(values[f.key], f.kind) if f.key in values else pa.nulls(rows, ARROW[f.kind])
        for f in source.fields
    ]
    blank = pa.nulls(rows, pa.string())
    arrays += [read_columns.notes.get(f.key, blank) for f in source.fields if f.notes]
    arrays += [table.data.column("row").combine_chunks(), pa.repeat(pa.scalar(table.file), rows)]
    end = pa.scalar(end_of(export_day(source, values, as_of, settled)), pa.timestamp("us"))
    arrays += [pa.array(unconverted), pa.repeat(end, rows), pa.nulls(rows, pa.bool_())]
    return pa.Table.from_arrays(arrays, schema=source.schema), tuple(findings)


def _cast_values(values: pa.Array, kind: FieldKind) -> pa.Array:
    if kind is FieldKind.DURATION and pa.types.is_floating(values.type):
        values = pc.multiply(values, 3600.0)
    if kind in (FieldKind.COUNT, FieldKind.MONEY, FieldKind.DURATION) and pa.types.is_floating(
        values.type
    ):
        return pc.round(values).cast(pa.int64())
    return values.cast(ARROW[kind])


def _to_base_currency(
    values: pa.Array, codes: np.ndarray, money: Money
) -> tuple[pa.Array, np.ndarray]:
    """Return amounts in millionths of the base currency, and where no rate is known."""
    distinct, index = np.unique(codes.astype(str), return_inverse=True)
    rate = np.array([money.rate(code) for code in distinct])[index]
    amount = values.to_numpy(zero_copy_only=False).astype(float)
    without = np.isnan(rate) & ~np.isnan(amount)
    millionths = np.round(amount * rate * MICROS)
    return pa.array(millionths, from_pandas=True).cast(pa.int64()), without


def without_rate(
    table: Table, position: int, codes: np.ndarray, without: np.ndarray
) -> list[Finding]:
    """Name each currency that has no rate: its cells where they are few, else its column."""
    findings = []
    for code in np.unique(codes[without].astype(str)):
        where = np.flatnonzero(without & (codes == code))
        few = len(where) <= CELLS_NAMED and len(where) < len(codes)
        places = [table.cell(position, int(at)) for at in where] if few else [table.place(position)]
        count = 1 if few else len(where)
        facts = {"column": table.header[position], "currency": str(code), "count": count}
        findings += [
            Finding("currency_without_rate", Severity.ERROR, place, str(code), facts, count)
            for place in places
        ]
    return findings
