"""What changed on each tile since the last read-out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from metrics.overview.lines import Line, Overview
from metrics.units import MATURITY, MONEY, POINTS, Unit

SINCE: Mapping[str, tuple[str, Unit]] = {
    "standing": ("maturity.value", MATURITY),
    "saving": ("saving.a_year", MONEY),
    "before_after": ("saving.before_after", MONEY),
    "cost_change": ("saving.functions", MONEY),
    "case": ("case.expected", MONEY),
    "advocacy": ("advocacy.nps", POINTS),
}
"""Tile → key of the headline figure it is compared by, and its unit."""
FigureValues = Mapping[str, Sequence[float | None]]


def since_last(
    seen: Overview, currency: str, now: FigureValues, then: FigureValues, name: str
) -> Overview:
    """Say on every tile what changed since the last read-out.

    A change is called one only when the new value lies outside the interval stated then.

    Parameters
    ----------
    now, then : mapping
        Key of a headline figure → value, low, high.
    name : str
        How the last read-out is named; "" when this is the first.
    """
    tiles = tuple(
        replace(t, since=_change_line(t.key, currency, now, then, name)) for t in seen.tiles
    )
    return replace(seen, tiles=tiles)


def _change_line(
    key: str, currency: str, now: FigureValues, then: FigureValues, name: str
) -> Line | None:
    if not name:
        return None
    figure, unit = SINCE[key]
    value, before, low, high = (
        math.nan if v is None else float(v)
        for v in (now.get(figure, (None,))[0], *then.get(figure, (None,) * 3))
    )
    if math.isnan(value) or math.isnan(before):
        return Line("tile.since_unknown", {"name": name})
    if math.isclose(value, before, rel_tol=1e-9, abs_tol=1e-9):
        return Line("tile.since_same", {"name": name})
    facts = {"change": unit.write(value - before, currency, True), "name": name}
    if math.isnan(low) or math.isnan(high):
        return Line("tile.since_bare", facts)
    inside = low <= value <= high
    return Line("tile.since_inside" if inside else "tile.since_outside", facts)
