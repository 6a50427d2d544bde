"""Savings of a known size as the case takes them in: one treated team, one left untouched."""

from __future__ import annotations

import numpy as np
import pandas as pd

from metrics.business_case.programme import Saved
from metrics.portfolio.appraisal import appraise
from metrics.portfolio.claims import claims
from metrics.portfolio.part import _flat
from metrics.portfolio.pools import CostPool, Start

BILL = 1_000.0
FIRST = pd.Timestamp("2025-01-01")


def saved(
    monthly: float = 100.0,
    *,
    until: str = "2025-12-01",
    name: str = "Forum",
    spread: float = 0.0,
    alone: bool = False,
    priced: pd.DataFrame | None = None,
    kind: str = "",
) -> Saved:
    """Return an initiative that saves ``monthly`` of 1,000 a month from long before 2025 on.

    Parameters
    ----------
    until : str
        Last month on record.
    spread : float
        Standard deviation of the draws of the saving, base currency a month.
    alone : bool
        Its team is the only one, so that nothing is compared.
    """
    months = pd.date_range("2023-01-01", until, freq="MS")
    teams = ("A",) if alone else ("A", "B")
    cost = np.full((len(months), len(teams)), BILL)
    pool = CostPool("support", "support_cost", months, teams, cost, np.ones_like(cost))
    start = Start(name, "support", ("A",), pd.Timestamp("2024-01-01"))
    normal = np.random.default_rng(1).standard_normal((4_000, 1))
    effect = -np.log1p((monthly + spread * (normal - normal.mean())) / BILL)
    known = (effect, np.zeros(effect.shape, dtype=int), np.zeros(len(effect)))
    found = appraise([pool], [start], 1, known=known)
    none = pd.DataFrame(columns=["name", "month", "saving"])
    return Saved(found, _flat(claims(found, 80)), none if priced is None else priced, {name: kind})
