"""A thousand attempts to reach another client, against the real server. None may succeed.

A server with sign-in and a database with two clients is started. People with every role for one of
them, a guest by link, and nobody at all try the other: by page addresses with its id in many
spellings, by links, files made for its people, calls handed from their sessions, caches they
warmed, and the command line. An attempt succeeds if the answer holds a word that stands only in
the other client's data. Its own people make the same calls first: they must see that word.

python -m bench.attempts [--quick]
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import secrets
import sys
import tempfile
import time
import tomllib
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.web.server.starlette.starlette_app_utils import (
    create_signed_value,
    generate_xsrf_token_string,
)
from websockets.sync.client import ClientConnection, connect

import cli
from loop import sample, uploads
from metrics.model import Profile
from tests.support.installation import Installation
from ui.door.menu import ENTRIES
from workspaces import people
from workspaces.access import LOCAL, enter
from workspaces.people import Role
from workspaces.store import Store

THEIRS, OURS = "Zebrafish", "Quagga"
"""Words that stand only in one client's name and rows: what a leak would show."""
FILES_OF_A_PAGE = 2
OWNER, NOBODY, GUEST, STRANGER = "owner@example.com", "nobody", "guest", "stranger@example.com"


def export(word: str) -> bytes:
    """A table whose team is the client's word."""
    rows = [f"{2024 + i // 12}-{1 + i % 12:02},{word},{1000 + i},{100 + i}" for i in range(24)]
    return "\n".join(["Month,Team,Support cost,Tickets resolved", *rows, ""]).encode()


def set_up(store: Store, word: str) -> str:
    """Return a client whose every row names ``word``."""
    client = store.create_client(Profile(f"{word} Ltd", ("support",)), "bench", sample.SAMPLE_AS_OF)
    files = [(f"{word}.csv", export(word))]
    uploads.accept(enter(store, LOCAL, client), 1, files, uploads.check(files))
    store.issue(client, 2, "json", f'{{"of": "{word}"}}'.encode(), "bench")
    return client


@dataclass
class Tally:
    """What was tried in which way, and what came through."""

    tried: Counter = field(default_factory=Counter)
    leaks: list[str] = field(default_factory=list)

    def judge(self, way: str, what: str, answer: bytes) -> None:
        """Count an attempt; a leak if the answer holds the other client's word."""
        self.tried[way] += 1
        if THEIRS.encode() in answer:
            self.leaks.append(f"{way}: {what}")


@dataclass(frozen=True)
class Target:
    """The server under attack and the secret its cookies are signed with."""

    url: str
    secret: str
    issuer: str

    def cookies(self, email: str, seconds: float = 3600) -> dict[str, str]:
        """What the browser of somebody who signed in sends; nothing for guests and nobody."""
        held = {"_streamlit_xsrf": generate_xsrf_token_string()}
        if "@" not in email:
            return held
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": email,
            "email": email,
            "email_verified": True,
            "iat": now,
            "exp": now + seconds,
            "origin": self.url,
            "is_logged_in": True,
            "provider": "default",
        }
        signed = create_signed_value(self.secret, "_streamlit_user", json.dumps(claims)).decode()
        return held | {"_streamlit_user": signed}


class Window:
    """One browser window: Streamlit's own protocol over its own websocket."""

    def __init__(self, target: Target, cookies: dict[str, str]) -> None:
        self.offered: list[str] = []
        self.session = ""
        self.socket: ClientConnection = connect(
            target.url.replace("http", "ws") + "/_stcore/stream",
            additional_headers={"Cookie": "; ".join(f"{k}={v}" for k, v in cookies.items())},
            origin=target.url,  # type: ignore[arg-type]
            subprotocols=["streamlit", cookies["_streamlit_xsrf"]],  # type: ignore[list-item]
            max_size=None,
            open_timeout=60,
            legacy=True,  # type: ignore[call-arg]
        )

    def __enter__(self) -> Window:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def open(self, page: str, query: str) -> bytes:
        """Return all the server sends for a page at an address."""
        ask = BackMsg()
        ask.rerun_script.query_string, ask.rerun_script.page_name = query, page
        self.socket.send(ask.SerializeToString())
        return b"".join(self._until_finished())

    def _until_finished(self) -> Iterator[bytes]:
        finished = False
        while True:
            try:
                data = self.socket.recv(timeout=0.25 if finished else 90)
            except TimeoutError:
                return
            assert isinstance(data, bytes)
            yield data
            message = ForwardMsg()
            message.ParseFromString(data)
            kind = message.WhichOneof("type")
            button = message.delta.new_element.download_button
            if button.deferred_file_id:
                self.offered.append(button.deferred_file_id)
            if kind == "script_finished":
                early = ForwardMsg.FINISHED_EARLY_FOR_RERUN
                finished = message.script_finished != early
            elif kind == "new_session":
                finished = False
                self.session = message.new_session.initialize.session_id or self.session

    def call(self, file_id: str, session: str = "") -> bytes:
        """Ask for a file that is made when clicked; return the answer."""
        ask = BackMsg()
        ask.backend_operation_request.session_id = session or self.session
        ask.backend_operation_request.request_id = secrets.token_hex(4)
        ask.backend_operation_request.deferred_file.file_id = file_id
        self.socket.send(ask.SerializeToString())
        while True:
            data = self.socket.recv(timeout=60)
            assert isinstance(data, bytes)
            message = ForwardMsg()
            message.ParseFromString(data)
            if message.WhichOneof("type") == "backend_operation_response":
                return data


def fetch(url: str, cookies: dict[str, str]) -> bytes:
    """Return what a plain request answers, headers of a refusal left out."""
    held = "; ".join(f"{k}={v}" for k, v in cookies.items())
    try:
        request = urllib.request.Request(url, headers={"Cookie": held})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read()
    except urllib.error.HTTPError as refused:
        return refused.read()


def spellings(client: str) -> tuple[str, ...]:
    """The other client's id and name, right and almost right."""
    return (
        client,
        client.upper(),
        f"{THEIRS} Ltd",
        f"{client}&client={client}",
        "%",
        "' OR 1=1 --",
    )


def try_pages(tally: Tally, target: Target, theirs: str, tokens: dict[str, str], few: bool) -> None:
    """Open every page as everybody with the other client in the address."""
    for who in (*(f"{role.value}@example.com" for role in Role), STRANGER, GUEST, NOBODY):
        link = f"&link={tokens[who]}" if who in tokens else ""
        for entry in ENTRIES[: 3 if few else None]:
            with Window(target, target.cookies(who)) as window:
                for spelling in spellings(theirs)[: 2 if few else None]:
                    query = f"client={quote(spelling, safe='=&')}{link}&function=support"
                    answer = window.open(entry.file, query)
                    tally.judge("pages", f"{who} {entry.file} {query}", answer)


def try_sessions(tally: Tally, target: Target, theirs: str) -> None:
    """Come with cookies that ended, were altered or were signed by somebody else."""
    good = target.cookies(OWNER)["_streamlit_user"]
    wrong = [target.cookies(OWNER, seconds=-each)["_streamlit_user"] for each in (0, 1, 86400)]
    wrong += [good[:-1], good[:-2] + "AA", good.split(".")[0], good + ".", good.swapcase(), ""]
    forged = Target(target.url, "another secret", target.issuer).cookies(OWNER)
    wrong += [forged["_streamlit_user"]]
    for cookie in wrong:
        held = {"_streamlit_xsrf": generate_xsrf_token_string(), "_streamlit_user": cookie}
        for entry in ENTRIES:
            with Window(target, held) as window:
                tally.judge(
                    "ended or forged sessions",
                    entry.file,
                    window.open(entry.file, f"client={theirs}"),
                )


def try_links(tally: Tally, target: Target, store: Store, theirs: str) -> None:
    """Come by links that ended, never were, or open another client."""
    owner = enter(store, LOCAL, theirs)
    revoked, expired = owner.share(1), owner.share(-0.0001)
    for sha256 in owner.links()["sha256"]:
        owner.revoke(sha256)
    live = owner.share(1)
    known = owner.links()["sha256"][0]
    guesses = [revoked, expired, known, live[:-1], live[1:], live.swapcase(), live + "x", "%25"]
    guesses += [secrets.token_urlsafe(32) for _ in range(90)]
    for guess in guesses:
        with Window(target, target.cookies(GUEST)) as window:
            for page in ("overview", "indicators"):
                tally.judge(
                    "links", f"{page} {guess}", window.open(page, f"client={theirs}&link={guess}")
                )


def try_files(tally: Tally, target: Target, store: Store, theirs: str) -> dict[str, int]:
    """Let the owner make files on every page; then everybody else fetches them, and calls for them.

    Returns page → files made.
    """
    mine, seen, counts = target.cookies(OWNER), 0, {}
    with Window(target, mine) as owner:
        for entry in sorted(ENTRIES, key=lambda each: each.file == "data"):
            made = _made(target, owner, entry.file, theirs)
            counts[entry.file] = len(made)
            seen += sum(THEIRS.encode() in fetch(url, mine) for url in made.values())
            _steal(tally, target, owner.session, made)
        assert seen, "control: the owner's own file holds the word"
        people.take_role(store, "local", theirs, OWNER)
        for file_id, url in made.items():
            tally.judge("after removal", url, fetch(url, mine))
            tally.judge("after removal", file_id, owner.call(file_id))
        tally.judge("after removal", "page", owner.open("data", f"client={theirs}"))
        people.give_role(store, "local", theirs, OWNER, Role.CONSULTANT)
    for _ in range(100):
        guess = f"{target.url}/media/{secrets.token_hex(16)}.csv"
        tally.judge("guessed files", guess, fetch(guess, target.cookies(STRANGER)))
    return counts


def _made(target: Target, owner: Window, page: str, theirs: str) -> dict[str, str]:
    """Return button → address of the first files that a page makes for its owner."""
    owner.offered.clear()
    owner.open(page, f"client={theirs}&function=support&view=history")
    made = {}
    for file_id in dict.fromkeys(owner.offered):
        message = ForwardMsg()
        message.ParseFromString(owner.call(file_id))
        url = message.backend_operation_response.deferred_file.url
        if url and len(made) < FILES_OF_A_PAGE:
            made[file_id] = target.url + url
    return made


def _steal(tally: Tally, target: Target, session: str, made: dict[str, str]) -> None:
    thieves = [target.cookies(f"{role.value}@example.com") for role in Role]
    thieves += [target.cookies(STRANGER), target.cookies(NOBODY), {}]
    thieves += [target.cookies(OWNER, -1), target.cookies(OWNER) | {"_streamlit_user": "x"}]
    for file_id, url in made.items():
        for held in thieves:
            for address in (
                url,
                url + "?download=1",
                url.replace("/media/", "//media/"),
                url.replace("/media/", "/./media/"),
            ):
                tally.judge("files of others", address, _refused(fetch(address, held)))
        # Whoever overheard the id of a button asks for its file in a window of their own.
        for role in Role:
            held = target.cookies(f"{role.value}@example.com")
            with Window(target, held) as window:
                window.open("methods", "")
                for each in ("", session):
                    tally.judge("files of others", file_id, window.call(file_id, each))
                    tally.judge("files of others", url, _refused(fetch(url, held)))


def _refused(answer: bytes) -> bytes:
    """Return what counts as a leak: of a file, compressed or not, every answer but a refusal."""
    words = (b"Not available.", b"Bad Request")
    return b"" if answer.startswith(words) or b"<title>" in answer else THEIRS.encode()


def try_commands(tally: Tally, theirs: str, folder: Path) -> None:
    """Name the other client almost rightly at the command line: no file may come of it.

    Whoever may run it reads the whole database; a refusal lists the clients by name.
    """
    right = (theirs, f"{THEIRS} Ltd")
    names = [*spellings(theirs), f"{OURS} Ltd/../{THEIRS} Ltd", "", " ", THEIRS.lower(), "Z*"]
    names = [name for name in names if name not in right]
    for name in names:
        for command in ("report", "export-client"):
            out = folder / "out.json"
            with (
                contextlib.redirect_stdout(io.StringIO()),
                contextlib.redirect_stderr(io.StringIO()),
            ):
                cli.main([command, "--client", name, "--out", str(out), "--json"])
            tally.judge("command line", f"{command} {name!r}", _came_out(out))
            out.unlink(missing_ok=True)


def _came_out(out: Path) -> bytes:
    """Return what counts as a leak if a file came out at all: a report may be compressed."""
    return THEIRS.encode() if out.exists() else b""


def control(target: Target, theirs: str) -> int:
    """Let the owner open every page, which also warms the caches; return how many show the word."""
    seen = 0
    with Window(target, target.cookies(OWNER)) as window:
        for entry in ENTRIES:
            seen += THEIRS.encode() in window.open(entry.file, f"client={theirs}&function=support")
    return seen


def set_up_both(store: Store) -> tuple[str, str]:
    """Set up their client and ours, and who may do what; return both ids."""
    theirs, ours = set_up(store, THEIRS), set_up(store, OURS)
    for email, client, role in [
        (OWNER, theirs, Role.CONSULTANT),
        *((f"{role.value}@example.com", ours, role) for role in Role),
    ]:
        people.sign_in(store, email, "")
        people.give_role(store, "local", client, email, role)
    return theirs, ours


def main() -> None:
    """Set up, try everything, print the counts; end with 1 if anything came through."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer pages and spellings")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="attune-attempts-") as name:
        folder = Path(name)
        store = Store.open(str(folder / "attune.sqlite"))
        theirs, ours = set_up_both(store)
        server = Installation(folder, 9)
        try:
            auth = tomllib.loads(server.secrets.read_text())["auth"]
            target = Target(server.url, auth["cookie_secret"], "bench")
            tokens = {GUEST: enter(store, LOCAL, ours).share(1)}
            tally = Tally()
            seen = control(target, theirs)
            try_pages(tally, target, theirs, tokens, options.quick)
            try_sessions(tally, target, theirs)
            try_links(tally, target, store, theirs)
            files = try_files(tally, target, store, theirs)
        finally:
            server.stop()
        os.environ["ATTUNE_DATABASE_URL"] = str(folder / "attune.sqlite")
        try_commands(tally, theirs, folder)
        store.close()
    total = sum(tally.tried.values())
    counts = {"tried": dict(tally.tried), "total": total, "succeeded": len(tally.leaks)}
    print(json.dumps({"pages that show the word to its owner": seen, "files": files} | counts))
    for leak in tally.leaks[:20]:
        print(leak, file=sys.stderr)
    sys.exit(bool(tally.leaks))


if __name__ == "__main__":
    main()
