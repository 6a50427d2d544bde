"""Tokens that outlive a process: signed links, and sign-ins that were ended before their time."""

from __future__ import annotations

import hashlib
import secrets
import time
from datetime import UTC, datetime, timedelta

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import Connection, delete, insert, select

from workspaces import database, keys
from workspaces.pieces import digest
from workspaces.revisions import utc_now
from workspaces.store import Store
from workspaces.tables import ended_session

KEPT = timedelta(days=31)
"""How long an ended sign-in is remembered: a day longer than Streamlit's cookie lives."""


def sign_token(connection: Connection, expires: datetime) -> str:
    """Return a new random token that carries its end (UTC) and a signature over both.

    Every process on one database knows the same tokens.
    """
    end = expires.replace(tzinfo=UTC).timestamp()
    return _serializer(keys.make(connection)).dumps([secrets.token_urlsafe(32), end])


def is_genuine(connection: Connection, token: str) -> bool:
    """Say whether a token was signed here and has not reached its end."""
    key = keys.find(connection)
    try:
        _, end = _serializer(key or "").loads(token)
    except (BadSignature, ValueError, TypeError):
        return False
    return bool(key) and end > time.time()


def _serializer(key: str) -> URLSafeSerializer:
    kinds = {"digest_method": hashlib.sha256, "key_derivation": "hmac"}
    return URLSafeSerializer(key, salt="attune.link", signer_kwargs=kinds)


def end_session(store: Store, token: str) -> None:
    """Note that a sign-in was ended, for every process on this database."""
    row = {"sha256": digest(token.encode()), "until": utc_now() + KEPT}
    with database.writing(store.engine) as connection:
        connection.execute(delete(ended_session).where(ended_session.c.until < utc_now()))
        same = ended_session.c.sha256 == row["sha256"]
        connection.execute(delete(ended_session).where(same))
        connection.execute(insert(ended_session), row)


def session_ended(store: Store, token: str) -> bool:
    """Say whether a sign-in was ended, by whichever process."""
    same = ended_session.c.sha256 == digest(token.encode())
    with database.reading(store.engine) as connection:
        return connection.execute(select(ended_session.c.sha256).where(same)).first() is not None
