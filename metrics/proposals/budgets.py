"""Budgets: what moving money between functions brings, and what varying it would tell."""

from __future__ import annotations

import numpy as np

from metrics.frames.frame import iterate_rows
from metrics.proposals.proposal import BETWEEN, YEAR, Action, Proposal, Way
from metrics.tuning.part import TuningPart, response_of

SMALLEST = 0.005
"""Moves below half a per cent of a budget are not named."""


def propose_budgets(part: TuningPart, arriving: float, draws: int, seed: int) -> list[Proposal]:
    """Return the move that the plan proposes, if any, and the tests that would tell more."""
    return [*_move(part, arriving, draws, seed), *_tests(part)]


def budget_changes(part: TuningPart) -> dict[str, float]:
    """Return function → change of its budget a month, where the plan moves any."""
    if part.reason or part.plan["probability"] is None:
        return {}
    change = part.table["proposed"] - part.table["current"]
    told = change.abs() > SMALLEST * part.table["current"]
    return {
        str(f): float(c) for f, c in zip(part.table["function"][told], change[told], strict=True)
    }


def _move(part: TuningPart, arriving: float, draws: int, seed: int) -> list[Proposal]:
    changes = budget_changes(part)
    up = [f for f, change in changes.items() if change > 0]
    down = [f for f, change in changes.items() if change < 0]
    if not up or not down:
        return []
    known = response_of(part)
    change = part.table["proposed"].to_numpy() - part.table["current"].to_numpy()
    gains = part.plan["multiplier"] * known.gains(change).sum(axis=1)
    places = np.random.default_rng([seed, 4]).integers(len(gains), size=draws)
    return [
        Proposal(
            Action.MOVE,
            part.plan["cycle"],
            tuple(changes),
            Way.BUDGET,
            flat=YEAR * arriving * gains[places],
            cost=YEAR * float(change.sum()),
            effort=0.0,
            basis="months",
            facts={
                "moved": sum(changes[f] for f in up),
                "to": BETWEEN.join(up),
                "away": BETWEEN.join(down),
            },
        )
    ]


def _tests(part: TuningPart) -> list[Proposal]:
    """Return the better test of every function that is kept for want of evidence."""
    found: dict[str, Proposal] = {}
    for row in iterate_rows(part.tests) if len(part.tests) else ():
        known = bool(np.isfinite(row.value))
        one = Proposal(
            Action.VARY if row.code == "vary" else Action.LOT,
            str(row.function),
            (str(row.function),),
            flat=np.full(1, float(row.value)) if known else None,
            effort=0.0,
            basis=str(row.reason),
            teams=float(row.teams),
            months=float(row.months),
            reason="" if known else "value_of_knowing_unknown",
            facts={
                "power": _number(row.power),
                "cost": _number(row.cost),
                "change": part.plan["largest_change"],
            },
        )
        if row.function not in found or (known and not found[row.function].priced):
            found[row.function] = one
    return list(found.values())


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
