"""The same figures in two places of one upload: counted once, and said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ingest.model import Table
from ingest.sheets.kinds import Made
from ingest.values.column import read_column
from metrics.frames import OBSERVATIONS
from metrics.functions import MEASURES
from metrics.model import Finding, Place, Severity

_KEY = ["function", "team", "item", "constituency", "month", "measure"]


def drop_duplicate_tables(tables: Sequence[Table], findings: list[Finding]) -> list[Table]:
    """Return the tables without those that another file of the upload holds cell for cell."""
    kept: dict[tuple, list[Table]] = {}
    result = []
    for table in tables:
        alike = kept.setdefault((table.sheet, table.header, table.above, table.data.num_rows), [])
        first = next((t for t in alike if t.file != table.file and t.data.equals(table.data)), None)
        if first is not None and table.data.num_rows:
            place, facts = table.place(), {"first": str(first.place())}
            findings.append(Finding("file_twice", Severity.WARNING, place, facts=facts))
            continue
        alike.append(table)
        result.append(table)
    return result


def rows_once(tables: Sequence[Table], series: bool, findings: list[Finding]) -> list[Table]:
    """Return the tables of one kind of export without rows an earlier file holds too.

    A row that stands n times in a file is n rows; only what overlaps with another file goes. In
    a ``series`` (rows are sums by day, no record of their own) a row with the same texts and
    dates but other numbers is the same row restated: that of the file that ends later counts.
    """
    filled = [table for table in tables if table.data.num_rows]
    if len({table.file for table in filled}) < 2:
        return list(tables)
    if len(filled) < len(tables):
        kept = iter(rows_once(filled, series, findings))
        return [next(kept) if table.data.num_rows else table for table in tables]
    keyed = [_keys(table, series) for table in tables]
    ends = [moments.max() for _, moments in keyed]
    order = sorted(
        range(len(tables)), key=lambda i: pd.Timestamp(0) if pd.isna(ends[i]) else ends[i]
    )
    seen: dict[tuple[str, int], int] = {}
    out: dict[int, np.ndarray] = {i: np.zeros(tables[i].data.num_rows, bool) for i in order}
    for i in reversed(order):  # the file that ends later counts
        keys, _ = keyed[i]
        number = keys.groupby(keys).cumcount()
        pairs = list(zip(keys, number, strict=True))
        out[i] = np.array([seen.get(pair, i) != i for pair in pairs], bool)
        mine = tables[i].file
        out[i] &= np.array([tables[seen.get(pair, i)].file != mine for pair in pairs], bool)
        for pair in pairs:
            seen.setdefault(pair, i)
    result = []
    for i, table in enumerate(tables):
        if not out[i].any():
            result.append(table)
            continue
        at, count = int(np.flatnonzero(out[i])[0]), int(out[i].sum())
        other = tables[seen[(keyed[i][0].iloc[at], 0)]].file
        facts = {"count": count, "rows": len(out[i]), "other": other}
        place = table.cell(0, at)
        findings.append(Finding("rows_in_two_files", Severity.WARNING, place, "", facts, count))
        result.append(replace(table, data=table.data.filter(pa.array(~out[i]))))
    return result


def _keys(table: Table, series: bool) -> tuple[pd.Series, pd.Series]:
    """Return what makes each row the same row in another file, and the dates among its cells."""
    cells = table.data.select([f"c{i}" for i in range(len(table.header))]).to_pandas()
    cells.columns = list(table.header)
    cells = cells[sorted(cells)]
    dated = [c for c in cells if pd.api.types.is_datetime64_any_dtype(cells[c])]
    numbers = []
    for heading in cells:
        column = cells[heading]
        if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
            numbers.append(heading)
        elif heading not in dated:
            texts = pa.array(column, pa.string(), from_pandas=True)
            if _all_read(texts, "number"):
                numbers.append(heading)
            elif _all_read(texts, "date"):
                dated.append(heading)
    kept = [c for c in cells if not (series and c in numbers)]
    texts = [pa.array(cells[c], from_pandas=True).cast(pa.string()).fill_null("") for c in kept]
    joined = pd.Series(pc.binary_join_element_wise(*texts, "\x1f").to_pandas() if texts else [])
    moments = [_dates(cells[c]) for c in dated]
    latest = (
        pd.concat(moments, axis=1).max(axis=1) if moments else pd.Series(dtype="datetime64[us]")
    )
    return joined, latest


def _dates(column: pd.Series) -> pd.Series:
    if pd.api.types.is_datetime64_any_dtype(column):
        return column
    texts = pa.array(column, pa.string(), from_pandas=True)
    return pd.to_datetime(pd.Series(read_column(texts, "date").values.to_pandas()))


def _all_read(texts: pa.Array, kind: str) -> bool:
    filled = len(texts) - texts.null_count
    return bool(filled) and read_column(texts, kind).bad_count == 0


@dataclass
class Doubles:
    """Remembers where each monthly figure of the upload stood first."""

    _seen: dict[tuple, tuple[str, float]] = field(default_factory=dict)

    def first_only(self, made: Made, table: Table) -> Made:
        """Leave out figures an earlier table holds, with one finding for each such table.

        It is an error where any of the numbers differ, else a warning. An empty cell is no figure.
        """
        if made.frame != OBSERVATIONS.name or not len(made.rows):
            return made
        keys = list(zip(*(made.rows[name] for name in _KEY), strict=True))
        again = np.array([key in self._seen for key in keys])
        findings = list(made.findings)
        told = again & made.rows["value"].notna().to_numpy()
        if told.any():
            findings.append(self._finding(made.rows[told], table))
        for key, place, value in zip(keys, made.rows["place"], made.rows["value"], strict=True):
            if not np.isnan(value):
                self._seen.setdefault(key, (str(place), value))
        return Made(made.frame, made.rows[~again], findings)

    def _finding(self, rows: pd.DataFrame, table: Table) -> Finding:
        keys = zip(*(rows[name] for name in _KEY), strict=True)
        first = [self._seen[key] for key in keys]
        differs = ~np.isclose(rows["value"], [value for _, value in first])
        at = int(np.argmax(differs))
        one = rows.iloc[at]
        cell = str(one["place"]).rpartition("!" if table.sheet else " › ")[2]
        facts = {
            "column": MEASURES[one["measure"]].header,
            "team": one["team"],
            "count": len(rows),
            "month": f"{one['month']:%Y-%m}",
            "first": first[at][0],
        }
        severity = Severity.ERROR if differs.any() else Severity.WARNING
        place = Place(table.file, table.sheet, cell)
        return Finding("month_in_two_files", severity, place, facts["month"], facts, len(rows))
