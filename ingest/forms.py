"""Questionnaire answers from form exports: one row a person and a column a question, made long.

Microsoft Forms and SurveyMonkey head a column with the question's text, Qualtrics with a tag (our
id, such as ``STR-2``, or one of its own) and the text in the row below; what else the systems
write of a person and a moment is known by their own headings. Every answer keeps the cell it came
from.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from ingest.mapping import normal
from ingest.model import Table
from metrics.maturity.model import load_model

LEAST_QUESTIONS = 2
"""Headings that must be questions of the model before a table is taken for a form."""
LIKE_ENOUGH = 40
"""Leading characters of a question's text that identify it; systems cut long headings."""
_ID = re.compile(r"^\W*([A-Za-z]{3})[\s_-]?([2-5])(?![0-9A-Za-z])")
WHO: Mapping[str, tuple[str, ...]] = {
    "email": ("email", "email address", "recipientemail", "recipient email"),
    "number": ("respondent id", "responseid", "response id", "id"),
    "Role": ("your role", "role", "what is your role", "job title"),
    "Rater function": ("where do you work", "your function", "rater function", "your department"),
    "Function": ("which function do you speak of", "function", "business function", "department"),
    "Wave": ("wave", "assessment"),
    "Constituency": ("constituency", "whom do you speak of"),
    "moment": (
        "completion time",
        "end date",
        "enddate",
        "date modified",
        "recordeddate",
        "recorded date",
    ),
}
"""What a column says of the person or the moment, and the headings it comes under."""
LONG = ("Rater", "Role", "Rater function", "Function", "Constituency", "Wave", "Question", "Answer")
NOBODY = ("", "anonymous")


def rows_of_answers(table: Table) -> Table:
    """Return a form export as one row an answer; any other table as it is.

    The last column, ``Answer``, keeps the spreadsheet column of each answer (see ``Table``).
    Without a wave the month in which the form was finished counts as the wave; a person is the
    e-mail address where there is one, which later becomes a pseudonym, and the number otherwise.
    """
    asked = _questions(table)
    if len(set(asked.values())) < LEAST_QUESTIONS:
        return table
    known = _respondent_columns(table.header, asked)
    cells = table.data.to_pandas()
    people = _respondents(cells, known, table)
    pieces = [
        people.assign(
            Question=question,
            Answer=cells[f"c{column}"],
            row=cells["row"],
            at=table.positions[column],
        )
        for column, question in asked.items()
    ]
    rows = pd.concat(pieces, ignore_index=True).sort_values(["row", "at"], kind="stable")
    rows = rows[rows["Answer"].notna()]
    answer = len(LONG) - 1
    columns = {
        f"c{i}": pa.array([_text(v) for v in rows[name]], pa.string())
        for i, name in enumerate(LONG)
    }
    columns["row"] = pa.array(rows["row"].to_numpy(np.int64))
    columns[f"p{answer}"] = pa.array(rows["at"].to_numpy(np.int64))
    first = min(asked)
    places = [table.positions[known.get(name, first)] for name in LONG]
    return replace(
        table, header=LONG, positions=tuple(places), data=pa.table(columns), described=()
    )


def _questions(table: Table) -> dict[int, str]:
    """Return column → question; a tag of the system's own is read by the text below it."""
    asked = {}
    for column, heading in enumerate(table.header):
        below = table.described[column] if column < len(table.described) else ""
        question = _question(heading) or _question(below)
        if question is not None:
            asked[column] = question
    return asked


def _text(value: Any) -> str | None:
    return None if value is None or pd.isna(value) else str(value)


@cache
def _texts() -> Mapping[str, str]:
    return {normal(question.text): question.id for question in load_model().questions}


@cache
def _ids() -> frozenset[str]:
    return frozenset(question.id for question in load_model().questions)


def _question(heading: str) -> str | None:
    """Return the question a heading asks: by its id, its text, or the start of its text."""
    found = _ID.match(heading)
    if found and f"{found[1].upper()}-{found[2]}" in _ids():
        return f"{found[1].upper()}-{found[2]}"
    plain = re.sub(r"^\d+ ", "", normal(heading))
    if plain in _texts():
        return _texts()[plain]
    starts = [
        key
        for text, key in _texts().items()
        if len(plain) >= LIKE_ENOUGH and text.startswith(plain[:LIKE_ENOUGH])
    ]
    return starts[0] if len(starts) == 1 else None


def _respondent_columns(header: tuple[str, ...], asked: Mapping[int, str]) -> dict[str, int]:
    plain = {
        normal(heading): column
        for column, heading in reversed(list(enumerate(header)))
        if column not in asked
    }
    found = {}
    for name, headings in WHO.items():
        column = next((plain[h] for h in headings if h in plain), None)
        if column is not None:
            found[name] = column
    return found


def _respondents(cells: pd.DataFrame, known: Mapping[str, int], table: Table) -> pd.DataFrame:
    def column(name: str) -> pd.Series:
        if name not in known:
            return pd.Series("", index=cells.index, dtype="str")
        return cells[f"c{known[name]}"].map(_text).fillna("").astype("str").str.strip()

    number = column("number").where(column("number") != "", cells["row"].astype("str"))
    email = column("email")
    # A bare number would be another person in each form; the form's name keeps them apart.
    stem = re.sub(r"\W+", "-", table.file.rsplit("/")[-1].rsplit(".")[0]).strip("-").lower()
    rater = email.where(~email.str.lower().isin(NOBODY), stem + "-" + number)
    moment = pd.to_datetime(column("moment"), errors="coerce", format="mixed")
    wave = column("Wave")
    wave = wave.where(wave != "", moment.dt.strftime("%Y-%m").fillna(""))
    named = {name: column(name) for name in ("Role", "Rater function", "Function", "Constituency")}
    return pd.DataFrame({"Rater": rater, "Wave": wave, **named})
