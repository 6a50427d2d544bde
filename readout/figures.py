"""Every headline figure of a report as a value with unit, interval and source.

Deck, workbook and document read their headline numbers here, so that they cannot disagree, and
two revisions are compared figure by figure.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from metrics.frames.frame import iterate_rows
from metrics.functions import KPIS, field_title, title
from metrics.portfolio.named_figures import LEVEL, NamedFigure, series_unit
from metrics.portfolio.part import SAVINGS
from metrics.report import Report
from metrics.units import COUNT, SHARE, Unit, write_chance, write_month, write_percent
from readout.proposals import what
from words import knows, say

NOTHING = float("nan")


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
        if self.key.endswith("months"):
            return say("case.payback", months=f"{self.value:.0f}")
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
    """Return all headline figures in words: ``report.figures`` with label and source."""
    proposals = {str(row.proposal): row for row in iterate_rows(report.proposals.table)}
    effects = {str(row.initiative): row for row in iterate_rows(report.effects.effects)}
    return tuple(
        Figure(
            one.name,
            _label(one, report, proposals),
            one.value,
            one.unit,
            _source(one, report, effects),
            one.low,
            one.high,
            one.level,
            one.n,
            one.reason,
        )
        for one in report.figures.values()
    )


def _label(one: NamedFigure, report: Report, proposals: Mapping[str, Any]) -> str:
    about = dict(one.about)
    if "proposal" in about:
        return what(proposals[about["proposal"]], report.currency)
    facts = about | {
        "function": title(about.get("function", "")),
        "kpi": field_title(about.get("kpi", "")),
        "series": series_title(about.get("series", "")),
    }
    return say(f"readout.figure.{one.definition}", **facts)


def _source(one: NamedFigure, report: Report, effects: Mapping[str, Any]) -> str:
    group, facts = one.name.partition(".")[0], {}
    match group:
        case "maturity":
            facts = {"wave": report.maturity.wave, "version": report.maturity.model_version}
        case "saving":
            group = "savings" if one.name == "saving.functions" else "effects"
        case "case":
            rate = SHARE.write(report.assumptions["discount_rate"])
            facts = {"months": str(report.case.months), "rate": rate}
        case "advocacy":
            if math.isnan(one.value):
                return ""
            score = report.measures.net_promoter
            group, facts = "nps", {"first": score["first"], "last": score["last"]}
        case "effect" | "effect_saving":
            row = effects[dict(one.about)["initiative"]]
            group = "effect"
            facts = {
                "design": str(row.design or "–"),
                "verdict": str(row.verdict),
                "n": f"{row.comparison_teams:.0f}",
            }
        case "forecast":
            known = report.forecasts.forecasts
            mine = known[known["series"] == dict(one.about)["series"]]
            facts = {"model": str(mine["model"].iloc[0])}
        case "proposal":
            group = "proposals"
    return say(f"readout.source.{group}", **facts)


def series_title(series: str) -> str:
    """Return the title of a forecast series."""
    if series in KPIS:
        return KPIS[series].title
    return say("series.saving") if series in SAVINGS else series.replace("_", " ")


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


__all__ = [
    "COUNT",
    "LEVEL",
    "Figure",
    "backtest_sentence",
    "describe_forecast",
    "figures",
    "reason",
    "series_title",
    "series_unit",
]
