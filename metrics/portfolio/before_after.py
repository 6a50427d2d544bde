"""What changed before and after where no team was left to compare with.

It stands apart: it is never called a comparison and never enters a total or odds. Its band
carries the doubt of what moves everybody, estimated from how much the series moved by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metrics.intervals import bounds
from metrics.portfolio.panel import AROUND_START, YEAR
from metrics.portfolio.pools import CostPool

DRIFT = 0.05
"""What unit costs of a company wander in a year by themselves, as a standard deviation in logs."""
DRIFT_WEIGHT = 2.0
"""Years of record that this prior is worth."""


@dataclass(frozen=True)
class BeforeAfter:
    """A year's change in cost at the demand of the last twelve months, with its 80 % band.

    ``saving``, ``deviation`` in base currency; ``relative`` and its error are logs.
    """

    saving: float
    deviation: float
    relative: float
    months: int

    def band(self, level: float) -> tuple[float, float]:
        """Return the bounds of the saving at ``level`` per cent."""
        low, high = bounds(self.saving, self.deviation, level)
        return float(low), float(high)


def before_after(pool: CostPool, teams: list[int], start: int) -> BeforeAfter | None:
    """Compare the last months with the same calendar months before the start.

    Parameters
    ----------
    teams : list of int
        Places of the treated teams.
    start : int
        Place of the first treated month.

    Returns
    -------
    BeforeAfter or None
        None where no calendar month was seen both before and after.
    """
    cost, demand = pool.cost[:, teams], pool.demand[:, teams]
    whole = np.isfinite(cost).all(axis=1) & np.isfinite(demand).all(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.log(cost.sum(axis=1) / demand.sum(axis=1))
    value = np.where(whole & np.isfinite(value), value, np.nan)
    months = len(value)
    pairs = []
    for month in range(max(start + AROUND_START[1] + 1, months - YEAR), months):
        earlier = np.arange(month - YEAR, -1, -YEAR)
        earlier = earlier[earlier < start + AROUND_START[0]]
        known = [at for at in earlier if np.isfinite(value[at])]
        if known and np.isfinite(value[month]):
            pairs.append((month, known[0]))
    if len(pairs) < 3:
        return None
    now, then = np.array(pairs).T
    changes = value[now] - value[then]
    change = float(changes.mean())
    years = float((now - then).mean()) / YEAR
    noise = float(changes.std(ddof=1)) * np.sqrt(3 / len(changes))
    wander = _yearly_deviation(value[: max(start + AROUND_START[0], 0)])
    error = float(np.hypot(noise, wander * np.sqrt(years)))
    a_year = float(np.nansum(cost[now])) * YEAR / len(now)
    return BeforeAfter(
        a_year * float(np.expm1(-change)), a_year * np.exp(-change) * error, change, len(pairs)
    )


def _yearly_deviation(before: np.ndarray) -> float:
    """Return the standard deviation of a year's change, the record weighed with the prior."""
    changes = before[YEAR:] - before[:-YEAR] if len(before) > YEAR else np.zeros(0)
    changes = changes[np.isfinite(changes)]
    years = len(changes) / YEAR
    squares = years * float((changes**2).mean()) if len(changes) else 0.0
    return float(np.sqrt((DRIFT_WEIGHT * DRIFT**2 + squares) / (DRIFT_WEIGHT + years)))
