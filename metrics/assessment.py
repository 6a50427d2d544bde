"""The maturity part of a report: the latest wave scored, held against the data and the wave before.

Everything a page shows of maturity follows from here, so that a slide and a file say the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from metrics.assumptions import Assumptions
from metrics.maturity import MaturityModel, MaturityScores, load_model, score
from metrics.maturity.contradiction import Contradiction, confront, measure
from metrics.maturity.gates import Gate, judge
from metrics.maturity.inputs import Inputs
from metrics.maturity.roadmap import next_steps
from metrics.maturity.waves import change
from metrics.model import Snapshot


@dataclass(frozen=True)
class MaturityPart:
    """Maturity of the latest wave.

    ``dimensions``, ``functions``, ``levels``, ``questions``, ``views`` (people, process,
    technology), ``constituencies`` and ``agreement`` as in ``metrics.maturity.MaturityScores``.

    Attributes
    ----------
    contradictions : DataFrame
        One row per rule and function: ``verdict``, ``supported_level``, measured ``value``,
        ``threshold``, the ``claim`` and the level ``from_level`` the rule speaks of.
    gates : DataFrame
        ``gate``, ``verdict``, ``advice`` (code), ``facts`` (JSON text), ``rows`` of evidence.
    next_steps : DataFrame
        As ``metrics.maturity.roadmap.next_steps``.
    changes : DataFrame
        As ``metrics.maturity.waves.change``, between ``earlier_wave`` and ``wave``.
    earlier : DataFrame
        ``function``, ``dimension``, ``published`` of the earlier wave, held against the same
        data as the latest, so that a cap alone never looks like a fall.
    """

    dimensions: pd.DataFrame
    functions: pd.DataFrame
    levels: pd.DataFrame
    questions: pd.DataFrame
    views: pd.DataFrame
    constituencies: pd.DataFrame
    agreement: pd.DataFrame
    contradictions: pd.DataFrame
    gates: pd.DataFrame
    next_steps: pd.DataFrame
    changes: pd.DataFrame
    earlier: pd.DataFrame
    enterprise: dict[str, Any]
    findings: list[dict[str, Any]]
    wave: str
    earlier_wave: str
    model_version: str


def maturity(snapshot: Snapshot, assumptions: Assumptions) -> MaturityPart:
    """Score the latest wave of answers and what follows from it."""
    model, answers = load_model(), snapshot["answers"]
    scope = snapshot.profile.functions
    rate = partial(
        score, answers, model, functions_in_scope=scope,
        not_applicable=dict(snapshot.profile.not_applicable), seed=assumptions.whole("seed"),
    )  # fmt: skip
    evidence = measure(contributions=snapshot["contributions"], initiatives=snapshot["initiatives"])
    contradictions = confront(rate(draws=0).dimensions, evidence)
    scores = rate(contradictions=contradictions)
    waves = sorted(set(answers["wave"]))
    earlier = waves[-2] if len(waves) > 1 else ""
    before = pd.DataFrame({"function": [], "dimension": [], "published": []})
    changed = pd.DataFrame()
    if earlier:
        claims = rate(draws=0, wave=earlier).dimensions
        held = rate(draws=0, wave=earlier, contradictions=confront(claims, evidence))
        before = held.dimensions[["function", "dimension", "published"]]
        changed = change(answers, model, functions_in_scope=scope, earlier=earlier, later=waves[-1])
    return MaturityPart(
        dimensions=scores.dimensions, functions=scores.functions, levels=scores.levels,
        questions=scores.questions, views=scores.people_process_technology,
        constituencies=scores.by_constituency, agreement=scores.agreement,
        contradictions=_contradictions(contradictions),
        gates=_gates(judge(_inputs(snapshot, scores))),
        next_steps=_steps(scores, model),
        changes=changed, earlier=before,
        enterprise=vars(scores.enterprise)
        | {"levels": {str(k): v for k, v in scores.enterprise.levels.items()}},
        findings=[{"code": f.code, "facts": dict(f.facts)} for f in scores.findings],
        wave=waves[-1] if waves else "", earlier_wave=earlier,
        model_version=scores.model_version,
    )  # fmt: skip


def _inputs(snapshot: Snapshot, scores: MaturityScores) -> Inputs:
    frames = {name: snapshot[name] for name in ("answers", "contributions", "initiatives")}
    return Inputs(frames | {"dimensions": scores.dimensions}, pd.Timestamp(snapshot.as_of))


def _steps(scores: MaturityScores, model: MaturityModel) -> pd.DataFrame:
    # Without a scored function there is nothing to step up from.
    return next_steps(scores, model) if len(scores.dimensions) else pd.DataFrame()


def _contradictions(found: Iterable[Contradiction]) -> pd.DataFrame:
    rows = [
        (c.rule, c.function, c.dimension, c.verdict, float(c.supported_level),
         *(float(c.facts[name]) for name in ("value", "threshold", "claim", "from_level")))
        for c in found
    ]  # fmt: skip
    names = "rule function dimension verdict supported_level value threshold claim from_level"
    return pd.DataFrame(rows, columns=names.split())


def _gates(found: Iterable[Gate]) -> pd.DataFrame:
    rows = [
        (g.key, g.verdict, g.advice, json.dumps({k: _plain(v) for k, v in g.facts.items()}),
         len(g.evidence))
        for g in found
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["gate", "verdict", "advice", "facts", "rows"])


def _plain(value: Any) -> Any:
    """Numbers of numpy as Python's; a number that is not there as null."""
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else None
    return int(value) if isinstance(value, np.integer) else value
