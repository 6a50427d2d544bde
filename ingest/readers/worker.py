"""Reading in a process of its own, so that a reader's crash is a finding and not an outage.

A small server process imports the readers once and forks a child for each file, which is handed
one end of a pair of sockets that only this program holds the other end of. The child sets its
memory and time limits, reads, sends its result back and is gone, with all its memory. As many
children run as memory allows; others wait their turn. POSIX only, as ``RLIMIT_AS`` is.
"""

from __future__ import annotations

import contextlib
import logging
import os
import pickle
import resource
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ingest.readers.cells import Refused
from ingest.readers.turns import Turns

LOG = logging.getLogger(__name__)
ROOT = Path(__file__).resolve().parents[2]
GRACE_SECONDS = 5
"""How much longer than the child itself its parent waits before it ends it."""
ANSWER_SHARE = 4
"""An answer may be one part in so many of the memory: it is held twice while it is handed over."""
MODULES = ("ingest.workbook", "ingest.readers.markup", "ingest.readers.opendocument")
_LENGTH = struct.Struct("!Q")
_lock = threading.Lock()
used: dict[str, float] = {}
"""Processor seconds and megabytes of the last child, for the benchmark."""
turns = Turns()
_server: tuple[subprocess.Popen[bytes], socket.socket, int] | None = None
_ends = float("inf")
"""When the file is given up that this process reads, on the clock that never goes back."""
_processor = 0
"""Processor seconds this process may take with its children; 0 outside of the worker."""


class Pickled(bytes):
    """A result that a child's own child has pickled already."""


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
        child did not survive; ``reader_busy`` when its turn did not come.
    """
    if _processor:  # a file within what a child was asked to do
        return pickle.loads(apart(task, data, name, limits))  # noqa: S301 our own child
    with turns.one(limits["memory_bytes"]):
        ends = time.monotonic() + limits["seconds"] + GRACE_SECONDS
        ours, theirs = socket.socketpair()
        child = 0
        with ours:
            try:
                with theirs:
                    socket.send_fds(_control(), [b"1"], [theirs.fileno()])
                child = _LENGTH.unpack(_receive(ours, ends))[0]
                _send(ours, pickle.dumps((task, name, dict(limits))), ends)
                _send(ours, data, ends)
                return pickle.loads(_answer(ours, ends))  # noqa: S301 our own child
            except TimeoutError as error:
                _end(child)
                raise Refused("reader_time", seconds=limits["seconds"]) from error
            except (EOFError, OSError) as error:
                raise Refused("reader_crashed") from error


def apart(task: str, data: bytes, name: str, limits: Mapping[str, int]) -> Pickled:
    """Do the same within a child, in a child of its own; return the result still pickled.

    What a child asks for in this way is taken from its own time.
    """
    seconds = min(limits["seconds"], int(_ends - time.monotonic()))
    left = int(_processor - _processor_seconds())
    processor = min(limits["processor_seconds"], left)
    if min(seconds, processor) < 1:
        raise Refused("reader_time", seconds=limits["processor_seconds"])
    rest = {**limits, "seconds": seconds, "processor_seconds": processor}
    ours, theirs = socket.socketpair()
    child = _fork(theirs, lambda: ((task, name, rest), data))
    theirs.close()
    with ours:
        try:
            return Pickled(_answer(ours, _ends))
        except TimeoutError as error:
            os.kill(child, signal.SIGKILL)
            raise Refused("reader_time", seconds=limits["processor_seconds"]) from error
        except (EOFError, OSError) as error:
            code, facts = _ending(child, limits)
            raise Refused(code, **facts) from error
        finally:
            _ending(child, limits)
            _limit(resource.RLIMIT_CPU, max(1, _processor - int(_processor_seconds(own=False))))


def give_up_in(seconds: float) -> None:
    """Leave what ``apart`` is asked from now on so much time together."""
    global _ends
    _ends = time.monotonic() + seconds


def _processor_seconds(own: bool = True) -> float:
    """Return processor seconds of this process's children, and its own."""
    who = [resource.RUSAGE_CHILDREN, resource.RUSAGE_SELF][: 1 + own]
    return sum(each.ru_utime + each.ru_stime for each in map(resource.getrusage, who))


def _limit(what: int, value: int) -> None:
    """Set a limit, within the one that holds already."""
    hard = resource.getrlimit(what)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(what, (value, hard))


def _answer(ours: socket.socket, ends: float) -> bytes:
    """Return the pickled result; Refused where the child refuses or fails."""
    state, result, usage = pickle.loads(_receive(ours, ends))  # noqa: S301 our own child
    used.update(usage)
    if state == "done":
        return _receive(ours, ends)
    if state == "refused":
        raise Refused(result[0], **result[1])
    LOG.error("reading failed in the worker:\n%s", result)
    raise Refused("reader_crashed")


def _ending(child: int, limits: Mapping[str, int]) -> tuple[str, dict[str, int]]:
    """Wait for a child's end; return the refusal that tells how it came."""
    with contextlib.suppress(ChildProcessError):
        status = os.waitpid(child, 0)[1]
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGALRM, signal.SIGXCPU):
            return "reader_time", {"seconds": limits["processor_seconds"]}
    return "reader_crashed", {}


def _end(child: int) -> None:
    """End a child that outlived its time; where none was made, the server that makes them."""
    if child:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
    elif _server is not None and _server[2] == os.getpid():
        _server[0].kill()


def _control() -> socket.socket:
    """Return the socket on which the server takes new work, started anew where it ended."""
    global _server
    with _lock:
        if _server is None or _server[2] != os.getpid() or _server[0].poll() is not None:
            ours, theirs = socket.socketpair()
            with theirs:
                process = subprocess.Popen(
                    [sys.executable, "-c", "from ingest.readers import worker; worker.serve()"],
                    stdin=theirs.fileno(),
                    cwd=ROOT,
                    env={**os.environ, **ALLOCATION},
                )
            _server = process, ours, os.getpid()
        return _server[1]


ALLOCATION = {"ARROW_DEFAULT_MEMORY_POOL": "system", "MALLOC_ARENA_MAX": "2"}
"""Arrow's own allocator reserves a gigabyte of addresses, which a limit on addresses counts."""


def serve() -> None:
    """Fork a child for each socket that is handed over, until the parent is gone."""
    import importlib

    for module in MODULES:
        importlib.import_module(module)  # once, before any fork
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    control = socket.socket(fileno=0)
    while True:
        message, handles, _, _ = socket.recv_fds(control, 1, 1)
        if not message:
            return
        with socket.socket(fileno=handles[0]) as theirs:
            if os.fork() == 0:
                control.close()
                _stand_by(theirs)


def _stand_by(theirs: socket.socket) -> None:
    """Have a child do what is asked, and say how it ended if it cannot; never returns."""
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setpgid(0, 0)
        _send(theirs, _LENGTH.pack(os.getpid()))
        question = pickle.loads(_receive(theirs))  # noqa: S301 our own parent
        data = _receive(theirs)
        child = _fork(theirs, lambda data=data: (question, data))
        del data
        code, facts = _ending(child, question[2])
        _send(theirs, pickle.dumps(("refused", (code, facts), {})))
    finally:
        os._exit(0)


def _fork(theirs: socket.socket, asked: Callable[[], tuple[Any, bytes]]) -> int:
    """Return the number of a child that does what is asked, sends the answer and leaves."""
    child = os.fork()
    if child:
        return child
    try:
        (task, name, limits), data = asked()
        state, result = _work(task, data, name, limits)
        answer = b""
        if state == "done":
            answer = result if isinstance(result, Pickled) else pickle.dumps(result, protocol=5)
            if len(answer) > limits["memory_bytes"] // ANSWER_SHARE:
                state, result = "refused", _memory(limits)
        spent = [resource.getrusage(who).ru_maxrss for who in (0, resource.RUSAGE_CHILDREN)]
        usage = {"seconds": _processor_seconds(), "megabytes": max(spent) / 1024}
        _send(theirs, pickle.dumps((state, None if state == "done" else result, usage)))
        if state == "done":
            _send(theirs, answer)
    finally:
        os._exit(0)


def _work(task: str, data: bytes, name: str, limits: Mapping[str, Any]) -> tuple[str, Any]:
    import gc
    import importlib
    import traceback

    gc.disable()  # millions of cells without a circle; all memory goes with the process
    with contextlib.suppress(OSError):  # should memory run out, a file ends before those who look
        Path("/proc/self/oom_score_adj").write_text("1000")
    global _processor
    _processor = limits["processor_seconds"]
    _limit(resource.RLIMIT_AS, limits["memory_bytes"])
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_CPU, _processor)
    signal.setitimer(signal.ITIMER_REAL, limits["seconds"])
    module, function = task.split(":")
    work: Callable[..., Any] = getattr(importlib.import_module(module), function)
    try:
        return "done", work(data, name, limits)
    except Refused as refusal:
        return "refused", (refusal.code, refusal.facts)
    except MemoryError:
        return "refused", _memory(limits)
    except Exception as error:  # without its message, which may quote a cell
        where = "".join(traceback.format_tb(error.__traceback__))
        return "failed", f"{type(error).__name__} in {name}:\n{where}"


def _memory(limits: Mapping[str, int]) -> tuple[str, dict[str, int]]:
    return "reader_memory", {"megabytes": limits["memory_bytes"] // 1_000_000}


def _send(to: socket.socket, data: bytes, ends: float | None = None) -> None:
    to.settimeout(None if ends is None else max(0.01, ends - time.monotonic()))
    to.sendall(_LENGTH.pack(len(data)))
    to.sendall(data)


def _receive(source: socket.socket, ends: float | None = None) -> bytes:
    length = _LENGTH.unpack(_exactly(source, _LENGTH.size, ends))[0]
    return _exactly(source, length, ends)


def _exactly(source: socket.socket, length: int, ends: float | None) -> bytes:
    data = bytearray(length)
    view, at = memoryview(data), 0
    while at < length:
        source.settimeout(None if ends is None else max(0.01, ends - time.monotonic()))
        count = source.recv_into(view[at:])
        if not count:
            raise EOFError
        at += count
    return bytes(data)
