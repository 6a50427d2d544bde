"""What Attune takes from Streamlit's inside, one test an assumption: an upgrade breaks here."""

from __future__ import annotations

import hashlib
import json
import logging
import runpy
from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest
from streamlit import auth_util, net_util, runtime
from streamlit import logger as logs
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec
from streamlit.testing.v1 import AppTest
from streamlit.web.server import server_util
from streamlit.web.server.starlette import (
    starlette_app,
    starlette_app_utils,
    starlette_auth_routes,
    starlette_routes,
)

from ui.door import streamlit as door


def test_ask_nobody_for_the_address(monkeypatch) -> None:
    asked = []
    monkeypatch.setattr(net_util, "get_external_ip", net_util.get_external_ip)
    monkeypatch.setattr(net_util, "_make_blocking_http_get", lambda *a, **k: asked.append(a))
    server_util.is_url_from_allowed_origins("https://evil.example.com")
    assert asked, "Streamlit asks unless it is kept from it"
    asked.clear()
    door.ask_nobody_for_the_address()
    assert not server_util.is_url_from_allowed_origins("https://evil.example.com")
    assert not asked


@pytest.mark.parametrize("groups", [1, 300], ids=["one cookie", "a cookie in parts"])
def test_claims_of(monkeypatch, groups) -> None:
    """Cookies are written by Streamlit's own routes and read by us."""
    monkeypatch.setattr(server_util, "get_cookie_secret", lambda: "s" * 40)
    monkeypatch.setattr(starlette_auth_routes, "get_cookie_secret", lambda: "s" * 40)
    monkeypatch.setattr(door, "get_cookie_secret", lambda: "s" * 40)
    written: dict[str, str] = {}
    sign = starlette_auth_routes._create_signed_value_wrapper
    # Digests, for a cookie is compressed before it is cut.
    listed = [hashlib.sha256(bytes([each % 256])).hexdigest() for each in range(groups)]
    claims = {"email": "anna@example.com", "name": "Änne", "groups": listed}
    auth_util.set_cookie_with_chunks(
        lambda name, value: written.update({name: sign(name, value).decode("latin-1")}),
        sign,
        server_util.AUTH_COOKIE_NAME,
        claims,
        cookie_attr_size=100,
    )
    assert (len(written) > 1) is (groups > 100)
    assert door.claims_of(written) == claims
    name = door.COOKIE
    assert door.claims_of({}) == {}
    assert door.claims_of(written | {name: written[name][:-1]}) == {}
    foreign = starlette_app_utils.create_signed_value("t" * 40, name, json.dumps(claims))
    assert door.claims_of({name: foreign.decode()}) == {}


def test_file_at(monkeypatch) -> None:
    files = MediaFileManager(MemoryMediaFileStorage("/media"))
    monkeypatch.setattr(runtime, "get_instance", lambda: SimpleNamespace(media_file_mgr=files))
    address = files.add(b"what a page made", "text/csv", "place")
    assert address.startswith(door.MEDIA)
    name = address.removeprefix(door.MEDIA)
    assert door.file_at(name) == b"what a page made"
    assert door.file_at("0123456789abcdef.csv") is None


def test_waiting_bytes_and_in_session(monkeypatch) -> None:
    """What Streamlit's own manager keeps of a session's files, as its upload route adds them."""
    kept = MemoryUploadedFileManager("/_stcore/upload_file")
    kept.add_file("one", UploadedFileRec("a", "a.csv", "text/csv", b"12345"))
    kept.add_file("one", UploadedFileRec("b", "b.csv", "text/csv", b"123"))
    kept.add_file("two", UploadedFileRec("c", "c.csv", "text/csv", b"1"))
    known = SimpleNamespace(uploaded_file_mgr=kept, is_active_session=lambda one: one == "one")
    monkeypatch.setattr(runtime, "get_instance", lambda: known)
    monkeypatch.setattr(runtime, "exists", lambda: True)
    assert door.waiting_bytes() == {"one": 8, "two": 1}
    kept.remove_file("one", "a")
    kept.remove_session_files("two")
    assert door.waiting_bytes() == {"one": 3}
    assert door.in_session("one")
    assert not door.in_session("two")
    (address,) = kept.get_upload_urls("one", ["a.csv"])
    assert address.upload_url.startswith(f"{door.INCOMING}one/")
    assert hasattr(runtime.Runtime, "uploaded_file_mgr")
    assert hasattr(runtime.Runtime, "is_active_session")


def test_this_session() -> None:
    def page() -> None:
        import streamlit as st

        from ui.door.streamlit import this_session

        st.session_state["seen"] = this_session()

    assert door.this_session() is None
    assert AppTest.from_function(page).run().session_state["seen"]


def test_log_through(monkeypatch) -> None:
    """Loggers that Streamlit made before and makes later write through the one handler."""
    monkeypatch.setattr(logs, "setup_formatter", logs.setup_formatter)
    monkeypatch.setattr(logs, "_loggers", {})
    early = logs.get_logger("test.early")
    handler = logging.NullHandler()
    door.log_through(handler)
    logs.update_formatter()
    for one in (early, logs.get_logger("test.late")):
        assert one.handlers == [handler]
        assert not one.propagate


def test_this_run() -> None:
    """One object for a run and its callbacks; another for the next, also where a run asks for it."""

    def page() -> None:
        import streamlit as st

        from ui.door.streamlit import this_run

        def note() -> None:
            st.session_state.setdefault("seen", []).append(this_run())

        note()
        note()
        if st.button("again", on_click=note) and len(st.session_state["seen"]) < 6:
            st.rerun()

    assert door.this_run() is None
    app = AppTest.from_function(page).run()
    first, same = app.session_state["seen"]
    assert first is same
    app.button[0].click().run()
    _, _, called_back, second, also, third, last = app.session_state["seen"]
    assert called_back is second is also
    assert third is last
    assert len({id(first), id(second), id(third)}) == 3


def test_calling_page(tmp_path) -> None:
    page = tmp_path / "measure.py"
    page.write_text("found = guard()\n")

    def guard() -> object:
        return door.calling_page()

    assert runpy.run_path(str(page), {"guard": guard})["found"] == page


def test_routes_are_where_the_gate_stands() -> None:
    paths = {route.path for route in starlette_app.create_streamlit_routes(MagicMock())}
    # The third stands only where the server is told to run a script to see whether it is well.
    paths |= {r.path for r in starlette_routes.create_script_health_routes(MagicMock(), None)}
    for closed in door.CLOSED:
        assert any(path.startswith(closed) for path in paths), closed
    assert any(path.startswith(door.MEDIA) for path in paths)
    assert {door.SIGN_IN, door.SIGNED_IN} <= paths
    # A route that an upgrade adds is looked at before it is let through.
    known = ("/_stcore/", door.MEDIA, "/auth/", "/component/", door.SIGNED_IN)
    assert not {path for path in paths if path and not path.startswith(known)}
