"""What readers wait for: a click, the first Overview after a start, many readers at once.

Servers run as processes of their own with the product's settings; visitors speak to them as
browsers do. Every figure stands beside that of a Streamlit page that shows one title, served in
the same way in the same run. Run from the repository root, the sample being in the database
``ATTUNE_DATABASE_URL`` names:

    python -m bench.sessions click            # a filter change on each page
    python -m bench.sessions click --heavy    # on Measure with 650,000 observations
    python -m bench.sessions first            # start to first Overview
    python -m bench.sessions many --readers 100 --minutes 10
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from datetime import date
from pathlib import Path
from statistics import median, quantiles

from bench.net_promoter import observations
from bench.reference import reference_seconds
from bench.visitors import PageFailed, Visitor
from loop import reports
from metrics.functions import FUNCTIONS
from metrics.model import Profile
from tests.support.servers import free_port
from workspaces.access import LOCAL, enter
from workspaces.store import Store

ROOT = Path(__file__).parents[1]
EMPTY = """import streamlit as st
st.title("Empty")
st.segmented_control("Function", ("a", "b"), default="a", label_visibility="collapsed")
"""
PACKAGES = "import altair\nimport pandas\n"
SERVE_EMPTY = "from streamlit.starlette import App\napp = App('empty.py')\n"
START_SECONDS = 900
KIBI = 1024
HEAVY_TEAMS = 52


@contextmanager
def server(kind: str, page: Path | None = None) -> Iterator[tuple[int, subprocess.Popen]]:
    """Start the product, the empty page or a given one on a free port; wait until it answers."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        if kind != "attune":
            where = Path(folder)
            (where / "empty.py").write_text(page.read_text() if page else EMPTY)
            (where / "serve.py").write_text(SERVE_EMPTY)
            (where / ".streamlit").symlink_to(ROOT / ".streamlit")
        else:
            where = ROOT
        command = [
            sys.executable,
            "-m",
            "streamlit",
            "run",
            "serve.py",
            "--server.headless",
            "true",
            "--server.port",
            str(port),
        ]
        quiet = subprocess.DEVNULL
        process = subprocess.Popen(command, cwd=where, stdout=quiet, stderr=quiet)
        try:
            _wait(port, process)
            yield port, process
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()


def _wait(port: int, process: subprocess.Popen) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2)
            return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError("the server did not start")


def memory(process: subprocess.Popen) -> float:
    """Resident memory of a process, in megabytes."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / KIBI


async def clicks(port: int, page: str, runs: int) -> tuple[float, float]:
    """Return seconds of the first opening, and the median of filter changes asked for before."""
    async with Visitor(port, page) as visitor:
        first = await visitor.open()
        options = max(visitor.choices, 1)
        if not visitor.choices:
            return first, median([await visitor.open() for _ in range(runs)])
        for number in range(options):
            await visitor.choose(number)
        return first, median([await visitor.choose(number) for number in range(runs)])


def heavy_client() -> None:
    """Put a client with 650,000 observations into the database the variable names."""
    store = Store.open()
    functions = tuple(function.key for function in FUNCTIONS)
    client = store.create_client(Profile("Heavy Ltd", functions), "bench", date(2027, 1, 5))
    rows = observations(teams=HEAVY_TEAMS)
    store.save(client, 1, "bench", "entered", frames={"observations": rows.assign(upload="")})
    reports.report(enter(store, LOCAL, client))
    store.close()
    print(f"{len(rows):,} observations")


def click(chosen: argparse.Namespace) -> None:
    """Print what a filter change takes on each page, and on the empty one."""
    if chosen.heavy:
        with tempfile.TemporaryDirectory() as folder:
            os.environ["ATTUNE_DATABASE_URL"] = f"sqlite:///{folder}/heavy.sqlite"
            heavy_client()
            chosen.pages, chosen.heavy = ["measure"], False
            click(chosen)
        return
    with server("empty") as (port, _):
        _, empty = asyncio.run(clicks(port, "", chosen.runs))
    print(f"{'empty page':16} again {empty * 1000:7.1f} ms", flush=True)
    with server("attune") as (port, _):
        for page in chosen.pages:
            first, again = asyncio.run(clicks(port, page, chosen.runs))
            print(
                f"{page or 'overview':16} again {again * 1000:7.1f} ms   {again / empty:5.1f} x"
                f"   first {first:6.2f} s",
                flush=True,
            )


def first(chosen: argparse.Namespace) -> None:
    """Print start to first page, in turn with the empty one and one that imports two packages."""
    seconds: dict[str, list[float]] = {"empty": [], "packages": [], "attune": []}
    with tempfile.TemporaryDirectory() as folder:
        packages = Path(folder) / "packages.py"
        packages.write_text(PACKAGES + EMPTY)
        for _ in range(chosen.runs):
            for kind, found in seconds.items():
                begin = time.perf_counter()
                with server(kind, packages if kind == "packages" else None) as (port, _):
                    asyncio.run(_opened(port))
                    found.append(time.perf_counter() - begin)
    empty, packages_only, ours = (median(found) for found in seconds.values())
    print(
        f"start to first page: empty {empty:.2f} s, with pandas and Altair imported "
        f"{packages_only:.2f} s ({packages_only / empty:.2f} x), Overview {ours:.2f} s "
        f"({ours / empty:.2f} x)"
    )


async def _opened(port: int) -> None:
    async with Visitor(port, "") as visitor:
        await visitor.open()


async def _reader(
    port: int, number: int, every: float, end: float, waited: list[float], failed: list[str]
) -> None:
    try:
        async with Visitor(port, "indicators") as visitor:
            await visitor.open()
            # Spread over the interval, as people are.
            await asyncio.sleep(every * (number % 97) / 97)
            turn = number
            while time.monotonic() < end:
                began = time.monotonic()
                waited.append(await visitor.choose(turn))
                turn += 1
                await asyncio.sleep(max(0.0, every - (time.monotonic() - began)))
    except (TimeoutError, PageFailed, OSError) as error:
        failed.append(f"{type(error).__name__}: {error}")


async def _many(port: int, process: subprocess.Popen, chosen: argparse.Namespace) -> None:
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(Visitor(port, "indicators"))
        await one.open()
        for number in range(one.choices):
            await one.choose(number)
        before = memory(process)
    waited: list[float] = []
    failed: list[str] = []
    end = time.monotonic() + 60 * chosen.minutes
    readers = [
        _reader(port, number, chosen.every, end, waited, failed) for number in range(chosen.readers)
    ]
    peak = asyncio.create_task(_peak(process, end))
    await asyncio.gather(*readers)
    extra = (await peak - before) / chosen.readers
    points = quantiles(waited, n=100)
    print(
        f"{chosen.readers} readers, a filter every {chosen.every:g} s, {chosen.minutes:g} min:"
        f" {len(waited)} changes, median {points[49]:.3f} s, p95 {points[94]:.3f} s,"
        f" p99 {points[98]:.3f} s, errors {len(failed)},"
        f" memory {before:.0f} MB and {extra:.2f} MB a reader"
    )
    for message in failed[:3]:
        print(message)


async def _peak(process: subprocess.Popen, end: float) -> float:
    most = 0.0
    while time.monotonic() < end:
        most = max(most, memory(process))
        await asyncio.sleep(1)
    return most


def many(chosen: argparse.Namespace) -> None:
    """Print what readers wait for when many of them change a filter again and again."""
    with server("attune") as (port, process):
        asyncio.run(_many(port, process, chosen))


PAGES = (
    "",
    "indicators",
    "initiatives",
    "outlook",
    "maturity",
    "business_case",
    "decisions",
    "data",
)


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("what", choices=("click", "first", "many"))
    ask.add_argument("--pages", nargs="+", default=PAGES)
    ask.add_argument("--runs", type=int, default=10)
    ask.add_argument("--heavy", action="store_true")
    ask.add_argument("--readers", type=int, default=100)
    ask.add_argument("--every", type=float, default=5.0)
    ask.add_argument("--minutes", type=float, default=1.0)
    chosen = ask.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    print(f"reference task {reference_seconds():.2f} s")
    {"click": click, "first": first, "many": many}[chosen.what](chosen)


if __name__ == "__main__":
    main()
