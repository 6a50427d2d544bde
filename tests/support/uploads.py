"""Monthly uploads of cost and volume of support."""

from __future__ import annotations

import numpy as np
import pandas as pd

from metrics.frames import FRAMES
from workspaces.store import Store

KPI = "cost_per_resolution"


def months_of(last: str) -> pd.DatetimeIndex:
    return pd.date_range("2023-01-01", last, freq="MS")


def observations(last: str, restated: float = 0.0) -> pd.DataFrame:
    """Cost and volume of support that follow one seeded course, whatever month they end in."""
    every = months_of("2026-12-01")
    rng = np.random.default_rng(11)
    season = 1 + 0.05 * np.sin(2 * np.pi * np.arange(len(every)) / 12)
    tickets = np.round(4000 * season * (1 + 0.02 * rng.standard_normal(len(every))))
    unit = 40 * 1.003 ** np.arange(len(every)) * (1 + 0.02 * rng.standard_normal(len(every)))
    kept = len(months_of(last))
    cost = tickets * unit
    cost[kept - 5] *= 1 + restated
    columns = {"resolved_tickets": tickets, "support_cost": cost}
    rows = [
        pd.DataFrame(
            {
                "function": "support",
                "team": "all",
                "item": "all",
                "constituency": "all",
                "month": every[:kept],
                "measure": name,
                "value": values[:kept],
            }
        )
        for name, values in columns.items()
    ]
    return FRAMES["observations"].conform(pd.concat(rows, ignore_index=True))


def upload(store: Store, client: str, last: str, restated: float = 0.0) -> int:
    revision = store.revision(client)
    day = (pd.Timestamp(last) + pd.DateOffset(months=1)).date()
    return store.save(
        client,
        revision,
        "me",
        "ingest",
        frames={"observations": observations(last, restated)},
        replace={"observations"},
        as_of=day,
    )
