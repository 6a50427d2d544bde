"""Simulated companies whose savings are known, and the eight scenes of ``docs/methods/value.md``.

Nothing here uses the product's own model: demand, intensity and unit cost multiply, shocks are
common and own, effects are percentages of intensity or of unit cost.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

RAMP = np.array([0.25, 0.5, 0.75])


@dataclass
class Initiative:
    """What was begun, where and when, and what it costs a month and at once."""

    name: str
    teams: tuple[int, ...]
    start: int
    effect: float
    monthly: float = 0.0
    once: float = 0.0


@dataclass
class Function:
    """One cost pool: cost, quantity and demand by month and team, and the cost without."""

    key: str
    cost: np.ndarray
    quantity: np.ndarray
    demand: np.ndarray
    without: np.ndarray
    initiatives: list[Initiative] = field(default_factory=list)
    noise: list[tuple[float, float]] = field(default_factory=list)
    """Autocorrelation and deviation of each team's unit cost, in logs."""
    steps: list[tuple[int, int, float]] = field(default_factory=list)
    """Team, month and log size of what stepped by itself."""
    strikes: list[tuple[int, int]] = field(default_factory=list)
    """Month and team."""

    @property
    def saved(self) -> np.ndarray:
        """Return what was saved by month and team, NaN where nothing was recorded."""
        return self.without - self.cost

    def compared(self) -> list[Initiative]:
        """Return initiatives beside which a team is untouched, or not touched yet."""
        months, teams = self.cost.shape
        first = np.full(teams, months)
        for one in self.initiatives:
            for team in one.teams:
                first[team] = min(first[team], one.start)
        return [
            one
            for one in self.initiatives
            if any(first[team] > one.start + 3 for team in range(teams) if team not in one.teams)
        ]


@dataclass
class Company:
    """Functions of one client."""

    functions: list[Function]
    months: int

    def saving(self, compared: bool = True, last: int = 12) -> float:
        """Return what the (compared) initiatives' teams saved in the last months."""
        total = 0.0
        for function in self.functions:
            ones = function.compared() if compared else function.initiatives
            teams = sorted({team for one in ones for team in one.teams})
            total += float(np.nansum(function.saved[-last:, teams]))
        return total

    def bill(self) -> float:
        """Return what compared teams cost in the last twelve months."""
        return sum(
            float(np.nansum(f.cost[-12:, sorted({t for o in f.compared() for t in o.teams})]))
            for f in self.functions
        )


def autoregressive(
    rng: np.random.Generator, months: int, rho: float, deviation: float
) -> np.ndarray:
    """Return a stationary first-order autoregression with the given marginal deviation."""
    shocks = rng.standard_normal(months) * deviation * np.sqrt(1 - rho**2)
    series = np.empty(months)
    series[0] = rng.standard_normal() * deviation
    for month in range(1, months):
        series[month] = rho * series[month - 1] + shocks[month]
    return series


def share_reached(months: int, start: int) -> np.ndarray:
    """Return the share of the full effect in each month: a four-month ramp."""
    reached = np.zeros(months)
    reached[start:] = 1.0
    ramp = RAMP[: max(months - start, 0)]
    reached[start : start + len(ramp)] = ramp
    return reached


def company(rng: np.random.Generator, rough: bool = False, works: bool = True) -> Company:
    """Return one company of two or three functions."""
    months = int(rng.integers(30, 61))
    keys = ("support", "procurement", "people")[: int(rng.integers(2, 4))]
    return Company([_function(rng, key, months, rough, works) for key in keys], months)


def _function(
    rng: np.random.Generator, key: str, months: int, rough: bool, works: bool
) -> Function:
    teams = int(rng.integers(3, 7))
    month = np.arange(months)
    size = rng.uniform(200, 1000) * np.exp(rng.uniform(0, np.log(4), teams))
    price = rng.uniform(10, 60) * np.exp(rng.uniform(0, np.log(4), teams))
    growth = (1 + rng.uniform(-0.03, 0.10)) ** (month / 12)
    inflation = (1 + rng.uniform(0, 0.06)) ** (month / 12)
    season_volume = 1 + rng.uniform(0.05, 0.30) * np.sin(
        2 * np.pi * (month + rng.integers(12)) / 12
    )
    season_price = 1 + rng.uniform(0.02, 0.08) * np.sin(2 * np.pi * (month + rng.integers(12)) / 12)
    common = autoregressive(rng, months, rng.uniform(0.3, 0.7), 0.03)
    common_price = autoregressive(rng, months, rng.uniform(0.3, 0.7), 0.02)
    demand = size * (growth * season_volume)[:, None] * np.exp(common)[:, None]
    own_volume = np.stack(
        [
            autoregressive(rng, months, rng.uniform(0.2, 0.7), rng.uniform(0.02, 0.05))
            for _ in range(teams)
        ],
        axis=1,
    )
    noise, series, steps, strikes = [], [], [], []
    for _ in range(teams):
        noise.append((rng.uniform(0.2, 0.7), rng.uniform(0.015, 0.035)))
        series.append(autoregressive(rng, months, *noise[-1]))
    own_price = np.stack(series, axis=1)
    demand = demand * np.exp(own_volume)
    unit = price * (inflation * season_price)[:, None] * np.exp(common_price[:, None] + own_price)
    if rough:
        for team in range(teams):
            if rng.random() < 0.2:
                step = int(rng.integers(3, months - 3))
                size = 1 + rng.choice([-1, 1]) * rng.uniform(0.05, 0.12)
                unit[step:, team] *= size
                steps.append((team, step, float(np.log(size))))
            if rng.random() < 0.2:
                strike = int(rng.integers(0, months))
                demand[strike, team] *= 0.4
                unit[strike, team] *= 2.2
                strikes.append((strike, team))
    initiatives = _initiatives(rng, key, months, teams, rough, works)
    effect = np.zeros((months, teams))
    for one in initiatives:
        early = int(rng.integers(1, 3)) if rough and rng.random() < 0.3 else 0
        for team in one.teams:
            effect[:, team] += share_reached(months, one.start - early) * np.log1p(one.effect)
    quantity = demand.copy()
    cost = quantity * unit * np.exp(effect)
    without = quantity * unit
    if rough:
        for team in range(teams):
            if rng.random() < 0.2:
                gone = int(rng.integers(0, months))
                for table in (cost, quantity, demand, without):
                    table[gone, team] = np.nan
    return Function(key, cost, quantity, demand, without, initiatives, noise, steps, strikes)


def _initiatives(
    rng: np.random.Generator, key: str, months: int, teams: int, rough: bool, works: bool
) -> list[Initiative]:
    all_treated = rough and rng.random() < 0.25
    count = int(rng.integers(1, 3))
    order = rng.permutation(teams)
    available = teams if all_treated else teams - 1
    if all_treated:
        cuts = [available] if count == 1 else [available // 2, available - available // 2]
    else:
        first = int(rng.integers(1, min(4, available) + 1))
        second = int(rng.integers(1, min(4, available - first) + 1)) if available > first else 0
        cuts = [first, second][:count]
    found, at = [], 0
    for place, number in enumerate(n for n in cuts if n):
        start = int(rng.integers(max(13, months // 3), max(months - 12, max(13, months // 3) + 1)))
        effect = -rng.uniform(0.05, 0.20) if works else 0.0
        chosen = tuple(int(t) for t in order[at : at + number])
        at += number
        found.append(Initiative(f"{key} {place + 1}", chosen, start, effect))
    return found
