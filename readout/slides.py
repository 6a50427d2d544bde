"""Slides on where the company stands and what it should decide.

A slide is a function that draws one reading on one sheet; ``deck.SLIDES`` names and orders them.
"""

from __future__ import annotations

import json
import math

import pandas as pd

from metrics.decisions import foremost
from metrics.functions import KPIS, title
from metrics.maturity import load_model
from metrics.units import COUNT, MONEY, SHARE, write_day, write_month
from readout.draw import GAP, Box, Sheet
from readout.figures import reason
from readout.palette import LIGHT
from readout.reading import Reading, said
from words import knows, say

RAMP_MONTHS = 6
"""After so many months nine tenths of an effect are there (domain S2-07)."""


def front(sheet: Sheet, read: Reading) -> None:
    """Client, month, and whether this is a draft."""
    report = read.report
    area = sheet.area
    sheet.text(
        Box(area.left, 290, area.width, 30),
        say("deck.front", month=read.month, revision=report.revision), 18, colour=sheet.brand.quiet,
    )  # fmt: skip
    sheet.text(Box(area.left, 328, area.width, 26), say(f"deck.state_{read.state}"), 14,
               colour=LIGHT.target_text if read.state != "issued" else LIGHT.good_text)  # fmt: skip
    sheet.notes.append(say("deck.front_note", as_of=write_day(report.as_of),
                           revision=report.revision, checksum=read.checksum))  # fmt: skip


def verdict(sheet: Sheet, read: Reading) -> None:
    """The sentence to be repeated, why it may be believed, what changed since last time."""
    area = sheet.area
    taken = sheet.text(area.first(120), read.verdict, 26, bold=True)
    rest = area.below(taken)
    support = " ".join(said(line) for line in read.overview.support)
    rest = rest.below(sheet.quiet(rest.first(60), support, 14), 24)
    rest, beside = rest.columns(11, 9)
    _short(sheet, read, sheet.heading(beside, say("page.overview.decide")))
    rest = sheet.heading(rest, say("deck.changes_title"))
    if not read.earlier_name:
        sheet.quiet(rest, say("deck.changes_first"), 13)
    elif not read.changes:
        sheet.quiet(rest, say("deck.changes_none", earlier=read.earlier_name), 13)
    else:
        announced = read.restatement()
        if announced:
            taken = sheet.text(rest.first(40), announced, 12, colour=LIGHT.target_text)
            rest = rest.below(taken, 8)
        rows = [
            (c.after.label, c.before.said(read.currency), c.after.said(read.currency),
             say("deck.change_outside" if c.outside else "deck.change_inside")
             if c.before.between(read.currency) else "")
            for c in read.changes
        ]  # fmt: skip
        sheet.table(rest, _heads("figure", "before", "now", "against"), rows, (5, 2, 2, 4),
                    describe=say("deck.changes_about", earlier=read.earlier_name),
                    row_lines=1, right=(1, 2))  # fmt: skip
    for key in ("maturity.level", "saving.compared", "case.npv"):
        sheet.note(read.figures[key])


def _short(sheet: Sheet, read: Reading, box: Box) -> None:
    """The three decisions worth most."""
    best = foremost(read.report["decisions"].proposals)
    if best.empty:
        sheet.quiet(box, say("page.overview.decide_none"), 13)
        return
    rows = [
        (say(f"decision.{r.code}_title"), r.initiative,
         "–" if math.isnan(r.low) else MONEY.write(r.value, read.currency))
        for r in best.itertuples()
    ]  # fmt: skip
    sheet.table(box, _heads("decision", "initiative", "value_year"), rows, (1.5, 3, 1.3),
                describe=say("deck.decisions_words", n=len(rows)), right=(2,))  # fmt: skip


def _heads(*keys: str) -> list[str]:
    return [say(f"deck.head.{key}") for key in keys]


def scorecard(sheet: Sheet, read: Reading) -> None:
    """The four headline figures with what stands beside each."""
    tiles = read.overview.tiles
    tops = sheet.area.first((sheet.area.height - GAP) / 2).columns(1, 1)
    under = sheet.area.below((sheet.area.height - GAP) / 2).columns(1, 1)
    for box, tile in zip([*tops, *under], tiles, strict=False):
        lines = [said(line) for line in tile.lines]
        lines = [said(tile.change), *lines] if tile.change else lines
        sheet.tile(box, say(f"tile.{tile.key}_title"), said(tile.figure), lines)
        sheet.notes.append(f"{say(f'tile.{tile.key}_title')}: {said(tile.source)}")
    for key in ("maturity.level", "maturity.value", "saving.compared", "saving.before_after",
                "case.npv", "case.npv_unweighted", "case.probability", "case.payback_months",
                "advocacy.nps"):  # fmt: skip
        sheet.note(read.figures[key])


def heatmap(sheet: Sheet, read: Reading) -> None:
    """Published level of every function and dimension; contradictions are marked."""
    part = read.report["maturity"]
    if not len(part.dimensions):
        sheet.quiet(sheet.area, say("reason.no_answers"), 14)
        return
    model = load_model()
    wide = part.dimensions.pivot(index="function", columns="dimension", values="published")
    order = [d.key for d in model.dimensions if d.key in wide.columns]
    wide = wide.reindex(index=list(part.functions["function"]), columns=order)
    capped = part.dimensions[part.dimensions["cap"] < part.dimensions["capability"]]
    marks = set(zip(capped["function"], capped["dimension"], strict=True))
    titles = {d.key: d.title.split(" ")[0].rstrip(",") for d in model.dimensions}
    rows, fills, colours = [], {}, {}
    levels = part.functions.set_index("function")["level"]
    for i, (function, values) in enumerate(wide.iterrows()):
        row = [title(str(function))]
        for j, (dimension, value) in enumerate(values.items(), 1):
            mark = " ▲" if (function, dimension) in marks else ""
            row.append("–" if pd.isna(value) else f"{value:.1f}{mark}")
            if not pd.isna(value):
                step = min(max(int(value), 1), 5)
                fills[i, j] = LIGHT.ramp[step - 1]
                colours[i, j] = "#FFFFFF" if step >= 4 else sheet.brand.ink
        level = levels.get(function)
        rows.append([*row, "–" if level is None or pd.isna(level) else f"{level:.0f}"])
    foot = 44.0
    box = sheet.area.first(sheet.area.height - foot)
    least = min(30.0, (box.height - 40) / max(len(rows), 1))
    taken = sheet.table(
        box, ["", *(titles[k] for k in order), say("deck.head.level")], rows,
        (2.4, *(1 for _ in order), 0.9), size=11, row_lines=1, fills=fills, colours=colours,
        describe=_levels_said(read), least=least,
    )  # fmt: skip
    names = " · ".join(f"{level.number} {level.name}" for level in model.levels)
    sheet.quiet(sheet.area.below(taken, 8), f"{names}. {say('deck.heatmap_about')}", 11)
    for function in part.functions["function"]:
        sheet.note(read.figures[f"maturity.{function}"])


def _levels_said(read: Reading) -> str:
    rows = read.report["maturity"].functions
    each = "; ".join(
        f"{title(r.function)} {'–' if pd.isna(r.published) else format(r.published, '.1f')}"
        for r in rows.itertuples()
    )
    return say("deck.heatmap_words", levels=each)


def contradictions(sheet: Sheet, read: Reading) -> None:
    """Where data disagree with answers, and which gates fail."""
    part = read.report["maturity"]
    left, right = sheet.area.columns(1, 1)
    found = part.contradictions[part.contradictions["verdict"] == "contradicts"]
    left = sheet.heading(left, say("deck.contradictions", n=len(found)))
    if found.empty:
        sheet.quiet(left, say("maturity.contradictions_none"), 13)
    else:
        rows = [
            (title(r.function), say(f"maturity.rule.{r.rule}", value=SHARE.write(r.value)),
             f"{r.claim:.1f}", f"{r.supported_level:.0f}")
            for r in found.itertuples()
        ]  # fmt: skip
        sheet.table(left, _heads("function", "data", "claimed", "held_at"), rows, (2, 5, 1.3, 1.3),
                    describe=say("deck.contradictions", n=len(found)), right=(2, 3))  # fmt: skip
    gates = part.gates
    order = ["fail", "warn", "pass"]
    judged = gates[gates["verdict"].isin(order)].sort_values(
        "verdict", key=lambda column: column.map(order.index), kind="stable"
    )
    right = sheet.heading(right, say("deck.gates", n=len(judged), silent=len(gates) - len(judged)))
    rows, colours = [], {}
    for i, r in enumerate(judged.itertuples()):
        rows.append((say(f"maturity.gate.{r.gate}"), say(f"maturity.gates.{r.verdict}"),
                     say(f"maturity.advice.{r.advice}") if r.advice else "–"))  # fmt: skip
        colours[i, 1] = {"fail": LIGHT.bad_text, "warn": LIGHT.target_text}.get(
            r.verdict, LIGHT.good_text
        )
        sheet.notes.append(f"{say(f'maturity.gate.{r.gate}')}: {_gate_found(r)}")
    if rows:
        sheet.table(right, _heads("gate", "verdict", "advice"), rows, (3, 1.4, 5), colours=colours,
                    describe=say("deck.gates", n=len(judged), silent=len(gates) - len(judged)),
                    size=10)  # fmt: skip


def _gate_found(row) -> str:
    facts = {k: (SHARE.write(v) if isinstance(v, float) and 0 <= v <= 1 else v)
             for k, v in json.loads(row.facts).items()}  # fmt: skip
    code = f"maturity.gate_found.{row.gate}"
    try:
        return say(code, **facts) if knows(code) else ""
    except (KeyError, IndexError):
        return ""


def roadmap(sheet: Sheet, read: Reading) -> None:
    """The next steps by value per effort."""
    rows = steps(read)
    if rows.empty:
        sheet.quiet(sheet.area, say("maturity.steps.none"), 14)
        return
    model = load_model()
    questions = {q.id: q for d in model.dimensions for q in d.questions}
    titles = {d.key: d.title for d in model.dimensions}
    shown = [
        (f"{r.rank:.0f}", title(r.function), titles.get(r.dimension, r.dimension),
         questions[r.question].text if r.question in questions else r.question,
         say("maturity.steps.effort_month") if r.effort == 1
         else say("maturity.steps.effort_months", months=COUNT.write(r.effort)),
         say("deck.effect", effect=percent(r.effect), low=percent(r.effect_low),
             high=percent(r.effect_high)),
         say("maturity.steps.prior" if r.basis == "prior" else "maturity.steps.own_effect"))
        for r in rows.sort_values("rank").itertuples()
    ]  # fmt: skip
    sheet.table(sheet.area, _heads("rank", "function", "dimension", "step", "effort", "effect",
                                   "basis"), shown, (0.6, 1.7, 2.6, 5, 1.5, 2.3, 1.1),
                describe=say("deck.roadmap_words", n=len(rows)), size=10)  # fmt: skip
    sheet.notes.append(say("maturity.steps.about"))


def percent(value: float) -> str:
    """Return a relative change with its sign, to a tenth of a per cent."""
    return SHARE.write(round(value, 3), change=True).replace(" points", " %")


def steps(read: Reading) -> pd.DataFrame:
    """Return the next steps, the best value per effort first."""
    return read.report["roadmap"].steps


def decisions(sheet: Sheet, read: Reading) -> None:
    """What to decide now, and when it can be judged."""
    table = read.report["decisions"].proposals
    if table.empty:
        sheet.quiet(sheet.area, say("page.overview.decide_none"), 14)
        return
    judged = pd.Timestamp(read.report.as_of) + pd.DateOffset(months=RAMP_MONTHS)
    rows = []
    best = list(foremost(table)["initiative"])
    ordered = pd.concat([table[table["initiative"].isin(best)],
                         table[~table["initiative"].isin(best)]])  # fmt: skip
    for r in ordered.itertuples():
        unknown = math.isnan(r.low)
        rows.append((
            say(f"decision.{r.code}_title"), r.initiative,
            say("decision.wait_figure") if unknown else MONEY.write(r.value, read.currency),
            "–" if unknown or r.low == r.high else say(
                "deck.range", low=MONEY.write(r.low, read.currency),
                high=MONEY.write(r.high, read.currency)),
            _confidence(r), write_month(judged),
        ))  # fmt: skip
        sheet.note(read.figures[f"decision.{r.code}.{r.initiative}"])
    taken = sheet.table(
        sheet.area.first(sheet.area.height - 40),
        _heads("decision", "initiative", "value_year", "range80", "rests_on", "judged_from"),
        rows, (1.6, 4, 1.7, 2.2, 3.4, 1.9), describe=say("deck.decisions_words", n=len(rows)),
        right=(2,),
    )  # fmt: skip
    sheet.quiet(sheet.area.below(taken, 10), say("deck.decisions_about", months=RAMP_MONTHS), 11)


def _confidence(row) -> str:
    return say(f"deck.rests_{row.code}", teams=COUNT.write(row.teams or 0),
               months=COUNT.write(row.months))  # fmt: skip


__all__ = ["KPIS", "contradictions", "decisions", "front", "heatmap", "reason", "roadmap",
           "scorecard", "verdict"]  # fmt: skip
