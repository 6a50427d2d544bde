"""What an analyst should know about an export as a whole: repeats, spellings, what it lacks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

from ingest import mapping
from ingest.engine import run
from ingest.model import Table
from ingest.source import Source
from ingest.sources import BY_KEY
from metrics.functions import KPIS, STATISTICS
from metrics.measures.terms import divide
from metrics.model import Finding, Place, Severity

YEAR_ON_YEAR_MONTHS = 24


@dataclass
class Batch:
    """All records of one source in one upload."""

    source: Source
    tables: list[tuple[Table, pa.Table]] = field(default_factory=list)
    present: set[str] = field(default_factory=set)

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
    """Tell each KPI over all records of a source without dates; no month, so no trend."""
    rows = counted.observations
    currency = next((code for code in rows["currency"].unique() if code), source.currency)
    sums = rows.groupby("measure")["value"].sum()
    for kpi in KPIS.values():
        if not set(kpi.measures) <= set(sums.index):
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


def about(batch: Batch, counted: run.Counted, tables, arguments) -> Iterable[Finding]:
    """Say what an analyst should know about a source as a whole."""
    source, place = batch.source, batch.place()
    for code in source.cautions:
        sums = counted.observations.groupby("measure")["value"].sum()
        facts = {"source": source.title, "records": counted.records, **sums.to_dict()}
        yield Finding(code, Severity.WARNING, place, facts=facts)
    if counted.repeated:
        yield _repeated(batch, counted, tables, arguments)
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


def _repeated(batch, counted: run.Counted, tables, arguments) -> Finding:
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
