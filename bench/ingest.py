"""How fast and in how much memory files become tables, against the libraries people use.

``python bench/ingest.py [--rows 1000000] [--hostile] [--slow]``; every measurement runs in a
process of its own. Seconds are processor seconds of all its processes, so that a busy machine
does not blur them; memory is the largest process. ``--slow`` adds pandas with openpyxl.
"""

from __future__ import annotations

import argparse
import io
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
HEADER = ["Ticket", "Team", "Channel", "Opened", "Solved", "Priority", "Reopens", "Cost", "Hours"]
HEADER += ["SLA met", "Satisfaction", "Note"]
KINDS = ["number", "text", "text", "date", "date", "number", "number", "money", "number"]
KINDS += ["flag", "number", "text"]


def record(number: int) -> list[object]:
    """Return one ticket; the same for the same number."""
    opened = datetime(2022, 1, 1) + timedelta(minutes=number)
    solved = opened + timedelta(hours=number % 50)
    cost = round(number * 0.37 % 200, 2)
    return [
        100_000 + number,
        f"Team {number % 20}",
        ("email", "phone", "chat")[number % 3],
        opened,
        solved,
        number % 4,
        number % 3,
        cost,
        number * 7 % 1000 / 10,
        number % 5 > 0,
        number % 5 + 1,
        f"Note {number % 1000} & more",
    ]


def write_csv(path: Path, rows: int) -> None:
    """Write ``rows`` tickets as csv."""
    import csv

    with path.open("w", newline="", encoding="utf-8") as target:
        writer = csv.writer(target)
        writer.writerow(HEADER)
        writer.writerows(record(number) for number in range(rows))


def write_xlsx(path: Path, rows: int) -> None:
    """Write ``rows`` tickets as an xlsx with shared texts."""
    import xlsxwriter

    book = xlsxwriter.Workbook(path)
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    sheet = book.add_worksheet("Tickets")
    sheet.write_row(0, 0, HEADER)
    for number in range(rows):
        for column, cell in enumerate(record(number)):
            style = moment if isinstance(cell, datetime) else None
            sheet.write(number + 1, column, cell, style)
    book.close()


def ours(path: str) -> int:
    """Read a file and the values of all its columns."""
    from ingest import workbook
    from ingest.values.column import read_column

    reading = workbook.read(path, Path(path).read_bytes())
    table = reading.tables[0]
    for column, kind in enumerate(KINDS):
        read_column(table.data[f"c{column}"], kind)
    return table.data.num_rows


def ours_hostile(path: str) -> int:
    """Read a file that must be refused."""
    from ingest import workbook

    return len(workbook.read(path, Path(path).read_bytes()).findings)


def by_duckdb(path: str) -> int:
    """Read a csv with DuckDB's own detection of types."""
    import duckdb

    return duckdb.connect().read_csv(path).to_arrow_table().num_rows


def by_calamine(path: str) -> int:
    """Read an xlsx with python-calamine alone."""
    import python_calamine

    book = python_calamine.CalamineWorkbook.from_object(io.BytesIO(Path(path).read_bytes()))
    return len(book.get_sheet_by_index(0).to_python())


def by_pandas(path: str) -> int:
    """Read an xlsx with pandas and openpyxl."""
    import pandas as pd

    return len(pd.read_excel(path, engine="openpyxl"))


CONTENDERS: tuple[Callable[[str], int], ...] = (
    ours,
    ours_hostile,
    by_duckdb,
    by_calamine,
    by_pandas,
)


def measure(name: str, path: Path) -> tuple[float, float, float]:
    """Return processor seconds, wall seconds and megabytes of one contender, imports apart."""
    run = subprocess.run(
        [sys.executable, __file__, "--one", name, str(path)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    processor, wall, memory = (float(part) for part in run.stdout.split()[-3:])
    return processor, wall, memory


def _one(name: str, path: str) -> None:
    import duckdb  # noqa: F401
    import pandas  # noqa: F401
    import pyarrow.csv  # noqa: F401

    from ingest import workbook
    from ingest.readers import worker

    workbook.read("warm.csv", b"a,b\n1,2\n")
    worker.run("ingest.workbook:read_in_worker", _warm(), "warm.xls", workbook.DEFAULTS)
    worker.used.clear()
    before, began = time.process_time(), time.perf_counter()
    next(f for f in CONTENDERS if f.__name__ == name)(path)
    wall = time.perf_counter() - began
    spent = time.process_time() - before + worker.used.get("seconds", 0)
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(spent, wall, max(own, worker.used.get("megabytes", 0)))


def _warm() -> bytes:
    return b"<table><tr><td>a<td>b<tr><td>1<td>2</table>"


def main() -> None:
    """Print the tables of ``docs/benchmarks/ingest.md``."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--slow", action="store_true")
    parser.add_argument("--hostile", action="store_true")
    parser.add_argument("--folder", help="keep the files here, and use them again")
    parser.add_argument("--one", nargs=2)
    options = parser.parse_args()
    if options.one:
        _one(*options.one)
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or temporary
        rivals = ["ours", "by_calamine", *(["by_pandas"] if options.slow else [])]
        jobs: list[tuple[str, Path]] = []
        csv_file, xlsx_file = Path(folder, "tickets.csv"), Path(folder, "tickets.xlsx")
        _in_child(write_csv, csv_file, 100_000)
        jobs += [("ours", csv_file), ("by_duckdb", csv_file)]
        if options.rows:
            _in_child(write_xlsx, xlsx_file, options.rows)
            jobs += [(name, xlsx_file) for name in rivals]
        if options.hostile:
            jobs += [("ours_hostile", path) for path in _hostile(Path(folder))]
        print("| file | reader | processor s | wall s | MB |\n|---|---|--:|--:|--:|")
        for name, path in jobs:
            best = min(measure(name, path) for _ in range(1 if name == "ours_hostile" else 3))
            print(f"| {path.name} | {name} | {best[0]:.2f} | {best[1]:.2f} | {best[2]:.0f} |")


def _in_child(write: Callable[[Path, int], None], path: Path, rows: int) -> None:
    """Write a file elsewhere: a child's memory is counted from its parent's."""
    if not path.exists():
        child = multiprocessing.get_context("spawn").Process(target=write, args=(path, rows))
        child.start()
        child.join()


def _hostile(folder: Path) -> list[Path]:
    from tests.corpus import hostile

    paths = []
    for case in hostile.CASES:
        path = folder / case.name
        path.write_bytes(case.make())
        paths.append(path)
    return paths


if __name__ == "__main__":
    main()
