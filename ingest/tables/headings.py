"""Where a table's heading stands, how many rows it has, and what it says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ingest.model import column_letter
from ingest.readers.cells import show
from ingest.values.numbers import ISO

SEARCHED_ROWS = 40
_CODE = "|".join(sorted(ISO))
_NUMBER = re.compile(
    rf"^[\s(+\-−]*([€$£¥₹]|R\$|{_CODE})?[\s+\-−]*\d[\d.,'\s\u00a0\u202f]*(e[+-]?\d+)?"
    rf"\s*(%|[€$£¥₹]|{_CODE}|[kKmM]|-)?\)?$",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"^(\d{1,4}[-/. ]\d{1,2}[-/. ]\d{1,4}|\d{1,2}[-. ][A-Za-zäéû]{3,9}\.?[-. ,]+\d{2,4})"
    r"([ T]+\d.*)?$"
    r"|^\d{4}-\d{2}$|^\d{1,3}:\d{2}(:\d{2})?$"
)
_MISSING = re.compile(r"^\s*(--+|-|–|—|\?|n/?a|null|none|nan|#n/a)\s*$", re.IGNORECASE)
_UNIT = re.compile(
    r"^[\[(]?\s*(%|€|\$|£|¥|[a-z]{3}|eur|usd|gbp|k€|t€|h|hrs?|hours?|min(ute)?s?|s|sec(ond)?s?|days?|d|"
    r"pcs?|pieces|units?|count|number|no\.?|#|text|date|kg|tage?|stück|stunden)\s*[\])]?$",
    re.IGNORECASE,
)
_CURRENCY = re.compile(rf"^[\[(]?\s*([€$£¥₹%]|[kt]€|{_CODE})\s*[\])]?$")
_RESPONSE = re.compile(r"^(open-ended )?response$", re.IGNORECASE)
_IMPORT_ID = re.compile(r'^\s*\{\s*"ImportId"')


@dataclass(frozen=True)
class Heading:
    """A heading: its rows within the block, one name per column, and how it was put together.

    Parameters
    ----------
    first, last : int
        Rows of the block that belong to the heading, units and descriptions included.
    names : dict
        Column index → heading text, not yet unique.
    groups : dict
        Column index → text of the row above, where there was one.
    missing : bool
        There is no heading: the first row is already data.
    names_row : int
        The row whose cells name the columns; units, options and descriptions stand below it.
    """

    first: int
    last: int
    names: dict[int, str]
    groups: dict[int, str]
    missing: bool = False
    names_row: int = 0


def classify_cell(value: Any) -> str:
    """Return ``blank, missing, number, date`` or ``text`` for one cell, judged on its own."""
    if value is None:
        return "blank"
    if isinstance(value, bool):
        return "text"
    if isinstance(value, (int, float)):
        return "number"
    if not isinstance(value, str):
        return "date"
    text = value.strip()
    if not text:
        return "blank"
    if _MISSING.match(text):
        return "missing"
    if _DATE.match(text):
        return "date"
    return "number" if _NUMBER.match(text) else "text"


def find_heading(
    rows: Sequence[Sequence[Any]], merged: Sequence[tuple[int, int, int]] = ()
) -> Heading | None:
    """Return the heading among the first rows of a block, or None if the block is no table.

    Parameters
    ----------
    rows : sequence of sequence
        The first cells of the block, one sequence per row, all of the same width.
    merged : sequence of (row, first column, last column)
        Merged ranges, as indices into ``rows``.
    """
    kinds = [[classify_cell(cell) for cell in row] for row in rows]
    filled = [sum(kind != "blank" for kind in row) for row in kinds]
    width = _usual_width(filled)
    if width < 2 and (len(rows) < 2 or max(filled) < 2) and not _single_column(kinds):
        return None
    for at, row in enumerate(kinds):
        if filled[at] * 2 >= width and (filled[at] > 1 or width == 1) and _all_names(row, rows[at]):
            return _build_heading(at, rows, kinds, merged)
    first = next((i for i, count in enumerate(filled) if count * 2 >= width), 0)
    names = {c: f"Column {column_letter(c)}" for c, k in enumerate(kinds[first]) if k != "blank"}
    return Heading(first, first - 1, names, {}, missing=True)


def _usual_width(filled: list[int]) -> int:
    counts = Counter(count for count in filled if count > 1)
    if not counts:
        return 1
    most = max(counts.values())
    return max(width for width, count in counts.items() if count * 2 >= most)


def _single_column(kinds: list[list[str]]) -> bool:
    column = [row[0] for row in kinds if row]
    return len(column) > 2 and column[0] == "text" and set(column[1:]) <= {"number", "blank"}


def _all_names(kinds: list[str], row: Sequence[Any]) -> bool:
    """Names are texts; years and dates count as names where there are several (wide months)."""
    texts = kinds.count("text")
    periods = sum(
        (kind == "date" and _day(cell)) or (kind == "number" and _year(cell))
        for kind, cell in zip(kinds, row, strict=True)
    )
    others = len(kinds) - kinds.count("blank") - texts - periods
    return others == 0 and texts > 0 and (periods == 0 or periods >= 2)


def _day(cell: Any) -> bool:
    """Can a cell be a day, and not a time of day or a number dressed as a date?"""
    if isinstance(cell, str):
        return True
    return isinstance(cell, datetime) and 1950 <= cell.year <= 2100


def _year(cell: Any) -> bool:
    text = show(cell).strip()
    return len(text) == 4 and text.isdigit() and 1990 <= int(text) <= 2100


def _build_heading(
    at: int,
    rows: Sequence[Sequence[Any]],
    kinds: list[list[str]],
    merged: Sequence[tuple[int, int, int]],
) -> Heading:
    names = {c: _name(cell) for c, cell in enumerate(rows[at]) if kinds[at][c] != "blank"}
    first = last = at
    groups: dict[int, str] = {}
    import_id = next(
        (i for i in range(at + 1, min(at + 3, len(rows))) if _is_import(rows[i])), None
    )
    if import_id is not None:
        last = import_id
    elif at + 1 < len(rows) and _options_below(rows, kinds, at):
        last = at + 1
        names, groups = _combine_rows(rows[at], rows[at + 1], merged, at)
    elif at > 0 and _groups_above(rows, kinds, at, merged):
        first = at - 1
        names, groups = _combine_rows(rows[at - 1], rows[at], merged, at - 1)
    if last + 1 < len(rows) and _units_row(rows[last + 1], names):
        last += 1
        for column, cell in enumerate(rows[last]):
            if column in names and cell is not None and str(cell).strip():
                names[column] += f" ({str(cell).strip().strip('()[]')})"
    elif last + 2 < len(rows) and _descriptions(rows, kinds, last + 1, names):
        last += 1
    return Heading(first, last, names, groups, names_row=at)


def _name(cell: Any) -> str:
    return re.sub(r"\s+", " ", show(cell)).strip()


def _is_import(row: Sequence[Any]) -> bool:
    return any(isinstance(cell, str) and _IMPORT_ID.match(cell) for cell in row)


def _options_below(rows: Sequence[Sequence[Any]], kinds: list[list[str]], at: int) -> bool:
    """SurveyMonkey and merged headings: the row below fills the gaps of the row above."""
    upper, lower = kinds[at], kinds[at + 1]
    if any(kind not in ("text", "blank") for kind in lower) or "text" not in lower:
        return False
    responses = any(isinstance(cell, str) and _RESPONSE.match(cell) for cell in rows[at + 1])
    gaps = sum(u == "blank" and w == "text" for u, w in zip(upper, lower, strict=True))
    below = kinds[at + 2] if at + 2 < len(rows) else []
    differs = any(
        b in ("number", "date") for b, w in zip(below, lower, strict=False) if w == "text"
    )
    return responses or (gaps > 0 and differs)


def _groups_above(
    rows: Sequence[Sequence[Any]],
    kinds: list[list[str]],
    at: int,
    merged: Sequence[tuple[int, int, int]],
) -> bool:
    """A row of group names over the heading: merged over some columns, or over repeated names."""
    above, names = kinds[at - 1], [show(cell) for cell in rows[at] if cell is not None]
    if "blank" not in above or sum(kind != "blank" for kind in above) == 0:
        return False
    spans = [(a, b) for row, a, b in merged if row == at - 1 and b > a]
    whole = sum(kind != "blank" for kind in kinds[at])
    if any(b - a + 1 < whole for a, b in spans):
        return True
    return len(set(names)) < len(names) and sum(kind != "blank" for kind in above) > 1


def _combine_rows(
    upper: Sequence[Any],
    lower: Sequence[Any],
    merged: Sequence[tuple[int, int, int]],
    row: int,
) -> tuple[dict[int, str], dict[int, str]]:
    spans = {c: a for r, a, b in merged if r == row for c in range(a, b + 1)}
    names: dict[int, str] = {}
    groups: dict[int, str] = {}
    group = ""
    for column, (over, under) in enumerate(zip(upper, lower, strict=True)):
        if over is not None and str(over).strip():
            group = _name(over)
        elif spans and column not in spans:
            group = ""
        under_name = "" if under is None else _name(under)
        if not under_name:
            if over is not None and str(over).strip():
                names[column] = group
            continue
        if group:
            groups[column] = group
        joined = group if _RESPONSE.match(under_name) else f"{group} {under_name}".strip()
        names[column] = joined
    return names, groups


def _units_row(row: Sequence[Any], names: dict[int, str]) -> bool:
    cells = [str(cell).strip() for cell in row if cell is not None and str(cell).strip()]
    sure = all(_CURRENCY.match(cell) for cell in cells)  # a lone EUR, with the rest blank
    enough = len(cells) * 3 >= len(names)
    return len(cells) > 0 and (sure or (enough and all(_UNIT.match(cell) for cell in cells)))


def _descriptions(
    rows: Sequence[Sequence[Any]], kinds: list[list[str]], at: int, names: dict[int, str]
) -> bool:
    """A row of sentences under the heading (Meta post exports), numbers and dates below it."""
    here = [c for c, kind in enumerate(kinds[at]) if kind == "text"]
    if not here or any(kind in ("number", "date") for kind in kinds[at]):
        return False
    longest = sorted(len(str(rows[at][c])) for c in here)[len(here) // 2]
    typed = sum(kinds[at + 1][c] in ("number", "date") for c in here)
    usual = sorted(len(name) for name in names.values())[len(names) // 2]
    return longest > max(30, 2 * usual) and typed * 3 >= len(here)


def unique(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names made unique: ``Category``, ``Category (2)``."""
    taken: Counter[str] = Counter()
    result: list[str] = []
    for name in names:
        taken[name] += 1
        while taken[name] > 1 and f"{name} ({taken[name]})" in names:
            taken[name] += 1
        result.append(name if taken[name] == 1 else f"{name} ({taken[name]})")
    return tuple(result)
