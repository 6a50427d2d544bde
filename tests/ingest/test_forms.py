"""Questionnaire answers from form exports: the column layouts of three systems, cell by cell."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest

from ingest import forms, workbook
from loop import uploads
from metrics.maturity import load_model
from metrics.model import Profile

MODEL = load_model()
ASKED = [MODEL.question(key) for key in ("STR-2", "ORG-2", "ADV-5")]
PROFILE = Profile("Small Ltd", ("support",))


def export(*rows) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def given(number: int) -> list[str]:
    """Lowest, highest and no answer in the words of each question's own set."""
    sets = [MODEL.answer_sets[q.answers].options for q in ASKED]
    return [sets[0][0].label, sets[1][-1].label, "Don't know" if number else sets[2][1].label]


MICROSOFT = export(
    [
        "ID",
        "Start time",
        "Completion time",
        "Email",
        "Name",
        "Which function do you speak of?",
        "Your role",
        *(q.text for q in ASKED),
    ],
    ["1", "10/1/2026 9:00", "10/1/2026 9:08", "anonymous", "", "Support", "Agent", *given(0)],
    ["2", "10/1/2026 9:10", "10/1/2026 9:19", "anonymous", "", "Support", "Head", *given(1)],
)
SURVEYMONKEY = export(
    [
        "Respondent ID",
        "Collector ID",
        "Start Date",
        "End Date",
        "IP Address",
        "Email Address",
        "First Name",
        "Last Name",
        "Which function do you speak of?",
        *(q.text for q in ASKED),
    ],
    ["", "", "", "", "", "", "", "", "Response", "Response", "Response", "Response"],
    [
        "118069471234",
        "44",
        "10/01/2026 10:02:03 AM",
        "10/01/2026 10:12:03 AM",
        "1.2.3.4",
        "anna@example.org",
        "Anna",
        "A",
        "Support",
        *given(0),
    ],
    [
        "118069471235",
        "44",
        "10/01/2026 11:02:03 AM",
        "10/01/2026 11:12:03 AM",
        "1.2.3.4",
        "ben@example.org",
        "Ben",
        "B",
        "Support",
        *given(1),
    ],
)
QUALTRICS = export(
    [
        "StartDate",
        "EndDate",
        "Status",
        "Progress",
        "Finished",
        "RecordedDate",
        "ResponseId",
        "Function",
        *(q.id.replace("-", "_") for q in ASKED),
    ],
    [
        "Start Date",
        "End Date",
        "Response Type",
        "Progress",
        "Finished",
        "Recorded Date",
        "Response ID",
        "Which function?",
        *(q.text for q in ASKED),
    ],
    [f'{{"ImportId":"QID{i}"}}' for i in range(11)],
    [
        "2026-10-01 09:00:00",
        "2026-10-01 09:09:00",
        "IP Address",
        "100",
        "True",
        "2026-10-01 09:09:00",
        "R_3fQ",
        "Support",
        *given(0),
    ],
    [
        "2026-10-01 10:00:00",
        "2026-10-01 10:09:00",
        "IP Address",
        "100",
        "True",
        "2026-10-01 10:09:00",
        "R_3fR",
        "Support",
        *given(1),
    ],
)

QUALTRICS_TAGS = QUALTRICS
for at, asked in enumerate(ASKED, start=1):
    QUALTRICS_TAGS = QUALTRICS_TAGS.replace(asked.id.replace("-", "_").encode(), b"Q%d" % at, 1)


@pytest.mark.parametrize("system", ["MICROSOFT", "SURVEYMONKEY", "QUALTRICS", "QUALTRICS_TAGS"])
def test_each_layout_gives_the_same_answers(system) -> None:
    found = uploads.check([("form.csv", globals()[system])], PROFILE, as_of=date(2026, 11, 20))
    answers = found.frames["answers"].sort_values(["rater", "question"], ignore_index=True)
    assert answers["rater"].nunique() == 2
    assert set(answers["wave"]) == {"2026-10"}, "the month in which it was finished"
    assert set(answers["function"]) == {"support"}
    assert answers.groupby("question")["value"].max()["ORG-2"] == 1.0
    assert answers.groupby("question")["value"].max()["STR-2"] == 0.0
    states = answers[answers["question"] == "ADV-5"]["state"]
    assert sorted(states) == ["answered", "don't know"]
    assert not {f.code for f in found.findings} & {"answer_unknown", "unknown_table"}
    assert not answers["rater"].str.contains("@|anna", case=False).any(), "nobody is named"


def test_a_bad_answer_is_named_by_the_cell_of_the_export() -> None:
    spoiled = MICROSOFT.replace(given(1)[1].encode(), b"a bit", 1)
    found = uploads.check([("form.csv", spoiled)], PROFILE)
    (odd,) = [f for f in found.findings if f.code == "answer_unknown"]
    assert (odd.place.cell, odd.value) == ("I2", "a bit")


def test_other_tables_stay_as_they_are() -> None:
    (table,) = workbook.read(
        "a.csv", b"Month,Team,STR-2\n2026-01,North,3\n2026-02,North,4\n"
    ).tables
    assert forms.rows_of_answers(table) is table
