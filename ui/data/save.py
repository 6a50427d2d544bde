"""Step four of the Data page: what will change on the Overview, then save."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from loop import review, uploads
from metrics.functions import KPI_OWNER, KPIS, MEASURES, title
from metrics.overview import Overview
from ui.data import walk as data
from ui.door import session, tables, writes
from ui.look import writing
from words import say

SHOWN = 12
PLACES = 3
TELL_OF_EARLIER = ("same_under_other_teams", "file_corrected", "file_says_less")


def show(walk: data.Walk) -> None:
    """Show the Overview before and after, ask about overlaps, save."""
    writing.heading(say("page.data.changes"), say("data.changes_about"))
    counts = {name: len(frame) for name, frame in walk.found.frames.items() if len(frame)}
    if not counts:
        st.write(say("page.data.changes_none"))
        data.turn(walk)
        return
    overlap = _overlap(walk)
    seen = _preview(walk, overlap)
    _tiles(seen.before, seen.after)
    _moves(walk, seen)
    writing.show_quiet(" · ".join(f"{say(f'frame.{k}')}: {v:,}" for k, v in counts.items()))
    current = walk.current
    left = st.container(horizontal=True)
    left.button(say("data.back"), on_click=data.go, args=(data.MEND,))
    if left.button(say("page.data.save", revision=current.client.revision + 1), type="primary"):
        writes.attempt(
            lambda: review.save(
                current.workspace,
                current.client.revision,
                list(walk.files),
                walk.found,
                overlap,
                entries=list(walk.entries.values()),
                decisions=walk.decisions,
            ),
            _finish,
        )


def _finish(number: int) -> str:
    data.finish()
    return say("page.data.saved", revision=number)


def _overlap(walk: data.Walk) -> uploads.Overlap:
    """Ask what happens to figures that are there already, if there are any."""
    current = walk.current
    shared = uploads.overlapping(current.workspace, walk.found)
    other = [f for f in walk.found.findings if f.code in TELL_OF_EARLIER]
    if shared.empty and not other:
        return "replace"
    where = [
        say(
            "data.overlap_where",
            first=f"{r.first:%Y-%m}",
            last=f"{r.last:%Y-%m}",
            measure=MEASURES[r.measure].header if r.measure in MEASURES else r.measure,
        )
        for r in shared.head(PLACES).itertuples()
    ] + [writing.finding(f) for f in other[:PLACES]]
    n = int(shared["values"].sum()) + sum(f.count for f in other)
    more = " …" if len(shared) > PLACES else ""
    st.write(say("page.data.overlap", n=f"{n:,}", where="; ".join(where) + more))
    return st.radio(
        say("page.data.overlap_pick"),
        ("replace", "anew", "add", "keep"),
        horizontal=True,
        format_func=lambda choice: say(f"page.data.overlap_{choice}"),
    )


def _preview(walk: data.Walk, overlap: uploads.Overlap) -> review.Preview:
    """Compute the preview once for what was decided so far."""
    key = (
        session.recall("identity"),
        overlap,
        len(walk.decisions),
        tuple(str(entry) for entry in walk.entries.values()),
    )
    kept = session.recall("preview")
    if kept is None or kept[0] != key:
        with st.spinner(say("data.computing"), show_time=True):
            current = walk.current
            kept = (key, review.preview(current.workspace, walk.found, overlap))
        session.remember("preview", kept)
    return kept[1]


def _tiles(before: Overview, after: Overview) -> None:
    verdicts = [" ".join(writing.say_line(line) for line in one.verdict) for one in (before, after)]
    first = say("data.verdict_before", verdict=verdicts[0])
    writing.statement(verdicts[1], first if verdicts[0] != verdicts[1] else say("data.tile_same"))
    was = {tile.key: writing.say_line(tile.figure) for tile in before.tiles}
    writing.cards(
        [
            (
                say(f"tile.{tile.key}_title"),
                writing.say_line(tile.figure),
                say("data.tile_same")
                if writing.say_line(tile.figure) == was.get(tile.key)
                else say("data.tile_before", figure=was.get(tile.key, "–")),
                "",
            )
            for tile in after.tiles
        ]
    )


def _moves(walk: data.Walk, seen: review.Preview) -> None:
    writing.heading(say("data.moves"), say("data.moves_about"))
    if seen.moves.empty:
        writing.show_quiet(say("data.moves_none"))
        return
    currency = walk.current.profile.currency
    table = pd.DataFrame(
        [
            {
                "function": title(KPI_OWNER[r.kpi]),
                "kpi": KPIS[r.kpi].title,
                "before": figure(r.kpi, r.before, currency),
                "after": figure(r.kpi, r.after, currency),
                "change": say("data.new")
                if math.isnan(r.change)
                else KPIS[r.kpi].unit.write(r.change, currency, change=True),
            }
            for r in seen.moves.itertuples()
        ]
    )
    columns = {c: say(f"table.{c}") for c in ("function", "kpi", "change")}
    columns |= {"before": say("data.before"), "after": say("data.after")}
    with st.container(key="wide-moves"):
        tables.table(table, "Attune preview", columns, height=min(36 * len(table) + 40, 420))
    with st.container(key="narrow-moves"):
        writing.cards(
            [
                (
                    r.kpi,
                    r.after,
                    "" if r.before == "–" else say("data.tile_before", figure=r.before),
                    r.change,
                )
                for r in table.head(SHOWN).itertuples()
            ]
        )
        if len(table) > SHOWN:
            writing.show_quiet(say("page.data.findings_more", n=len(table) - SHOWN))


def figure(kpi: str, value: float | None, currency: str) -> str:
    """Return a KPI's value as it is written, a dash where there is none."""
    if value is None or math.isnan(value):
        return "–"
    return KPIS[kpi].unit.write(value, currency)
