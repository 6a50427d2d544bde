"""Every headline figure of a report as a value with unit, interval and source.

Deck, workbook and document read their headline numbers here, so that they cannot disagree, and
two revisions are compared figure by figure.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from metrics.frames.frame import iterate_rows
from metrics.functions import KPIS, field_title, title
from metrics.portfolio.part import SAVINGS
from metrics.portfolio.wording import read_apart
from metrics.report import Report
from metrics.units import (
    COUNT,
    INDEX,
    MATURITY,
    MONEY,
    POINTS,
    SHARE,
    Unit,
    UnitKind,
    write_chance,
    write_month,
    write_percent,
)
from readout.proposals import what
from words import knows, say

NOTHING = float("nan")
MONTHS = Unit(UnitKind.DURATION, "months")
LEVEL = Unit(UnitKind.RATE, "")


@dataclass(frozen=True)
class Figure:
    """One number that is read out.

    Parameters
    ----------
    key : str
        The same from revision to revision, such as ``case.expected``.
    value, low, high : float
        In storage units; NaN with a ``reason`` where it cannot be told.
    level : float
        Of the interval, per cent.
    n : float
        What it rests on: answers, months or functions; NaN where that has no meaning.
    source : str
        The part and field of the report, and how it was computed.
    """

    key: str
    label: str
    value: float
    unit: Unit
    source: str
    low: float = NOTHING
    high: float = NOTHING
    level: float = NOTHING
    n: float = NOTHING
    reason: str = ""

    def said(self, currency: str) -> str:
        """Return the figure as it is written, or why there is none."""
        if math.isnan(self.value):
            return reason(self.reason) or say("tile.cannot_tell")
        if self.key.endswith("probability"):
            return write_chance(self.value)
        return self.unit.write(self.value, currency)

    def between(self, currency: str) -> str:
        """Return its interval as it is written, or ""."""
        if math.isnan(self.low) or math.isnan(self.high):
            return ""
        low, high = (self.unit.write(v, currency) for v in (self.low, self.high))
        return say("readout.between", low=low, high=high, level=f"{self.level:.0f}")


def reason(code: str | None) -> str:
    """Return why something cannot be told."""
    if not isinstance(code, str) or not code:
        return ""
    for kind in ("readout.why", "reason", "maturity.reason"):
        if knows(f"{kind}.{code}") and "{" not in (found := _raw_sentence(f"{kind}.{code}")):
            return found
    return code.replace("_", " ")


def _raw_sentence(code: str) -> str:
    from words import catalogue

    return catalogue()[code]


def figures(report: Report) -> tuple[Figure, ...]:
    """Return all headline figures: standing, saving, case, advocacy, effects, forecasts."""
    return (
        *_standing(report),
        *_saving(report),
        *_case(report),
        *_advocacy(report),
        *_functions(report),
        *_effects(report),
        *_forecasts(report),
        *_proposals(report),
    )


def _label(key: str, **facts: str) -> str:
    return say(f"readout.figure.{key}", **facts)


def _source(key: str, **facts: str) -> str:
    return say(f"readout.source.{key}", **facts)


def _standing(report: Report) -> tuple[Figure, ...]:
    part = report.maturity
    one, source = part.enterprise, _source("maturity", wave=part.wave, version=part.model_version)
    why = one["reason"] or ""
    level = NOTHING if why or one["level"] is None else float(one["level"])
    value, low, high = (
        NOTHING if one[k] is None else float(one[k]) for k in ("value", "low", "high")
    )
    return (
        Figure("maturity.level", _label("level"), level, LEVEL, source, reason=why),
        Figure(
            "maturity.value",
            _label("maturity"),
            value,
            MATURITY,
            source,
            low,
            high,
            80.0,
            float(one["functions"]),
            why,
        ),
    )


def _saving(report: Report) -> tuple[Figure, ...]:
    value, measured = report.value, report.savings
    amount, apart = value.saving, read_apart(value, measured)
    return (
        Figure(
            "saving.a_year",
            _label("saving_compared"),
            amount["value"],
            MONEY,
            _source("effects"),
            amount["low"],
            amount["high"],
            amount["level"],
            reason=value.reason,
        ),
        Figure(
            "saving.before_after",
            _label("saving_before_after"),
            apart["value"],
            MONEY,
            _source("savings"),
            apart["low"],
            apart["high"],
            apart["level"],
            reason=measured.reason if math.isnan(apart["value"]) else "",
        ),
    )


def _case(report: Report) -> tuple[Figure, ...]:
    case = report.case
    source = _source(
        "case", months=str(case.months), rate=SHARE.write(report.assumptions["discount_rate"])
    )
    monthly = case.monthly
    sums = {
        name: float(monthly[name].sum()) if len(monthly) else NOTHING
        for name in ("cost", "benefit", "pv_cost", "pv_benefit")
    }

    def one(key: str, value: float, unit: Unit = MONEY, **more: float) -> Figure:
        why = case.reason or case.reasons.get(key, "")
        return Figure(f"case.{key}", _label(key), value, unit, source, reason=why, **more)

    return (
        one("expected", case.npv, low=case.p10, high=case.p90, level=80.0, n=float(case.draws)),
        one("probability", case.probability, SHARE, n=float(case.draws)),
        one("accepted", case.accepted),
        one("roi", case.roi, SHARE),
        one("irr", case.irr, SHARE),
        one("payback_months", case.payback_months, MONTHS),
        one("cost", sums["cost"]),
        one("benefit", sums["benefit"]),
        one("pv_cost", sums["pv_cost"]),
        one("pv_benefit", sums["pv_benefit"]),
    )


def _advocacy(report: Report) -> tuple[Figure, ...]:
    score = report.measures.net_promoter
    if "nps" not in score:
        why = score.get("reason", "no_survey")
        return (Figure("advocacy.nps", _label("nps"), NOTHING, POINTS, "", reason=why),)
    source = _source("nps", first=score["first"], last=score["last"])
    return (
        Figure(
            "advocacy.nps",
            _label("nps"),
            score["nps"],
            POINTS,
            source,
            score["low"],
            score["high"],
            95.0,
            float(score["n"]),
        ),
    )


def _functions(report: Report) -> tuple[Figure, ...]:
    part = report.maturity
    source = _source("maturity", wave=part.wave, version=part.model_version)
    return tuple(
        Figure(
            f"maturity.{row.function}",
            _label("function", function=title(row.function)),
            float(row.published),
            MATURITY,
            source,
            float(row.low),
            float(row.high),
            80.0,
            float(row.raters),
            row.reason or "",
        )
        for row in iterate_rows(part.functions)
    )


def _effects(report: Report) -> tuple[Figure, ...]:
    rows = []
    for one in iterate_rows(report.effects.effects):
        facts = {
            "initiative": str(one.initiative),
            "kpi": field_title(str(one.kpi)),
        }
        source = _source(
            "effect",
            design=str(one.design or "–"),
            verdict=str(one.verdict),
            n=f"{one.comparison_teams:.0f}",
        )
        rows.append(
            Figure(
                f"effect.{one.initiative}",
                _label("effect", **facts),
                one.relative,
                SHARE,
                source,
                one.relative_low,
                one.relative_high,
                one.level,
                one.months_after,
                one.reason,
            )
        )
        if not math.isnan(one.saving):
            rows.append(
                Figure(
                    f"effect_saving.{one.initiative}",
                    _label("effect_saving", **facts),
                    one.saving,
                    MONEY,
                    source,
                    one.saving_low,
                    one.saving_high,
                    one.saving_level,
                    one.months_after,
                )
            )
    return tuple(rows)


def series_title(series: str) -> str:
    """Return the title of a forecast series."""
    if series in KPIS:
        return KPIS[series].title
    return say("series.saving") if series in SAVINGS else series.replace("_", " ")


def series_unit(series: str) -> Unit:
    """Return the unit of a forecast series."""
    if series in KPIS:
        return KPIS[series].unit
    return MONEY if series in SAVINGS else INDEX


def backtest_sentence(report: Report, series: str) -> str:
    """Say how the method did on the series' own past, against the closest simple rival."""
    known = report.forecasts.backtests
    known = known[known["series"] == series]
    if known.empty or known["verdict"].iloc[0] == "too_short":
        return say("page.overview.backtest_too_short")
    one = known.iloc[0]
    return say(
        f"page.overview.backtest_{one['verdict']}",
        mase=f"{one['mase']:.2f}",
        naive=f"{min(one['mase_naive'], one['mase_last']):.2f}",
        coverage=write_percent(one["coverage80"]),
    )


def describe_forecast(report: Report, series: str) -> str:
    """Say a series and its forecast in words, for who does not see the chart."""
    part, unit = report.forecasts, series_unit(series)
    past = part.history[part.history["series"] == series].dropna()
    if past.empty:
        return series_title(series)
    facts = {
        "title": series_title(series),
        "month": write_month(past["period"].iloc[-1]),
        "value": unit.write(past["value"].iloc[-1], report.currency),
    }
    ahead = part.forecasts
    end = ahead[(ahead["series"] == series) & (ahead["level"] == 80)].tail(1)
    if end.empty:
        return say("series.fan_history", **facts)
    told = {n: unit.write(end[n].iloc[0], report.currency) for n in ("mean", "low", "high")}
    return say("series.fan_forecast", end=write_month(end["period"].iloc[0]), **facts, **told)


def _forecasts(report: Report) -> tuple[Figure, ...]:
    table: pd.DataFrame = report.forecasts.forecasts
    ends = table[table["level"] == 80].groupby("series", sort=False).tail(1)
    return tuple(
        Figure(
            f"forecast.{row.series}",
            _label("forecast", series=series_title(str(row.series)), month=f"{row.period:%Y-%m}"),
            row.mean,
            series_unit(str(row.series)),
            _source("forecast", model=str(row.model)),
            row.low,
            row.high,
            80.0,
        )
        for row in iterate_rows(ends)
    )


def _proposals(report: Report) -> tuple[Figure, ...]:
    return tuple(
        Figure(
            f"proposal.{row.proposal}",
            what(row, report.currency),
            row.value,
            MONEY,
            _source("proposals"),
            row.low,
            row.high,
            row.level,
        )
        for row in iterate_rows(report.proposals.table.dropna(subset=["rank", "value"]))
    )


__all__ = [
    "COUNT",
    "Figure",
    "backtest_sentence",
    "describe_forecast",
    "figures",
    "reason",
    "series_title",
    "series_unit",
]
