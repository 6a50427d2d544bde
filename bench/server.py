"""What a click costs the server, beside the rerun of an empty page in the same process.

Each page is opened once, then run again with another function in its address, in turn, so that
every figure was asked for before and only the page itself is paid for. Processor time of the
script's own thread, without door and menu; what the browser draws and the network carries is not
in it. Run from the repository root, with the sample in the database ``ATTUNE_DATABASE_URL`` names:

    OMP_NUM_THREADS=1 python -m bench.server [--runs 10] [--pages measure] [--profile measure]
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import time
from pathlib import Path
from statistics import median
from unittest import mock

from streamlit.runtime.scriptrunner import script_runner
from streamlit.testing.v1 import AppTest

from bench.reference import reference_seconds
from ui.door import session

ROOT = Path(__file__).parents[1]
FUNCTIONS = ("support", "sales")
PAGES = (
    "overview",
    "indicators",
    "maturity",
    "initiatives",
    "outlook",
    "business_case",
    "decisions",
)
LONGEST = 300
"""Seconds a first opening may take; it may have to compute the report."""
EMPTY = "import streamlit as st\nst.title('Empty')"
RUN_SCRIPT = "exec_func_with_error_handling"


class Timed:
    """Stand in for what executes a script, and keep the processor seconds of each run."""

    def __init__(self, profile: cProfile.Profile | None = None) -> None:
        self.seconds: list[float] = []
        self.profile = profile
        self._run = getattr(script_runner, RUN_SCRIPT)

    def __call__(self, *given):
        begin = time.thread_time()
        if self.profile is not None:
            self.profile.enable()
        try:
            return self._run(*given)
        finally:
            if self.profile is not None:
                self.profile.disable()
            self.seconds.append(time.thread_time() - begin)


def reruns(app: AppTest, runs: int, profile: cProfile.Profile | None = None) -> tuple[float, float]:
    """Return the first opening and the median rerun after a changed filter, in seconds."""
    timed = Timed()
    with mock.patch.object(script_runner, RUN_SCRIPT, timed):
        app.run()
        first = sum(timed.seconds)
        for function in FUNCTIONS:
            _choose(app, function)
        timed.seconds.clear()
        timed.profile = profile
        for number in range(runs):
            _choose(app, FUNCTIONS[number % len(FUNCTIONS)])
    if app.exception:
        raise RuntimeError(app.exception[0].message)
    return first, median(timed.seconds)


def _choose(app: AppTest, function: str) -> None:
    app.query_params["function"] = function
    app.run()


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--runs", type=int, default=10)
    ask.add_argument("--pages", nargs="+", choices=PAGES, default=PAGES)
    ask.add_argument("--profile", choices=PAGES, help="print where the reruns of a page go")
    chosen = ask.parse_args()
    # The test client forgets widgets of pages it was sent to: pages are run without the door.
    session.guard = lambda: None
    session.here.from_here = lambda *_: True  # it has no address of its own
    if chosen.profile:
        profile = cProfile.Profile()
        reruns(_page(chosen.profile), chosen.runs, profile)
        pstats.Stats(profile).sort_stats("cumulative").print_stats(60)
        return
    _, empty = reruns(AppTest.from_string(EMPTY, default_timeout=LONGEST), chosen.runs)
    print(f"reference task {reference_seconds():.2f} s; empty page {empty * 1000:.1f} ms")
    for name in chosen.pages:
        first, again = reruns(_page(name), chosen.runs)
        print(f"{name:14} first {first * 1000:7.0f} ms   rerun {again * 1000:6.1f} ms")


def _page(name: str) -> AppTest:
    return AppTest.from_file(str(ROOT / "pages" / f"{name}.py"), default_timeout=LONGEST)


if __name__ == "__main__":
    main()
