"""From records to pools: which cost, which demand, which initiatives are meant to move it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from metrics.frames import INITIATIVES, OBSERVATIONS
from metrics.portfolio import records

MONTHS = pd.date_range("2023-01-01", periods=24, freq="MS")


def observed(function: str, team: str = "all", **measures) -> pd.DataFrame:
    rows = [
        (function, team, month, measure, np.broadcast_to(value, 24)[at])
        for measure, value in measures.items()
        for at, month in enumerate(MONTHS)
    ]
    return pd.DataFrame(rows, columns=["function", "team", "month", "measure", "value"])


def frame(*pieces: pd.DataFrame) -> pd.DataFrame:
    return OBSERVATIONS.conform(pd.concat(pieces, ignore_index=True))


def begun(function: str, kpi: str, **more) -> pd.DataFrame:
    row = {"initiative": "one", "function": function, "teams": "A", "start": MONTHS[12], "kpi": kpi}
    return INITIATIVES.conform(pd.DataFrame([row | more]))


SUPPORT = begun("support", "cost_per_resolution")


def two_teams(**a) -> list[pd.DataFrame]:
    return [
        observed("support", "A", **({"support_cost": 100.0, "tickets": 30.0} | a)),
        observed("support", "B", support_cost=200.0, tickets=10.0),
    ]


def test_a_driver_of_the_company_is_shared_out_by_quantity_before_the_start_and_kept() -> None:
    moved = two_teams(tickets=np.r_[np.full(12, 30.0), np.full(12, 90.0)])
    company = observed("company", active_customers=np.linspace(400, 630, 24))
    (pool,) = records.pools(frame(*moved, company), SUPPORT)
    assert (pool.measure, pool.driver, pool.teams) == (
        "support_cost",
        "active_customers",
        ("A", "B"),
    )
    assert pool.demand[:, 0] == pytest.approx(0.75 * np.linspace(400, 630, 24))
    assert pool.quantity[:, 0].tolist() == [30.0] * 12 + [90.0] * 12


def test_a_driver_known_by_team_serves_as_it_is() -> None:
    own = [
        observed("company", "A", active_customers=50.0),
        observed("company", "B", active_customers=70.0),
    ]
    (pool,) = records.pools(frame(*two_teams(), *own), SUPPORT)
    assert pool.demand[0].tolist() == [50.0, 70.0]


def test_without_a_driver_the_cost_itself_is_compared() -> None:
    (pool,) = records.pools(frame(*two_teams()), SUPPORT)
    assert (pool.driver, pool.demand.tolist()) == ("", np.ones((24, 2)).tolist())


def test_an_output_that_is_wanted_is_its_own_demand_and_explains_nothing() -> None:
    rows = [
        observed("people", team, recruiting_cost=100.0, hires=hires)
        for team, hires in (("A", 4.0), ("B", 5.0))
    ]
    (pool,) = records.pools(frame(*rows), begun("people", "cost_per_hire"))
    assert (pool.driver, pool.demand[0].tolist(), pool.quantity) == ("hires", [4.0, 5.0], None)


def test_where_the_whole_cost_was_not_given_the_part_in_use_stands_in() -> None:
    rows = [
        observed("supply_chain", team, freight_cost=50.0, freight_line_value=900.0)
        for team in ("A", "B")
    ]
    (pool,) = records.pools(frame(*rows), begun("supply_chain", "freight_to_value"))
    assert pool.measure == "freight_cost"


def test_negative_and_missing_cost_is_no_cost() -> None:
    odd = two_teams(support_cost=np.r_[-5.0, np.nan, np.full(22, 100.0)])
    (pool,) = records.pools(frame(*odd), SUPPORT)
    assert np.isnan(pool.cost[:2, 0]).all()
    assert (pool.cost[2:, 0] == 100).all()


def test_without_team_columns_the_function_is_one_team() -> None:
    (pool,) = records.pools(frame(observed("support", support_cost=100.0)), SUPPORT)
    assert pool.teams == ("all",)


@pytest.mark.parametrize(
    ("function", "kpi", "pools", "counts"),
    [
        ("support", "cost_per_resolution", ["support"], True),
        # Priced by the function's own cost: the same claim seen from the other side.
        ("support", "contact_rate", ["support"], True),
        ("support", "sla_met", ["support"], False),
        ("sales", "win_rate", ["sales"], False),
        ("supply_chain", "freight_to_value", ["supply_chain"], True),
        # A KPI over two functions' costs is a claim on each of them.
        ("marketing", "customer_acquisition_cost", ["marketing", "sales"], True),
        ("support", "no such indicator", ["support"], False),
    ],
)
def test_which_cost_an_initiative_is_meant_to_move(function, kpi, pools, counts) -> None:
    found = records.starts(begun(function, kpi))
    assert [one.function for one in found] == pools
    assert {one.counts for one in found} == {counts}
