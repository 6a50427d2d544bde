"""The real app behind a real server, and what a browser sees of it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.support.places import ROOT

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


READY = '[data-testid="stApp"][data-test-script-state="notRunning"]'


PATIENCE = 60_000


LONG = 240_000
"""For a page that computes a whole report anew."""


def missing(reason: str) -> None:
    if os.environ.get("ATTUNE_DEMAND") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


class Server:
    """A real ``streamlit run`` on a free port with a database of its own."""

    def __init__(self, database: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://localhost:{self.port}"
        self.log = (database.parent / f"server-{self.port}.log").open("w+")
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "streamlit",
                "run",
                "app.py",
                "--server.headless",
                "true",
                "--server.port",
                str(self.port),
            ],
            cwd=ROOT,
            env=os.environ | {"ATTUNE_DATABASE_URL": str(database)},
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        for _ in range(600):
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("the server does not answer")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)
        self.log.close()


def settled(page) -> None:
    page.wait_for_selector(READY)
    page.wait_for_timeout(300)
    page.wait_for_selector(READY)


def visit(page, url: str) -> None:
    page.goto(url)
    page.wait_for_selector("h1")
    settled(page)


def accessible(page) -> None:
    """One title, text beside every picture, names on everything that can be pressed."""
    assert page.locator("h1").count() == 1
    assert page.locator("[data-testid='stException']").count() == 0
    for chart in page.locator("[data-testid='stVegaLiteChart']").all():
        chart.wait_for(state="attached")
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll('img')].filter(i => !i.hasAttribute('alt')).length"""
    )
    assert unnamed == 0
    # Labels are drawn a moment after their buttons: what counts is that they come.
    page.wait_for_function(
        """() => [...document.querySelectorAll('button, a[href], input, summary')]
            .filter(e => e.offsetParent && e.tabIndex >= 0)
            .every(e => e.textContent.trim() || e.getAttribute('aria-label') || e.title
                        || e.labels?.length || e.getAttribute('aria-labelledby')
                        || e.placeholder || e.querySelector('img, svg'))""",
        timeout=10_000,
    )


def no_sideways(page) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0
