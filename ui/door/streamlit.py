"""Streamlit's private doors: all that Attune takes from its inside, in one place.

Each function rests on one assumption about the installed version; the test of the same name in
``tests/ui/door/test_streamlit.py`` holds it, so that an upgrade breaks there first. Why each
is needed: ``docs/decisions/0008-streamlits-private-doors.md``.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from streamlit import logger as logs
from streamlit import net_util, runtime
from streamlit.auth_util import get_cookie_with_chunks
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value

COOKIE = "_streamlit_user"
MEDIA = "/media/"
"""Where files are fetched; Streamlit asks nobody there who is fetching."""
INSIDE = "/_stcore/"
INCOMING = "/_stcore/upload_file/"
"""Where files are sent to; Streamlit asks nobody there who is sending."""
WELL = "/_stcore/health"
CLOSED = ("/_stcore/metrics", "/_stcore/agent", "/_stcore/script-health-check")
"""Routes that tell about sessions or drive them; nothing here needs them."""
SIGN_IN, SIGNED_IN = "/auth/login", "/oauth2callback"


def ask_nobody_for_the_address() -> None:
    """Keep Streamlit from asking a web service for this machine's address.

    It does so at the start and at each foreign origin. Nobody outside shall hear of Attune, and
    nothing here needs the answer.
    """
    net_util.get_external_ip = lambda: None


def log_through(handler: logging.Handler) -> None:
    """Let Streamlit's own loggers write through a handler, those of later too, and no other."""

    def attach(logger: logging.Logger) -> None:
        logger.handlers, logger.propagate = [handler], False

    logs.setup_formatter = attach
    logs.update_formatter()


def claims_of(cookies: Mapping[str, str]) -> dict[str, Any]:
    """Return the claims of a signed cookie; empty if there is none or it was tampered with."""
    secret = get_cookie_secret()

    def read(name: str) -> bytes | None:
        value = cookies.get(name)
        return decode_signed_value(secret, name, value.encode("latin-1")) if value else None

    with suppress(ValueError, UnicodeError):
        found = get_cookie_with_chunks(read, COOKIE)
        return dict(json.loads(found)) if found else {}
    return {}


def file_at(name: str) -> bytes | None:
    """Return the content of a file below ``MEDIA``; None if there is none of that name."""
    file = runtime.get_instance().media_file_mgr.read_file(name)
    return None if file is None else file.content


def this_session() -> str | None:
    """Return the id of the session whose page runs; None where no page runs."""
    run = get_script_run_ctx()
    return None if run is None else run.session_id


def waiting_bytes() -> dict[str, int]:
    """Return how many bytes of files each session has sent that lie in memory."""
    kept = getattr(runtime.get_instance().uploaded_file_mgr, "file_storage", {})
    return {
        session: sum(len(f.data) for f in list(files.values()))
        for session, files in list(kept.items())
    }


def in_session(identifier: str) -> bool:
    """Say whether a session still has its window."""
    return runtime.exists() and runtime.get_instance().is_active_session(identifier)


def this_run() -> object | None:
    """Return what is the same object throughout one run of a page and another in the next.

    None where no page runs. Every run, its callbacks with it, begins with cursors of its own.
    """
    run = get_script_run_ctx()
    return None if run is None else run.cursors


def calling_page() -> Path:
    """Return the file of the page that called the caller.

    One frame up and no further: reading the whole stack costs as much as drawing a page.
    """
    return Path(sys._getframe(2).f_code.co_filename)
