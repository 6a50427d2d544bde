"""A browser on a machine without sign-in: let in once, known after a restart, alone."""

from __future__ import annotations

import http.server
import re
import threading
from collections.abc import Iterator

import pytest

from metrics.model import Profile
from tests.support.browser import PATIENCE, Server, settled
from words import say
from workspaces.store import Store

pytestmark = pytest.mark.browser


@pytest.fixture
def elsewhere(tmp_path) -> Iterator[str]:
    """A page that another port of this machine serves."""
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "index.html").write_text("<!doctype html><title>Other</title>")

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *given, **named) -> None:
            super().__init__(*given, directory=str(tmp_path / "other"), **named)

        def log_message(self, *_: object) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_address[1]}/"
    server.shutdown()


OPENS = """url => new Promise(done => {
    const socket = new WebSocket(url);
    socket.onopen = () => done(true);
    socket.onerror = () => done(false);
})"""


def test_the_printed_address_lets_a_browser_in_and_no_other_page(
    chromium, tmp_path, elsewhere
) -> None:
    database = tmp_path / "attune.sqlite"
    store = Store.open(str(database))
    store.create_client(Profile("Acme Ltd", ("support",)), "tests")
    store.close()
    started = Server(database)
    context = chromium.new_context()
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    try:
        assert page.goto(f"{started.url}/data").status == 401
        assert say("access.no_token") in page.inner_text("main")
        log = (tmp_path / f"server-{started.url.rpartition(':')[2]}.log").read_text()
        (address,) = re.findall(r"^http://localhost:\d+/\?token=\S+$", log, re.MULTILINE)
        page.goto(address)
        settled(page)
        assert page.url == f"{started.url}/?client=" + page.url.partition("client=")[2]
        assert "Acme Ltd" in page.inner_text("body")
        assert "token" not in page.url
        # The same browser, a page of another port: neither its cookie nor its scripts get in.
        other = context.new_page()
        other.goto(elsewhere)
        stream = started.url.replace("http", "ws") + "/_stcore/stream"
        assert page.evaluate(OPENS, stream)
        assert not other.evaluate(OPENS, stream)
        assert (
            other.evaluate(
                "url => fetch(url, {credentials: 'include'}).then(() => true, () => false)",
                started.url,
            )
            is False
        )
    finally:
        started.stop()
    # Another start, another port: the cookie still holds.
    again = Server(database)
    try:
        page.goto(again.url)
        settled(page)
        assert "Acme Ltd" in page.inner_text("body")
    finally:
        again.stop()
        context.close()
