"""Long tables: period notations, faults per series, future periods in the file's own words."""

import numpy as np
import pandas as pd
import pytest

from metrics.errors import InvalidInput
from metrics.forecast import forecast, read_long


def table(periods: list, values: list | None = None, series: str = "a") -> pd.DataFrame:
    values = values if values is not None else list(np.arange(len(periods)) % 5 + 1.0)
    return pd.DataFrame({"series": series, "period": periods, "value": values})


@pytest.mark.parametrize(
    ("periods", "season", "following"),
    [
        ([f"2024-{m:02d}" for m in range(1, 13)], 12, ["2025-01", "2025-02"]),
        ([f"2024-{m:02d}-01" for m in range(1, 13)], 12, ["2025-01-01", "2025-02-01"]),
        ([f"{y}-Q{q}" for y in (2022, 2023, 2024) for q in range(1, 5)], 4, ["2025-Q1", "2025-Q2"]),
        ([f"{y}Q{q}" for y in (2022, 2023, 2024) for q in range(1, 5)], 4, ["2025Q1", "2025Q2"]),
        ([f"2020-W{w:02d}" for w in range(41, 54)], 52, ["2021-W01", "2021-W02"]),
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
    ],
)
def test_faults_of_the_whole_table(frame, code):
    with pytest.raises(InvalidInput) as caught:
        read_long(frame)
    assert caught.value.code == code


def test_season_is_the_callers_to_set():
    assert read_long(table(list(range(12))), season=12).season == 12
    with pytest.raises(InvalidInput):
        read_long(table(list(range(12))), season=0)
