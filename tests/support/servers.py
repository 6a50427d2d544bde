"""Servers in processes of their own, waited for as long as a slow machine needs."""

from __future__ import annotations

import itertools
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from tests.support.places import ROOT
from ui.door import here
from workspaces.store import Store

PATIENCE = 900.0
"""Seconds anything may take: a limit for what hangs, never a measure of speed."""
_ports = itertools.count(os.getpid() * 101)


def free_port() -> int:
    """Return a port nobody listens on and no other worker is given.

    It lies below those a system gives to whoever asks for any: such a port can be gone before
    the server listens, and then another's server answers in its place until that one ends.
    """
    while True:
        port = 10_000 + next(_ports) % 20_000
        with socket.socket() as tried:
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


def answers(url: str) -> bool:
    """Return whether ``url`` is answered with 200."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status == 200
    except OSError:
        return False


def streamlit(program: str, port: int, *options: str) -> list[str]:
    """Return the command that serves ``program`` at ``port``."""
    command = [sys.executable, "-m", "streamlit", "run", program, "--server.headless", "true"]
    return [*command, "--server.port", str(port), *options]


KEY = "of every server that tests start"


def know_key(database: Path) -> None:
    """Give a database the key that tests know before a server makes one of its own."""
    path = Path(f"{database}.key")
    path.touch(0o600)
    path.write_text(KEY)


def let_in(url: str | None = None) -> dict[str, str]:
    """Return the cookie of a browser that once opened the address a server printed.

    Without sign-in a server takes no request without it.

    Parameters
    ----------
    url : str, optional
        The server's database; that of the environment by default.
    """
    with closing(Store.open(url)) as store:
        return dict([here.admission(store)])


def start(
    command: list[str], url: str, log: Path, environment: Mapping[str, str] | None = None
) -> subprocess.Popen:
    """Start a server and return its process when ``url`` is answered."""
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    end = time.monotonic() + PATIENCE
    while not answers(url):
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < end, f"the server does not answer\n{log.read_text()}"
        time.sleep(0.1)
    assert process.poll() is None, log.read_text()
    return process


def stop(process: subprocess.Popen) -> None:
    """End a server, the hard way if it does not go."""
    process.terminate()
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
