"""Step four of the Data page: what will change on the Overview, then save."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd
import streamlit as st

from loop import review, uploads
from loop.profiles import stated
from loop.unfed import feeds_nothing
from metrics.frames.frame import iterate_rows
from metrics.functions import KPI_OWNER, KPIS, MEASURES, title
from metrics.overview import Overview
from ui.data import walk as data
from ui.door import tables, writes
from ui.look import writing
from words import say

SHOWN = 12
PLACES = 3
TELL_OF_EARLIER = ("same_under_other_teams", "file_corrected", "file_says_less")


def show(walk: data.Walk) -> None:
    """Show the Overview before and after, ask about overlaps, save."""
    writing.heading(say("page.data.changes"), say("data.changes_about"))
    counts = {name: len(frame) for name, frame in walk.found.frames.items() if len(frame)}
    if not walk.saves:
        st.write(say("page.data.changes_none"))
        _show_unfed(walk, "replace")
        data.turn(walk)
        return
    overlap = _overlap(walk)
    seen = _preview(walk, overlap)
    _tiles(seen.before, seen.after)
    _moves(walk, seen)
    _show_stated(walk)
    _show_unfed(walk, overlap)
    writing.show_quiet(" · ".join(f"{say(f'frame.{k}')}: {v:,}" for k, v in counts.items()))
    current = walk.current
    data.show_time(walk.draft)
    left = st.container(horizontal=True)
    left.button(say("data.back"), on_click=data.go, args=(walk.draft, data.MEND))
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
                teams=walk.draft.teams,
            ),
            lambda number: _finish(walk, number),
        )


def _finish(walk: data.Walk, number: int) -> str:
    data.finish(walk.current)
    return say("page.data.saved", revision=number)


def _show_stated(walk: data.Walk) -> None:
    """Say what changes about the client itself: teams and rates, from the files or this walk."""
    profile = replace(walk.current.profile, teams=walk.teams)
    told = [*stated(profile, walk.found)]
    told += [
        ("team", team, "; ".join(names))
        for team, names in walk.teams.items()
        if walk.current.profile.teams.get(team) != names and names
    ]
    if told:
        sentences = [
            say(f"data.stated_{kind}", name=name, told=words) for kind, name, words in told
        ]
        writing.show_quiet(say("data.stated", what="; ".join(dict.fromkeys(sentences))))


def _show_unfed(walk: data.Walk, overlap: uploads.Overlap) -> None:
    """List what of the files feeds nothing, with the reason and what would change it."""
    before = walk.current.snapshot
    after = uploads.snapshot_after(before, walk.found, overlap) if walk.saves else before
    left = feeds_nothing(walk.found, after)
    if not left:
        return
    with st.expander(say("data.unfed", n=len(left)), icon=":material/info:"):
        writing.show_quiet(say("data.unfed_about"))
        st.markdown(
            "\n".join(
                "- " + say(f"data.unfed_{one.why}", what=one.what, kpi=one.kpi, needs=one.needs)
                for one in left
            )
        )


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
        for r in iterate_rows(shared.head(PLACES))
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
    draft = walk.draft
    decided = (walk.current.client.revision, tuple(draft.files), len(walk.decisions))
    said = (tuple(map(str, walk.entries.values())), str(draft.teams), id(walk.found))
    key = (overlap, *decided, *said)
    if draft.preview is None or draft.preview[0] != key:
        current, found = walk.current, walk.found
        made = data.timed(
            draft,
            say("data.computing"),
            lambda: review.preview(current.workspace, found, overlap, draft.teams),
        )
        draft.preview = (key, made)
    return draft.preview[1]


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
            for r in iterate_rows(seen.moves)
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
                for r in iterate_rows(table.head(SHOWN))
            ]
        )
        if len(table) > SHOWN:
            writing.show_quiet(say("page.data.findings_more", n=len(table) - SHOWN))


def figure(kpi: str, value: float | None, currency: str) -> str:
    """Return a KPI's value as it is written, a dash where there is none."""
    if value is None or math.isnan(value):
        return "–"
    return KPIS[kpi].unit.write(value, currency)
