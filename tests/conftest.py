"""Fixtures every test may ask for."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from loop import reports
from loop.sample import load_sample
from metrics.model import Snapshot
from metrics.report import Report
from tests.support import servers
from tests.support.databases import PostgresqlServer, postgresql_binaries
from tests.support.places import ROOT, SAMPLE
from workspaces.access import LOCAL, Workspace, enter
from workspaces.store import Store

# No test depends on how long anything takes.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")


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

    @property
    def workspace(self) -> Workspace:
        """The sample as the local person may use it."""
        return enter(self.store, LOCAL, self.client)

    def copy(self, path: Path) -> Path:
        """Write a database of its own, for a test that changes something."""
        with sqlite3.connect(self.path) as source, sqlite3.connect(path) as target:
            source.backup(target)
        return path


BEHIND_THE_SAMPLE = ("ingest", "loop", "metrics", "sample_data", "words", "workspaces")


def _state_of_the_code() -> str:
    """Return a hash of every file that can change the sample's database or report."""
    state = hashlib.sha256()
    for folder in BEHIND_THE_SAMPLE:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and path.suffix not in (".pyc", ".sqlite"):
                state.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return state.hexdigest()[:16]


def _shared(folder: Path) -> Path:
    """Return the folder in which one worker has put the sample; the first to come does it.

    Who runs single tests again and again names a folder in ``ATTUNE_TEST_SAMPLES``: the sample is
    kept there for as long as no file behind it changes.
    """
    place = folder / "sample-of-all-workers"
    if kept := os.environ.get("ATTUNE_TEST_SAMPLES"):
        place = Path(kept) / _state_of_the_code()
    try:
        place.mkdir(parents=True)
    except FileExistsError:
        until = time.monotonic() + servers.PATIENCE
        while not (place / "ready").exists():
            if (place / "failed").exists() or time.monotonic() > until:
                pytest.fail("the sample company could not be set up by another worker")
            time.sleep(0.2)
        return place
    try:
        with closing(Store.open(str(place / "attune.sqlite"))) as opened:
            load_sample(opened, LOCAL)
    except BaseException:
        (place / "failed").touch()
        raise
    (place / "ready").touch()
    return place


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sample]:
    """The sample company in a SQLite file, its report computed and kept; never written to."""
    base = tmp_path_factory.getbasetemp()
    place = _shared(base.parent if "PYTEST_XDIST_WORKER" in os.environ else base)
    path = tmp_path_factory.mktemp("sample") / "attune.sqlite"
    shutil.copy(place / "attune.sqlite", path)
    opened = Store.open(str(path))
    client, revision = load_sample(opened, LOCAL)
    truth = json.loads((SAMPLE / "truth.json").read_text(encoding="utf-8"))
    yield Sample(
        path, opened, client, revision, reports.report(enter(opened, LOCAL, client)), truth
    )
    opened.close()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresqlServer]:
    """A running PostgreSQL server, or a skip that says why there is none."""
    binaries = postgresql_binaries()
    if binaries is None:
        reason = "no PostgreSQL server is installed (initdb not found)"
        if os.environ.get("ATTUNE_DEMAND") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    server = PostgresqlServer(binaries)
    yield server
    server.stop()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a new, empty database of each kind."""
    if request.param == "sqlite":
        return str(tmp_path / "attune.sqlite")
    return request.getfixturevalue("postgresql").create()


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A store in a new database."""
    opened = Store.open(database_url)
    yield opened
    opened.close()
