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
from metrics.frames.frame import iterate_rows
from metrics.frames.register import REGISTER
from metrics.maturity import MaturityModel, MaturityScores, load_model, score
from metrics.maturity.adaptation import Adapted, adapt
from metrics.maturity.answers import AnswerRemark
from metrics.maturity.bias import bias_views
from metrics.maturity.contradiction import Contradiction, confront, kpi_evidence, measure
from metrics.maturity.gates import Gate, judge
from metrics.maturity.inputs import Inputs
from metrics.maturity.movement import movement, paired_change
from metrics.maturity.waves import change
from metrics.measures.part import MeasuresPart
from metrics.model import ALL, Snapshot
from metrics.practice.part import network
from metrics.tuning.running import LoopPart

EVIDENCE_ROWS = 50
"""Rows of evidence kept with each gate."""
GATE_FRAMES = ("answers", "contributions", "initiatives", *(frame.name for frame in REGISTER))


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
        ``gate``, ``verdict``, ``advice`` (code), ``facts`` (JSON text), ``rows`` of evidence and
        the first fifty of them in ``evidence`` (JSON list of objects).
    changes : DataFrame
        As ``metrics.maturity.waves.change``, between ``earlier_wave`` and ``wave``.
    earlier : DataFrame
        ``function``, ``dimension``, ``published`` of the earlier wave, held against the same
        data as the latest, so that a cap alone never looks like a fall.
    moved : DataFrame
        Why the score moved: as ``metrics.maturity.movement.movement``.
    moved_company : dict
        Start, end and the paired change of the raters of both waves.
    bias : DataFrame
        As ``metrics.maturity.bias.bias_views``, of the latest wave.
    history : DataFrame
        wave, version, basis ("given": the model as it was then; "now"), function ("all": the
        company), published, low, high.
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
    changes: pd.DataFrame
    earlier: pd.DataFrame
    moved: pd.DataFrame
    moved_company: dict[str, Any]
    bias: pd.DataFrame
    history: pd.DataFrame
    enterprise: dict[str, Any]
    findings: list[dict[str, Any]]
    wave: str
    earlier_wave: str
    model_version: str


NOW, GIVEN = "now", "given"
DRAWS, HISTORY_DRAWS = 2000, 500


def model_of(snapshot: Snapshot, wave: str | None = None) -> Adapted:
    """Return the model, rules and gates a client uses, or used in a wave."""
    return adapt(load_model(), snapshot["adaptations"], wave)


def maturity(
    snapshot: Snapshot, assumptions: Assumptions, loop: LoopPart, measured: MeasuresPart
) -> MaturityPart:
    """Score the latest wave of answers and what follows from it.

    What KPIs and the loop's own figures say is evidence beside what the records say.
    """
    used, answers = model_of(snapshot), snapshot["answers"]
    scope, waves = snapshot.profile.functions, sorted(set(answers["wave"]))
    wave, earlier = (waves[-1] if waves else ""), (waves[-2] if len(waves) > 1 else "")
    evidence = measure(
        contributions=snapshot["contributions"],
        initiatives=snapshot["initiatives"],
        people=snapshot["people"],
        participation=network(snapshot),
        as_of=pd.Timestamp(snapshot.as_of),
    )
    said = kpi_evidence(measured.values, measured.changes)
    evidence = pd.concat([evidence, said, loop.evidence], ignore_index=True)
    rate = partial(_score_wave, snapshot, evidence, seed=assumptions.whole("seed"))
    scores = rate(used, wave or None, draws=DRAWS)
    scored = {at: rate(used, at, draws=HISTORY_DRAWS) for at in waves[:-1]}
    scored |= {wave: scores} if wave else {}
    before = pd.DataFrame({"function": [], "dimension": [], "published": []})
    changed = moved = pd.DataFrame()
    company: dict[str, Any] = {}
    if earlier:
        before = scored[earlier].dimensions[["function", "dimension", "published"]]
        mine = in_model(answers, used.model)
        changed = change(mine, used.model, functions_in_scope=scope, earlier=earlier, later=wave)
        moved = movement(scored[earlier], scores, used.model)
        company = {
            "start": scored[earlier].enterprise.value,
            "end": scores.enterprise.value,
            **paired_change(mine, used.model, scope, earlier, wave),
        }
    return MaturityPart(
        dimensions=_fill_reasons(scores.dimensions),
        functions=_fill_reasons(scores.functions),
        levels=scores.levels,
        questions=scores.questions,
        views=scores.people_process_technology,
        constituencies=scores.by_constituency,
        agreement=_fill_reasons(scores.agreement),
        contradictions=_contradictions(scores.contradictions),
        gates=_gates(judge(_inputs(snapshot, scores), used.gates)),
        changes=changed,
        earlier=before,
        moved=moved,
        moved_company=company,
        bias=bias_views(answers[answers["wave"] == wave]),
        history=_history(snapshot, scored, rate),
        enterprise=vars(scores.enterprise)
        | {"levels": {str(k): v for k, v in scores.enterprise.levels.items()}},
        findings=[
            {"code": f.code, "facts": dict(f.facts)}
            for f in (*used.findings, *_other_versions(answers), *scores.findings)
        ],
        wave=wave,
        earlier_wave=earlier,
        model_version=scores.model_version,
    )


def _fill_reasons(frame: pd.DataFrame) -> pd.DataFrame:
    """No reason is '', so that it stays no reason when the part is kept and read again."""
    return frame.assign(reason=frame["reason"].fillna("").astype("str"))


def _score_wave(
    snapshot: Snapshot,
    evidence: pd.DataFrame,
    used: Adapted,
    wave: str | None,
    *,
    draws: int,
    seed: int,
) -> MaturityScores:
    """Score a wave under a model, held against the data."""
    return score(
        in_model(snapshot["answers"], used.model),
        used.model,
        functions_in_scope=snapshot.profile.functions,
        not_applicable=dict(snapshot.profile.not_applicable),
        contradictions=lambda claims: confront(claims, evidence, used.rules),
        wave=wave,
        seed=seed,
        draws=draws,
    )


def in_model(answers: pd.DataFrame, model: MaturityModel) -> pd.DataFrame:
    """Leave out answers of dimensions the client took out of scope; unknown ids stay and show."""
    out = {q.id for q in load_model().questions} - {q.id for q in model.questions}
    return answers[~answers["question"].isin(list(out))] if out else answers


def _other_versions(answers: pd.DataFrame) -> list[AnswerRemark]:
    """Answers to another edition of the model are scored by their question ids, and say so."""
    shipped = load_model().version
    count = answers["model_version"].str.split("+").str[0].value_counts()
    return [
        AnswerRemark("other_version", {"version": str(version), "now": shipped, "rows": int(n)})
        for version, n in count.items()
        if version not in ("", shipped)
    ]


def _history(snapshot: Snapshot, scored: dict[str, MaturityScores], rate: Any) -> pd.DataFrame:
    """List every wave under the model of today and, where it differed, under its own."""
    rows = []
    for wave, scores in scored.items():
        rows += _score_rows(wave, NOW, scores)
        then = model_of(snapshot, wave)
        if then.model.version != scores.model_version:
            rows += _score_rows(wave, GIVEN, rate(then, wave, draws=HISTORY_DRAWS))
    names = "wave version basis function published low high"
    return pd.DataFrame(rows, columns=names.split())


def _score_rows(wave: str, basis: str, scores: MaturityScores) -> list[tuple]:
    company = scores.enterprise
    stem = (wave, scores.model_version, basis)
    return [(*stem, ALL, company.value, company.low, company.high)] + [
        (*stem, row.function, row.published, row.low, row.high)
        for row in iterate_rows(scores.functions)
    ]


def _inputs(snapshot: Snapshot, scores: MaturityScores) -> Inputs:
    frames = {name: snapshot[name] for name in GATE_FRAMES}
    return Inputs(frames | {"dimensions": scores.dimensions}, pd.Timestamp(snapshot.as_of))


def _contradictions(found: Iterable[Contradiction]) -> pd.DataFrame:
    rows = [
        (
            c.rule,
            c.function,
            c.dimension,
            c.verdict,
            float(c.supported_level),
            *(float(c.facts[name]) for name in ("value", "threshold", "claim", "from_level")),
        )
        for c in found
    ]
    names = "rule function dimension verdict supported_level value threshold claim from_level"
    return pd.DataFrame(rows, columns=names.split())


def _gates(found: Iterable[Gate]) -> pd.DataFrame:
    rows = [
        (
            g.key,
            g.verdict,
            g.advice,
            json.dumps({k: _plain_number(v) for k, v in g.facts.items()}),
            len(g.evidence),
            _rows(g.evidence),
        )
        for g in found
    ]
    return pd.DataFrame(rows, columns=["gate", "verdict", "advice", "facts", "rows", "evidence"])


def _rows(evidence: pd.DataFrame) -> str:
    shown = evidence.head(EVIDENCE_ROWS).dropna(axis=1, how="all")
    return shown.to_json(orient="records", date_format="iso", double_precision=6)


def _plain_number(value: Any) -> Any:
    """Numbers of numpy as Python's; a number that is not there as null."""
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else None
    return int(value) if isinstance(value, np.integer) else value
