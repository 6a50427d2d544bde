"""Who is let in by what they say of themselves, and who comes from here."""

from __future__ import annotations

import json
import logging
import time

import pytest
from streamlit import config

from metrics.errors import AttuneError
from ui.door import gate, log
from ui.door.server import HEADERS, POLICY
from workspaces.store import Store


@pytest.fixture
def claims() -> dict:
    """What a token that holds today says of its person."""
    return {
        "is_logged_in": True,
        "email": "Anna@Example.com",
        "email_verified": True,
        "iss": "i",
        "sub": "s",
        "exp": time.time() + 24 * 60 * 60,
        "iat": 1,
    }


def test_a_token_that_holds_names_its_person(store, claims) -> None:
    assert gate.check_claims(store, claims) == "anna@example.com"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"is_logged_in": False}, "signed_out"),
        ({"exp": 1}, "session_ended"),
        ({"exp": None}, "session_ended"),
        ({"email_verified": False}, "email_unverified"),
        ({"email_verified": None}, "email_unverified"),
        ({"email": ""}, "not_an_email"),
        ({"email": "local"}, "not_an_email"),
    ],
)
def test_a_token_that_does_not_hold_names_nobody(store, claims, monkeypatch, change, code) -> None:
    monkeypatch.delenv(gate.TRUSTED, raising=False)
    with pytest.raises(AttuneError) as refused:
        gate.check_claims(store, claims | change)
    assert refused.value.code == code


def test_a_token_that_was_signed_out_holds_no_longer(store, claims) -> None:
    mine, other = claims | {"iat": 2}, claims | {"iat": 3}
    gate.end_sign_in(store, mine)
    with pytest.raises(AttuneError):
        gate.check_claims(store, mine)
    # A second process on the same database, or this one after a restart.
    elsewhere = Store.open(store.engine.url.render_as_string(hide_password=False))
    with pytest.raises(AttuneError):
        gate.check_claims(elsewhere, mine)
    elsewhere.close()
    gate.end_sign_in(store, mine)
    assert gate.check_claims(store, other) == "anna@example.com"


def test_nobody_outside_is_told_of_us(monkeypatch) -> None:
    asked = []
    monkeypatch.setattr(gate, "ask_nobody_for_the_address", lambda: asked.append(True))
    gate.check_address()
    assert asked, "the check of the address is where it is kept from asking"
    assert config.get_option("browser.gatherUsageStats") is False


def test_headers_allow_nothing_from_elsewhere() -> None:
    assert "http:" not in POLICY
    assert "https:" not in POLICY
    assert "*" not in POLICY
    assert HEADERS["X-Frame-Options"] == "DENY"


def test_a_line_of_the_log_is_one_object_with_its_reference() -> None:
    record = logging.LogRecord("attune", logging.ERROR, "", 1, "a page\nfailed", (), None)
    record.reference, record.page = "3f2a91bc", "measure"
    line = log.Lines().format(record)
    assert "\n" not in line
    said = json.loads(line)
    assert (said["reference"], said["page"], said["level"]) == ("3f2a91bc", "measure", "error")
