"""KPI values: sums of measures divided last, at every level, with intervals and reasons.

The observations of a function become one dense block (measure × team × item × month). Levels are
sums along an axis of that block, so that a figure at any level equals its recomputation from the
records. A missing value makes every sum it belongs to missing, with its reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from metrics.frames import KPI_VALUES, MONTH_NOT_OVER, OBSERVATIONS, PROVISIONAL, RECORDS_OPEN
from metrics.functions import BY_KEY, OWNER
from metrics.intervals import wilson
from metrics.measures.privacy import GROUP_UNDER_FIVE, masks
from metrics.measures.promoters import nps_interval
from metrics.measures.terms import add_terms
from metrics.model import ALL, BusinessFunction, Kpi, measures_in

LEVEL = 95.0


@dataclass(frozen=True)
class ObservationBlock:
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

    def level(self, team: str | None, item: str | None) -> KpiCells:
        """Return measure × cell × month at a level.

        Parameters
        ----------
        team, item : str or None
            A label; None for every label of that axis except ``all``.
        """
        blocks = (self.value, self.given, self.reason)
        by_item = [_collapse(blocks, 2)] if item == ALL else _slices(blocks, 2, self.items, item)
        cells, teams, items = [], [], []
        for label, part in zip(self._labels(self.items, item), by_item, strict=True):
            if team == ALL:
                cells.append(_collapse(part, 1))
                teams.append(ALL)
                items.append(label)
                continue
            for name, cell in zip(
                self._labels(self.teams, team), _slices(part, 1, self.teams, team), strict=True
            ):
                cells.append(cell)
                teams.append(name)
                items.append(label)
        if not cells:
            shape = (len(self.measures), 0, len(self.months))
            empty = (np.zeros(shape), np.zeros(shape, bool), np.zeros(shape, np.int16))
            return KpiCells(self, (), (), *empty, *empty[::2], {})
        value, given, reason = (np.stack([c[i] for c in cells], axis=1) for i in range(3))
        raw, why = value, reason
        # Finer than one axis nothing is known of what could be subtracted: all answers are hidden.
        depth = (team != ALL) + (item != ALL)
        by_kpi, by_measure = masks(self.measures, value, self._whole() if depth == 1 else None)
        each_cell = depth < 2 and {team, item} <= {ALL, None}
        for key, (hide, few) in by_measure.items():
            if raw is value:
                value, reason = value.copy(), reason.copy()
            at = self.measures.index(key)
            few = few if each_cell else ~np.isnan(value[at])
            reason[at][few] = len(self.reasons) - 1
            value[at][hide if each_cell else ...] = np.nan
        return KpiCells(self, tuple(teams), tuple(items), value, given, reason, raw, why, by_kpi)

    def _whole(self) -> np.ndarray:
        """Every measure over teams and items: measure × 1 × month."""
        blocks = (self.value, self.given, self.reason)
        return _collapse(_collapse(blocks, 2), 1)[0][:, None]

    @staticmethod
    def _labels(labels: tuple[str, ...], wanted: str | None) -> tuple[str, ...]:
        return labels[1:] if wanted is None else (wanted,)


@dataclass(frozen=True)
class KpiCells:
    """Measures at one level: arrays measure × cell × month beside the labels of the cells.

    ``value`` is NaN where a group is under five; ``raw`` is not, must not be shown, and has its
    own reasons.
    ``hidden`` tells for each KPI of people which cells × months that are.
    """

    block: ObservationBlock
    teams: tuple[str, ...]
    items: tuple[str, ...]
    value: np.ndarray
    given: np.ndarray
    reason: np.ndarray
    raw: np.ndarray
    raw_reason: np.ndarray
    hidden: Mapping[str, np.ndarray]

    def terms(
        self, terms: tuple[str, ...], raw: bool = False
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Add signed measures: (value, given, reason), each cell × month.

        ``given`` is True where at least one of the measures was observed. ``raw`` counts groups
        under five too: only for sums that are larger.
        """
        values, reasons = (self.raw, self.raw_reason) if raw else (self.value, self.reason)
        shape = self.value.shape[1:]
        place = {key: index for index, key in enumerate(self.block.measures)}
        seen, why = np.zeros(shape, bool), np.zeros(shape, np.int16)
        unknown = np.full(shape, np.nan)
        total = add_terms(terms, lambda key: values[place[key]] if key in place else unknown)
        for index in (place[key] for key in measures_in(terms) if key in place):
            seen = seen | self.given[index]
            why = np.maximum(why, reasons[index])
        return total, seen, why


@dataclass(frozen=True)
class Arranged:
    """Observations with every text turned into a number, once for all functions.

    Attributes
    ----------
    labels : mapping
        Axis (``measure``, ``team``, ``item``, ``reason``) → its labels; team and item begin with
        ``all``, reasons with none, then the provisional ones.
    codes : mapping
        Axis → position of each row's label; ``month`` counts months since 1970.
    value : numpy.ndarray
        Value of each row.
    functions : frozenset of str
        Functions that have a measure of their own among the rows.
    """

    labels: Mapping[str, tuple[str, ...]]
    codes: Mapping[str, np.ndarray]
    value: np.ndarray
    functions: frozenset[str]

    def block(self, function: BusinessFunction) -> ObservationBlock:
        """Arrange what the KPIs of ``function`` read in one dense block."""
        reads = function.reads
        wanted = np.array([key in reads for key in self.labels["measure"]], bool)
        rows = np.flatnonzero(wanted[self.codes["measure"]]) if len(wanted) else np.array([], int)
        axes, at = {}, {}
        for axis in ("measure", "team", "item"):
            axes[axis], at[axis] = self._axis(axis, rows)
        month = self.codes["month"][rows]
        months = _months(month)
        shape = (*(len(axes[axis]) for axis in axes), len(months))
        size = int(np.prod(shape))
        place = (at["measure"], at["team"], at["item"], month - month.min() if size else month)
        flat = np.ravel_multi_index(place, shape) if size else np.array([], int)
        # Without any row the count is of whole numbers, which know no blank.
        value = np.bincount(flat, weights=self.value[rows], minlength=size).astype(float)
        given = np.bincount(flat, minlength=size) > 0
        value[~given] = np.nan
        reason = np.zeros(size, np.int16)
        why = self.codes["reason"][rows]
        marked = np.flatnonzero(why)
        np.maximum.at(reason, flat[marked], why[marked])
        return ObservationBlock(
            axes["measure"],
            axes["team"],
            axes["item"],
            months,
            value.reshape(shape),
            given.reshape(shape),
            reason.reshape(shape),
            (*self.labels["reason"], GROUP_UNDER_FIVE),
        )

    def _axis(self, axis: str, rows: np.ndarray) -> tuple[tuple[str, ...], np.ndarray]:
        """Return the labels that occur in these rows (``all`` always), and their positions."""
        codes, labels = self.codes[axis][rows], self.labels[axis]
        occurs = np.bincount(codes, minlength=len(labels)) > 0
        if axis != "measure":
            occurs[0] = True
        return tuple(np.array(labels, object)[occurs]), (np.cumsum(occurs) - 1)[codes]


def arrange(observations: pd.DataFrame) -> Arranged:
    """Read the frame ``observations`` once; rows whose function does not own them are left out."""
    if list(observations) != [column.name for column in OBSERVATIONS.columns]:
        observations = OBSERVATIONS.conform(observations)
    coded = {axis: pd.factorize(observations[axis]) for axis in ("function", "measure")}
    owner, names = coded["function"]
    measure, keys = coded["measure"]
    place = {name: i for i, name in enumerate(names)}
    owners = np.array([place.get(OWNER.get(str(key), ""), -1) for key in keys], int)
    kept = np.flatnonzero((owners[measure] == owner) & (owner >= 0)) if len(keys) else measure
    whole = len(kept) == len(owner)
    labels: dict[str, tuple[str, ...]] = {"measure": tuple(map(str, keys))}
    codes = {"measure": measure}
    # An empty team or item means the same as "all".
    first = {"team": (ALL,), "item": (ALL,), "reason": ("", RECORDS_OPEN, MONTH_NOT_OVER)}
    for axis, leading in first.items():
        codes[axis], labels[axis] = _encode(observations[axis], leading)
    codes["month"] = observations["month"].to_numpy("datetime64[M]").astype(int)
    value = observations["value"].to_numpy(float)
    present = frozenset(str(names[i]) for i in np.unique(owner[kept]))
    if whole:
        return Arranged(labels, codes, value, present)
    return Arranged(
        labels, {axis: code[kept] for axis, code in codes.items()}, value[kept], present
    )


def _encode(column: pd.Series, first: tuple[str, ...]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return positions and labels: the ``first`` ones, then the others in order."""
    codes, found = pd.factorize(column)
    known = [str(label) or first[0] for label in found]
    labels = (*first, *sorted(set(known) - set(first)))
    place = {label: i for i, label in enumerate(labels)}
    # A missing text has the code -1, which finds the last entry: the first label.
    return np.array([*(place[label] for label in known), 0])[codes], labels


def block(observations: pd.DataFrame | Arranged, function: BusinessFunction) -> ObservationBlock:
    """Arrange the observations that ``function`` reads in one block."""
    if isinstance(observations, Arranged):
        return observations.block(function)
    return arrange(observations[observations["measure"].isin(function.reads)]).block(function)


def _months(codes: np.ndarray) -> pd.DatetimeIndex:
    if not len(codes):
        return pd.DatetimeIndex([], dtype="datetime64[us]")
    first, last = (np.datetime64(int(code), "M") for code in (codes.min(), codes.max()))
    return pd.date_range(first, last, freq="MS", unit="us")


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


def _slices(
    blocks: tuple[np.ndarray, ...], axis: int, labels: tuple[str, ...], wanted: str | None
) -> list[tuple[np.ndarray, ...]]:
    positions = range(1, len(labels)) if wanted is None else [labels.index(wanted)]
    inner = (slice(None),) * axis
    return [tuple(b[(*inner, p)] for b in blocks) for p in positions]


def kpi_values(observations: pd.DataFrame | Arranged) -> pd.DataFrame:
    """Return every KPI by month for each function, each team and each item.

    Parameters
    ----------
    observations : pandas.DataFrame or Arranged
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
    given = observations if isinstance(observations, Arranged) else arrange(observations)
    pieces = []
    for function in BY_KEY.values():
        if function.key not in given.functions or not function.kpis:
            continue
        arranged = given.block(function)
        own = {m.key for m in function.measures}
        for team, item in ((ALL, ALL), (None, ALL), (ALL, None)):
            level = arranged.level(team, item)
            if level.teams:
                pieces += [_values(level, kpi, function.key, own) for kpi in function.kpis]
    pieces = [piece for piece in pieces if len(piece["value"])]
    if not pieces:
        return KPI_VALUES.empty()
    columns = {}
    for column in KPI_VALUES.columns:
        parts = [piece[column.name] for piece in pieces]
        columns[column.name] = _texts(parts) if column.dtype == "str" else np.concatenate(parts)
    return pd.DataFrame(columns)


Texts = tuple[tuple[str, ...], np.ndarray]
"""Labels, and the position of each row's label."""


def _texts(parts: list[Texts]) -> pd.Series:
    """Join coded texts; each label is written once, whatever the number of rows."""
    place: dict[str, int] = {}
    codes = [
        np.array([place.setdefault(label, len(place)) for label in labels], np.int64)[code]
        for labels, code in parts
    ]
    return pd.Series(list(place), dtype="str").take(np.concatenate(codes)).reset_index(drop=True)


def _values(level: KpiCells, kpi: Kpi, function: str, own: set[str]) -> dict[str, Any]:
    """Return the columns of ``kpi_values`` for one KPI at one level; texts as codes."""
    numerator, _, why_n = level.terms(kpi.numerator)
    denominator, _, why_d = level.terms(kpi.denominator)
    _, shown, _ = level.terms(tuple(m for m in kpi.measures if m in own) or kpi.measures)
    cell, month = np.nonzero(shown)
    top, bottom = numerator[cell, month], denominator[cell, month]
    names = (*level.block.reasons, "measure_missing", "denominator_not_positive")
    missing, not_positive = len(names) - 2, len(names) - 1
    why = np.maximum(why_n, why_d)[cell, month]
    if kpi.key in level.hidden:
        # A measure that another KPI shows may still be too few for this one.
        few = level.hidden[kpi.key][cell, month] & ~np.isnan(top + bottom)
        top, bottom = np.where(few, np.nan, top), np.where(few, np.nan, bottom)
        why = np.where(few, len(level.block.reasons) - 1, why)
    absent = np.isnan(top) | np.isnan(bottom)
    why = np.where(absent & (why <= len(PROVISIONAL)), missing, why)
    why = np.where(~absent & (bottom <= 0), not_positive, why)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(bottom > 0, top / bottom, np.nan) * kpi.scale
    low, high = _bounds(level, kpi, cell, month, top, bottom)
    same = np.zeros(len(cell), np.int8)
    return {
        "function": ((function,), same),
        "team": (level.teams, cell),
        "item": (level.items, cell),
        "month": level.block.months.to_numpy()[month],
        "kpi": ((kpi.key,), same),
        "numerator": top,
        "denominator": bottom,
        "value": value,
        "low": low,
        "high": high,
        "level": np.where(np.isnan(low), np.nan, LEVEL),
        "n": bottom if kpi.proportion or kpi.multinomial else np.full(len(cell), np.nan),
        "unit": ((kpi.unit.kind.value,), same),
        "reason": (names, why),
    }


def _bounds(
    level: KpiCells,
    kpi: Kpi,
    cell: np.ndarray,
    month: np.ndarray,
    top: np.ndarray,
    bottom: np.ndarray,
) -> tuple[np.ndarray, ...]:
    if kpi.proportion and len(top):
        return tuple(bound * kpi.scale for bound in wilson(top, bottom))
    low, high = np.full(len(top), np.nan), np.full(len(top), np.nan)
    if kpi.multinomial and len(top):
        classes = np.stack([level.terms((key,))[0][cell, month] for key in kpi.denominator])
        known = ~np.isnan(classes).any(axis=0) & (classes >= 0).all(axis=0)
        if known.any():
            low[known], high[known] = nps_interval(*classes[:, known], level=LEVEL)
    return low, high
