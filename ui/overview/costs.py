"""What it costs with and without the programme, and why it costs more or less than a year ago."""

from __future__ import annotations

import altair as alt
import pandas as pd
import streamlit as st

from metrics.frames.frame import iterate_rows
from metrics.functions import title
from metrics.outlook.two_lines import two_lines
from metrics.portfolio.bridge import COMPANY
from metrics.report import Report
from metrics.units import MONEY, write_month
from ui.door import tables
from ui.look import writing
from ui.look.charts import month_axis
from ui.look.theme import Tokens, tokens
from words import say

STEPS = ("demand", "prices", "programme", "rest")


def lines(report: Report) -> None:
    """Draw cost a month with the programme and without it, past and to come."""
    found = two_lines(report)
    writing.heading(say("page.overview.lines"), say("page.overview.lines_about"))
    if found.empty:
        writing.show_quiet(say("page.overview.lines_none"))
        return
    st.altair_chart(_two_lines(found, report.currency, tokens(), description=_described(report)))


def _described(report: Report) -> str:
    found = two_lines(report)
    last = found.iloc[-1]
    return say(
        "page.overview.lines_described",
        month=write_month(last["month"]),
        withs=MONEY.write(last["with"], report.currency),
        without=MONEY.write(last["without"], report.currency),
    )


def _two_lines(
    found: pd.DataFrame, currency: str, colours: Tokens, *, description: str
) -> alt.LayerChart:
    shown = found.assign(
        when=[write_month(m) for m in found["month"]],
        said=[MONEY.write(v, currency) for v in found["with"]],
        other=[MONEY.write(v, currency) for v in found["without"]],
    )
    x = alt.X(field="month", type="temporal", axis=month_axis())
    lowest = float(shown[["with", "low"]].min().min())
    highest = float(shown[["without", "with", "high"]].max().max())
    room = 0.1 * (highest - lowest) or 1.0
    axis = alt.Axis(title=None, format="~s", tickCount=5)
    scale = alt.Scale(domain=[lowest - room, highest + room], nice=True, zero=False)

    def y(field: str) -> alt.Y:
        return alt.Y(field=field, type="quantitative", axis=axis, scale=scale)

    tips = [
        alt.Tooltip(field=f, type="nominal", title=say(f"page.overview.lines_{t}"))
        for f, t in (("when", "month"), ("said", "with"), ("other", "without"))
    ]
    ahead = shown[shown["ahead"] == 1]
    past = shown[shown["ahead"] == 0]
    # The dashed piece begins where the solid one ends.
    joined = pd.concat([past.tail(1), ahead])
    layers: list[alt.Chart] = [
        alt.Chart(ahead)
        .mark_area(color=colours.accent, opacity=0.2)
        .encode(x=x, y=y("low"), y2=alt.Y2("high"))
    ]
    for frame, dash in ((past, [1, 0]), (joined, [4, 3])):
        for field, colour in (("without", colours.quiet), ("with", colours.accent)):
            layers.append(
                alt.Chart(frame)
                .mark_line(color=colour, strokeDash=dash, strokeWidth=2)
                .encode(x=x, y=y(field), tooltip=tips)
            )
    # One name above the upper line, the other below the band: neither lies on a line.
    ends = shown.tail(1)
    for field, at, colour, away in (
        ("without", "top", colours.quiet, -8),
        ("with", "bottom", colours.accent, 12),
    ):
        placed = ends.assign(
            top=ends[["without", "high"]].max(axis=1), bottom=ends[["with", "low"]].min(axis=1)
        )
        layers.append(
            alt.Chart(placed)
            .mark_text(align="right", dy=away, color=colour, fontWeight=600, fontSize=12)
            .encode(x=x, y=y(at), text=alt.value(say(f"page.overview.lines_{field}")))
        )
    return alt.layer(*layers).properties(height=280, width="container", description=description)


def bridge(report: Report) -> None:
    """Lead from last year's cost to this year's, in a sentence, a picture and to the cent."""
    part = report.bridge
    writing.heading(say("page.overview.bridge"))
    whole = part.steps[part.steps["function"] == COMPANY]
    if whole.empty:
        writing.show_quiet(say("page.overview.bridge_none"))
        return
    company = whole.iloc[0]

    def money(value: float, change: bool = False) -> str:
        return writing.keep_together(MONEY.write(value, report.currency, change))

    moved = company["now"] - company["before"]
    code = "rose" if moved >= 0 else "fell"
    writing.show_quiet(
        say(
            f"page.overview.bridge_{code}",
            before=money(company["before"]),
            now=money(company["now"]),
            change=money(abs(moved)),
            first=write_month(pd.Timestamp(part.first)),
            last=write_month(pd.Timestamp(part.last)),
        )
    )
    st.altair_chart(_steps(company, report, tokens(), part.level))
    if pd.isna(company["prices"]):
        writing.show_quiet(say("page.overview.bridge_no_prices"))


def bridge_table(report: Report) -> None:
    """Show the bridge of every function to the cent, to be taken away."""
    part = report.bridge
    if part.steps.empty:
        return
    with st.expander(say("page.overview.bridge_table")):
        shown = part.steps.assign(
            function=[
                say("page.overview.bridge_company") if f == COMPANY else title(f)
                for f in part.steps["function"]
            ]
        )
        columns = ["function", "before", *STEPS, "now"]
        number = st.column_config.NumberColumn
        tables.table(
            part.steps,
            "cost bridge",
            {"function": say("table.function")}
            | {
                name: number(say(f"page.overview.step_{name}"), format="%,.2f")
                for name in columns[1:]
            },
            shown=shown[columns],
        )


def _steps(company: pd.Series, report: Report, colours: Tokens, level: float) -> alt.LayerChart:
    """Draw what was added and taken away, each from zero."""
    rows = []
    for name in STEPS:
        if pd.isna(company[name]):
            continue
        said = MONEY.write(company[name], report.currency, change=True)
        if name == "programme":
            low, high = (MONEY.write(company[e], report.currency, True) for e in ("low", "high"))
            said = say(
                "page.overview.step_band", value=said, level=f"{level:.0f}", low=low, high=high
            )
        rows.append(
            {"label": say(f"page.overview.step_{name}"), "value": company[name], "said": said}
            | {"low": company["low"], "high": company["high"], "band": name == "programme"}
        )
    table = pd.DataFrame(rows)
    span = max(table["value"].abs().max(), 1.0)
    table["end"] = [max(v, 0.0) for v in table["value"]]
    y = alt.Y(
        field="label",
        type="nominal",
        sort=list(table["label"]),
        axis=alt.Axis(title=None, labelLimit=160, domain=False, ticks=False),
    )
    scale = alt.Scale(
        domain=[min(table["value"].min() * 1.3, -0.05 * span), max(table["value"].max(), 0) * 1.6]
    )
    axis = alt.Axis(title=None, format="~s", tickCount=5)
    x = alt.X(field="value", type="quantitative", scale=scale, axis=axis)
    description = (
        say("page.overview.bridge")
        + ": "
        + "; ".join(f"{r.label} {r.said}" for r in iterate_rows(table))
    )
    tip = [alt.Tooltip(field="label", type="nominal"), alt.Tooltip(field="said", type="nominal")]
    bars = (
        alt.Chart(table)
        .mark_bar(height=18)
        .encode(
            x=x,
            x2=alt.X2Datum(0),
            y=y,
            tooltip=tip,
            color=alt.condition(
                alt.datum.value < 0, alt.value(colours.good), alt.value(colours.neutral)
            ),
        )
    )
    whiskers = (
        alt.Chart(table[table["band"]])
        .mark_rule(color=colours.ink)
        .encode(x=alt.X(field="low", type="quantitative", scale=scale), x2=alt.X2("high"), y=y)
    )
    labels = (
        alt.Chart(table)
        .mark_text(align="left", dx=6, color=colours.ink, fontSize=12)
        .encode(
            x=alt.X(field="end", type="quantitative", scale=scale),
            y=y,
            text=alt.Text(field="said", type="nominal"),
        )
    )
    zero = alt.Chart().mark_rule(color=colours.quiet).encode(x=alt.XDatum(0))
    return alt.layer(bars, whiskers, labels, zero).properties(
        height=44 * len(table), width="container", description=description
    )
