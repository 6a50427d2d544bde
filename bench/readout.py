"""How long do deck, workbook and documents of the sample company take, and how large are they?

Processor seconds on one core, best of three, beside the reference task. Run from the repository
root with the sample company in the database: ``python -m bench.readout``.
"""

from __future__ import annotations

import os
import time

from bench.reference import reference_seconds
from loop import readouts, reports
from workspaces.access import LOCAL, enter
from workspaces.store import Store

REPEATS = 3
LIMITS = {"deck": 3.0, "workbook": 2.0}
"""Seconds named in the product's aims."""
LARGEST = 2_000_000


def main() -> None:
    with_database = os.environ.get("ATTUNE_DATABASE_URL", "sqlite:///data/attune.sqlite")
    store = Store.open(with_database)
    client = next(one for one in store.clients() if one.name.endswith("(sample)"))
    report = reports.report(enter(store, LOCAL, client.id))
    tuple(report.parts.values())
    snapshot = store.snapshot(client.id)
    look, slides = readouts.brand(enter(store, LOCAL, client.id)), tuple(_slides())
    print(f"{len(slides)} slides; reference task {reference_seconds():.2f} s")
    print("| file | seconds | aim | bytes | aim |\n|---|---:|---:|---:|---:|")
    for kind in readouts.FILES:
        seconds, size = [], 0
        for _ in range(REPEATS):
            read = readouts.reading(
                enter(store, LOCAL, client.id), report, snapshot, "draft", "c" * 64
            )
            begin = time.process_time()
            size = len(kind.make(read, look, snapshot, slides))
            seconds.append(time.process_time() - begin)
        held = kind.key != "document"  # the whole report as text for machines
        print(
            f"| {kind.key} | {min(seconds):.2f} | {LIMITS.get(kind.key, '–')} | {size:,} | "
            f"{f'{LARGEST:,}' if held else '–'} |"
        )
    store.close()


def _slides() -> list[str]:
    from readout import deck

    return list(deck.BY_KEY)


if __name__ == "__main__":
    main()
