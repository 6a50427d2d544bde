"""What a reader sees a filter change take in Chromium, beside the same charts drawn alone.

Another function is chosen on Measure again and again, all of them chosen before; the time is that
from the click to the last change in the document. The rival is a Streamlit page of its own with
the same row of buttons and the same charts, and nothing else. Run from the repository root, the
sample being in the database ``ATTUNE_DATABASE_URL`` names:

    python -m bench.redraw [--runs 12]
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from pathlib import Path
from statistics import median

from playwright.sync_api import Page, sync_playwright

from bench.reference import reference_seconds
from bench.sessions import ROOT, server

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ["--no-sandbox", "--disable-gpu"]
QUIET = 900
"""Milliseconds without a change after which a page counts as drawn."""
CHARTS = """import streamlit as st
from metrics.functions import BY_KEY
from ui import cached, measure
client = next(iter(cached.store().clients()))
wanted = ("measures", "savings", "case", "deflection", "advocacy")
import loop
report = cached._report(client.id, client.revision, wanted, loop.code_version())
key = st.segmented_control("Function", measure._available(report), required=True,
    default="support", format_func=lambda k: BY_KEY[k].title, label_visibility="collapsed")
cached.once(measure._detail, report, key, BY_KEY[key].headline)
cached.once(measure.saving, report, key)
"""
WATCH = """(quiet) => new Promise((done) => {
  let last = performance.now(); const begin = last;
  const seen = new MutationObserver(() => { last = performance.now(); });
  seen.observe(document.body, {subtree: true, childList: true, attributes: true});
  const look = () => {
    if (performance.now() - last > quiet) { seen.disconnect(); done(last - begin); }
    else setTimeout(look, 20);
  };
  look();
})"""
READY = '[data-testid="stApp"][data-test-script-state="notRunning"]'
BUTTONS = '[data-testid="stButtonGroup"] button'


def seconds(page: Page, address: str, runs: int) -> float:
    """Return the median seconds from choosing a function to the last change on the page."""
    page.goto(address)
    page.wait_for_selector(BUTTONS, timeout=120_000)
    page.wait_for_selector(READY, timeout=120_000)
    found = []
    for number in range(2 + runs):
        page.evaluate(WATCH, QUIET)
        button = page.locator(BUTTONS, has_text=("Sales", "Support")[number % 2]).first
        # The click is made inside the page, so that no message to the browser is timed.
        waiting = button.evaluate(f"(one, quiet) => {{ one.click(); return ({WATCH})(quiet); }}",
                                  QUIET)  # fmt: skip
        if number >= 2:
            found.append(waiting / 1000)
    return median(found)


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--runs", type=int, default=12)
    runs = ask.parse_args().runs
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    print(f"reference task {reference_seconds():.2f} s")
    with sync_playwright() as started, tempfile.TemporaryDirectory() as folder:
        browser = started.chromium.launch(executable_path=program, args=FLAGS)
        alone = Path(folder) / "charts.py"
        alone.write_text(f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n{CHARTS}")
        times = {}
        for kind in ("alone", "attune"):
            with server(kind, alone) as (port, _):
                page = browser.new_page(viewport={"width": 1440, "height": 1000})
                place = "" if kind == "alone" else "measure"
                times[kind] = seconds(page, f"http://127.0.0.1:{port}/{place}", runs)
                page.close()
        browser.close()
    ratio = times["attune"] / times["alone"]
    print(
        f"the charts alone {times['alone']:.2f} s, Measure {times['attune']:.2f} s, {ratio:.2f} x"
    )


if __name__ == "__main__":
    main()
