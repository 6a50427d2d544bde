"""Slides on what it is worth, what caused it and where it is going."""

from __future__ import annotations

import math

import pandas as pd

from metrics.functions import BY_KEY, KPIS, title
from metrics.model import Better
from metrics.units import MONEY, SHARE, Kind, write_month
from readout.draw import Box, Sheet
from readout.figures import reason, series_title, series_unit
from readout.palette import LIGHT
from readout.reading import Reading
from readout.slides import _heads, percent
from words import say

MONEY_FORM = "#,##0"
SHARE_FORM = "0%"
MOST_BARS = 14


def waterfall(sheet: Sheet, read: Reading) -> None:
    """How the claimed benefit becomes the counted net value."""
    case = read.report["case"]
    if case.reason:
        sheet.quiet(sheet.area, reason(case.reason), 14)
        return
    lines = case.benefits.groupby("function")[["amount", "counted"]].sum()
    lines = lines.sort_values("amount", ascending=False)
    claimed, counted = float(lines["amount"].sum()), float(lines["counted"].sum())
    spent = float(case.monthly["cost"].sum())
    steps = [*lines["amount"], claimed, counted - claimed, counted, -spent, counted - spent]
    labels = [*(title(f) for f in lines.index), say("deck.bar.claimed"), say("deck.bar.evidence"),
              say("deck.bar.counted"), say("deck.bar.cost"), say("deck.bar.net")]  # fmt: skip
    totals = [*[False] * len(lines), True, False, True, False, True]
    steps = [0.0 if abs(s) < 0.005 else s for s in steps]
    said = "; ".join(f"{label} {MONEY.write(v, read.currency)}"
                     for label, v in zip(labels, steps, strict=True))  # fmt: skip
    chart, rest = sheet.area.columns(13, 6)
    sheet.charts.waterfall(
        sheet, chart, labels, steps, totals, form=MONEY_FORM,
        describe=say("deck.waterfall_words", said=said),
        names=(say("deck.series.base"), say("deck.series.up"), say("deck.series.down"),
               say("deck.series.total"), say("deck.series.beyond")),
    )  # fmt: skip
    rows = [(label, MONEY.write(v, read.currency, change=not total))
            for label, v, total in zip(labels, steps, totals, strict=True)]  # fmt: skip
    taken = sheet.table(rest.first(rest.height - 66), _heads("step_value", "amount"), rows,
                        (3, 1.6), describe=said, right=(1,), row_lines=1)  # fmt: skip
    sheet.quiet(rest.below(taken, 8), say("deck.waterfall_about", months=case.months), 11)
    for key in ("case.benefit", "case.cost"):
        sheet.note(read.figures[key])


CASE_FIGURES = ("case.npv", "case.roi", "case.payback_months", "case.irr", "case.probability",
                "case.pv_benefit", "case.pv_cost", "case.npv_unweighted")  # fmt: skip


def business_case(sheet: Sheet, read: Reading) -> None:
    """Cost and benefit by year, and the figures finance asks for."""
    case = read.report["case"]
    if case.reason:
        sheet.quiet(sheet.area, reason(case.reason), 14)
        return
    chart, rest = sheet.area.columns(10, 9)
    yearly = case.yearly[
        (case.yearly["year"] > 0) | (case.yearly[["cost", "benefit"]].sum(axis=1) > 0)
    ]
    labels = [say("deck.year", n=f"{y:.0f}") if y else say("deck.year_start")
              for y in yearly["year"]]  # fmt: skip
    chart = sheet.heading(chart, say("deck.case_chart", currency=read.currency))
    sheet.charts.columns(
        sheet, chart, labels,
        [(say("deck.series.cost"), list(yearly["cost"])),
         (say("deck.series.benefit"), list(yearly["benefit"])),
         (say("deck.series.cumulative"), list(yearly["cumulative"]))],
        (LIGHT.neutral, sheet.brand.accent, LIGHT.target), form=MONEY_FORM,
        describe=say("deck.case_words", said="; ".join(
            f"{label}: {MONEY.write(r.cost, read.currency)} / "
            f"{MONEY.write(r.benefit, read.currency)}"
            for label, r in zip(labels, yearly.itertuples(), strict=True))),
    )  # fmt: skip
    rows = []
    for key in CASE_FIGURES:
        one = read.figures[key]
        rows.append((one.label, one.said(read.currency), one.between(read.currency) or "–"))
        sheet.note(one)
    rows += _lights(read)
    sheet.table(rest, _heads("figure", "value", "interval"), rows, (4, 2.4, 3.4), size=10,
                describe=say("deck.case_table"), right=(1,))  # fmt: skip


def _lights(read: Reading) -> list[tuple[str, str, str]]:
    """The no-additional-cost test, where the report holds it."""
    part = read.report.parts.get("economics")
    lights = getattr(part, "lights", None)
    if lights is None or lights.empty:
        return []
    met, known = (lights["state"] == "met").sum(), (lights["state"] != "unknown").sum()
    unknown = say("deck.lights_unknown", n=len(lights) - known) if known < len(lights) else "–"
    return [(say("deck.lights"), say("deck.lights_met", met=met, all=len(lights)), unknown)]


def effects(sheet: Sheet, read: Reading) -> None:
    """The effect of each initiative with its interval."""
    table = read.report["effects"].effects
    known = table.dropna(subset="relative")
    if known.empty:
        sheet.quiet(sheet.area, reason(read.report["effects"].reason or "no_initiatives"), 14)
        return
    shown = known.reindex(known["relative"].abs().sort_values(ascending=False).index)
    shown = shown.head(MOST_BARS)
    chart, rest = sheet.area.columns(8, 11, gap=14)
    labels = [str(i) if len(str(i)) <= 34 else str(i)[:33].rstrip() + "…"
              for i in shown["initiative"]]  # fmt: skip
    chart = sheet.heading(chart, say("deck.effects_chart"))
    sheet.charts.bars(
        sheet, chart, labels, list(shown["relative"]), list(shown["relative_low"]),
        list(shown["relative_high"]), form=SHARE_FORM, name=say("deck.series.effect"),
        colours=[_mood(r) for r in shown.itertuples()],
        describe=say("deck.effects_words", said="; ".join(
            f"{r.initiative} {SHARE.write(r.relative, change=True)}" for r in shown.itertuples())),
    )  # fmt: skip
    rows = []
    for r in shown.itertuples():
        one = read.figures[f"effect.{r.initiative}"]
        money = read.figures.get(f"effect_saving.{r.initiative}")
        kpi = KPIS[r.kpi].title if r.kpi in KPIS else str(r.kpi)
        rows.append((r.initiative, kpi, percent(r.relative),
                     say("deck.range", low=percent(r.relative_low),
                         high=percent(r.relative_high)),
                     r.verdict,
                     money.said(read.currency) if money else "–"))  # fmt: skip
        sheet.note(one, *([money] if money else []))
    sheet.table(rest, _heads("initiative", "kpi", "effect", "range95", "verdict", "saving_year"),
                rows, (3.3, 2.4, 1.3, 2.6, 1.6, 1.4), size=9, right=(2,),
                describe=say("deck.effects_table"))  # fmt: skip


def _mood(row) -> str:
    if row.verdict not in ("caused", "went with"):
        return LIGHT.neutral
    better = KPIS[row.kpi].better if row.kpi in KPIS else Better.HIGHER
    return LIGHT.good if (row.relative > 0) == (better is Better.HIGHER) else LIGHT.bad


def forecast(sheet: Sheet, read: Reading) -> None:
    """The programme's saving, or the first headline figure, with its expected path."""
    part = read.report["forecasts"]
    chosen = first_series(read)
    if chosen is None:
        sheet.quiet(sheet.area, say("page.overview.forecast_none"), 14)
        return
    unit = series_unit(chosen)
    scale = 100 if unit.kind is Kind.SHARE else 1
    past = part.history[part.history["series"] == chosen].set_index("period")["value"] * scale
    past = past.asfreq("MS").tail(36)
    ahead = part.forecasts[part.forecasts["series"] == chosen]
    by = {int(level): rows.set_index("period") * 1 for level, rows in
          ahead[["period", "level", "mean", "low", "high"]].groupby("level")}  # fmt: skip
    months = [*past.index, *by[80].index]
    blank, last = [None] * (len(past) - 1), past.iloc[-1]

    def path(level: int, name: str) -> list[float | None]:
        return [*blank, last, *(float(v) * scale for v in by[level][name])]

    target = _target(read, chosen)
    chart, rest = sheet.area.columns(13, 5)
    sheet.charts.fan(
        sheet, chart, [f"{m:%b %y}" for m in months],
        [*(None if pd.isna(v) else float(v) for v in past), *[None] * len(by[80])],
        path(80, "mean"), {n: (path(n, "low"), path(n, "high")) for n in (80, 95)},
        None if target is None else float(target["target"]) * scale,
        form="0.0" if scale == 100 or past.abs().max() < 10 else MONEY_FORM,
        describe=say("deck.forecast_words", title=series_title(chosen),
                     said=read.figures[f"forecast.{chosen}"].said(read.currency),
                     between=read.figures[f"forecast.{chosen}"].between(read.currency)),
        names={k: say(f"deck.series.{k}") for k in
               ("base", "below", "inside", "above", "history", "mean", "target")},
    )  # fmt: skip
    _forecast_words(sheet, read, chosen, rest, target)


def _forecast_words(sheet: Sheet, read: Reading, chosen: str, box: Box, target) -> None:
    one, part = read.figures[f"forecast.{chosen}"], read.report["forecasts"]
    unit = series_unit(chosen)
    box = sheet.heading(box, series_title(chosen))
    end = part.forecasts[part.forecasts["series"] == chosen]["period"].max()
    lines = [say("deck.forecast_end", month=write_month(end), value=one.said(read.currency),
                 between=one.between(read.currency))]  # fmt: skip
    if target is None:
        lines.append(say("deck.forecast_no_target"))
    else:
        chance = target["probability"]
        lines.append(say(
            "deck.forecast_target", target=unit.write(target["target"], read.currency),
            month=write_month(target["month"]),
            chance=SHARE.write(round(chance, 2)) if not math.isnan(chance)
            else say("tile.cannot_tell")))  # fmt: skip
    tested = part.backtests[part.backtests["series"] == chosen]
    if len(tested) and not math.isnan(tested["mase"].iloc[0]):
        row = tested.iloc[0]
        lines.append(say("deck.forecast_tested", mase=f"{row['mase']:.2f}",
                         naive=f"{row['mase_naive']:.2f}",
                         coverage=SHARE.write(row["coverage80"])))  # fmt: skip
    lines.append(say("deck.forecast_bands"))
    sheet.text(box, "\n".join(lines), 12)
    for key, figure in read.figures.items():
        if key.startswith("forecast."):
            sheet.note(figure)


def first_series(read: Reading) -> str | None:
    """Return the series the read-out shows: the saving, then the headline of a function."""
    have = list(dict.fromkeys(read.report["forecasts"].forecasts["series"]))
    headlines = [f.headline for f in BY_KEY.values() if f.headline]
    order = ["saving", *headlines]
    return next((s for s in order if s in have), have[0] if have else None)


def _target(read: Reading, series: str):
    """The first target of a series under the current plan, or None."""
    targets = getattr(read.report["forecasts"], "targets", None)
    if targets is None or targets.empty:
        return None
    mine = targets[targets["series"] == series]
    if "scenario" in mine and (mine["scenario"] == "current").any():
        mine = mine[mine["scenario"] == "current"]
    return mine.iloc[0] if len(mine) else None


def tuning(sheet: Sheet, read: Reading) -> None:
    """What owners expected of each initiative against what came."""
    table = read.report["effects"].effects
    told = table.dropna(subset=["expected", "relative"]) if "expected" in table else table.head(0)
    if told.empty:
        sheet.quiet(sheet.area, say("deck.tuning_none"), 14)
        return
    rows, colours, inside = [], {}, 0
    for i, r in enumerate(told.itertuples()):
        hit = r.relative_low <= r.expected <= r.relative_high
        inside += hit
        rows.append((r.initiative, KPIS[r.kpi].title if r.kpi in KPIS else r.kpi,
                     percent(r.expected), percent(r.relative),
                     say("deck.range", low=percent(r.relative_low),
                         high=percent(r.relative_high)),
                     say("deck.expected_inside" if hit else "deck.expected_outside")))  # fmt: skip
        colours[i, 5] = LIGHT.good_text if hit else LIGHT.bad_text
        sheet.note(read.figures[f"effect.{r.initiative}"])
    taken = sheet.text(
        sheet.area.first(40), say("deck.tuning_count", inside=inside, all=len(told)), 14
    )
    sheet.table(sheet.area.below(taken, 10), _heads("initiative", "kpi", "expected", "measured",
                                                    "range95", "outcome"),
                rows, (4, 3, 1.3, 1.3, 2.4, 2.4), describe=say("deck.tuning_words"),
                colours=colours, right=(2, 3), row_lines=1)  # fmt: skip
