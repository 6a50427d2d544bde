"""Warehouses a client is fed from: kept without secrets, tested, pulled.

Saved like anything else: a connection is part of a revision, a pull is an upload whose original
is the SQL that ran.
"""

from __future__ import annotations

import shlex
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

import pandas as pd

from ingest.model import Intake
from ingest.warehouse.connection import Connection, TableMap, without_secret
from loop.uploads import accept
from metrics.errors import InvalidInput
from workspaces.access import Workspace

DOCUMENT = "connections"


@dataclass(frozen=True)
class Pulled:
    """What a pull brought: the revision it became, and what was found on the way.

    ``restated`` counts final values that the pull changed; ``since`` is the first month read.
    """

    revision: int
    found: Intake
    restated: int
    since: date | None


def load_connections(workspace: Workspace) -> dict[str, Connection]:
    """Return a client's connections by name."""
    document = workspace.document(DOCUMENT) or {}
    return {name: _from(workspace.client, name, each) for name, each in document.items()}


def find_connection(workspace: Workspace, name: str) -> Connection:
    """Return one connection; InvalidInput if there is none of that name."""
    known = load_connections(workspace)
    if name not in known:
        raise InvalidInput("connection_unknown", connection=name, known=list(known) or ["–"])
    return known[name]


def keep(workspace: Workspace, expected_revision: int, connection: Connection) -> int:
    """Save a connection under its name and return the new revision.

    Raises
    ------
    InvalidInput
        No name, no address, or one that carries a password: that would be kept in the clear.
    """
    if not connection.name.strip():
        raise InvalidInput("connection_without_name")
    if not connection.address.strip():
        raise InvalidInput("connection_without_address")
    if without_secret(connection.address)[1]:
        variable = replace(connection, owner=workspace.client).variable
        raise InvalidInput("warehouse_address_with_password", variable=variable)
    document = dict(workspace.document(DOCUMENT) or {})
    document[connection.name] = {
        "address": connection.address,
        "tables": [asdict(t) for t in connection.tables],
    }
    return workspace.save(
        expected_revision, "connect", documents={DOCUMENT: document}, summary=connection.name
    )


def remove(workspace: Workspace, expected_revision: int, name: str) -> int:
    """Forget a connection; what was pulled stays."""
    find_connection(workspace, name)
    document = {k: v for k, v in (workspace.document(DOCUMENT) or {}).items() if k != name}
    return workspace.save(
        expected_revision, "disconnect", documents={DOCUMENT: document}, summary=name
    )


def permit(connection: Connection, trusted: bool) -> Connection:
    """Return a connection that may be opened; see ``pull``."""
    if not (trusted or connection.permitted):
        raise InvalidInput(
            "connection_not_permitted", connection=connection.name, variable=connection.variable
        )
    return connection


def columns(connection: Connection, table: str, trusted: bool = True) -> list[str]:
    """Return the columns of a table, which also proves that the connection works."""
    from ingest.warehouse import pull as warehouse

    return warehouse.columns(permit(connection, trusted), table)


def suggest_map(names: list[str]) -> TableMap | None:
    """Return the kind of record and mapping that fit these column names best, or None."""
    from ingest.warehouse import pull as warehouse

    return warehouse.suggest(names)


def pull(
    workspace: Workspace,
    name: str,
    as_of: date | None = None,
    whole: bool = False,
    trusted: bool = True,
) -> Pulled:
    """Read a connection's tables and save what they add up to as a revision.

    Months from three before the last one on are read again, for records that came late; values
    that were final and changed are kept in the frame ``restatements``. Whatever goes wrong goes
    wrong before anything is saved.

    Parameters
    ----------
    as_of : date, optional
        Day of the pull; today by default.
    whole : bool
        Read all months again.
    trusted : bool
        Whoever asks may reach everything this machine reaches, as on the command line. Others
        only what the environment names.

    Raises
    ------
    InvalidInput
        ``connection_not_permitted`` with the variable to set.
    AttuneError
        What ``ingest.pull.pull`` raises.
    """
    from ingest.warehouse import pull as warehouse

    connection = permit(find_connection(workspace, name), trusted)
    revision = workspace.revision()
    snapshot = workspace.snapshot(revision)
    since = None if whole else warehouse.since_for(_last_month(workspace, connection, snapshot))
    found, files = warehouse.pull(connection, snapshot.profile, as_of or date.today(), since)
    number = accept(workspace, revision, files, found, "replace")
    changed = workspace.snapshot()["restatements"]
    return Pulled(number, found, int((changed["revision"] == revision + 1).sum()), since)


def _last_month(workspace: Workspace, connection: Connection, snapshot: Any) -> pd.Timestamp | None:
    """The last month an earlier pull of every table brought; None if one was never pulled."""
    from ingest.warehouse.pull import file_of

    uploads = workspace.uploads()
    observations = snapshot["observations"]
    lasts = []
    for mapped in connection.tables:
        own = uploads.loc[uploads["name"] == file_of(connection, mapped), "upload"]
        months = observations.loc[observations["upload"].isin(own), "month"]
        if months.empty:
            return None
        lasts.append(months.max())
    return min(lasts, default=None)


def _from(client: str, name: str, document: dict[str, Any]) -> Connection:
    tables = tuple(TableMap(**{**t, "columns": dict(t["columns"])}) for t in document["tables"])
    return Connection(name, document["address"], tables, client)


def schedule(client: str, name: str) -> str:
    """Return the line for cron that pulls every morning at six; the scheduler is not ours.

    A shell reads it, and cron before the shell: names are quoted, and a per cent sign, which cron
    takes for the end of the line, is escaped.
    """
    command = shlex.join(
        ["python", "cli.py", "pull", "--client", client, "--connection", name, "--json"]
    )
    return "0 6 * * * " + " ".join(command.split("\n")).replace("%", "\\%")
