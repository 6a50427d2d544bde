"""Chromium, a page of it, and the app it looks at."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from loop.sample import SAMPLE_AS_OF
from metrics.model import Profile
from tests.support.browser import FLAGS, PATIENCE, Server, missing
from tests.support.installation import answers, free_port
from tests.support.places import ROOT
from workspaces.store import Store


@pytest.fixture(scope="module")
def chromium() -> Iterator:
    """A browser that is on this machine already, or a skip that says what is missing."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    program = next((path for name in names if (path := shutil.which(name))), None)
    if program is None:
        missing("no Chromium is installed (" + ", ".join(names) + ")")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
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
def page(chromium) -> Iterator:
    """A page that fails the test when its console reports an error."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE)
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
def provider() -> Iterator[int]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.provider", str(port)], cwd=ROOT
    )
    while not answers(f"http://127.0.0.1:{port}/jwks"):
        assert process.poll() is None
        time.sleep(0.1)
    yield port
    process.terminate()
    process.wait(20)
