"""Reading in a process of its own, so that a reader's crash is a finding and not an outage.

A small server process imports the readers once and forks a child for each file. The child sets
its memory and time limits, reads, sends its result back and is gone, with all its memory. It
listens on a socket only this program knows the key of, and ends when this program does.
POSIX only, as ``RLIMIT_AS`` is.
"""

from __future__ import annotations

import contextlib
import logging
import os
import pickle
import resource
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from multiprocessing.connection import Client, Listener
from pathlib import Path
from typing import Any

from ingest.readers.cells import Refused

LOG = logging.getLogger(__name__)
ROOT = Path(__file__).resolve().parents[2]
_lock = threading.Lock()
used: dict[str, float] = {}
"""Processor seconds and megabytes of the last child, for the benchmark."""
_server: tuple[subprocess.Popen[bytes], str, bytes] | None = None


def run(task: str, data: bytes, name: str, limits: Mapping[str, int]) -> Any:
    """Return what ``task(data, name, limits)`` returns, run in a limited child process.

    Parameters
    ----------
    task : str
        ``module:function``, importable.

    Raises
    ------
    Refused
        What the task refused; ``reader_crashed``, ``reader_memory`` or ``reader_time`` when the
        child did not survive.
    """
    address, key = _address()
    began = time.monotonic()
    try:
        with Client(address, "AF_UNIX", authkey=key) as connection:
            connection.send((task, name, dict(limits)))
            connection.send_bytes(data)
            answer = pickle.loads(connection.recv_bytes())  # noqa: S301 our own child
            state, result = answer[:2]
            used.update(answer[2])
    except (EOFError, ConnectionError) as error:
        if time.monotonic() - began >= limits["seconds"] - 0.5:
            raise Refused("reader_time", seconds=limits["seconds"]) from error
        raise Refused("reader_crashed") from error
    if state == "refused":
        raise Refused(result[0], **result[1])
    if state == "memory":
        raise Refused("reader_memory", megabytes=limits["memory_bytes"] // 1_000_000)
    if state == "failed":
        LOG.error("reading %s failed in the worker:\n%s", name, result)
        raise Refused("reader_crashed")
    return result


def _address() -> tuple[str, bytes]:
    global _server
    with _lock:
        if _server is None or _server[0].poll() is not None:
            key = os.urandom(16)
            process = subprocess.Popen(
                [sys.executable, "-m", "ingest.readers.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                cwd=ROOT,
            )
            assert process.stdin
            assert process.stdout
            process.stdin.write(key.hex().encode() + b"\n")
            process.stdin.flush()
            _server = (process, process.stdout.readline().decode().strip(), key)
        return _server[1], _server[2]


def serve() -> None:
    """Fork a child for each connection until the parent's pipe closes."""
    import importlib

    for module in ("ingest.workbook", "ingest.readers.markup", "ingest.readers.opendocument"):
        importlib.import_module(module)  # once, before any fork
    key = bytes.fromhex(sys.stdin.readline().strip())
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with Listener(None, "AF_UNIX", backlog=64, authkey=key) as listener:
        print(listener.address, flush=True)
        waiting = listener._listener._socket  # type: ignore[attr-defined]
        while True:
            ready, _, _ = select.select([waiting, sys.stdin], [], [])
            if sys.stdin in ready:
                return
            with contextlib.suppress(Exception):
                connection = listener.accept()
                if os.fork() == 0:
                    _child(connection)
                connection.close()


def _child(connection: Any) -> None:
    try:
        state, result = _answer(connection)
        spent = resource.getrusage(resource.RUSAGE_SELF)
        usage = {"seconds": spent.ru_utime + spent.ru_stime, "megabytes": spent.ru_maxrss / 1024}
        connection.send_bytes(pickle.dumps((state, result, usage), protocol=5))
    finally:
        os._exit(0)


def _answer(connection: Any) -> tuple[str, Any]:
    import gc
    import importlib
    import traceback

    gc.disable()  # millions of cells without a circle; all memory goes with the process
    task, name, limits = connection.recv()
    data = connection.recv_bytes()
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory_bytes"],) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.setitimer(signal.ITIMER_REAL, limits["seconds"])
    module, function = task.split(":")
    work: Callable[..., Any] = getattr(importlib.import_module(module), function)
    try:
        return "done", work(data, name, limits)
    except Refused as refusal:
        return "refused", (refusal.code, refusal.facts)
    except MemoryError:
        return "memory", None
    except Exception:
        return "failed", traceback.format_exc()


if __name__ == "__main__":
    serve()
