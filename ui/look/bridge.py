"""The bridge from last year's cost to this year's: a sentence, a picture, and to the cent."""

from __future__ import annotations

import altair as alt
import pandas as pd
import streamlit as st

from metrics.frames.frame import iterate_rows
from metrics.portfolio.bridge import COMPANY
from metrics.report import Report
from metrics.units import MONEY, write_month
from ui.look import writing
from ui.look.theme import Tokens, tokens
from words import say

STEPS = ("demand", "prices", "programme", "rest")


def show_bridge(report: Report) -> None:
    """Lead from last year's cost to this year's, in a sentence, a picture and to the cent."""
    part = report.bridge
    writing.heading(say("page.overview.bridge"))
    whole = part.steps[part.steps["function"] == COMPANY]
    if whole.empty:
        writing.show_quiet(say("page.overview.bridge_none"))
        return
    company = whole.iloc[0]

    def money(value: float) -> str:
        return writing.keep_together(MONEY.write(value, report.currency))

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
        writing.show_quiet(say("reason.price_index_missing"))


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
        .mark_rule(color=colours.ink, aria=False)
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
    zero = alt.Chart().mark_rule(color=colours.quiet, aria=False).encode(x=alt.XDatum(0))
    return alt.layer(bars, whiskers, labels, zero).properties(
        height=44 * len(table), width="container", description=description
    )
