"""KPI values: sums of measures divided last, at every level, with intervals and reasons.

The observations of a function become one dense block (measure × team × item × month). Levels are
sums along an axis of that block, so that a figure at any level equals its recomputation from the
records. A missing value makes every sum it belongs to missing, with its reason.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from metrics.advocacy import nps_interval
from metrics.frames import KPI_VALUES, MONTH_NOT_OVER, OBSERVATIONS, PROVISIONAL, RECORDS_OPEN
from metrics.functions import BY_KEY, MEASURES, SHARED
from metrics.model import ALL, Adds, BusinessFunction, Kpi
from metrics.proportions import wilson

LEVEL = 95.0


@dataclass(frozen=True)
class Block:
    """All observations of one function as one array.

    Attributes
    ----------
    measures, teams, items : tuple of str
        Axis labels; the first team and the first item are ``all``.
    months : pandas.DatetimeIndex
    value : numpy.ndarray
        measure × team × item × month; NaN where missing or not given.
    given : numpy.ndarray
        Same shape, True where an observation exists (its value may still be missing).
    reason : numpy.ndarray
        Same shape, index into ``reasons``; 0 is none, provisional reasons come before missing.
    reasons : tuple of str
    """

    measures: tuple[str, ...]
    teams: tuple[str, ...]
    items: tuple[str, ...]
    months: pd.DatetimeIndex
    value: np.ndarray
    given: np.ndarray
    reason: np.ndarray
    reasons: tuple[str, ...]

    def level(self, team: str | None, item: str | None) -> Level:
        """Return measure × cell × month at a level.

        Parameters
        ----------
        team, item : str or None
            A label; None for every label of that axis except ``all``.
        """
        blocks = (self.value, self.given, self.reason)
        by_item = [_collapse(blocks, 2)] if item == ALL else _each(blocks, 2, self.items, item)
        cells, teams, items = [], [], []
        for label, part in zip(self._labels(self.items, item), by_item, strict=True):
            if team == ALL:
                cells.append(_collapse(part, 1))
                teams.append(ALL)
                items.append(label)
                continue
            for name, cell in zip(
                self._labels(self.teams, team), _each(part, 1, self.teams, team), strict=True
            ):
                cells.append(cell)
                teams.append(name)
                items.append(label)
        if not cells:
            shape = (len(self.measures), 0, len(self.months))
            empty = (np.zeros(shape), np.zeros(shape, bool), np.zeros(shape, np.int16))
            return Level(self, (), (), *empty)
        value, given, reason = (np.stack([c[i] for c in cells], axis=1) for i in range(3))
        return Level(self, tuple(teams), tuple(items), value, given, reason)

    @staticmethod
    def _labels(labels: tuple[str, ...], wanted: str | None) -> tuple[str, ...]:
        return labels[1:] if wanted is None else (wanted,)


@dataclass(frozen=True)
class Level:
    """Measures at one level: arrays measure × cell × month beside the labels of the cells."""

    block: Block
    teams: tuple[str, ...]
    items: tuple[str, ...]
    value: np.ndarray
    given: np.ndarray
    reason: np.ndarray

    def terms(self, terms: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Add signed measures: (value, given, reason), each cell × month.

        ``given`` is True where at least one of the measures was observed.
        """
        shape = self.value.shape[1:]
        total, seen, why = np.zeros(shape), np.zeros(shape, bool), np.zeros(shape, np.int16)
        for term in terms:
            key = term.lstrip("-")
            if key not in self.block.measures:
                total = total + np.nan
                continue
            index = self.block.measures.index(key)
            total = total + (-1.0 if term.startswith("-") else 1.0) * self.value[index]
            seen = seen | self.given[index]
            why = np.maximum(why, self.reason[index])
        return total, seen, why


def block(observations: pd.DataFrame, function: BusinessFunction) -> Block:
    """Arrange the observations of ``function``, with those all functions share, in one block."""
    owners = [function.key, *(shared.key for shared in SHARED)]
    rows = observations[observations["function"].isin(owners)]
    months = _months(rows["month"])
    # An empty team or item means the same as "all".
    teams, team = _axis(rows["team"].replace("", ALL))
    items, item = _axis(rows["item"].replace("", ALL))
    measure, measures = pd.factorize(rows["measure"])
    unique_reasons = [r for r in rows["reason"].unique() if r and r not in PROVISIONAL]
    reasons = ("", RECORDS_OPEN, MONTH_NOT_OVER, *unique_reasons)
    why = pd.Categorical(rows["reason"], categories=list(reasons)).codes.astype(np.int16)

    shape = (len(measures), len(teams), len(items), len(months))
    size = int(np.prod(shape))
    month = months.get_indexer(rows["month"])
    flat = np.ravel_multi_index((measure, team, item, month), shape) if size else np.array([], int)
    value = np.bincount(flat, weights=rows["value"].to_numpy(float), minlength=size)
    given = np.bincount(flat, minlength=size) > 0
    value[~given] = np.nan
    reason = np.zeros(size, np.int16)
    np.maximum.at(reason, flat[why > 0], why[why > 0])
    return Block(
        tuple(measures), teams, items, months,
        value.reshape(shape), given.reshape(shape), reason.reshape(shape), reasons,
    )  # fmt: skip


def _months(column: pd.Series) -> pd.DatetimeIndex:
    if column.empty:
        return pd.DatetimeIndex([], dtype="datetime64[us]")
    return pd.date_range(column.min(), column.max(), freq="MS", unit="us")


def _axis(column: pd.Series) -> tuple[tuple[str, ...], np.ndarray]:
    codes, labels = pd.factorize(column)
    names = [ALL, *sorted(set(labels) - {ALL})]
    order = {name: position for position, name in enumerate(names)}
    return tuple(names), np.array([order[label] for label in labels], int)[codes]


def _collapse(blocks: tuple[np.ndarray, ...], axis: int) -> tuple[np.ndarray, ...]:
    """Sum along an axis whose first label is ``all``: a stated total wins over its parts."""
    value, given, reason = blocks
    parts = slice(1, None)
    inner = (slice(None),) * axis
    total = np.where(given[(*inner, parts)], value[(*inner, parts)], 0.0).sum(axis=axis)
    seen = given[(*inner, parts)].any(axis=axis)
    why = (
        reason[(*inner, parts)].max(axis=axis)
        if reason.shape[axis] > 1
        else np.zeros_like(reason[(*inner, 0)])
    )
    stated = given[(*inner, 0)]
    return (
        np.where(stated, value[(*inner, 0)], np.where(seen, total, np.nan)),
        stated | seen,
        np.where(stated, reason[(*inner, 0)], why),
    )


def _each(
    blocks: tuple[np.ndarray, ...], axis: int, labels: tuple[str, ...], wanted: str | None
) -> list[tuple[np.ndarray, ...]]:
    positions = range(1, len(labels)) if wanted is None else [labels.index(wanted)]
    inner = (slice(None),) * axis
    return [tuple(b[(*inner, p)] for b in blocks) for p in positions]


def kpi_values(observations: pd.DataFrame) -> pd.DataFrame:
    """Return every KPI by month for each function, each team and each item.

    Parameters
    ----------
    observations : pandas.DataFrame
        Frame ``observations``.

    Returns
    -------
    pandas.DataFrame
        Frame ``kpi_values``. A row exists where at least one measure of the KPI was observed.
        Proportions carry a 95 % Wilson interval (E. B. Wilson, JASA 22, 1927), the net promoter
        score its score interval (``metrics.advocacy.nps_interval``); for other KPIs
        the records give no sampling error and the bounds are NaN. ``value`` is NaN with a reason
        where a measure is missing or the denominator is not positive.
    """
    observations = OBSERVATIONS.conform(observations)
    pieces = []
    present = set(observations["function"])
    for function in BY_KEY.values():
        if function.key not in present or not function.kpis:
            continue
        arranged = block(observations, function)
        own = {m.key for m in function.measures}
        for team, item in ((ALL, ALL), (None, ALL), (ALL, None)):
            level = arranged.level(team, item)
            if level.teams:
                pieces += [_values(level, kpi, function, own) for kpi in function.kpis]
    pieces = [p for p in pieces if len(p)]
    return pd.concat(pieces, ignore_index=True) if pieces else KPI_VALUES.empty()


def _values(level: Level, kpi: Kpi, function: BusinessFunction, own: set[str]) -> pd.DataFrame:
    numerator, _, why_n = level.terms(kpi.numerator)
    denominator, _, why_d = level.terms(kpi.denominator)
    mine = tuple(m for m in kpi.measures if m in own) or kpi.measures
    _, shown, _ = level.terms(mine)
    cell, month = np.nonzero(shown)
    if not len(cell):
        return KPI_VALUES.empty()
    top, bottom = numerator[cell, month], denominator[cell, month]
    why = np.maximum(why_n, why_d)[cell, month]
    names = np.array([*level.block.reasons, "measure_missing", "denominator_not_positive"])
    missing, not_positive = len(names) - 2, len(names) - 1
    absent = np.isnan(top) | np.isnan(bottom)
    why = np.where(absent & (why < 3), missing, why)
    why = np.where(~absent & (bottom <= 0), not_positive, why)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(bottom > 0, top / bottom, np.nan) * kpi.scale
    low, high = _bounds(level, kpi, cell, month, top, bottom)
    return pd.DataFrame(
        {
            "function": function.key,
            "team": np.array(level.teams, dtype=object)[cell],
            "item": np.array(level.items, dtype=object)[cell],
            "month": level.block.months[month],
            "kpi": kpi.key,
            "numerator": top,
            "denominator": bottom,
            "value": value,
            "low": low,
            "high": high,
            "level": np.where(np.isnan(low), np.nan, LEVEL),
            "n": bottom if kpi.proportion or kpi.multinomial else np.nan,
            "unit": kpi.unit.kind.value,
            "reason": names[why],
        }
    ).astype({"function": "str", "team": "str", "item": "str", "kpi": "str", "unit": "str",
              "reason": "str"})  # fmt: skip


def _bounds(
    level: Level, kpi: Kpi, cell: np.ndarray, month: np.ndarray, top: np.ndarray, bottom: np.ndarray
) -> tuple[np.ndarray, ...]:
    if kpi.proportion:
        return tuple(bound * kpi.scale for bound in wilson(top, bottom))
    low, high = np.full(len(top), np.nan), np.full(len(top), np.nan)
    if kpi.multinomial:
        classes = np.stack([level.terms((key,))[0][cell, month] for key in kpi.denominator])
        known = ~np.isnan(classes).any(axis=0) & (classes >= 0).all(axis=0)
        if known.any():
            low[known], high[known] = nps_interval(*classes[:, known], level=LEVEL)
    return low, high


def over_period(value: np.ndarray, measure: str) -> np.ndarray:
    """Add a measure over months (last axis) by its own rule: sum, last or mean."""
    adds = MEASURES[measure].adds if measure in MEASURES else Adds.SUM
    if adds is Adds.LAST:
        return value[..., -1]
    return value.mean(axis=-1) if adds is Adds.MEAN else value.sum(axis=-1)
