"""Which spellings over files are proposed to be one team, and which never are."""

from __future__ import annotations

import pandas as pd
import pytest

from ingest import alike, intake
from metrics.model import Profile


def rows(**months: dict[str, list[str]]) -> pd.DataFrame:
    """Team → measure → months, as figures."""
    return pd.DataFrame(
        [
            {"team": team.replace("_", " "), "measure": measure, "month": month, "value": 1.0}
            for team, told in months.items()
            for measure, of in told.items()
            for month in pd.to_datetime(of)
        ]
    )


JAN_TO_MAR = ["2025-01-01", "2025-02-01", "2025-03-01"]


def found(frame, declared=()) -> list[set[str]]:
    return [set(one.spellings) for one in alike.propose(frame, declared)]


def test_one_name_inside_another_is_proposed_where_they_tell_different_things() -> None:
    frame = rows(Nord={"support_cost": JAN_TO_MAR}, Service_Nord={"tickets": JAN_TO_MAR})
    (one,) = alike.propose(frame)
    assert one.spellings == ("Nord", "Service Nord")
    assert one.name == "Nord"
    assert one.months.loc["2025-02"].tolist() == ["1 support cost", "1 tickets opened"]


def test_teams_that_tell_the_same_of_the_same_month_are_two() -> None:
    frame = rows(North={"tickets": JAN_TO_MAR}, North_East={"tickets": JAN_TO_MAR})
    assert found(frame) == []


def test_a_slip_is_proposed_though_both_tell_the_same() -> None:
    frame = rows(Service_Nord={"tickets": JAN_TO_MAR}, Service_Nrod={"tickets": JAN_TO_MAR[:1]})
    (one,) = alike.propose(frame)
    assert (one.name, one.slips) == ("Service Nord", ("Service Nrod",))


def test_a_word_that_several_teams_share_is_no_part_of_their_names() -> None:
    frame = rows(
        Service_Nord={"tickets": JAN_TO_MAR},
        Service_Süd={"tickets": JAN_TO_MAR},
        Vertrieb_Nord={"deals_won": JAN_TO_MAR},
        Vertrieb_Süd={"deals_won": JAN_TO_MAR},
    )
    assert sorted(map(sorted, found(frame))) == [
        ["Service Nord", "Vertrieb Nord"],
        ["Service Süd", "Vertrieb Süd"],
    ]


def test_compass_points_are_not_taken_for_shared_words() -> None:
    names = ("North_East", "North_West", "South_East", "South_West")
    assert found(rows(**{name: {"tickets": JAN_TO_MAR} for name in names})) == []


def test_two_declared_teams_are_never_proposed_to_be_one() -> None:
    frame = rows(Nord={"support_cost": JAN_TO_MAR}, Service_Nord={"tickets": JAN_TO_MAR})
    assert found(frame, ("Nord", "Service Nord")) == []
    assert found(frame, ("Nord",)) == [{"Nord", "Service Nord"}]


def test_teams_without_a_common_word_are_left_alone() -> None:
    assert found(rows(Berlin={"tickets": JAN_TO_MAR}, Wien={"deals_won": JAN_TO_MAR})) == []
    assert found(rows(all={"tickets": JAN_TO_MAR}, Nord={"deals_won": JAN_TO_MAR})) == []


@pytest.mark.parametrize(
    ("teams", "spellings", "merged"),
    [
        ({}, ("Nord", "Service Nord"), {"Nord": ("Service Nord",)}),
        ({"Nord": ("N",)}, ("Nord", "S Nord"), {"Nord": ("S Nord", "N")}),
        ({"Alt": ("A",), "Süd": ()}, ("Nord", "Alt"), {"Süd": (), "Nord": ("Alt", "A")}),
    ],
)
def test_a_team_that_became_a_spelling_takes_its_spellings_along(teams, spellings, merged) -> None:
    assert alike.merged(teams, "Nord", spellings) == merged


def test_what_is_merged_is_counted_as_one_team_and_proposed_no_more() -> None:
    costs = b"Month,Team,Support cost\n2025-01,Nord,100\n"
    tickets = b"Month,Team,Tickets resolved\n2025-01,Service Nord,10\n"
    files = [("a.csv", costs), ("b.csv", tickets)]
    before = intake.check(files, Profile("x", ()))
    (one,) = alike.propose(before.frames["observations"])
    teams = alike.merged({}, one.name, one.spellings)
    after = intake.check(files, Profile("x", (), teams=teams))
    assert set(after.frames["observations"]["team"]) == {"Nord"}
    assert alike.propose(after.frames["observations"], tuple(teams)) == []


def test_a_column_of_units_names_no_teams() -> None:
    sheet = (
        b"Figure,Unit,Jan 2025,Feb 2025,Mar 2025\nRevenue,EUR,100,200,300\nHeadcount,number,5,6,7\n"
    )
    told = intake.check([("a.csv", sheet)], Profile("x", (), currency="EUR"))
    assert set(told.frames["observations"]["team"]) == {"all"}
    business = sheet.replace(b"EUR", b"Pumps").replace(b"number", b"Valves")
    told = intake.check([("a.csv", business)], Profile("x", (), currency="EUR"))
    assert set(told.frames["observations"]["team"]) == {"Pumps", "Valves"}
