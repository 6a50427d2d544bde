"""Summary sheets: rows that are already totals, answers or plans, one frame for each kind.

A *measure sheet* has a row per month (and team) and a column per measure. The other kinds are
known by their headings: costs, initiatives, targets, questionnaire answers, contributions, and
the client's own lists of teams and exchange rates.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pandas as pd

from ingest import columns as reader
from ingest.columns import Columns, Money
from ingest.mapping import RECOGNISED, assign, currency_of, fit, normal
from ingest.model import Table
from ingest.source import Field, Kind
from ingest.teams import Teams
from metrics.frames import FRAMES
from metrics.functions import BY_KEY, KPIS, MEASURES, OWNER
from metrics.maturity.answers import ANSWERED, DONT_KNOW, NOT_APPLICABLE
from metrics.maturity.model import MaturityModel, load_model
from metrics.model import ALL, Finding, Severity
from metrics.units import Kind as UnitKind

_MONTH = Field("month", Kind.DATE, ("month", "period", "date", "year month", "monat", "mois"),
               required=True)  # fmt: skip
_TEAM = Field("team", Kind.TEXT, ("team", "region", "site", "unit", "business unit", "country"))
_FUNCTION = Field("function", Kind.TEXT, ("function", "business function", "department"))
_CONSTITUENCY = Field("constituency", Kind.TEXT, ("constituency", "audience"))
_OBJECTIVE = Field("objective", Kind.TEXT, ("objective", "goal"))

COSTS = (
    _MONTH, _FUNCTION, _TEAM,
    Field("category", Kind.TEXT, ("category", "cost category", "cost type"), required=True),
    Field("amount", Kind.NUMBER, ("amount", "cost"), required=True),
    Field("initiative", Kind.TEXT, ("initiative",)),
    Field("currency", Kind.TEXT, ("currency",)),
)  # fmt: skip
INITIATIVES = (
    Field("initiative", Kind.TEXT, ("initiative", "initiative name"), required=True),
    Field("function", Kind.TEXT, _FUNCTION.aliases, required=True),
    Field("start", Kind.DATE, ("start", "start month", "start date"), required=True),
    Field("end", Kind.DATE, ("end", "end month", "end date")),
    Field("teams", Kind.TEXT, ("teams", "team", "treated teams")),
    Field("cost", Kind.NUMBER, ("cost", "cost so far")),
    Field("hours", Kind.NUMBER, ("hours", "hours so far")),
    _OBJECTIVE, _CONSTITUENCY,
    Field("tool", Kind.TEXT, ("tool", "main tool")),
    Field("boundary", Kind.TEXT, ("boundary", "internal or external")),
    Field("kpi", Kind.TEXT, ("kpi", "kpi it should move")),
    Field("expected", Kind.NUMBER, ("expected effect", "expected", "expected change")),
)  # fmt: skip
TARGETS = (
    Field("kpi", Kind.TEXT, ("kpi",), required=True),
    _MONTH,
    Field("value", Kind.NUMBER, ("target", "target value"), required=True),
    _FUNCTION, _TEAM,
)  # fmt: skip
ANSWERS = (
    Field("rater", Kind.TEXT, ("rater", "respondent"), required=True),
    Field("question", Kind.TEXT, ("question", "question id"), required=True),
    Field("answer", Kind.TEXT, ("answer", "value", "response"), required=True),
    Field("wave", Kind.TEXT, ("wave", "assessment")),
    Field("rater_role", Kind.TEXT, ("role", "rater role")),
    Field("rater_function", Kind.TEXT, ("rater function",)),
    Field("model_version", Kind.TEXT, ("model version", "version")),
    Field("stage", Kind.TEXT, ("stage",)),
    Field("evidence", Kind.TEXT, ("evidence",)),
    Field("evidence_kind", Kind.TEXT, ("evidence kind", "kind of evidence")),
    _FUNCTION, _CONSTITUENCY,
)  # fmt: skip
CONTRIBUTIONS = (
    Field("month", Kind.DATE, ("date", "month", "created at"), required=True),
    Field("contributor", Kind.TEXT, ("author id", "contributor", "contributor id"),
          required=True),
    Field("kind", Kind.TEXT, ("kind", "contribution", "type"), required=True),
    Field("count", Kind.NUMBER, ("count", "contributions")),
    _FUNCTION, _TEAM, _CONSTITUENCY, _OBJECTIVE,
)  # fmt: skip
TEAMS = (
    Field("team", Kind.TEXT, ("team",), required=True),
    Field("spellings", Kind.TEXT, ("other spellings", "spellings", "aliases"), required=True),
    _FUNCTION,
)  # fmt: skip
RATES = (
    Field("currency", Kind.TEXT, ("currency", "currency code"), required=True),
    Field("rate", Kind.NUMBER, ("rate", "exchange rate"), required=True),
)  # fmt: skip

SHEETS: Mapping[str, tuple[Field, ...]] = {
    "answers": ANSWERS, "initiatives": INITIATIVES, "contributions": CONTRIBUTIONS,
    "targets": TARGETS, "costs": COSTS, "teams": TEAMS, "exchange_rates": RATES,
}  # fmt: skip
MEASURE_SHEET = "measures"


@dataclass(frozen=True)
class Recognition:
    """What kind of sheet a table is, and field (or measure) → column."""

    key: str
    columns: Mapping[str, int]
    confidence: float = 1.0


@dataclass(frozen=True)
class Made:
    """Rows for one frame, and what was odd."""

    frame: str
    rows: pd.DataFrame
    findings: list[Finding] = field(default_factory=list)


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
    frame = assign(table.header, (_MONTH, _TEAM, _FUNCTION), RECOGNISED)
    if "month" not in frame:
        return None
    taken = {column for column, _ in frame.values()}
    columns = {key: column for key, (column, _) in frame.items()}
    speaks_of = function_key(table.sheet or "")
    for position, heading in enumerate(table.header):
        measure = _measure(heading, speaks_of) if position not in taken else None
        if measure is not None:
            columns.setdefault(measure, position)
    return Recognition(MEASURE_SHEET, columns) if len(columns) > len(frame) else None


def _measure(heading: str, function: str) -> str | None:
    """Return the measure a heading names; one of the sheet's own function first."""
    fitting = [
        (OWNER[measure.key] != function, -score, measure.key)
        for measure in MEASURES.values()
        if (score := fit(heading, (measure.key, measure.header, *measure.aliases))) >= RECOGNISED
    ]
    return min(fitting)[2] if fitting else None


@cache
def function_key(name: str) -> str:
    """Return the function a text names by key or title, or ''."""
    plain = normal(name)
    return next((f.key for f in BY_KEY.values() if plain in (normal(f.key), normal(f.title))), "")


@dataclass(frozen=True)
class Declared:
    """What the uploaded files say about the client itself."""

    teams: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    money: Money = field(default_factory=Money)


def declared(sheets: Sequence[tuple[Table, Recognition]]) -> Declared:
    """Return teams with their spellings and exchange rates that are among the files."""
    teams: dict[str, dict[str, None]] = {}
    rates: dict[str, float] = {}
    base = ""
    for table, sheet in sheets:
        if sheet.key not in ("teams", "exchange_rates"):
            continue
        rows = _frame(reader.read(table, SHEETS[sheet.key], sheet.columns))
        if sheet.key == "teams":
            for team, spelled in zip(rows["team"], rows["spellings"].fillna(""), strict=True):
                names = [name.strip() for name in spelled.split(";") if name.strip()]
                teams.setdefault(team, {}).update(dict.fromkeys(names))
        else:
            rates |= dict(zip(rows["currency"], rows["rate"].astype(float), strict=True))
            found = re.search(r"\b[A-Z]{3}\b", table.header[sheet.columns["rate"]])
            base = found[0] if found else base
    return Declared({t: tuple(names) for t, names in teams.items()}, Money(base, rates))


def read(table: Table, sheet: Recognition, money: Money, teams: Teams) -> Made:
    """Turn a recognised summary sheet into rows of its frame."""
    made = _BUILD[sheet.key](table, sheet, money)
    rows = made.rows
    if "team" in rows:
        rows = rows.assign(team=[teams.find(name) or name for name in rows["team"]])
    if "teams" in rows:
        rows = rows.assign(teams=[_several(names, teams) for names in rows["teams"]])
    return Made(made.frame, rows, made.findings)


def _several(names: str, teams: Teams) -> str:
    parts = [part.strip() for part in re.split(r"[;|]", names) if part.strip()]
    return "; ".join(teams.find(part) or part for part in parts)


def _frame(read_columns: Columns) -> pd.DataFrame:
    return pd.DataFrame({key: values.to_pandas() for key, values in read_columns.values.items()})


def _texts(rows: pd.DataFrame, key: str, default: str = "") -> pd.Series:
    if key not in rows:
        return pd.Series(default, index=rows.index, dtype="str")
    return rows[key].fillna(default).astype("str")


def _functions(rows: pd.DataFrame, key: str = "function") -> list[str]:
    return [function_key(name) or normal(name).replace(" ", "_") for name in _texts(rows, key)]


def _first(days: pd.Series) -> pd.Series:
    return pd.to_datetime(days).dt.to_period("M").dt.to_timestamp()


def _cells(table: Table, sheet: Recognition, key: str) -> list[str]:
    column = sheet.columns[key]
    return [str(table.place(column, row)) for row in table.data.column("row").to_pylist()]


def _costs(table: Table, sheet: Recognition, money: Money) -> Made:
    found = reader.read(table, COSTS, sheet.columns)
    rows, findings = _frame(found), list(found.findings)
    stated = currency_of(table.header[sheet.columns["amount"]]) or money.base
    currency = _texts(rows, "currency", stated)
    rate = currency.map({code: money.rate(code) for code in currency.unique()})
    amount = rows["amount"].astype(float)
    findings += _below(table, sheet, "amount", amount, 0.0, "negative_cost")
    costs = pd.DataFrame(
        {
            "function": _functions(rows), "team": _texts(rows, "team", ALL),
            "month": _first(rows["month"]), "category": _texts(rows, "category").str.lower(),
            "amount": amount.where(amount >= 0) * rate,
            "currency": money.base or currency, "place": _cells(table, sheet, "amount"),
        }
    )  # fmt: skip
    return Made("costs", costs[costs["month"].notna()], findings)


def _below(table, sheet, key: str, values: pd.Series, least: float, code: str) -> list[Finding]:
    rows = table.data.column("row").to_pylist()
    column = sheet.columns[key]
    facts = {"column": table.header[column], "minimum": least}
    return [
        Finding(code, Severity.ERROR, table.place(column, rows[i]), f"{values.iloc[i]:g}",
                {**facts, "value": f"{values.iloc[i]:,.2f}"})
        for i in np.flatnonzero((values < least).to_numpy())
    ]  # fmt: skip


def _initiatives(table: Table, sheet: Recognition, money: Money) -> Made:
    found = reader.read(table, INITIATIVES, sheet.columns)
    rows, findings = _frame(found), list(found.findings)
    made = {name: _texts(rows, name) for name in ("initiative", "objective", "tool")}
    made |= {
        "function": _functions(rows), "teams": _texts(rows, "teams", ALL),
        "constituency": _texts(rows, "constituency", ALL).str.lower(),
        "boundary": _texts(rows, "boundary", "external").str.lower(),
        "start": _first(rows["start"]), "kpi": [_kpi(name) for name in _texts(rows, "kpi")],
    }  # fmt: skip
    if "end" in rows:
        made["end"] = _first(rows["end"])
    for name in ("cost", "hours", "expected"):
        if name in rows:
            made[name] = rows[name].astype(float)
    return Made("initiatives", pd.DataFrame(made), findings)


def _kpi(name: str) -> str:
    plain = normal(name)
    return next((k.key for k in KPIS.values() if plain in (normal(k.key), normal(k.title))), name)


def _targets(table: Table, sheet: Recognition, money: Money) -> Made:
    found = reader.read(table, TARGETS, sheet.columns)
    rows = _frame(found)
    targets = pd.DataFrame(
        {
            "function": _functions(rows), "team": _texts(rows, "team", ALL),
            "kpi": [_kpi(name) for name in _texts(rows, "kpi")],
            "month": _first(rows["month"]), "value": rows["value"].astype(float),
        }
    )  # fmt: skip
    return Made("targets", targets, list(found.findings))


def _contributions(table: Table, sheet: Recognition, money: Money) -> Made:
    found = reader.read(table, CONTRIBUTIONS, sheet.columns)
    rows = _frame(found)
    each = pd.DataFrame(
        {
            "month": _first(rows["month"]), "contributor": _texts(rows, "contributor"),
            "function": _functions(rows), "team": _texts(rows, "team", ALL),
            "constituency": _texts(rows, "constituency", ALL).str.lower(),
            "objective": _texts(rows, "objective"), "kind": _texts(rows, "kind").str.lower(),
            "count": rows["count"].astype(float) if "count" in rows else 1.0,
        }
    )  # fmt: skip
    keys = [name for name in each if name != "count"]
    counted = each.dropna(subset="month").groupby(keys, as_index=False)["count"].sum()
    return Made("contributions", counted, list(found.findings))


@cache
def _model() -> MaturityModel:
    return load_model()


@cache
def _values_of(answers: str) -> Mapping[str, float]:
    options = _model().answer_sets[answers].options
    return {normal(option.label): option.value for option in options}


_NOT_ANSWERED = {
    **dict.fromkeys(("don t know", "dont know", "do not know", "unknown"), DONT_KNOW),
    **dict.fromkeys(("not applicable", "n a", "na"), NOT_APPLICABLE),
}


def _answers(table: Table, sheet: Recognition, money: Money) -> Made:
    found = reader.read(table, ANSWERS, sheet.columns)
    rows, findings = _frame(found), list(found.findings)
    at = table.data.column("row").to_pylist()
    questions = {question.id: question for question in _model().questions}
    values, states = [], []
    for i, (question, answer) in enumerate(
        zip(_texts(rows, "question"), _texts(rows, "answer"), strict=True)
    ):
        value, state = _answer(questions.get(question.strip()), answer)
        values.append(value)
        states.append(state)
        if not state:
            place = table.place(sheet.columns["answer"], at[i])
            facts = {"question": question, "value": answer}
            findings.append(Finding("answer_unknown", Severity.ERROR, place, answer, facts))
    made = {
        name: _texts(rows, name) for name in ("wave", "rater", "rater_role", "question", "evidence")
    }
    made |= {
        "model_version": _texts(rows, "model_version", _model().version),
        "rater_function": _functions(rows, "rater_function"), "function": _functions(rows),
        "constituency": _texts(rows, "constituency", ALL).str.lower(),
        "value": values, "state": states, "stage": _texts(rows, "stage", "before"),
        "evidence_kind": _texts(rows, "evidence_kind", "assertion").str.lower(),
    }  # fmt: skip
    answers = pd.DataFrame(made)
    return Made("answers", answers[answers["state"] != ""], findings)


def _answer(question, answer: str) -> tuple[float, str]:
    """Return value and state of one answer; state '' where it is not understood."""
    plain = normal(answer)
    if plain in _NOT_ANSWERED:
        return np.nan, _NOT_ANSWERED[plain]
    if question is None or not plain:
        return np.nan, ""
    options = _values_of(question.answers)
    if plain in options:
        return options[plain], ANSWERED
    try:
        value = float(answer.replace(",", "."))
    except ValueError:
        return np.nan, ""
    return (value, ANSWERED) if value in options.values() else (np.nan, "")


def _measures(table: Table, sheet: Recognition, money: Money) -> Made:
    keys = [key for key in sheet.columns if key in MEASURES]
    fields = [_MONTH, _TEAM, _FUNCTION, *(Field(key, _kind(key)) for key in keys)]
    found = reader.read(table, fields, sheet.columns)
    rows, findings = _frame(found), list(found.findings)
    month, team = _first(rows["month"]), _texts(rows, "team", ALL)
    at = table.data.column("row").to_pylist()
    twice = _twice(table, sheet, rows, month, team, findings)
    parts = []
    for key in keys:
        measure = MEASURES[key]
        value = rows[key].astype(float)
        is_money = measure.unit.kind is UnitKind.MONEY
        codes = np.where(found.currencies[key] == "", money.base, found.currencies[key]) if (
            is_money) else np.full(len(rows), "")  # fmt: skip
        rate = np.array([money.rate(code) for code in codes])
        code = "negative_cost" if is_money else "below_minimum"
        findings += _below(table, sheet, key, value, measure.minimum, code)
        reason = np.where(value < measure.minimum, code, "")
        reason = np.where(twice == "differs", "month_twice", reason)
        reason = np.where(value.isna() & (reason == ""), "cell_empty", reason)
        reason = np.where(np.isnan(rate) & (reason == ""), "currency_without_rate", reason)
        column = sheet.columns[key]
        part = pd.DataFrame(
            {
                "function": OWNER[key], "team": team, "item": ALL, "constituency": ALL,
                "month": month, "measure": key, "value": (value * rate).where(reason == ""),
                "currency": (money.base or codes) if is_money else "",
                "place": [str(table.place(column, row)) for row in at], "reason": reason,
            }
        )  # fmt: skip
        parts.append(part[(twice != "same") & month.notna() & ~_never(found, key, value)])
    return Made("observations", pd.concat(parts, ignore_index=True), findings)


def _never(found: Columns, key: str, value: pd.Series) -> pd.Series:
    """Rows of a column that is empty throughout say nothing."""
    return pd.Series(bool(value.isna().all()), index=value.index)


def _kind(measure: str) -> Kind:
    return Kind.MONEY if MEASURES[measure].unit.kind is UnitKind.MONEY else Kind.NUMBER


def _twice(table, sheet, rows: pd.DataFrame, month, team, findings: list[Finding]) -> np.ndarray:
    """Mark months that stand twice for a team: ``same`` numbers again, or ``differs``."""
    keys = pd.DataFrame({"month": month, "team": team, "function": _texts(rows, "function")})
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


def _nothing(table: Table, sheet: Recognition, money: Money) -> Made:
    return Made("observations", FRAMES["observations"].empty())


_BUILD: Mapping[str, Callable[[Table, Recognition, Money], Made]] = {
    MEASURE_SHEET: _measures, "costs": _costs, "initiatives": _initiatives,
    "targets": _targets, "answers": _answers, "contributions": _contributions,
    "teams": _nothing, "exchange_rates": _nothing,
}  # fmt: skip
