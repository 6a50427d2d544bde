"""Slides on what it is worth, what caused it and where it is going."""

from __future__ import annotations

import math

import pandas as pd

from metrics.frames.frame import iterate_rows
from metrics.functions import KPIS, field_title, title
from metrics.model import Better
from metrics.overview import targets
from metrics.units import MONEY, SHARE, UnitKind, write_chance, write_month
from readout.draw import Box, SlideCanvas
from readout.figures import backtest_sentence, reason, series_title, series_unit
from readout.fitting import LINE
from readout.palette import LIGHT
from readout.reading import Reading, say_line
from readout.slides import _heads, percent
from words import say

MONEY_FORM = "#,##0"
SHARE_FORM = "0%"
MOST_BARS, MOST_COLUMNS = 10, 6


def waterfall(sheet: SlideCanvas, read: Reading) -> None:
    """How the claimed benefit becomes the counted net value."""
    case = read.report.case
    if case.reason:
        sheet.quiet(sheet.area, reason(case.reason), 14)
        return
    lines = case.benefits.groupby("function")["amount"].sum().sort_values(ascending=False)
    claimed, counted = float(lines.sum()), float(case.benefits["counted"].sum())
    spent = float(case.monthly["cost"].sum())
    shown, names = _largest_benefits(lines)
    steps = [*shown, claimed, counted - claimed, counted, -spent, counted - spent]
    labels = [
        *names,
        say("deck.bar.claimed"),
        say("deck.bar.evidence"),
        say("deck.bar.counted"),
        say("deck.bar.cost"),
        say("deck.bar.net"),
    ]
    totals = [*[False] * len(shown), True, False, True, False, True]
    steps = [0.0 if abs(s) < 0.005 else s for s in steps]
    written = [
        MONEY.write(v, read.currency, change=not total)
        for v, total in zip(steps, totals, strict=True)
    ]
    chart = sheet.area.first(sheet.area.height - 42)
    sheet.charts.waterfall(
        sheet,
        chart,
        labels,
        steps,
        totals,
        said=written,
        form=MONEY_FORM,
        describe=say(
            "deck.waterfall_words",
            said="; ".join(
                f"{label} {amount}" for label, amount in zip(labels, written, strict=True)
            ),
        ),
        names=tuple(
            say(f"deck.series.{k}") for k in ("base", "up", "down", "total", "beyond", "amounts")
        ),
    )
    sheet.quiet(
        sheet.area.below(chart.height, 8), say("deck.waterfall_about", months=case.months), 12
    )
    for function, amount in lines.items():
        sheet.notes.append(f"{title(str(function))}: {MONEY.write(amount, read.currency)}")
    for key in ("case.benefit", "case.cost"):
        sheet.note(read.figures[key])


def _largest_benefits(lines: pd.Series) -> tuple[list[float], list[str]]:
    """The largest benefits with their names; the rest as one, or the labels have no room."""
    if len(lines) <= MOST_COLUMNS:
        return list(lines), [title(str(f)) for f in lines.index]
    kept = lines.iloc[: MOST_COLUMNS - 1]
    rest = len(lines) - len(kept)
    return (
        [*kept, float(lines.iloc[MOST_COLUMNS - 1 :].sum())],
        [*(title(str(f)) for f in kept.index), say("deck.bar.others", n=rest)],
    )


CASE_FIGURES = (
    "case.expected",
    "case.roi",
    "case.payback_months",
    "case.irr",
    "case.probability",
    "case.pv_benefit",
    "case.pv_cost",
    "case.accepted",
)


def business_case(sheet: SlideCanvas, read: Reading) -> None:
    """Cost and benefit by year, and the figures finance asks for."""
    case = read.report.case
    if case.reason:
        sheet.quiet(sheet.area, reason(case.reason), 14)
        return
    chart, rest = sheet.area.columns(10, 9)
    yearly = case.yearly[
        (case.yearly["year"] > 0) | (case.yearly[["cost", "benefit"]].sum(axis=1) > 0)
    ]
    labels = [
        say("deck.year", n=f"{y:.0f}") if y else say("deck.year_start") for y in yearly["year"]
    ]
    chart = sheet.heading(chart, say("deck.case_chart", currency=read.currency))
    sheet.charts.columns(
        sheet,
        chart,
        labels,
        [
            (say("deck.series.cost"), list(yearly["cost"])),
            (say("deck.series.benefit"), list(yearly["benefit"])),
            (say("deck.series.cumulative"), list(yearly["cumulative"])),
        ],
        (LIGHT.neutral, sheet.brand.accent, sheet.brand.ink),
        form=_scaled_format(yearly[["cost", "benefit", "cumulative"]]),
        describe=say(
            "deck.case_words",
            said="; ".join(
                f"{label}: {MONEY.write(r.cost, read.currency)} / "
                f"{MONEY.write(r.benefit, read.currency)}"
                for label, r in zip(labels, iterate_rows(yearly), strict=True)
            ),
        ),
    )
    rows = []
    for key in CASE_FIGURES:
        one = read.figures[key]
        rows.append((one.label, one.said(read.currency), one.between(read.currency)))
        sheet.note(one)
    rows += _lights(read)
    sheet.table(
        rest,
        _heads("figure", "value", "interval"),
        rows,
        (4, 2, 3),
        size=12,
        describe=say("deck.case_table"),
        right=(1,),
    )


def _scaled_format(amounts: pd.DataFrame) -> str:
    """A number format in millions or thousands that the office program keeps to when edited."""
    most = float(amounts.abs().max().max())
    return '0.00,," M"' if most >= 999_500 else '#,##0," k"' if most >= 9_995 else MONEY_FORM


def _lights(read: Reading) -> list[tuple[str, str, str]]:
    """The no-additional-cost test, where it could be made."""
    lights = read.report.economics.lights
    if lights.empty:
        return []
    met, known = (lights["state"] == "met").sum(), (lights["state"] != "unknown").sum()
    unknown = say("deck.lights_unknown", n=len(lights) - known) if known < len(lights) else ""
    return [(say("deck.lights"), say("deck.lights_met", met=met, all=len(lights)), unknown)]


def effects(sheet: SlideCanvas, read: Reading) -> None:
    """The effect of each initiative with its interval, as a forest plot in a table."""
    table = read.report.effects.effects
    known = table.dropna(subset="relative")
    if known.empty:
        sheet.quiet(sheet.area, reason(read.report.effects.reason or "no_initiatives"), 14)
        return
    shown = known.reindex(known["relative"].abs().sort_values(ascending=False).index)
    shown = shown.head(MOST_BARS)
    head, foot = 32.0, 20.0
    about = [say("deck.effects_about")]
    if len(known) > len(shown):
        about.append(say("deck.effects_more", n=len(known) - len(shown)))
    area = sheet.area.first(sheet.area.height - 18)
    sheet.quiet(sheet.area.below(area.height, 0), " ".join(about), 11)
    row = min(34.0, (area.height - head - foot) / len(shown))
    # Two lines where the rows are high enough for them.
    size, lines = (11, 2) if row >= 2 * 11 * LINE + 3 else (11, 1)
    how = {"size": size, "row_lines": lines, "pad": 3, "least": row, "head_least": head}
    left, middle, right = area.columns(11, 8, 11, gap=8)
    names, numbers = [], []
    for r in iterate_rows(shown):
        one = read.figures[f"effect.{r.initiative}"]
        money = read.figures.get(f"effect_saving.{r.initiative}")
        names.append((r.initiative, field_title(str(r.kpi))))
        numbers.append(
            (
                percent(r.relative),
                say("deck.range", low=percent(r.relative_low), high=percent(r.relative_high)),
                say("deck.verdict." + str(r.verdict).replace(" ", "_")),
                money.said(read.currency) if money else "–",
            )
        )
        sheet.note(one, *([money] if money else []))
    sheet.table(
        left, _heads("initiative", "kpi"), names, (5, 4), describe=say("deck.effects_names"), **how
    )
    sheet.charts.forest(
        sheet,
        Box(middle.left, middle.top + head, middle.width, row * len(shown) + foot),
        list(shown["initiative"]),
        list(shown["relative"]),
        list(shown["relative_low"]),
        list(shown["relative_high"]),
        row=row,
        form=SHARE_FORM,
        name=say("deck.series.effect"),
        colours=[_change_colour(r) for r in iterate_rows(shown)],
        describe=say(
            "deck.effects_words",
            said="; ".join(
                f"{r.initiative} {SHARE.write(r.relative, change=True)}"
                for r in iterate_rows(shown)
            ),
        ),
    )
    sheet.text(
        Box(middle.left, middle.top + 9, middle.width, 16),
        say("deck.effects_chart"),
        10,
        colour=sheet.brand.quiet,
    )
    sheet.table(
        right,
        _heads("effect", "range95", "verdict", "saving_year"),
        numbers,
        (1.3, 2.6, 1.6, 1.5),
        describe=say("deck.effects_table"),
        right=(0, 3),
        **how,
    )


def _change_colour(row) -> str:
    if row.verdict not in ("caused", "went with"):
        return LIGHT.neutral
    better = KPIS[row.kpi].better if row.kpi in KPIS else Better.HIGHER
    return LIGHT.good if (row.relative > 0) == (better is Better.HIGHER) else LIGHT.bad


def forecast(sheet: SlideCanvas, read: Reading) -> None:
    """The programme's saving, or the first headline figure, with its expected path."""
    part = read.report.forecasts
    chosen = read.first_series
    if chosen is None:
        sheet.quiet(sheet.area, say("page.overview.forecast_none"), 14)
        return
    unit = series_unit(chosen)
    scale = 100 if unit.kind is UnitKind.SHARE else 1
    past = part.history[part.history["series"] == chosen].set_index("period")["value"] * scale
    past = past.asfreq("MS").tail(36)
    ahead = part.forecasts[part.forecasts["series"] == chosen]
    by = {level: ahead[ahead["level"] == level].set_index("period") for level in (80, 95)}
    months = [*past.index, *by[80].index]
    blank, last = [None] * (len(past) - 1), past.iloc[-1]

    def path(level: int, name: str) -> list[float | None]:
        return [*blank, last, *(float(v) * scale for v in by[level][name])]

    target = _target(read, chosen)
    chart, rest = sheet.area.columns(12, 6)
    sheet.charts.fan(
        sheet,
        chart,
        [m.date() for m in months],
        [*(None if pd.isna(v) else float(v) for v in past), *[None] * len(by[80])],
        path(80, "mean"),
        {n: (path(n, "low"), path(n, "high")) for n in (80, 95)},
        None if target is None else float(target["target"]) * scale,
        end=read.figures[f"forecast.{chosen}"].said(read.currency),
        form="0.0" if scale == 100 or past.abs().max() < 10 else MONEY_FORM,
        describe=say(
            "deck.forecast_words",
            title=series_title(chosen),
            said=read.figures[f"forecast.{chosen}"].said(read.currency),
            between=read.figures[f"forecast.{chosen}"].between(read.currency),
        ),
        names={
            k: say(f"deck.series.{k}")
            for k in ("base", "below", "inside", "above", "history", "mean", "target")
        },
    )
    _forecast_words(sheet, read, chosen, rest, target)


def _forecast_words(sheet: SlideCanvas, read: Reading, chosen: str, box: Box, target) -> None:
    one, part = read.figures[f"forecast.{chosen}"], read.report.forecasts
    unit = series_unit(chosen)
    box = sheet.heading(box, series_title(chosen))
    end = part.forecasts[part.forecasts["series"] == chosen]["period"].max()
    lines = [
        say(
            "deck.forecast_end",
            month=write_month(end),
            value=one.said(read.currency),
            between=one.between(read.currency),
        )
    ]
    others = targets(read.report)
    if target is None:
        lines.append(say_line(others) if others else say("deck.forecast_no_target"))
    else:
        chance = target["probability"]
        lines.append(
            say(
                "deck.forecast_target",
                target=unit.write(target["target"], read.currency),
                month=write_month(target["month"]),
                chance=write_chance(chance) if not math.isnan(chance) else say("tile.cannot_tell"),
            )
        )
    lines.append(backtest_sentence(read.report, chosen))
    lines.append(say("deck.forecast_bands"))
    sheet.text(box, "\n\n".join(lines), 13)
    for key, figure in read.figures.items():
        if key.startswith("forecast."):
            sheet.note(figure)


def _target(read: Reading, series: str):
    """The first target of a series under the current plan, or None."""
    targets = read.report.forecasts.targets
    if targets.empty:
        return None
    mine = targets[targets["series"] == series]
    mine = mine[~mine["scenario"].isin(["without", "tuned"])]
    return mine.iloc[0] if len(mine) else None
