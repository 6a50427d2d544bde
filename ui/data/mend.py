"""Step three of the Data page: every finding with its place, and what was decided about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from ingest.causes import by_cause, places, values
from ingest.marked import can_mark, mark_workbook
from loop import review
from metrics.frames.frame import iterate_rows
from metrics.model import Finding, Severity
from ui.data import alike
from ui.data import walk as data
from ui.door import downloads, tables
from ui.look import writing
from words import say

MOST_CARDS = 12
TALL = 66
"""Row height from which Streamlit wraps text: four rem."""
OPEN, ROWS = "open", "rows"
_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


def show(walk: data.Walk) -> None:
    """Ask about teams, show the findings, decide about some, hand the marked file back."""
    alike.show(walk)
    writing.heading(say("page.data.findings"))
    findings = sorted(walk.found.findings, key=lambda f: _ORDER[f.severity])
    _show_settled(walk)
    if not findings:
        st.write(say("data.none"))
        data.turn(walk)
        return
    causes = by_cause(findings)
    count = Counter(group[0].severity.value for group in causes)
    writing.show_quiet(
        say(
            "data.count",
            errors=count["error"],
            warnings=count["warning"],
            infos=count["info"],
            open=len(by_cause(walk.open)),
        )
    )
    marked_rows = _table(walk, causes)
    _decide(walk, findings, [f for i in marked_rows if i < len(causes) for f in causes[i]])
    _files_back(walk, findings)
    data.turn(walk)


def _show_settled(walk: data.Walk) -> None:
    """Say what was left out, and what a new file mended."""
    places = [str(d.place) for d in walk.decisions if d.choice == review.EXCLUDE]
    if places:
        left, right = st.columns([4, 1], vertical_alignment="center")
        with left:
            writing.show_quiet(say("data.left_out_about", places="; ".join(dict.fromkeys(places))))
        if right.button(say("data.take_back"), width="stretch"):
            kept = tuple(d for d in walk.decisions if d.choice != review.EXCLUDE)
            walk.draft.decisions = kept
            data.read_again(walk.current)
            st.rerun()
    mended = sum(d.choice == review.FIXED for d in walk.decisions)
    if mended:
        writing.show_quiet(say("data.fixed_about", n=mended))


def _table(walk: data.Walk, causes: Sequence[tuple[Finding, ...]]) -> list[int]:
    """Show the table, one row a cause; return the rows that are marked in it."""
    table = pd.DataFrame(
        [
            {
                "severity": say(f"severity.{group[0].severity.value}"),
                "decision": _decision(walk, group),
                "file": group[0].place.file,
                "place": places(group),
                "found": values(group),
                "what": writing.finding(group[0]),
                "cells": sum(finding.count for finding in group),
            }
            for group in causes
        ]
    )
    columns = {c: say(f"table.{c}") for c in table if c != "decision"}
    columns["what"] = st.column_config.TextColumn(say("table.what"), width="large")
    columns["file"] = st.column_config.TextColumn(say("table.file"), width="small")
    columns["decision"] = st.column_config.TextColumn(say("data.decision"), width="small")
    with st.container(key="wide-findings"):
        event = st.dataframe(
            table,
            hide_index=True,
            width="stretch",
            column_config=columns,
            row_height=TALL,
            height=min(TALL * len(table) + 40, 520),
            on_select="rerun",
            selection_mode="multi-row",
            key=f"findings-{walk.draft.round}",
        )
        with st.container(horizontal=True):
            tables.table_downloads(table, "Attune findings")
    with st.container(key="narrow-findings"):
        writing.cards(
            [
                (
                    f"{r.severity} · {r.file}",
                    r.place or r.found or "–",
                    r.found if r.place else "",
                    f"{r.what} {r.decision}".strip(),
                )
                for r in iterate_rows(table.head(MOST_CARDS))
            ]
        )
        if len(table) > MOST_CARDS:
            writing.show_quiet(say("page.data.findings_more", n=len(table) - MOST_CARDS))
    return list(event["selection"]["rows"])


def _decision(walk: data.Walk, group: Sequence[Finding]) -> str:
    made = next((made for one in group if (made := walk.decided(one)) is not None), None)
    if made is None or any(walk.decided(one) is None for one in group):
        return "" if group[0].severity is Severity.INFO else say("data.open")
    choice = say(f"data.{made.choice}" if made.choice != review.EXCLUDE else "data.excluded")
    return say("data.decided", choice=choice, who=made.who)


def _decide(walk: data.Walk, findings: Sequence[Finding], rows: list[Finding]) -> None:
    """Accept findings, or leave out what they stand in: all, a group, or the marked rows."""
    groups: dict[str, list[Finding]] = {OPEN: walk.open}
    if rows:
        groups = {ROWS: rows, **groups}
    for finding in findings:
        if finding.severity is not Severity.INFO:
            groups.setdefault(f"{finding.code}|{finding.place.file}", []).append(finding)
    groups = {key: found for key, found in groups.items() if found}
    if not groups:
        return
    which, accept, exclude = st.columns([3, 1, 1], vertical_alignment="bottom")
    picked = which.selectbox(
        say("data.which"),
        list(groups),
        help=say("data.mark_rows"),
        format_func=lambda key: _group(key, groups[key]),
    )
    chosen = groups[picked]
    if accept.button(say("data.accept"), help=say("data.accept_help"), width="stretch"):
        made = review.decide(review.ACCEPT, chosen, walk.current.workspace.author)
        walk.draft.decisions = (*walk.decisions, *made)
        st.rerun()
    if exclude.button(say("data.exclude"), help=say("data.exclude_help"), width="stretch"):
        made = review.decide(review.EXCLUDE, chosen, walk.current.workspace.author)
        walk.draft.decisions = (*walk.decisions, *made)
        data.read_again(walk.current)
        st.rerun()


def _group(key: str, found: Sequence[Finding]) -> str:
    if key in (OPEN, ROWS):
        return say(f"data.which_{key}", n=len(by_cause(found)))
    code, file = key.split("|", 1)
    return say("data.which_group", n=len(found), code=code.replace("_", " "), file=file)


def _files_back(walk: data.Walk, findings: Sequence[Finding]) -> None:
    """Hand each file back with its cells coloured and commented."""
    writing.show_quiet(say("data.marked_about"))
    with st.container(horizontal=True):
        for name, content in walk.files:
            own = [f for f in findings if f.place.file.split("/")[0] == name]
            if own:
                own_cells = can_mark(walk.found, name, content)
                ending = name if own_cells else f"{name} findings.xlsx"
                label = say("data.marked" if own_cells else "data.listed", file=name)
                downloads.download(
                    label,
                    lambda name=name, content=content: mark_workbook(walk.found, name, content)[1],
                    ending,
                    tables.WORKBOOK,
                    icon=":material/download:",
                    key=f"marked-{name}",
                    type="tertiary",
                )
