"""Long tables: period notations, faults per series, future periods in the file's own words."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from metrics.errors import InvalidInput
from metrics.forecast import forecast, read_long


def table(periods: list, values: list | None = None, series: str = "a") -> pd.DataFrame:
    values = values if values is not None else list(np.arange(len(periods)) % 5 + 1.0)
    return pd.DataFrame({"series": series, "period": periods, "value": values})


def month_ends(count: int) -> pd.DatetimeIndex:
    return pd.date_range("2024-01-31", periods=count, freq="ME")


@pytest.mark.parametrize(
    ("periods", "season", "following"),
    [
        ([f"2024-{m:02d}" for m in range(1, 13)], 12, ["2025-01", "2025-02"]),
        ([f"2024-{m:02d}-01" for m in range(1, 13)], 12, ["2025-01-01", "2025-02-01"]),
        ([f"{y}-Q{q}" for y in (2022, 2023, 2024) for q in range(1, 5)], 4, ["2025-Q1", "2025-Q2"]),
        ([f"{y}Q{q}" for y in (2022, 2023, 2024) for q in range(1, 5)], 4, ["2025Q1", "2025Q2"]),
        ([f"2020-W{w:02d}" for w in range(41, 54)], 52, ["2021-W01", "2021-W02"]),
        ([f"{m:%Y-%m-%d}" for m in month_ends(13)], 12, ["2025-02-28", "2025-03-31"]),
        ([f"01.{m:%m.%Y}" for m in month_ends(13)], 12, ["01.02.2025", "01.03.2025"]),
        ([f"{m:%Y-%m-01}" for m in month_ends(37)[::3]], 4, ["2027-04-01", "2027-07-01"]),
        ([f"{m:%Y-%m-%d}" for m in month_ends(39)[2::3]], 4, ["2027-06-30", "2027-09-30"]),
        (list(range(5, 18)), 1, ["18", "19"]),
        ([float(n) for n in range(13)], 1, ["13", "14"]),
    ],
)
def test_notations(periods, season, following):
    long = read_long(table(periods))
    assert long.season == season
    found = forecast(long.series["a"], 2, season=long.season, kind=None, levels=(80,), folds=0)
    assert [long.label(period) for period in found.path["period"]] == following


def test_rows_in_any_order_and_gaps():
    periods = [f"2024-{m:02d}" for m in range(1, 13)] + ["2025-02", "2025-03"]
    shuffled = table(periods).sample(frac=1, random_state=1)
    series = read_long(shuffled).series["a"]
    assert series.index.is_monotonic_increasing
    notes = {n.code: n.facts for n in forecast(series, 2, kind=None, folds=0).notes}
    assert notes["gaps"] == {"count": 1, "periods": ("2025-01",)}


def test_faults_stay_with_their_series():
    months = [f"2024-{m:02d}" for m in range(1, 13)]
    frame = pd.concat(
        [
            table(months, series="good"),
            table([*months, "2024-03"], series="twice"),
            table(months, ["1", "n/k", *["2"] * 10], series="words"),
            table([*months[:11], "2024-13"], series="thirteenth"),
        ]
    )
    long = read_long(frame)
    assert list(long.series) == ["good"]
    codes = {name: error.code for name, error in long.refused.items()}
    assert codes == {
        "twice": "duplicate_periods",
        "words": "not_a_number",
        "thirteenth": "unknown_period",
    }
    assert long.refused["twice"].facts["periods"] == ("2024-03",)
    assert long.refused["words"].facts["value"] == "n/k"


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (pd.DataFrame({"series": ["a"], "value": [1]}), "missing_columns"),
        (table([]), "no_rows"),
        (table(["2024-01", "2024-Q1"]), "mixed_periods"),
        (table(["yesterday"]), "unknown_period"),
        (table(["0000-01"]), "unknown_period"),
    ],
)
def test_faults_of_the_whole_table(frame, code):
    with pytest.raises(InvalidInput) as caught:
        read_long(frame)
    assert caught.value.code == code


def test_a_month_that_ends_on_another_day_is_no_month_end():
    refused = read_long(table(["2024-01-31", "2024-02-28"])).refused["a"]
    assert (refused.code, refused.facts["example"]) == ("unknown_period", "2024-02-28")


def test_what_has_not_begun_cannot_have_happened():
    frame = table(["2026-10", "2026-11", "2026-12", "2027-01"], [1.0, 2.0, 3.0, np.nan])
    refused = read_long(frame, today=date(2026, 11, 22)).refused["a"]
    assert refused.code == "future_periods"
    assert refused.facts["period"] == "2026-12"
    assert refused.facts["count"] == 1
    assert not read_long(frame, today=date(2026, 12, 1)).refused


def test_season_is_the_callers_to_set():
    assert read_long(table(list(range(12))), season=12).season == 12
    with pytest.raises(InvalidInput):
        read_long(table(list(range(12))), season=0)
