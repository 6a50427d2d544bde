"""What the Forecast page shows of the programme: where it leads, and what another plan would do."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from metrics.errors import AttuneError
from metrics.outlook.impact import ADVOCACY
from metrics.outlook.scenarios import PLAN, SAVING, TUNED, Plan
from metrics.outlook.what_if import CHOSEN, what_if
from metrics.proposals.proposal import Action
from metrics.report import Report
from metrics.units import INDEX, MATURITY, MONEY, POINTS, write_month
from ui.door import session
from ui.look import fan, writing
from ui.look.theme import tokens
from ui.look.writing import keep_together
from words import say

UNITS = {
    "saving": MONEY,
    "net": MONEY,
    "net_present_value": MONEY,
    "advocacy": POINTS,
    "maturity": MATURITY,
    "divide": INDEX,
}
LONGEST_DELAY = 12


def impact(report: Report) -> None:
    """Show saving, net, net present value, advocacy, maturity and the divide over time."""
    part = report.forecasts
    writing.heading(say("outlook.impact"), say("outlook.impact_about"))
    shown = list(UNITS)
    for first in range(0, len(shown), 3):
        for column, item in zip(st.columns(3, gap="medium"), shown[first : first + 3], strict=True):
            with column:
                _item(report, part.impact[part.impact["item"] == item], item)


def _item(report: Report, rows: pd.DataFrame, item: str) -> None:
    unit, title = UNITS[item], say(f"outlook.item_{item}")
    plan = rows[rows["scenario"] == PLAN]
    if plan.empty or plan["period"].isna().all():
        why = plan["reason"].iloc[0] if len(plan) else "too_short"
        writing.cards([(title, say("tile.cannot_tell"), writing.reason(why), "")])
        return
    end = plan[plan["level"] == 80].iloc[-1]
    told = {n: unit.write(end[n], report.currency) for n in ("mean", "low", "high")}
    best = rows[(rows["scenario"] == TUNED) & (rows["level"] == 80)].tail(1)
    other = ""
    if len(best):
        value = unit.write(best["mean"].iloc[0], report.currency)
        other = say("outlook.item_tuned", value=value)
    month = write_month(end["period"])
    writing.cards(
        [
            (
                title,
                told["mean"],
                say("outlook.item_range", month=month, low=told["low"], high=told["high"]),
                other,
            )
        ]
    )
    st.altair_chart(
        fan.small(
            _past_values(report, item),
            plan,
            unit,
            report.currency,
            tokens(),
            description=f"{title}: {told['mean']}",
        )
    )


def _past_values(report: Report, item: str) -> pd.DataFrame | None:
    series = {"saving": SAVING, "advocacy": ADVOCACY}.get(item)
    history = report.forecasts.history
    rows = history[history["series"] == series].dropna() if series else history.head(0)
    return rows[["period", "value"]] if len(rows) else None


def _advised(report: Report, names: Sequence[str]) -> dict[str, list[str]]:
    """Return the running initiatives that the one list would stop or extend now."""
    table = report.proposals.table
    ripe = table[table["rank"].notna() & table["ripe"]]
    subjects = {
        action: set(ripe.loc[ripe["action"] == action, "subject"])
        for action in (Action.STOP, Action.EXTEND)
    }
    # An extension goes by the name its waves share: what stands before their comma.
    return {
        str(action): [name for name in names if name in mine or name.split(",")[0].strip() in mine]
        for action, mine in subjects.items()
    }


def try_plan(current: session.Session, report: Report) -> None:
    """Let somebody stop, extend, delay and limit, and say what that changes."""
    levers = report.forecasts.levers
    running = levers[levers["running"]]
    writing.heading(say("outlook.what_if"), say("outlook.what_if_about"))
    if running.empty:
        writing.show_quiet(say("outlook.what_if_none"))
        return
    names = tuple(running["initiative"])
    open_to = tuple(
        running.loc[
            (running["open"] > 0) & running["shown"] & ~running["capped"].astype(bool), "initiative"
        ]
    )
    advised = _advised(report, names)
    advised[Action.EXTEND] = [name for name in advised[Action.EXTEND] if name in open_to]
    left, right = st.columns(2, gap="large")
    stop = left.multiselect(say("outlook.stop"), names, default=advised["stop"], key="plan-stop")
    extend = left.multiselect(
        say("outlook.extend"),
        open_to,
        default=advised["extend"],
        key="plan-extend",
        help=say("outlook.extend_help"),
    )
    delay = right.slider(say("outlook.delay"), 0, LONGEST_DELAY, 0, key="plan-delay")
    spent = float(running["cost"].sum())
    limit = right.number_input(
        say("outlook.budget", currency=report.currency),
        min_value=0.0,
        value=None,
        step=round(max(spent, 1000) / 20, -2) or 50.0,
        key="plan-budget",
        placeholder=say("outlook.budget_none", cost=MONEY.write(spent, report.currency)),
    )
    plan = Plan(tuple(stop), tuple(extend), delay, float("inf") if limit is None else limit)
    run = current.planned_futures()
    try:
        found = what_if(run, plan)
    except AttuneError as refused:
        st.warning(writing.sentence(refused))
        return
    _totals(report, found.totals)
    left_out = sorted(set(plan.extend) - set(found.plan.extend))
    stopped = sorted(set(found.plan.stop) - set(plan.stop))
    if left_out or stopped:
        writing.show_quiet(say("outlook.budget_cut", names=[*left_out, *stopped]))


def _totals(report: Report, totals: pd.DataFrame) -> None:
    cells = totals.set_index(["item", "scenario"])

    def card(item: str) -> tuple[str, str, str, str]:
        def write(scenario: str, name: str, change: bool = False) -> str:
            value = cells.loc[(item, scenario), name]
            return keep_together(MONEY.write(value, report.currency, change)).replace(
                "+", "+\u2060"
            )

        return (
            say(f"outlook.total_{item}"),
            write(CHOSEN, "mean"),
            say("outlook.total_range", low=write(CHOSEN, "low"), high=write(CHOSEN, "high")),
            say(
                "outlook.total_against",
                plan=write(PLAN, "mean"),
                change=write("difference", "mean", True),
                low=write("difference", "low", True),
                high=write("difference", "high", True),
            ),
        )

    writing.cards([card(item) for item in ("saving", "cost", "net")])
