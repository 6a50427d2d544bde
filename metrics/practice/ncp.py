"""Network, contribution, participation: three indices and their geometric mean (after Schultze).

A big silent network scores low, because the geometric mean is held down by the weakest index.
Each index is min(1, amount / target), 0-1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from metrics.errors import InvalidInput

MEMORY_DAYS = 180.0
ONE_WAY, TWO_WAY = 0.5, 1.0
PARTS = ("network", "contribution", "participation")


@dataclass(frozen=True)
class Ncp:
    """The three indices and their balance; ``weakest`` is the next thing to work on."""

    network: float
    contribution: float
    participation: float
    score: float
    weakest: str


def balance(network: float, contribution: float, participation: float) -> Ncp:
    """Combine three indices in [0, 1]; NaN if one is unknown.

    Raises
    ------
    InvalidInput
        If an index lies outside [0, 1].
    """
    values = np.array([network, contribution, participation], float)
    if ((values < 0) | (values > 1)).any():
        raise InvalidInput("index_off_range", values=values.tolist())
    known = ~np.isnan(values)
    weakest = PARTS[int(np.nanargmin(values))] if known.any() else ""
    score = float(np.prod(values) ** (1 / 3)) if known.all() else float("nan")
    return Ncp(*map(float, values), score, weakest)


def index(amount: float, target: float) -> float:
    """Return min(1, amount / target), not below 0.

    Raises
    ------
    InvalidInput
        If the target is not positive.
    """
    if not target > 0:
        raise InvalidInput("target_not_positive", value=target)
    return float(np.clip(amount / target, 0.0, 1.0))


def network_amount(contacts: pd.DataFrame) -> float:
    """Sum over contacts of relevance x recency x reciprocity.

    Recency is exp(-days / 180); a contact in one direction counts half.
    """
    recency = np.exp(-contacts["days"].clip(lower=0) / MEMORY_DAYS)
    weight = np.where(contacts["two_way"].eq("yes"), TWO_WAY, ONE_WAY)
    return float((contacts["relevance"] * recency * weight).sum())


def relevance_share(contacts: pd.DataFrame) -> float:
    """Mean relevance of contacts, 0-1: what stands beside a follower count."""
    return float(contacts["relevance"].mean())


def contribution_amount(contributions: pd.DataFrame, quality: float = 1.0) -> float:
    """Purposeful items (tagged to an objective) x quality, per active person and month."""
    purposeful = contributions[contributions["objective"].fillna("") != ""]
    people_months = contributions.drop_duplicates(["contributor", "month"])
    if people_months.empty:
        return float("nan")
    return float(purposeful["count"].sum() * quality / len(people_months))


PARTICIPATION = ("reply", "answer", "solution", "comment")


def participation_amount(contributions: pd.DataFrame) -> float:
    """Replies and answers per active person and month."""
    taking_part = contributions[contributions["kind"].isin(PARTICIPATION)]
    people_months = contributions.drop_duplicates(["contributor", "month"])
    if people_months.empty:
        return float("nan")
    return float(taking_part["count"].sum() / len(people_months))
