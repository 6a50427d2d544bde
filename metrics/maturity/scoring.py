"""From answers to levels: capability, attained level, published level, enterprise score.

Arithmetic on steps a2..a5 in [0, 1] (means over raters): capability S = 1 + sum of steps (1-5);
attained level L after ISO/IEC 33020 (all lower steps at least .85, this one at least .5);
published score P = min(M, m + 1) with M the weighted mean of S and m its smallest critical value,
so that one strong dimension cannot buy out a missing foundation. What is published of S, P and the
company follows from draws of the true practice to which caps and floor are applied one by one
(``metrics.maturity.levels.settle``); without draws it is the arithmetic on the answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from metrics.maturity.answers import AnswerCells, AnswerRemark, Clean, cells, clean
from metrics.maturity.contradiction import Contradiction
from metrics.maturity.levels import WORKS, attained_level, level_number, settle
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

LEAST_FUNCTIONS = 3


Against = Callable[[pd.DataFrame], tuple[Contradiction, ...]]
"""Finds in a frame of claims what the data say of each."""


@dataclass(frozen=True)
class Enterprise:
    """The company as one number, or the reason why not.

    ``value`` E is the weighted mean of published function scores (1-5); ``coverage`` the share
    of functions in scope that were scored; ``breadth`` the share likelier than not at level 3 or
    above; ``social_business_index`` in [0, 1] is breadth x E / 5; ``levels`` the probability of
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

    ``dimensions``: function, dimension, title, weight, target, capability (S as answered),
    cap (highest level the data support, NaN without contradiction), published (capped S),
    attained, hollowness, n_raters, low, high, reason.
    ``functions``: function, weighted_mean, floor, floor_dimension (most often the lowest),
    published, level, low, high, raters, reason. ``levels``: function, level, probability.
    ``questions``: function, question, dimension, step, constituency, value (mean answer), raters,
    practice, practice_low, practice_high (what is lived), not_applicable.
    ``people_process_technology``: function ("all" too), view, value.
    ``by_constituency``: function, constituency, value (1-5), low, high, questions, raters.
    ``agreement``: scope, key, alpha, low, high, icc_2k, units, raters, reason.
    ``contradictions``: every rule applied, as given or found.
    """

    dimensions: pd.DataFrame
    functions: pd.DataFrame
    levels: pd.DataFrame
    questions: pd.DataFrame
    enterprise: Enterprise
    people_process_technology: pd.DataFrame
    by_constituency: pd.DataFrame
    agreement: pd.DataFrame
    contradictions: tuple[Contradiction, ...]
    findings: tuple[AnswerRemark, ...]
    model_version: str
    seed: int


@dataclass(frozen=True)
class Points:
    """Scores of functions x dimensions (any leading axes): see ``rate``."""

    capability: np.ndarray
    published: np.ndarray
    weighted_mean: np.ndarray
    floor: np.ndarray
    score: np.ndarray


def rate(steps: np.ndarray, model: MaturityModel, cap: np.ndarray) -> Points:
    """Score steps ``(..., functions, dimensions, 4)``; ``cap`` is ``(functions, dimensions)``.

    NaN steps (not applicable) are left out and the others stand for the dimension; a dimension
    without any is NaN and left out of M and m.
    """
    capability = capability_of(steps)
    published = np.minimum(capability, np.where(np.isnan(cap), np.inf, cap))
    weights = np.array([d.weight for d in model.dimensions])
    present = ~np.isnan(published)
    with np.errstate(invalid="ignore"):
        total = (present * weights).sum(axis=-1)
        mean = (np.where(present, published, 0.0) * weights).sum(axis=-1) / total
    critical = [i for i, d in enumerate(model.dimensions) if d.key in model.critical]
    low = np.where(present, published, np.inf)[..., critical].min(axis=-1)
    floor = np.where(np.isinf(low), np.nan, low)
    return Points(capability, published, mean, floor, np.fmin(mean, floor + 1.0))


def capability_of(steps: np.ndarray) -> np.ndarray:
    """Return the capability S of steps ``(..., 4)``; NaN steps are left out, NaN without any."""
    known = ~np.isnan(steps)
    with np.errstate(invalid="ignore"):
        return 1.0 + 4.0 * np.where(known, steps, 0.0).sum(axis=-1) / known.sum(axis=-1)


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


def score(
    answers: pd.DataFrame,
    model: MaturityModel,
    *,
    functions_in_scope: tuple[str, ...],
    not_applicable: Mapping[str, str] | None = None,
    contradictions: tuple[Contradiction, ...] | Against = (),
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
    contradictions : tuple of Contradiction, or callable
        Those that contradict cap the dimension before the weighted mean. A callable finds them
        in a frame of claims: function, dimension, capability. A claim is what raters answered or,
        where that is higher, what would be published.
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
    steps = _steps(grid.mean[None], grid, len(functions), model)[0]
    answered = fill(steps, _applicable(usable, functions, model))
    practice = simulate(grid.ratings, draws=draws, seed=seed) if draws and functions else None
    lived = None
    if practice is not None:
        lived = _steps(practice, grid, len(functions), model)
        lived[:, np.isnan(capability_of(answered))] = np.nan
    if callable(contradictions):
        contradictions = contradictions(_claims(answered, lived, functions, model))
    cap = _caps(contradictions, functions, model)
    points = rate(answered, model, cap)
    drawn = None if lived is None else rate(lived, model, cap)
    table, levels = _functions(points, drawn, functions, functions_in_scope, model, usable)
    return MaturityScores(
        dimensions=_dimensions(steps, points, drawn, functions, model, usable, cap),
        functions=table,
        levels=levels,
        questions=question_table(grid, practice, functions, model, usable),
        enterprise=_enterprise(points, drawn, functions, functions_in_scope, usable, model),
        people_process_technology=view_table(
            points.published, None if drawn is None else drawn.published, functions, model
        ),
        by_constituency=constituency_table(grid, practice, functions, model),
        agreement=agreement_table(usable.before, model, seed, min(draws, AGREEMENT_DRAWS)),
        contradictions=contradictions,
        findings=usable.findings,
        model_version=model.version,
        seed=seed,
    )


def _claims(
    answered: np.ndarray, lived: np.ndarray | None, functions: list[str], model: MaturityModel
) -> pd.DataFrame:
    """Return the level claimed in each dimension before data speak against it."""
    claim = capability_of(answered)
    if lived is not None:
        claim = np.fmax(claim, settle(claim, capability_of(lived)).value)
    rows = [
        (function, d.key, claim[i, j])
        for i, function in enumerate(functions)
        for j, d in enumerate(model.dimensions)
    ]
    return frame(rows, "function dimension capability")


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


def _dimensions(
    steps: np.ndarray,
    points: Points,
    drawn: Points | None,
    functions: list[str],
    model: MaturityModel,
    usable: Clean,
    cap: np.ndarray,
) -> pd.DataFrame:
    settled = settle(points.published, None if drawn is None else drawn.published)
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
                    settled.value[i, j],
                    float("nan") if level is None else float(level),
                    float("nan") if level is None else max(0.0, s - level),
                    raters.get((function, d.key), 0),
                    settled.low[i, j],
                    settled.high[i, j],
                    reason,
                )
            )
    columns = "function dimension title weight target capability cap published attained hollowness"
    return frame(rows, f"{columns} n_raters low high reason")


def _functions(
    points: Points,
    drawn: Points | None,
    functions: list[str],
    scope: tuple[str, ...],
    model: MaturityModel,
    usable: Clean,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what is published of each function, and the odds of its levels."""
    score, mean, floor = (
        settle(getattr(points, name), None if drawn is None else getattr(drawn, name))
        for name in ("score", "weighted_mean", "floor")
    )
    raters = usable.final.groupby("function")["rater"].nunique().to_dict()
    critical = [i for i, d in enumerate(model.dimensions) if d.key in model.critical]
    lowest = (points if drawn is None else drawn).published[..., critical]
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
        lacking = [model.dimensions[c].key for c in critical if np.isnan(points.published[i, c])]
        weakest = None
        if len(lacking) < len(critical):
            place = _most_often_lowest(lowest[..., i, :])
            weakest = model.dimensions[critical[place]].key
        reason = "critical_not_scored: " + ", ".join(lacking) if lacking else None
        values = (mean.value[i], floor.value[i], weakest, score.value[i], score.level[i])
        rows.append((function, *values, score.low[i], score.high[i], raters[function], reason))
        if drawn is not None:
            levels += [(function, k, p) for k, p in zip(LEVELS, score.odds[i], strict=True)]
    names = "function weighted_mean floor floor_dimension published level low high raters reason"
    return frame(rows, names), frame(levels, "function level probability")


def _most_often_lowest(values: np.ndarray) -> int:
    """Return the last axis' place that is the smallest in most draws; NaN is never it."""
    place = np.atleast_1d(np.where(np.isnan(values), np.inf, values).argmin(axis=-1))
    return int(np.bincount(place).argmax())


def _out_of_scope(scope: tuple[str, ...], usable: Clean, model: MaturityModel) -> set[str]:
    return {f for f in scope if all((f, q.id) in usable.not_applicable for q in model.questions)}


def _enterprise(
    points: Points,
    drawn: Points | None,
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
    company = settle(points.score @ weights, None if drawn is None else drawn.score @ weights)
    each = settle(points.score, None if drawn is None else drawn.score)
    breadth = int((each.level >= WORKS).sum()) / base
    value = float(company.value)
    odds = {} if drawn is None else dict(zip(LEVELS, company.odds.tolist(), strict=True))
    reason = None
    if set(functions) == {"marketing"}:
        reason = "only_marketing_assessed"
    elif len(functions) < LEAST_FUNCTIONS:
        reason = "fewer_than_three_functions"
    level = None if reason else level_number(value)
    return Enterprise(
        value,
        float(company.low),
        float(company.high),
        level,
        coverage,
        breadth,
        breadth * value / 5,
        odds,
        len(functions),
        reason,
    )
