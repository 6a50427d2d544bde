"""One way from a snapshot to a report: the same every time, and no more than was asked for."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pandas as pd
import pytest

from loop import reports
from loop.sample import SAMPLE_AS_OF
from metrics.assumptions import ASSUMPTIONS, Assumptions
from metrics.errors import InvalidInput
from metrics.functions import KPIS
from metrics.model import Profile, Snapshot
from metrics.report import PARTS, Report, compute
from workspaces.access import LOCAL, enter
from workspaces.parts import freeze, thaw
from workspaces.store import Store

NAMES = [part.name for part in PARTS]
AGAIN = [name for name in NAMES if name != "forecasts"]
LONG = {
    *("track_record", "roadmap", "standing", "tuning", "economics", "case", "decisions"),
    *("effects", "maturity"),
}
"""Parts that take seconds to compute."""


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_a_part_comes_back_from_its_bytes_as_it_was(sample, part) -> None:
    before = sample.report[part.name]
    after = thaw(part.kind, freeze(before))
    for field in dataclasses.fields(part.kind):
        old, new = getattr(before, field.name), getattr(after, field.name)
        if isinstance(old, pd.DataFrame):
            pd.testing.assert_frame_equal(new, old, check_dtype=len(old) > 0)
        elif isinstance(old, float):
            assert new == old or (np.isnan(new) and np.isnan(old))
        else:
            assert new == old


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.slow if n in LONG else ()) for n in AGAIN]
)
def test_computing_again_gives_the_same_bytes(sample, name) -> None:
    again = compute(sample.snapshot, Assumptions(), (name,))
    assert freeze(again[name]) == sample.store.part(
        sample.client, sample.revision, reports.part_key(Assumptions(), name)
    )


def test_forecasting_again_gives_the_same_bytes(sample) -> None:
    """Three of the series stand for all: the seed of each hangs on its own name."""
    from metrics.forecast import forecast_many

    history = sample.report.forecasts.history
    names = list(dict.fromkeys(history["series"]))[:1]
    series = {
        n: history[history["series"] == n].set_index("period")["value"].asfreq("MS") for n in names
    }
    one, two = (forecast_many(series, 12, kind="real", seed=7) for _ in range(2))
    for name in names:
        pd.testing.assert_frame_equal(one.forecasts[name].path, two.forecasts[name].path)


@pytest.mark.slow
def test_the_document_has_the_same_bytes_twice(sample) -> None:
    again = reports.report(sample.workspace)
    assert reports.document(again) == reports.document(sample.report)


def test_parts_are_read_back_and_not_computed_again(sample, monkeypatch) -> None:
    def refuse(**_):
        raise AssertionError("computed again")

    for part in PARTS:
        monkeypatch.setattr(part, "compute", refuse)
    report = reports.report(sample.workspace)
    assert {name: type(part) for name, part in report.parts.items()} == {
        part.name: part.kind for part in PARTS
    }
    monkeypatch.setattr(reports, "code_version", lambda: "0" * 12)
    with pytest.raises(AssertionError, match="computed again"):
        _ = reports.report(sample.workspace).measures


def loading(asked: list[str]) -> Report:
    """The report of a client without data, which notes what is loaded, in order."""
    blank = Snapshot(Profile("Blank", ("support",)), 1, SAMPLE_AS_OF, {})
    return compute(blank, Assumptions(), load=lambda part, make: asked.append(part.name) or make())


@pytest.mark.parametrize(
    ("touch", "loaded"),
    [
        (lambda report: report.measures, ["measures"]),
        (lambda report: report.maturity, ["maturity", "loop", "measures"]),
        (lambda report: (report.case, report.case), ["case", "value", "effects"]),
        (lambda report: report.currency, []),
        (lambda report: report["savings"], ["savings"]),
    ],
)
def test_a_part_is_loaded_when_it_is_touched_and_once(touch, loaded) -> None:
    asked: list[str] = []
    touch(loading(asked))
    assert asked == loaded


def test_readers_at_the_same_time_share_one_computation() -> None:
    asked: list[str] = []
    report, start = loading(asked), Barrier(8)

    def read(number: int) -> object:
        start.wait()
        return report.standing if number % 2 else report.roadmap

    with ThreadPoolExecutor(8) as readers:
        seen = list(readers.map(read, range(8)))
    assert len({id(part) for part in seen}) == 2
    assert len(asked) == len(set(asked))


def test_a_part_that_failed_is_tried_again() -> None:
    answers = iter([OSError("away"), None])

    def load(part, make):
        failure = next(answers)
        if failure:
            raise failure
        return make()

    blank = Snapshot(Profile("Blank", ("support",)), 1, SAMPLE_AS_OF, {})
    report = compute(blank, Assumptions(), load=load)
    with pytest.raises(OSError, match="away"):
        _ = report.savings
    assert report.savings.reason


@pytest.mark.parametrize("name", NAMES)
def test_a_client_without_data_has_every_part_with_a_reason(name) -> None:
    blank = Snapshot(Profile("Blank", ("support",)), 1, SAMPLE_AS_OF, {})
    part = compute(blank, Assumptions(), (name,))[name]
    again = thaw(type(part), freeze(part))
    for field in dataclasses.fields(part):
        value = getattr(part, field.name)
        if isinstance(value, pd.DataFrame):
            assert len(value) == len(getattr(again, field.name))
            # Levels, ranks, counts asked for and month numbers are settings; hire or train needs
            # none.
            settings = ["level", "rank", "have", "need", *(["month"] if name != "effects" else [])]
            figures = value.select_dtypes("number").drop(columns=settings, errors="ignore")
            if set(figures) != {"train", "hire"}:
                assert not figures.any(axis=None), "no figure without data"
    if name in ("savings", "effects", "case"):
        assert part.reason
    if name == "maturity":
        assert part.enterprise["reason"]


def test_a_past_revision_is_served_as_it_was(sample, tmp_path) -> None:
    store = Store.open(str(sample.copy(tmp_path / "copy.sqlite")))
    before = reports.report(enter(store, LOCAL, sample.client))
    kept = before.measures.values
    costs = store.snapshot(sample.client)["observations"]
    store.save(
        sample.client,
        sample.revision,
        "tests",
        "edit",
        replace={"observations"},
        frames={"observations": costs[costs["function"] == "sales"]},
    )
    now = reports.report(enter(store, LOCAL, sample.client))
    past = reports.report(enter(store, LOCAL, sample.client), revision=sample.revision)
    assert set(now.measures.values["function"]) == {"sales"}
    pd.testing.assert_frame_equal(past.measures.values, kept)
    assert (past.revision, now.revision) == (sample.revision, sample.revision + 1)
    store.close()


@pytest.mark.slow
def test_other_assumptions_are_another_report(sample) -> None:
    chosen = Assumptions({"discount_rate": 0.2})
    assert chosen.checksum != Assumptions().checksum
    dearer = reports.report(sample.workspace, chosen=chosen)
    assert dearer.case.npv != sample.report.case.npv
    assert reports.report(sample.workspace).case.npv == sample.report.case.npv


def test_the_saving_of_all_is_that_of_the_functions(sample) -> None:
    part = sample.report.savings
    known = part.savings.dropna(subset="saving")
    assert len(known) == 10
    assert part.total == pytest.approx(known["saving"].sum(), rel=1e-9)
    assert part.low < part.total < part.high
    for row in known.itertuples():
        parts = [row.rate, row.volume, row.mix, row.new, row.lost]
        assert sum(parts) == pytest.approx(row.actual - row.baseline, abs=0.01)
    wide = part.monthly.pivot_table(index="month", columns="function", values="saving").dropna()
    assert wide["all"].to_numpy() == pytest.approx(wide.drop(columns="all").sum(axis=1).to_numpy())


def test_months_that_are_not_over_are_not_forecast_from(sample) -> None:
    last = pd.Timestamp(sample.truth["month_not_over"])
    assert sample.report.forecasts.history["period"].max() < last
    values = sample.report.measures.values
    assert (values.loc[values["month"] == last, "reason"] != "").all()


def test_the_simulated_truth_lies_in_the_forecasts(sample) -> None:
    """The contact rate of the coming months is known for the sample; 80 % intervals hold mostly."""
    part = sample.report.forecasts
    assert set(part.backtests["series"]) == set(part.forecasts["series"])
    future = sample.truth["future"]
    held = []
    for function, kpis in future.items():
        for kpi, teams in kpis.items():
            path = part.forecasts[
                (part.forecasts["series"] == kpi) & (part.forecasts["level"] == 95)
            ]
            if path.empty or not all("numerator" in t for t in teams.values()):
                continue
            scale = KPIS[kpi].scale
            top, bottom = (
                np.sum([t[side] for t in teams.values()], axis=0)
                for side in ("numerator", "denominator")
            )
            truth = pd.Series(
                scale * top / bottom,
                index=pd.PeriodIndex(sample.truth["future_months"], freq="M").to_timestamp(),
            )
            shared = path[path["period"].isin(truth.index)]
            expected = truth[shared["period"]].to_numpy()
            held.append(((shared["low"] <= expected) & (expected <= shared["high"])).mean())
            assert function
    assert len(held) >= 5
    assert np.mean(held) > 0.75


def test_the_code_version_follows_the_mathematics(tmp_path, monkeypatch) -> None:
    import shutil

    shutil.copytree(
        reports.ROOT / "metrics", tmp_path / "metrics", ignore=shutil.ignore_patterns("__pycache__")
    )
    monkeypatch.setattr(reports, "ROOT", tmp_path)
    reports.code_version.cache_clear()
    try:
        original = reports.code_version()
        (tmp_path / "metrics" / "units.py").open("a").write("\n")
        reports.code_version.cache_clear()
        assert reports.code_version() != original
    finally:
        reports.code_version.cache_clear()


@pytest.mark.parametrize("assumption", ASSUMPTIONS, ids=lambda a: a.key)
def test_assumptions_hold_their_ranges_and_sources(assumption) -> None:
    assert assumption.low <= assumption.default <= assumption.high
    assert assumption.title
    assert assumption.source
    assert assumption.help.endswith(".")
    for outside in (assumption.low - 1, assumption.high + 1):
        with pytest.raises(InvalidInput, match="out_of_range"):
            Assumptions({assumption.key: outside})


def test_an_unknown_assumption_is_refused() -> None:
    with pytest.raises(InvalidInput, match="assumption_unknown"):
        Assumptions({"luck": 1.0})
