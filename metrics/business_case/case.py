"""From graded lines to a business case: cash flows, present values, odds and what drives them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from metrics.assumptions import default
from metrics.business_case.cash_flow import (
    MONTHS_PER_YEAR,
    CaseResult,
    discount_factors,
    evaluate,
)
from metrics.business_case.ledger import counting_weights, refuse_double_claims, to_cents
from metrics.business_case.lines import (
    WEIGHTS,
    checked_benefits,
    checked_costs,
    in_base_currency,
)
from metrics.business_case.ranges import Range
from metrics.business_case.simulation import Simulation, one_factor, simulate, tornado
from metrics.errors import InvalidInput, NotEnoughData
from metrics.model import Note

RECAPTURE = default("recapture_factor")
CORRELATION = default("benefit_correlation")

_BENEFIT_LINE = ("function", "team", "benefit")
_COST_LINE = ("function", "team", "category")
_SAID = ("mechanism", "kpi", "grade", "cash", "layer", "overlap_group", "transfer", "change")
_RANGE = ("low", "mode", "high", "shape")


@dataclass(frozen=True)
class BusinessCase:
    """What a programme is worth, how sure that is, and what was left out.

    Amounts are in ``currency``. Cash flows are whole cents, so that a controller's workbook over
    the same rows gives the same NPV, ROI and payback.

    Attributes
    ----------
    start : date
        First month; its flows are period 1, discounted by one month. Period 0 is what was spent
        before.
    months : int
        Horizon.
    rate : float
        Annual discount rate.
    monthly, yearly : pandas.DataFrame
        ``period, month`` (or ``year``), ``cost, benefit, net, cumulative, pv_cost, pv_benefit,
        pv_net``; the yearly rows are sums of the monthly ones, year 0 being period 0.
    benefits : pandas.DataFrame
        One row per line: who, mechanism, KPI, grade, weight, cash, overlap group, ``amount`` as
        claimed over the horizon, ``counted`` in the headline, ``present_value``, ``reason`` where
        some of it does not count.
    costs : pandas.DataFrame
        One row per line: ``function, team, category, amount, counted, present_value``.
    flows : pandas.DataFrame
        What the cash flows are added up from, row by row, so that a controller can follow:
        ``kind`` (benefit, cost), ``function, team, line, period, amount, grade, cash, weight,
        factor`` (expected range and risk), ``counted`` = amount × weight × factor in whole cents.
    npv, roi, irr, payback_months : float
        The headline: weighted by evidence, at expected ranges, after risk adjustment.
    unweighted : CaseResult
        The same with every grade counting whole: the appendix, never the headline.
    simulation : Simulation
        Percentiles and probabilities; ``p10``, ``p50``, ``p90`` repeat the main ones.
    tornado : pandas.DataFrame
        ``line, low, high, swing`` in NPV, largest first.
    flexibility : float
        Value of later options: beside the headline, never in it.
    notes : tuple of Note
        What was left out or assumed.
    reasons : mapping
        Field name to the code of why it is NaN.
    """

    start: date
    months: int
    rate: float
    currency: str
    monthly: pd.DataFrame
    yearly: pd.DataFrame
    benefits: pd.DataFrame
    costs: pd.DataFrame
    flows: pd.DataFrame
    pv_costs: float
    pv_benefits: float
    npv: float
    roi: float
    irr: float
    payback_months: float
    unweighted: CaseResult
    simulation: Simulation
    tornado: pd.DataFrame
    flexibility: float = 0.0
    notes: tuple[Note, ...] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)

    @property
    def p10(self) -> float:
        return self.simulation.p10

    @property
    def p50(self) -> float:
        return self.simulation.p50

    @property
    def p90(self) -> float:
        return self.simulation.p90

    @property
    def probability_npv_positive(self) -> float:
        return self.simulation.probability_npv_positive


def build_case(
    benefits: pd.DataFrame,
    costs: pd.DataFrame,
    *,
    rate: float,
    start: date,
    months: int,
    seed: int,
    draws: int = 10_000,
    currency: str = "EUR",
    exchange_rates: Mapping[str, float] | None = None,
    weights: Mapping[str, float] = WEIGHTS,
    recapture: float = RECAPTURE,
    benefit_risk: float = 0.0,
    cost_risk: float = 0.0,
    correlation: float = CORRELATION,
    flexibility: float = 0.0,
) -> BusinessCase:
    """Build the case from one row per line and month.

    Parameters
    ----------
    benefits, costs : pandas.DataFrame
        Columns as the fields of ``lines.Benefit`` and ``lines.Cost``; those with a default may be
        absent, further ones are ignored.
    rate : float
        Annual discount rate; months are discounted at ``(1 + rate)^(1/12) - 1``.
    start : date
        First month. Costs dated before it are initial (period 0, undiscounted); benefits before
        it and anything after the horizon are left out, with a note.
    months : int
        Horizon, at least 1.
    weights : mapping
        Evidence grade to share counted.
    recapture : float
        Share of freed capacity that counts.
    benefit_risk, cost_risk : float
        Benefits are multiplied by 1 - benefit_risk, costs by 1 + cost_risk.
    correlation : float
        Common correlation between benefits, and between costs; none between the two.

    Raises
    ------
    InvalidInput
        Bad columns or values, a currency without rate, a cost without month, one benefit claimed
        twice, a transfer with one side, an end before the start.
    NotEnoughData
        Neither a benefit nor a cost.
    """
    if months < 1:
        raise InvalidInput("end_before_start", months=months)
    for share in (recapture, benefit_risk, *weights.values()):
        if not 0 <= share <= 1:
            raise InvalidInput("share_out_of_range", value=share)
    if not (math.isfinite(cost_risk) and cost_risk >= 0 and math.isfinite(flexibility)):
        raise InvalidInput("share_out_of_range", value=cost_risk)
    if len(benefits) + len(costs) == 0:
        raise NotEnoughData(0, 1, "lines")
    rates, notes = exchange_rates or {}, []
    gains = in_base_currency(checked_benefits(benefits), currency, rates)
    spent = in_base_currency(checked_costs(costs), currency, rates)
    refuse_double_claims(gains)
    gains = _in_horizon(gains, start, months, notes, first=1)
    spent = _in_horizon(spent, start, months, notes, first=0)
    gains["weight"], gains["reason"] = counting_weights(gains, weights, recapture)
    whole, _ = counting_weights(gains, dict.fromkeys(WEIGHTS, 1.0), recapture)

    gain_ranges, gain_of = _lines(gains, _BENEFIT_LINE, notes)
    cost_ranges, cost_of = _lines(spent, _COST_LINE, notes)
    gain_mean = np.array([r.mean for r in gain_ranges])[gain_of] * (1 - benefit_risk)
    cost_mean = np.array([r.mean for r in cost_ranges])[cost_of] * (1 + cost_risk)
    gains["counted"] = to_cents(gains["amount"] * gains["weight"] * gain_mean) / 100
    spent["counted"] = to_cents(spent["amount"] * cost_mean) / 100
    claimed = to_cents(gains["amount"] * whole * gain_mean) / 100

    discount = discount_factors(months + 1, rate, monthly=True)
    monthly = _cash_flow(spent, gains, discount, start)
    result = evaluate(monthly["cost"], monthly["benefit"], rate, monthly=True)
    at_claim = _by_period(claimed, gains["period"], months)
    unweighted = evaluate(monthly["cost"], at_claim, rate, monthly=True)

    flows = np.vstack(
        [
            _line_flows(gains, gain_of, gains["weight"] * (1 - benefit_risk), gain_ranges, months),
            _line_flows(spent, cost_of, -(1 + cost_risk), cost_ranges, months),
        ]
    )
    ranges = [*gain_ranges.values, *cost_ranges.values]
    matrix = one_factor(["benefit"] * len(gain_ranges) + ["cost"] * len(cost_ranges), correlation)
    simulation = simulate(flows, ranges, discount, matrix, draws=draws, seed=seed)
    labels = [" · ".join(line) for line in [*gain_ranges.index, *cost_ranges.index]]
    return BusinessCase(
        start=start,
        months=months,
        rate=rate,
        currency=currency,
        monthly=monthly,
        yearly=_yearly(monthly),
        benefits=_summary(gains, _BENEFIT_LINE, (*_SAID, "weight"), discount),
        costs=_summary(spent, _COST_LINE, (), discount),
        flows=_flows(gains.assign(factor=gain_mean), spent.assign(factor=cost_mean)),
        pv_costs=result.pv_costs,
        pv_benefits=result.pv_benefits,
        npv=result.npv,
        roi=result.roi,
        irr=result.irr,
        payback_months=result.payback_months,
        unweighted=unweighted,
        simulation=simulation,
        tornado=tornado(labels, flows @ discount, ranges),
        flexibility=flexibility,
        notes=tuple(notes),
        reasons=result.reasons,
    )


def _flows(gains: pd.DataFrame, spent: pd.DataFrame) -> pd.DataFrame:
    names = [
        "kind",
        "function",
        "team",
        "line",
        "period",
        "amount",
        "grade",
        "cash",
        "weight",
        "factor",
        "counted",
    ]
    both = (
        gains.rename(columns={"benefit": "line"}).assign(kind="benefit")[names],
        spent.rename(columns={"category": "line"}).assign(
            kind="cost", grade="", cash="", weight=1.0
        )[names],
    )
    return pd.concat([rows for rows in both if len(rows)], ignore_index=True)


def _in_horizon(
    rows: pd.DataFrame, start: date, months: int, notes: list[Note], first: int
) -> pd.DataFrame:
    """Rows with their period; costs before the start become period 0."""
    month = rows["month"].dt
    period = (month.year - start.year) * MONTHS_PER_YEAR + month.month - start.month + 1
    if first == 0:
        period = period.clip(lower=0)
    for code, outside in (("before_start", period < first), ("after_horizon", period > months)):
        if outside.any():
            amount = float(rows.loc[outside, "amount"].sum())
            notes.append(Note(code, {"rows": int(outside.sum()), "amount": amount}))
    inside = (period >= first) & (period <= months)
    return rows.assign(period=period.astype(int))[inside].reset_index(drop=True)


def _lines(
    rows: pd.DataFrame, key: tuple[str, ...], notes: list[Note]
) -> tuple[pd.Series, np.ndarray]:
    """The range of each line, and the line of each row."""
    grouped = rows.groupby(list(key))
    if (grouped[list(_RANGE)].nunique(dropna=False) > 1).any(axis=None):
        raise InvalidInput("range_differs_within_line", key=list(key))
    first = grouped[list(_RANGE)].first() if len(rows) else pd.DataFrame(columns=list(_RANGE))
    ranges, unknown = [], []
    for name, (low, mode, high, shape) in zip(first.index, first.to_numpy(), strict=True):
        if math.isnan(low + mode + high):
            unknown.append(" · ".join(name))
            low = mode = high = 1.0
        ranges.append(Range(low, mode, high, shape))
    if unknown:
        notes.append(Note("no_range", {"lines": unknown}))
    return pd.Series(ranges, index=first.index, dtype=object), grouped.ngroup().to_numpy(dtype=int)


def _by_period(amounts: np.ndarray, period: pd.Series, months: int) -> np.ndarray:
    """Sum by period in whole cents, so that order and grouping cannot change a total."""
    totals = np.zeros(months + 1, dtype=np.int64)
    np.add.at(totals, period.to_numpy(dtype=int), np.rint(np.asarray(amounts) * 100).astype(int))
    return totals / 100


def _line_flows(
    rows: pd.DataFrame, line: np.ndarray, weight: Any, ranges: pd.Series, months: int
) -> np.ndarray:
    flows = np.zeros((len(ranges), months + 1))
    np.add.at(flows, (line, rows["period"].to_numpy(dtype=int)), rows["amount"] * weight)
    return flows


def _cash_flow(
    spent: pd.DataFrame, gains: pd.DataFrame, discount: np.ndarray, start: date
) -> pd.DataFrame:
    months = len(discount) - 1
    first = pd.Timestamp(start.year, start.month, 1)
    dates = [pd.NaT, *pd.date_range(first, periods=months, freq="MS")]
    frame = pd.DataFrame({"period": np.arange(months + 1), "month": pd.to_datetime(dates)})
    frame["cost"] = _by_period(spent["counted"], spent["period"], months)
    frame["benefit"] = _by_period(gains["counted"], gains["period"], months)
    cents = np.rint((frame["benefit"] - frame["cost"]) * 100).astype(int)
    frame["net"], frame["cumulative"] = cents / 100, cents.cumsum() / 100
    frame["discount_factor"] = discount
    for name in ("cost", "benefit", "net"):
        frame[f"pv_{name}"] = frame[name] * discount
    return frame


def _yearly(monthly: pd.DataFrame) -> pd.DataFrame:
    year = np.ceil(monthly["period"] / MONTHS_PER_YEAR).astype(int).rename("year")
    flows = ["cost", "benefit", "net", "pv_cost", "pv_benefit", "pv_net"]
    frame = monthly.groupby(year)[flows].sum().reset_index()
    frame[["cost", "benefit", "net"]] = frame[["cost", "benefit", "net"]].round(2)
    frame.insert(4, "cumulative", monthly.groupby(year)["cumulative"].last().to_numpy())
    return frame


def _summary(
    rows: pd.DataFrame, key: tuple[str, ...], said: tuple[str, ...], discount: np.ndarray
) -> pd.DataFrame:
    """One row per line; a word or weight that differs between months is its first one."""
    rows = rows.assign(present_value=rows["counted"] * discount[rows["period"]])
    reasons = ("reason",) if "reason" in rows else ()
    grouped = rows.groupby(list(key))
    sums = grouped[["amount", "counted", "present_value"]].sum()
    sums[["amount", "counted"]] = sums[["amount", "counted"]].round(2)
    words = grouped[[*said]].first() if said else sums[[]]
    partly = grouped[[*reasons]].max() if reasons else sums[[]]
    return pd.concat([words, sums, partly], axis=1).reset_index()
