"""The two-minute answer: verdict, tiles and next steps as codes with facts.

Every renderer (page, slide, PDF) says the same because all of them read this. A verdict never
says more than the evidence: a saving is "shown" only by comparison, "not shown" is an answer.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from metrics.frames.frame import iterate_rows
from metrics.functions import KPIS, field_title
from metrics.maturity.scoring import WORKS
from metrics.measures.discoveries import DISCOVERY_RATE
from metrics.model import ALL
from metrics.portfolio import wording
from metrics.portfolio.part import SAVINGS
from metrics.report import Report
from metrics.units import COUNT, INDEX, MONEY, POINTS, SHARE, Unit, write_chance, write_month

"""From this level on a function is said to work as a social business."""


@dataclass(frozen=True)
class Line:
    """A sentence to be: its code and the facts it needs, numbers already written by their unit."""

    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Tile:
    """One headline figure: what it is, the figure, what stands beside it, where it comes from.

    Parameters
    ----------
    figure : Line
        The figure itself, or the words that take its place ("not shown").
    words : bool
        True when the figure is words.
    change : Line or None
        Difference to before, with its interval.
    mood : str
        ``better`` or ``worse`` when a change is shown, otherwise "".
    since : Line or None
        Difference to what was read out last time.
    """

    key: str
    figure: Line
    lines: tuple[Line, ...]
    source: Line
    words: bool = False
    change: Line | None = None
    mood: str = ""
    since: Line | None = None


@dataclass(frozen=True)
class Overview:
    """What an executive reads in two minutes."""

    verdict: tuple[Line, ...]
    support: tuple[Line, ...]
    tiles: tuple[Tile, ...]


def overview(report: Report, scope: int) -> Overview:
    """Write the overview of a report.

    Parameters
    ----------
    report : Report
    scope : int
        Functions the client declared in scope.
    """
    standing, saving = _standing_tile(report, scope), _saving(report)
    return Overview(
        verdict=(_standing_verdict(report, scope), _saving_verdict(report), *_case_verdict(report)),
        support=_support(report),
        tiles=(standing, saving, _case(report), _advocacy(report)),
    )


def count_assessed(report: Report) -> int:
    """Return how many functions have a maturity level; the others lack answers."""
    functions = report.maturity.functions
    return int(functions["level"].notna().sum()) if len(functions) else 0


def _write_money(report: Report, value: float, change: bool = False) -> str:
    return MONEY.write(value, report.currency, change)


def _count_working(report: Report) -> int:
    functions = report.maturity.functions
    return int((functions["level"] >= WORKS).sum()) if len(functions) else 0


def _standing_verdict(report: Report, scope: int) -> Line:
    enterprise = report.maturity.enterprise
    if not count_assessed(report) or enterprise["reason"]:
        return Line("verdict.standing_unknown")
    works = _count_working(report)
    code = "none" if works == 0 else "all" if works == scope else "some"
    return Line(
        f"verdict.standing_{code}",
        {"works": COUNT_WORDS[min(works, 10)].capitalize(), "scope": COUNT_WORDS[min(scope, 10)]},
    )


COUNT_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def _saving_verdict(report: Report) -> Line:
    value = report.value
    apart = wording.read_apart(value, report.savings)
    code, facts = wording.saving_verdict(value, apart, lambda amount: _write_money(report, amount))
    return Line(f"verdict.{code}", facts)


def _case_verdict(report: Report) -> tuple[Line, ...]:
    case = report.case
    if case.reason:
        return ()
    code = "does_not_pay" if math.isnan(case.payback_months) else "pays"
    facts = {"months": case.months, "payback": f"{case.payback_months:.0f}"}
    return (Line(f"verdict.case_{code}", facts),)


def _support(report: Report) -> tuple[Line, ...]:
    lines = []
    part = report.maturity
    if count_assessed(report) and not part.enterprise["reason"]:
        level = part.enterprise["level"]
        share = part.enterprise["levels"].get(str(level), float("nan"))
        lines.append(Line("verdict.level", {"level": level, "probability": write_chance(share)}))
    table = report.effects.effects
    if len(table):
        lines.append(Line("verdict.effects", wording.counted_apart(table)))
    changes = report.measures.changes
    whole = changes[changes["team"] == ALL] if len(changes) else changes
    if len(whole):
        whole = whole[whole["verdict"] != "cannot tell"]
    if len(whole):
        better, worse = ((whole["verdict"] == v).sum() for v in ("better", "worse"))
        facts = {"better": int(better), "worse": int(worse), "all": len(whole)}
        chance = DISCOVERY_RATE * (facts["better"] + facts["worse"])
        lines.append(Line("verdict.changes", facts | {"chance": f"{chance:.1g}"}))
    return tuple(lines)


def _standing_tile(report: Report, scope: int) -> Tile:
    part = report.maturity
    source = Line("tile.standing_source", {"version": part.model_version, "wave": part.wave})
    if not count_assessed(report) or part.enterprise["reason"]:
        reason = part.enterprise["reason"] or "no_answers"
        return Tile("standing", Line("tile.cannot_tell"), (Line(f"reason.{reason}"),), source, True)
    enterprise = part.enterprise
    levels = sorted(enterprise["levels"].items(), key=lambda item: -item[1])
    said = ", ".join(f"{write_chance(p)} level {level}" for level, p in levels[:2] if p >= 0.005)
    lines = (
        Line("tile.standing_levels", {"levels": said}),
        Line(
            "tile.standing_coverage",
            {
                "assessed": count_assessed(report),
                "scope": scope,
                "works": _count_working(report),
            },
        ),
    )
    return Tile("standing", Line("tile.standing", {"level": enterprise["level"]}), lines, source)


def _saving(report: Report) -> Tile:
    value = report.value
    apart = wording.read_apart(value, report.savings)
    if value.reason:
        return _saving_apart(report, apart)
    amount, counts = value.saving, wording.claims_counted(value)
    shown = _write_money(report, value.shown["value"])
    lines = [_band(report, amount), Line("tile.saving_compared", counts | {"shown": shown})]
    if not math.isnan(value.before_after["value"]):
        lines.append(Line("tile.saving_apart", {"value": _write_money(report, apart["value"])}))
    source = Line("tile.saving_compared_source", {"n": counts["n"]})
    figure = Line("tile.figure", {"value": _write_money(report, amount["value"])})
    mood = "worse" if value.verdict == "loses" else ""
    return Tile("saving", figure, tuple(lines), source, mood=mood)


def _saving_apart(report: Report, apart: Mapping[str, float]) -> Tile:
    """What changed before and after: never a comparison, and said to be none."""
    source = Line("tile.saving_before_after_source")
    if math.isnan(apart["value"]):
        reason = report.savings.reason or report.value.reason
        return Tile("saving", Line("tile.cannot_tell"), (Line(f"reason.{reason}"),), source, True)
    lines = (_band(report, apart), Line("tile.saving_before_after"))
    if not apart["low"] > 0 and not apart["high"] < 0:
        return Tile("saving", Line("tile.not_shown"), lines, source, True)
    figure = Line("tile.figure", {"value": _write_money(report, apart["value"])})
    return Tile("saving", figure, lines, source)


def _band(report: Report, amount: Mapping[str, float]) -> Line:
    low, high = (_write_money(report, amount[end]) for end in ("low", "high"))
    return Line("tile.interval", {"level": f"{amount['level']:.0f}", "low": low, "high": high})


def _case(report: Report) -> Tile:
    case = report.case
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
        if not math.isnan(case.break_even):
            lines.append(Line("tile.break_even", {"value": _write_money(report, case.break_even)}))
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
                "low": _write_money(report, case.p10),
                "high": _write_money(report, case.p90),
                "probability": write_chance(case.probability),
            },
        ),
        payback,
        *_lights(report),
        *(
            ()
            if math.isnan(case.accepted)
            else (Line("tile.accepted", {"value": _write_money(report, case.accepted)}),)
        ),
        *_unvalued_effects(report),
    )
    figure = Line("tile.figure", {"value": _write_money(report, case.npv)})
    return Tile("case", figure, lines, source, mood="worse" if case.p90 < 0 else "")


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
    figure = Line("tile.figure", {"value": POINTS.write(score["nps"])})
    return Tile("advocacy", figure, lines, source, change=change, mood=mood)


SINCE: Mapping[str, tuple[str, Unit]] = {
    "standing": ("maturity.value", INDEX),
    "saving": ("saving.a_year", MONEY),
    "case": ("case.expected", MONEY),
    "advocacy": ("advocacy.nps", POINTS),
}
"""Tile → key of the headline figure it is compared by, and its unit."""
FigureValues = Mapping[str, Sequence[float | None]]


def since_last(
    seen: Overview, currency: str, now: FigureValues, then: FigureValues, name: str
) -> Overview:
    """Say on every tile what changed since the last read-out.

    A change is called one only when the new value lies outside the interval stated then.

    Parameters
    ----------
    now, then : mapping
        Key of a headline figure → value, low, high.
    name : str
        How the last read-out is named; "" when this is the first.
    """
    tiles = tuple(
        replace(t, since=_change_line(t.key, currency, now, then, name)) for t in seen.tiles
    )
    return replace(seen, tiles=tiles)


def _change_line(
    key: str, currency: str, now: FigureValues, then: FigureValues, name: str
) -> Line | None:
    if not name:
        return None
    figure, unit = SINCE[key]
    value, before, low, high = (
        math.nan if v is None else float(v)
        for v in (now.get(figure, (None,))[0], *then.get(figure, (None,) * 3))
    )
    if math.isnan(value) or math.isnan(before):
        return Line("tile.since_unknown", {"name": name})
    if math.isclose(value, before, rel_tol=1e-9, abs_tol=1e-9):
        return Line("tile.since_same", {"name": name})
    facts = {"change": unit.write(value - before, currency, True), "name": name}
    if math.isnan(low) or math.isnan(high):
        return Line("tile.since_bare", facts)
    inside = low <= value <= high
    return Line("tile.since_inside" if inside else "tile.since_outside", facts)


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


@dataclass(frozen=True)
class Outcome:
    """What became of one decision: what was promised, what came; fractions or money a month.

    ``held`` is None while nothing can be said.
    """

    name: str
    promised: Line
    came: Line
    held: bool | None


def outcomes(report: Report, n: int = 3) -> tuple[Outcome, ...]:
    """Return what became of the last decisions; of the last initiatives where none is recorded."""
    ledger = report.tuning.ledger
    scored = ledger[ledger["state"] == "scored"] if len(ledger) else ledger
    if len(scored):
        return tuple(_scored_outcome(row, report.currency) for row in iterate_rows(scored.head(n)))
    table = report.effects.effects.dropna(subset=["expected", "relative"])
    return tuple(
        _compared_outcome(row)
        for row in iterate_rows(table.sort_values("start", ascending=False).head(n))
    )


def _scored_outcome(row: Any, currency: str) -> Outcome:
    def money(value: float) -> str:
        return MONEY.write(value, currency)

    promised = Line(
        "tile.outcome_promised",
        {"value": money(row.predicted), "low": money(row.low), "high": money(row.high)},
    )
    held = bool(row.inside)
    came = Line(
        "tile.outcome_inside" if held else "tile.outcome_outside", {"value": money(row.actual)}
    )
    return Outcome(str(row.reason), promised, came, held)


def _compared_outcome(row: Any) -> Outcome:
    def share(value: float) -> str:
        return SHARE.write(round(value, 3), change=True).replace(" points", " %")

    held = bool(row.relative_low <= row.expected <= row.relative_high)
    facts = {
        "value": share(row.relative),
        "low": share(row.relative_low),
        "high": share(row.relative_high),
    }
    came = Line("tile.outcome_as_expected" if held else "tile.outcome_otherwise", facts)
    title = field_title(str(row.kpi))
    expected = Line("tile.outcome_expected", {"kpi": title, "value": share(row.expected)})
    return Outcome(str(row.initiative), expected, came, held)
