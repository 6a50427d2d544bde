"""Charts as functions: tidy frames in, an Altair chart out; no Streamlit, no arithmetic on KPIs.

Explicit channel objects instead of shorthand: the type inference of ``x="month:T"`` costs more
than drawing. Every chart has a description for screen readers and direct labels, no legend.
"""

from __future__ import annotations

from textwrap import wrap

import altair as alt
import pandas as pd

from metrics.units import Unit, axis_month, write_month
from ui.look.theme import Tokens
from words import say

LABEL_WIDTH = 30
"""Characters in a line of a row label: short enough for a phone."""


def month_axis() -> alt.Axis:
    """Return an axis of months, written as the reader writes them."""
    return alt.Axis(format=axis_month(), tickCount=8, labelOverlap=True, title=None)


def _tooltips(*pairs: tuple[str, str]) -> list[alt.Tooltip]:
    return [alt.Tooltip(field=f, type="nominal", title=say(f"chart.{key}")) for f, key in pairs]


def fan(
    history: pd.DataFrame,
    forecast: pd.DataFrame,
    unit: Unit,
    currency: str,
    colours: Tokens,
    *,
    description: str,
    start: pd.Timestamp | None = None,
    start_label: str = "",
    end_label: str = "",
    height: int = 300,
    zero: bool = False,
) -> alt.LayerChart:
    """Draw history as a line and the forecast as a dashed line inside 80 and 95 % bands.

    Parameters
    ----------
    history : DataFrame
        ``period``, ``value``.
    forecast : DataFrame
        ``period``, ``level``, ``mean``, ``low``, ``high``.
    start : Timestamp, optional
        Month to mark on the history, with ``start_label``.
    """
    # Every month of the span is there, so that the line breaks where a month is missing.
    past = history.set_index("period")["value"].asfreq("MS").reset_index()
    past = past.assign(
        said=[unit.write(v, currency) for v in past["value"]],
        when=past["period"].map(write_month),
    )
    scale = 100 if unit.kind == "share" else 1
    past = past.assign(value=past["value"] * scale)
    ahead = forecast.assign(
        **{c: forecast[c] * scale for c in ("mean", "low", "high")},
        when=forecast["period"].map(write_month),
        said=[unit.write(v, currency) for v in forecast["mean"]],
        between=[
            f"{unit.write(lo, currency)} to {unit.write(hi, currency)} ({level:.0f} %)"
            for lo, hi, level in zip(
                forecast["low"], forecast["high"], forecast["level"], strict=True
            )
        ],
    )
    x = alt.X(field="period", type="temporal", axis=month_axis())
    y_scale = _fan_scale(past["value"], ahead, zero)

    def y(field: str) -> alt.Y:
        axis = alt.Axis(title=None, format="~s", tickCount=5)
        return alt.Y(field=field, type="quantitative", axis=axis, scale=y_scale)

    layers: list[alt.Chart] = []
    for level, opacity in ((95.0, 0.16), (80.0, 0.30)):
        band = ahead[ahead["level"] == level]
        layers.append(
            alt.Chart(band)
            .mark_area(color=colours.accent, opacity=opacity, interpolate="monotone", clip=True)
            .encode(
                x=x,
                y=y("low"),
                y2=alt.Y2(field="high"),
                tooltip=_tooltips(("when", "month"), ("said", "forecast"), ("between", "range")),
            )
        )
    middle = ahead[ahead["level"] == ahead["level"].max()] if len(ahead) else ahead
    layers += [
        alt.Chart(middle)
        .mark_line(color=colours.accent, strokeDash=[4, 3], strokeWidth=2)
        .encode(x=x, y=y("mean")),
        alt.Chart(past)
        .mark_line(color=colours.ink, strokeWidth=2)
        .encode(x=x, y=y("value"), tooltip=_tooltips(("when", "month"), ("said", "value"))),
        alt.Chart(past)
        .mark_point(opacity=0, size=120)
        .encode(x=x, y=y("value"), tooltip=_tooltips(("when", "month"), ("said", "value"))),
    ]
    if start is not None:
        mark = pd.DataFrame({"period": [start], "label": [start_label]})
        layers += [
            alt.Chart(mark).mark_rule(color=colours.neutral, strokeDash=[2, 3]).encode(x=x),
            alt.Chart(mark)
            .mark_text(align="left", dx=5, dy=8, color=colours.quiet, baseline="top")
            .encode(x=x, y=alt.value(0), text=alt.Text(field="label", type="nominal")),
        ]
    if end_label and len(middle):
        high = middle["high"].tail(1)
        top = y_scale.domain[1] if isinstance(y_scale.domain, list) else high
        last = middle.tail(1).assign(label=end_label, shown=high.clip(upper=top))
        layers.append(
            alt.Chart(last)
            .mark_text(align="right", dy=-8, color=colours.accent, fontWeight=600)
            .encode(x=x, y=y("shown"), text=alt.Text(field="label", type="nominal"))
        )
    return alt.layer(*layers).properties(
        height=height,
        width="container",
        description=description,
        padding={"right": 12, "top": 6, "left": 2, "bottom": 2},
    )


def _fan_scale(past: pd.Series, ahead: pd.DataFrame, zero: bool) -> alt.Scale:
    """Scale on history and the 80 % band: a 95 % band may leave the picture, not squash it."""
    narrow = ahead[ahead["level"] <= 80]
    if ahead.empty or narrow.empty:
        return alt.Scale(zero=zero, nice=True)
    low = min(past.min(), narrow["low"].min(), 0 if zero else float("inf"))
    high = max(past.max(), narrow["high"].max())
    room = 0.25 * (high - low)
    # What is known is always inside; only the wide band may be cut.
    low = min(low, max(ahead["low"].min(), low - room)) if not zero or low < 0 else 0.0
    high = max(high, min(ahead["high"].max(), high + room))
    return alt.Scale(domain=[low, high], nice=True, zero=False)


def heatmap(
    cells: pd.DataFrame, level_names: dict[int, str], colours: Tokens, *, description: str
) -> alt.LayerChart:
    """Draw maturity as function × dimension; the number in the cell is the published level.

    Parameters
    ----------
    cells : DataFrame
        ``row``, ``column`` (labels in order), ``level`` (NaN: not assessed), ``said`` (tooltip),
        ``mark`` ("▲" where the data contradict the answer, otherwise "").
    """
    rows = list(dict.fromkeys(cells["row"]))
    columns = list(dict.fromkeys(cells["column"]))
    known = cells.dropna(subset="level").assign(
        shown=lambda d: d["level"].astype(int).astype(str) + d["mark"],
        name=lambda d: d["level"].astype(int).map(level_names),
    )
    unknown = cells[cells["level"].isna()]
    x = alt.X(
        field="column",
        type="nominal",
        sort=columns,
        axis=alt.Axis(
            title=None,
            orient="top",
            labelAngle=-40,
            labelAlign="left",
            labelLimit=120,
            labelOverlap=False,
            domain=False,
            labelPadding=4,
        ),
    )
    y = alt.Y(
        field="row",
        type="nominal",
        sort=rows,
        axis=alt.Axis(title=None, grid=False, labelLimit=110),
    )
    colour = alt.Color(
        field="level",
        type="quantitative",
        legend=None,
        scale=alt.Scale(domain=[1, 2, 3, 4, 5], range=list(colours.ramp)),
    )
    dark_cells = alt.datum.level >= 4
    squares = (
        alt.Chart(known)
        .mark_rect(cornerRadius=2, stroke=colours.paper, strokeWidth=2)
        .encode(
            x=x,
            y=y,
            color=colour,
            tooltip=_tooltips(
                ("row", "function"), ("column", "dimension"), ("name", "level"), ("said", "score")
            ),
        )
    )
    numbers = (
        alt.Chart(known)
        .mark_text(fontSize=12)
        .encode(
            x=x,
            y=y,
            text=alt.Text(field="shown", type="nominal"),
            color=alt.condition(
                dark_cells,
                alt.value("#FFFFFF" if colours.paper > "#8" else "#10171A"),
                alt.value(colours.ink),
            ),
        )
    )
    hatch = (
        alt.Chart(unknown)
        .mark_text(text="╱╱", color=colours.neutral, fontSize=12)
        .encode(
            x=x,
            y=y,
            tooltip=_tooltips(("row", "function"), ("column", "dimension"), ("said", "score")),
        )
    )
    return alt.layer(squares, numbers, hatch).properties(
        height=alt.Step(30), width="container", description=description
    )


def interval_dots(
    rows: pd.DataFrame, colours: Tokens, *, description: str, zero_label: str
) -> alt.LayerChart:
    """Draw estimates as dots with whiskers around zero, sorted as given.

    Parameters
    ----------
    rows : DataFrame
        ``label``, ``value``, ``low``, ``high`` on one scale; ``said``; ``mood`` (better, worse,
        or anything else for a change that is not shown).
    """
    palette = {"better": colours.good, "worse": colours.bad, "changed": colours.accent}
    rows = rows.assign(
        colour=[palette.get(m, colours.neutral) for m in rows["mood"]],
        label=["|".join(wrap(text, LABEL_WIDTH)) for text in rows["label"]],
    )
    order = list(rows["label"])
    lines = max((text.count("|") + 1 for text in order), default=1)
    y = alt.Y(
        field="label",
        type="nominal",
        sort=order,
        axis=alt.Axis(
            title=None,
            grid=False,
            labelLimit=220,
            labelOverlap=False,
            labelExpr="split(datum.label, '|')",
        ),
    )
    colour = alt.Color(field="colour", type="nominal", scale=None)
    axis = alt.Axis(
        title=None,
        grid=True,
        tickCount=5,
        labelExpr="datum.value == 0 ? '0' : format(datum.value, '+~p')",
    )
    tips = _tooltips(("said", "change"))
    whisker = (
        alt.Chart(rows)
        .mark_rule(strokeWidth=2)
        .encode(
            y=y,
            x=alt.X(field="low", type="quantitative", axis=axis),
            x2=alt.X2(field="high"),
            color=colour,
            tooltip=tips,
        )
    )
    dot = (
        alt.Chart(rows)
        .mark_point(filled=True, size=80, opacity=1)
        .encode(y=y, x=alt.X(field="value", type="quantitative"), color=colour, tooltip=tips)
    )
    zero = (
        alt.Chart(pd.DataFrame({"x": [0.0], "label": [zero_label]}))
        .mark_rule(color=colours.ink)
        .encode(x=alt.X(field="x", type="quantitative"))
    )
    return alt.layer(zero, whisker, dot).properties(
        height=alt.Step(15 * lines + 11), width="container", description=description
    )


def waterfall(
    steps: pd.DataFrame, unit: Unit, currency: str, colours: Tokens, *, description: str
) -> alt.LayerChart:
    """Draw the way from baseline cost to actual cost.

    Parameters
    ----------
    steps : DataFrame
        ``label``, ``start``, ``end``, ``kind`` (total, up, down) in order.
    """
    order = list(steps["label"])
    palette = {"total": colours.neutral, "up": colours.bad, "down": colours.good}
    steps = steps.assign(
        colour=[palette[k] for k in steps["kind"]],
        top=steps[["start", "end"]].max(axis=1),
        said=[
            unit.write(e if k == "total" else e - s, currency, change=k != "total")
            for s, e, k in zip(steps["start"], steps["end"], steps["kind"], strict=True)
        ],
    )
    x = alt.X(
        field="label",
        type="nominal",
        sort=order,
        axis=alt.Axis(title=None, labelAngle=0, labelLimit=90),
    )
    tips = _tooltips(("label", "step"), ("said", "amount"))
    bars = (
        alt.Chart(steps)
        .mark_bar(size=34, cornerRadius=2)
        .encode(
            x=x,
            y=alt.Y(
                field="start",
                type="quantitative",
                axis=alt.Axis(title=None, format="~s", tickCount=4),
            ),
            y2=alt.Y2(field="end"),
            color=alt.Color(field="colour", type="nominal", scale=None),
            tooltip=tips,
        )
    )
    labels = (
        alt.Chart(steps)
        .mark_text(dy=-9, color=colours.ink)
        .encode(
            x=x,
            y=alt.Y(field="top", type="quantitative"),
            text=alt.Text(field="said", type="nominal"),
        )
    )
    return alt.layer(bars, labels).properties(
        height=240, width="container", description=description
    )


def small_line(
    rows: pd.DataFrame,
    name: str,
    unit: Unit,
    currency: str,
    colours: Tokens,
    domain: tuple[float, float],
    *,
    description: str,
) -> alt.LayerChart:
    """Draw one small line, titled by its team, on a scale shared with its neighbours.

    Parameters
    ----------
    rows : DataFrame
        ``month``, ``value``.
    domain : tuple of float
        Lowest and highest value over all neighbours.
    """
    scale = 100 if unit.kind == "share" else 1
    rows = rows.assign(
        said=[unit.write(v, currency) for v in rows["value"]],
        when=rows["month"].map(write_month),
        value=rows["value"] * scale,
    )
    x = alt.X(
        field="month", type="temporal", axis=alt.Axis(format="%Y", tickCount="year", title=None)
    )
    y = alt.Y(
        field="value",
        type="quantitative",
        axis=alt.Axis(title=None, tickCount=3, format="~s"),
        scale=alt.Scale(zero=False, domain=[bound * scale for bound in domain]),
    )
    tips = _tooltips(("when", "month"), ("said", "value"))
    line = alt.Chart(rows).mark_line(color=colours.accent, strokeWidth=1.5).encode(x=x, y=y)
    dots = alt.Chart(rows).mark_point(opacity=0, size=60).encode(x=x, y=y, tooltip=tips)
    return alt.layer(line, dots).properties(
        title=alt.TitleParams(name, fontSize=12, offset=4),
        height=130,
        width="container",
        description=description,
    )


PADDING = {"right": 12, "top": 6, "left": 2, "bottom": 2}


def tooltips(*pairs: tuple[str, str]) -> list[alt.Tooltip]:
    return [alt.Tooltip(field=f, type="nominal", title=say(f"case.tip_{t}")) for f, t in pairs]


def money_axis(**more: object) -> alt.Axis:
    return alt.Axis(title=None, format="~s", tickCount=5, **more)  # pyright: ignore


def short_title(text: str) -> str:
    """Return the first word of a dimension's title, enough for a heatmap's heading."""
    return text.split(" ")[0].rstrip(",")
