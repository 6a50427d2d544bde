"""Rate, volume and mix: oracles, and identities for any input."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.errors import InvalidInput
from metrics.measures.savings import (
    COLUMNS,
    PARTS,
    rate_volume_mix,
    volume_adjusted_saving,
)

BLANK = math.nan
ORACLE = [("phone", 10_000, 12, 9_000, 11.5), ("community", 2_000, 3, 6_000, 2.5)]


def table(rows):
    return pd.DataFrame(rows, columns=list(COLUMNS))


def test_oracle():
    result = rate_volume_mix(table(ORACLE), demand_base=1_000, demand=1_050)
    assert (result.rate, result.volume, result.mix) == (-7_500, 31_500, -31_500)
    assert (result.new, result.lost, result.total) == (0, 0, -7_500)
    assert result.contact_driven_saving == 39_000
    assert result.volume_adjusted_saving == pytest.approx(13_800, abs=1e-9)
    assert result.induced_demand == pytest.approx(25_200, abs=1e-9)
    assert not result.reasons


def test_contact_driven_without_driver():
    result = rate_volume_mix(table(ORACLE))
    assert result.volume_adjusted_saving == 39_000 == -(result.rate + result.mix)
    assert math.isnan(result.induced_demand)
    assert result.reasons == {"induced_demand": "no_demand_driver"}


def test_new_and_lost_stand_apart():
    rows = [*ORACLE, ("chat", BLANK, BLANK, 100, 5.0), ("fax", 50, 20.0, BLANK, BLANK)]
    result = rate_volume_mix(table(rows), 100, 105)
    assert (result.rate, result.volume, result.mix) == (-7_500, 31_500, -31_500)
    assert (result.new, result.lost, result.total) == (500, -1_000, -8_000)
    # Savings look at the whole cost base: 127,000 x 1.05 - 119,000.
    assert result.volume_adjusted_saving == pytest.approx(14_350)
    assert result.contact_driven_saving == pytest.approx(127_000 * 15_100 / 12_050 - 119_000)
    assert list(result.items["kind"]) == ["both", "both", "new", "lost"]
    assert result.items[["rate", "volume", "mix"]].iloc[2:].eq(0).all(axis=None)


def test_zero_is_not_blank():
    result = rate_volume_mix(table([("a", 10, 2.0, 0, 2.0), ("b", 10, 2.0, 20, 2.0)]))
    assert (result.rate, result.volume, result.mix, result.lost) == (0, 0, 0, 0)
    gone = rate_volume_mix(table([("a", 10, 2.0, 0, BLANK), ("b", 10, 2.0, 20, 2.0)]))
    assert (gone.volume, gone.lost) == (20, -20)


def test_zero_denominators_are_not_numbers():
    nothing = rate_volume_mix(table([("a", 0, 2.0, 5, 2.0)]), 0, 10)
    for field in ("volume", "mix", "contact_driven_saving", "volume_adjusted_saving"):
        assert math.isnan(getattr(nothing, field))
        assert nothing.reasons[field]
    assert nothing.total == 10
    assert (nothing.items["reason"] == "base_quantity_zero").all()
    assert volume_adjusted_saving(100, 90, 0, 5)[1] == "demand_base_zero"
    assert volume_adjusted_saving(math.nan, 90, 1, 5)[1] == "cost_missing"


def test_item_without_any_figures_says_so():
    result = rate_volume_mix(table([*ORACLE, ("idle", BLANK, BLANK, BLANK, BLANK)]))
    row = result.items.iloc[-1]
    assert row["reason"] == "neither_base_nor_actual"
    assert math.isnan(row["total"])
    assert result.total == -7_500


@pytest.mark.parametrize(
    "row",
    [
        ("a", -1, 2.0, 1, 2.0),
        ("a", 1, 2.0, -1, 2.0),
        ("a", BLANK, 2.0, 1, 2.0),
        ("a", 1, BLANK, 1, 2.0),
        ("a", math.inf, 2.0, 1, 2.0),
    ],
)
def test_bad_rows(row):
    with pytest.raises(InvalidInput):
        rate_volume_mix(table([row]))


def test_bad_demand_and_items():
    for demand in [(None, 1), (1, None), (-1, 1), (1, math.nan)]:
        with pytest.raises(InvalidInput):
            rate_volume_mix(table(ORACLE), *demand)
    with pytest.raises(InvalidInput):
        rate_volume_mix(table([ORACLE[0], ORACLE[0]]))
    with pytest.raises(InvalidInput):
        rate_volume_mix(table(ORACLE).drop(columns="quantity"))


amount = st.floats(0, 1e6, allow_subnormal=False)
present = st.tuples(st.floats(0.01, 1e6), amount)
absent = st.just((BLANK, BLANK))
rows = st.lists(st.tuples(present | absent, present | absent), min_size=1, max_size=12)


@settings(max_examples=200, deadline=None)
@given(rows, st.floats(0.1, 1e4), st.floats(0.1, 1e4))
def test_identities(sides, demand_base, demand):
    frame = table([(str(i), *base, *actual) for i, (base, actual) in enumerate(sides)])
    result = rate_volume_mix(frame, demand_base, demand)
    cost = (frame["quantity"] * frame["unit_cost"]).sum()
    base = (frame["base_quantity"] * frame["base_unit_cost"]).sum()
    volumes = frame[["base_quantity", "quantity"]].sum().max()
    scale = 1 + volumes * frame[["base_unit_cost", "unit_cost"]].max().max()
    scale = scale if np.isfinite(scale) else 1.0
    assert sum(getattr(result, p) for p in PARTS) == pytest.approx(cost - base, abs=1e-9 * scale)
    assert result.total == pytest.approx(cost - base, abs=1e-9 * scale)
    for part in (*PARTS, "total"):
        assert result.items[part].sum() == pytest.approx(getattr(result, part), abs=1e-9 * scale)
    if math.isfinite(result.contact_driven_saving):
        assert result.induced_demand == pytest.approx(
            result.contact_driven_saving - result.volume_adjusted_saving, nan_ok=True
        )
        if (result.items["kind"].isin(["both", "none"])).all():
            assert result.contact_driven_saving == pytest.approx(
                -(result.rate + result.mix), abs=1e-9 * scale
            )
