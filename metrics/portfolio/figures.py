"""The figures a reader judges the product by, under names that stay."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from metrics.portfolio.part import BETWEEN, LISTS, ValuePart

VERSION = 1
"""Raised whenever a name or its meaning changes; the schema says the same."""
BAND = ("low", "high", "level")


def figures(value: ValuePart, case: Any) -> dict[str, Any]:
    """Return amounts, odds and claims of a report.

    Parameters
    ----------
    value : ValuePart
    case : ProgrammeCase

    Returns
    -------
    dict
        ``version``, ``definition``; ``saving_a_year`` (the last twelve months of everything
        compared), ``saving_shown`` (of these: what single initiatives show),
        ``saving_before_after``, ``saving_ahead`` (the next twelve months), ``saving_so_far``:
        ``value, low, high, level, probability``; ``cost_a_year``; ``net_present_value``:
        ``p10, p50, p90, probability, expected``; ``accepted_by_finance``; ``break_even``: the
        saving a year that pays the cost back; ``claims``: a row each. Base currency; null with a
        ``reason`` where nothing can be said.
    """
    return {
        "version": VERSION,
        "definition": value.definition,
        "saving_a_year": _amount(value.saving) | {"verdict": value.verdict},
        "saving_shown": _amount(value.shown),
        "saving_before_after": _amount(value.before_after),
        "saving_ahead": _amount(value.ahead),
        "saving_so_far": _amount(value.so_far_total),
        "cost_a_year": _figure(case.cost_a_year, case.reason),
        "net_present_value": {
            "p10": _number(case.p10),
            "p50": _number(case.p50),
            "p90": _number(case.p90),
            "probability": _number(case.probability),
            "expected": _number(case.npv),
            "reason": case.reason,
        },
        "accepted_by_finance": _figure(case.accepted, case.accepted_reason),
        "break_even": _figure(case.break_even, case.reason),
        "claims": [_claim(row) for row in value.claims.to_dict("records")],
    }


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _figure(value: float, reason: str) -> dict[str, Any]:
    return {"value": _number(value), "reason": "" if math.isfinite(value) else reason}


def _amount(amount: Mapping[str, Any]) -> dict[str, Any]:
    return {key: one if isinstance(one, str) else _number(one) for key, one in amount.items()}


def _claim(row: Mapping[str, Any]) -> dict[str, Any]:
    lists = {name: [each for each in str(row[name]).split(BETWEEN) if each] for name in LISTS}
    numbers = {
        name: _number(row[name])
        for name in (
            "amount",
            "probability",
            "relative",
            "relative_low",
            "relative_high",
            "less_work",
            "cheaper_work",
        )
    }
    return {
        **lists,
        "function": row["function"],
        "pool": row["pool"],
        "driver": row["driver"],
        **numbers,
        "band": {name: _number(row[name]) for name in BAND},
        "verdict": row["verdict"],
        "compared": bool(row["compared"]),
        "reason": row["reason"],
    }
