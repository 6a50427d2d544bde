"""Which deals are won and which lost: by the system's flags, its stages, or the client's own."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.model import Table
from metrics.model import Finding, Severity

_KNOWN = {"won": "closed ?won", "lost": "closed ?lost"}
"""The systems' own stages."""
_CLOSED = "^closed"
STAGES_SHOWN = 8
FLAGS = ("won", "lost", "closed")


def outcomes(
    table: Table, columns: Mapping[str, int], values: Mapping[str, pa.Array]
) -> tuple[dict[str, pa.Array], list[Finding]]:
    """Return the columns with ``won`` and ``lost`` of the client's own stages, once it said.

    Where nothing says which deals are closed (no flag, no stage of the system's, no answer), a
    finding names the stages: won and lost are then counted by nobody, not as nought. Where the
    system's stages say only the one, a finding asks which of the others is the other.
    """
    result = dict(values)
    stage = values.get("stage")
    if stage is None or any(flag in values for flag in FLAGS):
        return result, []
    known = {
        flag: pc.fill_null(pc.match_substring_regex(stage, name, ignore_case=True), False)
        for flag, name in _KNOWN.items()
    }
    plain = {name.strip().lower(): meaning for name, meaning in dict(table.hints.outcomes).items()}
    if plain:
        lower = pc.utf8_lower(pc.utf8_trim_whitespace(stage))
        told = pc.is_in(lower, value_set=pa.array(list(plain), pa.string()))
        for flag, mine in known.items():
            names = pa.array([n for n, m in plain.items() if m == flag], pa.string())
            said = pc.is_in(lower, value_set=names)
            result[flag] = pc.or_(said, pc.and_(mine, pc.invert(told)))
        result["closed"] = pc.or_(result["won"], result["lost"])
        return result, []
    there = {flag for flag, mine in known.items() if pc.any(mine).as_py()}
    if there:
        open_ones = pc.invert(pc.or_(known["won"], known["lost"]))
        return result, _one_sided(table, columns["stage"], stage, there, open_ones)
    if pc.any(pc.match_substring_regex(stage, _CLOSED, ignore_case=True)).as_py():
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


def _one_sided(
    table: Table, position: int, stage: pa.Array, there: set[str], others: pa.Array
) -> list[Finding]:
    """Ask which other stage is lost (or won) where the system's own says only one of the two."""
    where = np.flatnonzero(pc.and_(others, stage.is_valid()).to_numpy(zero_copy_only=False))
    if len(there) > 1 or not len(where):
        return []
    names = pc.unique(stage.take(pa.array(where))).to_pylist()
    facts = {
        "column": table.header[position],
        "known": next(iter(there)),
        "wanted": "lost" if "won" in there else "won",
        "stages": ", ".join(f"“{name}”" for name in names[:STAGES_SHOWN]),
    }
    place = table.cell(position, int(where[0]))
    return [Finding("stages_one_sided", Severity.WARNING, place, names[0], facts, len(names))]
