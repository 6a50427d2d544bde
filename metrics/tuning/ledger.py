"""Decisions, what they promised, and what became of it.

A decision carries a frozen prediction of its function's benefit with the plan and without it. When
months arrive, what came is compared with both: the interval held or not, and the realisation ratio
is what it brought over what it promised. Ratios are pulled to one on the log scale before they
scale the next promise. Nothing is changed afterwards: a decision is superseded by a newer one, a
score stands beside the one it corrects.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from metrics.errors import InvalidInput
from metrics.forecast.issued import FORECAST
from metrics.frames.decisions import (
    BENEFIT,
    DECISION_SCORES,
    DECISIONS,
    KINDS,
    PLAN,
    WITHOUT,
)
from metrics.frames.frame import iterate_rows
from metrics.intervals import error_of
from metrics.model import ALL
from metrics.tuning.calibration import LEVEL

PRIOR_DEVIATION = 0.5
"""Standard deviation of the log ratio before anything is seen (domain §4.8)."""
RATIO_DEVIATION = 0.3
"""Least standard deviation of one observed log ratio (domain §4.8)."""
LEAST_RATIO = 0.1
"""A ratio at or below this is taken as this: the log scale knows no loss."""


@dataclass(frozen=True)
class Multiplier:
    """What promises are to be multiplied by, and how much of that is seen rather than assumed."""

    value: float
    weight: float
    seen: int


def multiplier(
    ratios: Sequence[float],
    deviations: Sequence[float] | float = RATIO_DEVIATION,
    prior_deviation: float = PRIOR_DEVIATION,
) -> Multiplier:
    """Shrink realisation ratios to one on the log scale: prior ln R ~ normal(0, 0.5²).

    Parameters
    ----------
    ratios : sequence of float
        Realised over promised effect; NaN is left out.
    deviations : float or sequence of float
        Standard deviation of each log ratio.

    Examples
    --------
    >>> round(multiplier([0.70]).value, 3)
    0.769
    """
    seen = np.asarray(ratios, dtype=float)
    error = np.broadcast_to(np.asarray(deviations, dtype=float), seen.shape)
    known = np.isfinite(seen)
    precision = 1 / error[known] ** 2
    weight = precision.sum() / (precision.sum() + prior_deviation**-2)
    if not known.any():
        return Multiplier(1.0, 0.0, 0)
    middle = precision @ np.log(np.maximum(seen[known], LEAST_RATIO)) / precision.sum()
    return Multiplier(float(np.exp(weight * middle)), float(weight), int(known.sum()))


def ratio_deviation(ratio: float, error: float) -> float:
    """Deviation of a log ratio: half the logarithmic way across one error, at least 0.3."""
    low, high = (np.log(max(ratio + side * error, LEAST_RATIO)) for side in (-1, 1))
    return max(RATIO_DEVIATION, float(high - low) / 2)


def identify(rows: pd.DataFrame) -> pd.DataFrame:
    """Give every decision its identifier: cycle, function and a checksum of what was said."""
    said = [c for c in DECISIONS.names if c != "decision"]
    plain = DECISIONS.conform(rows.drop(columns="decision", errors="ignore"))
    names = []
    for _, one in plain.iterrows():
        text = "|".join(str(one[c]) for c in said)
        digest = hashlib.sha256(text.encode()).hexdigest()[:8]
        names.append(f"{one['cycle']}-{one['function']}-{digest}")
    return plain.assign(decision=names)


def check(rows: pd.DataFrame, existing: pd.DataFrame) -> None:
    """Refuse decisions that contradict themselves, their evidence or the ledger.

    Parameters
    ----------
    rows : DataFrame
        Frame ``decisions``, identified.
    existing : DataFrame
        The ledger so far.

    Raises
    ------
    InvalidInput
        ``decision_kind_unknown``, ``decision_without_owner``, ``decision_without_reason``,
        ``decision_before_evidence``, ``decision_doubled``, ``decision_supersedes_unknown``,
        ``decision_superseded``, ``decision_stands``.
    """
    live = set(valid_decisions(existing)["decision"])
    for one in iterate_rows(rows):
        facts = {"function": one.function, "decision": one.decision}
        if one.kind not in KINDS:
            raise InvalidInput("decision_kind_unknown", kind=one.kind, known=KINDS)
        if not str(one.owner).strip():
            raise InvalidInput("decision_without_owner", **facts)
        if not str(one.reason).strip():
            raise InvalidInput("decision_without_reason", **facts)
        if pd.isna(one.day) or one.day < one.evidence + pd.DateOffset(months=1):
            raise InvalidInput(
                "decision_before_evidence",
                function=one.function,
                day=f"{one.day:%Y-%m-%d}" if pd.notna(one.day) else "–",
                evidence=f"{one.evidence:%Y-%m}",
            )
        if one.decision in set(existing["decision"]):
            raise InvalidInput("decision_doubled", **facts)
        if one.supersedes and one.supersedes not in set(existing["decision"]):
            raise InvalidInput("decision_supersedes_unknown", decision=one.supersedes)
        if one.supersedes and one.supersedes not in live:
            raise InvalidInput("decision_superseded", decision=one.supersedes)
        same = existing[
            (existing["cycle"] == one.cycle)
            & (existing["function"] == one.function)
            & (existing["initiative"] == one.initiative)
            & (existing["proposal"] == one.proposal)
            & existing["decision"].isin(live)
        ]
        if len(same) and one.supersedes not in set(same["decision"]):
            raise InvalidInput(
                "decision_stands",
                function=one.function,
                cycle=one.cycle,
                decision=same["decision"].iloc[0],
            )


def valid_decisions(decisions: pd.DataFrame) -> pd.DataFrame:
    """Return the decisions that nothing superseded."""
    return decisions[~decisions["decision"].isin(set(decisions["supersedes"]) - {""})]


def prediction_rows(
    decision: str,
    function: str,
    months: pd.DatetimeIndex,
    plan: pd.DataFrame,
    without: pd.DataFrame,
    team: str = ALL,
) -> pd.DataFrame:
    """Rows to issue for one decision: the benefit a month with the plan and without it.

    Parameters
    ----------
    team : str
        Teams whose benefit it is; all for the whole function.
    plan, without : DataFrame
        ``level``, ``mean``, ``low``, ``high`` of the mean month of the cycle.
    """
    pieces = [
        rows.assign(month=month, scenario=scenario)
        for scenario, rows in ((PLAN, plan), (WITHOUT, without))
        for month in months
    ]
    return pd.concat(pieces, ignore_index=True).assign(
        function=function, team=team, kpi=BENEFIT, decision=decision
    )


def score(
    decisions: pd.DataFrame,
    issued: pd.DataFrame,
    actuals: pd.DataFrame,
    scores: pd.DataFrame,
    *,
    day: pd.Timestamp,
    revision: int,
) -> pd.DataFrame:
    """Score every prediction whose months have all arrived and whose last score differs.

    Parameters
    ----------
    decisions, issued, scores : DataFrame
        Frames ``decisions``, ``issued_forecasts``, ``decision_scores``.
    actuals : DataFrame
        ``function``, ``team``, ``month``, ``value``: final benefit a month.

    Returns
    -------
    DataFrame
        New rows of ``decision_scores``; actuals that were restated give a second score.
    """
    ahead = issued[
        (issued["kind"] == FORECAST)
        & (issued["kpi"] == BENEFIT)
        & issued["decision"].isin(decisions["decision"])
    ]
    known = actuals.set_index(["function", "team", "month"])["value"]
    by_name = decisions.set_index("decision")
    rows = []
    for (name, by), group in ahead.groupby(["decision", "by"], sort=False):
        one = by_name.loc[name]
        months, team = sorted(group["month"].unique()), group["team"].iloc[0]
        came = [known.get((one["function"], team, m), np.nan) for m in months]
        if np.isnan(came).any():
            continue
        row = _score_row(one, group, float(np.mean(came)))
        earlier = scores[(scores["decision"] == name) & (scores["by"] == by)]
        if len(earlier) and np.isclose(earlier["actual"].iloc[-1], row["actual"]):
            continue
        rows.append(
            row
            | {
                "decision": name,
                "by": by,
                "scored": day,
                "revision": revision,
                "months": float(len(months)),
                "function": one["function"],
                "team": team,
            }
        )
    return DECISION_SCORES.conform(pd.DataFrame(rows)) if rows else DECISION_SCORES.empty()


def _score_row(one: pd.Series, group: pd.DataFrame, actual: float) -> dict:
    narrow = group[group["level"] == LEVEL]
    if narrow.empty:
        narrow = group[group["level"] == group["level"].max()]
    plan = _mean(narrow[narrow["scenario"] == PLAN])
    course = narrow[narrow["scenario"] == WITHOUT]
    level = float(narrow["level"].iloc[0])
    row = {
        "actual": actual,
        "predicted": plan["mean"],
        "low": plan["low"],
        "high": plan["high"],
        "level": level,
        "inside": float(plan["low"] <= actual <= plan["high"]),
    }
    if course.empty:
        return row | {"reason": "no_course_without"}
    without = _mean(course)
    effect, promised = actual - without["mean"], float(one["promised"])
    error = float(error_of(without["low"], without["high"], 80))
    row |= {
        "without": without["mean"],
        "effect": effect,
        "effect_error": error,
        "promised": promised,
    }
    if not (np.isfinite(promised) and promised):
        return row | {"reason": "nothing_promised"}
    ratio = effect / promised
    deviation = ratio_deviation(ratio, error / abs(promised))
    told = multiplier([ratio], deviation)
    return row | {"ratio": ratio, "ratio_error": deviation, "multiplier": told.value, "reason": ""}


def _mean(rows: pd.DataFrame) -> dict[str, float]:
    return {name: float(rows[name].mean()) for name in ("mean", "low", "high")}


def latest_scores(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the score that holds for every prediction: the last one given."""
    return scores.drop_duplicates(["decision", "by"], keep="last")


def earned_multiplier(scores: pd.DataFrame, by: str = "model") -> Multiplier:
    """What the model's promises came to so far, all functions together.

    One ratio for all of them: effects on promises, each weighed by its own error, so that a small
    promise lost in the noise of its function says little.
    """
    rows = latest_scores(scores)
    rows = rows[(rows["by"] == by) & rows["ratio"].notna() & (rows["effect_error"] > 0)]
    if rows.empty:
        return Multiplier(1.0, 0.0, 0)
    promised, weight = rows["promised"].to_numpy(), rows["effect_error"].to_numpy() ** -2
    precision = float(weight @ promised**2)
    ratio = float((weight * promised) @ rows["effect"].to_numpy()) / precision
    told = multiplier([ratio], ratio_deviation(ratio, precision**-0.5))
    return Multiplier(told.value, told.weight, len(rows))


def ledger(decisions: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Every decision with what became of it, the newest first.

    Returns
    -------
    DataFrame
        Columns of ``decisions`` and of the model's latest score, ``state`` (running, scored,
        superseded), ``due`` (last month of its prediction), ``scores`` given so far, ``call``
        and ``call_inside`` of the person beside it.
    """
    now = latest_scores(scores)
    twice = ["by", "function", "level", "months", "revision", "reason", "promised"]
    model = now[now["by"] == "model"].drop(columns=twice).rename(columns={"multiplier": "earned"})
    person = now[now["by"] != "model"].drop_duplicates("decision", keep="last")
    called = person[["decision", "by", "predicted", "inside"]].rename(
        columns={"by": "caller", "predicted": "call", "inside": "call_inside"}
    )
    table = decisions.merge(model, on="decision", how="left").merge(
        called, on="decision", how="left"
    )
    live = set(valid_decisions(decisions)["decision"])
    due = [
        month + pd.DateOffset(months=int(months))
        for month, months in zip(table["evidence"], table["months"].fillna(0), strict=True)
    ]
    table["due"] = pd.Series(due, index=table.index, dtype="datetime64[us]")
    given = scores[scores["by"] == "model"].groupby("decision").size()
    return (
        table.assign(
            state=[
                "superseded" if d not in live else "scored" if pd.notna(a) else "running"
                for d, a in zip(table["decision"], table["actual"], strict=True)
            ],
            scores=table["decision"].map(given).fillna(0).astype(float),
            size=table["promised"].abs().fillna(0.0),
        )
        .sort_values(["day", "size", "decision"], ascending=[False, False, True], ignore_index=True)
        .drop(columns="size")
    )
