"""The same figures in two places of one upload: counted once, and said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ingest.model import Table
from ingest.sheets.kinds import Made
from metrics.frames import OBSERVATIONS
from metrics.functions import MEASURES
from metrics.model import Finding, Place, Severity

_KEY = ["function", "team", "item", "constituency", "month", "measure"]


def once(tables: Sequence[Table], findings: list[Finding]) -> list[Table]:
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
            "column": MEASURES[one["measure"]].header, "team": one["team"], "count": len(rows),
            "month": f"{one['month']:%Y-%m}", "first": first[at][0],
        }  # fmt: skip
        severity = Severity.ERROR if differs.any() else Severity.WARNING
        place = Place(table.file, table.sheet, cell)
        return Finding("month_in_two_files", severity, place, facts["month"], facts, len(rows))
