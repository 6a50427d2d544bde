"""Pieces of pages: verdict, tiles, empty states, tables with downloads, findings."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import pandas as pd
import streamlit as st

from metrics.errors import AttuneError
from metrics.functions import title
from metrics.model import Finding
from metrics.overview import Line, Outcome, Overview, Tile
from metrics.report import Report
from readout import safe
from ui.glossary import glossed
from words import knows, refusal, say

_LATER: ContextVar[list[Callable[[], None]] | None] = ContextVar("later", default=None)
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def said(line: Line) -> str:
    """Return the sentence of a line."""
    return say(line.code, **line.facts)


def sentence(error: AttuneError) -> str:
    """Return the sentence of an error a person may be shown."""
    facts = dict(error.facts)
    if "function" in facts:
        facts["function"] = title(str(facts["function"]))
    return refusal(error.code, facts)


def reason(code: str) -> str:
    """Return why a value is missing or provisional; "" for none."""
    if not code:
        return ""
    return say(f"reason.{code}") if knows(f"reason.{code}") else code.replace("_", " ")


def _escaped(text: str) -> str:
    return html.escape(text, quote=False)


def verdict(overview: Overview) -> None:
    """Show the sentence a chief executive would repeat, then why it may be believed."""
    statement(
        " ".join(said(line) for line in overview.verdict),
        " ".join(said(line) for line in overview.support),
    )


def statement(first: str, second: str) -> None:
    """Show the sentence a page opens with, and quietly what belongs to it."""
    st.html(
        f'<p class="attune-verdict" role="heading" aria-level="2">{_escaped(first)}</p>'
        f'<p class="attune-quiet">{glossed(_escaped(second))}</p>'
    )


def minus(text: str) -> str:
    """Return text with true minus signs before its numbers."""
    return re.sub(r"(?<![\w-])-(?=\d)", "−", text)


def tiles(overview: Overview) -> None:
    """Show the headline figures; each opens where it comes from."""
    inside = "".join(_tile(t) for t in overview.tiles)
    st.html(f'<div class="attune-tiles attune-headlines">{inside}</div>')


def _tile(tile: Tile) -> str:
    lines = "".join(f"<p>{glossed(_escaped(said(line)))}</p>" for line in tile.lines)
    change = f'<p class="{tile.mood}">{_escaped(said(tile.change))}</p>' if tile.change else ""
    since = f'<p class="since">{_escaped(said(tile.since))}</p>' if tile.since else ""
    kind = "figure words" if tile.words else "figure"
    return (
        f'<section class="attune-tile" aria-label="{_escaped(say(f"tile.{tile.key}_title"))}">'
        f"<h3>{glossed(_escaped(say(f'tile.{tile.key}_title')))}</h3>"
        f'<div class="{kind}">{_escaped(said(tile.figure))}</div>{change}{since}{lines}'
        f"<details><summary>{_escaped(say('tile.where_from'))}</summary>"
        f"<p>{glossed(_escaped(said(tile.source)))}</p></details></section>"
    )


def outcomes(found: Iterable[Outcome]) -> None:
    """Show what became of decisions: what was promised, what came."""
    moods = {True: "better", False: "worse", None: ""}
    inside = "".join(
        f'<section class="attune-tile"><h3>{_escaped(one.name)}</h3>'
        f"<p>{_escaped(said(one.promised))}</p>"
        f'<p class="{moods[one.held]}">{_escaped(said(one.came))}</p></section>'
        for one in found
    )
    st.html(f'<div class="attune-cards">{inside}</div>')


def heading(text: str, about: str = "") -> None:
    """Show a section heading with one quiet sentence below it."""
    st.subheader(text, anchor=False)
    if about:
        st.html(f'<p class="attune-quiet">{_escaped(about)}</p>')


def quiet(text: str) -> None:
    """Show a sentence in quiet type, its terms explained on hover."""
    st.html(f'<p class="attune-quiet">{glossed(_escaped(text))}</p>')


def footing(report: Report) -> None:
    """Say what the page was computed from."""
    quiet(
        say(
            "page.footing",
            revision=report.revision,
            as_of=f"{report.as_of:%-d %B %Y}",
            code=report.code_version,
            assumptions=report.assumptions.checksum,
            seed=report.assumptions.whole("seed"),
        )
    )


def broken(reference: str) -> None:
    """Show that the program failed, with the reference under which the log holds the cause."""
    st.error(say("errors.broken", reference=reference), icon=":material/error:")


def refused(why: str) -> None:
    """Say that a page is closed to this person, why, and where to go on."""
    st.title(say("access.not_open"), anchor=False)
    quiet(why)
    st.page_link("pages/overview.py", label=say("access.on"))


def empty(text: str, button: str = "", page: str = "") -> None:
    """Show an empty state: one sentence and one way on."""
    with st.container(border=True):
        st.write(text)
        if button:
            st.page_link(page, label=button)


def sign_in(refused: AttuneError, sign_out: Callable[[], None] | None) -> None:
    """Show the way in to somebody who is not signed in, or why the way is closed."""
    code = refused.code if knows(f"access.{refused.code}") else "refused"
    st.title(say("access.title"), anchor=False)
    st.html(f'<p class="attune-verdict">{_escaped(say(f"access.{code}"))}</p>')
    if code in ("loopback_only", "link_ended", "not_guarded"):
        return
    with st.container(horizontal=True):
        if st.button(say("access.sign_in"), type="primary", icon=":material/login:"):
            st.login()
        if sign_out and st.button(say("access.sign_out"), type="tertiary"):
            sign_out()


def welcome(open_sample: Callable[[], None], create: Callable, may_create: bool = True) -> None:
    """Show the way in when no client is chosen."""
    from ui import setup

    st.title(say("page.welcome.title"), anchor=False)
    st.html(f'<p class="attune-verdict">{_escaped(say("page.welcome.verdict"))}</p>')
    if not may_create:
        quiet(say("access.no_client"))
        return
    quiet(say("page.welcome.about"))
    left, right, _ = st.columns([1, 1, 2], vertical_alignment="bottom")
    if left.button(say("page.welcome.sample"), type="primary", width="stretch"):
        open_sample()
        st.rerun()
    if right.button(say("page.welcome.create"), width="stretch"):
        setup.new_client(create)


def table(
    frame: pd.DataFrame, name: str, columns: dict | None = None, *, height: int | None = None,
    row_height: int | None = None, shown: pd.DataFrame | None = None,
) -> None:  # fmt: skip
    """Show a table with its downloads.

    Parameters
    ----------
    frame : DataFrame
        What is downloaded: plain values.
    name : str
        File name without extension.
    columns : dict
        Streamlit column configuration for ``shown``.
    row_height : int, optional
        Tall rows wrap their text.
    shown : DataFrame, optional
        What is displayed when that differs, such as with sparklines.
    """
    rows = frame if shown is None else shown
    sizes = {"height": height, "row_height": row_height}
    st.dataframe(rows, hide_index=True, column_config=columns, width="stretch",
                 **{k: v for k, v in sizes.items() if v})  # fmt: skip
    table_downloads(frame, name)


@contextmanager
def buttons_later() -> Iterator[list[Callable[[], None]]]:
    """Keep back what holds a button, to be shown below: it cannot be worked out once."""
    later: list[Callable[[], None]] = []
    token = _LATER.set(later)
    try:
        yield later
    finally:
        _LATER.reset(token)


def table_downloads(frame: pd.DataFrame, name: str) -> None:
    """Offer a table's files, where the table itself is edited too."""
    _now_or_later(lambda: _downloads(frame, name))


def folded_table(
    label: str, frame: pd.DataFrame, name: str, columns: dict | None = None, **look: Any
) -> None:
    """Show a table in a box that is closed at first, and costs nothing until it is opened."""

    def show() -> None:
        box = st.expander(label, on_change="rerun", key=f"fold-{safe.file_name(name)}")
        if box.open:
            with box:
                table(frame, name, columns, **look)

    _now_or_later(show)


def _now_or_later(show: Callable[[], None]) -> None:
    later = _LATER.get()
    if later is None:
        show()
    else:
        later.append(show)


def _downloads(frame: pd.DataFrame, name: str) -> None:
    with st.container(horizontal=True):
        _files(frame, name)


def _files(frame: pd.DataFrame, name: str) -> None:
    download(say("table.csv"), lambda: safe.csv(frame), f"{name}.csv", "text/csv",
             key=f"{name}.csv", type="tertiary")  # fmt: skip
    download(say("table.xlsx"), lambda: safe.workbook(frame), f"{name}.xlsx", WORKBOOK,
             key=f"{name}.xlsx", type="tertiary")  # fmt: skip


def download(
    label: str, make: Callable[[], bytes | str], name: str, mime: str | None = None, **look: Any
) -> None:
    """Show a button that makes and hands out a file: the one door files leave a page by.

    The person's access is asked for again at the click, and the file is theirs alone. Whoever
    came by a shared link sees no button.
    """
    from ui import session

    made = session.protected(make)
    if made is not None:
        # Without a rerun: it would take the next button's file away while it is being clicked.
        st.download_button(label, made, safe.file_name(name), mime, on_click="ignore", **look)


def cards(rows: list[tuple[str, str, str, str]]) -> None:
    """Show a table's rows as cards: title, figure, and two quiet lines each."""
    inside = "".join(
        f'<section class="attune-tile"><h3>{_escaped(title)}</h3>'
        f'<div class="figure">{_escaped(figure)}</div>'
        f"<p>{_escaped(first)}</p><p>{_escaped(second)}</p></section>"
        for title, figure, first, second in rows
    )
    st.html(f'<div class="attune-tiles">{inside}</div>')


def findings(found: tuple[Finding, ...]) -> pd.DataFrame:
    """Return findings as the one table an analyst works through, worst first."""
    order = {"error": 0, "warning": 1, "info": 2}
    rows = [
        {
            "severity": say(f"severity.{f.severity.value}"),
            "file": f.place.file,
            "place": "!".join(p for p in (f.place.sheet, f.place.cell) if p),
            "found": f.value,
            "what": finding(f),
            "cells": f.count,
        }
        for f in sorted(found, key=lambda f: order[f.severity.value])
    ]
    return pd.DataFrame(rows, columns=["severity", "file", "place", "found", "what", "cells"])


def finding(one: Finding) -> str:
    """Return the sentence of a finding."""
    return say(f"findings.{one.code}", **one.facts)
