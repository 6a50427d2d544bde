"""Three monthly uploads: a forecast is frozen, scored when the month comes, and its change told."""

from __future__ import annotations

from contextlib import closing
from datetime import date

import numpy as np
import pandas as pd
import pytest

from loop import decisions, entries, reports
from metrics.errors import InvalidInput
from metrics.forecast.issued import broken_issues, calibration, issue, points, scores
from metrics.model import Profile
from metrics.outlook.part import issued_rows
from metrics.outlook.track_record import TrackRecordPart
from tests.support.uploads import KPI, upload
from workspaces.access import LOCAL, enter
from workspaces.parts import freeze
from workspaces.store import Store


def one(month="2026-01-01", mean=10.0, low=8.0, high=12.0, level=80.0, **more):
    return {
        "function": "support",
        "kpi": KPI,
        "month": pd.Timestamp(month),
        "level": level,
        "mean": mean,
        "low": low,
        "high": high,
    } | more


def frozen(*rows, **facts):
    return issue(pd.DataFrame(rows), **({"issued": date(2025, 12, 1), "revision": 3} | facts))


def actual(**values):
    return pd.DataFrame(
        [
            {
                "function": "support",
                "team": "all",
                "kpi": KPI,
                "month": pd.Timestamp(m + "-01"),
                "value": v,
            }
            for m, v in values.items()
        ]
    )


def test_scores_match_a_calculation_by_hand():
    """Basis 1..24: repeating last year errs by 12 in sample, so that is the unit of every error."""
    basis = [
        one(f"{2024 + i // 12}-{i % 12 + 1:02d}-01", i + 1.0, np.nan, np.nan, np.nan, kind="basis")
        for i in range(24)
    ]
    rows = frozen(*basis, one("2026-01-01", 26.0, 24.0, 28.0), one("2026-02-01", 30.0, 29.0, 31.0))
    known = actual(**{"2026-01": 25.0, "2026-02": 26.0})
    found = scores(rows, known).iloc[0]
    assert found["months"] == 2
    assert found["error"] == pytest.approx((1 + 4) / 2)
    assert found["bias"] == pytest.approx(2.5)
    assert found["mase"] == pytest.approx(2.5 / 12)
    assert found["mase_naive"] == pytest.approx(((25 - 13) + (26 - 14)) / 2 / 12)
    # Interval score: width 4 inside; width 2 plus 2/0.2 × 3 below. Weights ½ and 0.2/2, K + ½ = 1.5.
    weighted = (0.5 * 5 + 0.1 * (4 + 2 + 10 * 3)) / (2 * 1.5) / 12
    assert found["weighted_interval_score"] == pytest.approx(weighted)
    assert found["verdict"] == "better"
    hits = calibration(points(rows, known)).iloc[0]
    assert (hits["hits"], hits["n"], hits["coverage"]) == (1, 2, 0.5)


def test_without_a_basis_there_is_an_error_but_no_scale():
    found = scores(frozen(one()), actual(**{"2026-01": 11.0})).iloc[0]
    assert found["error"] == 1
    assert np.isnan(found["mase"])
    assert found["verdict"] == "unknown"


def test_a_persons_call_and_a_decision_are_scored_by_the_same_rule():
    call = frozen(one(low=9, high=11), by="analyst")
    decided = frozen(one(low=1, high=2, mean=1.5, decision="extend the community"))
    found = points(pd.concat([call, decided]), actual(**{"2026-01": 10.5}))
    assert dict(zip(found["by"], found["inside"], strict=True)) == {"analyst": 1.0, "model": 0.0}
    assert found.set_index("by").loc["model", "decision"] == "extend the community"


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([one(kind="basis")], "nothing_to_issue"),
        ([one(), one(mean=11)], "forecast_doubled"),
        ([one(low=13)], "bounds_reversed"),
        ([one(mean=13)], "bounds_reversed"),
    ],
)
def test_what_contradicts_itself_is_not_issued(rows, code):
    with pytest.raises(InvalidInput, match=code):
        frozen(*rows)


def test_a_changed_row_shows():
    rows = pd.concat([frozen(one()), frozen(one(mean=11.0))], ignore_index=True)
    assert broken_issues(rows) == []
    rows.loc[0, "high"] = 99.0
    assert broken_issues(rows) == [rows.loc[0, "issue"]]


def test_the_checksum_survives_storage(store):
    client = store.create_client(Profile("A", ("support",)), "me", date(2026, 1, 1))
    rows = pd.DataFrame([one(mean=1 / 3, low=0.1, high=np.pi)])
    decisions.issue_forecasts(enter(store, LOCAL, client), 1, rows, issued=date(2026, 1, 2))
    assert broken_issues(store.snapshot(client)["issued_forecasts"]) == []


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """Upload, issue; upload, issue and call; upload with an old month restated."""
    with closing(Store.open(str(tmp_path_factory.mktemp("issued") / "store.sqlite"))) as store:
        client = store.create_client(Profile("A", ("support",)), "me", date(2026, 7, 1))
        states = []
        for last, restated in (("2026-06-01", 0.0), ("2026-07-01", 0.0), ("2026-08-01", 0.10)):
            upload(store, client, last, restated)
            report = reports.report(enter(store, LOCAL, client))
            states.append(report)
            if last != "2026-08-01":
                rows = issued_rows(report.forecasts)
                number = decisions.issue_forecasts(
                    enter(store, LOCAL, client),
                    report.revision,
                    rows,
                    model="m",
                    issued=pd.Timestamp(last).date(),
                )
            if last == "2026-07-01":
                call = pd.DataFrame([one("2026-08-01", 44.0, 30.0, 60.0)])
                decisions.issue_forecasts(
                    enter(store, LOCAL, client), number, call, by="analyst", issued=date(2026, 8, 2)
                )
        yield store, client, states


def test_the_first_upload_has_no_record_and_the_second_scores_one_month(played):
    _, _, (first, second, _) = played
    assert first.track_record.issues.empty
    assert first.track_record.changes.empty
    record = second.track_record
    assert record.issues["arrived"].tolist() == [1]
    assert record.issues["intact"].all()
    scored = record.scores.set_index("kpi").loc[KPI]
    assert scored["months"] == 1
    at = pd.Timestamp("2026-07-01")
    said = first.forecasts.forecasts.query("level == 80 and series == @KPI").set_index("period")
    truth = second.forecasts.history.query("series == @KPI").set_index("period")
    assert scored["error"] == pytest.approx(
        abs(said.loc[at, "mean"] - truth.loc[at, "value"]), rel=1e-9
    )
    assert set(record.points["level"]) == {50, 80, 95}


def test_what_changed_is_all_new_months_when_nothing_else_changed(played):
    record = played[2][1].track_record
    row = record.changes.set_index("series").loc[KPI]
    assert row["months"] == 11
    assert row["change"] == pytest.approx(row["now"] - row["then"])
    assert row["change"] != 0
    assert row["new_months"] == pytest.approx(row["change"], rel=1e-6)
    assert row[["restated", "model", "assumptions"]].abs().max() < 1e-6 * row["then"]
    assert record.restated.empty


def test_a_restated_month_is_told_and_its_share_of_the_change_taken_apart(played):
    record = played[2][2].track_record
    restated = record.restated.query("series == @KPI")
    assert restated["month"].tolist() == [pd.Timestamp("2026-04-01")]
    assert (restated["now"] / restated["was"]).iloc[0] == pytest.approx(1.10, rel=1e-6)
    row = record.changes.set_index("series").loc[KPI]
    assert row["restated"] > 0
    causes = row[["restated", "new_months", "model", "assumptions"]].sum()
    assert causes == pytest.approx(row["change"], rel=1e-6)


def test_model_and_analyst_are_scored_side_by_side(played):
    record = played[2][2].track_record
    assert record.issues["by"].tolist() == ["model", "model", "analyst"]
    assert record.issues["arrived"].tolist()[-1] == 1
    by = record.calibration.set_index(["by", "level"])
    assert by.loc[("analyst", 80), "hits"] == 1
    assert by.loc[("model", 80), "n"] == 3  # two months of the first issue, one of the second


def test_what_was_issued_outlives_undo_and_editing(played):
    store, client, _ = played
    before = store.snapshot(client)["issued_forecasts"]
    revision = store.revision(client)
    with pytest.raises(InvalidInput, match="append_only"):
        entries.save_frame(
            enter(store, LOCAL, client), revision, "issued_forecasts", before.head(1)
        )
    store.undo(client, revision, "me", 2)
    pd.testing.assert_frame_equal(store.snapshot(client)["issued_forecasts"], before)


def test_issuing_recomputes_nothing_but_the_record(played, monkeypatch):
    store, client, _ = played
    upload(store, client, "2026-09-01")
    report = reports.report(enter(store, LOCAL, client))
    number = decisions.issue_forecasts(
        enter(store, LOCAL, client), report.revision, issued_rows(report.forecasts)
    )
    computed = []
    monkeypatch.setattr(reports, "freeze", lambda part: computed.append(type(part)) or freeze(part))
    after = reports.report(enter(store, LOCAL, client))
    assert after.revision == number
    assert len(after.forecasts.forecasts)
    assert after.track_record.last["series"].tolist()
    assert computed == [TrackRecordPart]
