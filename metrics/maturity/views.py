"""Other cuts through the same scores: questions, people/process/technology, constituencies."""

from __future__ import annotations

import numpy as np
import pandas as pd

from metrics.maturity.answers import AnswerCells, Clean
from metrics.maturity.levels import middle, settle
from metrics.maturity.model import MaturityModel
from metrics.maturity.raters import agree

AGREEMENT_DRAWS = 200


def question_table(
    grid: AnswerCells,
    practice: np.ndarray | None,
    functions: list[str],
    model: MaturityModel,
    usable: Clean,
) -> pd.DataFrame:
    """List every question of every function with its mean answer and what is lived."""
    blank = np.full(grid.mean.shape, np.nan)
    low, lived, high = (blank,) * 3 if practice is None else middle(practice)
    rows = [
        (functions[f], q.id, q.dimension, q.step, c, mean, int(n), *known, False)
        for f, q, c, mean, n, *known in zip(
            grid.function,
            (model.questions[k] for k in grid.question),
            grid.constituency,
            grid.mean,
            grid.count,
            lived,
            low,
            high,
            strict=True,
        )
    ]
    nan = float("nan")
    for function, key in sorted(usable.not_applicable):
        q = model.question(key)
        rows.append((function, key, q.dimension, q.step, "all", nan, 0, nan, nan, nan, True))
    names = "function question dimension step constituency value raters practice practice_low"
    return frame(rows, f"{names} practice_high not_applicable")


def view_table(
    published: np.ndarray, drawn: np.ndarray | None, functions: list[str], model: MaturityModel
) -> pd.DataFrame:
    """Mean published capability of the dimensions of each view, by function and over all."""
    rows = []
    for view, keys in model.views.items():
        columns = [i for i, d in enumerate(model.dimensions) if d.key in keys]
        point = _mean(published[:, columns])
        each = None if drawn is None else _mean(drawn[..., columns])
        values = settle(point, each).value
        rows += [(f, view, v) for f, v in zip(functions, values, strict=True)]
        whole = settle(_mean(point), None if each is None else _mean(each)).value
        rows.append(("all", view, float(whole)))
    return frame(rows, "function view value")


def constituency_table(
    grid: AnswerCells, practice: np.ndarray | None, functions: list[str], model: MaturityModel
) -> pd.DataFrame:
    """Score the lens questions for each function and named constituency, as 1 + 4 x mean."""
    lens = set(model.lens_questions)
    table = pd.DataFrame(
        {
            "function": [functions[f] for f in grid.function],
            "question": [model.questions[q].id for q in grid.question],
            "constituency": list(grid.constituency),
            "value": grid.mean,
            "raters": grid.count,
        }
    )
    table = table[table["question"].isin(lens) & (table["constituency"] != "all")].dropna()
    rows = []
    for key, part in table.groupby(["function", "constituency"], sort=False):
        drawn = None if practice is None else 1 + 4 * practice[:, part.index].mean(axis=1)
        seen = settle(np.array(1 + 4 * part["value"].mean()), drawn)
        known = (float(seen.value), float(seen.low), float(seen.high))
        rows.append((*key, *known, len(part), int(part["raters"].max())))
    return frame(rows, "function constituency value low high questions raters")


def agreement_table(
    before: pd.DataFrame, model: MaturityModel, seed: int, draws: int = AGREEMENT_DRAWS
) -> pd.DataFrame:
    """Alpha (ordinal) and ICC(2,k) of the independent answers: overall and by each key."""
    names = "scope key alpha low high icc_2k units raters reason"
    if before.empty:
        return frame([], names)
    unit, units = pd.factorize(
        pd.MultiIndex.from_frame(before[["function", "question", "constituency"]])
    )
    rater, raters = pd.factorize(before["rater"])
    table = np.full((len(units), len(raters)), np.nan)
    table[unit, rater] = before["value"].to_numpy(float)
    function = np.array([str(u[0]) for u in units])
    question = np.array([str(u[1]) for u in units])
    dimension = np.array([q.split("-")[0] for q in question])
    groups = [("overall", "all", np.ones(len(units), bool))]
    groups += [("function", f, function == f) for f in dict.fromkeys(function)]
    groups += [("dimension", d.key, dimension == d.key) for d in model.dimensions]
    groups += [("question", q.id, question == q.id) for q in model.questions]
    rows = []
    for scope, key, mine in groups:
        if mine.any():
            a = agree(table[mine], "ordinal", seed=seed, draws=draws)
            row = (a.alpha, a.low, a.high, a.icc_2k, a.units, a.raters, a.reason)
            rows.append((scope, key, *row))
    return frame(rows, names)


def _mean(values: np.ndarray) -> np.ndarray:
    """Mean over the last axis of what is known; NaN where nothing is."""
    known = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.where(known, values, 0.0).sum(axis=-1) / known.sum(axis=-1)


def frame(rows: list[tuple], names: str) -> pd.DataFrame:
    """Build a frame from rows and column names separated by blanks."""
    return pd.DataFrame(rows, columns=names.split())
