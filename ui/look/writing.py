"""Pieces of pages: verdict, tiles, empty states, tables with downloads, findings."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from metrics.errors import AttuneError
from metrics.functions import title
from metrics.model import Finding
from metrics.overview import Outcome, Overview, Tile
from metrics.report import Report
from metrics.units import MONEY, write_day
from readout.reading import say_line
from ui.look.glossary import explain_terms
from words import knows, refusal, say


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


def literal(text: str) -> str:
    """Return a client's text as Markdown that shows it as it is: no link, picture or heading."""
    return re.sub(r"([\\`*_{}\[\]()<>#+\-.!|~$:&])", r"\\\1", " ".join(text.split()))


def escape(text: str) -> str:
    return html.escape(text, quote=False)


def verdict(overview: Overview) -> None:
    """Show the sentence a chief executive would repeat, then why it may be believed."""
    statement(
        " ".join(say_line(line) for line in overview.verdict),
        " ".join(say_line(line) for line in overview.support),
    )


def statement(first: str, second: str) -> None:
    """Show the sentence a page opens with, and quietly what belongs to it."""
    st.html(
        f'<p class="attune-verdict" role="heading" aria-level="2">{escape(first)}</p>'
        f'<p class="attune-quiet">{explain_terms(escape(second))}</p>'
    )


def minus(text: str) -> str:
    """Return text with true minus signs before its numbers."""
    return re.sub(r"(?<![\w-])-(?=\d)", "−", text)


def tiles(overview: Overview) -> None:
    """Show the headline figures; each opens where it comes from."""
    inside = "".join(_tile(t) for t in overview.tiles)
    st.html(f'<div class="attune-tiles attune-headlines">{inside}</div>')


def _tile(tile: Tile) -> str:
    lines = "".join(f"<p>{explain_terms(escape(say_line(line)))}</p>" for line in tile.lines)
    change = f'<p class="{tile.mood}">{escape(say_line(tile.change))}</p>' if tile.change else ""
    since = f'<p class="since">{escape(say_line(tile.since))}</p>' if tile.since else ""
    kind = "figure words" if tile.words else "figure"
    return (
        f'<section class="attune-tile" aria-label="{escape(say(f"tile.{tile.key}_title"))}">'
        f"<h3>{explain_terms(escape(say(f'tile.{tile.key}_title')))}</h3>"
        f'<div class="{kind}">{escape(say_line(tile.figure))}</div>{change}{since}{lines}'
        f"<details><summary>{escape(say('tile.where_from'))}</summary>"
        f"<p>{explain_terms(escape(say_line(tile.source)))}</p></details></section>"
    )


def outcomes(found: Iterable[Outcome]) -> None:
    """Show what became of decisions: what was promised, what came."""
    moods = {True: "better", False: "worse", None: ""}
    inside = "".join(
        f'<section class="attune-tile"><h3>{escape(one.name)}</h3>'
        f"<p>{escape(say_line(one.promised))}</p>"
        f'<p class="{moods[one.held]}">{escape(say_line(one.came))}</p></section>'
        for one in found
    )
    st.html(f'<div class="attune-cards">{inside}</div>')


def heading(text: str, about: str = "") -> None:
    """Show a section heading with one quiet sentence below it."""
    st.subheader(text, anchor=False)
    if about:
        st.html(f'<p class="attune-quiet">{escape(about)}</p>')


def show_quiet(text: str) -> None:
    """Show a sentence in quiet type, its terms explained on hover."""
    st.html(f'<p class="attune-quiet">{explain_terms(escape(text))}</p>')


def footing(report: Report) -> None:
    """Say what the page was computed from."""
    show_quiet(
        say(
            "page.footing",
            revision=report.revision,
            as_of=write_day(report.as_of),
            code=report.code_version,
            assumptions=report.assumptions.checksum,
            seed=report.assumptions.whole("seed"),
        )
    )


def show_empty(text: str, button: str = "", page: str = "") -> None:
    """Show an empty state: one sentence and one way on."""
    with st.container(border=True):
        st.write(text)
        if button:
            st.page_link(page, label=button)


def cards(rows: list[tuple[str, str, str, str]]) -> None:
    """Show a table's rows as cards: title, figure, and two quiet lines each."""
    inside = "".join(
        f'<section class="attune-tile"><h3>{escape(title)}</h3>'
        f'<div class="figure">{escape(figure)}</div>'
        f"<p>{escape(first)}</p><p>{escape(second)}</p></section>"
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


def keep_together(figure: str) -> str:
    """Keep a figure and its unit on one line."""
    return figure.replace(" ", "\u00a0").replace("−", "−\u2060")


def hire_or_train(found: Mapping[str, Any], currency: str) -> str:
    """Say what training and hiring one person cost and when they are level (``practice.hire``)."""
    return say(
        f"practice.hire_{found['verdict']}",
        train=MONEY.write(found["train"], currency),
        hire=MONEY.write(found["hire"], currency),
        horizon=found["horizon"],
        month=f"{found['equal_month']:.0f}",
    )
