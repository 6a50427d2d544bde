"""Small claims, costs and the case made of them."""

from __future__ import annotations

import pandas as pd

from metrics.assumptions import Assumptions
from metrics.business_case.part import Scenario, programme_case
from metrics.frames import COSTS, FRAMES
from tests.support.appraised import saved as measured

START = pd.Timestamp("2025-01-01")


YEAR = pd.date_range(START, periods=12, freq="MS")


def claim(**changed) -> dict:
    return {
        "benefit": "Fewer visits",
        "function": "support",
        "mechanism": "remote help",
        "kpi": "contact_rate",
        "start": START,
        "amount": 100.0,
        "grade": "A",
        "cash": "cashable",
    } | changed


def typed(*claims: dict) -> pd.DataFrame:
    return FRAMES["benefits"].conform(pd.DataFrame(list(claims)))


def costs(amount: float = 50.0, **changed) -> pd.DataFrame:
    rows = {
        "function": "support",
        "team": "all",
        "category": "licences",
        "initiative": "Forum",
        "month": YEAR,
        "amount": amount,
        "currency": "EUR",
    }
    return COSTS.conform(pd.DataFrame(rows | changed))


def lines(name: str = "Forum", saving: float = 100.0, **changed) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "function": "support",
            "name": name,
            "kpi": "cost_per_resolution",
            "month": YEAR,
            "saving": saving,
            "grade": "B",
            "low": 0.8,
            "high": 1.2,
        }
        | changed
    )


def case(claims=None, ledger=None, spent=None, scenario=None, **changes):
    chosen = Assumptions(
        {"horizon_months": 12, "simulation_draws": 1_000, "discount_rate": 0.0} | changes
    )
    return programme_case(
        measured(0.0, alone=True) if claims is None else claims,
        costs() if spent is None else spent,
        chosen,
        currency="EUR",
        exchange_rates={"USD": 0.9},
        ledger=ledger,
        scenario=scenario or Scenario(),
    )
