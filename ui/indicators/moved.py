"""All functions together: what moved since the baseline, and the cost bridge of each."""

from __future__ import annotations

import streamlit as st

from metrics.frames.frame import iterate_rows
from metrics.functions import BY_KEY, KPIS, title
from metrics.model import ALL
from metrics.portfolio.bridge import COMPANY
from metrics.report import Report
from ui.door import tables
from ui.look import charts, writing
from ui.look.bridge import STEPS
from ui.look.theme import tokens
from words import say


def show_movements(report: Report) -> None:
    """Show the change of each function's headline figure with its interval."""
    changes = report.measures.changes
    told = changes[(changes["team"] == ALL) & (changes["baseline"] != 0)].dropna(
        subset=["change", "low", "baseline"]
    )
    # The headline of each function, or its first indicator that can be told.
    rank = {f.headline: -1 for f in BY_KEY.values()}
    order = told["kpi"].map(lambda key: rank.get(key, list(KPIS).index(key)))
    rows = told.assign(order=order).sort_values("order").drop_duplicates("function")
    writing.heading(
        say("page.overview.moved"),
        say("page.overview.moved_about", level=f"{report.assumptions['interval_level']:.0f}"),
    )
    if rows.empty:
        writing.show_quiet(say("reason.two_periods_needed"))
        return
    scale = rows["baseline"].abs()
    rows = rows.assign(
        label=[KPIS[k].title for k in rows["kpi"]],
        value=rows["change"] / scale,
        low=rows["low"] / scale,
        high=rows["high"] / scale,
        mood=rows["verdict"],
        said=[
            f"{KPIS[k].unit.write(c, report.currency, change=True)} · "
            f"{say('verdict.change.' + v.replace(' ', '_'))}"
            for k, c, v in zip(rows["kpi"], rows["change"], rows["verdict"], strict=True)
        ],
    ).sort_values("value")
    words = "; ".join(f"{r.label} {r.said}" for r in iterate_rows(rows))
    st.altair_chart(charts.interval_dots(rows, tokens(), description=words, zero_label="0"))


def bridge_by_function(report: Report) -> None:
    """Show the bridge of every function to the cent, to be taken away."""
    part = report.bridge
    if part.steps.empty:
        return
    writing.heading(say("page.overview.bridge_table"))
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
        | {name: number(say(f"page.overview.step_{name}"), format="%,.2f") for name in columns[1:]},
        shown=shown[columns],
    )
