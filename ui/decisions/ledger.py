"""What the Tune page keeps: the form to decide, ledger, calibration, the loop's own KPIs."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import streamlit as st

from loop import decisions
from metrics.frames.decisions import KINDS
from metrics.frames.frame import iterate_rows
from metrics.functions import KPIS
from metrics.model import ALL
from metrics.report import Report
from metrics.tuning.ledger import valid_decisions
from metrics.tuning.targets import PROBABILITY, propose
from metrics.units import write_day, write_month
from ui.decisions import charts
from ui.decisions.plan import (
    chance,
    number,
    title_of,
    write_exactly,
    write_money,
    write_share,
)
from ui.door import session, tables, writes
from ui.look import writing
from ui.look.theme import tokens
from words import say

SHOWN = 3
TARGET_WIDTHS = {"function": 120, "kpi": 220, "target": 170, "mean": 170, "drivers": 260}
LEDGER_WIDTHS = {
    "day": 90,
    "function": 130,
    "change": 120,
    "promised": 140,
    "state": 290,
    "why": 150,
}


def decide(current: session.Session, report: Report) -> None:
    """Take a decision with owner, date and reason, and freeze its prediction."""
    part = report.tuning
    writing.heading(say("tune.decide"), say("tune.decide_about"))
    table = part.table.set_index("function")
    with st.expander(say("tune.decide")), st.container():
        left, right = st.columns(2, gap="medium")
        function = left.selectbox(
            say("tune.decide_function"), list(table.index), format_func=title_of
        )
        kind = right.selectbox(
            say("tune.decide_kind"), KINDS, format_func=lambda k: say(f"tune.kind_{k}")
        )
        one = table.loc[function]
        usual = {"keep": one["current"], "stop": 0.0}.get(kind, one["proposed"])
        after = left.number_input(
            say("tune.decide_after", currency=report.currency),
            min_value=0.0,
            value=round(float(usual), 2),
            step=100.0,
            key=f"after-{function}-{kind}",
        )
        names = part.realisation.loc[part.realisation["function"] == function, "initiative"]
        initiative = right.selectbox(
            say("tune.decide_initiative"),
            ["", *names],
            format_func=lambda name: name or say("tune.decide_whole"),
        )
        owner = left.text_input(say("tune.decide_owner"))
        day = right.date_input(say("tune.decide_day"), value=date.today())
        reason = st.text_input(say("tune.decide_reason"))
        live = valid_decisions(part.ledger)
        live = live.loc[live["function"] == function, "decision"] if len(live) else []
        replaced = left.selectbox(
            say("tune.decide_supersedes"),
            ["", *live],
            format_func=lambda d: d or say("tune.decide_none"),
        )
        call = right.number_input(
            say("tune.decide_call"), value=None, step=100.0, help=say("tune.decide_call_about")
        )
        low = left.number_input(say("tune.decide_call_low"), value=None, step=100.0)
        high = right.number_input(say("tune.decide_call_high"), value=None, step=100.0)
        if st.button(say("tune.decide_submit"), type="primary"):
            known = all(v is not None for v in (call, low, high))
            _save(
                current,
                {
                    "function": function,
                    "kind": kind,
                    "after": after,
                    "initiative": initiative,
                    "owner": owner,
                    "day": day,
                    "reason": reason,
                    "supersedes": replaced,
                    **({"call": call, "call_low": low, "call_high": high} if known else {}),
                },
            )
        writes.message(loud=True)


def _save(current: session.Session, choice: dict) -> None:
    writes.attempt(
        lambda: decisions.decide(
            current.workspace, current.client.revision, pd.DataFrame([choice])
        ),
        lambda number: say("tune.decide_done", revision=number),
    )


def show_last(report: Report) -> None:
    """Show the last three decisions and what became of them."""
    rows = report.tuning.ledger
    writing.heading(say("tune.last"))
    if rows.empty:
        writing.show_quiet(say("tune.last_none"))
        return
    writing.cards(
        [
            (
                _spoken_of(r),
                _budget(r, report),
                f"{r.owner}, {write_day(r.day)}: {r.reason}",
                _outcome_sentence(r, report),
            )
            for r in iterate_rows(rows.head(SHOWN))
        ]
    )


def _spoken_of(one) -> str:
    return f"{title_of(one.function)}: {say(f'tune.kind_{one.kind}')}"


def _budget(one, report: Report) -> str:
    if not np.isfinite(one.before):
        return ""
    before, after = write_exactly(one.before, report), write_exactly(one.after, report)
    return before if abs(one.after - one.before) < 0.005 else f"{before} → {after}"


def _promised_sentence(one, report: Report) -> str:
    if not (np.isfinite(one.promised) and one.promised):
        return say("tune.promised_nothing" if one.promised == 0 else "tune.promised_unknown")
    bounds = {
        "low": write_money(one.promised_low, report),
        "high": write_money(one.promised_high, report),
    }
    return say("tune.promised", promised=write_money(one.promised, report), **bounds)


def _due(one, report: Report) -> str:
    late = one.due < pd.Timestamp(report.as_of).to_period("M").to_timestamp()
    return say("decision.overdue" if late else "decision.due", month=write_month(one.due))


def _outcome_sentence(one, report: Report) -> str:
    if one.state == "running":
        return f"{say('tune.state_running')} {_due(one, report)}"
    if one.state != "scored":
        return say(f"tune.state_{one.state}")
    inside = "inside" if one.inside else "outside"
    lines = [
        say("decision.kept" if one.actual >= one.low else "decision.broken"),
        say(
            f"tune.state_{inside}",
            actual=write_money(one.actual, report),
            low=write_money(one.low, report),
            high=write_money(one.high, report),
        ),
    ]
    if isinstance(one.team, str) and one.team not in ("", ALL):
        lines.append(say("tune.state_teams", teams=one.team.replace("; ", ", ")))
    if np.isfinite(one.ratio) and one.effect_error > abs(one.promised):
        lines.append(say("tune.state_noise"))
    elif np.isfinite(one.ratio):
        lines.append(
            say("tune.state_ratio", ratio=number(one.ratio), multiplier=number(one.earned))
        )
    elif not one.promised:
        lines.append(say("tune.state_no_ratio"))
    if isinstance(one.caller, str) and one.caller:
        hit = "open" if pd.isna(one.call_inside) else "inside" if one.call_inside else "outside"
        lines.append(
            say(
                "tune.state_call",
                owner=one.caller,
                call=write_money(one.call, report),
                hit=say(f"tune.hit_{hit}"),
            )
        )
    if one.scores > 1:
        lines.append(say("tune.rescored", times=f"{one.scores:.0f}"))
    return " ".join(lines)


def ledger(report: Report) -> None:
    """Show every decision, and whether issued intervals keep their word."""
    part = report.tuning
    rows = part.ledger
    if rows.empty:
        return
    writing.heading(say("tune.ledger"), say("tune.ledger_about"))
    shown = pd.DataFrame(
        [
            {
                "day": write_day(r.day),
                "function": _spoken_of(r),
                "change": _budget(r, report),
                "promised": _promised_sentence(r, report),
                "state": _outcome_sentence(r, report),
                "why": f"{r.owner}: {r.reason}",
            }
            for r in iterate_rows(rows)
        ]
    )
    with st.container(key="wide-tune-ledger"):
        columns = {
            c: st.column_config.TextColumn(say(f"tune.column_{c}"), width=LEDGER_WIDTHS[c])
            for c in shown
        }
        tables.table(
            rows,
            "ledger",
            columns,
            shown=shown,
            row_height=90,
            height=min(90 * len(shown) + 38, 580),
        )
    with st.container(key="narrow-tune-ledger"):
        writing.cards(
            [
                (f"{r.day} · {r.function}", r.change, r.why, r.state)
                for r in iterate_rows(shown.head(12))
            ]
        )


def calibration(report: Report) -> None:
    """Show how often issued intervals held, by level, function and person."""
    part = report.tuning
    writing.heading(say("tune.calibration"), say("tune.calibration_about"))
    table = part.reliability
    whole = table[(table["kind"] == "all") & table["rate"].notna()] if len(table) else table
    if whole.empty:
        writing.show_quiet(say("tune.calibration_none"))
        return
    said = [
        say("tune.calibration_said", level=f"{r.level:.0f}", hits=f"{r.hits:.0f}", n=f"{r.n:.0f}")
        for r in iterate_rows(whole)
    ]
    drawn = whole[["level"]].assign(
        said=said, **{c: 100 * whole[c] for c in ("rate", "low", "high")}
    )
    left, right = st.columns([2, 3], gap="large")
    left.altair_chart(
        charts.calibration(drawn, tokens(), description="; ".join(said)), width="content"
    )
    groups = table[(table["kind"] != "all") & (table["level"] == 80)]
    # Persons and models first: there are few of them, and functions can be many.
    groups = groups.sort_values("kind", key=lambda kind: kind == "function", kind="stable")
    shown = pd.DataFrame(
        [
            {
                "group": say(
                    "tune.calibration_group",
                    kind=say(f"tune.group_{r.kind}"),
                    name=title_of(r.name),
                ),
                "hits": f"{r.hits:.0f} / {r.n:.0f}",
                "rate": write_share(r.rate) if np.isfinite(r.rate) else writing.reason(r.reason),
                "sharpness": write_share(r.sharpness),
            }
            for r in groups.itertuples(index=False)
        ]
    )
    if shown.empty:
        return
    with right, st.container(key="wide-tune-calibration"):
        tables.table(
            table,
            "calibration",
            {c: say(f"tune.column_{c}") for c in shown},
            shown=shown,
            height=35 * len(shown) + 38,
        )
    with right, st.container(key="narrow-tune-calibration"):
        writing.cards(
            [
                (r.group, r.rate, r.hits, say("tune.card_width", width=r.sharpness))
                for r in iterate_rows(shown)
            ]
        )


def own_kpis(report: Report) -> None:
    """Show how well the loop itself runs."""
    about = ""
    for one in iterate_rows(report.tuning.cycles.tail(1)):
        about = say("tune.cycles_about", cycle=one.cycle, state=say(f"tune.cycle_{one.state}"))
    writing.heading(say("tune.loop_kpis"), about)
    rows = []
    for one in iterate_rows(report.loop.kpis):
        write = number if one.key == "realisation" else write_share
        figure = f"{one.value:.0f}" if one.key == "days_to_retune" else write(one.value)
        known = np.isfinite(one.value)
        rows.append(
            (
                say(f"tune.loop_{one.key}"),
                figure if known else say("tile.cannot_tell"),
                say("tune.loop_of", n=f"{one.n:.0f}") if known else writing.reason(one.reason),
                "",
            )
        )
    writing.cards(rows)


def realisation(report: Report) -> None:
    """Show what initiatives promised and what they delivered."""
    rows = report.tuning.realisation
    if rows.empty:
        return
    writing.heading(say("tune.realisation"), say("tune.realisation_about"))
    shown = pd.DataFrame(
        [
            {
                "initiative": r.initiative,
                "expected": write_share(r.expected),
                "delivered": write_share(r.delivered),
                "ratio": number(r.ratio) if np.isfinite(r.ratio) else writing.reason(r.reason),
                "multiplier": number(r.multiplier) if np.isfinite(r.multiplier) else "",
            }
            for r in iterate_rows(rows)
        ]
    )
    with st.container(key="wide-tune-realisation"):
        tables.table(
            rows,
            "realisation",
            {c: say(f"tune.column_{c}") for c in shown},
            shown=shown,
            height=35 * len(shown) + 38,
        )
    with st.container(key="narrow-tune-realisation"):
        writing.cards(
            [
                (
                    r.initiative,
                    r.ratio,
                    say("tune.card_promised", expected=r.expected, delivered=r.delivered),
                    say("tune.card_multiplier", value=r.multiplier) if r.multiplier else "",
                )
                for r in iterate_rows(shown)
            ]
        )


def targets(report: Report) -> None:
    """Show targets that are within reach, reputation only beside its drivers."""
    table = propose(report.forecasts.forecasts)
    if table.empty:
        return
    writing.heading(
        say("tune.targets"),
        say(
            "tune.targets_about",
            probability=chance(PROBABILITY),
            month=write_month(table["month"].max()),
        ),
    )
    shown = pd.DataFrame(
        [
            {
                "function": title_of(r.function),
                "kpi": KPIS[r.kpi].title,
                "target": KPIS[r.kpi].unit.write(r.value, report.currency)
                if not r.reason
                else writing.reason(r.reason),
                "mean": KPIS[r.kpi].unit.write(r.expected, report.currency),
                "drivers": _drivers(r.drivers),
            }
            for r in iterate_rows(table)
        ]
    )
    with st.container(key="wide-tune-targets"):
        columns = {
            c: st.column_config.TextColumn(say(f"tune.column_{c}"), width=TARGET_WIDTHS[c])
            for c in shown
        }
        tables.table(table, "targets", columns, shown=shown, height=35 * len(shown) + 38)
    with st.container(key="narrow-tune-targets"):
        writing.cards(
            [
                (
                    say("tune.card_target", kpi=r.kpi),
                    r.target,
                    say("tune.card_expected", value=r.mean),
                    r.drivers,
                )
                for r in iterate_rows(shown)
            ]
        )


def _drivers(names: str) -> str:
    titles = [KPIS[name].title for name in names.split("; ") if name]
    return say("tune.target_driven", drivers=titles) if titles else ""
