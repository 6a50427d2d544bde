"""Where expressions run: DuckDB for uploads and parquet, PostgreSQL, Spark.

What engines do differently stands here and nowhere else. Each keeps the SQL it ran, as
provenance: only sums by month leave the engine.
"""

from __future__ import annotations

from typing import Any

import ibis
import pandas as pd
import pyarrow as pa


class Backend:
    """Any engine Ibis connects to; an expression kept is computed again where it is used.

    Parameters
    ----------
    connection : ibis.BaseBackend
    """

    materialises = False
    """Whether ``keep`` stores its result: then a second look is cheap."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.sql: list[str] = []

    def __call__(self, query: ibis.Table) -> pd.DataFrame:
        """Return the result of a query as a frame."""
        self.sql.append(str(self.connection.compile(query)))
        return self._rows(query)

    def _rows(self, query: ibis.Table) -> pd.DataFrame:
        return self.connection.execute(query)

    def keep(self, query: ibis.Table) -> ibis.Table:
        """Return the result as a table of the engine."""
        return query

    def close(self) -> None:
        """Give the connection back."""
        self.connection.disconnect()


def close_engine(connection: Any) -> None:
    """Let an engine reach nothing outside, load no extension, and keep it so."""
    for name, value in (
        ("autoinstall_known_extensions", "false"),
        ("autoload_known_extensions", "false"),
        ("enable_external_access", "false"),
        ("lock_configuration", "true"),
    ):
        connection.raw_sql(f"SET {name} = {value}")


class DuckDB(Backend):
    """DuckDB inside this process: each query is compiled once, for that takes the longest."""

    materialises = True

    @classmethod
    def of(cls, tables: dict[str, pa.Table]) -> tuple[DuckDB, dict[str, ibis.Table]]:
        """Return an engine that knows these tables, and the tables in it."""
        connection = ibis.duckdb.connect()
        close_engine(connection)
        for key, table in tables.items():
            connection.con.register(key, table)
        return cls(connection), {key: connection.table(key) for key in tables}

    def _rows(self, query: ibis.Table) -> pd.DataFrame:
        return self.connection.con.sql(self.sql[-1]).to_arrow_table().to_pandas()

    def keep(self, query: ibis.Table) -> ibis.Table:
        self.sql.append(str(self.connection.compile(query)))
        self.connection.con.execute(f"CREATE TEMP TABLE kept AS {self.sql[-1]}")
        return self.connection.table("kept")


class Parquet(DuckDB):
    """DuckDB over files too large to keep: nothing is stored."""

    materialises = False

    def keep(self, query: ibis.Table) -> ibis.Table:
        return query


class PostgreSQL(Backend):
    """A PostgreSQL server; all queries of one pull see the same rows.

    The transaction is read only and repeatable: rows that arrive meanwhile belong to the next
    pull, and nothing can be written by accident.
    """

    def __init__(self, connection: Any) -> None:
        super().__init__(connection)
        connection.con.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

    def _rows(self, query: ibis.Table) -> pd.DataFrame:
        cursor = self.connection.con.execute(self.sql[-1])
        names = [column.name for column in cursor.description]
        return pd.DataFrame(cursor.fetchall(), columns=names)


class Spark(Backend):
    """An Apache Spark session; it is the caller's and stays open."""

    def _rows(self, query: ibis.Table) -> pd.DataFrame:
        frame = self.connection._session.sql(self.sql[-1])
        return pd.DataFrame([row.asDict() for row in frame.collect()], columns=frame.columns)

    def close(self) -> None:
        pass
