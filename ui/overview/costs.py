"""What it costs with and without the programme, a month, so far and to come."""

from __future__ import annotations

import altair as alt
import pandas as pd
import streamlit as st

from metrics.outlook.two_lines import two_lines
from metrics.report import Report
from metrics.units import MONEY, write_month
from ui.look import writing
from ui.look.charts import month_axis
from ui.look.theme import Tokens, tokens
from words import say

YEAR = 12


def lines(report: Report) -> None:
    """Draw cost a month with the programme and without it, past and to come."""
    found = two_lines(report)
    writing.heading(say("page.overview.lines"), say("page.overview.lines_about"))
    if found.empty:
        writing.show_quiet(say("page.overview.lines_none"))
        return
    st.altair_chart(
        _two_lines(found, report.currency, tokens(), description=_described(found, report.currency))
    )


def _described(found: pd.DataFrame, currency: str) -> str:
    last = found.iloc[-1]
    return say(
        "page.overview.lines_described",
        month=write_month(last["month"]),
        withs=MONEY.write(last["with"], currency),
        without=MONEY.write(last["without"], currency),
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
    coming = shown.tail(YEAR)
    placed = shown.tail(1).assign(
        top=coming[["without", "high"]].max(axis=None),
        bottom=coming[["with", "low"]].min(axis=None),
    )
    for field, at, colour, away in (
        ("without", "top", colours.quiet, -8),
        ("with", "bottom", colours.accent, 12),
    ):
        layers.append(
            alt.Chart(placed)
            .mark_text(align="right", dy=away, color=colour, fontWeight=600, fontSize=12)
            .encode(x=x, y=y(at), text=alt.value(say(f"page.overview.lines_{field}")))
        )
    return alt.layer(*layers).properties(height=280, width="container", description=description)
