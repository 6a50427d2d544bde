"""A small company with a known return on spending, and a decision about it."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from metrics.frames import COSTS, OBSERVATIONS

KEYS = {
    "marketing": ("marketing_cost", "leads"),
    "people": ("recruiting_cost", "hires"),
    "procurement": ("procurement_cost", "purchase_orders"),
}


RETURN = {"marketing": 3.0, "people": 0.5, "procurement": 1.0}


MONTHS = pd.date_range("2023-01-01", periods=36, freq="MS")


def world() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cost falls by a known amount for every unit of spending; demand is steady."""
    rng = np.random.default_rng(11)
    observed, booked = [], []
    for function, (cost, demand) in KEYS.items():
        spend = 1000 * np.exp(0.3 * rng.standard_normal(len(MONTHS)))
        paid = 50_000 - RETURN[function] * spend + 150 * rng.standard_normal(len(MONTHS))
        for month, s, p in zip(MONTHS, spend, paid, strict=True):
            row = {
                "function": function,
                "team": "North",
                "item": "all",
                "constituency": "all",
                "month": month,
            }
            observed += [
                row | {"measure": cost, "value": p, "currency": "EUR"},
                row | {"measure": demand, "value": 500.0},
            ]
            booked.append(
                {
                    "function": function,
                    "team": "North",
                    "month": month,
                    "category": "content",
                    "initiative": "Community",
                    "amount": s,
                    "currency": "EUR",
                }
            )
    return OBSERVATIONS.conform(pd.DataFrame(observed)), COSTS.conform(pd.DataFrame(booked))


OBSERVED, BOOKED = world()


def until(last: int) -> dict[str, pd.DataFrame]:
    return {
        "observations": OBSERVED[OBSERVED["month"] <= MONTHS[last]],
        "costs": BOOKED[BOOKED["month"] <= MONTHS[last]],
    }


def choice(function: str = "marketing", **changed) -> pd.DataFrame:
    usual = {
        "function": function,
        "kind": "scale",
        "owner": "A. Berg",
        "reason": "It pays.",
        "day": date(2025, 7, 10),
    }
    return pd.DataFrame([usual | changed])
