"""The installation's one secret, and what is signed with it.

Beside a SQLite file it is a file of its own, readable by the owner only, so that whoever is handed
the database or a backup of it cannot sign in its name. On PostgreSQL, where several processes on
several machines share it, it is a row that the server's own rights guard.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Connection, Engine, delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from workspaces import database
from workspaces.tables import signing_key

ROW = "links"
"""The name of its row; the first thing that was ever signed were links."""
_unwritten: dict[Path, str] = {}
"""Stand in where no file can be written: what they sign ends with the process."""


def place(engine: Engine) -> Path | None:
    """Return the file that holds the key; None where it is a row of the database."""
    file = engine.url.database
    if engine.dialect.name != "sqlite" or not file or file == ":memory:":
        return None
    return Path(f"{file}.key")


def find(connection: Connection) -> str | None:
    """Return the key, or None where none was made yet."""
    return _in_file(connection.engine) or _in_row(connection)


def known(engine: Engine) -> str | None:
    """Return the key as ``find`` does; the database is asked only where no file holds it."""
    found = _in_file(engine)
    if found is None:
        with database.reading(engine) as connection:
            found = _in_row(connection)
    return found


def made(engine: Engine) -> str:
    """Return the key, made now if there was none."""
    found = known(engine)
    if found is not None:
        return found
    if file := place(engine):
        return _write(file, secrets.token_hex(32))
    with database.writing(engine) as connection:
        return make(connection)


def make(connection: Connection) -> str:
    """Return the key, made now if there was none; on PostgreSQL within the transaction."""
    return find(connection) or put(connection, secrets.token_hex(32))


def put(connection: Connection, value: str) -> str:
    """Keep a key unless there is one, and return the one that is kept."""
    if file := place(connection.engine):
        return _write(file, value)
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    row = dialect.insert(signing_key).values({"name": ROW, "value": value})
    connection.execute(row.on_conflict_do_nothing())
    return _in_row(connection) or value


def _in_row(connection: Connection) -> str | None:
    return connection.scalar(select(signing_key.c.value).where(signing_key.c.name == ROW))


def _in_file(engine: Engine) -> str | None:
    file = place(engine)
    if file is None:
        return None
    with suppress(OSError):
        return file.read_text().strip() or None
    return _unwritten.get(file)


def _write(file: Path, value: str) -> str:
    written = file.with_name(f".{file.name}.{os.getpid()}.partial")
    try:
        with open(os.open(written, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as out:
            out.write(value)
            out.flush()
            os.fsync(out.fileno())
        # Of two processes that make one at once the first one's stays.
        try:
            os.link(written, file)
        except FileExistsError:
            pass
        except OSError:  # a file system without hard links
            os.replace(written, file)
        return file.read_text().strip()
    except OSError:
        return _unwritten.setdefault(file, value)
    finally:
        with suppress(OSError):
            written.unlink()


def move(connection: Connection) -> None:
    """Take the key out of a SQLite file that still holds it as a row."""
    found = _in_row(connection)
    if found is not None and place(connection.engine) and put(connection, found) == found:
        connection.execute(delete(signing_key))


def send_along(connection: Connection, value: str) -> None:
    """Write the key into a copy that was asked to hold it."""
    connection.execute(delete(signing_key))
    connection.execute(insert(signing_key), {"name": ROW, "value": value})


def signature(key: str, purpose: str, text: str) -> str:
    """Return the signature (HMAC-SHA-256) of a text, for one purpose only."""
    return hmac.new(key.encode(), f"{purpose}\n{text}".encode(), hashlib.sha256).hexdigest()


def signed_by(key: str | None, purpose: str, text: str, given: str) -> bool:
    """Say whether a signature is this key's."""
    return bool(key) and hmac.compare_digest(signature(str(key), purpose, text), given)
