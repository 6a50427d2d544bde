"""What every test of a page stands on: this machine, a database, a page by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from tests.support.places import ROOT
from tests.support.servers import PATIENCE
from ui.door import gate
from workspaces.store import Store

HERE = Path(__file__).parent


OPENS_PAGES = {"alone", "company", "database", "own", "settings", "small"}
QUICK = {"test_without_a_client_the_way_in_is_shown"}
"""Of the tests that open pages: what proves that each can be loaded and asks who is there."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A page takes a second or more to open: such tests are slow ones."""
    for item in items:
        here = item.path.is_relative_to(HERE) and item.originalname not in QUICK
        if here and OPENS_PAGES & set(item.fixturenames):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(autouse=True)
def at_this_machine(monkeypatch) -> None:
    """The test client names no address of a browser, and no server stands before it."""
    gate.note_server()
    monkeypatch.setattr(ContextProxy, "ip_address", property(lambda _: None))


@pytest.fixture
def database(tmp_path, monkeypatch) -> Iterator[Path]:
    """A new database behind the app; what the process cached is forgotten."""
    path = tmp_path / "attune.sqlite"
    monkeypatch.setenv("ATTUNE_DATABASE_URL", str(path))
    st.cache_resource.clear()
    yield path
    st.cache_resource.clear()


@pytest.fixture
def company(sample, monkeypatch) -> Iterator[Store]:
    """The sample company behind the app; these tests only look."""
    monkeypatch.setenv("ATTUNE_DATABASE_URL", str(sample.path))
    st.cache_resource.clear()
    yield sample.store
    st.cache_resource.clear()


@pytest.fixture
def alone(monkeypatch):
    """Open a page without the menu: the test client forgets widgets of pages it switched to."""
    monkeypatch.setattr("ui.door.session.guard", lambda: None)

    def open_alone(page: str, **address: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "pages" / f"{page}.py"), default_timeout=PATIENCE)
        for key, value in address.items():
            app.query_params[key] = value
        return app.run()

    return open_alone
