"""What kinds of sheets share: how one is recognised, what it makes, how names are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from typing import cast

import pandas as pd

from ingest.columns import Columns
from ingest.mapping import normal
from metrics.functions import BY_KEY, KPIS
from metrics.measures.pseudonyms import fingerprint
from metrics.model import Finding


@dataclass(frozen=True)
class Recognition:
    """What kind of sheet a table is, and field (or measure) → column."""

    key: str
    columns: Mapping[str, int]
    confidence: float = 1.0


@dataclass(frozen=True)
class Made:
    """Rows for one frame, and what was odd."""

    frame: str
    rows: pd.DataFrame
    findings: list[Finding] = field(default_factory=list)


@cache
def function_key(name: str) -> str:
    """Return the function a text names by key, title or another name of it, or ''."""
    plain = normal(name)
    names = ((f.key, (f.key, f.title, *f.aliases)) for f in BY_KEY.values())
    return next((key for key, known in names if plain in map(normal, known)), "")


def frame(read_columns: Columns) -> pd.DataFrame:
    """Return the columns that were read as a frame."""
    return pd.DataFrame({key: values.to_pandas() for key, values in read_columns.values.items()})


def texts(rows: pd.DataFrame, key: str, default: str = "") -> pd.Series:
    """Return a column as text, blank cells and a missing column as the default."""
    if key not in rows:
        return pd.Series(default, index=rows.index, dtype="str")
    return rows[key].fillna(default).astype("str")


def functions(rows: pd.DataFrame, key: str = "function") -> list[str]:
    """Return the function each row names, or what it says instead."""
    return [function_key(name) or normal(name).replace(" ", "_") for name in texts(rows, key)]


def first_of_month(days: pd.Series) -> pd.Series:
    """Return the first day of each month."""
    return cast(pd.Series, pd.to_datetime(days).dt.to_period("M").dt.to_timestamp())


def kpi_key(name: str) -> str:
    """Return the KPI a text names by key or title, or the text."""
    plain = normal(name)
    return next((k.key for k in KPIS.values() if plain in (normal(k.key), normal(k.title))), name)


def pseudonym(name: str) -> str:
    """Return the fingerprint of a person's name: ``metrics.measures.pseudonyms`` says why."""
    return fingerprint(name, sha256(normal(name).encode()).hexdigest()[:8])
