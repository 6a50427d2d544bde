"""Figures that are kept, read once more from their originals by today's reader.

A release may read a cell otherwise than the one before. What was saved stays as it was saved until
somebody takes the new reading over, as a revision of its own; earlier revisions keep their figures.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from loop import reports, review, uploads
from metrics.frames import FRAMES, OBSERVATIONS
from metrics.measures import late
from metrics.measures.corrected import AMOUNTS
from metrics.measures.part import changes
from metrics.measures.privacy import ANSWERS
from metrics.model import Place
from workspaces.access import Workspace
from workspaces.pieces import NewUpload, source_order
from workspaces.retention import ERASED

PULLED = ".sql"
"""What a pull from a warehouse keeps is a question, no file to be read again."""
READ_AT_ONCE = 3_000_000
"""Bytes of originals that a page reads once more without being asked."""
NAMES = ["frame", "what", "team", "month", "was", "now", "upload", "file", "place"]


@dataclass(frozen=True)
class Older:
    """Files that an earlier reader read: by revision, with their upload ids and names.

    ``erased`` are the names in revisions of which an original is kept no longer: their figures
    can be compared with nothing.
    """

    files: Mapping[int, Mapping[str, str]]
    erased: tuple[str, ...]
    size: int


@dataclass(frozen=True)
class Reread:
    """What today's reader says otherwise.

    ``values`` has ``frame``, ``what`` (measure, statistic or category), ``team``, ``month``,
    ``was`` and ``now`` (NaN where there is none), ``upload``, ``file`` and ``place``; ``rows``
    holds by frame what would stand for the revision's own, and is empty where nothing differs.
    """

    values: pd.DataFrame
    rows: Mapping[str, pd.DataFrame]


def older(workspace: Workspace) -> Older:
    """Return the files that hold and were not read by today's reader."""
    today = reports.code_version("ingest")
    log = workspace.history()
    taken = log.loc[log["action"] == "ingest", "revision"]
    read_by = {int(n): (workspace.document(uploads.READER, int(n)) or {}) for n in taken}
    now = workspace.document(uploads.READER) or {}
    again = set(now.get("reread", ())) if now.get("version") == today else set()
    old = {n for n, by in read_by.items() if by.get("version") != today and n not in again}
    held = workspace.uploads()
    held = held[~held["name"].str.endswith(PULLED)]
    held = held.assign(revision=[source_order(upload)[0] for upload in held["upload"]])
    held = held[held["revision"].isin(old)]
    gone = set(held.loc[held["sha256"] == ERASED, "revision"])
    whole = held[~held["revision"].isin(gone)]
    return Older(
        {
            number: dict(zip(rows["upload"], rows["name"], strict=True))
            for number in sorted(set(whole["revision"].tolist()))
            if len(rows := whole[whole["revision"] == number])
        },
        tuple(held.loc[held["revision"].isin(gone), "name"]),
        int(whole["size"].sum()),
    )


def kept(workspace: Workspace) -> pd.DataFrame | None:
    """Return the differences found for this revision and reader, None if none were sought."""
    data = workspace.part(workspace.revision(), _key())
    return None if data is None else pd.read_parquet(io.BytesIO(data))


def reread(workspace: Workspace, files: Older) -> Reread:
    """Read originals again, as what their columns mean is known today, and compare.

    Only what still holds is compared: what a later upload replaced, or a person took back, stays.
    """
    snapshot = workspace.snapshot()
    told: list[pd.DataFrame] = []
    rows = {name: snapshot[name] for name in AMOUNTS}
    rows[OBSERVATIONS.name] = late.restore(snapshot["observations"], snapshot["late_answers"])
    for number, named in files.files.items():
        read = _read_anew(workspace, number, named)
        then = workspace.snapshot(number)
        for name in AMOUNTS:
            others = ~rows[name]["upload"].isin(named)
            differing, rows[name] = _compare(name, rows[name], others, then[name], read[name])
            differing = differing[~differing["what"].isin(ANSWERS)]  # it may speak of one person
            if len(differing):
                file = differing["upload"].map(named)
                told.append(differing.assign(frame=name, file=file)[NAMES])
    values = pd.concat(told, ignore_index=True) if told else pd.DataFrame(columns=NAMES)
    out = io.BytesIO()
    typed = {"was": float, "now": float, "month": "datetime64[us]"}
    values.astype(typed).to_parquet(out)
    workspace.keep_part(snapshot.revision, _key(), out.getvalue())
    touched = set(values["frame"])
    return Reread(values, {name: frame for name, frame in rows.items() if name in touched})


def take_over(workspace: Workspace, expected_revision: int) -> int:
    """Save what today's reader says as a revision, and return its number.

    Final values that change are restated, as with any upload that changes them.
    """
    files = older(workspace)
    found = reread(workspace, files)
    before = workspace.snapshot()
    frames: dict[str, pd.DataFrame] = dict(found.rows)
    if OBSERVATIONS.name in frames:
        released, waits = late.release(before[OBSERVATIONS.name], frames[OBSERVATIONS.name])
        frames |= {OBSERVATIONS.name: released, "late_answers": waits}
    after = replace(before, frames={**{name: before[name] for name in FRAMES}, **frames})
    values = reports.assumptions(workspace)
    moves = review.find_moves(*(changes(snapshot, values) for snapshot in (before, after)))
    documents = {
        "moves": {"kpis": moves.astype(object).where(moves.notna(), None).to_dict("records")},
        uploads.READER: {"version": reports.code_version("ingest"), "reread": sorted(files.files)},
    }
    if OBSERVATIONS.name in frames:
        restated = uploads.find_restated(
            before[OBSERVATIONS.name], frames[OBSERVATIONS.name], expected_revision + 1
        )
        frames |= {"restatements": restated} if len(restated) else {}
    return workspace.save(
        expected_revision,
        "reread",
        frames=frames,
        replace=set(found.rows) | ({"late_answers"} & frames.keys()),
        documents=documents,
        summary=f"{len(found.values)}",
    )


def _key() -> str:
    return f"reread/{reports.code_version('ingest')}"


def _read_anew(
    workspace: Workspace, number: int, named: Mapping[str, str]
) -> dict[str, pd.DataFrame]:
    """Return the frames that one revision's files bring today, each row with its upload."""
    from ingest import intake

    originals = {upload: workspace.original(upload, taken=False) for upload in named}
    made = review.decisions(workspace)
    left_out = made[(made["revision"] == number) & (made["choice"] == review.EXCLUDE)]
    excluded = [
        Place(str(file), str(sheet) or None, str(cell) or None)
        for file, sheet, cell in left_out[["file", "sheet", "cell"]].to_numpy()
    ]
    profile, known = workspace.snapshot().profile, review.mappings(workspace)
    found = intake.check(list(originals.values()), profile, known, None, excluded)
    arrived = tuple(NewUpload(name, data) for name, data in originals.values())
    by_name = {name: upload for upload, (name, _) in originals.items()}
    result = {}
    for name in AMOUNTS:
        frame = found.frames.get(name, FRAMES[name].conform(pd.DataFrame()))
        owners = uploads.owners(name, frame, set(by_name), arrived) if len(frame) else []
        result[name] = frame.assign(upload=[by_name.get(owner, owner) for owner in owners])
    return result


def _compare(
    name: str, rows: pd.DataFrame, others: pd.Series, then: pd.DataFrame, read: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the values that differ, and all rows as they would be.

    ``then`` is the frame as it was once these files were saved: what they brought and holds no
    longer was replaced or taken back since, and is nothing new.
    """
    key, value = list(FRAMES[name].key), AMOUNTS[name]
    mine, standing = rows[~others], rows[others]

    def among(these: pd.DataFrame, those: pd.DataFrame) -> np.ndarray:
        return pd.MultiIndex.from_frame(these[key]).isin(pd.MultiIndex.from_frame(those[key]))

    elsewhere = among(read, standing) | among(read, then)
    read = read[among(read, mine) | ~elsewhere]
    both = mine.merge(read, on=key, how="outer", suffixes=("_was", "_now"), indicator="side")
    same = np.isclose(both[f"{value}_was"], both[f"{value}_now"], equal_nan=True)
    blank = both[f"{value}_was"].isna() & both[f"{value}_now"].isna()
    differs = both[~same & ~blank]
    at = differs["upload_now"].fillna(differs["upload_was"])
    what = next(k for k in ("measure", "statistic", "category") if k in key)
    said = pd.DataFrame(
        {
            "what": differs[what],
            "team": differs["team"],
            "month": differs["month"],
            "was": differs[f"{value}_was"],
            "now": differs[f"{value}_now"],
            "upload": at,
            "place": differs["place_now"].fillna(differs["place_was"]),
        }
    )
    if said.empty:
        return said, rows
    unchanged = mine[~among(mine, differs)]
    whole = pd.concat([standing, unchanged, read[among(read, differs)]], ignore_index=True)
    return said, FRAMES[name].conform(whole[list(FRAMES[name].names)])
