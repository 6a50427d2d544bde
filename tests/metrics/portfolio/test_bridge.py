"""The bridge: worked by hand, and to the cent for whatever is thrown at it."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.assumptions import Assumptions
from metrics.frames import FRAMES
from metrics.functions import OWNER
from metrics.model import Profile, Snapshot
from metrics.portfolio.bridge import COMPANY, bridge
from metrics.report import compute

MONTHS = pd.date_range("2024-01-01", periods=24, freq="MS")


def client(cost: dict[str, list[float]], demand: dict[str, list[float]], index=None) -> Snapshot:
    """Support by team: cost and customers of 24 months each."""
    rows = [
        {
            "function": OWNER[measure],
            "team": team,
            "month": month,
            "measure": measure,
            "value": value,
        }
        for measure, by_team in (("support_cost", cost), ("active_customers", demand))
        for team, values in by_team.items()
        for month, value in zip(MONTHS, values, strict=True)
    ]
    if index is not None:
        rows += [
            {
                "function": OWNER["price_index"],
                "team": "all",
                "month": m,
                "measure": "price_index",
                "value": v,
            }
            for m, v in zip(MONTHS, index, strict=True)
        ]
    frame = FRAMES["observations"].conform(pd.DataFrame(rows))
    profile = Profile("A", ("support",))
    return Snapshot(profile, 1, date(2026, 1, 15), {"observations": frame})


def steps(snapshot: Snapshot) -> pd.DataFrame:
    report = compute(snapshot, Assumptions())
    return bridge(snapshot, report.value).steps.set_index("function")


def test_by_hand() -> None:
    """1,200 a year for 120 customers; then 132 customers for 1,500: 120 are demand, 180 the rest."""
    found = steps(client({"N": [100.0] * 12 + [125.0] * 12}, {"N": [10.0] * 12 + [11.0] * 12}))
    row = found.loc["support"]
    assert (row["before"], row["now"]) == (1200, 1500)
    assert row["demand"] == pytest.approx(120)
    assert np.isnan(row["prices"])
    assert np.isnan(row["programme"])
    assert row["rest"] == pytest.approx(180)


def test_prices_stand_apart_only_where_an_index_is_entered() -> None:
    """Five per cent dearer on 1,320 at the new demand: 66."""
    found = steps(
        client(
            {"N": [100.0] * 12 + [125.0] * 12},
            {"N": [10.0] * 12 + [11.0] * 12},
            index=[1.0] * 12 + [1.05] * 12,
        )
    )
    assert found.loc["support", "prices"] == pytest.approx(66)
    assert found.loc["support", "rest"] == pytest.approx(114)


def test_a_team_that_came_this_year_is_in_the_rest() -> None:
    new = [np.nan] * 12 + [50.0] * 12
    found = steps(
        client(
            {"N": [100.0] * 24, "S": new},
            {"N": [10.0] * 24, "S": [np.nan] * 12 + [5.0] * 12},
        )
    )
    row = found.loc["support"]
    assert row["rest"] == pytest.approx(600)
    assert row["before"] + row["rest"] == pytest.approx(row["now"])


@settings(max_examples=15)
@given(
    st.lists(st.floats(1, 1e6), min_size=24, max_size=24),
    st.lists(st.floats(1, 1e4), min_size=24, max_size=24),
)
def test_every_row_leads_from_one_year_to_the_other_to_the_cent(cost, demand) -> None:
    found = steps(client({"N": cost}, {"N": demand}))
    named = found[["demand", "prices", "programme", "rest"]].sum(axis=1)
    assert (found["before"] + named - found["now"]).abs().max() < 0.005
    assert found.loc[COMPANY, "now"] == pytest.approx(sum(cost[12:]))


def test_the_sample_adds_up_and_the_programme_is_its_own_saving(sample) -> None:
    part = sample.report.bridge
    table = part.steps.set_index("function")
    named = table[["demand", "prices", "programme", "rest"]].sum(axis=1)
    assert (table["before"] + named - table["now"]).abs().max() < 0.005
    rows = table.drop(COMPANY)
    for name in ("before", "demand", "programme", "rest", "now"):
        assert rows[name].sum() == pytest.approx(table.loc[COMPANY, name])
    by_month = sample.report.value.monthly.set_index("month")["saving"]
    more = by_month[part.first : part.last].sum() - by_month[: part.first].iloc[-13:-1].sum()
    assert -table.loc[COMPANY, "programme"] == pytest.approx(more, rel=0.01)
    assert (
        table.loc[COMPANY, "low"] <= table.loc[COMPANY, "programme"] <= table.loc[COMPANY, "high"]
    )
