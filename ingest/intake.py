"""The one door for files: read, recognise, count, and say everything that was found.

Nothing is saved here: an ``Intake`` is shown to a person, and kept when that person says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ingest import engine, mapping, summary, workbook
from ingest.columns import Money, canonical
from ingest.doubles import Doubles, once
from ingest.model import Intake, Reading, Recognised, Table
from ingest.source import Source
from ingest.sources import BY_KEY
from ingest.teams import Teams
from metrics.frames import FRAMES, MONTH_NOT_OVER, OBSERVATIONS
from metrics.functions import KPIS, STATISTICS
from metrics.model import Finding, Place, Profile, Severity

YEAR_ON_YEAR_MONTHS = 24
NAMES_SHOWN = 10


@dataclass
class _Batch:
    """All records of one source in one upload."""

    source: Source
    tables: list[tuple[Table, pa.Table]] = field(default_factory=list)
    present: set[str] = field(default_factory=set)

    @property
    def records(self) -> pa.Table:
        return pa.concat_tables([records for _, records in self.tables])

    def place(self) -> Place:
        return self.tables[0][0].place()


def check(
    files: Sequence[tuple[str, bytes]],
    profile: Profile | None = None,
    mappings: Sequence[Mapping[str, Any]] | None = None,
    as_of: date | None = None,
) -> Intake:
    """Read files and return what they hold, in tidy frames, with all findings at once.

    Parameters
    ----------
    files : sequence of (name, bytes)
        Any files; archives are opened.
    profile : Profile, optional
        The client: teams and their spellings, base currency, exchange rates. Where it says
        nothing, sheets of teams and exchange rates among the files speak.
    mappings : sequence of mapping, optional
        Entries of mapping files (see ``ingest.mapping``); they win over recognition.
    as_of : date, optional
        Day up to which the files speak; by default their own last day.
    """
    return check_readings([workbook.read(*file) for file in files], profile, mappings, as_of)


def check_readings(
    readings: Sequence[Reading],
    profile: Profile | None = None,
    mappings: Sequence[Mapping[str, Any]] | None = None,
    as_of: date | None = None,
) -> Intake:
    """Do the same as ``check`` for files that are already read."""
    findings = [finding for reading in readings for finding in reading.findings]
    tables = once([t for reading in readings for t in reading.tables], findings)
    suggested = [(table, mapping.choose(table, mappings or ())) for table in tables]
    sheets = {
        index: sheet
        for index, (table, suggestion) in enumerate(suggested)
        if suggestion.source is None and (sheet := summary.recognise(table)) is not None
    }
    stated = summary.declared([(tables[i], sheet) for i, sheet in sheets.items()])
    teams = Teams((profile.teams if profile else {}) or stated.teams)
    money = _money(profile, stated.money)

    batches, recognised = _records(suggested, money, as_of, findings)
    start = profile.fiscal_year_start if profile else 1
    frames, last_day = _count(batches, teams, money, as_of, start, findings, recognised)
    doubles = Doubles()
    for index, sheet in sheets.items():
        made = summary.read(tables[index], sheet, money, teams, as_of or date.today())
        made = doubles.first_only(made, tables[index])
        findings += made.findings
        frames[made.frame].append(made.rows)
        recognised[index] = _of_sheet(tables[index], sheet, made)
    last_day = as_of or last_day or _last_month_end(frames)
    for index, (table, suggestion) in enumerate(suggested):
        if index not in recognised:
            recognised[index] = Recognised(table, None, rows=table.data.num_rows)
            findings.append(_unknown(table, suggestion))
    joined = {
        name: _mark(pd.concat(parts, ignore_index=True), name, last_day)
        for name, parts in frames.items()
        if parts
    }
    findings += _unknown_teams(joined, teams)
    return Intake(
        tuple(recognised[index] for index in sorted(recognised)),
        tuple(findings),
        _outcomes(readings, findings),
        {name: FRAMES[name].conform(frame) for name, frame in joined.items()},
        last_day,
    )


def declared(files: Sequence[tuple[str, bytes]]) -> summary.Declared:
    """Return teams with their spellings and exchange rates that files state, for a profile."""
    tables = [table for file in files for table in workbook.read(*file).tables]
    sheets = [(table, summary.recognise(table)) for table in tables]
    return summary.declared([(table, sheet) for table, sheet in sheets if sheet is not None])


def _money(profile: Profile | None, stated: Money) -> Money:
    if profile is None:
        return stated
    return Money(profile.currency, {**stated.rates, **profile.exchange_rates})


def _records(
    suggested: Sequence[tuple[Table, mapping.Suggestion]],
    money: Money,
    as_of: date | None,
    findings: list[Finding],
) -> tuple[dict[str, _Batch], dict[int, Recognised]]:
    """Type the records of every recognised table; all tables of one source come together."""
    batches: dict[str, _Batch] = {}
    recognised: dict[int, Recognised] = {}
    for index, (table, suggestion) in enumerate(suggested):
        if suggestion.source is None:
            continue
        source = BY_KEY[suggestion.source]
        records, odd = canonical(table, source, suggestion.columns, money, as_of)
        findings += odd
        batch = batches.setdefault(source.key, _Batch(source))
        batch.tables.append((table, records))
        batch.present |= suggestion.columns.keys()
        recognised[index] = Recognised(
            table,
            source.key,
            {match.header: match.field for match in suggestion.matches},
            suggestion.confidence,
            records.num_rows,
            _months(source, records),
        )
    return batches, recognised


def _months(source: Source, records: pa.Table) -> tuple[str, ...]:
    months: set[str] = set()
    for key in source.month_fields:
        days = records.column(key).drop_null()
        months |= set(pc.strftime(pc.unique(pc.floor_temporal(days, unit="month")),
                                  format="%Y-%m").to_pylist())  # fmt: skip
    return tuple(sorted(months))


def _count(
    batches: Mapping[str, _Batch],
    teams: Teams,
    money: Money,
    as_of: date | None,
    fiscal_year_start: int,
    findings: list[Finding],
    recognised: dict[int, Recognised],
) -> tuple[dict[str, list[pd.DataFrame]], date | None]:
    frames: dict[str, list[pd.DataFrame]] = {name: [] for name in FRAMES}
    records = {key: batch.records for key, batch in batches.items()}
    days = {key: _last_day(batches[key].source, table) for key, table in records.items()}
    last_day = max((d for d in days.values() if d), default=None)
    for key, batch in batches.items():
        source = batch.source
        if not source.tallies:
            findings += _without_measures(source, batch.place())
            continue
        needed = {key, *(lookup.source for lookup in source.lookups)}
        arguments: dict[str, Any] = {
            "present": frozenset(batch.present),
            "as_of": as_of or (last_day if _by_month(source, records[key]) else None),
            "currency": money.base or source.currency,
            "fiscal_year_start": fiscal_year_start,
            "rename": teams.rename,
        }
        tables = {name: records[name] for name in needed if name in records}
        counted = engine.run(source, tables, **arguments)
        if not source.dated:
            findings += _totals(source, batch.place(), counted)
            continue
        frames["observations"].append(counted.observations)
        frames["statistics"].append(counted.statistics)
        findings += _about(batch, counted, tables, arguments)
        measures = tuple(sorted(set(counted.observations["measure"])))
        for index, one in recognised.items():
            if one.source == key:
                recognised[index] = replace(one, measures=measures)
    return frames, last_day


def _without_measures(source: Source, place: Place) -> Iterable[Finding]:
    looked_up = {lookup.source for other in BY_KEY.values() for lookup in other.lookups}
    if source.key not in looked_up:
        yield Finding("no_measures_yet", Severity.INFO, place, facts={"source": source.title})


def _totals(source: Source, place: Place, counted: engine.Counted) -> Iterable[Finding]:
    """Tell each KPI over all records of a source without dates; no month, so no trend."""
    rows = counted.observations
    currency = next((code for code in rows["currency"].unique() if code), source.currency)
    sums = rows.groupby("measure")["value"].sum()
    for kpi in KPIS.values():
        if not set(kpi.measures) <= set(sums.index):
            continue
        top, bottom = (
            sum(-sums[t[1:]] if t.startswith("-") else sums[t] for t in terms)
            for terms in (kpi.numerator, kpi.denominator)
        )
        value = float(top / bottom * kpi.scale) if bottom > 0 else float("nan")
        facts = {
            "kpi": kpi.title, "key": kpi.key, "value": value, "rows": counted.records,
            "source": source.title, "written": kpi.unit.write(value, currency),
        }  # fmt: skip
        yield Finding("no_dates", Severity.INFO, place, facts["written"], facts)


def _last_day(source: Source, records: pa.Table) -> date | None:
    days = [pc.max(records.column(key)).as_py() for key in source.clock or source.month_fields]
    return max((day.date() for day in days if day), default=None)


def _by_month(source: Source, records: pa.Table) -> bool:
    """Do these rows stand for whole months (all dates on the first)?"""
    chunks = [c for key in source.month_fields for c in records.column(key).chunks]
    if not chunks:
        return False
    return bool(pc.all(pc.equal(pc.day(pa.chunked_array(chunks)), 1)).as_py())


def _about(batch, counted: engine.Counted, tables, arguments) -> Iterable[Finding]:
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


def _repeated(batch, counted: engine.Counted, tables, arguments) -> Finding:
    source, place = batch.source, batch.place()
    rows = sum(records.num_rows for _, records in batch.tables)
    facts: dict[str, Any] = {
        "field": source.identity, "repeated": counted.repeated, "rows": rows,
        "records": counted.records, "source": source.title,
    }  # fmt: skip
    if source.repeats == "log":
        return Finding("event_log", Severity.INFO, place, facts=facts, count=counted.repeated)
    if source.repeats == "last":
        return Finding(
            "repeated_records", Severity.WARNING, place, facts=facts, count=counted.repeated
        )
    once = engine.run(replace(source, repeats="last"), tables, **arguments)
    measure = source.tallies[min(1, len(source.tallies) - 1)].measure
    for name, result in (("kept", counted), ("once", once)):
        of = result.observations
        facts[name] = float(of.loc[of["measure"] == measure, "value"].sum())
    facts["measure"] = measure
    return Finding("repeats_counted", Severity.WARNING, place, facts=facts, count=counted.repeated)


def _spellings(batch: _Batch, tables: Mapping[str, pa.Table]) -> Iterable[Finding]:
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
            facts = {"value": name, "other": other, "count": entry["counts"],
                     "column": lookup.left}  # fmt: skip
            code = "spelled_differently" if other else "not_in_list"
            yield Finding(code, Severity.WARNING, batch.place(), name, facts, int(entry["counts"]))


def _of_sheet(table: Table, sheet: summary.Recognition, made: summary.Made) -> Recognised:
    rows = made.rows
    months = rows["month"].dropna() if "month" in rows else pd.Series(dtype="datetime64[us]")
    measures = sorted(set(rows["measure"])) if "measure" in rows else []
    return Recognised(
        table,
        sheet.key,
        {table.header[column]: key for key, column in sheet.columns.items()},
        sheet.confidence,
        table.data.num_rows,
        tuple(sorted({f"{month:%Y-%m}" for month in months})),
        tuple(measures),
    )


def _unknown(table: Table, suggestion: mapping.Suggestion) -> Finding:
    nearly = mapping.nearly(table)
    almost = summary.nearly(table) if nearly is None else None
    if almost is not None and suggestion.confidence < 1.0:
        return almost
    if nearly is None or suggestion.confidence == 1.0:
        return Finding(
            "unknown_table", Severity.INFO, table.place(), facts={"columns": len(table.header)}
        )
    source, missing = nearly
    facts = {
        "source": source.title,
        "columns": ", ".join(f"“{source.field(key).aliases[0]}”" for key in missing),
        "found": ", ".join(table.header[:NAMES_SHOWN]),
    }
    return Finding("missing_required_column", Severity.ERROR, table.place(), facts=facts)


def _unknown_teams(frames: Mapping[str, pd.DataFrame], teams: Teams) -> list[Finding]:
    findings = []
    if not len(frames.get("observations", ())):
        return findings
    rows = frames["observations"]
    file = rows["place"].str.split(" › |, | and ", regex=True).str[0]
    for name, group in rows.groupby(file):
        unknown = teams.unknown(group["team"].unique())
        if unknown:
            facts = {
                "count": len(unknown),
                "teams": ", ".join(unknown[:NAMES_SHOWN]) + (" …" if len(unknown) > 10 else ""),
            }
            findings.append(
                Finding("team_unknown", Severity.WARNING, Place(str(name)), unknown[0], facts,
                        len(unknown))
            )  # fmt: skip
    return findings


def _last_month_end(frames: Mapping[str, list[pd.DataFrame]]) -> date | None:
    months = [frame["month"].max() for frame in frames["observations"] if len(frame)]
    if not months:
        return None
    return (max(months).to_period("M").end_time).date()


def _mark(frame: pd.DataFrame, name: str, last_day: date | None) -> pd.DataFrame:
    """Mark the month in which the data ends, where nobody has yet."""
    if name != OBSERVATIONS.name or last_day is None:
        return frame
    day = pd.Timestamp(last_day)
    if day.is_month_end:
        return frame
    running = (frame["month"] == day.to_period("M").to_timestamp()) & (frame["reason"] == "")
    by_hand = running & ~frame["place"].str.contains(" rows?, ", regex=True)
    return frame.assign(reason=np.where(by_hand, MONTH_NOT_OVER, frame["reason"]))


def _outcomes(readings: Sequence[Reading], findings: Sequence[Finding]) -> dict[str, str]:
    warned = {f.place.file for f in findings if f.severity is not Severity.INFO}

    def outcome(reading: Reading) -> str:
        if reading.refused:
            return "refused"
        touched = any(w == reading.file or w.startswith(f"{reading.file}/") for w in warned)
        return "warnings" if touched else "loads"

    return {reading.file: outcome(reading) for reading in readings}
