"""Tables of a warehouse as the records a source counts; only monthly sums leave it.

A connection names an engine by address, the name of its secret, and which table holds which kind
of record in which columns. The expressions of ``ingest.sources`` then run where the records are.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import ibis
import pyarrow as pa

from ingest.columns import Money
from ingest.engine.backends import Backend, Parquet, PostgreSQL, Spark
from ingest.source import ARROW, MICROS, Field, FieldKind, Source
from ingest.sources import BY_KEY
from ingest.warehouse.folder import open_folder, table_below
from metrics.errors import AttuneError, InvalidInput

SECRET = "ATTUNE_SECRET_"  # noqa: S105
"""A connection's whole address with its password is an environment variable of this name, its
client and its own name. It is kept nowhere else, and no message or log ever holds it."""
LOOSE_SECRET = re.compile(r"(?i)\b(password|passwd|pwd)\s*=\s*('[^']*'|\S+)\s*")
"""A password in a text of names and values, which is no address but may be typed as one."""
TIMEOUT_SECONDS = 600
"""A query that takes longer is given up: the last good revision stays."""
LATE_MONTHS = 3
"""Months before the last one that are read again, for records that arrive late."""
TRUE = ("1", "true", "t", "yes", "y", "ja", "oui", "x")
FALSE = ("0", "false", "f", "no", "n", "nein", "non", "")


@dataclass(frozen=True)
class TableMap:
    """Which table holds a kind of record, and in which columns.

    Parameters
    ----------
    source : str
        Key in ``ingest.sources``.
    table : str
        ``schema.table``, or for parquet a file pattern below the connection's folder.
    columns : mapping
        Field of the source → column of the table.
    unique : bool
        The source's identity is a primary key: no two rows are the same record.
    """

    source: str
    table: str
    columns: Mapping[str, str] = field(default_factory=dict)
    unique: bool = False


@dataclass(frozen=True)
class Connection:
    """A warehouse: address without password, and its tables.

    ``address`` is ``postgresql://user@host:5432/database``, ``spark://`` (the session this
    program runs in) or the path of a folder of parquet files.
    """

    name: str
    address: str
    tables: tuple[TableMap, ...] = ()
    owner: str = ""

    @property
    def variable(self) -> str:
        """The environment variable that may hold its address with the password.

        It names the client and holds the whole address, so that nobody can send one client's
        password to a server of their own, or read a warehouse that was opened for another.
        """
        parts = (
            re.sub(r"[^A-Z0-9]+", "_", text.upper()).strip("_") for text in (self.owner, self.name)
        )
        return SECRET + "_".join(part for part in parts if part)

    @property
    def permitted(self) -> bool:
        """Whether whoever runs the server has set this connection's address in the environment."""
        return without_secret(os.environ.get(self.variable, ""))[0] == self.address

    @property
    def secret(self) -> str:
        """The password; "" where the environment holds none for this very address."""
        return without_secret(os.environ[self.variable])[1] if self.permitted else ""


def without_secret(address: str) -> tuple[str, str]:
    """Return an address without its password, and the password ("" for none).

    A password may stand before the host or, as PostgreSQL reads it too, among the options.

    Raises
    ------
    InvalidInput
        ``warehouse_kind_unknown``: no address at all.
    """
    before = re.match(r"([A-Za-z+]+://)([^:/@]*):(?!\d*/)(.*)@(.*)", address, re.DOTALL)
    if before and any(sign in before[3] for sign in "/?#"):
        # By the book the host ends there; the rest of the password would count as a path.
        return f"{before[1]}{before[2]}@{before[4]}", unquote(before[3])
    loose = LOOSE_SECRET.search(address)
    if loose and "://" not in address:
        return LOOSE_SECRET.sub("", address).strip(), loose[2].strip("'")
    try:
        parts = urlsplit(address)
    except ValueError:
        raise InvalidInput("warehouse_kind_unknown", kind=address.partition(":")[0]) from None
    options = [pair.partition("=") for pair in parts.query.split("&")]
    given = [value for key, _, value in options if key == "password"]
    if not parts.password and not given:
        return address, ""
    host = parts.netloc.rpartition("@")[2]
    query = "&".join("".join(option) for option in options if option[0] != "password")
    bare = parts._replace(
        netloc=f"{parts.username}@{host}" if parts.username else host, query=query
    )
    return urlunsplit(bare), unquote(parts.password or given[-1])


def connect(connection: Connection) -> Backend:
    """Open a connection.

    Raises
    ------
    InvalidInput
        An address of no kind we know, or one that carries a password.
    AttuneError
        ``warehouse_unreachable``: no server, wrong credentials, no such folder. The message of
        the engine comes along without the secret.
    """
    if without_secret(connection.address)[1]:
        raise InvalidInput("warehouse_address_with_password", variable=connection.variable)
    kind = urlsplit(connection.address).scheme
    if not connection.address.strip():
        raise InvalidInput("connection_without_address")
    if kind not in ("postgresql", "postgres", "spark", "file", ""):
        raise InvalidInput("warehouse_kind_unknown", kind=kind)
    try:
        if kind in ("postgresql", "postgres"):
            return PostgreSQL(_postgresql(connection.address, connection.secret))
        if kind == "spark":
            from pyspark.sql import SparkSession

            return Spark(ibis.pyspark.connect(SparkSession.builder.getOrCreate()))
    except Exception as error:
        raise unreachable(connection, error) from None
    return Parquet(_folder(connection))


def unreachable(connection: Connection, error: Exception) -> AttuneError:
    """Return the error a person reads: the engine's own words without the secret."""
    secret = connection.secret
    why = str(error).strip().split("\n")[0]
    for hidden in (secret, quote(secret, safe="")):
        why = why.replace(hidden, "•••") if hidden else why
    return AttuneError("warehouse_unreachable", connection=connection.name, why=why)


def _postgresql(address: str, secret: str) -> Any:
    parts = urlsplit(address)
    settings = f"-c statement_timeout={TIMEOUT_SECONDS * 1000}"
    options = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
    return ibis.postgres.connect(
        host=options.pop("host", None) or parts.hostname,
        port=parts.port or 5432,
        user=parts.username,
        password=secret or None,
        database=parts.path.strip("/"),
        options=settings,
        connect_timeout=10,
        **options,
    )


def _folder(connection: Connection) -> Any:
    path = connection.address.removeprefix("file://")
    if not os.path.isdir(path):
        raise AttuneError("warehouse_no_folder", connection=connection.name, folder=path)
    return open_folder(path)


def table_of(backend: Backend, connection: Connection, mapped: TableMap) -> ibis.Table:
    """Return the table as the engine has it.

    Raises
    ------
    AttuneError
        ``warehouse_no_table`` with the connection and the name; ``warehouse_outside_folder``: the
        folder was permitted, not what lies beside it.
    """
    try:
        if isinstance(backend, Parquet):
            folder = connection.address.removeprefix("file://")
            return table_below(backend.connection, connection.name, folder, mapped.table)
        schema, _, name = mapped.table.rpartition(".")
        return backend.connection.table(name, database=schema or None)
    except InvalidInput:
        raise
    except Exception as error:
        why = unreachable(connection, error).facts["why"]
        raise AttuneError(
            "warehouse_no_table", connection=connection.name, table=mapped.table, why=why
        ) from None


def canonical(
    table: ibis.Table, source: Source, mapped: TableMap, money: Money, as_of: date
) -> ibis.Table:
    """Return a warehouse table in the source's typed columns, computed where it is.

    Raises
    ------
    AttuneError
        ``warehouse_column_gone`` naming columns of the mapping the table no longer has.
    """
    gone = sorted(set(mapped.columns.values()) - set(table.columns))
    if gone:
        raise AttuneError(
            "warehouse_column_gone", table=mapped.table, columns=gone, known=list(table.columns)
        )
    codes = _codes(table, source, mapped)
    rate = _rate(codes, source, money)
    columns: dict[str, ibis.Value] = {}
    unconverted: ibis.Value = ibis.literal(False)
    for wanted in source.fields:
        name = mapped.columns.get(wanted.key)
        if name is None:
            columns[wanted.key] = ibis.null(_dtype(wanted.kind))
        elif wanted.kind is FieldKind.MONEY:
            amount = table[name].cast("float64") * rate
            columns[wanted.key] = (amount * MICROS).round().cast("int64")
            unconverted = unconverted | (table[name].notnull() & rate.isnull())
        else:
            columns[wanted.key] = _value(table[name], wanted)
        if wanted.notes:
            columns[f"{wanted.key}_note"] = ibis.null("string")
    end = ibis.literal(as_of).cast("timestamp") + ibis.interval(days=1)
    # What lies after the day the data speaks up to cannot have happened yet.
    months = [columns[key] for key in sorted(source.month_fields & mapped.columns.keys())]
    if len(months) == 1:
        # Left out before anything is computed: an engine need not read those rows at all.
        table = table.filter(months[0] < end)
    for key in source.month_fields & mapped.columns.keys() if len(months) > 1 else ():
        columns[key] = ibis.ifelse(columns[key] < end, columns[key], ibis.null("timestamp"))
    return table.select(
        **columns,
        row=ibis.null("int64"),
        file=ibis.literal(mapped.table),
        unconverted=unconverted,
        as_of=end,
        first_of_document=ibis.null("boolean"),
    )


def _dtype(kind: FieldKind) -> str:
    names = {
        pa.string(): "string",
        pa.float64(): "float64",
        pa.int64(): "int64",
        pa.bool_(): "boolean",
    }
    return names.get(ARROW[kind], "timestamp")


def _value(column: ibis.Value, wanted: Field) -> ibis.Value:
    if column.type().is_string():
        column = column.nullif(ibis.literal(""))
        if wanted.missing:
            column = column.isin(_literals(wanted.missing)).ifelse(ibis.null("string"), column)
    match wanted.kind:
        case FieldKind.TEXT:
            return column.cast("string")
        case FieldKind.NUMBER:
            return column.cast("float64")
        case FieldKind.COUNT | FieldKind.DURATION:
            if column.type().is_integer():
                return column.cast("int64")
            return column.cast("float64").round().cast("int64")
        case FieldKind.FLAG:
            return _flag(column)
        case _:
            return column.cast("timestamp")


def _literals(values: Sequence[str]) -> list[ibis.Value]:
    return [ibis.literal(value) for value in values]


def _flag(column: ibis.Value) -> ibis.Value:
    if column.type().is_boolean():
        return column
    text = column.cast("string").lower()
    yes, no = (text.isin(_literals(words)) for words in (TRUE, FALSE))
    return ibis.cases((yes, True), (no, False), else_=None)


def _codes(table: ibis.Table, source: Source, mapped: TableMap) -> ibis.Value | None:
    """Currency of each record; None where nothing states one."""
    if "currency" in mapped.columns:
        stated = table[mapped.columns["currency"]].cast("string").upper().nullif(ibis.literal(""))
        return stated.fill_null(ibis.literal(source.currency)) if source.currency else stated
    return ibis.literal(source.currency) if source.currency else None


def _rate(codes: ibis.Value | None, source: Source, money: Money) -> ibis.Value:
    """Worth of one unit in the base currency; null where it is not known."""
    if codes is None or not money.base:
        return ibis.literal(1.0)
    known = {money.base: 1.0} | dict(money.rates)
    branches = [(codes == code, ibis.literal(float(rate))) for code, rate in known.items()]
    return ibis.cases((codes.isnull(), ibis.literal(1.0)), *branches, else_=ibis.null("float64"))


def known_source(key: str) -> Source:
    """Return a source by key; InvalidInput if there is none."""
    if key not in BY_KEY:
        raise InvalidInput("source_unknown", source=key, known=sorted(BY_KEY))
    return BY_KEY[key]
