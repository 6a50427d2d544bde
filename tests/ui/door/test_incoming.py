"""Files come in for whom a page asked, while they may, as many as fit."""

from __future__ import annotations

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, Router
from starlette.testclient import TestClient

from metrics.errors import AttuneError
from metrics.model import Profile
from ui.door import gate, incoming
from ui.door.incoming import DEFAULTS, Expected, Incoming
from workspaces import people
from workspaces.access import AccessDenied, Person, Role, enter

ANNA, EVE = "anna@example.com", "eve@example.com"
PATH = "/_stcore/upload_file/{}/file"


@pytest.fixture
def waiting(monkeypatch) -> dict[str, int]:
    """Bytes that lie in memory by session; nothing arrives, nothing is expected."""
    held: dict[str, int] = {}
    monkeypatch.setattr(incoming, "waiting_bytes", lambda: held)
    monkeypatch.setattr(incoming, "_expected", {})
    incoming._arriving.clear()
    return held


@pytest.fixture
def expected(store, waiting, monkeypatch) -> str:
    """Anna's page has asked for files; whoever asks is named by a cookie. Returns the client."""
    client = store.create_client(Profile("Acme", ("support",)), "local")
    for email in (ANNA, EVE):
        people.sign_in(store, email, "")
        people.give_role(store, "local", client, email, Role.ANALYST)

    def named(_store: object, claims: dict) -> str:
        if not claims.get("email"):
            raise AccessDenied("signed_out")
        return claims["email"]

    monkeypatch.setattr(gate, "is_configured", lambda: True)
    monkeypatch.setattr(gate, "check_claims", named)
    monkeypatch.setattr(incoming, "claims_of", lambda cookies: {"email": cookies.get("who")})
    monkeypatch.setattr(incoming.cached, "store", lambda: store)
    workspace = enter(store, Person(ANNA, ""), client)
    incoming._expected["hers"] = Expected(ANNA, workspace, Role.ANALYST)
    return client


@pytest.fixture
def ask(waiting):
    """A function that sends bytes to a session as somebody and returns the status."""
    kept: dict[str, int] = waiting

    async def take(asked: Request) -> Response:
        if asked.method == "PUT":
            kept[asked.path_params["session"]] = len(await asked.body())
        return PlainTextResponse("", 204)

    route = Route(PATH.format("{session}"), take, methods=["PUT", "DELETE", "POST", "OPTIONS"])
    page = TestClient(Incoming(Router([route])))

    def asked(who: str, session: str, size: int = 10, method: str = "PUT", chunks: bool = False):
        body = iter([b"x" * size]) if chunks else b"x" * size
        cookie = {"Cookie": f"who={who}"} if who else {}
        return page.request(method, PATH.format(session), content=body, headers=cookie).status_code

    return asked


@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST", "OPTIONS"])
def test_only_whose_page_asked_may_send_or_withdraw(ask, expected, method) -> None:
    assert ask(ANNA, "hers", method=method) == 204
    for who, session in ((EVE, "hers"), ("", "hers"), (ANNA, "other"), (ANNA, ""), (ANNA, "her")):
        assert ask(who, session, method=method) in (403, 404), (who, session)


def test_the_role_is_asked_again_for_each_file(ask, expected, store) -> None:
    assert ask(ANNA, "hers") == 204
    people.give_role(store, "local", expected, ANNA, Role.EXECUTIVE)
    assert ask(ANNA, "hers") == 403
    people.give_role(store, "local", expected, ANNA, Role.CONSULTANT)
    assert ask(ANNA, "hers") == 204
    people.take_role(store, "local", expected, ANNA)
    assert ask(ANNA, "hers") == 403


@pytest.mark.parametrize("chunks", [False, True], ids=["declared", "in chunks"])
def test_what_waits_is_limited_for_a_person_and_for_all(
    ask, expected, waiting, monkeypatch, chunks
) -> None:
    monkeypatch.setattr(
        incoming, "DEFAULTS", {**DEFAULTS, "waiting_person_bytes": 5_000, "waiting_bytes": 8_000}
    )
    assert ask(ANNA, "hers", 3_000, chunks=chunks) == 204
    assert ask(ANNA, "hers", 3_000, chunks=chunks) == 429, "hers and what comes: too much for one"
    waiting.clear()
    waiting["somebody else's"] = 7_000
    assert ask(ANNA, "hers", 3_000, chunks=chunks) == 429, "too much for all"
    waiting.clear()
    assert ask(ANNA, "hers", 3_000, chunks=chunks) == 204
    assert not incoming._arriving.total(), "nothing is counted that came or was refused"


def test_without_sign_in_it_is_the_person_of_this_machine(ask, expected, monkeypatch) -> None:
    monkeypatch.setattr(gate, "is_configured", lambda: False)
    assert ask("", "hers") == 403, "her page asked, not that of this machine"
    one = incoming._expected["hers"]
    incoming._expected["local"] = Expected("local", one.workspace, Role.ANALYST)
    assert ask("", "local") == 204


def test_a_fault_while_asking_lets_nobody_in(ask, expected, monkeypatch) -> None:
    def broken(*_: object) -> str:
        raise AttuneError("disk_unreadable")

    monkeypatch.setattr(gate, "check_claims", broken)
    assert ask(ANNA, "hers") == 403
