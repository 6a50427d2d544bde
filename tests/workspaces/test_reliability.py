"""Short versions of ``bench.reliability``: killed at random moments, and crowded."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from bench.kills import KILLS, faults, filled, kill_saves, opened
from bench.reliability import crowd

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork to kill a worker")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """A maker of new, empty databases of each kind."""
    if request.param == "postgresql":
        return request.getfixturevalue("postgresql").create
    numbers = count()
    return lambda: str(tmp_path / f"{next(numbers)}.sqlite")


@pytest.mark.slow
@pytest.mark.parametrize("kill", KILLS)
def test_a_killed_process_leaves_no_half_done_work(kill, make, tmp_path) -> None:
    tally = kill(make, tmp_path, 4 if kill is kill_saves else 1, seed=11)
    assert tally.faults == []


@pytest.mark.slow
def test_a_crowd_loses_nothing(make, tmp_path) -> None:
    tally = crowd(make, tmp_path, 1.0, writers=6, readers=8)
    assert tally.faults == []
    assert tally.acknowledged > 0
    assert tally.outcomes["read"] > 0


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE item SET retired = 3 WHERE kind = 'frame' AND added = 3",
        "DELETE FROM item WHERE kind = 'document' AND added = 3",
        "DELETE FROM upload WHERE id = 'r3.1'",
        "DELETE FROM revision WHERE number = 1",
    ],
)
def test_half_a_revision_would_be_noticed(tmp_path, damage) -> None:
    url = str(tmp_path / "damaged.sqlite")
    client = filled(url, 3)
    with opened(url) as store:
        assert faults(store, client) == []
        with store.engine.begin() as connection:
            connection.exec_driver_sql(damage)
        assert faults(store, client) != []
