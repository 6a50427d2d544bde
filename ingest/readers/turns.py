"""Who may read now: as many files at once as memory and processors allow, the others in a queue."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from ingest.readers.cells import Refused

WAIT_SECONDS = 300
"""How long a file waits for its turn."""
SHARE = 0.7
"""Of the memory that is free when nothing is read: the rest is for those who look at pages."""
_UNKNOWN = 4_000_000_000
"""Free memory where the system does not say."""


class Turns:
    """Turns in the order in which they were asked for; one file is always let through."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: deque[object] = deque()
        self._running: list[int] = []
        self._room = 0.0

    @contextlib.contextmanager
    def one(self, size: int, seconds: float = WAIT_SECONDS) -> Iterator[None]:
        """Hold ``size`` bytes of memory while the block runs.

        Raises
        ------
        Refused
            ``reader_busy``: others took all of the time.
        """
        ticket, ends = object(), time.monotonic() + seconds
        with self._changed:
            self._waiting.append(ticket)
            try:
                while self._waiting[0] is not ticket or not self._fits(size):
                    if not self._changed.wait(ends - time.monotonic()):
                        raise Refused("reader_busy", seconds=round(seconds))
                self._running.append(size)
            finally:
                self._waiting.remove(ticket)
                self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._running.remove(size)
                self._changed.notify_all()

    def _fits(self, size: int) -> bool:
        if not self._running:
            self._room = SHARE * free_memory()
            return True
        most = max(2, os.cpu_count() or 1)
        return len(self._running) < most and sum(self._running) + size <= self._room


def free_memory() -> int:
    """Return the bytes this process may still take: of the machine, or of its container."""
    found = [_UNKNOWN]
    with contextlib.suppress(OSError, ValueError, StopIteration):
        lines = Path("/proc/meminfo").read_text().splitlines()
        line = next(line for line in lines if line.startswith("MemAvailable:"))
        found = [int(line.split()[1]) * 1024]
    with contextlib.suppress(OSError, ValueError):  # "max" where there is no limit
        group = Path("/sys/fs/cgroup")
        limit = int((group / "memory.max").read_text())
        found.append(limit - int((group / "memory.current").read_text()))
    return max(0, min(found))
