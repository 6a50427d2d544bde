"""What comes next: forecasts of the headline KPIs and of the programme's saving."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from metrics.assumptions import Assumptions
from metrics.forecast import forecast_many
from metrics.frames import PROVISIONAL
from metrics.functions import BY_KEY as BUSINESS
from metrics.functions import KPIS
from metrics.initiatives import EffectsPart
from metrics.model import ALL, Snapshot
from metrics.units import Kind

if TYPE_CHECKING:
    from metrics.report import MeasuresPart


@dataclass(frozen=True)
class ForecastsPart:
    """What comes next, for the headline KPI of each function and the monthly saving.

    Attributes
    ----------
    history : DataFrame
        ``series``, ``period``, ``value``: the final months the forecast rests on.
    forecasts : DataFrame
        ``series``, ``model``, ``period``, ``level``, ``mean``, ``low``, ``high``.
    backtests : DataFrame
        ``series``, ``mase``, ``mase_naive``, ``coverage80``, ``coverage95``, ``folds``,
        ``verdict``.
    refused : DataFrame
        ``series``, ``reason``, ``have``, ``need``.
    """

    history: pd.DataFrame
    forecasts: pd.DataFrame
    sums: pd.DataFrame
    backtests: pd.DataFrame
    refused: pd.DataFrame


def forecasts(snapshot: Snapshot, assumptions: Assumptions, parts: Mapping) -> ForecastsPart:
    """Forecast the headline KPIs and the monthly saving from their final months."""
    series = _series(parts["measures"], parts["effects"])
    results, refused = {}, {}
    for kind in ("real", "nonnegative", "share"):
        for adds in ("sum", "mean"):
            alike = {
                name: values
                for name, (values, its_kind) in series.items()
                if its_kind == kind and (name == "saving") == (adds == "sum")
            }
            if not alike:
                continue
            found = forecast_many(
                alike, assumptions.whole("forecast_months"), kind=kind, adds=adds,
                levels=(50, 80, 95), seed=assumptions.whole("seed"),
            )  # fmt: skip
            results |= found.forecasts
            refused |= found.refused
    history = [
        pd.DataFrame({"series": name, "period": values.index, "value": values.to_numpy()})
        for name, (values, _) in series.items()
    ]
    return ForecastsPart(
        history=_stack(history, ["series", "period", "value"]),
        forecasts=_stack([f.path.assign(series=s, model=f.model) for s, f in results.items()],
                         ["series", "model", "period", "level", "mean", "low", "high"]),
        sums=_stack([f.sums.assign(series=s) for s, f in results.items()],
                    ["series", "horizon", "level", "mean", "low", "high"]),
        backtests=_stack([_backtest(s, f) for s, f in results.items()],
                         ["series", "mase", "mase_naive", "coverage80", "coverage95", "folds",
                          "verdict"]),
        refused=pd.DataFrame(
            [{"series": s, "reason": e.code, "have": float(e.facts.get("have", float("nan"))),
              "need": float(e.facts.get("need", float("nan")))} for s, e in refused.items()],
            columns=["series", "reason", "have", "need"],
        ),
    )  # fmt: skip


def _stack(pieces: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    if not pieces:
        return pd.DataFrame({name: [] for name in columns})
    return pd.concat(pieces, ignore_index=True)[columns]


def _series(measured: MeasuresPart, compared: EffectsPart) -> dict[str, tuple[pd.Series, str]]:
    kinds = {Kind.SHARE: "share", Kind.POINTS: "real"}
    result = {}
    if len(compared.monthly):
        result["saving"] = (compared.monthly.set_index("month")["saving"].asfreq("MS"), "real")
    values = measured.values
    shown = _headlines(values)
    final = values[
        values["kpi"].isin(shown)
        & (values["team"] == ALL)
        & (values["item"] == ALL)
        & ~values["reason"].isin(PROVISIONAL)
    ].dropna(subset="value")
    for kpi, rows in final.groupby("kpi", sort=False):
        definition = KPIS[str(kpi)]
        # A ratio of money to money is no proportion: it may pass 1.
        kind = kinds.get(definition.unit.kind, "nonnegative")
        kind = "share" if kind == "share" and definition.proportion else kind
        kind = "nonnegative" if kind == "share" and not definition.proportion else kind
        if (rows["value"] < 0).any():
            kind = "real"
        result[str(kpi)] = (rows.set_index("month")["value"].asfreq("MS"), kind)
    return result


def _headlines(values: pd.DataFrame) -> list[str]:
    """Return the headline KPI of each function, or its first known one where that is missing."""
    known = set(values.loc[values["value"].notna(), "kpi"])
    chosen = []
    for function in BUSINESS.values():
        order = [function.headline, *(k.key for k in function.kpis)]
        chosen += [key for key in order if key in known][:1]
    return chosen


def _backtest(series: str, forecast: Any) -> pd.DataFrame:
    scored = forecast.backtest
    return pd.DataFrame([{
        "series": series, "mase": scored.mase, "mase_naive": scored.mase_seasonal_naive,
        "coverage80": scored.coverage.get(80, float("nan")),
        "coverage95": scored.coverage.get(95, float("nan")), "folds": scored.folds,
        "verdict": scored.verdict,
    }])  # fmt: skip
