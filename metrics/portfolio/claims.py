"""One claim for each team, cost and month: who saved how much, how sure, and in which words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from metrics.portfolio.appraisal import Appraisal, saving_draws
from metrics.portfolio.before_after import BeforeAfter, before_after
from metrics.portfolio.panel import YEAR

BETWEEN = "; "
"""Between names where a list is kept as one text."""
FAMILY_ERROR = 0.04
"""Tail said for one false *shown* among all initiatives of a client. Posterior tails of three or
four years are a little thin: what is said at 4 % happens in up to 5 (docs/benchmarks/value.md)."""
SURE = 0.975
"""Probability from which the whole is said to save, or to lose."""

CLAIM_COLUMNS = [
    "initiatives",
    "function",
    "teams",
    "pool",
    "months",
    "amount",
    "low",
    "high",
    "level",
    "probability",
    "verdict",
    "compared",
    "relative",
    "relative_low",
    "relative_high",
    "less_work",
    "cheaper_work",
    "driver",
    "shares_with",
    "reason",
]


class ClaimVerdict(StrEnum):
    """What a claim says of itself; only the first two are shown."""

    HELPED = "helped"
    HARMED = "harmed"
    NOT_SHOWN = "not shown"
    BEFORE_AFTER = "before and after"


def claims(appraisal: Appraisal, level: float) -> pd.DataFrame:
    """Return a row for each group of initiatives that can be told apart.

    Returns
    -------
    DataFrame
        ``initiatives``, ``teams`` and ``months`` are lists; ``amount`` is what was saved in the
        last twelve months (base currency, a loss negative) with the band ``low``, ``high`` at
        ``level``; ``probability`` that of a saving; ``relative`` the effect on cost at the same
        demand; ``less_work`` and ``cheaper_work`` add up to the amount; ``shares_with`` lists
        initiatives with which team and month are shared.
    """
    amounts = saving_draws(appraisal)
    shown = holm(appraisal)
    rows = [
        _compared_claim(appraisal, group, amounts[:, group], bool(shown[group]), level)
        for group in range(appraisal.compared)
        if appraisal.counts(group)
    ]
    rows += [
        _before_after_claim(appraisal, group, level)
        for group in range(appraisal.compared, len(appraisal.groups))
        if appraisal.counts(group)
    ]
    return pd.DataFrame(rows, columns=CLAIM_COLUMNS)


def holm(appraisal: Appraisal) -> np.ndarray:
    """Return which compared groups' effects are shown, at most one false in twenty clients.

    Holm (1979) over the two-sided posterior tail probabilities of all that are compared.
    """
    shown = np.zeros(len(appraisal.groups), dtype=bool)
    which = [g for g in range(appraisal.compared) if appraisal.counts(g)]
    if not which:
        return shown
    effect = appraisal.effect[:, which]
    tails = 2 * np.minimum((effect > 0).mean(axis=0), (effect < 0).mean(axis=0))
    for rank, at in enumerate(np.argsort(tails)):
        if tails[at] > FAMILY_ERROR / (len(which) - rank):
            break
        shown[which[at]] = True
    return shown


def _claim_columns(appraisal: Appraisal, group: int, level: float) -> dict:
    place = appraisal.pool(group)
    pool, panel = appraisal.laid.pools[place], appraisal.laid.panels[place]
    own = panel.starts[list(appraisal.groups[group])]
    teams = np.flatnonzero((own >= 0).any(axis=0))
    first = int(own[own >= 0].min())
    last = pool.months[max(first, len(pool.months) - YEAR) :]
    return {
        "initiatives": appraisal.names(group),
        "function": pool.function,
        "teams": [pool.teams[team] for team in teams],
        "pool": pool.measure,
        "months": [f"{month:%Y-%m}" for month in last],
        "level": level,
        "driver": pool.driver,
        "shares_with": _sharing(appraisal, group, teams),
        "reason": "",
    }


def _sharing(appraisal: Appraisal, group: int, teams: np.ndarray) -> list[str]:
    place = appraisal.pool(group)
    starts = appraisal.laid.panels[place].starts
    return [
        name
        for other in range(len(appraisal.groups))
        if other != group
        and appraisal.pool(other) == place
        and (starts[list(appraisal.groups[other])][:, teams] >= 0).any()
        for name in appraisal.names(other)
    ]


def _compared_claim(
    appraisal: Appraisal, group: int, amount: np.ndarray, shown: bool, level: float
) -> dict:
    bounds = [0.5 - level / 200, 0.5 + level / 200]
    low, high = np.quantile(amount, bounds)
    relative = np.expm1(appraisal.effect[:, group])
    mean = float(amount.mean())
    verdict = ClaimVerdict.NOT_SHOWN
    if shown:
        verdict = ClaimVerdict.HELPED if mean > 0 else ClaimVerdict.HARMED
    less, cheaper = _explain_amount(appraisal, group, mean)
    row = _claim_columns(appraisal, group, level)
    if len(row["initiatives"]) > 1:
        row["reason"] = "cannot_be_told_apart"
    elif appraisal.handed is not None and appraisal.handed[group]:
        row["reason"] = "work_handed_over"
    elif not row["driver"]:
        row["reason"] = "no_demand_driver"
    return row | {
        "amount": mean,
        "low": float(low),
        "high": float(high),
        "probability": float((amount > 0).mean()),
        "verdict": str(verdict),
        "compared": True,
        "relative": float(relative.mean()),
        "relative_low": float(np.quantile(relative, 0.025)),
        "relative_high": float(np.quantile(relative, 0.975)),
        "less_work": less,
        "cheaper_work": cheaper,
    }


def _explain_amount(appraisal: Appraisal, group: int, amount: float) -> tuple[float, float]:
    """Split an amount into less work per unit of demand and cheaper work; NaN where unknown."""
    work, effect = appraisal.quantity[group], float(appraisal.effect[:, group].mean())
    if not np.isfinite(work) or abs(effect) < 1e-6:
        return float("nan"), float("nan")
    less = amount * float(work) / effect
    return less, amount - less


def _before_after_claim(appraisal: Appraisal, group: int, level: float) -> dict:
    place = appraisal.pool(group)
    row = _claim_columns(appraisal, group, level)
    one = appraisal.groups[group][0]
    starts = appraisal.laid.panels[place].starts[one]
    found: BeforeAfter | None = before_after(
        appraisal.laid.pools[place],
        list(np.flatnonzero(starts >= 0)),
        int(starts[starts >= 0].min()),
    )
    row |= {
        "verdict": str(ClaimVerdict.BEFORE_AFTER),
        "compared": False,
        "probability": np.nan,
        "reason": appraisal.laid.reasons[one],
        "less_work": np.nan,
        "cheaper_work": np.nan,
        "relative_low": np.nan,
        "relative_high": np.nan,
        "amount": np.nan,
        "low": np.nan,
        "high": np.nan,
        "relative": np.nan,
    }
    if found is not None:
        low, high = found.band(level)
        row |= {
            "amount": found.saving,
            "low": low,
            "high": high,
            "relative": float(np.expm1(found.relative)),
        }
    return row


@dataclass(frozen=True)
class Amount:
    """A figure in base currency with its band; NaN with a reason where nothing can be said."""

    value: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")
    level: float = float("nan")
    probability: float = float("nan")
    reason: str = ""


def amount_of(draws: np.ndarray, level: float) -> Amount:
    """Return mean, band and probability of a saving from draws."""
    low, high = np.quantile(draws, [0.5 - level / 200, 0.5 + level / 200])
    return Amount(float(draws.mean()), float(low), float(high), level, float((draws > 0).mean()))


def before_after_once(table: pd.DataFrame) -> pd.DataFrame:
    """Return the claims that stand apart, each team of a pool once.

    Overlapping initiatives are one change seen twice: the widest claim counts.

    Parameters
    ----------
    table : DataFrame
        ``pool, teams, amount, compared``; ``teams`` a list, or names joined by ``BETWEEN``.
    """
    apart = table[~table["compared"].astype(bool)].dropna(subset=["amount"])
    teams = [one.split(BETWEEN) if isinstance(one, str) else list(one) for one in apart["teams"]]
    keep: list[int] = []
    taken: set[tuple[str, str]] = set()
    pools = apart["pool"].tolist()
    for place in sorted(range(len(teams)), key=lambda at: -len(teams[at])):
        cells = {(pools[place], team) for team in teams[place]}
        if not cells & taken:
            keep.append(place)
            taken |= cells
    return apart.iloc[sorted(keep)]


def before_after_total(table: pd.DataFrame, level: float) -> Amount:
    """Return the sum of what stands apart; shocks common to all add up, so widths are added."""
    apart = before_after_once(table)
    if apart.empty:
        return Amount(level=level, reason="nothing_before_after")
    value = float(apart["amount"].sum())
    half = float((apart["high"] - apart["low"]).sum()) / 2
    return Amount(value, value - half, value + half, level)
