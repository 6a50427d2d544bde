"""What should be decided about each initiative, in net euros a year, from the same draws.

Extending is valued by the predictive distribution of a team that was not tried: the effect where
it ran, the spread between effects, and the extension factor of the assumptions. Stopping saves
what running costs and loses what it is expected to bring. Neither rests on a verdict: what the
money at stake and the odds say is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from metrics.portfolio.appraisal import Appraisal, future_saving_draws, last_year
from metrics.portfolio.panel import RAMP_MONTHS, YEAR
from metrics.portfolio.pools import CostPool

EXTEND, STOP, WAIT = "extend", "stop", "wait"
COLUMNS = [
    "initiative",
    "code",
    "teams",
    "months",
    "value",
    "low",
    "high",
    "probability",
    "cost",
    "verdict",
    "gain",
    "until",
]
LEVEL = 0.80
"""Of a proposal's interval."""
DETECTED = 2.8
"""Standard errors an effect must measure to be found four times in five at 5 %."""
LONGEST_WAIT = 60
"""Months from the start beyond which no date is named."""


@dataclass(frozen=True)
class Stake:
    """What is known of a group of initiatives: draws, euros a year.

    Attributes
    ----------
    brought : array (draws,)
        Saving of the next twelve months where it runs.
    cost : float
        Running cost of the last twelve months; NaN where nothing was booked.
    reached, open : float
        Cost a year of the teams treated, and of those nobody has treated.
    """

    brought: np.ndarray
    cost: float
    reached: float
    open: float
    open_teams: int


def proposals(
    appraisal: Appraisal,
    verdicts: dict[str, str],
    spent: dict[str, float],
    factor: float,
    confidence: float,
    seed: int,
) -> pd.DataFrame:
    """Return one proposal for each running group of initiatives that calls for one.

    Parameters
    ----------
    verdicts : dict
        Initiative → verdict of its claim.
    spent : dict
        Initiative → its cost in the last twelve months.
    factor : float
        Effect in teams reached later, against the first.
    confidence : float
        Probability from which a change is proposed.
    seed : int

    Returns
    -------
    DataFrame
        ``initiative``; ``code`` (extend, stop, wait); ``teams`` not reached; ``months`` since the
        start; ``value``: net euros a year after its own cost, with ``low``, ``high`` at 80 % and
        ``probability`` that it is positive; ``cost`` a year of what is proposed; ``gain``: the
        saving before that cost; ``until``: month by which waiting will tell.
    """
    rng = np.random.default_rng([seed, 3])
    future = future_saving_draws(appraisal, YEAR) if appraisal.known else []
    rows = []
    for group in range(appraisal.compared):
        if not appraisal.counts(group) or _has_ended(appraisal, group):
            continue
        stake = _stake(appraisal, group, future, spent)
        spread = _spread(appraisal, rng)
        row = _extension(appraisal, group, stake, factor, spread) if stake.open_teams else None
        if row is None or row["probability"] < confidence:
            row = _stop(stake, confidence) or _propose_waiting(appraisal, group, stake)
        if row is not None:
            names = appraisal.names(group)
            rows.append(
                {
                    "initiative": _common_name(names),
                    "verdict": verdicts.get(names[0], ""),
                    "months": _age(appraisal, group),
                    **row,
                }
            )
    table = pd.DataFrame(_merge_extensions(rows), columns=COLUMNS)
    numbers = ["teams", "months", "value", "low", "high", "probability", "cost", "gain"]
    table[numbers] = table[numbers].astype(float)
    for text in ("until", "verdict"):
        table[text] = table[text].astype(object).where(table[text].notna(), "").astype("str")
    return table.sort_values("value", ascending=False, ignore_index=True)


def _has_ended(appraisal: Appraisal, group: int) -> bool:
    return all(appraisal.starts[one].end is not None for one in appraisal.groups[group])


def _age(appraisal: Appraisal, group: int) -> int:
    pool = appraisal.laid.pools[appraisal.pool(group)]
    start = min(appraisal.starts[one].start for one in appraisal.groups[group])
    return len(pool.months) - int(pool.months.searchsorted(start))


def _stake(
    appraisal: Appraisal, group: int, future: list[np.ndarray], spent: dict[str, float]
) -> Stake:
    place = appraisal.pool(group)
    pool, panel = appraisal.laid.pools[place], appraisal.laid.panels[place]
    bill = last_year(pool).sum(axis=0)
    own = (panel.starts[list(appraisal.groups[group])] >= 0).any(axis=0)
    touched = (panel.starts >= 0).any(axis=0)
    costs = [spent[name] for name in appraisal.names(group) if name in spent]
    return Stake(
        brought=future[place][:, :, group].sum(axis=1),
        cost=float(sum(costs)) if costs else float("nan"),
        reached=float(np.nansum(bill[own])),
        open=float(np.nansum(bill[~touched])),
        open_teams=int((~touched).sum()),
    )


def _spread(appraisal: Appraisal, rng: np.random.Generator) -> np.ndarray:
    """Return draws of how far an untried team may lie from where it was tried."""
    between = appraisal.spread if len(appraisal.spread) else np.zeros(len(appraisal.effect))
    return between * rng.standard_normal(len(between))


def _extension(
    appraisal: Appraisal, group: int, stake: Stake, factor: float, spread: np.ndarray
) -> dict | None:
    effect = factor * (appraisal.effect[:, group] + spread)
    gain = stake.open * np.expm1(-effect)
    cost = stake.cost * stake.open / stake.reached if stake.reached > 0 else float("nan")
    net = gain - (cost if np.isfinite(cost) else 0.0)
    return _proposal_row(EXTEND, net, cost, gain) | {"teams": stake.open_teams}


def _stop(stake: Stake, confidence: float) -> dict | None:
    if not stake.cost > 0:
        return None
    net = stake.cost - stake.brought
    if (net > 0).mean() < confidence:
        return None
    return _proposal_row(STOP, net, 0.0, net)


def _propose_waiting(appraisal: Appraisal, group: int, stake: Stake) -> dict | None:
    """Propose to measure on where neither the odds nor the money decide yet."""
    if not stake.cost > 0 or (stake.brought > stake.cost).mean() >= LEVEL:
        return None
    net = stake.brought - stake.cost
    return _proposal_row(WAIT, net, stake.cost, stake.brought) | {
        "until": _known_by(appraisal, group, stake)
    }


def _known_by(appraisal: Appraisal, group: int, stake: Stake) -> str:
    """Return the month in which an effect that pays its cost would be found, "" if too far."""
    needed = np.log1p(stake.cost / stake.reached) if stake.reached > 0 else 0.0
    error, age = float(appraisal.effect[:, group].std()), _age(appraisal, group)
    if needed <= 0 or age <= RAMP_MONTHS:
        return ""
    months = age * (DETECTED * error / needed) ** 2
    if months > LONGEST_WAIT:
        return ""
    pool: CostPool = appraisal.laid.pools[appraisal.pool(group)]
    later = pool.months[-1] + pd.DateOffset(months=max(int(np.ceil(months)) - age, 1))
    return f"{later:%Y-%m}"


def _proposal_row(code: str, net: np.ndarray, cost: float, gain: np.ndarray) -> dict:
    low, high = np.quantile(net, [0.5 - LEVEL / 2, 0.5 + LEVEL / 2])
    return {
        "code": code,
        "value": float(net.mean()),
        "low": float(low),
        "high": float(high),
        "probability": float((net > 0).mean()),
        "cost": cost,
        "gain": float(gain.mean()),
    }


def _common_name(names: list[str]) -> str:
    """Return what stands before the comma in all names of the waves, or all names."""
    shared = {name.split(",")[0].strip() for name in names}
    return shared.pop() if len(shared) == 1 else " + ".join(names)


def _merge_extensions(rows: list[dict]) -> list[dict]:
    """Keep the better of two extensions of one idea: they would reach the same teams."""
    kept: dict[tuple[str, str], dict] = {}
    for row in rows:
        name = row["initiative"].split(",")[0].strip()
        key = (name, row["code"])
        if row["code"] != EXTEND or key not in kept or row["value"] > kept[key]["value"]:
            kept[key if row["code"] == EXTEND else (row["initiative"], row["code"])] = row | {
                "initiative": name if row["code"] == EXTEND else row["initiative"]
            }
    return list(kept.values())
