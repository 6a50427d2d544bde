"""Companies as files, in at the door and out as figures: what is right, and what is wrong in words.

Bad input is said in one sentence each, and the rest of the report stands.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from bench.companies import Company, Function
from bench.scenes import SCENES, draw
from ingest import intake
from metrics.assumptions import Assumptions
from metrics.frames import FRAMES
from metrics.model import Profile, Snapshot
from metrics.portfolio.figures import figures
from metrics.report import compute
from words import say

MONTHS = pd.date_range("2022-01-01", periods=36, freq="MS").strftime("%Y-%m")
START = MONTHS[20]


def read(**files: pd.DataFrame) -> tuple[dict[str, Any], set[str]]:
    """Return the figures of a report on files, and the sentences said about the files."""
    given = [(f"{name}.csv", table.to_csv(index=False).encode()) for name, table in files.items()]
    profile = Profile("Small Ltd", ("support", "marketing"), currency="EUR")
    found = intake.check(given, profile)
    frames = {name: frame.empty() for name, frame in FRAMES.items()} | dict(found.frames)
    assert found.as_of is not None
    report = compute(Snapshot(profile, 1, found.as_of, frames), Assumptions())
    said = {say(f"findings.{one.code}", **one.facts) for one in found.findings}
    return figures(report.figures, report.value), said


def sheet(teams: str = "ABC", seed: int = 1, **changed: Any) -> pd.DataFrame:
    """Return cost and tickets of support by team and month, columns changed."""
    rng = np.random.default_rng(seed)
    rows = []
    for team in teams:
        tickets = np.round(1_000 * np.exp(0.03 * rng.standard_normal(36)))
        cost = np.round(50 * tickets * np.exp(0.02 * rng.standard_normal(36)), 2)
        rows.append(
            pd.DataFrame(
                {
                    "month": MONTHS,
                    "function": "support",
                    "team": f"Team {team}",
                    "support_cost": cost,
                    "tickets": tickets,
                    "resolved_tickets": tickets,
                }
            )
        )
    return pd.concat(rows, ignore_index=True).assign(**changed)


def begun(*names: str, teams: str = "Team A", **changed: Any) -> pd.DataFrame:
    rows = [
        {"initiative": name, "teams": teams, "start": START, "kpi": "cost_per_resolution"}
        for name in names
    ]
    return pd.DataFrame(rows).assign(**({"function": "support"} | changed))


def customers() -> pd.DataFrame:
    return pd.DataFrame({"month": MONTHS, "active_customers": 20_000})


def why(found: dict[str, Any], place: int = 0) -> str:
    reason = found["claims"][place]["reason"]
    assert say(f"reason.{reason}")
    return reason


def test_without_a_cost_ledger_and_a_driver_savings_stand_and_the_case_says_why() -> None:
    found, _ = read(support=sheet(), initiatives=begun("Forum"))
    assert why(found) == "no_demand_driver"
    assert found["saving_a_year"]["value"] is not None
    assert found["net_present_value"]["p50"] is None
    assert say(f"reason.{found['net_present_value']['reason']}")


@pytest.mark.parametrize(
    ("sold", "treated", "reason"),
    [
        ("A", "Team A", "no_untouched_team"),
        ("ABC", "Team A; Team B; Team C", "no_untouched_team"),
    ],
)
def test_one_team_and_every_team_treated_leave_nothing_to_compare(sold, treated, reason) -> None:
    found, _ = read(
        support=sheet(sold), initiatives=begun("Forum", teams=treated), customers=customers()
    )
    assert why(found) == found["saving_a_year"]["reason"] == reason
    assert found["saving_a_year"]["value"] is None
    assert found["saving_before_after"]["value"] is not None


def test_two_in_one_month_on_one_team_are_one_amount() -> None:
    found, _ = read(support=sheet(), initiatives=begun("Forum", "Chat"), customers=customers())
    assert [one["initiatives"] for one in found["claims"]] == [["Forum", "Chat"]]
    assert why(found) == "cannot_be_told_apart"


def test_a_negative_cost_is_named_and_its_month_left_out() -> None:
    table = sheet()
    table.loc[40, "support_cost"] = -500.0
    found, said = read(support=table, initiatives=begun("Forum"), customers=customers())
    assert any("-500.00" in said_of and "0 or more" in said_of for said_of in said)
    assert found["claims"][0]["amount"] is not None


def test_an_indicator_without_cost_saves_nothing_and_says_why() -> None:
    table = sheet().drop(columns="support_cost")
    found, _ = read(support=table, initiatives=begun("Forum"), customers=customers())
    assert found["saving_a_year"]["value"] is None
    assert say(f"reason.{found['saving_a_year']['reason']}")


def test_a_currency_that_changes_half_way_is_named_and_its_months_left_empty() -> None:
    table = sheet()
    table["currency"] = np.where(table["month"] < MONTHS[30], "EUR", "SEK")
    found, said = read(support=table, initiatives=begun("Forum"), customers=customers())
    assert any("SEK" in sentence for sentence in said)
    assert found["claims"][0]["compared"]
    assert found["claims"][0]["months"][-1] < MONTHS[30]


def test_work_that_went_to_another_team_is_no_saving_and_is_said() -> None:
    table = sheet()
    later = table["month"] >= START
    for team, factor in (("Team A", 0.7), ("Team B", 1.3)):
        for column in ("tickets", "resolved_tickets", "support_cost"):
            rows = later & (table["team"] == team)
            table.loc[rows, column] = (factor * table.loc[rows, column]).round(2)
    found, _ = read(support=table, initiatives=begun("Forum"), customers=customers())
    assert why(found) == "work_handed_over"
    assert found["claims"][0]["verdict"] == "not shown"
    assert found["saving_a_year"]["low"] < 0 < found["saving_a_year"]["high"]


def as_files(function: Function) -> dict[str, pd.DataFrame]:
    """Return a scene as a company exports it."""
    months = pd.date_range("2022-01-01", periods=len(function.cost), freq="MS").strftime("%Y-%m")
    teams = [f"Team {place}" for place in range(function.cost.shape[1])]
    rows = [
        pd.DataFrame(
            {
                "month": months,
                "function": "support",
                "team": team,
                "support_cost": function.cost[:, place].round(2),
                "tickets": function.quantity[:, place].round(),
                "resolved_tickets": function.quantity[:, place].round(),
            }
        )
        for place, team in enumerate(teams)
    ]
    listed = [
        {
            "initiative": one.name,
            "function": "support",
            "teams": "; ".join(teams[team] for team in one.teams),
            "start": months[one.start],
            "kpi": "cost_per_resolution",
        }
        for one in function.initiatives
    ]
    costs = [
        {
            "month": month,
            "function": "support",
            "category": "licences",
            "amount": one.monthly,
            "initiative": one.name,
        }
        for one in function.initiatives
        for month in months[one.start :]
    ]
    return {
        "support": pd.concat(rows, ignore_index=True),
        "customers": pd.DataFrame({"month": months, "active_customers": 20_000}),
        "initiatives": pd.DataFrame(listed),
        "costs": pd.DataFrame(costs),
    }


@pytest.mark.parametrize(("name", "verdict"), [("2", "saves"), ("7", "loses")])
def test_a_scene_through_its_files_comes_out_right(name, verdict) -> None:
    """Two teams of unlike size that save a tenth of their cost; one that costs a fifth more."""
    function = draw(SCENES[name], np.random.default_rng([2, 3]))
    found, _ = read(**as_files(function))
    truth = Company([function], len(function.cost)).saving()
    saving = found["saving_a_year"]
    assert saving["verdict"] == verdict
    assert [one["verdict"] for one in found["claims"]] == list(SCENES[name].words)
    # One draw: within two half-widths of the band of four in five.
    assert abs(saving["value"] - truth) < saving["high"] - saving["low"]
    assert found["net_present_value"]["p10"] < found["net_present_value"]["p90"]
    assert found["cost_a_year"]["value"] == pytest.approx(12_000)
