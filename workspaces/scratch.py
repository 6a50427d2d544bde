"""Temporary files that say whose they are, so that those of a killed process can be cleared."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "attune-"
FOLDER = re.compile(rf"{PREFIX}(\d+)-.*")
PARTIAL = re.compile(r"\..*?\.(\d+)\.[^/]*partial")


@contextmanager
def folder() -> Iterator[Path]:
    """A folder of its own, readable by this user only, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix=f"{PREFIX}{os.getpid()}-") as name:
        yield Path(name)


def clear(*beside: Path) -> list[Path]:
    """Remove what killed processes left in the temporary folder and in the folders named.

    What a living process holds, what another user owns, and whatever does not bear our own kind
    of name is left alone. Returns what was removed.
    """
    gone = []
    places = [(Path(tempfile.gettempdir()), FOLDER), *((each, PARTIAL) for each in beside)]
    for place, pattern in places:
        for path in sorted(place.iterdir()) if place.is_dir() else ():
            found = pattern.fullmatch(path.name)
            if not found or _alive(int(found[1])) or path.is_symlink():
                continue
            with suppress(OSError):
                if hasattr(os, "getuid") and path.stat().st_uid != os.getuid():
                    continue
                shutil.rmtree(path) if path.is_dir() else path.unlink()
                gone.append(path)
    return gone


def _alive(process: int) -> bool:
    if os.name == "nt":  # asking there would be a signal
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
