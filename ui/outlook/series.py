"""What the Outlook page shows of one series: sentence, fan, figures, teams."""

from __future__ import annotations

import json

import pandas as pd
import streamlit as st

from metrics.frames.frame import iterate_rows
from metrics.functions import BY_KEY, KPIS
from metrics.measures.terms import mean_of_months
from metrics.model import ALL, Better
from metrics.outlook.scenarios import PLAN, SAVING, TUNED, WITHOUT
from metrics.portfolio.bridge import COMPANY
from metrics.report import Report
from metrics.units import write_chance, write_day, write_month
from readout.figures import backtest_sentence, describe_forecast, series_title, series_unit
from ui.door import session, tables
from ui.look import fan, writing
from ui.look.theme import tokens
from words import refusal, say

PARTS = ("plan", "record")
YEAR = 12
CARDS = (1, 3, 6, 12)
"""Months ahead that a phone shows."""


def available(report: Report) -> tuple[str, ...]:
    """Return the functions that have something to forecast, in menu order."""
    present = set(report.forecasts.series["function"])
    return tuple(key for key in BY_KEY if key in present)


def choose(report: Report) -> str:
    """Ask for function and series; the address remembers them."""
    listed = report.forecasts.series
    present = set(listed["function"])
    options = tuple(key for key in (COMPANY, *BY_KEY) if key in present)
    options = tuple(dict.fromkeys(options))
    default = session.from_address("function", options, options[0])
    picked = (
        st.segmented_control(
            say("outlook.function"),
            options,
            default=default,
            required=True,
            format_func=lambda k: say("outlook.programme") if k == COMPANY else BY_KEY[k].title,
            label_visibility="collapsed",
            key="function",
        )
        or default
    )
    session.to_address(function=picked)
    series = tuple(listed.loc[listed["function"] == picked, "series"])
    default = session.from_address("series", series, series[0])
    if len(series) > 1:
        default = st.selectbox(
            say("outlook.series"),
            series,
            index=series.index(default),
            format_func=series_title,
            label_visibility="collapsed",
            key=f"series-{picked}",
        )
    session.to_address(series=default)
    return default


def rows_of(frame: pd.DataFrame, series: str) -> pd.DataFrame:
    """Rows of a series."""
    return frame[frame["series"] == series]


def headline(report: Report, series: str) -> None:
    """Say what is to be expected, against what was, and how far it can be believed."""
    part = report.forecasts
    refused = rows_of(part.refused, series)
    if len(refused):
        writing.statement(*_refusal_sentences(report, series, refused.iloc[0]))
        return
    unit = series_unit(series)

    def write(value: float) -> str:
        return unit.write(value, report.currency)

    ahead = rows_of(part.sums, series)
    whole = ahead[ahead["horizon"] == min(YEAR, ahead["horizon"].max())].set_index("level")
    one = whole.loc[80]
    name = say("outlook.saving") if series == SAVING else series_title(series)
    facts = {
        "series": name,
        "value": write(one["mean"]),
        "low": write(one["low"]),
        "high": write(one["high"]),
        "months": int(one["horizon"]),
    }
    before = _last_year(report, series)
    if pd.isna(one["low"]):
        first = say("outlook.headline_constant", series=facts["series"], value=facts["value"])
    elif pd.isna(before):
        first = say("outlook.headline_alone", **facts)
    else:
        moved = "up" if one["low"] > before else "down" if one["high"] < before else "same"
        first = say(f"outlook.headline_{moved}", before=write(before), **facts)
    writing.statement(first, " ".join(_support(report, series, write)))


def _refusal_sentences(report: Report, series: str, row) -> tuple[str, str]:
    unit = series_unit(series)
    first = (
        say(
            "outlook.refused_short",
            series=series_title(series),
            have=f"{row['have']:.0f}",
            need=f"{row['need']:.0f}",
        )
        if pd.notna(row["need"])
        else say(
            "outlook.refused",
            series=series_title(series),
            reason=refusal(row["reason"], json.loads(row["facts"])),
        )
    )
    if pd.isna(row["last"]):
        return first, say("outlook.instead_nothing")
    names = ("last", "mean", "low", "high")
    told = {name: unit.write(row[name], report.currency) for name in names}
    return first, say("outlook.instead", **told)


def _last_year(report: Report, series: str) -> float:
    """The value over the last twelve final months, NaN where there are fewer."""
    history = rows_of(report.forecasts.history, series).dropna().tail(YEAR)
    if len(history) < YEAR:
        return float("nan")
    if series == SAVING:
        return float(history["value"].sum())
    values = report.measures.values
    same = values[
        (values["kpi"] == series)
        & (values["team"] == ALL)
        & (values["item"] == ALL)
        & values["month"].isin(history["period"])
    ]
    return mean_of_months(same, series)


def _support(report: Report, series: str, write) -> list[str]:
    part = report.forecasts
    end = rows_of(part.forecasts, series)
    end = end[end["level"] == 80].iloc[-1]
    lines = []
    if pd.notna(end["low"]):
        lines.append(
            say(
                "outlook.month_end",
                month=write_month(end["period"]),
                **{n: write(end[n]) for n in ("mean", "low", "high")},
            )
        )
    other = rows_of(part.scenarios, series)
    for scenario in (WITHOUT, TUNED):
        row = other[(other["scenario"] == scenario) & (other["level"] == 80)].tail(1)
        if len(row) and write(row["mean"].iloc[0]) != write(end["mean"]):
            lines.append(say(f"outlook.end_{scenario}", value=write(row["mean"].iloc[0])))
    return [*lines, backtest_sentence(report, series)]


def show_chart(report: Report, series: str) -> None:
    """Show history, forecast, scenarios, targets and what was said last time."""
    part, unit = report.forecasts, series_unit(series)
    ahead, other = rows_of(part.forecasts, series), rows_of(part.scenarios, series)
    lines = {}
    for scenario in (WITHOUT, TUNED):
        rows = other[(other["scenario"] == scenario) & (other["level"] == 80)]
        if len(rows) and not _is_same_plan(rows, ahead):
            lines[say(f"outlook.line_{scenario}")] = rows[["period", "mean"]]
    writing.heading(
        say("outlook.fan", series=series_title(series)),
        " ".join(
            [
                say("outlook.fan_about", unit=parts_unit(series, report.currency)),
                *([say("outlook.fan_others")] if lines else []),
            ]
        ),
    )
    before = last_issue(report, series)
    said = []
    if len(before):
        same = _is_covered(before, ahead)
        said.append(
            say(
                f"outlook.last_issue{'_same' if same else ''}",
                issued=write_day(before.iloc[0]["issued"]),
            )
        )
        before = before.head(0) if same else before
    goals = rows_of(part.targets, series)
    goals = goals[goals["scenario"] == PLAN].rename(columns={"month": "period", "target": "mean"})
    st.altair_chart(
        fan.fan(
            rows_of(part.history, series),
            ahead,
            unit,
            report.currency,
            tokens(),
            lines=lines,
            issued=before[["period", "mean"]] if len(before) else None,
            target=goals[["period", "mean"]] if len(goals) else None,
            months=fan.SHOWN_MONTHS,
            zero=series == SAVING,
            description=describe_forecast(report, series),
        )
    )
    said += [_target(row, series, report.currency) for row in _pairs(rows_of(part.targets, series))]
    capped = part.levers[part.levers["capped"] & (part.levers["kpi"] == series)]
    if len(capped):
        said.append(say("outlook.capped"))
    said += [
        writing.minus(say(f"forecast.{n.code}", **json.loads(n.facts)))
        for n in iterate_rows(rows_of(part.notes, series))
    ]
    if said:
        writing.show_quiet(" ".join(said))


def _is_same_plan(rows: pd.DataFrame, ahead: pd.DataFrame) -> bool:
    plan = ahead.loc[ahead["level"] == 80, "mean"].to_numpy()
    return bool((abs(rows["mean"].to_numpy() - plan) <= 1e-3 * abs(plan)).all())


def _is_covered(before: pd.DataFrame, ahead: pd.DataFrame) -> bool:
    """Would the line of the last issue lie under the forecast's, where nobody sees it?"""
    both = before.merge(ahead[ahead["level"] == 80], on="period", suffixes=("", "_now"))
    apart = (both["mean"] - both["mean_now"]).abs()
    return bool(
        len(both) and len(both) == len(before) and (apart <= 1e-3 * both["mean_now"].abs()).all()
    )


def parts_unit(series: str, currency: str) -> str:
    """Return the unit of a series in words."""
    unit = series_unit(series)
    if unit.kind == "share":
        return "%"
    written = f"{currency} {unit.name}".strip() if unit.kind == "money" else unit.name
    return written or say("series.count")


def last_issue(report: Report, series: str) -> pd.DataFrame:
    """Return what the model's last issue says of a series: ``period``, ``mean``, ``issued``."""
    return rows_of(report.track_record.last, series)


def _pairs(targets: pd.DataFrame) -> list[tuple]:
    return [
        (rows[rows["scenario"] == PLAN].iloc[0], rows[rows["scenario"] == TUNED].iloc[0])
        for _, rows in targets.groupby(["month", "target"], sort=True)
    ]


def _target(pair: tuple, series: str, currency: str) -> str:
    plan, best = pair
    facts = {
        "target": series_unit(series).write(plan["target"], currency),
        "month": write_month(plan["month"]),
    }
    if plan["reason"]:
        return say(f"outlook.target_{plan['reason']}", **facts)
    half = (
        say("outlook.target_half", month=write_month(plan["reached"]))
        if pd.notna(plan["reached"])
        else say("outlook.target_never")
    )
    return " ".join(
        [
            say(
                "outlook.target",
                plan=write_chance(plan["probability"]),
                tuned=write_chance(best["probability"]),
                **facts,
            ),
            half,
        ]
    )


def figures(report: Report, series: str) -> None:
    """Show the forecast month by month; a few months as cards on a phone."""
    part, unit = report.forecasts, series_unit(series)
    rows = rows_of(part.forecasts, series)
    if rows.empty:
        return
    wide = rows.pivot(index="period", columns="level", values=["mean", "low", "high"])

    def write(value: float) -> str:
        return unit.write(value, report.currency, bare=True)

    def between(period, level: float) -> str:
        low, high = wide.loc[period, ("low", level)], wide.loc[period, ("high", level)]
        return say("table.from_to", low=write(low), high=write(high)) if pd.notna(low) else "–"

    shown = pd.DataFrame(
        {
            "month": [write_month(p) for p in wide.index],
            "forecast": [write(v) for v in wide[("mean", 80)]],
            **{
                name: [between(p, level) for p in wide.index]
                for name, level in (("level50", 50), ("level80", 80), ("level95", 95))
            },
        }
    )
    other = rows_of(part.scenarios, series)
    for scenario in (WITHOUT, TUNED):
        line = other[(other["scenario"] == scenario) & (other["level"] == 80)]
        if len(line) and not _is_same_plan(line, rows):
            shown[scenario] = [write(v) for v in line["mean"]]
    unit_said = parts_unit(series, report.currency)
    writing.heading(say("outlook.figures"), say("outlook.figures_about", unit=unit_said))
    columns = {name: say(f"outlook.column_{name}") for name in shown}
    with st.container(key="wide-outlook"):
        tables.table(
            rows, f"forecast {series}", columns, shown=shown, height=35 * (len(shown) + 1) + 3
        )
    with st.container(key="narrow-outlook"):
        picked = [i - 1 for i in CARDS if i <= len(shown)]
        writing.cards(
            [
                (
                    shown["month"][i],
                    shown["forecast"][i],
                    say("outlook.card80", range=shown["level80"][i]),
                    say("outlook.card95", range=shown["level95"][i]),
                )
                for i in picked
            ]
        )


def teams(current: session.Session, report: Report, series: str) -> None:
    """Offer the forecast of one team, or all, computed when asked for."""
    if series == SAVING:
        return
    asked = bool(st.query_params.get("team"))
    if st.toggle(say("outlook.teams"), value=asked, key=f"teams-{series}"):
        found = current.teams(series)
        names = tuple(t for t in dict.fromkeys(found.history["team"]) if t != ALL)
        if not names:
            writing.show_quiet(say("outlook.teams_none"))
            return
        writing.show_quiet(
            say("outlook.teams_agree" if found.reconciled else "outlook.teams_apart")
        )
        default = session.from_address("team", names, _worst_team(found, series, names))
        team = st.selectbox(
            say("outlook.team"), names, index=names.index(default), key=f"team-{series}"
        )
        if st.query_params.get("team") or team != default:
            session.to_address(team=team)
        _team(report, found, series, team)


def _worst_team(found, series: str, names: tuple[str, ...]) -> str:
    """The team with most to do at the end of the horizon."""
    end = found.forecasts[(found.forecasts["level"] == 80) & found.forecasts["team"].isin(names)]
    if end.empty:
        return names[0]
    last = end.groupby("team")["mean"].last()
    return str(last.idxmax() if KPIS[series].better is Better.LOWER else last.idxmin())


def _team(report: Report, found, series: str, team: str) -> None:
    unit = series_unit(series)
    ahead = found.forecasts[found.forecasts["team"] == team]
    history = found.history[found.history["team"] == team]
    refused = rows_of(found.refused, team)
    if len(refused):
        for line in _refusal_sentences(report, series, refused.iloc[0]):
            writing.show_quiet(line)
        return
    end = ahead[ahead["level"] == 80].iloc[-1]
    told = {n: unit.write(end[n], report.currency) for n in ("mean", "low", "high")}
    words = say("outlook.team_said", team=team, month=write_month(end["period"]), **told)
    whole = found.forecasts[(found.forecasts["team"] == ALL) & (found.forecasts["level"] == 80)]
    lines = {say("outlook.line_function"): whole[["period", "mean"]]} if len(whole) else {}
    st.write(words)
    st.altair_chart(
        fan.fan(history, ahead, unit, report.currency, tokens(), lines=lines, description=words)
    )
    ends = found.forecasts[(found.forecasts["level"] == 80)].groupby("team").tail(1)
    shown = pd.DataFrame(
        {
            "team": [say("outlook.line_function") if t == ALL else t for t in ends["team"]],
            "forecast": [unit.write(v, report.currency, bare=True) for v in ends["mean"]],
            "level80": [
                say(
                    "table.from_to",
                    low=unit.write(lo, report.currency, bare=True),
                    high=unit.write(hi, report.currency, bare=True),
                )
                for lo, hi in zip(ends["low"], ends["high"], strict=True)
            ],
        }
    )
    columns = {name: say(f"outlook.column_{name}") for name in shown}
    tables.table(
        found.forecasts,
        f"forecast {series} by team",
        columns,
        shown=shown,
        height=35 * (len(shown) + 1) + 3,
    )
