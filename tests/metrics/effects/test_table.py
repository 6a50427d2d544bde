"""The plain-table door: periods of every form, and refusals with a code."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from metrics.effects import estimate, panel_from_table
from metrics.errors import InvalidInput, NotEnoughData

LENGTH = 24


def table(periods, units=("a", "b", "c", "d"), seed=0):
    generator = np.random.default_rng(seed)
    rows = [(u, p, 100 + generator.normal()) for u in units for p in periods]
    return pd.DataFrame(rows, columns=["unit", "period", "value"])


def months(count=LENGTH):
    return pd.period_range("2022-11", periods=count, freq="M").astype(str)


@pytest.mark.parametrize(
    ("periods", "start", "row", "season"),
    [
        (months(), "2023-05", 6, 12),
        (months(), "2023-05-17", 6, 12),
        (pd.period_range("2015Q1", periods=LENGTH, freq="Q").astype(str), "2018-Q2", 13, 4),
        (range(1970, 1994), 1988, 18, 1),
        (range(1970, 1994), "1988", 18, 1),
        (range(1950, 1998, 2), 1970, 10, 1),
        (
            pd.date_range("2022-11-01", periods=LENGTH, freq="MS").strftime("%Y-%m-%d"),
            "2023-05",
            6,
            12,
        ),
        (
            pd.date_range("2022-11-30", periods=LENGTH, freq="ME").strftime("%Y-%m-%d"),
            "2023-05",
            6,
            12,
        ),
        (pd.date_range("2022-01-03", periods=LENGTH).strftime("%Y-%m-%d"), "2022-01-15", 12, 7),
        (
            pd.date_range("2022-01-03", periods=LENGTH, freq="7D").strftime("%Y-%m-%d"),
            "2022-01-15",
            2,
            52,
        ),
        (pd.bdate_range("2022-01-03", periods=LENGTH).strftime("%Y-%m-%d"), "2022-01-15", 10, 5),
        ([f"2022-W{week:02d}" for week in range(1, 25)], "2022-W13", 12, 52),
    ],
)
def test_periods_of_every_form(periods, start, row, season):
    panel = panel_from_table(table(periods), ["a"], start)
    assert panel.cohorts[0][0] == row
    assert panel.season == season
    assert len(panel.periods) == LENGTH


def test_order_of_rows_does_not_matter():
    data = table(months())
    shuffled = data.sample(frac=1, random_state=1)
    first = estimate(panel_from_table(data, ["b"], "2023-11"))
    second = estimate(panel_from_table(shuffled, ["b"], "2023-11"))
    assert first.estimate == second.estimate
    assert list(first.path["period"]) == list(months())


def test_end_is_the_last_period_used_and_stop_is_not():
    panel = panel_from_table(table(months()), ["a"], "2023-05", end="2024-05", stop="2024-02")
    assert panel.periods[-1] == "2024-05"
    assert panel.periods[15] == panel.stop


def test_starts_may_differ_between_units():
    panel = panel_from_table(table(months()), {"a": "2023-05", "b": "2023-09"})
    assert [first for first, _ in panel.cohorts] == [6, 10]


def test_two_periods_and_many_units_with_holes_use_the_balanced_sample():
    generator = np.random.default_rng(3)
    rows = [
        (f"store {i}", wave, 20 + (2.75 if i < 60 and wave == 2 else 0) + generator.normal(0, 0.01))
        for i in range(80)
        for wave in (1, 2)
    ]
    data = pd.DataFrame(rows, columns=["unit", "period", "value"]).drop(index=[7, 133])
    treated = [f"store {i}" for i in range(60)]
    effect = estimate(panel_from_table(data, treated, 2))
    assert effect.design == "difference-in-differences"
    assert effect.estimate == pytest.approx(2.75, abs=0.02)
    note = next(note for note in effect.notes if note.code == "effect_units_incomplete")
    assert note.facts["units"] == ("store 3", "store 66")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (
            lambda d: panel_from_table(d.rename(columns={"value": "y"}), ["a"], "2023-05"),
            "effect_missing_column",
        ),
        (lambda d: panel_from_table(d, ["z"], "2023-05"), "effect_no_such_unit"),
        (lambda d: panel_from_table(d, [], "2023-05"), "effect_nobody_treated"),
        (lambda d: panel_from_table(d, ["a"]), "effect_no_start"),
        (lambda d: panel_from_table(d, ["a"], "2031-01"), "effect_start_outside"),
        (lambda d: panel_from_table(d, ["a"], "2011-01"), "effect_start_outside"),
        (lambda d: panel_from_table(d, ["a"], "2023-05", end="2011-01"), "effect_end_outside"),
        (lambda d: panel_from_table(d, ["a"], "spring"), "effect_period_format"),
        (
            lambda d: panel_from_table(d.assign(period="2023-13"), ["a"], "2023-05"),
            "effect_period_format",
        ),
        (
            lambda d: panel_from_table(d.replace("2023-01", "2023-Q1"), ["a"], "2023-05"),
            "effect_period_mixed",
        ),
        (
            lambda d: panel_from_table(pd.concat([d, d.tail(1)]), ["a"], "2023-05"),
            "effect_duplicate",
        ),
        (lambda d: panel_from_table(d.drop(index=3), ["a"], "2023-05"), "effect_gap"),
        (
            lambda d: panel_from_table(d[d["period"] != "2023-02"], ["a"], "2023-05"),
            "effect_period_missing",
        ),
        (
            lambda d: panel_from_table(d.assign(value="n/a"), ["a"], "2023-05"),
            "effect_value_not_number",
        ),
        (
            lambda d: estimate(panel_from_table(d.assign(value=7), ["a"], "2023-05")),
            "effect_constant",
        ),
    ],
)
def test_tables_that_contradict_themselves_are_refused(change, code):
    with pytest.raises(InvalidInput) as refusal:
        change(table(months()))
    assert refusal.value.code == code


def test_start_in_the_first_period_and_empty_tables_have_too_little():
    with pytest.raises(NotEnoughData):
        panel_from_table(table(months()), ["a"], "2022-11")
    with pytest.raises(NotEnoughData):
        panel_from_table(table(months()).iloc[:0], ["a"], "2022-11")


def test_gap_after_the_end_does_not_matter():
    data = table(months())
    last = data.index[(data["unit"] == "a") & (data["period"] == "2024-10")]
    panel = panel_from_table(data.drop(index=last), ["a"], "2023-05", end="2024-09")
    assert len(panel.periods) == LENGTH - 1


@pytest.mark.parametrize(
    ("window", "code"),
    [
        ({"end": "2023-04"}, "effect_end_before_start"),
        ({"end": "2022-10"}, "effect_end_outside"),
        ({"end": "2024-11"}, "effect_end_outside"),
        ({"stop": "2023-05"}, "effect_stop_before_start"),
        ({"stop": "2022-01"}, "effect_stop_before_start"),
    ],
)
def test_windows_that_contradict_the_start_are_refused(window, code):
    with pytest.raises(InvalidInput) as caught:
        panel_from_table(table(months()), ["a"], "2023-05", **window)
    assert caught.value.code == code


def test_one_unit_with_an_unchecked_past_never_caused():
    data = table(["2024-01", "2024-02"], units=[f"u{i}" for i in range(40)])
    data.loc[(data["unit"] == "u0") & (data["period"] == "2024-02"), "value"] += 50
    effect = estimate(panel_from_table(data, ["u0"], "2024-02"))
    assert effect.low > 0
    assert effect.verdict.value == "went with"
    assert "effect_past_unchecked" in {note.code for note in effect.notes}
