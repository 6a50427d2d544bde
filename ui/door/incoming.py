"""The one door by which files come in: for whom a page asked, while they may, as many as fit.

Streamlit's own address for uploads asks nobody and keeps whatever arrives in memory. Here a page
says that it expects files of its person; the address takes them from nobody else, asks again what
that person may, and counts what lies in memory.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st
from anyio import to_thread
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ingest.limits import DEFAULTS
from metrics.errors import AttuneError
from ui.door import cached, gate, session
from ui.door.streamlit import INCOMING, claims_of, in_session, this_session, waiting_bytes
from workspaces.access import LOCAL, Role, Workspace

OF_A_FILE = 1_000
"""What one file takes beside its content."""
TOO_MUCH = "Too much is waiting to be saved. Save or remove files, or try again later.\n"


@dataclass(frozen=True)
class Expected:
    """Whose files a session may send, for which client, and the role that takes."""

    email: str
    workspace: Workspace
    needed: Role


_expected: dict[str, Expected] = {}
_arriving: Counter[str] = Counter()
_lock = threading.Lock()


def file_field(
    label: str, types: Sequence[str] | None, needed: Role = Role.ANALYST, **look: Any
) -> Any:
    """Show a field that takes files, and expect them of this person while they hold the role.

    Returns what ``st.file_uploader`` returns; nothing for whoever may not send any.
    """
    who, client, here = session.person(), session.client_id(), this_session()
    if who is None or client is None:
        return [] if look.get("accept_multiple_files") else None
    if here is not None:
        with _lock:
            for gone in [each for each in _expected if each != here and not in_session(each)]:
                del _expected[gone]
            _expected[here] = Expected(who.email, session.workspace(client), needed)
    return st.file_uploader(label, types, **look)


def expected_of(asked: HTTPConnection) -> Expected | None:
    """Return for whom a request may send or withdraw a file; None if it may not."""
    one = _expected.get(asked.scope["path"].removeprefix(INCOMING).partition("/")[0])
    if one is None:
        return None
    try:
        who = LOCAL.email
        if gate.is_configured():
            who = gate.check_claims(cached.store(), claims_of(asked.cookies))
        held = one.workspace.role
    except AttuneError:
        return None
    return one if who == one.email and held is not None and held.reaches(one.needed) else None


def fits(email: str, more: int) -> bool:
    """Say whether so many bytes more may lie in memory, for this person and for everybody."""
    waiting: Counter[str] = Counter()
    for identifier, size in waiting_bytes().items():
        owner = _expected.get(identifier)
        waiting[owner.email if owner else ""] += size
    for (owner, _), draft in list(cached.drafts().items()):
        waiting[owner] += draft.size
    with _lock:
        waiting += _arriving
    mine, everybody = DEFAULTS["waiting_person_bytes"], DEFAULTS["waiting_bytes"]
    return waiting[email] + more <= mine and waiting.total() + more <= everybody


class TooMuch(Exception):
    """More arrives than may lie in memory."""


class Incoming:
    """Take files only from whom a page expects them, and no more than fit."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(INCOMING):
            await self.app(scope, receive, send)
            return
        asked = HTTPConnection(scope)
        one = await to_thread.run_sync(expected_of, asked)
        if one is None:
            await PlainTextResponse("Not available.\n", 403)(scope, receive, send)
            return
        said = asked.headers.get("content-length", "0")
        declared = int(said) if said.isdecimal() else 0
        if scope["method"] != "PUT":
            await self.app(scope, receive, send)
        elif not await to_thread.run_sync(fits, one.email, declared):
            await PlainTextResponse(TOO_MUCH, 429)(scope, receive, send)
        else:
            await self._counted(one.email, scope, receive, send)

    async def _counted(self, email: str, scope: Scope, receive: Receive, send: Send) -> None:
        came, answered = OF_A_FILE, False
        with _lock:
            _arriving[email] += came

        async def counting() -> Message:
            nonlocal came
            message = await receive()
            size = len(message.get("body", b""))
            with _lock:
                _arriving[email] += size
            came += size
            if size and not fits(email, 0):
                raise TooMuch
            return message

        async def answering(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        try:
            await self.app(scope, counting, answering)
        except TooMuch:
            if not answered:
                await PlainTextResponse(TOO_MUCH, 429)(scope, receive, send)
        finally:
            with _lock:
                _arriving[email] -= came
