"""The same rows in two exports of any kind count once, and how many they were is said."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.intake import check
from ingest.source import Field, FieldKind, Source
from ingest.sources import SOURCES

KEY = ["function", "team", "item", "month", "measure"]
SAID = {"rows_in_two_files", "repeated_records", "event_log", "repeats_counted"}
KINDS = [source for source in SOURCES if source.tallies and source.dated]


def cell(field: Field, row: int, random: np.random.Generator) -> str:
    """A value as a system would write it; identifiers name their row."""
    if field.kind is FieldKind.DATE:
        day = datetime(2025, 1, 6) + timedelta(days=int(row * 3))
        return f"{day:%Y-%m-%d}"
    if field.known:
        return str(random.choice(field.known))
    if field.kind is FieldKind.TEXT:
        return f"{field.key} {row}"
    if field.kind is FieldKind.FLAG:
        return str(random.choice(["true", "false"]))
    if field.kind is FieldKind.DURATION:
        return str(random.integers(1, 90))
    return str(random.integers(1, 9))


def heading(field: Field) -> str:
    named = [alias for alias in field.aliases if not alias.startswith("~")]
    asked = "How likely are you to recommend us?" if field.aliases else ""
    return named[0] if named else asked


def export(source: Source, rows: range, seed: int, without: tuple[str, ...] = ()) -> bytes:
    fields = [f for f in source.fields if heading(f) and f.key not in without]
    lines = [";".join([*(heading(f) for f in fields), *source.signs[:2]])]
    for row in rows:
        random = np.random.default_rng([seed, row])
        signs = ("" for _ in source.signs[:2])
        lines.append(";".join([*(cell(field, row, random) for field in fields), *signs]))
    return "\n".join(lines).encode()


def counted(*files: tuple[str, bytes], source: Source) -> tuple[pd.Series, int]:
    found = check(files)
    assert {one.source for one in found.tables} == {source.key}
    rows = found.frames["observations"]
    values = rows.dropna(subset="value").groupby(KEY)["value"].sum()
    said = sum(f.count for f in found.findings if f.code in SAID)
    return values, said


def compared(source: Source, last: int, first: int, rows: int, without=()) -> None:
    seed = 11
    early = ("early.csv", export(source, range(last), seed, without))
    late = ("late.csv", export(source, range(first, rows), seed, without))
    whole, _ = counted(("whole.csv", export(source, range(rows), seed, without)), source=source)
    for files in ((early, late), (late, early)):
        both, said = counted(*files, source=source)
        pd.testing.assert_series_equal(both, whole)
        assert said == last - first


@pytest.mark.parametrize("source", KINDS, ids=lambda source: source.key)
def test_rows_that_two_exports_share_count_once(source) -> None:
    compared(source, last=14, first=9, rows=24)


WITHOUT = [s for s in KINDS if s.identity and not s.field(s.identity).required]


@pytest.mark.parametrize("source", WITHOUT, ids=lambda source: source.key)
def test_rows_without_a_number_of_their_own_count_once_too(source) -> None:
    compared(source, last=14, first=9, rows=24, without=(source.identity,))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    source=st.sampled_from(KINDS),
    cuts=st.lists(st.integers(1, 30), min_size=2, max_size=2, unique=True),
)
def test_however_much_they_share(source, cuts) -> None:
    first, last = sorted(cuts)
    compared(source, last=last, first=first, rows=31)
