"""What was saved is what is read, at every revision, on both databases."""

from __future__ import annotations

import sys
from datetime import date

import pandas as pd
import pytest
from sqlalchemy.exc import IntegrityError

from metrics.errors import AttuneError, InvalidInput, StaleRevision
from metrics.frames import OBSERVATIONS
from metrics.model import Profile
from workspaces import database, tables
from workspaces.revisions import utc_now
from workspaces.store import NewUpload, Store

PROFILE = Profile(
    "Ärger & Söhne",
    ("support", "sales"),
    not_applicable={"people": "outsourced"},
    teams={"north": ("N", "Nord"), "south": ()},
    exchange_rates={"USD": 0.9},
    fiscal_year_start=4,
)


def rows(*values: float, upload: str = "", month: str = "2026-01-01") -> pd.DataFrame:
    """Observations with these values, one a row."""
    return pd.DataFrame(
        {
            "function": "support",
            "team": "north",
            "month": pd.Timestamp(month),
            "measure": "tickets",
            "value": values,
            "upload": upload,
        }
    )


def values(store: Store, client: str, revision: int | None = None) -> list[float]:
    return store.snapshot(client, revision)["observations"]["value"].tolist()


@pytest.fixture
def client(store: Store) -> str:
    return store.create_client(PROFILE, "anna", date(2026, 3, 31))


def test_a_new_client_has_its_profile_and_nothing_else(store: Store, client: str) -> None:
    snapshot = store.snapshot(client)
    assert snapshot.profile == PROFILE
    assert (snapshot.revision, snapshot.as_of) == (1, date(2026, 3, 31))
    assert snapshot["observations"].empty
    assert [each.id for each in store.clients()] == [client]


def test_ids_are_safe_in_an_address_and_never_come_twice(store: Store, client: str) -> None:
    other = store.create_client(PROFILE, "anna")
    assert other != client
    assert client.startswith("arger-sohne-")
    assert set(client) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert store.create_client(Profile("東京", ()), "anna").startswith("client-")


def test_a_save_keeps_rows_originals_and_documents(store: Store, client: str) -> None:
    upload = NewUpload("tickets.csv", b"raw \x00 bytes", "zendesk", "2 months")
    saved = store.save(
        client,
        1,
        "anna",
        "ingest",
        uploads=[upload],
        frames={"observations": rows(1, 2)},
        documents={"assumptions": {"rate": 0.1, "name": "Größe"}},
        as_of=date(2026, 6, 30),
    )
    snapshot = store.snapshot(client)
    assert saved == snapshot.revision == store.revision(client) == 2
    expected = OBSERVATIONS.conform(rows(1, 2, upload="r2.1"))
    pd.testing.assert_frame_equal(snapshot["observations"], expected)
    assert store.original(client, "r2.1") == ("tickets.csv", b"raw \x00 bytes")
    assert store.document(client, "assumptions") == {"rate": 0.1, "name": "Größe"}
    assert store.document(client, "assumptions", 1) is None
    assert store.snapshot(client, 1).as_of == date(2026, 3, 31)
    assert snapshot.as_of == date(2026, 6, 30)
    listed = store.uploads(client)
    assert listed[["upload", "name", "source", "summary", "size"]].values.tolist() == [
        ["r2.1", "tickets.csv", "zendesk", "2 months", 11]
    ]
    history = store.history(client)
    assert history.columns.tolist() == ["revision", "at", "author", "action", "summary"]
    assert history["action"].tolist() == ["create", "ingest"]


def test_missing_numbers_and_months_survive(store: Store, client: str) -> None:
    frame = rows(float("nan"), 2).assign(reason=["month_not_over", ""])
    initiatives = pd.DataFrame({"initiative": ["forum"], "end": [pd.NaT]})
    store.save(client, 1, "anna", "x", frames={"observations": frame, "initiatives": initiatives})
    snapshot = store.snapshot(client)
    assert snapshot["observations"]["value"].isna().tolist() == [True, False]
    assert snapshot["observations"]["reason"].tolist() == ["month_not_over", ""]
    assert snapshot["initiatives"]["end"].isna().all()


def test_rows_of_two_files_go_to_their_own_upload(store: Store, client: str) -> None:
    frame = pd.concat([rows(1, upload="a.csv"), rows(2, upload="b.csv")])
    files = [NewUpload("a.csv", b"a"), NewUpload("b.csv", b"b")]
    store.save(client, 1, "anna", "x", uploads=files, frames={"observations": frame})
    assert store.snapshot(client)["observations"]["upload"].tolist() == ["r2.1", "r2.2"]
    store.save(client, 2, "anna", "remove", retire_uploads=["r2.1"])
    assert values(store, client) == [2]
    assert store.uploads(client)["upload"].tolist() == ["r2.2"]
    assert store.uploads(client, 2)["upload"].tolist() == ["r2.1", "r2.2"]
    assert store.original(client, "r2.1") == ("a.csv", b"a")


def test_the_upload_of_a_frame_without_that_column_is_remembered(store: Store, client: str) -> None:
    answers = pd.DataFrame({"question": ["STR-1"], "value": [0.5]})
    store.save(client, 1, "a", "x", uploads=[NewUpload("a", b"a")], frames={"answers": answers})
    assert len(store.snapshot(client)["answers"]) == 1
    store.save(client, 2, "a", "x", retire_uploads=["r2.1"])
    assert store.snapshot(client)["answers"].empty


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"frames": {"nonsense": rows(1)}}, "unknown_frame"),
        ({"frames": {"observations": rows(1).assign(colour="red")}}, "unknown_column"),
        ({"frames": {"observations": rows(1, upload="r9.1")}}, "unknown_upload"),
        ({"retire_uploads": ["r9.1"]}, "unknown_upload"),
        ({"documents": {"assumptions": {"rate": float("nan")}}}, "document_not_storable"),
        (
            {
                "uploads": [NewUpload("a", b"a"), NewUpload("b", b"b")],
                "frames": {"observations": rows(1)},
            },
            "upload_unclear",
        ),
    ],
)
def test_what_is_refused_leaves_nothing(store: Store, client: str, arguments, code) -> None:
    with pytest.raises(InvalidInput) as refused:
        store.save(client, 1, "anna", "x", **arguments)
    assert refused.value.code == code
    assert store.revision(client) == 1
    assert len(store.history(client)) == 1
    assert store.uploads(client).empty


def test_a_stale_writer_learns_what_changed(store: Store, client: str) -> None:
    store.save(client, 1, "anna", "ingest", frames={"observations": rows(1)})
    with pytest.raises(StaleRevision) as refused:
        store.save(client, 1, "bert", "ingest", frames={"observations": rows(9)})
    facts = refused.value.facts
    assert (facts["expected"], facts["current"]) == (1, 2)
    assert [(c["author"], c["action"]) for c in facts["changes"]] == [("anna", "ingest")]
    assert values(store, client) == [1]
    with pytest.raises(StaleRevision):
        store.undo(client, 1, "bert")


def test_undo_and_redo_are_new_revisions(store: Store, client: str) -> None:
    first = NewUpload("a", b"a")
    store.save(client, 1, "a", "x", uploads=[first], frames={"observations": rows(1, 2)})
    store.save(client, 2, "a", "x", frames={"observations": rows(3)}, as_of=date(2026, 9, 30))
    assert store.undo(client, 3, "a") == 4
    assert values(store, client) == [1, 2]
    assert store.snapshot(client).as_of == date(2026, 3, 31)
    assert store.undo(client, 4, "a") == 5
    assert values(store, client) == [1, 2, 3]
    assert store.undo(client, 5, "a", revision=1) == 6
    assert values(store, client) == []
    assert store.uploads(client).empty
    again = store.undo(client, 6, "a", revision=3)
    pd.testing.assert_frame_equal(
        store.snapshot(client, again)["observations"], store.snapshot(client, 3)["observations"]
    )
    assert [values(store, client, n) for n in range(1, 8)] == [
        [],
        [1, 2],
        [1, 2, 3],
        [1, 2],
        [1, 2, 3],
        [],
        [1, 2, 3],
    ]
    with pytest.raises(InvalidInput):
        store.undo(client, 7, "a", revision=8)


def test_a_frame_given_whole_replaces_only_what_differs(store: Store, client: str) -> None:
    for number, name in enumerate("ab", 1):
        file = NewUpload(name, name.encode())
        store.save(client, number, "a", "x", uploads=[file], frames={"observations": rows(number)})
    shown = store.snapshot(client)["observations"]
    shown.loc[1, "value"] = 20.0
    store.save(client, 3, "a", "edit", frames={"observations": shown}, replace=["observations"])
    assert values(store, client) == [1, 20]
    assert values(store, client, 3) == [1, 2]
    assert store.snapshot(client)["observations"]["upload"].tolist() == ["r2.1", "r3.1"]
    with store.engine.connect() as connection:
        kept = connection.exec_driver_sql(
            "SELECT source FROM item WHERE kind = 'frame' AND retired IS NULL AND added = 2"
        ).fetchall()
    assert [row[0] for row in kept] == ["r2.1"]


def test_a_second_share_of_an_upload_is_refused(store: Store, client: str) -> None:
    file = NewUpload("a", b"a")
    store.save(client, 1, "a", "x", uploads=[file], frames={"observations": rows(1)})
    with pytest.raises(InvalidInput, match="upload_has_frame_already"):
        store.save(client, 2, "a", "x", frames={"observations": rows(2, upload="r2.1")})


def test_documents_show_their_history(store: Store, client: str) -> None:
    for number, rate in ((1, 0.1), (2, 0.2)):
        store.save(client, number, "anna", "tune", documents={"assumptions": {"rate": rate}})
    history = store.document_history(client, "assumptions")
    assert [(h["revision"], h["author"], h["document"]["rate"]) for h in history] == [
        (2, "anna", 0.1),
        (3, "anna", 0.2),
    ]
    assert store.document(client, "assumptions", 2) == {"rate": 0.1}


def test_a_new_profile_renames_the_client_and_undo_names_it_back(store: Store, client: str) -> None:
    store.save(client, 1, "a", "profile", profile=Profile("New name", ("sales",)))
    assert store.clients()[0].name == "New name"
    store.undo(client, 2, "a")
    assert store.clients()[0].name == PROFILE.name
    assert store.snapshot(client).profile == PROFILE


def test_parts_are_kept_by_revision_and_key(store: Store, client: str) -> None:
    assert store.part(client, 1, "kpis") is None
    store.keep_part(client, 1, "kpis", b"first")
    store.keep_part(client, 1, "kpis", b"second")
    assert store.part(client, 1, "kpis") == b"first"
    assert store.part(client, 2, "kpis") is None
    for number in range(1, 22):
        store.save(client, number, "a", "x")
    store.keep_part(client, 22, "kpis", b"new")
    assert store.part(client, 1, "kpis") is None
    assert store.part(client, 22, "kpis") == b"new"


def test_an_issued_report_is_served_byte_for_byte(store: Store, client: str) -> None:
    identifier = store.issue(client, 1, "pptx", b"\x00deck", "anna")
    store.save(client, 1, "a", "x", frames={"observations": rows(1)})
    assert store.issued_report(client, identifier) == b"\x00deck"
    assert store.issued(client)[["id", "revision", "kind"]].values.tolist() == [
        [identifier, 1, "pptx"]
    ]
    with pytest.raises(InvalidInput):
        store.issue(client, 9, "pdf", b"", "anna")


def test_clients_do_not_see_each_other(store: Store, client: str) -> None:
    other = store.create_client(Profile("Other", ()), "a")
    file = NewUpload("secret.csv", b"secret")
    store.save(client, 1, "a", "x", uploads=[file], frames={"observations": rows(1)})
    identifier = store.issue(client, 2, "pdf", b"x", "a")
    store.keep_part(client, 1, "kpis", b"x")
    assert store.snapshot(other)["observations"].empty
    assert store.part(other, 1, "kpis") is None
    for read, name in ((store.original, "r2.1"), (store.issued_report, identifier)):
        with pytest.raises(InvalidInput):
            read(other, name)
    with pytest.raises(InvalidInput, match="unknown_client"):
        store.snapshot("nobody")


def test_everything_is_there_after_reopening(database_url: str) -> None:
    first = Store.open(database_url)
    client = first.create_client(PROFILE, "a")
    first.save(client, 1, "a", "x", frames={"observations": rows(1, 2)})
    first.close()
    second = Store.open(database_url)
    assert values(second, client) == [1, 2]
    second.close()


def test_a_database_of_a_newer_version_is_left_alone(store: Store, database_url: str) -> None:
    with store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(AttuneError) as refused:
        Store.open(database_url)
    assert refused.value.code == "newer_schema"


def test_the_address_comes_from_the_environment(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv(database.VARIABLE, "postgresql://somebody@server/attune")
    assert database.address().drivername == "postgresql+psycopg"
    monkeypatch.delenv(database.VARIABLE)
    assert database.address().database.endswith("data/attune.sqlite")
    assert database.address(str(tmp_path / "x")).database == str(tmp_path / "x")


def test_a_missing_driver_is_named(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(AttuneError) as refused:
        database.connect(database.address("postgresql://somebody@server/attune"))
    assert refused.value.code == "driver_missing"
    assert refused.value.facts == {"driver": "psycopg"}


def test_database_errors_tell_no_client_data(store: Store, client: str) -> None:
    row = {"id": client, "name": "very secret name", "revision": 1, "created": utc_now()}
    with pytest.raises(IntegrityError) as refused, database.writing(store.engine) as connection:
        connection.execute(tables.client.insert(), row)
    assert "very secret name" not in str(refused.value)
