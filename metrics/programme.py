"""The programme as a business case: its measured savings against its own cost ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from metrics.assumptions import Assumptions
from metrics.business_case.case import build_case
from metrics.errors import InvalidInput, NotEnoughData
from metrics.model import ALL

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
    npv, roi, irr, payback_months, p10, p90, probability : float
        Weighted by evidence. ``roi`` is net present value over present value of costs (3.287,
        not 329 %); ``probability`` is that of a positive net present value.
    npv_unweighted : float
        The same with every grade counting whole; beside the headline, never instead of it.
    notes : list
        Codes and facts of what was left out or assumed.
    reason : str
        Why there is no case, otherwise "".
    """

    monthly: pd.DataFrame
    yearly: pd.DataFrame
    benefits: pd.DataFrame
    costs: pd.DataFrame
    flows: pd.DataFrame
    start: str
    months: int
    months_measured: int
    npv: float
    roi: float
    irr: float
    payback_months: float
    p10: float
    p90: float
    probability: float
    npv_unweighted: float
    seed: int
    draws: int
    notes: list[dict[str, Any]]
    reasons: dict[str, str]
    reason: str = ""


def _refused(assumptions: Assumptions, reason: str) -> ProgrammeCase:
    blank = pd.DataFrame()
    return ProgrammeCase(
        blank, blank, blank, blank, blank, "", assumptions.whole("horizon_months"), 0, NOTHING,
        NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, assumptions.whole("seed"),
        assumptions.whole("simulation_draws"), [], {}, reason,
    )  # fmt: skip


def programme_case(
    claims: pd.DataFrame, costs: pd.DataFrame, assumptions: Assumptions, *,
    currency: str, exchange_rates: Mapping[str, float],
) -> ProgrammeCase:  # fmt: skip
    """Build the case from the savings measured and the programme's cost ledger.

    The horizon begins with the first month of cost. Measured months count as they are; later
    months continue at the mean of the last twelve (benefits) and the last six (costs).

    Parameters
    ----------
    claims : DataFrame
        ``function``, ``name``, ``kpi``, ``month``, ``saving``, ``grade``, ``low``, ``high``:
        one row per line and measured month; ``low`` and ``high`` are factors on the amount at
        80 %.
    costs : DataFrame
        Frame ``costs``. Where any row names an initiative, rows that name none were there
        before the programme and are not incremental (domain §4.1).
    """
    if (costs["initiative"] != "").any():
        costs = costs[costs["initiative"] != ""]
    if costs.empty:
        return _refused(assumptions, "no_programme_costs")
    if claims.empty:
        return _refused(assumptions, "no_measured_savings")
    start = costs["month"].min()
    horizon = assumptions.whole("horizon_months")
    last = start + pd.DateOffset(months=horizon - 1)
    ahead = pd.date_range(start, last, freq="MS", unit="us")
    gains = claims[(claims["month"] >= start) & (claims["month"] <= last)]
    measured = int(gains["month"].nunique())
    lines = [
        _continued(rows, "saving", ahead, gains["month"].max(), 12).assign(
            function=key[0], benefit=key[1], kpi=key[2], grade=key[3], low=key[4], high=key[5]
        )
        for key, rows in gains.groupby(["function", "name", "kpi", "grade", "low", "high"])
    ]
    spent = [
        _continued(rows, "amount", ahead, costs["month"].max(), 6).assign(
            function=key[0], category=key[1], currency=key[2]
        )
        for key, rows in costs.groupby(["function", "category", "currency"])
    ]
    if not lines:
        return _refused(assumptions, "no_measured_savings")
    benefits = pd.concat(lines, ignore_index=True).rename(columns={"saving": "amount"})
    benefits = benefits.assign(
        team=ALL, mechanism=benefits["benefit"], cash="cashable", mode=1.0, shape="normal"
    )
    try:
        case = build_case(
            benefits,
            pd.concat(spent, ignore_index=True),
            rate=assumptions["discount_rate"],
            start=start.date(),
            months=horizon,
            seed=assumptions.whole("seed"),
            draws=assumptions.whole("simulation_draws"),
            currency=currency,
            exchange_rates=exchange_rates,
            weights=assumptions.evidence_weights,
            recapture=assumptions["recapture_factor"],
        )
    except (InvalidInput, NotEnoughData) as refused:
        return _refused(assumptions, refused.code)
    return ProgrammeCase(
        monthly=case.monthly,
        yearly=case.yearly,
        benefits=case.benefits,
        costs=case.costs,
        flows=case.flows,
        start=start.date().isoformat(),
        months=horizon,
        months_measured=measured,
        npv=case.npv,
        roi=case.roi,
        irr=case.irr,
        payback_months=case.payback_months,
        p10=case.p10,
        p90=case.p90,
        probability=case.probability_npv_positive,
        npv_unweighted=case.unweighted.npv,
        seed=case.seed,
        draws=case.draws,
        notes=[{"code": n.code, "facts": dict(n.facts)} for n in case.notes],
        reasons=dict(case.reasons),
    )


def _continued(
    rows: pd.DataFrame, amount: str, ahead: pd.DatetimeIndex, end: pd.Timestamp, window: int
) -> pd.DataFrame:
    """Monthly amounts over the horizon: the record to ``end``, then its last ``window`` months."""
    monthly = rows.groupby("month")[amount].sum().reindex(ahead, fill_value=0.0)
    monthly[monthly.index > end] = monthly[:end][-window:].mean()
    return monthly.rename_axis("month").rename(amount).reset_index()


__all__ = ["ProgrammeCase", "programme_case"]
