"""The programme's register: read from its sheets, judged by every gate as it was written to be."""

from __future__ import annotations

import sys
from datetime import date

import pandas as pd
import pytest

from ingest.sheets.register import FIELDS
from loop import uploads
from metrics.frames import FRAMES
from metrics.frames.register import REGISTER
from metrics.maturity.gates import GATES
from metrics.practice.learning import support_effect
from tests.support.places import SAMPLE
from words import knows

NAMES = [frame.name for frame in REGISTER]


@pytest.fixture(scope="module")
def intended():
    """What the generator of the register says must be found."""
    sys.path.insert(0, str(SAMPLE))
    try:
        import social
    finally:
        sys.path.remove(str(SAMPLE))
    return social


@pytest.mark.parametrize("name", NAMES)
def test_every_register_is_whole(name) -> None:
    frame = FRAMES[name]
    assert frame.key
    assert frame.needed
    assert {*frame.key, *frame.needed, *frame.choices} <= set(frame.names)
    assert [field.key for field in FIELDS[name]] == frame.names
    assert knows(f"frame.{name}")
    assert knows(f"sheet.{name}")
    assert all(knows(f"table.{column}") for column in frame.names)


def read(text: str):
    return uploads.check([("register.csv", text.encode())], as_of=date(2026, 11, 20))


def test_a_learning_system_export_is_training() -> None:
    found = read(
        "Learner,Department,Course Title,Completion Date,Duration (hours),Certificate\n"
        "Anna Schmidt,Support,Foundations,2026-03-04,6,Yes\n"
        "Anna Schmidt,Support,Listening,2026-04-08,2,nein\n"
    )
    rows = found.frames["training"]
    assert rows["person"].nunique() == 1
    assert "Anna" not in rows["person"].iloc[0], "names become pseudonyms"
    assert rows["certified"].tolist() == ["yes", "no"]
    assert rows["hours"].tolist() == [6.0, 2.0]
    assert rows["function"].unique().tolist() == ["support"]


def test_a_responsibility_table_may_use_letters_and_odd_words_are_named() -> None:
    found = read("Process,Function,Person,RACI\nAnswer,Support,P-1,A\nAnswer,Support,P-2,boss\n")
    assert found.frames["responsibilities"]["part"].tolist() == ["accountable", ""]
    (odd,) = [f for f in found.findings if f.code == "choice_unknown"]
    assert (odd.place.cell, odd.value) == ("D3", "boss")


def test_days_and_months_keep_their_meaning() -> None:
    rows = read("Task,Owner,Due,Status\nTrain,Head of sales,2027-02-26,Open\n").frames["tasks"]
    assert rows["due"].iloc[0] == pd.Timestamp(2027, 2, 26)
    assert rows["status"].iloc[0] == "open"
    assert rows["function"].iloc[0] == "all"


def test_every_gate_judges_the_sample_as_it_was_written(sample, intended) -> None:
    gates = sample.report.maturity.gates.set_index("gate")["verdict"]
    assert set(gates.index) == {rule.key for rule in GATES}
    assert "no data" not in set(gates)
    assert {key: gates[key] for key in intended.GATES} == intended.GATES


def test_the_support_effect_of_the_sample_is_the_written_one(sample, intended) -> None:
    found = support_effect(sample.snapshot["training"])
    assert found.table == intended.SUPPORT
    assert found.shown
