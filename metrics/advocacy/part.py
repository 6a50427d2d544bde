"""Advocacy as a part of the report: who recommends, what it brings, and what is not shown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from metrics import advocacy
from metrics.advocacy import NetPromoterScore, net_promoter_score
from metrics.assumptions import Assumptions
from metrics.errors import InvalidInput, NotEnoughData
from metrics.functions import MEASURES, OWNER
from metrics.intervals import proportion
from metrics.measures.kpis import Arranged, arrange
from metrics.measures.monthly import answers, last_year, monthly, summable
from metrics.measures.privacy import GROUP_UNDER_FIVE
from metrics.model import Adds, Snapshot

CLASSES = ("promoters", "passives", "detractors")
SHARES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("advocate_share", "advocates", ("active_contacts",)),
    ("peer_answer_share", "peer_answered_questions", ("answered_questions",)),
    ("invitation_acceptance", "accepted_invitations", ("invitations",)),
    ("customer_retention", "customers_retained", ("customers_due",)),
)
"""Shares of a count: name, counted, out of."""
CHAIN_LEVEL = 95.0
"""Of the links: a claim that one thing comes before another wants more than a headline."""
RATIOS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "earned_share",
        "earned_impressions",
        ("earned_impressions", "paid_impressions", "owned_impressions"),
    ),
    ("share_of_voice", "own_mentions", ("own_mentions", "competitor_mentions")),
    ("share_of_engagement", "own_engagement", ("own_engagement", "competitor_engagement")),
    ("referral_revenue_share", "referral_won_value", ("won_value",)),
    ("source_fill_rate", "source_known_value", ("won_value",)),
)
"""Shares of an amount, without sampling error."""
CHAIN: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("experience", "positive_ratings", ("ratings",)),
    ("advocacy", "promoters", CLASSES),
    ("growth", "won_value", ()),
)
"""Step, numerator, denominator: satisfaction before recommendation before revenue won."""
INDICATOR_COLUMNS = [
    "indicator",
    "value",
    "low",
    "high",
    "level",
    "n",
    "before",
    "change_low",
    "change_high",
    "reason",
]


@dataclass(frozen=True)
class AdvocacyPart:
    """What is known of recommendation.

    Attributes
    ----------
    indicators : DataFrame
        ``indicator, value, low, high, level, n``; ``before`` a year earlier and, where both have
        an interval, the interval of the difference; ``reason``.
    trend : DataFrame
        ``period`` (first month of a quarter), ``nps, low, high, n``.
    referral : dict
        ``known``, ``at_most`` (all of unknown source were referred), ``fill_rate``; empty
        without records.
    premium : dict
        ``premium, low, high, unmatched_premium, matched, unmatched, level, reason``.
    network : float
        Relevance-weighted contacts; NaN without a register of contacts.
    concentration : dict
        ``gini, top_share, n, acts, reason`` of contributions per contributor in a year.
    links : DataFrame
        ``cause, result, lag, correlation, low, high, level, state, months``.
    chain_reason : str
        Why the chain could not be tested, otherwise "".
    facts : dict
        Of that reason.
    """

    indicators: pd.DataFrame
    trend: pd.DataFrame
    referral: dict[str, Any]
    premium: dict[str, Any]
    network: float
    concentration: dict[str, Any]
    links: pd.DataFrame
    chain_reason: str
    facts: dict[str, Any]


def advocates(snapshot: Snapshot, assumptions: Assumptions) -> AdvocacyPart:
    """Compute advocacy from the records, the register of contacts and the table of customers."""
    level = assumptions["interval_level"]
    observations = arrange(snapshot["observations"])
    links, why, facts = _chain(observations, CHAIN_LEVEL)
    return AdvocacyPart(
        indicators=_indicators(observations, level),
        trend=_trend(observations),
        referral=_referral(observations),
        premium=_premium(snapshot["customers"], level),
        network=_network(snapshot["contacts"]),
        concentration=_concentration(snapshot["contributions"], assumptions["most_active_share"]),
        links=links,
        chain_reason=why,
        facts=facts,
    )


def _table(observations: Arranged, measures: Sequence[str]) -> pd.DataFrame:
    """Months × measures of several owners; empty where nothing is known."""
    pieces = []
    for owner in dict.fromkeys(OWNER[m] for m in measures):
        if owner in observations.functions:
            own = [m for m in measures if OWNER[m] == owner]
            pieces.append(monthly(observations, owner, own))
    table = pd.concat(pieces, axis=1, sort=True) if pieces else pd.DataFrame()
    return table.reindex(columns=list(measures)).sort_index()


def _two_years(table: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Totals of the last year and of the year before; stocks by their last value."""
    full = table.dropna()
    now = last_year(full)
    before = last_year(full[full.index < now.index.min()]) if len(now) else full

    def total(rows: pd.DataFrame) -> pd.Series:
        whole = len(rows) == 12 or rows is now
        values = {
            m: (rows[m].iloc[-1] if MEASURES[m].adds is Adds.LAST else rows[m].sum())
            if len(rows) and whole
            else math.nan
            for m in table
        }
        return pd.Series(values, dtype=float)

    return total(now), total(before)


def _indicators(observations: Arranged, level: float) -> pd.DataFrame:
    rows = [_promoters(observations, level)]
    for name, part, whole in SHARES:
        now, before = _two_years(_table(observations, (part, *whole)))
        rows.append(
            _share(
                name,
                now[part],
                now[list(whole)].sum(skipna=False),
                before[part],
                before[list(whole)].sum(skipna=False),
                level,
            )
        )
    for name, part, whole in RATIOS:
        now, before = _two_years(_table(observations, tuple(dict.fromkeys((part, *whole)))))
        new, old = (_ratio(t[part], t[list(whole)].sum(skipna=False)) for t in (now, before))
        rows.append(
            {
                "indicator": name,
                "value": new,
                "before": old,
                "reason": "no_records" if math.isnan(new) else "",
            }
        )
    now, before = _two_years(_table(observations, ("accepted_invitations",)))
    customers = _two_years(_table(observations, ("active_customers",)))
    new, old = (
        _ratio(t["accepted_invitations"], c["active_customers"])
        for t, c in zip((now, before), customers, strict=True)
    )
    rows.append(
        {
            "indicator": "k_factor",
            "value": new,
            "before": old,
            "reason": "no_records" if math.isnan(new) else "",
        }
    )
    table = pd.DataFrame(rows).reindex(columns=INDICATOR_COLUMNS)
    return table.assign(reason=table["reason"].fillna(""), level=level)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else math.nan


def _share(
    name: str, part: float, whole: float, part_before: float, whole_before: float, level: float
) -> dict[str, Any]:
    if not whole > 0 or part > whole:
        return {"indicator": name, "reason": "no_records"}
    now = proportion(round(part), round(whole), level)
    row = {
        "indicator": name,
        "value": now.value,
        "low": now.low,
        "high": now.high,
        "n": now.n,
        "reason": "",
    }
    if whole_before > 0 and part_before <= whole_before:
        old = proportion(round(part_before), round(whole_before), level)
        change = now.value - old.value
        # Newcombe's square-and-add of two Wilson intervals.
        row |= {
            "before": old.value,
            "change_low": change - math.hypot(now.value - now.low, old.high - old.value),
            "change_high": change + math.hypot(now.high - now.value, old.value - old.low),
        }
    return row


def _promoters(observations: Arranged, level: float) -> dict[str, Any]:
    answered = answers(observations, "net_promoter_score")
    year = last_year(answered)
    before = last_year(answered[answered.index < year.index.min()]) if len(year) else year
    now, then = (summable(rows).sum() for rows in (year, before))
    name = {"indicator": "net_promoter_score"}
    if not now.sum() > 0:
        return name | {
            "reason": GROUP_UNDER_FIVE if year[list(CLASSES)].to_numpy().sum() > 0 else "no_survey"
        }
    wave = _wave(now, level)
    row = name | {"value": wave.nps, "low": wave.low, "high": wave.high, "n": wave.n, "reason": ""}
    if len(before) == 12 and then.sum() > 0:
        earlier = _wave(then, level)
        difference = advocacy.compare_waves(earlier, wave, level)
        row |= {"before": earlier.nps, "change_low": difference.low, "change_high": difference.high}
    return row


def _wave(counts: pd.Series, level: float) -> NetPromoterScore:
    return net_promoter_score(*(round(counts[c]) for c in CLASSES), level=level)


def _trend(observations: Arranged) -> pd.DataFrame:
    table = answers(observations, "net_promoter_score")
    columns = ["period", "nps", "low", "high", "n"]
    quarters = dict(iter(table.groupby(table.index.to_period("Q")))) if len(table) else {}
    sums = pd.DataFrame(
        {quarter: summable(rows).sum() for quarter, rows in quarters.items() if len(rows) == 3}
    ).T
    sums = sums[sums.sum(axis=1) > 0]
    if sums.empty:
        return pd.DataFrame(columns=columns)
    low, high = advocacy.nps_interval(*(sums[c].to_numpy() for c in CLASSES))
    n = sums.sum(axis=1)
    return pd.DataFrame(
        {
            "period": sums.index.to_timestamp(),
            "nps": (100 * (sums["promoters"] - sums["detractors"]) / n).to_numpy(),
            "low": low,
            "high": high,
            "n": n.to_numpy(),
        },
        columns=columns,
    )


def _referral(observations: Arranged) -> dict[str, Any]:
    now, _ = _two_years(
        _table(observations, ("won_value", "source_known_value", "referral_won_value"))
    )
    if not now["won_value"] > 0:
        return {}
    unknown = max(now["won_value"] - now["source_known_value"], 0.0)
    return {
        "known": float(now["referral_won_value"]),
        "at_most": float(now["referral_won_value"] + unknown),
        "fill_rate": float(now["source_known_value"] / now["won_value"]),
    }


def _premium(customers: pd.DataFrame, level: float) -> dict[str, Any]:
    known = customers[customers["referred"].isin(["yes", "no"])].dropna(subset="value")
    if known.empty:
        return {"reason": "no_customers"}
    rows = known.assign(
        referred=known["referred"] == "yes", acquired=known["acquired"].dt.year.fillna(0)
    )
    try:
        found = advocacy.referral_premium(rows, level)
    except (InvalidInput, NotEnoughData) as refused:
        return {"reason": refused.code}
    # A number that is missing is None here: what is kept is JSON.
    return {
        k: None if isinstance(v, float) and math.isnan(v) else v for k, v in vars(found).items()
    }


def _network(contacts: pd.DataFrame) -> float:
    known = contacts.dropna(subset=["relevance", "days"])
    if known.empty:
        return math.nan
    return advocacy.relevance_weighted_network(
        known["relevance"].clip(0, 1), known["days"].clip(lower=0), known["two_way"] == "yes"
    )


def _concentration(contributions: pd.DataFrame, top: float) -> dict[str, Any]:
    if contributions.empty:
        return {"reason": "no_acts"}
    last = contributions["month"].max()
    year = contributions[contributions["month"] > last - pd.DateOffset(months=12)]
    found = advocacy.concentration(year.groupby("contributor")["count"].sum(), top)
    return {k: v for k, v in vars(found).items() if not (isinstance(v, float) and math.isnan(v))}


def _chain(observations: Arranged, level: float) -> tuple[pd.DataFrame, str, dict[str, Any]]:
    columns = ["cause", "result", "lag", "correlation", "low", "high", "level", "state", "months"]
    nothing = pd.DataFrame(columns=columns)
    needed = tuple(dict.fromkeys(m for _, top, whole in CHAIN for m in (top, *whole)))
    table = _table(observations, needed)
    series = pd.DataFrame(
        {
            step: table[top] / table[list(whole)].sum(axis=1, skipna=False) if whole else table[top]
            for step, top, whole in CHAIN
        }
    ).dropna()
    try:
        chain = advocacy.advocacy_chain(series, [step for step, _, _ in CHAIN], level=level)
    except (InvalidInput, NotEnoughData) as refused:
        return nothing, refused.code, dict(refused.facts)
    return pd.DataFrame([vars(link) for link in chain.links], columns=columns), "", {}


__all__ = ["AdvocacyPart", "advocates"]
