"""Both databases for every test of what is kept: a SQLite file, and a PostgreSQL of our own.

The server listens on a socket in a temporary folder only and ends with the tests. Where no
PostgreSQL is installed these tests are skipped with that reason; ``ATTUNE_DEMAND=1`` makes them
fail instead.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
import uuid
from pathlib import Path

from tests.support.servers import PATIENCE

PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
)


def postgresql_binaries() -> Path | None:
    """Return the folder of ``initdb`` and ``postgres``, newest first; None if not installed."""
    found = [folder for place in PLACES for folder in Path("/").glob(place[1:])]
    for folder in sorted(found, key=lambda f: f.as_posix(), reverse=True):
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    initdb = shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb else None


class PostgresqlServer:
    """A server in a temporary folder; ``safe=False`` skips the waits for the disk."""

    def __init__(self, binaries: Path, safe: bool = False) -> None:
        self.binaries, self.safe = binaries, safe
        self.folder = Path(tempfile.mkdtemp(prefix="attune-pg-"))
        # The server refuses to run as root: then it runs as somebody who may do nothing.
        self.user = None
        if os.geteuid() == 0:
            names = {entry.pw_name for entry in pwd.getpwall()}
            self.user = "postgres" if "postgres" in names else "nobody"
            shutil.chown(self.folder, self.user)
        self._run("initdb", "-D", "data", "-U", "attune", "-A", "trust", "-E", "UTF8", "-N")
        self.process: subprocess.Popen | None = None
        self.start()

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self.binaries / program, *arguments],
            cwd=self.folder,
            user=self.user,
            check=True,
            capture_output=True,
        )

    def start(self) -> None:
        """Start, and wait until it answers; also after ``kill``, when it first has to recover."""
        self._launch()
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                self.execute("SELECT 1")
                return
            except Exception:
                time.sleep(0.05)
            # Processes of a killed server may still be ending, and hold its memory.
            if self.process and self.process.poll() is not None:
                self._launch()
        raise RuntimeError((self.folder / "log").read_text()[-2000:])

    def _launch(self) -> None:
        waits = [] if self.safe else ["-c", "fsync=off", "-c", "synchronous_commit=off"]
        self.process = subprocess.Popen(
            [
                self.binaries / "postgres",
                *("-D", "data", "-k", str(self.folder), "-c", "listen_addresses="),
                *("-c", "max_connections=200", *waits),
            ],
            cwd=self.folder,
            user=self.user,
            stderr=(self.folder / "log").open("a"),
        )

    def execute(self, statement: str) -> None:
        """Run one statement outside any transaction."""
        import psycopg

        address = f"host={self.folder} user=attune dbname=postgres"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement)

    def create(self) -> str:
        """Return the address of a new, empty database."""
        name = f"t{uuid.uuid4().hex}"
        self.execute(f"CREATE DATABASE {name}")
        return f"postgresql+psycopg://attune@/{name}?host={self.folder}"

    def kill(self) -> None:
        """End the server the hardest way; ``start`` then has to recover."""
        assert self.process
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """End the server and remove its folder."""
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
