"""What is read out: draft, reviewed, issued; and what an issued read-out said, byte for byte.

The one place where reports, documents and the store meet on the way out, for screen and script
alike. Issued files never change; what is restated later is announced on the next read-out.
"""

from __future__ import annotations

import io
import json
import math
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from loop import branding, decisions, reports
from metrics.errors import InvalidInput
from metrics.forecast import MODEL
from metrics.forecast.issued import FORECAST
from metrics.model import Snapshot
from metrics.outlook.part import issued_rows
from metrics.report import BY_NAME, Parts, Report, compute
from metrics.units import write_day
from readout import brand as brands
from readout.brand import Brand, brand_from
from readout.figures import Figure, figures
from readout.reading import Reading
from words import say
from workspaces.access import Workspace
from workspaces.parts import freeze, thaw

DOCUMENT = "readout"
LOOK_BACK = 6
"""So many revisions back an earlier report is looked for."""
SILENT = ("readout", "brand", "decide", "score", "issue")
"""Actions that change how a report is handed out or what is done about it, not what it says."""
PARTS = "parts"
"""Kind under which the computed parts of an issued report are kept."""


@dataclass(frozen=True)
class Issued:
    """One read-out as it was handed out.

    Attributes
    ----------
    number : int
        Counted from 1.
    revision : int
        Whose data and assumptions it speaks of.
    at : datetime
        UTC.
    files : mapping
        Kind of file → id under which its bytes are kept.
    values : mapping
        Key of a headline figure → value, low, high.
    elsewhere : bool
        It came with a client that another installation handed over.
    """

    number: int
    revision: int
    at: datetime
    author: str
    checksum: str
    files: Mapping[str, str]
    values: Mapping[str, Sequence[float | None]]
    elsewhere: bool = False

    @property
    def name(self) -> str:
        code = "deck.issue_name_elsewhere" if self.elsewhere else "deck.issue_name"
        return say(code, number=self.number, day=write_day(self.at), revision=self.revision)


def brand(workspace: Workspace) -> Brand:
    """Return the client's brand."""
    return branding.without_unsafe(brand_from(workspace.document(brands.KIND)))


def save_brand(workspace: Workspace, expected: int, chosen: Brand) -> int:
    """Keep the client's brand and return the new revision.

    Raises
    ------
    InvalidInput
        ``brand_logo`` or ``brand_template``: a file that does not open, or does more than look.
    """
    branding.check_files(chosen)
    return _keep(workspace, expected, brands.KIND, chosen.document())


def history(workspace: Workspace) -> tuple[Issued, ...]:
    """Return the read-outs handed out, the oldest first."""
    kept = (workspace.document(DOCUMENT) or {}).get("issues", [])
    foreign = workspace.elsewhere("issued")
    return tuple(
        Issued(
            **one | {"at": datetime.fromisoformat(one["at"])},
            elsewhere=not foreign.isdisjoint(one["files"].values()),
        )
        for one in kept
    )


def state(workspace: Workspace) -> str:
    """Return draft, reviewed or issued; whatever changes a figure makes it a draft again."""
    document = workspace.document(DOCUMENT) or {}
    if "state" not in document:
        return "draft"
    since = workspace.history()
    since = since[since["revision"] > document["revision"]]
    return "draft" if (~since["action"].isin(SILENT)).any() else document["state"]


def review(workspace: Workspace, expected: int) -> int:
    """Say that a second person has looked at the figures of this revision."""
    document = workspace.document(DOCUMENT) or {}
    changed = document | {"state": "reviewed", "revision": expected, "by": workspace.author}
    return _keep(workspace, expected, DOCUMENT, changed)


def reading(
    workspace: Workspace,
    report: Report,
    snapshot: Snapshot,
    standing: str,
    checksum: str = "",
) -> Reading:
    """Return a report with what was read out before it."""
    past = [one for one in history(workspace) if one.revision < report.revision]
    if past and standing == "issued":
        past = past[:-1]  # the newest says these very figures
    last = past[-1] if past else None
    restated = snapshot["restatements"]
    if last is not None:
        restated = restated[restated["revision"] > last.revision]
    return Reading(
        report,
        len(snapshot.profile.functions),
        checksum or checksum_of(report),
        standing,
        earlier=_earlier_figures(report, last) if last else (),
        restated=restated,
        earlier_name=last.name if last else "",
    )


def checksum_of(report: Report) -> str:
    """Return the SHA-256 of the report's document, as ``report --out x.json`` writes it."""
    return sha256(reports.document(report)).hexdigest()


def last_time(
    workspace: Workspace, report: Report
) -> tuple[str, Mapping[str, Sequence[float | None]]]:
    """Return name and figures of what this report is compared with.

    The last read-out that was issued; without one, the newest earlier revision whose figures are
    still kept; ("", {}) for the first.
    """
    past = [one for one in history(workspace) if one.revision < report.revision]
    if past:
        return past[-1].name, past[-1].values
    for number in range(report.revision - 1, max(report.revision - LOOK_BACK, 0), -1):
        with suppress(reports.NotKept):
            earlier = replace(report, revision=number, parts=reports.kept_parts(workspace, number))
            return say("deck.revision_name", revision=number), values(earlier)
    return "", {}


def values(report: Report) -> dict[str, list[float | None]]:
    """Return value, low and high of every headline figure; None where it cannot be told."""
    return {
        f.key: [None if math.isnan(v) else v for v in (f.value, f.low, f.high)]
        for f in figures(report)
    }


def _earlier_figures(report: Report, last: Issued) -> tuple[Figure, ...]:
    def number(value: float | None) -> float:
        return math.nan if value is None else float(value)

    return tuple(
        replace(
            one,
            **dict(zip(("value", "low", "high"), map(number, last.values[one.key]), strict=True)),
        )
        for one in figures(report)
        if one.key in last.values
    )


def _deck(read: Reading, look: Brand, snapshot: Snapshot, slides: Sequence[str]) -> bytes:
    from readout import deck

    return deck.build(read, look, slides)


def _workbook(read: Reading, look: Brand, snapshot: Snapshot, slides: Sequence[str]) -> bytes:
    from readout import workbook

    return workbook.build(read.report, snapshot, look, read.checksum)


def _full_document(read: Reading, look: Brand, snapshot: Snapshot, slides: Sequence[str]) -> bytes:
    from readout import document

    return document.full_report(read, look, slides)


def _summary(read: Reading, look: Brand, snapshot: Snapshot, slides: Sequence[str]) -> bytes:
    from readout import document

    return document.summary(read, look)


def _json_document(read: Reading, look: Brand, snapshot: Snapshot, slides: Sequence[str]) -> bytes:
    return reports.document(read.report)


@dataclass(frozen=True)
class FileKind:
    """One file of a read-out: its extension, and what writes it."""

    key: str
    extension: str
    make: Callable[[Reading, Brand, Snapshot, Sequence[str]], bytes]


FILES: tuple[FileKind, ...] = (
    FileKind("deck", "pptx", _deck),
    FileKind("workbook", "xlsx", _workbook),
    FileKind("report", "pdf", _full_document),
    FileKind("summary", "pdf", _summary),
    FileKind("document", "json", _json_document),
)
BY_KEY = {kind.key: kind for kind in FILES}


def file_name(read: Reading, key: str) -> str:
    """Return a name that says client, what, month, revision and state."""
    client = re.sub(r"[^\w-]+", "-", read.report.client).strip("-")
    month = f"{read.report.as_of:%Y-%m}"
    state_said = "" if read.state == "issued" else f"-{read.state}"
    stem = f"{client}-{key}-{month}-r{read.report.revision}{state_said}"
    return f"{stem}.{BY_KEY[key].extension}"


def issue(
    workspace: Workspace,
    report: Report,
    slides: Sequence[str] | None = None,
    progress: Callable[[str], None] = lambda key: None,
) -> Issued:
    """Hand out a report: every file is made, kept byte for byte and listed.

    Raises
    ------
    InvalidInput
        It has not been reviewed, or is issued already.
    StaleRevision
        Somebody saved in between.
    """
    from readout import deck

    standing = state(workspace)
    if standing == "draft":
        raise InvalidInput("not_reviewed")
    if standing == "issued":
        raise InvalidInput("issued_already")
    snapshot = workspace.snapshot(report.revision)
    read = reading(workspace, report, snapshot, "issued")
    look, files = brand(workspace), {}
    for kind in FILES:
        progress(kind.key)
        data = kind.make(read, look, snapshot, slides or tuple(deck.BY_KEY))
        files[kind.key] = workspace.issue(report.revision, kind.extension, data)
    files[PARTS] = workspace.issue(report.revision, "zip", _pack(report))
    document = workspace.document(DOCUMENT) or {}
    listed = document.get("issues", [])
    one = {
        "number": len(listed) + 1,
        "revision": report.revision,
        "author": workspace.author,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "checksum": read.checksum,
        "files": files,
        "values": values(report),
    }
    changed = document | {
        "state": "issued",
        "revision": report.revision,
        "by": workspace.author,
        "issues": [*listed, one],
    }
    _keep(workspace, workspace.revision(), DOCUMENT, changed)
    done = history(workspace)[-1]
    _issue_forecasts(workspace, report, done.name)
    return done


def _issue_forecasts(workspace: Workspace, report: Report, name: str) -> None:
    """Freeze what the read-out expects, so that later months score it; once for the same rows."""
    rows = issued_rows(report.forecasts)
    ahead = rows[rows["kind"] == FORECAST]
    shared = ["function", "kpi", "month", "level", "mean"]
    revision = workspace.revision()
    known = workspace.snapshot(revision)["issued_forecasts"][shared].drop_duplicates()
    if len(ahead) and len(ahead[shared].drop_duplicates().merge(known)) < len(ahead):
        decisions.issue_forecasts(workspace, revision, rows, model=MODEL, note=name)


def issued_report(workspace: Workspace, one: Issued) -> Report:
    """Return a report as it was issued, from the parts kept then: no newer code touches it.

    A part that did not exist then is that of a client without data: it says nothing.
    """
    with zipfile.ZipFile(io.BytesIO(workspace.issued_report(one.files[PARTS]))) as archive:
        kept = {name: archive.read(name) for name in archive.namelist()}
    about, snapshot = json.loads(kept["about.json"]), workspace.snapshot(one.revision)
    chosen = reports.assumptions(workspace, one.revision)
    silent = compute(replace(snapshot, frames={}), chosen, code_version=about["code"])

    def load(name: str) -> Any:
        part = BY_NAME[name]
        return thaw(part.kind, kept[name]) if name in kept else silent.parts[name]

    return replace(silent, client=about["client"], parts=Parts(load))


def _pack(report: Report) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        about = {"client": report.client, "code": report.code_version}
        archive.writestr("about.json", json.dumps(about))
        for name, part in report.parts.items():
            archive.writestr(name, freeze(part))
    return out.getvalue()


def _keep(workspace: Workspace, expected: int, kind: str, document: Mapping[str, Any]) -> int:
    """Save a document that no figure depends on, and carry the computed parts along."""
    number = workspace.save(expected, kind, documents={kind: document})
    reports.carry_over(workspace, expected, number)
    return number
