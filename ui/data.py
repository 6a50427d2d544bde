"""What the Data page shows: drop, understand, mend, save; then history and files."""

from __future__ import annotations

import pandas as pd
import streamlit as st

import loop
from ingest.model import Intake
from ingest.sheets import SHEETS
from ingest.sources import BY_KEY as SOURCES
from metrics.errors import AttuneError, StaleRevision
from metrics.functions import FUNCTIONS, MEASURES, title
from ui import parts, session
from words import say

TYPES = ["xlsx", "xlsm", "xlsb", "xls", "ods", "csv", "tsv", "txt", "zip", "htm", "html"]


MOST_CARDS = 12
TALL = 66
"""Row height from which Streamlit wraps text: four rem."""


def source_title(key: str | None) -> str:
    """Return what a table was recognised as, in words."""
    if key is None:
        return "–"
    return SOURCES[key].title if key in SOURCES else say(f"sheet.{key}")


def drop(current: session.Session) -> Intake | None:
    """Take files and check them; return what was found, or None before there is anything."""
    given = st.file_uploader(
        say("page.data.drop"), type=TYPES, accept_multiple_files=True,
        help=say("page.data.drop_help"), key=f"drop-{session.recall('round') or 0}",
    )  # fmt: skip
    if not given:
        session.remember("files", None)
        return None
    files = [(file.name, file.getvalue()) for file in given]
    identity = (
        current.client.id,
        current.client.revision,
        tuple((f.name, f.file_id) for f in given),
    )
    if session.recall("identity") != identity:
        with st.spinner(say("page.data.checking", n=len(files)), show_time=True):
            session.remember("intake", loop.check(files, current.profile))
        session.remember("identity", identity)
    session.remember("files", files)
    return session.recall("intake")


def known() -> None:
    """Show what is recognised: systems, sheets of one's own, and their headings."""
    with st.expander(say("page.data.known"), icon=":material/help:"):
        names = ", ".join(sorted({f"{s.system}: {s.title}" for s in SOURCES.values()}))
        parts.quiet(say("page.data.known_exports", names=names))
        st.write(say("page.data.known_sheets"))
        for key, fields in SHEETS.items():
            headings = ", ".join(
                f"**{f.aliases[0]}**" if f.required else f.aliases[0] for f in fields
            )
            st.markdown(f"{say(f'sheet.{key}')}: {headings}")
        some = ", ".join(MEASURES[f.cost].header for f in FUNCTIONS if f.cost)
        parts.quiet(say("page.data.known_measures", names=some))
        parts.quiet(say("page.data.known_mapping"))


def read(found: Intake) -> None:
    """Show what was read from each file and what it was recognised as."""
    parts.heading(say("page.data.read"), say("page.data.read_about"))
    listed = {t.table.file for t in found.tables}
    rows = [
        {
            "file": t.table.file, "sheet": t.table.sheet or "", "source": source_title(t.source),
            "rows": t.rows, "months": f"{t.months[0]} – {t.months[-1]}" if t.months else "",
            "measures": len(t.measures),
            "outcome": say(f"outcome.{found.outcomes.get(t.table.file.split('/')[0], 'loads')}"),
        }
        for t in found.tables
    ] + [
        {"file": file, "sheet": "", "source": "–", "rows": 0, "months": "", "measures": 0,
         "outcome": say(f"outcome.{outcome}")}
        for file, outcome in found.outcomes.items()
        if not any(name.split("/")[0] == file for name in listed)
    ]  # fmt: skip
    frame = pd.DataFrame(rows)
    st.dataframe(frame, hide_index=True, width="stretch",
                 column_config={c: say(f"table.{c}") for c in frame})  # fmt: skip


def findings(found: Intake) -> None:
    """Show every finding at once, worst first, with its cell and what to do."""
    parts.heading(say("page.data.findings"))
    table = parts.findings(found.findings)
    if table.empty:
        st.write(say("page.data.findings_none"))
        return
    count = {s: sum(f.severity.value == s for f in found.findings)
             for s in ("error", "warning", "info")}  # fmt: skip
    parts.quiet(say("page.data.findings_about", errors=count["error"],
                    warnings=count["warning"], infos=count["info"]))  # fmt: skip
    columns = {c: say(f"table.{c}") for c in table}
    columns["what"] = st.column_config.TextColumn(say("table.what"), width="large")
    with st.container(key="wide-findings"):
        parts.table(table, "Attune findings", columns, row_height=TALL,
                    height=min(TALL * len(table) + 40, 520))  # fmt: skip
    with st.container(key="narrow-findings"):
        parts.cards(
            [(f"{r.severity} · {r.file}", r.place or r.found, r.found if r.place else "", r.what)
             for r in table.head(MOST_CARDS).itertuples()]
        )  # fmt: skip
        if len(table) > MOST_CARDS:
            parts.quiet(say("page.data.findings_more", n=len(table) - MOST_CARDS))


def save(current: session.Session, found: Intake) -> None:
    """Show what saving would change, ask about overlaps, save."""
    parts.heading(say("page.data.changes"))
    observations = found.frames.get("observations", pd.DataFrame())
    counts = {name: len(frame) for name, frame in found.frames.items() if len(frame)}
    if not counts:
        st.write(say("page.data.changes_none"))
        return
    if len(observations):
        grouped = observations.groupby(["function", "measure"])["month"]
        summary = grouped.agg(first="min", last="max", new_values="size").reset_index()
        summary = summary.assign(
            function=[title(f) for f in summary["function"]],
            measure=[MEASURES[m].header if m in MEASURES else m for m in summary["measure"]],
            first=summary["first"].dt.strftime("%Y-%m"), last=summary["last"].dt.strftime("%Y-%m"),
        )  # fmt: skip
        st.dataframe(summary, hide_index=True, width="stretch", height=260,
                     column_config={c: say(f"table.{c}") for c in summary})  # fmt: skip
    others = {k: v for k, v in counts.items() if k != "observations"}
    if others:
        parts.quiet(" · ".join(f"{say(f'frame.{k}')}: {v:,}" for k, v in others.items()))
    shared = loop.overlapping(current.store, current.client.id, found)
    overlap = "replace"
    if len(shared):
        st.write(say("page.data.overlap", n=f"{int(shared['values'].sum()):,}"))
        overlap = st.radio(
            say("page.data.overlap_pick"), ("replace", "add", "keep"), horizontal=True,
            format_func=lambda choice: say(f"page.data.overlap_{choice}"),
        )  # fmt: skip
    if not st.button(say("page.data.save", revision=current.client.revision + 1), type="primary"):
        return
    try:
        number = loop.accept(
            current.store, current.client.id, current.client.revision, current.author,
            session.recall("files"), found, overlap,
        )  # fmt: skip
    except StaleRevision:
        st.warning(say("page.data.stale"))
        return
    except AttuneError as refused:
        st.error(parts.sentence(refused))
        return
    session.remember("round", (session.recall("round") or 0) + 1)
    session.remember("message", say("page.data.saved", revision=number))
    st.rerun()


def message() -> None:
    """Show what the last action did, once."""
    text = session.recall("message")
    if text:
        st.success(text)
        session.remember("message", None)


def history(current: session.Session) -> None:
    """Show every revision, undo the last one, download originals."""
    parts.heading(say("page.data.history"), say("page.data.history_about"))
    log = current.store.history(current.client.id).sort_values("revision", ascending=False)
    shown = log.assign(at=log["at"].astype("str").str.slice(0, 16))
    columns = [c for c in ("revision", "at", "author", "action", "summary") if c in shown]
    st.dataframe(shown[columns], hide_index=True, width="stretch",
                 column_config={c: say(f"table.{c}") for c in columns})  # fmt: skip
    number = current.client.revision
    if number > 1 and st.button(say("page.data.undo", revision=number), icon=":material/undo:"):
        try:
            current.store.undo(current.client.id, number, current.author)
        except StaleRevision:
            st.warning(say("page.data.stale"))
            return
        session.remember("message", say("page.data.undone", revision=number))
        st.rerun()
    parts.heading(say("page.data.uploads"))
    uploads = current.store.uploads(current.client.id)
    if uploads.empty:
        parts.quiet(say("page.data.uploads_none"))
        return
    names = dict(zip(uploads["upload"], uploads["name"], strict=True))
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    picked = left.selectbox(
        say("page.data.pick"), list(names), format_func=lambda u: f"{names[u]} · {u}"
    )
    with right:
        parts.download(
            say("page.data.original"),
            lambda: current.store.original(current.client.id, picked)[1],
            names[picked], icon=":material/download:", width="stretch",
        )  # fmt: skip
