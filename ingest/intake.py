"""The one door for files: read, recognise, count, and say everything that was found.

Nothing is saved here: an ``Intake`` is shown to a person, and kept when that person says so.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from hashlib import sha256
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from ibis.common.exceptions import IbisError

from ingest import (
    exclusions,
    forms,
    layouts,
    mapping,
    personal,
    remarks,
    workbook,
)
from ingest.columns import Money, canonical
from ingest.doubles import Doubles, drop_duplicate_tables, rows_once
from ingest.engine import run
from ingest.kept import Kept
from ingest.layouts import Choice
from ingest.model import Declared, FileRead, Intake, Recognised, Table
from ingest.nearest import nearest_by_words
from ingest.remarks import Batch
from ingest.sheets import figures
from ingest.sheets import measures as summary
from ingest.source import Source
from ingest.tables import stated
from ingest.teams import Teams, apply_reorganisation
from ingest.values.parsed import Hints
from metrics.frames import FRAMES, MONTH_NOT_OVER, OBSERVATIONS
from metrics.measures import quality
from metrics.model import Finding, Place, Profile, Severity

NAMES_SHOWN = 10
LOG = logging.getLogger(__name__)
FAULTS = (ArithmeticError, LookupError, TypeError, ValueError, pa.ArrowException, IbisError)
"""What a table nobody foresaw may raise: a finding of its own, and the other files go on."""


def check(
    files: Sequence[tuple[str, bytes]],
    profile: Profile | None = None,
    mappings: Sequence[Mapping[str, Any]] | None = None,
    as_of: date | None = None,
    excluded: Collection[Place] = (),
    earlier: pd.DataFrame | None = None,
    kept: Kept | None = None,
) -> Intake:
    """Read files and return what they hold, in tidy frames, with all findings at once.

    Parameters
    ----------
    files : sequence of (name, bytes)
        Any files; archives are opened.
    profile : Profile, optional
        The client: teams and their spellings, base currency, exchange rates. Sheets of teams and
        exchange rates among the files add to it; a rate of theirs is the newer one.
    mappings : sequence of mapping, optional
        What a person decided about layouts (see ``ingest.layouts``); it wins over recognition.
    as_of : date, optional
        Day up to which the files speak; by default their own last day.
    excluded : collection of Place
        Rows, columns and tables to be read as if they were not there.
    earlier : frame ``observations``, optional
        What is kept already; new figures are judged beside it.
    kept : Kept, optional
        What an earlier pass over the same files made; only what changed since is made again.
    """
    kept = kept or Kept()
    kept.begin()
    readings = [
        kept.once("file", file_key(name, data), (), partial(workbook.read, name, data))
        for name, data in files
    ]
    found = check_readings(readings, profile, mappings, as_of, excluded, earlier, kept)
    kept.end()
    return found


def file_key(name: str, data: bytes) -> tuple[str, bytes]:
    """Return what tells a file from all others."""
    return name, sha256(data).digest()


def check_readings(
    readings: Sequence[FileRead],
    profile: Profile | None = None,
    mappings: Sequence[Mapping[str, Any]] | None = None,
    as_of: date | None = None,
    excluded: Collection[Place] = (),
    earlier: pd.DataFrame | None = None,
    kept: Kept | None = None,
) -> Intake:
    """Do the same as ``check`` for files that are already read."""
    findings = [finding for reading in readings for finding in reading.findings]
    read = exclusions.exclude([t for reading in readings for t in reading.tables], excluded)
    start = profile.fiscal_year_start if profile else 1
    hints = Hints(fiscal_year_start=start)
    tables = [
        replace(forms.rows_of_answers(table), hints=hints)
        for table in drop_duplicate_tables(read, findings)
    ]
    choices = [layouts.choose(table, mappings or ()) for table in tables]
    choices, guarded = _pseudonymise(choices, findings)
    sheets = [(c.table, c.sheet) for c in choices if c.sheet is not None]
    stated = summary.find_declarations(sheets)
    moves = (*(profile.reorganised if profile else ()), *stated.reorganised)
    known = {**stated.teams, **(profile.teams if profile else {})}
    teams = Teams({**{before: () for before, _, _ in moves if known}, **known})
    money = _money(profile, stated)

    kept = kept or Kept()
    batches, recognised = _records(choices, money, as_of, findings, kept)
    frames, last_day = _count(batches, teams, money, as_of, start, findings, recognised, kept)
    doubles = Doubles()
    for index, choice in enumerate(choices):
        if choice.sheet is None:
            continue
        made = summary.read(choice.table, choice.sheet, money, teams, as_of or date.today())
        made = doubles.first_only(made, choice.table)
        findings += made.findings
        frames[made.frame].append(made.rows)
        recognised[index] = _of_sheet(choice.table, choice.sheet, made)
    last_day = as_of or last_day or _last_month_end(frames)
    for index, choice in enumerate(choices):
        if index not in recognised:
            recognised[index] = Recognised(choice.table, choice.kind, rows=choice.table.rows)
            findings += [] if choice.left_out else [_unknown(choice.table, choice.suggestion)]
    joined = {
        name: apply_reorganisation(
            _mark(pd.concat(parts, ignore_index=True), name, last_day), name, moves
        )
        for name, parts in frames.items()
        if parts
    }
    findings += _unknown_teams(joined, teams)
    findings += remarks.similar_team_names(joined.get(OBSERVATIONS.name), batches.values())
    findings += _judge_figures(joined, earlier)
    return Intake(
        tuple(
            replace(recognised[i], matches=c.suggestion.matches, by=c.by, personal=done)
            for i, (c, done) in enumerate(zip(choices, guarded, strict=True))
        ),
        tuple(findings),
        _outcomes(readings, findings),
        {name: FRAMES[name].conform(frame) for name, frame in joined.items()},
        last_day,
        {reading.file: reading.notes for reading in readings},
        stated,
    )


def _pseudonymise(
    choices: Sequence[Choice], findings: list[Finding]
) -> tuple[list[Choice], list[Mapping[str, str]]]:
    """Turn names of persons into pseudonyms before anything is read, and say so."""
    result, told = [], []
    for choice in choices:
        source = choice.source
        fields = source.fields if source else layouts.fields_of(choice.kind)
        table, done, odd = personal.protect(choice.table, choice.suggestion.matches, fields)
        findings += odd
        result.append(replace(choice, table=table))
        told.append(done)
    return result, told


def _judge_figures(
    frames: dict[str, pd.DataFrame], earlier: pd.DataFrame | None
) -> Sequence[Finding]:
    """Judge the figures beside each other; a part larger than its whole counts as missing."""
    rows = frames.get(OBSERVATIONS.name)
    if rows is None or rows.empty:
        return []
    findings = quality.examine(rows, earlier)
    if any(finding.code == "share_above_one" for finding in findings):
        wrong = quality.impossible_shares(rows)
        frames[OBSERVATIONS.name] = rows.assign(
            value=rows["value"].mask(wrong), reason=rows["reason"].mask(wrong, "share_above_one")
        )
    return findings


def _money(profile: Profile | None, stated: Declared) -> Money:
    if profile is None:
        return Money(stated.currency, stated.rates)
    return Money(profile.currency, {**profile.exchange_rates, **stated.rates})


def _records(
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


def _count(
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


def _of_sheet(table: Table, sheet: summary.Recognition, made: summary.Made) -> Recognised:
    rows = made.rows
    months = rows["month"].dropna() if "month" in rows else pd.Series(dtype="datetime64[us]")
    measures = sorted(set(rows["measure"])) if "measure" in rows else []
    return Recognised(
        table,
        sheet.key,
        {table.header[column]: key for key, column in sheet.columns.items()},
        sheet.confidence,
        table.rows,
        tuple(sorted({f"{month:%Y-%m}" for month in months})),
        tuple(measures),
    )


def _unknown(table: Table, suggestion: mapping.Suggestion) -> Finding:
    nearly = mapping.nearest_source(table)
    almost = figures.near_measure_sheet(table) if nearly is None else None
    if almost is not None and suggestion.confidence < 1.0:
        return almost
    if nearly is None or suggestion.confidence == 1.0:
        facts = {"columns": len(table.header)}
        near = nearest_by_words(table.header) if suggestion.confidence < 1.0 else None
        if near is not None:
            facts = {**facts, "source": near.title}
            return Finding("unknown_table_near", Severity.INFO, table.place(), facts=facts)
        return Finding("unknown_table", Severity.INFO, table.place(), facts=facts)
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
    files = {place: re.split(" › |, | and ", place)[0] for place in rows["place"].dropna().unique()}
    file = rows["place"].map(files)
    for name, group in rows.groupby(file):
        unknown = teams.unknown(group["team"].unique())
        if unknown:
            facts = {
                "count": len(unknown),
                "teams": ", ".join(unknown[:NAMES_SHOWN]) + (" …" if len(unknown) > 10 else ""),
            }
            findings.append(
                Finding(
                    "team_unknown",
                    Severity.WARNING,
                    Place(str(name)),
                    unknown[0],
                    facts,
                    len(unknown),
                )
            )
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


def _outcomes(readings: Sequence[FileRead], findings: Sequence[Finding]) -> dict[str, str]:
    warned = {f.place.file for f in findings if f.severity is not Severity.INFO}

    def outcome(reading: FileRead) -> str:
        if reading.refused:
            return "refused"
        touched = any(w == reading.file or w.startswith(f"{reading.file}/") for w in warned)
        return "warnings" if touched else "loads"

    return {reading.file: outcome(reading) for reading in readings}
