"""The one door for files: read, recognise, count, and say everything that was found.

Nothing is saved here: an ``Intake`` is shown to a person, and kept when that person says so.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from hashlib import sha256
from typing import Any

import numpy as np
import pandas as pd

from ingest import (
    exclusions,
    forms,
    layouts,
    mapping,
    personal,
    remarks,
    workbook,
)
from ingest.columns import Money
from ingest.counting import count_batches, type_records
from ingest.doubles import Doubles, drop_duplicate_tables
from ingest.kept import Kept
from ingest.layouts import Choice
from ingest.model import Declared, FileRead, Intake, Recognised, Table
from ingest.nearest import nearest_by_words
from ingest.sheets import figures
from ingest.sheets import measures as summary
from ingest.teams import Teams, apply_reorganisation
from ingest.values.parsed import Hints
from metrics.frames import FRAMES, MONTH_NOT_OVER, OBSERVATIONS
from metrics.measures import quality
from metrics.model import Finding, Place, Profile, Severity

NAMES_SHOWN = 10


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
    batches, recognised = type_records(choices, money, as_of, findings, kept)
    frames, last_day = count_batches(
        batches, teams, money, as_of, start, findings, recognised, kept
    )
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
