"""One KPI by team: each team's own forecast, moved until teams and function agree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from metrics.assumptions import Assumptions
from metrics.effects.part import EffectsPart
from metrics.forecast.coherent import share_out
from metrics.forecast.ratios import Futures, by_month, forecast_ratios
from metrics.functions import KPIS
from metrics.measures.part import MeasuresPart
from metrics.model import ALL, Snapshot
from metrics.outlook.influence import hazard, influences
from metrics.outlook.part import (
    BACKTEST_COLUMNS,
    PATH,
    REFUSED_COLUMNS,
    backtest_row,
    programme_effect,
    ratio_of,
)
from metrics.outlook.part import refusal_row as refused_row
from metrics.outlook.part import remove_programme as bare_of
from metrics.outlook.scenarios import Plan, PlannedFutures

AGREE = 0.005
"""Largest relative difference between function and teams that is still one and the same total."""
YEAR = 12


@dataclass(frozen=True)
class TeamOutlook:
    """Forecasts of one KPI for a function and its teams.

    Attributes
    ----------
    history : DataFrame
        ``team``, ``period``, ``value``.
    forecasts : DataFrame
        ``team`` ("all" for the function), ``period``, ``level``, ``mean``, ``low``, ``high``.
    backtests, refused : DataFrame
        As in ``metrics.outlook.ForecastsPart``, ``series`` being the team.
    reconciled : bool
        Whether numerators and denominators of the teams add up to the function's; not where a
        team cannot be forecast or the record itself does not add up.
    """

    history: pd.DataFrame
    forecasts: pd.DataFrame
    backtests: pd.DataFrame
    refused: pd.DataFrame
    reconciled: bool


def team_outlook(
    snapshot: Snapshot,
    assumptions: Assumptions,
    measured: MeasuresPart,
    compared: EffectsPart,
    levers: pd.DataFrame,
    kpi: str,
    *,
    folds: int = 3,
) -> TeamOutlook:
    """Forecast a KPI for its function and every team under the current plan.

    Each team is forecast from its own record; then denominators and numerators are moved to the
    function's, path by path, the uncertain teams most (``metrics.forecast.coherent.share_out``).
    """
    values = measured.values
    rows = values[(values["kpi"] == kpi) & (values["item"] == ALL)]
    ratios = {str(team): ratio_of(rows, kpi, str(team)) for team in _teams(rows)}
    half_life, seed = assumptions["effect_half_life"], assumptions.whole("seed")
    effects = {
        team: influences(compared.effects, rows, kpi, ratio.kind, half_life, team)
        for team, ratio in ratios.items()
    }
    bare = {
        team: bare_of(r, programme_effect(r.value, effects[team])) for team, r in ratios.items()
    }
    base, refused = forecast_ratios(
        bare, assumptions.whole("forecast_months"), seed=seed, folds=folds
    )
    found = _plan_teams(base, ratios, effects, snapshot, assumptions, levers)
    reconciled = not refused and _adds_up(ratios) and len({f.first for f in found.values()}) == 1
    if reconciled:
        found = reconcile_teams(found, ratios[ALL].kind == "share" and not KPIS[kpi].multinomial)
    return TeamOutlook(
        history=pd.concat(
            [
                pd.DataFrame({"team": t, "period": r.value.index, "value": r.value.to_numpy(float)})
                for t, r in ratios.items()
            ],
            ignore_index=True,
        )
        if ratios
        else pd.DataFrame(columns=["team", "period", "value"]),
        forecasts=pd.concat(
            [
                by_month(f.months, f.value, f.mean, known=f.known).assign(team=t)
                for t, f in found.items()
            ],
            ignore_index=True,
        )[["team", *PATH]]
        if found
        else pd.DataFrame(columns=["team", *PATH]),
        backtests=pd.DataFrame(
            [backtest_row(t, f) for t, f in found.items()], columns=BACKTEST_COLUMNS
        ),
        refused=pd.DataFrame(
            [refused_row(t, e, ratios[t].value) for t, e in refused.items()],
            columns=REFUSED_COLUMNS,
        ),
        reconciled=reconciled,
    )


def _teams(rows: pd.DataFrame) -> list[str]:
    known = rows.dropna(subset="value")
    return [ALL, *sorted(set(known["team"]) - {ALL})] if (known["team"] == ALL).any() else []


def _plan_teams(
    base: Mapping[str, Futures],
    ratios: Mapping,
    effects: Mapping,
    snapshot: Snapshot,
    assumptions: Assumptions,
    levers: pd.DataFrame,
) -> dict[str, Futures]:
    """Put the programme's effects back on top of what was forecast without them."""
    if not base:
        return {}
    found = {}
    for first in {one.first for one in base.values()}:
        alike = {team: one for team, one in base.items() if one.first == first}
        last = first - pd.DateOffset(months=1)
        run = PlannedFutures(
            last=last,
            months=next(iter(alike.values())).months,
            base=alike,
            ratios=ratios,
            effects=effects,
            saving=None,
            savings=[],
            levers=levers,
            hazard=hazard(
                snapshot["initiatives"],
                last,
                assumptions["share_giving_up"],
                assumptions["giving_up_months"],
            ),
            extension_effect=assumptions["extension_effect"],
            market_maturity=assumptions["market_maturity"],
            seed=assumptions.whole("seed"),
        )
        for team, one in alike.items():
            value, mean = run.values(team, Plan())
            found[team] = replace(one, value=value, mean=mean)
    return {team: found[team] for team in base}


def _adds_up(ratios: Mapping) -> bool:
    """Do the teams' denominators of the last year make up the function's?"""
    whole = ratios[ALL].denominator.dropna().tail(YEAR)
    parts = [r.denominator.reindex(whole.index) for team, r in ratios.items() if team != ALL]
    if not parts or any(part.isna().any() for part in parts):
        return False
    together = np.sum(parts, axis=0)
    return bool(np.all(np.abs(together - whole) <= AGREE * whole.abs()))


def reconcile_teams(found: Mapping[str, Futures], share: bool) -> dict[str, Futures]:
    """Move teams until their numerators and denominators add up to the function's.

    The function's own futures stand: they have the longest evidence and are what was published.

    Parameters
    ----------
    share : bool
        The numerator is part of the denominator and can never exceed it.
    """
    whole, teams = found[ALL], [team for team in found if team != ALL]
    # The point forecast goes through the same arithmetic as one more draw.
    below, above = _with_point(whole)
    parts = [_with_point(found[team]) for team in teams]
    denominators = share_out(np.stack([d for d, _ in parts]), below)
    ratios = np.stack([n / np.maximum(d, 1e-300) for d, n in parts])
    numerators = share_out(ratios * denominators, above, denominators if share else None)
    values = numerators / np.maximum(denominators, 1e-300)
    result = {ALL: whole}
    for team, value, denominator in zip(teams, values, denominators, strict=True):
        result[team] = replace(
            found[team],
            value=value[:-1],
            mean=value[-1],
            denominator=denominator[:-1],
            denominator_mean=denominator[-1],
        )
    return result


def _with_point(one: Futures) -> tuple[np.ndarray, np.ndarray]:
    """Denominator and numerator, draws × horizon, the point forecast as the last draw."""
    below = np.vstack([one.denominator, one.denominator_mean])
    return below, np.vstack([one.value, one.mean]) * below
