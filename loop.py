"""Measure, model, tune: accept → save → compute → store, for screen and script alike.

The one story that ties the folders together. Screens and commands call these functions; nothing
else joins what comes in, what is kept and what follows from it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from metrics import report as reports
from metrics.assessment import model_of
from metrics.assumptions import Assumptions
from metrics.errors import InvalidInput, StaleRevision
from metrics.forecast.issued import MODEL_ITSELF
from metrics.forecast.issued import issue as freeze_forecasts
from metrics.frames import FRAMES
from metrics.functions import FUNCTIONS
from metrics.maturity.contradiction import sides
from metrics.model import Profile
from metrics.report import Report
from metrics.tuning.deciding import drafted
from metrics.tuning.ledger import check as check_decisions
from uploads import KEYS, File, Overlap, after, attach, check, joined, overlapping
from uploads import accept as save_upload
from workspaces.parts import freeze, thaw
from workspaces.store import Store

ROOT = Path(__file__).parent
SAMPLE = ROOT / "sample_data" / "files"
SAMPLE_NAME = "Halden Tools (sample)"
SAMPLE_AS_OF = date(2026, 11, 20)


@cache
def code_version() -> str:
    """Return twelve characters that change whenever the mathematics does."""
    digest = hashlib.sha256()
    for path in sorted((ROOT / "metrics").rglob("*")):
        if path.suffix in {".py", ".yaml"}:
            digest.update(path.relative_to(ROOT).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


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
        merged = joined(old, rows, key, "replace")
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
    _carry_issued(store, client, expected_revision, number)
    return number


def assumptions(store: Store, client: str, revision: int | None = None) -> Assumptions:
    """Return the assumptions in force for a client at a revision."""
    document = store.document(client, "assumptions", revision) or {}
    return Assumptions({key: entry["value"] for key, entry in document.items()})


def assume(
    store: Store, client: str, expected_revision: int, author: str,
    changes: Mapping[str, float | None],
) -> int:  # fmt: skip
    """Save changed assumptions and return the new revision; None goes back to the default.

    Raises
    ------
    InvalidInput
        An unknown assumption, or a value outside its range.
    StaleRevision
        Somebody saved in between.
    """
    kept = store.document(client, "assumptions", expected_revision) or {}
    values = {key: entry["value"] for key, entry in kept.items()} | dict(changes)
    chosen = Assumptions({key: value for key, value in values.items() if value is not None})
    return store.save(
        client, expected_revision, author, "assume",
        documents={"assumptions": {key: {"value": v} for key, v in chosen.changes.items()}},
        summary=", ".join(sorted(changes)),
    )  # fmt: skip


def assumption_changes(store: Store, client: str) -> list[dict[str, Any]]:
    """Return every change of an assumption: revision, at, author, key, old, new; newest first.

    ``old`` or ``new`` is None where the default stood.
    """
    found: list[dict[str, Any]] = []
    before: dict[str, Any] = {}
    for version in store.document_history(client, "assumptions"):
        now = version["document"]
        for key in sorted(before.keys() | now.keys()):
            old, new = (d.get(key, {}).get("value") for d in (before, now))
            if old != new:
                found.append(
                    {
                        "revision": version["revision"],
                        "at": version["at"],
                        "author": version["author"],
                        "key": key,
                        "old": old,
                        "new": new,
                    }
                )
        before = now
    return found[::-1]


def accept(
    store: Store, client: str, expected_revision: int, author: str, *given: Any, **decided: Any
) -> int:
    """Save what was checked, as ``uploads.accept`` does, and score what was decided before."""
    number = save_upload(store, client, expected_revision, author, *given, **decided)
    return score(store, client, number, author)


def decide(
    store: Store, client: str, expected_revision: int, author: str, choices: pd.DataFrame
) -> int:
    """Write decisions into the ledger, each with its frozen prediction; return the new revision.

    Parameters
    ----------
    choices : DataFrame
        As ``metrics.tuning.deciding.drafted`` takes them.

    Raises
    ------
    InvalidInput
        No owner, no reason, dated before its evidence, a decision that stands already.
    StaleRevision
        Somebody saved in between.
    """
    part = report(store, client, ("tuning",), expected_revision).parts["tuning"]
    rows, ahead = drafted(part, choices)
    check_decisions(rows, store.snapshot(client, expected_revision)["decisions"])
    chosen = assumptions(store, client, expected_revision)
    frozen = [
        freeze_forecasts(
            said.drop(columns="by"), issued=rows["day"].max().date(), revision=expected_revision,
            by=str(by), model="tuning" if by == MODEL_ITSELF else "", code_version=code_version(),
            assumptions=chosen.checksum, seed=chosen.whole("seed"),
        )
        for by, said in (ahead.groupby("by", sort=False) if len(ahead) else ())
    ]  # fmt: skip
    frames = {"decisions": rows} | (
        {"issued_forecasts": pd.concat(frozen, ignore_index=True)} if frozen else {}
    )
    number = store.save(client, expected_revision, author, "decide", frames=frames,
                        summary=", ".join(rows["decision"]))  # fmt: skip
    _carry_issued(store, client, expected_revision, number)
    return number


def score(store: Store, client: str, expected_revision: int, author: str) -> int:
    """Keep the scores of decisions whose months have arrived; return the revision they stand in.

    A score whose actual values were restated since gets a second one beside it.
    """
    if store.snapshot(client, expected_revision)["decisions"].empty:
        return expected_revision
    due = report(store, client, ("loop",), expected_revision)["loop"].pending
    if due.empty:
        return expected_revision
    number = store.save(client, expected_revision, author, "score", frames={"decision_scores": due},
                        summary=f"{len(due)}")  # fmt: skip
    _carry_issued(store, client, expected_revision, number)
    return number


def _carry_issued(store: Store, client: str, before: int, number: int) -> None:
    """Carry over everything but the record of what was issued and what that record changes.

    Maturity is read anew when the loop's own figures moved; what rests on maturity only when one
    of them crossed a threshold, because nothing else moves a level.
    """
    levels = reports.behind("maturity")
    _carry_over(store, client, before, number, (*reports.READ_ISSUED, "maturity", *levels))
    was, now = (report(store, client, ("loop",), at)["loop"].evidence for at in (before, number))
    rules = model_of(store.snapshot(client, number)).rules
    moved = set() if was.equals(now) else {"maturity"}
    if sides(was, rules) == sides(now, rules):
        kept = {"maturity", *levels} - {*moved, *reports.READ_ISSUED}
        _carry_over(store, client, before, number, tuple(set(reports.BY_NAME) - kept))


def _carry_over(
    store: Store, client: str, before: int, number: int, but: tuple[str, ...] = ()
) -> None:
    """Keep the parts computed for the revision before, except those that read what changed."""
    stem = f"{assumptions(store, client, number).checksum}/{code_version()}"
    for part in reports.BY_NAME:
        data = store.part(client, before, f"{stem}/{part}")
        if data is not None and part not in but:
            store.keep_part(client, number, f"{stem}/{part}", data)


def keep_scenario(
    store: Store, client: str, expected_revision: int, author: str, name: str,
    scenario: Mapping[str, float] | None,
) -> int:  # fmt: skip
    """Save a what-if under its name (None deletes it) and return the new revision.

    No figure of the report rests on it, so what was computed for the revision before holds.
    """
    kept = dict(store.document(client, "scenarios", expected_revision) or {})
    kept.pop(name, None)
    if scenario is not None:
        kept[name] = dict(scenario)
    number = store.save(client, expected_revision, author, "scenario",
                        documents={"scenarios": kept}, summary=name)  # fmt: skip
    _carry_over(store, client, expected_revision, number)
    return number


def set_exchange_rates(
    store: Store, client: str, expected_revision: int, author: str, rates: Mapping[str, float]
) -> int:
    """Save what one unit of each foreign currency is worth, and return the new revision.

    Raises
    ------
    InvalidInput
        A code that is no three letters, or a rate that is not positive.
    """
    for code, rate in rates.items():
        if not (len(code) == 3 and code.isalpha() and code.isupper()):
            raise InvalidInput("currency_unknown", currency=code)
        if not (rate > 0 and rate < float("inf")):
            raise InvalidInput("rate_not_positive", currency=code, rate=rate)
    profile = store.snapshot(client, expected_revision).profile
    return store.save(
        client, expected_revision, author, "enter", summary="exchange_rates",
        profile=replace(profile, exchange_rates=dict(rates)),
    )  # fmt: skip


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


__all__ = [
    "KEYS", "File", "Overlap", "accept", "after", "answer", "assumptions", "attach", "check",
    "code_version", "document", "enter", "load_sample", "overlapping", "report", "sample_profile",
]  # fmt: skip
