"""The maturity model: dimensions, levels, questions and weights, read from ``model.yaml``.

Source of the pattern (content as data, joined by id): OWASP SAMM 2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from metrics.errors import InvalidInput

LEVELS = (1, 2, 3, 4, 5)
STEPS = (2, 3, 4, 5)
EVIDENCE_KINDS = ("assertion", "document", "system record", "kpi")


@dataclass(frozen=True)
class Level:
    """One rung: its number (1-5), name and idea."""

    number: int
    name: str
    idea: str


@dataclass(frozen=True)
class Option:
    """One answer a rater can choose, worth ``value`` in [0, 1]."""

    value: float
    label: str


@dataclass(frozen=True)
class AnswerSet:
    """Options shared by questions, in rising order of value."""

    key: str
    title: str
    options: tuple[Option, ...]

    @property
    def values(self) -> tuple[float, ...]:
        return tuple(option.value for option in self.options)


@dataclass(frozen=True)
class Question:
    """One step of one dimension: what must be true to stand on level ``step``."""

    id: str
    dimension: str
    step: int
    text: str
    answers: str
    criteria: tuple[str, ...]
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class Dimension:
    """One of the ten capabilities, with an anchor for each level and a question for each step.

    ``weight`` (> 0) is relative to 1; ``target`` is the level aimed at (1-5).
    """

    key: str
    title: str
    weight: float
    target: int
    anchors: tuple[str, ...]
    questions: tuple[Question, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True)
class MaturityModel:
    """The whole model at one version; ``adaptation`` is the client's difference, if any."""

    version: str
    title: str
    levels: tuple[Level, ...]
    answer_sets: Mapping[str, AnswerSet]
    evidence_noise: Mapping[str, float]
    dimensions: tuple[Dimension, ...]
    critical: tuple[str, ...]
    views: Mapping[str, tuple[str, ...]]
    lens: tuple[str, ...]
    constituencies: tuple[str, ...]
    sources: Mapping[str, str]
    function_weights: Mapping[str, float] = field(default_factory=dict)
    adaptation: Mapping[str, Any] = field(default_factory=dict)

    @property
    def questions(self) -> tuple[Question, ...]:
        """All questions, dimension by dimension."""
        return tuple(q for dimension in self.dimensions for q in dimension.questions)

    def question(self, key: str) -> Question:
        """Return one question; raises ``KeyError`` for an unknown id."""
        return {q.id: q for q in self.questions}[key]

    def dimension(self, key: str) -> Dimension:
        """Return one dimension; raises ``KeyError`` for an unknown key."""
        return {d.key: d for d in self.dimensions}[key]

    @property
    def lens_questions(self) -> tuple[str, ...]:
        """Ids of the questions that are asked for each constituency."""
        return tuple(q.id for q in self.questions if q.dimension in self.lens or q.id in self.lens)

    def adapt(
        self,
        *,
        weights: Mapping[str, float] | None = None,
        targets: Mapping[str, int] | None = None,
        dimensions: tuple[str, ...] | None = None,
        function_weights: Mapping[str, float] | None = None,
    ) -> MaturityModel:
        """Return the model as one client uses it; the difference is kept, not a copy.

        Parameters
        ----------
        weights, targets : mapping of dimension key, optional
            New weight (> 0) or target level (1-5) of a dimension.
        dimensions : tuple of str, optional
            Dimensions in scope; at least one critical dimension must stay.
        function_weights : mapping of function key, optional
            Weight (> 0) of a function in the enterprise score; others weigh 1.

        Raises
        ------
        InvalidInput
            If an id is unknown or a number outside its range.
        """
        weights, targets = dict(weights or {}), dict(targets or {})
        known = {d.key for d in self.dimensions}
        scope = known if dimensions is None else set(dimensions)
        for key in [*weights, *targets, *scope]:
            _require(key in known, "unknown_dimension", key=key)
        kept = tuple(
            replace(
                d, weight=float(weights.get(d.key, d.weight)), target=targets.get(d.key, d.target)
            )
            for d in self.dimensions
            if d.key in scope
        )
        names = ("weights", "targets", "dimensions", "function_weights")
        values = (weights, targets, dimensions, dict(function_weights or {}))
        adapted = replace(
            self,
            dimensions=kept,
            critical=tuple(key for key in self.critical if key in scope),
            views={
                view: tuple(key for key in keys if key in scope)
                for view, keys in self.views.items()
            },
            lens=tuple(key for key in self.lens if key.split("-")[0] in scope),
            function_weights=dict(function_weights or {}),
            adaptation={n: v for n, v in zip(names, values, strict=True) if v},
        )
        _validate(adapted)
        return adapted


@cache
def load_model(text: str | None = None) -> MaturityModel:
    """Read and check the model; the same text is read once.

    Parameters
    ----------
    text : str, optional
        YAML of a model; the one shipped in ``metrics/maturity/model.yaml`` by default.

    Raises
    ------
    InvalidInput
        With the code of the first broken id, weight, level or word.
    """
    if text is None:
        text = files("metrics.maturity").joinpath("model.yaml").read_text(encoding="utf-8")
    raw = yaml.safe_load(text)
    try:
        model = _build(raw)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise InvalidInput("model_incomplete", what=str(error)) from error
    _validate(model)
    return model


def _build(raw: Mapping[str, Any]) -> MaturityModel:
    sets = {
        key: AnswerSet(
            key, s["title"], tuple(Option(float(o["value"]), o["label"]) for o in s["options"])
        )
        for key, s in raw["answer_sets"].items()
    }
    return MaturityModel(
        version=str(raw["version"]),
        title=raw["title"],
        levels=tuple(Level(n, v["name"], v["idea"]) for n, v in raw["levels"].items()),
        answer_sets=sets,
        evidence_noise={k: float(v) for k, v in raw["evidence_noise"].items()},
        dimensions=tuple(_dimension(key, d) for key, d in raw["dimensions"].items()),
        critical=tuple(raw["critical"]),
        views={view: tuple(keys) for view, keys in raw["views"].items()},
        lens=tuple(raw["constituency_lens"]),
        constituencies=tuple(raw["constituencies"]),
        sources=dict(raw["sources"]),
    )


def _dimension(key: str, raw: Mapping[str, Any]) -> Dimension:
    _require(tuple(raw["levels"]) == LEVELS, "levels_not_whole", key=key)
    _require(tuple(raw["questions"]) == STEPS, "steps_not_whole", key=key)
    return Dimension(
        key=key,
        title=raw["title"],
        weight=float(raw["weight"]),
        target=raw["target"],
        anchors=tuple(raw["levels"].values()),
        questions=tuple(
            Question(
                f"{key}-{step}",
                key,
                step,
                q["text"],
                q["answers"],
                tuple(q["criteria"]),
                tuple(q["evidence"]),
            )
            for step, q in raw["questions"].items()
        ),
        sources=tuple(raw["sources"]),
    )


def _validate(model: MaturityModel) -> None:
    keys = {d.key for d in model.dimensions}
    ids = {q.id for q in model.questions}
    _require(bool(model.version) and bool(keys), "model_incomplete", what="version, dimensions")
    _require(tuple(level.number for level in model.levels) == LEVELS, "levels_not_whole", key="")
    _require(bool(model.critical), "no_critical_dimension")
    for key in (*model.critical, *(k for view in model.views.values() for k in view)):
        _require(key in keys, "unknown_dimension", key=key)
    for key in model.lens:
        _require(key in keys | ids, "unknown_question", key=key)
    _require(
        set(model.evidence_noise) == set(EVIDENCE_KINDS)
        and all(0 < tau < 1 for tau in model.evidence_noise.values()),
        "evidence_noise_not_whole",
    )
    for answer_set in model.answer_sets.values():
        rising = all(a < b for a, b in zip(answer_set.values, answer_set.values[1:], strict=False))
        whole = rising and answer_set.values[0] == 0 and answer_set.values[-1] == 1
        _require(whole, "answer_set_not_whole", key=answer_set.key)
    for dimension in model.dimensions:
        _check_dimension(dimension, model)
    for function, weight in model.function_weights.items():
        _require(weight > 0, "weight_not_positive", key=function, value=weight)


def _check_dimension(dimension: Dimension, model: MaturityModel) -> None:
    key = dimension.key
    _require(dimension.weight > 0, "weight_not_positive", key=key, value=dimension.weight)
    _require(dimension.target in LEVELS, "target_off_scale", key=key, value=dimension.target)
    for source in dimension.sources:
        _require(source in model.sources, "unknown_source", key=key, value=source)
    words = [dimension.title, *dimension.anchors]
    for question in dimension.questions:
        known = question.answers in model.answer_sets
        _require(known, "unknown_answer_set", key=question.id, value=question.answers)
        _require(bool(question.criteria) and bool(question.evidence), "words_missing", key=key)
        words += [question.text, *question.criteria, *question.evidence]
    _require(all(isinstance(w, str) and w.strip() for w in words), "words_missing", key=key)


def _require(holds: bool, code: str, **facts: Any) -> None:
    if not holds:
        raise InvalidInput(code, **facts)
