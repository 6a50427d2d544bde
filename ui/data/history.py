"""The Data page's past: revisions with what they moved, undo and redo, originals."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from loop import review
from metrics.frames.frame import iterate_rows
from metrics.functions import KPIS
from ui.data import walk
from ui.data.save import figure
from ui.door import downloads, session, tables, writes
from ui.look import writing
from words import knows, say

MOVES_SHOWN, FILES_SHOWN = 3, 2
NAME_SHOWN = 22
TALL = 66
"""Row height from which Streamlit wraps text: four rem."""


def show(current: session.Session) -> None:
    """Show every revision, the way back and on, and the files behind the figures."""
    writing.heading(say("page.data.history"), say("page.data.history_about"))
    log = current.workspace.history().sort_values("revision", ascending=False)
    moves = review.summaries(current.workspace)
    currency = current.profile.currency
    shown = pd.DataFrame(
        {
            "revision": log["revision"],
            "at": log["at"].astype("str").str.slice(0, 16),
            "author": log["author"],
            "action": [_action(r) for r in iterate_rows(log)],
            "moved": [
                _moved_sentence(moves[n], currency) if n in moves else "" for n in log["revision"]
            ],
        }
    )
    columns = {c: say(f"table.{c}") for c in ("revision", "at", "author", "action")}
    columns["action"] = st.column_config.TextColumn(say("table.action"), width="medium")
    columns["moved"] = st.column_config.TextColumn(say("data.moved_column"), width="large")
    with st.container(key="wide-history"):
        st.dataframe(
            shown, hide_index=True, width="stretch", column_config=columns, row_height=TALL
        )
    with st.container(key="narrow-history"):
        writing.cards(
            [
                (f"{r.at} · {r.author}", str(r.revision), r.action, r.moved)
                for r in iterate_rows(shown.head(walk.SAVE + 2))
            ]
        )
    back_and_on(current)
    _detail(current, moves, currency)
    _originals(current)
    _retention(current)


def _action(row: Any) -> str:
    if row.action == "ingest":
        names = [
            name if len(name) <= NAME_SHOWN else f"{name[: NAME_SHOWN - 1]}…"
            for name in row.summary.split("; ")
        ]
        more = len(names) - FILES_SHOWN
        told = [*names[:FILES_SHOWN], *([say("data.moved_more", n=more)] if more > 0 else [])]
        return f"{say('data.action_ingest')}: {', '.join(told)}"
    if knows(f"data.action_{row.action}"):
        return say(f"data.action_{row.action}", summary=row.summary, revision=row.summary)
    return say("data.action_other", action=row.action, summary=row.summary)


def _moved_sentence(kpis: list[dict[str, Any]], currency: str) -> str:
    if not kpis:
        return say("data.moved_none")
    told = [
        say(
            "data.moved" if one["before"] is not None else "data.moved_new",
            kpi=KPIS[one["kpi"]].title,
            before=figure(one["kpi"], one["before"], currency),
            after=figure(one["kpi"], one["after"], currency),
        )
        for one in kpis[:MOVES_SHOWN]
        if one["kpi"] in KPIS
    ]
    more = len(kpis) - MOVES_SHOWN
    return "; ".join(told + ([say("data.moved_more", n=more)] if more > 0 else []))


def back_and_on(current: session.Session) -> None:
    """Offer the revision before and the one undone."""
    log = current.workspace.history()
    number = current.client.revision
    back, on = review.steps(log)
    with st.container(horizontal=True):
        if back is not None and st.button(
            say("page.data.undo", revision=number), icon=":material/undo:"
        ):
            _undo_to(current, back, say("page.data.undone", revision=number))
        if on is not None and st.button(say("data.redo", revision=on), icon=":material/redo:"):
            _undo_to(current, on, say("data.redone", revision=on))


def _undo_to(current: session.Session, target: int, sentence: str) -> None:
    number = current.client.revision
    writes.attempt(lambda: current.workspace.undo(number, target), lambda _: sentence)


def _detail(current: session.Session, moves: dict[int, list], currency: str) -> None:
    """Show all that one upload moved, and what was decided about its findings."""
    if not moves:
        return
    with st.expander(say("data.pick_revision")):
        picked = st.selectbox(say("table.revision"), sorted(moves, reverse=True))
        table = pd.DataFrame(
            [
                {
                    "kpi": KPIS[m["kpi"]].title,
                    "before": figure(m["kpi"], m["before"], currency),
                    "after": figure(m["kpi"], m["after"], currency),
                }
                for m in moves[picked]
                if m["kpi"] in KPIS
            ],
            columns=["kpi", "before", "after"],
        )
        columns = {
            "kpi": say("table.kpi"),
            "before": say("data.before"),
            "after": say("data.after"),
        }
        tables.table(table, f"Attune revision {picked}", columns)
        made = review.decisions(current.workspace)
        made = made[made["revision"] == picked]
        if made.empty:
            writing.show_quiet(say("data.decided_nothing"))
            return
        shown = pd.DataFrame(
            {
                "decision": [say(f"data.{choice}") for choice in made["choice"]],
                "found": made["code"].str.replace("_", " "),
                "file": made["file"],
                "place": [
                    "!".join(p for p in (s, c) if p)
                    for s, c in zip(made["sheet"], made["cell"], strict=True)
                ],
                "value": made["value"],
                "author": made["who"],
                "at": made["when"].str.slice(0, 16).str.replace("T", " "),
            }
        )
        labels = {c: say(f"table.{c}") for c in shown if c != "decision"}
        labels["decision"] = say("data.decision")
        tables.table(shown, f"Attune decisions {picked}", labels)


def _originals(current: session.Session) -> None:
    writing.heading(say("page.data.uploads"))
    uploads = review.originals(current.workspace)
    if uploads.empty:
        writing.show_quiet(say("page.data.uploads_none"))
        return
    names = dict(zip(uploads["upload"], uploads["name"], strict=True))
    gone = set(uploads.loc[uploads["erased"], "upload"])
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    picked = left.selectbox(
        say("page.data.pick"),
        list(names),
        format_func=lambda u: (
            f"{names[u]} · {u}" + (f" · {say('data.erased')}" if u in gone else "")
        ),
    )
    if picked in gone:
        writing.show_quiet(say("data.upload_erased", name=names[picked]))
        return
    with right:
        downloads.download(
            say("page.data.original"),
            lambda: current.workspace.original(picked)[1],
            names[picked],
            icon=":material/download:",
            width="stretch",
        )


def _retention(current: session.Session) -> None:
    days = review.retention_days(current.workspace)
    writing.show_quiet(say("data.retention", days=days))
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    wanted = left.number_input(say("data.retention_days"), 1, 3650, days, 30)
    if wanted != days and right.button(
        say("data.retention_save", days=int(wanted)), width="stretch"
    ):
        writes.attempt(
            lambda: review.keep_originals(current.workspace, current.client.revision, int(wanted)),
            lambda _: say("data.retention_saved", days=int(wanted)),
        )
