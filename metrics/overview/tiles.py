"""The four headline figures, each with what stands beside it and where it comes from."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from metrics.functions import KPIS
from metrics.maturity import levels
from metrics.model import ALL
from metrics.overview.lines import Line, Tile
from metrics.portfolio import wording
from metrics.portfolio.part import SAVINGS
from metrics.report import Report
from metrics.units import COUNT, MONEY, POINTS, SHARE, write_chance, write_month


def count_assessed(report: Report) -> int:
    """Return how many functions have a maturity level; the others lack answers."""
    functions = report.maturity.functions
    return int(functions["level"].notna().sum()) if len(functions) else 0


def write_money(report: Report, value: float, change: bool = False) -> str:
    """Return an amount in the client's currency."""
    return MONEY.write(value, report.currency, change)


def count_working(report: Report) -> int:
    """Return how many functions work as a social business."""
    return levels.count_working(report.maturity.functions)


def tiles(report: Report, scope: int) -> tuple[Tile, ...]:
    """Return the four headline figures."""
    return (_standing(report, scope), _saving(report), _case(report), _advocacy(report))


def _standing(report: Report, scope: int) -> Tile:
    part = report.maturity
    source = Line("tile.standing_source", {"version": part.model_version, "wave": part.wave})
    if not count_assessed(report) or part.enterprise["reason"]:
        reason = part.enterprise["reason"] or "no_answers"
        return Tile("standing", Line("tile.cannot_tell"), (Line(f"reason.{reason}"),), source, True)
    enterprise = part.enterprise
    odds = sorted(enterprise["levels"].items(), key=lambda item: -item[1])
    said = ", ".join(f"{write_chance(p)} level {level}" for level, p in odds[:2] if p >= 0.005)
    lines = (
        Line("tile.standing_levels", {"levels": said}),
        Line(
            "tile.standing_coverage",
            {
                "assessed": count_assessed(report),
                "scope": scope,
                "works": count_working(report),
            },
        ),
    )
    return Tile("standing", Line("tile.standing", {"level": enterprise["level"]}), lines, source)


def _saving(report: Report) -> Tile:
    value = report.value
    apart = wording.read_apart(value, report.savings)
    if value.reason:
        return _saving_apart(report, apart)
    amount, counts = report.figures["saving.a_year"], wording.claims_counted(value)
    shown = write_money(report, report.figures["saving.shown"].value)
    lines = [_band(report, vars(amount)), Line("tile.saving_compared", counts | {"shown": shown})]
    if not math.isnan(value.before_after["value"]):
        lines.append(Line("tile.saving_apart", {"value": write_money(report, apart["value"])}))
    source = Line("tile.saving_compared_source", {"n": counts["n"]})
    figure = Line("tile.figure", {"value": write_money(report, amount.value)})
    mood = "worse" if value.verdict == "loses" else ""
    return Tile("saving", figure, tuple(lines), source, mood=mood)


def _saving_apart(report: Report, apart: Mapping[str, float]) -> Tile:
    """What changed before and after: never a comparison, and said to be none."""
    source = Line("tile.saving_before_after_source")
    if math.isnan(apart["value"]):
        reason = report.savings.reason or report.value.reason
        return Tile("saving", Line("tile.cannot_tell"), (Line(f"reason.{reason}"),), source, True)
    lines = (_band(report, apart), Line("tile.saving_before_after"))
    # Not the saving by comparison: another figure, under another name.
    alone = math.isnan(report.figures["saving.before_after"].value)
    key = "cost_change" if alone else "before_after"
    if not apart["low"] > 0 and not apart["high"] < 0:
        return Tile(key, Line("tile.not_shown"), lines, source, True)
    figure = Line("tile.figure", {"value": write_money(report, apart["value"])})
    return Tile(key, figure, lines, source)


def _band(report: Report, amount: Mapping[str, float]) -> Line:
    low, high = (write_money(report, amount[end]) for end in ("low", "high"))
    return Line("tile.interval", {"level": f"{amount['level']:.0f}", "low": low, "high": high})


def _case(report: Report) -> Tile:
    case, named = report.case, report.figures.group("case")
    expected, accepted = named["case.expected"], named["case.accepted"].value
    source = Line(
        "tile.case_source",
        {
            "rate": SHARE.write(report.assumptions["discount_rate"]),
            "months": case.months,
            "draws": f"{case.draws:,}",
            "seed": case.seed,
        },
    )
    if case.reason:
        lines = [Line(f"reason.{case.reason}")]
        needed = named["case.break_even"].value
        if not math.isnan(needed):
            lines.append(Line("tile.break_even", {"value": write_money(report, needed)}))
        return Tile("case", Line("tile.cannot_tell"), tuple(lines), source, True)
    payback = (
        Line("tile.no_payback", {"months": case.months})
        if math.isnan(case.payback_months)
        else Line("tile.payback", {"months": f"{case.payback_months:.0f}"})
    )
    lines = (
        Line(
            "tile.percentiles",
            {
                "low": write_money(report, expected.low),
                "high": write_money(report, expected.high),
                "probability": write_chance(named["case.probability"].value),
            },
        ),
        payback,
        *_lights(report),
        *(
            ()
            if math.isnan(accepted)
            else (Line("tile.accepted", {"value": write_money(report, accepted)}),)
        ),
        *_unvalued_effects(report),
    )
    figure = Line("tile.figure", {"value": write_money(report, expected.value)})
    return Tile("case", figure, lines, source, mood="worse" if expected.high < 0 else "")


def _lights(report: Report) -> tuple[Line, ...]:
    """The no-additional-cost test: conditions met, and those that cannot be told."""
    lights = report.economics.lights
    states = lights["state"].value_counts() if len(lights) else {}
    facts = {"met": int(states.get("met", 0)), "all": len(lights)}
    unknown = int(states.get("unknown", 0))
    if unknown == len(lights):
        return ()
    if unknown:
        return (Line("tile.lights_unknown", facts | {"unknown": unknown}),)
    return (Line("tile.lights", facts),)


def _unvalued_effects(report: Report) -> tuple[Line, ...]:
    """Effects that are shown but carry no amount: their cost counts, their benefit does not."""
    table = report.effects.effects
    n = int(((table["grade"] != "") & table["saving"].isna()).sum())
    return (Line("tile.unvalued", {"n": n}),) if n else ()


def _advocacy(report: Report) -> Tile:
    score, changes = report.measures.net_promoter, report.measures.changes
    source = Line("tile.advocacy_source")
    if "nps" not in score:
        why = Line(f"reason.{score.get('reason', 'no_survey')}")
        return Tile("advocacy", Line("tile.cannot_tell"), (why,), source, True)
    lines = (
        Line(
            "tile.interval",
            {"level": "95", "low": POINTS.write(score["low"]), "high": POINTS.write(score["high"])},
        ),
        Line("tile.answers", {"n": COUNT.write(score["n"])}),
    )
    moved = changes[(changes["kpi"] == "net_promoter_score") & (changes["team"] == ALL)]
    change, mood = None, ""
    if len(moved) and not pd.isna(moved.iloc[0]["low"]):
        one = moved.iloc[0]
        mood = one["verdict"] if one["verdict"] in ("better", "worse") else ""
        change = Line(
            "tile.change_shown" if mood else "tile.change_not_shown",
            {name: POINTS.write(one[name], change=True) for name in ("change", "low", "high")},
        )
    figure = Line("tile.figure", {"value": POINTS.write(report.figures["advocacy.nps"].value)})
    return Tile("advocacy", figure, lines, source, change=change, mood=mood)


def target(report: Report, series: str) -> Line | None:
    """Say how likely a series' target is under the current plan; None without a target."""
    table = report.forecasts.targets
    if table.empty:
        return None
    mine = table[(table["series"] == series) & ~table["scenario"].isin(["without", "tuned"])]
    if mine.empty:
        return None
    one = mine.iloc[0]
    unit = MONEY if series in SAVINGS else KPIS[series].unit
    facts = {
        "target": unit.write(one["target"], report.currency),
        "month": write_month(one["month"]),
    }
    if math.isnan(one["probability"]):
        return Line("tile.target_unknown", facts)
    return Line("tile.target", facts | {"probability": write_chance(one["probability"])})


def targets(report: Report) -> Line | None:
    """Say how many targets are likelier than not under the current plan, and which is likeliest."""
    table = report.forecasts.targets
    if table.empty:
        return None
    told = table[~table["scenario"].isin(["without", "tuned"])].dropna(subset=["probability"])
    told = told[told["series"].isin(list(KPIS))]
    if told.empty:
        return None
    best = told.loc[told["probability"].idxmax()]
    return Line(
        "tile.targets",
        {
            "n": len(told),
            "likely": int((told["probability"] > 0.5).sum()),
            "best": KPIS[best["series"]].title,
            "probability": write_chance(best["probability"]),
        },
    )
