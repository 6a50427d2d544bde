"""The programme as a business case: the savings of its initiatives against its own cost ledger.

Two figures that never mix. The *case* is a distribution: the joint draws of what initiatives
save, continued over the horizon, less a cost that is certain where it is booked; its percentiles
and its probability are what they say. What *finance would accept* multiplies every amount by the
weight of its evidence, takes in before-and-after readings and typed claims at theirs, and carries
no odds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from metrics.assumptions import Assumptions
from metrics.business_case.case import BusinessCase, build_case
from metrics.business_case.cash_flow import discount_factors
from metrics.business_case.claims import (
    RECENT_MONTHS,
    continue_amounts,
    measured_lines,
    typed_lines,
)
from metrics.business_case.lines import WEIGHTS, checked_costs
from metrics.business_case.priced import priced_claims
from metrics.business_case.programme import (
    AS_MEASURED,
    NOTHING,
    ODDS,
    PEOPLE,
    ProgrammeCase,
    Saved,
    Scenario,
    refused_case,
)
from metrics.business_case.ranges import risk_factor
from metrics.business_case.saved_lines import (
    before_after,
    expected_lines,
    no_benefits,
    scale_amounts,
)
from metrics.effects.part import EffectsPart
from metrics.errors import InvalidInput, NotEnoughData
from metrics.intervals import quantile
from metrics.model import Snapshot
from metrics.portfolio import worth as portfolio
from metrics.portfolio.appraisal import Appraisal
from metrics.portfolio.part import ValuePart, appraisal_of

PERCENTILES = np.arange(1, 100)


def programme_case(
    saved: Saved,
    costs: pd.DataFrame,
    assumptions: Assumptions,
    *,
    currency: str,
    exchange_rates: Mapping[str, float],
    ledger: pd.DataFrame | None = None,
    scenario: Scenario = AS_MEASURED,
) -> ProgrammeCase:
    """Build the case from what initiatives saved, the claims typed in and the cost ledger.

    The horizon begins with the first month of cost. Recorded months count as they are; later
    months repeat the last twelve at full effect (benefits) and the mean of the last six (costs).

    Parameters
    ----------
    saved : Saved
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
        return refused_case(assumptions, "no_programme_costs")
    try:
        # Only what stands in the month columns can be spread over a horizon.
        checked_costs(costs)
        horizon = pd.date_range(
            costs["month"].min(), periods=assumptions.whole("horizon_months"), freq="MS", unit="us"
        )
        spent = _spread(costs, horizon)
        spent = spent.assign(
            amount=spent["amount"].where(
                spent["category"] != PEOPLE, spent["amount"] * scenario.people
            )
        )
        typed = typed_lines(ledger if ledger is not None else pd.DataFrame(), horizon)
        typed = scale_amounts(typed, scenario, "amount") if len(typed) else typed
        return _build_cases(
            saved, spent, costs, typed, horizon, assumptions, currency, exchange_rates, scenario
        )
    except (InvalidInput, NotEnoughData) as why:
        return refused_case(assumptions, why.code, **why.facts)


def _build_cases(
    saved: Saved,
    spent: pd.DataFrame,
    costs: pd.DataFrame,
    typed: pd.DataFrame,
    horizon: pd.DatetimeIndex,
    assumptions: Assumptions,
    currency: str,
    exchange_rates: Mapping[str, float],
    scenario: Scenario,
) -> ProgrammeCase:
    """Build the expected case with its distribution, and the one that finance would accept."""
    found = portfolio.apply_what_if(
        portfolio.benefits(saved.appraisal, horizon), scenario.adoption, scenario.delay
    )
    lines = portfolio.expected_lines(saved.appraisal, found, horizon)
    lines_expected = expected_lines(lines, saved)
    priced = (
        measured_lines(scale_amounts(saved.priced, scenario), horizon) if len(saved.priced) else []
    )
    apart = before_after(saved, horizon, scenario)
    frames = [one for one in (lines_expected, priced) if len(one)]

    def case(rows: list[pd.DataFrame], weights: Mapping[str, float]) -> BusinessCase:
        benefits = pd.concat(rows, ignore_index=True) if rows else no_benefits()
        return build_case(
            benefits,
            spent,
            rate=assumptions["discount_rate"],
            start=horizon[0].date(),
            months=len(horizon),
            seed=assumptions.whole("seed"),
            draws=assumptions.whole("simulation_draws"),
            currency=currency,
            exchange_rates=exchange_rates,
            weights=weights,
            recapture=assumptions["recapture_factor"],
            benefit_risk=_risk(assumptions),
            cost_risk=assumptions["cost_risk"],
            correlation=assumptions["benefit_correlation"],
            flexibility=1_000 * assumptions["flexibility_value"],
        )

    whole = case(frames, dict.fromkeys(WEIGHTS, 1.0))
    proven = [lines_expected[lines_expected["compared"]]] if len(lines_expected) else []
    finance_rows = [one for one in (*proven, priced, apart, typed) if len(one)]
    finance = case(finance_rows, assumptions.evidence_weights) if finance_rows else None
    known = saved.appraisal.known and len(lines) > 0
    reason = "" if known else _reason(saved)
    booked = whole.monthly["month"].isna() | (whole.monthly["month"] <= costs["month"].max())
    discount = discount_factors(len(horizon) + 1, assumptions["discount_rate"], monthly=True)
    draws = _draws(found, priced, horizon, assumptions) if known else None
    odds = None
    if draws is not None:
        odds = portfolio.worth(
            draws,
            whole.monthly["cost"].to_numpy(),
            booked.to_numpy(),
            discount,
            assumptions.whole("seed"),
        )
    return _report_case(whole, finance, odds, reason, found, saved, costs, assumptions)


def _reason(saved: Saved) -> str:
    return "no_initiatives" if not saved.appraisal.starts else "nothing_compared"


def _risk(assumptions: Assumptions) -> float:
    return risk_factor(assumptions["tracking_unsure"], assumptions["tracking_risk"])


def _spread(costs: pd.DataFrame, horizon: pd.DatetimeIndex) -> pd.DataFrame:
    line = ["function", "category", "currency"]
    return continue_amounts(
        costs, line, "amount", horizon, costs["month"].max(), RECENT_MONTHS["cost"]
    )


def _draws(
    found: portfolio.Benefits, priced: Any, horizon: pd.DatetimeIndex, assumptions: Assumptions
) -> np.ndarray:
    """Return draws of the benefit of each period, the initial one first."""
    total = found.draws.sum(axis=1)
    rng = np.random.default_rng([assumptions.whole("seed"), 4])
    if len(priced):
        for _, one in priced.groupby("benefit"):
            by_month = one.groupby("month")["amount"].sum().reindex(horizon).fillna(0.0)
            half = float(one["high"].iloc[0] - one["low"].iloc[0]) / 2
            factor = 1 + half / quantile(80) * rng.standard_normal(len(total))
            total = total + factor[:, None] * by_month.to_numpy()
    total = (1 - _risk(assumptions)) * total
    return np.hstack([np.zeros((len(total), 1)), total])


def _report_case(
    whole: BusinessCase,
    finance: BusinessCase | None,
    odds: portfolio.Worth | None,
    reason: str,
    found: portfolio.Benefits,
    saved: Saved,
    costs: pd.DataFrame,
    assumptions: Assumptions,
) -> ProgrammeCase:
    cost = whole.monthly["cost"].to_numpy()
    discount = whole.monthly["discount_factor"].to_numpy()
    year = costs[costs["month"] > costs["month"].max() - pd.DateOffset(months=12)]
    needed = portfolio.break_even(cost, discount)
    figures = dict.fromkeys(ODDS, NOTHING)
    distribution = pd.DataFrame({"percentile": [], "npv": []}, dtype=float)
    if odds is not None:
        p10, p50, p90 = odds.percentiles([10, 50, 90])
        figures = {
            "npv": whole.npv,
            "roi": whole.roi,
            "irr": whole.irr,
            "payback_months": whole.payback_months,
            "p10": float(p10),
            "p50": float(p50),
            "p90": float(p90),
            "probability": odds.probability,
            "probability_year": odds.within_year,
        }
        distribution = pd.DataFrame(
            {"percentile": PERCENTILES.astype(float), "npv": odds.percentiles(list(PERCENTILES))}
        )
    shown = finance if finance is not None else whole
    return ProgrammeCase(
        **figures,
        monthly=whole.monthly,
        yearly=whole.yearly,
        benefits=shown.benefits,
        costs=whole.costs,
        flows=whole.flows,
        distribution=distribution,
        tornado=whole.tornado,
        start=whole.start.isoformat(),
        months=whole.months,
        months_measured=int(found.measured.sum()),
        accepted=NOTHING if finance is None else finance.npv,
        accepted_reason="no_measured_savings" if finance is None else "",
        break_even=needed,
        break_even_share=_saving_share(needed, saved.appraisal),
        cost_a_year=float(year["amount"].sum()),
        flexibility=whole.flexibility,
        seed=assumptions.whole("seed"),
        draws=0 if odds is None else len(odds.draws),
        notes=[{"code": n.code, "facts": dict(n.facts)} for n in shown.notes],
        reasons=dict(whole.reasons) if odds is not None else {},
        reason=reason,
    )


def _saving_share(needed: float, appraisal: Appraisal) -> float:
    """Return a saving as a share of what the treated teams cost a year."""
    bill = 0.0
    for pool, panel in zip(appraisal.laid.pools, appraisal.laid.panels, strict=True):
        treated = (panel.starts >= 0).any(axis=0)
        bill += float(np.nansum(pool.cost[-12:, treated]))
    return needed / bill if bill > 0 else NOTHING


def case(
    snapshot: Snapshot, assumptions: Assumptions, value: ValuePart, compared: EffectsPart
) -> ProgrammeCase:
    """Return cost and benefit of the programme: its distribution, and what finance would accept."""
    return what_if(snapshot, assumptions, value, compared)


def what_if(
    snapshot: Snapshot,
    assumptions: Assumptions,
    value: ValuePart,
    compared: EffectsPart,
    scenario: Scenario = AS_MEASURED,
) -> ProgrammeCase:
    """Return the case under other assumptions and factors; nothing is kept of it."""
    known = snapshot["initiatives"].drop_duplicates("initiative").set_index("initiative")
    priced = priced_claims(
        compared.effects,
        compared.paths,
        snapshot["observations"],
        assumptions["contribution_margin"],
    )
    saved = Saved(
        appraisal=appraisal_of(snapshot, value),
        claims=value.claims,
        priced=priced.assign(lasting=priced["name"].map(known["end"].isna()).fillna(True)),
        changes=known["change"].fillna("").to_dict(),
        randomised=known.index[known["assignment"] == "randomised"].tolist(),
    )
    return programme_case(
        saved,
        snapshot["costs"],
        assumptions,
        currency=snapshot.profile.currency,
        exchange_rates=snapshot.profile.exchange_rates,
        ledger=snapshot["benefits"],
        scenario=scenario,
    )


__all__ = ["AS_MEASURED", "ProgrammeCase", "Saved", "Scenario", "case", "programme_case", "what_if"]
