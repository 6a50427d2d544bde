"""Attempts at the doors themselves: uploads, the machine that is served, files handed over.

A server with sign-in is sent files by everybody who may send none; one without sign-in is asked
by browsers that were not let in, by pages of other ports and names, and past every header a proxy
adds. Sixteen clients who are not signed in send a file each at once, while the server's memory is
read. An attempt succeeds if it is answered as the owner's own is: each kind has such a control.

python -m bench.doors [--megabytes 100]
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import os
import secrets
import sys
import tempfile
import threading
import time
import tomllib
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from bench.attempts import OWNER, STRANGER, Target, Window, set_up_both
from bench.sessions import memory
from tests.support.browser import Server
from tests.support.installation import Installation
from tests.support.servers import let_in
from workspaces.people import Role
from workspaces.store import Store

CLIENTS = 16
MEGA = 1_000_000
HEAD = b'--b\r\nContent-Disposition: form-data; name="f"; filename="a.csv"\r\n\r\n'
FOOT = b"\r\n--b--\r\n"
KIND = {"Content-Type": "multipart/form-data; boundary=b"}
PROXIES = (
    "Forwarded: for=1.2.3.4",
    "Via: 1.1 a",
    "CDN-Loop: a",
    "True-Client-IP: 1.2.3.4",
    "CF-Connecting-IP: 1.2.3.4",
    "CF-Ray: a",
    "Fly-Client-IP: 1.2.3.4",
    "Fastly-Client-IP: 1.2.3.4",
    "Tailscale-User-Login: a@b.c",
    "Ngrok-Trace-Id: a",
    *(
        f"X-{name}: {value}"
        for name in (
            "Forwarded-For",
            "Forwarded-Host",
            "Forwarded-Proto",
            "Forwarded-Port",
            "Forwarded-Prefix",
            "Forwarded-Server",
            "Forwarded-User",
            "Original-Host",
            "Original-URL",
            "Original-Forwarded-For",
            "Real-IP",
            "Client-IP",
            "Cluster-Client-IP",
            "Envoy-External-Address",
            "Amzn-Trace-Id",
            "ARR-SSL",
            "Request-ID",
            "Azure-ClientIP",
            "GitHub-Request-Id",
            "Tunnel",
        )
        for value in ("1.2.3.4", "")
    ),
)


class Counted:
    """How many attempts of each kind were made, and which of them came through."""

    def __init__(self) -> None:
        self.tried: Counter[str] = Counter()
        self.through: list[str] = []
        self.controls: Counter[str] = Counter()

    def note(self, kind: str, what: str, came_through: bool) -> None:
        self.tried[kind] += 1
        if came_through:
            self.through.append(f"{kind}: {what}")


def ask(url: str, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> int:
    """Return the status of one request, sent as it stands; 0 where the server hung up."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    try:
        connection.putrequest(method, path, skip_host="Host" in headers)
        for name, value in headers.items():
            connection.putheader(name, value)
        if method in ("PUT", "POST"):
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body or None)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def cookie(held: dict[str, str]) -> dict[str, str]:
    """Return the headers of a browser, its token against forged requests included."""
    said = {"Cookie": "; ".join(f"{k}={v}" for k, v in held.items())} if held else {}
    return said | {"X-Xsrftoken": held.get("_streamlit_xsrf", "")}


def try_uploads(counted: Counted, target: Target, theirs: str) -> None:
    """Send and withdraw files as everybody but the person whose page asked for them."""
    body = HEAD + b"Month,Team\n" + FOOT
    mine = target.cookies(OWNER)
    others = {
        "nobody": target.cookies("nobody"),
        "no cookie at all": {},
        STRANGER: target.cookies(STRANGER),
        **{role.value: target.cookies(f"{role.value}@example.com") for role in Role},
        "ended": target.cookies(OWNER, -1),
        "forged": Target(target.url, "another secret", target.issuer).cookies(OWNER),
        "cut": mine | {"_streamlit_user": mine["_streamlit_user"][:-2]},
    }
    with Window(target, mine) as owner, Window(target, others["executive"]) as executive:
        owner.open("data", f"client={theirs}")
        executive.open("data", "")
        sessions = {"the owner's": owner.session, "an executive's": executive.session}
        sessions |= {"a guess": secrets.token_hex(16), "none": "", "up": "..%2f.."}
        for (who, held), (whose, session), method in itertools.product(
            others.items(), sessions.items(), ("PUT", "DELETE", "OPTIONS", "POST")
        ):
            path = f"/_stcore/upload_file/{session}/{secrets.token_hex(8)}"
            status = ask(target.url, method, path, cookie(held) | KIND, body)
            counted.note("uploads", f"{method} {who} {whose} {status}", 200 <= status < 300)
        path = f"/_stcore/upload_file/{owner.session}/{secrets.token_hex(8)}"
        assert ask(target.url, "PUT", path, cookie(mine) | KIND, body) == 204, "the owner's own"
        counted.controls["uploads"] += 1
        large = HEAD + b"x" * 200 * MEGA + FOOT
        statuses = Counter()
        for _ in range(4):
            path = f"/_stcore/upload_file/{owner.session}/{secrets.token_hex(8)}"
            statuses[ask(target.url, "PUT", path, cookie(mine) | KIND, large)] += 1
        assert statuses == {204: 2, 429: 2}, statuses
        counted.controls["uploads beyond what one person may leave: refused"] += 2


def try_flood(server: Installation, target: Target, megabytes: int) -> float:
    """Send a file each as clients who are not signed in; return the most memory that was held."""
    body, most, going = HEAD + b"x" * megabytes * MEGA + FOOT, [memory(server.process)], [True]

    def watch() -> None:
        while going[0]:
            most.append(memory(server.process))
            time.sleep(0.02)

    def send(number: int) -> None:
        held = target.cookies("nobody")
        with Window(target, held) as window:
            window.open("data", "")
            path = f"/_stcore/upload_file/{window.session}/{number}"
            ask(target.url, "PUT", path, cookie(held) | KIND, body)

    watching = threading.Thread(target=watch)
    watching.start()
    _together([lambda number=number: send(number) for number in range(CLIENTS)])
    going[0] = False
    watching.join()
    return max(most)


def _together(work: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=each) for each in work]
    for each in threads:
        each.start()
    for each in threads:
        each.join()


def try_here(counted: Counted, server: Server, held: dict[str, str]) -> None:
    """Ask a server without sign-in as whoever it does not serve."""
    netloc = urlsplit(server.url).netloc
    port = int(netloc.rpartition(":")[2])
    good = {"Cookie": "; ".join(f"{k}={v}" for k, v in held.items())}
    name, value = next(iter(held.items()))
    wrong = {
        "none": {},
        **{
            f"cookie {n}": {"Cookie": f"{name}={bad}"}
            for n, bad in enumerate(
                (value[:-1], value[1:], value + "A", value.swapcase(), "", "x", value.split(".")[0])
            )
        },
        "another name": {"Cookie": f"attune_00000000={value}"},
    }
    refused = {
        **{h: {**good, h.partition(": ")[0]: h.partition(": ")[2]} for h in PROXIES},
        **{
            f"Host {host}": {**good, "Host": host}
            for host in ("evil.example.com", f"localhost.evil:{port}", "0.0.0.0", "[::2]", "a@b")
        },
        **{
            f"Origin {origin}": {**good, "Origin": origin}
            for origin in (
                "null",
                "http://evil.example.com",
                *(f"http://localhost:{other}" for other in (80, 3000, 8501, 8888, port + 1)),
                f"http://127.0.0.1:{port}",
                f"https://localhost.evil:{port}",
                "http://localhost",
                f"http://{netloc}.evil",
                f"http://{netloc}@evil",
            )
        },
        **{
            f"Sec-Fetch-Site {site}": {**good, "Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors"}
            for site in ("cross-site", "same-site")
        },
    }
    paths = ("/", "/data", "/_stcore/host-config", "/media/0123.csv", "/static/x.js", "//data")
    for (what, headers), path in itertools.product((wrong | refused).items(), paths):
        status = ask(server.url, "GET", path, headers)
        counted.note("this machine only", f"{what} {path} {status}", status not in (0, 401, 403))
    for token in ("", "x", secrets.token_urlsafe(24), "%00", "*"):
        status = ask(server.url, "GET", f"/?token={token}", {})
        counted.note("guessed start tokens", token, status != 401)
    for what, headers in (wrong | refused | {"no origin": good}).items():
        counted.note("websockets", what, _opens(server.url, dict(headers), what))
    assert ask(server.url, "GET", "/", good) == 200
    assert _opens(server.url, {**good, "Origin": server.url}, "")
    counted.controls["this machine only"] += 2


def _opens(url: str, headers: dict[str, str], what: str) -> bool:
    origin = headers.pop("Origin", None if what == "no origin" else url)
    if "Host" in headers:  # the client would write its own
        shake = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
        shake |= {"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", "Origin": str(origin)}
        return ask(url, "GET", "/_stcore/stream", headers | shake) == 101
    try:
        with connect(
            url.replace("http", "ws") + "/_stcore/stream",
            additional_headers=headers,
            origin=origin,  # type: ignore[arg-type]
            open_timeout=60,
        ):
            return True
    except (WebSocketException, OSError):
        return False


def not_json(log: Path) -> int:
    """Return how many lines of a server's log are not JSON."""
    wrong = 0
    for line in log.read_text().splitlines():
        try:
            json.loads(line)
        except ValueError:
            wrong += 1
    return wrong


def main() -> None:
    """Set both servers up, try everything, print the counts; 1 if anything came through."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=100)
    options = parser.parse_args()
    counted = Counted()
    with tempfile.TemporaryDirectory(prefix="attune-doors-") as name:
        folder = Path(name)
        with closing(Store.open(str(folder / "attune.sqlite"))) as store:
            theirs, _ = set_up_both(store)
        server = Installation(folder, 9)
        try:
            auth = tomllib.loads(server.secrets.read_text())["auth"]
            target = Target(server.url, auth["cookie_secret"], "bench")
            before = memory(server.process)
            most = try_flood(server, target, options.megabytes)
            try_uploads(counted, target, theirs)
        finally:
            server.stop()
        plain = not_json(folder / f"server-{server.port}.log")
        alone = Server(folder / "attune.sqlite")
        try:
            try_here(counted, alone, let_in(str(folder / "attune.sqlite")))
        finally:
            alone.stop()
    print(
        json.dumps(
            {
                "tried": counted.tried,
                "total": counted.tried.total(),
                "succeeded": len(counted.through),
                "controls": counted.controls,
                "megabytes before the flood": round(before),
                f"most while {CLIENTS} send {options.megabytes} MB each": round(most),
                "lines of the log that are not JSON": plain,
            }
        )
    )
    for each in counted.through[:20]:
        print(each, file=sys.stderr)
    sys.exit(bool(counted.through))


if __name__ == "__main__":
    os.environ.pop("ATTUNE_DATABASE_URL", None)
    main()
