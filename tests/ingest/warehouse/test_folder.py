"""A connection's folder: what its table names reach, and what they never reach."""

import os
from pathlib import Path

import duckdb
import ibis
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.engine.backends import DuckDB
from ingest.warehouse.folder import files_below, open_folder, table_below
from metrics.errors import InvalidInput


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A permitted folder ``mine`` beside ``theirs``; links inside, one of them leads out."""
    root = tmp_path_factory.mktemp("lake")
    for number, name in enumerate(
        ("mine/x.parquet", "mine/y[1].parquet", "mine/deep/z.parquet", "theirs/secret.parquet")
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        pd.DataFrame({"a": [number]}).to_parquet(root / name)
    (root / "mine" / "inside.parquet").symlink_to(root / "mine" / "x.parquet")
    (root / "mine" / "out.parquet").symlink_to(root / "theirs" / "secret.parquet")
    (root / "mine" / "door").symlink_to(root / "theirs")
    return root


def rows(lake: Path, pattern: str) -> list[int]:
    opened = open_folder(str(lake / "mine"))
    return table_below(opened, "Lake", str(lake / "mine"), pattern).execute()["a"].tolist()


@pytest.mark.parametrize(
    ("pattern", "values"),
    [
        ("x.parquet", [0]),
        ("y[1].parquet", [1]),  # a name that looks like a pattern
        ("[xy]*.parquet", [0, 1]),
        ("deep/*.parquet", [2]),
        ("**/z.parquet", [2]),
        ("inside.parquet", [0]),
    ],
)
def test_names_and_patterns_below_the_folder_are_read(lake, pattern, values) -> None:
    assert rows(lake, pattern) == values


@pytest.mark.parametrize(
    "pattern",
    [
        "../theirs/secret.parquet",
        "deep/../../theirs/secret.parquet",
        "..\\theirs\\secret.parquet",
        "deep\\..\\..\\theirs",
        "/etc/passwd",
        "//etc/passwd",
        "out.parquet",
        "o*.parquet",
        "door/secret.parquet",
        "d*/s*.parquet",
        "**/*.parquet",
        "./x.parquet",
        "x.parquet/",
        "deep//z.parquet",
        "x.parquet\0",
        "",
        ".",
    ],
)
def test_what_lies_beside_the_folder_is_refused(lake, pattern) -> None:
    with pytest.raises(InvalidInput, match="warehouse_outside_folder"):
        rows(lake, pattern)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["..", ".", "", "*", "**", "deep", "door", "o*", "x.parquet", "\\", "theirs"]
        ),
        min_size=1,
        max_size=6,
    )
)
def test_no_combination_of_parts_leads_out(lake, parts) -> None:
    folder = lake / "mine"
    try:
        found = files_below(str(folder), "/".join(parts))
    except (ValueError, OSError):
        return
    assert all(Path(file).resolve().is_relative_to(folder.resolve()) for file in found)


@pytest.mark.parametrize("kind", ["folder", "upload"])
def test_the_engine_itself_opens_nothing_else_and_stays_closed(lake, kind) -> None:
    if kind == "folder":
        engine = open_folder(str(lake / "mine")).con
    else:
        opened, _ = DuckDB.of({"t": ibis.memtable({"a": [1]}).to_pyarrow()})
        engine = opened.connection.con
    secret, out = lake / "theirs" / "secret.parquet", lake / "theirs" / "written.csv"
    for statement in (
        f"SELECT * FROM read_parquet('{secret}')",
        "SELECT * FROM read_text('/etc/hostname')",
        f"COPY (SELECT 1) TO '{out}'",
        f"ATTACH '{lake / 'theirs' / 'other.db'}'",
        "SET enable_external_access = true",
        "SET autoinstall_known_extensions = true",
        "INSTALL httpfs",
        "LOAD httpfs",
    ):
        with pytest.raises(duckdb.Error):
            engine.execute(statement)
    assert not os.path.exists(out)
