"""Summary sheets: rows that are already totals, answers or plans, one frame for each kind.

A *measure sheet* has a row per month (and team) and a column per measure. The other kinds are
known by their headings: costs, initiatives, targets, questionnaire answers, contributions, and
the client's own lists of teams and exchange rates.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from difflib import get_close_matches
from functools import cache

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from ingest import columns as reader
from ingest.columns import Columns, Money
from ingest.mapping import RECOGNISED, assign, fit, normal, without_unit
from ingest.model import Declared, Table, column_letter
from ingest.sheets.kinds import (
    BUILD,
    FUNCTION,
    ITEM,
    MONTH,
    SHEETS,
    TEAM,
    below,
)
from ingest.sheets.recognition import (
    Made,
    Recognition,
    first_of_month,
    frame,
    function_key,
    texts,
)
from ingest.source import Field, Kind
from ingest.teams import Teams
from metrics.frames import OBSERVATIONS
from metrics.functions import BY_KEY, MEASURES, OWNER, SHARED
from metrics.model import ALL, Finding, Place, Severity, teams_of
from metrics.units import Kind as UnitKind

MEASURE_SHEET, MEASURE_LIST = "measures", "measure_list"
NAME = Field("name", Kind.TEXT, ("measure", "metric", "indicator", "kpi"))
_SHARED = frozenset(function.key for function in SHARED)
CLOSE = 0.8
"""Likeness (``difflib``) from which a heading is taken for a slip of a known one."""
VALUE = Field("value", Kind.NUMBER, ("value", "amount"))


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
    found = assign(table.header, (MONTH, TEAM, FUNCTION, ITEM, NAME, VALUE), RECOGNISED)
    if "month" not in found:
        return None
    if "name" in found:
        return _measure_list(table, {key: column for key, (column, _) in found.items()})
    found.pop("value", None)
    taken = {column for column, _ in found.values()}
    columns = {key: column for key, (column, _) in found.items()}
    speaks_of = function_key(table.sheet or "")
    for position, heading in enumerate(table.header):
        measure = _measure(heading, speaks_of) if position not in taken else None
        if measure is not None:
            columns.setdefault(measure, position)
    return Recognition(MEASURE_SHEET, columns) if len(columns) > len(found) else None


def _measure_list(table: Table, columns: dict[str, int]) -> Recognition | None:
    """Recognise rows of month, measure and value; the value is the last column by default."""
    columns.setdefault("value", len(table.header) - 1)
    if columns["value"] in {column for key, column in columns.items() if key != "value"}:
        return None
    speaks_of = function_key(table.sheet or "")
    names = table.data.column(f"c{columns['name']}").unique().drop_null().to_pylist()
    known = any(_measure(str(name), speaks_of) for name in names)
    return Recognition(MEASURE_LIST, columns) if known else None


@cache
def _measure(heading: str, function: str) -> str | None:
    """Return the measure a heading names; one of the sheet's own function first."""
    fitting = [
        (OWNER[measure.key] != function, -score, measure.key)
        for measure in MEASURES.values()
        if (score := fit(heading, (measure.key, measure.header, *measure.aliases))) >= RECOGNISED
    ]
    return min(fitting)[2] if fitting else None


def declared(sheets: Sequence[tuple[Table, Recognition]]) -> Declared:
    """Return teams with their spellings and exchange rates that are among the files.

    A row of a team sheet with a month says that from then on its spellings are this team, and
    were teams of their own before; without a month they always were.
    """
    teams: dict[str, dict[str, None]] = {}
    moves: list[tuple[str, str, str]] = []
    rates: dict[str, float] = {}
    base = ""
    for table, sheet in sheets:
        if sheet.key not in ("teams", "exchange_rates"):
            continue
        rows = frame(reader.read(table, SHEETS[sheet.key], sheet.columns))
        if sheet.key == "teams":
            start = rows["start"] if "start" in rows else pd.Series(pd.NaT, index=rows.index)
            for team, spelled, first in zip(
                rows["team"], rows["spellings"].fillna(""), start, strict=True
            ):
                names = teams_of(spelled)
                kept = teams.setdefault(team, {})
                if pd.isna(first):
                    kept.update(dict.fromkeys(names))
                else:
                    moves += [(name, team, f"{first:%Y-%m}") for name in names]
        else:
            rates |= dict(zip(rows["currency"], rows["rate"].astype(float), strict=True))
            found = re.search(r"\b[A-Z]{3}\b", table.header[sheet.columns["rate"]])
            base = found[0] if found else base
    spelled = {team: tuple(names) for team, names in teams.items()}
    return Declared(spelled, tuple(moves), base, rates)


def read(table: Table, sheet: Recognition, money: Money, teams: Teams, today: date) -> Made:
    """Turn a recognised summary sheet into rows of its frame.

    Months of figures that lie more than one month after ``today`` are left out.
    """
    if sheet.key in (MEASURE_SHEET, MEASURE_LIST):
        build = _measures if sheet.key == MEASURE_SHEET else _listed
        return build(table, sheet, money, teams, today)
    made = BUILD[sheet.key](table, sheet, money)
    rows = made.rows
    if "team" in rows:
        rows = rows.assign(team=[teams.called(name) for name in rows["team"]])
    if "teams" in rows:
        rows = rows.assign(teams=[_several(names, teams) for names in rows["teams"]])
    return Made(made.frame, rows, made.findings)


def _several(names: str, teams: Teams) -> str:
    parts = [part.strip() for part in re.split(r"[;|]", names) if part.strip()]
    return "; ".join(teams.called(part) for part in parts)


def _listed(table: Table, sheet: Recognition, money: Money, teams: Teams, today: date) -> Made:
    """Read a list of measures as one measure sheet for each name in it."""
    speaks_of = function_key(table.sheet or "")
    at = sheet.columns["value"]
    names = table.data.column(f"c{sheet.columns['name']}")
    parts, findings = [OBSERVATIONS.empty()], []
    for name in names.unique().drop_null().to_pylist():
        key = _measure(str(name), speaks_of)
        data = table.data.filter(pc.equal(names, name))
        if key is None:
            facts = {"value": str(name), "count": data.num_rows}
            place = table.place(sheet.columns["name"])
            findings.append(Finding("measure_unknown", Severity.WARNING, place, str(name), facts))
            continue
        header = tuple(str(name) if i == at else h for i, h in enumerate(table.header))
        columns = {k: c for k, c in sheet.columns.items() if k not in ("name", "value")}
        one = replace(table, header=header, data=data)
        made = _measures(one, Recognition(MEASURE_SHEET, {**columns, key: at}), money, teams, today)
        parts.append(made.rows)
        findings += made.findings
    return Made("observations", pd.concat(parts, ignore_index=True), findings)


def _places(table: Table, column: int) -> list[str]:
    """Return the cell of each row; months that stood across keep the column they came from."""
    rows = table.data.column("row").to_pylist()
    if f"p{column}" not in table.data.column_names:
        return [str(table.place(column, row)) for row in rows]
    came_from = table.data.column(f"p{column}").to_pylist()
    return [
        str(Place(table.file, table.sheet, f"{column_letter(p)}{row}"))
        for p, row in zip(came_from, rows, strict=True)
    ]


def _measures(table: Table, sheet: Recognition, money: Money, teams: Teams, today: date) -> Made:
    keys = [key for key in sheet.columns if key in MEASURES]
    fields = [MONTH, TEAM, FUNCTION, ITEM, *(Field(key, kind_of(key)) for key in keys)]
    found = reader.read(table, fields, sheet.columns)
    rows, findings = frame(found), list(found.findings)
    month, team = first_of_month(rows["month"]), texts(rows, "team", ALL).map(teams.called)
    findings += unused(table, sheet)
    month, odd = _not_ahead(table, sheet, month, today)
    findings += odd
    function, odd = _functions(table, sheet, rows)
    findings += odd
    twice = _twice(table, sheet, rows, month, team, findings)
    parts = []
    for key in keys:
        measure = MEASURES[key]
        value = rows[key].astype(float)
        is_money = measure.unit.kind is UnitKind.MONEY
        codes = (
            np.where(found.currencies[key] == "", money.base, found.currencies[key])
            if (is_money)
            else np.full(len(rows), "")
        )
        rate = np.array([money.rate(code) for code in codes])
        findings += reader.without_rate(
            table, sheet.columns[key], codes, np.isnan(rate) & value.notna().to_numpy()
        )
        foreign = function.notna() & ~function.isin(["", OWNER[key]]) & value.notna()
        foreign &= OWNER[key] not in _SHARED
        findings += _foreign(table, sheet, key, function.where(foreign))
        code = "negative_cost" if is_money else "below_minimum"
        findings += below(table, sheet, key, value, measure.minimum, code)
        reason = np.where(value < measure.minimum, code, "")
        reason = np.where(twice == "differs", "month_twice", reason)
        reason = np.where(value.isna() & (reason == ""), "cell_empty", reason)
        reason = np.where(np.isnan(rate) & (reason == ""), "currency_without_rate", reason)
        column = sheet.columns[key]
        part = pd.DataFrame(
            {
                "function": OWNER[key],
                "team": team,
                "item": texts(rows, "item", ALL),
                "constituency": ALL,
                "month": month,
                "measure": key,
                "value": (value * rate).where(reason == ""),
                "currency": (money.base or codes) if is_money else "",
                "place": _places(table, column),
                "reason": reason,
            }
        )
        kept = (twice != "same") & month.notna() & function.notna() & ~foreign
        parts.append(part[kept & ~_never(found, key, value)])
    return Made("observations", pd.concat(parts, ignore_index=True), findings)


def _not_ahead(
    table: Table, sheet: Recognition, month: pd.Series, today: date
) -> tuple[pd.Series, list[Finding]]:
    """Blank months that lie more than one month ahead."""
    ahead = month > pd.Timestamp(today) + pd.DateOffset(months=1)
    column, findings = sheet.columns["month"], []
    for at in np.flatnonzero(ahead)[: reader.CELLS_NAMED]:
        value = f"{month.iloc[at]:%Y-%m}"
        facts = {"value": value, "as_of": str(today)}
        place = table.cell(column, int(at))
        findings.append(Finding("month_in_future", Severity.ERROR, place, value, facts))
    return month.mask(ahead), findings


def _functions(
    table: Table, sheet: Recognition, rows: pd.DataFrame
) -> tuple[pd.Series, list[Finding]]:
    """Return the function each row names: '' where it names none, missing where unknown."""
    named = texts(rows, "function").str.strip()
    keys = named.map(lambda name: function_key(name) if name else "")
    unknown = (named != "") & (keys == "")
    findings = []
    for at in np.flatnonzero(unknown)[: reader.CELLS_NAMED]:
        value = named.iloc[at]
        facts = {"value": value, "known": ", ".join(f.title for f in BY_KEY.values())}
        place = table.cell(sheet.columns["function"], int(at))
        findings.append(Finding("function_unknown", Severity.ERROR, place, value, facts))
    return keys.mask(unknown), findings


def _foreign(table: Table, sheet: Recognition, key: str, names: pd.Series) -> list[Finding]:
    """Name cells of a measure in rows of a function that does not own it."""
    column, findings = sheet.columns[key], []
    for at in np.flatnonzero(names.notna())[: reader.CELLS_NAMED]:
        value = BY_KEY[names.iloc[at]].title
        facts = {"value": value, "owner": BY_KEY[OWNER[key]].title, "column": table.header[column]}
        place = table.cell(column, int(at))
        findings.append(Finding("function_not_of_measure", Severity.ERROR, place, value, facts))
    return findings


def unused(table: Table, sheet: Recognition | None) -> list[Finding]:
    """Name columns that are there twice, or whose heading is nearly one that is known."""
    taken = sheet.columns if sheet else {}
    speaks_of, findings = function_key(table.sheet or ""), []
    for position, heading in enumerate(table.header):
        if position in taken.values():
            continue
        facts = {"value": heading, "closest": _closest(heading)}
        measure = _measure(heading, speaks_of)
        code = "heading_misspelt"
        if measure is not None and measure in taken:
            code, facts["first"] = "heading_twice", table.header[taken[measure]]
        elif measure or not facts["closest"]:
            continue
        findings.append(Finding(code, Severity.WARNING, table.place(position), heading, facts))
    return findings


def _closest(heading: str) -> str:
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


def nearly(table: Table) -> Finding | None:
    """Return what keeps a table from being a measure sheet, or None where it is far from one."""
    speaks_of = function_key(table.sheet or "")
    measures = [heading for heading in table.header if _measure(heading, speaks_of)]
    found = assign(table.header, (MONTH, TEAM, FUNCTION, ITEM), RECOGNISED)
    slips = unused(table, Recognition(MEASURE_SHEET, {k: c for k, (c, _) in found.items()}))
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


def _never(found: Columns, key: str, value: pd.Series) -> pd.Series:
    """Rows of a column that is empty throughout say nothing."""
    return pd.Series(bool(value.isna().all()), index=value.index)


def kind_of(measure: str) -> Kind:
    """Return what the cells of a measure hold."""
    kinds = {UnitKind.MONEY: Kind.MONEY, UnitKind.COUNT: Kind.COUNT}
    return kinds.get(MEASURES[measure].unit.kind, Kind.NUMBER)


def _twice(table, sheet, rows: pd.DataFrame, month, team, findings: list[Finding]) -> np.ndarray:
    """Mark months that stand twice for a team: ``same`` numbers again, or ``differs``."""
    keys = pd.DataFrame(
        {
            "month": month,
            "team": team,
            "item": texts(rows, "item"),
            "function": texts(rows, "function"),
        }
    )
    numbers = rows.drop(columns=["month"])
    repeated = keys.duplicated(keep="first") & month.notna()
    marks = np.full(len(rows), "", dtype=object)
    at = table.data.column("row").to_pylist()
    for i in np.flatnonzero(repeated.to_numpy()):
        first = int(np.flatnonzero((keys == keys.iloc[i]).all(axis=1))[0])
        same = numbers.iloc[i].equals(numbers.iloc[first])
        marks[i] = "same" if same else "differs"
        if not same:
            marks[first] = "differs"
        facts = {"month": f"{month.iloc[i]:%Y-%m}", "team": team.iloc[i], "first": at[first]}
        findings.append(
            Finding(
                "month_repeated" if same else "month_twice",
                Severity.WARNING if same else Severity.ERROR,
                table.place(sheet.columns["month"], at[i]),
                f"{month.iloc[i]:%Y-%m}",
                facts,
            )
        )
    return marks
