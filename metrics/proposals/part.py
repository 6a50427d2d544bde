"""The one list of what might be done: every page, slide, sheet and command shows its head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from metrics.assumptions import Assumptions
from metrics.business_case.lines import in_base_currency
from metrics.business_case.part import PEOPLE
from metrics.errors import InvalidInput
from metrics.frames.frame import iterate_rows
from metrics.maturity.next_moves import RoadmapPart
from metrics.maturity.part import MaturityPart
from metrics.measures.part import MeasuresPart, SavingsPart, first_starts
from metrics.model import ALL, Snapshot
from metrics.portfolio.part import BETWEEN as CLAIMED
from metrics.portfolio.part import ValuePart, appraisal_of
from metrics.proposals.beginnings import propose_beginnings, propose_records
from metrics.proposals.budgets import propose_budgets
from metrics.proposals.initiatives import Terms, propose_for_initiatives, stakes_of
from metrics.proposals.practices import propose_practices
from metrics.proposals.proposal import BETWEEN, YEAR, Proposal, arriving_share, planned_cost_factors
from metrics.proposals.ranking import Placed, place
from metrics.tuning.part import TuningPart

LEVEL = 80.0
"""Of a proposal's interval, per cent."""
HEAD = 3
"""So many are shown where there is room for a few."""
WITHOUT_APPRAISAL = 2_000
"""Draws where nothing is compared."""
TEXTS = ("proposal", "action", "subject", "functions", "basis", "verdict", "until", "reason")
MORE_TEXTS = ("excludes", "instead_of", "facts")
NUMBERS = (
    "rank",
    "value",
    "low",
    "high",
    "level",
    "probability",
    "cost",
    "gain",
    "gain_low",
    "gain_high",
    "effort",
    "teams",
    "months",
)


@dataclass(frozen=True)
class ProposalsPart:
    """What might be done, the most valuable first.

    Attributes
    ----------
    table : DataFrame
        ``rank`` (NaN for what only stands beside the list), ``proposal`` (its name), ``action``,
        ``subject``, ``functions``; ``value``: net euros of the first twelve months after its own
        cost, given what stands above it, with ``low``, ``high`` at ``level`` and ``probability``
        that it is positive; ``ripe``: the odds carry a decision now; ``cost`` and ``gain`` of
        these months (``gain_low``, ``gain_high``); ``effort`` in person-months; ``basis``: what
        it rests on; ``teams``, ``months``, ``verdict``, ``until``; ``excludes``: what would count
        the same saving; ``instead_of``: what it could take the place of; ``reason`` where there
        is no amount; ``facts`` of its sentence as JSON text.
    start : str
        Month from which they are reckoned, ISO.
    """

    table: pd.DataFrame
    start: str


def proposals(
    snapshot: Snapshot,
    assumptions: Assumptions,
    value: ValuePart,
    measured: MeasuresPart,
    saved: SavingsPart,
    maturity: MaturityPart,
    roadmap: RoadmapPart,
    tuning: TuningPart,
) -> ProposalsPart:
    """Gather whatever might be done and put it in order."""
    appraisal, seed = appraisal_of(snapshot, value), value.seed
    draws = len(appraisal.effect) if appraisal.known else WITHOUT_APPRAISAL
    terms = Terms(
        factor=assumptions["extension_effect"],
        arriving=arriving_share(assumptions["ramp_half_months"]),
        planned=planned_cost_factors(draws, seed),
        confidence=assumptions["plan_confidence"],
    )
    verdicts = {
        name: str(claim.verdict)
        for claim in iterate_rows(value.claims)
        for name in str(claim.initiatives).split(CLAIMED)
    }
    spent = _spent(snapshot, assumptions["own_monthly_cost"])
    costs = saved.savings.dropna(subset=["actual"])
    costs = costs[costs["team"] == ALL]
    bills = {str(f): float(b) for f, b in costs.groupby("function")["actual"].sum().items()}
    begun = first_starts(snapshot)
    untried = {f: b for f, b in bills.items() if f not in begun}
    found = [
        *propose_for_initiatives(appraisal, verdicts, spent, terms, seed),
        *propose_budgets(tuning, terms.arriving, draws, seed),
        *propose_practices(
            roadmap,
            maturity,
            bills,
            terms.planned,
            assumptions["own_monthly_cost"],
            terms.arriving,
            seed,
        ),
        *propose_beginnings(
            appraisal,
            stakes_of(appraisal, spent),
            untried,
            assumptions["share_giving_up"],
            terms,
            seed,
        ),
        *propose_records(_unknown(snapshot, value, measured, maturity)),
    ]
    month = pd.Timestamp(snapshot.as_of) + pd.DateOffset(months=1)
    return ProposalsPart(tabulate(place(found, terms.confidence)), f"{month:%Y-%m}")


def head(table: pd.DataFrame, ledger: pd.DataFrame, n: int = HEAD) -> pd.DataFrame:
    """Return what is shown where there is room for a few: the first that can be decided now.

    Nobody has decided on them. Where nothing can be decided now, the first of the rest.

    Parameters
    ----------
    ledger : DataFrame
        As ``metrics.tuning.ledger.ledger``.
    """
    known = open_proposals(table, ledger)
    return (known[known["ripe"]] if known["ripe"].any() else known).head(n)


def open_proposals(table: pd.DataFrame, ledger: pd.DataFrame) -> pd.DataFrame:
    """Return the list without what a standing decision took up, and without what stands beside."""
    taken = set(ledger.loc[ledger["state"] != "superseded", "proposal"]) if len(ledger) else set()
    return table[table["rank"].notna() & ~table["proposal"].isin(taken)]


def _unknown(
    snapshot: Snapshot, value: ValuePart, measured: MeasuresPart, maturity: MaturityPart
) -> list[str]:
    """Return why something of the whole cannot be told, by code."""
    return [
        value.reason,
        "no_programme_costs" if snapshot["costs"].empty else "",
        str(maturity.enterprise["reason"] or ""),
        "" if "nps" in measured.net_promoter else measured.net_promoter.get("reason", "no_survey"),
    ]


def _spent(snapshot: Snapshot, month: float) -> pd.DataFrame:
    """Return cost and own person-months of the last twelve months by initiative."""
    profile = snapshot.profile
    try:
        booked = in_base_currency(snapshot["costs"], profile.currency, profile.exchange_rates)
    except InvalidInput:
        # Without a rate nothing can be said of cost; the business case names the currency.
        booked = snapshot["costs"].head(0)
    booked = booked[
        (booked["month"] <= pd.Timestamp(snapshot.as_of)) & (booked["initiative"] != "")
    ]
    recent = booked[booked["month"] > booked["month"].max() - pd.DateOffset(months=YEAR)]
    people = recent[recent["category"] == PEOPLE].groupby("initiative")["amount"].sum()
    table = recent.groupby("initiative")["amount"].sum().rename("cost").to_frame()
    return table.assign(effort=people / month if month > 0 else np.nan).astype(float)


def tabulate(order: Sequence[Placed]) -> pd.DataFrame:
    """Return the list as a table."""
    ruled_out: dict[str, list[str]] = {}
    for one in order:
        for name in one.instead_of:
            ruled_out.setdefault(name, []).append(one.proposal.name)
    rows, rank = [], 0
    for one in order:
        rank += not one.instead_of
        rows.append(
            _row(one.proposal)
            | _amounts(one)
            | {
                "rank": float("nan") if one.instead_of else float(rank),
                "ripe": one.ripe,
                "excludes": BETWEEN.join(ruled_out.get(one.proposal.name, ())),
                "instead_of": BETWEEN.join(one.instead_of),
            }
        )
    texts = [*TEXTS, *MORE_TEXTS]
    table = pd.DataFrame(rows, columns=[*TEXTS, *NUMBERS, "ripe", *MORE_TEXTS])
    kinds = dict.fromkeys(NUMBERS, float) | dict.fromkeys(texts, "str") | {"ripe": bool}
    return table.astype(kinds)


def _row(one: Proposal) -> dict[str, object]:
    return {
        "proposal": one.name,
        "action": str(one.action),
        "subject": one.subject,
        "functions": BETWEEN.join(one.functions),
        "basis": one.basis,
        "verdict": one.verdict,
        "until": one.until,
        "reason": one.reason,
        "effort": one.effort,
        "teams": one.teams,
        "months": one.months,
        "facts": one.told,
    }


def _amounts(one: Placed) -> dict[str, float]:
    if one.net is None or one.gain is None:
        cost = float(np.mean(one.proposal.cost))
        return {"cost": cost} if cost else {}
    if one.net.size == 1:
        # A value that is an expectation itself has no band.
        return {"value": float(one.net[0]), "gain": float(one.gain[0]), "cost": 0.0}
    tails = [0.5 - LEVEL / 200, 0.5 + LEVEL / 200]
    low, high = np.quantile(one.net, tails)
    gain_low, gain_high = np.quantile(one.gain, tails)
    return {
        "value": float(one.net.mean()),
        "low": float(low),
        "high": float(high),
        "level": LEVEL,
        "probability": float((one.net > 0).mean()),
        "cost": float(np.mean(one.proposal.cost)),
        "gain": float(one.gain.mean()),
        "gain_low": float(gain_low),
        "gain_high": float(gain_high),
    }


__all__ = ["HEAD", "ProposalsPart", "head", "open_proposals", "proposals", "tabulate"]
