"""What a plan predicts: the benefit of every function over the next cycle, as draws.

The present course from the regression, the change of the plan from the shrunk response, and the
months' departure from the plan as it has been so far.
"""

from __future__ import annotations

import numpy as np

from metrics.tuning.response import FunctionHistory, Response, own_fit, recent_spend


def predict(response: Response, spend: np.ndarray, months: int, *, seed: int = 0) -> np.ndarray:
    """Draws of the mean benefit a month over the next ``months`` under a plan.

    Parameters
    ----------
    spend : array
        Planned a month, by function.
    months : int
        Length of the cycle.

    Returns
    -------
    array
        Draws × functions; NaN for functions without a regression.
    """
    count = len(response.draws)
    rng = np.random.default_rng(seed)
    result = response.gains(spend - response.current)
    for place, name in enumerate(response.functions):
        found = response.fits.get(name)
        if found is None:
            result[:, place] = np.nan
            continue
        departure = found.departure / np.sqrt(months) * rng.standard_normal(count)
        result[:, place] += found.ahead(months, found.current, count, seed=seed * 1000 + place)
        result[:, place] += response.draws[:, place] * spend[place] * departure
    return result


def course(
    history: FunctionHistory, months: int, *, draws: int = 1000, seed: int = 0
) -> np.ndarray:
    """Draws of the mean benefit a month over the next ``months`` if spending stays as it is.

    Returns
    -------
    array
        NaN with too few months.
    """
    found, _ = own_fit(history, recent_spend(history.spend))
    if found is None:
        return np.full(draws, np.nan)
    return found.ahead(months, found.current, draws, seed=seed)
