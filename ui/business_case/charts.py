"""Charts of the business case: frames in, an Altair chart out, as in ``ui.look.charts``."""

from __future__ import annotations

from textwrap import wrap

import altair as alt
import numpy as np
import pandas as pd

from metrics.units import MONEY, axis_month, write_month
from ui.look.charts import PADDING, money_axis, tooltips
from ui.look.theme import Tokens
from words import say

LABEL_WIDTH = 28


def cash_flow(rows: pd.DataFrame, currency: str, colours: Tokens, *, description: str):
    """Draw benefit above and cost below zero, and the balance so far as a line.

    Parameters
    ----------
    rows : DataFrame
        ``label`` in order, ``cost``, ``benefit``, ``cumulative``.
    """
    order = list(rows["label"])
    few = len(rows) <= 12
    bars = pd.concat(
        [
            rows.assign(amount=rows["benefit"], colour=colours.good, what=say("case.benefit")),
            rows.assign(amount=-rows["cost"], colour=colours.bad, what=say("case.cost")),
        ]
    )
    bars = bars.assign(said=[MONEY.write(v, currency) for v in bars["amount"]])
    x = alt.X(
        field="label",
        type="nominal",
        sort=order,
        axis=alt.Axis(title=None, labelAngle=0, labelOverlap="greedy", labelLimit=200),
    )
    line = rows.assign(
        said=[MONEY.write(v, currency) for v in rows["cumulative"]], what=say("case.cumulative")
    )
    y = alt.Y(field="amount", type="quantitative", axis=money_axis())
    layers = [
        alt.Chart(bars)
        .mark_bar(opacity=0.85, cornerRadius=2, **({"size": 34} if few else {}))
        .encode(
            x=x,
            y=y,
            color=alt.Color(field="colour", type="nominal", scale=None),
            tooltip=tooltips(("label", "period"), ("what", "what"), ("said", "amount")),
        ),
        alt.Chart(pd.DataFrame({"y": [0.0]}))
        .mark_rule(color=colours.ink)
        .encode(y=alt.Y(field="y", type="quantitative")),
        alt.Chart(line)
        .mark_line(color=colours.accent, strokeWidth=2)
        .encode(
            x=x,
            y=alt.Y(field="cumulative", type="quantitative"),
            tooltip=tooltips(("label", "period"), ("what", "what"), ("said", "amount")),
        ),
        alt.Chart(line.tail(1))
        .mark_text(align="left", dx=22 if few else 6, color=colours.accent, fontWeight=600)
        .encode(
            x=x,
            y=alt.Y(field="cumulative", type="quantitative"),
            text=alt.Text(field="said", type="nominal"),
        ),
    ]
    room = PADDING | {"right": 64 if not few else 12}
    return alt.layer(*layers).properties(
        height=260, width="container", description=description, padding=room
    )


def ladder(rows: pd.DataFrame, currency: str, colours: Tokens, *, description: str):
    """Draw what was claimed at each grade of evidence, and inside it what counts.

    Parameters
    ----------
    rows : DataFrame
        ``label`` (grade and what earns it), ``amount``, ``counted``.
    """
    rows = rows.assign(
        row=["|".join(wrap(t, LABEL_WIDTH)) for t in rows["label"]],
        said=[
            say(
                "case.ladder_said",
                counted=MONEY.write(c, currency),
                amount=MONEY.write(a, currency),
            )
            if a or c
            else say("case.ladder_nothing")
            for c, a in zip(rows["counted"], rows["amount"], strict=True)
        ],
        edge=rows[["amount", "counted"]].max(axis=1).clip(lower=0),
    )
    y = alt.Y(
        field="row",
        type="nominal",
        sort=list(rows["row"]),
        axis=alt.Axis(
            title=None,
            grid=False,
            labelLimit=220,
            labelOverlap=False,
            labelExpr="split(datum.label, '|')",
        ),
    )
    widest = float(rows["edge"].max()) or 1.0
    scale = alt.Scale(domain=[min(0.0, float(rows["amount"].min())), 1.55 * widest], nice=False)
    tips = tooltips(("label", "grade"), ("said", "amount"))

    def x(field: str) -> alt.X:
        return alt.X(field=field, type="quantitative", scale=scale, axis=money_axis())

    base = alt.Chart(rows)
    layers = [
        base.mark_bar(size=18, cornerRadius=2, color=colours.neutral, opacity=0.35).encode(
            y=y, x=x("amount"), tooltip=tips
        ),
        base.mark_bar(size=18, cornerRadius=2, color=colours.accent).encode(
            y=y, x=x("counted"), tooltip=tips
        ),
        base.mark_text(align="left", dx=6, color=colours.quiet).encode(
            y=y, x=x("edge"), text=alt.Text(field="said", type="nominal")
        ),
    ]
    return alt.layer(*layers).properties(
        height=alt.Step(44), width="container", description=description, padding=PADDING
    )


def distribution(
    percentiles: pd.DataFrame,
    marks: pd.DataFrame,
    currency: str,
    colours: Tokens,
    *,
    description: str,
):
    """Draw how likely each net present value is, with P10, P50, P90 and zero.

    Parameters
    ----------
    percentiles : DataFrame
        ``percentile`` 1 to 99, ``npv``.
    marks : DataFrame
        ``npv``, ``label``.
    """
    values, shares = percentiles["npv"].to_numpy(), percentiles["percentile"].to_numpy() / 100
    edges = np.linspace(values[0], values[-1], 41)
    mass = np.diff(np.interp(edges, values, shares))
    bars = pd.DataFrame({"low": edges[:-1], "high": edges[1:], "share": mass})
    bars = bars.assign(
        colour=np.where((bars["low"] + bars["high"]) / 2 > 0, colours.good, colours.neutral),
        said=[
            f"{MONEY.write(a, currency)} – {MONEY.write(b, currency)}"
            for a, b in zip(bars["low"], bars["high"], strict=True)
        ],
    )
    reach = [min(0.0, float(edges[0])), max(0.0, float(edges[-1]))]
    scale = alt.Scale(domain=reach, nice=True)

    def x(field: str) -> alt.X:
        return alt.X(field=field, type="quantitative", scale=scale, axis=money_axis(grid=False))

    zero = pd.DataFrame({"npv": [0.0], "label": [say("case.zero")]})
    top = float(mass.max())
    marks = marks.assign(height=[top * (1.06 + 0.13 * (i % 2)) for i in range(len(marks))])
    layers = [
        alt.Chart(bars)
        .mark_rect(opacity=0.8)
        .encode(
            x=x("low"),
            x2=alt.X2(field="high"),
            y=alt.Y(field="share", type="quantitative", axis=None),
            y2=alt.Y2(datum=0),
            color=alt.Color(field="colour", type="nominal", scale=None),
            tooltip=tooltips(("said", "npv")),
        ),
        alt.Chart(zero).mark_rule(color=colours.ink).encode(x=x("npv")),
        alt.Chart(marks)
        .mark_rule(color=colours.accent, strokeDash=[3, 3])
        .encode(
            x=x("npv"),
            y=alt.Y(field="height", type="quantitative", axis=None),
            y2=alt.Y2(datum=0),
        ),
        alt.Chart(marks)
        .mark_text(dy=-7, color=colours.accent, fontWeight=600)
        .encode(
            x=x("npv"),
            y=alt.Y(field="height", type="quantitative", axis=None),
            text=alt.Text(field="label", type="nominal"),
        ),
    ]
    return alt.layer(*layers).properties(
        height=220, width="container", description=description, padding=PADDING
    )


def tornado(rows: pd.DataFrame, currency: str, colours: Tokens, *, description: str):
    """Draw what each line alone does to net present value, from its P10 to its P90.

    Parameters
    ----------
    rows : DataFrame
        ``label``, ``low``, ``high``: changes of net present value, largest swing first.
    """
    rows = rows.assign(
        row=["|".join(wrap(t, LABEL_WIDTH)) for t in rows["label"]],
        said=[
            say(
                "table.from_to",
                low=MONEY.write(a, currency, True),
                high=MONEY.write(b, currency, True),
            )
            for a, b in zip(rows["low"], rows["high"], strict=True)
        ],
        zero=0.0,
    )
    y = alt.Y(
        field="row",
        type="nominal",
        sort=list(rows["row"]),
        axis=alt.Axis(
            title=None,
            grid=False,
            labelLimit=220,
            labelOverlap=False,
            labelExpr="split(datum.label, '|')",
        ),
    )
    tips = tooltips(("label", "line"), ("said", "amount"))

    def x(field: str) -> alt.X:
        return alt.X(field=field, type="quantitative", axis=money_axis())

    base = alt.Chart(rows)
    layers = [
        base.mark_bar(size=16, cornerRadius=2, color=colours.bad, opacity=0.8).encode(
            y=y, x=x("low"), x2=alt.X2(field="zero"), tooltip=tips
        ),
        base.mark_bar(size=16, cornerRadius=2, color=colours.good, opacity=0.8).encode(
            y=y, x=x("zero"), x2=alt.X2(field="high"), tooltip=tips
        ),
        alt.Chart(pd.DataFrame({"x": [0.0]})).mark_rule(color=colours.ink).encode(x=x("x")),
    ]
    most = int(rows["row"].str.count(r"\|").max()) + 1
    return alt.layer(*layers).properties(
        height=alt.Step(15 * most + 8),
        width="container",
        description=description,
        padding=PADDING,
    )


def paths(
    rows: pd.DataFrame, currency: str, colours: Tokens, *, description: str, height: int = 220
):
    """Draw a few lines over months, each with its name at its end.

    Parameters
    ----------
    rows : DataFrame
        ``month`` (number or date), ``line`` (name in order of importance), ``amount``.
    """
    names = list(dict.fromkeys(rows["line"]))
    palette = [colours.accent, colours.neutral, colours.target]
    dates = pd.api.types.is_datetime64_any_dtype(rows["month"])
    rows = rows.assign(
        colour=[palette[names.index(n) % len(palette)] for n in rows["line"]],
        said=[MONEY.write(v, currency) for v in rows["amount"]],
        when=rows["month"].map(write_month) if dates else rows["month"].astype(str),
    )
    last, first = rows["month"].max(), rows["month"].min()
    room = (last - first) * 0.3
    if dates:
        axis = alt.Axis(title=None, format=axis_month(), tickCount=6, labelOverlap=True)
    else:
        ticks = list(range(0, int(last) + 1, 6))
        axis = alt.Axis(title=say("case.months"), values=ticks, format="d")
    domain = (
        [first.isoformat(), (last + room).isoformat()] if dates else [float(first), last + room]
    )
    x = alt.X(
        field="month",
        type="temporal" if dates else "quantitative",
        axis=axis,
        scale=alt.Scale(domain=domain, nice=False),
    )
    y = alt.Y(field="amount", type="quantitative", axis=money_axis())
    colour = alt.Color(field="colour", type="nominal", scale=None)
    ends = rows[rows["month"] == last].sort_values("amount")
    span = float(rows["amount"].max() - rows["amount"].min()) or 1.0
    # Names that would stand on each other are moved apart.
    places = ends["amount"].to_numpy(dtype=float).copy()
    for i in range(1, len(places)):
        places[i] = max(places[i], places[i - 1] + 0.08 * span)
    ends = ends.assign(place=places)
    layers = [
        alt.Chart(rows)
        .mark_line(strokeWidth=2)
        .encode(
            x=x,
            y=y,
            color=colour,
            detail=alt.Detail(field="line", type="nominal"),
            tooltip=tooltips(("line", "what"), ("when", "period"), ("said", "amount")),
        ),
        alt.Chart(ends)
        .mark_text(align="left", dx=6)
        .encode(
            x=x,
            y=alt.Y(field="place", type="quantitative"),
            color=colour,
            text=alt.Text(field="line", type="nominal"),
        ),
    ]
    return alt.layer(*layers).properties(
        height=height, width="container", description=description, padding=PADDING
    )


def whiskers(rows: pd.DataFrame, currency: str, colours: Tokens, *, description: str):
    """Draw expected amounts with their P10 to P90 around zero, as given.

    Parameters
    ----------
    rows : DataFrame
        ``label``, ``value``, ``low``, ``high``.
    """
    rows = rows.assign(
        said=[MONEY.write(v, currency) for v in rows["value"]],
        colour=np.where(
            rows["low"] > 0, colours.good, np.where(rows["high"] < 0, colours.bad, colours.neutral)
        ),
    )
    y = alt.Y(
        field="label",
        type="nominal",
        sort=list(rows["label"]),
        axis=alt.Axis(title=None, grid=False, labelLimit=220),
    )
    reach = [min(0.0, float(rows["low"].min())), max(0.0, float(rows["high"].max()))]
    reach[1] += 0.25 * (reach[1] - reach[0])
    scale = alt.Scale(domain=reach, nice=False)
    colour = alt.Color(field="colour", type="nominal", scale=None)

    def x(field: str) -> alt.X:
        return alt.X(field=field, type="quantitative", scale=scale, axis=money_axis())

    base = alt.Chart(rows)
    layers = [
        alt.Chart(pd.DataFrame({"x": [0.0]})).mark_rule(color=colours.ink).encode(x=x("x")),
        base.mark_rule(strokeWidth=2).encode(
            y=y, x=x("low"), x2=alt.X2(field="high"), color=colour
        ),
        base.mark_point(filled=True, size=80, opacity=1).encode(y=y, x=x("value"), color=colour),
        base.mark_text(align="left", dx=8, color=colours.quiet).encode(
            y=y, x=x("high"), text=alt.Text(field="said", type="nominal")
        ),
    ]
    return alt.layer(*layers).properties(
        height=alt.Step(30), width="container", description=description, padding=PADDING
    )
