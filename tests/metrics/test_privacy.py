"""Nothing about fewer than five people, and nothing about one."""

from __future__ import annotations

import pandas as pd
import pytest

from loop import sample, uploads
from metrics.assumptions import Assumptions
from metrics.frames.register import SKILLS
from metrics.maturity.waves import SMALLEST_GROUP
from metrics.model import Snapshot
from metrics.practice.part import practice


@pytest.fixture(scope="module")
def part():
    """Practice by the sample company's register alone."""
    files = [(f.name, f.read_bytes()) for f in sample.SAMPLE.glob("programme_register.xlsx")]
    found = uploads.check(files, sample.sample_profile(), as_of=sample.SAMPLE_AS_OF)
    snapshot = Snapshot(sample.sample_profile(), 1, sample.SAMPLE_AS_OF, found.frames)
    return practice(snapshot, Assumptions()), snapshot


def test_skills_of_fewer_than_five_people_are_not_shown(part) -> None:
    shown, snapshot = part
    people = snapshot["people"].groupby("function")["person"].nunique()
    small, large = people[people < SMALLEST_GROUP].index, people[people >= SMALLEST_GROUP].index
    assert len(small), "the sample has functions with few people"
    assert len(large), "and one with more"
    rows = shown.coverage.set_index("function")
    assert rows.loc[small, "level"].isna().all()
    assert (rows.loc[small, "holders"] == 0).all()
    assert (rows.loc[small, "reason"] == "group_under_five").all()
    assert (rows.loc[small, "hero"] == "").all()
    assert rows.loc[large, "level"].notna().any()
    assert not set(shown.dual["function"]) & set(small)


def test_no_person_is_named_in_what_is_said_of_practice(part) -> None:
    shown, snapshot = part
    persons = {*snapshot["people"]["person"], *snapshot["contributions"]["contributor"]} - {""}
    for frame in (shown.network, shown.coverage, shown.dual, shown.learning):
        for column in frame.select_dtypes(exclude="number"):
            assert not set(frame[column].astype("str")) & persons, column


def test_balance_of_few_people_is_not_shown(part) -> None:
    shown, _ = part
    rows = shown.network
    few = rows[(rows["reason"] == "group_under_five")]
    assert few[["network", "contribution", "participation", "score"]].isna().all(axis=None)
    assert isinstance(rows, pd.DataFrame)
    assert set(SKILLS) == set(shown.coverage["skill"])
