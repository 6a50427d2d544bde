"""Slides on what was promised, what comes next and who decides it by when."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from metrics.frames.frame import iterate_rows
from metrics.functions import field_title, title
from metrics.maturity import load_model
from metrics.units import COUNT, MONEY, write_day, write_month
from readout.draw import Box, SlideCanvas
from readout.palette import LIGHT
from readout.proposals import NOTHING, ProposalText, say_open, say_proposals
from readout.reading import Reading
from readout.slides import _heads, percent
from words import say

RAMP_MONTHS = 6
"""After so many months nine tenths of an effect are there (domain S2-07)."""
MOST_STEPS, MOST_TASKS, MOST_TAKEN, MOST_PROPOSALS = 8, 4, 4, 8


def tuning(sheet: SlideCanvas, read: Reading) -> None:
    """What owners expected of each initiative against what came, and the decisions taken."""
    taken = _draw_ledger(sheet, read)
    table = read.report.effects.effects
    told = table.dropna(subset=["expected", "relative"]) if "expected" in table else table.head(0)
    if told.empty:
        sheet.quiet(taken, say("deck.tuning_none"), 14)
        return
    rows, colours = [], {}
    # What did not come as promised is what is spoken about.
    hits = told["expected"].between(told["relative_low"], told["relative_high"])
    for i, r in enumerate(iterate_rows(told.loc[hits.sort_values(kind="stable").index])):
        hit = r.relative_low <= r.expected <= r.relative_high
        rows.append(
            (
                r.initiative,
                field_title(r.kpi),
                percent(r.expected),
                percent(r.relative),
                say("deck.range", low=percent(r.relative_low), high=percent(r.relative_high)),
                say("deck.expected_inside" if hit else "deck.expected_outside"),
            )
        )
        colours[i, 5] = LIGHT.good_text if hit else LIGHT.target_text
        sheet.note(read.figures[f"effect.{r.initiative}"])
    sheet.table(
        taken,
        _heads("initiative", "kpi", "expected", "measured", "range95", "outcome"),
        rows,
        (5.6, 3.2, 1.2, 1.2, 2.2, 2.2),
        describe=say("deck.tuning_words"),
        colours=colours,
        right=(2, 3),
        row_lines=1,
        pad=5,
    )


def _draw_ledger(sheet: SlideCanvas, read: Reading) -> Box:
    """Show the last decisions of the ledger at the foot and return the box above."""
    ledger = read.report.tuning.ledger
    if ledger.empty:
        below = Box(sheet.area.left, sheet.area.top + sheet.area.height - 20, sheet.area.width, 20)
        sheet.quiet(below, say("deck.ledger_none"), 12)
        return sheet.area.first(sheet.area.height - 28)
    rows = []
    for r in iterate_rows(ledger.sort_values("day", ascending=False).head(MOST_TAKEN)):
        came = (
            MONEY.write(r.effect, read.currency)
            if r.state == "scored"
            else say(f"tune.state_{r.state}")
        )
        low, high = (MONEY.write(v, read.currency) for v in (r.promised_low, r.promised_high))
        rows.append(
            (
                write_day(r.day),
                title(r.function),
                r.reason or say(f"tune.kind_{r.kind}"),
                r.owner or "–",
                MONEY.write(r.promised, read.currency),
                say("deck.range", low=low, high=high),
                came,
            )
        )
    high = 50.0 + 34 * len(rows)
    above = sheet.area.first(sheet.area.height - high - 10)
    foot = Box(sheet.area.left, above.top + above.height + 10, sheet.area.width, high)
    sheet.table(
        sheet.heading(foot, say("deck.ledger")),
        _heads("day", "function", "decision", "owner", "promised", "range80", "came"),
        rows,
        (1.6, 1.4, 3.4, 2, 1.3, 2.2, 3),
        describe=say("deck.ledger"),
        right=(4,),
        pad=6,
    )
    return above


def roadmap(sheet: SlideCanvas, read: Reading) -> None:
    """The next steps by value per effort."""
    rows = read.report.roadmap.steps
    if rows.empty:
        assessed = len(read.report.maturity.dimensions) > 0
        none = "maturity.steps.none" if assessed else "reason.no_answers"
        sheet.quiet(sheet.area, say(none), 14)
        return
    model = load_model()
    questions = {q.id: q for d in model.dimensions for q in d.questions}
    worth = {one.name: one.value for one in say_proposals(read.report)}
    shown = [
        (
            f"{r.rank:.0f}",
            title(r.function),
            questions[r.question].text if r.question in questions else r.question,
            say("maturity.steps.effort_month")
            if r.effort == 1
            else say("maturity.steps.effort_months", months=COUNT.write(r.effort)),
            worth.get(f"step:{r.function} {r.question}", NOTHING),
        )
        for r in iterate_rows(rows.sort_values("rank").head(MOST_STEPS))
    ]
    taken = sheet.table(
        sheet.area.first(sheet.area.height - 36),
        _heads("rank", "function", "step", "effort", "value_year"),
        shown,
        (0.6, 1.8, 8.4, 2, 1.8),
        size=12,
        describe=say("deck.roadmap_words", n=len(rows)),
        right=(4,),
    )
    about = say("deck.roadmap_about", shown=len(shown), n=len(rows))
    sheet.quiet(sheet.area.below(taken, 8), about, 12)
    sheet.notes.append(say("maturity.steps.about"))


def decisions(sheet: SlideCanvas, read: Reading) -> None:
    """What to decide now, with value and chance; below, who does what by when."""
    open_ones = say_open(read.report)[:MOST_PROPOSALS]
    tasks = _open_tasks(read)
    area = sheet.area
    room = 68.0 + 20 * len(tasks) if len(tasks) else 0.0
    if not open_ones:
        taken = sheet.quiet(area, say("page.overview.decide_none"), 14)
    else:
        taken = _proposals(sheet, read, open_ones, area.first(area.height - room - 40))
        taken += 8 + sheet.quiet(area.below(taken, 8).first(32), say("decision.scale"), 11)
    if len(tasks):
        _tasks(sheet, area.below(taken, 18), tasks)


def _proposals(
    sheet: SlideCanvas, read: Reading, open_ones: Sequence[ProposalText], box: Box
) -> float:
    judged = pd.Timestamp(read.report.as_of) + pd.DateOffset(months=RAMP_MONTHS)
    rows = [
        (
            one.what,
            one.value,
            one.between,
            one.odds,
            one.effort or NOTHING,
            one.rests,
            say("deck.owner_open"),
            write_month(judged),
        )
        for one in open_ones
    ]
    for one in open_ones:
        if one.value != NOTHING:
            sheet.note(read.figures[f"proposal.{one.name}"])
    return sheet.table(
        box,
        _heads(
            "decision",
            "value_year",
            "range80",
            "chance",
            "effort",
            "rests_on",
            "owner",
            "judged_from",
        ),
        rows,
        (4.2, 1.4, 2.2, 1.1, 2, 3.2, 1.5, 1.5),
        right=(1, 3),
        pad=6,
        describe=say("deck.decisions_words", n=len(rows)),
    )


def _open_tasks(read: Reading) -> pd.DataFrame:
    tasks = read.report.roadmap.tasks
    if tasks.empty:
        return tasks
    tasks = tasks[tasks["status"].isin(["open", "doing"])]
    return tasks.sort_values("due", kind="stable").head(MOST_TASKS)


def _tasks(sheet: SlideCanvas, box: Box, tasks: pd.DataFrame) -> None:
    rows, colours = [], {}
    for i, r in enumerate(iterate_rows(tasks)):
        due = say("roadmap.no_date") if pd.isna(r.due) else write_day(r.due)
        state = say("roadmap.late") if r.late else say(f"roadmap.status_{r.status}")
        rows.append((r.task, title(r.function), r.owner or say("roadmap.no_owner"), due, state))
        if r.late:
            colours[i, 4] = LIGHT.bad_text
        if not r.owner:
            colours[i, 2] = LIGHT.target_text
    sheet.table(
        sheet.heading(box, say("deck.tasks")),
        _heads("task", "function", "owner", "due", "status"),
        rows,
        (5, 1.8, 2.4, 2, 1.4),
        colours=colours,
        row_lines=1,
        pad=6,
        describe=say("deck.tasks_words", n=len(rows)),
    )


__all__ = ["decisions", "roadmap", "tuning"]
