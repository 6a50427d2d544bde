"""What the Model page shows of one initiative: verdict, paths, designs, checks, plan, cells."""

from __future__ import annotations

import html
import json

import pandas as pd
import streamlit as st

from metrics.effects import Status
from metrics.effects.planner import PowerPlan, plan
from metrics.effects.ramp import ramp
from metrics.frames.frame import iterate_rows
from metrics.functions import KPIS
from metrics.intervals import POWER
from metrics.measures.privacy import listable_rows
from metrics.model import Kpi, teams_of
from metrics.report import Report
from metrics.units import MONEY, SHARE, UnitKind, write_month
from ui.door import cached, session, tables
from ui.initiatives import charts
from ui.initiatives.all_initiatives import percent, row, write_money
from ui.initiatives.claim import claim
from ui.look import writing
from ui.look.theme import tokens
from words import say

BEFORE = 12
"""Months before the start an event study shows."""
USUAL_EFFECT = 0.10
"""Planned for where an initiative hopes for nothing in particular."""
LONGEST_HALF_LIFE = 60
"""From here on an effect has no end in sight."""
ORDER = (Status.FAIL, Status.REVIEW, Status.PASS, Status.INFO)


def show_initiative(report: Report, initiative: str) -> None:
    """Show the verdict on an initiative and, where there is one, what it rests on."""
    one = row(report, initiative)
    verdict(report, one)
    claim(report, one)
    if not one.reason:
        path(report, one)
        since_start(report, one)
        checks(report, one)
        designs(report, one)


def verdict(report: Report, one) -> None:
    """Say what this initiative did, how small an effect could have been seen, what it is worth."""
    if one.reason:
        writing.statement(say("model.refused", reason=writing.reason(one.reason)), "")
        return
    kpi = KPIS[one.kpi]
    relative = pd.notna(one.relative)

    def write(value: float) -> str:
        return percent(value) if relative else kpi.unit.write(value, report.currency, change=True)

    value, low, high = (
        (one.relative, one.relative_low, one.relative_high)
        if relative
        else (one.estimate, one.low, one.high)
    )
    first = say(
        f"model.verdict_{one.verdict.replace(' ', '_')}",
        kpi=kpi.title,
        value=write(value),
        level=f"{one.level:.0f}",
        low=write(low),
        high=write(high),
    )
    least = one.minimum_detectable * (one.relative / one.estimate if relative else 1)
    size = SHARE.write(abs(least)) if relative else kpi.unit.write(least, report.currency)
    lines = [say("model.detectable", size=size)]
    if pd.notna(one.expected):
        lines.append(say("model.hoped", value=percent(one.expected)))
    if one.grade and pd.notna(one.shrunk):
        lines.append(
            say(
                "model.shrunk",
                value=percent(one.shrunk),
                level=f"{one.level:.0f}",
                low=percent(one.shrunk_low),
                high=percent(one.shrunk_high),
            )
        )
    worth = "unproven"
    if one.grade and one.saving < 0:
        worth = "lost"
    elif one.grade and one.saving > 0:
        worth = "year" if pd.isna(one.end) else "last_year"
    lines.append(
        say(
            f"model.saved_{worth}",
            grade=one.grade,
            level=f"{one.saving_level:.0f}",
            saving=write_money(abs(one.saving), report),
            low=write_money(one.saving_low, report),
            high=write_money(one.saving_high, report),
        )
    )
    writing.statement(first, " ".join(lines))
    writing.show_quiet(
        say(
            "model.facts",
            teams=_list(one.teams),
            start=write_month(one.start),
            end=say("model.now") if pd.isna(one.end) else write_month(one.end),
            comparison=_list(one.comparison),
            before=f"{one.months_before:.0f}",
            after=f"{one.months_after:.0f}",
        )
    )


def _list(names: str) -> str:
    return ", ".join(teams_of(names)) or say("model.nobody")


def path(report: Report, one) -> None:
    """Show the KPI as it was and as it was to be expected."""
    kpi, rows = KPIS[one.kpi], _rows_of(report.effects.paths, one)
    writing.heading(
        say("model.path"),
        say(
            "model.path_about",
            kpi=kpi.title,
            unit=_unit(kpi, report.currency),
            level=f"{one.level:.0f}",
        ),
    )
    marks = [{"period": one.start, "label": say("model.path_start")}]
    if pd.notna(one.end):
        marks.append({"period": one.end, "label": say("model.path_end")})
    last = rows.iloc[-1]
    words = say(
        "model.path_said",
        kpi=kpi.title,
        month=write_month(last["period"]),
        actual=kpi.unit.write(last["actual"], report.currency),
        usual=kpi.unit.write(last["expected"], report.currency),
    )
    st.altair_chart(
        charts.path(
            rows, kpi.unit, report.currency, pd.DataFrame(marks), tokens(), description=words
        )
    )


def since_start(report: Report, one) -> None:
    """Show the effect month by month and, for indicators of cost, the saving added up."""
    if _rows_of(report.effects.saved, one).empty:
        _months_since(report, one)
        return
    left, right = st.columns(2, gap="large")
    with left:
        _months_since(report, one)
    with right:
        _total(report, one)


def _total(report: Report, one) -> None:
    rows = _rows_of(report.effects.saved, one)
    value, low, high = (write_money(rows[c].iloc[-1], report) for c in ("total", "low", "high"))
    about = say(
        "model.total_about",
        currency=report.currency,
        level=f"{one.level:.0f}",
        value=value,
        low=low,
        high=high,
    )
    writing.heading(say("model.total"), about)
    st.altair_chart(charts.total(rows, MONEY, report.currency, tokens(), description=about))


def _months_since(report: Report, one) -> None:
    kpi = KPIS[one.kpi]
    since = _rows_of(report.effects.months, one)
    past = _rows_of(report.effects.paths, one)
    past = past[past["period"] < one.start].tail(BEFORE)
    before = pd.DataFrame(
        {
            "since_start": range(-len(past), 0),
            "estimate": past["actual"] - past["expected"],
            "low": past["actual"] - past["high"],
            "high": past["actual"] - past["low"],
        }
    )
    rows = pd.concat([before, since], ignore_index=True)
    usual = since.head(0)
    if one.grade and pd.notna(one.steady):
        running = since if pd.isna(one.end) else since[: _running(one)]
        usual = running.assign(estimate=one.steady * ramp(running["since_start"].to_numpy() + 1.0))
    about = say(
        "model.months_about",
        kpi=kpi.title,
        unit=_unit(kpi, report.currency),
        level=f"{one.level:.0f}",
    )
    writing.heading(say("model.months"), about)
    st.altair_chart(
        charts.event_study(rows, usual, kpi.unit, report.currency, tokens(), description=about)
    )
    if one.grade and pd.notna(one.steady):
        writing.show_quiet(_persistence_sentence(one, kpi, report.currency))


def _running(one) -> int:
    return (one.end.year - one.start.year) * 12 + one.end.month - one.start.month + 1


def _persistence_sentence(one, kpi: Kpi, currency: str) -> str:
    value = kpi.unit.write(one.steady, currency, change=True)
    low, high = (
        kpi.unit.write(v, currency, change=True, bare=True)
        for v in (one.steady_low, one.steady_high)
    )
    lines = [
        say(
            f"model.lasting{'' if pd.isna(one.end) else '_stopped'}",
            steady=value,
            low=low,
            high=high,
        ),
        say(
            "model.lasting_months",
            months=f"{one.months_to_90:.0f}",
            low=f"{one.months_to_90_low:.0f}",
            high=f"{one.months_to_90_high:.0f}",
        ),
    ]
    if pd.notna(one.half_life):
        code = "half_life" if one.half_life < LONGEST_HALF_LIFE else "half_life_open"
        bounds = (
            f"{v:.0f}" if v < LONGEST_HALF_LIFE else say("model.many")
            for v in (one.half_life_low, one.half_life_high)
        )
        low, high = bounds
        lines.append(
            say(f"model.lasting_{code}", months=f"{one.half_life:.0f}", low=low, high=high)
        )
    return " ".join(lines)


def designs(report: Report, one) -> None:
    """Show every design side by side."""
    kpi, rows = KPIS[one.kpi], _rows_of(report.effects.designs, one)

    def write(value: float, bare: bool = True) -> str:
        return kpi.unit.write(value, report.currency, change=True, bare=bare)

    shown = pd.DataFrame(
        {
            "design": [say(f"model.design_{d.replace('-', '_')}") for d in rows["design"]],
            "estimate": [write(v, bare=False) for v in rows["estimate"]],
            "interval": [
                say("table.from_to", low=write(lo), high=write(hi)) if pd.notna(lo) else "–"
                for lo, hi in zip(rows["low"], rows["high"], strict=True)
            ],
            "note": [
                say("model.design_headline")
                if r.headline
                else say(
                    "model.design_refused",
                    need=f"{r.need:.0f}",
                    have=f"{r.have:.0f}",
                    what=r.reason,
                )
                if r.reason
                else ""
                for r in iterate_rows(rows)
            ],
        }
    )
    writing.heading(say("model.designs"), say("model.designs_about"))
    notes = [_sentence(n.code, n.facts) for n in iterate_rows(_rows_of(report.effects.notes, one))]
    columns = {name: say(f"model.column_{name}") for name in shown}
    with st.container(key="wide-designs"):
        tables.table(
            rows,
            f"{one.initiative} designs",
            columns,
            shown=shown,
            height=35 * (len(shown) + 1) + 3,
        )
    with st.container(key="narrow-designs"):
        writing.cards([tuple(card) for card in shown.itertuples(index=False)])
    writing.show_quiet(" ".join(notes))


def _sentence(code: str, facts: str) -> str:
    return writing.minus(say(f"effect.{code}", **json.loads(facts)))


def checks(report: Report, one) -> None:
    """Show every check in words, those that speak against it first."""
    writing.heading(say("model.checks"), say("model.checks_about"))
    colours = tokens()
    ink = {
        Status.FAIL: colours.bad_text,
        Status.REVIEW: colours.target_text,
        Status.PASS: colours.good_text,
        Status.INFO: colours.quiet,
    }
    rows = sorted(
        iterate_rows(_rows_of(report.effects.checks, one)),
        key=lambda c: ORDER.index(Status(c.status)),
    )
    listed = "".join(
        f'<div class="attune-check"><b style="color:{ink[Status(c.status)]}">{c.status}</b>'
        f"<div><b>{html.escape(_check_name(c.name))}</b> "
        f'<span class="attune-quiet">({html.escape(say(f"model.check_{c.status}"))})</span>'
        f'<p class="attune-quiet">{html.escape(_sentence(c.code, c.facts))}</p></div></div>'
        for c in rows
    )
    st.html(listed)


def _check_name(name: str) -> str:
    return say(f"model.check_{name.replace(' ', '_').replace('-', '_')}")


def planner(report: Report, one) -> None:
    """Say how many months or teams it takes to find an effect of the size entered."""
    writing.heading(say("model.planner"), say("model.planner_about"))
    noise = _rows_of(report.effects.noise, one)
    if noise.empty:
        writing.show_quiet(say("model.planner_none"))
        return
    hoped = abs(one.expected) if pd.notna(one.expected) and one.expected else USUAL_EFFECT
    size = st.number_input(
        say("model.planner_effect"),
        min_value=0.5,
        max_value=100.0,
        value=min(max(hoped * 100, 0.5), 100.0),
        step=0.5,
        format="%.1f",
        key=f"planner-{one.initiative}",
        width=280,
    )
    cached.cache_section(_power, report, one.initiative, f"{size:.1f}")


def _power(report: Report, initiative: str, size: str) -> None:
    one = row(report, initiative)
    noise = _rows_of(report.effects.noise, one)
    found, answer = answer_plan(one, noise, float(size) / 100)
    st.write(answer)
    words = say("model.planner_curve", target=SHARE.write(POWER))
    writing.show_quiet(words)
    st.altair_chart(
        charts.power(found.curve, found.target, tokens(), description=f"{answer} {words}")
    )


def answer_plan(one, noise: pd.DataFrame, effect_size: float) -> tuple[PowerPlan, str]:
    """Return the plan for an effect, as a fraction of the level expected, and its sentence."""
    teams, others = len(teams_of(one.teams)), int(one.comparison_teams)
    found = plan(noise, effect_size, teams, others, level=one.level)
    effect, target = SHARE.write(effect_size), SHARE.write(POWER)
    first = (
        say("model.planner_never", effect=effect, target=target)
        if pd.isna(found.months)
        else say("model.planner_months", effect=effect, target=target, months=_months(found.months))
    )
    code = "_never" if pd.isna(found.teams) else "_enough" if found.teams == teams else ""
    second = say(
        f"model.planner_teams{code}",
        after=_months(found.after),
        all=teams + others,
        teams=teams if code else f"{found.teams:.0f}",
    )
    return found, f"{first} {second}"


def _months(number: float) -> str:
    return say("model.month") if number == 1 else say("model.months_many", n=f"{number:.0f}")


def cells(one, current: session.Session) -> None:
    """Show the teams compared and the observations behind them, down to their cells."""
    kpi = KPIS[one.kpi]
    box = st.expander(say("model.cells"), on_change="rerun", key="model-cells")
    if not box.open:
        return
    with box:
        writing.show_quiet(
            say(
                "model.cells_about",
                kpi=kpi.title,
                formula=kpi.formula,
                source=kpi.source,
                teams=_list(one.teams),
                comparison=_list(one.comparison),
            )
        )
        treated, controls = teams_of(one.teams), teams_of(one.comparison)
        frame = current.snapshot["observations"]
        behind = listable_rows(frame[frame["measure"].isin(kpi.measures)])
        behind = behind[
            (behind["function"] == one.function) & behind["team"].isin([*treated, *controls])
        ]
        options = [None, *sorted(behind["month"].unique(), reverse=True)]
        month = st.selectbox(
            say("model.cells_month"),
            options,
            index=min(1, len(options) - 1),
            format_func=lambda m: say("model.cells_all") if m is None else write_month(m),
        )
        if month is not None:
            behind = behind[behind["month"] == month]
        roles = {False: say("model.cells_control"), True: say("model.cells_treated")}
        rows = behind.assign(
            role=[roles[t in treated] for t in behind["team"]],
            reason=[writing.reason(r) for r in behind["reason"]],
        ).sort_values(["month", "role", "team", "measure"])
        wanted = [
            "role",
            "team",
            "month",
            "measure",
            "item",
            "value",
            "currency",
            "place",
            "upload",
            "reason",
        ]
        columns = {c: say(f"table.{c}") for c in wanted if c not in ("role", "currency", "month")}
        columns["role"] = say("model.cells_role")
        columns["month"] = st.column_config.DateColumn(say("table.month"), format="MMM YYYY")
        tables.table(rows[wanted], f"{one.initiative} cells", columns)


def _unit(kpi: Kpi, currency: str) -> str:
    """Return what the numbers on an axis are counted in."""
    if kpi.unit.kind is UnitKind.SHARE:
        return "%"
    if kpi.unit.kind is UnitKind.MONEY:
        return f"{currency} {kpi.unit.name}".strip()
    return kpi.unit.name or kpi.unit.kind.value


def _rows_of(frame: pd.DataFrame, one) -> pd.DataFrame:
    return frame[frame["initiative"] == one.initiative].drop(columns="initiative")
