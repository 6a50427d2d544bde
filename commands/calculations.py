"""Commands that work on one's own numbers: a file in, an answer out, no client and no store."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from commands import console
from commands.console import DONE, WITH_ERRORS, Answer, option
from metrics.errors import InvalidInput
from words import knows, say

if TYPE_CHECKING:
    from metrics.forecast.scale import Domain

DomainName = StrEnum("DomainName", ["real", "nonnegative", "share"])
"""``metrics.forecast.scale.Domain``, written out: help loads nothing heavy."""


class YearTotalName(StrEnum):
    """How months of a series become a year."""

    SUM = "sum"
    MEAN = "mean"


class RatingScaleName(StrEnum):
    """What a difference between two ratings means."""

    NOMINAL = "nominal"
    ORDINAL = "ordinal"
    INTERVAL = "interval"


TableFile = Annotated[Path, typer.Argument(metavar="FILE.csv", help=say("cli.option.file"))]
Seed = Annotated[int | None, option("--seed")]
Season = Annotated[int | None, option("--season")]
LevelOption = Annotated[float, option("--level")]


def forecast(
    file: TableFile,
    horizon: Annotated[int, option("--horizon")],
    season: Season = None,
    level: Annotated[list[float], option("--level", "levels")] = [80, 95],  # noqa: B006
    adds: Annotated[YearTotalName | None, option("--adds")] = None,
    kind: Annotated[DomainName | None, option("--kind")] = None,
    seed: Seed = None,
) -> Answer:
    from metrics import forecast as engine
    from metrics.document.documents import forecasts_document
    from metrics.forecast.scale import kind_of
    from metrics.forecast.table import COLUMNS

    rows = _table(file, COLUMNS, ("value",), strict=False)
    long = engine.read_long(rows, season, date.today())
    chosen = engine.SEED if seed is None else seed
    made, refused = {}, dict(long.refused)
    for way in YearTotalName:
        alike = {
            name: series
            for name, series in long.series.items()
            if way == (adds or ("mean" if kind_of(series.to_numpy()) == "share" else "sum"))
        }
        console.progress("computing", what=f"{len(alike)} × {horizon}")
        found = engine.forecast_many(
            alike,
            horizon,
            season=long.season,
            levels=sorted({*level, 80, 95}),
            kind=cast("Domain", kind.value) if kind else None,
            adds=way.value,
            seed=chosen,
        )
        made |= found.forecasts
        refused |= found.refused
    ordered = {name: made[name] for name in long.series if name in made}
    document = forecasts_document(ordered, level, long.label)
    document["refused"] = [
        {"series": name, "reason": console.sentence(error), "code": error.code}
        for name, error in refused.items()
    ]
    document["notes"] = [
        {"series": name, "code": note.code, "facts": note.facts}
        for name, one in ordered.items()
        for note in one.notes
        if knows(f"forecast.{note.code}")
    ]
    document |= {"model": engine.MODEL, "seed": chosen}
    return Answer(document, WITH_ERRORS if refused else DONE)


def effect(
    file: TableFile,
    treated: Annotated[str, option("--treated")],
    start: Annotated[str, option("--start")],
    end: Annotated[str | None, option("--end")] = None,
    stop: Annotated[str | None, option("--stop")] = None,
    ramp: Annotated[int, option("--ramp")] = 0,
    design: Annotated[str | None, option("--design")] = None,
    level: LevelOption = 95,
    season: Season = None,
    seed: Seed = None,
) -> Answer:
    from metrics import effects
    from metrics.document.documents import effect_document
    from metrics.effects.table import COLUMNS

    long = _table(file, COLUMNS, ("value",))
    units = [treated] if (long["unit"] == treated).any() else treated.split(",")
    panel = effects.panel_from_table(
        long, [unit.strip() for unit in units], start, end=end, stop=stop, ramp=ramp, season=season
    )
    console.progress("computing", what=file.name)
    options: dict[str, Any] = {"level": level} | ({} if seed is None else {"seed": seed})
    found = effects.estimate(panel, design=design, **options)
    return Answer(effect_document(found, effects.all_designs(panel, **options)))


def case(
    file: TableFile,
    rate: Annotated[float, option("--rate")],
    monthly: Annotated[bool, option("--monthly")] = False,
) -> Answer:
    from metrics.business_case import evaluate

    if rate > 1:
        raise InvalidInput("rate_in_per_cent", rate=rate, percent=100 * rate)
    columns = ("period", "cost", "benefit")
    rows = _table(file, columns, columns, filled=columns).sort_values("period")
    if rows["period"].tolist() != list(range(len(rows))):
        raise InvalidInput("periods_not_counted", found=[f"{p:g}" for p in rows["period"].head(9)])
    found = evaluate(rows["cost"], rows["benefit"], rate, monthly)
    keys = ("pv_costs", "pv_benefits", "npv", "roi", "irr", "payback_months")
    return Answer(console.values(found, keys, found.reasons) | {"rate": rate, "monthly": monthly})


def savings(
    file: TableFile,
    demand_base: Annotated[float | None, option("--demand-base")] = None,
    demand: Annotated[float | None, option("--demand")] = None,
) -> Answer:
    from metrics.measures.savings import COLUMNS, PARTS, rate_volume_mix

    found = rate_volume_mix(_table(file, COLUMNS, COLUMNS[1:]), demand_base, demand)
    savings = ("volume_adjusted_saving", "contact_driven_saving", "induced_demand")
    basis = {"basis": "contacts" if demand is None else "demand"}
    return Answer(console.values(found, (*PARTS, "total", *savings), found.reasons) | basis)


def agreement(
    file: TableFile, scale: Annotated[RatingScaleName, option("--scale")], seed: Seed = None
) -> Answer:
    from metrics.maturity.raters import SEED, agreement

    numbers = () if scale.value == "nominal" else ("value",)
    seed = SEED if seed is None else seed
    found = agreement(_table(file, ("unit", "rater", "value"), numbers), scale.value, seed=seed)
    bound = found.reason or ("one_unit" if found.low != found.low else None)
    reasons = {"alpha": found.reason, "low": bound, "high": bound, "icc_2k": found.icc_reason}
    keys = ("alpha", "low", "high", "level", "icc_2k", "units", "raters")
    return Answer(console.values(found, keys, reasons) | {"scale": scale, "seed": seed})


def nps(file: TableFile, level: LevelOption = 95) -> Answer:
    from ingest.longtable import headings
    from metrics.advocacy import net_promoter_score, net_promoter_score_of
    from metrics.measures.privacy import GROUP_UNDER_FIVE, SMALLEST_GROUP

    classes = ("promoters", "passives", "detractors")
    if set(classes) <= set(headings(file.name, file.read_bytes())):
        counts = _table(file, classes, classes, filled=classes).sum()
        found = net_promoter_score(*(counts[each] for each in classes), level=level)
    else:
        scores = _table(file, ("score",), ("score",))["score"].dropna()
        found = net_promoter_score_of(scores, level)
    figures = ("nps", "low", "high", *classes)
    few = GROUP_UNDER_FIVE if found.n < SMALLEST_GROUP else None
    answer = console.values(found, (*figures, "level", "n"), dict.fromkeys(figures, few))
    return Answer(answer | (dict.fromkeys(figures) if few else {}))


COMMANDS = (forecast, effect, case, savings, agreement, nps)


def _table(file: Path, *arguments: Any, **options: Any) -> Any:
    from ingest.longtable import read_table

    return read_table(file.name, file.read_bytes(), *arguments, **options)
