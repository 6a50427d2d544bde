"""Does learning reach practice? Dose, practice, certificates, application and support."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy

APPLIED_WITHIN_MONTHS = 3
LEVEL = 95


@dataclass(frozen=True)
class OddsRatio:
    """Odds of success of supported against unsupported learners, with a 95 % exact interval.

    ``shown`` only if the interval excludes 1. NaN with ``reason`` where undefined.
    """

    estimate: float
    low: float
    high: float
    table: tuple[tuple[int, int], tuple[int, int]]
    shown: bool
    reason: str | None = None
    level: int = LEVEL


def learning(training: pd.DataFrame) -> pd.DataFrame:
    """Summarise learning per function, and over ``all``.

    Returns
    -------
    DataFrame
        function, learners, hours_per_learner, sessions_per_learner, single_event_share,
        practice_ratio (live hours / hours), mentoring_per_learner (hours), certified_share,
        certified_with_artefact_share, applied_share (first live initiative within three months
        of the first session). Shares are of learners; NaN without hours.
    """
    parts = [(str(f), part) for f, part in training.groupby("function")]
    rows = [(name, *_summary(part)) for name, part in [*parts, ("all", training)] if len(part)]
    columns = (
        "function learners hours_per_learner sessions_per_learner single_event_share "
        "practice_ratio mentoring_per_learner certified_share certified_with_artefact_share "
        "applied_share"
    )
    return pd.DataFrame(rows, columns=columns.split())


def _summary(part: pd.DataFrame) -> tuple[float, ...]:
    first = part.groupby("person")["month"].min()
    sessions = part.groupby("person").size()
    certified = part["certified"].eq("yes")
    artefact = certified & part["artefact"].fillna("").ne("")
    limit = first + pd.DateOffset(months=APPLIED_WITHIN_MONTHS)
    applied = part.groupby("person")["applied"].min()
    hours = part["hours"].sum()
    n = len(sessions)
    return (
        n,
        hours / n,
        float(sessions.mean()),
        float((sessions == 1).mean()),
        part["practice_hours"].sum() / hours if hours else float("nan"),
        part["mentoring_hours"].sum() / n,
        part.loc[certified, "person"].nunique() / n,
        part.loc[artefact, "person"].nunique() / n,
        float((applied <= limit).mean()),
    )


def support_effect(training: pd.DataFrame) -> OddsRatio:
    """Compare success of supported and unsupported learners (one row per learner).

    A learner counts as supported if any session was, and as successful if any outcome was;
    learners with an open outcome are left out. Fisher's conditional estimate.
    """
    closed = training[training["succeeded"].isin(["yes", "no"])]
    people = closed.groupby("person").agg(
        supported=("supported", lambda s: s.eq("yes").any()),
        succeeded=("succeeded", lambda s: s.eq("yes").any()),
    )
    counts = [
        [
            int(((people["supported"] == s) & (people["succeeded"] == w)).sum())
            for w in (True, False)
        ]
        for s in (True, False)
    ]
    return compare_odds(counts)


def compare_odds(table: list[list[int]]) -> OddsRatio:
    """Odds ratio of [[supported: success, failure], [unsupported: success, failure]]."""
    counts = np.array(table)
    named = ((table[0][0], table[0][1]), (table[1][0], table[1][1]))
    nan = float("nan")
    if (counts.sum(axis=0) == 0).any() or (counts.sum(axis=1) == 0).any():
        return OddsRatio(nan, nan, nan, named, False, "one_group_or_outcome_only")
    found = scipy.stats.contingency.odds_ratio(counts, kind="conditional")
    interval = found.confidence_interval(LEVEL / 100)
    low, high = float(interval.low), float(interval.high)
    return OddsRatio(float(found.statistic), low, high, named, low > 1 or high < 1)
