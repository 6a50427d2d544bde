"""A database written by 0.1.0, before everything moved: it opens, and what was issued stands.

``before_0_2.sqlite.gz`` holds one client with a revision of observations, one read-out that was
issued, forecasts that were frozen and one changed assumption, saved by the last 0.1.0.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from loop import readouts, reports
from workspaces.access import LOCAL, enter
from workspaces.store import Store

KEPT = Path(__file__).parent / "before_0_2.sqlite.gz"


@pytest.fixture
def opened(tmp_path: Path):
    file = tmp_path / "before.sqlite"
    file.write_bytes(gzip.decompress(KEPT.read_bytes()))
    store = Store.open(str(file))
    yield store
    store.close()


def test_an_issued_read_out_of_before_says_what_it_said(opened) -> None:
    client = opened.clients()[0].id
    (one,) = readouts.history(enter(opened, LOCAL, client))
    report = readouts.issued_report(enter(opened, LOCAL, client), one)
    document = json.loads(opened.issued_report(client, one.files["document"]))
    assert document["client"] == report.client == "Before Ltd"
    values = report.measures.values
    said = [row["value"] for row in document["parts"]["measures"]["values"]]
    assert len(said) > 100
    assert values["value"].tolist() == pytest.approx(
        [float("nan") if value is None else value for value in said], nan_ok=True
    )
    assert len(one.values) > 10


def test_everything_of_before_is_computed_anew_and_nothing_entered_is_lost(opened) -> None:
    client = opened.clients()[0].id
    snapshot = opened.snapshot(client)
    assert len(snapshot["observations"]) == 216
    assert snapshot["initiatives"]["initiative"].tolist() == ["Answers by peers"]
    assert len(snapshot["issued_forecasts"])
    chosen = reports.assumptions(enter(opened, LOCAL, client))
    assert list(chosen.changes.values()) == [0.4]
    report = reports.report(enter(opened, LOCAL, client))
    assert report.code_version == reports.code_version()
    assert len(report.measures.values)
