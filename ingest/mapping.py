"""Which column is which: suggest and explain.

A table is recognised when the headings of every required field of a source are there; where
several sources fit, headings that few sources share decide. What a person decides wins over any
suggestion: see ``ingest.layouts``.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from ingest.model import Match, Table
from ingest.source import Field, FieldKind, Source
from ingest.sources import SOURCES
from ingest.values.column import read_column

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


_PLAN = (
    r"budget(ed)?|plan(ned)?|targets?|goals?|forecast(s|ed)?|outlook|soll|ziel|planwert|prognose"
    r"|objectif|objetivo|presupuesto"
)
_BEFORE = (
    r"(previous|prior|last) (year|period|month|quarter)|year ago|py|ly|vorjahr|vj|vormonat"
    r"|comparison period|compared? to|n 1|same period"
)
_GAP = (
    r"difference|diff|delta|variance|var|deviation|abweichung|gap|change|growth|yoy|mom|vs\.?"
    r"|(vs|to|of) (budget|plan|target|py)"
)
_ROLES = {
    role: re.compile(rf"(^|\s)({words})(\s|$)")
    for role, words in (("gap", _GAP), ("plan", _PLAN), ("before", _BEFORE))
}


@lru_cache(maxsize=65_536)
def role_of(heading: str) -> str:
    """Return ``plan``, ``before`` or ``gap`` for what is no actual figure, else ''.

    A budget, target or forecast is a plan; the previous year's figure stands before; a
    difference from either is a gap.
    """
    plain = normal(heading)
    return next((role for role, words in _ROLES.items() if words.search(plain)), "")


@lru_cache(maxsize=65_536)
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
    return _fit(heading, tuple(aliases))


@lru_cache(maxsize=262_144)
def _fit(heading: str, aliases: tuple[str, ...]) -> float:
    wanted, patterns = _alias_patterns(aliases)
    if normal(heading) in wanted:
        return EXACT
    if role_of(heading) and not any(role_of(name) for name in wanted):
        return 0.0  # “Tickets (target)” is not the tickets there were
    if any(re.search(pattern, normal(heading)) for pattern in patterns):
        return WITHOUT_UNIT
    plain = normal(without_unit(heading))
    if plain and plain in wanted:
        return WITHOUT_UNIT
    words = _words(plain)
    near = (alias for alias in wanted.values() if not words.isdisjoint(alias))
    return SIMILAR if any(len(words & a) >= 0.75 * len(words | a) for a in near) else 0.0


@cache
def _alias_patterns(
    aliases: tuple[str, ...],
) -> tuple[Mapping[str, frozenset[str]], tuple[str, ...]]:
    """Return the aliases with their words, and the patterns among them."""
    named = [normal(alias) for alias in aliases if not alias.startswith("~")]
    patterns = tuple(alias[1:] for alias in aliases if alias.startswith("~"))
    return {name: _words(name) for name in named}, patterns


@lru_cache(maxsize=65_536)
def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


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
        columns = assign(table.header, source.fields, RECOGNISED, blank_columns(table))
        if any(field.required and field.key not in columns for field in source.fields):
            continue
        if source.signs and not any(fit(h, source.signs) >= RECOGNISED for h in table.header):
            continue
        score = sum(rarity().get(normal(table.header[c]), 0.5) for c, _ in columns.values())
        if score > best_score:
            share = len(columns) / len(source.fields)
            matches = describe(table, source.fields, columns)
            best = Suggestion(source.key, 0.6 + 0.4 * share, matches)
            best_score = score
    return best


def nearest_source(table: Table) -> tuple[Source, list[str]] | None:
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


def blank_columns(table: Table) -> frozenset[int]:
    """Return the columns without any value."""
    columns = enumerate(table.data.column(f"c{i}") for i in range(len(table.header)))
    return frozenset(i for i, cells in columns if cells.null_count == len(cells))


def assign(
    header: Sequence[str],
    fields: Sequence[Field],
    least: float = SIMILAR,
    blank: frozenset[int] = frozenset(),
) -> dict[str, tuple[int, float]]:
    """Return field → (column, fit): best fits first, no column twice, earlier alias wins.

    Of two columns under one name the one that is not ``blank`` is taken.
    """
    candidates = []
    for field in fields:
        for column, heading in enumerate(header):
            fitting = fit(heading, field.aliases)
            if fitting >= least:
                order = [normal(alias) for alias in field.aliases]
                name = normal(heading) if fitting == EXACT else normal(without_unit(heading))
                rank = order.index(name) if name in order else len(order)
                candidates.append((column in blank, -fitting, rank, column, field.key))
    chosen: dict[str, tuple[int, float]] = {}
    taken: set[int] = set()
    for _, negative, _, column, key in sorted(candidates):
        if key not in chosen and column not in taken:
            chosen[key] = (column, -negative)
            taken.add(column)
    return chosen


def describe(
    table: Table, fields: Sequence[Field], columns: Mapping[str, tuple[int, float]]
) -> tuple[Match, ...]:
    """Return matches with samples and a confidence that looks at the values too."""
    known, matches = {field.key: field for field in fields}, []
    for key, (column, fitting) in columns.items():
        confidence = round(fitting * readable(table, column, known[key]), 3)
        seen = samples(table, column)
        matches.append(Match(column, table.header[column], key, confidence, seen))
    return tuple(sorted(matches, key=lambda match: match.column))


def samples(table: Table, column: int) -> tuple[str, ...]:
    """Return the first three different values of a column, for a person to judge by."""
    cells = table.data.column(f"c{column}").slice(0, SAMPLE_ROWS)
    return tuple(str(value) for value in cells.unique().drop_null().slice(0, 3).to_pylist())


def readable(table: Table, column: int, field: Field) -> float:
    """Return the share of a column's first cells that can be read as a field's kind."""
    cells = table.data.column(f"c{column}").slice(0, SAMPLE_ROWS)
    filled = len(cells) - cells.null_count
    if field.kind is FieldKind.TEXT or field.notes or not filled:
        return 1.0
    kind = "number" if field.kind in (FieldKind.COUNT, FieldKind.MONEY) else field.kind.value
    return 1 - read_column(cells, kind, missing=field.missing).bad_count / filled
