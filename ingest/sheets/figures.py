"""Which tables are sheets of figures, and which of their columns are which measures."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from functools import cache

import pyarrow as pa

from ingest.mapping import RECOGNISED, assign, fit, normal, role_of, without_unit
from ingest.model import Table
from ingest.sheets.kinds import CURRENCY, FUNCTION, ITEM, MONTH, SHEETS, TEAM
from ingest.sheets.recognition import Recognition, function_key
from ingest.source import Field, FieldKind
from ingest.units import is_unit
from metrics.functions import MEASURES, OWNER
from metrics.model import Finding, Severity
from metrics.units import UnitKind as UnitKind

MEASURE_SHEET, MEASURE_LIST = "measures", "measure_list"
MEASURED = (MONTH, TEAM, FUNCTION, ITEM, CURRENCY)
"""What may stand beside the figures of a measure sheet."""
NAME = Field("name", FieldKind.TEXT, ("measure", "metric", "indicator", "kpi"))
_PLANS = re.compile(
    r"\b(budget|plan|target|goal|forecast|previous|prior|last|year|py|ly|vorjahr|soll|difference"
    r"|variance|delta|vs|change)\b"
)
MOST_NAMES = 60
CLOSE = 0.8
"""Likeness (``difflib``) from which a heading is taken for a slip of a known one."""
VALUE = Field(
    "value",
    FieldKind.NUMBER,
    (
        "value",
        "amount",
        "actual",
        "actuals",
        "actual value",
        "ist",
        "istwert",
        "ist wert",
        "réel",
        "real",
    ),
)


def recognise(table: Table) -> Recognition | None:
    """Return what kind of summary sheet a table is, or None."""
    header = tuple(_rate_heading(heading) for heading in table.header)
    for key, fields in SHEETS.items():
        chosen = assign(header, fields, RECOGNISED)
        if all(wanted.key in chosen for wanted in fields if wanted.required):
            return Recognition(key, {name: column for name, (column, _) in chosen.items()})
    return _measure_sheet(table)


def _rate_heading(heading: str) -> str:
    """Read ``EUR for one unit`` as ``rate``."""
    return "rate" if re.fullmatch(r"[A-Z]{3} for one unit|rate to [A-Z]{3}", heading) else heading


def _measure_sheet(table: Table) -> Recognition | None:
    found = assign(table.header, (*MEASURED, NAME, VALUE), RECOGNISED)
    if "month" not in found:
        return None
    if "team" in found and _holds_units(table, found["team"][0]):
        found.pop("team")
    if "name" not in found:
        named = _names_measures(table, {column for column, _ in found.values()})
        found |= {} if named is None else {"name": (named, RECOGNISED)}
    if "name" in found:
        return _measure_list(table, {key: column for key, (column, _) in found.items()})
    found.pop("value", None)
    taken = {column for column, _ in found.values()}
    columns = {key: column for key, (column, _) in found.items()}
    speaks_of = function_key(table.sheet or "")
    for position, heading in enumerate(table.header):
        measure = measure_of(heading, speaks_of) if position not in taken else None
        if measure is not None:
            columns.setdefault(measure, position)
    return Recognition(MEASURE_SHEET, columns) if len(columns) > len(found) else None


def _holds_units(table: Table, column: int) -> bool:
    """Is a column headed “Unit” one of EUR, number and hours, and not of business units?"""
    if normal(table.header[column]) != "unit":
        return False
    cells = table.data.column(f"c{column}")
    texts = cells.cast(pa.string()).unique().drop_null().to_pylist()
    return bool(texts) and all(is_unit(text) for text in texts)


def _names_measures(table: Table, taken: set[int]) -> int | None:
    """Return the column whose texts are names of measures, whatever its heading says."""
    speaks_of = function_key(table.sheet or "")
    for position in range(len(table.header)):
        cells = table.data.column(f"c{position}")
        if position in taken or not pa.types.is_string(cells.type):
            continue
        names = cells.unique().drop_null().to_pylist()
        known = sum(measure_of(name, speaks_of) is not None for name in names[:MOST_NAMES])
        if 1 < len(names) <= MOST_NAMES and known * 2 >= len(names):
            return position
    return None


def _measure_list(table: Table, columns: dict[str, int]) -> Recognition | None:
    """Recognise rows of month, measure and value; the value is the last column by default."""
    free = [i for i, heading in enumerate(table.header) if not role_of(heading)]
    columns.setdefault("value", free[-1] if free else len(table.header) - 1)
    if columns["value"] in {column for key, column in columns.items() if key != "value"}:
        return None
    speaks_of = function_key(table.sheet or "")
    names = table.data.column(f"c{columns['name']}").unique().drop_null().to_pylist()
    known = any(measure_of(str(name), speaks_of) for name in names)
    return Recognition(MEASURE_LIST, columns) if known else None


@cache
def measure_of(heading: str, function: str) -> str | None:
    """Return the measure a heading names; one of the sheet's own function first."""
    fitting = [
        (OWNER[measure.key] != function, -score, measure.key)
        for measure in MEASURES.values()
        if (score := fit(heading, (measure.key, measure.header, *measure.aliases))) >= RECOGNISED
    ]
    return min(fitting)[2] if fitting else None


def unread_columns(table: Table, sheet: Recognition | None) -> list[Finding]:
    """Name columns that are there twice, or whose heading is nearly one that is known."""
    taken = sheet.columns if sheet else {}
    speaks_of, findings = function_key(table.sheet or ""), []
    for position, heading in enumerate(table.header):
        if position in taken.values():
            continue
        if role_of(heading) and measure_of(_PLANS.sub("", normal(heading)).strip(), speaks_of):
            place, facts = table.place(position), {"value": heading}
            findings.append(Finding("plan_column", Severity.INFO, place, heading, facts))
            continue
        facts = {"value": heading, "closest": _closest_heading(heading)}
        measure = measure_of(heading, speaks_of)
        code = "heading_misspelt"
        if measure is not None and measure in taken:
            code, facts["first"] = "heading_twice", table.header[taken[measure]]
        elif measure or not facts["closest"]:
            continue
        findings.append(Finding(code, Severity.WARNING, table.place(position), heading, facts))
    return findings


def _closest_heading(heading: str) -> str:
    """Return the known heading that a text is a slip of, or ''."""
    plain = normal(without_unit(heading))
    found = get_close_matches(plain, _headings(), 1, CLOSE)
    return _headings()[found[0]] if found and found[0] != plain else ""


@cache
def _headings() -> Mapping[str, str]:
    fields = (MONTH, TEAM, FUNCTION)
    known = {normal(name): name.capitalize() for one in fields for name in one.aliases}
    for measure in MEASURES.values():
        names = (measure.key.replace("_", " "), *measure.aliases, measure.header)
        known |= {normal(name): name for name in names}
    return known


def near_measure_sheet(table: Table) -> Finding | None:
    """Return what keeps a table from being a measure sheet, or None where it is far from one."""
    speaks_of = function_key(table.sheet or "")
    measures = [heading for heading in table.header if measure_of(heading, speaks_of)]
    found = assign(table.header, MEASURED, RECOGNISED)
    slips = unread_columns(table, Recognition(MEASURE_SHEET, {k: c for k, (c, _) in found.items()}))
    slips = [slip for slip in slips if slip.code == "heading_misspelt"]
    if "month" in found:
        return replace(slips[0], severity=Severity.ERROR) if slips else None
    months = [s.value for s in slips if normal(s.facts["closest"]) in MONTH.aliases]
    if not measures or not (months or "team" in found):
        return None
    facts = {
        "found": ", ".join(f"“{heading}”" for heading in table.header[:10]),
        "closest": f"; “{months[0]}” comes closest" if months else "",
    }
    return Finding("no_month_column", Severity.ERROR, table.place(), "", facts)


def kind_of(measure: str) -> FieldKind:
    """Return what the cells of a measure hold."""
    kinds = {UnitKind.MONEY: FieldKind.MONEY, UnitKind.COUNT: FieldKind.COUNT}
    return kinds.get(MEASURES[measure].unit.kind, FieldKind.NUMBER)
