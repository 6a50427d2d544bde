"""Sheets of costs, initiatives, targets, answers and contributions: headings and rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import cast

import numpy as np
import pandas as pd

from ingest import columns as reader
from ingest.columns import Money
from ingest.mapping import normal
from ingest.model import Table
from ingest.sheets import register
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
from metrics.frames import FRAMES
from metrics.maturity.answers import ANSWERED, DONT_KNOW, NOT_APPLICABLE
from metrics.maturity.model import MaturityModel, load_model
from metrics.model import ALL, Finding, Severity

MONTH = Field(
    "month",
    FieldKind.DATE,
    ("month", "period", "year month", "monat", "mois", "mes", "date", "datum"),
    required=True,
)
TEAM = Field("team", FieldKind.TEXT, ("team", "region", "site", "unit", "business unit", "country"))
ITEM = Field("item", FieldKind.TEXT, ("item", "channel", "product"))
FUNCTION = Field("function", FieldKind.TEXT, ("function", "business function", "department"))
CURRENCY = Field("currency", FieldKind.TEXT, ("currency", "currency code", "währung", "devise"))
_CONSTITUENCY = Field("constituency", FieldKind.TEXT, ("constituency", "audience"))
_OBJECTIVE = Field("objective", FieldKind.TEXT, ("objective", "goal"))

COSTS = (
    MONTH,
    FUNCTION,
    TEAM,
    Field(
        "category",
        FieldKind.TEXT,
        ("category", "cost category", "cost type", "kategorie", "kostenart", "catégorie"),
        required=True,
    ),
    Field(
        "amount",
        FieldKind.MONEY,
        ("amount", "cost", "betrag", "kosten", "montant", "coût"),
        required=True,
    ),
    Field("initiative", FieldKind.TEXT, ("initiative",)),
    CURRENCY,
)
INITIATIVES = (
    Field("initiative", FieldKind.TEXT, ("initiative", "initiative name"), required=True),
    Field("function", FieldKind.TEXT, FUNCTION.aliases, required=True),
    Field("start", FieldKind.DATE, ("start", "start month", "start date"), required=True),
    Field("end", FieldKind.DATE, ("end", "end month", "end date")),
    Field("teams", FieldKind.TEXT, ("teams", "team", "treated teams")),
    Field("cost", FieldKind.NUMBER, ("cost", "cost so far")),
    Field("hours", FieldKind.NUMBER, ("hours", "hours so far")),
    _OBJECTIVE,
    _CONSTITUENCY,
    Field("tool", FieldKind.TEXT, ("tool", "main tool")),
    Field("boundary", FieldKind.TEXT, ("boundary", "internal or external")),
    Field("kpi", FieldKind.TEXT, ("kpi", "kpi it should move")),
    Field("expected", FieldKind.NUMBER, ("expected effect", "expected", "expected change")),
    Field("change", FieldKind.TEXT, ("kind of change", "change")),
    Field("assignment", FieldKind.TEXT, ("assignment", "how teams were chosen")),
)
TARGETS = (
    Field("kpi", FieldKind.TEXT, ("kpi",), required=True),
    MONTH,
    Field("value", FieldKind.NUMBER, ("target", "target value"), required=True),
    FUNCTION,
    TEAM,
)
ANSWERS = (
    Field("rater", FieldKind.TEXT, ("rater", "respondent"), required=True),
    Field("question", FieldKind.TEXT, ("question", "question id"), required=True),
    Field("answer", FieldKind.TEXT, ("answer", "value", "response"), required=True),
    Field("wave", FieldKind.TEXT, ("wave", "assessment")),
    Field("rater_role", FieldKind.TEXT, ("role", "rater role")),
    Field("rater_function", FieldKind.TEXT, ("rater function",)),
    Field("model_version", FieldKind.TEXT, ("model version", "version")),
    Field("stage", FieldKind.TEXT, ("stage",)),
    Field("evidence", FieldKind.TEXT, ("evidence",)),
    Field("evidence_kind", FieldKind.TEXT, ("evidence kind", "kind of evidence")),
    FUNCTION,
    _CONSTITUENCY,
)
CONTRIBUTIONS = (
    Field("month", FieldKind.DATE, ("date", "month", "created at"), required=True),
    Field(
        "contributor", FieldKind.TEXT, ("author id", "contributor", "contributor id"), required=True
    ),
    Field("kind", FieldKind.TEXT, ("kind", "contribution", "type"), required=True),
    Field("count", FieldKind.NUMBER, ("count", "contributions")),
    FUNCTION,
    TEAM,
    _CONSTITUENCY,
    _OBJECTIVE,
)
TEAMS = (
    Field("team", FieldKind.TEXT, ("team",), required=True),
    Field("spellings", FieldKind.TEXT, ("other spellings", "spellings", "aliases"), required=True),
    FUNCTION,
    Field("start", FieldKind.DATE, ("from", "from month", "merged from", "since")),
)
RATES = (
    Field("currency", FieldKind.TEXT, ("currency", "currency code"), required=True),
    Field("rate", FieldKind.NUMBER, ("rate", "exchange rate"), required=True),
)

SHEETS: Mapping[str, tuple[Field, ...]] = {
    "answers": ANSWERS,
    "initiatives": INITIATIVES,
    "contributions": CONTRIBUTIONS,
    "targets": TARGETS,
    "costs": COSTS,
    "teams": TEAMS,
    "exchange_rates": RATES,
    **register.FIELDS,
}


def _cells(table: Table, sheet: Recognition, key: str) -> list[str]:
    column = sheet.columns[key]
    return table.cells(column)


def _costs(table: Table, sheet: Recognition, money: Money) -> Made:
    found = reader.read(table, COSTS, sheet.columns)
    rows, findings = frame(found), list(found.findings)
    seen = pd.Series(found.currencies["amount"], dtype="str").replace("", money.base)
    currency = rows["currency"].fillna(seen).astype("str") if "currency" in rows else seen
    rate = currency.map({code: money.rate(code) for code in currency.unique()}).astype(float)
    amount = rows["amount"].astype(float)
    without = (rate.isna() & amount.notna()).to_numpy()
    findings += reader.without_rate(table, sheet.columns["amount"], currency.to_numpy(), without)
    findings += values_below(table, sheet, "amount", amount, 0.0, "negative_cost")
    costs = pd.DataFrame(
        {
            "function": functions(rows),
            "team": texts(rows, "team", ALL),
            "month": first_of_month(rows["month"]),
            "category": texts(rows, "category").str.lower(),
            "initiative": texts(rows, "initiative"),
            "amount": amount.where(amount >= 0) * rate,
            "currency": money.base or currency,
            "place": _cells(table, sheet, "amount"),
        }
    )
    return Made("costs", costs[costs["month"].notna()], findings)


def values_below(
    table, sheet, key: str, values: pd.Series, least: float, code: str
) -> list[Finding]:
    column = sheet.columns[key]
    facts = {"column": table.header[column], "minimum": least}
    return [
        Finding(
            code,
            Severity.ERROR,
            table.cell(column, int(i)),
            f"{values.iloc[i]:g}",
            {**facts, "value": f"{values.iloc[i]:,.2f}"},
        )
        for i in np.flatnonzero((values < least).to_numpy())
    ]


def _initiatives(table: Table, sheet: Recognition, money: Money) -> Made:
    found = reader.read(table, INITIATIVES, sheet.columns)
    rows, findings = frame(found), list(found.findings)
    made = {name: texts(rows, name) for name in ("initiative", "objective", "tool")}
    made |= {
        "function": functions(rows),
        "teams": texts(rows, "teams", ALL),
        "constituency": texts(rows, "constituency", ALL).str.lower(),
        "boundary": texts(rows, "boundary", "external").str.lower(),
        "start": first_of_month(rows["start"]),
        "kpi": [kpi_key(name) for name in texts(rows, "kpi")],
        "assignment": [
            "randomised" if normal(text).startswith("random") else ""
            for text in texts(rows, "assignment")
        ],
    }
    if "end" in rows:
        made["end"] = first_of_month(rows["end"])
    for name in ("cost", "hours", "expected"):
        if name in rows:
            made[name] = rows[name].astype(float)
    return Made("initiatives", pd.DataFrame(made), findings)


def _targets(table: Table, sheet: Recognition, money: Money) -> Made:
    found = reader.read(table, TARGETS, sheet.columns)
    rows = frame(found)
    targets = pd.DataFrame(
        {
            "function": functions(rows),
            "team": texts(rows, "team", ALL),
            "kpi": [kpi_key(name) for name in texts(rows, "kpi")],
            "month": first_of_month(rows["month"]),
            "value": rows["value"].astype(float),
        }
    )
    return Made("targets", targets, list(found.findings))


def _contributions(table: Table, sheet: Recognition, money: Money) -> Made:
    found = reader.read(table, CONTRIBUTIONS, sheet.columns)
    rows = frame(found)
    each = pd.DataFrame(
        {
            "month": first_of_month(rows["month"]),
            "contributor": texts(rows, "contributor").map(pseudonym),
            "function": functions(rows),
            "team": texts(rows, "team", ALL),
            "constituency": texts(rows, "constituency", ALL).str.lower(),
            "objective": texts(rows, "objective"),
            "kind": texts(rows, "kind").str.lower(),
            "count": rows["count"].astype(float) if "count" in rows else 1.0,
        }
    )
    keys = [name for name in each if name != "count"]
    counted = each.dropna(subset="month").groupby(keys, as_index=False)["count"].sum()
    return Made("contributions", cast(pd.DataFrame, counted), list(found.findings))


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
    rows, findings = frame(found), list(found.findings)
    questions = {question.id: question for question in _model().questions}
    values, states = [], []
    for i, (question, answer) in enumerate(
        zip(texts(rows, "question"), texts(rows, "answer"), strict=True)
    ):
        value, state = _answer(questions.get(question.strip()), answer)
        values.append(value)
        states.append(state)
        if not state:
            place = table.cell(sheet.columns["answer"], i)
            facts = {"question": question, "value": answer}
            findings.append(Finding("answer_unknown", Severity.ERROR, place, answer, facts))
    made = {
        name: texts(rows, name) for name in ("wave", "rater", "rater_role", "question", "evidence")
    }
    made["rater"] = made["rater"].map(pseudonym)
    made |= {
        "model_version": texts(rows, "model_version", _model().version),
        "rater_function": functions(rows, "rater_function"),
        "function": functions(rows),
        "constituency": texts(rows, "constituency", ALL).str.lower(),
        "value": values,
        "state": states,
        "stage": texts(rows, "stage", "before"),
        "evidence_kind": texts(rows, "evidence_kind", "assertion").str.lower(),
    }
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


def _no_observations(table: Table, sheet: Recognition, money: Money) -> Made:
    return Made("observations", FRAMES["observations"].empty())


BUILD: Mapping[str, Callable[[Table, Recognition, Money], Made]] = {
    "costs": _costs,
    "initiatives": _initiatives,
    "targets": _targets,
    "answers": _answers,
    "contributions": _contributions,
    "teams": _no_observations,
    "exchange_rates": _no_observations,
    **register.BUILDERS,
}
