"""A warehouse: tables counted where they are, pulled month by month, and every way it can fail."""

from __future__ import annotations

import os
from contextlib import closing
from datetime import date

import ibis
import pandas as pd
import pytest

from ingest.warehouse import pull as warehouse
from ingest.warehouse.connection import Connection, TableMap, without_secret
from loop import connections, uploads
from metrics.errors import AttuneError, InvalidInput
from metrics.model import Profile
from workspaces.access import LOCAL, enter
from workspaces.store import Store

COLUMNS = {
    "ticket": "ticket_id",
    "created_at": "opened",
    "solved_at": "closed",
    "group": "team",
    "status": "state",
    "channel": "via",
}
FIRST = """
CREATE TABLE {table} (ticket_id bigint PRIMARY KEY, opened timestamp, closed timestamp,
                      team text, state text, via text);
INSERT INTO {table} SELECT n, timestamp '2024-01-01' + n * interval '8 hours',
  timestamp '2024-01-01' + n * interval '8 hours' + interval '5 hours',
  CASE n % 3 WHEN 0 THEN 'north' WHEN 1 THEN 'North' ELSE 'South' END, 'solved', 'Mail'
FROM generate_series(0, 1000) n;
"""


@pytest.fixture
def table(postgresql):
    """A fresh table of 1,001 tickets, three a day from January 2024 on."""
    name = f"tickets_{os.urandom(4).hex()}"
    postgresql.execute(FIRST.format(table=name))
    yield name
    postgresql.execute(f"DROP TABLE IF EXISTS {name}")


def mapped(postgresql, table: str, **changed) -> Connection:
    address = f"postgresql://attune@localhost/postgres?host={postgresql.folder}"
    one = {
        "source": "zendesk_tickets",
        "table": f"public.{table}",
        "columns": COLUMNS,
        "unique": True,
    }
    return Connection("Desk", address, (TableMap(**(one | changed)),))


@pytest.fixture
def store(tmp_path):
    with closing(Store.open(str(tmp_path / "store.sqlite"))) as opened:
        yield opened


PROFILE = Profile("A", ("support",), teams={"North": ("north",), "South": ()})


def tickets(frame: pd.DataFrame) -> pd.Series:
    rows = frame[frame["measure"] == "tickets"]
    return rows.groupby(["team", "month"])["value"].sum()


def test_a_pull_counts_by_hand(postgresql, table):
    """93 tickets in January (31 days × 3), a third of each spelling; North has two of them."""
    found, files = warehouse.pull(mapped(postgresql, table), PROFILE, date(2024, 11, 30))
    january = tickets(found.frames["observations"]).xs(pd.Timestamp("2024-01-01"), level="month")
    assert january.to_dict() == {"North": 62, "South": 31}
    ((name, sql),) = files
    assert name == f"Desk public.{table}.sql"
    assert b"GROUP BY" in sql
    assert len(found.frames["observations"]) < 200, "only monthly sums leave the warehouse"
    assert found.tables[0].rows == 1001


def test_a_pull_equals_the_upload_of_the_same_rows(postgresql, table):
    rows = pd.DataFrame(
        _all(postgresql, table), columns=["Id", "Created at", "Solved at", "Group", "Status", "Via"]
    )
    lines = rows.to_csv(index=False).encode()
    uploaded = uploads.check([("tickets.csv", lines)], PROFILE, as_of=date(2024, 11, 30))
    pulled, _ = warehouse.pull(mapped(postgresql, table), PROFILE, date(2024, 11, 30))
    key = ["function", "team", "item", "measure", "month"]
    one, two = (
        found.frames["observations"].set_index(key)["value"].sort_index()
        for found in (uploaded, pulled)
    )
    shared = one.index.intersection(two.index)
    assert len(shared) > 40
    pd.testing.assert_series_equal(one[shared], two[shared], rtol=1e-9)


def _all(postgresql, table):
    import psycopg

    with psycopg.connect(f"host={postgresql.folder} user=attune dbname=postgres") as connection:
        return connection.execute(f"SELECT * FROM {table}").fetchall()


def test_late_records_are_read_again_and_restated_months_flagged(postgresql, table, store):
    client = store.create_client(PROFILE, "me", date(2024, 1, 1))
    connections.keep(enter(store, LOCAL, client), 1, mapped(postgresql, table))
    first = connections.pull(enter(store, LOCAL, client), "Desk", date(2024, 11, 30))
    assert (first.since, first.restated) == (None, 0)
    postgresql.execute(
        f"INSERT INTO {table} VALUES (5000, '2024-10-05', '2024-10-06', 'South', 'solved', 'Mail')"
    )
    second = connections.pull(enter(store, LOCAL, client), "Desk", date(2024, 11, 30))
    assert second.since == date(2024, 8, 1)
    assert second.restated > 0
    old = tickets(store.snapshot(client, first.revision)["observations"])
    new = tickets(store.snapshot(client)["observations"])
    changed = (new - old)[(new - old) != 0]
    assert changed.to_dict() == {("South", pd.Timestamp("2024-10-01")): 1}
    original = store.uploads(client)
    assert original["name"].str.endswith(".sql").all()


def test_nothing_can_be_written_and_all_queries_see_one_moment(postgresql, table):
    from ingest.warehouse.connection import connect

    backend = connect(mapped(postgresql, table))
    count = backend.connection.table(table).count()
    before = backend.connection.execute(count)
    postgresql.execute(f"INSERT INTO {table} (ticket_id) VALUES (9999)")
    assert backend.connection.execute(count) == before
    with pytest.raises(Exception, match="read-only"):
        backend.connection.con.execute(f"DELETE FROM {table}")
    backend.close()


def test_the_last_good_revision_stays_when_a_pull_fails(postgresql, table, store, monkeypatch):
    client = store.create_client(PROFILE, "me", date(2024, 1, 1))
    connections.keep(enter(store, LOCAL, client), 1, mapped(postgresql, table))
    good = connections.pull(enter(store, LOCAL, client), "Desk", date(2024, 11, 30)).revision
    postgresql.execute(f"ALTER TABLE {table} RENAME COLUMN closed TO finished")
    with pytest.raises(AttuneError) as refused:
        connections.pull(enter(store, LOCAL, client), "Desk", date(2024, 11, 30))
    assert (refused.value.code, refused.value.facts["columns"]) == (
        "warehouse_column_gone",
        ["closed"],
    )
    postgresql.execute(f"DROP TABLE {table}")
    with pytest.raises(AttuneError) as refused:
        connections.pull(enter(store, LOCAL, client), "Desk", date(2024, 11, 30))
    assert refused.value.code == "warehouse_no_table"
    assert store.revision(client) == good


def test_a_connection_that_drops_half_way_saves_nothing(postgresql, table, store, monkeypatch):
    client = store.create_client(PROFILE, "me", date(2024, 1, 1))
    connections.keep(enter(store, LOCAL, client), 1, mapped(postgresql, table))
    count = warehouse.run.count

    def dropped(backend, *rest, **named):
        postgresql.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        return count(backend, *rest, **named)

    monkeypatch.setattr(warehouse.run, "count", dropped)
    with pytest.raises(AttuneError) as refused:
        connections.pull(enter(store, LOCAL, client), "Desk", date(2024, 11, 30))
    assert refused.value.code == "warehouse_broke_off"
    assert store.revision(client) == 2


def test_a_query_that_takes_too_long_is_given_up(postgresql, table, monkeypatch):
    monkeypatch.setattr("ingest.warehouse.connection.TIMEOUT_SECONDS", 0.001)
    monkeypatch.setattr(
        "ingest.warehouse.connection._postgresql",
        lambda address, secret: ibis.postgres.connect(
            host=str(postgresql.folder),
            user="attune",
            database="postgres",
            options="-c statement_timeout=1",
        ),
    )
    postgresql.execute(
        f"INSERT INTO {table} (ticket_id, opened) "
        "SELECT n, timestamp '2024-05-01' FROM generate_series(10000, 400000) n"
    )
    with pytest.raises(AttuneError, match="timeout"):
        warehouse.pull(mapped(postgresql, table), PROFILE, date(2024, 11, 30))


def test_no_server_is_one_sentence_without_the_secret(monkeypatch):
    lost = Connection("My desk", "postgresql://me@127.0.0.1:1/db", (TableMap("x", "t"),), "a-1")
    monkeypatch.setenv("ATTUNE_SECRET_A_1_MY_DESK", "postgresql://me:hunter2@127.0.0.1:1/db")
    assert lost.secret == "hunter2"
    with pytest.raises(AttuneError) as refused:
        warehouse.pull(lost, PROFILE, date(2024, 11, 30))
    assert refused.value.code == "warehouse_unreachable"
    assert "hunter2" not in str(refused.value)


def test_secrets_are_never_kept(store):
    client = store.create_client(PROFILE, "me", date(2024, 1, 1))
    assert without_secret("postgresql://me:s%40x@host:5/db") == ("postgresql://me@host:5/db", "s@x")
    with pytest.raises(InvalidInput, match="warehouse_address_with_password"):
        connections.keep(
            enter(store, LOCAL, client), 1, Connection("D", "postgresql://me:pw@host/db")
        )
    with pytest.raises(InvalidInput, match="warehouse_kind_unknown"):
        warehouse.columns(Connection("D", "mysql://me@host/db"), "t")
    optional = "postgresql://me@host/db?sslmode=require&password=p%26w"
    assert without_secret(optional) == ("postgresql://me@host/db?sslmode=require", "p&w")
    with pytest.raises(InvalidInput, match="warehouse_address_with_password"):
        connections.keep(enter(store, LOCAL, client), 1, Connection("D", optional))
    with pytest.raises(InvalidInput, match="warehouse_kind_unknown"):
        connections.keep(enter(store, LOCAL, client), 1, Connection("D", "http://[::1"))
    for typed in (
        "postgresql://me:s/3@cret@host/db",
        "postgresql://me:s#3@host/db",
        "host=db user=me password='a b' dbname=shop",  # pragma: allowlist secret
    ):
        bare, secret = without_secret(typed)
        assert secret, typed
        assert secret not in bare
        with pytest.raises(InvalidInput, match="warehouse_address_with_password"):
            connections.keep(enter(store, LOCAL, client), 1, Connection("D", typed))
    plain = "postgresql://host:5432/db?user=me@example.com"
    assert without_secret(plain) == (plain, "")
    nowhere = Connection("D", " ")
    for asked in (
        lambda: connections.keep(enter(store, LOCAL, client), 1, nowhere),
        lambda: warehouse.columns(nowhere, "t"),
    ):
        with pytest.raises(InvalidInput, match="connection_without_address"):
            asked()
    assert store.revision(client) == 1


def test_a_table_is_read_from_its_folder_only(tmp_path):
    (tmp_path / "mine").mkdir()
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "theirs.parquet")
    with pytest.raises(InvalidInput, match="warehouse_outside_folder"):
        warehouse.columns(Connection("Lake", str(tmp_path / "mine")), "../theirs.parquet")


def test_parquet_that_grows_while_it_is_read_is_said(tmp_path, monkeypatch):
    frame = pd.DataFrame(
        {
            "ticket_id": ["1", "2"],
            "opened": pd.to_datetime(["2024-01-05"] * 2),
            "closed": pd.to_datetime(["2024-01-06"] * 2),
            "team": ["a", "b"],
            "state": ["solved"] * 2,
            "via": ["Mail"] * 2,
        }
    )
    frame.to_parquet(tmp_path / "one.parquet")
    folder = Connection("Lake", str(tmp_path), (TableMap("zendesk_tickets", "*.parquet", COLUMNS),))
    count = warehouse.run.count

    def growing(*arguments, **named):
        counted = count(*arguments, **named)
        frame.to_parquet(tmp_path / "two.parquet")
        return counted

    monkeypatch.setattr(warehouse.run, "count", growing)
    found, _ = warehouse.pull(folder, PROFILE, date(2024, 2, 28))
    (grew,) = [f for f in found.findings if f.code == "table_grew"]
    assert (grew.facts["before"], grew.facts["after"]) == (2, 4)


def test_columns_are_matched_by_name_alone():
    found = warehouse.suggest(
        [
            "Id",
            "Created at",
            "Solved at",
            "Group",
            "Status",
            "Via",
            "Satisfaction Score",
            "Group stations",
            "noise",
        ]
    )
    assert found is not None
    assert found.source == "zendesk_tickets"
    assert found.columns["created_at"] == "Created at"
    assert warehouse.suggest(["alpha", "beta"]) is None


def test_a_password_goes_to_no_other_server_and_for_no_other_client(monkeypatch, store):
    monkeypatch.setenv("ATTUNE_SECRET_A_DESK", "postgresql://me:pw@good/db")
    good = Connection("Desk", "postgresql://me@good/db", owner="a")
    assert (good.secret, good.permitted) == ("pw", True)
    assert Connection("Desk", "postgresql://me@evil/db", owner="a").secret == ""
    assert Connection("Desk", "postgresql://me@good/db", owner="b").secret == ""
    client = store.create_client(PROFILE, "me", date(2024, 1, 1))
    connections.keep(enter(store, LOCAL, client), 1, Connection("Lake", "/etc"))
    with pytest.raises(InvalidInput, match="connection_not_permitted"):
        connections.pull(enter(store, LOCAL, client), "Lake", trusted=False)
