"""The walk of the Data page: drop, understand, mend, save; it opens where a person is needed.

What is brought in waits in a draft that outlives a refresh and other pages (``ui.door.drafts``):
files, picks that were not confirmed yet, and what was decided.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, TypeVar

import streamlit as st

from ingest import alike, layouts, records
from ingest.kept import Kept
from ingest.model import Intake, Recognised
from ingest.sheets import template
from ingest.sources import BY_KEY as SOURCES
from loop import review
from loop.profiles import stated
from metrics.model import Finding, Severity
from ui.door import drafts, session
from ui.door.incoming import file_field
from ui.look import writing
from ui.look.theme import tokens
from words import say

TYPES = ["xlsx", "xlsm", "xlsb", "xls", "ods", "csv", "tsv", "txt", "zip", "htm", "html"]
DROP, UNDERSTAND, MEND, SAVE = range(1, 5)
PARTS = ("files", "tables", "connections", "history")
NAMES = ("drop", "understand", "mend", "save")
T = TypeVar("T")


@dataclass
class Draft:
    """What one person brings in for a client and has not saved.

    Parameters
    ----------
    teams : mapping or None
        The client's teams as decided in this walk; None where nothing was decided.
    picks : mapping
        What was picked from lists, confirmed or not.
    found : Intake or None
        What the files hold, as read for ``revision``.
    proposals : sequence
        Spellings that may be one team.
    round : int
        Rises with every drop, so that the place to drop at is empty again.
    earlier : mapping
        What was decided about findings in earlier walks, by code, place and value.
    preview : tuple or None
        What it was computed for, and the preview.
    seconds : float
        How long the machine computed in this walk, apart from the person.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    entries: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    decisions: tuple[review.Decision, ...] = ()
    teams: dict[str, tuple[str, ...]] | None = None
    picks: dict[str, Any] = field(default_factory=dict)
    step: int = 0
    round: int = 0
    found: Intake | None = None
    revision: int = 0
    proposals: Sequence[alike.SpellingProposal] = ()
    earlier: Mapping[Any, review.Decision] = field(default_factory=dict)
    preview: tuple[Any, review.Preview] | None = None
    kept: Kept = field(default_factory=Kept)
    seconds: float = 0.0


@dataclass(frozen=True)
class Walk:
    """What is being brought in: files, what was found in them, and what was decided so far."""

    current: session.Session
    draft: Draft
    found: Intake

    @property
    def files(self) -> tuple[tuple[str, bytes], ...]:
        return tuple(self.draft.files.items())

    @property
    def entries(self) -> Mapping[str, Mapping[str, Any]]:
        return self.draft.entries

    @property
    def decisions(self) -> tuple[review.Decision, ...]:
        return self.draft.decisions

    @property
    def step(self) -> int:
        return self.draft.step

    @property
    def teams(self) -> dict[str, tuple[str, ...]]:
        """The client's teams as they would be saved."""
        return self.draft.teams or dict(self.current.profile.teams)

    @property
    def unknown(self) -> list[Recognised]:
        """Tables of which nobody has said yet what they are."""
        return [one for one in self.found.tables if one.source is None]

    @property
    def saves(self) -> bool:
        """Do the files hold anything that could be saved as they are understood now?"""
        some = any(len(frame) for frame in self.found.frames.values())
        return some or bool(stated(self.current.profile, self.found))

    def decided(self, finding: Finding) -> review.Decision | None:
        """Return what was decided about a finding, in this walk or an earlier one, the latest."""
        key = (finding.code, finding.place, finding.value)
        every = (d for d in reversed(self.decisions) if (d.code, d.place, d.value) == key)
        return next(every, self.draft.earlier.get(key))

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
    if records.is_explained(key):
        return say("data.kind_records")
    return SOURCES[key].title if key in SOURCES else template.sheet_title(key)


def start(current: session.Session) -> Walk | None:
    """Take files and check them; return where the walk stands, None before there are any."""
    draft = drafts.draft(current.client.id, Draft)
    bar = st.container()
    given = file_field(
        say("page.data.drop_more" if draft.files else "page.data.drop"),
        TYPES,
        accept_multiple_files=True,
        help=say("page.data.drop_help"),
        key=f"drop-{draft.round}",
    )
    if given:
        draft.files |= {file.name: file.getvalue() for file in given}
        draft.round += 1
        _changed(current, draft)
        st.rerun()
    if not draft.files:
        with bar:
            _progress(DROP)
        return None
    _show_files(current, draft)
    if draft.found is None or draft.revision != current.client.revision:
        read_again(current)
    if draft.found is None:
        return None
    walk = Walk(current, draft, draft.found)
    if not draft.step:
        waits = walk.open or draft.proposals
        draft.step = UNDERSTAND if walk.unknown else MEND if waits else SAVE
    with bar:
        _progress(walk.step)
    return walk


def _show_files(current: session.Session, draft: Draft) -> None:
    """List the files of the walk; one that is taken out of the list is left out of it."""
    names = list(draft.files)
    left, right = st.columns([5, 1], vertical_alignment="bottom")
    key = sha256("\n".join(names).encode()).hexdigest()[:8]
    kept = left.multiselect(
        say("data.files", n=len(names)), names, names, help=say("data.files_help"), key=f"in-{key}"
    )
    if right.button(say("data.leave"), help=say("data.leave_help"), width="stretch"):
        finish(current)
        st.rerun()
    if set(kept) != set(names):
        draft.files = {name: draft.files[name] for name in kept}
        _changed(current, draft)
        st.rerun()


def _changed(current: session.Session, draft: Draft) -> None:
    """Read what is among the files now; without any the walk is left."""
    if not draft.files:
        finish(current)
        return
    drafts.weigh(current.client.id, sum(map(len, draft.files.values())))
    read_again(current)
    draft.step = 0


def read_again(current: session.Session) -> None:
    """Read the files with all that was decided; what a new file mended is noted as such."""
    draft = drafts.draft(current.client.id, Draft)
    before = draft.found
    excluded = [d.place for d in draft.decisions if d.choice == review.EXCLUDE]

    def read() -> Intake:
        return review.examine(
            current.workspace,
            list(draft.files.items()),
            list(draft.entries.values()),
            excluded,
            teams=draft.teams,
            kept=draft.kept,
        )

    found = timed(draft, say("page.data.checking", n=len(draft.files)), read)
    if before is not None and not excluded:
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
        draft.decisions = (*draft.decisions, *fixed)
    draft.found, draft.revision = found, current.client.revision
    draft.earlier = review.accepted(current.workspace)
    new = found.frames.get("observations")
    if new is not None and len(new):
        known = draft.teams or current.profile.teams
        draft.proposals = alike.propose_with(new, current.snapshot["observations"], known)
    else:
        draft.proposals = ()


def timed(draft: Draft, doing: str, make: Callable[[], T]) -> T:
    """Compute something while the page says so; how long it took is counted apart."""
    begin = time.monotonic()
    with st.spinner(doing, show_time=True):
        made = make()
    draft.seconds += time.monotonic() - begin
    return made


def pick(
    draft: Draft, key: str, label: str, options: Sequence[Any], default: Any, where: Any = st, **how
) -> Any:
    """Ask by a list to pick from; what was picked stays though the list is out of sight."""
    at = draft.picks.get(key, default)
    at = at if at in options else default if default in options else options[0]
    index = list(options).index(at)
    chosen = where.selectbox(label, options, index=index, key=f"pick-{draft.round}-{key}", **how)
    draft.picks[key] = chosen
    return chosen


def go(draft: Draft, step: int) -> None:
    """Turn to a step."""
    draft.step = step


def turn(walk: Walk) -> None:
    """Show the ways back and on; none on to a step that has nothing to show."""
    closed = not walk.saves and (walk.step == MEND or bool(walk.unknown))
    if closed and walk.step < SAVE:
        st.warning(say(f"data.unfinished_{NAMES[walk.step - 1]}", confirm=say("data.confirm")))
    with st.container(horizontal=True):
        if walk.step > UNDERSTAND:
            st.button(say("data.back"), on_click=go, args=(walk.draft, walk.step - 1))
        if walk.step < SAVE:
            following = say(f"data.step_{NAMES[walk.step]}")
            st.button(
                say("data.next", step=following),
                type="primary",
                on_click=go,
                args=(walk.draft, walk.step + 1),
                disabled=closed,
            )
    show_time(walk.draft)


def show_time(draft: Draft) -> None:
    """Say how long the machine computed in this walk."""
    writing.show_quiet(say("data.took", seconds=draft.seconds))


def finish(current: session.Session) -> None:
    """Leave the walk: nothing of it is kept that was not saved."""
    drafts.drop(current.client.id)


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
