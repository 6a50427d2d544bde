"""Sheets of the programme's register: headings follow from its frames, declared once there."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd

from ingest import columns as reader
from ingest.columns import Money
from ingest.mapping import normal
from ingest.model import Table
from ingest.sheets.recognition import (
    Made,
    Recognition,
    first_of_month,
    frame,
    functions,
    kpi_key,
    pseudonym,
    texts,
)
from ingest.source import Field, FieldKind
from metrics.frames.frame import DAY, MONTH, NUMBER, Column, Frame
from metrics.frames.register import REGISTER
from metrics.frames.value import VALUE
from metrics.measures.pseudonyms import COLUMNS
from metrics.model import ALL, Finding, Severity

ALSO: Mapping[str, tuple[str, ...]] = {
    "function": ("business function", "department"),
    "person": ("person code", "learner", "user id", "employee id", "user", "username"),
    "course": ("course name", "course title", "session", "training", "activity name"),
    "month": ("date", "completion date", "completed on", "date completed", "finished"),
    "hours": ("duration hours", "learning hours", "credit hours", "training hours"),
    "practice_hours": ("hours of practice", "hours on live cases"),
    "mentoring_hours": ("hours with a mentor", "mentoring"),
    "certified": ("certificate", "certificate awarded", "certification"),
    "approved": ("approved on", "approval", "date of approval"),
    "spend": ("spend a year", "annual spend", "cost per year", "yearly cost"),
    "active": ("active users", "weekly active users", "used weekly"),
    "licences": ("licenses", "seats"),
    "last_active": ("last contribution", "last active month"),
    "budget": ("decides on money", "budget holder"),
    "due": ("due date", "deadline", "by"),
    "part": ("raci", "responsibility"),
    "contact": ("contact code", "contact id"),
    "days": ("days since last exchange",),
    "two_way": ("both sides speak", "reciprocal"),
    "model": ("sees it as", "mental model"),
    "growth": ("growth means",),
    "owner": ("accountable", "responsible person"),
    "created_with": ("made with outsiders", "co created with"),
    "question": ("step", "model step", "question id"),
}
"""Other headings under which a column comes, beside its own name."""
_YES = {"yes", "y", "true", "1", "ja", "oui", "x", "passed", "completed"}
_NO = {"no", "n", "false", "0", "nein", "non", "failed"}
_RACI = {"r": "responsible", "a": "accountable", "c": "consulted", "i": "informed"}


def _field(column: Column, needed: tuple[str, ...]) -> Field:
    kinds = {MONTH: FieldKind.DATE, DAY: FieldKind.DATE, NUMBER: FieldKind.NUMBER}
    aliases = (column.name.replace("_", " "), *ALSO.get(column.name, ()))
    return Field(
        column.name,
        kinds.get(column.dtype, FieldKind.TEXT),
        aliases,
        required=column.name in needed,
    )


_OURS = ("upload", "place")
FIELDS: Mapping[str, tuple[Field, ...]] = {
    one.name: tuple(
        _field(column, one.needed) for column in one.columns if column.name not in _OURS
    )
    for one in (*REGISTER, *VALUE)
}


def _build(register: Frame, table: Table, sheet: Recognition, money: Money) -> Made:
    found = reader.read(table, FIELDS[register.name], sheet.columns)
    rows, findings = frame(found), list(found.findings)
    made: dict[str, object] = {}
    for column in register.columns:
        if column.name == "function":
            made["function"] = functions(rows)
        elif column.name not in rows:
            continue
        elif column.dtype == MONTH:
            made[column.name] = first_of_month(rows[column.name])
        elif column.dtype == DAY:
            made[column.name] = pd.to_datetime(rows[column.name]).dt.normalize()
        elif column.dtype == NUMBER:
            made[column.name] = rows[column.name].astype(float)
        else:
            made[column.name] = _text(column, rows, table, sheet, findings)
    result = pd.DataFrame(made)
    if "place" in register.names:
        column = sheet.columns[FIELDS[register.name][0].key]
        result["place"] = table.cells(column)
    if "function" in result:
        result["function"] = result["function"].replace("", ALL)
    return Made(register.name, result, findings)


def _text(
    column: Column,
    rows: pd.DataFrame,
    table: Table,
    sheet: Recognition,
    findings: list[Finding],
) -> pd.Series:
    name, allowed = column.name, column.choices
    given = texts(rows, name).str.strip()
    if name in COLUMNS:
        return given.map(pseudonym)
    if name == "kpi":
        return given.map(kpi_key)
    if not allowed:
        return given
    chosen = given.map(lambda text: _choice(str(text), allowed))
    odd = (given != "") & (chosen == "")
    for at in np.flatnonzero(odd.to_numpy())[: reader.CELLS_NAMED]:
        position = sheet.columns[name]
        facts = {
            "column": table.header[position],
            "value": given.iloc[at],
            "known": ", ".join(allowed),
        }
        place = table.cell(position, int(at))
        findings.append(Finding("choice_unknown", Severity.ERROR, place, given.iloc[at], facts))
    return chosen


def _choice(text: str, allowed: tuple[str, ...]) -> str:
    """Return the allowed word a cell means, or ''."""
    plain = normal(text)
    if "yes" in allowed and plain in _YES | _NO:
        return "yes" if plain in _YES else "no"
    if "accountable" in allowed and plain in _RACI:
        return _RACI[plain]
    return next((word for word in allowed if normal(word) == plain), "")


BUILDERS = {register.name: partial(_build, register) for register in (*REGISTER, *VALUE)}
