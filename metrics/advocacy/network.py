"""Who advocates, how far it carries, and on how few shoulders it rests."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from metrics.errors import InvalidInput
from metrics.intervals import Proportion, proportion

RECENCY_DAYS = 180.0
"""A contact last heard from so many days ago counts 1/e (domain §2.6)."""
ONE_WAY, TWO_WAY = 0.5, 1.0


def advocate_share(acts: ArrayLike, at_least: int = 1, level: float = 95) -> Proportion:
    """Share of active contacts with at least so many acts of advocacy in 12 months.

    Parameters
    ----------
    acts : array
        Referrals, reviews, accepted answers, reference cases and co-design, per active contact;
        those with none are part of it.
    """
    counts = _counts(acts)
    return proportion(int((counts >= at_least).sum()), counts.size, level)


def peer_answer_share(by_peers: int, answered: int, level: float = 95) -> Proportion:
    """Accepted answers not written by staff, of all answered questions."""
    return proportion(by_peers, answered, level)


@dataclass(frozen=True)
class Concentration:
    """How few people carry the advocacy: a warning of fragility.

    Attributes
    ----------
    gini : float
        0 when everybody does the same, (n - 1) / n when one does all.
    top_share : float
        Share of all acts by the most active ``top`` of people, at least one person.
    n, acts : int
    reason : str
        Why the two are NaN.
    """

    gini: float
    top_share: float
    n: int
    acts: float
    reason: str = ""


def concentration(acts: ArrayLike, top: float = 0.01) -> Concentration:
    """Gini coefficient and top share of acts per person.

    Raises
    ------
    InvalidInput
        Negative or missing acts, or ``top`` outside (0, 1].
    """
    if not 0 < top <= 1:
        raise InvalidInput("share_out_of_range", value=top)
    counts = np.sort(_counts(acts))
    n, total = counts.size, float(counts.sum())
    if total == 0:
        return Concentration(math.nan, math.nan, n, 0.0, "no_acts")
    rank = np.arange(1, n + 1)
    gini = float((2 * rank - n - 1) @ counts / (n * total))
    most = counts[n - max(1, math.ceil(top * n - 1e-9)) :]
    return Concentration(gini, float(most.sum() / total), n, total)


def earned_share(earned: float, paid: float, owned: float) -> float:
    """Earned impressions of all impressions; NaN without any."""
    values = _counts([earned, paid, owned])
    return float(earned / values.sum()) if values.sum() > 0 else math.nan


def share_of_voice(own: ArrayLike, competitors: ArrayLike) -> float:
    """Relevance weights of own mentions over those of all, for one fixed set of queries.

    NaN without mentions, and without a competitor: a share needs somebody else.
    """
    mine, others = _weights(own), _weights(competitors)
    if others.size == 0 or mine.sum() + others.sum() == 0:
        return math.nan
    return float(mine.sum() / (mine.sum() + others.sum()))


def relevance_weighted_network(
    relevance: ArrayLike, days_since_contact: ArrayLike, two_way: ArrayLike
) -> float:
    """``Σ relevance × e^(-days / 180) × g`` over contacts, g = 1 for two-way and .5 for one-way.

    Replaces the count of followers (domain §2.6).

    Parameters
    ----------
    relevance : array
        0 to 1: constituency, role and objective fit.
    days_since_contact : array
        Not negative.
    two_way : array of bool
    """
    weight, days = _weights(relevance), _counts(days_since_contact)
    reciprocal = np.asarray(two_way, dtype=bool)
    if not weight.shape == days.shape == reciprocal.shape:
        raise InvalidInput("periods_differ", cost=int(weight.size), benefit=int(days.size))
    return float(
        (weight * np.exp(-days / RECENCY_DAYS) * np.where(reciprocal, TWO_WAY, ONE_WAY)).sum()
    )


def k_factor(invitations: float, active: float, accepted: float) -> float:
    """Invitations per active person × share accepted, without incentivised ones.

    Above 1 a community grows by itself. NaN without active people or invitations.
    """
    _counts([invitations, active, accepted])
    if accepted > invitations:
        raise InvalidInput("share_out_of_range", value=accepted, n=invitations)
    if active == 0 or invitations == 0:
        return math.nan
    return invitations / active * (accepted / invitations)


def _counts(values: ArrayLike) -> np.ndarray:
    array = np.asarray(values, dtype=float)
    if not np.isfinite(array).all() or (array < 0).any():
        raise InvalidInput("count_not_whole", value=array[~(array >= 0)].tolist())
    return array


def _weights(values: ArrayLike) -> np.ndarray:
    array = _counts(values)
    if (array > 1).any():
        raise InvalidInput("share_out_of_range", value=float(array.max()))
    return array
