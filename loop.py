"""Measure, model, tune: accept → save → compute → store, for screen and script alike.

The one story that ties the folders together. Screens and commands call these functions; nothing
else joins what comes in, what is kept and what follows from it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from ingest.model import Intake
from metrics import report as reports
from metrics.assumptions import Assumptions
from metrics.errors import InvalidInput, StaleRevision
from metrics.forecast.issued import MODEL_ITSELF
from metrics.forecast.issued import issue as freeze_forecasts
from metrics.frames import FRAMES, PROVISIONAL
from metrics.functions import FUNCTIONS
from metrics.model import Profile, Snapshot
from metrics.register import IDENTITY
from metrics.report import Report
from metrics.value_frames import VALUE_KEYS
from workspaces.parts import freeze, thaw
from workspaces.pieces import NewUpload
from workspaces.store import Store

ROOT = Path(__file__).parent
SAMPLE = ROOT / "sample_data" / "files"
SAMPLE_NAME = "Halden Tools (sample)"
SAMPLE_AS_OF = date(2026, 11, 20)

Overlap = Literal["replace", "add", "keep"]
File = tuple[str, bytes]


@cache
def code_version() -> str:
    """Return twelve characters that change whenever the mathematics does."""
    digest = hashlib.sha256()
    for path in sorted((ROOT / "metrics").rglob("*")):
        if path.suffix in {".py", ".yaml"}:
            digest.update(path.relative_to(ROOT).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def check(
    files: list[File], profile: Profile | None = None, mappings: Mapping | None = None,
    as_of: date | None = None,
) -> Intake:  # fmt: skip
    """Read files and say what is in them and what is wrong; nothing is saved."""
    # Reading pulls in two engines; a page that only shows what is kept does without them.
    from ingest import intake

    return intake.check(files, profile, mappings, as_of)


def overlapping(store: Store, client: str, found: Intake) -> pd.DataFrame:
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
    old = store.snapshot(client)["observations"][key].drop_duplicates()
    both = new[key].drop_duplicates().merge(old, on=key)
    if both.empty:
        return pd.DataFrame(columns=columns)
    months = both.groupby(["function", "measure"])["month"]
    return months.agg(first="min", last="max", values="size").reset_index()[columns]


def accept(
    store: Store, client: str, expected_revision: int, author: str, files: list[File],
    found: Intake, overlap: Overlap = "replace", *,
    documents: Mapping[str, Mapping[str, Any]] | None = None, profile: Profile | None = None,
) -> int:  # fmt: skip
    """Save what was checked, in one transaction, and return the new revision.

    Parameters
    ----------
    overlap : {"replace", "add", "keep"}
        What happens to values that are already there for the same month: the new ones replace
        them, are added to them, or are left out.
    documents, profile
        What is decided with it and saved in the same revision.

    Raises
    ------
    InvalidInput
        Nothing in the files can be saved.
    StaleRevision
        Somebody saved in between.
    """
    snapshot = store.snapshot(client)
    frames, whole = merged(snapshot, found, overlap)
    used = {str(t.table.file).split("/")[0] for t in found.tables}
    uploads = tuple(
        NewUpload(name, data, _sources(found, name)) for name, data in files if name in used
    )
    before = store.uploads(client)
    known = {upload.name for upload in uploads} | set(before["upload"])
    frames = {
        name: frame.assign(upload=_owners(name, frame, known, uploads))
        for name, frame in frames.items()
    }
    return store.save(
        client, expected_revision, author, "ingest", uploads=uploads, frames=frames,
        replace=whole, as_of=_latest(found.as_of, snapshot.as_of if len(before) else None),
        documents=documents, profile=profile,
    )  # fmt: skip


def merged(
    snapshot: Snapshot, found: Intake, overlap: Overlap
) -> tuple[dict[str, pd.DataFrame], set[str]]:
    """Return the frames that saving would write, and which of them are given whole.

    Raises
    ------
    InvalidInput
        Nothing in the files can be saved.
    """
    frames = {name: frame for name, frame in found.frames.items() if len(frame)}
    if not frames:
        raise InvalidInput("nothing_to_save")
    whole: set[str] = set()
    for name, key in KEYS.items():
        if name in frames and overlap != "add":
            rows = _merge(snapshot[name], frames[name], key, overlap)
            if len(rows) == len(snapshot[name]) + len(frames[name]):
                continue
            if name == "observations" and overlap == "replace":
                changed = _restated(snapshot[name], frames[name], snapshot.revision + 1)
                frames |= {"restatements": changed} if len(changed) else {}
            frames[name] = rows
            whole.add(name)
    return frames, whole


def after(snapshot: Snapshot, found: Intake, overlap: Overlap) -> Snapshot:
    """Return the snapshot as it would be once the files are saved; nothing is written."""
    frames, whole = merged(snapshot, found, overlap)
    joined = dict(snapshot.frames)
    for name, rows in frames.items():
        old = [] if name in whole else [snapshot[name]]
        joined[name] = FRAMES[name].conform(pd.concat([*old, rows], ignore_index=True))
    had = len(snapshot["observations"]) > 0
    day = _latest(found.as_of, snapshot.as_of if had else None) or snapshot.as_of
    return Snapshot(snapshot.profile, snapshot.revision + 1, day, joined)


WRITE_ATTEMPTS = 5
"""How often an answer is written again when somebody else saved in between."""


def answer(store: Store, client: str, author: str, rows: pd.DataFrame) -> int:
    """Save answers of one rater and return the new revision.

    Rows that speak of the same question by the same rater replace what was there; nothing of
    anybody else is touched, so a save in between is no conflict: it is read and written again.

    Raises
    ------
    StaleRevision
        Others kept saving in between.
    """
    key = KEYS["answers"]
    for attempt in range(WRITE_ATTEMPTS):
        revision = store.revision(client)
        old = store.snapshot(client, revision)["answers"]
        merged = _merge(old, rows, key, "replace")
        again = len(merged) < len(old) + len(rows)
        try:
            return store.save(
                client, revision, author, "answer",
                frames={"answers": merged if again else rows},
                replace={"answers"} if again else (),
            )  # fmt: skip
        except StaleRevision:
            if attempt == WRITE_ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")


def enter(
    store: Store, client: str, expected_revision: int, author: str, name: str, rows: pd.DataFrame
) -> int:  # fmt: skip
    """Save a whole frame as a person edited it, and return the new revision.

    Rows that came with an upload keep it in their ``upload`` column; the others count as typed in.

    Raises
    ------
    InvalidInput
        Two rows speak of the same thing.
    StaleRevision
        Somebody saved in between.
    """
    conformed = FRAMES[name].conform(rows)
    doubled = conformed[conformed.duplicated(KEYS[name], keep=False)] if name in KEYS else ()
    if len(doubled):
        first = doubled.iloc[0]
        raise InvalidInput("rows_doubled", frame=name, rows=len(doubled),
                           example=", ".join(str(first[c]) for c in KEYS[name]))  # fmt: skip
    return store.save(
        client, expected_revision, author, "enter", frames={name: conformed}, replace={name},
        summary=name,
    )  # fmt: skip


def issue_forecasts(
    store: Store, client: str, expected_revision: int, author: str, rows: pd.DataFrame, *,
    issued: date | None = None, by: str = MODEL_ITSELF, model: str = "", note: str = "",
) -> int:  # fmt: skip
    """Freeze predictions with the client and return the new revision.

    Parameters
    ----------
    rows : DataFrame
        What is predicted, as ``metrics.forecast.issued.issue`` takes it.
    issued : date, optional
        Today unless told.
    by : str
        ``model``, or the pseudonym or role of the person whose call it is.

    Raises
    ------
    InvalidInput
        Nothing to issue, a month twice, bounds the wrong way round.
    StaleRevision
        Somebody saved in between.
    """
    chosen = assumptions(store, client, expected_revision)
    frozen = freeze_forecasts(
        rows, issued=issued or date.today(), revision=expected_revision, by=by, model=model,
        code_version=code_version(), assumptions=chosen.checksum, seed=chosen.whole("seed"),
        note=note,
    )  # fmt: skip
    number = store.save(
        client, expected_revision, author, "issue", frames={"issued_forecasts": frozen},
        summary=str(frozen["issue"].iloc[0]),
    )  # fmt: skip
    # What was issued changes no figure but its own record: everything else is carried over.
    stem = f"{chosen.checksum}/{code_version()}"
    for part in reports.PARTS:
        data = store.part(client, expected_revision, f"{stem}/{part.name}")
        if data is not None and part.name not in reports.READ_ISSUED:
            store.keep_part(client, number, f"{stem}/{part.name}", data)
    return number


def _latest(*days: date | None) -> date | None:
    """Return the last of the days the data speaks of."""
    return max((day for day in days if day is not None), default=None)


KEYS: dict[str, list[str]] = {
    "observations": ["function", "team", "item", "constituency", "measure", "month"],
    "statistics": ["function", "team", "period", "month", "statistic"],
    "answers": ["wave", "rater", "function", "constituency", "question", "stage"],
    "initiatives": ["initiative"],
    "costs": ["function", "team", "month", "category", "initiative"],
    "contributions": ["month", "contributor", "function", "team", "constituency", "kind"],
    "targets": ["function", "team", "kpi", "month"],
    **{name: list(columns) for name, columns in (IDENTITY | VALUE_KEYS).items()},
}
"""What makes two rows of a frame speak of the same thing."""


def _restated(old: pd.DataFrame, new: pd.DataFrame, revision: int) -> pd.DataFrame:
    """Return final values that a new upload changes, with what they were."""
    final = old[~old["reason"].isin(PROVISIONAL) & old["value"].notna()]
    key = KEYS["observations"]
    both = final[[*key, "value"]].merge(
        new[[*key, "value", "upload", "place"]], on=key, suffixes=("", "_new")
    )
    changed = both[both["value_new"].notna() & ~np.isclose(both["value"], both["value_new"])]
    named = changed.rename(columns={"value": "was", "value_new": "now"})
    return named.assign(revision=revision)


def _merge(old: pd.DataFrame, new: pd.DataFrame, key: list[str], overlap: Overlap) -> pd.DataFrame:
    """Join old and new rows; where both speak of the same thing, one side stands."""
    loser, winner = (old, new) if overlap == "replace" else (new, old)
    taken = pd.MultiIndex.from_frame(winner[key])
    kept = loser[~pd.MultiIndex.from_frame(loser[key]).isin(taken)]
    return pd.concat([old, kept] if overlap == "keep" else [kept, new], ignore_index=True)


def _sources(found: Intake, name: str) -> str:
    sources = {t.source for t in found.tables if t.table.file.split("/")[0] == name and t.source}
    return ", ".join(sorted(sources))


def _owners(
    name: str, frame: pd.DataFrame, known: set[str], uploads: tuple[NewUpload, ...]
) -> list[str]:
    """Return the upload each row came with: as stated, else by its place, else by its source."""
    fallback = next((u.name for u in uploads if name in u.source), uploads[0].name)
    stated = frame["upload"] if "upload" in frame else pd.Series("", index=frame.index)
    places = frame["place"] if "place" in frame else pd.Series("", index=frame.index)

    @cache
    def owner(upload: str, place: str) -> str:
        file = place.split(" › ")[0]
        candidates = (upload, upload.split("/")[0], file, file.split("/")[0], file.split(",")[0],
                      file.split(",")[0].split("/")[0])  # fmt: skip
        return next((c for c in candidates if c in known), fallback)

    return [owner(u, p) for u, p in zip(stated, places, strict=True)]


def assumptions(store: Store, client: str, revision: int | None = None) -> Assumptions:
    """Return the assumptions in force for a client at a revision."""
    document = store.document(client, "assumptions", revision) or {}
    return Assumptions({key: entry["value"] for key, entry in document.items()})


def report(
    store: Store, client: str, wanted: Iterable[str] = tuple(reports.BY_NAME),
    revision: int | None = None, chosen: Assumptions | None = None,
) -> Report:  # fmt: skip
    """Return the wanted parts of a client's report; computed once, then read.

    Parameters
    ----------
    revision : int, optional
        The newest by default; any past one can be asked for.
    chosen : Assumptions, optional
        Those in force at the revision by default.
    """
    number = revision if revision is not None else store.revision(client)
    values = chosen or assumptions(store, client, number)
    stem = f"{values.checksum}/{code_version()}"
    known: dict[str, Any] = {}

    def load(name: str) -> None:
        part = reports.BY_NAME[name]
        data = store.part(client, number, f"{stem}/{name}")
        if data is not None:
            known[name] = thaw(part.kind, data)
            return
        for other in part.needs:
            if other not in known:
                load(other)

    wanted = tuple(wanted)
    for name in wanted:
        load(name)
    stored = set(known)
    result = reports.compute(store.snapshot(client, number), values, wanted, known, code_version())
    for name, part in result.parts.items():
        if name not in stored:
            store.keep_part(client, number, f"{stem}/{name}", freeze(part))
    return result


def document(result: Report) -> bytes:
    """Return a report as canonical JSON, the bytes that are issued and checked.

    Keys are sorted, missing numbers are null with the reason beside them, dates are ISO.
    """
    from metrics.document import as_document

    return json.dumps(
        as_document(result), sort_keys=True, ensure_ascii=False, allow_nan=False, indent=1
    ).encode()


def load_sample(store: Store, author: str, reset: bool = False) -> tuple[str, int]:
    """Return the sample company, set up from its files when it is not there yet.

    Parameters
    ----------
    reset : bool
        Delete it first, with everything entered since.
    """
    present = [c for c in store.clients() if c.name == SAMPLE_NAME]
    if present and not reset:
        return present[0].id, present[0].revision
    for client in present:
        store.delete_client(client.id, author)
    client_id = store.create_client(sample_profile(), author, SAMPLE_AS_OF)
    files = [(path.name, path.read_bytes()) for path in sorted(SAMPLE.iterdir())]
    found = check(files, sample_profile(), as_of=SAMPLE_AS_OF)
    revision = accept(store, client_id, 1, author, files, found)
    report(store, client_id)
    return client_id, revision


def sample_profile() -> Profile:
    """Return the scope declaration of the sample company."""
    settings = json.loads((ROOT / "sample_data" / "profile.json").read_text(encoding="utf-8"))
    return Profile(
        name=SAMPLE_NAME,
        functions=tuple(f.key for f in FUNCTIONS),
        teams={team: tuple(other) for team, other in settings["teams"].items()},
        currency=settings["currency"],
        exchange_rates=settings["exchange_rates"],
        fiscal_year_start=settings["fiscal_year_start"],
    )
