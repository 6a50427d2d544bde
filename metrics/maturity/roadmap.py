"""The next steps: which, for how much effort, and what they would lift."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
import pandas as pd

from metrics.frames.frame import iterate_rows
from metrics.maturity.levels import FULLY
from metrics.maturity.model import STEPS, MaturityModel
from metrics.maturity.scoring import fill, rate

# Person-months to take a step, by the level it leads to. Ours; a client replaces them.
EFFORT = {2: 1.0, 3: 3.0, 4: 6.0, 5: 9.0}
# Relative effect of one whole published level on the KPI it should move (mean, low, high at 80 %)
# while there is no own effect. Ours and deliberately wide: it includes no effect at all.
PRIOR_EFFECT = (0.05, -0.02, 0.12)


class Scored(Protocol):
    """What steps are read from: scores, or the part of a report made of them."""

    @property
    def dimensions(self) -> pd.DataFrame: ...
    @property
    def questions(self) -> pd.DataFrame: ...


def next_steps(
    scores: Scored,
    model: MaturityModel,
    *,
    effects: pd.DataFrame | None = None,
    worth: Mapping[str, float] | None = None,
    effort: Mapping[int, float] | None = None,
) -> pd.DataFrame:
    """List the lowest missing step of every dimension below target, best first.

    Parameters
    ----------
    scores : MaturityScores, or the maturity part of a report
    model : MaturityModel
        With the client's targets.
    effects : DataFrame, optional
        Own effect of a whole level: function, mean, low, high (relative improvement). Functions
        without a row use ``PRIOR_EFFECT``.
    worth : mapping, optional
        Function → money a relative improvement of 1 is worth per year. Functions it does not
        name rank last; without it all functions count alike.
    effort : mapping of step to person-months, optional

    Returns
    -------
    DataFrame
        function, dimension, question, attained, target, gain (rise of the published function
        score if the step were lived fully), effort, effect, effect_low, effect_high, value,
        value_low, value_high (money a year where ``worth`` is given, NaN where it is not known),
        value_per_effort, basis ("own effect" or "prior"), rank.
    """
    effort = effort or EFFORT
    own = {} if effects is None else effects.set_index("function").to_dict("index")
    functions = list(scores.dimensions["function"].drop_duplicates())
    columns = [d.key for d in model.dimensions]
    steps = _steps(scores, model, functions)
    shape = (len(functions), len(model.dimensions))
    cap = scores.dimensions["cap"].to_numpy(float).reshape(shape)
    before = rate(steps, model, cap).score
    rows = []
    for row in iterate_rows(scores.dimensions):
        if not row.attained < row.target:
            continue
        i, j = functions.index(row.function), columns.index(row.dimension)
        step = _missing_step(steps[i, j])
        if step is None:
            continue
        raised = steps.copy()
        raised[i, j, STEPS.index(step)] = 1.0
        gain = float(rate(raised, model, cap).score[i] - before[i])
        basis = "own effect" if row.function in own else "prior"
        level = own.get(row.function, dict(zip(("mean", "low", "high"), PRIOR_EFFECT, strict=True)))
        moved = [gain * float(level[name]) for name in ("mean", "low", "high")]
        money = 1.0 if worth is None else worth.get(row.function, float("nan"))
        values = [money * one for one in moved]
        question = f"{row.dimension}-{step}"
        rows.append(
            (
                row.function,
                row.dimension,
                question,
                row.attained,
                row.target,
                gain,
                effort[step],
                *moved,
                *values,
                values[0] / effort[step],
                basis,
            )
        )
    names = (
        "function dimension question attained target gain effort effect effect_low effect_high "
        "value value_low value_high value_per_effort basis"
    )
    table = pd.DataFrame(rows, columns=names.split())
    order = ["value_per_effort", "gain", "function", "dimension"]
    table = table.sort_values(order, ascending=[False, False, True, True], ignore_index=True)
    return table.assign(rank=np.arange(1, len(table) + 1))


def _steps(scores: Scored, model: MaturityModel, functions: list[str]) -> np.ndarray:
    """Return the mean answers as functions x dimensions x 4, filled as the published score is."""
    by_question = scores.questions.groupby(["function", "question"], sort=False)
    keys = pd.MultiIndex.from_product([functions, [q.id for q in model.questions]])
    shape = (len(functions), len(model.dimensions), len(STEPS))
    values = by_question["value"].mean().reindex(keys).to_numpy(float).reshape(shape)
    left_out = by_question["not_applicable"].any().reindex(keys).to_numpy(bool).reshape(shape)
    return fill(values, ~left_out)


def _missing_step(steps: np.ndarray) -> int | None:
    for step, value in zip(STEPS, steps, strict=True):
        if not np.isnan(value) and value < FULLY - 1e-9:
            return step
    return None


def trace(scores: Scored, objectives: pd.DataFrame, initiatives: pd.DataFrame) -> pd.DataFrame:
    """Follow assessment to strategy to execution, and name what hangs in the air.

    Returns
    -------
    DataFrame
        kind ("orphan gap": below target, no objective closes it; "orphan objective": closes no
        assessed gap; "unexecuted objective": no initiative serves it), function, item.
    """
    gaps = scores.dimensions[scores.dimensions["attained"] < scores.dimensions["target"]]
    wanted = set(zip(gaps["function"], gaps["dimension"], strict=True))
    dimension = objectives["gap"].fillna("").str.split("-").str[0]
    aimed = set(zip(objectives["function"], dimension, strict=True))
    rows = [("orphan gap", f, d) for f, d in sorted(wanted - aimed)]
    served = set(initiatives["objective"].dropna())
    for row, pair in zip(
        iterate_rows(objectives), zip(objectives["function"], dimension, strict=True), strict=True
    ):
        if pair not in wanted:
            rows.append(("orphan objective", row.function, row.objective))
        if row.objective not in served:
            rows.append(("unexecuted objective", row.function, row.objective))
    return pd.DataFrame(rows, columns=["kind", "function", "item"])
