"""Late respondents in ones to fours: nothing of them follows from two revisions.

The attacker is given every figure of two revisions, at every level and over every run of months,
and subtracts. What they get must be nothing, or speak of five.
"""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from ingest.model import Intake
from loop import review, uploads
from loop.uploads import snapshot_after
from metrics.frames import FRAMES, OBSERVATIONS
from metrics.functions import KPI_OWNER, KPIS
from metrics.measures.kpis import kpi_values
from metrics.measures.late import release, restore
from metrics.measures.privacy import ANSWERS, OF_PEOPLE
from metrics.model import ALL, Profile, Snapshot
from workspaces.access import LOCAL, enter
from workspaces.store import Store

MONTHS = pd.date_range("2025-01-01", periods=4, freq="MS")
TEAMS = ("North", "South", "East")
COLUMNS = ("numerator", "denominator", "n")


def answered(rng: np.random.Generator, key: str, people: int) -> dict[str, int]:
    """What ``people`` who were asked about a KPI answered, by measure."""
    kpi = KPIS[key]
    if len(kpi.denominator) > 1:  # classes
        return dict(zip(kpi.denominator, rng.multinomial(people, [0.5, 0.2, 0.3]), strict=True))
    chain = {"support_intent": ("survey_visitors", "survey_support_intent", "survey_resolved")}
    asked = (*chain.get(key, kpi.denominator + kpi.numerator),)
    if key == "support_intent":
        asked = (*asked, "survey_would_contact")
    counts, left = {}, people
    for measure in asked:
        counts[measure] = left
        left = int(rng.binomial(left, 0.8))
    return counts


def rows(key: str, groups: dict[tuple[str, str, pd.Timestamp], dict[str, int]]) -> pd.DataFrame:
    made = [
        {
            "function": KPI_OWNER[key],
            "team": team,
            "item": item,
            "constituency": ALL,
            "month": month,
            "measure": measure,
            "value": float(count),
        }
        for (team, item, month), counts in groups.items()
        for measure, count in counts.items()
    ]
    return OBSERVATIONS.conform(pd.DataFrame(made))


def intake(frame: pd.DataFrame) -> Intake:
    return Intake((), (), {"a.csv": "loads"}, {"observations": frame})


def empty() -> Snapshot:
    profile = Profile("A", ("support", "advocacy", "people", "partners"))
    return Snapshot(profile, 1, MONTHS[-1].date(), {})


def figures(snapshot: Snapshot, key: str) -> dict[tuple, float]:
    """Every count a reader of a revision is given: by level and month, hidden ones left out."""
    table = kpi_values(snapshot["observations"])
    table = table[table["kpi"].isin([k.key for k in OF_PEOPLE])]
    return {
        (row.kpi, row.team, row.item, row.month, column): float(getattr(row, column))
        for row in table.itertuples()
        for column in COLUMNS
        if not np.isnan(getattr(row, column))
    }


def differences(before: Snapshot, after: Snapshot, key: str) -> list[float]:
    """What subtracting gives: of each figure, of each run of months, of a total and its groups."""
    one, two = figures(before, key), figures(after, key)
    found = []
    for which in set(one) | set(two):
        if which in one and which in two:
            found.append(two[which] - one[which])
    by_level: dict[tuple, dict[pd.Timestamp, float]] = {}
    for which in set(one) & set(two):
        kpi, team, item, month, column = which
        by_level.setdefault((kpi, team, item, column), {})[month] = two[which] - one[which]
    for months in by_level.values():
        for first, last in itertools.combinations(sorted(months), 2):
            found.append(sum(v for m, v in months.items() if first <= m <= last))
    for (kpi, team, item, column), months in by_level.items():
        if team != ALL or item != ALL:
            continue
        for month, moved in months.items():
            for axis in (0, 1):
                parts = [
                    each[month]
                    for level, each in by_level.items()
                    if level[0] == kpi
                    and level[3] == column
                    and month in each
                    and (level[1] != ALL, level[2] != ALL) == (axis == 0, axis == 1)
                ]
                found.append(moved - sum(parts))
    return found


@pytest.mark.parametrize("seed", range(150))
def test_nobody_who_comes_late_in_a_group_of_one_to_four_can_be_derived(seed: int) -> None:
    rng = np.random.default_rng(seed)
    key = OF_PEOPLE[seed % len(OF_PEOPLE)].key
    key = "support_intent" if key in ("answer_found", "would_have_contacted") else key
    items = ("phone", "chat") if seed % 2 else (ALL,)
    groups = {
        (team, item, month): answered(rng, key, int(rng.integers(1, 30)))
        for team in TEAMS[: int(rng.integers(1, 4))]
        for item in items
        for month in MONTHS
    }
    before = snapshot_after(empty(), intake(rows(key, groups)), "replace")
    late = dict(groups)
    for _ in range(int(rng.integers(1, 3))):
        whom = (str(rng.choice([*TEAMS, "New"])), str(rng.choice(items)), rng.choice(MONTHS[:3]))
        whom = (whom[0], whom[1], pd.Timestamp(whom[2]))
        more = answered(rng, key, int(rng.integers(1, 5)))
        had = groups.get(whom, dict.fromkeys(more, 0))
        late[whom] = {measure: had[measure] + more[measure] for measure in more}
    after = snapshot_after(before, intake(rows(key, late)), "replace")
    assert not len(
        after["observations"]
        .merge(before["observations"], how="outer", indicator=True)
        .query("_merge != 'both'")
    ), "the revision shows what the one before showed"
    assert len(after["late_answers"])
    told = [abs(value) for value in differences(before, after, key)]
    assert not [value for value in told if 0 < value < 5]


@pytest.mark.parametrize("key", ["net_promoter_score", "satisfaction", "support_intent"])
def test_the_fifth_brings_all_five(key: str) -> None:
    rng = np.random.default_rng(1)
    whom = ("North", ALL, MONTHS[0])
    counts = answered(rng, key, 20)
    now = snapshot_after(empty(), intake(rows(key, {whom: counts})), "replace")
    first = figures(now, key)
    for come in range(1, 6):
        counts = (
            {measure: count + 1 for measure, count in counts.items()}
            if (len(KPIS[key].denominator) == 1)
            else counts | {"promoters": counts["promoters"] + 1}
        )
        now = snapshot_after(now, intake(rows(key, {whom: counts})), "replace")
        assert (figures(now, key) == first) == (come < 5), come
    held = now["observations"].set_index("measure")["value"]
    assert {measure: held[measure] for measure in counts} == counts
    assert now["late_answers"].empty


def test_a_new_month_of_four_waits_and_one_of_five_does_not() -> None:
    rng = np.random.default_rng(2)
    key = "net_promoter_score"
    base = {("North", ALL, month): answered(rng, key, 12) for month in MONTHS[:2]}
    start = snapshot_after(empty(), intake(rows(key, base)), "replace")
    for people in (4, 5):
        more = rows(key, {("North", ALL, MONTHS[2]): answered(rng, key, people)})
        now = snapshot_after(start, intake(more), "replace")
        assert (MONTHS[2] in set(now["observations"]["month"])) == (people == 5)


def test_answers_taken_back_wait_as_those_that_come() -> None:
    key, whom = "net_promoter_score", ("North", ALL, MONTHS[0])
    counts = {"promoters": 9, "passives": 3, "detractors": 4}
    shown = rows(key, {whom: counts})
    fewer = rows(key, {whom: counts | {"detractors": 2}})
    released, waits = release(shown, fewer)
    assert released["value"].sum() == 16
    assert restore(released, waits)["value"].sum() == 14
    gone, waits = release(shown, shown[shown["team"] == "nobody"])
    assert gone.empty, "sixteen who leave are more than five"
    assert waits.empty
    small = rows(key, {whom: counts, ("South", ALL, MONTHS[0]): {"promoters": 2}})
    kept, waits = release(small, shown)
    assert kept["value"].sum() == 18
    assert restore(kept, waits)["value"].sum() == 16


def test_what_is_of_no_person_is_never_held_back() -> None:
    costs = OBSERVATIONS.conform(
        pd.DataFrame(
            {
                "function": "support",
                "team": "A",
                "item": ALL,
                "constituency": ALL,
                "month": MONTHS[:1],
                "measure": "support_cost",
                "value": 1.0,
            }
        )
    )
    released, waits = release(costs, costs.assign(value=2.0))
    assert released["value"].tolist() == [2.0]
    assert waits.empty
    assert "support_cost" not in ANSWERS


def test_the_store_keeps_what_waits_and_shows_it_in_the_end(tmp_path) -> None:
    store = Store.open(str(tmp_path / "a.sqlite"))
    client = store.create_client(Profile("A", ("advocacy",)), "test")
    workspace = enter(store, LOCAL, client)
    head = "Function,Team,Month,Promoters,Passives,Detractors\n"
    shown = []
    for promoters in (10, 12, 14, 15):
        files = [
            (f"nps{promoters}.csv", f"{head}Advocacy,North,2025-01,{promoters},3,4\n".encode())
        ]
        found = review.examine(workspace, files)
        uploads.accept(workspace, workspace.revision(), files, found)
        rows_now = workspace.snapshot()["observations"]
        shown.append(rows_now[rows_now["measure"] == "promoters"]["value"].sum())
    assert shown == [10, 10, 10, 15]
    assert not len(workspace.snapshot()["restatements"])
    assert FRAMES["late_answers"].names == OBSERVATIONS.names
    store.close()


@pytest.mark.parametrize("seed", range(60))
def test_few_who_come_among_many_cannot_be_derived_either(seed: int) -> None:
    rng = np.random.default_rng(1_000 + seed)
    key = ("net_promoter_score", "satisfaction", "employee_net_promoter_score")[seed % 3]
    groups = {
        (team, ALL, month): answered(rng, key, int(rng.integers(1, 30)))
        for team in TEAMS
        for month in MONTHS
    }
    now, total = snapshot_after(empty(), intake(rows(key, groups)), "replace"), groups
    for _ in range(3):
        more = {whom: answered(rng, key, int(rng.integers(0, 12))) for whom in total}
        total = {
            whom: {measure: had[measure] + more[whom][measure] for measure in had}
            for whom, had in total.items()
        }
        before, now = now, snapshot_after(now, intake(rows(key, total)), "replace")
        told = [
            abs(value)
            for which, value in _counted(before, now, key).items()
            if which[-1] in ("denominator", "n")
        ]
        assert any(told), "something came"
        assert not [value for value in told if 0 < value < 5]
        assert restore(now["observations"], now["late_answers"])["value"].sum() == pytest.approx(
            sum(sum(counts.values()) for counts in total.values())
        )


def _counted(before: Snapshot, after: Snapshot, key: str) -> dict[tuple, float]:
    """Subtract each figure that both revisions show."""
    one, two = figures(before, key), figures(after, key)
    return {which: two[which] - one[which] for which in set(one) & set(two)}
