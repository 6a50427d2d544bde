"""The form a manager fills in: one dimension at a time, saved as one goes, resumed by link.

The rater is a pseudonym made here. The address holds wave, rater, function, role and part, so the
link alone brings somebody back to where they were.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from loop import entries, uploads
from metrics.functions import FUNCTIONS
from metrics.functions import title as function_title
from metrics.maturity import MaturityModel, load_model
from metrics.maturity.answers import ANSWERED, BEFORE, DONT_KNOW, NOT_APPLICABLE
from metrics.maturity.model import EVIDENCE_KINDS, Dimension, Question
from metrics.model import ALL
from ui.door import session, writes
from ui.door.incoming import file_field
from ui.look import writing
from words import knows, say

MINUTES = 10
"""What the whole form takes; the minutes left are its share of open parts."""
OTHER, OUTSIDE = "company", "outside"
DOCUMENT = EVIDENCE_KINDS[1]
FILE_STEM = "Evidence"
LARGEST_FILE = 20
"""Megabytes of one file of evidence."""
SPECIAL = {DONT_KNOW: "maturity.assess.dont_know", NOT_APPLICABLE: "maturity.assess.not_applicable"}


@dataclass(frozen=True)
class Rater:
    """Who answers, as the address says it: a pseudonym, the role shown, where they work."""

    key: str
    role: str
    home: str
    wave: str
    function: str


def rater(current: session.Session) -> Rater | None:
    """Return who the address speaks of, or None when the form has yet to begin.

    What was saved before is believed more than the address.
    """
    wanted = {k: st.query_params.get(k, "") for k in ("rater", "wave", "function", "role", "home")}
    if not wanted["rater"] or not wanted["wave"]:
        return None
    if wanted["function"] not in current.profile.functions:
        st.warning(say("maturity.assess.unknown_link"))
        return None
    answers = _answers(current)
    mine = answers[answers["rater"] == wanted["rater"]]
    if len(mine):
        wanted |= {"role": mine["rater_role"].iloc[-1], "home": mine["rater_function"].iloc[-1]}
    return Rater(
        wanted["rater"], wanted["role"], wanted["home"], wanted["wave"], wanted["function"]
    )


def begin(current: session.Session) -> None:
    """Ask for function, role and wave; make a pseudonym and put it into the address."""
    scope = current.profile.functions
    wanted = session.from_address("function", scope, scope[0])
    with st.form("begin", border=False, width=480):
        function = st.selectbox(
            say("maturity.assess.function"),
            scope,
            index=scope.index(wanted),
            format_func=function_title,
        )
        role = st.text_input(
            say("maturity.assess.role"), max_chars=60, help=say("maturity.assess.role_help")
        ).strip()
        home = st.selectbox(
            say("maturity.assess.home"),
            [*(f.key for f in FUNCTIONS), OTHER, OUTSIDE],
            format_func=_home_title,
        )
        wave = st.selectbox(say("maturity.assess.wave"), _waves(current))
        if not st.form_submit_button(say("maturity.assess.begin"), type="primary"):
            return
    if not role:
        st.error(say("maturity.assess.role_missing"))
        return
    session.to_address(
        rater=f"R-{secrets.token_hex(3)}",
        role=role,
        home=str(home),
        wave=str(wave),
        function=str(function),
    )
    st.query_params.pop("part", None)
    st.rerun()


def _home_title(key: str) -> str:
    names = {OTHER: "maturity.assess.home_other", OUTSIDE: "maturity.assess.home_outside"}
    return say(names[key]) if key in names else function_title(key)


def _waves(current: session.Session) -> list[str]:
    """Return the wave that is running (the latest) and, if newer, the month of the data."""
    known = sorted(set(_answers(current)["wave"]))[-1:]
    month = f"{current.snapshot.as_of:%Y-%m}"
    return list(dict.fromkeys([*known, *([month] if not known or month > known[0] else [])]))


def _answers(current: session.Session) -> pd.DataFrame:
    return current.snapshot["answers"]


def form(current: session.Session, who: Rater) -> None:
    """Show progress, the link to resume by, and the part the address asks for."""
    model = load_model()
    answers = _answers(current)
    given = answers[
        (answers["rater"] == who.key)
        & (answers["wave"] == who.wave)
        & (answers["function"] == who.function)
    ]
    whom = session.from_address("whom", (ALL, *current.profile.constituencies), ALL)
    asked_of = _questions_for(model, whom)
    mine = given[given["constituency"] == whom].set_index("question")
    saved = [
        key for key, questions in asked_of.items() if all(q.id in mine.index for q in questions)
    ]
    everything = list(asked_of)
    st.subheader(function_title(who.function), anchor=False)
    _progress(len(saved), len(everything), len(model.dimensions))
    writes.message()
    if len(saved) == len(everything):
        _show_thanks()
        _offer_other_questions(current, given, model)
    unsaved = [key for key in everything if key not in saved]
    asked = session.from_address("part", tuple(everything), (unsaved or everything)[0])
    titles = {
        d.key: say(
            f"maturity.assess.part_{'saved' if d.key in saved else 'open'}", number=i, title=d.title
        )
        for i, d in enumerate((model.dimension(key) for key in everything), 1)
    }
    chosen = st.selectbox(
        say("maturity.assess.part"),
        everything,
        index=everything.index(asked),
        format_func=titles.__getitem__,
        key=f"part-{who.key}-{whom}-{asked}-{len(saved)}",
    )
    if chosen != asked:
        session.to_address(part=chosen)
        st.rerun()
    session.to_address(part=asked)
    dimension = model.dimension(asked)
    with st.container(key="narrow-levels"), st.expander(say("maturity.assess.levels")):
        _levels(dimension, model)
    left, right = st.columns([3, 2], gap="large")
    with left:
        if whom != ALL:
            st.write(say("maturity.assess.whom", whom=_group(whom)))
        _part(current, who, dimension, asked_of[asked], whom, model, mine, unsaved)
    with right, st.container(key="wide-levels"):
        st.markdown(f"**{say('maturity.assess.levels')}**")
        _levels(dimension, model)
    _link(who)


def _questions_for(model: MaturityModel, whom: str) -> dict[str, tuple[Question, ...]]:
    """Return the questions by dimension: all of them, or those asked for one constituency."""
    lens = set(model.lens_questions)
    asked = {
        d.key: tuple(q for q in d.questions if whom == ALL or q.id in lens)
        for d in model.dimensions
    }
    return {key: questions for key, questions in asked.items() if questions}


def _group(key: str) -> str:
    """Return the words for a constituency, the client's own if it is not one of the model's."""
    known = f"maturity.whom.{key}"
    return say(known) if knows(known) else key


def _offer_other_questions(
    current: session.Session, given: pd.DataFrame, model: MaturityModel
) -> None:
    """Offer the questions that differ by whom one works with, once the form is complete."""
    writing.show_quiet(say("maturity.assess.whom_about", n=len(model.lens_questions)))
    with st.container(horizontal=True):
        for key in current.profile.constituencies:
            done = (given["constituency"] == key).sum() >= len(model.lens_questions)
            code = "saved" if done else "open"
            name = _group(key)
            if st.button(say(f"maturity.assess.whom_{code}", whom=name), key=f"whom-{key}"):
                st.query_params.pop("part", None)
                session.to_address(whom=key)
                st.rerun()


def _progress(done: int, everything: int, whole: int) -> None:
    minutes = max(1, round(MINUTES * (everything - done) / whole))
    code = "progress" if done in (0, everything) else "progress_left"
    words = say(f"maturity.assess.{code}", done=done, all=everything, minutes=minutes)
    st.progress(done / everything, text=words)


def _show_thanks() -> None:
    st.success(say("maturity.assess.done"))
    with st.container(horizontal=True):
        st.page_link("pages/maturity.py", label=say("maturity.assess.look"))
        if st.button(say("maturity.assess.again"), type="tertiary"):
            for key in ("rater", "part", "whom"):
                st.query_params.pop(key, None)
            st.rerun()


def _levels(dimension: Dimension, model: MaturityModel) -> None:
    for level, anchor in zip(model.levels, dimension.anchors, strict=True):
        writing.show_quiet(
            say("maturity.level", level=level.number, name=level.name) + ". " + anchor
        )


def _link(who: Rater) -> None:
    """Show the address that brings this rater back to this place."""
    writing.show_quiet(say("maturity.assess.link_about", rater=who.key, role=who.role or "–"))
    address = f"{st.context.url or ''}?{urlencode(st.query_params.to_dict())}"
    st.caption(say("maturity.assess.link"))
    st.code(address, language=None, wrap_lines=True)


def _part(
    current: session.Session,
    who: Rater,
    dimension: Dimension,
    questions: tuple[Question, ...],
    whom: str,
    model: MaturityModel,
    mine: pd.DataFrame,
    unsaved: list[str],
) -> None:
    stem = f"{who.key}-{who.function}-{dimension.key}-{whom}"
    with st.form(stem, border=False):
        given = {
            q.id: _question(
                q,
                model,
                mine.loc[[q.id]].iloc[-1] if q.id in mine.index else None,
                f"{stem}-{q.id}",
            )
            for q in questions
        }
        files = file_field(
            say("maturity.assess.files"),
            None,
            accept_multiple_files=True,
            key=f"{stem}-files",
            max_upload_size=LARGEST_FILE,
            help=say("maturity.assess.files_help"),
        )
        rest = [key for key in unsaved if key != dimension.key]
        label = say("maturity.assess.save_next" if rest else "maturity.assess.save")
        if not st.form_submit_button(label, type="primary", key=f"{stem}-save"):
            return
    problems = _problems(given)
    for problem in problems:
        st.error(problem)
    if not problems:
        _save(current, who, _with_files(current, given, files), whom, model, rest)


def _with_files(current: session.Session, given: dict[str, Given], files: list) -> dict[str, Given]:
    """Keep uploaded evidence and name it beside the answers it may show."""
    if not files:
        return given
    kept = [(f"{FILE_STEM} {file.name}", file.getvalue()) for file in files]
    uploads.attach(current.workspace, kept, "evidence")
    names = ", ".join(name for name, _ in kept)
    return {
        key: replace(
            one,
            evidence=f"{one.evidence}; {names}" if one.evidence else names,
            kind=DOCUMENT if one.kind == EVIDENCE_KINDS[0] else one.kind,
        )
        if one.choice not in SPECIAL and one.choice is not None
        else one
        for key, one in given.items()
    }


@dataclass(frozen=True)
class Given:
    """One answer as chosen: an option's value, a state, or nothing yet; and what shows it."""

    choice: float | str | None
    evidence: str
    kind: str


def _question(
    question: Question, model: MaturityModel, before: pd.Series | None, key: str
) -> Given:
    labels = {o.value: o.label for o in model.answer_sets[question.answers].options}
    options: list[float | str] = [*labels, *SPECIAL]
    index = None
    if before is not None:
        choice = before["value"] if before["state"] == ANSWERED else before["state"]
        index = options.index(choice) if choice in options else None
    picked = st.radio(
        say("maturity.assess.question", number=question.step - 1, text=question.text),
        options,
        index=index,
        key=f"{key}-answer",
        horizontal=True,
        format_func=lambda o: say(SPECIAL[o]) if o in SPECIAL else labels[o],
        help=" ".join(question.criteria),
    )
    left, right = st.columns([2, 1])
    evidence = left.text_input(
        say("maturity.assess.evidence"),
        value="" if before is None else before["evidence"],
        max_chars=200,
        key=f"{key}-evidence",
        placeholder=", ".join(question.evidence),
        help=say("maturity.assess.evidence_help"),
    )
    known = "" if before is None else before["evidence_kind"]
    kind = right.selectbox(
        say("maturity.assess.kind"),
        EVIDENCE_KINDS,
        key=f"{key}-kind",
        index=EVIDENCE_KINDS.index(known) if known in EVIDENCE_KINDS else 0,
        format_func=lambda k: say("maturity.assess.kind_" + k.replace(" ", "_")),
    )
    return Given(picked, (evidence or "").strip(), str(kind))


def _problems(given: dict[str, Given]) -> list[str]:
    """Return everything that keeps this part from being saved, all at once."""
    blank = [key for key, one in given.items() if one.choice is None]
    bare = [key for key, one in given.items() if one.choice == NOT_APPLICABLE and not one.evidence]
    number = lambda keys: ", ".join(str(list(given).index(k) + 1) for k in keys)  # noqa: E731
    return [
        say(f"maturity.assess.{code}", questions=number(keys))
        for code, keys in (("unanswered", blank), ("reason_missing", bare))
        if keys
    ]


def _save(
    current: session.Session,
    who: Rater,
    given: dict[str, Given],
    whom: str,
    model: MaturityModel,
    rest: list[str],
) -> None:
    rows = pd.DataFrame(
        [
            {
                "wave": who.wave,
                "model_version": model.version,
                "rater": who.key,
                "rater_role": who.role,
                "rater_function": who.home,
                "function": who.function,
                "constituency": whom,
                "question": key,
                "stage": BEFORE,
                "value": float("nan") if one.choice in SPECIAL else one.choice,
                "state": one.choice if one.choice in SPECIAL else ANSWERED,
                "evidence": one.evidence,
                "evidence_kind": "" if one.choice in SPECIAL else one.kind,
            }
            for key, one in given.items()
        ]
    )

    def saved(number: int) -> str:
        if rest:
            session.to_address(part=rest[0])
        return say("maturity.assess.saved", revision=number)

    writes.attempt(
        lambda: entries.answer(current.workspace, rows), saved, stale="maturity.assess.busy"
    )
