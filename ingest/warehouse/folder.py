"""A folder of parquet files that one connection may read, and nothing beside it.

Names are resolved here and not by the engine: it is handed a list of files whose real places lie
below the real folder, and may open nothing else.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

import ibis
from ibis.backends.duckdb import Backend as DuckDBBackend

from ingest.engine.backends import close_engine
from metrics.errors import InvalidInput

WILD = re.compile(r"[*?\[]")


def files_below(folder: str, pattern: str) -> list[str]:
    """Return the files a pattern names below a folder, sorted.

    Parameters
    ----------
    folder : str
        The permitted folder.
    pattern : str
        A relative path; ``*``, ``?`` and ``**`` stand for names below the folder.

    Raises
    ------
    ValueError
        The pattern, or a link it meets, leads out of the folder.
    FileNotFoundError
        No such file.
    """
    parts = pattern.split("/")
    if "\\" in pattern or "\0" in pattern or any(part in ("", ".", "..") for part in parts):
        raise ValueError(pattern)
    root = Path(folder).resolve(strict=True)
    names = PurePosixPath(pattern)
    if names.is_absolute() or Path(pattern).drive:
        raise ValueError(pattern)
    # A file may be called like a pattern; what stands there by that very name comes first.
    exact = root / pattern
    found = (
        [exact] if exact.exists() else sorted(root.glob(pattern)) if WILD.search(pattern) else []
    )
    places = [path.resolve() for path in found]
    if any(not place.is_relative_to(root) for place in places):
        raise ValueError(pattern)
    files = [place for place in places if place.is_file()]
    if not files:
        raise FileNotFoundError(pattern)
    return [str(place) for place in files]


def literal(path: str) -> str:
    """Return a path whose wildcards the engine takes for themselves."""
    return re.sub(r"([*?\[])", r"[\1]", path)


def open_folder(folder: str) -> DuckDBBackend:
    """Return an engine that may read below one folder and load or change nothing."""
    root = str(Path(folder).resolve(strict=True))
    opened = ibis.duckdb.connect()
    opened.raw_sql("SET enable_object_cache = true")
    opened.con.execute("SET allowed_directories = ?", [[root]])
    close_engine(opened)
    return opened


def table_below(backend: DuckDBBackend, name: str, folder: str, pattern: str) -> ibis.Table:
    """Return the rows of the files a pattern names, as one table.

    Parameters
    ----------
    name : str
        Of the connection, for the message.

    Raises
    ------
    InvalidInput
        ``warehouse_outside_folder``: the folder was permitted, not what lies beside it.
    FileNotFoundError
        No such file.
    """
    try:
        files = files_below(folder, pattern)
    except ValueError:
        raise InvalidInput("warehouse_outside_folder", connection=name, table=pattern) from None
    return backend.read_parquet([literal(file) for file in files])
