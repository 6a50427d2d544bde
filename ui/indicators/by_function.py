"""What the Measure page shows: indicators of a function, one of them in depth, cost taken apart."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from metrics.frames.frame import iterate_rows
from metrics.functions import BY_KEY, KPIS, MEASURES, STATISTICS
from metrics.measures.privacy import listable_rows
from metrics.measures.terms import yearly
from metrics.model import ALL, BusinessFunction, Kpi, Snapshot
from metrics.report import Report
from metrics.units import MONEY, NARROW_SPACE, UnitKind, write_amount, write_month
from ui.door import cached, session, tables
from ui.indicators import value as measure_value
from ui.look import charts, fan, writing
from ui.look.theme import tokens
from words import say

TREND_MONTHS = 36
MOST_TEAMS = 12
WIDTHS = {
    "kpi": 240,
    "trend": 80,
    "current": 90,
    "baseline": 90,
    "change": 90,
    "interval": 165,
    "verdict": 150,
    "n": 70,
    "target": 145,
}
"""Of the table of indicators, in pixels: together what a page is wide."""


PARTS = ("function", "together")


def available(report: Report) -> tuple[str, ...]:
    """Return the functions that have figures, in menu order."""
    return cached.cache_section(_available, report)


def _available(report: Report) -> tuple[str, ...]:
    present = set(report.measures.values["function"]) | set(report.measures.statistics["function"])
    return tuple(key for key in BY_KEY if key in present)


def choose_function(options: tuple[str, ...]) -> BusinessFunction:
    """Ask for the function; the address remembers it."""
    default = session.from_address("function", options, options[0])
    picked = st.segmented_control(
        say("page.measure.function"),
        options,
        default=default,
        required=True,
        format_func=lambda key: BY_KEY[key].title,
        label_visibility="collapsed",
        key="function",
    )
    session.to_address(function=picked or default)
    return BY_KEY[picked or default]


def indicators(report: Report, key: str, name: str, snapshot: Snapshot) -> None:
    """Show every indicator: now, baseline, change with interval, target, trend."""
    function, targets = BY_KEY[key], snapshot["targets"]
    changes, values = report.measures.changes, report.measures.values
    mine = changes[(changes["function"] == key) & (changes["team"] == ALL)]
    whole = values[(values["function"] == key) & (values["team"] == ALL) & (values["item"] == ALL)]
    writing.heading(
        say("page.measure.kpis"),
        say("page.measure.kpis_about", level=f"{report.assumptions['interval_level']:.0f}"),
    )
    fed = {k.key for k in function.kpis if whole.loc[whole["kpi"] == k.key, "value"].notna().any()}
    rows = [
        _indicator(
            kpi, whole[whole["kpi"] == kpi.key], mine[mine["kpi"] == kpi.key], report.currency
        )
        for kpi in function.kpis
        if kpi.key in fed
    ]
    aims = measure_value.targets(targets, function, report)
    for row in rows if aims else ():
        row["target"] = row["plain"]["target"] = aims.get(row["plain"]["key"], "–")
    if rows:
        shown = pd.DataFrame(rows).drop(columns="plain")
        # Where few have a number of cases the column is left to the download.
        if (shown["n"] != "").mean() < 0.5:
            shown = shown.drop(columns="n")
        columns: dict = {
            name: st.column_config.TextColumn(
                say(f"table.{name}"), width=WIDTHS[name], pinned=name == "kpi"
            )
            for name in shown
            if name != "trend"
        }
        columns["trend"] = st.column_config.LineChartColumn(
            say("table.trend"), width=WIDTHS["trend"]
        )
        with st.container(key="wide-indicators"):
            tables.table(
                pd.DataFrame([row["plain"] for row in rows]).drop(columns="key"),
                say("page.measure.downloads", client=name, function=function.title),
                columns,
                shown=shown,
                height=35 * (len(shown) + 1) + 3,
            )
        with st.container(key="narrow-indicators"):
            writing.cards(
                [
                    (r["kpi"], r["current"], f"{r['change']} · {r['verdict']}", r["interval"])
                    for r in rows
                ]
            )
    missing = [k.title for k in function.kpis if k.key not in fed]
    if missing:
        writing.show_quiet(say("page.measure.not_fed", names=", ".join(missing)))


def _from_to(low: str, high: str) -> str:
    return say("table.from_to", low=low, high=high)


def _indicator(kpi: Kpi, series: pd.DataFrame, change: pd.DataFrame, currency: str) -> dict:
    """Return one row: what is shown, and under ``plain`` what is downloaded."""
    final = series[(series["reason"] == "") & series["value"].notna()].sort_values("month")
    told: dict = change.iloc[0].to_dict() if len(change) else {}
    months = int(told.get("current_months") or 0)
    n = final["n"].tail(months).sum() if kpi.proportion or kpi.multinomial else float("nan")
    unit = ", ".join(filter(None, (kpi.unit.name, say("table.a_year") if yearly(kpi) else "")))

    def write(name: str, signed: bool = False) -> str:
        value = told.get(name, float("nan"))
        return kpi.unit.write(value, currency, signed, bare=signed or bool(kpi.unit.name))

    compared = pd.notna(told.get("baseline", float("nan")))
    verdict = str(told.get("verdict", "cannot tell")).replace(" ", "_")
    plain = {
        "kpi": kpi.title,
        "key": kpi.key,
        "unit": unit or kpi.unit.kind.value,
        "currency": currency,
        **{
            c: told.get(c, float("nan"))
            for c in ("current", "current_months", "baseline", "change", "low", "high", "level")
        },
        "verdict": told.get("verdict", "cannot tell"),
        "n": n,
    }
    return {
        "kpi": f"{kpi.title} ({unit})" if unit else kpi.title,
        "trend": final["value"].tail(TREND_MONTHS).tolist(),
        "current": write("current"),
        "baseline": write("baseline") if compared else "–",
        "change": write("change", True) if compared else "–",
        "interval": _from_to(write("low", True), write("high", True))
        if pd.notna(told.get("low", float("nan")))
        else "–",
        "verdict": say(f"verdict.change.{verdict}")
        if compared
        else say("verdict.change.short", have=len(final)),
        "n": "" if pd.isna(n) else f"{n:,.0f}".replace(",", NARROW_SPACE),
        "plain": plain,
    }


def detail(report: Report, function: BusinessFunction) -> Kpi | None:
    """Show one indicator for the function and for each team on a shared scale."""
    options = cached.cache_section(_known, report, function.key)
    if not options:
        return None
    writing.heading(say("page.measure.detail"))
    preferred = function.headline if function.headline in options else options[0]
    default = session.from_address("kpi", options, preferred)
    key = st.selectbox(
        say("page.measure.kpi"),
        options,
        index=options.index(default),
        format_func=lambda k: KPIS[k].title,
        label_visibility="collapsed",
        key=f"kpi-{function.key}",
    )
    session.to_address(kpi=key)
    cached.cache_section(_detail, report, function.key, key)
    return KPIS[key]


def _known(report: Report, function: str) -> tuple[str, ...]:
    values = report.measures.values
    mine = values[(values["function"] == function) & values["value"].notna()]
    return tuple(k.key for k in BY_KEY[function].kpis if (mine["kpi"] == k.key).any())


def _detail(report: Report, function: str, key: str) -> None:
    values = report.measures.values
    mine = values[(values["function"] == function) & values["value"].notna()]
    kpi = KPIS[key]
    writing.show_quiet(f"{kpi.help} {say('page.methods.pitfall', pitfall=kpi.pitfall)}")
    final = mine[(mine["kpi"] == key) & (mine["reason"] == "") & (mine["item"] == ALL)]
    whole = final[final["team"] == ALL].assign(period=lambda d: d["month"])
    history = whole[["period", "value"]]
    st.altair_chart(
        fan.fan(
            history,
            whole.head(0).assign(mean=0.0)[["period", "level", "mean", "low", "high"]],
            kpi.unit,
            report.currency,
            tokens(),
            height=220,
            description=say(
                "series.fan_history",
                title=kpi.title,
                month=write_month(history["period"].max()) if len(history) else "–",
                value=kpi.unit.write(history["value"].iloc[-1], report.currency)
                if len(history)
                else "–",
            ),
        )
    )
    teams = final[final["team"] != ALL]
    # The teams with the largest denominators say most; the table below holds them all.
    largest = teams.groupby("team")["denominator"].sum().nlargest(MOST_TEAMS).index
    shown = teams[teams["team"].isin(largest)]
    if len(shown):
        _each_team(shown, kpi, report.currency)
        everyone = teams["team"].nunique()
        if everyone > len(largest):
            writing.show_quiet(say("series.largest", shown=len(largest), all=everyone))


def _each_team(rows: pd.DataFrame, kpi: Kpi, currency: str) -> None:
    """Show one small chart per team; they wrap to the width there is."""
    domain = (float(rows["value"].min()), float(rows["value"].max()))
    with st.container(horizontal=True, key="small-multiples"):
        for team, series in rows.groupby("team"):
            last = kpi.unit.write(series["value"].iloc[-1], currency)
            chart = charts.small_line(
                series[["month", "value"]],
                str(team),
                kpi.unit,
                currency,
                tokens(),
                domain,
                description=say("series.team", title=kpi.title, team=team, value=last),
            )
            with st.container(width=300):
                st.altair_chart(chart)


def cells(report: Report, function: BusinessFunction, kpi: Kpi, current: session.Session) -> None:
    """Show the observations behind one indicator, team and month, down to their cells."""
    # A closed box costs nothing: what is in it is asked for when it is opened.
    box = st.expander(say("page.measure.cells"), on_change="rerun", key="measure-cells")
    if not box.open:
        return
    with box:
        writing.show_quiet(
            say(
                "page.measure.cells_about",
                formula=kpi.formula,
                source=kpi.source,
                pitfall=kpi.pitfall,
            )
        )
        months, teams = cached.cache_section(_months_and_teams, report, function.key, kpi.key)
        left, right = st.columns(2)
        month = left.selectbox(say("page.measure.cells_month"), months, format_func=write_month)
        team = right.selectbox(say("page.measure.cells_team"), teams)
        observations = current.snapshot["observations"]
        behind = listable_rows(
            observations[
                observations["measure"].isin(kpi.measures) & (observations["month"] == month)
            ]
        )
        if team != ALL:
            behind = behind[behind["team"].isin([team, ALL])]
        if behind.empty:
            writing.show_quiet(say("page.measure.cells_none"))
            return
        names = {"measure", "team", "item", "value", "currency", "place", "upload", "reason"}
        wanted = [c for c in behind.columns if c in names]
        plain = behind[wanted].assign(reason=[writing.reason(r) for r in behind["reason"]])
        shown = plain.assign(
            measure=[MEASURES[m].header for m in behind["measure"]],
            value=[_write_recorded(r.measure, r.value, r.currency) for r in iterate_rows(behind)],
        )
        tables.table(
            plain,
            f"{kpi.key} {month:%Y-%m} {team}",
            {c: say(f"table.{c}") for c in wanted},
            shown=shown,
        )


def _write_recorded(measure: str, value: float, currency: str) -> str:
    """Write a value as it was recorded: to the cent, not rounded to three figures."""
    money = MEASURES[measure].unit.kind is UnitKind.MONEY and isinstance(currency, str)
    return write_amount(value, currency if money else "")


def _months_and_teams(
    report: Report, function: str, kpi: str
) -> tuple[list[pd.Timestamp], list[str]]:
    values = report.measures.values
    mine = values[(values["kpi"] == kpi) & (values["function"] == function)]
    return sorted(mine["month"].unique(), reverse=True), [ALL, *sorted(set(mine["team"]) - {ALL})]


def statistics(report: Report, function: str) -> None:
    """Show figures that do not add up, by year and for the whole period."""
    frame = report.measures.statistics
    mine = frame[
        (frame["function"] == function)
        & (frame["team"] == ALL)
        & frame["period"].isin(["year", "whole"])
    ]
    if mine.empty:
        return
    writing.heading(say("page.measure.statistics"), say("page.measure.statistics_about"))
    label = [
        say("series.whole") if p == "whole" else f"{m:%Y}"
        for p, m in zip(mine["period"], mine["month"], strict=True)
    ]
    rows = mine.assign(
        period=label,
        statistic=[STATISTICS[s].title for s in mine["statistic"]],
        value=[
            STATISTICS[s].unit.write(v, report.currency)
            for s, v in zip(mine["statistic"], mine["value"], strict=True)
        ],
    )
    wide = rows.pivot_table(
        index="statistic", columns="period", values="value", aggfunc="first"
    ).reset_index()
    name = f"{BY_KEY[function].title} statistics"
    tables.table(wide, name, {"statistic": say("table.statistic")})


def saving(report: Report, function: str) -> None:
    """Show the change in cost of a function from baseline to current, taken apart."""
    table = report.savings.savings
    mine = table[table["function"] == function]
    if mine.empty:
        return
    one = mine.iloc[0]
    writing.heading(say("page.measure.saving"))
    if pd.isna(one["saving"]):
        writing.show_quiet(say("page.measure.saving_none", reason=writing.reason(one["reason"])))
        return
    write = lambda v: MONEY.write(v, report.currency)  # noqa: E731
    facts = {
        "saving": write(abs(one["saving"])),
        "level": f"{one['level']:.0f}",
        "low": write(one["low"]),
        "high": write(one["high"]),
    }
    code = "shown" if one["low"] > 0 else "dearer" if one["high"] < 0 else "not_shown"
    if code == "not_shown":
        facts["saving"] = write(one["saving"])
    if code == "dearer":
        facts |= {"low": write(-one["high"]), "high": write(-one["low"])}
    st.write(say(f"page.measure.saving_sentence_{code}", **facts))
    steps, level = [], 0.0
    for name, amount in measure_value.steps(one).items():
        label = say(f"value.waterfall_{name}")
        if pd.isna(amount) or (amount == 0 and name in ("new", "lost")):
            continue
        if name in ("baseline", "actual"):
            steps.append({"label": label, "start": 0.0, "end": amount, "kind": "total"})
            level = amount
            continue
        steps.append(
            {
                "label": label,
                "start": level,
                "end": level + amount,
                "kind": "up" if amount > 0 else "down",
            }
        )
        level += amount
    words = "; ".join(
        f"{s['label']} {write(s['end'] if s['kind'] == 'total' else s['end'] - s['start'])}"
        for s in steps
    )
    st.altair_chart(
        charts.waterfall(pd.DataFrame(steps), MONEY, report.currency, tokens(), description=words)
    )
    if one["reason"]:
        writing.show_quiet(writing.reason(one["reason"]))
    measure_value.show_induced_demand(one, report)
    writing.show_quiet(
        say(
            "series.waterfall_about",
            currency=report.currency,
            driver=str(one["driver"]).replace("_", " "),
        )
    )
