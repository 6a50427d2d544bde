"""The figures a reader judges the product by, under names that stay."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from metrics.portfolio.part import BETWEEN, LISTS, ValuePart

VERSION = 1
"""Raised whenever a name or its meaning changes; the schema says the same."""
BAND = ("low", "high", "level")


def figures(named: Mapping[str, Any], value: ValuePart) -> dict[str, Any]:
    """Return amounts, odds and claims of a report.

    Parameters
    ----------
    named : mapping
        ``report.figures``.
    value : ValuePart

    Returns
    -------
    dict
        ``version``, ``definition``; ``saving_a_year`` (the last twelve months of everything
        compared), ``saving_shown`` (of these: what single initiatives show),
        ``saving_before_after``, ``saving_ahead`` (the next twelve months), ``saving_so_far``:
        ``value, low, high, level, probability``; ``cost_a_year``; ``net_present_value``:
        ``p10, p50, p90, probability, expected``; ``accepted_by_finance``; ``break_even``: the
        saving a year that pays the cost back; ``claims``: a row each. Base currency; null with a
        ``reason`` where nothing can be said. ``named``: every headline figure under its own
        name, with unit, period, n, definition and source.
    """
    expected = named["case.expected"]
    return {
        "version": VERSION,
        "definition": value.definition,
        "saving_a_year": _amount(named["saving.a_year"]) | {"verdict": value.verdict},
        "saving_shown": _amount(named["saving.shown"]),
        "saving_before_after": _amount(named["saving.before_after"]),
        "saving_ahead": _amount(named["saving.ahead"]),
        "saving_so_far": _amount(named["saving.so_far"]),
        "cost_a_year": _figure(named["case.cost_a_year"]),
        "net_present_value": {
            "p10": _number(expected.low),
            "p50": _number(named["case.median"].value),
            "p90": _number(expected.high),
            "probability": _number(named["case.probability"].value),
            "expected": _number(expected.value),
            "reason": expected.reason,
        },
        "accepted_by_finance": _figure(named["case.accepted"]),
        "break_even": _figure(named["case.break_even"]),
        "claims": [_claim(row) for row in value.claims.to_dict("records")],
        "named": {name: _whole(one) for name, one in named.items()},
    }


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _figure(one: Any) -> dict[str, Any]:
    return {"value": _number(one.value), "reason": one.reason}


def _amount(one: Any) -> dict[str, Any]:
    numbers = ("value", "low", "high", "level", "probability")
    return {key: _number(getattr(one, key)) for key in numbers} | {"reason": one.reason}


def _whole(one: Any) -> dict[str, Any]:
    told = {key: getattr(one, key) for key in ("period", "definition", "source")}
    unit = one.unit.name or one.unit.kind.value
    return _amount(one) | told | {"n": _number(one.n), "unit": unit, "about": dict(one.about)}


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
