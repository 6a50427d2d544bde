"""Present value, ROI, IRR and payback of one stream of costs and benefits.

The conventions are those of published Total Economic Impact studies (Forrester Consulting):
period 0 is the initial moment and undiscounted, ROI is net benefit over cost in present value,
payback looks at undiscounted flows and is linear inside a period.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise, zip_longest

import numpy as np
import scipy

from metrics.errors import InvalidInput

MONTHS_PER_YEAR = 12
# Beyond every currency; sums and powers of such amounts would leave the range of floats.
LARGEST = 1e100


@dataclass(frozen=True)
class CaseResult:
    """What one stream of costs and benefits is worth.

    Attributes
    ----------
    pv_costs, pv_benefits, npv : float
        Present values in the currency of the flows; ``npv = pv_benefits - pv_costs``.
    roi : float
        ``npv / pv_costs``, a fraction (3.287 is 329 %); NaN without positive cost.
    irr : float
        The one annual rate at which the net flows are worth nothing; NaN if none or several exist.
    payback_months : float
        Months until the cumulative undiscounted net flow is first back at zero; NaN where never.
    reasons : mapping
        Field name to the code of why it is NaN (or, for ``payback_months``, why it is not final).
    """

    pv_costs: float
    pv_benefits: float
    npv: float
    roi: float
    irr: float
    payback_months: float
    reasons: Mapping[str, str]


def evaluate(
    cost: Sequence[float], benefit: Sequence[float], rate: float, monthly: bool = False
) -> CaseResult:
    """Value costs and benefits by period 0, 1, 2 ...

    Parameters
    ----------
    cost, benefit : sequences of equal length
        Amounts by period, period 0 being the initial moment. Costs are positive numbers.
    rate : float
        Annual discount rate, a fraction above -1.
    monthly : bool
        Periods are months: the annual rate is compounded, ``(1 + r)^(1/12) - 1``.

    Raises
    ------
    InvalidInput
        Lengths differ, nothing was given, an amount is missing, infinite or beyond 1e100, rate at
        or below -1.

    Examples
    --------
    >>> round(evaluate([100, 0], [0, 121], 0.10).npv, 2)
    10.0
    """
    costs, benefits = _amounts(cost, "cost"), _amounts(benefit, "benefit")
    if costs.size != benefits.size or costs.size == 0:
        raise InvalidInput("periods_differ", cost=int(costs.size), benefit=int(benefits.size))
    reasons: dict[str, str] = {}
    pv_costs = present_value(costs, rate, monthly)
    pv_benefits = present_value(benefits, rate, monthly)
    npv = pv_benefits - pv_costs
    roi = return_on_investment(pv_benefits, pv_costs)
    if math.isnan(roi):
        reasons["roi"] = "no_positive_cost"
    net = [_exact_fraction(b) - _exact_fraction(c) for b, c in zip(benefits, costs, strict=True)]
    irr, why = _internal_rate(net, monthly)
    if why:
        reasons["irr"] = why
    payback, why = _payback(net, 1 if monthly else MONTHS_PER_YEAR)
    if why:
        reasons["payback_months"] = why
    return CaseResult(pv_costs, pv_benefits, npv, roi, irr, payback, reasons)


def periodic_rate(rate: float, monthly: bool) -> float:
    """The discount rate of one period: the annual rate itself, or compounded to a month."""
    if not math.isfinite(rate) or rate <= -1:
        raise InvalidInput("rate_out_of_range", rate=rate)
    return (1 + rate) ** (1 / MONTHS_PER_YEAR) - 1 if monthly else rate


def discount_factors(periods: int, rate: float, monthly: bool = False) -> np.ndarray:
    """``(1 + r)^-t`` for t = 0 ... periods - 1."""
    return (1 + periodic_rate(rate, monthly)) ** -np.arange(periods, dtype=float)


def present_value(amounts: Sequence[float], rate: float, monthly: bool = False) -> float:
    """Sum of amounts by period 0, 1, 2 ..., each discounted to period 0."""
    values = _amounts(amounts, "amount")
    return math.fsum(values * discount_factors(values.size, rate, monthly))


def return_on_investment(pv_benefits: float, pv_costs: float) -> float:
    """Net benefit over cost, both present values; NaN when there is no positive cost."""
    return (pv_benefits - pv_costs) / pv_costs if pv_costs > 0 else math.nan


def internal_rate_of_return(net: Sequence[float], monthly: bool = False) -> float:
    """The one annual rate at which ``net`` is worth nothing, NaN if none or several exist.

    All rates above -100 % are considered. The number of roots is counted exactly (Sturm's
    theorem on the integer polynomial), never guessed from a search grid.
    """
    return _internal_rate([_exact_fraction(x) for x in _amounts(net, "net")], monthly)[0]


def payback_months(net: Sequence[float], monthly: bool = False) -> float:
    """Months until the cumulative undiscounted net flow is first zero again, NaN where never.

    Period t spans the months 12(t-1) to 12t (or month t-1 to t), and the flow is spread evenly
    over it. Leading periods in which nothing moved do not count as paid back.
    """
    exact = [_exact_fraction(x) for x in _amounts(net, "net")]
    return _payback(exact, 1 if monthly else MONTHS_PER_YEAR)[0]


def _payback(net: list[Fraction], months: int) -> tuple[float, str]:
    before, begun, paid = Fraction(0), False, math.nan
    for period, flow in enumerate(net):
        after = before + flow
        if not math.isnan(paid):
            if after < 0:
                return paid, "payback_not_final"
        elif begun and after >= 0:
            paid = months * float(period - 1 - before / flow)
        elif not begun and after > 0:
            paid = 0.0
        begun = begun or after != 0
        before = after
    if math.isnan(paid):
        return paid, "never_paid_back" if begun else "no_flows"
    return paid, ""


def _internal_rate(net: list[Fraction], monthly: bool) -> tuple[float, str]:
    """Root of sum x_t v^t on v in (0, inf), where v = 1 / (1 + rate of one period)."""
    scale = math.lcm(*(x.denominator for x in net))
    polynomial = _trim_zeros([int(x * scale) for x in reversed(net)])
    while polynomial and polynomial[-1] == 0:
        polynomial.pop()  # leading empty periods move no root
    roots, gcd = _sign_changes(polynomial), [1]
    if roots > 1:  # Descartes' rule is exact for 0 and 1 changes only
        chain = _sturm_chain(polynomial)
        roots = _sign_changes([p[-1] for p in chain]) - _sign_changes([p[0] for p in chain])
        gcd = chain[-1]
    if roots != 1:
        return math.nan, "several_irr" if roots > 1 else "no_irr"
    if len(gcd) > 1:
        polynomial = _quotient(polynomial, gcd)  # a double root becomes a crossing
    largest = max(abs(c) for c in polynomial)
    coefficients = np.array([float(c / largest) for c in polynomial])
    steps = np.arange(coefficients.size - 1, -1, -1.0)

    def worth(log_growth: float) -> float:
        powers = -log_growth * steps
        return float(coefficients @ np.exp(powers - powers.max()))  # cannot overflow

    edge = 1.0
    while worth(-edge) * worth(edge) > 0:
        edge *= 2
    growth = scipy.optimize.brentq(worth, -edge, edge, xtol=1e-15, rtol=1e-14, maxiter=500)
    return math.expm1(growth * (MONTHS_PER_YEAR if monthly else 1)), ""


def _sturm_chain(polynomial: list[int]) -> list[list[int]]:
    """Sturm's sequence in whole numbers, kept small by the subresultant divisors (Knuth 4.6.1)."""
    degree = len(polynomial) - 1
    chain = [polynomial, [c * (degree - i) for i, c in enumerate(polynomial[:-1])]]
    lead = height = 1
    while len(chain[-1]) > 1:
        top, bottom = chain[-2], chain[-1]
        gap = len(top) - len(bottom)
        rest = _trim_zeros(_pseudo_remainder(top, bottom))
        if not rest:
            break
        divisor = -lead * height**gap
        chain.append([c // divisor for c in rest])
        lead = abs(bottom[0])
        height = lead**gap // height ** (gap - 1) if gap else height
    return chain


def _pseudo_remainder(top: list[int], bottom: list[int]) -> list[int]:
    """Remainder of ``|lead of bottom|^(gap + 1) top``: whole numbers, the sign of the remainder."""
    rest, lead, sign = list(top), abs(bottom[0]), 1 if bottom[0] > 0 else -1
    for _ in range(len(top) - len(bottom) + 1):
        first = sign * rest.pop(0)
        rest = [lead * c for c in rest]
        for i, c in enumerate(bottom[1:]):
            rest[i] -= first * c
    return rest


def _quotient(top: list[int], bottom: list[int]) -> list[Fraction]:
    """Exact quotient of two polynomials, highest power first."""
    rest, quotient = [Fraction(c) for c in top], []
    while len(rest) >= len(bottom):
        quotient.append(rest[0] / bottom[0])
        rest = [a - quotient[-1] * b for a, b in zip_longest(rest, bottom, fillvalue=0)][1:]
    return quotient


def _trim_zeros(polynomial: list[int]) -> list[int]:
    first = next((i for i, c in enumerate(polynomial) if c != 0), len(polynomial))
    return polynomial[first:]


def _sign_changes(values: list[int]) -> int:
    signs = [v > 0 for v in values if v != 0]
    return sum(a != b for a, b in pairwise(signs))


def _exact_fraction(amount: float) -> Fraction:
    # The shortest decimal of the float: 0.1 means a tenth, as the ledger it came from meant.
    return Fraction(repr(float(amount)))


def _amounts(values: Sequence[float], what: str) -> np.ndarray:
    array = np.asarray(values, dtype=float)
    if array.ndim != 1 or not np.isfinite(array).all():
        raise InvalidInput("amount_missing", what=what)
    if (np.abs(array) > LARGEST).any():
        raise InvalidInput("amount_too_large", value=float(np.abs(array).max()))
    return array
