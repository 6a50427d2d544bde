"""A proposal that is taken up: what the list says is what is promised, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date

import numpy as np
import pandas as pd
import pytest

from loop import decisions, entries, readouts, reports
from metrics.errors import InvalidInput
from metrics.frames import INITIATIVES
from metrics.model import Profile
from metrics.proposals.part import head
from tests.support.decisions import KEYS, MONTHS, until
from workspaces.access import LOCAL, Workspace, enter
from workspaces.store import Store

DAY = date(2025, 7, 10)


@pytest.fixture
def small(tmp_path) -> Iterator[tuple[Store, Workspace, int]]:
    """A company with budgets that pay unlike and nothing to compare, tuned monthly."""
    with closing(Store.open(str(tmp_path / "small.sqlite"))) as store:
        client = store.create_client(Profile("Small", tuple(KEYS)), "tests", DAY)
        revision = entries.assume(enter(store, LOCAL, client), 1, {"cycle_months": 1.0})
        revision = store.save(client, revision, "tests", "enter", frames=until(29))
        yield store, enter(store, LOCAL, client), revision


def take_up(workspace: Workspace, revision: int, name: str) -> int:
    return decisions.take_up(workspace, revision, name, owner="A. Berg", reason="It pays.", day=DAY)


def test_a_client_of_budgets_alone_is_told_to_move_them_and_what_to_record(small) -> None:
    _, workspace, revision = small
    table = reports.report(workspace, revision).proposals.table
    assert table["proposal"].iloc[0] == "move:2025-07"
    assert set(table.loc[table["action"] == "record", "subject"]) == {
        "no_initiatives",
        "no_function_scored",
        "no_survey",
    }
    known = reports.report(workspace, revision).tuning.plan
    first = table.iloc[0]
    # A year of the plan's monthly gain, as much of it as arrives within the first.
    months = np.arange(1, 13)
    half = known["ramp_half"]
    arrived = (1 / (1 + np.exp(-np.log(9) / half * (months - half)))).mean()
    assert first["value"] == pytest.approx(12 * known["gain"] * arrived, rel=0.05)
    assert first["cost"] == pytest.approx(0, abs=0.1)


def test_a_decided_proposal_leaves_the_head_and_is_kept_when_its_months_come(small) -> None:
    store, workspace, revision = small
    before = reports.report(workspace, revision)
    number = take_up(workspace, revision, "move:2025-07")
    after = reports.report(workspace, number)
    ledger = after.tuning.ledger
    assert set(ledger["proposal"]) == {"move:2025-07"}
    assert set(ledger["due"]) == {pd.Timestamp("2025-07-01")}
    shown = head(before.proposals.table, ledger, 9)
    assert "move:2025-07" not in set(shown["proposal"])
    new = {name: frame[frame["month"] == MONTHS[30]] for name, frame in until(30).items()}
    number = store.save(
        workspace.client, number, "tests", "enter", frames=new, as_of=date(2025, 8, 10)
    )
    number = decisions.score(workspace, number)
    assert set(reports.report(workspace, number).tuning.ledger["state"]) == {"scored"}


def test_what_has_no_amount_is_decided_with_a_date_and_promises_nothing(small) -> None:
    _, workspace, revision = small
    number = take_up(workspace, revision, "record:no_survey")
    row = reports.report(workspace, number).tuning.ledger.iloc[0]
    assert (row["function"], row["kind"], row["state"]) == ("all", "start", "running")
    assert np.isnan(row["promised"])
    assert row["due"] == pd.Timestamp("2025-07-01")


def test_refused_in_words(small) -> None:
    _, workspace, revision = small
    with pytest.raises(InvalidInput, match="proposal_unknown"):
        take_up(workspace, revision, "extend:Nothing")
    number = take_up(workspace, revision, "record:no_survey")
    with pytest.raises(InvalidInput, match="decision_doubled"):
        take_up(workspace, number, "record:no_survey")


def test_deciding_leaves_an_issued_readout_issued_and_issuing_freezes_its_forecasts(small) -> None:
    store, workspace, revision = small
    report = reports.report(workspace, revision)
    revision = readouts.review(workspace, revision)
    one = readouts.issue(workspace, report, slides=("front", "decisions"))
    frozen = workspace.snapshot()["issued_forecasts"]
    said = report.forecasts.forecasts
    assert len(said) > 0
    assert len(frozen[frozen["kind"] == "forecast"]) == len(said)
    assert set(frozen["note"]) == {one.name}
    take_up(workspace, workspace.revision(), "record:no_survey")
    assert readouts.state(workspace) == "issued"
    again = readouts.issued_report(workspace, one)
    assert again.proposals.table.equals(report.proposals.table)
    rows = INITIATIVES.conform(pd.DataFrame([{"initiative": "Forum", "function": "people"}]))
    store.save(
        workspace.client, workspace.revision(), "tests", "enter", frames={"initiatives": rows}
    )
    assert readouts.state(workspace) == "draft"
