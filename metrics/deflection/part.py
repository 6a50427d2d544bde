"""Requests that were never made, by every method the client's records allow."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import pandas as pd

from metrics.assumptions import Assumptions
from metrics.deflection import methods
from metrics.errors import InvalidInput, NotEnoughData
from metrics.measures.monthly import last_year, monthly
from metrics.measures.part import first_starts
from metrics.model import Snapshot

SURVEY = ("survey_visitors", "survey_support_intent", "survey_resolved", "survey_would_contact")
FORM = ("form_intents", "form_deflected")
HOLD_OUT = ("hold_out_intents", "hold_out_left")
VIEWS = ("accepted_answers", "accepted_answer_views", "other_discussion_views")
OWN = (*SURVEY, *FORM, *HOLD_OUT, *VIEWS, "support_visits")
COST = ("support_cost", "resolved_tickets", "tickets", "active_customers", "community_cost")
METHOD_COLUMNS = [
    "method",
    "grade",
    "claimed",
    "low",
    "high",
    "level",
    "deflected",
    "capped",
    "reason",
    "value",
    "value_average",
]


@dataclass(frozen=True)
class DeflectionPart:
    """Every method side by side, over the last twelve months of records.

    Attributes
    ----------
    methods : DataFrame
        ``method, grade``; ``claimed`` with its interval, before the cap; ``deflected`` after it;
        ``capped, reason``; ``value`` at the cost that counts and ``value_average`` at the average
        cost, both of what is left after the cap, less upkeep.
    headline : str
        Method with the best grade; '' where there is none.
    value : float
        Of the headline, money over the months.
    unit_cost, average_cost, upkeep, cap : float
        Cost of a request that counts and on average; upkeep of the community; the most that can
        have been deflected. NaN where not known.
    cost_kind : str
        ``marginal``, or ``average`` where capacity was released.
    first, last : str
        Months covered, ISO.
    inputs : DataFrame
        ``measure, value`` that went in.
    reason : str
        Why there is no figure, otherwise "".
    """

    methods: pd.DataFrame
    headline: str
    value: float
    unit_cost: float
    average_cost: float
    upkeep: float
    cap: float
    cost_kind: str
    first: str
    last: str
    inputs: pd.DataFrame
    reason: str


def _empty_part(reason: str) -> DeflectionPart:
    nan = math.nan
    return DeflectionPart(
        pd.DataFrame(columns=METHOD_COLUMNS),
        "",
        nan,
        nan,
        nan,
        nan,
        nan,
        "",
        "",
        "",
        pd.DataFrame(columns=["measure", "value"]),
        reason,
    )


def estimate_deflection(snapshot: Snapshot, assumptions: Assumptions) -> DeflectionPart:
    """Estimate what was deflected over the last twelve months of records.

    The year before the first initiative of support is the baseline of the cap.
    """
    observations = snapshot["observations"]
    if not (observations["function"] == "support").any():
        return _empty_part("no_deflection_records")
    table = monthly(observations, "support", (*OWN, *COST))
    year = last_year(table[list(OWN)])
    if year.empty:
        return _empty_part("no_deflection_records")
    now = table.loc[year.index]
    total = now.sum(min_count=1)
    try:
        found = _estimates(total, assumptions)
        average = float(total["support_cost"] / total["resolved_tickets"])
        if not found:
            return _empty_part("no_deflection_records")
        if math.isnan(average):
            return _empty_part("request_cost_unknown")
        upkeep = float(total["community_cost"])
        cap = _cap(table, now, first_starts(snapshot).get("support"))
        ranged = methods.deflection_range(
            found,
            cap=cap,
            marginal_cost=average * assumptions["marginal_cost_share"],
            average_cost=average,
            capacity_released=assumptions["capacity_released"] >= 0.5,
            upkeep=0.0 if math.isnan(upkeep) else upkeep,
        )
    except (InvalidInput, NotEnoughData) as refused:
        return _empty_part(refused.code)
    rows = ranged.methods
    rows["value_average"] = rows["deflected"] * average - (0.0 if math.isnan(upkeep) else upkeep)
    claims = {each.method: each for each in found}
    for column, name in (("claimed", "deflected"), ("low", "low"), ("high", "high")):
        rows[column] = [getattr(claims[method], name) for method in rows["method"]]
    used = total.dropna()
    return DeflectionPart(
        methods=rows[METHOD_COLUMNS],
        headline=ranged.headline,
        value=ranged.value,
        unit_cost=ranged.unit_cost,
        average_cost=average,
        upkeep=upkeep,
        cap=cap,
        cost_kind=ranged.cost_kind,
        first=now.index[0].date().isoformat(),
        last=now.index[-1].date().isoformat(),
        inputs=pd.DataFrame({"measure": list(used.index), "value": used.to_numpy(dtype=float)}),
        reason="",
    )


def _estimates(total: pd.Series, assumptions: Assumptions) -> list[methods.Deflection]:
    """Each method whose records are there."""
    found = []
    if _known(total, FORM):
        hidden = (
            (round(total["hold_out_left"]), round(total["hold_out_intents"]))
            if _known(total, HOLD_OUT) and total["hold_out_intents"] > 0
            else None
        )
        found.append(
            methods.logged_intent(
                round(total["form_deflected"]), round(total["form_intents"]), hidden
            )
        )
    if _known(total, (*SURVEY, "support_visits")) and (total[list(SURVEY[:3])] > 0).all():
        asked = [round(total[m]) for m in SURVEY]
        shares = [part / whole for whole, part in pairwise(asked)]
        found.append(
            methods.survey(
                float(total["support_visits"]),
                shares,
                asked[:-1],
                seed=assumptions.whole("seed"),
                draws=assumptions.whole("simulation_draws"),
            )
        )
    if _known(total, VIEWS):
        answers, accepted, other = (float(total[m]) for m in VIEWS)
        found.append(
            methods.page_views(
                answers,
                accepted,
                other,
                assumptions["views_per_request_accepted"],
                assumptions["views_per_request_other"],
            )
        )
        found.append(methods.page_view_share(accepted, assumptions["view_share"]))
    return found


def _known(total: pd.Series, measures: tuple[str, ...]) -> bool:
    return bool(total[list(measures)].notna().all())


def _cap(table: pd.DataFrame, now: pd.DataFrame, start: pd.Timestamp | None) -> float:
    """Requests expected at the contact rate of the year before, less those that came."""
    if start is None:
        return math.nan
    before = table[table.index < start].tail(12)[["tickets", "active_customers"]].dropna()
    current = now[["tickets", "active_customers"]].dropna()
    if len(before) < 12 or len(current) < len(now) or not before["active_customers"].sum() > 0:
        return math.nan
    rate = float(before["tickets"].sum() / before["active_customers"].sum())
    customers, contacts = current["active_customers"].sum(), current["tickets"].sum()
    return methods.deflection_cap(rate, float(customers), float(contacts))


__all__ = ["DeflectionPart", "estimate_deflection"]
