"""Summary sheets: rows that are already totals, answers or plans, one frame for each kind.

A *measure sheet* has a row per month (and team) and a column per measure. The other kinds are
known by their headings: costs, initiatives, targets, questionnaire answers, contributions, and
the client's own lists of teams and exchange rates.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from ingest import columns as reader
from ingest.columns import Columns, Money
from ingest.mapping import role_of
from ingest.model import Declared, Table
from ingest.sheets import grain
from ingest.sheets.figures import (
    MEASURE_LIST,
    MEASURE_SHEET,
    MEASURED,
    kind_of,
    measure_of,
    unread_columns,
)
from ingest.sheets.kinds import (
    BUILD,
    SHEETS,
    values_below,
)
from ingest.sheets.recognition import (
    Made,
    Recognition,
    first_of_month,
    frame,
    function_key,
    texts,
)
from ingest.source import Field
from ingest.teams import Teams
from metrics.frames import MONTH_NOT_OVER, OBSERVATIONS
from metrics.functions import BY_KEY, MEASURES, OWNER, SHARED
from metrics.model import ALL, Finding, Severity, teams_of
from metrics.units import UnitKind as UnitKind

_SHARED = frozenset(function.key for function in SHARED)


def find_declarations(sheets: Sequence[tuple[Table, Recognition]]) -> Declared:
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
        return _figures(table, sheet, money, teams, today)
    wrong = grain.coarse_periods(table, sheet) if sheet.key == "costs" else None
    made = BUILD[sheet.key](table, sheet, money)
    if wrong is not None:  # a quarter's cost is no month's
        return Made(made.frame, made.rows.iloc[:0], [wrong])
    rows = made.rows
    if "team" in rows:
        rows = rows.assign(team=[teams.called(name) for name in rows["team"]])
    if "teams" in rows:
        rows = rows.assign(teams=[_name_teams(names, teams) for names in rows["teams"]])
    return Made(made.frame, rows, made.findings)


def _figures(table: Table, sheet: Recognition, money: Money, teams: Teams, today: date) -> Made:
    """Read actual figures by month; a sheet of plans, or of quarters, gives none and says so."""
    wrong = grain.coarse_periods(table, sheet)
    if wrong is None and role_of(table.sheet or "") in ("plan", "before"):
        facts = {"sheet": table.sheet}
        wrong = Finding("sheet_of_plans", Severity.WARNING, table.place(), "", facts)
    if wrong is not None:
        return Made(OBSERVATIONS.name, OBSERVATIONS.empty(), [wrong])
    table, odd = grain.actual_rows(table, sheet)
    build = _measures if sheet.key == MEASURE_SHEET else _read_list
    made = build(table, sheet, money, teams, today)
    return replace(made, findings=[*odd, *made.findings])


def _name_teams(names: str, teams: Teams) -> str:
    parts = [part.strip() for part in re.split(r"[;|]", names) if part.strip()]
    return "; ".join(teams.called(part) for part in parts)


def _read_list(table: Table, sheet: Recognition, money: Money, teams: Teams, today: date) -> Made:
    """Read a list of measures as one measure sheet for each name in it."""
    speaks_of = function_key(table.sheet or "")
    at = sheet.columns["value"]
    names = table.data.column(f"c{sheet.columns['name']}")
    parts, findings = [OBSERVATIONS.empty()], []
    for name in names.unique().drop_null().to_pylist():
        key = measure_of(str(name), speaks_of)
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
    return Made("observations", pd.concat(parts, ignore_index=True), _merge_findings(findings))


def _merge_findings(findings: list[Finding]) -> list[Finding]:
    """Make one finding of what was found for each measure of a list alike."""
    kept: dict[tuple[str, str], Finding] = {}
    result = []
    for finding in findings:
        key = (finding.code, str(finding.facts.get("month", "")))
        if finding.code not in grain.OF_THE_SHEET:
            result.append(finding)
        elif key in kept:
            before = kept[key]
            count = before.count + finding.count
            kept[key] = replace(before, count=count, facts={**before.facts, "count": count})
        else:
            kept[key] = finding
    return [*kept.values(), *result]


def _measures(table: Table, sheet: Recognition, money: Money, teams: Teams, today: date) -> Made:
    keys = [key for key in sheet.columns if key in MEASURES]
    fields = [*MEASURED, *(Field(key, kind_of(key)) for key in keys)]
    found = reader.read(table, fields, sheet.columns)
    rows, findings = frame(found), list(found.findings)
    days = pd.to_datetime(rows["month"]).dt.normalize()
    month, team = first_of_month(rows["month"]), texts(rows, "team", ALL).map(teams.called)
    findings += unread_columns(table, sheet)
    by = pd.DataFrame({"team": team, "item": texts(rows, "item"), "of": texts(rows, "function")})
    step = grain.grain_of(days, by)
    month, odd = _not_ahead(table, sheet, month, today)
    findings += odd
    function, odd = _functions(table, sheet, rows)
    findings += odd
    if step != grain.MONTHLY and month.notna().any():
        findings.append(grain.finer(table, sheet, days[month.notna()], step))
    running = grain.running(table, sheet, month, findings)
    moment = month if step == grain.MONTHLY else days.where(month.notna())
    twice = _repeated_months(table, sheet, rows, moment, team, findings)
    parts = []
    stated = texts(rows, "currency").str.strip().str.upper().replace("", money.base).to_numpy()
    for key in keys:
        measure = MEASURES[key]
        value = rows[key].astype(float)
        is_money = measure.unit.kind is UnitKind.MONEY
        codes = np.full(len(rows), "")
        if is_money:
            codes = np.where(found.currencies[key] == "", stated, found.currencies[key])
        rate = np.array([money.rate(code) for code in codes])
        findings += reader.without_rate(
            table, sheet.columns[key], codes, np.isnan(rate) & value.notna().to_numpy()
        )
        foreign = function.notna() & ~function.isin(["", OWNER[key]]) & value.notna()
        foreign &= OWNER[key] not in _SHARED
        findings += _foreign(table, sheet, key, function.where(foreign))
        code = "negative_cost" if is_money else "below_minimum"
        findings += values_below(table, sheet, key, value, measure.minimum, code)
        reason = np.where(value < measure.minimum, code, "")
        reason = np.where(twice == "differs", "month_twice", reason)
        reason = np.where(value.isna() & (reason == ""), "cell_empty", reason)
        reason = np.where(np.isnan(rate) & (reason == ""), "currency_without_rate", reason)
        usable = reason == ""
        reason = np.where(usable & running, MONTH_NOT_OVER, reason)
        column = sheet.columns[key]
        part = pd.DataFrame(
            {
                "function": OWNER[key],
                "team": team,
                "item": texts(rows, "item", ALL),
                "constituency": ALL,
                "month": month,
                "measure": key,
                "value": (value * rate).where(usable),
                "currency": (money.base or codes) if is_money else "",
                "place": table.cells(column),
                "reason": reason,
            }
        )
        kept = (twice != "same") & month.notna() & function.notna() & ~foreign
        part = part[kept & ~_blank_empty_column(found, key, value)]
        if step != grain.MONTHLY and len(part):
            part = grain.added_up(part, days, key, step)
        parts.append(part)
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


def _blank_empty_column(found: Columns, key: str, value: pd.Series) -> pd.Series:
    """Rows of a column that is empty throughout say nothing."""
    return pd.Series(bool(value.isna().all()), index=value.index)


def _repeated_months(
    table, sheet, rows: pd.DataFrame, month, team, findings: list[Finding]
) -> np.ndarray:
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
    column, same_again = sheet.columns["month"], []
    for i in np.flatnonzero(repeated.to_numpy()).tolist():
        first = int(np.flatnonzero((keys == keys.iloc[i]).all(axis=1))[0])
        facts = {"month": _write_month(month.iloc[i]), "team": team.iloc[i], "first": at[first]}
        if numbers.iloc[i].equals(numbers.iloc[first]):
            marks[i] = "same"
            same_again.append((i, facts))
            continue
        marks[i] = marks[first] = "differs"
        place = table.cell(column, i)
        findings.append(Finding("month_twice", Severity.ERROR, place, facts["month"], facts))
    if same_again:
        i, facts = same_again[0]
        place, count = table.cell(column, i), len(same_again)
        findings.append(
            Finding("month_repeated", Severity.WARNING, place, facts["month"], facts, count)
        )
    return marks


def _write_month(moment: pd.Timestamp) -> str:
    return f"{moment:%Y-%m}" if moment.day == 1 else f"{moment:%Y-%m-%d}"
