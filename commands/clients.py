"""Commands on the clients that are kept: check, ingest, report, plan, pull, back up.

Heavy modules are imported by the commands that need them, so that ``--help`` answers at once.
"""

from __future__ import annotations

import re
import sys
from contextlib import closing
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands import calculations, console
from commands.console import COULD_NOT, DONE, WITH_ERRORS, Answer, option
from metrics.errors import InvalidInput
from words import say

if TYPE_CHECKING:
    from ingest.model import Intake
    from metrics.model import Profile
    from metrics.report import Report
    from workspaces.access import Workspace
    from workspaces.store import Client, Store
REPORT_KINDS = ("json", "pptx", "xlsx", "pdf")


class OverlapName(StrEnum):
    """What becomes of months that are there already; ``loop.uploads.Overlap`` by name."""

    REPLACE = "replace"
    ANEW = "anew"
    ADD = "add"
    KEEP = "keep"


KEEP_NEWER = OverlapName.REPLACE
Files = Annotated[list[Path], typer.Argument(metavar="FILE...", help=say("cli.option.files"))]
CopiedFile = Annotated[Path, typer.Argument(metavar="FILE", help=say("cli.option.source"))]
Target = Annotated[Path, option("--out", "target")]
Named = Annotated[str, option("--client")]
Mapped = Annotated[Path | None, option("--mapping")]


def check(
    files: Files,
    mapping: Mapped = None,
    write_mapping: Annotated[Path | None, option("--write-mapping")] = None,
    client: Annotated[str | None, option("--client", "check_client")] = None,
) -> Answer:
    from ingest import layouts as mappings
    from ingest.document import as_document

    known = mappings.load(mapping) if mapping else []
    given = [(file.name, file.read_bytes()) for file in files]
    profile = earlier = None
    if client:
        from loop import review

        with _open_store() as store:
            workspace, _ = _workspace_of(store, client)
            known += review.mappings(workspace)
            snapshot = workspace.snapshot()
            profile, earlier = snapshot.profile, snapshot["observations"]
    found = _check_files(given, profile, known, earlier)
    if write_mapping:
        entries = [mappings.entry(mappings.choose(one.table, known)) for one in found.tables]
        mappings.write(write_mapping, entries)
        console.progress("mapping_written", file=write_mapping)
    refusal = {"error": say("cli.all_refused")} if _severity(found) == COULD_NOT else {}
    return Answer(as_document(found) | refusal, _severity(found))


def ingest(
    files: Files,
    client: Named,
    mapping: Mapped = None,
    accept: Annotated[bool, option("--accept")] = False,
    overlap: Annotated[OverlapName, option("--overlap")] = KEEP_NEWER,
    create: Annotated[bool, option("--create/--no-create")] = True,
    currency: Annotated[str, option("--currency")] = "EUR",
    rate: Annotated[list[str], option("--rate", "exchange_rate")] = [],  # noqa: B006
) -> Answer:
    from ingest import layouts as mappings
    from ingest.document import as_document, complete_profile, rates
    from loop import review
    from metrics.model import Profile
    from workspaces.access import COMMAND_LINE, create_client, enter

    given = [(file.name, file.read_bytes()) for file in files]
    names = [name for name, _ in given]
    if len(set(names)) < len(names):
        raise InvalidInput("uploads_share_a_name", names=names)
    if not re.fullmatch("[A-Za-z]{3}", currency):
        raise InvalidInput("currency_unknown", currency=currency)
    currency = currency.upper()
    with _open_store() as store:
        one = store.find(client) if create else store.named(client)
        if one and rate:
            raise InvalidInput("rates_of_known_client", client=one.name)
        workspace = enter(store, COMMAND_LINE, one.id) if one else None
        before = workspace.snapshot() if workspace else None
        new = Profile(client, (), currency=currency, exchange_rates=rates(rate))
        profile = before.profile if before else new
        entries = (
            mappings.sign_entries(mappings.load(mapping), COMMAND_LINE.email) if mapping else []
        )
        known = [*entries, *(review.mappings(workspace) if workspace else [])]
        earlier = before["observations"] if before else None
        found = _check_files(given, profile, known, earlier)
        document, code = as_document(found) | {"client": client}, _severity(found)
        errors = sum(f.severity.value == "error" for f in found.findings)
        if code == COULD_NOT or (errors and not accept):
            why = "all_refused" if code == COULD_NOT else "not_accepted"
            refusal = say(f"cli.{why}", errors=errors)
            return Answer(document | {"error": refusal, "revision": None, "reason": refusal}, 2)
        if one is None or workspace is None:
            create_client(store, COMMAND_LINE, complete_profile(profile, found), found.as_of)
            workspace, one = _workspace_of(store, client)
            console.progress("client_made", client=client, currency=currency)
        revision = review.save(
            workspace, one.revision, given, found, overlap.value, entries=entries
        )
        moved = review.summaries(workspace)[revision]
    return Answer(document | {"client": one.name, "revision": revision, "moved": moved}, code)


def sample(reset: Annotated[bool, option("--reset")] = False) -> Answer:
    from loop.sample import SAMPLE_NAME, load_sample
    from workspaces.access import COMMAND_LINE

    console.progress("computing", what=SAMPLE_NAME)
    with _open_store() as store:
        identifier, revision = load_sample(store, COMMAND_LINE, reset)
    return Answer({"client": SAMPLE_NAME, "id": identifier, "revision": revision})


def report(
    client: Named,
    out: Annotated[Path, option("--out", kinds=", ".join(REPORT_KINDS))],
    revision: Annotated[int | None, option("--revision")] = None,
) -> Answer:
    from loop import reports

    kind = out.suffix.lstrip(".").lower()
    if kind not in REPORT_KINDS:
        raise InvalidInput("report_kind_unknown", kind=kind, known=REPORT_KINDS)
    with _open_store() as store:
        workspace, one = _workspace_of(store, client)
        console.progress("computing", what=one.name)
        result = reports.report(workspace, revision=revision)
        data = _report_bytes(workspace, result, kind)
        out.write_bytes(data)
        workspace.issue(result.revision, kind, data)
    checksum = sha256(data).hexdigest()
    return Answer({"file": str(out), "checksum": checksum, "revision": result.revision})


def tune(
    client: Named,
    total: Annotated[float | None, option("--total")] = None,
    floor: Annotated[list[str], option("--floor")] = [],  # noqa: B006
    ceiling: Annotated[list[str], option("--ceiling")] = [],  # noqa: B006
    change: Annotated[float, option("--change")] = 0.2,
    hours: Annotated[float | None, option("--hours")] = None,
    no_additional_cost: Annotated[bool, option("--no-additional-cost")] = False,
    within: Annotated[int, option("--within")] = 12,
) -> Answer:
    from loop import reports
    from metrics.document.documents import plan_document
    from metrics.tuning.part import limits_of, plan_again

    with _open_store() as store:
        workspace, one = _workspace_of(store, client)
        console.progress("computing", what=one.name)
        part = reports.report(workspace).tuning
    if part.reason:
        raise InvalidInput(part.reason, total=0.0)
    whole = part.plan["total"] if total is None else total
    limits = limits_of(
        part,
        whole,
        floors=_amounts(floor, part),
        ceilings=_amounts(ceiling, part),
        largest_change=change,
        hours=hours,
        no_additional_cost=no_additional_cost,
        horizon=within,
    )
    document = plan_document(part, plan_again(part, limits), whole)
    for row in document["refusals"]:
        row["sentence"] = say(f"tune.kept_{row['reason']}")
    return Answer({"client": one.name, "revision": one.revision} | document)


def proposals(client: Named) -> Answer:
    from loop import reports
    from readout.proposals import proposals_document

    with _open_store() as store:
        workspace, one = _workspace_of(store, client)
        console.progress("computing", what=one.name)
        document = proposals_document(reports.report(workspace))
    return Answer({"client": one.name, "revision": one.revision} | document)


def track_record(
    client: Named,
    issue: Annotated[bool, option("--issue")] = False,
    note: Annotated[str, option("--note")] = "",
) -> Answer:
    from loop import decisions, reports
    from metrics.forecast import MODEL
    from metrics.outlook.part import issued_rows

    with _open_store() as store:
        workspace, one = _workspace_of(store, client)
        console.progress("computing", what=one.name)
        revision = one.revision
        if issue:
            rows = issued_rows(reports.report(workspace).forecasts)
            revision = decisions.issue_forecasts(workspace, revision, rows, model=MODEL, note=note)
        record = reports.report(workspace).track_record
        foreign = sorted(workspace.elsewhere("forecast"))
    named = ("issues", "scores", "calibration", "changes", "restated")
    document = {name: getattr(record, name) for name in named}
    said = {"client": one.name, "revision": revision, "issued_elsewhere": foreign}
    return Answer(said | document)


def _amounts(given: list[str], part: Any) -> dict[str, float]:
    """Read ``support=5000``; a function without a budget is refused."""
    found = {}
    for text in given:
        name, _, amount = text.partition("=")
        if name not in set(part.table["function"]):
            raise InvalidInput("decision_function_unknown", function=name)
        try:
            found[name] = float(amount)
        except ValueError:
            raise InvalidInput("amount_unreadable", text=text) from None
    return found


def _report_bytes(workspace: Workspace, result: Report, kind: str) -> bytes:
    from loop import reports

    if kind == "json":
        return reports.document(result)
    from loop import readouts
    from readout import deck

    snapshot = workspace.snapshot(result.revision)
    read = readouts.reading(workspace, result, snapshot, readouts.state(workspace))
    chosen = next(one for one in readouts.FILES if one.extension == kind)
    return chosen.make(read, readouts.brand(workspace), snapshot, tuple(deck.BY_KEY))


def pull(
    client: Named,
    connection: Annotated[str, option("--connection")],
    whole: Annotated[bool, option("--all", "pull_all")] = False,
) -> Answer:
    from ingest.document import as_document
    from loop import connections

    with _open_store() as store:
        workspace, one = _workspace_of(store, client)
        console.progress("pulling", connection=connection)
        done = connections.pull(workspace, connection, whole=whole)
    since = done.since.isoformat() if done.since else None
    return Answer(
        as_document(done.found)
        | {
            "client": one.name,
            "connection": connection,
            "since": since,
            "restated": done.restated,
            "revision": done.revision,
        },
        _severity(done.found),
    )


def backup(out: Target, with_key: Annotated[bool, option("--with-key")] = False) -> Answer:
    from workspaces.access import COMMAND_LINE, back_up

    with _open_store() as store:
        return Answer(_copy_summary(back_up(store, COMMAND_LINE, out, with_key)))


def restore(file: CopiedFile) -> Answer:
    from workspaces import backup as copies
    from workspaces.access import COMMAND_LINE

    return Answer(_copy_summary(copies.restore(file, None, COMMAND_LINE.email)))


def export_client(client: Named, out: Target) -> Answer:
    with _open_store() as store:
        workspace, one = _workspace_of(store, client)
        done = workspace.export(out)
    return Answer({"client": one.name, "id": one.id} | _copy_summary(done))


def import_client(file: CopiedFile) -> Answer:
    from workspaces import backup as copies
    from workspaces.access import COMMAND_LINE

    with _open_store() as store:
        identifier, done = copies.import_client(store, file, COMMAND_LINE.email)
        name = store.named(identifier).name
    return Answer({"client": name, "id": identifier} | _copy_summary(done))


def delete_client(client: Named, yes: Annotated[bool, option("--yes")] = False) -> Answer:
    with _open_store() as store:
        workspace, one = _workspace_of(store, client)
        if not yes:
            if not sys.stdin.isatty():
                raise InvalidInput("deletion_not_confirmed", client=one.name)
            typer.confirm(say("cli.delete_sure", client=one.name), abort=True, err=True)
        gone = workspace.delete()
    proof = console.values(gone, ("rows", "left", "bytes_left"))
    return Answer({"client": one.name, "id": one.id} | proof)


COMMANDS = (
    check,
    ingest,
    sample,
    report,
    tune,
    proposals,
    track_record,
    *calculations.COMMANDS,
    pull,
    backup,
    restore,
    export_client,
    import_client,
    delete_client,
)


def _check_files(
    files: list[tuple[str, bytes]],
    profile: Profile | None,
    mappings: list[dict[str, Any]],
    earlier: Any = None,
) -> Intake:
    from ingest import intake, workbook

    readings = []
    for name, data in files:
        console.progress("reading", name=name)
        readings.append(workbook.read(name, data))
    console.progress("checking", count=len(files))
    return intake.check_readings(readings, profile, mappings, earlier=earlier)


def _severity(found: Intake) -> int:
    if all(outcome == "refused" for outcome in found.outcomes.values()):
        return COULD_NOT
    return WITH_ERRORS if any(f.severity.value == "error" for f in found.findings) else DONE


def _open_store() -> closing[Store]:
    from workspaces.store import Store

    return closing(Store.open())


def _workspace_of(store: Store, client: str) -> tuple[Workspace, Client]:
    """Return the workspace of a client given by name or id, for whoever runs commands here."""
    from workspaces.access import COMMAND_LINE, enter

    one = store.named(client)
    return enter(store, COMMAND_LINE, one.id), one


def _copy_summary(done: Any) -> dict[str, Any]:
    return {"file": str(done.path), "checksum": done.sha256, "rows": done.rows}
