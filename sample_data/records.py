"""Turning monthly totals into single records that add up to them again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from company import EXPORT_DAY, HISTORY, MONTHS

DAY = np.timedelta64(1, "D")
EXPORTED = np.datetime64("2026-11-20T18:00", "m")
DAYS_IN_MONTH = ((MONTHS + 1).astype("M8[D]") - MONTHS.astype("M8[D]")) // DAY
PARTIAL = EXPORT_DAY / int(DAYS_IN_MONTH[HISTORY])
"""Share of the month that is not over which the exports already hold."""


@dataclass(frozen=True)
class Cells:
    """Records by team and month: which cell each belongs to."""

    team: np.ndarray
    month: np.ndarray
    months: int

    @property
    def cell(self) -> np.ndarray:
        return self.team * self.months + self.month

    def __len__(self) -> int:
        return len(self.team)

    def select(self, keep: np.ndarray) -> Cells:
        return Cells(self.team[keep], self.month[keep], self.months)

    def sums(self, values: np.ndarray | None = None) -> np.ndarray:
        """Return the sum of ``values`` (or the count) by team and month."""
        size = (int(self.team.max()) + 1) * self.months
        return np.bincount(self.cell, values, minlength=size).reshape(-1, self.months)


def exported(path: np.ndarray) -> np.ndarray:
    """Return whole counts for the complete months and the part of the month not over."""
    counts = path[:, : HISTORY + 1].copy()
    counts[:, HISTORY] *= PARTIAL
    return np.rint(counts).astype(int)


def cells(counts: np.ndarray) -> Cells:
    """Return one record per count, teams × months."""
    team, month = np.indices(counts.shape)
    repeats = counts.ravel()
    return Cells(
        np.repeat(team.ravel(), repeats), np.repeat(month.ravel(), repeats), counts.shape[1]
    )


def chosen(rng: np.random.Generator, where: Cells, share: np.ndarray) -> np.ndarray:
    """Flag, in each cell, as many records as ``share`` says; fractions carry to the next month."""
    counts = where.sums()
    wanted = np.cumsum(counts * share[:, : where.months], axis=1)
    quota = np.clip(np.diff(np.rint(wanted), axis=1, prepend=0), 0, counts).astype(int)
    order = np.lexsort((rng.random(len(where)), where.cell))
    starts = np.cumsum(counts.ravel()) - counts.ravel()
    sorted_cells = where.cell[order]
    rank = np.arange(len(where)) - starts[sorted_cells]
    flags = np.zeros(len(where), dtype=bool)
    flags[order] = rank < quota.ravel()[sorted_cells]
    return flags


def shared(where: Cells, total: np.ndarray, weights: np.ndarray, decimals: int = 2) -> np.ndarray:
    """Split each cell's ``total`` over its records by weight; sums hold up to rounding."""
    weight = where.sums(weights)
    factor = np.zeros_like(weight)
    rows = total[: len(weight), : where.months]
    np.divide(rows, weight, out=factor, where=weight > 0)
    return np.round(weights * factor[where.team, where.month], decimals)


def amounts(
    rng: np.random.Generator, where: Cells, mean: np.ndarray, spread: float, decimals: int = 2
) -> np.ndarray:
    """Draw skewed amounts whose mean in each cell is ``mean``, up to rounding."""
    counts = where.sums()
    total = mean[: len(counts), : where.months] * counts
    return shared(where, total, rng.lognormal(0, spread, len(where)), decimals)


def minutes_within(rng: np.random.Generator, where: Cells) -> np.ndarray:
    """Draw a working-hours minute in the record's month (its first days when not over)."""
    days = DAYS_IN_MONTH[: where.months].copy()
    if where.months > HISTORY:
        days[HISTORY] = EXPORT_DAY
    day = (rng.random(len(where)) * days[where.month]).astype(int)
    minute = 7 * 60 + (rng.beta(2, 2, len(where)) * 10 * 60).astype(int)
    start = MONTHS[where.month].astype("M8[m]")
    return start + day * np.timedelta64(1440, "m") + minute * np.timedelta64(1, "m")


def text(times: np.ndarray, style: str) -> np.ndarray:
    """Write times as ``iso`` (2026-10-31 09:15), ``german`` (31.10.2026) or ``short`` (31/10/2026).

    Missing times become "".
    """
    if style == "iso":
        written = np.char.replace(np.datetime_as_string(times, "m"), "T", " ")
    else:
        days = np.datetime_as_string(times.astype("M8[D]"))
        year, month, day = (np.array([d[i:j] for d in days]) for i, j in ((0, 4), (5, 7), (8, 10)))
        if style == "german":
            parts = (day, ".", month, ".", year)
        else:
            parts = (np.char.lstrip(day, "0"), "/", np.char.lstrip(month, "0"), "/", year)
        written = parts[0]
        for part in parts[1:]:
            written = np.char.add(written, part)
    return np.where(np.isnat(times), "", written)
