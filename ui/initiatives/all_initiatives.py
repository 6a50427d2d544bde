"""What the Initiatives page shows of all initiatives together, and the way to one of them."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from metrics.frames.frame import iterate_rows
from metrics.functions import KPIS
from metrics.model import Better
from metrics.report import Report
from metrics.units import MONEY, SHARE
from ui.door import session
from ui.initiatives import charts
from ui.look import writing
from ui.look.theme import tokens
from ui.look.writing import keep_together
from words import say

PARTS = ("all", "one")


def available(report: Report) -> bool:
    """Is there any initiative?"""
    return len(report.effects.effects) > 0


def headline(report: Report) -> None:
    """Say how many initiatives show an effect, what they save, and what is not shown."""
    part = report.effects
    table = part.effects
    shown = table[table["grade"] != ""]
    code = "shown_none" if shown.empty else "shown_one" if len(table) == 1 else "shown"
    first = say(f"model.{code}", shown=len(shown), all=len(table))
    saves = (
        say("model.saves_nothing")
        if part.reason
        else say(
            f"model.together_{report.value.verdict.replace(' ', '_')}",
            saving=write_money(abs(part.saving), report),
            level=f"{part.saving_level:.0f}",
            low=write_money(part.saving_low, report),
            high=write_money(part.saving_high, report),
        )
    )
    worse = [r.initiative for r in iterate_rows(shown) if _direction(r) == "worse"]
    lines = [
        say(f"model.support_{code}", names="; ".join(names))
        for code, names in (
            ("not_shown", table.loc[table["verdict"] == "not shown", "initiative"]),
            ("cannot_tell", table.loc[table["verdict"] == "cannot tell", "initiative"]),
            ("worse", worse),
        )
        if len(names)
    ]
    others = int(shown["saving"].isna().sum())
    if others:
        lines.insert(0, say("model.support_others", n=others))
    judged = table["found"].dropna()
    if len(judged):
        lines.append(say("model.support_discoveries", all=len(judged), found=int(judged.sum())))
    writing.statement(f"{first} {saves}", " ".join(lines))


def forest(report: Report) -> None:
    """Show every initiative's effect, the best first."""
    table = report.effects.effects
    known = table.dropna(subset="relative")
    writing.heading(
        say("model.forest"), say("model.forest_about", level=f"{table['level'].iloc[0]:.0f}")
    )
    if len(known):
        rows = pd.DataFrame([_forest_row(one) for one in iterate_rows(known)])
        rows = rows.sort_values("value", ascending=False)
        words = "; ".join(
            say(
                "model.forest_row",
                initiative=r.label,
                kpi=r.kpi,
                value=r.shown,
                range=r.between,
                verdict=r.verdict,
            )
            for r in iterate_rows(rows)
        )
        st.altair_chart(charts.forest(rows, tokens(), description=words))
    for row in iterate_rows(table[table["reason"] != ""]):
        writing.show_quiet(
            say(
                "model.forest_refused", initiative=row.initiative, reason=writing.reason(row.reason)
            )
        )


def _forest_row(one) -> dict:
    kpi = KPIS[one.kpi]
    turned = -1 if kpi.better is Better.LOWER else 1
    low, high = sorted((turned * one.relative_low, turned * one.relative_high))
    return {
        "label": one.initiative,
        "kpi": kpi.title,
        "mood": _direction(one),
        "verdict": one.verdict,
        "value": turned * one.relative,
        "low": low,
        "high": high,
        "hoped": turned * one.expected,
        "shown": percent(one.relative),
        "said": f"{percent(one.relative)} · {one.verdict}",
        "between": write_interval(one.relative_low, one.relative_high),
        "hoped_said": percent(one.expected),
    }


def _direction(one) -> str:
    if not one.grade or KPIS[one.kpi].better is Better.BAND:
        return ""
    return "better" if (one.estimate > 0) == (KPIS[one.kpi].better is Better.HIGHER) else "worse"


def percent(value: float) -> str:
    return keep_together(("+" if value > 0 else "") + SHARE.write(value))


def write_money(value: float, report: Report) -> str:
    return keep_together(MONEY.write(value, report.currency))


def write_interval(low: float, high: float) -> str:
    return say("table.from_to", low=percent(low), high=percent(high))


def choose(report: Report) -> Any:
    """Ask for the initiative; the address remembers it. Returns its row of ``effects``."""
    table = report.effects.effects
    options = tuple(table["initiative"])
    default = session.from_address("initiative", options, options[0])
    picked = st.selectbox(
        say("model.pick"),
        options,
        index=options.index(default),
        label_visibility="collapsed",
        key="initiative",
    )
    session.to_address(initiative=picked)
    return row(report, picked)


def row(report: Report, initiative: str):
    """Return the row of ``effects`` of an initiative."""
    table = report.effects.effects
    return next(one for one in iterate_rows(table) if one.initiative == initiative)
