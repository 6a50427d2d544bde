"""Why this level and not the next: one function, one dimension, down to answers and evidence."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from metrics.frames.frame import iterate_rows
from metrics.maturity import load_model
from metrics.maturity.answers import AFTER, ANSWERED
from metrics.maturity.contradiction import contradicted
from metrics.maturity.levels import FULLY, LARGELY, level_number
from metrics.maturity.model import STEPS, Dimension, MaturityModel, Question
from metrics.maturity.part import MaturityPart
from metrics.units import write_percent
from ui.door import session
from ui.look import writing
from ui.look.charts import short_title
from ui.look.theme import tokens
from ui.maturity import charts
from ui.maturity import company as view
from words import say

HOLLOW = 0.5
"""Levels from which hollowness is worth a sentence."""


def function(current: session.Session, part: MaturityPart) -> None:
    """Show one function's ladder and, for one dimension, why it stands where it stands."""
    writing.heading(say("maturity.function"))
    options = tuple(dict.fromkeys(part.dimensions["function"]))
    key = _pick("function", options, _first_choice(part, options), view.title)
    row = part.functions.set_index("function").loc[key]
    model = load_model()
    names = view.level_names(model)
    scored = view.write_score(row["published"], row["low"], row["high"], int(row["raters"]), names)
    said = [say("maturity.function_said", function=view.title(key), score=scored)]
    if pd.notna(row["floor"]) and row["floor"] + 1 < row["weighted_mean"] - 1e-9:
        weakest = model.dimension(str(row["floor_dimension"])).title
        said.append(say("maturity.function_floor", dimension=weakest, function=view.title(key)))
    else:
        said.append(say("maturity.function_mean"))
    if row["reason"]:
        said.append(view.reason(row["reason"]))
    st.write(" ".join(said))
    mine = part.dimensions[part.dimensions["function"] == key].set_index("dimension")
    scope = tuple(mine.index)
    default = _first_dimension(mine, str(row["floor_dimension"]), scope)
    chosen = _pick("dimension", scope, default, lambda d: short_title(model.dimension(d).title))
    left, right = st.columns([9, 11], gap="large")
    with left:
        _ladder(part, key, mine, model)
    with right:
        _show_why(current, part, key, mine.loc[chosen], model.dimension(chosen), model)


def _pick(name: str, options: tuple[str, ...], default: str, label) -> str:
    """Ask for one of a few; the address remembers it."""
    default = session.from_address(name, options, default)
    picked = st.segmented_control(
        say(f"maturity.pick_{name}"),
        options,
        default=default,
        required=True,
        format_func=label,
        label_visibility="collapsed",
        key=f"why-{name}",
    )
    session.to_address(**{name: picked or default})
    return picked or default


def _first_choice(part: MaturityPart, options: tuple[str, ...]) -> str:
    """Return the function most worth a look: one that data contradict, else the lowest."""
    against = contradicted(part.contradictions)
    if len(against):
        return str(against["function"].iloc[0])
    lowest = part.functions.dropna(subset="published").sort_values("published")
    return str(lowest["function"].iloc[0]) if len(lowest) else options[0]


def _first_dimension(mine: pd.DataFrame, weakest: str, scope: tuple[str, ...]) -> str:
    capped = mine[mine["cap"] < mine["capability"]]
    if len(capped):
        return str(capped.index[0])
    return weakest if weakest in scope else scope[0]


def _ladder(part: MaturityPart, key: str, mine: pd.DataFrame, model: MaturityModel) -> None:
    names = view.level_names(model)
    before = part.earlier[part.earlier["function"] == key].set_index("dimension")["published"]
    held = mine["cap"] < mine["capability"]
    rows = pd.DataFrame(
        {
            "label": mine["title"],
            "value": mine["published"],
            "low": mine["low"],
            "high": mine["high"],
            "target": mine["target"].astype(float),
            "earlier": before.reindex(mine.index).astype(float),
            "claim": mine["capability"].where(held),
            "said": [
                view.write_score(r.published, r.low, r.high, int(r.n_raters), names)
                for r in iterate_rows(mine)
            ],
        }
    ).sort_values("value", ascending=False, kind="stable")
    words = "; ".join(
        say("maturity.ladder_word", title=r.label, said=r.said, target=int(r.target))
        for r in iterate_rows(rows)
    )
    st.altair_chart(charts.ladder(rows, names, tokens(), description=words))
    earlier = (
        say("maturity.ladder_earlier", wave=part.earlier_wave)
        if part.earlier_wave
        else (say("maturity.ladder_no_earlier"))
    )
    writing.show_quiet(say("maturity.ladder_about", earlier=earlier))


def _show_why(
    current: session.Session,
    part: MaturityPart,
    key: str,
    row: pd.Series,
    dimension: Dimension,
    model: MaturityModel,
) -> None:
    names = view.level_names(model)
    if pd.isna(row["attained"]):
        writing.heading(dimension.title)
        writing.show_quiet(view.reason(row["reason"]))
        return
    level = int(row["attained"])
    if level < STEPS[-1]:
        writing.heading(say("maturity.why", level=level, next=level + 1, dimension=dimension.title))
    else:
        writing.heading(say("maturity.why_top", dimension=dimension.title))
    questions = part.questions[
        (part.questions["function"] == key) & (part.questions["dimension"] == dimension.key)
    ]
    found = questions.groupby("question")["value"].mean()
    means = {q.id: float(found.get(q.id, default=float("nan"))) for q in dimension.questions}
    lines = [
        say(
            "maturity.why_attained",
            function=view.title(key),
            level=level,
            name=names[level],
            anchor=dimension.anchors[level - 1],
        )
    ]
    if level_number(row["published"]) != level:
        score = view.write_score(row["published"], row["low"], row["high"], row["n_raters"], names)
        lines.insert(0, say("maturity.why_published", score=score))
    blocking = _blocking(dimension, means, set(questions[questions["not_applicable"]]["question"]))
    held = _cap_sentences(part, key, row, dimension, names)
    lines += held
    if held and _reached_by_answers(blocking, means) > level:
        # Answers alone would carry the next level: it waits for the data, not for a criterion.
        blocking = None
    if blocking is not None and level < STEPS[-1]:
        lines.append(_blocked_sentence(blocking, means[blocking.id], model, level))
        lines.append(
            say(
                "maturity.why_next",
                level=level + 1,
                name=names[level + 1],
                anchor=dimension.anchors[level],
            )
        )
    if row["hollowness"] >= HOLLOW and pd.isna(row["cap"]):
        lines.append(say("maturity.why_hollow", levels=f"{row['hollowness']:.1f}"))
    if row["reason"]:
        lines.append(view.reason(row["reason"]))
    for line in lines:
        st.write(line)
    if blocking is not None:
        _list(say("maturity.why_open", level=min(5, level + 1)), blocking.criteria)
        _list(say("maturity.why_evidence"), blocking.evidence)
    _answers(current, part, key, dimension, model, questions, blocking)


def _blocking(dimension: Dimension, means: dict[str, float], left_out: set[str]) -> Question | None:
    """Return the lowest step that is not lived fully: the one the next level waits for."""
    for question in dimension.questions:
        value = means[question.id]
        if question.id not in left_out and not value >= FULLY - 1e-9:
            return question
    return None


def _reached_by_answers(blocking: Question | None, means: dict[str, float]) -> int:
    """Return the level the answers alone attain: see ``scoring.attained_level``."""
    if blocking is None:
        return STEPS[-1]
    half = means[blocking.id] >= LARGELY - 1e-9
    return blocking.step if half else blocking.step - 1


def _blocked_sentence(question: Question, value: float, model: MaturityModel, level: int) -> str:
    if pd.isna(value):
        return say("maturity.why_unknown", step=question.step)
    low = value < LARGELY - 1e-9
    return say(
        f"maturity.why_blocked_{'low' if low else 'base'}",
        step=question.step,
        seen=write_answer(question, value, model),
    )


def _cap_sentences(
    part: MaturityPart, key: str, row: pd.Series, dimension: Dimension, names: dict[int, str]
) -> list[str]:
    if not row["cap"] < row["capability"]:
        return []
    claimed, cap = level_number(row["capability"]), int(row["cap"])
    found = part.contradictions
    mine = found[
        (found["function"] == key)
        & (found["dimension"] == dimension.key)
        & (found["verdict"] == "contradicts")
    ]
    measured = " ".join(
        view.measured_sentence(r.rule, r.value, r.threshold) for r in iterate_rows(mine)
    )
    said = say(
        "maturity.why_capped",
        claimed=claimed,
        claimed_name=names[claimed],
        cap=cap,
        cap_name=names[cap],
    )
    return [f"**{said}** {measured}"]


def write_answer(question: Question, value: float, model: MaturityModel) -> str:
    """Write a mean answer in the words of the answer set."""
    options = model.answer_sets[question.answers].options
    nearest = min(options, key=lambda option: abs(option.value - value))
    if abs(nearest.value - value) < 0.05:
        return f"“{nearest.label}”"
    below = max((o for o in options if o.value < value), key=lambda o: o.value)
    above = min((o for o in options if o.value > value), key=lambda o: o.value)
    return say("maturity.in_between", low=below.label, high=above.label)


def _list(heading: str, items: tuple[str, ...]) -> None:
    inside = "".join(f"<li>{view.escaped(item)}</li>" for item in items)
    st.html(f'<div class="attune-list"><h4>{view.escaped(heading)}</h4><ul>{inside}</ul></div>')


def _answers(
    current: session.Session,
    part: MaturityPart,
    key: str,
    dimension: Dimension,
    model: MaturityModel,
    questions: pd.DataFrame,
    blocking: Question | None,
) -> None:
    """Show each question with every rater's answer and evidence; role shown, never a name."""

    answers = current.snapshot["answers"]
    mine = answers[(answers["wave"] == part.wave) & (answers["function"] == key)]
    late = mine["stage"].eq(AFTER)
    mine = mine.loc[late.sort_values(kind="stable").index].drop_duplicates(
        ["rater", "constituency", "question"], keep="last"
    )
    inside = "".join(
        _question(
            q,
            mine[mine["question"] == q.id],
            questions[questions["question"] == q.id],
            model,
            open_=blocking is not None and q.id == blocking.id,
        )
        for q in dimension.questions
    )
    st.html(f'<div class="attune-steps">{inside}</div>')


def _step_state(value: float) -> str:
    return "met" if value >= FULLY - 1e-9 else "partly" if value >= LARGELY - 1e-9 else "missing"


def _question(
    question: Question,
    answers: pd.DataFrame,
    scored: pd.DataFrame,
    model: MaturityModel,
    open_: bool,
) -> str:
    value, n = scored["value"].mean(), int(scored["raters"].max()) if len(scored) else 0
    if scored["not_applicable"].any():
        state, line = say("maturity.answer_not_applicable"), ""
    elif pd.isna(value):
        state, line = say("maturity.step_unknown"), ""
    else:
        state = say(f"maturity.step_{_step_state(value)}")
        line = say("maturity.step_mean", seen=write_answer(question, value, model), n=n)
    labels = {o.value: o.label for o in model.answer_sets[question.answers].options}
    items = "".join(_answer(row, labels) for row in iterate_rows(answers))
    body = f"<ul>{items}</ul>" if items else f"<p>{view.escaped(say('maturity.answers_none'))}</p>"
    return (
        f"<details{' open' if open_ else ''}><summary>"
        f"{view.escaped(say('maturity.step', step=question.step))}: {view.escaped(state)}</summary>"
        f"<p>{view.escaped(question.text)}</p><p>{view.escaped(line)}</p>{body}</details>"
    )


def _answer(row, labels: dict[float, str]) -> str:
    said = (
        labels.get(row.value, write_percent(row.value))
        if row.state == ANSWERED
        else say("maturity.answer_" + row.state.replace(" ", "_").replace("'", ""))
    )
    proof = (
        say("maturity.answer_evidence", evidence=row.evidence, kind=row.evidence_kind or "–")
        if row.evidence
        else say("maturity.answer_no_evidence")
        if row.state == ANSWERED
        else ""
    )
    role = view.escaped(say("maturity.answer_line", role=row.rater_role or "–", answer=said))
    return f"<li>{role}<br><span class='attune-quiet'>{view.escaped(proof)}</span></li>"
