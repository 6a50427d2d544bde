"""What would tell where evidence is thin: a test with its value, cost, power and calendar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from metrics.effects.planner import power
from metrics.errors import AttuneError
from metrics.functions import BY_KEY
from metrics.initiatives import outcome_and_volume, teams_of
from metrics.kpis import block
from metrics.model import Snapshot
from metrics.tuning.allocation import Plan
from metrics.tuning.experiments import Experiment, Variation, roll_out, value_of_information, vary
from metrics.tuning.response import Response

TEST_MONTHS = 3
VARY_MONTHS = 6
USUAL_EFFECT = 0.10
YEAR = 12
TEST_COLUMNS = ["function", "code", "months", "teams", "value", "cost", "error_now", "error_after",
                "power", "effect", "reason"]  # fmt: skip
SCHEDULE_COLUMNS = ["function", "code", "team", "role", "month", "spend", "seed"]


def tests(
    known: Response, best: Plan, snapshot: Snapshot, facts: Mapping[str, Any]
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
    rows, calendar = [], []
    first = pd.Timestamp(facts["evidence"]) + pd.DateOffset(months=2)
    for place, (name, why) in enumerate(
        zip(best.table["function"], best.table["reason"], strict=True)
    ):
        if why not in ("thin", "never_varied", "never_spent", "no_history"):
            continue
        others = np.delete(known.draws, place, axis=1)
        amount = facts["largest_change"] * known.current[place]
        moved = best.table["proposed"].iloc[place] - known.current[place]
        elsewhere = others.mean(axis=1) if others.shape[1] else np.zeros(len(known.draws))

        def worth(error: float, place=place, amount=amount, moved=moved, elsewhere=elsewhere):
            return YEAR * value_of_information(
                known.draws[:, place], elsewhere, error, amount, moved
            )

        seed = facts["seed"] + place
        varied = _varied(known, name, first, facts, seed)
        if varied is not None:
            rows.append({"function": name, "code": "vary", "months": float(VARY_MONTHS),
                         "value": worth(varied.error_after), "cost": varied.cost,
                         "error_now": varied.error_now, "error_after": varied.error_after,
                         "power": varied.power, "reason": why})  # fmt: skip
            calendar.append(varied.schedule.assign(function=name, code="vary", seed=seed))
        teams = _teams(snapshot, name, first, seed)
        if teams is not None:
            started = teams.schedule[teams.schedule["role"] == "first"]
            at = teams.power.curve.set_index("months")
            error = float(at["standard_error"][TEST_MONTHS])
            mean = teams.power.effect / USUAL_EFFECT
            rows.append({"function": name, "code": "teams", "months": float(TEST_MONTHS),
                         "teams": float(len(started)), "cost": amount * TEST_MONTHS,
                         "effect": USUAL_EFFECT, "reason": why,
                         "power": float(power(at["expected"][TEST_MONTHS], error, 80)),
                         "error_after": error / mean if mean else np.nan})  # fmt: skip
            calendar.append(teams.schedule.rename(columns={"start": "month"}).assign(
                function=name, code="teams", seed=seed))  # fmt: skip
    table = pd.DataFrame(rows, columns=TEST_COLUMNS)
    numbers = [c for c in TEST_COLUMNS if c not in ("function", "code", "reason")]
    table[numbers] = table[numbers].astype(float).replace(np.inf, np.nan)
    whole = pd.concat(calendar) if calendar else pd.DataFrame()
    return table, whole.reindex(columns=SCHEDULE_COLUMNS).reset_index(drop=True)


def _varied(
    known: Response, name: str, first: pd.Timestamp, facts: Mapping[str, Any], seed: int
) -> Variation | None:
    found = known.fits.get(name)
    if found is None or found.current <= 0:
        return None
    return vary(found, first, months=VARY_MONTHS, size=facts["largest_change"], seed=seed)


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
        return roll_out(free, USUAL_EFFECT, first, seed=seed)
    except (AttuneError, ValueError, KeyError):
        return None
