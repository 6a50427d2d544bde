"""What comes next: coherent forecasts of the KPIs that matter, with and without the programme."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from metrics.assumptions import Assumptions
from metrics.business_case.lines import in_base_currency
from metrics.business_case.part import ProgrammeCase
from metrics.effects.part import EffectsPart
from metrics.errors import AttuneError, InvalidInput
from metrics.forecast.issued import BASIS, FORECAST, PROGRAMME
from metrics.forecast.ratios import Futures, Ratio, by_month, forecast_ratios, over_horizons
from metrics.frames import PROVISIONAL
from metrics.functions import BY_KEY as BUSINESS
from metrics.functions import KPI_OWNER, KPIS
from metrics.maturity.part import MaturityPart
from metrics.measures.part import MeasuresPart
from metrics.model import ALL, Snapshot
from metrics.outlook import impact
from metrics.outlook.influence import (
    Influence,
    hazard,
    influences,
    remove_effect,
    saving_influences,
    total,
)
from metrics.outlook.scenarios import (
    NECESSARY,
    SAVING,
    TUNED,
    WITHOUT,
    Plan,
    PlannedFutures,
    booked_costs,
    levers,
    tuned_plan,
)
from metrics.outlook.what_if import chances_of_targets
from metrics.portfolio.bridge import COMPANY
from metrics.units import UnitKind

PATH = ["period", "level", "mean", "low", "high"]
SERIES_COLUMNS = ["series", "function", "team", "kpi"]
BACKTEST_COLUMNS = [
    "series",
    "mase",
    "mase_naive",
    "mase_last",
    "weighted_interval_score",
    "coverage50",
    "coverage80",
    "coverage95",
    "bias",
    "folds",
    "points",
    "verdict",
]
REFUSED_COLUMNS = ["series", "reason", "have", "need", "last", "mean", "low", "high", "facts"]


@dataclass(frozen=True)
class ForecastsPart:
    """What comes next under the current plan, and under others.

    Attributes
    ----------
    series : DataFrame
        ``series`` (key of the KPI, or "saving"), ``function``, ``team``, ``kpi``.
    history, programme : DataFrame
        ``series``, ``period``, ``value``: the final months a forecast rests on, and what of it
        the programme's shown effects are held to be (a fraction where they multiply), with what
        is expected of them in the months to come.
    forecasts : DataFrame
        Current plan: ``series``, ``model``, ``period``, ``level``, ``mean``, ``low``, ``high``.
    sums : DataFrame
        ``series``, ``horizon``, ``level``, ``mean``, ``low``, ``high``: over the first months
        together; totals for the saving, numerators ÷ denominators for KPIs.
    scenarios : DataFrame
        As ``forecasts`` with ``scenario`` (without, tuned), where the programme acts on a KPI.
    costs : DataFrame
        ``function`` ("company" for all), ``period``, ``level``, ``mean``, ``low``, ``high``: what
        functions spend a month, adding up path by path.
    backtests : DataFrame
        ``BACKTEST_COLUMNS``.
    refused : DataFrame
        ``REFUSED_COLUMNS``: why, and what the months there are say instead.
    targets : DataFrame
        ``metrics.what_if.TARGET_COLUMNS``: chance of being there in the target month, and the
        first month in which half of the futures are.
    impact : DataFrame
        As ``metrics.impact.COLUMNS``.
    levers : DataFrame
        As ``metrics.scenarios.LEVER_COLUMNS``.
    notes : DataFrame
        ``series``, ``code``, ``facts`` (JSON): how a series was treated.
    """

    series: pd.DataFrame
    history: pd.DataFrame
    programme: pd.DataFrame
    forecasts: pd.DataFrame
    sums: pd.DataFrame
    scenarios: pd.DataFrame
    costs: pd.DataFrame
    backtests: pd.DataFrame
    refused: pd.DataFrame
    targets: pd.DataFrame
    impact: pd.DataFrame
    levers: pd.DataFrame
    notes: pd.DataFrame


@dataclass(frozen=True)
class Outlook:
    """Everything forecasts and scenarios are made of, kept only while it is needed.

    ``history`` holds each series as it was; ``effects`` what the programme did to it by month.
    """

    programme: PlannedFutures
    history: Mapping[str, pd.Series]
    effects: Mapping[str, pd.Series]
    refused: Mapping[str, AttuneError]


def forecasts(
    snapshot: Snapshot,
    assumptions: Assumptions,
    measured: MeasuresPart,
    compared: EffectsPart,
    case: ProgrammeCase,
    scored: MaturityPart,
) -> ForecastsPart:
    """Forecast KPIs, costs and the programme's saving from their final months."""
    found = outlook(snapshot, assumptions, measured, compared, scored)
    return summary(found, snapshot, assumptions, compared, case, scored)


def outlook(
    snapshot: Snapshot,
    assumptions: Assumptions,
    measured: MeasuresPart,
    compared: EffectsPart,
    scored: MaturityPart,
    *,
    folds: int = 3,
) -> Outlook:
    """Simulate the futures from which every figure of the forecast is read."""
    whole = measured.values[(measured.values["item"] == ALL)]
    chosen = _chosen(whole, compared, snapshot["targets"])
    half_life = assumptions["effect_half_life"]
    ratios, effects = {}, {}
    for kpi in chosen:
        rows = whole[whole["kpi"] == kpi]
        ratios[kpi] = ratio_of(rows, kpi)
        effects[kpi] = influences(compared.effects, rows, kpi, ratios[kpi].kind, half_life)
    history = {kpi: ratio.value for kpi, ratio in ratios.items()}
    savings = saving_influences(compared.effects, half_life)
    if len(compared.together):
        history[SAVING] = compared.together.set_index("month")["saving"].asfreq("MS")
        ratios[SAVING] = Ratio(history[SAVING], None, "real")
        effects[SAVING] = savings
    known = {name: programme_effect(ratio.value, effects[name]) for name, ratio in ratios.items()}
    return _simulate(
        ratios, effects, known, history, snapshot, assumptions, measured, compared, scored, folds
    )


def _simulate(
    ratios: dict[str, Ratio],
    effects: dict[str, list[Influence]],
    known: dict[str, pd.Series],
    history: dict[str, pd.Series],
    snapshot: Snapshot,
    assumptions: Assumptions,
    measured: MeasuresPart,
    compared: EffectsPart,
    scored: MaturityPart,
    folds: int,
) -> Outlook:
    seed, horizon = assumptions.whole("seed"), assumptions.whole("forecast_months")
    bare = {name: remove_programme(ratio, known[name]) for name, ratio in ratios.items()}
    base, refused = forecast_ratios(bare, horizon, seed=seed, folds=folds)
    ends = [one.first for one in base.values()]
    # Scenarios speak of one calendar: series that end earlier have their own months, no scenario.
    last = max(ends, default=pd.Timestamp(snapshot.as_of).replace(day=1)) - pd.DateOffset(months=1)
    months = pd.date_range(last + pd.DateOffset(months=1), periods=horizon, freq="MS")
    for name, one in base.items():
        if one.first != months[0]:
            effects[name] = []
    saved = base.get(SAVING)
    costs = _costs(snapshot)
    programme = PlannedFutures(
        last=last,
        months=months,
        base=base,
        ratios=ratios,
        effects=effects,
        saving=saved if saved is not None and saved.first == months[0] else None,
        savings=effects.get(SAVING, []),
        levers=levers(
            compared.effects,
            costs,
            measured.values,
            _organisation(scored.dimensions),
            last,
            assumptions["extension_effect"],
        ),
        hazard=hazard(
            snapshot["initiatives"],
            last,
            assumptions["share_giving_up"],
            assumptions["giving_up_months"],
        ),
        extension_effect=assumptions["extension_effect"],
        market_maturity=assumptions["market_maturity"],
        seed=seed,
        booked=booked_costs(snapshot["initiatives"], costs, last, months),
    )
    return Outlook(programme, history, known, refused)


def ratio_of(rows: pd.DataFrame, kpi: str, team: str = ALL) -> Ratio:
    """Return the final months of a KPI, and what its values can be."""
    definition = KPIS[kpi]
    final = rows[(rows["team"] == team) & ~rows["reason"].isin(PROVISIONAL)].dropna(subset="value")
    line = final.set_index("month").sort_index()
    value, below = line["value"].asfreq("MS"), line["denominator"].asfreq("MS")
    bounds = (0.0, definition.scale)
    # A ratio of money to money is no proportion: it may pass 1.
    kind = {UnitKind.POINTS: "real"}.get(definition.unit.kind, "nonnegative")
    if definition.multinomial:
        kind, bounds = "share", (-definition.scale, definition.scale)
    elif definition.proportion:
        kind = "share"
    if kind == "nonnegative" and (final["value"] < 0).any():
        kind = "real"
    return Ratio(value, below, kind, bounds)


def programme_effect(value: pd.Series, effects: list[Influence]) -> pd.Series:
    """What shown effects are held to have done to a series, month by month."""
    months = pd.DatetimeIndex(value.index)
    return pd.Series(total([e.path(months) for e in effects], (len(value),)), index=value.index)


def remove_programme(ratio: Ratio, effect: pd.Series) -> Ratio:
    """The history with the programme's effect taken out."""
    bare = remove_effect(
        ratio.value.to_numpy(float), effect.to_numpy(float), ratio.kind, ratio.bounds
    )
    return replace(ratio, value=pd.Series(bare, index=ratio.value.index))


def _chosen(values: pd.DataFrame, compared: EffectsPart, targets: pd.DataFrame) -> list[str]:
    """Headline of each function, or its first known KPI; KPIs that were moved or have a target."""
    seen = set(values.loc[values["value"].notna() & (values["team"] == ALL), "kpi"])
    moved = set(compared.effects.loc[compared.effects["grade"] != "", "kpi"])
    wanted = moved | set(targets["kpi"])
    chosen = []
    for function in BUSINESS.values():
        order = [function.headline, *(k.key for k in function.kpis)]
        first = [key for key in order if key in seen][:1]
        chosen += first + [k for k in order[1:] if k in seen & wanted and k not in first]
    return chosen


def _costs(snapshot: Snapshot) -> pd.DataFrame:
    try:
        return in_base_currency(
            snapshot["costs"], snapshot.profile.currency, snapshot.profile.exchange_rates
        )
    except InvalidInput:
        # Without a rate nothing can be said of cost; Business case names the currency.
        return snapshot["costs"].head(0)


def _organisation(dimensions: pd.DataFrame) -> dict[str, float]:
    if dimensions.empty:
        return {}
    rows = dimensions[dimensions["dimension"] == NECESSARY].dropna(subset="published")
    return {str(k): float(v) for k, v in rows.groupby("function")["published"].min().items()}


def summary(
    found: Outlook,
    snapshot: Snapshot,
    assumptions: Assumptions,
    compared: EffectsPart,
    case: ProgrammeCase,
    scored: MaturityPart,
) -> ForecastsPart:
    """Read every figure of the report from the simulated futures."""
    run = found.programme
    planned = {name: series_futures(run, name) for name in run.base}
    best = tuned_plan(run.levers)
    others = [
        _label(by_month(one.months, *paths, known=one.known), series=name, scenario=scenario)
        for name, one in run.base.items()
        if run.effects.get(name) and name != SAVING
        for scenario, paths in ((WITHOUT, run.without(name)), (TUNED, run.values(name, best)))
    ]
    return ForecastsPart(
        series=pd.DataFrame(
            [
                {"series": name, "function": KPI_OWNER.get(name, COMPANY), "team": ALL, "kpi": name}
                for name in found.history
            ],
            columns=SERIES_COLUMNS,
        ),
        history=_series_rows(found.history),
        programme=_series_rows(
            {
                name: pd.concat([line, pd.Series(run.expected(name), run.months)])
                for name, line in found.effects.items()
                if run.effects.get(name)
            }
        ),
        forecasts=_stack(
            [
                _label(
                    by_month(f.months, f.value, f.mean, known=f.known), series=name, model=f.model
                )
                for name, f in planned.items()
            ],
            ["series", "model", *PATH],
        ),
        sums=_stack(
            [_label(_sums(name, f), series=name) for name, f in planned.items()],
            ["series", "horizon", *PATH[1:]],
        ),
        scenarios=_stack(others, ["series", "scenario", *PATH]),
        costs=_function_costs(planned),
        backtests=pd.DataFrame(
            [backtest_row(name, f) for name, f in planned.items()], columns=BACKTEST_COLUMNS
        ),
        refused=pd.DataFrame(
            [
                refusal_row(name, error, found.history[name])
                for name, error in found.refused.items()
            ],
            columns=REFUSED_COLUMNS,
        ),
        targets=chances_of_targets(run, snapshot["targets"]),
        impact=impact.impact(run, planned, best, assumptions, compared, case, scored),
        levers=run.levers,
        notes=impact.notes({name: f.notes for name, f in planned.items()}),
    )


def series_futures(run: PlannedFutures, name: str, plan: Plan | None = None) -> Futures:
    """Return the futures of a series under a plan, the current one unless told."""
    value, mean = run.values(name, plan or Plan())
    return replace(run.base[name], value=value, mean=mean)


def _label(frame: pd.DataFrame, **labels: str) -> pd.DataFrame:
    return frame.assign(**labels)


def _series_rows(lines: Mapping[str, pd.Series]) -> pd.DataFrame:
    rows = [
        pd.DataFrame({"series": name, "period": line.index, "value": line.to_numpy(float)})
        for name, line in lines.items()
    ]
    return _stack(rows, ["series", "period", "value"])


def _stack(pieces: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    if not pieces:
        return pd.DataFrame({name: [] for name in columns})
    return pd.concat(pieces, ignore_index=True)[columns]


def _sums(name: str, one: Futures) -> pd.DataFrame:
    if name != SAVING:
        return over_horizons(one)
    steps = np.arange(1, len(one.mean) + 1)
    return by_month(
        steps, np.cumsum(one.value, axis=1), np.cumsum(one.mean), key="horizon", known=one.known
    )


def _function_costs(planned: Mapping[str, Futures]) -> pd.DataFrame:
    """Cost of each function whose headline is cost ÷ quantity, and of all of them, path by path."""
    found: dict[str, Futures] = {}
    for name, one in planned.items():
        function = BUSINESS.get(KPI_OWNER.get(name, ""))
        if function and function.cost and KPIS[name].numerator == (function.cost,):
            scale = KPIS[name].scale
            found[function.key] = replace(
                one,
                value=one.value * one.denominator / scale,
                mean=one.mean * one.denominator_mean / scale,
            )
    rows = [
        by_month(f.months, f.value, f.mean, known=f.known).assign(function=key)
        for key, f in found.items()
    ]
    ends = {f.first for f in found.values()}
    if len(found) > 1 and len(ends) == 1:
        value, mean = (
            np.sum([getattr(f, part) for f in found.values()], axis=0) for part in ("value", "mean")
        )
        months = next(iter(found.values())).months
        rows.append(by_month(months, value, mean).assign(function=COMPANY))
    return _stack(rows, ["function", *PATH])


def backtest_row(name: str, one: Futures) -> dict[str, Any]:
    """Return the back-test of a series as a row of ``BACKTEST_COLUMNS``."""
    scored, blank = one.backtest, float("nan")
    if scored is None:
        none = {"series": name, "folds": 0, "points": 0, "verdict": "too_short"}
        return dict.fromkeys(BACKTEST_COLUMNS, blank) | none
    return {
        "series": name,
        "mase": scored.mase,
        "mase_naive": scored.mase_seasonal_naive,
        "mase_last": scored.mase_last_value,
        "weighted_interval_score": scored.weighted_interval_score,
        **{f"coverage{level}": scored.coverage.get(level, blank) for level in (50, 80, 95)},
        "bias": scored.bias,
        "folds": scored.folds,
        "points": scored.points,
        "verdict": scored.verdict,
    }


def refusal_row(name: str, error: AttuneError, history: pd.Series) -> dict[str, Any]:
    """Why there is no forecast, and what the months there are say: last, mean, lowest, highest."""
    known = history.dropna()
    blank = float("nan")
    said = (
        {"last": known.iloc[-1], "mean": known.mean(), "low": known.min(), "high": known.max()}
        if len(known)
        else dict.fromkeys(("last", "mean", "low", "high"), blank)
    )
    return {
        "series": name,
        "reason": error.code,
        "have": float(error.facts.get("have", blank)),
        "need": float(error.facts.get("need", blank)),
        **said,
        "facts": json.dumps(dict(error.facts), default=str),
    }


def issued_rows(part: ForecastsPart) -> pd.DataFrame:
    """What the model predicts under the current plan, ready to be frozen.

    With every forecast goes its basis: the months it rests on and what of them was held to be
    the programme's effect, so that a restatement shows and any later code can repeat it.
    """
    frames = [
        part.forecasts.rename(columns={"period": "month"}).assign(kind=FORECAST),
        part.history.dropna()
        .rename(columns={"period": "month", "value": "mean"})
        .assign(kind=BASIS),
        part.programme.rename(columns={"period": "month", "value": "mean"}).assign(kind=PROGRAMME),
    ]
    rows = pd.concat([f.drop(columns="model", errors="ignore") for f in frames], ignore_index=True)
    rows = rows[rows["series"].isin(part.forecasts["series"])]
    return rows.merge(part.series, on="series").drop(columns="series")
