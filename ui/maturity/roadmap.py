"""The roadmap on the Maturity page: first moves, tasks with owner and date, what is orphaned."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import streamlit as st

from loop import entries
from metrics.frames.frame import iterate_rows
from metrics.frames.register import TASKS
from metrics.functions import KPIS
from metrics.maturity import load_model
from metrics.maturity.levels import level_number
from metrics.maturity.next_moves import RoadmapPart
from metrics.proposals.proposal import Action
from metrics.report import Report
from metrics.units import COUNT, SHARE, write_day
from readout.calendar import tasks_calendar
from readout.proposals import NOTHING, ProposalText, say_open
from ui.door import downloads, editor, session, writes
from ui.door import tables as ui_tables
from ui.look import writing
from ui.maturity.company import cards, level_names, title
from words import say

FIRST_MOVES = 3
DAYS_A_MONTH = 30


def show(current: session.Session) -> None:
    """Show the first moves, all steps, tasks and traces."""
    part = current.report().roadmap
    next_steps(current, part, current.report())
    tasks(current, part)
    orphans(part)


def next_steps(current: session.Session, part: RoadmapPart, report: Report) -> None:
    """Show the first moves as cards and the whole roadmap as a table.

    What a step is worth is said by the one list of proposals or not at all; its steps come first.
    """
    writing.heading(say("maturity.steps.title"), say("maturity.steps.about"))
    if part.steps.empty:
        writing.show_quiet(say("maturity.steps.none"))
        return
    listed = {one.name: one for one in say_open(report)}
    places = {name: place for place, name in enumerate(listed)}
    steps = sorted(
        iterate_rows(part.steps),
        key=lambda r: (places.get(_name(r), len(places)), r.rank),
    )
    rows = [_step(r, place, listed.get(_name(r))) for place, r in enumerate(steps, 1)]
    cards(
        [
            (
                f"{r['rank']} · {r['function']}",
                "",
                r["dimension"],
                [
                    r["what"],
                    say("maturity.steps.card_counts", criterion=r["counts"]),
                    say("maturity.steps.card_about", **r),
                    say("roadmap.worth", **r),
                ],
            )
            for r in rows[:FIRST_MOVES]
        ]
    )
    _take_up(current, part)
    with st.expander(say("maturity.steps.all", n=len(rows))):
        columns = {c: say(f"maturity.steps.{c}") for c in rows[0]}
        ui_tables.table(pd.DataFrame(rows), "Attune next steps", columns, height=320)
    _basis(part)


def _name(r) -> str:
    """Return by what name the list of proposals knows a step."""
    return f"{Action.STEP}:{r.function} {r.question}"


def _step(r, place: int, listed: ProposalText | None) -> dict[str, object]:
    model = load_model()
    names, question = level_names(model), model.question(r.question)
    worth = say("roadmap.worth_unknown")
    if listed is not None and listed.value != NOTHING:
        worth = say("roadmap.worth_said", value=listed.figure, between=listed.between)
    return {
        "rank": place,
        "function": title(r.function),
        "dimension": model.dimension(r.dimension).title,
        "what": question.text,
        "counts": question.criteria[0],
        "now": say("maturity.level", level=int(r.attained), name=names[int(r.attained)]),
        "target": say("maturity.level", level=int(r.target), name=names[int(r.target)]),
        "gain": say("maturity.steps.gain_levels", gain=f"{r.gain:.2f}"),
        "effort": _effort(r.effort),
        "kpi": KPIS[r.kpi].title if r.kpi in KPIS else say("roadmap.no_kpi"),
        "effect": say(
            "maturity.steps.effect_said",
            effect=_write_signed(r.effect),
            low=_write_signed(r.effect_low),
            high=_write_signed(r.effect_high),
        ),
        "worth": worth,
        "basis": say("maturity.steps." + r.basis.replace(" ", "_")),
    }


def _write_signed(share: float) -> str:
    return f"{share:+.1%}".replace("%", " %").replace("-", "−")


def _effort(months: float) -> str:
    one = round(months) == 1
    return say(f"maturity.steps.effort_{'month' if one else 'months'}", months=COUNT.write(months))


def _basis(part: RoadmapPart) -> None:
    own = part.own_effects
    if len(own):
        said = "; ".join(
            say(
                "roadmap.own",
                function=title(r.function),
                n=r.initiatives,
                effect=_write_signed(r.mean),
                low=_write_signed(r.low),
                high=_write_signed(r.high),
            )
            for r in iterate_rows(own)
        )
        writing.show_quiet(say("maturity.steps.basis_own", effects=said))
    if (part.steps["basis"] != "own effect").any():
        writing.show_quiet(say("maturity.steps.basis_prior"))


def _take_up(current: session.Session, part: RoadmapPart) -> None:
    """Offer to write the first moves down as tasks, once."""
    known = set(zip(part.tasks["function"], part.tasks["question"], strict=True))
    first = part.steps.head(FIRST_MOVES)
    pairs = zip(first["function"], first["question"], strict=True)
    new = first[[pair not in known for pair in pairs]]
    if len(new) and st.button(say("roadmap.take_up", n=len(new)), key="take-up"):
        _write_down(current, new)


def _write_down(current: session.Session, steps: pd.DataFrame) -> None:
    """Enter steps as tasks: the step's first criterion, due after its effort, without owner."""
    model, day = load_model(), current.snapshot.as_of
    rows = pd.DataFrame(
        [
            {
                "task": model.question(r.question).criteria[0],
                "function": r.function,
                "question": r.question,
                "status": "open",
                "effort": r.effort,
                "kpi": r.kpi,
                "due": pd.Timestamp(day + timedelta(days=round(r.effort * DAYS_A_MONTH))),
                "expected": round(getattr(r, "effect", float("nan")), 4),
            }
            for r in iterate_rows(steps)
        ]
    )
    whole = pd.concat([current.snapshot["tasks"], TASKS.conform(rows)], ignore_index=True)
    writes.attempt(
        lambda: entries.save_frame(current.workspace, current.client.revision, "tasks", whole),
        lambda number: say("page.tables.saved", revision=number),
    )


def tasks(current: session.Session, part: RoadmapPart) -> None:
    """Show tasks with owner, date and status; all of it can be edited and taken to a calendar."""
    writing.heading(say("roadmap.tasks"), say("roadmap.tasks_about"))
    running = part.tasks[part.tasks["status"].isin(["open", "doing", ""])]
    if part.tasks.empty and part.contradictions.empty:
        writing.show_quiet(say("roadmap.tasks_none"))
    else:
        writing.show_quiet(
            say(
                "roadmap.tasks_count",
                open=len(running) + len(part.contradictions),
                late=int(part.tasks["late"].sum()),
                ownerless=int((running["owner"] == "").sum()) + len(part.contradictions),
                done=int((part.tasks["status"] == "done").sum()),
            )
        )
        cards(
            [_contradiction(r) for r in iterate_rows(part.contradictions)]
            + [_task(r) for r in iterate_rows(running)]
        )
    against = part.contradictions
    if len(against) and st.button(
        say("roadmap.take_up_contradictions", n=len(against)), key="take-up-contradictions"
    ):
        _write_down(current, against)
    with st.expander(say("roadmap.edit")):
        editor.edit(
            current,
            "tasks",
            required=("task", "status"),
            choices=TASKS.choices
            | {
                "function": (*current.profile.functions, "all"),
                "kpi": ("", *KPIS),
                "question": ("", *(q.id for q in load_model().questions)),
            },
        )
    dated = part.tasks.dropna(subset="due")
    if len(dated):
        downloads.download(
            say("roadmap.calendar"),
            lambda: tasks_calendar(dated, current.client.id, current.snapshot.as_of),
            "Attune tasks.ics",
            "text/calendar",
            key="tasks.ics",
            type="tertiary",
        )


def _contradiction(r) -> tuple[str, str, str, list[str]]:
    model, names = load_model(), level_names(load_model())
    question, cap, claim = model.question(r.question), r.supported_level, level_number(r.claim)
    return (
        say("roadmap.from_contradiction"),
        "worse",
        question.criteria[0],
        [
            say(
                "roadmap.task",
                owner=say("roadmap.no_owner"),
                due=say("roadmap.no_date"),
                where=title(r.function),
            ),
            say(
                "roadmap.contradiction",
                dimension=model.dimension(r.dimension).title,
                claim=claim,
                claim_name=names[claim],
                cap=cap,
                cap_name=names[cap],
            ),
            say("roadmap.task_step", step=r.question),
        ],
    )


def _task(r) -> tuple[str, str, str, list[str]]:
    due = say("roadmap.no_date") if pd.isna(r.due) else write_day(r.due)
    word, mood = say(f"roadmap.status_{r.status or 'open'}"), ""
    if r.late:
        word, mood = say("roadmap.late"), "worse"
    where = say("maturity.agreement_all") if r.function == "all" else title(r.function)
    lines = [say("roadmap.task", owner=r.owner or say("roadmap.no_owner"), due=due, where=where)]
    if r.kpi in KPIS and pd.notna(r.expected):
        lines.append(
            say("roadmap.task_kpi", kpi=KPIS[r.kpi].title, expected=SHARE.write(r.expected))
        )
    if r.question:
        lines.append(say("roadmap.task_step", step=r.question))
    if r.contradicted:
        lines.append(say("roadmap.task_contradicted"))
    return word, mood, r.task, lines


def orphans(part: RoadmapPart) -> None:
    """Show what the trace from assessment to execution leaves hanging."""
    writing.heading(say("roadmap.trace"), say("roadmap.trace_about"))
    if part.orphans.empty:
        writing.show_quiet(say("roadmap.trace_none"))
        return
    model = load_model()
    known = {d.key: d.title for d in model.dimensions}
    shown = []
    for kind in ("orphan gap", "orphan objective", "unexecuted objective"):
        rows = part.orphans[part.orphans["kind"] == kind]
        by_function = rows.groupby("function", sort=False)["item"].agg(list)
        lines = [
            f"{title(str(f))}: {', '.join(known.get(i, i) for i in items)}"
            for f, items in by_function.items()
        ]
        code = kind.replace(" ", "_")
        shown.append(
            (
                say("roadmap.count", n=len(rows)),
                "warn" if len(rows) else "better",
                say(f"roadmap.{code}"),
                lines or [say("roadmap.trace_nothing")],
            )
        )
    cards(shown)
