"""Who is asking: the signed-in person of a request, before any page or file is given out.

Without ``[auth]`` in the secrets Attune serves the machine it runs on and nobody else. With it,
people come from the claims of their token. What is asked here is asked again at every run of a
page and at every file; who signed out is kept in the database, for every process on it.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import streamlit as st

from metrics.errors import AttuneError
from ui.door.here import HERE
from ui.door.streamlit import ask_nobody_for_the_address
from words import say
from workspaces import people, tokens
from workspaces.access import AccessDenied, Person, Workspace
from workspaces.store import Store

ADMINISTRATORS = "ATTUNE_ADMINISTRATOR"
"""Addresses, separated by commas, that are administrators whatever the database says."""
TRUSTED = "ATTUNE_TRUST_PROVIDER"
"""Set to 1 where the provider sends no ``email_verified`` and its addresses are its own."""

LOGO = Path(__file__).parent / "logo.svg"

_standing = threading.Event()
_granted: dict[str, dict[tuple[str, str], float]] = {}
_lock = threading.Lock()


def is_configured() -> bool:
    """Say whether sign-in is set up."""
    with suppress(FileNotFoundError):
        return "auth" in st.secrets
    return False


def check_address() -> None:
    """End the program if it would listen beyond this machine without sign-in."""
    ask_nobody_for_the_address()
    address = st.get_option("server.address")
    if not is_configured() and address not in HERE:
        raise SystemExit(say("access.refuses_to_listen", address=address or "*"))


def note_server() -> None:
    """Note that ``ui.door.server`` stands before this process."""
    _standing.set()


def check_server() -> None:
    """Refuse everybody where nothing stands before the pages: requests would go unasked.

    Raises
    ------
    AccessDenied
        ``not_guarded``: ``app.py`` was started by itself instead of ``serve.py``.
    """
    if not _standing.is_set():
        raise AccessDenied("not_guarded")


def check_claims(store: Store, claims: Mapping[str, Any]) -> str:
    """Return the verified address of somebody whose token still holds.

    Raises
    ------
    AccessDenied
        ``signed_out``, ``session_ended`` or ``email_unverified``.
    """
    if not claims.get("is_logged_in"):
        raise AccessDenied("signed_out")
    # A token without an end would be a session without one.
    if float(claims.get("exp") or 0) <= time.time():
        raise AccessDenied("session_ended")
    if tokens.session_ended(store, _token(claims)):
        raise AccessDenied("session_ended")
    verified = str(claims.get("email_verified")).lower() == "true"
    if not verified and os.environ.get(TRUSTED) != "1":
        raise AccessDenied("email_unverified")
    return people.plain_email(str(claims.get("email") or ""))


def admit(store: Store, claims: Mapping[str, Any]) -> Person:
    """Return the person of a token, with the roles that invitations offered."""
    email = check_claims(store, claims)
    named = [each for each in os.environ.get(ADMINISTRATORS, "").split(",") if each.strip()]
    return people.sign_in(store, email, str(claims.get("name") or ""), named)


def end_sign_in(store: Store, claims: Mapping[str, Any]) -> None:
    """Note that a token was signed out, for windows still open, also of other processes."""
    tokens.end_session(store, _token(claims))


def _token(claims: Mapping[str, Any]) -> str:
    names = ("iss", "sub", "iat", "exp", "nonce", "jti", "sid")
    return json.dumps([claims.get(name) for name in names], default=str)


def protect(
    workspace: Workspace | None, email: str, make: Callable[[], bytes | str]
) -> Callable[[], bytes]:
    """Return ``make`` behind the check: asked again when clicked, given to this person only."""

    def made() -> bytes:
        if workspace:
            workspace.revision()
        data = make()
        content = data if isinstance(data, bytes) else data.encode()
        with _lock:
            forgotten = time.time() - 86400
            for digest in [d for d, who in _granted.items() if max(who.values()) < forgotten]:
                del _granted[digest]
            held = _granted.setdefault(hashlib.sha256(content).hexdigest(), {})
            held[email, workspace.client if workspace else ""] = time.time()
        return content

    return made


def may_fetch(store: Store, claims: Mapping[str, Any], content: bytes) -> bool:
    """Say whether somebody may have a file that a page made: it was made for them, and still is."""
    granted = _granted.get(hashlib.sha256(content).hexdigest(), {})
    try:
        email = check_claims(store, claims)
    except AttuneError:
        return False
    return any(
        who == email and (not client or people.role_of(store, email, client) is not None)
        for who, client in list(granted)
    )
