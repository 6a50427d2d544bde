"""Draw many futures of a case: percentiles, probabilities, and which line matters most.

Present value is linear in the lines, so a draw of the whole case is one matrix product.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy

from metrics.business_case.ranges import Range
from metrics.errors import InvalidInput

PERCENTILES = np.arange(1, 100)


@dataclass(frozen=True)
class Simulation:
    """Outcome of the draws.

    Attributes
    ----------
    p10, p50, p90 : float
        Percentiles of net present value.
    probability_npv_positive, probability_payback : float
        Share of draws with NPV above zero, and paid back within ``payback_limit`` periods.
    distribution : pandas.DataFrame
        ``percentile`` (1 to 99) and ``npv``.
    draws, seed : int
    """

    p10: float
    p50: float
    p90: float
    probability_npv_positive: float
    probability_payback: float
    distribution: pd.DataFrame
    draws: int
    seed: int


def one_factor(groups: Sequence[str], correlation: float) -> np.ndarray:
    """Correlation matrix with one common correlation inside each group and none between.

    Raises
    ------
    InvalidInput
        Correlation outside 0 to 1 (below 0 such a matrix need not exist).
    """
    if not 0 <= correlation <= 1:
        raise InvalidInput("correlation_out_of_range", value=correlation)
    names = np.asarray(groups)
    matrix = np.where(names[:, None] == names[None, :], float(correlation), 0.0)
    np.fill_diagonal(matrix, 1.0)
    return matrix


def correlated_factors(
    ranges: Sequence[Range], correlation: np.ndarray, draws: int, seed: int
) -> np.ndarray:
    """Draws × lines of factors, joined by a Gaussian copula.

    Raises
    ------
    InvalidInput
        The matrix is no correlation matrix, or there are no draws.
    """
    matrix = np.asarray(correlation, dtype=float)
    size = len(ranges)
    if draws < 1 or matrix.shape != (size, size) or not np.allclose(matrix, matrix.T):
        raise InvalidInput("correlation_out_of_range", draws=draws, lines=size)
    values, vectors = np.linalg.eigh(matrix) if size else (np.ones(0), np.ones((0, 0)))
    if not np.allclose(np.diag(matrix), 1) or (values < -1e-8).any():
        raise InvalidInput("correlation_out_of_range", draws=draws, lines=size)
    normal = np.random.default_rng(seed).standard_normal((draws, size))
    uniform = scipy.special.ndtr(normal @ (vectors * np.sqrt(np.maximum(values, 0))).T)
    columns = [r.quantile(uniform[:, i]) for i, r in enumerate(ranges)]
    return np.column_stack(columns) if size else np.zeros((draws, 0))


def simulate(
    flows: np.ndarray,
    ranges: Sequence[Range],
    factors: np.ndarray,
    correlation: np.ndarray,
    *,
    draws: int,
    seed: int,
    payback_limit: int = 12,
) -> Simulation:
    """Draw the case.

    Parameters
    ----------
    flows : numpy.ndarray
        Lines × periods before their factor: benefits positive, costs negative.
    ranges : sequence of Range
        One per line.
    factors : numpy.ndarray
        Discount factor per period.
    correlation : numpy.ndarray
        Lines × lines.
    payback_limit : int
        Last period that counts as paid back in time.
    """
    drawn = correlated_factors(ranges, correlation, draws, seed)
    npv = drawn @ (flows @ factors)
    cumulative = drawn @ np.cumsum(flows[:, : payback_limit + 1], axis=1)
    begun = np.maximum.accumulate(cumulative != 0, axis=1)
    paid = ((cumulative >= 0) & begun).any(axis=1)
    p10, p50, p90 = np.percentile(npv, [10, 50, 90])
    return Simulation(
        float(p10),
        float(p50),
        float(p90),
        float((npv > 0).mean()),
        float(paid.mean()),
        pd.DataFrame({"percentile": PERCENTILES, "npv": np.percentile(npv, PERCENTILES)}),
        draws,
        seed,
    )


def tornado(labels: Sequence[str], values: np.ndarray, ranges: Sequence[Range]) -> pd.DataFrame:
    """What each line alone does to net present value, from its P10 to its P90.

    Parameters
    ----------
    labels : sequence of str
    values : numpy.ndarray
        Present value of each line at factor 1, costs negative.
    ranges : sequence of Range

    Returns
    -------
    pandas.DataFrame
        ``line, low, high, swing``, largest swing first; ``low`` and ``high`` are NPV changes
        against the expected case.
    """
    ends = np.array([r.quantile(np.array([0.1, 0.9])) - r.mean for r in ranges]).reshape(-1, 2)
    moves = np.sort(values[:, None] * ends, axis=1)
    frame = pd.DataFrame({"line": list(labels), "low": moves[:, 0], "high": moves[:, 1]})
    frame["swing"] = frame["high"] - frame["low"]
    return frame.sort_values(["swing", "line"], ascending=[False, True], ignore_index=True)
