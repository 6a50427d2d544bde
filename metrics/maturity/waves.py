"""Between waves and between kinds of raters: what changed, and who sees it differently."""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy

from metrics.intervals import bounds
from metrics.maturity.answers import clean
from metrics.maturity.model import MaturityModel
from metrics.measures.privacy import SMALLEST_GROUP

LEVEL = 0.80
# Raters who sign their view: shown by role however few they are.
NAMED_ROLES = ("consultant", "assessor")


def change(
    answers: pd.DataFrame,
    model: MaturityModel,
    *,
    functions_in_scope: tuple[str, ...],
    earlier: str,
    later: str,
) -> pd.DataFrame:
    """Change of capability between two waves, paired by rater and question.

    Returns
    -------
    DataFrame
        function, dimension, change (levels), low, high (80 %, t over raters), raters (in both
        waves), verdict ("improved", "fell", "not shown", "cannot tell"). Improvement is claimed
        only if the interval excludes 0; one rater cannot tell.
    """
    keys = ["function", "rater", "question", "constituency"]
    first, second = (
        clean(answers, model, functions_in_scope, {}, wave).final[[*keys, "value"]]
        for wave in (earlier, later)
    )
    pairs = first.merge(second, on=keys, suffixes=("_before", "_after"))
    pairs["difference"] = 4 * (pairs["value_after"] - pairs["value_before"])
    pairs["dimension"] = pairs["question"].str.split("-").str[0]
    by_rater = pairs.groupby(["function", "dimension", "rater"])["difference"].mean()
    rows = []
    for (function, dimension), values in by_rater.groupby(level=[0, 1]):
        n, mean = len(values), float(values.mean())
        low = high = float("nan")
        verdict = "cannot tell"
        if n > 1:
            error = values.std(ddof=1) / np.sqrt(n)
            low, high = (float(end) for end in bounds(mean, error, 100 * LEVEL, n - 1))
            verdict = "improved" if low > 0 else "fell" if high < 0 else "not shown"
        rows.append((str(function), str(dimension), mean, low, high, n, verdict))
    names = "function dimension change low high raters verdict"
    return pd.DataFrame(rows, columns=names.split())


def goes_with_results(maturity: pd.Series, kpi_change: pd.Series) -> dict:
    """Rank correlation of units' maturity with their KPI change (better is positive).

    Returns
    -------
    dict
        correlation, low, high (95 %, Fisher interval for ranks), n, and verdict: "goes with",
        "goes against", "not shown", or "cannot tell" below five units. Never "caused".
    """
    both = pd.concat([maturity, kpi_change], axis=1, join="inner").dropna().to_numpy(float)
    n, nan = len(both), float("nan")
    if n < SMALLEST_GROUP or (np.ptp(both, axis=0) == 0).any():
        return {"correlation": nan, "low": nan, "high": nan, "n": n, "verdict": "cannot tell"}
    value = float(scipy.stats.spearmanr(both).statistic)
    # Fisher's transform with the variance of Bonett and Wright (2000) for ranks.
    z = np.arctanh(np.clip(value, -0.999999, 0.999999))
    ends = bounds(z, np.sqrt((1 + value**2 / 2) / (n - 3)), 95)
    low, high = (float(np.tanh(end)) for end in ends)
    verdict = "goes with" if low > 0 else "goes against" if high < 0 else "not shown"
    return {"correlation": value, "low": low, "high": high, "n": n, "verdict": verdict}
