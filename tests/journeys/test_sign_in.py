"""Sign-in end to end: Chromium, the real server, and a real OpenID provider process."""

from __future__ import annotations

import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from loop import sample, uploads
from metrics.model import Profile
from tests.support import servers
from tests.support.browser import PATIENCE, READY, settled
from tests.support.installation import ANNA, BOSS, EVE, Installation
from tests.support.places import ROOT
from ui.door.menu import ENTRIES
from words import say
from workspaces import people
from workspaces.access import LOCAL, Role, enter
from workspaces.store import Store

pytestmark = pytest.mark.browser

DATA = b"Month,Team,Support cost,Tickets resolved\n" + b"".join(
    f"{2024 + i // 12}-{1 + i % 12:02},North,{1000 + 7 * i},{100 + i}\n".encode() for i in range(24)
)


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("sign-in")
    opened = Store.open(str(folder / "attune.sqlite"))
    for name in ("Acme Ltd", "Rival Ltd"):
        client = opened.create_client(Profile(name, ("support",)), "tests", sample.SAMPLE_AS_OF)
        uploads.accept(
            enter(opened, LOCAL, client), 1, [("a.csv", DATA)], uploads.check([("a.csv", DATA)])
        )
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def folder(store) -> Path:
    return Path(store.engine.url.database).parent


@pytest.fixture(scope="module")
def server(folder, provider) -> Iterator[Installation]:
    started = Installation(folder, provider)
    yield started
    started.stop()


@pytest.fixture
def browser(chromium) -> Iterator:
    """A function that opens a new browser window with cookies of its own."""
    contexts = []

    def window(width: int = 1280):
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, accept_downloads=True
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        return context.new_page()

    yield window
    for context in contexts:
        context.close()


def sign_in(page, url: str, email: str, seconds: int = 3600, verified: str = "true") -> None:
    page.goto(url)
    settled(page)
    page.get_by_role("button", name=say("access.sign_in"), exact=True).click()
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Verified").fill(verified)
    page.get_by_label("Seconds").fill(str(seconds))
    page.get_by_role("button", name="Go on").click()
    page.wait_for_selector(READY)
    settled(page)


def client_named(store: Store, name: str) -> str:
    return store.named(name).id


def written(page) -> str:
    """Everything a person can read, what stands in fields included."""
    fields = page.evaluate("[...document.querySelectorAll('input, textarea')].map(i => i.value)")
    return "\n".join([page.inner_text("body"), *fields])


def picture(page, name: str) -> None:
    """Keep a picture where somebody wants to look."""
    if os.environ.get("ATTUNE_PICTURES"):
        page.screenshot(path=f"{os.environ['ATTUNE_PICTURES']}/{name}.png")


def role(store: Store, name: str, email: str, given: Role | None) -> None:
    if given is None:
        people.take_role(store, "local", client_named(store, name), email)
    else:
        people.give_role(store, "local", client_named(store, name), email, given)


@pytest.mark.parametrize("entry", [each.file for each in ENTRIES])
def test_a_page_opened_first_on_a_fresh_server_shows_nothing(
    store, folder, provider, browser, entry
) -> None:
    fresh = Installation(folder, provider)
    try:
        page = browser()
        page.goto(f"{fresh.url}/{entry}?client={client_named(store, 'Acme Ltd')}")
        settled(page)
        shown = written(page)
        assert say("access.signed_out") in shown
        for secret in ("Acme", "Rival", "1,0", "Support cost"):
            assert secret not in shown
    finally:
        fresh.stop()


def test_an_invited_person_comes_in_changes_role_and_leaves(store, server, browser) -> None:
    role(store, "Acme Ltd", ANNA, Role.EXECUTIVE)  # an invitation: she never was here
    page = browser()
    acme = client_named(store, "Acme Ltd")
    sign_in(page, f"{server.url}/indicators?client={acme}&function=support", ANNA)
    assert page.url.startswith(f"{server.url}/indicators?client={acme}"), "back where she came for"
    shown = written(page)
    assert say("access.signed_in", name="Anna") in shown
    assert "Acme Ltd" in shown
    assert "Rival" not in shown
    picture(page, "executive")
    page.goto(f"{server.url}/data?client={acme}")
    settled(page)
    assert say("errors.no_access", needed="analyst") in written(page)
    role(store, "Acme Ltd", ANNA, Role.ANALYST)
    page.goto(f"{server.url}/data?client={acme}")
    settled(page)
    assert say("page.data.history") in written(page)
    picture(page, "analyst")
    # Removed: gone at the next click, on a page that is already open.
    role(store, "Acme Ltd", ANNA, None)
    page.get_by_role("button", name=say("page.data.undo", revision=2)).click()
    settled(page)
    assert "Acme" not in written(page)
    assert store.revision(acme) == 2
    picture(page, "removed")


def test_roles_for_one_client_show_no_other_at_any_address(store, server, browser) -> None:
    role(store, "Rival Ltd", EVE, Role.ADMINISTRATOR)
    page = browser()
    sign_in(page, server.url, EVE)
    acme = client_named(store, "Acme Ltd")
    for entry in ENTRIES:
        page.goto(f"{server.url}/{entry.file}?client={acme}")
        settled(page)
        assert "Acme" not in written(page), entry.file


def test_a_download_is_for_one_person_while_signed_in(store, server, browser) -> None:
    role(store, "Acme Ltd", ANNA, Role.ANALYST)
    role(store, "Rival Ltd", EVE, Role.ADMINISTRATOR)
    other, nobody, page = browser(), browser(), browser()
    sign_in(other, server.url, EVE)
    acme = client_named(store, "Acme Ltd")
    sign_in(page, f"{server.url}/data?client={acme}&view=history", ANNA)
    with page.expect_download() as caught, page.expect_response("**/media/**") as answer:
        page.get_by_role("button", name=say("page.data.original")).click()
    assert Path(caught.value.path()).read_bytes() == DATA
    settled(page)

    def status(who) -> int:
        return who.request.get(answer.value.url).status

    assert (status(other), status(nobody), status(page)) == (404, 404, 200)
    role(store, "Acme Ltd", ANNA, None)
    assert status(page) == 404, "removed"
    role(store, "Acme Ltd", ANNA, Role.ANALYST)
    assert status(page) == 200, "the file was there all the time"
    kept = page.context.cookies()
    second = page.context.new_page()
    second.goto(f"{server.url}/indicators?client={acme}")
    settled(second)
    page.get_by_role("button", name=say("access.sign_out")).click()
    page.wait_for_selector(f"text={say('access.signed_out')}")
    assert status(page) == 404, "signed out"
    # A cookie stolen before does not bring an ended session back, and the other window knows.
    page.context.add_cookies(kept)
    assert status(page) == 404
    second.reload()
    settled(second)
    assert say("access.session_ended") in written(second)
    assert "Acme" not in written(second)


def test_the_session_ends_with_the_token(store, server, browser) -> None:
    role(store, "Acme Ltd", ANNA, Role.ANALYST)
    acme, seconds, late = client_named(store, "Acme Ltd"), 20, True
    # The token has to outlive signing in, however long that takes here.
    while late:
        page, seconds, began = browser(), 2 * seconds, time.monotonic()
        sign_in(page, f"{server.url}/data?client={acme}", ANNA, seconds=seconds // 2)
        shown, signed_in = written(page), time.monotonic()
        late = signed_in - began > seconds // 2
    assert "Acme Ltd" in shown
    time.sleep(seconds // 2)
    page.get_by_role("button", name=say("page.data.undo", revision=2)).click()
    settled(page)
    assert say("access.session_ended") in written(page)
    assert "Acme" not in written(page)
    assert store.revision(acme) == 2
    picture(page, "expired")


def test_an_unverified_address_is_nobody(store, server, browser) -> None:
    page = browser()
    sign_in(page, server.url, BOSS, verified="false")
    assert say("access.email_unverified") in written(page)
    assert "Acme" not in written(page)


def test_the_administrator_by_setting_sees_all(store, server, browser) -> None:
    page = browser()
    sign_in(page, server.url, BOSS)
    page.get_by_role("combobox").first.click()
    shown = written(page)
    assert "Acme Ltd" in shown
    assert "Rival Ltd" in shown
    picture(page, "administrator")


def test_a_shared_link_shows_one_client_and_ends(store, server, browser) -> None:
    acme, rival = client_named(store, "Acme Ltd"), client_named(store, "Rival Ltd")
    owner = enter(store, LOCAL, acme)
    token = owner.share(1, "measure?function=support")
    page = browser()
    page.goto(f"{server.url}/indicators?client={acme}&function=support&link={token}")
    settled(page)
    shown = written(page)
    assert say("access.by_link") in shown
    assert "Acme Ltd" in shown
    assert "Rival" not in shown
    assert page.get_by_role("button", name=say("table.csv")).count() == 0
    picture(page, "link")
    for other in (f"data?client={acme}", f"measure?client={rival}", f"settings?client={acme}"):
        page.goto(f"{server.url}/{other}&link={token}")
        settled(page)
        assert "Rival" not in written(page)
        assert page.get_by_role("button", name=say("page.data.undo", revision=2)).count() == 0
    page.goto(f"{server.url}/indicators?client={acme}&function=support&link={token}")
    settled(page)
    owner.revoke(owner.links()["sha256"][0])
    page.reload()
    settled(page)
    assert say("access.link_ended") in written(page)
    assert "Acme" not in written(page)
    picture(page, "link-ended")
    brief = owner.share(-0.001)
    page.goto(f"{server.url}/indicators?client={acme}&link={brief}")
    settled(page)
    assert say("access.link_ended") in written(page)


def test_the_first_page_has_its_name_too(server, browser) -> None:
    page = browser()
    page.goto(f"{server.url}/overview?client=x&function=support")
    settled(page)
    assert page.url.endswith("/?client=x&function=support")
    assert page.get_by_role("dialog").count() == 0
    assert page.get_by_role("button", name=say("access.sign_in"), exact=True).is_enabled()


def test_headers_are_sent_and_inner_doors_are_closed(server) -> None:
    with urllib.request.urlopen(f"{server.url}/") as answer:
        for name in (
            "Content-Security-Policy",
            "X-Content-Type-Options",
            "X-Frame-Options",
            "Referrer-Policy",
            "Permissions-Policy",
        ):
            assert answer.headers[name]
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    for path in ("/_stcore/metrics", "/_stcore/agent/interact", "/media/0123456789abcdef.csv"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(server.url + path)
        assert refused.value.code == 404


def test_without_sign_in_it_does_not_listen_for_others(tmp_path) -> None:
    empty = tmp_path / "secrets.toml"
    empty.write_text("")
    ended = subprocess.run(
        servers.streamlit(
            "serve.py",
            servers.free_port(),
            *("--server.address", "0.0.0.0", "--secrets.files", str(empty)),
        ),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=servers.PATIENCE,
        env=os.environ | {"ATTUNE_DATABASE_URL": str(tmp_path / "a.sqlite")},
    )
    assert ended.returncode == 1
    assert say("access.refuses_to_listen", address="0.0.0.0") in ended.stdout + ended.stderr
