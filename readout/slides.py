"""Slides on where the company stands and what it should decide.

A slide is a function that draws one reading on one sheet; ``deck.SLIDES`` names and orders them.
"""

from __future__ import annotations

import json

import pandas as pd

from metrics.frames.frame import iterate_rows
from metrics.functions import title
from metrics.maturity import load_model
from metrics.maturity.contradiction import RULE_UNITS, contradicted
from metrics.maturity.levels import level_number
from metrics.overview import Tile, outcomes
from metrics.units import MATURITY, SHARE, write_day
from readout.draw import GAP, Box, SlideCanvas
from readout.palette import LIGHT
from readout.proposals import say_head
from readout.reading import Reading, say_line
from words import knows, say

MOST_CHANGES = 6


def front(sheet: SlideCanvas, read: Reading) -> None:
    """Client, month, and whether this is a draft."""
    report = read.report
    area = sheet.area
    sheet.text(
        Box(area.left, 290, area.width, 30),
        say("deck.front", month=read.month, revision=report.revision),
        18,
        colour=sheet.brand.quiet,
    )
    sheet.text(
        Box(area.left, 328, area.width, 26),
        say(f"deck.state_{read.state}"),
        14,
        colour=LIGHT.target_text if read.state != "issued" else LIGHT.good_text,
    )
    sheet.notes.append(
        say(
            "deck.front_note",
            as_of=write_day(report.as_of),
            revision=report.revision,
            checksum=read.checksum,
        )
    )


def verdict(sheet: SlideCanvas, read: Reading) -> None:
    """The sentence to be repeated, why it may be believed, what changed since last time."""
    area = sheet.area
    support = " ".join(say_line(line) for line in read.overview.support)
    rest = area.below(sheet.quiet(area.first(64), support, 15), 22)
    left, right = rest.first(rest.height - 96).columns(1, 1, gap=36)
    found = outcomes(read.report)
    _draw_decisions(sheet, read, sheet.heading(left, say("page.overview.decide")))
    if found:
        rows = [(one.name, say_line(one.promised), say_line(one.came)) for one in found]
        sheet.table(
            sheet.heading(right, say("page.overview.outcomes")),
            _heads("initiative", "expected", "came"),
            rows,
            (3, 3, 4),
            size=12,
            row_lines=3,
            describe=say("deck.outcomes_words", n=len(rows)),
            pad=5,
        )
    _changes(sheet, read, sheet.heading(rest.below(rest.height - 90, 0), say("deck.changes_title")))
    for key in ("maturity.level", "saving.a_year", "case.expected"):
        sheet.note(read.figures[key])


def _changes(sheet: SlideCanvas, read: Reading, rest: Box) -> None:
    """What differs from the last read-out, the figures that left their interval first."""
    if not read.earlier_name:
        sheet.quiet(rest, say("deck.changes_first"), 13)
        return
    announced = read.restatement()
    if announced:
        taken = sheet.text(rest.first(32), announced, 12, colour=LIGHT.target_text)
        rest = rest.below(taken, 4)
    if not read.changes:
        sheet.quiet(rest, say("deck.changes_none", earlier=read.earlier_name), 13)
        return
    shown = sorted(read.changes, key=lambda change: not change.outside)[:MOST_CHANGES]
    words = [
        say(
            "deck.change_outside_said" if c.outside else "deck.change_said",
            figure=c.after.label,
            before=c.before.said(read.currency),
            now=c.after.said(read.currency),
        )
        for c in shown
    ]
    if len(read.changes) > len(shown):
        words.append(say("deck.changes_more", n=len(read.changes) - len(shown)))
    sheet.text(rest, " · ".join(words), 12)


def _draw_decisions(sheet: SlideCanvas, read: Reading, box: Box) -> None:
    """The three decisions worth most."""
    best = say_head(read.report)
    if not best:
        sheet.quiet(box, say("page.overview.decide_none"), 13)
        return
    rows = [(one.what, one.value, one.odds) for one in best]
    sheet.table(
        box,
        _heads("decision", "value_year", "chance"),
        rows,
        (6, 1.8, 1.8),
        size=13,
        row_lines=3,
        describe=say("deck.decisions_words", n=len(rows)),
        right=(1, 2),
    )


def _heads(*keys: str) -> list[str]:
    return [say(f"deck.head.{key}") for key in keys]


def scorecard(sheet: SlideCanvas, read: Reading) -> None:
    """The four headline figures with what stands beside each."""
    tiles = read.overview.tiles
    high = (sheet.area.height - GAP) * 0.43  # the case below has most to say
    tops, under = sheet.area.first(high).columns(1, 1), sheet.area.below(high).columns(1, 1)
    for box, tile in zip([*tops, *under], tiles, strict=False):
        lines = tile_lines(tile)
        source = "" if tile.figure.code == "tile.cannot_tell" else say_line(tile.source)
        sheet.tile(box, say(f"tile.{tile.key}_title"), say_line(tile.figure), lines, source=source)
        sheet.notes.append(f"{say(f'tile.{tile.key}_title')}: {say_line(tile.source)}")
    for key in (
        "maturity.level",
        "maturity.value",
        "saving.a_year",
        "saving.before_after",
        "case.expected",
        "case.accepted",
        "case.probability",
        "case.payback_months",
        "advocacy.nps",
    ):
        sheet.note(read.figures[key])


def tile_lines(tile: Tile) -> list[str]:
    """Return what stands under a headline figure: what changed, then what it rests on."""
    return [say_line(line) for line in (tile.since, tile.change, *tile.lines) if line]


def heatmap(sheet: SlideCanvas, read: Reading) -> None:
    """Published level of every function and dimension; contradictions are marked."""
    part = read.report.maturity
    if not len(part.dimensions):
        sheet.quiet(sheet.area, say("reason.no_answers"), 14)
        return
    model = load_model()
    wide = part.dimensions.pivot(index="function", columns="dimension", values="published")
    order = [d.key for d in model.dimensions if d.key in wide.columns]
    ranked = part.functions.sort_values("published", ascending=False, kind="stable")
    wide = wide.reindex(index=list(ranked["function"]), columns=order)
    capped = part.dimensions[part.dimensions["cap"] < part.dimensions["capability"]]
    marks = set(zip(capped["function"], capped["dimension"], strict=True))
    titles = {d.key: d.title.split(" ")[0].rstrip(",") for d in model.dimensions}
    rows, fills, colours = [], {}, {}
    levels = part.functions.set_index("function")["level"]
    for i, (function, values) in enumerate(wide.iterrows()):
        row = [title(str(function))]
        for j, (dimension, value) in enumerate(values.items(), 1):
            mark = " ▲" if (function, dimension) in marks else ""
            row.append(f"{MATURITY.write(value)}{mark}")
            if not pd.isna(value):
                step = level_number(value)
                fills[i, j] = LIGHT.ramp[step - 1]
                colours[i, j] = "#FFFFFF" if step >= 4 else sheet.brand.ink
        level = levels.get(function)
        rows.append([*row, "–" if level is None or pd.isna(level) else f"{level:.0f}"])
    foot = 40.0
    box = sheet.area.first(sheet.area.height - foot)
    least = min(36.0, (box.height - 34) / max(len(rows), 1))
    taken = sheet.table(
        box,
        ["", *(titles[k] for k in order), say("deck.head.level")],
        rows,
        (1.7, *(1 for _ in order), 0.8),
        size=12,
        row_lines=1,
        fills=fills,
        colours=colours,
        describe=_levels_said(read),
        least=least,
        centre=range(1, len(order) + 2),
    )
    names = " · ".join(f"{level.number} {level.name}" for level in model.levels)
    sheet.quiet(sheet.area.below(taken, 8), f"{names}. {say('deck.heatmap_about')}", 12)
    for function in part.functions["function"]:
        sheet.note(read.figures[f"maturity.{function}"])


def _levels_said(read: Reading) -> str:
    rows = read.report.maturity.functions
    each = "; ".join(
        f"{title(r.function)} {MATURITY.write(r.published)}" for r in iterate_rows(rows)
    )
    return say("deck.heatmap_words", levels=each)


def contradictions(sheet: SlideCanvas, read: Reading) -> None:
    """Where data disagree with answers, and which gates fail."""
    part = read.report.maturity
    left, right = sheet.area.columns(4, 5, gap=36)
    found = contradicted(part.contradictions)
    left = sheet.heading(left, say("deck.contradictions", n=len(found)))
    if found.empty:
        taken = sheet.quiet(left, say("maturity.contradictions_none"), 13)
    else:
        rows = [
            (
                title(r.function),
                _measured(part.contradictions, r),
                MATURITY.write(r.claim),
                f"{r.supported_level:.0f}",
            )
            for r in iterate_rows(found)
        ]
        taken = sheet.table(
            left.first(left.height - 90),
            _heads("function", "data", "claimed", "held_at"),
            rows,
            (2, 5, 1.4, 1.4),
            describe=say("deck.contradictions", n=len(found)),
            right=(2, 3),
            size=12,
            row_lines=6,
        )
    sheet.quiet(
        left.below(taken, 14), f"{say('deck.held_about')} {say('maturity.gates.about')}", 12
    )
    gates = part.gates
    order = ["fail", "warn"]
    judged = gates[gates["verdict"].isin(order)].sort_values(
        "verdict", key=lambda column: column.map(order.index), kind="stable"
    )
    states = gates["verdict"].value_counts()
    counted = say(
        "maturity.gates.count",
        fail=states.get("fail", 0),
        warn=states.get("warn", 0),
        passed=states.get("pass", 0),
        missing=states.get("no data", 0),
    )
    right = sheet.heading(right, counted)
    rows, colours = [], {}
    for i, r in enumerate(iterate_rows(judged)):
        rows.append(
            (
                say(f"maturity.gate.{r.gate}"),
                say(f"maturity.gates.{r.verdict}"),
                say(f"maturity.advice.{r.advice}") if r.advice else "–",
            )
        )
        colours[i, 1] = {"fail": LIGHT.bad_text, "warn": LIGHT.target_text}.get(
            r.verdict, LIGHT.good_text
        )
        sheet.notes.append(f"{say(f'maturity.gate.{r.gate}')}: {_gate_found(r)}")
    if rows:
        sheet.table(
            right,
            _heads("gate", "verdict", "advice"),
            rows,
            (3, 1.2, 5),
            colours=colours,
            describe=counted,
            pad=5,
        )


def _measured(rules: pd.DataFrame, claim) -> str:
    """Say what each rule measured that contradicts a claim."""
    mine = rules[(rules["function"] == claim.function) & (rules["dimension"] == claim.dimension)]
    values = mine.set_index("rule")["value"]
    return "; ".join(
        say(f"maturity.rule.{rule}", value=RULE_UNITS[rule].write(values[rule]))
        for rule in claim.rules.split(";")
    )


def _gate_found(row) -> str:
    facts = {
        k: (SHARE.write(v) if isinstance(v, float) and 0 <= v <= 1 else v)
        for k, v in json.loads(row.facts).items()
    }
    code = f"maturity.gate_found.{row.gate}"
    try:
        return say(code, **facts) if knows(code) else ""
    except (KeyError, IndexError):
        return ""


def percent(value: float) -> str:
    """Return a relative change with its sign, to a tenth of a per cent."""
    return SHARE.write(round(value, 3), change=True).replace(" points", " %")


__all__ = ["contradictions", "front", "heatmap", "percent", "scorecard", "verdict"]
