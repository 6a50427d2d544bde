"""Equal answers: every source on DuckDB, over parquet, inside PostgreSQL and on Spark.

Random records, seeded, with blanks, repeated identities and rows out of order, counted by the same
expressions. Sums are of integers (money in millionths), so equal means equal; shares of text and
float sums agree to 1e-9.
"""

from __future__ import annotations

import os
import shutil
import warnings
from datetime import date, datetime, timedelta

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from ingest.engine import run
from ingest.engine.backends import DuckDB, Parquet, PostgreSQL, Spark
from ingest.source import BOOKKEEPING, FieldKind, Source
from ingest.sources import BY_KEY, SOURCES
from tests.support.databases import PostgresqlServer, postgresql_binaries

pytestmark = pytest.mark.slow

COUNTED = [source for source in SOURCES if source.tallies]
ROWS = 400
WORDS = ("North", "South", "East", "self-service", "Email", "Closed", "Won", "Good", "yes", "1")


def demanded(reason: str) -> None:
    if os.environ.get("ATTUNE_DEMAND") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def records(source: Source, seed: int) -> pa.Table:
    """Random records of a source: a tenth of all cells blank, identities twice or three times."""
    random = np.random.default_rng([20261122, seed])
    columns: dict[str, pa.Array] = {}
    for number, field in enumerate(source.fields):
        blank = random.random(ROWS) < (0 if field.required else 0.1)
        columns[field.key] = pa.array(
            _values(random, field, number), mask=blank, type=source.schema.field(field.key).type
        )
    for note in (f"{f.key}_note" for f in source.fields if f.notes):
        columns[note] = pa.nulls(ROWS, pa.string())
    if source.identity:
        names = [f"R{n}" for n in random.integers(0, int(ROWS * 0.7), ROWS)]
        columns[source.identity] = pa.array(names, pa.string())
    end = pa.scalar(datetime(2025, 7, 1), pa.timestamp("us"))
    columns |= {
        "row": pa.array(random.permutation(ROWS), pa.int64()),
        "file": pa.repeat(pa.scalar("records"), ROWS),
        "unconverted": pa.array(random.random(ROWS) < 0.01),
        "as_of": pa.repeat(end, ROWS),
        "first_of_document": pa.nulls(ROWS, pa.bool_()),
    }
    return pa.table(columns, schema=source.schema)


def _values(random: np.random.Generator, field, number: int) -> list:
    match field.kind:
        case FieldKind.TEXT:
            known = field.known or WORDS
            return [known[i] for i in random.integers(0, len(known), ROWS)]
        case FieldKind.NUMBER:
            return list(np.round(random.normal(5, 3, ROWS), 2))
        case FieldKind.FLAG:
            return [bool(b) for b in random.random(ROWS) < 0.6]
        case FieldKind.DATE:
            start = datetime(2024, 1, 1) + timedelta(days=number)
            return [start + timedelta(minutes=int(m)) for m in random.integers(0, 760_000, ROWS)]
        case FieldKind.MONEY:
            return [int(v) for v in random.integers(-(10**9), 10**12, ROWS)]
        case _:
            return [int(v) for v in random.integers(0, 12, ROWS)]


def tables(source: Source) -> dict[str, pa.Table]:
    needed = [source.key, *(look.source for look in source.lookups)]
    return {key: records(BY_KEY[key], number) for number, key in enumerate(dict.fromkeys(needed))}


def counted(backend, bound, source: Source) -> run.Counted:
    present = frozenset(field.key for field in source.fields)
    return run.count(
        backend,
        source,
        bound,
        present,
        as_of=date(2025, 6, 26),
        currency="EUR",
        rename=lambda names: {n: "North" for n in names if n == "East"},
    )


def compare(found: run.Counted, wanted: run.Counted) -> None:
    keys = ["function", "measure", "team", "item", "month"]
    for name in ("observations", "statistics"):
        old, new = getattr(wanted, name), getattr(found, name)
        by = (
            keys if name == "observations" else ["function", "statistic", "team", "period", "month"]
        )
        old = old.sort_values(by, ignore_index=True).drop(columns=["upload"])
        new = new.sort_values(by, ignore_index=True).drop(columns=["upload"])
        pd.testing.assert_frame_equal(new, old, rtol=1e-9, atol=1e-9)
    assert found.repeated == wanted.repeated
    assert len(wanted.observations) > 0


@pytest.fixture(scope="module")
def answers() -> dict[str, run.Counted]:
    """What DuckDB counts in an upload: the answer every other engine has to give."""
    result = {}
    for source in COUNTED:
        backend, bound = DuckDB.of(tables(source))
        result[source.key] = counted(backend, bound, source)
        backend.close()
    return result


@pytest.mark.parametrize("source", COUNTED, ids=lambda source: source.key)
def test_parquet_answers_as_an_upload_does(source, answers, tmp_path):
    backend = Parquet(ibis.duckdb.connect())
    bound = {}
    for key, table in tables(source).items():
        parquet.write_table(table, tmp_path / f"{key}.parquet", row_group_size=100)
        bound[key] = backend.connection.read_parquet(tmp_path / f"{key}.parquet")
    compare(counted(backend, bound, source), answers[source.key])


@pytest.fixture(scope="module")
def postgresql():
    binaries = postgresql_binaries()
    if binaries is None:
        demanded("PostgreSQL is not installed")
    server = PostgresqlServer(binaries)
    yield server
    server.stop()


@pytest.mark.parametrize("source", COUNTED, ids=lambda source: source.key)
def test_postgresql_answers_as_an_upload_does(source, answers, postgresql):
    writer = ibis.postgres.connect(host=str(postgresql.folder), user="attune", database="postgres")
    for key, table in tables(source).items():
        writer.create_table(f"t_{key}", table, overwrite=True)
    writer.disconnect()
    reader = ibis.postgres.connect(host=str(postgresql.folder), user="attune", database="postgres")
    backend = PostgreSQL(reader)
    bound = {key: reader.table(f"t_{key}") for key in tables(source)}
    compare(counted(backend, bound, source), answers[source.key])
    backend.close()


@pytest.fixture(scope="module")
def spark():
    if shutil.which("java") is None:
        demanded("Java is not installed")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pyspark.sql import SparkSession
    except ImportError:
        demanded("pyspark is not installed")
    session = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.sql.session.timeZone", "UTC")
        # Four hundred rows: compiling a plan to bytecode would take longer than running it.
        .config("spark.sql.codegen.wholeStage", "false")
        .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
        .config("spark.sql.adaptive.enabled", "false")
        .config("spark.default.parallelism", "1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.log.level", "ERROR")
        .getOrCreate()
    )
    yield session
    session.stop()


@pytest.mark.parametrize("source", COUNTED, ids=lambda source: source.key)
def test_spark_answers_as_an_upload_does(source, answers, spark, tmp_path):
    backend = Spark(ibis.pyspark.connect(spark))
    bound = {}
    for key, table in tables(source).items():
        parquet.write_table(table, tmp_path / f"{key}.parquet")
        spark.read.parquet(str(tmp_path / f"{key}.parquet")).createOrReplaceTempView(f"t_{key}")
        bound[key] = backend.connection.table(f"t_{key}")
    compare(counted(backend, bound, source), answers[source.key])


def test_the_records_exercise_what_they_compare(answers):
    """Random records that fed no measure would make every engine agree."""
    fed = {m for found in answers.values() for m in set(found.observations["measure"])}
    declared = {t.measure for s in COUNTED for t in s.tallies}
    values = pd.concat([found.observations for found in answers.values()])["value"]
    assert len(fed) >= 0.95 * len(declared)
    assert (values.fillna(0) != 0).mean() > 0.5
    assert dict(BOOKKEEPING)["row"] == pa.int64()
