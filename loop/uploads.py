"""From checked files to a revision: what is there already, what stands, what is saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any, Literal

import numpy as np
import pandas as pd

from ingest.document import add_declarations
from ingest.model import Intake
from loop.decisions import score
from loop.reports import code_version
from metrics.errors import InvalidInput, StaleRevision
from metrics.frames import FRAMES, PROVISIONAL
from metrics.measures import late, overlaps
from metrics.measures.corrected import AMOUNTS, without_corrected
from metrics.measures.privacy import ANSWERS
from metrics.model import Profile, Snapshot
from workspaces.access import Workspace
from workspaces.pieces import NewUpload

Overlap = Literal["replace", "anew", "add", "keep"]
File = tuple[str, bytes]
READER = "reader"
"""Document: the reader that read a revision's files."""


def check(
    files: list[File],
    profile: Profile | None = None,
    mappings: Sequence[Mapping[str, Any]] | None = None,
    as_of: date | None = None,
) -> Intake:
    """Read files and say what is in them and what is wrong; nothing is saved."""
    # Reading pulls in two engines; a page that only shows what is kept does without them.
    from ingest import bounded

    return bounded.check(files, profile, mappings, as_of)


def overlapping(workspace: Workspace, found: Intake) -> pd.DataFrame:
    """Return what the new observations share with those already saved.

    Returns
    -------
    DataFrame
        ``function``, ``measure``, ``first``, ``last`` month, ``values`` in common.
    """
    new = found.frames.get("observations")
    columns = ["function", "measure", "first", "last", "values"]
    if new is None or new.empty:
        return pd.DataFrame(columns=columns)
    key = ["function", "team", "item", "constituency", "measure", "month"]
    old = workspace.snapshot()["observations"][key].drop_duplicates()
    both = new[key].drop_duplicates().merge(old, on=key)
    if both.empty:
        return pd.DataFrame(columns=columns)
    months = both.groupby(["function", "measure"])["month"]
    return months.agg(first="min", last="max", values="size").reset_index()[columns]


def accept(
    workspace: Workspace,
    expected_revision: int,
    files: list[File],
    found: Intake,
    overlap: Overlap = "replace",
    *,
    documents: Mapping[str, Mapping[str, Any]] | None = None,
    profile: Profile | None = None,
) -> int:
    """Save what was checked, in one transaction, score what was decided; return the revision.

    Parameters
    ----------
    overlap : {"replace", "anew", "add", "keep"}
        What happens to values that are already there for the same month: the new ones replace
        them, are added to them, or are left out. A file that is a corrected version of an earlier
        one takes back with ``replace`` what it no longer says, with ``anew`` everything that files
        of its name brought.
    documents, profile
        What is decided with it and saved in the same revision.

    Raises
    ------
    InvalidInput
        Nothing in the files can be saved.
    StaleRevision
        Somebody saved in between.
    """
    snapshot = workspace.snapshot()
    found = replace(found, frames=workspace.pseudonymised(found.frames))
    frames, whole = merge_frames(snapshot, found, overlap)
    used = {str(t.table.file).split("/")[0] for t in found.tables}
    uploads = tuple(
        NewUpload(name, data, _sources(found, name)) for name, data in files if name in used
    )
    before = workspace.uploads()
    known = {upload.name for upload in uploads} | set(before["upload"])
    frames = {
        name: frame.assign(upload=owners(name, frame, known, uploads))
        for name, frame in frames.items()
    }
    number = workspace.save(
        expected_revision,
        "ingest",
        uploads=uploads,
        frames=frames,
        replace=whole,
        as_of=_latest_day(found.as_of, snapshot.as_of if len(before) else None),
        documents={READER: _read_by(workspace), **(documents or {})},
        profile=profile,
        summary="; ".join(u.name for u in uploads),
    )
    return score(workspace, number)


def _read_by(workspace: Workspace) -> dict[str, Any]:
    """Return which reader read the files, and which revisions it read once more."""
    version, before = code_version("ingest"), workspace.document(READER) or {}
    again = before.get("reread", []) if before.get("version") == version else []
    return {"version": version, "reread": again}


def attach(workspace: Workspace, files: list[File], kind: str) -> int:
    """Keep files as they are, such as evidence somebody shows, and return the new revision.

    Nothing else is touched, so a save in between is no conflict: it is tried again.

    Raises
    ------
    StaleRevision
        Others kept saving in between.
    """
    kept = tuple(NewUpload(name, data, kind) for name, data in files)
    for _ in range(ATTEMPTS - 1):
        with suppress(StaleRevision):
            return workspace.save(workspace.revision(), kind, uploads=kept)
    return workspace.save(workspace.revision(), kind, uploads=kept)


ATTEMPTS = 5


def merge_frames(
    snapshot: Snapshot, found: Intake, overlap: Overlap
) -> tuple[dict[str, pd.DataFrame], set[str]]:
    """Return the frames that saving would write, and which of them are given whole.

    Raises
    ------
    InvalidInput
        Nothing in the files can be saved.
    """
    frames = {name: frame for name, frame in found.frames.items() if len(frame)}
    ensure_saves(snapshot, found)
    shown, waiting = snapshot["observations"], snapshot["late_answers"]
    all_answers = late.restore(shown, waiting)
    snapshot = replace(snapshot, frames={**snapshot.frames, "observations": all_answers})
    whole: set[str] = set()
    for name, frame in FRAMES.items():
        if frame.key and name in frames and overlap != "add":
            old = snapshot[name]
            if name in AMOUNTS and overlap != "keep":
                old = without_corrected(old, frames[name], name, overlap == "anew")
            old, new = _drop_moved_figures(name, old, frames[name], overlap)
            rows = join_rows(old, new, list(frame.key), overlap)
            if len(rows) == len(snapshot[name]) + len(frames[name]):
                continue
            if name == "observations" and overlap != "keep":
                changed = find_restated(snapshot[name], frames[name], snapshot.revision + 1)
                frames |= {"restatements": changed} if len(changed) else {}
            frames[name] = rows
            whole.add(name)
    if "observations" in frames:
        new = frames["observations"]
        now = new if "observations" in whole else pd.concat([all_answers, new], ignore_index=True)
        released, waits = late.release(shown, now)
        if len(waits) or len(waiting):
            frames |= {"observations": released, "late_answers": waits}
            whole |= {"observations", "late_answers"}
    return frames, whole


def ensure_saves(snapshot: Snapshot, found: Intake) -> None:
    """Raise where files hold neither figures nor anything new about the client itself."""
    some = any(len(frame) for frame in found.frames.values())
    if not some and add_declarations(snapshot.profile, found) == snapshot.profile:
        raise InvalidInput("nothing_to_save")


def _drop_moved_figures(
    name: str, old: pd.DataFrame, new: pd.DataFrame, overlap: Overlap
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Leave out, on the losing side, figures that the other side holds under other teams."""
    if name != "observations":
        return old, new
    if overlap != "keep":
        return overlaps.without_other_teams(old, new, old), new
    return old, overlaps.without_other_teams(new, new, old)


def snapshot_after(snapshot: Snapshot, found: Intake, overlap: Overlap) -> Snapshot:
    """Return the snapshot as it would be once the files are saved; nothing is written."""
    frames, whole = merge_frames(snapshot, found, overlap)
    whole_frames = dict(snapshot.frames)
    for name, rows in frames.items():
        old = [] if name in whole else [snapshot[name]]
        whole_frames[name] = FRAMES[name].conform(pd.concat([*old, rows], ignore_index=True))
    had = len(snapshot["observations"]) > 0
    day = _latest_day(found.as_of, snapshot.as_of if had else None) or snapshot.as_of
    return Snapshot(snapshot.profile, snapshot.revision + 1, day, whole_frames)


def _latest_day(*days: date | None) -> date | None:
    """Return the last of the days the data speaks of."""
    return max((day for day in days if day is not None), default=None)


def find_restated(old: pd.DataFrame, new: pd.DataFrame, revision: int) -> pd.DataFrame:
    """Return final values that a new upload changes, with what they were."""
    final = old[~old["reason"].isin(PROVISIONAL) & old["value"].notna()]
    final = final[~final["measure"].isin(ANSWERS)]  # the difference may speak of one person
    key = list(FRAMES["observations"].key)
    both = final[[*key, "value"]].merge(
        new[[*key, "value", "upload", "place"]], on=key, suffixes=("", "_new")
    )
    changed = both[both["value_new"].notna() & ~np.isclose(both["value"], both["value_new"])]
    named = changed.rename(columns={"value": "was", "value_new": "now"})
    return named.assign(revision=revision)


def join_rows(
    old: pd.DataFrame, new: pd.DataFrame, key: list[str], overlap: Overlap
) -> pd.DataFrame:
    """Join old and new rows; where both speak of the same thing, one side stands."""
    loser, winner = (new, old) if overlap == "keep" else (old, new)
    taken = pd.MultiIndex.from_frame(winner[key])
    kept = loser[~pd.MultiIndex.from_frame(loser[key]).isin(taken)]
    return pd.concat([old, kept] if overlap == "keep" else [kept, new], ignore_index=True)


def _sources(found: Intake, name: str) -> str:
    sources = {t.source for t in found.tables if t.table.file.split("/")[0] == name and t.source}
    return ", ".join(sorted(sources))


def owners(
    name: str, frame: pd.DataFrame, known: set[str], uploads: tuple[NewUpload, ...]
) -> list[str]:
    """Return the upload each row came with: as stated, else by its place, else by its source."""
    fallback = next((u.name for u in uploads if name in u.source), uploads[0].name)
    stated = frame["upload"] if "upload" in frame else pd.Series("", index=frame.index)
    places = frame["place"] if "place" in frame else pd.Series("", index=frame.index)

    @cache
    def owner(upload: str, place: str) -> str:
        file = place.split(" › ")[0]
        candidates = (
            upload,
            upload.split("/")[0],
            file,
            file.split("/")[0],
            file.split(",")[0],
            file.split(",")[0].split("/")[0],
        )
        return next((c for c in candidates if c in known), fallback)

    return [owner(u, p) for u, p in zip(stated, places, strict=True)]
