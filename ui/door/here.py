"""Only this machine: what an installation without sign-in asks of every request.

That it comes from this machine to this machine, past no proxy, from no page of another port, and
from a browser that was opened once with the address printed at the start. What goes through a
tunnel that adds no header cannot be told from here: docs/operations.md.
"""

from __future__ import annotations

import os
import re
import secrets
import webbrowser
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from itsdangerous import BadSignature, URLSafeTimedSerializer

from workspaces import keys
from workspaces.store import Store

HERE = frozenset({"127.0.0.1", "::1", "localhost"})
PROXY = re.compile(
    r"forwarded|via|cdn-loop|client-ip|(cf|fly|fastly|ngrok|tailscale|proxy|true|akamai)-.*"
    r"|x-(?!(xsrftoken|requested-with|client-data|moz|streamlit-.*)$).*"
)
"""Headers that somebody between a browser and us adds: all extensions but those of browsers and
of Streamlit's own pages. An empty one counts too."""
TOKEN = "token"  # noqa: S105
"""The name under which the printed address carries this start's token."""
DAYS = 365
_TOKEN = secrets.token_urlsafe(24)
"""Of this start; the cookie it is changed into outlives it."""


def from_here(address: str | None, headers: Mapping[str, str]) -> bool:
    """Say whether a request was made on this machine, to this machine, past no proxy.

    The name asked for counts too: a foreign page whose name leads to 127.0.0.1 is not us.
    """
    host = headers.get("host", "localhost").lower()
    name = host.rpartition(":")[0] if ":" in host.rpartition("]")[2] else host
    named = name.strip("[]") in HERE
    return (
        address in (None, *HERE) and named and not any(PROXY.fullmatch(h.lower()) for h in headers)
    )


def from_our_page(headers: Mapping[str, str], websocket: bool = False) -> bool:
    """Say whether a request was asked for by a page of our own, or by a person's own browser.

    A page that another port of this machine serves is another page. A websocket always names the
    page that opens it; other requests may name none, and then a browser says what they are for.
    """
    origin, host = headers.get("origin"), headers.get("host", "")
    elsewhere = headers.get("sec-fetch-site") in ("cross-site", "same-site")
    if elsewhere and headers.get("sec-fetch-mode") != "navigate":
        return False
    if origin is not None:
        parts = urlsplit(origin)
        return parts.scheme in ("http", "https") and parts.netloc.lower() == host.lower()
    return not websocket


def opens(given: str | None) -> bool:
    """Say whether this is the token of this start."""
    return bool(given) and secrets.compare_digest(str(given).encode(), _TOKEN.encode())


def admission(store: Store) -> tuple[str, str]:
    """Return name and value of the cookie that lets a browser in, also after the next start."""
    key = keys.made(store.engine)
    return _name(key), _serializer(key).dumps(secrets.token_urlsafe(16))


def admitted(store: Store, cookies: Mapping[str, str]) -> bool:
    """Say whether a browser was let in before and its cookie is not past its end."""
    key = keys.known(store.engine)
    if key is None:
        return False
    try:
        _serializer(key).loads(cookies.get(_name(key), ""), max_age=DAYS * 86400)
    except BadSignature:
        return False
    return True


def _name(key: str) -> str:
    """Return the cookie's name: browsers keep one jar for all ports, and two installations two."""
    return f"attune_{keys.signature(key, 'cookie', 'name')[:8]}"


def _serializer(key: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(keys.signature(key, "cookie", "value"), salt="attune.here")


def address(port: int, page: str = "") -> str:
    """Return the address that lets a browser in."""
    return f"http://localhost:{port}/{page}?{urlencode({TOKEN: _TOKEN})}"


def show(port: int, browser: bool) -> None:
    """Print the address for whoever started the server, and open it where there is a browser."""
    print(address(port), flush=True)
    screen = os.name == "nt" or os.uname().sysname == "Darwin"
    screen = screen or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    if browser and screen:
        webbrowser.open(address(port))
