"""Charts of maturity: the ladder of levels and the probability of each level.

The same rules as in ``ui.look.charts``: tidy frames in, an Altair chart out, no Streamlit.
"""

from __future__ import annotations

from textwrap import wrap

import altair as alt
import numpy as np
import pandas as pd

from metrics.units import write_percent
from ui.look.theme import Tokens

LABEL_WIDTH = 24
NARROW = 330
"""Plot width in pixels below which level names do not fit under the axis."""
LEAST_LABELLED = 0.12


def _tooltips(*pairs: tuple[str, str]) -> list[alt.Tooltip]:
    return [alt.Tooltip(field=f, type="nominal", title=t) for f, t in pairs]


def _level_axis(names: dict[int, str], **options) -> alt.Axis:
    chosen = "".join(f"datum.value == {n} ? '{n} {name}' : " for n, name in names.items())
    return alt.Axis(
        title=None,
        values=list(names),
        grid=True,
        labelOverlap=False,
        labelFlush=True,
        labelExpr=f"width < {NARROW} ? format(datum.value, 'd') : ({chosen}'')",
        **options,
    )


def ladder(
    rows: pd.DataFrame, names: dict[int, str], colours: Tokens, *, description: str
) -> alt.LayerChart:
    """Draw each dimension on the five levels: interval, published level, target, wave before.

    Parameters
    ----------
    rows : DataFrame
        ``label``, ``value``, ``low``, ``high``, ``target``, ``earlier`` (NaN: none), ``claim``
        (NaN unless data hold it down), ``said``; sorted as drawn.
    """
    rows = rows.assign(label=["|".join(wrap(text, LABEL_WIDTH)) for text in rows["label"]])
    y = alt.Y(
        field="label",
        type="nominal",
        sort=list(rows["label"]),
        axis=alt.Axis(
            title=None,
            grid=False,
            labelLimit=200,
            labelOverlap=False,
            labelExpr="split(datum.label, '|')",
        ),
    )
    scale = alt.Scale(domain=[1, 5], nice=False)
    tips = _tooltips(("label", "Dimension"), ("said", "Score"))

    def x(field: str) -> alt.X:
        axis = _level_axis(names, gridColor=colours.line)
        return alt.X(field=field, type="quantitative", scale=scale, axis=axis)

    base = alt.Chart(rows)
    known = alt.Chart(rows.dropna(subset=["low", "value"]))
    earlier = alt.Chart(rows.dropna(subset=["earlier"]))
    claim = alt.Chart(rows.dropna(subset=["claim"]))
    return alt.layer(
        base.mark_tick(color=colours.target, thickness=3, height=18).encode(
            x=x("target"), y=y, tooltip=tips
        ),
        earlier.mark_point(color=colours.neutral, size=60, opacity=1).encode(
            x=x("earlier"), y=y, tooltip=tips
        ),
        known.mark_rule(color=colours.accent, strokeWidth=3, opacity=0.55).encode(
            x=x("low"), x2=alt.X2(field="high"), y=y, tooltip=tips
        ),
        known.mark_point(color=colours.accent, filled=True, size=90, opacity=1).encode(
            x=x("value"), y=y, tooltip=tips
        ),
        claim.mark_text(text="▲", color=colours.bad, fontSize=13).encode(
            x=x("claim"), y=y, tooltip=tips
        ),
    ).properties(
        height=alt.Step(34),
        width="container",
        description=description,
        padding={"right": 12, "left": 2, "top": 4, "bottom": 2},
    )


def level_bars(
    rows: pd.DataFrame, names: dict[int, str], colours: Tokens, *, description: str
) -> alt.LayerChart:
    """Draw the probability of each level as one bar per function.

    Parameters
    ----------
    rows : DataFrame
        ``label``, ``level`` (1-5), ``probability``; sorted as drawn.
    """
    start = rows.groupby("label", sort=False)["probability"].cumsum() - rows["probability"]
    rows = rows.assign(
        start=start,
        end=start + rows["probability"],
        middle=start + rows["probability"] / 2,
        name=[names[int(level)] for level in rows["level"]],
        said=[write_percent(p) for p in rows["probability"]],
    )
    y = alt.Y(
        field="label",
        type="nominal",
        sort=list(dict.fromkeys(rows["label"])),
        axis=alt.Axis(title=None, grid=False, labelLimit=130),
    )
    axis = alt.Axis(
        title=None, values=[0, 0.5, 1], grid=False, labelExpr="datum.value * 100 + ' %'"
    )
    scale = alt.Scale(domain=[0, 1])
    colour = alt.Color(
        field="level",
        type="quantitative",
        legend=None,
        scale=alt.Scale(domain=[1, 2, 3, 4, 5], range=list(colours.ramp)),
    )
    tips = _tooltips(("label", "Function"), ("name", "Level"), ("said", "Probability"))
    bars = (
        alt.Chart(rows[rows["probability"] > 0])
        .mark_bar(size=20, stroke=colours.paper, strokeWidth=1)
        .encode(
            y=y,
            x=alt.X(field="start", type="quantitative", axis=axis, scale=scale),
            x2=alt.X2(field="end"),
            color=colour,
            tooltip=tips,
        )
    )
    on_dark = "#FFFFFF" if colours.paper > "#8" else "#10171A"
    labelled = rows[rows["probability"] >= LEAST_LABELLED]
    labels = (
        alt.Chart(labelled)
        .mark_text(fontSize=12)
        .encode(
            y=y,
            x=alt.X(field="middle", type="quantitative", scale=scale),
            text=alt.Text(field="level", type="nominal"),
            tooltip=tips,
            color=alt.condition(alt.datum.level >= 4, alt.value(on_dark), alt.value(colours.ink)),
        )
    )
    return alt.layer(bars, labels).properties(
        height=alt.Step(30), width="container", description=description
    )


def waterfall(
    start: float,
    steps: list[tuple[str, float]],
    end: float,
    names: tuple[str, str],
    colours: Tokens,
    *,
    description: str,
) -> alt.LayerChart:
    """Draw a score, what moved it, and the score after: the steps add up to the difference."""
    rows, at = [(names[0], 1.0, start, f"{start:.2f}", colours.neutral)], start
    for name, value in steps:
        colour = colours.good if value > 0 else colours.bad
        rows.append((name, at, at + value, f"{value:+.2f}".replace("-", "−"), colour))
        at += value
    rows.append((names[1], 1.0, end, f"{end:.2f}", colours.accent))
    frame = pd.DataFrame(rows, columns=["label", "low", "high", "said", "colour"])
    frame["edge"] = frame[["low", "high"]].max(axis=1)
    y = alt.Y(
        field="label",
        type="nominal",
        sort=list(frame["label"]),
        axis=alt.Axis(title=None, grid=False, labelLimit=150),
    )
    floor = max(1.0, float(frame["low"].iloc[1:-1].min() if len(frame) > 2 else start) - 0.4)
    frame["low"] = frame["low"].clip(lower=floor)
    scale = alt.Scale(domain=[floor, float(frame["edge"].max()) + 0.12], nice=False)
    axis = alt.Axis(title=None, grid=True, gridColor=colours.line, format=".1f", tickCount=5)
    tips = _tooltips(("label", "Part"), ("said", "Levels"))
    bars = (
        alt.Chart(frame)
        .mark_bar(size=18)
        .encode(
            x=alt.X(field="low", type="quantitative", scale=scale, axis=axis),
            x2=alt.X2(field="high"),
            y=y,
            tooltip=tips,
            color=alt.Color(field="colour", type="nominal", scale=None),
        )
    )
    labels = (
        alt.Chart(frame)
        .mark_text(align="left", dx=5, fontSize=12, color=colours.ink)
        .encode(
            x=alt.X(field="edge", type="quantitative", scale=scale),
            y=y,
            text="said:N",
            tooltip=tips,
        )
    )
    return alt.layer(bars, labels).properties(
        height=alt.Step(28),
        width="container",
        description=description,
        padding={"right": 24, "left": 2, "top": 4, "bottom": 2},
    )


def divide_paths(
    paths: pd.DataFrame,
    waves: pd.DataFrame,
    threshold: float,
    labels: dict[str, str],
    colours: Tokens,
    *,
    description: str,
) -> alt.LayerChart:
    """Draw leader, own and follower paths with their 80 % bands from the latest wave on.

    Parameters
    ----------
    paths : DataFrame
        ``who``, ``month`` (from the latest wave), ``mean``, ``low``, ``high``.
    waves : DataFrame
        ``month`` (0 or before), ``value``: what was measured.
    """
    colour = {"leader": colours.target, "own": colours.accent, "follower": colours.neutral}
    first = min(0.0, float(waves["month"].min()))
    scale = alt.Scale(domain=[first, float(paths["month"].max()) + 1], nice=False)
    ticks = list(range(0, int(paths["month"].max()) + 1, 6))
    axis = alt.Axis(title=None, values=ticks, labelExpr="datum.value + ' mo'", grid=False)
    x = alt.X(field="month", type="quantitative", scale=scale, axis=axis)
    span = alt.Scale(domain=[1, 5], nice=False)
    layers: list[alt.Chart] = []

    def y(field: str) -> alt.Y:
        return alt.Y(
            field=field,
            type="quantitative",
            scale=span,
            axis=alt.Axis(title=None, values=[1, 2, 3, 4, 5], format="d"),
        )

    for who, shade in colour.items():
        mine = paths[paths["who"] == who].assign(label=labels[who])
        tips = _tooltips(("label", "Path"))
        layers += [
            alt.Chart(mine)
            .mark_area(color=shade, opacity=0.2)
            .encode(x=x, y=y("low"), y2=alt.Y2(field="high"), tooltip=tips),
            alt.Chart(mine)
            .mark_line(color=shade, strokeDash=[4, 3], strokeWidth=2)
            .encode(x=x, y=y("mean"), tooltip=tips),
            alt.Chart(mine.tail(1))
            .mark_text(align="right", dy=-10, fontSize=12, fontWeight=600, color=colours.ink)
            .encode(x=x, y=y("mean"), text="label:N"),
        ]
    layers.append(
        alt.Chart(waves)
        .mark_line(color=colours.ink, strokeWidth=2, point={"color": colours.ink})
        .encode(x=x, y=y("value"))
    )
    line = pd.DataFrame({"value": [threshold]})
    layers.append(
        alt.Chart(line).mark_rule(color=colours.target, strokeDash=[2, 3]).encode(y=y("value"))
    )
    return alt.layer(*layers).properties(
        height=320,
        width="container",
        description=description,
        padding={"right": 12, "left": 2, "top": 6, "bottom": 2},
    )


def indices(rows: pd.DataFrame, colours: Tokens, *, description: str) -> alt.LayerChart:
    """Draw three indices 0-1 of each function on one line, the lowest filled.

    Parameters
    ----------
    rows : DataFrame
        ``label``, ``part``, ``value``, ``lowest`` (bool), ``said``; sorted as drawn.
    """
    y = alt.Y(
        field="label",
        type="nominal",
        sort=list(dict.fromkeys(rows["label"])),
        axis=alt.Axis(title=None, grid=False, labelLimit=140),
    )
    x = alt.X(
        field="value",
        type="quantitative",
        scale=alt.Scale(domain=[0, 1], nice=False),
        axis=alt.Axis(
            title=None, format="%", values=[0, 0.5, 1], grid=True, gridColor=colours.line
        ),
    )
    tips = _tooltips(("label", "Function"), ("part", "Index"), ("said", "Value"))
    base = alt.Chart(rows)
    shapes = alt.Shape(
        field="part",
        type="nominal",
        legend=None,
        scale=alt.Scale(
            domain=list(dict.fromkeys(rows["part"])), range=["circle", "square", "triangle-up"]
        ),
    )
    return alt.layer(
        base.mark_point(filled=True, size=110, opacity=1).encode(
            x=x,
            y=y,
            shape=shapes,
            tooltip=tips,
            color=alt.condition("datum.lowest", alt.value(colours.bad), alt.value(colours.accent)),
        )
    ).properties(
        height=alt.Step(32),
        width="container",
        description=description,
        padding={"right": 14, "left": 2, "top": 4, "bottom": 2},
    )


TOP = 5
TRIANGLE = ((0.0, 1.0), (0.866, -0.5), (-0.866, -0.5))
"""Corners, the first on top and then clockwise, at level 5. Level 1 stands a fifth of the way
out, so that the lowest score still has a shape."""


def triangle(rows: pd.DataFrame, colours: Tokens, *, description: str) -> alt.LayerChart:
    """Draw three scores as a triangle on three axes from the middle, labelled at the corners.

    Parameters
    ----------
    rows : DataFrame
        Three rows: ``label``, ``value`` (1-5), ``said``.
    """
    corners = np.array(TRIANGLE)
    around = [0, 1, 2, 0]

    def closed(reach: np.ndarray, name: str) -> pd.DataFrame:
        points = (corners * (reach / TOP)[:, None])[around]
        return pd.DataFrame({"x": points[:, 0], "y": points[:, 1], "order": range(4), "ring": name})

    rings = pd.concat(closed(np.full(3, float(n)), str(n)) for n in range(1, TOP + 1))
    spokes = pd.DataFrame({"x": corners[:, 0], "y": corners[:, 1], "x2": 0.0, "y2": 0.0})
    shape = closed(rows["value"].to_numpy(float), "")
    marks = rows.assign(x=shape["x"][:3].to_numpy(), y=shape["y"][:3].to_numpy())
    names = rows.assign(x=corners[:, 0], y=[1.3, -0.68, -0.68])
    scale = alt.Scale(domain=[-1.35, 1.35], nice=False)
    tall = alt.Scale(domain=[-1.0, 1.5], nice=False)

    def at(field: str, kind: type, scale: alt.Scale):
        return kind(field=field, type="quantitative", scale=scale, axis=None)

    place = {"x": at("x", alt.X, scale), "y": at("y", alt.Y, tall)}
    order = alt.Order(field="order", type="quantitative")
    tips = _tooltips(("label", "View"), ("said", "Score"))
    numbers = pd.DataFrame(
        {
            "x": 0.0,
            "y": [n / TOP for n in range(1, TOP + 1)],
            "number": [str(n) for n in range(1, TOP + 1)],
        }
    )
    return alt.layer(
        alt.Chart(rings)
        .mark_line(color=colours.line, strokeWidth=1)
        .encode(**place, order=order, detail=alt.Detail(field="ring", type="nominal")),
        alt.Chart(spokes)
        .mark_rule(color=colours.line)
        .encode(**place, x2=alt.X2(field="x2"), y2=alt.Y2(field="y2")),
        alt.Chart(shape)
        .mark_line(color=colours.accent, strokeWidth=2.5, fill=colours.accent, fillOpacity=0.18)
        .encode(**place, order=order),
        alt.Chart(marks)
        .mark_point(color=colours.accent, filled=True, size=90, opacity=1)
        .encode(**place, tooltip=tips),
        alt.Chart(numbers)
        .mark_text(color=colours.quiet, fontSize=11, dx=9, align="left")
        .encode(**place, text=alt.Text(field="number", type="nominal")),
        alt.Chart(names)
        .mark_text(fontWeight=600, fontSize=13)
        .encode(**place, text=alt.Text(field="label", type="nominal")),
        alt.Chart(names)
        .mark_text(dy=17)
        .encode(**place, text=alt.Text(field="said", type="nominal")),
    ).properties(width=330, height=300, description=description)
