"""Chromium, a page of it, and the app it looks at."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import sync_playwright

from loop.sample import SAMPLE_AS_OF
from metrics.model import Profile
from tests.support.browser import FLAGS, Server, missing, window
from tests.support.servers import free_port, start, stop
from workspaces.store import Store


@pytest.fixture(scope="module")
def chromium() -> Iterator:
    """A browser that is on this machine already, or a skip that says what is missing."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    program = next((path for name in names if (path := shutil.which(name))), None)
    if program is None:
        missing("no Chromium is installed (" + ", ".join(names) + ")")
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def server(sample, tmp_path_factory) -> Iterator[Server]:
    """The app over a copy of the sample company, beside a client without data."""
    database = sample.copy(tmp_path_factory.mktemp("journeys") / "attune.sqlite")
    store = Store.open(str(database))
    store.create_client(Profile("Empty Ltd", ("support",)), "tests", SAMPLE_AS_OF)
    store.close()
    started = Server(database)
    yield started
    started.stop()


@pytest.fixture
def page(chromium, tmp_path) -> Iterator:
    """A page that fails the test when its console reports an error."""
    look = {"viewport": {"width": 1280, "height": 900}}
    context = window(chromium, tmp_path / "cookie.sqlite", **look)
    opened = context.new_page()
    faults: list[str] = []

    def heard(message) -> None:
        # Streamlit itself probes below the page's address for its own health, and the network
        # beyond this machine may be closed: neither is a fault of a page.
        source = message.location.get("url", "")
        ours = source.startswith("http://localhost") and "/_stcore/" not in source
        if message.type == "error" and (ours or not source.startswith("http")):
            faults.append(f"{message.text} {source}")

    opened.on("console", heard)
    opened.on("pageerror", lambda error: faults.append(str(error)))
    yield opened
    context.close()
    assert not faults


@pytest.fixture(scope="module")
def provider(tmp_path_factory) -> Iterator[int]:
    """An OpenID Connect provider of our own: its port."""
    port = free_port()
    command = [sys.executable, "-m", "tests.support.provider", str(port)]
    log = tmp_path_factory.mktemp("provider") / "log"
    process = start(command, f"http://127.0.0.1:{port}/jwks", log)
    yield port
    stop(process)
