"""What the Overview shows below its tiles: where it is going, how far, what moved."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from metrics.functions import BY_KEY, KPIS, title
from metrics.maturity import load_model
from metrics.maturity.scoring import level_number
from metrics.model import ALL
from metrics.outlook.scenarios import SAVING
from metrics.overview import outcomes as last_outcomes
from metrics.overview import target, targets
from metrics.report import Report
from metrics.units import UnitKind
from readout.figures import backtest_sentence, describe_forecast, series_title, series_unit
from ui.door import cached, session
from ui.look import charts, fan, writing
from ui.look.charts import short_title
from ui.look.theme import tokens
from words import say

MOST_INITIATIVES = 8
"""The largest effects; a page for two minutes shows no more."""


def forecast(report: Report) -> None:
    """Show one forecast series with its intervals, and how far it can be trusted."""
    part = report.forecasts
    available = list(dict.fromkeys([*part.forecasts["series"], *part.refused["series"]]))
    if not available:
        writing.heading(say("page.overview.fan", title="–"))
        writing.show_quiet(say("page.overview.forecast_none"))
        return
    headlines = [f.headline for f in BY_KEY.values() if f.headline]
    order = [s for s in (SAVING, *headlines) if s in available]
    options = tuple(order + [s for s in available if s not in order])
    default = session.from_address("series", options, options[0])
    head = st.container()
    series = st.selectbox(
        say("page.overview.fan_pick"),
        options,
        index=options.index(default),
        format_func=series_title,
        label_visibility="collapsed",
        key="series",
    )
    session.to_address(series=series)
    with head:
        cached.cache_section(_fan_heading, report, series)
    cached.cache_section(_fan, report, series)


def _fan_heading(report: Report, series: str) -> None:
    unit = series_unit(series)
    what = "% " if unit.kind is UnitKind.SHARE else unit.name
    writing.heading(
        say("page.overview.fan", title=series_title(series)),
        say(
            "page.overview.fan_about",
            unit=(report.currency + (f" {unit.name}" if unit.name else ""))
            if unit.kind is UnitKind.MONEY
            else what.strip() or say("series.count"),
        ),
    )


def _fan(report: Report, series: str) -> None:
    part, unit = report.forecasts, series_unit(series)
    refused = part.refused[part.refused["series"] == series]
    history = part.history[part.history["series"] == series]
    ahead = part.forecasts[(part.forecasts["series"] == series) & (part.forecasts["level"] >= 80)]
    starts = report.effects.effects["start"].dropna()
    first = starts.min() if len(starts) else None
    last = ahead.tail(1)
    label = unit.write(float(last["mean"].iloc[0]), report.currency) if len(last) else ""
    st.altair_chart(
        fan.fan(
            history,
            ahead,
            unit,
            report.currency,
            tokens(),
            description=describe_forecast(report, series),
            start=first
            if first is not None and len(history) and first >= history["period"].min()
            else None,
            start_label=say("page.overview.fan_start"),
            end_label=label,
            zero=series == SAVING,
        )
    )
    if len(refused):
        one = refused.iloc[0]
        writing.show_quiet(
            say(
                "page.overview.forecast_refused",
                have=f"{one['have']:.0f}",
                need=f"{one['need']:.0f}",
            )
        )
        return
    aimed = target(report, series)
    for line in (aimed, targets(report)):
        if line is not None:
            writing.show_quiet(writing.say_line(line))
    writing.show_quiet(backtest_sentence(report, series))


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
    words = "; ".join(f"{r.label} {r.said}" for r in rows.itertuples())
    st.altair_chart(charts.interval_dots(rows, tokens(), description=words, zero_label="0"))


def has_initiatives(report: Report) -> bool:
    """Is there an initiative whose effect could be looked for?"""
    return len(report.effects.effects) > 0


def initiatives(report: Report) -> None:
    """Show the effect of each initiative against its comparison teams."""
    table = report.effects.effects
    if table.empty:
        return
    writing.heading(say("page.overview.initiatives"), say("page.overview.initiatives_about"))
    known = table.dropna(subset="relative")
    largest = known["relative"].abs().sort_values(ascending=False).index[:MOST_INITIATIVES]
    left_out = len(known) - len(largest)
    known = known.loc[largest]
    known = known.assign(
        label=[
            f"{name}: {KPIS[kpi].title}"
            for name, kpi in zip(known["initiative"], known["kpi"], strict=True)
        ],
        value=lambda d: d["relative"],
        low=lambda d: d["relative_low"],
        high=lambda d: d["relative_high"],
    )
    known = known.assign(
        mood=[
            _direction(k, v, r)
            for k, v, r in zip(known["kpi"], known["verdict"], known["relative"], strict=True)
        ],
        said=[
            f"{KPIS[k].title}: {r:+.1%} ({lo:+.1%} … {hi:+.1%}) · {v}".replace("-", "−")
            for k, r, lo, hi, v in zip(
                known["kpi"],
                known["relative"],
                known["low"],
                known["high"],
                known["verdict"],
                strict=True,
            )
        ],
    ).sort_values("value")
    words = "; ".join(f"{r.label}: {r.said}" for r in known.itertuples())
    if len(known):
        st.altair_chart(charts.interval_dots(known, tokens(), description=words, zero_label="0"))
    if left_out:
        writing.show_quiet(say("page.overview.initiatives_more", n=left_out))
    for row in table[table["reason"] != ""].itertuples():
        writing.show_quiet(f"{row.initiative}: {writing.reason(row.reason)}")


def outcomes(report: Report) -> None:
    """Show what became of the last three decisions."""
    found = last_outcomes(report)
    if not found:
        return
    writing.heading(say("page.overview.outcomes"))
    writing.outcomes(found)


def _direction(kpi: str, verdict: str, relative: float) -> str:
    if verdict not in ("caused", "went with"):
        return ""
    return "better" if (relative > 0) == (KPIS[kpi].better.value == "higher") else "worse"
