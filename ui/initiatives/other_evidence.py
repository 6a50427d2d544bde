"""What the Model page shows beside the effects: what goes with them, what else moved, survival."""

from __future__ import annotations

import altair as alt
import pandas as pd
import streamlit as st

from metrics.frames.frame import iterate_rows
from metrics.functions import KPIS
from metrics.model import Better
from metrics.report import Report
from metrics.units import SHARE
from ui.door import tables
from ui.initiatives.all_initiatives import percent, write_interval
from ui.initiatives.charts import PADDING
from ui.look import writing
from ui.look.theme import Tokens, tokens
from ui.look.writing import keep_together
from words import say

MONTHS_TOLD = 6
"""The month up to which a network is usually working or given up."""


def associations(report: Report) -> None:
    """Say for each moderator whether more of it goes with more effect."""
    rows = report.effects.moderators
    if rows.empty:
        return
    writing.heading(
        say("model.with"), say("model.with_about", level=f"{rows['level'].iloc[0]:.0f}")
    )
    st.html("".join(_association(one) for one in iterate_rows(rows)))


def _association(one) -> str:
    name = say(f"model.with_{one.moderator}")
    if one.verdict == "cannot tell":
        text = say(
            "model.with_cannot_tell",
            have=f"{one.have:.0f}",
            need=f"{one.need:.0f}",
            what=say(f"model.with_need_{one.reason}"),
        )
    else:
        unit = say("model.with_yes" if one.moderator == "cross_functional" else "model.with_double")
        bounds = say("table.from_to", low=_points(one.low), high=_points(one.high))
        text = say(
            f"model.with_{_key(one.verdict)}",
            unit=unit,
            n=f"{one.n:.0f}",
            value=_points(one.slope),
            range=bounds,
        )
    return (
        f'<div class="attune-check"><b>{say(f"model.verdict_word_{_key(one.verdict)}")}</b>'
        f'<div><b>{name}</b><p class="attune-quiet">{text}</p></div></div>'
    )


def _points(value: float) -> str:
    return keep_together(SHARE.write(value, change=True))


def _key(verdict: str) -> str:
    return verdict.replace(" ", "_")


def survival(report: Report) -> None:
    """Show how many initiatives are still run after so many months."""
    rows = report.effects.survival
    if rows.empty:
        return
    at = rows[rows["month"] == MONTHS_TOLD].iloc[0]
    n, stopped = int(rows["at_risk"].iloc[0]), int(rows["given_up"].sum())
    riskiest = rows.assign(hazard=rows["given_up"] / rows["at_risk"]).nlargest(1, "hazard").iloc[0]
    share, low, high = (
        keep_together(SHARE.write(at[name])) for name in ("survival", "low", "high")
    )
    about = say(
        "model.lasts_about",
        n=n,
        stopped=stopped,
        level=f"{at['level']:.0f}",
        months=MONTHS_TOLD,
        share=share,
        low=low,
        high=high,
    )
    if stopped:
        about += " " + say(
            "model.lasts_hazard",
            month=int(riskiest["month"]),
            share=keep_together(SHARE.write(riskiest["hazard"])),
        )
    writing.heading(say("model.lasts"), about)
    st.altair_chart(_curve(rows, tokens(), about))


def _curve(rows: pd.DataFrame, colours: Tokens, description: str) -> alt.LayerChart:
    # Beyond the last initiative at risk there is nothing to show.
    rows = rows[rows["at_risk"] > 0].assign(
        said=[SHARE.write(v) for v in rows.loc[rows["at_risk"] > 0, "survival"]],
    )
    axis = alt.Axis(title=say("model.months_axis"), format="d", grid=False, tickMinStep=1)
    x = alt.X(field="month", type="quantitative", scale=alt.Scale(nice=False), axis=axis)

    def y(field: str) -> alt.Y:
        share = alt.Axis(title=None, format="~p", tickCount=5)
        return alt.Y(field=field, type="quantitative", axis=share, scale=alt.Scale(domain=[0, 1]))

    tips = [
        alt.Tooltip(field="month", title=say("model.tip_months")),
        alt.Tooltip(field="said", title=say("model.lasts_tip")),
        alt.Tooltip(field="at_risk", title=say("model.lasts_at_risk")),
    ]
    base = alt.Chart(rows)
    return alt.layer(
        base.mark_area(color=colours.accent, opacity=0.16, interpolate="step-after").encode(
            x=x, y=y("low"), y2=alt.Y2(field="high"), tooltip=tips
        ),
        base.mark_line(color=colours.ink, strokeWidth=2, interpolate="step-after").encode(
            x=x, y=y("survival")
        ),
        base.mark_point(opacity=0, size=120).encode(x=x, y=y("survival"), tooltip=tips),
    ).properties(height=200, width="container", description=description, padding=PADDING)


def show_other_kpis(report: Report, initiative: str) -> None:
    """Show what else moved in the teams of one initiative."""
    part = report.effects.others
    rows = part[part["initiative"] == initiative]
    if rows.empty:
        return
    rows = rows.sort_values("adjusted")
    writing.heading(
        say("model.others"),
        say("model.others_about", all=len(part), level=f"{rows['level'].iloc[0]:.0f}"),
    )
    shown = pd.DataFrame(
        {
            "kpi": [KPIS[k].title for k in rows["kpi"]],
            "estimate": [percent(v) for v in rows["relative"]],
            "interval": [
                write_interval(*sorted(pair))
                for pair in zip(rows["low"], rows["high"], strict=True)
            ],
            "note": [_outcome(r) for r in iterate_rows(rows)],
        }
    )
    columns = {name: say(f"model.column_{name}") for name in shown}
    with st.container(key="wide-others"):
        tables.table(
            rows,
            f"{initiative} other indicators",
            columns,
            shown=shown,
            height=35 * (len(shown) + 1) + 3,
        )
    with st.container(key="narrow-others"):
        writing.cards([tuple(card) for card in shown.itertuples(index=False)])


def _outcome(row) -> str:
    if not row.found:
        return say("model.others_not_shown")
    better = KPIS[row.kpi].better
    if better is Better.BAND:
        return say("model.others_moved")
    good = (row.relative > 0) == (better is Better.HIGHER)
    return say(f"model.others_{'better' if good else 'worse'}")
