"""How many initiatives are still alive after so many months, and when they are given up."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from metrics.errors import InvalidInput, NotEnoughData
from metrics.intervals import quantile


@dataclass(frozen=True)
class Survival:
    """Kaplan-Meier estimate (1958) of initiatives not given up.

    ``curve`` has ``month, at_risk, given_up, survival, low, high``; the three figures are
    the probability of reaching ``month``.
    """

    month: int
    reaching: float
    low: float
    high: float
    level: float
    curve: pd.DataFrame = field(repr=False)


def give_up(
    months: np.ndarray, given_up: np.ndarray, *, month: int = 6, level: float = 95
) -> Survival:
    """Probability that an initiative is still run after ``month`` months.

    Parameters
    ----------
    months : array of int >= 0
        Months each initiative has run.
    given_up : array of bool
        True where it was stopped, False where it still runs (censored).

    Bounds are Greenwood's on the log-log scale, so they stay between 0 and 1.

    Raises
    ------
    NotEnoughData
        No initiative at all.
    InvalidInput
        ``survival_months_negative``.
    """
    from statsmodels.duration.survfunc import SurvfuncRight

    months, given_up = np.asarray(months), np.asarray(given_up, dtype=bool)
    if len(months) == 0:
        raise NotEnoughData(0, 1, "initiatives")
    if (months < 0).any():
        raise InvalidInput("survival_months_negative", months=int(months.min()))
    clock = np.arange(max(int(months.max()), month) + 1)
    at_risk = (months[:, None] >= clock).sum(axis=0)
    known = SurvfuncRight(months, given_up)
    steps = pd.DataFrame(
        {"survival": known.surv_prob, "error": known.surv_prob_se}, index=known.surv_times
    )
    steps = steps.reindex(clock).ffill().fillna({"survival": 1.0, "error": 0.0})
    survival = np.where(at_risk > 0, steps["survival"], np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = quantile(level) * steps["error"] / np.abs(survival * np.log(survival))
        low, high = survival ** np.exp(spread), survival ** np.exp(-spread)
    # Nobody given up yet: the exact binomial bound; everybody: no spread to speak of.
    none_yet = survival == 1
    curve = pd.DataFrame(
        {
            "month": clock,
            "at_risk": at_risk,
            "given_up": np.bincount(months[given_up], minlength=len(clock)),
            "survival": survival,
            "low": np.where(none_yet, ((100 - level) / 200) ** (1 / np.maximum(at_risk, 1)), low),
            "high": np.where(none_yet, 1.0, high),
        }
    )
    at = curve.iloc[month]
    return Survival(month, at["survival"], at["low"], at["high"], level, curve)
