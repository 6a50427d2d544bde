"""History and what comes next: frames in, an Altair chart out, as in ``ui.look.charts``."""

from __future__ import annotations

from collections.abc import Callable

import altair as alt
import pandas as pd

from metrics.units import Unit, UnitKind, write_month
from ui.look.charts import month_axis
from ui.look.theme import Tokens
from words import say

PADDING = {"right": 58, "top": 6, "left": 2, "bottom": 2}
SHOWN_MONTHS = 36
"""History beside a forecast; the download holds all."""


def _tooltips(*pairs: tuple[str, str]) -> list[alt.Tooltip]:
    return [alt.Tooltip(field=f, type="nominal", title=say(f"outlook.tip_{t}")) for f, t in pairs]


def _month() -> alt.X:
    return alt.X(field="period", type="temporal", axis=month_axis())


def _add_tooltips(frame: pd.DataFrame, unit: Unit, currency: str) -> pd.DataFrame:
    """Add what a tooltip says, and put shares in per cent."""
    factor = 100 if unit.kind is UnitKind.SHARE else 1
    told = frame.assign(
        # An empty frame has no dates of its own.
        when=pd.to_datetime(frame["period"]).map(write_month),
        said=[unit.write(v, currency) for v in frame["mean"]],
        **{name: frame[name] * factor for name in ("mean", "low", "high") if name in frame},
    )
    if "low" in frame:
        told["between"] = [
            say(
                "outlook.between",
                low=unit.write(lo, currency),
                high=unit.write(hi, currency),
                level=f"{level:.0f}",
            )
            for lo, hi, level in zip(frame["low"], frame["high"], frame["level"], strict=True)
        ]
    return told


def _axis(shown: pd.DataFrame, zero: bool) -> Callable[[str], alt.Y]:
    values = shown.dropna()
    if values.empty:
        values = pd.Series([0.0, 1.0])
    large = float(values.abs().max()) >= 1000
    low, high = float(values.min()), float(values.max())
    room = 0.08 * (high - low) or abs(high) or 1.0
    domain = [min(low - room, 0.0) if zero else low - room, high + room]
    scale = alt.Scale(domain=domain, nice=True, zero=False)
    axis = alt.Axis(title=None, format="~s" if large else "~r", tickCount=5)
    return lambda field: alt.Y(field=field, type="quantitative", axis=axis, scale=scale)


def fan(
    history: pd.DataFrame,
    ahead: pd.DataFrame,
    unit: Unit,
    currency: str,
    colours: Tokens,
    *,
    description: str,
    lines: dict[str, pd.DataFrame] | None = None,
    issued: pd.DataFrame | None = None,
    target: pd.DataFrame | None = None,
    start: pd.Timestamp | None = None,
    start_label: str = "",
    end_label: str = "",
    months: int | None = None,
    height: int = 320,
    zero: bool = False,
) -> alt.LayerChart:
    """Draw history, forecast with 80 and 95 % bands, other scenarios, what was said before.

    Every month of the span is there, so that the line breaks where a month is missing.

    Parameters
    ----------
    history : DataFrame
        ``period``, ``value``.
    ahead : DataFrame
        ``period``, ``level``, ``mean``, ``low``, ``high``.
    lines : dict
        Label → ``period``, ``mean`` of another scenario.
    issued : DataFrame
        ``period``, ``mean`` of the last issued forecast.
    target : DataFrame
        ``period``, ``mean`` of targets.
    start : Timestamp, optional
        Month to mark on the history, with ``start_label``.
    end_label : str
        What stands at the end of the forecast; by default the name of its line.
    months : int, optional
        How much of the history is drawn; all of it by default.
    """
    known = history.dropna(subset=["value"])
    known = known.tail(months) if months else known
    past = known.set_index(pd.DatetimeIndex(known["period"], name="period"))["value"].asfreq("MS")
    seen = _add_tooltips(past.rename("mean").reset_index(), unit, currency)
    bands = _add_tooltips(ahead[ahead["level"] >= 80], unit, currency)
    extra = {name: _add_tooltips(frame, unit, currency) for name, frame in (lines or {}).items()}
    said, goals = (
        _add_tooltips(frame, unit, currency) if frame is not None and len(frame) else None
        for frame in (issued, target)
    )
    narrow = bands[bands["level"] == 80] if len(bands) else bands
    inside = [
        seen["mean"],
        narrow.get("low"),
        narrow.get("high"),
        narrow.get("mean"),
        *(f["mean"] for f in (said, goals, *extra.values()) if f is not None),
    ]
    y = _axis(_scale_bounds(pd.concat([s for s in inside if s is not None]), bands), zero)
    layers = [*_bands(bands, y, colours), *_extra_lines(extra, y, colours)]
    if said is not None:
        layers += _line(said, y, colours.neutral, None, 1.2)
    layers += _line(narrow, y, colours.accent, [4, 3], 2)
    layers += _line(seen, y, colours.ink, None, 2)
    if start is not None:
        layers += _mark(start, start_label, colours)
    if goals is not None:
        layers.append(
            alt.Chart(goals)
            .mark_point(shape="diamond", filled=True, size=110, color=colours.target)
            .encode(
                x=_month(), y=y("mean"), tooltip=_tooltips(("when", "month"), ("said", "target"))
            )
        )
    layers += _labels(narrow, end_label or say("outlook.line_plan"), extra, goals, y, colours)
    return alt.layer(*layers).properties(
        height=height, width="container", description=description, padding=PADDING
    )


def _scale_bounds(shown: pd.Series, bands: pd.DataFrame) -> pd.Series:
    """What the scale must hold: a 95 % band may leave the picture, not squash it."""
    if bands.empty or bands["low"].isna().all():
        return shown
    low, high = shown.min(), shown.max()
    room = 0.25 * (high - low)
    edges = [max(bands["low"].min(), low - room), min(bands["high"].max(), high + room)]
    return pd.concat([shown, pd.Series(edges)])


def _bands(bands: pd.DataFrame, y: Callable[[str], alt.Y], colours: Tokens) -> list[alt.Chart]:
    return [
        alt.Chart(bands[bands["level"] == level])
        .mark_area(color=colours.accent, opacity=opacity, clip=True)
        .encode(
            x=_month(),
            y=y("low"),
            y2=alt.Y2(field="high"),
            tooltip=_tooltips(("when", "month"), ("said", "forecast"), ("between", "range")),
        )
        for level, opacity in ((95.0, 0.16), (80.0, 0.30))
        if len(bands)
    ]


def _line(
    frame: pd.DataFrame,
    y: Callable[[str], alt.Y],
    colour: str,
    dash: list[int] | None,
    width: float,
) -> list[alt.Chart]:
    if frame.empty:
        return []
    shared = {
        "x": _month(),
        "y": y("mean"),
        "tooltip": _tooltips(("when", "month"), ("said", "value")),
    }
    style = {"strokeDash": dash} if dash else {}
    line = alt.Chart(frame).mark_line(color=colour, strokeWidth=width, clip=True, **style)
    return [line.encode(**shared), alt.Chart(frame).mark_point(opacity=0, size=90).encode(**shared)]


def _mark(start: pd.Timestamp, label: str, colours: Tokens) -> list[alt.Chart]:
    mark = pd.DataFrame({"period": [start], "label": [label]})
    return [
        alt.Chart(mark).mark_rule(color=colours.neutral, strokeDash=[2, 3]).encode(x=_month()),
        alt.Chart(mark)
        .mark_text(align="left", dx=5, dy=8, color=colours.quiet, baseline="top")
        .encode(x=_month(), y=alt.value(0), text=alt.Text(field="label", type="nominal")),
    ]


def _extra_lines(
    extra: dict[str, pd.DataFrame], y: Callable[[str], alt.Y], colours: Tokens
) -> list[alt.Chart]:
    return [
        chart for frame in extra.values() for chart in _line(frame, y, colours.quiet, [2, 3], 2)
    ]


def _labels(
    narrow: pd.DataFrame,
    name: str,
    extra: dict[str, pd.DataFrame],
    goals: pd.DataFrame | None,
    y: Callable[[str], alt.Y],
    colours: Tokens,
) -> list[alt.Chart]:
    """Name every line at its end, far enough apart to be read."""
    ends = [(name, narrow.tail(1), colours.accent)] if len(narrow) else []
    ends += [(name, frame.tail(1), colours.quiet) for name, frame in extra.items() if len(frame)]
    if not ends:
        return []
    domain = y("mean").to_dict()["scale"]["domain"]
    apart = 0.07 * (domain[1] - domain[0])
    placed: list[float] = []
    charts = []
    for label, end, colour in sorted(ends, key=lambda e: float(e[1]["mean"].iloc[0])):
        at = float(end["mean"].iloc[0])
        at = max(at, placed[-1] + apart) if placed else at
        placed.append(at)
        charts.append(
            alt.Chart(end.assign(mean=at, label=label))
            .mark_text(align="left", dx=6, color=colour, fontWeight=600, baseline="middle")
            .encode(x=_month(), y=y("mean"), text=alt.Text(field="label", type="nominal"))
        )
    if goals is not None:
        charts.append(
            alt.Chart(goals.assign(label=say("outlook.line_target")))
            .mark_text(align="center", dy=-13, color=colours.target_text, fontWeight=600)
            .encode(x=_month(), y=y("mean"), text=alt.Text(field="label", type="nominal"))
        )
    return charts


def small(
    history: pd.DataFrame | None,
    ahead: pd.DataFrame,
    unit: Unit,
    currency: str,
    colours: Tokens,
    *,
    description: str,
) -> alt.LayerChart:
    """Draw one forecast small: the 80 % band, its middle, and what was before."""
    band = _add_tooltips(ahead[ahead["level"] == 80], unit, currency)
    shown = [band["low"], band["high"]]
    layers = []
    seen = None
    if history is not None and len(history):
        seen = _add_tooltips(history.rename(columns={"value": "mean"}).tail(24), unit, currency)
        shown.append(seen["mean"])
    y = _axis(pd.concat(shown), False)
    layers += [
        alt.Chart(band)
        .mark_area(color=colours.accent, opacity=0.30)
        .encode(
            x=_month(),
            y=y("low"),
            y2=alt.Y2(field="high"),
            tooltip=_tooltips(("when", "month"), ("said", "forecast"), ("between", "range")),
        ),
        *_line(band, y, colours.accent, [4, 3], 2),
    ]
    if seen is not None:
        layers += _line(seen, y, colours.ink, None, 1.5)
    return alt.layer(*layers).properties(
        height=130, width="container", description=description, padding={"right": 10, "left": 2}
    )
