"""From answers to levels: capability, attained level, published level, enterprise score.

Arithmetic on steps a2..a5 in [0, 1] (means over raters): capability S = 1 + sum of steps (1-5);
attained level L after ISO/IEC 33020 (all lower steps at least .85, this one at least .5);
published score P = min(M, m + 1) with M the weighted mean of S and m its smallest critical value,
so that one strong dimension cannot buy out a missing foundation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from metrics.maturity.answers import AnswerCells, AnswerRemark, Clean, cells, clean
from metrics.maturity.contradiction import Contradiction
from metrics.maturity.model import LEVELS, STEPS, MaturityModel
from metrics.maturity.uncertainty import simulate
from metrics.maturity.views import (
    AGREEMENT_DRAWS,
    agreement_table,
    constituency_table,
    frame,
    question_table,
    view_table,
)

FULLY, LARGELY = 0.85, 0.50
INTERVAL = (0.10, 0.90)
LEAST_FUNCTIONS = 3
WORKS = 3
"""The level from which a function is said to work as a social business."""


@dataclass(frozen=True)
class Enterprise:
    """The company as one number, or the reason why not.

    ``value`` E is the weighted mean of published function scores (1-5); ``coverage`` the share
    of functions in scope that were scored; ``social_business_index`` in [0, 1] is breadth
    (share of functions in scope at level 3 or above) x E / 5; ``levels`` the probability of
    each level of E. With a ``reason`` the headline is refused; the figures stay for the analyst.
    """

    value: float
    low: float
    high: float
    level: int | None
    coverage: float
    breadth: float
    social_business_index: float
    levels: Mapping[int, float]
    functions: int
    reason: str | None


@dataclass(frozen=True)
class MaturityScores:
    """All that follows from one wave of answers; intervals are 80 per cent.

    ``dimensions``: function, dimension, title, weight, target, capability (raters' S),
    cap (highest level the data support, NaN without contradiction), published (capped S),
    attained, hollowness, n_raters, low, high, reason.
    ``functions``: function, weighted_mean, floor, floor_dimension, published, level, low, high,
    raters, reason. ``levels``: function, level, probability.
    ``questions``: function, question, dimension, step, constituency, value, raters, low, high,
    not_applicable. ``people_process_technology``: function ("all" too), view, value.
    ``by_constituency``: function, constituency, value (1-5), questions, raters.
    ``agreement``: scope, key, alpha, low, high, icc_2k, units, raters, reason.
    ``draws``: function -> drawn published scores, for change and scenarios.
    """

    dimensions: pd.DataFrame
    functions: pd.DataFrame
    levels: pd.DataFrame
    questions: pd.DataFrame
    enterprise: Enterprise
    people_process_technology: pd.DataFrame
    by_constituency: pd.DataFrame
    agreement: pd.DataFrame
    findings: tuple[AnswerRemark, ...]
    model_version: str
    seed: int
    draws: Mapping[str, np.ndarray] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class Points:
    """Scores of functions x dimensions (any leading axes): see ``rate``."""

    capability: np.ndarray
    published: np.ndarray
    weighted_mean: np.ndarray
    floor: np.ndarray
    score: np.ndarray


def attained_level(steps: np.ndarray, applicable: np.ndarray | None = None) -> np.ndarray:
    """Return the staged level L of steps ``(..., 4)``: 1-5.

    The largest k whose lower steps are all at least .85 and whose own is at least .5; a step
    that is not applicable neither blocks nor earns. NaN blocks.
    """
    applicable = np.ones(steps.shape, bool) if applicable is None else applicable
    level = np.ones(steps.shape[:-1], int)
    below = np.ones(steps.shape[:-1], bool)
    for i, step in enumerate(STEPS):
        reached = below & (steps[..., i] >= LARGELY - 1e-9) & applicable[..., i]
        level = np.where(reached, step, level)
        below = below & ((steps[..., i] >= FULLY - 1e-9) | ~applicable[..., i])
    return level


def rate(steps: np.ndarray, model: MaturityModel, cap: np.ndarray) -> Points:
    """Score steps ``(..., functions, dimensions, 4)``; ``cap`` is ``(functions, dimensions)``.

    NaN steps (not applicable) are left out and the others stand for the dimension; a dimension
    without any is NaN and left out of M and m.
    """
    known = ~np.isnan(steps)
    count = known.sum(axis=-1)
    with np.errstate(invalid="ignore"):
        share = np.where(known, steps, 0.0).sum(axis=-1) / count
    capability = 1.0 + 4.0 * share
    published = np.fmin(capability, np.where(np.isnan(cap), np.inf, cap))
    published = np.where(count > 0, published, np.nan)
    weights = np.array([d.weight for d in model.dimensions])
    present = ~np.isnan(published)
    with np.errstate(invalid="ignore"):
        total = (present * weights).sum(axis=-1)
        mean = (np.where(present, published, 0.0) * weights).sum(axis=-1) / total
    critical = [i for i, d in enumerate(model.dimensions) if d.key in model.critical]
    low = np.where(present, published, np.inf)[..., critical].min(axis=-1)
    floor = np.where(np.isinf(low), np.nan, low)
    return Points(capability, published, mean, floor, np.fmin(mean, floor + 1.0))


def fill(steps: np.ndarray, applicable: np.ndarray) -> np.ndarray:
    """Let a step nobody could answer take the mean of that step in the function's dimensions.

    Steps are ``(functions, dimensions, 4)``. Higher steps are lived less, so leaving one out
    would flatter the dimension. A dimension without any answer stays unknown.
    """
    known = ~np.isnan(steps)
    count = known.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        usual = np.where(known, steps, 0.0).sum(axis=1, keepdims=True) / count
    missing = ~known & applicable & known.any(axis=2, keepdims=True)
    return np.where(missing, usual, steps)


def _applicable(usable: Clean, functions: list[str], model: MaturityModel) -> np.ndarray:
    pairs = [(f, q.id) not in usable.not_applicable for f in functions for q in model.questions]
    return np.array(pairs, bool).reshape(len(functions), len(model.dimensions), len(STEPS))


def level_of(score: np.ndarray) -> np.ndarray:
    """Return the level of a score: its floor, 1-5 (a hair of rounding error forgiven)."""
    return np.clip(np.floor(score + 1e-9), 1, 5).astype(int)


def level_number(score: float) -> int:
    """Return the level one score stands on, 1-5."""
    return int(level_of(np.array(score)))


def score(
    answers: pd.DataFrame,
    model: MaturityModel,
    *,
    functions_in_scope: tuple[str, ...],
    not_applicable: Mapping[str, str] | None = None,
    contradictions: tuple[Contradiction, ...] = (),
    wave: str | None = None,
    seed: int = 20261101,
    draws: int = 2000,
) -> MaturityScores:
    """Score one wave of answers.

    Parameters
    ----------
    answers : DataFrame
        Columns of ``metrics.maturity.answers.COLUMNS``; values in [0, 1].
    model : MaturityModel
    functions_in_scope : tuple of str
        Functions the programme is meant for; the base of coverage and breadth.
    not_applicable : mapping, optional
        Reason by function, dimension, question, or ``function:dimension`` /
        ``function:question``. Without a reason the item stays.
    contradictions : tuple of Contradiction
        Those that contradict cap the dimension before the weighted mean.
    wave : str, optional
        The last one by default.
    seed, draws : int
        Of the simulation; ``draws=0`` gives points without intervals.

    Returns
    -------
    MaturityScores
        Never raises for data: what cannot be scored says why, the rest is scored.
    """
    usable = clean(answers, model, functions_in_scope, not_applicable or {}, wave)
    have = set(usable.final["function"])
    functions = [f for f in functions_in_scope if f in have]
    grid = cells(usable.final, model, usable, functions)
    cap = _caps(contradictions, functions, model)
    steps = _steps(grid.mean[None], grid, len(functions), model)[0]
    drawn = simulate(grid.ratings, draws=draws, seed=seed) if draws and functions else None
    points = rate(fill(steps, _applicable(usable, functions, model)), model, cap)
    simulated = None
    if drawn is not None:
        all_steps = _steps(drawn, grid, len(functions), model)
        all_steps[:, np.isnan(points.capability)] = np.nan
        simulated = rate(all_steps, model, cap)
    dimensions = _dimensions(steps, points, simulated, functions, model, usable, grid, cap)
    table, levels = _functions(points, simulated, functions, functions_in_scope, model, usable)
    intervals = _quantiles(drawn, grid.mean.shape)
    return MaturityScores(
        dimensions=dimensions,
        functions=table,
        levels=levels,
        questions=question_table(grid, intervals, functions, model, usable),
        enterprise=_enterprise(points, simulated, functions, functions_in_scope, usable, model),
        people_process_technology=view_table(points.published, functions, model),
        by_constituency=constituency_table(grid, functions, model),
        agreement=agreement_table(usable.before, model, seed, min(draws, AGREEMENT_DRAWS)),
        findings=usable.findings,
        model_version=model.version,
        seed=seed,
        draws={} if simulated is None else dict(zip(functions, simulated.score.T, strict=True)),
    )


def _steps(
    values: np.ndarray, grid: AnswerCells, functions: int, model: MaturityModel
) -> np.ndarray:
    """Average cells over constituencies into steps ``(draws, functions, dimensions, 4)``."""
    questions = len(model.questions)
    flat = grid.function * questions + grid.question
    total = np.zeros((len(values), functions * questions))
    known = ~np.isnan(values[0])
    order = np.argsort(flat[known], kind="stable")
    pairs, starts = np.unique(flat[known][order], return_index=True)
    out = np.full_like(total, np.nan)
    if len(pairs):
        count = np.diff([*starts, int(known.sum())])
        out[:, pairs] = np.add.reduceat(values[:, known][:, order], starts, axis=1) / count
    return out.reshape(len(values), functions, len(model.dimensions), len(STEPS))


def _caps(
    contradictions: tuple[Contradiction, ...], functions: list[str], model: MaturityModel
) -> np.ndarray:
    cap = np.full((len(functions), len(model.dimensions)), np.nan)
    column = {d.key: i for i, d in enumerate(model.dimensions)}
    for item in contradictions:
        if item.verdict == "contradicts" and item.dimension in column:
            rows = [i for i, f in enumerate(functions) if item.function in (f, "all")]
            cap[rows, column[item.dimension]] = np.fmin(
                cap[rows, column[item.dimension]], item.supported_level
            )
    return cap


def _quantiles(simulated: np.ndarray | None, shape: tuple[int, ...]) -> tuple[np.ndarray, ...]:
    if simulated is None:
        return np.full(shape, np.nan), np.full(shape, np.nan)
    return tuple(np.quantile(simulated, INTERVAL, axis=0))


def _dimensions(
    steps: np.ndarray,
    points: Points,
    simulated: Points | None,
    functions: list[str],
    model: MaturityModel,
    usable: Clean,
    grid: AnswerCells,
    cap: np.ndarray,
) -> pd.DataFrame:
    low, high = _quantiles(
        None if simulated is None else simulated.published, points.published.shape
    )
    applies = _applicable(usable, functions, model)
    raters = (
        usable.final.assign(dimension=usable.final["question"].str.split("-").str[0])
        .groupby(["function", "dimension"])["rater"]
        .nunique()
        .to_dict()
    )
    rows = []
    for i, function in enumerate(functions):
        for j, d in enumerate(model.dimensions):
            applicable = applies[i, j]
            unknown = applicable & np.isnan(steps[i, j])
            missing = [q.id for q, gap in zip(d.questions, unknown, strict=True) if gap]
            s, capped = points.capability[i, j], cap[i, j]
            scored = not np.isnan(s)
            level = int(attained_level(steps[i, j], applicable)) if scored else None
            if level is not None and not np.isnan(capped):
                level = min(level, int(capped))
            reason = None
            if not applicable.any():
                reason = "not_applicable"
            elif not scored:
                reason = "no_answer"
            elif missing:
                reason = "partly_answered: " + ", ".join(missing)
            rows.append(
                (
                    function,
                    d.key,
                    d.title,
                    d.weight,
                    d.target,
                    s,
                    capped,
                    points.published[i, j],
                    float("nan") if level is None else float(level),
                    float("nan") if level is None else max(0.0, s - level),
                    raters.get((function, d.key), 0),
                    low[i, j],
                    high[i, j],
                    reason,
                )
            )
    columns = "function dimension title weight target capability cap published attained hollowness"
    return frame(rows, f"{columns} n_raters low high reason")


def _functions(
    points: Points,
    simulated: Points | None,
    functions: list[str],
    scope: tuple[str, ...],
    model: MaturityModel,
    usable: Clean,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    low, high = _quantiles(None if simulated is None else simulated.score, points.score.shape)
    raters = usable.final.groupby("function")["rater"].nunique().to_dict()
    critical = [i for i, d in enumerate(model.dimensions) if d.key in model.critical]
    rows, levels = [], []
    excluded = _out_of_scope(scope, usable, model)
    for function in scope:
        if function not in functions:
            reason = "not_applicable" if function in excluded else "no_answer"
            if function in usable.mute:
                reason = "all_dont_know"
            rows.append((function, *(np.nan,) * 2, None, *(np.nan,) * 4, 0, reason))
            continue
        i = functions.index(function)
        m = points.published[i, critical]
        lacking = [model.dimensions[c].key for c in critical if np.isnan(points.published[i, c])]
        weakest = None
        if not np.isnan(m).all():
            weakest = model.dimensions[critical[int(np.nanargmin(m))]].key
        reason = "critical_not_scored: " + ", ".join(lacking) if lacking else None
        p = points.score[i]
        values = (points.weighted_mean[i], points.floor[i], weakest, p, float(level_of(p)))
        rows.append((function, *values, low[i], high[i], raters[function], reason))
        if simulated is not None:
            share = np.bincount(level_of(simulated.score[:, i]), minlength=6)[1:]
            total = len(simulated.score)
            levels += [(function, k, n / total) for k, n in zip(LEVELS, share, strict=True)]
    names = "function weighted_mean floor floor_dimension published level low high raters reason"
    return frame(rows, names), frame(levels, "function level probability")


def _out_of_scope(scope: tuple[str, ...], usable: Clean, model: MaturityModel) -> set[str]:
    return {f for f in scope if all((f, q.id) in usable.not_applicable for q in model.questions)}


def _enterprise(
    points: Points,
    simulated: Points | None,
    functions: list[str],
    scope: tuple[str, ...],
    usable: Clean,
    model: MaturityModel,
) -> Enterprise:
    base = len(set(scope) - _out_of_scope(scope, usable, model))
    coverage = len(functions) / base if base else float("nan")
    if not functions:
        nan = float("nan")
        return Enterprise(nan, nan, nan, None, coverage, nan, nan, {}, 0, "no_function_scored")
    weights = np.array([model.function_weights.get(f, 1.0) for f in functions])
    weights = weights / weights.sum()
    value = float(points.score @ weights)
    breadth = int((level_of(points.score) >= WORKS).sum()) / base
    low = high = float("nan")
    levels: dict[int, float] = {}
    if simulated is not None:
        drawn = simulated.score @ weights
        low, high = (float(q) for q in np.quantile(drawn, INTERVAL))
        share = np.bincount(level_of(drawn), minlength=6)[1:] / len(drawn)
        levels = {k: float(p) for k, p in zip(LEVELS, share, strict=True)}
    reason = None
    if set(functions) == {"marketing"}:
        reason = "only_marketing_assessed"
    elif len(functions) < LEAST_FUNCTIONS:
        reason = "fewer_than_three_functions"
    level = None if reason else int(level_of(np.array(value)))
    index = breadth * value / 5
    return Enterprise(
        value, low, high, level, coverage, breadth, index, levels, len(functions), reason
    )
