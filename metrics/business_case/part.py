"""The programme as a business case: its measured savings against its own cost ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from metrics.assumptions import Assumptions
from metrics.business_case.case import BusinessCase, build_case
from metrics.business_case.claims import RECENT_MONTHS, continued, measured_lines, typed_lines
from metrics.business_case.lines import WEIGHTS, checked_costs
from metrics.business_case.priced import priced_claims
from metrics.business_case.ranges import risk_factor
from metrics.effects.part import CLAIM_COLUMNS, EffectsPart
from metrics.errors import InvalidInput, NotEnoughData
from metrics.functions import BY_KEY as BUSINESS
from metrics.measures.part import SavingsPart
from metrics.model import Snapshot

NOTHING = float("nan")


@dataclass(frozen=True)
class ProgrammeCase:
    """Cost and benefit over the horizon, ready to be shown and kept.

    Attributes
    ----------
    monthly, yearly : DataFrame
        Cash flows as in ``metrics.business_case.BusinessCase``; amounts in whole cents.
    benefits, costs : DataFrame
        Lines with grade and weight; categories of cost.
    flows : DataFrame
        The rows they are added up from, as ``metrics.business_case.BusinessCase.flows``.
    npv, roi, irr, payback_months, p10, p50, p90, probability : float
        Weighted by evidence. ``roi`` is net present value over present value of costs (3.287,
        not 329 %); ``probability`` is that of a positive net present value, ``probability_year``
        that of payback within twelve months.
    npv_unweighted, unweighted_p10, unweighted_p90 : float
        The same with every grade counting whole; beside the headline, never instead of it.
    distribution, tornado : DataFrame
        ``percentile, npv``; ``line, low, high, swing`` in net present value.
    flexibility : float
        Value of later options: beside the case, never in it.
    notes : list
        Codes and facts of what was left out or assumed.
    reason, facts : str, mapping
        Why there is no case, otherwise "".
    """

    monthly: pd.DataFrame
    yearly: pd.DataFrame
    benefits: pd.DataFrame
    costs: pd.DataFrame
    flows: pd.DataFrame
    distribution: pd.DataFrame
    tornado: pd.DataFrame
    start: str
    months: int
    months_measured: int
    npv: float
    roi: float
    irr: float
    payback_months: float
    p10: float
    p50: float
    p90: float
    probability: float
    probability_year: float
    npv_unweighted: float
    unweighted_p10: float
    unweighted_p90: float
    flexibility: float
    seed: int
    draws: int
    notes: list[dict[str, Any]]
    reasons: dict[str, str]
    reason: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Scenario:
    """A what-if beside the assumptions: factors on what was measured and booked.

    Attributes
    ----------
    adoption : float
        Factor on every benefit.
    people : float
        Factor on the cost of own people.
    delay : int
        Months by which benefits arrive later than they did.
    """

    adoption: float = 1.0
    people: float = 1.0
    delay: int = 0


AS_MEASURED = Scenario()
PEOPLE = "people"


def _refused(assumptions: Assumptions, reason: str, **facts: Any) -> ProgrammeCase:
    blank, why = pd.DataFrame(), {"reason": reason, "facts": facts}
    frames = ("monthly", "yearly", "benefits", "costs", "flows", "distribution", "tornado")
    numbers = (
        "npv",
        "roi",
        "irr",
        "payback_months",
        "p10",
        "p50",
        "p90",
        "probability",
        "probability_year",
        "npv_unweighted",
        "unweighted_p10",
        "unweighted_p90",
    )
    values: dict[str, Any] = dict.fromkeys(frames, blank) | dict.fromkeys(numbers, NOTHING)
    return ProgrammeCase(
        **values,
        **why,
        start="",
        months=assumptions.whole("horizon_months"),
        months_measured=0,
        flexibility=0.0,
        seed=assumptions.whole("seed"),
        draws=assumptions.whole("simulation_draws"),
        notes=[],
        reasons={},
    )


def programme_case(
    claims: pd.DataFrame,
    costs: pd.DataFrame,
    assumptions: Assumptions,
    *,
    currency: str,
    exchange_rates: Mapping[str, float],
    ledger: pd.DataFrame | None = None,
    scenario: Scenario = AS_MEASURED,
) -> ProgrammeCase:
    """Build the case from the savings measured, the claims typed in and the cost ledger.

    The horizon begins with the first month of cost. Measured months count as they are; later
    months continue at the mean of the last twelve (benefits) and the last six (costs).

    Parameters
    ----------
    claims : DataFrame
        As in ``metrics.claims.measured_lines``.
    costs : DataFrame
        Frame ``costs``. Where any row names an initiative, rows that name none were there
        before the programme and are not incremental (domain §4.1).
    ledger : DataFrame, optional
        Frame ``benefits``.
    scenario : Scenario
        What-if factors; the default leaves everything as it was.
    """
    if (costs["initiative"] != "").any():
        costs = costs[costs["initiative"] != ""]
    if costs.empty:
        return _refused(assumptions, "no_programme_costs")
    typed = ledger if ledger is not None else pd.DataFrame()
    if claims.empty and typed.empty:
        return _refused(assumptions, "no_measured_savings")
    try:
        # Only what stands in the month columns can be spread over a horizon.
        checked_costs(costs)
        horizon = pd.date_range(
            costs["month"].min(), periods=assumptions.whole("horizon_months"), freq="MS", unit="us"
        )
        measured = claims[claims["month"].isin(horizon)] if len(claims) else claims
        rows = [
            measured_lines(measured, horizon) if len(measured) else pd.DataFrame(),
            typed_lines(typed, horizon),
        ]
        rows = [each for each in rows if len(each)]
        if not rows:
            return _refused(assumptions, "no_measured_savings")
        spent = _spread(costs, horizon)
        case, whole = _built(
            _moved(pd.concat(rows, ignore_index=True), scenario),
            spent.assign(
                amount=spent["amount"].where(
                    spent["category"] != PEOPLE, spent["amount"] * scenario.people
                )
            ),
            horizon,
            assumptions,
            currency,
            exchange_rates,
        )
    except (InvalidInput, NotEnoughData) as refused:
        return _refused(assumptions, refused.code, **refused.facts)
    months = int(measured["month"].nunique()) if len(measured) else 0
    return _shown(case, whole, months, assumptions)


def _spread(costs: pd.DataFrame, horizon: pd.DatetimeIndex) -> pd.DataFrame:
    line = ["function", "category", "currency"]
    return continued(costs, line, "amount", horizon, costs["month"].max(), RECENT_MONTHS["cost"])


def _moved(benefits: pd.DataFrame, scenario: Scenario) -> pd.DataFrame:
    return benefits.assign(
        amount=benefits["amount"] * scenario.adoption,
        month=benefits["month"] + pd.DateOffset(months=scenario.delay),
    )


def _built(
    benefits: pd.DataFrame,
    costs: pd.DataFrame,
    horizon: pd.DatetimeIndex,
    assumptions: Assumptions,
    currency: str,
    exchange_rates: Mapping[str, float],
) -> tuple[BusinessCase, BusinessCase]:
    """The case weighted by evidence, and with every grade counting whole."""
    both = [
        build_case(
            benefits,
            costs,
            rate=assumptions["discount_rate"],
            start=horizon[0].date(),
            months=len(horizon),
            seed=assumptions.whole("seed"),
            draws=assumptions.whole("simulation_draws"),
            currency=currency,
            exchange_rates=exchange_rates,
            weights=weights,
            recapture=assumptions["recapture_factor"],
            benefit_risk=risk_factor(assumptions["tracking_unsure"], assumptions["tracking_risk"]),
            cost_risk=assumptions["cost_risk"],
            correlation=assumptions["benefit_correlation"],
            flexibility=1_000 * assumptions["flexibility_value"],
        )
        for weights in (assumptions.evidence_weights, dict.fromkeys(WEIGHTS, 1.0))
    ]
    return both[0], both[1]


def _shown(
    case: BusinessCase, whole: BusinessCase, measured: int, assumptions: Assumptions
) -> ProgrammeCase:
    return ProgrammeCase(
        monthly=case.monthly,
        yearly=case.yearly,
        benefits=case.benefits,
        costs=case.costs,
        flows=case.flows,
        distribution=case.simulation.distribution,
        tornado=case.tornado,
        start=case.start.isoformat(),
        months=case.months,
        months_measured=measured,
        npv=case.npv,
        roi=case.roi,
        irr=case.irr,
        payback_months=case.payback_months,
        p10=case.p10,
        p50=case.p50,
        p90=case.p90,
        probability=case.probability_npv_positive,
        probability_year=case.probability_payback_12_months,
        npv_unweighted=case.unweighted.npv,
        unweighted_p10=whole.p10,
        unweighted_p90=whole.p90,
        flexibility=case.flexibility,
        seed=case.seed,
        draws=case.draws,
        notes=[{"code": n.code, "facts": dict(n.facts)} for n in case.notes],
        reasons=dict(case.reasons),
    )


__all__ = ["AS_MEASURED", "ProgrammeCase", "Scenario", "programme_case"]


def case(
    snapshot: Snapshot, assumptions: Assumptions, saved: SavingsPart, compared: EffectsPart
) -> ProgrammeCase:
    """Cost and benefit of the programme: net present value, return, payback, ranges.

    Savings shown by comparison count; where no initiative could be compared at all, the change
    before and after stands in, at its lower grade.
    """
    return what_if(snapshot, assumptions, saved, compared)


def what_if(
    snapshot: Snapshot,
    assumptions: Assumptions,
    saved: SavingsPart,
    compared: EffectsPart,
    scenario: Scenario = AS_MEASURED,
) -> ProgrammeCase:
    """Return the case under other assumptions and factors; nothing is kept of it."""
    return programme_case(
        _claims(snapshot, assumptions, saved, compared),
        snapshot["costs"],
        assumptions,
        currency=snapshot.profile.currency,
        exchange_rates=snapshot.profile.exchange_rates,
        ledger=snapshot["benefits"],
        scenario=scenario,
    )


def _claims(
    snapshot: Snapshot, assumptions: Assumptions, saved: SavingsPart, compared: EffectsPart
) -> pd.DataFrame:
    """Savings and priced rates of initiatives compared with others, else before and after."""
    if not (compared.effects["design"] != "").any():
        return _before_after(saved)
    priced = priced_claims(
        compared.effects,
        compared.paths,
        snapshot["observations"],
        assumptions["contribution_margin"],
    )
    claims = pd.concat([compared.claims.assign(cash="cashable"), priced], ignore_index=True)
    known = snapshot["initiatives"].drop_duplicates("initiative").set_index("initiative")
    return claims.assign(
        change=claims["name"].map(known["change"]).fillna(""),
        lasting=claims["name"].map(known["end"].isna()).fillna(True).astype(bool),
        layer="incremental",
    )


def _before_after(saved: SavingsPart) -> pd.DataFrame:
    """Claims from the volume-adjusted change of each function, evidence grade C."""
    rows = saved.savings.dropna(subset=["saving", "low"])
    if rows.empty:
        return pd.DataFrame(columns=CLAIM_COLUMNS)
    spread = (rows["high"] - rows["low"]) / 2 / rows["saving"].abs()
    lines = rows[["function", "kpi", "grade"]].assign(low=1 - spread, high=1 + spread)
    lines["name"] = [BUSINESS[f].title for f in lines["function"]]
    monthly = saved.monthly.merge(lines, on="function")
    return monthly.reindex(columns=CLAIM_COLUMNS)
