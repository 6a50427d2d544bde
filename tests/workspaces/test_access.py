"""Nobody reads or writes what is not theirs, and what was ended is ended at the next call."""

from __future__ import annotations

import json
import tempfile
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError

from metrics.errors import InvalidInput
from metrics.model import Profile
from workspaces import access, people, tables, tokens
from workspaces.access import LOCAL, AccessDenied, Person, Role, Workspace, enter, enter_by_link
from workspaces.pieces import digest
from workspaces.revisions import utc_now
from workspaces.store import NewUpload, Store

ANNA, EVE = "anna@example.com", "eve@example.com"

VIEW = {
    "revision": (),
    "snapshot": (),
    "document": ("assumptions",),
    "history": (),
    "document_history": ("assumptions",),
    "part": (1, "kpis"),
    "keep_part": (1, "kpis", b"x"),
    "issued": (),
    "elsewhere": ("issued",),
    "issued_report": ("REPORT",),
}
BRING = {
    "uploads": (),
    "original": ("r2.1",),
    "save": (2, "ingest"),
    "undo": (2, 2),
    "pseudonymised": ("FRAMES",),
}
STEER = {
    "issue": (1, "pdf", b"x"),
    "erase_originals": (datetime(2000, 1, 1),),
    "share": (1,),
    "links": (),
    "revoke": ("0" * 64,),
}
MANAGE = {
    "people": (),
    "give_role": ("new@example.com", Role.ANALYST),
    "take_role": ("new@example.com",),
    "trail": (),
    "export": ("PATH",),
    "delete": (),
}
CALLS = VIEW | BRING | STEER | MANAGE
NEEDED = {
    **dict.fromkeys(VIEW, Role.EXECUTIVE),
    **dict.fromkeys(BRING, Role.ANALYST),
    **dict.fromkeys(STEER, Role.CONSULTANT),
    **dict.fromkeys(MANAGE, Role.ADMINISTRATOR),
}


@pytest.fixture
def client(store: Store) -> str:
    client = store.create_client(Profile("Acme", ("support",)), "local")
    store.save(client, 1, "local", "ingest", uploads=[NewUpload("a.csv", b"a")])
    return client


@pytest.fixture
def report(store: Store, client: str) -> str:
    return store.issue(client, 2, "pdf", b"report", "local")


def person(store: Store, email: str, client: str = "", role: Role | None = None) -> Person:
    who = people.sign_in(store, email, email.split("@")[0])
    if role:
        people.give_role(store, "local", client, email, role)
    return who


def call(workspace: Workspace, name: str, report: str):
    path = Path(tempfile.mkdtemp(prefix="attune-access-")) / "client" if name == "export" else None
    arguments = [
        {"REPORT": report, "PATH": path, "FRAMES": {}}.get(each, each) for each in CALLS[name]
    ]
    return getattr(workspace, name)(*arguments)


def test_every_operation_of_a_workspace_is_in_this_test() -> None:
    public = {name for name in vars(Workspace) if not name.startswith("_")}
    assert public - {"allow", "role"} == set(CALLS)


@pytest.mark.parametrize("held", list(Role))
def test_a_role_may_what_it_should_and_no_more(store, client, report, held) -> None:
    workspace = enter(store, person(store, ANNA, client, held), client)
    for name, needed in NEEDED.items():
        if held.reaches(needed):
            if name not in ("save", "delete"):  # allowed, and tried in tests of their own
                call(workspace, name, report)
        else:
            with pytest.raises(AccessDenied):
                call(workspace, name, report)
    assert store.revision(client) == (2 if held is Role.EXECUTIVE else 3)


def test_roles_for_one_client_open_no_other(store, client, report) -> None:
    other = store.create_client(Profile("Rival", ()), "local")
    tried = 0
    for index, held in enumerate(Role):
        who = person(store, f"{index}@example.com", other, held)
        assert [each.id for each in access.clients(store, who)] == [other]
        for guess in (client, client[:-1], client + "%", "", "%", client.upper(), "unknown"):
            with pytest.raises(AccessDenied):
                enter(store, who, guess)
            # Also whoever kept or forged a workspace object is asked at each call.
            forged = Workspace(store, guess, who.email)
            for name in CALLS:
                with pytest.raises(AccessDenied):
                    call(forged, name, report)
                tried += 1
    assert tried == 4 * 7 * len(CALLS)
    assert store.revision(client) == 2


def test_ids_of_another_client_open_nothing_in_ones_own(store, client, report) -> None:
    other = store.create_client(Profile("Rival", ()), "local")
    workspace = enter(store, person(store, ANNA, other, Role.ADMINISTRATOR), other)
    for name in ("original", "issued_report"):
        with pytest.raises(InvalidInput):
            call(workspace, name, report)
    token = enter(store, LOCAL, client).share(1)
    workspace.revoke(people.links(store, client)["sha256"][0])
    assert enter_by_link(store, token).client == client


def test_the_answer_does_not_tell_whether_a_client_exists(store, client) -> None:
    who = person(store, EVE)
    answers = []
    for guess in (client, "no-such-client"):
        with pytest.raises(AccessDenied) as refused:
            enter(store, who, guess)
        answers.append((refused.value.code, refused.value.facts))
    assert answers[0] == answers[1]


def test_pages_hold_workspaces_and_nothing_behind_them(store, client, report) -> None:
    """What of ``Store`` concerns a client is repeated in ``Workspace``, where each call is checked."""
    public = {name for name in vars(Store) if not name.startswith("_")}
    of_all = {"open", "close", "find", "named", "clients", "create_client", "delete_client"}
    assert public - set(vars(Workspace)) == of_all
    other = store.create_client(Profile("Rival", ()), "local")
    who = person(store, ANNA, other, Role.ADMINISTRATOR)
    token = enter(store, LOCAL, other).share(1)
    for whose in ((who, ""), (None, token)):
        assert [each.id for each in access.clients(store, *whose)] == [other]
    for refused in (
        lambda: enter(store, who, client),
        lambda: enter_by_link(store, token, client),
        lambda: access.create_client(store, who, Profile("Mine", ())),
    ):
        with pytest.raises(AccessDenied):
            refused()
    for workspace in (enter(store, who, other), enter_by_link(store, token, other)):
        assert not hasattr(workspace, "engine"), "no way past the check"
        assert workspace.client == other
        workspace.client = client  # a page that would point it elsewhere
        for name in CALLS:
            with pytest.raises(AccessDenied):
                call(workspace, name, report)
    assert enter(store, who, other).save(1, "x") == 2
    assert store.history(other)["author"].tolist() == ["local", ANNA]
    assert store.revision(client) == 2


def test_a_removed_person_loses_access_at_the_next_call(store, client) -> None:
    for end in (
        lambda: people.remove_person(store, "local", ANNA),
        lambda: people.take_role(store, "local", client, ANNA),
    ):
        workspace = enter(store, person(store, ANNA, client, Role.CONSULTANT), client)
        workspace.snapshot()
        end()
        with pytest.raises(AccessDenied):
            workspace.snapshot()
        with pytest.raises(AccessDenied):
            workspace.save(2, "x")


def test_a_lowered_role_counts_at_the_next_call(store, client) -> None:
    workspace = enter(store, person(store, ANNA, client, Role.ANALYST), client)
    people.give_role(store, "local", client, ANNA, Role.EXECUTIVE)
    with pytest.raises(AccessDenied):
        workspace.save(2, "x")
    assert workspace.snapshot().revision == 2


def test_what_steers_results_needs_a_consultant(store, client) -> None:
    analyst = enter(store, person(store, ANNA, client, Role.ANALYST), client)
    consultant = enter(store, person(store, EVE, client, Role.CONSULTANT), client)
    for arguments in (
        {"documents": {"assumptions": {"rate": 0.0}}},
        {"documents": {"mappings": {}, "decisions": {}}},
        {"profile": Profile("Mine", ())},
    ):
        with pytest.raises(AccessDenied):
            analyst.save(2, "x", **arguments)
    assert analyst.save(2, "map", documents={"mappings": {"a": "b"}}) == 3
    assert consultant.save(3, "tune", documents={"assumptions": {"rate": 0.1}}) == 4
    with pytest.raises(AccessDenied):
        analyst.undo(4)
    assert consultant.undo(4) == 5
    assert analyst.undo(5, 3) == 6


def test_an_administrator_sees_all_and_only_while_being_one(store, client) -> None:
    boss = people.sign_in(store, "Boss@Example.com ", "Boss", administrators=["boss@example.com"])
    assert boss == Person("boss@example.com", "Boss", True)
    assert len(access.clients(store, boss)) == 1
    created = access.create_client(store, boss, Profile("New", ()))
    workspace = enter(store, boss, created)
    people.appoint(store, "local", boss.email, False)
    for refused in (
        workspace.snapshot,
        lambda: access.create_client(store, boss, Profile("Newer", ())),
        lambda: enter(store, boss, client),
    ):
        with pytest.raises(AccessDenied):
            refused()
    assert access.clients(store, boss) == ()


def test_a_person_cannot_claim_to_be_an_administrator_or_the_local_user(store, client) -> None:
    people.sign_in(store, EVE, "Eve")
    with pytest.raises(AccessDenied):
        enter(store, Person(EVE, "Eve", administrator=True), client)
    for name in ("local", "link", "", "a@b@c", "@", "local @x"):
        with pytest.raises(InvalidInput):
            people.sign_in(store, name, "Eve")
    assert enter(store, LOCAL, client).role is Role.ADMINISTRATOR


def test_an_administrator_deletes_a_client(store, client) -> None:
    workspace = enter(store, person(store, ANNA, client, Role.ADMINISTRATOR), client)
    assert workspace.delete().rows["client"] == 1
    with pytest.raises(AccessDenied):
        workspace.snapshot()
    assert store.clients() == ()


def test_an_invitation_becomes_a_role_at_sign_in(store, client) -> None:
    people.give_role(store, "local", client, "Anna@Example.com", Role.ANALYST)
    assert people.people(store, client).values.tolist() == [[ANNA, "", "analyst", "invited"]]
    assert people.role_of(store, ANNA, client) is None
    who = people.sign_in(store, ANNA, "Anna")
    assert enter(store, who, client).role is Role.ANALYST
    assert people.people(store, client)["state"].tolist() == ["joined"]


def test_an_invitation_expires(store, client) -> None:
    people.give_role(store, "local", client, ANNA, Role.ANALYST)
    with store.engine.begin() as connection:
        late = utc_now() - timedelta(seconds=1)
        connection.execute(update(tables.invitation).values(expires=late))
    assert people.people(store, client).empty
    with pytest.raises(AccessDenied):
        enter(store, people.sign_in(store, ANNA, "Anna"), client)


def test_a_link_views_one_client_until_it_ends(store, client, report) -> None:
    owner = enter(store, LOCAL, client)
    token = owner.share(7, "overview?function=support")
    guest = enter_by_link(store, token)
    for name, needed in NEEDED.items():
        if needed is Role.EXECUTIVE:
            call(guest, name, report)
        else:
            with pytest.raises(AccessDenied):
                call(guest, name, report)
    listed = owner.links()
    assert listed["scope"].tolist() == ["overview?function=support"]
    assert token not in str(listed.values)
    owner.revoke(listed["sha256"][0])
    with pytest.raises(AccessDenied):
        guest.snapshot()
    for wrong in (token, "", "x", listed["sha256"][0]):
        with pytest.raises(AccessDenied):
            enter_by_link(store, wrong)


def test_a_link_expires_and_ends_with_who_shared_it(store, client) -> None:
    brief = enter(store, LOCAL, client).share(-0.001)
    with pytest.raises(AccessDenied):
        enter_by_link(store, brief)
    workspace = enter(store, person(store, ANNA, client, Role.CONSULTANT), client)
    guest = enter_by_link(store, workspace.share(7))
    people.remove_person(store, "local", ANNA)
    with pytest.raises(AccessDenied):
        guest.snapshot()


def test_a_link_needs_signature_end_and_its_row(store, client) -> None:
    owner = enter(store, LOCAL, client)
    token, brief = owner.share(7), owner.share(-0.001)
    payload, signature = token.rsplit(".", 1)
    later = packed([*opened(payload)[:1], 4e9])
    key = tokens._serializer("another key").dumps(opened(payload))
    with store.engine.begin() as connection:
        # Whoever can write to the table of links still cannot sign.
        for forged in (f"{later}.{signature}", key, "made up"):
            row = {
                "sha256": digest(forged.encode()),
                "client": client,
                "scope": "",
                "author": LOCAL.email,
                "at": utc_now(),
                "expires": utc_now() + timedelta(days=9),
            }
            connection.execute(tables.link.insert(), row)
        connection.execute(update(tables.link).values(expires=utc_now() + timedelta(days=9)))
    assert enter_by_link(store, token).client == client
    for wrong in (f"{later}.{signature}", key, "made up", brief, payload, f"{payload}.", "."):
        with pytest.raises(AccessDenied):
            enter_by_link(store, wrong)


def opened(payload: str) -> list:
    return json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def packed(values: list) -> str:
    return urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def test_the_audit_tells_who_did_what(store, client, report) -> None:
    workspace = enter(store, person(store, ANNA, client, Role.ANALYST), client)
    workspace.save(2, "ingest")
    workspace.original("r2.1")
    with pytest.raises(AccessDenied):
        workspace.share(1)
    trail = people.audit_trail(store, client)
    assert trail["at"].is_monotonic_increasing
    anna = trail[trail["person"] == ANNA]
    assert anna["action"].tolist() == ["ingest", "download_original", "refused"]
    assert "give_role" in trail.loc[trail["person"] == "local", "action"].tolist()
    assert "join" in people.audit_trail(store)["action"].tolist()


@pytest.mark.parametrize(
    "statement", ["UPDATE audit SET person = 'x'", "DELETE FROM audit", "TRUNCATE audit"]
)
def test_the_audit_cannot_be_rewritten(store, client, statement) -> None:
    if statement.startswith("TRUNCATE") and store.engine.dialect.name == "sqlite":
        pytest.skip("SQLite knows no TRUNCATE")
    person(store, ANNA, client, Role.ANALYST)
    before = len(people.audit_trail(store))
    with pytest.raises(DBAPIError), store.engine.begin() as connection:
        connection.execute(text(statement))
    assert len(people.audit_trail(store)) == before
