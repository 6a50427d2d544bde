"""The programme's own economics: its ramp, what waiting costs, and whether it pays for itself.

Amounts are undiscounted unless said otherwise; months count from the start.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy

from metrics.assumptions import default
from metrics.business_case.ranges import Range
from metrics.business_case.simulation import correlated_factors, one_factor
from metrics.errors import InvalidInput

HALF_MONTHS = default("ramp_half_months")
"""Months until half of an effect is there; nine tenths follow at twice that."""
SMALLEST_SERIES = 4


def ramp(months: Sequence[float] | np.ndarray, half: float = HALF_MONTHS) -> np.ndarray:
    """Share of the full effect after so many months: logistic, ``k = ln 9 / half``.

    .10 at 0, .50 at ``half``, .90 at twice ``half``.
    """
    if half <= 0:
        raise InvalidInput("months_out_of_range", value=half)
    return 1 / (1 + np.exp(-math.log(9) / half * (np.asarray(months, dtype=float) - half)))


def ramp_benefit(
    full: float,
    months: int,
    delay: int = 0,
    give_up: int | None = None,
    restart: int | None = None,
    kept: float = 0.0,
    half: float = HALF_MONTHS,
) -> float:
    """Benefit of months 1 ... ``months`` when the effect ramps up to ``full`` a month.

    Parameters
    ----------
    delay : int
        Months before the start; the first month of effect is ``delay + 1``.
    give_up, restart : int, optional
        Last month of the first try, and the month after which a second try begins from nothing;
        without ``restart`` the effect ends.
    kept : float
        Share of the first try's benefit that survives giving up; 0 when it was only on the way.

    Raises
    ------
    InvalidInput
        Negative months, or a restart before giving up.
    """
    stop = months if give_up is None else min(give_up, months)
    if months < 0 or delay < 0 or stop < 0:
        raise InvalidInput("months_out_of_range", months=months, delay=delay)
    if not 0 <= kept <= 1:
        raise InvalidInput("share_out_of_range", value=kept)
    first = ramp(np.arange(delay + 1, stop + 1) - delay, half).sum()
    if give_up is not None:
        first *= kept
    if restart is None:
        return full * float(first)
    if give_up is None or restart < give_up:
        raise InvalidInput("end_before_start", give_up=give_up, restart=restart)
    return full * float(first + ramp(np.arange(restart + 1, months + 1) - restart, half).sum())


def cost_of_delay(full: float, months: int, delay: int, half: float = HALF_MONTHS) -> float:
    """What starting ``delay`` months later loses within the same horizon."""
    return ramp_benefit(full, months, 0, half=half) - ramp_benefit(full, months, delay, half=half)


def give_up_hazard(share: float, months: float) -> float:
    """Monthly probability of giving up when ``share`` give up within ``months``."""
    if not 0 <= share < 1 or months <= 0:
        raise InvalidInput("share_out_of_range", value=share, months=months)
    return 1 - (1 - share) ** (1 / months)


def expected_ramp_benefit(
    full: float, months: int, hazard: float, half: float = HALF_MONTHS
) -> float:
    """Ramp times survival: what a programme brings that may be given up in any month."""
    if not 0 <= hazard <= 1:
        raise InvalidInput("share_out_of_range", value=hazard)
    month = np.arange(1, months + 1)
    return full * float((ramp(month, half) * (1 - hazard) ** month).sum())


def early_information_value(before: float, after: float, loss: float, launches: int) -> float:
    """Lower probability of a failed launch × loss × launches; grade D until launches are compared.

    Raises
    ------
    InvalidInput
        A probability outside 0 to 1, or negative loss or launches.
    """
    if not (0 <= before <= 1 and 0 <= after <= 1 and loss >= 0 and launches >= 0):
        raise InvalidInput("share_out_of_range", before=before, after=after, loss=loss)
    return (before - after) * loss * launches


@dataclass(frozen=True)
class Light:
    """One light of the no-additional-cost test.

    Attributes
    ----------
    name : str
        ``cost``, ``headcount``, ``market_share`` or ``reputation``.
    state : str
        ``met``, ``not_met`` or ``unknown`` (grey).
    probability : float
        That the condition holds; NaN where unknown.
    value : float
        Net cost at the end, or change over the series.
    trend : str
        ``closing``, ``opening`` or ``flat`` for cost; otherwise ''.
    reason : str
        Why it is unknown.
    """

    name: str
    state: str
    probability: float
    value: float
    trend: str = ""
    reason: str = ""


@dataclass(frozen=True)
class NoAdditionalCost:
    """Cumulative net cost by period, the first period at or below zero, and four lights."""

    net_cost: tuple[float, ...]
    met_in_period: int | None
    lights: tuple[Light, ...]


def no_additional_cost(
    cost: Sequence[float],
    reduction: Sequence[float],
    *,
    headcount: Sequence[float] | None = None,
    market_share: Sequence[float] | None = None,
    reputation: Sequence[float] | None = None,
    cost_range: Range | None = None,
    reduction_range: Range | None = None,
    seed: int,
    draws: int = 10_000,
) -> NoAdditionalCost:
    """Has the existing team done it at no additional cost?

    ``N(t) = Σ (incremental cost - cashable reduction)`` is to be at or below zero at the end;
    people are not to be more than at the start; market share and reputation are to rise.

    Parameters
    ----------
    cost, reduction : sequences of equal length
        By period; only cashable reductions belong here.
    headcount : sequence, optional
        Counted, so its light is certain.
    market_share, reputation : sequence, optional
        At least 4 values; the probability is that of a rising straight line.
    cost_range, reduction_range : Range, optional
        Uncertainty as a factor on all costs and on all reductions; without them the cost light is
        certain.

    Raises
    ------
    InvalidInput
        Lengths differ, nothing given, an amount missing.
    """
    paid, saved = np.asarray(cost, dtype=float), np.asarray(reduction, dtype=float)
    if paid.shape != saved.shape or paid.size == 0 or not np.isfinite([paid, saved]).all():
        raise InvalidInput("periods_differ", cost=int(paid.size), benefit=int(saved.size))
    net = np.cumsum(paid - saved)
    certain = Range(1.0, 1.0, 1.0)
    factors = correlated_factors(
        [cost_range or certain, reduction_range or certain], np.eye(2), draws, seed
    )
    probability = float((factors @ [paid.sum(), -saved.sum()] <= 0).mean())
    last = float(paid[-1] - saved[-1])
    trend = "closing" if last < 0 else "opening" if last > 0 else "flat"
    state = "met" if net[-1] <= 0 else "not_met"
    at_most = np.flatnonzero(net <= 0)
    return NoAdditionalCost(
        tuple(float(n) for n in net),
        int(at_most[0]) if at_most.size else None,
        (
            Light("cost", state, probability, float(net[-1]), trend),
            _counted_light(headcount),
            _rising_light("market_share", market_share),
            _rising_light("reputation", reputation),
        ),
    )


def _counted_light(headcount: Sequence[float] | None) -> Light:
    people = np.asarray(headcount if headcount is not None else (), dtype=float)
    if people.size < 2 or not np.isfinite(people).all():
        return Light("headcount", "unknown", math.nan, math.nan, reason="no_series")
    change = float(people[-1] - people[0])
    met = change <= 0
    return Light("headcount", "met" if met else "not_met", float(met), change)


def _rising_light(name: str, series: Sequence[float] | None) -> Light:
    values = np.asarray(series if series is not None else (), dtype=float)
    time = np.arange(values.size)[np.isfinite(values)]
    values = values[np.isfinite(values)]
    if values.size < SMALLEST_SERIES:
        reason = "no_series" if values.size == 0 else "series_too_short"
        return Light(name, "unknown", math.nan, math.nan, reason=reason)
    centred = time - time.mean()
    slope = float(centred @ values / (centred @ centred))
    rest = values - values.mean() - slope * centred
    error = math.sqrt(float(rest @ rest) / (values.size - 2) / float(centred @ centred))
    change = slope * float(time[-1] - time[0])
    if error <= 1e-12 * max(abs(slope), float(np.abs(values).max())):
        probability = 0.5 if slope == 0 else float(slope > 0)
    else:
        probability = float(scipy.stats.t.cdf(slope / error, values.size - 2))
    return Light(name, "met" if change > 0 else "not_met", probability, change)


def perception_gap(perceived: pd.Series, measured: pd.Series) -> pd.DataFrame:
    """Rank of a function by measured value less its rank by perceived relevance.

    Rank 1 is highest. Negative: worth more than executives expect; positive: less.

    Returns
    -------
    pandas.DataFrame
        ``function, perceived, measured, perceived_rank, measured_rank, gap, reason``; a function
        missing on one side is not ranked and says so.
    """
    frame = pd.DataFrame({"perceived": perceived, "measured": measured}).rename_axis("function")
    known = frame.notna().all(axis=1)
    for column in ("perceived", "measured"):
        frame[f"{column}_rank"] = frame.loc[known, column].rank(ascending=False)
    frame["gap"] = frame["measured_rank"] - frame["perceived_rank"]
    frame["reason"] = np.select(
        [frame["measured"].isna(), frame["perceived"].isna()], ["not_measured", "not_asked"], ""
    )
    return frame.reset_index()


def entry_points(
    candidates: pd.DataFrame, *, seed: int, draws: int = 10_000, correlation: float = 0.3
) -> pd.DataFrame:
    """Rank functions to start in by expected risk-adjusted NPV per unit of effort.

    Parameters
    ----------
    candidates : pandas.DataFrame
        ``function``; ``pv_benefit`` and ``pv_cost``; ``low, mode, high`` as factors on the
        benefit; ``survival``, the probability that the programme is not given up; ``effort`` in
        any one unit (person-months).

    Returns
    -------
    pandas.DataFrame
        ``function, expected_npv, p10, p90, per_effort, probability_best, reason``, best first.
        Cost is spent whether or not the programme survives.

    Raises
    ------
    InvalidInput
        A probability outside 0 to 1, a missing column, or a range out of order.
    """
    needed = ["function", "pv_benefit", "pv_cost", "low", "mode", "high", "survival", "effort"]
    missing = sorted(set(needed) - set(candidates.columns))
    if missing:
        raise InvalidInput("column_missing", columns=missing)
    rows = candidates[needed].reset_index(drop=True)
    if not rows["survival"].between(0, 1).all():
        raise InvalidInput("share_out_of_range", value=rows["survival"].tolist())
    ranges = [Range(*row) for row in rows[["low", "mode", "high"]].itertuples(index=False)]
    factors = correlated_factors(ranges, one_factor([""] * len(rows), correlation), draws, seed)
    lives = (
        np.random.default_rng([seed, 1]).random((draws, len(rows))) < rows["survival"].to_numpy()
    )
    npv = factors * lives * rows["pv_benefit"].to_numpy() - rows["pv_cost"].to_numpy()
    effort = rows["effort"].where(rows["effort"] > 0).to_numpy(dtype=float)
    mean = np.array([r.mean for r in ranges])
    expected = mean * rows["survival"] * rows["pv_benefit"] - rows["pv_cost"]
    best = np.where(np.isnan(npv / effort), -np.inf, npv / effort).argmax(axis=1)
    low, high = np.percentile(npv, [10, 90], axis=0)
    share = np.bincount(best, minlength=len(rows)) / draws
    frame = pd.DataFrame(
        {
            "function": rows["function"],
            "expected_npv": expected,
            "p10": low,
            "p90": high,
            "per_effort": expected / effort,
            "probability_best": np.where(np.isnan(effort), np.nan, share),
            "reason": np.where(np.isnan(effort), "effort_missing", ""),
        }
    )
    return frame.sort_values("per_effort", ascending=False, ignore_index=True)
