"""The loop's own figures reach maturity; decisions about initiatives are scored by their teams."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
import pandas as pd
import pytest

from loop import entries, reports
from loop.decisions import decide, issue_forecasts, score
from metrics.frames import COSTS, INITIATIVES, ISSUED_FORECASTS, OBSERVATIONS
from metrics.frames.decisions import DECISIONS
from metrics.maturity import load_model
from metrics.maturity.contradiction import RULES
from metrics.model import Profile
from metrics.report import Report, dependent_parts
from metrics.tuning import inputs
from metrics.tuning.running import evidence
from workspaces.access import LOCAL, enter
from workspaces.store import Store

MONTHS = pd.date_range("2023-01-01", periods=31, freq="MS")
LAST = MONTHS[29]
KPI = "cost_per_lead"


def figures() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two quiet teams and one whose cost is nothing but noise; spending differs by month."""
    rng = np.random.default_rng(4)
    observed, booked = [], []
    for month in MONTHS:
        spend = 1000 * float(np.exp(0.3 * rng.standard_normal()))
        for team, noise in (("North", 20.0), ("South", 20.0), ("West", 6000.0)):
            row = {
                "function": "marketing",
                "team": team,
                "item": "all",
                "constituency": "all",
                "month": month,
            }
            paid = 20_000 - (2 * spend if team == "North" else 0) + noise * rng.standard_normal()
            observed += [
                row | {"measure": "marketing_cost", "value": paid, "currency": "EUR"},
                row | {"measure": "leads", "value": 400.0},
            ]
        booked.append(
            {
                "function": "marketing",
                "team": "North",
                "month": month,
                "amount": spend,
                "initiative": "Stories",
                "category": "content",
                "currency": "EUR",
            }
        )
    return OBSERVATIONS.conform(pd.DataFrame(observed)), COSTS.conform(pd.DataFrame(booked))


OBSERVED, BOOKED = figures()
STARTED = INITIATIVES.conform(
    pd.DataFrame(
        {
            "initiative": ["Stories", "Everywhere"],
            "function": "marketing",
            "teams": ["North", "all"],
            "start": MONTHS[0],
            "objective": "o",
            "cost": 30_000.0,
        }
    )
)


def answers(value: float = 1.0) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "wave": "2025-1",
                "model_version": load_model().version,
                "rater": f"r{n}",
                "rater_role": "Head",
                "rater_function": "finance",
                "function": "marketing",
                "constituency": "all",
                "question": q.id,
                "value": value,
                "state": "answered",
                "stage": "before",
                "evidence": "",
                "evidence_kind": "document",
            }
            for n in range(3)
            for q in load_model().questions
        ]
    )


@pytest.fixture
def client(tmp_path) -> Iterator[tuple[Store, str, int]]:
    store = Store.open(str(tmp_path / "loop.sqlite"))
    identifier = store.create_client(Profile("Loop", ("marketing",)), "tests", date(2025, 7, 10))
    revision = entries.assume(enter(store, LOCAL, identifier), 1, {"cycle_months": 1.0})
    revision = store.save(
        identifier,
        revision,
        "tests",
        "enter",
        frames={
            "observations": OBSERVED[OBSERVED["month"] <= LAST],
            "costs": BOOKED[BOOKED["month"] <= LAST],
            "initiatives": STARTED,
            "answers": answers(),
        },
    )
    yield store, identifier, revision
    store.close()


def rules(store: Store, client: str, revision: int) -> pd.DataFrame:
    part = reports.report(enter(store, LOCAL, client), revision).maturity
    return part.contradictions.set_index("rule")


def measurement(store: Store, client: str, revision: int) -> float:
    part = reports.report(enter(store, LOCAL, client), revision).maturity
    return float(part.dimensions.set_index("dimension").loc["MMT", "published"])


def predicted(off: float) -> pd.DataFrame:
    """Forecasts of two years that miss by ``off`` half-widths."""
    months = MONTHS[6:30]
    return pd.DataFrame(
        {
            "function": "marketing",
            "kpi": KPI,
            "month": months,
            "level": 80.0,
            "mean": 50.0 + off,
            "low": 49.0 + off,
            "high": 51.0 + off,
        }
    )


def test_intervals_that_missed_contradict_a_claim_of_the_highest_level(client) -> None:
    store, identifier, revision = client
    assert set(rules(*client).filter(like="bad_intervals", axis=0)["verdict"]) == {"no data"}
    assert measurement(*client) == 5.0
    revision = issue_forecasts(
        enter(store, LOCAL, identifier), revision, predicted(900.0), issued=date(2023, 6, 1)
    )
    held = rules(store, identifier, revision)
    assert held.loc["bad_intervals", "verdict"] == "contradicts"
    assert held.loc["bad_intervals", "value"] == 0.0
    # Nothing is predicted of any month to come: no level above three.
    assert held.loc["few_forecasts", "verdict"] == "contradicts"
    assert measurement(store, identifier, revision) == 3.0


def test_intervals_that_hold_support_it(client) -> None:
    store, identifier, revision = client
    actual = OBSERVED[OBSERVED["measure"] == "marketing_cost"].groupby("month")["value"].sum()
    said = predicted(0.0)
    centre = (actual / 1200).reindex(said["month"]).to_numpy()
    right = said.assign(mean=centre, low=centre - 1, high=centre + 1)
    revision = issue_forecasts(
        enter(store, LOCAL, identifier), revision, right, issued=date(2023, 6, 1)
    )
    held = rules(store, identifier, revision)
    assert held.loc["bad_intervals", "verdict"] == "supports"
    assert held.loc["bad_intervals", "value"] == 1.0


def test_levels_are_read_anew_only_when_a_threshold_is_crossed(client) -> None:
    store, identifier, revision = client
    chosen = reports.assumptions(enter(store, LOCAL, identifier))
    assert len(reports.report(enter(store, LOCAL, identifier), revision).roadmap.steps.columns)
    ahead = pd.DataFrame(
        {
            "function": "marketing",
            "kpi": KPI,
            "month": MONTHS[30],
            "level": 80.0,
            "mean": [50.0],
            "low": [40.0],
            "high": [60.0],
        }
    )
    first = issue_forecasts(
        enter(store, LOCAL, identifier), revision, ahead, issued=date(2025, 7, 10)
    )
    assert store.part(identifier, first, reports.part_key(chosen, "measures")) is not None
    # The first live forecast crosses the threshold of the rule on forecasts.
    assert store.part(identifier, first, reports.part_key(chosen, "roadmap")) is None
    assert len(reports.report(enter(store, LOCAL, identifier), first).roadmap.steps.columns)
    again = issue_forecasts(
        enter(store, LOCAL, identifier), first, ahead.assign(mean=51.0), issued=date(2025, 7, 11)
    )
    assert store.part(identifier, again, reports.part_key(chosen, "roadmap")) is not None
    read = {Report.roadmap, Report.standing, Report.forecasts, Report.track_record}
    read.add(Report.proposals)  # the one list of proposals names steps of the roadmap
    assert dependent_parts(Report.maturity) == read


def test_evidence_needs_enough_to_speak() -> None:
    keys = ["live_forecasts", "days_to_retune", "coverage", "skill", "realisation"]
    kpis = pd.DataFrame(
        {"key": keys, "value": [0.5, 9.0, 0.75, 0.1, 0.8], "n": [10.0, 4.0, 19.0, 3.0, 2.0]}
    )
    plain = {"cycle": "c", "function": "f", "evidence": pd.Timestamp("2025-06-01")}
    days = ["2025-07-05", "2025-07-30", "2025-09-30", "2025-07-10"]
    decisions = DECISIONS.conform(
        pd.DataFrame(
            [plain | {"decision": str(n), "day": pd.Timestamp(day)} for n, day in enumerate(days)]
        )
    )
    said = ISSUED_FORECASTS.conform(pd.DataFrame({"kind": ["forecast"], "kpi": [KPI]}))
    told = evidence(kpis, decisions, said).set_index("measure")["value"]
    assert told.to_dict() == {
        "live_forecast_share": 0.5,
        "forecast_skill": 0.1,
        "retuned_in_time": 0.75,
    }
    enough = kpis.assign(n=20.0)
    assert set(evidence(enough, decisions, said)["measure"]) == {
        rule.measure for rule in RULES if rule.dimension == "MMT"
    }
    assert "live_forecast_share" not in set(evidence(enough, decisions, said.head(0))["measure"])


def test_decisions_about_an_initiative_are_scored_by_the_months_of_its_teams(client) -> None:
    store, identifier, revision = client
    choice = {
        "function": "marketing",
        "kind": "scale",
        "owner": "A. Berg",
        "reason": "It pays.",
        "day": date(2025, 7, 10),
    }
    both = pd.DataFrame([choice | {"initiative": "Stories"}, choice | {"initiative": "Everywhere"}])
    revision = decide(enter(store, LOCAL, identifier), revision, both)
    ahead = store.snapshot(identifier, revision)["issued_forecasts"]
    width = (ahead["high"] - ahead["low"])[ahead["level"] == 80].groupby(ahead["team"]).mean()
    assert set(width.index) == {"North", "all"}
    # The noise of the other team is not this initiative's.
    assert width["North"] < 0.2 * width["all"]
    new = {
        name: frame[frame["month"] == MONTHS[30]]
        for name, frame in (("observations", OBSERVED), ("costs", BOOKED))
    }
    revision = store.save(
        identifier, revision, "tests", "enter", frames=new, as_of=date(2025, 8, 10)
    )
    revision = score(enter(store, LOCAL, identifier), revision)
    scores = store.snapshot(identifier, revision)["decision_scores"].set_index("team")
    unit = OBSERVED[OBSERVED["month"] < MONTHS[12]].groupby(["team", "measure"])["value"].sum()
    now = OBSERVED[(OBSERVED["month"] == MONTHS[30]) & (OBSERVED["team"] == "North")]
    now = now.set_index("measure")["value"]
    rate = unit["North", "marketing_cost"] / unit["North", "leads"]
    saved = rate * now["leads"] - now["marketing_cost"]
    assert scores.loc["North", "actual"] == pytest.approx(saved)
    assert scores.loc["all", "actual"] != pytest.approx(saved, abs=100)
    assert scores.loc["North", "effect_error"] < 0.2 * scores.loc["all", "effect_error"]


def test_teams_are_named_in_one_order() -> None:
    assert inputs.treated_teams("South; North;South") == "North; South"
    assert inputs.treated_teams("all") == inputs.treated_teams("") == ""
