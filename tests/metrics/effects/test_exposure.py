"""What goes with more effect: calibrated with few initiatives, silent where nothing is known."""

from contextlib import closing
from datetime import date

import numpy as np
import pandas as pd
import pytest

from loop import uploads
from metrics.effects import exposure
from metrics.effects.moderators import association
from metrics.effects.part import effects
from metrics.errors import NotEnoughData
from metrics.frames import CONTRIBUTIONS, INITIATIVES, MONTH_NOT_OVER, OBSERVATIONS
from metrics.model import Profile
from tests.support.initiatives import START, initiative, observed, support
from workspaces.pieces import NewUpload
from workspaces.store import Store


@pytest.mark.parametrize(("count", "spread"), [(8, 0.0), (8, 0.05), (16, 0.05)])
def test_the_slope_is_covered_as_often_as_claimed(count, spread):
    """True slope .03; errors of .01 to .08, true effects scattering about the line."""
    random, hit, shown = np.random.default_rng(5), 0, 0
    for _ in range(400):
        amount = random.normal(size=count)
        error = random.uniform(0.01, 0.08, count)
        scatter = random.normal(0, np.hypot(error, spread))
        found = association(0.02 + 0.03 * amount + scatter, error, amount)
        hit += found.low <= 0.03 <= found.high
        shown += association(0.02 + scatter, error, amount).shown
    # With errors alone and few effects the floor under the scale makes it wider than it need be.
    assert 0.925 <= hit / 400 <= 0.995
    assert shown / 400 <= 0.075


def test_equal_errors_and_no_spread_are_least_squares():
    """Five points by hand, y = 1, 2, 3, 4, 6, 7 on x = 0 … 5: slope 21.5 / 17.5."""
    found = association(np.array([1, 2, 3, 4, 6, 7.0]), np.ones(6), np.arange(6.0))
    assert found.slope == pytest.approx(21.5 / 17.5)
    assert (found.spread, found.n) == (0, 6)


def test_too_few_or_equal_amounts_say_nothing():
    with pytest.raises(NotEnoughData):
        association(np.ones(5), np.ones(5), np.arange(5.0))
    with pytest.raises(NotEnoughData):
        association(np.ones(8), np.ones(8), np.ones(8))


def test_doses_by_hand():
    """Two teams, four months, 160 hours: 20 a team and month; 24 contributions: 3."""
    one = initiative(teams="T0; T1", hours=160.0, objective="Answer", end=pd.NaT)
    rows = [
        {
            "month": START + pd.DateOffset(months=month),
            "contributor": "a",
            "function": function,
            "team": team,
            "objective": objective,
            "kind": "post",
            "count": 3.0,
        }
        for month in range(4)
        for function, team, objective in (
            ("support", "T0", "Answer"),
            ("support", "T1", ""),
            ("sales", "T0", "Answer"),
        )
    ]
    contributions = CONTRIBUTIONS.conform(pd.DataFrame(rows))
    as_of = START + pd.DateOffset(months=3)
    row = next(one.itertuples())
    found = exposure._doses(row, contributions, as_of)
    assert found == {"hours": 20, "contributions": 3, "relevant": 1.5, "cross_functional": 1}
    assert exposure.dose(row, contributions) == {"T0": 3, "T1": 3}
    assert exposure.dose(row, CONTRIBUTIONS.empty()) is None


def test_stopped_initiatives_leave_the_survivors():
    """Four started a year ago, one stopped in its third month: 3 of 4 beyond it."""
    begun = pd.Timestamp("2025-01-01")
    rows = [{"initiative": str(i), "start": begun, "end": pd.NaT} for i in range(3)]
    rows.append({"initiative": "3", "start": begun, "end": pd.Timestamp("2025-03-01")})
    frame = INITIATIVES.conform(pd.DataFrame(rows))
    found = exposure.survival(frame, pd.Timestamp("2025-12-01")).set_index("month")["survival"]
    assert (found[2], found[3], found[12]) == (1, 0.75, 0.75)
    assert exposure.survival(frame, pd.Timestamp("2024-01-01")).empty


def test_lots_make_it_grade_a():
    part = effects(observed(support()), initiative(assignment="randomised"))
    assert part.effects.iloc[0]["grade"] == "A"


def test_what_else_moved_is_found_and_what_did_not_is_not():
    """Reopened tickets fall by a third in the treated team; the service level does not move."""
    random = np.random.default_rng(3)
    series = support()
    for number, (team, measures) in enumerate(series.items()):
        share = 0.30 + random.normal(0, 0.01, 36)
        after = (observed({team: {"tickets": np.ones(36)}})["month"] >= START).to_numpy()
        measures["reopened_tickets"] = 500 * np.where(after & (number == 0), share - 0.1, share)
        measures["reopen_known_tickets"] = np.full(36, 500.0)
        measures["sla_met_tickets"] = 500 * (0.8 + random.normal(0, 0.01, 36))
        measures["sla_tickets"] = np.full(36, 500.0)
    found = effects(observed(series), initiative()).others.set_index("kpi")
    assert (found.loc["reopen_rate", "found"], found.loc["sla_met", "found"]) == (1, 0)
    assert found.loc["reopen_rate", "low"] < -1 / 3 < found.loc["reopen_rate", "high"]


def test_restated_values_are_kept_and_checked(tmp_path):
    """A final month reported anew leaves what it was; the check estimates with the old figures."""
    first = observed(support())
    first.loc[first["month"] == first["month"].max(), "reason"] = MONTH_NOT_OVER
    second = first.copy()
    treated = (second["team"] == "T0") & (second["measure"] == "support_cost")
    second.loc[treated & (second["month"] >= START), "value"] += 100.0
    with closing(Store.open(str(tmp_path / "store.sqlite"))) as store:
        client = store.create_client(Profile("A", ("support",)), "me", date(2026, 1, 1))
        for number, frame in enumerate((first, second), 1):
            _save(store, client, number, frame)
        restated = store.snapshot(client)["restatements"]
        observations = store.snapshot(client)["observations"]
    changed = int((treated & (first["month"] >= START)).sum()) - 1
    assert (len(restated), set(restated["revision"])) == (changed, {3})
    assert (restated["now"] - restated["was"]).to_numpy() == pytest.approx(100.0)
    was = exposure.first_reported(observations, restated)
    merged = was.merge(first, on=["team", "month", "measure"], suffixes=("", "_first"))
    final = merged["reason"] == ""
    assert merged.loc[final, "value"].to_numpy() == pytest.approx(merged.loc[final, "value_first"])
    part = effects(observations, initiative(), restatements=restated)
    check = part.checks.set_index("name").loc["data revisions"]
    assert check["code"] == "revisions_compared"
    assert check["status"] == "REVIEW"


def _save(store: Store, client: str, expected: int, frame: pd.DataFrame) -> None:
    upload = NewUpload("a.csv", b"x")
    rows = OBSERVATIONS.conform(frame.assign(upload="a.csv", place="a.csv"))
    changed = uploads.find_restated(store.snapshot(client)["observations"], rows, expected + 1)
    frames = {"observations": rows, "restatements": changed}
    store.save(
        client,
        expected,
        "me",
        "ingest",
        uploads=[upload],
        replace={"observations"},
        frames={name: each for name, each in frames.items() if len(each)},
    )


def test_nothing_is_known_of_an_initiative_without_records():
    part = effects(observed(support()), initiative(hours=np.nan))
    assert set(part.moderators["verdict"]) == {"cannot tell"}
    assert part.others.empty
