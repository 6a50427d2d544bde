"""How reliable the store is: killed at random moments, and crowded. Figures: docs/reliability.md.

python -m bench.reliability --kills 200 --seconds 60
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count
from pathlib import Path

from bench.kills import (
    KILLS,
    Tally,
    faults,
    filled,
    fork,
    kill_saves,
    kill_server,
    opened,
    unsound,
    write,
)
from metrics.errors import StaleRevision
from tests.support.databases import PostgresqlServer, postgresql_binaries
from workspaces.store import Store


def crowd(
    make: Callable[[], str], folder: Path, seconds: float, writers: int, readers: int
) -> Tally:
    """Let many write and read four clients at once, in two processes; count what went wrong.

    A lost update shows as a revision whose content is not its number, or as another number of
    revisions than of acknowledged saves.
    """
    tally, url = Tally(), make()
    clients = [filled(url, 2) for _ in range(4)]

    def member(file: Path) -> None:
        counts = _members(url, clients, seconds, writers // 2, readers // 2)
        file.write_text(json.dumps(counts))

    files = [folder / "first", folder / "second"]
    for child in [fork(partial(member, file)) for file in files]:
        _, status = os.waitpid(child, 0)
        tally.faults += ["a process failed"] if status else []
    for file in files:
        tally.outcomes.update(json.loads(file.read_text()))
    tally.acknowledged = tally.outcomes["saved"]
    tally.faults += [f"{n} × {name}" for name, n in tally.outcomes.items() if "fault" in name]
    tally.faults += unsound(url)
    with opened(url) as store:
        made = sum(store.revision(client) - 2 for client in clients)
        tally.faults += [fault for client in clients for fault in faults(store, client)]
    if made != tally.acknowledged:
        tally.faults.append(f"{made} revisions of {tally.acknowledged} acknowledged saves")
    return tally


def _members(
    url: str, clients: list[str], seconds: float, writers: int, readers: int
) -> dict[str, int]:
    end = time.monotonic() + seconds

    def loop(step: Callable[[Store, str], str], store: Store, seed: int) -> Counter[str]:
        counts: Counter[str] = Counter()
        choice = random.Random(seed)
        # Each has its turn, also where a turn takes longer than the time for all.
        while not counts or time.monotonic() < end:
            try:
                counts[step(store, choice.choice(clients))] += 1
            except StaleRevision:
                counts["stale"] += 1
            except Exception as error:
                counts[f"fault {type(error).__name__}: {str(error)[:150]}"] += 1
        return counts

    steps = [_save_once] * writers + [_read_once] * readers
    with opened(url) as store, ThreadPoolExecutor(len(steps)) as pool:
        done = [pool.submit(loop, step, store, i) for i, step in enumerate(steps)]
        return dict(sum((each.result() for each in done), Counter()))


def _save_once(store: Store, client: str) -> str:
    write(store, client, store.revision(client) + 1)
    return "saved"


def _read_once(store: Store, client: str) -> str:
    snapshot = store.snapshot(client)
    values = set(snapshot["observations"]["value"])
    document = store.document(client, "assumptions", snapshot.revision)
    whole = values == {snapshot.revision} and document == {"number": snapshot.revision}
    return "read" if whole else f"fault revision {snapshot.revision} shows {values}, {document}"


def report(name: str, trial: Callable[[], Tally]) -> None:
    """Run a trial and print its figures as one line of JSON."""
    start = time.monotonic()
    tally = trial()
    line = vars(tally) | {"faults": tally.faults[:5], "fault_count": len(tally.faults)}
    seconds = round(time.monotonic() - start, 1)
    print(json.dumps({"trial": name, **line, "seconds": seconds}), flush=True)


def main() -> None:
    """Run every trial on both databases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="while saving")
    parser.add_argument("--others", type=int, default=50, help="during each other operation")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    base = Path(tempfile.mkdtemp(prefix="attune-reliability-"))
    names = (str(base / f"{number}.sqlite") for number in count())
    makers: dict[str, Callable[[], str]] = {"sqlite": lambda: next(names)}
    binaries = postgresql_binaries()
    server = PostgresqlServer(binaries, safe=True) if binaries else None
    if server:
        makers["postgresql"] = server.create
    try:
        for name, make in makers.items():
            folder = base / name
            folder.mkdir()
            for kill in KILLS:
                trials = options.kills if kill is kill_saves else options.others
                trial = partial(kill, make, folder, trials, options.seed)
                report(f"{name} {kill.__name__}", trial)
            report(f"{name} crowd", partial(crowd, make, folder, options.seconds, 20, 50))
        if server:
            trial = partial(kill_server, server, base, max(1, options.others // 2), options.seed)
            report("postgresql kill_server", trial)
    finally:
        if server:
            server.stop()
        shutil.rmtree(base)


if __name__ == "__main__":
    main()
