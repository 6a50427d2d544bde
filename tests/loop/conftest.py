"""Fixtures of the story from upload to read-out."""

from __future__ import annotations

import pytest

from metrics.model import Profile
from workspaces.access import LOCAL, enter
from workspaces.store import Store


@pytest.fixture
def workspace(tmp_path):
    store = Store.open(str(tmp_path / "a.sqlite"))
    client = store.create_client(Profile("Small", ("support",)), "tests")
    yield enter(store, LOCAL, client)
    store.close()
