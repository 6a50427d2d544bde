"""Columns that speak of persons: found by heading and by value, never kept as they are.

What no field asks for is left out anyway; it is named so that everybody knows. Where a field
does ask for such a column, every name in it becomes a pseudonym before anything else is read.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from ingest.mapping import normal
from ingest.model import Match, Table
from ingest.sheets.recognition import pseudonym
from ingest.source import Field, FieldKind
from metrics.model import Finding, Severity

NAME, CONTACT, FREE_TEXT = "name", "contact", "free_text"
LEFT, PSEUDONYMS = "left out", "pseudonyms"
SAMPLE_ROWS = 200
MANY = 0.3
"""Share of sampled cells that must look like an address before a column is taken for one."""
LONG_TEXT = 60
"""Characters of the median cell from which text is taken for something a person wrote."""
_HEADINGS = (
    (
        CONTACT,
        r"\b(e ?mail|email address|phone|telephone|mobile|cell number|fax|street|address|"
        r"postal code|post ?code|zip|ip address|iban|telefon|strasse|plz)\b",
    ),
    (
        NAME,
        r"\b(first|last|full|given|family|middle|contact|customer|caller|user|employee|agent|"
        r"reviewer|respondent|author|requester|submitter|assignee|owner|reporter|recipient)"
        r" names?\b|^(surname|vorname|nachname|author|reviewer|caller|requester|submitter|"
        r"assignee|assigned to|reporter|creator|opened by|resolved by|closed by|created by|"
        r"sales agent|sales rep|contact|contact owner|deal owner|lead owner|case owner|"
        r"opportunity owner|ticket owner|recruiter|hiring manager|manager|buyer|employee|"
        r"caller id|username|user name|screen name|twitter username|date of birth|birthday|"
        r"gender)$",
    ),
    (
        FREE_TEXT,
        r"^(comments?|description|short description|notes?|remarks?|body|content|message|"
        r"post text|tweet text|subject|summary text|feedback|review|verbatim|close notes|"
        r"work notes|additional comments|internal notes|freitext|bemerkung(en)?|"
        r"kommentare?|beschreibung|nachricht|betreff|commentaires?)$",
    ),
)
_ADDRESS = r"^[^@\s]+@[^@\s]+\.[a-zA-Z]{2,}$"


@dataclass(frozen=True)
class Personal:
    """A column that speaks of persons: ``name``, ``contact`` or ``free_text``."""

    column: int
    header: str
    kind: str


def find(table: Table) -> tuple[Personal, ...]:
    """Return the columns of a table that speak of persons."""
    found = ((i, heading, _kind(table, i, heading)) for i, heading in enumerate(table.header))
    return tuple(Personal(i, heading, kind) for i, heading, kind in found if kind)


def _kind(table: Table, column: int, heading: str) -> str:
    if not pa.types.is_string(table.data.schema.field(f"c{column}").type):
        return ""
    cells = table.data.column(f"c{column}").slice(0, SAMPLE_ROWS).drop_null()
    plain = normal(heading)
    for kind, pattern in _HEADINGS:
        if re.search(pattern, plain):
            return kind if kind == CONTACT or not _figures(cells) else ""
    return _by_values(cells)


def _figures(cells: pa.ChunkedArray) -> bool:
    """Are these counts of comments, say, and not what somebody wrote?"""
    numeric = pc.sum(pc.match_substring_regex(cells, r"^[-+\d.,\s%]*$")).as_py() or 0
    return numeric >= 0.8 * len(cells)


def _by_values(cells: pa.ChunkedArray) -> str:
    if not len(cells):
        return ""
    addresses = pc.sum(pc.match_substring_regex(cells, _ADDRESS)).as_py()
    if addresses >= MANY * len(cells):
        return CONTACT
    words = pc.count_substring(cells, " ")
    length = pc.quantile(pc.utf8_length(cells), 0.5)[0].as_py()
    spaced = pc.quantile(words, 0.5)[0].as_py()
    return FREE_TEXT if length >= LONG_TEXT and spaced >= LONG_TEXT / 8 else ""


def protect(
    table: Table, matches: Collection[Match], fields: Collection[Field]
) -> tuple[Table, Mapping[str, str], list[Finding]]:
    """Return the table with pseudonyms, what was done by heading, and the finding that says so."""
    texts = {field.key for field in fields if field.kind is FieldKind.TEXT}
    used = {match.column for match in matches if match.field in texts}
    done = {one.header: PSEUDONYMS if one.column in used else LEFT for one in find(table)}
    if not done:
        return table, {}, []
    data = table.data
    for one in find(table):
        if one.column in used:
            name = f"c{one.column}"
            data = data.set_column(
                data.schema.get_field_index(name), name, _pseudonyms(data.column(name))
            )
    facts = {
        "left_out": _list_headings(done, LEFT),
        "pseudonyms": _list_headings(done, PSEUDONYMS),
        "columns": len(done),
    }
    code = "personal_pseudonyms" if PSEUDONYMS in done.values() else "personal_left_out"
    finding = Finding(code, Severity.INFO, table.place(), facts=facts, count=len(done))
    return replace(table, data=data), done, [finding]


def _list_headings(done: Mapping[str, str], how: str) -> str:
    return ", ".join(f"“{heading}”" for heading, told in done.items() if told == how) or "–"


def _pseudonyms(cells: pa.ChunkedArray) -> pa.Array:
    coded = cells.combine_chunks().dictionary_encode()
    names = [pseudonym(name) for name in coded.dictionary.to_pylist()]
    return pa.array(names, pa.string()).take(coded.indices)
