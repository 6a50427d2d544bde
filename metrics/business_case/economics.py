"""The programme's own economics: is it free, is it waiting, where should it start?

A pure function of the case, what was entered beside it, and the assumptions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from metrics.assumptions import Assumptions
from metrics.business_case import arithmetic
from metrics.business_case.lines import INFLUENCED
from metrics.business_case.part import PEOPLE, ProgrammeCase
from metrics.business_case.ranges import Range
from metrics.frames import PROVISIONAL
from metrics.frames.frame import iterate_rows
from metrics.frames.value import MARKET_SHARE, REPUTATION
from metrics.functions import FUNCTIONS
from metrics.measures.part import SavingsPart
from metrics.model import ALL, Snapshot

RAMP_MONTHS = 24
"""Two years: the span of the divide (S2)."""
GIVE_UP, RESTART = 4, 10
"""The published illustration of a false start: given up after four months, tried again at ten."""
SMALLEST_FACTOR = 0.05
MEASURED, BY_ANALOGY = "measured", "by analogy"


@dataclass(frozen=True)
class EconomicsPart:
    """What the programme means for itself.

    Attributes
    ----------
    lights : DataFrame
        ``name, state, probability, value, trend, reason`` of the no-additional-cost test.
    net_cost : DataFrame
        ``month, cost, reduction, net`` (cumulative cost less cashable reduction).
    met_month : str
        First month at or below zero, ISO; '' where none.
    kinds : DataFrame
        ``change, amount, counted, present_value`` by kind of change.
    perception : DataFrame
        As ``metrics.business_case.arithmetic.perception_gap``.
    ramp : DataFrame
        ``month, now, later, restart``: benefit so far, undiscounted.
    full, delay_cost, hazard, expected : float
        Benefit a month at full effect; what each month of delay costs; monthly risk of giving
        up; benefit of two years with that risk.
    early : float
        Value of earlier information; evidence grade D.
    entry : DataFrame
        Candidates with their inputs and ``expected_npv, p10, p90, per_effort, probability_best``.
    influenced : DataFrame
        ``function, line, months, amount``: revenue with a touch, never added.
    reason : str
        Why nothing could be told of the ramp, otherwise "".
    """

    lights: pd.DataFrame
    net_cost: pd.DataFrame
    met_month: str
    kinds: pd.DataFrame
    perception: pd.DataFrame
    ramp: pd.DataFrame
    full: float
    delay_cost: float
    hazard: float
    expected: float
    early: float
    entry: pd.DataFrame
    influenced: pd.DataFrame
    reason: str


def economics(
    snapshot: Snapshot, assumptions: Assumptions, case: ProgrammeCase, cost_bases: pd.Series
) -> EconomicsPart:
    """Compute the programme's economics.

    Parameters
    ----------
    cost_bases : Series
        Yearly cost by function, for functions in which nothing was started yet.
    """
    test, net_cost = _no_additional_cost(snapshot, assumptions, case)
    full = _full_effect(case)
    half = assumptions["ramp_half_months"]
    hazard = arithmetic.give_up_hazard(
        assumptions["share_giving_up"], assumptions["giving_up_months"]
    )
    met = test.met_in_period
    return EconomicsPart(
        lights=pd.DataFrame([vars(light) for light in test.lights]),
        net_cost=net_cost,
        met_month=""
        if met is None or net_cost.empty
        else pd.Timestamp(net_cost["month"].iloc[met]).date().isoformat(),
        kinds=_by_kind(case),
        perception=_perception(snapshot, case),
        ramp=_ramp(full, half, assumptions.whole("delay_months")),
        full=full,
        delay_cost=arithmetic.cost_of_delay(full, RAMP_MONTHS, 1, half),
        hazard=hazard,
        expected=arithmetic.expected_ramp_benefit(full, RAMP_MONTHS, hazard, half),
        early=arithmetic.early_information_value(
            assumptions["launch_failure_before"],
            assumptions["launch_failure_after"],
            1_000 * assumptions["launch_loss"],
            assumptions.whole("launches"),
        ),
        entry=rank_candidates(candidates(snapshot, assumptions, case, cost_bases), assumptions),
        influenced=_influenced_revenue(snapshot, case),
        reason=case.reason,
    )


def _no_additional_cost(
    snapshot: Snapshot, assumptions: Assumptions, case: ProgrammeCase
) -> tuple[arithmetic.NoAdditionalCost, pd.DataFrame]:
    standing = snapshot["standing"].dropna(subset=["month", "value"]).sort_values("month")

    def series(name: str) -> list[float]:
        return standing.loc[standing["series"].str.lower() == name, "value"].tolist()

    if case.reason:
        flows = pd.DataFrame({"month": [], "cost": [], "reduction": [], "net": []})
        cost, reduction, spread = [0.0], [0.0], None
    else:
        monthly = case.monthly
        cashable = case.flows[
            (case.flows["kind"] == "benefit") & (case.flows["cash"] == "cashable")
        ]
        saved = cashable.groupby("period")["counted"].sum().reindex(monthly["period"]).fillna(0.0)
        cost, reduction = monthly["cost"].tolist(), saved.tolist()
        gains = float(monthly["pv_benefit"].sum())
        # Costs carry no range of their own, so the spread of the case is that of its benefits.
        half = (case.p90 - case.p10) / 2 / gains if gains > 0 else 0.0
        spread = Range(1 - half, 1.0, 1 + half, "normal")
        net = np.cumsum(monthly["cost"].to_numpy() - saved.to_numpy())
        flows = pd.DataFrame(
            {"month": monthly["month"], "cost": cost, "reduction": reduction, "net": net}
        )
    test = arithmetic.no_additional_cost(
        cost,
        reduction,
        headcount=_headcount(snapshot),
        market_share=series(MARKET_SHARE),
        reputation=series(REPUTATION),
        reduction_range=spread,
        seed=assumptions.whole("seed"),
        draws=assumptions.whole("simulation_draws"),
    )
    if case.reason:
        grey = arithmetic.Light("cost", "unknown", np.nan, np.nan, reason=case.reason)
        test = arithmetic.NoAdditionalCost((), None, (grey, *test.lights[1:]))
    # The first month holds no cost yet where nothing was spent before the start.
    begun = np.flatnonzero(np.asarray(cost) > 0)
    if test.met_in_period is not None and begun.size and test.met_in_period <= begun[0]:
        later = [i for i, n in enumerate(test.net_cost) if i > begun[0] and n <= 0]
        test = arithmetic.NoAdditionalCost(test.net_cost, later[0] if later else None, test.lights)
    return test, flows


def _headcount(snapshot: Snapshot) -> list[float]:
    """Headcount by month since the first initiative began, final months only."""
    rows = snapshot["observations"]
    rows = rows[(rows["measure"] == "headcount") & ~rows["reason"].isin(PROVISIONAL)]
    starts = snapshot["initiatives"]["start"].dropna()
    if rows.empty or starts.empty:
        return []
    whole = rows[rows["team"] == ALL]
    people = (whole if len(whole) else rows).groupby("month")["value"].sum()
    return people[people.index >= starts.min()].tolist()


def _full_effect(case: ProgrammeCase) -> float:
    """Counted benefit a month over the last twelve months of the horizon; 0 without a case."""
    return 0.0 if case.reason else float(case.monthly["benefit"].tail(12).mean())


def _ramp(full: float, half: float, delay: int) -> pd.DataFrame:
    def so_far(months: int, **how: int) -> float:
        if "give_up" in how and months < how["restart"]:
            # What the first try brought is gone once it is given up.
            lasting = months if months <= how["give_up"] else 0
            return arithmetic.ramp_benefit(full, lasting, half=half)
        return arithmetic.ramp_benefit(full, months, **how, half=half)

    months = list(range(RAMP_MONTHS + 1))
    return pd.DataFrame(
        {
            "month": months,
            "now": [so_far(m) for m in months],
            "later": [so_far(m, delay=min(delay, m)) for m in months],
            "restart": [so_far(m, give_up=GIVE_UP, restart=RESTART) for m in months],
        }
    )


def _by_kind(case: ProgrammeCase) -> pd.DataFrame:
    values = ["amount", "counted", "present_value"]
    if case.reason:
        return pd.DataFrame(columns=["change", *values])
    rows = case.benefits[case.benefits["layer"] != INFLUENCED]
    return rows.groupby("change", as_index=False)[values].sum()


def _perception(snapshot: Snapshot, case: ProgrammeCase) -> pd.DataFrame:
    asked = snapshot["relevance"].groupby("function")["value"].mean()
    measured = (
        pd.Series(dtype=float)
        if case.reason
        else case.benefits.groupby("function")["present_value"].sum()
    )
    return arithmetic.perception_gap(asked, measured)


def candidates(
    snapshot: Snapshot, assumptions: Assumptions, case: ProgrammeCase, cost_bases: pd.Series
) -> pd.DataFrame:
    """Return what is known of each function in scope as a place to start.

    Measured functions stand with their own present values; the others by analogy: the median
    return on cost base and the median programme cost of the measured, between nothing and double.

    Returns
    -------
    DataFrame
        ``function, basis, pv_benefit, pv_cost, low, mode, high, survival, effort``; effort in
        person-months; no row without a cost base to reckon with.
    """
    if case.reason:
        return pd.DataFrame()
    gains = case.benefits.groupby("function")["present_value"].sum()
    spent = case.costs.groupby("function")["present_value"].sum()
    people = case.costs[case.costs["category"] == PEOPLE].groupby("function")["counted"].sum()
    effort = people / assumptions["own_monthly_cost"]
    moves = case.tornado.assign(function=case.tornado["line"].str.split(" · ").str[0])
    swing = moves.groupby("function")["swing"].sum() / 2
    measured = gains.index[(gains > 0) & gains.index.isin(spent.index)]
    rows = []
    for function in FUNCTIONS:
        key = function.key
        if key in measured:
            half = max(float(swing.get(key, 0.0)) / gains[key], SMALLEST_FACTOR)
            rows.append(
                (
                    key,
                    MEASURED,
                    gains[key],
                    spent[key],
                    max(1 - half, 0.0),
                    1.0,
                    1 + half,
                    1.0,
                    float(effort.get(key, np.nan)),
                )
            )
        elif key in cost_bases.index and key in snapshot.profile.functions and len(measured):
            known = measured.intersection(cost_bases.index)
            share = (gains[known] / cost_bases[known]).median()
            rows.append(
                (
                    key,
                    BY_ANALOGY,
                    share * cost_bases[key],
                    spent[measured].median(),
                    0.0,
                    1.0,
                    2.0,
                    1 - assumptions["share_giving_up"],
                    float(effort.reindex(measured).median()),
                )
            )
    columns = [
        "function",
        "basis",
        "pv_benefit",
        "pv_cost",
        "low",
        "mode",
        "high",
        "survival",
        "effort",
    ]
    return pd.DataFrame(rows, columns=columns).dropna(subset=["pv_benefit", "pv_cost"])


def rank_candidates(rows: pd.DataFrame, assumptions: Mapping[str, float]) -> pd.DataFrame:
    """Return candidates with their simulated worth per person-month, best first."""
    if rows.empty:
        return pd.DataFrame()
    found = arithmetic.entry_points(
        rows,
        seed=round(assumptions["seed"]),
        draws=round(assumptions["simulation_draws"]),
        correlation=assumptions["benefit_correlation"],
    )
    return found.merge(rows, on="function")


def _influenced_revenue(snapshot: Snapshot, case: ProgrammeCase) -> pd.DataFrame:
    """Revenue with a touch of the community: a year of records, and claims of that layer."""
    columns = ["function", "line", "months", "amount"]
    rows = snapshot["observations"]
    touched = rows[(rows["measure"] == "community_won_value") & ~rows["reason"].isin(PROVISIONAL)]
    pieces = []
    if len(touched):
        last = touched["month"].max()
        year = touched[touched["month"] > last - pd.DateOffset(months=12)]
        pieces.append(
            {
                "function": "sales",
                "line": "community_won_value",
                "months": int(year["month"].nunique()),
                "amount": float(year["value"].sum()),
            }
        )
    if not case.reason:
        claimed = case.benefits[case.benefits["layer"] == INFLUENCED]
        pieces += [
            {"function": r.function, "line": r.benefit, "months": case.months, "amount": r.amount}
            for r in iterate_rows(claimed)
        ]
    return pd.DataFrame(pieces, columns=columns)


__all__ = ["EconomicsPart", "candidates", "economics", "rank_candidates"]


def own_economics(
    snapshot: Snapshot, assumptions: Assumptions, case: ProgrammeCase, saved: SavingsPart
) -> EconomicsPart:
    """No-additional-cost test, ramp, delay, entry points and the rest of the programme's own."""
    costs = saved.savings.dropna(subset=["actual"])
    bases = costs.groupby("function")["actual"].sum()
    return economics(snapshot, assumptions, case, bases)
