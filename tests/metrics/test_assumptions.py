"""Every assumption is read: in a small client, changing it changes a figure that it is said to."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from loop import entries, reports
from metrics.assumptions import BY_KEY, GONE, RENAMED, Assumptions, current
from metrics.errors import InvalidInput
from metrics.frames import FRAMES
from metrics.functions import KPIS
from metrics.model import Profile, Snapshot
from metrics.report import compute
from workspaces.access import LOCAL, enter
from workspaces.parts import freeze
from workspaces.store import Store

FAST = {"simulation_draws": 1_000.0}
FUNCTIONS = ("support", "sales")
CLAIMS = FRAMES["benefits"].conform(
    pd.DataFrame(
        {
            "benefit": [f"claim {grade}" for grade in "ABCDE"],
            "function": "support",
            "team": "all",
            "mechanism": [f"mechanism {grade}" for grade in "ABCDE"],
            "start": pd.Timestamp("2026-01-01"),
            "amount": 1_000.0,
            "grade": list("ABCDE"),
            "cash": "capacity",
        }
    )
)
READ_BY = {
    "measures": ("baseline_months", "interval_level"),
    "case": (
        "discount_rate",
        "horizon_months",
        "recapture_factor",
        "weight_a",
        "weight_b",
        "weight_c",
        "weight_d",
        "weight_e",
        "contribution_margin",
        "tracking_unsure",
        "tracking_risk",
        "cost_risk",
        "flexibility_value",
        "seed",
    ),
    # Since the case is a distribution of its own, entry points and conditions draw as told.
    "economics": (
        "benefit_correlation",
        "simulation_draws",
        "ramp_half_months",
        "share_giving_up",
        "giving_up_months",
        "delay_months",
        "launch_failure_before",
        "launch_failure_after",
        "launch_loss",
        "launches",
    ),
    "deflection": (
        "views_per_request_accepted",
        "views_per_request_other",
        "view_share",
        "marginal_cost_share",
        "capacity_released",
    ),
    "advocacy": ("most_active_share",),
    "practice": (
        "train_course",
        "train_backfill",
        "train_loss",
        "train_months",
        "own_monthly_cost",
        "hire_recruiting",
        "hire_loss",
        "hire_months",
        "hire_monthly_cost",
        "hire_premium",
    ),
    "forecasts": ("forecast_months", "effect_half_life"),
    "tuning": ("cycle_months", "largest_change", "plan_confidence"),
}
"""Part of the report → assumptions that change a figure of it."""
ELSEWHERE = {
    "market_maturity": "the cost of failed experiments in a plan that is tried",
    "extension_effect": "what a plan that reaches further teams adds",
}
"""Assumptions that no part of the report reads, and who does."""
BESIDE: dict[str, dict[str, float]] = {
    "tracking_risk": {"tracking_unsure": 0.5},
    "launch_failure_before": {"launch_loss": 100.0, "launches": 2.0},
    "launch_failure_after": {"launch_loss": 100.0, "launches": 2.0},
    "launch_loss": {"launch_failure_after": 0.1, "launches": 2.0},
    "launches": {"launch_failure_after": 0.1, "launch_loss": 100.0},
}
"""What must stand beside an assumption before it can say anything."""


def test_every_assumption_has_a_reader() -> None:
    named = [key for keys in READ_BY.values() for key in keys]
    assert sorted([*named, *ELSEWHERE]) == sorted(BY_KEY)


@pytest.fixture(scope="module")
def client(sample):
    """Return what computes a part of a small client under changed assumptions.

    Two functions of the sample company; for forecasts, which take long, one indicator.
    """
    whole = sample.snapshot

    def small(functions: tuple[str, ...], measures: tuple[str, ...] = ()) -> Snapshot:
        frames = {
            name: rows[rows["function"].isin(functions)] if "function" in rows else rows
            for name, rows in whole.frames.items()
        }
        frames["benefits"] = CLAIMS
        if measures:
            seen = frames["observations"]
            frames["observations"] = seen[seen["measure"].isin(measures)]
        profile = replace(whole.profile, functions=functions)
        return Snapshot(profile, whole.revision, whole.as_of, frames)

    two, one = small(FUNCTIONS), small(("support",), KPIS["cost_per_resolution"].measures)

    standing = {id(snapshot): compute(snapshot, Assumptions(FAST)) for snapshot in (two, one)}

    def part(name: str, changes: dict[str, float]) -> bytes:
        """Compute one part; what it reads stands as it is without the changes."""
        snapshot = one if name == "forecasts" else two

        def load(other, make):
            return make() if other.name == name else standing[id(snapshot)][other.name]

        return freeze(compute(snapshot, Assumptions(FAST | changes), (name,), load)[name])

    return part


@pytest.mark.slow
@pytest.mark.parametrize(
    ("part", "key"), [(part, key) for part, keys in READ_BY.items() for key in keys]
)
def test_changing_an_assumption_changes_a_figure(client, part, key) -> None:
    one, beside = BY_KEY[key], BESIDE.get(key, {})
    before = client(part, beside)
    ends = [
        value for value in (one.low, one.high) if value != (FAST | beside).get(key, one.default)
    ]
    assert any(client(part, {**beside, key: value}) != before for value in ends)


def test_what_was_kept_under_the_keys_of_before_is_still_read(tmp_path) -> None:
    """Databases hold two numbers that became one, and three that no figure ever read."""
    store = Store.open(str(tmp_path / "a.sqlite"))
    client = store.create_client(Profile("Small", ("support",)), "tests")
    unread = {"advocate_acts": 4, "open_share_limit": 0.2, "repeat_days": 7}
    kept = {"give_up_share": 0.3, **unread, "delay_months": 6}
    assert {"give_up_share", *unread} == {*RENAMED, *GONE}
    documents = {"assumptions": {key: {"value": value} for key, value in kept.items()}}
    number = store.save(client, 1, "tests", "assume", documents=documents)
    assert reports.assumptions(enter(store, LOCAL, client)).changes == {
        "share_giving_up": 0.3,
        "delay_months": 6,
    }
    assert {c["key"] for c in entries.assumption_changes(enter(store, LOCAL, client))} <= set(
        BY_KEY
    )
    entries.assume(enter(store, LOCAL, client), number, {"delay_months": None})
    assert reports.assumptions(enter(store, LOCAL, client)).changes == {"share_giving_up": 0.3}
    store.close()


def test_today_s_key_holds_where_both_were_kept() -> None:
    assert current({"give_up_share": 0.3, "share_giving_up": 0.4}) == {"share_giving_up": 0.4}
    with pytest.raises(InvalidInput):
        Assumptions({"give_up_share": 0.3})
