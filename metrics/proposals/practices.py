"""Practice: the next step of each function, and gates that fail."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from metrics.frames.frame import iterate_rows
from metrics.intervals import error_of
from metrics.maturity.next_moves import LEVEL, RoadmapPart
from metrics.maturity.part import MaturityPart
from metrics.proposals.proposal import Action, Proposal, Way

MOST_UNPRICED = 3
"""So many steps stand in the list without an amount; the roadmap has them all."""


def propose_practices(
    roadmap: RoadmapPart,
    maturity: MaturityPart,
    bills: Mapping[str, float],
    planned: np.ndarray,
    month: float,
    arriving: float,
    seed: int,
) -> list[Proposal]:
    """Return the best next step of each function, and every gate that fails.

    Parameters
    ----------
    bills : mapping
        Function → its cost a year.
    planned : array (draws,)
        Factors on planned cost.
    month : float
        What a month of an own person costs.
    """
    return [*_steps(roadmap, bills, planned, month, arriving, seed), *_gates(maturity)]


def _steps(
    roadmap: RoadmapPart,
    bills: Mapping[str, float],
    planned: np.ndarray,
    month: float,
    arriving: float,
    seed: int,
) -> list[Proposal]:
    """One step at a time in a function: the next is ranked anew once this one is lived.

    Only what a function's own initiatives did has a price; a prior is no evidence of money.
    """
    priced, unpriced = {}, []
    steps = roadmap.steps
    for place, row in enumerate(iterate_rows(steps) if len(steps) else ()):
        function = str(row.function)
        told = {"dimension": row.dimension, "gain": float(row.gain)}
        own = row.basis == "own effect" and function in bills and np.isfinite(row.effect)
        one = Proposal(
            Action.STEP,
            f"{function} {row.question}",
            (function,),
            Way.PRACTICE,
            cost=planned * row.effort * month,
            effort=float(row.effort),
            basis="own_effect" if own else "prior",
            reason="" if own else "step_without_price",
            facts=told | {"question": row.question},
        )
        if own:
            error = float(error_of(row.effect_low, row.effect_high, 100 * LEVEL))
            rng = np.random.default_rng([seed, 5, place])
            moved = row.effect + error * rng.standard_normal(len(planned))
            fields = {"bill": bills[function], "effect": np.log1p(-np.minimum(moved, 0.99))}
            one = Proposal(**{**vars(one), **fields, "arriving": arriving})
            better = function not in priced or _mean(one) > _mean(priced[function])
            priced |= {function: one} if better else {}
        elif function not in {each.functions[0] for each in unpriced}:
            unpriced.append(one)
    return [*priced.values(), *unpriced[:MOST_UNPRICED]]


def _mean(one: Proposal) -> float:
    return float((one.brings() - one.cost).mean())


def _gates(maturity: MaturityPart) -> list[Proposal]:
    table = maturity.gates
    failing = table[table["verdict"] == "fail"] if len(table) else table
    return [
        Proposal(
            Action.MEND,
            str(row.gate),
            basis="records",
            reason="gate_without_price",
            facts={"advice": row.advice, "rows": int(row.rows)},
        )
        for row in iterate_rows(failing)
    ]
