"""Where nothing runs yet, and where nothing is known: begin, or record what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from metrics.portfolio.appraisal import Appraisal
from metrics.proposals.initiatives import Stake, Terms, usual_rate
from metrics.proposals.proposal import Action, Proposal, Way


def propose_beginnings(
    appraisal: Appraisal,
    stakes: Sequence[Stake],
    untried: Mapping[str, float],
    given_up: float,
    terms: Terms,
    seed: int,
) -> list[Proposal]:
    """Return a beginning for each function in which nothing was tried.

    Its effect is what the compared initiatives predict for a new one, unless it is given up; its
    cost what they cost by unit of cost reached.

    Parameters
    ----------
    untried : mapping
        Function → its cost a year.
    given_up : float
        Share of programmes that are given up early.
    """
    rate = usual_rate(list(stakes))
    if not appraisal.known or not np.isfinite(rate):
        return []
    rng = np.random.default_rng([seed, 6])
    counted = [g for g in range(appraisal.compared) if appraisal.counts(g)]
    found = []
    for function, bill in sorted(untried.items()):
        draws = len(appraisal.effect)
        new = appraisal.effect[:, counted].mean(axis=1)
        new = new + appraisal.spread * rng.standard_normal(draws)
        kept = rng.random(draws) >= given_up
        efforts = [s.effort / s.reached for s in stakes if s.reached > 0 and s.effort >= 0]
        found.append(
            Proposal(
                Action.BEGIN,
                function,
                (function,),
                Way.BEGINNING,
                bill=bill,
                effect=terms.factor * new * kept,
                arriving=terms.arriving,
                cost=terms.planned * rate * bill,
                effort=float(np.median(efforts)) * bill if efforts else float("nan"),
                basis="analogy",
            )
        )
    return found


def propose_records(reasons: Sequence[str]) -> list[Proposal]:
    """Return what has to be recorded before anything can be said, each reason once."""
    return [
        Proposal(Action.RECORD, reason, basis="nothing", reason="value_of_knowing_unknown")
        for reason in dict.fromkeys(reasons)
        if reason
    ]
