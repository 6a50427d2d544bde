"""A plan under limits of one's own on the Tune page, and where its figures come from."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from metrics.assumptions import Assumptions
from metrics.errors import AttuneError
from metrics.report import Report
from metrics.tuning.allocation import HORIZON, Allocation
from metrics.tuning.part import TuningPart, limits_of, plan_again
from metrics.units import write_month
from ui.decisions.plan import chance, number, title_of, write_money, write_share
from ui.door import session, tables
from ui.look import writing
from words import say


def limits(report: Report) -> None:
    """Let a person set total, hours and the first rule, and plan again."""
    part = report.tuning
    writing.heading(say("tune.limits"), say("tune.limits_about"))
    left, right = st.columns(2, gap="medium")
    total = left.number_input(
        say("tune.limits_total", currency=report.currency),
        min_value=0.0,
        value=round(part.plan["total"], 2),
        step=500.0,
    )
    hours = right.number_input(
        say("tune.limits_hours"), min_value=0.0, value=None, step=10.0, help=_hours_now(part)
    )
    free = left.toggle(say("tune.limits_free"), help=say("tune.limits_free_about"))
    months = right.number_input(say("tune.limits_months"), min_value=1, max_value=60, value=HORIZON)
    try:
        plan = plan_again(
            part,
            limits_of(
                part,
                total,
                hours=hours,
                no_additional_cost=free,
                horizon=int(months),
                largest_change=part.plan["largest_change"],
            ),
        )
    except AttuneError as refused:
        st.warning(writing.sentence(refused))
        return
    st.write(" ".join([_gain(plan, report), _cost(plan, report)]))
    shown = pd.DataFrame(
        {
            "function": [title_of(f) for f in plan.table["function"]],
            "current": [write_money(v, report) for v in plan.table["current"]],
            "proposed": [write_money(v, report) for v in plan.table["proposed"]],
        }
    )
    with st.expander(say("tune.limits_plan")):
        tables.table(
            plan.table,
            "limits",
            {c: say(f"tune.column_{c}") for c in shown},
            shown=shown,
            height=35 * len(shown) + 38,
        )


def _hours_now(part: TuningPart) -> str:
    """Hours that the present budgets need, at what the initiatives booked."""
    each = part.table["hours_per_unit"]
    if each.isna().all():
        return say("tune.limits_no_hours")
    return say("tune.limits_hours_now", hours=f"{(each * part.table['current']).sum():,.0f}")


def _gain(plan: Allocation, report: Report) -> str:
    if not np.isfinite(plan.probability):
        return say("tune.limits_stays")
    return say(
        "tune.limits_gain",
        gain=write_money(plan.gain, report),
        low=write_money(plan.low, report),
        high=write_money(plan.high, report),
        level=f"{plan.level:.0f}",
        probability=chance(plan.probability),
    )


def _cost(plan: Allocation, report: Report) -> str:
    if not np.isfinite(plan.net_cost):
        return say("tune.limits_no_savings")
    side = "over" if plan.net_cost <= 0 else "short"
    return say(
        f"tune.limits_{side}",
        amount=write_money(abs(plan.net_cost), report),
        months=plan.horizon,
        probability=chance(plan.free),
    )


def where_from(report: Report, current: session.Session) -> None:
    """Show method, assumptions and revision, and the cells of the spending."""
    part = report.tuning
    values: Assumptions = report.assumptions
    with st.expander(say("tune.where")):
        writing.show_quiet(
            say(
                "tune.where_about",
                revision=report.revision,
                confidence=write_share(values["plan_confidence"]),
                change=write_share(values["largest_change"]),
                months=part.plan["months"],
                ramp=f"{values['ramp_half_months']:.0f}",
                seed=part.plan["seed"],
                multiplier=number(part.plan["multiplier"]),
                evidence=write_month(pd.Timestamp(part.plan["evidence"])),
            )
        )
        costs = current.snapshot["costs"]
        mine = sorted(set(costs["function"]) & set(part.table["function"]))
        if not mine:
            return
        function = st.selectbox(say("tune.where_function"), mine, format_func=title_of)
        rows = costs[costs["function"] == function].sort_values("month", ascending=False)
        writing.show_quiet(say("tune.where_rows", n=len(rows), function=title_of(function)))
        wanted = ["month", "initiative", "category", "amount", "currency", "place", "upload"]
        columns = {c: say(f"table.{c}") for c in wanted if c not in ("month", "amount")}
        columns["month"] = st.column_config.DateColumn(say("table.month"), format="MMM YYYY")
        columns["amount"] = st.column_config.NumberColumn(say("table.amount"), format="%,.2f")
        tables.table(rows[wanted], f"{function} spending", columns)
