"""A plan as plain data, for machines."""

from __future__ import annotations

from typing import Any

from metrics.document import plain
from metrics.tuning.allocation import Plan
from metrics.tuning.part import TuningPart, summary

PLAN_FIELDS = ["function", "current", "proposed", "low", "high", "gain", "gain_low", "gain_high",
               "marginal", "marginal_low", "marginal_high"]  # fmt: skip


def plan_document(part: TuningPart, plan: Plan, total: float) -> dict[str, Any]:
    """Return a plan, why functions are kept, and what would tell; amounts are a month's.

    Returns
    -------
    dict
        ``plan`` (``low`` and ``high``: between which the best amount lies), ``expected_gain``,
        ``low``, ``high``, ``level``, ``probability_of_gain``, ``refusals`` (function, reason),
        ``tests``, ``net_cost`` over ``horizon`` months with the probability ``free`` that there is
        none, and what the plan rests on.
    """
    facts = summary(plan, total)
    kept = plan.table[plan.table["reason"] != ""]
    document = {
        "plan": plan.table[PLAN_FIELDS],
        "expected_gain": plan.gain, "low": plan.low, "high": plan.high, "level": plan.level,
        "probability_of_gain": facts["probability"],
        "refusals": kept[["function", "reason"]],
        "tests": part.tests,
        "total": total, "moved": plan.moved,
        **{name: facts[name] for name in ("net_cost", "free", "horizon")},
        **{name: part.plan[name] for name in ("cycle", "evidence", "months", "multiplier",
                                              "confidence", "largest_change", "seed")},
        "reason": "nothing_moves" if facts["probability"] is None else "",
    }  # fmt: skip
    return plain(document)
