"""Next moves: the steps below target ranked by what they are worth, tasks, and what is orphaned.

What a whole level does to a function's headline KPI is the function's own where its initiatives
were compared with other teams, and a wide stated prior otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from metrics.effects.part import EffectsPart
from metrics.frames.frame import iterate_rows
from metrics.functions import BY_KEY, KPIS
from metrics.intervals import bounds, error_of, pool_effects
from metrics.maturity.contradiction import contradicted
from metrics.maturity.model import STEPS
from metrics.maturity.part import MaturityPart, model_of
from metrics.maturity.roadmap import EFFORT, next_steps, trace
from metrics.measures.part import SavingsPart
from metrics.model import ALL, Better, Snapshot

LEAST_INITIATIVES = 2
LEVEL = 0.80


@dataclass(frozen=True)
class RoadmapPart:
    """What to do next.

    Attributes
    ----------
    steps : DataFrame
        As ``metrics.maturity.roadmap.next_steps``, with ``kpi``, the KPI the step should move.
    own_effects : DataFrame
        function, mean, low, high (relative improvement, 80 %), initiatives.
    tasks : DataFrame
        Frame ``tasks`` with ``late`` and ``contradicted`` (bool: it takes the step whose claim
        the data contradict), the most urgent first.
    contradictions : DataFrame
        Contradictions nobody has a task for, open until someone takes them up: function,
        dimension, question (the first step the data do not support), claim, supported_level,
        rules (';' between keys), effort (person-months), kpi.
    orphans : DataFrame
        kind, function, item: see ``metrics.maturity.roadmap.trace``.
    """

    steps: pd.DataFrame
    own_effects: pd.DataFrame
    tasks: pd.DataFrame
    contradictions: pd.DataFrame
    orphans: pd.DataFrame


def next_moves(
    snapshot: Snapshot, part: MaturityPart, compared: EffectsPart, measured: SavingsPart
) -> RoadmapPart:
    """Rank the steps below target by value per effort and put the tasks beside them.

    A relative improvement is worth what it would take off a function's yearly cost.
    """
    own, savings = own_effects(compared.effects), measured.savings
    whole = savings[savings["team"] == ALL].dropna(subset=["actual"])
    worth = dict(zip(whole["function"], whole["actual"].astype(float), strict=True))
    steps = pd.DataFrame()
    if len(part.dimensions):
        steps = next_steps(part, model_of(snapshot).model, effects=own, worth=worth or None)
        steps["kpi"] = [BY_KEY[f].headline if f in BY_KEY else "" for f in steps["function"]]
    orphans = trace(part, snapshot["objectives"], snapshot["initiatives"])
    against, tasks = contradicted_steps(part.contradictions), _tasks(snapshot)
    tasks["contradicted"] = _is_among(tasks, against)
    return RoadmapPart(
        steps, own, tasks, against[~_is_among(against, tasks)].reset_index(drop=True), orphans
    )


def contradicted_steps(contradictions: pd.DataFrame) -> pd.DataFrame:
    """Turn contradictions into what is to be done: one row per function and dimension.

    Parameters
    ----------
    contradictions : DataFrame
        ``MaturityPart.contradictions``.

    Returns
    -------
    DataFrame
        As ``RoadmapPart.contradictions``, whether or not a task exists. Where several rules
        contradict a claim, the lowest level they support counts.
    """
    rows = []
    for one in iterate_rows(contradicted(contradictions)):
        level = int(np.clip(one.supported_level, STEPS[0] - 1, STEPS[-1] - 1))
        kpi = BY_KEY[one.function].headline if one.function in BY_KEY else ""
        question, effort = f"{one.dimension}-{level + 1}", EFFORT[level + 1]
        rows.append(
            (one.function, one.dimension, question, one.claim, level, one.rules, effort, kpi)
        )
    names = "function dimension question claim supported_level rules effort kpi"
    return pd.DataFrame(rows, columns=names.split())


def _is_among(rows: pd.DataFrame, others: pd.DataFrame) -> np.ndarray:
    known = set(zip(others["function"], others["question"], strict=True))
    pairs = zip(rows["function"], rows["question"], strict=True)
    return np.array([pair in known for pair in pairs], bool)


def own_effects(effects: pd.DataFrame) -> pd.DataFrame:
    """Pool each function's own initiatives, shown or not: a choice of the good ones would flatter.

    Returns
    -------
    DataFrame
        function, mean, low, high (relative improvement of the KPIs they were started for, 80 %,
        Paule and Mandel's random effects), initiatives.
    """
    rows = []
    known = effects[effects["kpi"].isin(list(KPIS))].dropna(
        subset=["relative", "relative_low", "relative_high"]
    )
    for function, part in known.groupby("function"):
        sign = np.array([_sign(kpi) for kpi in part["kpi"]])
        error = error_of(part["relative_low"], part["relative_high"], part["level"])
        usable = (sign != 0) & np.isfinite(error) & (error > 0)
        if usable.sum() < LEAST_INITIATIVES:
            continue
        effect = (sign * part["relative"].to_numpy(float))[usable]
        mean, spread = pool_effects(effect, error[usable])
        low, high = bounds(mean, spread, 100 * LEVEL)
        rows.append((str(function), mean, float(low), float(high), int(usable.sum())))
    return pd.DataFrame(rows, columns=["function", "mean", "low", "high", "initiatives"])


def _sign(kpi: str) -> int:
    better = KPIS[kpi].better
    return 0 if better is Better.BAND else 1 if better is Better.HIGHER else -1


def _tasks(snapshot: Snapshot) -> pd.DataFrame:
    tasks = snapshot["tasks"]
    running = tasks["status"].isin(["open", "doing", ""])
    late = running & (tasks["due"] < pd.Timestamp(snapshot.as_of))
    order = np.lexsort([tasks["due"].fillna(pd.Timestamp.max.floor("s")), ~running])
    return tasks.assign(late=late).iloc[order].reset_index(drop=True)
