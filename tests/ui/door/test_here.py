"""Who comes from this machine, and which page asked."""

from __future__ import annotations

import stat

import pytest

from ui.door import here
from workspaces import keys
from workspaces.store import Store

ADDED_BY_PROXIES = (
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-forwarded-server",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-original-host",
    "x-original-url",
    "x-envoy-external-address",
    "x-amzn-trace-id",
    "x-arr-ssl",
    "x-request-id",
    "cf-connecting-ip",
    "cdn-loop",
    "true-client-ip",
    "fly-client-ip",
    "fastly-client-ip",
    "tailscale-user-login",
    "proxy-connection",
)
BY_BROWSERS = {
    "host": "localhost:8501",
    "user-agent": "Mozilla/5.0",
    "accept-language": "de",
    "sec-fetch-site": "none",
    "upgrade-insecure-requests": "1",
    "x-xsrftoken": "2|a",
    "priority": "u=1",
    "cookie": "a=b",
}


@pytest.mark.parametrize(
    ("address", "headers", "expected"),
    [
        (None, {"host": "localhost:8501"}, True),
        ("127.0.0.1", {"host": "127.0.0.1"}, True),
        ("::1", {"host": "[::1]:8501"}, True),
        (None, {}, True),
        ("127.0.0.1", BY_BROWSERS, True),
        ("203.0.113.7", {"host": "localhost:8501"}, False),
        (None, {"host": "attune.example.com"}, False),
        (None, {"host": "localhost.example.com:8501"}, False),
        ("127.0.0.1", {"host": "127.0.0.1.example.com"}, False),
        *((None, {"host": "localhost", name: "203.0.113.7"}, False) for name in ADDED_BY_PROXIES),
        *((None, {"host": "localhost", name.title(): ""}, False) for name in ADDED_BY_PROXIES),
    ],
)
def test_from_here_is_this_machine_past_no_proxy(address, headers, expected) -> None:
    assert here.from_here(address, headers) is expected


@pytest.mark.parametrize(
    ("origin", "ours"),
    [
        ("http://localhost:8501", True),
        ("https://localhost:8501", True),
        ("http://LOCALHOST:8501", True),
        ("http://localhost:8502", False),
        ("http://localhost", False),
        ("http://127.0.0.1:8501", False),
        ("http://localhost:8501.example.com", False),
        ("http://evil.example.com", False),
        ("file://localhost:8501", False),
        ("null", False),
        ("", False),
    ],
)
@pytest.mark.parametrize("websocket", [True, False])
def test_a_page_of_another_port_is_another_page(origin, ours, websocket) -> None:
    asked = {"host": "localhost:8501", "origin": origin}
    assert here.from_our_page(asked, websocket) is ours


@pytest.mark.parametrize(
    ("site", "mode", "allowed"),
    [
        (None, None, True),
        ("none", "navigate", True),
        ("same-origin", "cors", True),
        ("cross-site", "navigate", True),  # somebody clicked a link in a mail
        ("same-site", "no-cors", False),
        ("cross-site", "no-cors", False),
        ("same-site", "cors", False),
    ],
)
def test_without_an_origin_the_browser_says_what_asks(site, mode, allowed) -> None:
    asked = {"host": "localhost:8501", "sec-fetch-site": site, "sec-fetch-mode": mode}
    asked = {name: value for name, value in asked.items() if value}
    assert here.from_our_page(asked) is allowed
    assert not here.from_our_page(asked, websocket=True), "a websocket names its page"


def test_the_cookie_outlives_the_start_and_is_good_for_one_installation(store, tmp_path) -> None:
    name, value = here.admission(store)
    again = Store.open(store.engine.url.render_as_string(hide_password=False))
    other = Store.open(str(tmp_path / "other.sqlite"))
    assert here.admitted(store, {name: value})
    assert here.admitted(again, {name: value})
    assert not here.admitted(other, {name: value})
    their_name, _ = here.admission(other)
    assert their_name != name, "two installations share one jar"
    assert not here.admitted(other, {their_name: value})
    for wrong in ("", value[:-1], value + "x", value.swapcase(), value.split(".")[0]):
        assert not here.admitted(store, {name: wrong})
    assert not here.admitted(store, {})
    for opened in (again, other):
        opened.close()


def test_the_token_of_a_start_opens_and_nothing_else_does() -> None:
    given = here.address(8501, "measure").partition("token=")[2]
    assert here.opens(given)
    for wrong in (None, "", given[:-1], given.swapcase(), "ü"):
        assert not here.opens(wrong)


def test_the_key_lies_beside_the_database_for_its_owner_only(tmp_path) -> None:
    store = Store.open(str(tmp_path / "attune.sqlite"))
    made = keys.made(store.engine)
    file = tmp_path / "attune.sqlite.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text() == made == keys.made(store.engine)
    store.close()
    assert made.encode() not in (tmp_path / "attune.sqlite").read_bytes()
