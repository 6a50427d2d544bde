"""Kill whoever works with the store at random moments; count what was lost.

Each trial forks a worker that saves, migrates, backs up, restores or deletes. When it is ready the
parent waits a random time, sends SIGKILL, and reads the database as a new process would. A worker
acknowledges a save by a line in a file, written after ``save`` returned. On PostgreSQL a further
trial kills the server itself.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pandas as pd

from metrics.errors import AttuneError
from metrics.model import Profile
from tests.support.databases import PostgresqlServer
from workspaces import database
from workspaces.backup import backup, restore
from workspaces.store import NewUpload, Store

ROWS = 200
Ready = Callable[[], object]
"""Called by a worker once it is about to do what it may be killed in."""


def observations(number: int) -> pd.DataFrame:
    """Rows that all say which revision they belong to."""
    return pd.DataFrame({"function": "support", "measure": "tickets", "value": [number] * ROWS})


def original(number: int) -> bytes:
    """Bytes that say which revision they belong to; 200 kB, so a write takes several pages."""
    return f"{number};".encode() * 40_000


def write(store: Store, client: str, number: int) -> None:
    """Save revision ``number``: its file, its rows instead of the ones before, its document."""
    store.save(
        client,
        number - 1,
        "writer",
        "ingest",
        uploads=[NewUpload("numbers.csv", original(number))],
        frames={"observations": observations(number)},
        retire_uploads=store.uploads(client, number - 1)["upload"].tolist(),
        documents={"assumptions": {"number": number}},
    )


def faults(store: Store, client: str) -> list[str]:
    """Return what is wrong with a client whose every revision came from ``write``."""
    found = []
    last = store.revision(client)
    history = store.history(client)["revision"].tolist()
    if history != list(range(1, last + 1)):
        found.append(f"history {history} of {last}")
    for number in {last, last - 1} - {0, 1}:
        values = store.snapshot(client, number)["observations"]["value"]
        document = store.document(client, "assumptions", number)
        uploads = store.uploads(client, number)["upload"].tolist()
        if values.tolist() != [number] * ROWS:
            found.append(f"revision {number} has rows of {sorted(set(values))}")
        if document != {"number": number}:
            found.append(f"revision {number} has document {document}")
        if uploads != [f"r{number}.1"] or store.original(client, uploads[0])[1] != original(number):
            found.append(f"revision {number} has uploads {uploads}")
    return found


def unsound(url: str) -> list[str]:
    """Return what SQLite's own checks say about the file; nothing for PostgreSQL."""
    if "://" in url:
        return []
    with closing(sqlite3.connect(url)) as raw:
        integrity = [row[0] for row in raw.execute("PRAGMA integrity_check") if row[0] != "ok"]
        return integrity + [str(row) for row in raw.execute("PRAGMA foreign_key_check")]


@contextmanager
def opened(url: str) -> Iterator[Store]:
    """A store that is closed before the next fork."""
    store = Store.open(url)
    try:
        yield store
    finally:
        store.close()


def fork(work: Callable[[], None]) -> int:
    """Start ``work`` in a process of its own; it ends with 1 after an exception."""
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        except BaseException as error:
            print(type(error).__name__, str(error).splitlines()[0], file=sys.stderr)
            os._exit(1)
    return child


@dataclass
class Tally:
    """What many trials found."""

    kills: int = 0
    acknowledged: int = 0
    outcomes: Counter = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def kill(self, work: Callable[[Ready], None], after: float) -> None:
        """Kill ``work`` so long after it was ready; finished is fine, failed is a fault."""
        reader, writer = os.pipe()
        child = fork(lambda: work(lambda: os.write(writer, b".")))
        os.close(writer)
        os.read(reader, 1)
        os.close(reader)
        time.sleep(after)
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        self.kills += os.WIFSIGNALED(status)
        if os.WIFEXITED(status) and os.WEXITSTATUS(status):
            self.faults.append("the worker failed")


def seconds(work: Callable[[], object]) -> float:
    """Return how long ``work`` takes when nobody kills it."""
    start = time.monotonic()
    work()
    return time.monotonic() - start


def filled(url: str, last: int) -> str:
    """Return a new client that ``write`` brought to revision ``last``."""
    with opened(url) as store:
        client = store.create_client(Profile("Acme", ("support",)), "bench")
        for number in range(2, last + 1):
            write(store, client, number)
    return client


def save_forever(url: str, client: str, acknowledged: Path, ready: Ready) -> None:
    """Save without pause; a line is written for a save after it returned."""
    with opened(url) as store, acknowledged.open("ab", buffering=0) as lines:
        number = store.revision(client)
        ready()
        while True:
            number += 1
            write(store, client, number)
            lines.write(f"{number}\n".encode())


def check_saves(tally: Tally, url: str, client: str, acknowledged: Path) -> None:
    """Look for partial revisions, corruption and saves that were acknowledged and are gone."""
    tally.faults += unsound(url)
    lines = ["1", *acknowledged.read_text().split()]
    with opened(url) as store:
        tally.faults += faults(store, client)
        last = store.revision(client)
    if int(lines[-1]) > last:
        tally.faults.append(f"acknowledged {lines[-1]} but newest is {last}")
    tally.acknowledged = len(lines) - 1
    tally.outcomes["saved, not acknowledged"] += last > int(lines[-1])


def kill_saves(make: Callable[[], str], folder: Path, trials: int, seed: int) -> Tally:
    """Kill a worker that saves without pause; each trial goes on where the last one died."""
    tally, moments, url = Tally(), random.Random(seed), make()
    client, acknowledged = filled(url, 1), folder / "acknowledged"
    acknowledged.touch()
    work = partial(save_forever, url, client, acknowledged)
    with opened(url) as store:
        once = seconds(partial(write, store, client, 2))
    for _ in range(trials):
        tally.kill(work, moments.uniform(0, 4 * once))
        check_saves(tally, url, client, acknowledged)
    return tally


def kill_server(server: PostgresqlServer, folder: Path, trials: int, seed: int) -> Tally:
    """Kill the PostgreSQL server while a worker saves; after its recovery nothing is missing."""
    tally, moments, url = Tally(), random.Random(seed), server.create()
    client, acknowledged = filled(url, 1), folder / "acknowledged-server"
    acknowledged.touch()
    for _ in range(trials):
        child = fork(partial(save_forever, url, client, acknowledged, int))
        time.sleep(moments.uniform(0.1, 0.8))
        server.kill()
        os.waitpid(child, 0)
        tally.kills += 1
        server.start()
        check_saves(tally, url, client, acknowledged)
    return tally


def kill_migrations(make: Callable[[], str], folder: Path, trials: int, seed: int) -> Tally:
    """Kill a worker that brings a database of the first schema up to date and down again."""
    tally, moments, url = Tally(), random.Random(seed), make()
    client = filled(url, 3)

    def work(ready: Ready) -> None:
        engine = database.connect(database.address(url))
        while True:
            ready()
            database.migrate(engine, "0001")
            database.migrate(engine, "head")

    for _ in range(trials):
        tally.kill(work, moments.uniform(0, 0.3))
        tally.faults += unsound(url)
        engine = database.connect(database.address(url))
        with engine.connect() as connection:
            tally.outcomes[f"schema {database.schema_of(connection)}"] += 1
        engine.dispose()
        with opened(url) as store:
            tally.faults += faults(store, client)
    return tally


def kill_backups(make: Callable[[], str], folder: Path, trials: int, seed: int) -> Tally:
    """Kill a worker that backs up: whatever file there is restores whole."""
    tally, moments, url = Tally(), random.Random(seed), make()
    client, path = filled(url, 7), folder / "backup"

    def work(ready: Ready) -> None:
        with opened(url) as store:
            while True:
                ready()
                backup(store, path, "bench")

    with opened(url) as store:
        once = seconds(partial(backup, store, path, "bench"))
    for trial in range(trials):
        tally.kill(work, moments.uniform(0, 2 * once))
        tally.faults += unsound(url)
        tally.outcomes["file" if path.exists() else "no file"] += 1
        if path.exists():
            restored = str(folder / f"restored{trial}.sqlite")
            try:
                restore(path, restored, "bench")
                with opened(restored) as store:
                    tally.faults += faults(store, client)
            except AttuneError as error:
                tally.faults.append(f"backup {error}")
            path.unlink()
        for leftover in folder.glob(".backup*"):
            leftover.unlink()
    return tally


def kill_restores(make: Callable[[], str], folder: Path, trials: int, seed: int) -> Tally:
    """Kill a worker that restores: everything is there, or nothing, and it can be done again."""
    tally, moments = Tally(), random.Random(seed)
    source, path = make(), folder / "to-restore"
    client = filled(source, 7)
    with opened(source) as store:
        backup(store, path, "bench")
    once = seconds(partial(restore, path, make(), "bench"))

    def work(url: str, ready: Ready) -> None:
        ready()
        restore(path, url, "bench")

    for _ in range(trials):
        url = make()
        tally.kill(partial(work, url), moments.uniform(0, 1.3 * once))
        with opened(url) as store:
            done = bool(store.clients())
        tally.outcomes["everything" if done else "nothing"] += 1
        if not done:
            restore(path, url, "bench")
        tally.faults += unsound(url)
        with opened(url) as store:
            tally.faults += faults(store, client)
    return tally


def kill_deletions(make: Callable[[], str], folder: Path, trials: int, seed: int) -> Tally:
    """Kill a worker that deletes a client: it is whole or gone, and its neighbour is whole."""
    tally, moments, url = Tally(), random.Random(seed), make()
    neighbour = filled(url, 2)

    once = seconds(partial(_delete, url, filled(url, 2)))
    for _ in range(trials):
        client = filled(url, 2)
        tally.kill(partial(_delete, url, client), moments.uniform(0, 1.3 * once))
        tally.faults += unsound(url)
        with opened(url) as store:
            there = client in {each.id for each in store.clients()}
            tally.outcomes["whole" if there else "gone"] += 1
            for each in (client, neighbour) if there else (neighbour,):
                tally.faults += faults(store, each)
        if there:
            _delete(url, client)
    return tally


def _delete(url: str, client: str, ready: Ready = int) -> None:
    with opened(url) as store:
        ready()
        store.delete_client(client, "bench")


KILLS = (kill_saves, kill_migrations, kill_backups, kill_restores, kill_deletions)
