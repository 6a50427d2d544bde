"""Practice: who takes part, who can do what, and whether learning reaches the work.

Read from contributions and the programme's register; what was not recorded says so.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from metrics.assumptions import Assumptions
from metrics.measures.privacy import SMALLEST_GROUP
from metrics.model import ALL, Snapshot
from metrics.practice import ncp, skills
from metrics.practice.learning import compare_odds, learning, support_effect

RECENT_MONTHS = 6
"""Months of contributions that count as present practice."""
NETWORK_TARGET, CONTRIBUTION_TARGET, PARTICIPATION_TARGET = 5.0, 4.0, 4.0
"""Ours: relevant contacts held alive per person, purposeful contributions and replies per active
person and month, from which an index is 1."""
INITIATIVE_MONTHS = 6


@dataclass(frozen=True)
class PracticePart:
    """How the programme is practised.

    Attributes
    ----------
    network : DataFrame
        function ("all": everybody), network, contribution, participation (indices 0-1), score
        (geometric mean), weakest, contacts, relevance (mean, 0-1), people, reason.
    coverage : DataFrame
        As ``metrics.maturity.skills.coverage``, with ``hero`` ("one") where one person alone
        holds it, and ``reason``. A group of fewer than five people shows nothing: its best level
        would be somebody's own.
    dual : DataFrame
        As ``skills.dual_competence``, for groups of five and more.
    learning : DataFrame
        As ``metrics.maturity.learning.learning``.
    support : dict
        Odds ratio of success with support: estimate, low, high (95 %), table, shown, reason.
    skill_gap : dict
        Odds ratio of an initiative's going on past month six in functions that hold at least
        half of the six skills: the same fields.
    hire : dict
        train, hire (totals), equal_month, verdict (as ``skills.HireOrTrain``), horizon;
        ``hire_path``: month, train, hire.
    """

    network: pd.DataFrame
    coverage: pd.DataFrame
    dual: pd.DataFrame
    learning: pd.DataFrame
    support: dict[str, Any]
    skill_gap: dict[str, Any]
    hire: dict[str, Any]
    hire_path: pd.DataFrame


def practice(snapshot: Snapshot, assumptions: Assumptions) -> PracticePart:
    """Compute what the register and the contributions say about practice."""
    people, training = snapshot["people"], snapshot["training"]
    covered = skills.coverage(people).merge(
        skills.bus_factor(people)[["function", "skill", "hero"]],
        on=["function", "skill"],
        how="left",
    )
    chosen = _hire(assumptions)
    dual = skills.dual_competence(people)
    return PracticePart(
        network=network(snapshot),
        coverage=_private(covered.fillna({"hero": ""}), people),
        dual=dual[dual["people"] >= SMALLEST_GROUP].reset_index(drop=True),
        learning=learning(training),
        support=asdict(support_effect(training)),
        skill_gap=asdict(_skill_gap(covered, snapshot)),
        hire={
            "train": chosen.train,
            "hire": chosen.hire,
            "equal_month": chosen.equal_month,
            "verdict": chosen.verdict,
            "horizon": int(chosen.path["month"].max()),
        },
        hire_path=chosen.path,
    )


def _private(covered: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """Leave out what groups under five hold, and who holds a skill alone."""
    sizes = covered["function"].map(people.groupby("function")["person"].nunique())
    small = sizes < SMALLEST_GROUP
    return covered.assign(
        level=covered["level"].mask(small),
        holders=covered["holders"].mask(small, 0),
        covered=covered["covered"] & ~small,
        hero=[
            "one" if hero and not few else ""
            for hero, few in zip(covered["hero"], small, strict=True)
        ],
        reason=np.where(small, "group_under_five", ""),
    )


def network(snapshot: Snapshot) -> pd.DataFrame:
    """Return network, contribution and participation of each function and of everybody."""
    contacts, given = snapshot["contacts"], _recent_rows(snapshot)
    functions = sorted({*contacts["function"], *given["function"]} - {ALL})
    rows = [
        _ncp(f, contacts[contacts["function"] == f], given[given["function"] == f])
        for f in functions
    ]
    if functions:
        rows.insert(0, _ncp(ALL, contacts, given))
    names = (
        "function network contribution participation score weakest contacts relevance people reason"
    )
    return pd.DataFrame(rows, columns=names.split())


def _recent_rows(snapshot: Snapshot) -> pd.DataFrame:
    given = snapshot["contributions"]
    # The month that is not over would make everybody look half as busy.
    whole = given[given["month"] < pd.Timestamp(snapshot.as_of).replace(day=1)]
    if whole.empty:
        return whole
    return whole[whole["month"] > whole["month"].max() - pd.DateOffset(months=RECENT_MONTHS)]


def _ncp(function: str, contacts: pd.DataFrame, given: pd.DataFrame) -> tuple:
    nan, known = float("nan"), contacts.dropna(subset=["relevance", "days"])
    holders = known["person"].nunique()
    reach = ncp.network_amount(known) / holders if holders else nan
    indices = [
        nan if np.isnan(amount) else ncp.index(amount, target)
        for amount, target in (
            (reach, NETWORK_TARGET),
            (ncp.contribution_amount(given), CONTRIBUTION_TARGET),
            (ncp.participation_amount(given), PARTICIPATION_TARGET),
        )
    ]
    found = ncp.balance(*indices)
    seen = given["contributor"].nunique()
    if 0 < max(holders, seen) < SMALLEST_GROUP:
        # Of so few, the indices would be about somebody.
        return (function, nan, nan, nan, nan, "", len(known), nan, seen, "group_under_five")
    missing = "no_contacts" if np.isnan(reach) else "no_contributions" if given.empty else ""
    relevance = ncp.relevance_share(known) if len(known) else nan
    return (
        function,
        *indices,
        found.score,
        found.weakest,
        len(known),
        relevance,
        given["contributor"].nunique(),
        missing,
    )


def _hire(assumptions: Assumptions) -> skills.HireOrTrain:
    a = assumptions
    return skills.hire_or_train(
        skills.Train(
            a["train_course"],
            a["train_backfill"],
            a["own_monthly_cost"],
            a["train_months"],
            a["train_loss"],
        ),
        skills.Hire(
            a["hire_recruiting"],
            a["hire_monthly_cost"],
            a["hire_months"],
            a["hire_loss"],
            a["hire_premium"],
        ),
    )


def _skill_gap(coverage: pd.DataFrame, snapshot: Snapshot) -> Any:
    """Hold initiatives that went on against whether their function holds half of the skills."""
    held = coverage.groupby("function")["covered"].mean() >= 0.5
    rows = snapshot["initiatives"].dropna(subset=["start"])
    rows = rows[rows["function"].isin(held.index)]
    month = pd.Timestamp(snapshot.as_of)
    length = pd.DateOffset(months=INITIATIVE_MONTHS)
    judged = rows[rows["end"].notna() | (rows["start"] + length <= month)]
    carried = judged["end"].isna() | (judged["end"] >= judged["start"] + length)
    skilled = judged["function"].map(held).astype(bool)
    counts = [
        [int((skilled.eq(s) & carried.eq(c)).sum()) for c in (True, False)] for s in (True, False)
    ]
    return compare_odds(counts)
