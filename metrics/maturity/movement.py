"""Why did the score move between two waves: dimension by dimension, adding up to the change.

The published score P = min(M, m + 1) is not linear, so an order of changes would matter. The
contributions are those of Aumann and Shapley: the path from one wave to the other is walked in a
straight line, and each dimension is credited with its part of every step.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from metrics.intervals import quantile
from metrics.maturity.answers import clean
from metrics.maturity.model import MaturityModel
from metrics.maturity.scoring import MaturityScores

STEPS_WALKED = 2000
LEVEL = 0.80
OTHER_FUNCTIONS, OTHER_QUESTIONS = "other functions assessed", "other dimensions answered"


def contributions(
    before: np.ndarray,
    after: np.ndarray,
    weights: np.ndarray,
    critical: np.ndarray,
    total: float | None = None,
) -> np.ndarray:
    """Share the change of P = min(M, m + 1) out over the dimensions.

    Parameters
    ----------
    before, after : ndarray, shape (dimensions,)
        Capped capabilities, 1-5, none missing.
    weights : ndarray
        Of the dimensions (> 0).
    critical : ndarray of bool
        Which of them hold the score down.
    total : float, optional
        What was published of the change. Published levels are medians, and P of medians is not
        quite the median of P.

    Returns
    -------
    ndarray, shape (dimensions,)
        Adds up to ``total``, by default P(after) - P(before).
    """
    share = weights / weights.sum()
    middle = (np.arange(STEPS_WALKED) + 0.5)[:, None] / STEPS_WALKED
    path = before + middle * (after - before)
    held = np.where(critical, path, np.inf)
    lowest, floor = held.argmin(axis=1), held.min(axis=1)
    by_mean = path @ share <= floor + 1
    credit = np.where(by_mean[:, None], share, np.eye(len(share))[lowest])
    parts = credit.mean(axis=0) * (after - before)
    if total is None:
        total = _score(after, share, critical) - _score(before, share, critical)
    # The walk meets a kink between two of its steps: what that leaves open is shared out.
    return share_out(parts, total, share)


def share_out(parts: np.ndarray, total: float, share: np.ndarray) -> np.ndarray:
    """Share what parts leave open of a total out by their size, or by ``share`` if all are 0."""
    size = np.abs(parts)
    return parts + (total - parts.sum()) * (size / size.sum() if size.sum() else share)


def _score(values: np.ndarray, share: np.ndarray, critical: np.ndarray) -> float:
    return float(min(values @ share, values[critical].min() + 1 if critical.any() else np.inf))


def movement(before: MaturityScores, after: MaturityScores, model: MaturityModel) -> pd.DataFrame:
    """Share the change of each function and of the company out over the dimensions.

    Returns
    -------
    DataFrame
        function ("all": the company), part (dimension, or what else changed), value (levels);
        adds up to the change of the published score. Functions in one wave only are missing,
        and in the company's figure they are one part of their own.
    """
    wide = [_pivot_scores(scores) for scores in (before, after)]
    published = [
        scores.functions.set_index("function")["published"].dropna() for scores in (before, after)
    ]
    both = [f for f in published[1].index if f in published[0].index]
    rows: list[tuple[str, str, float]] = []
    for function in both:
        first, second = (table.loc[function] for table in wide)
        common = [
            d
            for d in model.dimensions
            if not np.isnan(first[d.key]) and not np.isnan(second[d.key])
        ]
        total = float(published[1][function] - published[0][function])
        alike = (first.isna() == second.isna()).all()
        if common:
            keys = [d.key for d in common]
            parts = contributions(
                first[keys].to_numpy(float),
                second[keys].to_numpy(float),
                np.array([d.weight for d in common]),
                np.array([d.key in model.critical for d in common]),
                total if alike else None,
            )
            rows += [(function, key, float(part)) for key, part in zip(keys, parts, strict=True)]
            total -= float(parts.sum())
        if abs(total) > 1e-9:
            rows.append((function, OTHER_QUESTIONS, total))
    table = pd.DataFrame(rows, columns=["function", "part", "value"])
    return pd.concat([_company(table, both, before, after, model), table], ignore_index=True)


def _pivot_scores(scores: MaturityScores) -> pd.DataFrame:
    return scores.dimensions.pivot(index="function", columns="dimension", values="published")


def _company(
    table: pd.DataFrame,
    both: list[str],
    before: MaturityScores,
    after: MaturityScores,
    model: MaturityModel,
) -> pd.DataFrame:
    weights = pd.Series({f: model.function_weights.get(f, 1.0) for f in both}, dtype=float)
    share = weights / weights.sum()
    parts = (table["value"] * table["function"].map(share)).groupby(table["part"], sort=False).sum()
    total = after.enterprise.value - before.enterprise.value
    names = [
        set(scores.functions.dropna(subset="published")["function"]) for scores in (before, after)
    ]
    if names[0] == names[1] and np.isfinite(total) and len(parts):
        # The company's median is not quite the mean of its functions' medians.
        even = np.full(len(parts), 1 / len(parts))
        parts = pd.Series(share_out(parts.to_numpy(), total, even), parts.index)
    rest = total - float(parts.sum())
    if np.isfinite(rest) and abs(rest) > 1e-9:
        parts[OTHER_FUNCTIONS] = rest
    return pd.DataFrame({"function": "all", "part": list(parts.index), "value": list(parts)})


def paired_change(
    answers: pd.DataFrame, model: MaturityModel, scope: tuple[str, ...], earlier: str, later: str
) -> dict:
    """Change of capability as the raters of both waves see it, over all they answered twice.

    Returns
    -------
    dict
        change, low, high (levels; 80 %, t over raters), raters, verdict ("improved", "fell",
        "not shown", "cannot tell").
    """
    keys = ["function", "rater", "question", "constituency"]
    first, second = (
        clean(answers, model, scope, {}, wave).final[[*keys, "value"]] for wave in (earlier, later)
    )
    pairs = first.merge(second, on=keys, suffixes=("_before", "_after"))
    moved = 4 * (pairs["value_after"] - pairs["value_before"]).groupby(pairs["rater"]).mean()
    n, mean = len(moved), float(moved.mean()) if len(moved) else float("nan")
    if n < 2:
        nan = float("nan")
        return {"change": mean, "low": nan, "high": nan, "raters": n, "verdict": "cannot tell"}
    half = float(quantile(100 * LEVEL, n - 1) * moved.std(ddof=1) / np.sqrt(n))
    verdict = "improved" if mean > half else "fell" if mean < -half else "not shown"
    return {
        "change": mean,
        "low": mean - half,
        "high": mean + half,
        "raters": n,
        "verdict": verdict,
    }
