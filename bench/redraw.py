"""What a reader sees a filter change take in Chromium, beside the same charts drawn alone.

Another function is chosen on Measure again and again, all of them chosen before; the time is that
from the click to the last change inside a chart. The rival is a Streamlit page of its own with
the same row of buttons and the same charts, and nothing else. The time to the last change anywhere
is printed too: a table tells screen readers of its cells a fifth of a second after it is drawn.
Run from the repository root, the sample being in the database ``ATTUNE_DATABASE_URL`` names:

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
from tests.support.servers import let_in

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ["--no-sandbox", "--disable-gpu"]
QUIET = 900
"""Milliseconds without a change after which a page counts as drawn."""
CHARTS = """import streamlit as st
from metrics.functions import BY_KEY
from loop.reports import code_version
from ui.door import cached
from ui.indicators import by_function as measure
client = next(iter(cached.store().clients()))
report = cached.report(client.id, client.revision, code_version())
key = st.segmented_control("Function", measure._available(report), required=True,
    default="sales", format_func=lambda k: BY_KEY[k].title, label_visibility="collapsed")
cached.cache_section(measure._detail, report, key, BY_KEY[key].headline)
cached.cache_section(measure.saving, report, key)
"""
WATCH = """(quiet) => new Promise((done) => {
  let last = performance.now(), drawn = last; const begin = last;
  const inside = (node) => node.nodeType === 1 && node.closest('[data-testid=stVegaLiteChart]');
  const seen = new MutationObserver((changes) => {
    last = performance.now();
    if (changes.some((change) => inside(change.target))) drawn = last;
  });
  seen.observe(document.body, {subtree: true, childList: true, attributes: true});
  const look = () => {
    if (performance.now() - last <= quiet) { setTimeout(look, 20); return; }
    seen.disconnect(); done([drawn - begin, last - begin]);
  };
  look();
})"""
READY = '[data-testid="stApp"][data-test-script-state="notRunning"]'
BUTTONS = '[data-testid="stButtonGroup"] button'


def seconds(page: Page, address: str, runs: int) -> tuple[float, float]:
    """Return the median seconds from a choice to the last change in a chart, and anywhere."""
    page.goto(address)
    page.wait_for_selector(BUTTONS, timeout=120_000)
    page.wait_for_selector(READY, timeout=120_000)
    found = []
    for number in range(2 + runs):
        page.evaluate(WATCH, QUIET)
        button = page.locator(BUTTONS, has_text=("Sales", "Procurement")[number % 2]).first
        # The click is made inside the page, so that no message to the browser is timed.
        waiting = button.evaluate(
            f"(one, quiet) => {{ one.click(); return ({WATCH})(quiet); }}", QUIET
        )
        if number >= 2:
            found.append(waiting)
    charts, everything = (median(times) / 1000 for times in zip(*found, strict=True))
    return charts, everything


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
                for name, value in let_in().items():
                    page.context.add_cookies(
                        [{"name": name, "value": value, "domain": "127.0.0.1", "path": "/"}]
                    )
                place = "" if kind == "alone" else "indicators"
                times[kind] = seconds(page, f"http://127.0.0.1:{port}/{place}", runs)
                page.close()
        browser.close()
    (alone_charts, _), (charts, everything) = times["alone"], times["attune"]
    print(
        f"the charts alone {alone_charts:.2f} s, on Measure {charts:.2f} s, "
        f"{charts / alone_charts:.2f} x; everything {everything:.2f} s"
    )


if __name__ == "__main__":
    main()
