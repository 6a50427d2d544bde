"""A database written by 0.1.0, before everything moved: it opens, and what was issued stands.

``before_0_2.sqlite.gz`` holds one client with a revision of observations, one read-out that was
issued, forecasts that were frozen and one changed assumption, saved by the last 0.1.0.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from loop import readouts, reports, review
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


def _mapped(store: Store, client: str, layout: str, source: str, **about) -> int:
    """Save a mapping as versions before wrote it: a document of the revision alone."""
    known = (store.document(client, "mappings") or {}).get("entries", [])
    entry = {"layout": layout, "file": "a.csv", "source": source, "columns": {}, **about}
    entries = [*(e for e in known if e["layout"] != layout), entry]
    documents = {"mappings": {"entries": entries}}
    return store.save(client, store.revision(client), "ann", "ingest", documents=documents)


def test_mappings_of_all_revisions_are_the_clients_and_the_newest_wins(opened) -> None:
    client = opened.clients()[0].id
    workspace = enter(opened, LOCAL, client)
    before = opened.revision(client)
    assert review.mappings(workspace) == []
    _mapped(opened, client, "one", "zendesk_tickets", by="ann")
    _mapped(opened, client, "two", "costs")
    _mapped(opened, client, "one", "freshdesk_tickets", by="bob")
    opened.undo(client, opened.revision(client), "tests", before)
    assert opened.document(client, "mappings") is None, "the revision knows of none"
    known = {one.entry["layout"]: one for one in review.remembered(workspace)}
    assert {layout: one.entry["source"] for layout, one in known.items()} == {
        "one": "freshdesk_tickets",
        "two": "costs",
    }
    (earlier,) = known["one"].earlier
    assert (earlier["source"], known["one"].author) == ("zendesk_tickets", "bob")
    assert known["two"].earlier == ()
    assert known["two"].author == "ann", "who saved it, where the entry does not say who decided"


def test_going_back_to_an_older_revision_is_no_newer_word_on_a_mapping(opened) -> None:
    client = opened.clients()[0].id
    workspace = enter(opened, LOCAL, client)
    first = _mapped(opened, client, "one", "zendesk_tickets")
    _mapped(opened, client, "one", "freshdesk_tickets")
    opened.undo(client, opened.revision(client), "tests", first)
    assert opened.document(client, "mappings")["entries"][0]["source"] == "zendesk_tickets"
    assert [e["source"] for e in review.mappings(workspace)] == ["freshdesk_tickets"]
    number = review.forget_mapping(workspace, opened.revision(client), "one")
    assert number == opened.revision(client)
    assert [e["source"] for e in review.mappings(workspace)] == [""]
