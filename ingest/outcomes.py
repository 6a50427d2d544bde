"""Which deals are won and which lost: by the system's flags, its stages, or the client's own."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.model import Table
from metrics.model import Finding, Severity

_KNOWN = r"closed ?(won|lost)|^closed"
STAGES_SHOWN = 8
FLAGS = ("won", "lost", "closed")


def outcomes(
    table: Table, columns: Mapping[str, int], values: Mapping[str, pa.Array]
) -> tuple[dict[str, pa.Array], list[Finding]]:
    """Return the columns with ``won`` and ``lost`` of the client's own stages, once it said.

    Where nothing says which deals are closed (no flag, no stage of the system's, no answer), a
    finding names the stages: won and lost are then counted by nobody, not as nought.
    """
    result = dict(values)
    stage = values.get("stage")
    if stage is None or any(flag in values for flag in FLAGS):
        return result, []
    said = dict(table.hints.outcomes)
    plain = {name.strip().lower(): meaning for name, meaning in said.items()}
    if plain:
        lower = pc.utf8_lower(stage)
        for flag in ("won", "lost"):
            names = pa.array([n for n, m in plain.items() if m == flag], pa.string())
            result[flag] = pc.is_in(lower, value_set=names)
        result["closed"] = pc.or_(result["won"], result["lost"])
        return result, []
    if pc.any(pc.match_substring_regex(stage, _KNOWN, ignore_case=True)).as_py():
        return result, []
    names = pc.unique(stage.drop_null()).to_pylist()
    if not names:
        return result, []
    position = columns["stage"]
    at = int(np.flatnonzero(stage.is_valid().to_numpy(zero_copy_only=False))[0])
    shown = ", ".join(f"“{name}”" for name in names[:STAGES_SHOWN])
    facts = {"column": table.header[position], "stages": shown, "count": len(names)}
    found = Finding(
        "stages_unknown", Severity.ERROR, table.cell(position, at), names[0], facts, len(names)
    )
    if "closed_on" in values:  # a day on which nobody knows what was decided is no month of it
        result["closed_on"] = pa.nulls(len(stage), values["closed_on"].type)
    return result, [found]
