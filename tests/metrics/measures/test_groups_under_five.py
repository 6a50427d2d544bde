"""No figure about fewer than five answers: not by itself, and not by subtracting the others."""

from __future__ import annotations

import io
import itertools
import json
from datetime import date

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cli
from loop import readouts, reports
from metrics.assumptions import Assumptions
from metrics.effects.part import outcome_and_volume
from metrics.frames import OBSERVATIONS
from metrics.functions import BY_KEY, KPI_OWNER, KPIS
from metrics.measures.baseline import changes
from metrics.measures.kpis import arrange, kpi_values
from metrics.measures.monthly import answers, summable
from metrics.measures.privacy import (
    ANSWERS,
    GROUP_UNDER_FIVE,
    OF_PEOPLE,
    SMALLEST_GROUP,
    hidden_groups,
    listable_rows,
)
from metrics.model import ALL, Profile, Snapshot
from metrics.overview import overview
from metrics.report import compute
from readout import workbook
from words import say

CLASSES = ("promoters", "passives", "detractors")
NPS = "net_promoter_score"
Counts = tuple[int, int, int]


def survey(groups: dict[tuple[str, int], Counts], axis: str = "team") -> pd.DataFrame:
    """Answers by group and number of the month since January 2024."""
    rows = [
        {
            "function": "advocacy",
            "team": ALL,
            "item": ALL,
            axis: name,
            "constituency": ALL,
            "month": pd.Timestamp("2024-01-01") + pd.DateOffset(months=month),
            "measure": key,
            "value": float(count),
        }
        for (name, month), counts in groups.items()
        for key, count in zip(CLASSES, counts, strict=True)
    ]
    return OBSERVATIONS.conform(pd.DataFrame(rows))


def shown(frame: pd.DataFrame, axis: str = "team") -> dict[tuple[str, pd.Timestamp], float]:
    """Group and month → answers, of every group whose figure is given in any column."""
    figures = ["numerator", "denominator", "value", "low", "high", "n"]
    rows = frame[(frame["kpi"] == NPS) & frame[figures].notna().any(axis=1)]
    return {(getattr(r, axis), r.month): r.denominator for r in rows.itertuples()}


counts = st.tuples(*[st.integers(0, 9)] * 3)
companies = st.dictionaries(
    st.tuples(st.sampled_from(["A", "B", "C", "D"]), st.integers(0, 2)), counts, min_size=1
)


@pytest.mark.parametrize("axis", ["team", "item"])
@settings(max_examples=80, deadline=None)
@given(companies)
def test_whatever_is_shown_and_all_that_follows_from_it_speaks_for_five(axis, groups) -> None:
    values = kpi_values(survey(groups, axis))
    figures = shown(values[values[axis] != ALL], axis)
    totals = shown(values[(values["team"] == ALL) & (values["item"] == ALL)])
    for month in set(values["month"]):
        parts = {name: n for (name, at), n in figures.items() if at == month and n > 0}
        every = {
            name: sum(c)
            for (name, at), c in groups.items()
            if pd.Timestamp("2024-01-01") + pd.DateOffset(months=at) == month
        }
        assert all(n >= SMALLEST_GROUP and n == every[name] for name, n in parts.items())
        whole = sum(every.values())
        assert ((ALL, month) in totals) == (whole == 0 or whole >= SMALLEST_GROUP)
        if (ALL, month) in totals:
            assert totals[ALL, month] == whole, "the total counts every answer"
            # All a reader can form: sums of parts, and the total less sums of parts.
            for size in range(len(parts) + 1):
                for some in itertools.combinations(parts.values(), size):
                    assert whole - sum(some) == 0 or whole - sum(some) >= SMALLEST_GROUP


@given(
    st.lists(st.lists(st.integers(0, 12), min_size=1, max_size=5), min_size=1, max_size=4),
    st.integers(0, 6),
)
def test_a_rest_that_nobody_named_is_a_group_too(columns, unnamed) -> None:
    width = max(map(len, columns))
    n = np.array([[*c, *[0] * (width - len(c))] for c in columns], float)
    total = n.sum(axis=0) + unnamed
    found = hidden_groups(n, total)
    rest = total - np.where(found, 0, n).sum(axis=0)
    assert not (found & (n == 0)).any()
    still = (~found & (n > 0)).any(axis=0)
    assert not (still & (rest > 0) & (rest < SMALLEST_GROUP)).any()


def test_the_smallest_other_group_goes_too() -> None:
    values = kpi_values(survey({("A", 0): (9, 9, 9), ("B", 0): (4, 3, 3), ("C", 0): (1, 1, 1)}))
    mine = values[values["kpi"] == NPS].set_index("team")
    assert mine.loc[["B", "C"], "reason"].tolist() == [GROUP_UNDER_FIVE] * 2
    assert mine.loc[["B", "C"], ["numerator", "denominator", "value", "n"]].isna().all(axis=None)
    assert mine.loc["A", "n"] == 27
    assert mine.loc[ALL, "n"] == 40


def test_every_such_kpi_is_declared() -> None:
    declared = {kpi.key for kpi in OF_PEOPLE}
    assert {k for k in KPIS if "net_promoter" in k} | {"satisfaction", "practice_activity"} <= (
        declared
    )


def test_a_count_that_one_indicator_may_show_is_too_few_for_the_next() -> None:
    asked = {"survey_visitors": 20, "survey_support_intent": 4, "survey_resolved": 0}
    rows = OBSERVATIONS.conform(
        pd.DataFrame(
            [
                {
                    "function": "support",
                    "team": ALL,
                    "item": ALL,
                    "constituency": ALL,
                    "measure": key,
                    "month": pd.Timestamp("2025-01-01"),
                    "value": float(n),
                }
                for key, n in asked.items()
            ]
        )
    )
    values = kpi_values(rows).set_index("kpi")
    assert values.loc["support_intent", "value"] == pytest.approx(0.2)
    assert values.loc["answer_found", "reason"] == GROUP_UNDER_FIVE
    figures = ["numerator", "denominator", "value", "low", "high", "n"]
    assert values.loc["answer_found", figures].isna().all()


YEARS = {("A", m): (4 + m % 3, 3, 3) for m in range(24)} | {
    ("B", m): (3, 3 + m % 2, 2) for m in range(24)
}
SMALL = {("C", m): (1, 1, m % 2) for m in range(24)}


def test_a_change_counts_all_for_the_function_and_nothing_for_the_few() -> None:
    table = changes(survey(YEARS | SMALL), {}, 12, 95).set_index("team")
    together = sum(sum(c) for (_, m), c in (YEARS | SMALL).items() if m >= 12)
    p, _, d = (sum(c[i] for (_, m), c in (YEARS | SMALL).items() if m >= 12) for i in range(3))
    assert table.loc[ALL, "current"] == pytest.approx(100 * (p - d) / together)
    assert table.loc["C", ["baseline", "current", "change", "low"]].isna().all()
    assert table.loc["C", "reason"] == GROUP_UNDER_FIVE
    # B's answers could be had from C's: the two are one group here.
    assert np.isnan(table.loc["B", "current"])
    assert table.loc["A", "current_months"] == 12


def test_one_small_month_is_left_out_of_a_team_and_its_counterpart_with_it() -> None:
    groups = dict(YEARS)
    groups["A", 20] = (1, 1, 1)
    table = changes(survey(groups), {}, 12, 95).set_index("team")
    assert table.loc["A", "current_months"] == 11
    others = [c for (team, m), c in groups.items() if team == "A" and m >= 12 and m != 20]
    p, _, d = (sum(c[i] for c in others) for i in range(3))
    assert table.loc["A", "current"] == pytest.approx(100 * (p - d) / sum(sum(c) for c in others))


def test_a_function_with_few_answers_a_month_has_its_year_but_not_its_months() -> None:
    sparse = survey({("A", m): (2, 1, m % 2) for m in range(24)})
    values = kpi_values(sparse)
    assert values.loc[values["kpi"] == NPS, ["value", "numerator"]].isna().all(axis=None)
    year = answers(sparse, NPS).tail(12)
    assert summable(year).sum().sum() == 12 * 3 + 6
    one = year.copy()
    one["hidden"] = [True, *[False] * 11]
    assert len(summable(one)) == 11, "the others would tell the one"
    assert summable(year.head(1)).empty


def test_series_of_effects_have_no_team_with_a_small_month() -> None:
    groups = YEARS | {("D", m): (9, 9, 9 if m else 0) for m in range(24)} | {("A", 3): (1, 0, 0)}
    outcome, _ = outcome_and_volume(arrange(survey(groups)).block(BY_KEY["advocacy"]), KPIS[NPS])
    assert "A" not in outcome
    assert "D" in outcome


@settings(max_examples=60, deadline=None)
@given(companies)
def test_rows_are_listed_whole_or_not_at_all(groups) -> None:
    frame = survey(groups)
    seen = listable_rows(frame).dropna(subset="value")
    for _, rows in seen.groupby(["team", "month"]):
        assert rows["value"].sum() == 0 or rows["value"].sum() >= SMALLEST_GROUP
    for _, rows in frame.groupby("month"):
        n = rows.groupby("team")["value"].sum()
        left = set(seen["month"]) & set(rows["month"])
        assert bool(left) != bool(((n > 0) & (n < SMALLEST_GROUP)).any())


def test_other_measures_are_listed_as_they_are() -> None:
    frame = survey({("A", 0): (1, 0, 0)}).assign(measure="tickets", function="support")
    assert listable_rows(frame).equals(frame)


@pytest.fixture(scope="module")
def made():
    """A client with a large, a middling and a small team, in every function that asks people."""
    pieces = []
    for kpi in OF_PEOPLE:
        owner = KPI_OWNER[kpi.key]
        for (team, month), (a, b, c) in (
            {k: v for k, v in YEARS.items() if k[0] == "A"}
            | {("Small", m): (0, 2, 1) for m in range(24)}
        ).items():
            for place, key in enumerate(dict.fromkeys(kpi.measures)):
                classes = len(kpi.denominator) == 3
                value = (a, b, c)[place] if classes else (c if place == 0 else a + b + c)
                pieces.append(
                    {
                        "function": owner,
                        "team": team,
                        "item": ALL,
                        "constituency": ALL,
                        "month": pd.Timestamp("2024-01-01") + pd.DateOffset(months=month),
                        "measure": key,
                        "value": float(value),
                    }
                )
    frame = pd.DataFrame(pieces).drop_duplicates(["function", "team", "month", "measure"])
    profile = Profile("Acme", tuple(sorted({KPI_OWNER[k.key] for k in OF_PEOPLE} - {"advocacy"})))
    snapshot = Snapshot(
        profile, 1, date(2025, 12, 31), {"observations": OBSERVATIONS.conform(frame)}
    )
    return snapshot, compute(snapshot, Assumptions())


def test_no_part_of_the_report_holds_a_figure_of_the_small_team(made) -> None:
    _, report = made
    keys = {kpi.key for kpi in OF_PEOPLE} | ANSWERS
    looked = 0
    for part in report.parts.values():
        for frame in vars(part).values():
            if not isinstance(frame, pd.DataFrame) or "team" not in frame:
                continue
            rows = frame[frame["team"] == "Small"]
            names = [c for c in ("kpi", "measure", "series") if c in rows]
            rows = rows[rows[names].isin(keys).any(axis=1)] if names else rows
            figures = [
                c
                for c in rows.select_dtypes("number")
                if c not in ("level", "current_months", "baseline_months")
            ]
            looked += len(rows)
            assert rows[figures].isna().all(axis=None), (type(part).__name__, rows)
    assert looked, "the small team is in the report, by its reasons"


def test_the_workbook_lists_no_row_of_the_small_team(made) -> None:
    snapshot, report = made
    seen = listable_rows(snapshot["observations"])
    assert seen["value"].isna().all(), "in every month a group is small"
    book = openpyxl.load_workbook(
        io.BytesIO(workbook.build(report, snapshot, readouts.Brand(), "checksum")), data_only=True
    )
    about = {"Level", "Baseline months", "Current months"}
    for sheet in book:
        heading, *rows = [*sheet.iter_rows(values_only=True)] or [()]
        for row in rows:
            if "Small" in row:
                numbers = [
                    v
                    for name, v in zip(heading, row, strict=True)
                    if isinstance(v, (int, float)) and name not in about
                ]
                assert not numbers, (sheet.title, row)


def test_pages_and_slides_say_why(made) -> None:
    _, report = made
    assert say(f"reason.{GROUP_UNDER_FIVE}")
    assert GROUP_UNDER_FIVE.encode() in reports.document(report)
    few = survey({("A", 0): (1, 1, 1)})
    profile = Profile("Few", ("support",))
    alone = reports.compute(
        Snapshot(profile, 1, date(2025, 12, 31), {"observations": few}), Assumptions()
    )
    assert alone.measures.net_promoter == {"reason": GROUP_UNDER_FIVE}
    tile = next(t for t in overview(alone, 1).tiles if t.key == "advocacy")
    assert tile.lines[0].code == f"reason.{GROUP_UNDER_FIVE}"


@pytest.mark.parametrize("people", [4, 5])
def test_the_command_line_follows(people, tmp_path, capsys) -> None:
    file = tmp_path / "scores.csv"
    file.write_text("score\n" + "9\n" * people)
    assert cli.main(["nps", str(file), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    figures = [answer[key] for key in ("nps", "low", "high", *CLASSES)]
    assert answer["n"] == people
    assert all(each is None for each in figures) == (people < SMALLEST_GROUP)
    assert ("reason" in answer) == (people < SMALLEST_GROUP)
