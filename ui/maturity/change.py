"""What changed between waves and why, whether raters agree, and who sees it differently."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from metrics.frames.frame import iterate_rows
from metrics.maturity import load_model
from metrics.maturity.levels import level_number
from metrics.maturity.movement import OTHER_FUNCTIONS, OTHER_QUESTIONS
from metrics.maturity.part import GIVEN, NOW, MaturityPart
from metrics.maturity.raters import TENTATIVE
from metrics.model import ALL
from metrics.units import MATURITY
from ui.door import session, tables
from ui.look import writing
from ui.look.charts import short_title
from ui.look.theme import tokens
from ui.maturity import charts
from ui.maturity.company import (
    agreement_word,
    cards,
    level_names,
    reason,
    title,
)
from words import say

LARGEST = 2
"""Contributions the sentence names."""


def show(current: session.Session) -> None:
    """Show change, agreement, bias and old answers under other versions of the model."""
    part = current.report().maturity
    show_movement(part)
    changes(part)
    agreement(part)
    bias(part)
    versions(part)


def show_movement(part: MaturityPart) -> None:
    """Show why the score moved: a waterfall whose steps add up to the change."""
    writing.heading(say("maturity.moved.title"), say("maturity.moved.about"))
    if part.moved.empty:
        writing.show_quiet(say("maturity.changes_none"))
        return
    options = tuple(dict.fromkeys(part.moved["function"]))
    wanted = session.from_address("moved", options, ALL)
    chosen = st.segmented_control(
        say("maturity.pick_function"),
        options,
        default=wanted,
        required=True,
        format_func=lambda f: say("maturity.agreement_all") if f == ALL else title(f),
        label_visibility="collapsed",
        key="moved",
    )
    session.to_address(moved=chosen or wanted)
    chosen = chosen or wanted
    mine = part.moved[(part.moved["function"] == chosen) & (part.moved["value"].abs() >= 0.005)]
    mine = mine.sort_values("value", ascending=False, kind="stable")
    start, end = _start_and_end(part, chosen)
    names = [_part_name(name) for name in mine["part"]]
    st.write(_sentence(part, chosen, start, end, names))
    words = "; ".join(f"{n}: {v:+.2f}" for n, v in zip(names, mine["value"], strict=True))
    st.altair_chart(
        charts.waterfall(
            start,
            list(zip(names, mine["value"], strict=True)),
            end,
            (
                say("maturity.moved.start", wave=part.earlier_wave),
                say("maturity.moved.end", wave=part.wave),
            ),
            tokens(),
            description=words,
        )
    )


def _start_and_end(part: MaturityPart, function: str) -> tuple[float, float]:
    rows = part.history[(part.history["function"] == function) & (part.history["basis"] == NOW)]
    value = rows.set_index("wave")["published"]
    return float(value[part.earlier_wave]), float(value[part.wave])


def _part_name(key: str) -> str:
    model = load_model()
    known = {d.key: short_title(d.title) for d in model.dimensions}
    other = {OTHER_FUNCTIONS: "other_functions", OTHER_QUESTIONS: "other_questions"}
    return known[key] if key in known else say(f"maturity.moved.{other[key]}")


def _sentence(part: MaturityPart, function: str, start: float, end: float, names: list[str]) -> str:
    levels = level_names(load_model())
    first = say(
        "maturity.moved.said",
        who=say("maturity.moved.company") if function == ALL else title(function),
        change=writing.minus(f"{end - start:+.1f}"),
        start=level_number(start),
        start_name=levels[level_number(start)],
        end=level_number(end),
        end_name=levels[level_number(end)],
        most=f" {say('maturity.moved.and')} ".join(names[:LARGEST])
        or say("maturity.moved.nothing"),
    )
    pair = part.moved_company
    if function != ALL or pair["raters"] < LARGEST:
        return first
    return (
        first
        + " "
        + say(
            "maturity.moved.paired",
            change=writing.minus(f"{pair['change']:+.1f}"),
            low=writing.minus(f"{pair['low']:+.1f}"),
            high=writing.minus(f"{pair['high']:+.1f}"),
            n=pair["raters"],
            verdict=say("maturity.change_" + pair["verdict"].replace(" ", "_")),
        )
    )


def bias(part: MaturityPart) -> None:
    """Show whether raters of one kind see more than the others."""
    writing.heading(say("maturity.bias.title"), say("maturity.bias.about"))
    shown = []
    for r in iterate_rows(part.bias):
        heading = say(f"maturity.bias.{r.view}")
        counts = say("maturity.bias.raters", raters=r.raters, others=r.others)
        if pd.isna(r.low):
            shown.append((say("tile.cannot_tell"), "", heading, [reason(r.reason), counts]))
            continue
        verdict = str(r.verdict).replace(" ", "_")
        line = say(
            "maturity.bias.gap",
            gap=writing.minus(f"{r.gap:+.1f}"),
            low=writing.minus(f"{r.low:+.1f}"),
            high=writing.minus(f"{r.high:+.1f}"),
        )
        mood = "warn" if r.verdict in ("higher", "lower") else ""
        shown.append((say(f"maturity.bias.verdict_{verdict}"), mood, heading, [line, counts]))
    cards(shown)


def versions(part: MaturityPart) -> None:
    """Show old answers under the model they were given for and under the present one."""
    given = part.history[part.history["basis"] == GIVEN]
    if given.empty:
        return
    writing.heading(say("maturity.versions.title"), say("maturity.versions.about"))
    keys = ["wave", "function"]
    both = given.merge(part.history[part.history["basis"] == NOW], on=keys, suffixes=("", "_now"))
    rows = pd.DataFrame(
        {
            "wave": both["wave"],
            "function": [
                say("maturity.agreement_all") if f == ALL else title(f) for f in both["function"]
            ],
            "given": [_score(r.published, r.low, r.high, r.version) for r in iterate_rows(both)],
            "now": [
                _score(r.published_now, r.low_now, r.high_now, r.version_now)
                for r in iterate_rows(both)
            ],
        }
    )
    tables.table(rows, "Attune versions", {c: say(f"maturity.versions.{c}") for c in rows})


def _score(value: float, low: float, high: float, version: str) -> str:
    if pd.isna(value):
        return say("maturity.unknown")
    facts = {
        "level": level_number(value),
        "value": MATURITY.write(value),
        "low": MATURITY.write(low),
        "high": MATURITY.write(high),
        "version": version,
    }
    return say("maturity.versions.score", **facts)


def agreement(part: MaturityPart) -> None:
    """Show whether the raters agree, in words with alpha and interval."""
    writing.heading(say("maturity.agreement"), say("maturity.agreement_about"))
    rows = part.agreement[part.agreement["scope"].isin(["overall", "function"])]
    shown = []
    for r in iterate_rows(rows):
        name = say("maturity.agreement_all") if r.scope == "overall" else title(r.key)
        if pd.isna(r.alpha):
            shown.append((say("tile.cannot_tell"), "", name, [reason(r.reason)]))
            continue
        line = say(
            "maturity.agreement_line",
            alpha=f"{r.alpha:.2f}",
            low=f"{r.low:.2f}",
            high=f"{r.high:.2f}",
            raters=r.raters,
            units=r.units,
        )
        mood = "worse" if r.alpha < TENTATIVE else ""
        shown.append((agreement_word(r.alpha), mood, name, [line]))
    cards(shown)


def changes(part: MaturityPart) -> None:
    """Show the change of each dimension between waves, and how many are not shown."""
    writing.heading(
        say("maturity.changes", wave=part.earlier_wave or "–"), say("maturity.changes_about")
    )
    if part.changes.empty:
        writing.show_quiet(say("maturity.changes_none"))
        return
    model = load_model()
    count = part.changes["verdict"].value_counts()
    st.write(
        say(
            "maturity.changes_count",
            all=len(part.changes),
            improved=count.get("improved", 0),
            fell=count.get("fell", 0),
            unshown=count.get("not shown", 0),
        )
    )
    rows = part.changes.assign(
        function=[title(f) for f in part.changes["function"]],
        dimension=[model.dimension(d).title for d in part.changes["dimension"]],
        change=[
            say(
                "maturity.changes_said",
                change=f"{r.change:+.1f}",
                low=f"{r.low:+.1f}",
                high=f"{r.high:+.1f}",
                n=r.raters,
                verdict=say("maturity.change_" + str(r.verdict).replace(" ", "_")),
            ).replace("-", "−")
            if r.raters > 1
            else say("maturity.change_cannot_tell")
            for r in iterate_rows(part.changes)
        ],
    )
    shown = rows[["function", "dimension", "change"]]
    columns = {
        "function": say("maturity.steps.function"),
        "dimension": say("maturity.steps.dimension"),
        "change": say("table.change"),
    }
    tables.table(shown, "Attune maturity change", columns, height=320)
