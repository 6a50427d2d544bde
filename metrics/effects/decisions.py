"""What the effects say should be decided: extend, stop, or wait; as codes with facts.

A proposal never rests on an effect that is not shown. Extending is valued by the effect measured
where it ran, on the volume of the teams it has not reached; they may respond less, and the words
say so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy

from metrics.effects import Verdict
from metrics.effects.part import GRADE, YEAR, EffectsPart, is_cost, outcome_and_volume
from metrics.functions import BY_KEY, KPIS
from metrics.intervals import error_of
from metrics.measures.kpis import block
from metrics.model import Snapshot, teams_of

COLUMNS = [
    "initiative",
    "code",
    "teams",
    "months",
    "value",
    "low",
    "high",
    "cost",
    "verdict",
]
MONEY_COLUMNS = ("saving", "saving_low", "saving_high")
LEVEL = 0.80
"""Of a proposal's interval."""
SHOWN = tuple(str(v) for v in GRADE)


@dataclass(frozen=True)
class Reach:
    """How much volume an initiative has reached and how much it has not, a year."""

    reached: float
    open: float
    teams: int


def decisions(
    observations: pd.DataFrame,
    initiatives: pd.DataFrame,
    costs: pd.DataFrame,
    effects: pd.DataFrame,
) -> pd.DataFrame:
    """Propose what to do about each initiative, the most valuable first.

    Parameters
    ----------
    observations, initiatives, costs : DataFrame
        Frames of the same names.
    effects : DataFrame
        ``EffectsPart.effects``.

    Returns
    -------
    DataFrame
        ``initiative``; ``code`` (extend, stop, wait); ``teams`` not yet reached; ``months`` since
        the start; ``value``, ``low``, ``high`` a year in base currency: the saving of extending
        (interval of the effect at its level), or the cost that stopping ends; ``cost`` a year.
    """
    spent = _yearly_costs(costs)
    running = effects[effects["end"].isna() & effects["function"].isin(list(BY_KEY))]
    rows = []
    shown = running[running["verdict"].isin(SHOWN) & (running["saving"] > 0)]
    # Waves of one idea share function and KPI: one proposal, or the same teams count twice.
    for _, waves in shown.groupby(["function", "kpi"], sort=False):
        reach = _reach(observations, initiatives, waves)
        if reach.teams and reach.reached > 0:
            factor = reach.open / reach.reached
            value, low, high = (waves[c].sum() * factor for c in MONEY_COLUMNS)
            rows.append(
                {
                    "initiative": _common_name(list(waves["initiative"])),
                    "code": "extend",
                    "teams": reach.teams,
                    "months": waves["months_after"].max(),
                    "value": value,
                    "low": low,
                    "high": high,
                    "verdict": waves["verdict"].iloc[0],
                    "cost": sum(spent.get(name, np.nan) for name in waves["initiative"]),
                }
            )
    for one in running[~running.index.isin(shown.index)].itertuples():
        cost = spent.get(one.initiative, np.nan)
        row = {
            "initiative": one.initiative,
            "verdict": one.verdict,
            "cost": cost,
            "months": one.months_after,
        }
        if one.verdict == str(Verdict.NOT_SHOWN) and cost > 0:
            rows.append(row | {"code": "stop", "value": cost, "low": cost, "high": cost})
        elif one.verdict == str(Verdict.CANNOT_TELL) and cost > 0:
            rows.append(row | {"code": "wait", "value": 0.0})
    table = pd.DataFrame(rows, columns=COLUMNS)
    numbers = ["teams", "months", "value", "low", "high", "cost"]
    table[numbers] = table[numbers].astype(float)
    return table.sort_values("value", ascending=False, ignore_index=True)


def _common_name(names: list[str]) -> str:
    """Return what stands before the comma in all names of the waves, or all names."""
    shared = {name.split(",")[0].strip() for name in names}
    return shared.pop() if len(shared) == 1 else " + ".join(names)


def foremost(table: pd.DataFrame, n: int = 3) -> pd.DataFrame:
    """Return the ``n`` proposals to show: the best of each kind first, then by value."""
    best = table.drop_duplicates("code")
    rest = table[~table.index.isin(best.index)]
    return pd.concat([best, rest]).head(n).sort_values("value", ascending=False)


def chance_of_saving(code: str, value: float, low: float, high: float) -> float:
    """Return the probability that extending saves anything, if new teams respond alike.

    The error is taken as normal with the width of the 80 % interval; NaN for a proposal that
    rests on no effect shown.
    """
    if code != "extend" or not high > low:
        return float("nan")
    error = error_of(low, high, 100 * LEVEL)
    return float(scipy.special.ndtr(value / error))


def _yearly_costs(costs: pd.DataFrame) -> dict[str, float]:
    recent = costs[costs["month"] > costs["month"].max() - pd.DateOffset(months=YEAR)]
    return {str(k): float(v) for k, v in recent.groupby("initiative")["amount"].sum().items()}


def _reach(observations: pd.DataFrame, initiatives: pd.DataFrame, waves: pd.DataFrame) -> Reach:
    function, kpi = waves["function"].iloc[0], KPIS[waves["kpi"].iloc[0]]
    if not is_cost(kpi):
        return Reach(0.0, 0.0, 0)
    outcome, volume = outcome_and_volume(block(observations, BY_KEY[function]), kpi)
    same = initiatives[(initiatives["function"] == function) & (initiatives["kpi"] == kpi.key)]
    touched = {t for teams in same["teams"] for t in teams_of(teams)}
    measured = {t for teams in waves["teams"] for t in teams_of(teams)}
    # Money at stake is volume at its price: a dear team saves more by the same fraction.
    at_stake = (volume.loc[outcome.index].tail(YEAR).sum() * outcome.tail(YEAR).mean()).dropna()
    reached = at_stake[[t for t in at_stake.index if t in measured]]
    rest = at_stake[[t for t in at_stake.index if t not in touched]]
    return Reach(float(reached.sum()), float(rest.sum()), len(rest))


@dataclass(frozen=True)
class DecisionsPart:
    """What should be decided, the most valuable first; columns as ``metrics.decisions``."""

    proposals: pd.DataFrame


def proposals(snapshot: Snapshot, compared: EffectsPart) -> DecisionsPart:
    """Propose what to do about each initiative."""
    return DecisionsPart(
        decisions(
            snapshot["observations"],
            snapshot["initiatives"],
            snapshot["costs"],
            compared.effects,
        )
    )
