"""From files to a revision: read as remembered, preview, decide, save, and see what it moved.

Both the Data page and the command line go through here, so that what was decided on a screen is
known to a script next month, and the other way round.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from ingest.document import add_declarations
from ingest.kept import Kept
from ingest.model import Intake
from loop import reports, uploads
from loop.profiles import change, under_teams
from metrics.frames import FRAMES
from metrics.functions import KPIS
from metrics.measures.part import changes
from metrics.model import ALL, Finding, Place, Snapshot
from metrics.overview import Overview, overview
from metrics.report import compute
from workspaces.access import Role, Workspace
from workspaces.retention import ERASED

ACCEPT, EXCLUDE, FIXED = "accepted", "excluded", "fixed"
RETENTION_DAYS = 730
"""How long originals are kept unless a client says otherwise: two years of figures can be drilled
down to their cells, and names in old exports do not outlive their use."""
SMALLEST_MOVE = 0.001
"""Relative change of an indicator under which nothing moved."""


@dataclass(frozen=True)
class Decision:
    """What a person decided about one finding, with who and when."""

    choice: str
    code: str
    file: str
    sheet: str | None
    cell: str | None
    value: str
    who: str
    when: str

    @property
    def place(self) -> Place:
        return Place(self.file, self.sheet, self.cell)


@dataclass(frozen=True)
class Preview:
    """The Overview before and after saving, and the indicators that move.

    ``moves`` has ``kpi``, ``before``, ``after`` (values over the current period, as the indicators
    show them; NaN where there are none), ``change`` and ``reason``.
    """

    before: Overview
    after: Overview
    moves: pd.DataFrame


def utc_now() -> str:
    """Return the time in UTC to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def decide(choice: str, findings: Collection[Finding], who: str) -> list[Decision]:
    """Return a decision about each finding."""
    return [
        Decision(choice, f.code, f.place.file, f.place.sheet, f.place.cell, f.value, who, utc_now())
        for f in findings
    ]


@dataclass(frozen=True)
class Remembered:
    """What was said of one layout, the newest first; earlier words differ from it."""

    entry: Mapping[str, Any]
    author: str
    at: str
    earlier: tuple[Mapping[str, Any], ...] = ()


def remembered(workspace: Workspace) -> list[Remembered]:
    """Return what is known of layouts: the client's whatever revision it is at, the newest wins.

    Going back to an older revision takes back figures, not what a file's columns mean. An entry
    that comes up again unchanged, as with an undo, is no newer word.
    """
    told: dict[str, list[tuple[dict[str, Any], str, str]]] = {}
    for version in workspace.document_history("mappings"):
        for entry in version["document"].get("entries", []):
            known = told.setdefault(entry["layout"], [])
            if all(entry != before for before, _, _ in known):
                by, at = entry.get("by") or version["author"], entry.get("at")
                known.append((entry, by, str(at or version["at"])[:16].replace("T", " ")))
    return [
        Remembered(*words[-1], tuple(entry for entry, _, _ in reversed(words[:-1])))
        for words in told.values()
    ]


def mappings(workspace: Workspace) -> list[dict[str, Any]]:
    """Return what was decided about layouts of this client's files."""
    return [dict(one.entry) for one in remembered(workspace)]


def forget_mapping(workspace: Workspace, expected_revision: int, layout: str) -> int:
    """Take back what was said of a layout: its headings speak for themselves again."""
    kept = {entry["layout"]: entry for entry in mappings(workspace)}
    kept[layout] = {**kept[layout], "source": "", "by": workspace.author, "at": utc_now()}
    documents = {"mappings": {"entries": list(kept.values())}}
    number = workspace.save(
        expected_revision, "mapping", documents=documents, summary=kept[layout].get("file", "")
    )
    reports.carry_over(workspace, expected_revision, number)
    return number


def examine(
    workspace: Workspace,
    files: list[uploads.File],
    entries: Sequence[Mapping[str, Any]] = (),
    excluded: Collection[Place] = (),
    *,
    teams: Mapping[str, tuple[str, ...]] | None = None,
    kept: Kept | None = None,
) -> Intake:
    """Check files as this client's files: remembered mappings, earlier figures, exclusions.

    Parameters
    ----------
    entries : sequence of mapping
        Decided just now; they win over what is remembered.
    teams : mapping, optional
        The client's teams as decided just now.
    kept : Kept, optional
        What an earlier look at these files made; only what changed since is made again.
    """
    from ingest import bounded

    snapshot = _as_decided(workspace.snapshot(), teams)
    known, earlier = [*entries, *mappings(workspace)], snapshot["observations"]
    found = bounded.check(files, snapshot.profile, known, None, excluded, earlier, kept=kept)
    return replace(found, frames=workspace.pseudonymised(found.frames))


def _as_decided(snapshot: Snapshot, teams: Mapping[str, tuple[str, ...]] | None) -> Snapshot:
    """Return the snapshot under the client's teams as decided just now."""
    if teams is None or teams == snapshot.profile.teams:
        return snapshot
    profile = replace(snapshot.profile, teams=dict(teams))
    moved = under_teams(snapshot, profile)
    frames = {name: moved.get(name, snapshot[name]) for name in FRAMES}
    return replace(snapshot, profile=profile, frames=frames)


def preview(
    workspace: Workspace,
    found: Intake,
    overlap: uploads.Overlap,
    teams: Mapping[str, tuple[str, ...]] | None = None,
) -> Preview:
    """Compute the Overview as it is and as it would be; nothing is written."""
    before = workspace.snapshot()
    decided = _as_decided(before, teams)
    after = replace(
        uploads.snapshot_after(decided, found, overlap),
        profile=add_declarations(decided.profile, found),
    )
    values = reports.assumptions(workspace)
    scope = len(before.profile.functions)
    shown = [compute(one, values) for one in (before, after)]
    return Preview(
        overview(shown[0], scope),
        overview(shown[1], scope),
        find_moves(shown[0].measures.changes, shown[1].measures.changes),
    )


def find_moves(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Return the indicators of whole functions that differ, largest relative change first.

    ``reason`` says why there is no ``change``: ``none_before`` or ``none_after``.

    Parameters
    ----------
    before, after : pandas.DataFrame
        Frame ``changes``: each indicator is what the current period says, here as on its page.
    """
    values = [
        changes[changes["team"] == ALL].set_index("kpi")["current"] for changes in (before, after)
    ]
    table = pd.DataFrame(dict(zip(("before", "after"), values, strict=True)))
    table = table.reindex([key for key in KPIS if key in table.index]).rename_axis("kpi")
    table["change"] = table["after"] - table["before"]
    missing = [table["before"].isna(), table["after"].isna()]
    table["reason"] = np.select(missing, ["none_before", "none_after"], "")
    scale = table["before"].abs().where(table["before"] != 0)
    size = (table["change"] / scale).abs().fillna(np.inf)
    differs = (size > SMALLEST_MOVE) & ~(table["before"].isna() & table["after"].isna())
    order = size[differs].sort_values(ascending=False, kind="stable").index
    return table.loc[order].reset_index()


def save(
    workspace: Workspace,
    expected_revision: int,
    files: list[uploads.File],
    found: Intake,
    overlap: uploads.Overlap = "replace",
    *,
    entries: Sequence[Mapping[str, Any]] = (),
    decisions: Sequence[Decision] = (),
    teams: Mapping[str, tuple[str, ...]] | None = None,
) -> int:
    """Save what was checked with everything that was decided, and return the new revision.

    Findings nobody decided about are recorded as accepted by the author. Mappings, decisions and
    the indicators that moved are documents of the same revision; originals past their time go.
    Where ``teams`` put figures kept already under other names, that is a revision of its own.
    """
    from ingest import layouts

    before = workspace.snapshot()
    decided = _as_decided(before, teams)
    if under_teams(before, decided.profile) and decided is not before:
        uploads.ensure_saves(decided, found)
        expected_revision = change(workspace, expected_revision, decided.profile)
        before = decided = workspace.snapshot()
    settled = {(d.code, d.place, d.value) for d in decisions}
    serious = [f for f in found.findings if f.severity.value != "info"]
    open_ones = [f for f in serious if (f.code, f.place, f.value) not in settled]
    every = [*decisions, *decide(ACCEPT, open_ones, workspace.author)]
    values = reports.assumptions(workspace)
    after = uploads.snapshot_after(decided, found, overlap)
    moves = find_moves(*(changes(snapshot, values) for snapshot in (before, after)))
    documents: dict[str, Any] = {
        "moves": {"kpis": moves.astype(object).where(moves.notna(), None).to_dict("records")},
        "decisions_on_findings": {"decisions": [asdict(one) for one in every]},
    }
    if entries:
        told = [{"at": utc_now(), **entry} for entry in entries]
        known = layouts.merge_entries(mappings(workspace), told)
        documents["mappings"] = {"entries": known}
    profile = add_declarations(decided.profile, found)
    number = uploads.accept(
        workspace,
        expected_revision,
        files,
        found,
        overlap,
        documents=documents,
        profile=profile if profile != before.profile else None,
    )
    if workspace.role is not None and workspace.role.reaches(Role.CONSULTANT):
        enforce_retention(workspace)
    return number


def summaries(workspace: Workspace) -> dict[int, list[dict[str, Any]]]:
    """Return revision → indicators that an upload moved."""
    versions = workspace.document_history("moves")
    return {one["revision"]: one["document"]["kpis"] for one in versions}


def decisions(workspace: Workspace) -> pd.DataFrame:
    """Return every decision about a finding ever made: revision and the fields of ``Decision``."""
    rows = [
        {"revision": one["revision"], **decision}
        for one in workspace.document_history("decisions_on_findings")
        for decision in one["document"]["decisions"]
    ]
    names = ["revision", *Decision.__dataclass_fields__]
    return pd.DataFrame(rows, columns=names).fillna("")


def accepted(workspace: Workspace) -> dict[tuple[str, Place, str], Decision]:
    """Return what was accepted as it is in earlier uploads, by code, place and value.

    The same cell with the same value, in next month's file of the same name, is not asked about
    again.
    """
    every = (
        Decision(**one)
        for version in workspace.document_history("decisions_on_findings")
        for one in version["document"]["decisions"]
    )
    return {(d.code, d.place, d.value): d for d in every if d.choice == ACCEPT}


def steps(history: pd.DataFrame) -> tuple[int | None, int | None]:
    """Return the revisions whose content undo and redo would bring back, None where there is none.

    A revision written by ``Store.undo`` holds the content of the one its summary names.
    """
    done: list[int] = []
    undone: list[int] = []
    content: dict[int, int] = {}
    columns = history.sort_values("revision")[["revision", "action", "summary"]]
    for revision, action, summary in columns.to_numpy(object):
        held = content.get(int(summary), int(summary)) if action == "undo" else None
        content[revision] = revision if held is None else held
        if held is None:
            done, undone = [*done, revision], []
        elif len(done) > 1 and done[-2] == held:
            undone.append(done.pop())
        elif undone and undone[-1] == held:
            done.append(undone.pop())
        else:
            done, undone = [*done, held], []
    return (done[-2] if len(done) > 1 else None), (undone[-1] if undone else None)


def retention_days(workspace: Workspace) -> int:
    """Return for how many days originals are kept."""
    return int((workspace.document("retention") or {}).get("days", RETENTION_DAYS))


def keep_originals(workspace: Workspace, expected_revision: int, days: int) -> int:
    """Save for how many days originals are kept, erase those past it, return the revision."""
    documents = {"retention": {"days": int(days)}}
    number = workspace.save(expected_revision, "retention", documents=documents, summary=f"{days}")
    enforce_retention(workspace)
    return number


def originals(workspace: Workspace) -> pd.DataFrame:
    """Return the uploads that hold, with ``erased`` where the file is kept no longer."""
    kept = workspace.uploads()
    return kept.assign(erased=kept["sha256"] == ERASED)


def enforce_retention(workspace: Workspace) -> int:
    """Erase originals that are older than the client keeps them; return how many."""
    limit = timedelta(days=retention_days(workspace))
    return workspace.erase_originals(datetime.now(UTC).replace(tzinfo=None) - limit)
