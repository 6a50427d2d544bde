"""Charts of the Tune page: budgets with what the data allow, and calibration."""

from __future__ import annotations

import altair as alt
import pandas as pd

from ui.look.theme import Tokens
from words import say


def _tooltips(*fields: str) -> list[alt.Tooltip]:
    return [alt.Tooltip(field=f, type="nominal", title=" ") for f in fields]


def allocation(rows: pd.DataFrame, colours: Tokens, *, description: str) -> alt.LayerChart:
    """Draw present and proposed budgets, the largest first.

    Parameters
    ----------
    rows : DataFrame
        ``label``, ``current``, ``proposed``, ``low``, ``high``, ``said``, ``shown``.
    """
    y = alt.Y(
        field="label",
        type="nominal",
        sort=list(rows["label"]),
        axis=alt.Axis(title=None, grid=False, labelLimit=150),
    )
    scale = alt.Scale(
        zero=True,
        nice=True,
        domainMin=0,
        domainMax=1.2 * float(rows[["high", "current"]].max(axis=None)),
    )

    def x(field: str) -> alt.X:
        return alt.X(
            field=field,
            type="quantitative",
            scale=scale,
            axis=alt.Axis(title=None, format="~s", tickCount=5),
        )

    tips = _tooltips("said")
    base = alt.Chart(rows)
    edge = rows.assign(edge=rows[["high", "current", "proposed"]].max(axis=1))
    return alt.layer(
        base.mark_rule(strokeWidth=7, color=colours.accent, opacity=0.25).encode(
            y=y, x=x("low"), x2=alt.X2(field="high"), tooltip=tips
        ),
        base.mark_point(size=110, color=colours.ink, filled=False, strokeWidth=2).encode(
            y=y, x=x("current"), tooltip=tips
        ),
        base.mark_point(size=60, color=colours.accent, filled=True, opacity=1).encode(
            y=y, x=x("proposed"), tooltip=tips
        ),
        alt.Chart(edge)
        .mark_text(align="left", dx=10, color=colours.quiet)
        .encode(y=y, x=x("edge"), text=alt.Text(field="shown", type="nominal")),
    ).properties(height=alt.Step(34), width="container", description=description)


def calibration(rows: pd.DataFrame, colours: Tokens, *, description: str) -> alt.LayerChart:
    """Draw what was said against what came true, with the interval of each share.

    Parameters
    ----------
    rows : DataFrame
        ``level`` and ``rate``, ``low``, ``high`` in per cent, ``said``.
    """
    scale = alt.Scale(domain=[0, 100], nice=False)

    def channel(kind: type, field: str, title: str):
        return kind(
            field=field,
            type="quantitative",
            scale=scale,
            axis=alt.Axis(title=title, values=[0, 25, 50, 75, 100]),
        )

    x = channel(alt.X, "level", say("tune.calibration_axis") + ", %")
    tips = _tooltips("said")
    line = pd.DataFrame({"level": [0, 100], "rate": [0, 100]})
    base = alt.Chart(rows)
    seen = say("tune.calibration_seen") + ", %"
    return alt.layer(
        alt.Chart(line)
        .mark_line(color=colours.neutral, strokeDash=[4, 3])
        .encode(x=x, y=channel(alt.Y, "rate", seen)),
        base.mark_rule(color=colours.accent, strokeWidth=2).encode(
            x=x, y=channel(alt.Y, "low", seen), y2=alt.Y2(field="high"), tooltip=tips
        ),
        base.mark_point(size=90, filled=True, opacity=1, color=colours.accent).encode(
            x=x, y=channel(alt.Y, "rate", seen), tooltip=tips
        ),
        base.mark_text(align="right", dx=-9, dy=-9, color=colours.quiet).encode(
            x=x, y=channel(alt.Y, "rate", seen), text=alt.Text(field="said", type="nominal")
        ),
    ).properties(height=300, width=340, description=description)
