"""Fixtures every test may ask for."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import loop
from metrics.model import Snapshot
from metrics.report import Report
from tests.databases import database_url, postgresql, store
from workspaces.store import Store

__all__ = ["database_url", "postgresql", "store"]


@dataclass(frozen=True)
class Sample:
    """The sample company, read from its files and computed once for the whole run."""

    path: Path
    store: Store
    client: str
    revision: int
    report: Report
    truth: dict

    @property
    def snapshot(self) -> Snapshot:
        return self.store.snapshot(self.client)

    def copy(self, path: Path) -> Path:
        """Write a database of its own, for a test that changes something."""
        with sqlite3.connect(self.path) as source, sqlite3.connect(path) as target:
            source.backup(target)
        return path


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sample]:
    """The sample company in a SQLite file, its report computed and kept."""
    path = tmp_path_factory.mktemp("sample") / "attune.sqlite"
    opened = Store.open(str(path))
    client, revision = loop.load_sample(opened, "tests")
    truth = json.loads((loop.ROOT / "sample_data" / "truth.json").read_text(encoding="utf-8"))
    yield Sample(path, opened, client, revision, loop.report(opened, client), truth)
    opened.close()
