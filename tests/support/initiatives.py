"""Six support teams, and an initiative that touches one of them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from metrics.frames import INITIATIVES, OBSERVATIONS
from metrics.functions import OWNER
from metrics.model import ALL

MONTHS = pd.date_range("2023-01-01", periods=36, freq="MS")


START = pd.Timestamp("2025-01-01")


def observed(series: dict[str, dict[str, np.ndarray]]) -> pd.DataFrame:
    """Observations from team → measure → monthly values."""
    pieces = [
        pd.DataFrame(
            {
                "function": OWNER[measure],
                "team": team,
                "item": ALL,
                "constituency": ALL,
                "month": MONTHS[: len(values)],
                "measure": measure,
                "value": values,
            }
        )
        for team, measures in series.items()
        for measure, values in measures.items()
    ]
    return OBSERVATIONS.conform(pd.concat(pieces))


def support(effect: float = -2.0, seed: int = 1) -> dict[str, dict[str, np.ndarray]]:
    """Six support teams at about 20 per resolution; the first one changes from the start on."""
    rng = np.random.default_rng(seed)
    common = rng.normal(0, 0.3, 36)
    result = {}
    for number in range(6):
        price = 20 + common + rng.normal(0, 0.2, 36)
        if number == 0:
            price = price + effect * (MONTHS >= START)
        result[f"T{number}"] = {"support_cost": price * 100, "resolved_tickets": np.full(36, 100.0)}
    return result


def initiative(**changed) -> pd.DataFrame:
    row = {
        "initiative": "Forum",
        "function": "support",
        "teams": "T0",
        "start": START,
        "end": pd.NaT,
        "kpi": "cost_per_resolution",
    }
    return INITIATIVES.conform(pd.DataFrame([row | changed]))
