"""What the response is read from: spending and benefit of every function by month, and evidence.

Spending is the programme's cost. Benefit is what a function's cost would have been at its first
year's unit cost and today's demand, less its actual cost: the volume-adjusted saving, carried back
over all final months. What initiatives caused joins as evidence, whatever its verdict, or the
lucky ones alone would count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from metrics.effects.part import RAMP, YEAR
from metrics.frames import PROVISIONAL
from metrics.functions import BY_KEY
from metrics.intervals import error_of
from metrics.measures.kpis import Arranged, arrange, block
from metrics.model import ALL, Snapshot, teams_of
from metrics.tuning.response import LEAST_MONTHS, Evidence, FunctionHistory


def spending(costs: pd.DataFrame, rates: dict[str, float], base: str) -> pd.DataFrame:
    """Programme cost by month and function, base currency; months without a row cost nothing.

    Where any row names an initiative, rows that name none were there before and are left out.
    """
    if (costs["initiative"] != "").any():
        costs = costs[costs["initiative"] != ""]
    if costs.empty:
        return pd.DataFrame()
    rate = costs["currency"].map(lambda c: 1.0 if c in ("", base) else rates.get(c, np.nan))
    table = costs.assign(amount=costs["amount"] * rate).pivot_table(
        index="month", columns="function", values="amount", aggfunc="sum"
    )
    return table.asfreq("MS").fillna(0.0)


def benefits(observations: pd.DataFrame, functions: tuple[str, ...]) -> pd.DataFrame:
    """Volume-adjusted saving by final month and function, against the first twelve months."""
    arranged = arrange(observations)
    found = {key: _benefit(arranged, key) for key in functions}
    return pd.DataFrame({key: series for key, series in found.items() if len(series)})


def treated_benefits(snapshot: Snapshot) -> dict[tuple[str, str], pd.Series]:
    """Volume-adjusted saving of the teams of every initiative whose teams are known.

    Returns
    -------
    dict
        Function and teams (names joined by ``; ``) → saving by final month, against the teams'
        own first twelve months.
    """
    arranged, found = arrange(snapshot["observations"]), {}
    started = snapshot["initiatives"][["function", "teams"]].drop_duplicates()
    for function, listed in started.itertuples(index=False, name=None):
        teams = treated_teams(listed)
        if teams and (series := _benefit(arranged, function, teams_of(teams))).size:
            found[function, teams] = series
    return found


def treated_teams(listed: str) -> str:
    """Names of an initiative's teams in one order; "" where they are not known or all."""
    teams = sorted(set(teams_of(listed)))
    return "" if ALL in teams else "; ".join(teams)


def _benefit(observations: Arranged, key: str, teams: Sequence[str] = (ALL,)) -> pd.Series:
    """Volume-adjusted saving of a function or some of its teams; empty with too few months."""
    function, blank = BY_KEY.get(key), pd.Series(dtype=float)
    if function is None or function.cost is None or key not in observations.functions:
        return blank
    arranged = block(observations, function)
    driver = function.kpi(function.headline).driver if function.headline else None
    if driver is None or driver not in arranged.measures:
        return blank
    if not {*teams} <= {ALL, *arranged.teams}:
        return blank
    cells = [arranged.level(team, ALL) for team in teams]
    cost, demand = (
        np.sum([cell.terms((str(measure),))[0][0] for cell in cells], axis=0)
        for measure in (function.cost, driver)
    )
    why = np.max([cell.terms((str(function.cost), driver))[2][0] for cell in cells], axis=0)
    late = np.isin(np.array(arranged.reasons, dtype=object)[why], PROVISIONAL)
    final = ~late & (demand > 0) & np.isfinite(cost)
    months, cost, demand = arranged.months[final], cost[final], demand[final]
    if len(months) < LEAST_MONTHS:
        return blank
    # Fixed to the first year, so that a figure does not move when months are added.
    unit_cost = cost[:LEAST_MONTHS].sum() / demand[:LEAST_MONTHS].sum()
    return pd.Series(unit_cost * demand - cost, index=months)


def evidence(
    effects: pd.DataFrame, costs: pd.DataFrame, teams: dict[str, set[str]]
) -> dict[str, tuple[Evidence, ...]]:
    """Marginal return of each function's running initiatives, from their measured savings.

    The data know what all of the spending brought: an average return. Where teams are left that no
    initiative has reached, one more unit reaches them at the price of the others, but they may
    respond half as well: the marginal return lies evenly between half the average and all of it.
    Where every team is reached, between nothing and all.

    Parameters
    ----------
    teams : dict
        Function → its teams.
    """
    running = effects[effects["end"].isna() & effects["saving"].notna()]
    if running.empty or costs.empty:
        return {}
    recent = costs[costs["month"] > costs["month"].max() - pd.DateOffset(months=YEAR)]
    spent = recent.groupby("initiative")["amount"].sum()
    found = {}
    for function, rows in running.groupby("function"):
        cost = float(spent.reindex(rows["initiative"]).sum())
        if cost <= 0:
            continue
        errors = error_of(rows["saving_low"], rows["saving_high"], rows["saving_level"])
        average = float(rows["saving"].sum()) / cost
        error = float(np.sqrt((errors**2).sum())) / cost
        reached = {t for listed in rows["teams"] for t in teams_of(listed)}
        least = 0.5 if teams.get(str(function), set()) - reached else 0.0
        share, spread = (1 + least) / 2, (1 - least) / np.sqrt(12)
        deviation = np.sqrt((share**2 + spread**2) * error**2 + (spread * average) ** 2)
        names = "; ".join(rows["initiative"])
        found[str(function)] = (Evidence(share * average, float(deviation), names),)
    return found


def hours_per_unit(initiatives: pd.DataFrame, functions: tuple[str, ...]) -> dict[str, float]:
    """Own people's hours that went with a unit of an initiative's cost, by function.

    A function whose initiatives booked no hours takes the rate of all; empty where none did.
    """
    told = initiatives[(initiatives["cost"] > 0) & initiatives["hours"].notna()]
    if told.empty:
        return {}
    whole = float(told["hours"].sum() / told["cost"].sum())
    sums = told.groupby("function")[["hours", "cost"]].sum()
    own = (sums["hours"] / sums["cost"]).to_dict()
    return {name: float(own.get(name, whole)) for name in functions}


def histories(snapshot: Snapshot, effects: pd.DataFrame) -> list[FunctionHistory]:
    """One history per function that has a budget or a benefit, on the same months."""
    profile = snapshot.profile
    spend = spending(snapshot["costs"], dict(profile.exchange_rates), profile.currency)
    benefit = benefits(snapshot["observations"], profile.functions)
    months = benefit.index.union(spend.index)
    # The programme's books end where its last cost does; a later month is not yet booked.
    if len(spend):
        months = months[months <= spend.index.max()]
    spend = spend.reindex(months)
    if len(spend.columns):
        spend = spend.fillna(0.0)
    told = evidence(effects, snapshot["costs"], _teams(snapshot["observations"]))
    names = [f for f in profile.functions if f in spend or f in benefit]
    result = []
    for name in names:
        one = FunctionHistory(
            name,
            _column(spend, name, months, 0.0),
            _column(benefit, name, months, np.nan),
            evidence=told.get(name, ()),
        )
        settled = _first_settled_month(snapshot["initiatives"], name, months)
        result.append(replace(one, settled=settled))
    return result


def actual_benefits(snapshot: Snapshot) -> pd.DataFrame:
    """Benefit of every final month, of whole functions and of the teams of initiatives.

    Returns
    -------
    DataFrame
        ``function``, ``team``, ``month``, ``value``.
    """
    whole = benefits(snapshot["observations"], snapshot.profile.functions)
    series = {(str(f), ALL): whole[f] for f in whole} | treated_benefits(snapshot)
    months = months_of(snapshot)
    rows = [
        pd.DataFrame({"function": function, "team": team, "month": one.index, "value": one})
        for (function, team), one in series.items()
    ]
    blank = pd.DataFrame(
        {
            "function": pd.Series(dtype="str"),
            "team": pd.Series(dtype="str"),
            "month": pd.Series(dtype="datetime64[us]"),
            "value": [],
        }
    )
    found = pd.concat(rows, ignore_index=True).dropna() if rows else blank
    return found[found["month"].isin(months)].reset_index(drop=True)


def months_of(snapshot: Snapshot) -> pd.DatetimeIndex:
    """Months the histories stand on, oldest first."""
    spend = spending(
        snapshot["costs"], dict(snapshot.profile.exchange_rates), snapshot.profile.currency
    )
    benefit = benefits(snapshot["observations"], snapshot.profile.functions)
    months = benefit.index.union(spend.index)
    return months[months <= spend.index.max()] if len(spend) else months


def _teams(observations: pd.DataFrame) -> dict[str, set[str]]:
    rows = observations.loc[observations["team"] != ALL, ["function", "team"]].drop_duplicates()
    return {str(f): set(one) for f, one in rows.groupby("function")["team"]}


def _column(table: pd.DataFrame, name: str, months: pd.DatetimeIndex, blank: float) -> np.ndarray:
    if name not in table:
        return np.full(len(months), blank)
    return table[name].reindex(months).to_numpy(dtype=float)


def _first_settled_month(initiatives: pd.DataFrame, function: str, months: pd.DatetimeIndex) -> int:
    """First month after the ramp of the last start: before it, spending tells of starts.

    What a start brought is measured better by comparison with other teams, and joins as evidence.
    """
    starts = initiatives.loc[initiatives["function"] == function, "start"].dropna()
    if starts.empty:
        return 0
    return int(months.searchsorted(starts.max() + pd.DateOffset(months=RAMP)))
