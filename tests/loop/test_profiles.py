"""What a client says of itself, changed at any time: what is kept follows, nothing is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from loop import profiles, review
from metrics.errors import InvalidInput
from metrics.model import Profile
from workspaces import people
from workspaces.access import LOCAL, AccessDenied, Role, enter
from workspaces.store import Store

FIGURES = (
    "Month,Team,Support cost,Tickets resolved\n"
    "2025-01,Nord,1000,100\n2025-02,Nord,1100,100\n"
    "2025-01,Service Nord,20,5\n2025-01,Süd,300,30\n"
)


@pytest.fixture
def store(tmp_path):
    store = Store.open(str(tmp_path / "a.sqlite"))
    store.client = store.create_client(Profile("Small", ("support",)), "tests", date(2025, 3, 31))
    store.workspace = enter(store, LOCAL, store.client)
    yield store
    store.close()


def saved(store, name: str = "a.csv", text: str = FIGURES, **more) -> int:
    files = [(name, text.encode())]
    teams = more.get("teams")
    found = review.examine(store.workspace, files, teams=teams)
    return review.save(store.workspace, store.revision(store.client), files, found, **more)


def costs(store) -> dict[tuple[str, str], float]:
    rows = store.snapshot(store.client)["observations"]
    rows = rows[rows["measure"] == "support_cost"]
    return {(r.team, f"{r.month:%Y-%m}"): r.value for r in rows.itertuples()}


def test_a_spelling_named_later_moves_what_is_kept_and_undo_brings_it_back(store) -> None:
    saved(store)
    profile = replace(store.snapshot(store.client).profile, teams={"Nord": ("Service Nord",)})
    number = profiles.change(store.workspace, 2, profile)
    assert costs(store) == {
        ("Nord", "2025-01"): 1020,
        ("Nord", "2025-02"): 1100,
        ("Süd", "2025-01"): 300,
    }
    assert store.snapshot(store.client).profile.teams == {"Nord": ("Service Nord",)}
    store.undo(store.client, number, "tests")
    assert costs(store)["Service Nord", "2025-01"] == 20
    assert store.snapshot(store.client).profile.teams == {}


def test_what_other_tables_say_of_a_team_follows_too(store) -> None:
    saved(store)
    rows = pd.DataFrame(
        {
            "initiative": ["Forum"],
            "function": ["support"],
            "teams": ["Service Nord; Süd"],
            "start": [pd.Timestamp("2025-02-01")],
        }
    )
    store.save(store.client, 2, "t", "enter", frames={"initiatives": rows})
    spent = "Month,Function,Team,Category,Amount\n2025-01,Support,{},licence,{}\n"
    saved(store, "b.csv", spent.format("Nord", 5))
    saved(store, "c.csv", spent.format("Service Nord", 7))
    revision = store.revision(store.client)
    profile = replace(store.snapshot(store.client).profile, teams={"Nord": ("Service Nord",)})
    profiles.change(store.workspace, revision, profile)
    after = store.snapshot(store.client)
    assert after["initiatives"]["teams"].tolist() == ["Nord; Süd"]
    assert after["costs"][["team", "amount"]].to_numpy().tolist() == [["Nord", 12.0]]


def test_another_base_currency_converts_every_amount(store) -> None:
    saved(store)
    profile = replace(store.snapshot(store.client).profile, currency="USD")
    with pytest.raises(InvalidInput, match="worth_missing"):
        profiles.change(store.workspace, 2, profile)
    profiles.change(store.workspace, 2, profile, worth=1.25)
    assert costs(store)["Nord", "2025-01"] == 1250
    rows = store.snapshot(store.client)["observations"]
    money = rows[rows["measure"] == "support_cost"]
    assert set(money["currency"]) == {"USD"}
    counts = rows[rows["measure"] == "resolved_tickets"]
    assert counts["value"].sum() == 235, "what is no amount stays"


def test_a_currency_that_was_issued_in_stays(store) -> None:
    saved(store)
    rows = pd.DataFrame({"issue": ["i"], "kpi": ["cost_per_resolution"], "mean": [1.0]})
    store.save(store.client, 2, "t", "issue", frames={"issued_forecasts": rows})
    profile = replace(store.snapshot(store.client).profile, currency="USD")
    with pytest.raises(InvalidInput, match="currency_issued"):
        profiles.change(store.workspace, 3, profile, worth=1.25)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"functions": ()}, "functions_missing"),
        ({"name": " "}, "client_name_empty"),
        ({"teams": {"A": ("x",), "B": ("X",)}}, "spelling_of_two_teams"),
        ({"exchange_rates": {"USD": 0.0}}, "rate_not_positive"),
        ({"exchange_rates": {"usd": 1.0}}, "currency_unknown"),
        ({"currency": "EURO"}, "currency_unknown"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(store, wrong, code) -> None:
    profile = replace(store.snapshot(store.client).profile, **wrong)
    with pytest.raises(InvalidInput, match=code):
        profiles.change(store.workspace, 1, profile)
    assert store.revision(store.client) == 1


def test_a_file_with_only_teams_and_rates_is_saved(store) -> None:
    saved(store)
    number = saved(store, "teams.csv", "Team,Other spellings\nNord,Service Nord; N\n")
    assert store.snapshot(store.client, number).profile.teams == {"Nord": ("Service Nord", "N")}
    number = saved(store, "rates.csv", "Currency,Rate\nUSD,0.9\n")
    number = saved(store, "rates.csv", "Currency,Rate\nUSD,0.95\n")
    assert store.snapshot(store.client, number).profile.exchange_rates == {"USD": 0.95}
    assert len(store.uploads(store.client)) == 4
    with pytest.raises(InvalidInput, match="nothing_to_save"):
        saved(store, "rates.csv", "Currency,Rate\nUSD,0.95\n")


def test_teams_merged_in_the_walk_are_saved_with_the_files(store) -> None:
    saved(store)
    march = "Month,Team,Support cost,Tickets resolved\n2025-03,Service Nord,50,5\n"
    teams = {"Nord": ("Service Nord",), "Süd": ()}
    number = saved(store, "march.csv", march, teams=teams)
    assert number == 4, "the teams are a revision of their own: figures moved"
    assert costs(store)["Nord", "2025-01"] == 1020
    assert costs(store)["Nord", "2025-03"] == 50


def test_an_analyst_brings_files_and_teams_and_changes_nothing_else(store) -> None:
    email = "anna@example.com"
    people.give_role(store, "local", store.client, email, Role.ANALYST)
    person = people.sign_in(store, email, "Anna")
    store.workspace = enter(store, person, store.client)
    saved(store, teams={"South": ("Süd",)})
    assert costs(store)["South", "2025-01"] == 300
    profile = replace(store.snapshot(store.client).profile, currency="USD")
    with pytest.raises(AccessDenied):
        profiles.change(store.workspace, store.revision(store.client), profile, worth=1.0)
