"""What a case of the programme holds, and what it is made from."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from metrics.assumptions import Assumptions
from metrics.portfolio.appraisal import Appraisal

NOTHING = float("nan")


@dataclass(frozen=True)
class ProgrammeCase:
    """Cost and benefit over the horizon, ready to be shown and kept.

    Attributes
    ----------
    monthly, yearly : DataFrame
        Cash flows as in ``metrics.business_case.BusinessCase``: expected amounts in whole cents.
    benefits : DataFrame
        Lines that finance would look at, with grade, weight and what counts of them.
    costs : DataFrame
        Categories of cost.
    flows : DataFrame
        The rows the cash flows are added up from, as ``BusinessCase.flows``.
    npv, roi, irr, payback_months : float
        Expected, nothing weighted. ``roi`` is net present value over present value of costs
        (3.287, not 329 %).
    p10, p50, p90, probability, probability_year : float
        Of the distribution of the net present value; ``probability`` that it is positive,
        ``probability_year`` that what was spent is back within twelve months.
    accepted : float
        Net present value that finance would accept: by evidence weights. No odds belong to it.
    break_even : float
        Level saving a year, from the first month of cost on, that pays the cost back exactly.
    break_even_share : float
        The same as a share of what the treated teams cost a year.
    cost_a_year : float
        Programme cost booked over the last twelve months of the ledger.
    distribution, tornado : DataFrame
        ``percentile, npv``; ``line, low, high, swing`` in net present value.
    flexibility : float
        Value of later options: beside the case, never in it.
    notes : list
        Codes and facts of what was left out or assumed.
    reason, facts : str, mapping
        Why there is no case, otherwise "". Where costs are known but nothing is compared, costs,
        break-even and what finance would accept stand all the same.
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
    accepted: float
    accepted_reason: str
    break_even: float
    break_even_share: float
    cost_a_year: float
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


@dataclass(frozen=True)
class Saved:
    """What initiatives saved, as the case takes it in.

    Attributes
    ----------
    appraisal : Appraisal
    claims : DataFrame
        ``ValuePart.claims``.
    priced : DataFrame
        Worth of effects on outputs that are wanted, as ``metrics.business_case.priced``.
    changes : mapping
        Initiative → kind of change.
    randomised : collection of str
        Initiatives whose start was decided by lot.
    """

    appraisal: Appraisal
    claims: pd.DataFrame
    priced: pd.DataFrame
    changes: Mapping[str, str]
    randomised: Collection[str] = ()


AS_MEASURED = Scenario()
PEOPLE = "people"
FRAMES = ("monthly", "yearly", "benefits", "costs", "flows", "distribution", "tornado")
ODDS = (
    "npv",
    "roi",
    "irr",
    "payback_months",
    "p10",
    "p50",
    "p90",
    "probability",
    "probability_year",
)


def refused_case(assumptions: Assumptions, reason: str, **facts: Any) -> ProgrammeCase:
    """Return the case that there is none, and why."""
    values: dict[str, Any] = dict.fromkeys(FRAMES, pd.DataFrame())
    values |= dict.fromkeys(
        (*ODDS, "accepted", "break_even", "break_even_share", "cost_a_year"), NOTHING
    )
    return ProgrammeCase(
        **values,
        reason=reason,
        facts=facts,
        accepted_reason=reason,
        start="",
        months=assumptions.whole("horizon_months"),
        months_measured=0,
        flexibility=0.0,
        seed=assumptions.whole("seed"),
        draws=0,
        notes=[],
        reasons={},
    )
