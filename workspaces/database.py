"""Open SQLite or PostgreSQL the same way, with the newest schema, and write in one transaction."""

from __future__ import annotations

import atexit
import os
import shutil
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url

from metrics.errors import AttuneError
from workspaces import scratch
from workspaces.faults import StorageFault, noted, storage_faults

ROOT = Path(__file__).resolve().parent.parent
VARIABLE = "ATTUNE_DATABASE_URL"
BUSY_SECONDS = 60
READ_ONLY = "attune_read_only"
LEAST_FREE = 20_000_000
"""Bytes below which the next save is likely to fail."""
_MIGRATING = threading.Lock()  # Alembic's context is one per process
_ADVISORY_LOCK = 0x417474756E65  # any number, the same in every process


def address(url: str | None = None) -> URL:
    """Return where the data is: ``url``, the environment's, or ``data/attune.sqlite``.

    A path without ``://`` is a SQLite file.
    """
    text = url or os.environ.get(VARIABLE) or str(ROOT / "data" / "attune.sqlite")
    if "://" not in text:
        return URL.create("sqlite", database=str(Path(text).absolute()))
    parsed = make_url(text)
    if parsed.drivername in ("postgres", "postgresql"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    return parsed


def connect(url: URL) -> Engine:
    """Return an engine that begins transactions itself; the schema is not looked at.

    Its error messages hold no parameters: they are the clients' data, and go to a log.

    Raises
    ------
    AttuneError
        ``driver_missing``: PostgreSQL needs the package ``psycopg`` beside the others.
    """
    if url.get_backend_name() != "sqlite":
        try:
            return create_engine(
                url, pool_size=10, max_overflow=30, pool_pre_ping=True, hide_parameters=True
            )
        except ModuleNotFoundError as error:
            raise AttuneError("driver_missing", driver=error.name) from error
    if url.database:
        _for_its_owner(Path(url.database))
    engine = create_engine(
        url,
        pool_size=10,
        max_overflow=60,
        connect_args={"timeout": BUSY_SECONDS},
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def prepare(raw, _record) -> None:
        raw.isolation_level = None  # the driver must not begin transactions of its own
        raw.execute("PRAGMA foreign_keys = ON")
        # FULL, not NORMAL: an acknowledged save survives a power cut, not only a killed process.
        raw.execute("PRAGMA synchronous = FULL")
        raw.execute("PRAGMA secure_delete = ON")
        _write_ahead_log(raw)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))

    return engine


def _for_its_owner(file: Path) -> None:
    """Make the file, and its folder, readable by its owner only; its log takes after it."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with suppress(OSError):  # it is another's, or the disk is read-only
        file.touch(mode=0o600)
        file.chmod(0o600)


def connect_reading(file: Path) -> Engine:
    """Return an engine for a SQLite file that cannot be written to, as it stood last.

    A log beside it that was not worked in is read too, from a copy.
    """
    log = Path(f"{file}-wal")
    if log.exists() and log.stat().st_size:
        kept = tempfile.mkdtemp(prefix=f"{scratch.PREFIX}{os.getpid()}-")
        atexit.register(shutil.rmtree, kept, ignore_errors=True)
        for each in (file, log):
            shutil.copyfile(each, Path(kept) / each.name)
        place = f"file:{quote(str(Path(kept) / file.name))}"
    else:
        place = f"file:{quote(str(file))}?immutable=1"
    options = {READ_ONLY: True}
    url = URL.create("sqlite", database=str(file))
    return create_engine(
        url,
        creator=lambda: sqlite3.connect(place, uri=True, check_same_thread=False),
        execution_options=options,
        hide_parameters=True,
    )


def open_newest(place: URL) -> tuple[Engine, StorageFault | None]:
    """Return an engine at the newest schema; where it can only be read, why.

    Raises
    ------
    StorageFault
        Not even that.
    """
    engine = connect(place)
    try:
        migrate(engine)
        return engine, None
    except StorageFault as fault:
        engine.dispose()
        file = Path(place.database or "")
        if place.get_backend_name() != "sqlite" or not file.is_file() or not file.stat().st_size:
            raise
        try:
            engine = connect_reading(file)
            migrate(engine)
        except Exception:
            raise fault from None
        return engine, fault
    except BaseException:
        engine.dispose()
        raise


def _write_ahead_log(raw) -> None:
    """Switch the file once; SQLite does not wait its busy timeout for this one statement."""
    for attempt in range(200):
        try:
            if raw.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                raw.execute("PRAGMA journal_mode = WAL")
            return
        except Exception as error:
            if "locked" not in str(error) or attempt == 199:
                raise
            time.sleep(0.05)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent view of the database, whoever writes meanwhile.

    Raises
    ------
    StorageFault
        Disk or server does not do what is asked of it.
    """
    with storage_faults(), engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            yield connection


@contextmanager
def writing(engine: Engine, patience: float = BUSY_SECONDS) -> Iterator[Connection]:
    """One transaction; SQLite takes its write lock at the start, so it never has to give up.

    Parameters
    ----------
    patience : float
        Seconds to wait for other writers of the same SQLite file.

    Raises
    ------
    StorageFault
        Disk or server does not do what is asked of it; nothing was written.
    """
    if engine.get_execution_options().get(READ_ONLY):
        raise StorageFault("disk_read_only")
    with storage_faults(), engine.connect() as connection:
        impatient = patience != BUSY_SECONDS and engine.dialect.name == "sqlite"
        if impatient:
            _wait(connection, patience)
        try:
            connection = connection.execution_options(begin="BEGIN IMMEDIATE")
            with connection.begin():
                yield connection
        finally:
            if impatient:
                _wait(connection, BUSY_SECONDS)


def _wait(connection: Connection, seconds: float) -> None:
    connection.connection.cursor().execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")


def standing_fault(engine: Engine) -> str:
    """Return why the database cannot be written to now, as far as can be told; "" for nothing."""
    if engine.get_execution_options().get(READ_ONLY):
        return "disk_read_only"
    file = engine.url.database
    if engine.dialect.name == "sqlite" and file and Path(file).exists():
        if not (os.access(file, os.W_OK) and os.access(Path(file).parent, os.W_OK)):
            return "disk_read_only"
        if shutil.disk_usage(Path(file).parent).free < LEAST_FREE:
            return "disk_full"
    return noted()


def _scripts() -> Config:
    config = Config()
    folder = Path(__file__).parent / "migrations"
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    return config


def schema_of(connection: Connection) -> str | None:
    """Return the schema the database has; None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def migrate(engine: Engine, target: str = "head") -> None:
    """Bring the schema to ``target`` in one transaction; a second process waits and finds it done.

    Raises
    ------
    AttuneError
        ``newer_schema``: a newer version of the program has written this database.
    """
    config = _scripts()
    script = ScriptDirectory.from_config(config)
    with storage_faults(), _MIGRATING, engine.connect() as connection:
        with connection.begin():
            if _is_at(connection, script, target):
                return
        if engine.dialect.name == "sqlite":
            # SQLite alters a table by rebuilding it, which foreign keys would answer by deleting.
            connection.connection.cursor().execute("PRAGMA foreign_keys = OFF")
        try:
            _run(connection.execution_options(begin="BEGIN IMMEDIATE"), config, script, target)
        finally:
            if engine.dialect.name == "sqlite":
                connection.connection.cursor().execute("PRAGMA foreign_keys = ON")


def _is_at(connection: Connection, script: ScriptDirectory, target: str) -> bool:
    found = schema_of(connection)
    known = {revision.revision for revision in script.walk_revisions()}
    if found is not None and found not in known:
        raise AttuneError("newer_schema", found=found, known=script.get_current_head())
    return found == (script.get_current_head() if target == "head" else target)


def _run(connection: Connection, config: Config, script: ScriptDirectory, target: str) -> None:
    with connection.begin():
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")
        if _is_at(connection, script, target):
            return
        config.attributes["connection"] = connection
        current = schema_of(connection)
        order = [r.revision for r in reversed(list(script.walk_revisions()))]
        position = {None: -1, "base": -1, "head": len(order) - 1}
        position |= {name: index for index, name in enumerate(order)}
        step = command.upgrade if position[target] > position[current] else command.downgrade
        step(config, target)
        broken = (
            connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
            if connection.dialect.name == "sqlite"
            else []
        )
        if broken:
            raise AttuneError("migration_broke_references", target=target, rows=len(broken))
