"""Every headline quantity of a report once, under its name: nobody prints one from elsewhere.

Groups are worked out when one of theirs is asked for, so that a page that says one figure does
not wait for the rest.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from metrics.frames.frame import iterate_rows
from metrics.functions import KPIS
from metrics.portfolio.part import SAVINGS
from metrics.units import INDEX, MATURITY, MONEY, POINTS, SHARE, Unit, UnitKind

NOTHING = float("nan")
MONTHS = Unit(UnitKind.DURATION, "months")
LEVEL = Unit(UnitKind.RATE, "")
LAST_YEAR, NEXT_YEAR, SO_FAR = "last twelve months", "next twelve months", "since the first start"
FIRST_YEAR = "first twelve months"


@dataclass(frozen=True)
class NamedFigure:
    """One headline quantity.

    Attributes
    ----------
    name : str
        The same from revision to revision, such as ``case.expected``.
    value, low, high : float
        In storage units; NaN with a ``reason`` where it cannot be told.
    level : float
        Of the interval, per cent.
    probability : float
        That it is above zero, where that is known.
    period : str
        The months or the wave it speaks of.
    n : float
        What it rests on: answers, months, draws or functions; NaN where that has no meaning.
    definition : str
        Code of what it is, in ``words`` under ``readout.figure``.
    source : str
        Part and field of the report it is read from.
    about : mapping
        What tells it from others of its definition: function, initiative, series.
    """

    name: str
    value: float
    unit: Unit
    definition: str
    source: str
    low: float = NOTHING
    high: float = NOTHING
    level: float = NOTHING
    probability: float = NOTHING
    period: str = ""
    n: float = NOTHING
    reason: str = ""
    about: tuple[tuple[str, str], ...] = ()


class Figures(Mapping[str, NamedFigure]):
    """The figures of a report by name, in reading order.

    Parameters
    ----------
    report : Report
    """

    def __init__(self, report: Any) -> None:
        self._report = report
        self._groups: dict[str, dict[str, NamedFigure]] = {}

    def group(self, group: str) -> dict[str, NamedFigure]:
        """Return the figures whose names begin with ``group`` and a dot."""
        if group not in self._groups:
            made = GROUPS[group](self._report)
            self._groups[group] = {one.name: one for one in made}
        return self._groups[group]

    def __getitem__(self, name: str) -> NamedFigure:
        group = name.partition(".")[0]
        if group not in GROUPS:
            raise KeyError(name)
        return self.group(group)[name]

    def __iter__(self) -> Iterator[str]:
        return (name for group in GROUPS for name in self.group(group))

    def __len__(self) -> int:
        return sum(len(self.group(group)) for group in GROUPS)


def _number(value: float | None) -> float:
    return NOTHING if value is None else float(value)


def _standing(report: Any) -> list[NamedFigure]:
    part, one = report.maturity, report.maturity.enterprise
    why, period = one["reason"] or "", part.wave or ""
    level = NOTHING if why else _number(one["level"])
    value, low, high = (_number(one[end]) for end in ("value", "low", "high"))
    functions = float(one["functions"])
    whole = [
        NamedFigure(
            "maturity.level",
            level,
            LEVEL,
            "level",
            "maturity.enterprise",
            period=period,
            n=functions,
            reason=why,
        ),
        NamedFigure(
            "maturity.value",
            value,
            MATURITY,
            "maturity",
            "maturity.enterprise",
            low,
            high,
            80.0,
            period=period,
            n=functions,
            reason=why,
        ),
    ]
    return whole + [
        NamedFigure(
            f"maturity.{row.function}",
            float(row.published),
            MATURITY,
            "function",
            "maturity.functions",
            float(row.low),
            float(row.high),
            80.0,
            period=period,
            n=float(row.raters),
            reason=row.reason or "",
            about=(("function", str(row.function)),),
        )
        for row in iterate_rows(part.functions)
    ]


def _amount(name: str, given: Mapping[str, Any], definition: str, period: str) -> NamedFigure:
    return NamedFigure(
        name,
        given["value"],
        MONEY,
        definition,
        f"value.{name.partition('.')[2]}",
        given["low"],
        given["high"],
        given["level"],
        given.get("probability", NOTHING),
        period,
        reason=given.get("reason", ""),
    )


def _saving(report: Any) -> list[NamedFigure]:
    value, measured = report.value, report.savings
    return [
        _amount("saving.a_year", value.saving, "saving_compared", LAST_YEAR),
        _amount("saving.shown", value.shown, "saving_shown", LAST_YEAR),
        _amount("saving.before_after", value.before_after, "saving_before_after", LAST_YEAR),
        NamedFigure(
            "saving.functions",
            measured.total,
            MONEY,
            "saving_functions",
            "savings.total",
            measured.low,
            measured.high,
            measured.level,
            period=LAST_YEAR,
            reason=measured.reason if math.isnan(measured.total) else "",
        ),
        _amount("saving.ahead", value.ahead, "saving_ahead", NEXT_YEAR),
        _amount("saving.so_far", value.so_far_total, "saving_so_far", SO_FAR),
    ]


def _case(report: Any) -> list[NamedFigure]:
    case = report.case
    horizon, monthly = f"{case.months} months", case.monthly
    sums = {
        name: float(monthly[name].sum()) if len(monthly) else NOTHING
        for name in ("cost", "benefit", "pv_cost", "pv_benefit")
    }

    def one(key: str, value: float, unit: Unit = MONEY, **more: Any) -> NamedFigure:
        why = more.pop("why", "") or case.reason or case.reasons.get(key, "")
        reason = why if math.isnan(value) else ""
        more = {"period": horizon} | more
        return NamedFigure(f"case.{key}", value, unit, key, "case", reason=reason, **more)

    draws = float(case.draws)
    return [
        one(
            "expected",
            case.npv,
            low=case.p10,
            high=case.p90,
            level=80.0,
            probability=case.probability,
            n=draws,
        ),
        one("median", case.p50, n=draws),
        one("probability", case.probability, SHARE, n=draws),
        one("accepted", case.accepted, why=case.accepted_reason),
        one("cost_a_year", case.cost_a_year, period=LAST_YEAR),
        one("break_even", case.break_even),
        one("roi", case.roi, SHARE),
        one("irr", case.irr, SHARE),
        one("payback_months", case.payback_months, MONTHS),
        *(one(name, value) for name, value in sums.items()),
    ]


def _advocacy(report: Any) -> list[NamedFigure]:
    score = report.measures.net_promoter
    if "nps" not in score:
        why = score.get("reason", "no_survey")
        nothing = NamedFigure(
            "advocacy.nps", NOTHING, POINTS, "nps", "measures.net_promoter", reason=why
        )
        return [nothing]
    return [
        NamedFigure(
            "advocacy.nps",
            score["nps"],
            POINTS,
            "nps",
            "measures.net_promoter",
            score["low"],
            score["high"],
            95.0,
            period=f"{score['first']} to {score['last']}",
            n=float(score["n"]),
        )
    ]


def _effects(report: Any) -> list[NamedFigure]:
    return [
        NamedFigure(
            f"effect.{one.initiative}",
            one.relative,
            SHARE,
            "effect",
            "effects.effects",
            one.relative_low,
            one.relative_high,
            one.level,
            period=f"since {one.start:%Y-%m}" if one.start == one.start else "",
            n=one.months_after,
            reason=one.reason,
            about=(("initiative", str(one.initiative)), ("kpi", str(one.kpi))),
        )
        for one in iterate_rows(report.effects.effects)
    ]


def _effect_savings(report: Any) -> list[NamedFigure]:
    return [
        NamedFigure(
            f"effect_saving.{one.initiative}",
            one.saving,
            MONEY,
            "effect_saving",
            "effects.effects",
            one.saving_low,
            one.saving_high,
            one.saving_level,
            period=LAST_YEAR,
            n=one.months_after,
            about=(("initiative", str(one.initiative)), ("kpi", str(one.kpi))),
        )
        for one in iterate_rows(report.effects.effects)
        if not math.isnan(one.saving)
    ]


def series_unit(series: str) -> Unit:
    """Return the unit of a forecast series."""
    if series in KPIS:
        return KPIS[series].unit
    return MONEY if series in SAVINGS else INDEX


def _forecasts(report: Any) -> list[NamedFigure]:
    table = report.forecasts.forecasts
    ends = table[table["level"] == 80].groupby("series", sort=False).tail(1)
    return [
        NamedFigure(
            f"forecast.{row.series}",
            row.mean,
            series_unit(str(row.series)),
            "forecast",
            "forecasts.forecasts",
            row.low,
            row.high,
            80.0,
            period=f"{row.period:%Y-%m}",
            about=(("series", str(row.series)), ("month", f"{row.period:%Y-%m}")),
        )
        for row in iterate_rows(ends)
    ]


def _proposals(report: Any) -> list[NamedFigure]:
    return [
        NamedFigure(
            f"proposal.{row.proposal}",
            row.value,
            MONEY,
            "proposal",
            "proposals.table",
            row.low,
            row.high,
            row.level,
            row.probability,
            FIRST_YEAR,
            about=(("proposal", str(row.proposal)),),
        )
        for row in iterate_rows(report.proposals.table.dropna(subset=["rank", "value"]))
    ]


GROUPS: Mapping[str, Callable[[Any], list[NamedFigure]]] = {
    "maturity": _standing,
    "saving": _saving,
    "case": _case,
    "advocacy": _advocacy,
    "effect": _effects,
    "effect_saving": _effect_savings,
    "forecast": _forecasts,
    "proposal": _proposals,
}
"""Group → what makes its figures; the order is that of reading."""


__all__ = ["GROUPS", "Figures", "NamedFigure", "series_unit"]
