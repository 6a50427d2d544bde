"""Charts of deflection and advocacy: frames in, an Altair chart out, as in ``ui.look.charts``."""

from __future__ import annotations

import math

import altair as alt
import numpy as np
import pandas as pd

from metrics.units import axis_month
from ui.look.charts import PADDING, money_axis, tooltips
from ui.look.theme import Tokens
from words import say


def ranges(rows: pd.DataFrame, cap: float, cap_label: str, colours: Tokens, *, description: str):
    """Draw counts by several methods, those with an interval as whiskers, and the cap on all.

    Parameters
    ----------
    rows : DataFrame
        ``label``, ``value``, ``low``, ``high`` (NaN: no interval), ``said``.
    cap : float
        NaN where unknown.
    """
    y = alt.Y(
        field="label",
        type="nominal",
        sort=list(rows["label"]),
        axis=alt.Axis(title=None, grid=False, labelLimit=240),
    )
    most = float(np.nanmax(rows[["value", "high"]].to_numpy()))
    most = most if math.isnan(cap) else max(most, cap)
    scale = alt.Scale(
        domain=[min(0.0, float(np.nanmin(rows[["value", "low"]]))), 1.25 * most], nice=False
    )
    rows = rows.assign(edge=rows["high"].fillna(rows["value"]))

    def x(field: str) -> alt.X:
        return alt.X(field=field, type="quantitative", scale=scale, axis=money_axis())

    base = alt.Chart(rows)
    layers = [
        alt.Chart(rows.dropna(subset="low"))
        .mark_rule(strokeWidth=2, color=colours.accent)
        .encode(y=y, x=x("low"), x2=alt.X2(field="high")),
        base.mark_point(filled=True, size=80, opacity=1, color=colours.accent).encode(
            y=y, x=x("value")
        ),
        base.mark_text(align="left", dx=8, color=colours.quiet).encode(
            y=y, x=x("edge"), text=alt.Text(field="said", type="nominal")
        ),
    ]
    if not math.isnan(cap):
        mark = alt.Chart(pd.DataFrame({"x": [cap], "label": [cap_label]}))
        layers += [
            mark.mark_rule(color=colours.target, strokeDash=[3, 3]).encode(x=x("x")),
            mark.mark_text(
                color=colours.target_text, dx=4, dy=2, align="left", baseline="top"
            ).encode(x=x("x"), y=alt.value(0), text=alt.Text(field="label", type="nominal")),
        ]
    return alt.layer(*layers).properties(
        height=alt.Step(34), width="container", description=description, padding=PADDING
    )


def band(rows: pd.DataFrame, colours: Tokens, *, description: str):
    """Draw points by quarter with their interval as a band.

    Parameters
    ----------
    rows : DataFrame
        ``period``, ``value``, ``low``, ``high``, ``n``.
    """
    rows = rows.assign(
        said=[
            say("value.range", low=f"{a:.0f}", high=f"{b:.0f}", n=f"{n:.0f}")
            for a, b, n in zip(rows["low"], rows["high"], rows["n"], strict=True)
        ],
        when=[f"{p.year} Q{p.quarter}" for p in rows["period"]],
        shown=rows["value"].round(0),
    )
    x = alt.X(
        field="period", type="temporal", axis=alt.Axis(title=None, format=axis_month(), tickCount=6)
    )
    y = alt.Y(
        field="value",
        type="quantitative",
        axis=alt.Axis(title=None, tickCount=4),
        scale=alt.Scale(zero=False),
    )
    tips = tooltips(("when", "period"), ("shown", "what"), ("said", "amount"))
    base = alt.Chart(rows)
    layers = [
        base.mark_area(opacity=0.18, color=colours.accent).encode(
            x=x, y=alt.Y(field="low", type="quantitative"), y2=alt.Y2(field="high")
        ),
        base.mark_line(color=colours.accent, strokeWidth=2).encode(x=x, y=y),
        base.mark_point(filled=True, size=50, opacity=1, color=colours.accent).encode(
            x=x, y=y, tooltip=tips
        ),
    ]
    return alt.layer(*layers).properties(
        height=200, width="container", description=description, padding=PADDING
    )
