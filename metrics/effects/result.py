"""What an analysis of an initiative answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd

from metrics.model import Note


class Status(StrEnum):
    """How a check came out. INFO cannot pass or fail on these data."""

    PASS = "PASS"  # noqa: S105
    REVIEW = "REVIEW"
    FAIL = "FAIL"
    INFO = "INFO"


class Verdict(StrEnum):
    """What may be said: ``caused`` needs both calibrated designs and every check."""

    CAUSED = "caused"
    WENT_WITH = "went with"
    NOT_SHOWN = "not shown"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True)
class Check:
    """One diagnostic beside an estimate.

    ``code`` and ``facts`` are the key and the numbers of its sentence; ``evidence`` is the table
    behind it.
    """

    name: str
    status: Status
    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    evidence: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)


@dataclass(frozen=True)
class BoundedEstimate:
    """A figure with its bounds; NaN with a ``reason`` where it cannot be known."""

    estimate: float
    low: float
    high: float
    reason: str = ""


@dataclass(frozen=True)
class Fit:
    """What one design answers, before checks and verdict.

    Attributes
    ----------
    estimate, low, high : float
        Mean effect per period and treated unit, with bounds at the level asked for.
    standard_error : float
        Half the 95 % interval over 1.96, the normal quantile: comparable between designs whatever
        theirs.
    expected : array, periods
        Mean of the treated units had nothing been done; fitted before the start.
    expected_error : array, periods
        Half-width of the band around ``expected``.
    since_start : array
        Periods since the start (0 is the first treated one).
    effects, covariance : arrays
        Effect at each of them and the covariance of their errors.
    quantile : float
        Multiplier that turns a standard deviation of ``effects`` into a half-width.
    weights : Series, optional
        Weight of each comparison unit.
    """

    design: str
    estimate: float
    low: float
    high: float
    standard_error: float
    expected: np.ndarray
    expected_error: np.ndarray
    since_start: np.ndarray
    effects: np.ndarray
    covariance: np.ndarray
    quantile: float
    weights: pd.Series | None = None
    notes: tuple[Note, ...] = ()

    @property
    def silent(self) -> bool:
        """Whether the data held no noise to judge by, as only made-up data do."""
        scale = max(abs(self.estimate), float(np.abs(self.expected).max()))
        return self.standard_error <= 1e-5 * scale

    @property
    def significant(self) -> bool:
        """Whether the interval excludes zero."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Effect:
    """What an initiative did to an outcome, how sure that is, and what speaks against it.

    Attributes
    ----------
    estimate, low, high : float
        Mean effect per period and treated unit from the start to the end, ramp included unless
        it was left out. Bounds at ``level`` per cent.
    relative : BoundedEstimate
        The same divided by the mean of the expected path over those periods.
    path : DataFrame
        ``period, actual, expected, low, high``: mean of the treated units, all periods.
    by_month_since_start : DataFrame
        ``since_start, estimate, low, high, units``, pointwise bands.
    minimum_detectable : float
        Smallest effect this analysis finds in 80 of 100 cases at its level, both signs.
    cells : int
        Unit-periods averaged: ``estimate * cells`` is the total effect.
    """

    estimate: float
    low: float
    high: float
    level: float
    relative: BoundedEstimate
    unit: str
    design: str
    verdict: Verdict
    checks: tuple[Check, ...]
    path: pd.DataFrame = field(repr=False)
    by_month_since_start: pd.DataFrame = field(repr=False)
    minimum_detectable: float
    standard_error: float
    cells: int
    treated: tuple[Any, ...]
    controls: tuple[Any, ...]
    notes: tuple[Note, ...]
    seed: int
    fit: Fit = field(repr=False)
