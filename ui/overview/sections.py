"""What the Overview shows below its tiles: where it is going, how far, what moved."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from metrics.functions import title
from metrics.maturity import load_model
from metrics.maturity.scoring import level_number
from metrics.overview import outcomes as last_outcomes
from metrics.report import Report
from ui.look import charts, writing
from ui.look.charts import short_title
from ui.look.theme import tokens
from words import say


def maturity(report: Report) -> None:
    """Show the heatmap of published levels by function and dimension."""
    part = report.maturity
    writing.heading(say("page.overview.heatmap"))
    if not len(part.dimensions):
        writing.show_quiet(say("reason.no_answers"))
        return
    model = load_model()
    ranked = part.functions.sort_values("published", ascending=False, kind="stable")["function"]
    rank = {function: number for number, function in enumerate(ranked)}
    shown = part.dimensions.sort_values(
        "function", key=lambda column: column.map(rank), kind="stable"
    )
    cells = shown.assign(
        row=[title(f) for f in shown["function"]],
        column=[short_title(t) for t in shown["title"]],
        level=[float(level_number(v)) if pd.notna(v) else v for v in shown["published"]],
        mark=[
            "▲" if pd.notna(c) and c < s else ""
            for c, s in zip(shown["cap"], shown["capability"], strict=True)
        ],
        said=[
            say("series.maturity_cell", value=f"{p:.1f}", low=f"{lo:.1f}", high=f"{hi:.1f}")
            if pd.notna(p)
            else say("series.maturity_unknown")
            for p, lo, hi in zip(shown["published"], shown["low"], shown["high"], strict=True)
        ],
    )
    names = {level.number: level.name for level in model.levels}
    words = "; ".join(f"{title(r['function'])} {r['level']}" for _, r in part.functions.iterrows())
    st.altair_chart(charts.heatmap(cells, names, tokens(), description=words))
    writing.show_quiet(say("page.overview.heatmap_about"))


def outcomes(report: Report) -> None:
    """Show what became of the last three decisions."""
    found = last_outcomes(report)
    if not found:
        return
    writing.heading(say("page.overview.outcomes"))
    writing.outcomes(found)
