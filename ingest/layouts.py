"""What a person decided about a layout, kept for next month's file; suggestions for the rest.

An entry speaks of all tables with the same set of headings, whatever their order, or of one file.
It names the kind of table and what each column means, and answers questions the cells leave open
(is 03/04 in March or April?). Entries are plain data: a mapping file, or a document of the client.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from ingest import records
from ingest.mapping import (
    EXACT,
    RECOGNISED,
    Suggestion,
    assign,
    describe,
    nearest_source,
    normal,
)
from ingest.mapping import suggest as by_headings
from ingest.model import Match, Table
from ingest.sheets import figures
from ingest.sheets.figures import MEASURE_SHEET, MEASURED, kind_of
from ingest.sheets.kinds import SHEETS
from ingest.sheets.recognition import Recognition
from ingest.source import Field, Source
from ingest.sources import BY_KEY, SOURCES
from ingest.values.parsed import Hints
from metrics.errors import InvalidInput
from metrics.functions import MEASURES

LEFT_OUT = "left_out"
"""Kind of a table of which nothing is wanted."""
ORDERS = ("D/M/Y", "M/D/Y")
DECIMALS = (".", ",")


@dataclass(frozen=True)
class Choice:
    """What is to be read from a table.

    Parameters
    ----------
    sheet : Recognition or None
        Set where the table is a sheet of one's own and not an export's records.
    by : str
        Who decided, '' where the headings were enough.
    explained : records.Explained or None
        Set where a person said what the rows of a table count as.
    """

    table: Table
    suggestion: Suggestion
    sheet: Recognition | None = None
    left_out: bool = False
    by: str = ""
    explained: records.Explained | None = None

    @property
    def source(self) -> Source | None:
        """The kind of export whose records these are, a person's own one too."""
        if self.explained is not None:
            return records.source(self.explained, layout(self.table.header))
        return BY_KEY.get(self.suggestion.source or "")

    @property
    def kind(self) -> str | None:
        """Source, sheet or ``left_out``; None for an unknown table."""
        if self.left_out:
            return LEFT_OUT
        if self.explained is not None:
            return records.RECORDS
        return self.sheet.key if self.sheet else self.suggestion.source


def kinds() -> tuple[str, ...]:
    """Return every kind of table there is: exports that feed measures, then one's own sheets."""
    return (*(source.key for source in SOURCES), MEASURE_SHEET, *SHEETS, records.RECORDS)


def fields_of(kind: str | None) -> tuple[Field, ...]:
    """Return the fields a column may be mapped to in a kind of table."""
    if kind in BY_KEY:
        return BY_KEY[kind].fields
    if kind == MEASURE_SHEET:
        figures = (Field(key, kind_of(key), (m.header,)) for key, m in MEASURES.items())
        return (*MEASURED, *figures)
    return tuple(SHEETS.get(kind or "", ()))


def layout(header: Sequence[str]) -> str:
    """Return a fingerprint of a table's headings, whatever their order."""
    text = "\n".join(sorted(normal(heading) for heading in header))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def choose(table: Table, entries: Sequence[Mapping[str, Any]]) -> Choice:
    """Return what a person decided for this layout, otherwise what the headings suggest."""
    entry = next((e for e in entries if _speaks_of(e, table)), None)
    if entry is None:
        return _unknown_choice(table)
    table = replace(table, hints=_answers(entry, table.hints))
    kind, by = entry.get("source"), str(entry.get("by") or "mapping file")
    if kind == LEFT_OUT:
        return Choice(table, Suggestion(None, 1.0, ()), left_out=True, by=by)
    if kind == records.RECORDS:
        explained = records.read(entry.get("records") or {})
        own = records.source(explained, layout(table.header))
        found = records.matches(explained, table)
        return Choice(table, Suggestion(own.key, 1.0, found), by=by, explained=explained)
    if kind not in kinds():
        return replace(_unknown_choice(table), by=by if entry.get("order") else "")
    fields = fields_of(kind)
    known = {field.key for field in fields}
    columns = {
        field: (table.header.index(heading), EXACT)
        for heading, field in (entry.get("columns") or {}).items()
        if field in known and heading in table.header
    }
    matches = describe(table, fields, columns)
    if kind in BY_KEY:
        return Choice(table, Suggestion(kind, 1.0, matches), by=by)
    sheet = Recognition(kind, {match.field: match.column for match in matches})
    return Choice(table, Suggestion(None, 1.0, matches), sheet, by=by)


def _unknown_choice(table: Table) -> Choice:
    suggestion = by_headings(table)
    if suggestion.source is not None:
        return Choice(table, suggestion)
    sheet = figures.recognise(table)
    if sheet is None:
        return Choice(table, suggestion)
    known = {field.key for field in fields_of(sheet.key)}
    columns = {key: (column, EXACT) for key, column in sheet.columns.items() if key in known}
    matches = describe(table, fields_of(sheet.key), columns)
    return Choice(table, Suggestion(None, sheet.confidence, matches), sheet)


def missing(kind: str, columns: Mapping[str, str]) -> list[Field]:
    """Return the required fields of a kind that no column is mapped to."""
    return [f for f in fields_of(kind) if f.required and f.key not in columns.values()]


def closest_kind(table: Table) -> str | None:
    """Return the kind an unknown table comes closest to, or None.

    One that has dates and is near nothing is a table of records that a person may explain.
    """
    near = nearest_source(table)
    if near is not None:
        return near[0].key
    best, best_score = None, 0.5
    for kind in kinds():
        fields = fields_of(kind)
        required = [field.key for field in fields if field.required]
        found = assign(table.header, fields)
        score = sum(key in found for key in required) / max(len(required), 1)
        if len(required) > 1 and score > best_score:
            best, best_score = kind, score
    return best or (records.RECORDS if records.dates(table) else None)


def suggest(table: Table, kind: str) -> tuple[Match, ...]:
    """Return the columns that are the fields of a kind by their headings, as surely as is shown.

    A column found by its values or by half a heading is none: of 25 such suggestions for exports
    of systems never seen 14 were wrong, of 103 by heading none (``python -m bench.headings``).
    """
    fields = fields_of(kind)
    found = describe(table, fields, assign(table.header, fields, RECOGNISED))
    return tuple(match for match in found if match.confidence >= RECOGNISED)


def _speaks_of(entry: Mapping[str, Any], table: Table) -> bool:
    if entry.get("layout"):
        return entry["layout"] == layout(table.header)
    return entry.get("file") == table.file and entry.get("sheet") in (None, table.sheet)


def _answers(entry: Mapping[str, Any], hints: Hints) -> Hints:
    order, decimal = entry.get("order"), entry.get("decimal")
    return replace(
        hints,
        order=order if order in ORDERS else hints.order,
        decimal=decimal if decimal in DECIMALS else hints.decimal,
        outcomes=tuple(sorted((entry.get("stages") or {}).items())) or hints.outcomes,
    )


def entry_for(
    table: Table,
    kind: str | None,
    columns: Mapping[str, str],
    explained: records.Explained | None = None,
    **about: Any,
) -> dict[str, Any]:
    """Return an entry: heading → field ('' leaves the column out), and who decided when."""
    named = {heading: columns.get(heading, "") for heading in table.header}
    if explained is not None:
        about = {records.RECORDS: records.write(explained), **about}
    return {
        "layout": layout(table.header),
        "file": table.file,
        "sheet": table.sheet,
        "source": kind,
        "columns": named,
        **about,
    }


def entry(choice: Choice) -> dict[str, Any]:
    """Return the mapping-file entry of a table, to be edited by a person."""
    table, kind = choice.table, choice.kind or closest_kind(choice.table)
    matches = choice.suggestion.matches if choice.kind else suggest(table, kind) if kind else ()
    columns = {match.header: match.field for match in matches}
    return entry_for(table, choice.kind, columns, choice.explained) | {
        "confidence": round(choice.suggestion.confidence, 2),
        "samples": {match.header: list(match.samples) for match in matches},
    }


def sign_entries(entries: Sequence[Mapping[str, Any]], who: str) -> list[dict[str, Any]]:
    """Return entries of a mapping file as decided by a person; those without a layout stay out.

    Samples of the file are not kept: they may name persons.
    """
    return [
        {key: value for key, value in entry.items() if key not in ("samples", "confidence")}
        | {"by": entry.get("by") or who}
        for entry in entries
        if entry.get("layout") and entry.get("source")
    ]


def merge_entries(
    known: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return entries in which a newer one stands for its layout."""
    by_layout = {entry["layout"]: dict(entry) for entry in (*known, *new)}
    return list(by_layout.values())


def write(path: Path, entries: Sequence[Mapping[str, Any]]) -> None:
    """Write mapping entries to a YAML file, with all that may stand in them as comments."""
    lines = [
        f"# {kind}: {', '.join(_field_label(f) for f in fields_of(kind))}"
        for kind in kinds()
        if kind != MEASURE_SHEET
    ]
    figures = ", ".join(field.key for field in fields_of(MEASURE_SHEET))
    comments = "\n".join(
        [
            "# source: one of the kinds below, or left_out. columns: heading -> field; '' leaves",
            "# it out, * is needed. order: D/M/Y or M/D/Y; decimal: '.' or ','.",
            *lines,
            f"# {MEASURE_SHEET}: {figures}",
            "# any other table: source: records, and what its rows count as, such as",
            "#   records:",
            "#     date: Created        # heading of the date; team and identity are optional",
            "#     team: Region",
            "#     identity: Number     # a record that two files hold counts once",
            "#     measures:            # names of measures as above; each once",
            "#     - {measure: tickets}",
            "#     - {measure: resolution_hours, sum: Effort (h), only: {State: closed}}",
        ]
    )
    text = yaml.safe_dump(list(entries), sort_keys=False, allow_unicode=True)
    path.write_text(f"{comments}\n{text}", encoding="utf-8")


def _field_label(field: Field) -> str:
    return f"{field.key}*" if field.required else field.key


def load(path: Path) -> list[dict[str, Any]]:
    """Read mapping entries from a YAML file.

    Raises
    ------
    InvalidInput
        If the file is not a list of entries.
    """
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8")) or []
    except (yaml.YAMLError, RecursionError, UnicodeError) as error:
        # A file nested ten thousand deep is no mapping either.
        raise InvalidInput("mapping_unreadable", file=path.name, detail=str(error)) from error
    if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
        raise InvalidInput("mapping_unreadable", file=path.name, detail="not a list of tables")
    return entries
