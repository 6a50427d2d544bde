"""Answers as they come in: what can be scored, and what was wrong with the rest.

Nothing here raises for data. A finding is ``(code, facts)``; ``words`` holds the sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from metrics.errors import InvalidInput
from metrics.frames.frame import iterate_rows
from metrics.maturity.model import EVIDENCE_KINDS, MaturityModel
from metrics.maturity.uncertainty import Ratings

COLUMNS = (
    "wave",
    "model_version",
    "rater",
    "rater_role",
    "rater_function",
    "function",
    "constituency",
    "question",
    "value",
    "state",
    "stage",
    "evidence",
    "evidence_kind",
)
ANSWERED, NOT_APPLICABLE, DONT_KNOW = "answered", "not applicable", "don't know"
STATES = (ANSWERED, NOT_APPLICABLE, DONT_KNOW)
BEFORE, AFTER = "before", "after"
LEAST_RATERS = 3
MARKETING = "marketing"
_CONTINUOUS_STEP = 0.02


class AnswerRemark(NamedTuple):
    """What was wrong with the answers: a code and the facts of its sentence."""

    code: str
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Clean:
    """Answers that can be used.

    ``before`` holds each rater's independent answer (for agreement), ``final`` the one that
    counts (after discussion where there was one); ``not_applicable`` the (function, question)
    pairs left out; ``mute`` the functions in which every answer was *don't know*.
    """

    before: pd.DataFrame
    final: pd.DataFrame
    not_applicable: frozenset[tuple[str, str]]
    mute: tuple[str, ...]
    findings: tuple[AnswerRemark, ...]


def clean(
    answers: pd.DataFrame,
    model: MaturityModel,
    functions_in_scope: tuple[str, ...],
    not_applicable: Mapping[str, str],
    wave: str | None,
) -> Clean:
    """Keep what can be scored of one wave (the last one by default).

    Raises
    ------
    InvalidInput
        If a column is missing: that is a fault of the program, not of the data.
    """
    missing = [c for c in COLUMNS if c not in answers.columns]
    if missing:
        raise InvalidInput("column_missing", columns=missing)
    frame = answers[list(COLUMNS)].reset_index(drop=True)
    frame["value"] = pd.to_numeric(frame["value"], errors="coerce")
    frame["constituency"] = frame["constituency"].fillna("all").replace("", "all")
    if len(frame):
        frame = frame[frame["wave"] == (frame["wave"].max() if wave is None else wave)]
    findings: list[AnswerRemark] = []
    frame = _known(frame, model, functions_in_scope, findings)
    frame = _valid(frame, findings)
    left_out = _not_applicable(frame, model, functions_in_scope, not_applicable, findings)
    pairs = zip(frame["function"], frame["question"], strict=True)
    frame = frame[np.array([pair not in left_out for pair in pairs], bool)]
    mute = tuple(
        str(f) for f, part in frame.groupby("function") if (part["state"] == DONT_KNOW).all()
    )
    findings += [AnswerRemark("all_dont_know", {"function": f}) for f in mute]
    frame = frame[frame["state"] == ANSWERED]
    findings += rater_mix(frame)
    key = ["rater", "function", "constituency", "question"]
    late = frame["stage"].eq(AFTER)
    final = frame.loc[late.sort_values(kind="stable").index].drop_duplicates(key, keep="last")
    return Clean(frame[~late], final, left_out, mute, tuple(findings))


def _known(
    frame: pd.DataFrame, model: MaturityModel, scope: tuple[str, ...], findings: list[AnswerRemark]
) -> pd.DataFrame:
    """Drop unknown questions and functions out of scope; keep a rater's last word."""
    ids = {q.id for q in model.questions}
    for column, known, code in (
        ("question", ids, "unknown_question"),
        ("function", set(scope), "function_out_of_scope"),
    ):
        bad = ~frame[column].isin(list(known))
        for name, count in frame.loc[bad, column].astype(str).value_counts().items():
            findings.append(AnswerRemark(code, {column: str(name), "rows": int(count)}))
        frame = frame[~bad]
    key = ["rater", "function", "constituency", "question", "stage"]
    twice = frame.duplicated(key, keep="last")
    for (rater, function), part in frame[twice].groupby(["rater", "function"]):
        facts = {"rater": str(rater), "function": str(function), "rows": len(part)}
        findings.append(AnswerRemark("rater_twice", facts))
    return frame[~twice]


def _valid(frame: pd.DataFrame, findings: list[AnswerRemark]) -> pd.DataFrame:
    """Drop states and values that mean nothing; unknown evidence counts as assertion."""
    wrong_state = ~frame["state"].isin(STATES)
    answered = frame["state"].eq(ANSWERED)
    empty = answered & frame["value"].isna()
    off = answered & ~empty & ~frame["value"].between(0, 1)
    for bad, code in (
        (wrong_state, "unknown_state"),
        (empty, "answer_without_value"),
        (off, "value_off_scale"),
    ):
        for row in iterate_rows(frame[bad]):
            facts = {"rater": row.rater, "function": row.function, "question": row.question}
            findings.append(AnswerRemark(code, {**facts, "value": row.value, "state": row.state}))
    frame = frame[~(wrong_state | empty | off)].copy()
    strange = frame["state"].eq(ANSWERED) & ~frame["evidence_kind"].isin(EVIDENCE_KINDS)
    if strange.any():
        findings.append(AnswerRemark("evidence_taken_as_assertion", {"rows": int(strange.sum())}))
        frame.loc[strange, "evidence_kind"] = "assertion"
    return frame


def _not_applicable(
    frame: pd.DataFrame,
    model: MaturityModel,
    scope: tuple[str, ...],
    reasons: Mapping[str, str],
    findings: list[AnswerRemark],
) -> frozenset[tuple[str, str]]:
    """Return the pairs left out: by a key of ``reasons``, or because every rater said so.

    A key is a function, a dimension, a question, or ``function:dimension`` and
    ``function:question``.
    """
    out: set[tuple[str, str]] = set()
    known = {q.id for q in model.questions} | {d.key for d in model.dimensions}
    for key, reason in reasons.items():
        function, _, item = key.partition(":")
        if not item and function in known:
            function, item = "", function
        if (function and function not in scope) or (item and item not in known):
            findings.append(AnswerRemark("unknown_not_applicable", {"key": key}))
        elif not str(reason).strip():
            findings.append(AnswerRemark("not_applicable_without_reason", {"key": key}))
        else:
            chosen = [q.id for q in model.questions if item in ("", q.id, q.dimension)]
            out |= {(f, q) for f in scope if function in ("", f) for q in chosen}
    said = frame[frame["state"] != DONT_KNOW]
    held = said.loc[said["state"] == ANSWERED, ["function", "question"]].drop_duplicates()
    held = set(held.itertuples(index=False, name=None))
    for pair, part in said[said["state"] == NOT_APPLICABLE].groupby(["function", "question"]):
        if pair in held:
            continue
        facts = {"function": str(pair[0]), "question": str(pair[1])}
        if part["evidence"].fillna("").str.strip().eq("").all():
            findings.append(AnswerRemark("not_applicable_without_reason", facts))
        else:
            out.add((str(pair[0]), str(pair[1])))
    return frozenset(out)


def rater_mix(frame: pd.DataFrame) -> list[AnswerRemark]:
    """Warn of functions with few raters, none from outside, or too many from marketing."""
    findings: list[AnswerRemark] = []
    for function, part in frame.groupby("function"):
        raters = part.drop_duplicates("rater")
        n = len(raters)
        home = raters["rater_function"].fillna("").str.lower()
        facts = {"function": str(function), "raters": n}
        if n == 1:
            findings.append(AnswerRemark("one_rater", facts))
        elif n < LEAST_RATERS:
            findings.append(AnswerRemark("few_raters", {**facts, "need": LEAST_RATERS}))
        if not (home.ne(str(function).lower()) & home.ne("")).any():
            findings.append(AnswerRemark("no_outside_rater", facts))
        marketing = int(home.eq(MARKETING).sum())
        if marketing > n / 2:
            findings.append(AnswerRemark("marketing_majority", {**facts, "marketing": marketing}))
    return findings


@dataclass(frozen=True)
class AnswerCells:
    """Function, question and constituency of each cell, and its answers as ratings.

    ``function`` and ``question`` index the given functions and the questions of the model.
    ``mean`` is the raters' mean per cell (NaN without answer), ``count`` their number.
    """

    function: np.ndarray
    question: np.ndarray
    constituency: tuple[str, ...]
    mean: np.ndarray
    count: np.ndarray
    ratings: Ratings


def cells(
    final: pd.DataFrame, model: MaturityModel, clean_: Clean, functions: list[str]
) -> AnswerCells:
    """Arrange answers of ``functions`` by cell; applicable questions without answer get one too."""
    questions = model.questions
    number = {q.id: i for i, q in enumerate(questions)}
    place = {f: i for i, f in enumerate(functions)}
    final = final[final["function"].isin(functions)]
    keys = pd.MultiIndex.from_frame(final[["function", "question", "constituency"]])
    codes, unique = pd.factorize(keys)
    triples = [tuple(map(str, key)) for key in unique]
    have = {(f, q) for f, q, _ in triples}
    triples += [
        (f, q.id, "all")
        for f in functions
        for q in questions
        if (f, q.id) not in have and (f, q.id) not in clean_.not_applicable
    ]
    function = np.array([place[f] for f, _, _ in triples], int)
    question = np.array([number[q] for _, q, _ in triples], int)
    values = final["value"].to_numpy(float)
    count = np.bincount(codes, minlength=len(triples))
    with np.errstate(invalid="ignore"):
        mean = np.bincount(codes, values, len(triples)) / count
    asked = question[codes]
    lower, upper = _ranges(values, asked, model)
    step = np.array([q.step for q in questions]) - 2
    order = {d.key: i for i, d in enumerate(model.dimensions)}
    dimension = np.array([order[q.dimension] for q in questions])
    ratings = Ratings(
        cell=codes.astype(np.int64),
        rater=pd.factorize(final["rater"])[0].astype(np.int64),
        kind=pd.Categorical(final["evidence_kind"], categories=EVIDENCE_KINDS).codes.astype(
            np.int64
        ),
        lower=lower,
        upper=upper,
        step=step[question],
        function=function,
        group=function * len(order) + dimension[question],
        noise=np.array([model.evidence_noise[k] for k in EVIDENCE_KINDS]),
    )
    return AnswerCells(function, question, tuple(c for _, _, c in triples), mean, count, ratings)


def _ranges(
    values: np.ndarray, asked: np.ndarray, model: MaturityModel
) -> tuple[np.ndarray, np.ndarray]:
    """Return the perceptions that lead to each answer: halfway to the neighbouring options.

    A question with an answer between options was answered on the continuous scale.
    """
    lower, upper = np.empty(len(values)), np.empty(len(values))
    for code in np.unique(asked):
        options = np.array(model.answer_sets[model.questions[code].answers].values)
        mine = asked == code
        given = values[mine]
        between = np.abs(given[:, None] - options).min(axis=1) > 1e-9
        if between.any():
            options = np.arange(0, 1 + 1e-9, _CONTINUOUS_STEP)
        middle = (options[1:] + options[:-1]) / 2
        edges = np.concatenate([[-np.inf], middle, [np.inf]])
        nearest = np.abs(given[:, None] - options).argmin(axis=1)
        lower[mine], upper[mine] = edges[nearest], edges[nearest + 1]
    return lower, upper
