"""The walk of the Data page: drop, understand, mend, save; it opens where a person is needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from ingest import layouts
from ingest.limits import DEFAULTS, LIMITS
from ingest.model import Intake, Recognised
from ingest.sheets import template
from ingest.sheets.kinds import SHEETS
from ingest.sources import BY_KEY as SOURCES
from ingest.sources import SOURCES as EXPORTS
from loop import review
from metrics.functions import BY_KEY, FUNCTIONS, MEASURES
from metrics.model import Finding, Severity
from ui.door import downloads, session, tables
from ui.look import writing
from ui.look.theme import tokens
from words import say

TYPES = ["xlsx", "xlsm", "xlsb", "xls", "ods", "csv", "tsv", "txt", "zip", "htm", "html"]
DROP, UNDERSTAND, MEND, SAVE = range(1, 5)
PARTS = ("files", "tables", "connections", "history")
NAMES = ("drop", "understand", "mend", "save")


@dataclass(frozen=True)
class Walk:
    """What is being brought in: files, what was found in them, and what was decided so far."""

    current: session.Session
    files: tuple[tuple[str, bytes], ...]
    found: Intake
    entries: Mapping[str, Mapping[str, Any]]
    decisions: tuple[review.Decision, ...]
    step: int

    @property
    def unknown(self) -> list[Recognised]:
        """Tables of which nobody has said yet what they are."""
        return [one for one in self.found.tables if one.source is None]

    @property
    def saves(self) -> bool:
        """Do the files hold anything that could be saved as they are understood now?"""
        return any(len(frame) for frame in self.found.frames.values())

    def decided(self, finding: Finding) -> review.Decision | None:
        """Return what was decided about a finding, the latest if several times."""
        key = (finding.code, finding.place, finding.value)
        every = (d for d in reversed(self.decisions) if (d.code, d.place, d.value) == key)
        return next(every, None)

    @property
    def open(self) -> list[Finding]:
        """Findings that ask for a decision and have none."""
        return [
            f
            for f in self.found.findings
            if f.severity is not Severity.INFO and self.decided(f) is None
        ]


def source_title(key: str | None) -> str:
    """Return what a table was recognised as, in words."""
    if key is None:
        return "–"
    if key == layouts.LEFT_OUT:
        return say("data.kind_left_out")
    return SOURCES[key].title if key in SOURCES else template.sheet_title(key)


def start(current: session.Session) -> Walk | None:
    """Take files and check them; return where the walk stands, None before there are any."""
    bar = st.container()
    given = st.file_uploader(
        say("page.data.drop"),
        type=TYPES,
        accept_multiple_files=True,
        help=say("page.data.drop_help"),
        key=f"drop-{session.recall('round') or 0}",
    )
    if not given:
        forget()
        with bar:
            _progress(DROP)
        return None
    newest = {file.name: file for file in given}
    about = (current.client.id, current.client.revision)
    identity = (*about, tuple((f.name, f.file_id) for f in newest.values()))
    known = session.recall("identity")
    if known is not None and known[0] != current.client.id:
        forget()
    if known != identity:
        session.remember("files", tuple((f.name, f.getvalue()) for f in newest.values()))
        again(current)
        session.remember("identity", identity)
    walk = _walk(current)
    with bar:
        _progress(walk.step)
    return walk


def _walk(current: session.Session) -> Walk:
    walk = Walk(
        current,
        session.recall("files"),
        session.recall("intake"),
        session.recall("entries") or {},
        session.recall("decisions") or (),
        session.recall("step") or 0,
    )
    if walk.step:
        return walk
    first = UNDERSTAND if walk.unknown else MEND if walk.open else SAVE
    session.remember("step", first)
    return _walk(current)


def again(current: session.Session) -> None:
    """Read the files with all that was decided; what a new file mended is noted as such."""
    files, before = session.recall("files"), session.recall("intake")
    decisions = session.recall("decisions") or ()
    excluded = [d.place for d in decisions if d.choice == review.EXCLUDE]
    entries = list((session.recall("entries") or {}).values())
    with st.spinner(say("page.data.checking", n=len(files)), show_time=True):
        found = review.examine(current.workspace, list(files), entries, excluded)
    if before is not None and session.recall("identity") is not None and not excluded:
        names = {file.split("/")[0] for file in found.outcomes}
        left = {(f.code, f.place, f.value) for f in found.findings}
        mended = [
            f
            for f in before.findings
            if f.severity is not Severity.INFO
            and f.place.file.split("/")[0] in names
            and (f.code, f.place, f.value) not in left
        ]
        fixed = review.decide(review.FIXED, mended, current.workspace.author)
        session.remember("decisions", (*decisions, *fixed))
    session.remember("intake", found)


def forget() -> None:
    """Leave the walk: nothing that was not saved is kept."""
    for key in ("files", "intake", "identity", "entries", "decisions", "step", "preview"):
        session.remember(key, None)


def go(step: int) -> None:
    """Turn to a step."""
    session.remember("step", step)


def turn(walk: Walk) -> None:
    """Show the ways back and on; none on to a step that has nothing to show."""
    closed = not walk.saves and (walk.step == MEND or bool(walk.unknown))
    if closed and walk.step < SAVE:
        st.warning(say(f"data.unfinished_{NAMES[walk.step - 1]}", confirm=say("data.confirm")))
    with st.container(horizontal=True):
        if walk.step > UNDERSTAND:
            st.button(say("data.back"), on_click=go, args=(walk.step - 1,))
        if walk.step < SAVE:
            following = say(f"data.step_{NAMES[walk.step]}")
            st.button(
                say("data.next", step=following),
                type="primary",
                on_click=go,
                args=(walk.step + 1,),
                disabled=closed,
            )


def _progress(step: int) -> None:
    """Show the four steps as a bar: those behind are filled, the present one is named."""
    colour = tokens()
    cells = "".join(
        f'<li style="flex:1;border-top:4px solid {colour.accent if n <= step else colour.line};'
        f"padding-top:6px;font-size:.875rem;font-weight:{600 if n == step else 400};"
        f'color:{colour.ink if n == step else colour.quiet}"'
        f"{' aria-current=step' if n == step else ''}>{n} {say(f'data.step_{name}')}</li>"
        for n, name in enumerate(NAMES, 1)
    )
    label = say("data.progress", n=step, step=say(f"data.step_{NAMES[step - 1]}"))
    st.html(
        f'<ol aria-label="{label}" style="display:flex;gap:8px;list-style:none;padding:0;'
        f'margin:4px 0 8px">{cells}</ol>'
    )


def templates(current: session.Session) -> None:
    """Show what is recognised, the blank workbooks, and the limits with their reasons."""
    with st.expander(say("data.templates"), icon=":material/help:"):
        writing.quiet(say("data.templates_about"))
        left, right = st.columns([3, 2], vertical_alignment="bottom")
        key = left.selectbox(
            say("data.template_pick"), template.keys(), format_func=_template_title
        )
        profile = current.profile
        with right:
            downloads.download(
                say("data.template_get"),
                lambda: template.template(key, profile.currency, tuple(profile.teams)),
                f"{say('data.template_name', key=_template_title(key).split(':')[0])}.xlsx",
                tables.WORKBOOK,
                icon=":material/download:",
                width="stretch",
            )
        names = ", ".join(sorted({f"{s.system}: {s.title}" for s in EXPORTS if s.tallies}))
        writing.quiet(say("page.data.known_exports", names=names))
        st.write(say("page.data.known_sheets"))
        for name, fields in SHEETS.items():
            headings = ", ".join(
                f"**{f.aliases[0]}**" if f.required else f.aliases[0] for f in fields
            )
            st.markdown(f"{template.sheet_title(name)}: {headings}")
        some = ", ".join(MEASURES[f.cost].header for f in FUNCTIONS if f.cost)
        writing.quiet(say("page.data.known_measures", names=some))
        writing.quiet(say("page.data.known_mapping"))
        st.markdown(f"**{say('data.limits')}**")
        st.markdown(
            "\n".join(
                "- "
                + say(
                    "data.limit",
                    key=one.key.replace("_", " "),
                    value=DEFAULTS[one.key],
                    unit=one.unit,
                    why=one.why,
                )
                for one in LIMITS
            )
        )


def _template_title(key: str) -> str:
    return BY_KEY[key].title if key in BY_KEY else say("data.template_programme")


def finish() -> None:
    """Leave the walk; the uploader is emptied."""
    forget()
    session.remember("round", (session.recall("round") or 0) + 1)
