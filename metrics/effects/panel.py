"""What a causal question is asked of: units over periods, and who was treated from when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from metrics.errors import InvalidInput, NotEnoughData


@dataclass(frozen=True)
class Panel:
    """Outcome of every unit in every period, and the first treated period of some of them.

    Parameters
    ----------
    outcome : DataFrame, periods x units
        Ascending, unique periods in rows; no missing value up to ``end``.
    starts : mapping unit -> first treated period, or None
        Inclusive. Units that are absent, None, or start after ``end`` are comparison units.
        Different starts make the panel staggered. Units treated from the first period on have
        no "before" and are set aside (``set_aside``): they serve neither side.
    end : period, optional
        Last period used; default the last row.
    stop : period, optional
        First period without the treatment, for persistence. The estimate still runs to ``end``.
    season : int
        Periods per season (12 for months); 1 for none.
    anticipation, ramp : int
        Periods before the start, and after it, that are left out of the comparison.
    unit : str
        What the outcome is measured in.
    incomplete : tuple
        Units left out beforehand because they have gaps; reported with the effect.

    Raises
    ------
    InvalidInput
        Codes ``effect_*``: doubled or unsorted periods, gaps, a start outside the data,
        nobody treated, a constant outcome.
    """

    outcome: pd.DataFrame
    starts: Mapping[Any, Any]
    end: Any = None
    stop: Any = None
    season: int = 1
    anticipation: int = 0
    ramp: int = 0
    unit: str = ""
    incomplete: tuple[Any, ...] = ()
    first: np.ndarray = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        index = self.outcome.index
        if not (
            index.is_unique and index.is_monotonic_increasing and self.outcome.columns.is_unique
        ):
            raise InvalidInput("effect_periods_unordered", periods=len(index))
        if min(self.anticipation, self.ramp) < 0 or self.season < 1:
            raise InvalidInput(
                "effect_window_negative", anticipation=self.anticipation, ramp=self.ramp
            )
        unknown = [unit for unit in self.starts if unit not in self.outcome.columns]
        if unknown:
            raise InvalidInput("effect_no_such_unit", unit=unknown[0], units=len(self.outcome.T))
        if not np.isfinite(self.values).all():
            row, column = np.argwhere(~np.isfinite(self.values))[0]
            raise InvalidInput(
                "effect_gap", unit=self.outcome.columns[column], period=self.periods[row]
            )
        object.__setattr__(self, "first", self._first())
        self._refuse_nonsense()

    def _first(self) -> np.ndarray:
        first = np.full(self.outcome.shape[1], len(self.periods))
        for unit, start in self.starts.items():
            if start is None or pd.isna(start):
                continue
            place = int(self.outcome.index.searchsorted(start))
            if place == len(self.outcome.index) or start < self.outcome.index[0]:
                raise InvalidInput(
                    "effect_start_outside",
                    start=start,
                    first=self.outcome.index[0],
                    last=self.outcome.index[-1],
                )
            first[self.outcome.columns.get_loc(unit)] = min(place, len(self.periods))
        return first

    def _refuse_nonsense(self) -> None:
        treated = self.first < len(self.periods)
        if not treated.any():
            raise InvalidInput("effect_nobody_treated", units=len(self.first))
        before = self.first[treated] - self.anticipation
        if (before < 1).all():
            raise NotEnoughData(max(int(before.max()), 0), 1, "periods before the start")
        after = len(self.periods) - self.first[treated] - self.ramp
        if (after < 1).all():
            raise NotEnoughData(max(int(after.max()), 0), 1, "periods after the start")
        if len(self.treated) == 0:
            raise NotEnoughData(0, 1, "treated units with a before and an after")
        if np.ptp(self.values[:, self.treated], axis=0).max(initial=0) == 0:
            raise InvalidInput("effect_constant", unit=self.outcome.columns[self.treated[0]])

    @cached_property
    def periods(self) -> pd.Index:
        """Periods up to and including ``end``."""
        index = self.outcome.index
        if self.end is None:
            return index
        kept = index[: index.searchsorted(self.end, side="right")]
        if len(kept) == 0:
            raise InvalidInput("effect_end_outside", end=self.end, first=index[0], last=index[-1])
        return kept

    @cached_property
    def values(self) -> np.ndarray:
        """Outcome as a float array, periods x units, up to ``end``."""
        return self.outcome.to_numpy(dtype=float)[: len(self.periods)]

    @cached_property
    def controls(self) -> np.ndarray:
        """Column numbers of units untreated throughout."""
        return np.flatnonzero(self.first >= len(self.periods))

    @cached_property
    def treated(self) -> np.ndarray:
        """Column numbers of units with a usable before and after."""
        length = len(self.periods)
        usable = (self.first - self.anticipation >= 1) & (self.first + self.ramp < length)
        return np.flatnonzero(usable & (self.first < length))

    @cached_property
    def set_aside(self) -> tuple[Any, ...]:
        """Units that can serve neither as treated nor as comparison."""
        used = np.concatenate([self.controls, self.treated])
        return tuple(self.outcome.columns[np.setdiff1d(np.arange(len(self.first)), used)])

    @cached_property
    def cohorts(self) -> tuple[tuple[int, np.ndarray], ...]:
        """(first treated row, its columns), by start."""
        starts = np.unique(self.first[self.treated])
        return tuple((int(g), self.treated[self.first[self.treated] == g]) for g in starts)

    @property
    def staggered(self) -> bool:
        """Whether the usable treated units start at different times."""
        return len(self.cohorts) > 1

    @cached_property
    def cells(self) -> np.ndarray:
        """Treated cells the estimate averages: after the start and the ramp, bool like values."""
        rows = np.arange(len(self.periods))[:, None]
        chosen = np.zeros(self.values.shape, dtype=bool)
        chosen[:, self.treated] = rows >= self.first[self.treated] + self.ramp
        return chosen

    def before(self, first: int) -> np.ndarray:
        """Rows before a start at row ``first``, anticipation left out."""
        return np.arange(max(first - self.anticipation, 0))
