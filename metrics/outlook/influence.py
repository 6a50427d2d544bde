"""What the programme does to a KPI, month by month: effects that grow, last, fade and are given up.

An initiative whose effect was shown enters with that effect and its uncertainty; one that was not
shown enters with nothing. Growth follows the logistic ramp refitted to the client's data (half at
month three, nine tenths at month six where the data say nothing); after a stop the effect fades by
its half-life.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from metrics.business_case.arithmetic import give_up_hazard
from metrics.effects.ramp import PRIOR_LOG_DEVIATION, PRIOR_MONTHS, ramp
from metrics.forecast.scale import Domain
from metrics.frames.frame import iterate_rows
from metrics.intervals import error_of
from metrics.model import ALL, teams_of

YEAR = 12
NEVER = 10_000
"""A month nobody reaches: of an initiative that is not given up."""


@dataclass(frozen=True)
class Influence:
    """One initiative's effect on one KPI at one level.

    Parameters
    ----------
    start : pandas.Timestamp
        First month.
    end : pandas.Timestamp
        First month after it was stopped; NaT while it runs.
    full, spread : float
        Effect once fully grown and its standard deviation: a fraction of the KPI without the
        programme where ``relative``, otherwise in the KPI's unit.
    to_90, to_90_spread : float
        Months until nine tenths, and the standard deviation of their logarithm.
    half_life : float
        Months in which half of the effect is gone after a stop.
    """

    initiative: str
    start: pd.Timestamp
    end: pd.Timestamp
    full: float
    spread: float
    to_90: float
    to_90_spread: float
    half_life: float
    relative: bool

    def shape(self, since: np.ndarray, to_90: np.ndarray | float, stop: np.ndarray) -> np.ndarray:
        """Share of the full effect at months since the start, for stops at such months."""
        grown = np.minimum(since, stop - 1) + 1.0
        faded = 0.5 ** (np.maximum(since - stop + 1, 0) / self.half_life)
        return np.where(since >= 0, ramp(grown, to_90) * faded, 0.0)

    def path(self, months: pd.DatetimeIndex) -> np.ndarray:
        """Expected effect in each month."""
        stop = NEVER if pd.isna(self.end) else int(months_between(self.start, self.end)[0])
        since = months_between(self.start, months)
        return self.full * self.shape(since, self.to_90, np.full(len(months), stop))


def months_between(start: pd.Timestamp, months: pd.Timestamp | pd.DatetimeIndex) -> np.ndarray:
    """Whole months from ``start`` to each of ``months``, negative before."""
    at = pd.DatetimeIndex([months] if isinstance(months, pd.Timestamp) else months)
    return ((at.year - start.year) * YEAR + at.month - start.month).to_numpy()


def influences(
    effects: pd.DataFrame,
    values: pd.DataFrame,
    kpi: str,
    kind: Domain,
    half_life: float,
    team: str = ALL,
) -> list[Influence]:
    """Effects shown on a KPI, as they weigh at a level.

    Parameters
    ----------
    effects : DataFrame
        ``EffectsPart.effects``.
    values : DataFrame
        Frame ``kpi_values`` of that KPI, items "all".
    half_life : float
        Months, where none was measured.
    team : str
        The whole function by default: effects weigh as much as the treated teams do in the last
        year, by numerator where they are relative and by denominator where they are not.
    """
    found = []
    for row in iterate_rows(effects[(effects["kpi"] == kpi) & (effects["grade"] != "")]):
        relative = kind == "nonnegative"
        weight = _weight(
            values, teams_of(row.teams), "numerator" if relative else "denominator", team
        )
        if weight > 0:
            unit = _per_unit(row, values) if relative else 1.0
            found.append(_influence(row, relative, weight * unit, half_life))
    return found


def _per_unit(row, values: pd.DataFrame) -> float:
    """The fraction that one unit of the KPI is of its value without the programme."""
    if np.isfinite(row.relative) and row.estimate != 0:
        return row.relative / row.estimate
    return 1 / float(values.loc[values["team"] == ALL, "value"].abs().mean())


def _influence(row, relative: bool, factor: float, half_life: float) -> Influence:
    settled = pd.notna(row.steady)
    middle, low, high = (
        (row.steady, row.steady_low, row.steady_high)
        if settled
        else (row.estimate, row.low, row.high)
    )
    grown = pd.notna(row.months_to_90)
    return Influence(
        initiative=row.initiative,
        start=row.start,
        end=row.end + pd.DateOffset(months=1) if pd.notna(row.end) else pd.NaT,
        full=middle * factor,
        spread=abs(float(error_of(low, high, row.level)) * factor),
        to_90=row.months_to_90 if grown else PRIOR_MONTHS,
        to_90_spread=float(
            error_of(np.log(row.months_to_90_low), np.log(row.months_to_90_high), row.level)
        )
        if grown
        else PRIOR_LOG_DEVIATION,
        half_life=row.half_life if pd.notna(row.half_life) else half_life,
        relative=relative,
    )


def _weight(values: pd.DataFrame, treated: list[str], by: str, team: str) -> float:
    if team != ALL:
        return float(team in treated)
    teams = values[(values["team"] != ALL) & values["value"].notna()]
    recent = teams[teams["month"] > teams["month"].max() - pd.DateOffset(months=YEAR)]
    total = recent.groupby("team")[by].sum()
    return float(total.reindex(treated).sum() / total.sum()) if total.sum() > 0 else 0.0


def saving_influences(effects: pd.DataFrame, half_life: float) -> list[Influence]:
    """Saving a month of each compared initiative, a loss negative, in base currency."""
    rows = effects[effects["saving"].notna()]
    return [
        replace(
            _influence(row, False, 1.0, half_life),
            full=row.saving / YEAR,
            spread=float(error_of(row.saving_low, row.saving_high, row.saving_level)) / YEAR,
        )
        for row in iterate_rows(rows)
        if pd.isna(row.end)
    ]


@dataclass(frozen=True)
class Hazard:
    """Chance a month of being given up, within the first six months and later: gamma posteriors."""

    early: tuple[float, float]
    late: tuple[float, float]

    def stops(self, age: int, horizon: int, draws: int, rng: np.random.Generator) -> np.ndarray:
        """Month (0 is the first to come) in which each draw gives up; ``NEVER`` for most."""
        early, late = (
            rng.gamma(shape, 1 / rate, (draws, 1)) for shape, rate in (self.early, self.late)
        )
        chance = 1 - np.exp(-np.where(age + np.arange(horizon) < EARLY, early, late))
        gone = rng.random((draws, horizon)) < chance
        return np.where(gone.any(axis=1), gone.argmax(axis=1), NEVER)


EARLY = 6
LATE_PRIOR = (0.5, 50.0)
"""Later on about one in a hundred a month, known as badly as half a case tells. Ours."""


def hazard(
    initiatives: pd.DataFrame, last: pd.Timestamp, share: float, months: float = EARLY
) -> Hazard:
    """Learn how fast initiatives are given up from the client's own.

    Before any is known, ``share`` of them are given up within ``months``, weighing as much as half
    a case; conjugate to months at risk and initiatives given up.
    """
    prior = -np.log(1 - give_up_hazard(share, months))
    counts = np.zeros((2, 2))
    for row in iterate_rows(initiatives.dropna(subset="start")):
        if row.start > last:
            continue
        stopped = pd.notna(row.end) and row.end <= last
        lived = int(months_between(row.start, row.end if stopped else last)[0]) + 1
        counts[0] += [stopped and lived <= EARLY, min(lived, EARLY)]
        counts[1] += [stopped and lived > EARLY, max(lived - EARLY, 0)]
    early = (0.5 + counts[0, 0], 0.5 / max(prior, 1e-6) + counts[0, 1])
    late = (LATE_PRIOR[0] + counts[1, 0], LATE_PRIOR[1] + counts[1, 1])
    return Hazard(early, late)


@dataclass(frozen=True)
class Drawn:
    """Simulated effects of one initiative.

    ``now``: draws, what the months up to the last hold; ``ahead``: draws × horizon;
    ``alive``: draws × horizon, whether it is still run.
    """

    now: np.ndarray
    ahead: np.ndarray
    alive: np.ndarray


def draw(
    one: Influence,
    last: pd.Timestamp,
    horizon: int,
    draws: int,
    rng: np.random.Generator,
    given_up: Hazard | None = None,
    stop_in: int = NEVER,
) -> Drawn:
    """Simulate an initiative's effect over the months after ``last``.

    Parameters
    ----------
    given_up : Hazard, optional
        Without it nothing is given up.
    stop_in : int
        Months to come before it is stopped on purpose.
    """
    full = one.full + one.spread * rng.standard_normal(draws)
    to_90 = one.to_90 * np.exp(one.to_90_spread * rng.standard_normal(draws))
    age = int(months_between(one.start, last)[0])
    chance = np.full(draws, NEVER)
    if given_up is not None:
        chance = given_up.stops(max(age + 1, 0), horizon, draws, rng)
    ending = np.minimum(chance, stop_in) + age + 1
    if pd.notna(one.end):
        ending = np.minimum(ending, int(months_between(one.start, one.end)[0]))
    since = age + 1 + np.arange(horizon)
    ahead = one.shape(since[None, :], to_90[:, None], ending[:, None])
    now = one.shape(np.array([[age]]), to_90[:, None], ending[:, None])[:, 0]
    return Drawn(
        full * now, full[:, None] * ahead, (since[None, :] < ending[:, None]) & (since >= 0)
    )


def apply_effect(
    value: np.ndarray, effect: np.ndarray, kind: Domain, bounds=(0.0, 1.0)
) -> np.ndarray:
    """The value with an effect on top; relative effects multiply."""
    if kind == "nonnegative":
        return value * np.maximum(1 + effect, 0.0)
    return np.clip(value + effect, *bounds) if kind == "share" else value + effect


def remove_effect(
    value: np.ndarray, effect: np.ndarray, kind: Domain, bounds=(0.0, 1.0)
) -> np.ndarray:
    """The value without an effect it holds."""
    if kind == "nonnegative":
        return value / np.maximum(1 + effect, 0.05)
    return np.clip(value - effect, *bounds) if kind == "share" else value - effect


def total(paths: Sequence[np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
    """Sum of effects; zeros where there is none."""
    return np.sum(paths, axis=0) if len(paths) else np.zeros(shape)
