"""What it costs to count a warehouse by the sources' own expressions instead of SQL by hand.

    python -m bench.warehouse --engine parquet --rows 100000000
    python -m bench.warehouse --engine postgresql --rows 3000000
    python -m bench.warehouse --engine spark --rows 3000000

Both sides run in the same process on the same table, in turn, three times each; peak memory of
each is measured in a process of its own. The rival is a query an engineer would write for the
same fourteen measures by group, channel and month. Tables are seeded and written once.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import ibis

from bench.reference import reference_seconds
from ingest.columns import Money
from ingest.engine import run
from ingest.engine.backends import Backend, Parquet, PostgreSQL, Spark
from ingest.sources import BY_KEY
from ingest.warehouse.connection import TableMap, canonical

SOURCE = BY_KEY["zendesk_tickets"]
COLUMNS = {
    "ticket": "id",
    "group": "team",
    "status": "status",
    "channel": "via",
    "created_at": "created_at",
    "solved_at": "solved_at",
    "rating": "rating",
    "stations": "stations",
    "reopens": "reopens",
    "first_reply": "first_reply",
}
AS_OF = date(2026, 10, 31)
ROUNDS = 3
TABLE = """
SELECT n AS id, 'Team ' || (n * 7 % 45) AS team,
  CASE WHEN n % 50 = 0 THEN 'open' ELSE 'solved' END AS status,
  CASE n % 4 WHEN 0 THEN 'Mail' WHEN 1 THEN 'Web' WHEN 2 THEN 'Community' ELSE 'Phone' END AS via,
  TIMESTAMP '2021-11-01 00:00:00' + ((n * 2654435761) % 157680000) * INTERVAL '1 second'
    AS created_at,
  CASE WHEN n % 50 = 0 THEN NULL ELSE
    TIMESTAMP '2021-11-01 00:00:00' + ((n * 2654435761) % 157680000 + (n * 97) % 400000)
      * INTERVAL '1 second' END AS solved_at,
  CASE n % 10 WHEN 0 THEN 'good' WHEN 1 THEN 'bad' ELSE 'offered' END AS rating,
  CAST(1 + n % 3 AS BIGINT) AS stations, CAST(n % 13 / 12 AS BIGINT) AS reopens,
  CAST(n * 31 % 900 AS BIGINT) AS first_reply
FROM {numbers}
"""
BY_HAND = """
SELECT team, via, date_trunc('month', created_at) AS month, count(*) AS tickets,
  count(*) FILTER (WHERE solved) AS resolved,
  sum(CASE WHEN solved THEN {seconds} END) AS seconds,
  count(*) FILTER (WHERE stations IS NOT NULL) AS routed,
  count(*) FILTER (WHERE stations <= 1) AS first_group,
  count(*) FILTER (WHERE reopens IS NOT NULL) AS reopen_known,
  count(*) FILTER (WHERE reopens > 0) AS reopened,
  count(*) FILTER (WHERE via IS NOT NULL) AS channelled,
  count(*) FILTER (WHERE lower(via) IN ('community', 'portal', 'self-service')) AS self_service,
  sum(first_reply) AS first_reply, count(first_reply) AS replied,
  count(*) FILTER (WHERE lower(rating) IN ('good', 'bad')) AS ratings,
  count(*) FILTER (WHERE lower(rating) = 'good') AS good,
  count(*) FILTER (WHERE NOT solved) AS pending
FROM (SELECT *, solved_at IS NOT NULL AND lower(status) IN ('solved', 'closed') AS solved
      FROM {table}) t
WHERE created_at IS NOT NULL AND created_at < TIMESTAMP '2026-11-01'
GROUP BY 1, 2, 3
"""
SECONDS = {
    "parquet": "epoch(solved_at)::BIGINT - epoch(created_at)::BIGINT",
    "postgresql": "extract(epoch FROM solved_at)::bigint - extract(epoch FROM created_at)::bigint",
    "spark": "unix_timestamp(solved_at) - unix_timestamp(created_at)",
}


def ours(backend: Backend, table: ibis.Table) -> int:
    """Count by the source's expressions; returns the number of monthly values."""
    mapped = TableMap(SOURCE.key, "tickets", COLUMNS, unique=True)
    bound = {SOURCE.key: canonical(table, SOURCE, mapped, Money("EUR", {}), AS_OF)}
    counted = run.count(
        backend,
        SOURCE,
        bound,
        frozenset(COLUMNS),
        as_of=AS_OF,
        currency="EUR",
        unique=True,
        one_file="tickets",
    )
    return len(counted.observations)


def parquet(folder: Path, rows: int) -> tuple[Callable[[], object], Callable[[], object]]:
    """DuckDB over parquet files, one million rows in each row group."""
    file = folder / f"tickets-{rows}.parquet"
    if not file.exists():
        query = TABLE.format(numbers=f"range({rows}) t(n)")
        ibis.duckdb.connect().raw_sql(
            f"COPY ({query}) TO '{file}' (FORMAT parquet, COMPRESSION zstd)"
        )
    connection = ibis.duckdb.connect()
    sql = BY_HAND.format(table=f"'{file}'", seconds=SECONDS["parquet"])

    def hand() -> object:
        return connection.con.execute(sql).fetchall()

    return lambda: ours(Parquet(connection), connection.read_parquet(file)), hand


def postgresql(folder: Path, rows: int) -> tuple[Callable[[], object], Callable[[], object]]:
    """A PostgreSQL server of our own."""
    from tests.support.databases import PostgresqlServer, postgresql_binaries

    binaries = postgresql_binaries()
    if binaries is None:
        raise SystemExit("no PostgreSQL server is installed")
    server = PostgresqlServer(binaries)
    numbers = f"generate_series(0::bigint, {rows - 1}) n"
    server.execute("CREATE TABLE tickets AS " + TABLE.format(numbers=numbers))
    server.execute("VACUUM ANALYZE tickets")

    def connect() -> ibis.BaseBackend:
        return ibis.postgres.connect(host=str(server.folder), user="attune", database="postgres")

    sql = BY_HAND.format(table="tickets", seconds=SECONDS["postgresql"])

    def by_expressions() -> object:
        backend = PostgreSQL(connect())
        try:
            return ours(backend, backend.connection.table("tickets"))
        finally:
            backend.close()

    def hand() -> object:
        connection = connect()
        try:
            return connection.con.execute(sql).fetchall()
        finally:
            connection.disconnect()

    return by_expressions, hand


def spark(folder: Path, rows: int) -> tuple[Callable[[], object], Callable[[], object]]:
    """Spark in local mode on two cores."""
    from pyspark.sql import SparkSession

    parquet(folder, rows)
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "4")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.log.level", "ERROR")
        .getOrCreate()
    )
    file = folder / f"tickets-{rows}.parquet"
    session.read.parquet(str(file)).createOrReplaceTempView("tickets")
    connection = ibis.pyspark.connect(session)
    sql = BY_HAND.format(table="tickets", seconds=SECONDS["spark"])
    return (
        lambda: ours(Spark(connection), connection.table("tickets")),
        lambda: session.sql(sql).collect(),
    )


ENGINES = {"parquet": parquet, "postgresql": postgresql, "spark": spark}


def _peak(engine_name: str, folder: Path, rows: int, by_hand: bool, out) -> None:
    work = ENGINES[engine_name](folder, rows)[int(by_hand)]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    work()
    out.put((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, before))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=sorted(ENGINES), default="parquet")
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    arguments = parser.parse_args()
    reference = reference_seconds()
    one, hand = ENGINES[arguments.engine](arguments.folder, arguments.rows)
    times: dict[str, list[float]] = {"expressions": [], "by hand": []}
    for _ in range(ROUNDS):
        for name, work in (("by hand", hand), ("expressions", one)):
            begin = time.perf_counter()
            work()
            times[name].append(time.perf_counter() - begin)
    best = {name: min(spent) for name, spent in times.items()}
    middle = {name: statistics.median(spent) for name, spent in times.items()}
    for name, spent in best.items():
        print(f"{name}: best {spent:.2f} s, median {middle[name]:.2f} s")
    ratios = [each["expressions"] / each["by hand"] for each in (best, middle)]
    print(
        f"ratio of the best {ratios[0]:.2f}, of the medians {ratios[1]:.2f} "
        f"(reference {reference:.2f} s)"
    )
    if arguments.engine == "parquet":
        context = multiprocessing.get_context("spawn")
        for name, by_hand in (("expressions", False), ("by hand", True)):
            out = context.Queue()
            process = context.Process(
                target=_peak,
                args=(arguments.engine, arguments.folder, arguments.rows, by_hand, out),
            )
            process.start()
            peak, before = out.get()
            process.join()
            print(f"{name}: peak {peak / 1024:.0f} MB ({before / 1024:.0f} MB before)")


if __name__ == "__main__":
    main()
