"""What stands before every request: who may reach the server, files, headers, health.

Streamlit serves pages over a websocket and files by address. The websocket's pages guard
themselves; here files are given only to the person they were made for, nobody reaches an
installation without sign-in from elsewhere, and the browser is told what it may not do.
"""

from __future__ import annotations

import html
import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

import streamlit as st
from anyio import to_thread
from sqlalchemy import text
from starlette.datastructures import URL, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import (
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
)
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from metrics.errors import AttuneError
from ui.door import cached, gate, here
from ui.door.incoming import Incoming
from ui.door.streamlit import (
    CLOSED,
    INSIDE,
    MEDIA,
    SIGN_IN,
    SIGNED_IN,
    WELL,
    claims_of,
    file_at,
)
from words import say
from workspaces import database, scratch

LOG = logging.getLogger("attune.server")

POLICY = "; ".join(
    (
        "default-src 'self'",
        # Vega compiles its expressions, Streamlit starts with an inline script.
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' data: blob:",
        "worker-src 'self' blob:",
        "media-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # A shared link's token stands in the address and must not travel to another site.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
}
TRANSPORT = "max-age=31536000"
HEALTH = "/health"
RETURN = "attune_return"
RETURN_SECONDS = 600


class SecurityHeaders:
    """Send the headers with every answer, and keep files of clients out of shared caches."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                if scope["scheme"] == "https":
                    headers["Strict-Transport-Security"] = TRANSPORT
                if scope["path"].startswith((MEDIA, INSIDE)):
                    headers["Cache-Control"] = "no-store, private"
            await send(message)

        await self.app(scope, receive, with_headers)


class AdmissionMiddleware:
    """Turn away whoever may not reach the server, and files from whom they were not made for."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        gate.note_server()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        asked = HTTPConnection(scope)
        refused = await to_thread.run_sync(refusal, asked)
        if refused is None:
            await self.app(scope, receive, send)
            return
        if refused == UNKNOWN and scope["type"] == "http" and _may_open(asked):
            answer = await to_thread.run_sync(_let_in, asked)
            await answer(scope, receive, send)
            return
        reference = secrets.token_hex(4)
        where = asked.client.host if asked.client else ""
        LOG.warning(
            "refused", extra={"reference": reference, "path": asked.url.path, "from": where}
        )
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        answer = PlainTextResponse(f"Not available. Reference {reference}.\n", refused)
        if refused == UNKNOWN and "text/html" in asked.headers.get("accept", ""):
            answer = HTMLResponse(_where_to_find_it(), refused)
        await answer(scope, receive, send)


UNKNOWN = 401
"""The status of a browser of this machine that was not let in yet."""


def refusal(asked: HTTPConnection) -> int | None:
    """Return the status a request is refused with; None if it may go on."""
    path = asked.scope["path"]
    if path.startswith(CLOSED):
        return 404
    if not gate.is_configured():
        return _refusal_here(asked)
    if path.startswith(MEDIA) and not _may_fetch(asked, path.removeprefix(MEDIA)):
        # The same answer as for a file that never was.
        return 404
    return None


def _refusal_here(asked: HTTPConnection) -> int | None:
    client = asked.client.host if asked.client else None
    ours = here.from_our_page(asked.headers, asked.scope["type"] == "websocket")
    if not here.from_here(client, asked.headers) or not ours:
        return 403
    # Whether it is well tells nothing; whoever starts a server asks before there is a browser.
    if asked.scope["path"] in (HEALTH, WELL) or here.admitted(cached.store(), asked.cookies):
        return None
    return UNKNOWN


def _may_open(asked: HTTPConnection) -> bool:
    return asked.scope["method"] == "GET" and here.opens(asked.query_params.get(here.TOKEN))


def _let_in(asked: HTTPConnection) -> Response:
    """Change the token of this start into a cookie, and lead to the address without it."""
    kept = [(k, v) for k, v in asked.query_params.multi_items() if k != here.TOKEN]
    # One slash at the front: two would name another host, and so would a backslash.
    path = "/" + quote(asked.scope["path"].lstrip("/\\"))
    answer = RedirectResponse(f"{path}?{urlencode(kept)}" if kept else path, 303)
    name, value = here.admission(cached.store())
    answer.set_cookie(name, value, here.DAYS * 86400, httponly=True, samesite="lax")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _where_to_find_it() -> str:
    title, first, more = (
        html.escape(say(f"access.{code}")) for code in ("title", "no_token", "no_token_more")
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width">'
        "<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:38rem;margin:15vh auto;"
        "padding:0 1rem;color-scheme:light dark}</style>"
        f"<main><h1>{title}</h1><p>{first}</p><p>{more}</p></main></html>"
    )


def _may_fetch(asked: HTTPConnection, name: str) -> bool:
    content = file_at(name)
    if content is None:
        return False
    if content == gate.LOGO.read_bytes():
        return True
    return gate.may_fetch(cached.store(), claims_of(asked.cookies), content)


class Return:
    """Bring people back after sign-in to the address they came for."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path")
        if scope["type"] != "http" or path not in (SIGN_IN, SIGNED_IN):
            await self.app(scope, receive, send)
            return
        asked = Request(scope)

        async def returning(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = Response()
                answer.raw_headers = list(message["headers"])
                if path == SIGN_IN:
                    _remember(asked, answer)
                elif asked.cookies.get(RETURN):
                    _go_back(asked, answer)
                message = {**message, "headers": answer.raw_headers}
            await send(message)

        await self.app(scope, receive, returning)


def _remember(asked: Request, answer: Response) -> None:
    came_from = urlsplit(asked.headers.get("referer", ""))
    somewhere = came_from.path not in ("", "/") or came_from.query
    if came_from.netloc == asked.headers.get("host") and somewhere:
        answer.set_cookie(
            RETURN,
            f"{came_from.path}?{came_from.query}",
            RETURN_SECONDS,
            httponly=True,
            samesite="lax",
            secure=asked.url.scheme == "https",
        )


def _go_back(asked: Request, answer: Response) -> None:
    target = URL(asked.cookies[RETURN])
    # Only a path of our own, never another host; browsers read a backslash as a slash.
    odd = any(sign in str(target) for sign in "\\\r\n\t") or target.path.startswith("//")
    if not target.scheme and not target.netloc and target.path.startswith("/") and not odd:
        answer.headers["location"] = str(target)
    answer.delete_cookie(RETURN)


def health(_asked: Request) -> JSONResponse:
    """Say whether the server works, database included; nothing of what is in it.

    Degraded with 200 can still be read; with 503 it cannot.
    """
    try:
        engine = cached.store().engine
        with database.reading(engine) as connection:
            connection.execute(text("SELECT count(*) FROM client"))
        reason, status = database.standing_fault(engine), 200
    except AttuneError as fault:
        reason, status = fault.code, 503
    except Exception:
        LOG.exception("database", extra={"reference": secrets.token_hex(4)})
        reason, status = "database_unreachable", 503
    if reason:
        return JSONResponse({"status": "degraded", "reason": reason}, status)
    return JSONResponse({"status": "ok"})


def redirect_front(asked: Request) -> RedirectResponse:
    """Lead the first page's own name to its address: Streamlit knows that page as ``/`` only."""
    return RedirectResponse(asked.url.replace(path="/", scheme="", netloc=""), 307)


@asynccontextmanager
async def lifespan(_app: object) -> AsyncIterator[None]:
    """Clear what killed processes left, and say where the server can be opened: with a token."""
    place = database.address().database if database.address().get_backend_name() == "sqlite" else ""
    scratch.clear(*([Path(place).parent] if place else []))
    if not gate.is_configured():
        here.show(st.get_option("server.port"), not st.get_option("server.headless"))
    yield


MIDDLEWARE = (
    Middleware(SecurityHeaders),
    Middleware(AdmissionMiddleware),
    Middleware(Incoming),
    Middleware(Return),
)
ROUTES = (Route(HEALTH, health), Route("/overview", redirect_front))
