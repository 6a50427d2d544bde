"""What would tell where evidence is thin: a test with its value, cost, power and calendar."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from metrics.effects.part import outcome_and_volume
from metrics.effects.planner import power
from metrics.errors import AttuneError
from metrics.functions import BY_KEY
from metrics.measures.kpis import block
from metrics.model import Snapshot, teams_of
from metrics.tuning.allocation import Allocation
from metrics.tuning.experiments import Experiment, roll_out, value_of_information, vary
from metrics.tuning.regression import ReturnsFit
from metrics.tuning.response import UNKNOWN, FunctionHistory, Response, own_fit, recent_spend

TEST_MONTHS = 3
VARY_MONTHS = 6
USUAL_EFFECT = 0.10
YEAR = 12
TEST_COLUMNS = [
    "function",
    "code",
    "months",
    "teams",
    "value",
    "cost",
    "error_now",
    "error_after",
    "power",
    "effect",
    "reason",
]
SCHEDULE_COLUMNS = ["function", "code", "team", "role", "month", "spend", "seed"]


def tests(
    known: Response, best: Allocation, snapshot: Snapshot, facts: Mapping[str, Any]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Propose for every function that is kept for want of evidence what would tell.

    Returns
    -------
    tests : DataFrame
        ``TEST_COLUMNS``: ``code`` is ``vary`` (raise and lower the budget by lot) or ``teams``
        (start in some teams first); ``value`` of knowing, a year; ``cost`` is the money spent
        above the present during the test; ``power`` to find a return of one (vary) or the
        ``effect`` (teams).
    schedule : DataFrame
        ``SCHEDULE_COLUMNS``: its calendar.
    """
    asked = []
    for place, (name, why) in enumerate(
        zip(best.table["function"], best.table["reason"], strict=True)
    ):
        if why not in ("thin", *UNKNOWN):
            continue
        others = np.delete(known.draws, place, axis=1)
        moved = best.table["proposed"].iloc[place] - known.current[place]
        elsewhere = others.mean(axis=1) if others.shape[1] else np.zeros(len(known.draws))
        worth = partial(
            value_of_information,
            known.draws[:, place],
            elsewhere,
            amount=facts["largest_change"] * known.current[place],
            moved=moved,
        )
        asked.append(
            _tests_of_function(
                name,
                why,
                known.fits.get(name),
                known.current[place],
                worth,
                snapshot,
                {**facts, "seed": facts["seed"] + place},
            )
        )
    return _tables(asked)


def first_tests(
    histories: Sequence[FunctionHistory], snapshot: Snapshot, facts: Mapping[str, Any]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Propose what would tell where nothing is known of any function; the value is unknown too."""
    asked = []
    for place, one in enumerate(histories):
        current = recent_spend(one.spend)
        found, why = own_fit(one, current)
        asked.append(
            _tests_of_function(
                one.function,
                why,
                found,
                current,
                lambda error: np.nan,
                snapshot,
                {**facts, "seed": facts["seed"] + place},
            )
        )
    return _tables(asked)


def _tables(asked: Sequence[tuple[list[dict], list[pd.DataFrame]]]):
    table = pd.DataFrame([row for rows, _ in asked for row in rows], columns=TEST_COLUMNS)
    numbers = [c for c in TEST_COLUMNS if c not in ("function", "code", "reason")]
    table[numbers] = table[numbers].astype(float).replace(np.inf, np.nan)
    calendar = [piece for _, pieces in asked for piece in pieces]
    whole = pd.concat(calendar) if calendar else pd.DataFrame()
    return table, whole.reindex(columns=SCHEDULE_COLUMNS).reset_index(drop=True)


def _tests_of_function(
    name: str,
    why: str,
    found: ReturnsFit | None,
    current: float,
    worth: Callable[[float], float],
    snapshot: Snapshot,
    facts: Mapping[str, Any],
) -> tuple[list[dict[str, Any]], list[pd.DataFrame]]:
    """Tests of one function, each with its calendar; ``worth`` is a month's by standard error."""
    rows, calendar, seed = [], [], facts["seed"]
    first = pd.Timestamp(facts["evidence"]) + pd.DateOffset(months=2)
    if found is not None and found.current > 0:
        varied = vary(found, first, months=VARY_MONTHS, size=facts["largest_change"], seed=seed)
        rows.append(
            {
                "function": name,
                "code": "vary",
                "months": float(VARY_MONTHS),
                "value": YEAR * worth(varied.error_after),
                "cost": varied.cost,
                "error_now": varied.error_now,
                "error_after": varied.error_after,
                "power": varied.power,
                "reason": why,
            }
        )
        calendar.append(varied.schedule.assign(function=name, code="vary", seed=seed))
    teams = _teams(snapshot, name, first, seed)
    if teams is not None:
        started = teams.schedule[teams.schedule["role"] == "first"]
        at = teams.power.curve.set_index("months")
        error = float(at["standard_error"][TEST_MONTHS])
        mean = teams.power.effect / USUAL_EFFECT
        rows.append(
            {
                "function": name,
                "code": "teams",
                "months": float(TEST_MONTHS),
                "teams": float(len(started)),
                "effect": USUAL_EFFECT,
                "reason": why,
                "cost": facts["largest_change"] * current * TEST_MONTHS,
                "power": float(power(at["expected"][TEST_MONTHS], error, 80)),
                "error_after": error / mean if mean else np.nan,
            }
        )
        calendar.append(
            teams.schedule.rename(columns={"start": "month"}).assign(
                function=name, code="teams", seed=seed
            )
        )
    return rows, calendar


def _teams(snapshot: Snapshot, name: str, first: pd.Timestamp, seed: int) -> Experiment | None:
    """A start by lot among the teams no initiative has reached; None where they are too few."""
    function = BY_KEY.get(name)
    if function is None or not function.headline:
        return None
    started = snapshot["initiatives"]
    listed = started.loc[started["function"] == name, "teams"]
    touched = {team for teams in listed for team in teams_of(teams)}
    observations = snapshot["observations"]
    try:
        arranged = block(observations[observations["function"] == name], function)
        outcome, _ = outcome_and_volume(arranged, function.kpi(function.headline))
        free = outcome[[team for team in outcome if team not in touched]].dropna()
        return roll_out(free, USUAL_EFFECT, first, seed=seed, held_months=TEST_MONTHS)
    except (AttuneError, ValueError, KeyError):
        return None
