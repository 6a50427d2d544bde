"""Requests that were never made because somebody had answered already.

Three methods of falling trust on one evidence ladder (A to E): what people were seen to do, what
they said, and what page views suggest. They are shown side by side; the best graded is the
headline, capped at what could have been asked at all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from metrics.assumptions import default
from metrics.errors import InvalidInput, NotEnoughData
from metrics.intervals import proportion

LOGGED_INTENT, SURVEY, PAGE_VIEWS, PAGE_VIEW_SHARE = (
    "logged_intent",
    "survey",
    "page_views",
    "page_view_share",
)
ACCEPTED_VIEWS_PER_TICKET = default("views_per_request_accepted")
OTHER_VIEWS_PER_TICKET = default("views_per_request_other")
VIEW_SHARE = default("view_share")


@dataclass(frozen=True)
class Deflection:
    """Requests deflected, by one method.

    Attributes
    ----------
    method : str
        ``logged_intent``, ``survey``, ``page_views`` or ``page_view_share``.
    grade : str
        Evidence grade A to E.
    deflected, low, high : float
        Requests and interval; NaN bounds where the method has no sampling error to show.
    level : float
        Per cent of the interval.
    capped : bool
        True where the cap cut the figure.
    reason : str
        Why a number is NaN.
    """

    method: str
    grade: str
    deflected: float
    low: float
    high: float
    level: float
    capped: bool = False
    reason: str = ""


def logged_intent(
    deflected: int, intents: int, hold_out: tuple[int, int] | None = None, level: float = 95
) -> Deflection:
    """From people who opened the request form: they viewed an item and did not submit.

    Some would have left without any suggestion. With a hold-out (suggestions hidden for a random
    slice) the share who left there is taken off, grade A; without, the count stands, grade B.

    Parameters
    ----------
    deflected, intents : int
        Where suggestions were shown, counted by the client once per person, issue and week.
    hold_out : (left, intents), optional
        The same where suggestions were hidden: left without submitting or coming back.

    Raises
    ------
    InvalidInput
        A count below zero or a numerator above its denominator.
    NotEnoughData
        No intents.
    """
    if min(intents, intents if hold_out is None else hold_out[1]) < 1:
        raise NotEnoughData(0, 1, "intents")
    p = proportion(deflected, intents, level)
    if hold_out is None:
        return Deflection(
            LOGGED_INTENT, "B", float(deflected), p.low * intents, p.high * intents, level
        )
    q = proportion(*hold_out, level)
    effect = p.value - q.value  # Newcombe's interval: square-and-add of the Wilson bounds
    low = effect - math.hypot(p.value - p.low, q.high - q.value)
    high = effect + math.hypot(p.high - p.value, q.value - q.low)
    return Deflection(LOGGED_INTENT, "A", effect * intents, low * intents, high * intents, level)


def survey(
    visits: float,
    shares: Sequence[float],
    answers: Sequence[int | None],
    *,
    seed: int,
    level: float = 95,
    draws: int = 10_000,
) -> Deflection:
    """From what visitors said: visits × product of shares, grade C.

    The shares are support intent, resolved, and would otherwise have contacted support
    (Khoros: .43 × .65 × .09 × 100,000 = 2,515.5). The interval multiplies draws of each share
    (Beta with Jeffreys' prior); shares without a number of answers give no interval.

    Parameters
    ----------
    visits : float
    shares : sequence of float
    answers : sequence of int or None
        Number of answers behind each share.
    """
    if not math.isfinite(visits) or visits < 0 or len(shares) != len(answers):
        raise InvalidInput("count_not_whole", value=visits)
    for share in shares:
        if not 0 <= share <= 1:
            raise InvalidInput("share_out_of_range", value=share)
    estimate = visits * math.prod(shares)
    if any(n is None or n < 1 for n in answers):
        return Deflection(
            SURVEY, "C", estimate, math.nan, math.nan, level, reason="answers_unknown"
        )
    generator = np.random.default_rng(seed)
    product = np.full(draws, float(visits))
    for share, n in zip(shares, answers, strict=True):
        product *= generator.beta(share * n + 0.5, (1 - share) * n + 0.5, draws)
    tail = (100 - _checked_level(level)) / 2
    low, high = np.percentile(product, [tail, 100 - tail])
    return Deflection(SURVEY, "C", estimate, float(low), float(high), level)


def page_views(
    accepted_answers: float,
    accepted_views: float,
    other_views: float,
    per_accepted: float = ACCEPTED_VIEWS_PER_TICKET,
    per_other: float = OTHER_VIEWS_PER_TICKET,
) -> Deflection:
    """Higher Logic Vanilla's rule, grade D: answers + accepted views / 5 + other views / 20."""
    _not_negative(accepted_answers, accepted_views, other_views)
    estimate = accepted_answers + accepted_views / per_accepted + other_views / per_other
    return Deflection(PAGE_VIEWS, "D", estimate, math.nan, math.nan, math.nan, reason="a_rule")


def page_view_share(accepted_views: float, share: float = VIEW_SHARE) -> Deflection:
    """The customary rule FeverBee describes (and calls inflated), grade D: accepted views × .05."""
    _not_negative(accepted_views)
    estimate = accepted_views * share
    return Deflection(PAGE_VIEW_SHARE, "D", estimate, math.nan, math.nan, math.nan, reason="a_rule")


def deflection_cap(baseline_rate: float, customers: float, contacts: float) -> float:
    """Most that can have been deflected: contacts expected at the baseline rate less actual ones.

    Parameters
    ----------
    baseline_rate : float
        Contacts per active customer before.
    customers, contacts : float
        Active customers and contacts now. NaN in, NaN out: without it nothing is capped.
    """
    if min(baseline_rate, customers, contacts) < 0:
        raise InvalidInput("negative_quantity", values=[baseline_rate, customers, contacts])
    return max(baseline_rate * customers - contacts, 0.0)


def apply_cap(estimate: Deflection, cap: float) -> Deflection:
    """The estimate cut at the cap; a NaN cap leaves it and says so."""
    if math.isnan(cap):
        return replace(estimate, reason=estimate.reason or "cap_unknown")
    return replace(
        estimate,
        deflected=min(estimate.deflected, cap),
        low=estimate.low if math.isnan(estimate.low) else min(estimate.low, cap),
        high=estimate.high if math.isnan(estimate.high) else min(estimate.high, cap),
        capped=estimate.deflected > cap,
    )


@dataclass(frozen=True)
class DeflectionRange:
    """All methods side by side.

    Attributes
    ----------
    methods : pandas.DataFrame
        ``method, grade, deflected, low, high, level, capped, reason``, plus ``value``: requests
        at the unit cost less upkeep.
    headline : str
        Method with the best grade; the smaller figure where grades tie.
    value : float
        Of the headline.
    unit_cost : float
        Cost per request that was used.
    cost_kind : str
        ``marginal``, or ``average`` where capacity was really released.
    """

    methods: pd.DataFrame
    headline: str
    value: float
    unit_cost: float
    cost_kind: str


def deflection_range(
    estimates: Sequence[Deflection],
    *,
    cap: float,
    marginal_cost: float,
    average_cost: float,
    capacity_released: bool = False,
    upkeep: float = 0.0,
) -> DeflectionRange:
    """Every method capped, valued and ordered by evidence.

    Parameters
    ----------
    cap : float
        From :func:`deflection_cap`; NaN if unknown.
    marginal_cost, average_cost : float
        Per request. The average counts only where people or contracts were really released.
    upkeep : float
        Moderation and content upkeep of the period, taken off the value.

    Raises
    ------
    NotEnoughData
        No method.
    InvalidInput
        A negative cost, or a marginal cost above the average.
    """
    if not estimates:
        raise NotEnoughData(0, 1, "deflection methods")
    _not_negative(average_cost, upkeep)
    if marginal_cost < 0 or marginal_cost > average_cost:
        raise InvalidInput("marginal_above_average", marginal=marginal_cost, average=average_cost)
    unit = average_cost if capacity_released else marginal_cost
    rows = pd.DataFrame([vars(apply_cap(e, cap)) for e in estimates])
    rows["value"] = rows["deflected"] * unit - upkeep
    rows = rows.sort_values(["grade", "deflected"], ignore_index=True)
    first = rows.iloc[0]
    kind = "average" if capacity_released else "marginal"
    return DeflectionRange(rows, str(first["method"]), float(first["value"]), unit, kind)


def _checked_level(level: float) -> float:
    if not 0 < level < 100:
        raise InvalidInput("level_out_of_range", level=level)
    return level


def _not_negative(*values: float) -> None:
    for value in values:
        if not math.isfinite(value) or value < 0:
            raise InvalidInput("negative_quantity", values=list(values))
