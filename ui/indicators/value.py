"""What indicators are worth, on the Measure page: value tree, targets, deflection, advocacy."""

from __future__ import annotations

import html
import math

import pandas as pd
import streamlit as st

from metrics.effects.part import is_cost
from metrics.frames.frame import iterate_rows
from metrics.functions import BY_KEY, KPIS, MEASURES
from metrics.model import ALL, Better, BusinessFunction, Kpi
from metrics.report import Report
from metrics.units import COUNT, MONEY, POINTS, SHARE, Unit, write_month
from ui.door import cached, tables
from ui.indicators import charts as draw
from ui.look import writing
from ui.look.theme import tokens
from words import knows, say

INDICATOR_UNITS: dict[str, Unit] = {"net_promoter_score": POINTS, "k_factor": COUNT}
"""All other indicators of advocacy are shares."""


def targets(frame: pd.DataFrame, function: BusinessFunction, report: Report) -> dict[str, str]:
    """Return what each indicator of the function is to reach next, as text."""
    mine = frame[(frame["function"] == function.key) & frame["team"].isin(["", ALL])]
    said = {}
    for key, rows in mine.dropna(subset=["month", "value"]).sort_values("month").groupby("kpi"):
        ahead = rows[rows["month"] >= pd.Timestamp(report.as_of.replace(day=1))]
        one = (ahead if len(ahead) else rows.tail(1)).iloc[0]
        kpi = next((k for k in function.kpis if k.key == key), None)
        if kpi is not None:
            value = kpi.unit.write(one["value"], report.currency)
            said[kpi.key] = say("value.target", value=value, month=write_month(one["month"]))
    return said


def steps(one: pd.Series) -> dict[str, float]:
    """Return the way from baseline to actual cost, the part of demand apart from induced demand.

    Demand is what the driver alone would have cost at base prices; what quantities grew beyond it
    is induced. Prices are what the index explains; the rate is what remains.
    """
    inflation = one["inflation"] if pd.notna(one["inflation"]) else 0.0
    demand = one["saving"] + one["actual"] - one["baseline"] - inflation
    found = {
        "baseline": one["baseline"],
        "demand": demand,
        "induced": one["volume"] - demand,
        "inflation": inflation or math.nan,
        "rate": one["rate"] - inflation,
        "mix": one["mix"],
        "new": one["new"],
        "lost": one["lost"],
        "actual": one["actual"],
    }
    if pd.isna(one["volume"]):
        rest = one["actual"] - one["baseline"] - demand - inflation
        found |= {"induced": math.nan, "rate": math.nan, "mix": rest}
    return found


def show_induced_demand(one: pd.Series, report: Report) -> None:
    """Say what quantities beyond demand cost, where they can be told apart."""
    amount = steps(one)["induced"]
    if pd.isna(amount):
        return
    code = "induced_more" if amount > 0 else "induced_less"
    writing.show_quiet(
        say(
            f"value.{code}",
            amount=MONEY.write(abs(amount), report.currency),
            driver=MEASURES[one["driver"]].header.lower(),
        )
    )


def tree(report: Report, function: str) -> None:
    """Show which line of the profit and loss account each indicator works on, and by how much."""
    lines = _lines(report, BY_KEY[function])
    if not lines or lines[0][0] == say("value.line_ahead"):
        return
    writing.heading(say("value.tree"), say("value.tree_about"))
    inside = "".join(
        f'<section class="attune-tile"><h3>{html.escape(say("value.line"))}</h3>'
        f'<div class="figure words">{html.escape(name)}</div>'
        f"<p>{html.escape(about)}</p>{_branches(branches)}</section>"
        for name, about, branches in lines
    )
    st.html(f'<div class="attune-cards">{inside}</div>')


def _branches(branches: list[tuple[str, str]]) -> str:
    items = "".join(
        f"<li><strong>{html.escape(name)}</strong><br>{html.escape(said)}</li>"
        for name, said in branches
    )
    return f'<div class="attune-list"><ul>{items}</ul></div>'


def _lines(
    report: Report, function: BusinessFunction
) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Each line of the account with what it comes to and the indicators that work on it."""
    changes = report.measures.changes
    mine = changes[(changes["function"] == function.key) & (changes["team"] == ALL)]
    fed = mine.set_index("kpi")
    cost, revenue, ahead = [], [], []
    for kpi in function.kpis:
        if kpi.key not in fed.index:
            continue
        said = (kpi.title, _worth(kpi, fed.loc[kpi.key], report))
        if is_cost(kpi) or (kpi.price and kpi.price[0] == function.cost):
            cost.append(said)
        elif kpi.price:
            revenue.append(said)
        else:
            ahead.append(said)
    saved = report.savings.savings
    row = saved[(saved["function"] == function.key) & saved["actual"].notna()]
    lines = []
    if cost:
        name = MEASURES[str(function.cost)].header if function.cost else function.title
        about = (
            say(
                "value.line_cost",
                actual=MONEY.write(row["actual"].iloc[0], report.currency),
                baseline=MONEY.write(row["baseline"].iloc[0], report.currency),
            )
            if len(row)
            else ""
        )
        lines.append((name, about, cost))
    if revenue:
        margin = SHARE.write(report.assumptions["contribution_margin"])
        lines.append((say("value.line_revenue"), say("value.line_margin", margin=margin), revenue))
    if ahead:
        lines.append((say("value.line_ahead"), say("value.line_ahead_about"), ahead))
    return lines


def _worth(kpi: Kpi, change: pd.Series, report: Report) -> str:
    """Say how an indicator moved and what of it counts in the case."""
    moved = str(change["verdict"]).replace(" ", "_")
    if moved in ("better", "worse", "changed"):
        by = kpi.unit.write(change["change"], report.currency, True)
        said = say(f"value.moved_{moved}", change=by)
    else:
        said = say("value.not_moved")
    case = report.case
    if not case.reason:
        rows = case.benefits[case.benefits["kpi"] == kpi.key]
        if len(rows):
            said += " " + say(
                "value.counted",
                counted=MONEY.write(rows["counted"].sum(), report.currency),
                amount=MONEY.write(rows["amount"].sum(), report.currency),
                months=case.months,
                grades=", ".join(sorted(set(rows["grade"]))),
            )
    return said


def teams(report: Report, function: BusinessFunction, kpi: Kpi, client: str) -> None:
    """Show one indicator for every team: now, baseline, change with its interval."""
    cached.cache_section(_teams, report, function.key, kpi.key, client)


def _teams(report: Report, function: str, key: str, client: str) -> None:
    kpi, changes = KPIS[key], report.measures.changes
    mine = changes[
        (changes["function"] == function) & (changes["kpi"] == key) & (changes["team"] != ALL)
    ]
    if mine.empty:
        return
    order = mine.sort_values("change", ascending=kpi.better is Better.LOWER, na_position="last")
    order = order[["team", "current", "baseline", "change", "low", "high", "level", "verdict"]]
    write = lambda v, signed=False: kpi.unit.write(v, report.currency, signed)  # noqa: E731
    shown = pd.DataFrame(
        {
            "team": order["team"],
            "current": [write(v) for v in order["current"]],
            "baseline": [write(v) for v in order["baseline"]],
            "change": [write(v, True) for v in order["change"]],
            "interval": [
                say("table.from_to", low=write(a, True), high=write(b, True))
                if pd.notna(a)
                else "–"
                for a, b in zip(order["low"], order["high"], strict=True)
            ],
            "verdict": [
                say(f"verdict.change.{str(v).replace(' ', '_')}")
                if knows(f"verdict.change.{str(v).replace(' ', '_')}")
                else str(v)
                for v in order["verdict"]
            ],
        }
    )
    tables.folded_table(
        say("value.teams", n=len(shown)),
        order,
        f"{client} {key} teams",
        {c: say(f"table.{c}") for c in shown},
        shown=shown,
    )


def deflection(report: Report, client: str) -> None:
    """Show the requests that were never made: every method, graded, as one range."""
    cached.cache_section(_deflection, report, client)


def _deflection(report: Report, client: str) -> None:
    part = report.deflection
    writing.heading(say("value.deflection"), say("value.deflection_about"))
    if part.reason:
        known = knows(f"value.deflection_{part.reason}")
        writing.show_quiet(
            say(f"value.deflection_{part.reason}") if known else writing.reason(part.reason)
        )
        return
    rows = part.methods
    first = rows.iloc[0]
    number = lambda v: COUNT.write(v)  # noqa: E731
    facts = {
        "n": number(first["deflected"]),
        "method": say(f"value.method_{part.headline}"),
        "grade": first["grade"],
        "value": MONEY.write(part.value, report.currency),
        "first": write_month(pd.Timestamp(part.first)),
        "last": write_month(pd.Timestamp(part.last)),
        "unit": MONEY.write(part.unit_cost, report.currency),
        "average": MONEY.write(part.average_cost, report.currency),
    }
    st.write(
        say("value.deflection_said", **facts) + " " + say(f"value.cost_{part.cost_kind}", **facts)
    )
    shown = pd.DataFrame(
        {
            "label": [f"{m.grade}: {say(f'value.method_{m.method}')}" for m in iterate_rows(rows)],
            "value": rows["claimed"],
            "low": rows["low"],
            "high": rows["high"],
            "said": [number(v) for v in rows["claimed"]],
        }
    )
    words = "; ".join(f"{r.label} {r.said}" for r in iterate_rows(shown))
    st.altair_chart(draw.ranges(shown, part.cap, say("value.cap"), tokens(), description=words))
    if math.isnan(part.cap):
        writing.show_quiet(say("value.cap_unknown"))
    else:
        writing.show_quiet(say("value.cap_said", cap=number(part.cap)))
        if bool(first["capped"]):
            writing.show_quiet(
                say("value.cap_cut", claimed=number(first["claimed"]), n=number(first["deflected"]))
            )
    plain = rows.assign(method=[say(f"value.method_{m}") for m in rows["method"]])
    look = {
        c: st.column_config.NumberColumn(say(f"value.column_{c}"), format="%,.0f")
        for c in ("claimed", "deflected", "low", "high", "value", "value_average")
    }
    look |= {
        "method": say("value.column_method"),
        "grade": say("table.grade"),
        "capped": say("value.column_capped"),
    }
    plain = plain[
        [
            "method",
            "grade",
            "claimed",
            "low",
            "high",
            "deflected",
            "capped",
            "value",
            "value_average",
        ]
    ]
    with st.container(key="wide-deflection"):
        tables.table(plain, f"{client} deflection", look)
    with st.container(key="narrow-deflection"):
        writing.cards(
            [
                (
                    r.method,
                    number(r.deflected),
                    say("value.card_claimed", grade=r.grade, claimed=number(r.claimed)),
                    MONEY.write(r.value, report.currency),
                )
                for r in iterate_rows(plain)
            ]
        )
    writing.show_quiet(say("value.deflection_guards"))
    inputs = part.inputs.assign(measure=[MEASURES[m].header for m in part.inputs["measure"]])
    tables.folded_table(
        say("page.measure.cells"),
        inputs,
        f"{client} deflection inputs",
        {
            "measure": say("table.measure"),
            "value": st.column_config.NumberColumn(say("table.value"), format="%,.0f"),
        },
    )


def advocacy(report: Report, client: str) -> None:
    """Show who recommends, what it brings, how few carry it, and what is not shown."""
    if not cached.cache_section(_advocacy, report, client):
        return
    for section in (_nps_trend, _worth_of_advocacy, _chain):
        cached.cache_section(section, report)


def _advocacy(report: Report, client: str) -> bool:
    """Show the indicators that are known, and say whether there are any."""
    part = report.advocacy
    writing.heading(
        say("value.advocacy"),
        say("value.advocacy_about", level=f"{report.assumptions['interval_level']:.0f}"),
    )
    known = part.indicators[part.indicators["value"].notna()]
    if known.empty:
        writing.show_quiet(say("value.advocacy_none"))
        return False
    writing.cards([_indicator(row) for row in iterate_rows(known)])
    missing = part.indicators[part.indicators["value"].isna()]["indicator"]
    if len(missing):
        names = ", ".join(say(f"value.indicator_{m}").lower() for m in missing)
        writing.show_quiet(say("page.measure.not_fed", names=names))
    plain = part.indicators.drop(columns="reason").assign(
        indicator=[say(f"value.indicator_{i}") for i in part.indicators["indicator"]]
    )
    tables.folded_table(say("case.table"), plain, f"{client} advocacy")
    return True


def _indicator(row) -> tuple[str, str, str, str]:
    unit = INDICATOR_UNITS.get(row.indicator, SHARE)
    write = lambda v, signed=False: unit.write(v, "", signed)  # noqa: E731
    interval = (
        say("value.range", low=write(row.low), high=write(row.high), n=COUNT.write(row.n))
        if pd.notna(row.low)
        else say("value.no_interval")
    )
    if pd.isna(row.before):
        change = ""
    elif pd.isna(row.change_low):
        change = say("value.before", before=write(row.before))
    else:
        code = "shown" if row.change_low > 0 or row.change_high < 0 else "not_shown"
        facts = {"low": write(row.change_low, True), "high": write(row.change_high, True)}
        change = say(f"value.change_{code}", change=write(row.value - row.before, True), **facts)
    return say(f"value.indicator_{row.indicator}"), write(row.value), interval, change


def _nps_trend(report: Report) -> None:
    trend = report.advocacy.trend
    if len(trend) < 2:
        return
    history = trend.rename(columns={"nps": "value"})[["period", "value", "low", "high", "n"]]
    last = history.iloc[-1]
    words = say(
        "value.trend_words",
        value=POINTS.write(last["value"]),
        low=POINTS.write(last["low"]),
        high=POINTS.write(last["high"]),
        n=COUNT.write(last["n"]),
    )
    writing.show_quiet(say("value.trend"))
    st.altair_chart(draw.band(history, tokens(), description=words))


def _worth_of_advocacy(report: Report) -> None:
    part = report.advocacy
    if part.referral:
        st.write(
            say(
                "value.referral",
                known=MONEY.write(part.referral["known"], report.currency),
                at_most=MONEY.write(part.referral["at_most"], report.currency),
                fill=SHARE.write(part.referral["fill_rate"]),
            )
        )
    premium = part.premium
    if premium.get("premium") is not None:
        code = "shown" if premium["low"] > 0 or premium["high"] < 0 else "not_shown"
        st.write(
            say(
                f"value.premium_{code}",
                premium=SHARE.write(premium["premium"]),
                low=SHARE.write(premium["low"]),
                high=SHARE.write(premium["high"]),
                naive=SHARE.write(premium["unmatched_premium"]),
                n=premium["matched"],
                level=f"{premium['level']:.0f}",
            )
        )
    else:
        writing.show_quiet(say("value.premium_none"))
    if not math.isnan(part.network):
        st.write(say("value.network", network=COUNT.write(part.network)))
    few = part.concentration
    if "gini" in few:
        st.write(
            say(
                "value.concentration",
                gini=f"{few['gini']:.2f}",
                n=few["n"],
                share=SHARE.write(few["top_share"]),
                top=SHARE.write(report.assumptions["most_active_share"]),
            )
        )


def _chain(report: Report) -> None:
    part = report.advocacy
    writing.heading(say("value.chain"), say("value.chain_about"))
    if part.chain_reason:
        writing.show_quiet(say("value.chain_none"))
        return
    for link in iterate_rows(part.links):
        st.write(
            say(
                f"value.link_{link.state}",
                cause=say(f"value.step_{link.cause}"),
                result=say(f"value.step_{link.result}").lower(),
                lag=say("model.month") if link.lag == 1 else say("model.months_many", n=link.lag),
                correlation=f"{link.correlation:.2f}".replace("-", "−"),
                low=f"{link.low:.2f}".replace("-", "−"),
                high=f"{link.high:.2f}".replace("-", "−"),
                level=f"{link.level:.0f}",
                months=link.months,
            )
        )
