"""Without the programme, as planned, tuned: the same futures under different decisions.

Every scenario uses the same simulated futures and the same draws of every effect, so that their
difference is what the decision changes and nothing else.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from metrics.errors import InvalidInput
from metrics.forecast.ratios import Futures, Ratio
from metrics.frames.frame import iterate_rows
from metrics.functions import KPIS
from metrics.maturity.levels import WORKS
from metrics.model import ALL, Better, teams_of
from metrics.outlook.influence import (
    NEVER,
    YEAR,
    Drawn,
    Hazard,
    Influence,
    apply_effect,
    draw,
    remove_effect,
)
from metrics.portfolio.part import SAVINGS

WITHOUT, PLAN, TUNED = "without", "plan", "tuned"
SAVING, FIRST_SAVING = SAVINGS
"""Series of the programme's saving a month."""
NECESSARY = "ORG"
"""Benefits that are still to come count from this level of organisation on (domain S1-26)."""
RECENT = 6
"""Months whose mean cost goes on."""
LEVER_COLUMNS = [
    "initiative",
    "function",
    "kpi",
    "cost",
    "saving",
    "reached",
    "open",
    "teams_open",
    "shown",
    "helps",
    "running",
    "capped",
    "loses",
    "action",
]


@dataclass(frozen=True)
class Plan:
    """What is done with the initiatives from next month on.

    Parameters
    ----------
    stop, extend : tuple of str
        Initiatives that end, and those that also go to the teams nobody has reached.
    delay : int
        Months until that happens.
    budget : float
        Largest cost a month, base currency; infinite by default.
    """

    stop: tuple[str, ...] = ()
    extend: tuple[str, ...] = ()
    delay: int = 0
    budget: float = float("inf")


@dataclass(frozen=True)
class Flows:
    """Saving and cost of the programme by month, draws × horizon, base currency."""

    saving: np.ndarray
    cost: np.ndarray

    @property
    def net(self) -> np.ndarray:
        return self.saving - self.cost


@dataclass(frozen=True)
class PlannedFutures:
    """All that scenarios need: futures without what the programme does, and what it does.

    Parameters
    ----------
    base : mapping of str to Futures
        By KPI: forecast of the history with the programme's effect taken out.
    ratios : mapping of str to Ratio
    effects : mapping of str to list of Influence
        By KPI.
    saving : Futures or None
        Forecast of what measured savings hold beyond the effects: their noise.
    savings : list of Influence
        Saving a month of each initiative.
    levers : DataFrame
        ``LEVER_COLUMNS``: what can be done with each initiative.
    booked : numpy.ndarray or None
        By month to come: costs entered for initiatives that have not begun. What these will
        bring is not shown, so they cost and do not save.
    """

    last: pd.Timestamp
    months: pd.DatetimeIndex
    base: Mapping[str, Futures]
    ratios: Mapping[str, Ratio]
    effects: Mapping[str, Sequence[Influence]]
    saving: Futures | None
    savings: Sequence[Influence]
    levers: pd.DataFrame
    hazard: Hazard
    extension_effect: float
    market_maturity: float
    seed: int
    draws: int = 1000
    booked: np.ndarray | None = None
    _cells: Mapping[str, Mapping] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        rows = self.levers.drop_duplicates("initiative").set_index("initiative").to_dict("index")
        object.__setattr__(self, "_cells", rows)

    def _drawn(self, one: Influence, plan: Plan) -> Drawn:
        # One stream for each initiative: its fate is the same in every KPI and scenario.
        rng = np.random.default_rng([self.seed, zlib.crc32(one.initiative.encode())])
        stop = plan.delay if one.initiative in plan.stop else NEVER
        found = draw(one, self.last, len(self.months), self.draws, rng, self.hazard, stop)
        if not self._cells[one.initiative]["capped"]:
            return found
        # What is still to grow does not count; what fades does.
        held = np.abs(found.now)[:, None]
        return replace(found, ahead=np.clip(found.ahead, -held, held))

    def _added(self, one: Influence, plan: Plan) -> np.ndarray:
        """Effect of taking an initiative to the teams it has not reached."""
        cell = self._cells[one.initiative]
        if one.initiative not in plan.extend or cell["capped"] or not cell["open"]:
            return np.zeros((self.draws, len(self.months)))
        factor = self.extension_effect * cell["open"] / cell["reached"]
        later = replace(
            one,
            start=self.last + pd.DateOffset(months=1 + plan.delay),
            end=pd.NaT,
            full=one.full * factor,
            spread=one.spread * factor,
        )
        return self._drawn_later(later)

    def _drawn_later(self, later: Influence) -> np.ndarray:
        rng = np.random.default_rng([self.seed, 1, zlib.crc32(later.initiative.encode())])
        return draw(later, self.last, len(self.months), self.draws, rng, self.hazard).ahead

    def _effect(self, ones: Sequence[Influence], plan: Plan) -> np.ndarray:
        """Effect in the months to come, anchored at what the history shows today."""
        result = np.zeros((self.draws, len(self.months)))
        for one in ones:
            found = self._drawn(one, plan)
            today = one.path(pd.DatetimeIndex([self.last]))[0]
            result += today + found.ahead - found.now[:, None] + self._added(one, plan)
        return result

    def expected(self, kpi: str) -> np.ndarray:
        """Mean effect in the months to come under the current plan."""
        return self._effect(self.effects.get(kpi, ()), Plan()).mean(axis=0)

    def values(self, kpi: str, plan: Plan) -> tuple[np.ndarray, np.ndarray]:
        """Futures of a KPI under a plan: draws × horizon, and the point forecast."""
        base, ratio = self.base[kpi], self.ratios[kpi]
        ones = self.effects.get(kpi, ())
        if not ones:
            return base.value, base.mean
        effect = self._effect(ones, plan)
        return (
            apply_effect(base.value, effect, ratio.kind, ratio.bounds),
            apply_effect(base.mean, effect.mean(axis=0), ratio.kind, ratio.bounds),
        )

    def without(self, kpi: str) -> tuple[np.ndarray, np.ndarray]:
        """Futures of a KPI had there never been a programme."""
        paths, mean = self.values(kpi, Plan())
        ratio = self.ratios[kpi]
        whole = np.zeros((self.draws, len(self.months)))
        for one in self.effects.get(kpi, ()):
            whole += self._drawn(one, Plan()).ahead
        return (
            remove_effect(paths, whole, ratio.kind, ratio.bounds),
            remove_effect(mean, whole.mean(axis=0), ratio.kind, ratio.bounds),
        )

    def flows(self, plan: Plan) -> Flows:
        """Saving and cost a month of the whole programme under a plan."""
        plan = within_budget(self.levers, plan)
        saving = np.zeros((self.draws, len(self.months)))
        if self.saving is not None:
            saving = self.saving.value + self._effect(self.savings, plan)
        known = {one.initiative: one for ones in self.effects.values() for one in ones}
        cost = np.zeros_like(saving) + (0.0 if self.booked is None else self.booked)
        for row in iterate_rows(self.levers[self.levers["running"]]):
            cost += self._spent(row, known.get(row.initiative), plan)
        return Flows(saving, cost)

    def _spent(self, row, one: Influence | None, plan: Plan) -> np.ndarray:
        horizon = len(self.months)
        month = np.arange(horizon)
        if one is None:
            runs = month < (plan.delay if row.initiative in plan.stop else NEVER)
            return np.broadcast_to(row.cost * runs, (self.draws, horizon))
        alive = self._drawn(one, plan).alive
        spent = row.cost * alive.astype(float)
        # A failed experiment costs what was spent on it, once more in part, when it is given up.
        ends = alive & ~np.concatenate([alive[:, 1:], alive[:, -1:]], axis=1)
        ends &= row.initiative not in plan.stop
        spent += self.market_maturity * ends * np.cumsum(spent, axis=1)
        if row.initiative in plan.extend and row.reached > 0 and not row.capped:
            spent += row.cost * row.open / row.reached * (month >= plan.delay)
        return spent


def booked_costs(
    initiatives: pd.DataFrame, costs: pd.DataFrame, last: pd.Timestamp, months: pd.DatetimeIndex
) -> np.ndarray:
    """Costs entered for the months to come of initiatives that begin after `last`, by month."""
    planned = initiatives.loc[initiatives["start"] > last, "initiative"]
    ahead = costs[costs["initiative"].isin(planned)].groupby("month")["amount"].sum()
    return ahead.reindex(months, fill_value=0.0).to_numpy()


def levers(
    effects: pd.DataFrame,
    costs: pd.DataFrame,
    values: pd.DataFrame,
    levels: Mapping[str, float],
    last: pd.Timestamp,
    extension_effect: float,
) -> pd.DataFrame:
    """What can be done with each initiative, and what the evidence says should be.

    Parameters
    ----------
    effects : DataFrame
        ``EffectsPart.effects``.
    costs : DataFrame
        ``initiative``, ``month``, ``amount`` in base currency.
    values : DataFrame
        Frame ``kpi_values``, items "all".
    levels : mapping
        Function → published level of the dimension that is necessary; missing is not capped.
    last : Timestamp
        Last month with final values.
    extension_effect : float
        Effect in teams reached later, against the first.

    Returns
    -------
    DataFrame
        ``LEVER_COLUMNS``: ``cost`` and ``saving`` a month, NaN where its KPI is no cost;
        ``reached`` and ``open`` shares of the function's volume; ``action`` is extend, stop, keep.
    """
    spent = costs[(costs["month"] <= last) & (costs["month"] > last - pd.DateOffset(months=RECENT))]
    monthly = spent.groupby("initiative")["amount"].sum() / RECENT
    rows = []
    for row in iterate_rows(effects):
        if row.kpi not in KPIS or pd.isna(row.start):
            continue
        running = pd.isna(row.end) and row.start <= last
        same = effects[(effects["kpi"] == row.kpi) & (effects["function"] == row.function)]
        touched = {team for teams in same["teams"] for team in teams_of(teams)}
        share = _volume(values, row.kpi)
        open_teams = [team for team in share.index if team not in touched]
        shown = row.grade != ""
        helps = (row.estimate > 0) == (KPIS[row.kpi].better is Better.HIGHER)
        capped = levels.get(row.function, WORKS) < WORKS
        cost = float(monthly.get(row.initiative, 0.0)) if running else 0.0
        rows.append(
            {
                "initiative": row.initiative,
                "function": row.function,
                "kpi": row.kpi,
                "cost": cost,
                "saving": row.saving / YEAR,
                "reached": float(share.reindex(teams_of(row.teams)).sum()),
                "open": float(share.reindex(open_teams).sum()),
                "teams_open": len(open_teams),
                "shown": shown,
                "helps": helps,
                "running": running,
                "capped": capped,
                "loses": bool(running and row.saving_high / YEAR < cost),
            }
        )
    table = pd.DataFrame(rows, columns=LEVER_COLUMNS[:-1])
    return table.assign(action=_actions(table, extension_effect))


def _volume(values: pd.DataFrame, kpi: str) -> pd.Series:
    teams = values[(values["kpi"] == kpi) & (values["team"] != ALL) & values["value"].notna()]
    recent = teams[teams["month"] > teams["month"].max() - pd.DateOffset(months=YEAR)]
    total = recent.groupby("team")["denominator"].sum()
    return total / total.sum() if total.sum() > 0 else total


def _actions(table: pd.DataFrame, extension_effect: float) -> list[str]:
    """Extend what is shown to save more than it costs, stop what nine in ten would call a loss.

    Of several waves of one idea the largest is extended. An initiative whose KPI is no cost is
    left to those who know what it is worth.
    """
    good = table[
        table["running"]
        & table["shown"]
        & table["helps"]
        & (table["open"] > 0)
        & (table["saving"] * extension_effect > table["cost"])
        & ~table["capped"].astype(bool)
    ]
    first = good.sort_values("reached", ascending=False).drop_duplicates(["function", "kpi"]).index
    return [
        "extend" if i in first else "stop" if row.loses else "keep"
        for i, row in zip(table.index, iterate_rows(table), strict=True)
    ]


def tuned_plan(table: pd.DataFrame) -> Plan:
    """The plan the evidence speaks for."""
    chosen = {a: tuple(table.loc[table["action"] == a, "initiative"]) for a in ("stop", "extend")}
    return Plan(**chosen)


def within_budget(table: pd.DataFrame, plan: Plan) -> Plan:
    """The plan with as much dropped as the budget asks for: extensions, then what is not shown.

    Raises
    ------
    InvalidInput
        ``plan_unknown_initiative``, ``plan_stops_and_extends``, ``plan_negative``.
    """
    unknown = sorted({*plan.stop, *plan.extend} - set(table["initiative"]))
    if unknown:
        raise InvalidInput("plan_unknown_initiative", initiatives=unknown)
    if set(plan.stop) & set(plan.extend):
        raise InvalidInput(
            "plan_stops_and_extends", initiatives=sorted(set(plan.stop) & set(plan.extend))
        )
    if plan.delay < 0 or plan.budget < 0:
        raise InvalidInput("plan_negative", delay=plan.delay, budget=plan.budget)
    rows = table[table["running"]].sort_values(["shown", "helps", "reached", "initiative"])
    extend, stop = list(plan.extend), list(plan.stop)

    def cost() -> float:
        runs = rows[~rows["initiative"].isin(stop)]
        more = rows[rows["initiative"].isin(extend) & ~rows["capped"].astype(bool)]
        return float(runs["cost"].sum() + (more["cost"] * more["open"] / more["reached"]).sum())

    while cost() > plan.budget and extend:
        extend.pop()
    for name in rows["initiative"]:
        if cost() <= plan.budget:
            break
        stop += [name] if name not in stop else []
    return replace(plan, stop=tuple(stop), extend=tuple(extend))
