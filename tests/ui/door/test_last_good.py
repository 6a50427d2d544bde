"""A page over a disk that fails: a sentence, and the last figures that could be read."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from metrics.frames import OBSERVATIONS
from metrics.functions import KPIS
from metrics.model import ALL, Profile
from tests.support.places import ROOT
from tests.support.servers import PATIENCE
from ui.door import cached
from words import say
from workspaces import faults
from workspaces.store import Store

pytestmark = pytest.mark.slow
COST = KPIS["cost_per_resolution"]


def observations(cost: int) -> pd.DataFrame:
    months = pd.date_range("2026-01-01", periods=6, freq="MS", unit="us")
    rows = [
        {
            "function": "support",
            "measure": measure,
            "team": "North",
            "item": ALL,
            "constituency": ALL,
            "month": month,
            "value": value,
        }
        for month in months
        for measure, value in ((COST.numerator[0], cost), (COST.denominator[0], 100))
    ]
    return OBSERVATIONS.conform(pd.DataFrame(rows)).assign(upload="")


@pytest.fixture
def path(tmp_path, monkeypatch):
    """A client whose second revision costs 10 a case and whose third costs 15."""
    place = tmp_path / "attune.sqlite"
    monkeypatch.setenv("ATTUNE_DATABASE_URL", str(place))
    monkeypatch.setattr(faults, "_noted", {})
    store = Store.open(str(place))
    client = store.create_client(Profile("Acme", ("support",)), "anna", date(2026, 7, 5))
    for number, cost in ((1, 1000), (2, 1500)):
        frames = {"observations": observations(cost)}
        store.save(client, number, "anna", "entered", replace=["observations"], frames=frames)
    store.close()
    cached.store.clear()
    yield place
    cached.store.clear()


def indicators() -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE).run()
    return app.switch_page("pages/indicators.py").run()


def shown(app: AppTest) -> str:
    return " ".join([*(str(e.value) for e in app.main if hasattr(e, "value")), *html(app)])


def html(app: AppTest) -> list[str]:
    return [each.proto.body for each in app.get("html")]


def test_a_revision_that_is_damaged_gives_way_to_the_one_before(path) -> None:
    with closing(sqlite3.connect(path)) as raw:
        raw.execute(
            "UPDATE blob SET data = zeroblob(length(data)) WHERE sha256 = (SELECT sha256 FROM item"
            " WHERE kind = 'frame' AND name = 'observations' AND retired IS NULL)"
        )
        raw.execute("DELETE FROM part")
        raw.commit()
    app = indicators()
    assert not app.exception
    said = [each.value for each in app.warning]
    assert any(say("errors.last_good_revision", revision=2) in text for text in said), said
    assert any(say("errors.disk_damaged") in text for text in said)
    assert "€10" in shown(app)
    assert "€15" not in shown(app)


def test_a_file_that_can_be_read_no_more_leaves_the_last_figures(path) -> None:
    app = indicators()
    assert "€15" in shown(app)
    assert not app.warning
    cached.store().engine.dispose()
    path.write_bytes(b"\xff" * path.stat().st_size)
    for log in ("-wal", "-shm"):
        Path(f"{path}{log}").unlink(missing_ok=True)
    again = app.run()
    assert not again.exception
    assert any(say("errors.last_good") in each.value for each in again.warning)
    assert "€15" in shown(again)


def test_without_anything_read_before_there_is_a_sentence(path) -> None:
    path.write_bytes(b"\xff" * path.stat().st_size)
    for log in ("-wal", "-shm"):
        Path(f"{path}{log}").unlink(missing_ok=True)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE).run()
    assert not app.exception
    assert [each.value for each in app.error] == [say("errors.disk_damaged")]
