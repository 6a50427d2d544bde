"""Charts of what initiatives caused: frames in, an Altair chart out, as in ``ui.look.charts``."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import wrap

import altair as alt
import pandas as pd

from metrics.units import Unit, UnitKind, write_month, write_percent
from ui.look.charts import LABEL_WIDTH, month_axis
from ui.look.theme import Tokens
from words import say

PADDING = {"right": 12, "top": 6, "left": 2, "bottom": 2}


def _tooltips(*pairs: tuple[str, str]) -> list[alt.Tooltip]:
    return [alt.Tooltip(field=f, type="nominal", title=say(f"model.tip_{t}")) for f, t in pairs]


def _scale_shares(frame: pd.DataFrame, unit: Unit, *names: str) -> pd.DataFrame:
    """Shares are drawn in per cent."""
    factor = 100 if unit.kind is UnitKind.SHARE else 1
    return frame.assign(**{name: frame[name] * factor for name in names})


def _month() -> alt.X:
    return alt.X(field="period", type="temporal", axis=month_axis())


def _amount(values: pd.DataFrame, zero: bool = False) -> Callable[[str], alt.Y]:
    # Thousands are shortened; what is small is written out, never as thousandths.
    large = float(values.abs().max(axis=None)) >= 1000
    axis = alt.Axis(title=None, format="~s" if large else "~r", tickCount=5)
    scale = alt.Scale(zero=zero, nice=True)
    return lambda field: alt.Y(field=field, type="quantitative", axis=axis, scale=scale)


def _draw_marks(marks: pd.DataFrame, colours: Tokens) -> list[alt.Chart]:
    """Vertical rules with their words, such as start and end, one below the other."""
    layers = []
    for place in range(len(marks)):
        one = alt.Chart(marks.iloc[[place]])
        layers += [
            one.mark_rule(color=colours.neutral, strokeDash=[2, 3]).encode(x=_month()),
            one.mark_text(
                align="left", dx=5, dy=2 + 15 * place, baseline="top", color=colours.quiet
            ).encode(x=_month(), y=alt.value(0), text=alt.Text(field="label", type="nominal")),
        ]
    return layers


def forest(rows: pd.DataFrame, colours: Tokens, *, description: str) -> alt.LayerChart:
    """Draw every initiative's effect with its interval and what was hoped for, as given.

    Parameters
    ----------
    rows : DataFrame
        ``label``, ``value``, ``low``, ``high``, ``hoped`` (NaN: nothing) as fractions turned so
        that more is better; ``mood`` (better, worse, ""); ``shown`` (the value as text);
        ``kpi``, ``said``, ``between``, ``hoped_said`` for the tooltip.
    """
    palette = {"better": colours.good, "worse": colours.bad}
    words = {"better": colours.good_text, "worse": colours.bad_text}
    rows = rows.assign(
        colour=[palette.get(m, colours.neutral) for m in rows["mood"]],
        ink=[words.get(m, colours.quiet) for m in rows["mood"]],
        row=["|".join(wrap(text, LABEL_WIDTH)) for text in rows["label"]],
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
    axis = alt.Axis(title=say("model.forest_axis"), format="~p", grid=True, tickCount=5)
    # Room on the right for the figures that stand beside the whiskers.
    reach = [min(0.0, rows["low"].min()), max(0.0, rows["high"].max())]
    room = 0.3 * (reach[1] - reach[0])
    reach = [reach[0] - room / 8, reach[1] + room]
    # A hope that lies where the figure would stand pushes the figure past it.
    hidden = rows["hoped"].between(rows["high"], rows["high"] + room)
    rows = rows.assign(edge=rows["high"].where(~hidden, rows["hoped"]))
    reach[1] = max(reach[1], float(rows["edge"].max()) + room)
    scale = alt.Scale(domain=reach, nice=False)

    def x(field: str) -> alt.X:
        return alt.X(field=field, type="quantitative", axis=axis, scale=scale)

    colour = alt.Color(field="colour", type="nominal", scale=None)
    tips = _tooltips(
        ("label", "initiative"),
        ("kpi", "kpi"),
        ("said", "value"),
        ("between", "range"),
        ("hoped_said", "expected"),
    )
    hoped = rows[rows["hoped"].between(*reach)]
    base = alt.Chart(rows)
    layers = [
        alt.Chart(pd.DataFrame({"x": [0.0]})).mark_rule(color=colours.ink).encode(x=x("x")),
        base.mark_rule(strokeWidth=2).encode(
            y=y, x=x("low"), x2=alt.X2(field="high"), color=colour, tooltip=tips
        ),
        alt.Chart(hoped)
        .mark_tick(color=colours.target, thickness=2, size=16)
        .encode(y=y, x=x("hoped"), tooltip=tips),
        base.mark_point(filled=True, size=80, opacity=1).encode(
            y=y, x=x("value"), color=colour, tooltip=tips
        ),
        base.mark_text(align="left", dx=6).encode(
            y=y,
            x=x("edge"),
            text=alt.Text(field="shown", type="nominal"),
            color=alt.Color(field="ink", type="nominal", scale=None),
        ),
    ]
    tall = rows["row"].str.contains("|", regex=False).any()
    return alt.layer(*layers).properties(
        height=alt.Step(36 if tall else 28), width="container", description=description
    )


def path(
    rows: pd.DataFrame,
    unit: Unit,
    currency: str,
    marks: pd.DataFrame,
    colours: Tokens,
    *,
    description: str,
) -> alt.LayerChart:
    """Draw the KPI as it was and as comparison teams led to expect, with its band.

    Parameters
    ----------
    rows : DataFrame
        ``period``, ``actual``, ``expected``, ``low``, ``high``.
    marks : DataFrame
        ``period``, ``label``: start and end of the initiative.
    """

    def write(value: float) -> str:
        return unit.write(value, currency)

    rows = rows.assign(
        when=rows["period"].map(write_month),
        actual_said=rows["actual"].map(write),
        usual_said=rows["expected"].map(write),
        between=[
            say("table.from_to", low=write(lo), high=write(hi))
            for lo, hi in zip(rows["low"], rows["high"], strict=True)
        ],
    )
    rows = _scale_shares(rows, unit, "actual", "expected", "low", "high")
    y = _amount(rows[["low", "high"]])
    tips = _tooltips(
        ("when", "month"), ("actual_said", "actual"), ("usual_said", "usual"), ("between", "range")
    )
    base = alt.Chart(rows)
    last = rows.tail(1).assign(actual_name=say("model.actual"), usual_name=say("model.usual"))
    below = bool(last["actual"].iloc[0] < last["expected"].iloc[0])
    layers = [
        base.mark_area(color=colours.accent, opacity=0.16).encode(
            x=_month(), y=y("low"), y2=alt.Y2(field="high"), tooltip=tips
        ),
        base.mark_line(color=colours.accent, strokeDash=[4, 3], strokeWidth=2).encode(
            x=_month(), y=y("expected")
        ),
        base.mark_line(color=colours.ink, strokeWidth=2).encode(x=_month(), y=y("actual")),
        base.mark_point(opacity=0, size=120).encode(x=_month(), y=y("actual"), tooltip=tips),
        *_draw_marks(marks, colours),
        alt.Chart(last)
        .mark_text(align="right", dy=16 if below else -12, fontWeight=600, color=colours.ink)
        .encode(x=_month(), y=y("actual"), text=alt.Text(field="actual_name", type="nominal")),
        alt.Chart(last)
        .mark_text(align="right", dy=-12 if below else 16, fontWeight=600, color=colours.accent)
        .encode(x=_month(), y=y("expected"), text=alt.Text(field="usual_name", type="nominal")),
    ]
    return alt.layer(*layers).properties(
        height=300, width="container", description=description, padding=PADDING
    )


def total(
    rows: pd.DataFrame, unit: Unit, currency: str, colours: Tokens, *, description: str
) -> alt.LayerChart:
    """Draw the saving added up since the start, with its band.

    Parameters
    ----------
    rows : DataFrame
        ``period``, ``total``, ``low``, ``high``.
    """
    rows = rows.assign(
        when=rows["period"].map(write_month),
        said=[unit.write(v, currency) for v in rows["total"]],
        between=[
            say("table.from_to", low=unit.write(lo, currency), high=unit.write(hi, currency))
            for lo, hi in zip(rows["low"], rows["high"], strict=True)
        ],
    )
    tips = _tooltips(("when", "month"), ("said", "total"), ("between", "range"))
    y, base = _amount(rows[["low", "high"]], zero=True), alt.Chart(rows)
    zero = alt.Chart(pd.DataFrame({"y": [0.0]}))
    layers = [
        zero.mark_rule(color=colours.ink).encode(y=y("y")),
        base.mark_area(color=colours.accent, opacity=0.16).encode(
            x=_month(), y=y("low"), y2=alt.Y2(field="high"), tooltip=tips
        ),
        base.mark_line(color=colours.ink, strokeWidth=2).encode(x=_month(), y=y("total")),
        base.mark_point(opacity=0, size=120).encode(x=_month(), y=y("total"), tooltip=tips),
        alt.Chart(rows.tail(1))
        .mark_text(align="right", dy=-12, fontWeight=600, color=colours.ink)
        .encode(x=_month(), y=y("total"), text=alt.Text(field="said", type="nominal")),
    ]
    return alt.layer(*layers).properties(
        height=240, width="container", description=description, padding=PADDING
    )


def event_study(
    rows: pd.DataFrame,
    ramp: pd.DataFrame,
    unit: Unit,
    currency: str,
    colours: Tokens,
    *,
    description: str,
) -> alt.LayerChart:
    """Draw the effect by months since the start with pointwise whiskers, and the usual ramp.

    Parameters
    ----------
    rows : DataFrame
        ``since_start`` (negative before), ``estimate``, ``low``, ``high`` in the KPI's unit.
    ramp : DataFrame
        ``since_start``, ``estimate``: the six-month way to the level reached.
    """

    def write(value: float) -> str:
        return unit.write(value, currency, change=True)

    rows = rows.assign(
        when=rows["since_start"].astype(int).astype(str),
        said=rows["estimate"].map(write),
        between=[
            say("table.from_to", low=write(lo), high=write(hi))
            for lo, hi in zip(rows["low"], rows["high"], strict=True)
        ],
        colour=[colours.neutral if s < 0 else colours.ink for s in rows["since_start"]],
    )
    rows = _scale_shares(rows, unit, "estimate", "low", "high")
    ramp = _scale_shares(ramp, unit, "estimate")
    x = alt.X(
        field="since_start",
        type="quantitative",
        axis=alt.Axis(title=say("model.months_axis"), tickMinStep=1, format="d", grid=False),
        scale=alt.Scale(nice=False),
    )
    y = _amount(rows[["low", "high"]], zero=True)
    colour = alt.Color(field="colour", type="nominal", scale=None)
    tips = _tooltips(("when", "months"), ("said", "value"), ("between", "range"))
    base = alt.Chart(rows)
    layers = [
        alt.Chart(pd.DataFrame({"y": [0.0]})).mark_rule(color=colours.ink).encode(y=y("y")),
        alt.Chart(pd.DataFrame({"since_start": [-0.5]}))
        .mark_rule(color=colours.neutral, strokeDash=[2, 3])
        .encode(x=x),
        base.mark_rule(strokeWidth=1.5, opacity=0.55).encode(
            x=x, y=y("low"), y2=alt.Y2(field="high"), color=colour, tooltip=tips
        ),
        base.mark_point(filled=True, size=40, opacity=1).encode(
            x=x, y=y("estimate"), color=colour, tooltip=tips
        ),
    ]
    if len(ramp):
        layers.append(
            alt.Chart(ramp)
            .mark_line(color=colours.accent, strokeDash=[4, 3], strokeWidth=2)
            .encode(x=x, y=y("estimate"))
        )
    return alt.layer(*layers).properties(
        height=260, width="container", description=description, padding=PADDING
    )


def power(
    rows: pd.DataFrame, target: float, colours: Tokens, *, description: str
) -> alt.LayerChart:
    """Draw the chance to find an effect after so many months, and the chance that is wanted.

    Parameters
    ----------
    rows : DataFrame
        ``months``, ``power`` (0 to 1).
    """
    rows = rows.assign(said=[write_percent(p) for p in rows["power"]])
    x = alt.X(
        field="months",
        type="quantitative",
        scale=alt.Scale(domainMin=0, nice=False),
        axis=alt.Axis(title=say("model.months_axis"), format="d", grid=False, tickMinStep=1),
    )

    def y(field: str) -> alt.Y:
        axis = alt.Axis(title=None, format="~p", tickCount=5)
        return alt.Y(field=field, type="quantitative", axis=axis, scale=alt.Scale(domain=[0, 1]))

    wanted = alt.Chart(pd.DataFrame({"y": [target]}))
    tips = _tooltips(("months", "months"), ("said", "power"))
    return alt.layer(
        wanted.mark_rule(color=colours.target, strokeWidth=2).encode(y=y("y")),
        alt.Chart(rows).mark_line(color=colours.ink, strokeWidth=2).encode(x=x, y=y("power")),
        alt.Chart(rows)
        .mark_point(filled=True, color=colours.ink, size=40, opacity=1)
        .encode(x=x, y=y("power"), tooltip=tips),
    ).properties(height=220, width="container", description=description, padding=PADDING)
