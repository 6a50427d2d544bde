"""What the Tune page proposes: the plan, why budgets stay, what would tell, a plan of one's own."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from metrics.frames.frame import iterate_rows
from metrics.functions import title
from metrics.model import ALL
from metrics.proposals.proposal import Action
from metrics.report import Report
from metrics.tuning.part import TuningPart, judge_plan
from metrics.units import MONEY, SHARE, write_amount, write_chance, write_day, write_month
from readout.calendar import tasks_calendar
from readout.proposals import say_proposals
from ui.decisions import charts
from ui.door import downloads, tables
from ui.look import writing
from ui.look.theme import tokens
from ui.look.writing import keep_together
from words import say

SMALLEST = 0.005
"""Moves below half a per cent of a budget are not named."""


def title_of(function: str) -> str:
    if function == ALL:
        return say("decision.company")
    return title(function)


def write_money(value: float, report: Report) -> str:
    return keep_together(MONEY.write(value, report.currency))


def write_exactly(value: float, report: Report) -> str:
    """Write a budget somebody decided on: as it was entered, not rounded."""
    return keep_together(write_amount(value, report.currency))


def write_share(value: float) -> str:
    return keep_together(SHARE.write(value))


def chance(value: float) -> str:
    return keep_together(write_chance(value))


def number(value: float) -> str:
    return f"{value:.2f}".replace("-", "−") if np.isfinite(value) else say("tile.cannot_tell")


def headline(report: Report) -> None:
    """Say what to move and how probably it helps, or that everything stays."""
    part = report.tuning
    if part.reason:
        writing.statement(say("tune.refused", reason=writing.reason(part.reason)), "")
        return
    plan = part.plan
    moves = [one for one in say_proposals(report) if one.name.startswith(f"{Action.MOVE}:")]
    first = say("tune.stays", confidence=chance(plan["confidence"]))
    for one in moves:
        first = f"{one.what}: {one.figure} ({one.about}). {one.beside}".strip()
    rests = {"cycle": plan["cycle"], "evidence": _month(plan["evidence"])}
    lines = [
        say(
            "tune.support",
            change=write_share(plan["largest_change"]),
            total=write_money(plan["total"], report),
            **rests,
        )
    ]
    lines.append(
        say("tune.support_earned", multiplier=number(plan["multiplier"]), seen=plan["seen"])
        if plan["seen"]
        else say("tune.support_not_earned")
    )
    if plan["scored"]:
        lines.append(
            say("tune.support_factor", factor=number(plan["factor"]), scored=plan["scored"])
        )
    writing.statement(first, " ".join(lines))


def _month(text: str) -> str:
    return write_month(pd.Timestamp(text))


def functions(report: Report) -> None:
    """Show measured, modelled, decided: one row per function."""
    part = report.tuning
    writing.heading(say("tune.loop"), say("tune.loop_about", level=f"{part.plan['level']:.0f}"))
    rows = pd.DataFrame(
        [
            {
                "function": title_of(one.function),
                "measured": _measured_sentence(one, report),
                "modelled": _modelled_sentence(one),
                "decided": _decided_sentence(one, part, report),
            }
            for one in iterate_rows(part.table)
        ]
    )
    columns = {c: say(f"tune.column_{c}") for c in ("function", "measured", "decided")}
    columns["modelled"] = say("tune.column_modelled", currency=report.currency)
    with st.container(key="wide-tune-functions"):
        wide = {
            c: st.column_config.TextColumn(t, width="small" if c == "function" else "medium")
            for c, t in columns.items()
        }
        tables.table(
            part.table, "tune", wide, shown=rows, row_height=84, height=84 * len(rows) + 38
        )
    with st.container(key="narrow-tune-functions"):
        writing.cards(
            [
                (
                    r.function,
                    write_money(one.current, report),
                    r.measured,
                    f"{r.modelled}. {r.decided}",
                )
                for r, one in zip(iterate_rows(rows), iterate_rows(part.table), strict=True)
            ]
        )


def _measured_sentence(one, report: Report) -> str:
    spent = write_money(one.spent, report)
    if not np.isfinite(one.benefit):
        return say("tune.no_benefit", spent=spent)
    side = "below" if one.benefit > 0 else "above"
    amount = say(f"tune.{side}", amount=write_money(abs(one.benefit), report))
    return say("tune.measured", spent=spent, benefit=amount)


def _modelled_sentence(one) -> str:
    facts = {
        "marginal": number(one.marginal),
        "low": number(one.marginal_low),
        "high": number(one.marginal_high),
    }
    if not np.isfinite(one.raw_error):
        return say("tune.modelled_unknown", **facts)
    source = "compared" if one.source else "months"
    return say("tune.modelled", source=say(f"tune.source_{source}"), **facts)


def _decided_sentence(one, part: TuningPart, report: Report) -> str:
    rows = part.ledger
    now = rows[
        (rows["function"] == one.function)
        & (rows["cycle"] == part.plan["cycle"])
        & (rows["state"] != "superseded")
    ]
    if now.empty:
        return say(
            "tune.decided_nothing",
            cycle=part.plan["cycle"],
            proposed=write_money(one.proposed, report),
        )
    latest = now.iloc[0]
    return say(
        "tune.decided",
        kind=say(f"tune.kind_{latest['kind']}"),
        before=write_exactly(latest["before"], report),
        after=write_exactly(latest["after"], report),
        owner=latest["owner"],
        day=write_day(latest["day"]),
    )


def allocation(report: Report) -> None:
    """Show present and proposed budgets with what the data allow, and why budgets stay."""
    part = report.tuning
    writing.heading(
        say("tune.allocation"),
        say("tune.allocation_about", currency=report.currency, level=f"{part.plan['level']:.0f}"),
    )
    rows = part.table.sort_values("current", ascending=False)
    said = [
        say(
            "tune.allocation_row",
            function=title_of(r.function),
            current=write_money(r.current, report),
            proposed=write_money(r.proposed, report),
            low=write_money(r.low, report),
            high=write_money(r.high, report),
        )
        for r in iterate_rows(rows)
    ]
    shown = [
        say("tune.kept_short")
        if abs(r.proposed - r.current) <= SMALLEST * r.current
        else keep_together(MONEY.write(r.proposed - r.current, report.currency, change=True))
        for r in iterate_rows(rows)
    ]
    rows = rows.assign(label=[title_of(f) for f in rows["function"]], said=said, shown=shown)
    drawn = rows[["label", "current", "proposed", "low", "high", "said", "shown"]]
    st.altair_chart(charts.allocation(drawn, tokens(), description="; ".join(said)))
    for one in iterate_rows(rows[rows["reason"] != ""]):
        writing.show_quiet(
            say("tune.kept_row", function=one.label, why=say(f"tune.kept_{one.reason}"))
        )


def tests(report: Report, client: str) -> None:
    """Show what would tell where evidence is thin, with its calendar."""
    part = report.tuning
    if part.reason and part.tests.empty:
        return
    writing.heading(say("tune.tests"), say("tune.tests_about", seed=part.plan["seed"]))
    if part.tests.empty:
        writing.show_quiet(say("tune.tests_none"))
        return
    with st.expander(say("tune.test_calendar")):
        for one in iterate_rows(part.tests):
            _test(one, report)
        rows = part.schedule
        shown = pd.DataFrame(
            {
                "function": [title_of(f) for f in rows["function"]],
                "test": [say(f"tune.code_{c}") for c in rows["code"]],
                "month": [write_month(m) for m in rows["month"]],
                "team": rows["team"].fillna("").astype("str"),
                "role": [_role(r) for r in rows["role"]],
                "spend": [write_money(s, report) if np.isfinite(s) else "" for s in rows["spend"]],
            }
        )
        tables.table(rows, "tests", {c: say(f"tune.column_{c}") for c in shown}, shown=shown)
        downloads.download(
            say("tune.test_calendar"),
            lambda: calendar(report, client),
            "tests.ics",
            "text/calendar",
        )


def _test(one, report: Report) -> None:
    facts = {
        "function": title_of(one.function),
        "months": f"{one.months:.0f}",
        "change": write_share(report.tuning.plan["largest_change"]),
        "cost": write_money(one.cost, report),
        "power": chance(one.power),
    }
    if one.code == "vary" and np.isfinite(one.value):
        st.write(say("tune.test_vary", value=write_money(one.value, report), **facts))
    elif one.code == "vary":
        st.write(say("tune.test_vary_first", **facts))
    else:
        code = "test_teams" if one.cost > 0 else "test_teams_free"
        st.write(
            say(
                f"tune.{code}",
                teams=f"{one.teams:.0f}",
                effect=write_share(one.effect),
                **facts,
            )
        )


def _role(role: object) -> str:
    return say(f"tune.role_{str(role).replace(' ', '_') if isinstance(role, str) else 'budget'}")


def calendar(report: Report, client: str) -> bytes:
    """Return the schedule of the tests as an iCalendar file."""
    rows = report.tuning.schedule
    names = [
        say("tune.event_vary", function=title_of(r.function), spend=write_money(r.spend, report))
        if r.code == "vary"
        else say(
            f"tune.event_{str(r.role).replace(' ', '_')}",
            function=title_of(r.function),
            team=r.team,
        )
        for r in iterate_rows(rows)
    ]
    tasks = pd.DataFrame(
        {
            "due": rows["month"],
            "function": rows["function"],
            "task": names,
            "owner": "",
            "status": "open",
            "question": "",
        }
    )
    return tasks_calendar(tasks, client, report.as_of)


def own_plan(report: Report) -> None:
    """Let a person move budgets and see how probable it is that the change pays."""
    part = report.tuning
    writing.heading(say("tune.try"), say("tune.try_about"))
    amounts, columns = {}, st.columns(3, gap="medium")
    reach = max(round(100 * part.plan["largest_change"]), 1)
    spent = part.table[part.table["current"] > 0]
    for place, one in enumerate(iterate_rows(spent)):
        change = columns[place % 3].slider(
            say("tune.try_slider", function=title_of(one.function)),
            -reach,
            reach,
            0,
            key=f"try-{one.function}",
        )
        amounts[one.function] = one.current * (1 + change / 100)
    found = judge_plan(part, amounts)
    if all(
        abs(a - c) < 0.005
        for a, c in zip(
            amounts.values(), part.table.loc[part.table["current"] > 0, "current"], strict=True
        )
    ):
        writing.show_quiet(say("tune.try_same"))
        return
    cost = found["cost"]
    code = "tune.try_result_less" if cost < 0 else "tune.try_result"
    if abs(cost) < 0.5:
        code = "tune.try_result_even"
    st.progress(found["probability"])
    st.write(
        say(
            code,
            probability=chance(found["probability"]),
            gain=write_money(found["gain"], report),
            low=write_money(found["low"], report),
            high=write_money(found["high"], report),
            cost=write_money(abs(cost), report),
            level=f"{part.plan['level']:.0f}",
        )
    )


def available(report: Report) -> bool:
    """Is there any function with a budget or a benefit?"""
    return report.tuning.reason != "no_programme_costs"
