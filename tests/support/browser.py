"""The real app behind a real server, and what a browser sees of it."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import pytest
from playwright import sync_api

from tests.support import servers
from tests.support.servers import free_port, know_key, let_in, start, stop, streamlit

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


PATIENCE = servers.PATIENCE * 1000
"""Milliseconds a browser waits for anything."""


def missing(reason: str) -> None:
    if os.environ.get("ATTUNE_DEMAND") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


class Server:
    """A real ``streamlit run`` on a free port with a database of its own."""

    def __init__(self, database: Path) -> None:
        port = free_port()
        self.url = f"http://localhost:{port}"
        know_key(database)
        self.process = start(
            streamlit("serve.py", port),
            f"{self.url}/health",
            database.parent / f"server-{port}.log",
            {"ATTUNE_DATABASE_URL": str(database)},
        )

    def stop(self) -> None:
        stop(self.process)


def window(chromium, database: Path, **look):
    """Return a new browser with cookies of its own that every ``Server`` lets in."""
    know_key(database)
    context = chromium.new_context(accept_downloads=True, **look)
    context.add_cookies(
        [
            {"name": name, "value": value, "domain": "localhost", "path": "/", "sameSite": "Lax"}
            for name, value in let_in(str(database)).items()
        ]
    )
    context.set_default_timeout(PATIENCE)
    return context


ANSWERED = """async () => {
    for (let n = 0; n < 3; n++) await fetch('/_stcore/health', {cache: 'no-store'});
}"""


def settled(page) -> None:
    """Wait until what was done to the page has been worked out.

    A click reaches the server before the questions that are asked after it: when those are
    answered it has begun, however slow the machine is.
    """
    page.wait_for_selector(READY)
    with suppress(sync_api.Error):  # a page on its way elsewhere asks no more
        page.evaluate(ANSWERED)
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
    )


def no_sideways(page) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0
