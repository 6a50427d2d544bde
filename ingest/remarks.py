"""What an analyst should know about an export as a whole: repeats, spellings, what it lacks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ingest import mapping
from ingest.engine import run
from ingest.model import Match, Table, column_letter
from ingest.source import NOT_STATED, Source
from ingest.sources import BY_KEY
from metrics.functions import KPIS, MEASURES, STATISTICS
from metrics.measures.privacy import answers, hidden_groups
from metrics.measures.terms import divide
from metrics.model import ALL, Finding, Place, Severity

YEAR_ON_YEAR_MONTHS = 24
FEWEST_WEEKS = 5
LIKE_A_SLIP = 0.88
"""Likeness (``difflib``) from which a word is taken for a slip of another."""


@dataclass
class Batch:
    """All records of one source in one upload."""

    source: Source
    tables: list[tuple[Table, pa.Table]] = field(default_factory=list)
    present: set[str] = field(default_factory=set)
    columns: list[frozenset[str]] = field(default_factory=list)

    @property
    def records(self) -> pa.Table:
        return pa.concat_tables([records for _, records in self.tables])

    def place(self) -> Place:
        return self.tables[0][0].place()


def without_measures(source: Source, place: Place) -> Iterable[Finding]:
    looked_up = {lookup.source for other in BY_KEY.values() for lookup in other.lookups}
    if source.key not in looked_up:
        yield Finding("no_measures_yet", Severity.INFO, place, facts={"source": source.title})


def totals(source: Source, place: Place, counted: run.Counted) -> Iterable[Finding]:
    """Tell each KPI over all records of a source without dates; no month, so no trend.

    One of fewer than five people is not told, as everywhere.
    """
    rows = counted.observations
    currency = next((code for code in rows["currency"].unique() if code), source.currency)
    sums = rows.groupby("measure")["value"].sum()
    for kpi in KPIS.values():
        if not set(kpi.measures) <= set(sums.index):
            continue
        if kpi.of_people and hidden_groups(answers(kpi, tuple(sums.index), sums.to_numpy())):
            continue
        value = float(divide(kpi, sums.__getitem__))
        facts = {
            "kpi": kpi.title,
            "key": kpi.key,
            "value": value,
            "rows": counted.records,
            "source": source.title,
            "written": kpi.unit.write(value, currency),
        }
        yield Finding("no_dates", Severity.INFO, place, facts["written"], facts)


def source_findings(batch: Batch, counted: run.Counted, tables, arguments) -> Iterable[Finding]:
    """Say what an analyst should know about a source as a whole."""
    source, place = batch.source, batch.place()
    for code in source.cautions:
        sums = counted.observations.groupby("measure")["value"].sum()
        facts = {"source": source.title, "records": counted.records, **sums.to_dict()}
        yield Finding(code, Severity.WARNING, place, facts=facts)
    yield from _weeks(batch)
    yield from _absent_columns(batch)
    if counted.left_out:
        facts = {"count": counted.left_out, "source": source.title}
        yield Finding("records_cancelled", Severity.INFO, place, "", facts, counted.left_out)
    if counted.repeated:
        yield _repeats_finding(batch, counted, tables, arguments)
    yield from _spellings(batch, tables)
    fed = set(counted.observations["measure"])
    for kpi, reason in source.cannot_feed:
        if kpi not in KPIS or not set(KPIS[kpi].measures) <= fed:
            title = (KPIS[kpi] if kpi in KPIS else STATISTICS[kpi]).title
            facts = {"kpi": title, "key": kpi, "source": source.title}
            yield Finding(reason, Severity.INFO, place, facts=facts)
    months = counted.observations["month"].nunique()
    if 0 < months < YEAR_ON_YEAR_MONTHS:
        facts = {"months": months, "need": YEAR_ON_YEAR_MONTHS, "source": source.title}
        yield Finding("no_year_on_year", Severity.INFO, place, facts=facts)


def _weeks(batch: Batch) -> Iterable[Finding]:
    """Say that rows are weeks: a week belongs to the month in which it begins."""
    source = batch.source
    if source.identity is not None or source.document is not None:
        return
    for table, records in batch.tables:
        for key in source.month_fields:
            days = records.column(key).drop_null().to_numpy().astype("datetime64[D]")
            days = np.unique(days).astype(np.int64)
            if len(days) < FEWEST_WEEKS or (np.diff(days) % 7).any():
                continue
            first, last = (str(day) for day in days[[0, -1]].astype("datetime64[D]"))
            facts = {"weeks": len(days), "first": first, "last": last, "source": source.title}
            yield Finding(
                "rows_are_weeks", Severity.WARNING, table.place(), first, facts, len(days)
            )


def _absent_columns(batch: Batch) -> Iterable[Finding]:
    """Name the columns a source can have and these files do not, with what they would feed."""
    source, lost = batch.source, {}
    yield from _differing(batch)
    unbound = ibis.table(ibis.Schema.from_pyarrow(source.schema), name=source.key)
    for tally in source.tallies:
        needed = run.fields_of(tally, unbound)
        if source.counts(needed, frozenset(batch.present)):
            continue
        for key in sorted(needed - batch.present):
            if not source.field(key).aliases:  # another table brings it
                continue
            lost.setdefault(key, []).append(MEASURES[tally.measure].header)
    if not lost:
        return
    names = [f"“{source.field(key).aliases[0].removeprefix('~')}”" for key in lost]
    headers = dict.fromkeys(header for headers in lost.values() for header in headers)
    facts = {"columns": ", ".join(names), "measures": ", ".join(headers), "source": source.title}
    yield Finding("columns_absent", Severity.INFO, batch.place(), "", facts, len(lost))


def similar_team_names(rows: pd.DataFrame | None, batches: Iterable[Batch]) -> Iterable[Finding]:
    """Name teams that look like a slip of another's name, at the first cell that says so."""
    if rows is None or rows.empty:
        return
    counts = rows.groupby("team").size()
    names = [name for name in counts.index if name not in (ALL, NOT_STATED)]
    for name in names:
        larger = [other for other in names if counts[other] > counts[name]]
        close = [other for other in larger if is_slip(name, other)]
        if not close:
            continue
        place, count = next(_first_cells(name, batches), (None, 0))
        if place is None:
            continue
        others = next(_first_cells(close[0], batches), (None, 0))[1]
        facts = {"value": name, "other": close[0], "count": count, "others": others}
        yield Finding("teams_alike", Severity.WARNING, place, name, facts, count)


def is_slip(one: str, other: str) -> bool:
    """Do two names differ in one word only, by letters exchanged, one too many or one too few?"""
    words, others = one.split(), other.split()
    if len(words) != len(others):
        return False
    differing = [(a, b) for a, b in zip(words, others, strict=True) if a != b]
    if len(differing) != 1:
        return False
    a, b = (word.lower() for word in differing[0])
    if any(letter.isdigit() for letter in a + b) or min(len(a), len(b)) < 4 or a[0] != b[0]:
        return False
    same = sorted(a) == sorted(b) and sum(x != y for x, y in zip(a, b, strict=True)) == 2
    return same or SequenceMatcher(None, a, b).ratio() >= LIKE_A_SLIP


def _first_cells(name: str, batches: Iterable[Batch]) -> Iterator[tuple[Place, int]]:
    """Yield the first cell that holds a text, and how many of its column do."""
    for batch in batches:
        for table, _ in batch.tables:
            for position in range(len(table.header)):
                cells = table.data.column(f"c{position}").combine_chunks()
                if not pa.types.is_string(cells.type):
                    continue
                same = pc.fill_null(pc.equal(pc.utf8_trim_whitespace(cells), name), False)
                count = pc.sum(same).as_py() or 0
                if count:
                    at = int(np.flatnonzero(same.to_numpy(zero_copy_only=False))[0])
                    yield table.cell(position, at), count


def _differing(batch: Batch) -> Iterable[Finding]:
    """Name files that lack a column which other files of the same kind have."""
    for (table, _), columns in zip(batch.tables, batch.columns, strict=True):
        lacking = sorted(batch.present - columns)
        names = [f"“{batch.source.field(key).aliases[0]}”" for key in lacking]
        if names:
            facts = {"file": table.file, "columns": ", ".join(names), "source": batch.source.title}
            yield Finding("columns_differ", Severity.WARNING, table.place(), "", facts, len(names))


def duplicate_columns(table: Table, matches: Sequence[Match]) -> Iterable[Finding]:
    """Say which of several columns under one name was read."""
    plain = [mapping.normal(re.sub(r" \(\d+\)$", "", heading)) for heading in table.header]
    blank = mapping.blank_columns(table)
    used = {match.column for match in matches}
    for match in matches:
        for other, name in enumerate(plain):
            if other in used or name != plain[match.column]:
                continue
            code = "heading_twin_blank" if other in blank else "heading_twin"
            severity = Severity.INFO if other in blank else Severity.WARNING
            letters = column_letter(table.positions[match.column])
            facts = {"value": match.header, "read": letters}
            yield Finding(code, severity, table.place(other), table.header[other], facts)


def _repeats_finding(batch, counted: run.Counted, tables, arguments) -> Finding:
    source, place = batch.source, batch.place()
    rows = sum(records.num_rows for _, records in batch.tables)
    facts: dict[str, Any] = {
        "field": source.identity,
        "repeated": counted.repeated,
        "rows": rows,
        "records": counted.records,
        "source": source.title,
    }
    if source.repeats == "log":
        return Finding("event_log", Severity.INFO, place, facts=facts, count=counted.repeated)
    if source.repeats == "last":
        return Finding(
            "repeated_records", Severity.WARNING, place, facts=facts, count=counted.repeated
        )
    once = run.run(replace(source, repeats="last"), tables, **arguments)
    measure = source.tallies[min(1, len(source.tallies) - 1)].measure
    for name, result in (("kept", counted), ("once", once)):
        of = result.observations
        facts[name] = float(of.loc[of["measure"] == measure, "value"].sum())
    facts["measure"] = measure
    return Finding("repeats_counted", Severity.WARNING, place, facts=facts, count=counted.repeated)


def _spellings(batch: Batch, tables: Mapping[str, pa.Table]) -> Iterable[Finding]:
    """Find names that another table of the upload spells differently."""
    for lookup in batch.source.lookups:
        if not lookup.spelling or lookup.source not in tables:
            continue
        right = set(tables[lookup.source].column(lookup.right).drop_null().to_pylist())
        known = {"".join(mapping.normal(name).split()): name for name in right}
        counts = tables[batch.source.key].column(lookup.left).value_counts()
        for entry in counts.to_pylist():
            name = entry["values"]
            if name is None or name in right:
                continue
            other = known.get("".join(mapping.normal(name).split()), "")
            facts = {"value": name, "other": other, "count": entry["counts"], "column": lookup.left}
            code = "spelled_differently" if other else "not_in_list"
            yield Finding(code, Severity.WARNING, batch.place(), name, facts, int(entry["counts"]))
