"""Which column is which: suggest, explain, override and remember.

A table is recognised when the headings of every required field of a source are there; where
several sources fit, headings that few sources share decide. A mapping that a person has edited
wins over any suggestion, and is found again by the table's layout (its set of headings), so that
next month's file needs no click.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml

from ingest.model import Table
from ingest.source import Field, Kind, Source
from ingest.sources import BY_KEY, SOURCES
from ingest.values import read_column

EXACT, WITHOUT_UNIT, SIMILAR = 1.0, 0.95, 0.6
"""Confidence of a heading that is an alias, is one but for its unit, or shares most words."""
RECOGNISED = 0.9
NEARLY = 1.5
"""Headings (counted by rarity) that a table must share with a source to be missing a column."""
SAMPLE_ROWS = 200
_UNIT = re.compile(r"\s*[(\[](?P<unit>[^()\[\]]*)[)\]]\s*$")
_REPEAT = re.compile(r" \(\d+\)$")
_CURRENCY = re.compile(r"\b([A-Z]{3})\b")


@dataclass(frozen=True)
class Match:
    """A column and the field it was taken for.

    ``confidence`` is 0–1: how well the heading fits, times the share of sampled cells that can
    be read as the field's kind. ``samples`` are up to three values, for a person to judge by.
    """

    column: int
    header: str
    field: str
    confidence: float
    samples: tuple[str, ...]


@dataclass(frozen=True)
class Suggestion:
    """The source a table seems to be, and its columns; ``source`` is None for an unknown one."""

    source: str | None
    confidence: float
    matches: tuple[Match, ...]

    @property
    def columns(self) -> dict[str, int]:
        """Field → column position."""
        return {match.field: match.column for match in self.matches}


@lru_cache(maxsize=65_536)
def normal(heading: str) -> str:
    """Return a heading without case, accents, punctuation and repeated blanks."""
    plain = unicodedata.normalize("NFKD", heading)
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9#%]+", " ", plain.lower()).strip()


def without_unit(heading: str) -> str:
    """Return a heading without a closing bracket such as ``(EUR)`` or ``(h)``."""
    return _UNIT.sub("", _REPEAT.sub("", heading))


def currency_of(heading: str) -> str:
    """Return the ISO code a heading's closing bracket states, or ''."""
    unit = _UNIT.search(heading)
    code = _CURRENCY.search(unit["unit"]) if unit else None
    return code[1] if code else ""


def fit(heading: str, aliases: Iterable[str]) -> float:
    """Return how well a heading fits a field's aliases, 0–1."""
    wanted = [normal(alias) for alias in aliases if not alias.startswith("~")]
    if normal(heading) in wanted:
        return EXACT
    patterns = (alias[1:] for alias in aliases if alias.startswith("~"))
    if any(re.search(pattern, normal(heading)) for pattern in patterns):
        return WITHOUT_UNIT
    plain = normal(without_unit(heading))
    if plain and plain in wanted:
        return WITHOUT_UNIT
    words = set(plain.split())
    shared = (
        len(words & set(alias.split())) / len(words | set(alias.split()) or {""})
        for alias in wanted
    )
    return SIMILAR if max(shared, default=0.0) >= 0.75 else 0.0


def layout(header: Sequence[str]) -> str:
    """Return a fingerprint of a table's headings, whatever their order."""
    text = "\n".join(sorted(normal(heading) for heading in header))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@cache
def rarity() -> Mapping[str, float]:
    """Return heading → 1 ÷ number of sources that know it."""
    known = Counter(
        name
        for source in SOURCES
        for name in {normal(alias) for field in source.fields for alias in field.aliases}
    )
    return {name: 1 / count for name, count in known.items()}


def suggest(table: Table, sources: Sequence[Source] = SOURCES) -> Suggestion:
    """Return the source a table was most likely written by, with its columns."""
    best, best_score = Suggestion(None, 0.0, ()), 0.0
    for source in sources:
        columns = assign(table.header, source.fields, RECOGNISED)
        if any(field.required and field.key not in columns for field in source.fields):
            continue
        score = sum(rarity().get(normal(table.header[c]), 0.5) for c, _ in columns.values())
        if score > best_score:
            share = len(columns) / len(source.fields)
            best = Suggestion(source.key, 0.6 + 0.4 * share, describe(table, source, columns))
            best_score = score
    return best


def nearly(table: Table) -> tuple[Source, list[str]] | None:
    """Return the source a table would be if a column or two were there, and which those are."""
    best, best_score = None, 0.0
    for source in SOURCES:
        columns = assign(table.header, source.fields, RECOGNISED)
        missing = [f.key for f in source.fields if f.required and f.key not in columns]
        required = sum(f.required for f in source.fields)
        if len(columns) < 3 or len(missing) > min(2, required - 2):
            continue
        score = sum(rarity().get(normal(table.header[c]), 0.5) for c, _ in columns.values())
        if score > max(best_score, NEARLY):
            best, best_score = (source, missing), score
    return best


def assign(
    header: Sequence[str], fields: Sequence[Field], least: float = SIMILAR
) -> dict[str, tuple[int, float]]:
    """Return field → (column, fit): best fits first, no column twice, earlier alias wins."""
    candidates = []
    for field in fields:
        order = [normal(alias) for alias in field.aliases]
        for column, heading in enumerate(header):
            fitting = fit(heading, field.aliases)
            if fitting >= least:
                name = normal(heading) if fitting == EXACT else normal(without_unit(heading))
                rank = order.index(name) if name in order else len(order)
                candidates.append((-fitting, rank, column, field.key))
    chosen: dict[str, tuple[int, float]] = {}
    taken: set[int] = set()
    for negative, _, column, key in sorted(candidates):
        if key not in chosen and column not in taken:
            chosen[key] = (column, -negative)
            taken.add(column)
    return chosen


def describe(
    table: Table, source: Source, columns: Mapping[str, tuple[int, float]]
) -> tuple[Match, ...]:
    """Return matches with samples and a confidence that looks at the values too."""
    matches = []
    for key, (column, fitting) in columns.items():
        cells = table.data.column(f"c{column}").slice(0, SAMPLE_ROWS)
        samples = tuple(str(v) for v in cells.drop_null().slice(0, 3).to_pylist())
        readable = _readable(cells, source.field(key))
        matches.append(
            Match(column, table.header[column], key, round(fitting * readable, 3), samples)
        )
    return tuple(sorted(matches, key=lambda match: match.column))


def _readable(cells: Any, field: Field) -> float:
    filled = len(cells) - cells.null_count
    if field.kind is Kind.TEXT or field.notes or not filled:
        return 1.0
    kind = "number" if field.kind in (Kind.COUNT, Kind.MONEY) else field.kind.value
    return 1 - read_column(cells, kind, missing=field.missing).bad_count / filled


def choose(table: Table, mappings: Sequence[Mapping[str, Any]]) -> Suggestion:
    """Return what a person mapped this table to, otherwise what the headings suggest.

    Parameters
    ----------
    mappings : sequence of mapping
        Entries of a mapping file: ``layout`` or ``file`` (and ``sheet``), ``source`` and
        ``columns`` (heading → field; an empty field leaves the column out).
    """
    for entry in mappings:
        if not _speaks_of(entry, table):
            continue
        source = BY_KEY.get(entry.get("source") or "")
        if source is None:
            return Suggestion(None, 1.0, ())
        known = {field.key for field in source.fields}
        columns = {
            field: (table.header.index(heading), EXACT)
            for heading, field in (entry.get("columns") or {}).items()
            if field in known and heading in table.header
        }
        return Suggestion(source.key, 1.0, describe(table, source, columns))
    return suggest(table)


def _speaks_of(entry: Mapping[str, Any], table: Table) -> bool:
    if entry.get("layout"):
        return entry["layout"] == layout(table.header)
    return entry.get("file") == table.file and entry.get("sheet") in (None, table.sheet)


def entry(table: Table, suggestion: Suggestion) -> dict[str, Any]:
    """Return the mapping-file entry of a table, to be edited by a person."""
    by_column = {match.column: match for match in suggestion.matches}
    return {
        "file": table.file,
        "sheet": table.sheet,
        "layout": layout(table.header),
        "source": suggestion.source,
        "confidence": round(suggestion.confidence, 2),
        "columns": {
            heading: by_column[i].field if i in by_column else ""
            for i, heading in enumerate(table.header)
        },
        "samples": {match.header: list(match.samples) for match in suggestion.matches},
    }


def write(path: Path, entries: Sequence[Mapping[str, Any]]) -> None:
    """Write mapping entries to a YAML file."""
    text = yaml.safe_dump(list(entries), sort_keys=False, allow_unicode=True)
    path.write_text(text, encoding="utf-8")


def load(path: Path) -> list[dict[str, Any]]:
    """Read mapping entries from a YAML file.

    Raises
    ------
    InvalidInput
        If the file is not a list of entries.
    """
    from metrics.errors import InvalidInput

    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8")) or []
    except yaml.YAMLError as error:
        raise InvalidInput("mapping_unreadable", file=path.name, detail=str(error)) from error
    if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
        raise InvalidInput("mapping_unreadable", file=path.name, detail="not a list of tables")
    return entries
