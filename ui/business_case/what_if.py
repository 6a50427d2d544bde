"""What-if: sliders beside the saved assumptions, and scenarios compared; nothing is overwritten."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from loop import entries
from metrics.assumptions import BY_KEY, Assumptions
from metrics.business_case.part import ProgrammeCase, Scenario
from metrics.frames.frame import iterate_rows
from metrics.report import Report
from metrics.units import SHARE, write_chance
from ui.business_case import charts as draw
from ui.business_case import costs_alone
from ui.business_case.case import write_money
from ui.door import session, tables, writes
from ui.look import writing
from ui.look.theme import tokens
from words import say

SHARES = ("discount_rate", "recapture_factor", "contribution_margin")
SliderValues = dict[str, float]


def saved_values(report: Report) -> SliderValues:
    """Return where the sliders stand when nothing is changed: factors at one, the rest as saved."""
    return {
        "adoption": 1.0,
        "people": 1.0,
        "delay": 0.0,
        **{key: report.assumptions[key] for key in (*SHARES, "horizon_months")},
    }


def sliders(report: Report, current: session.Session) -> None:
    """Show the case under other values beside the case as saved."""
    writing.heading(say("case.what_if"), say("case.what_if_about"))
    base, values = saved_values(report), {}
    left, right = st.columns(2, gap="large")
    round_ = session.recall("what-if-round") or 0

    def slider(place, key: str, low: float, high: float, step: float, percent: bool) -> None:
        scale = 100 if percent else 1
        values[key] = (
            place.slider(
                say(f"case.slider_{key}"),
                round(low * scale),
                round(high * scale),
                round(base[key] * scale),
                round(step * scale),
                format="%d %%" if percent else "%d",
                key=f"what-if-{key}-{round_}",
            )
            / scale
        )

    slider(left, "adoption", 0.0, 2.0, 0.05, True)
    slider(left, "people", 0.0, 2.0, 0.05, True)
    slider(left, "delay", 0, 24, 1, False)
    slider(
        left,
        "horizon_months",
        BY_KEY["horizon_months"].low,
        BY_KEY["horizon_months"].high,
        12,
        False,
    )
    for key in SHARES:
        slider(right, key, BY_KEY[key].low, BY_KEY[key].high, 0.01, True)
    if right.button(say("case.reset"), icon=":material/restart_alt:", type="tertiary"):
        session.remember("what-if-round", round_ + 1)
        st.rerun()
    case = evaluate(report, current, values)
    if case.reason and costs_alone.known(case):
        costs_alone.headline(report, case)
        return
    if case.reason:
        writing.show_quiet(say("case.what_if_none"))
        return
    _draw_paths(report, case)
    _keep(current, values)


def evaluate(report: Report, current: session.Session, values: SliderValues) -> ProgrammeCase:
    """Return the case under values of the sliders."""
    changes = {k: v for k, v in values.items() if k in BY_KEY}
    chosen = report.assumptions.changes | {
        k: v for k, v in changes.items() if v != report.assumptions[k]
    }
    scenario = Scenario(values["adoption"], values["people"], round(values["delay"]))
    return current.what_if(Assumptions(chosen), scenario)


def _draw_paths(report: Report, case: ProgrammeCase) -> None:
    base = report.case
    writing.cards(
        [
            (
                say("case.npv"),
                write_money(case.npv, report),
                say(
                    "case.range80",
                    low=write_money(case.p10, report),
                    high=write_money(case.p90, report),
                ),
                say("case.saved_is", value=write_money(base.npv, report)),
            ),
            (
                say("case.roi"),
                SHARE.write(case.roi),
                say("case.roi_about"),
                say("case.saved_is", value=SHARE.write(base.roi)),
            ),
            (
                say("case.payback_title"),
                _payback(case),
                say("case.payback_about"),
                say("case.saved_is", value=_payback(base)),
            ),
            (
                say("case.probability"),
                write_chance(case.probability),
                say("case.probability_about"),
                say("case.saved_is", value=write_chance(base.probability)),
            ),
        ]
    )
    rows = pd.concat(
        [
            one.monthly.dropna(subset="month")[["month", "cumulative"]]
            .rename(columns={"cumulative": "amount"})
            .assign(line=name)
            for name, one in ((say("case.line_what_if"), case), (say("case.line_saved"), base))
        ]
    )
    words = say(
        "case.what_if_words",
        what_if=write_money(case.monthly["cumulative"].iloc[-1], report),
        saved=write_money(base.monthly["cumulative"].iloc[-1], report),
    )
    writing.show_quiet(say("case.cumulative_about"))
    st.altair_chart(draw.paths(rows, report.currency, tokens(), description=words))


def _payback(case: ProgrammeCase) -> str:
    return (
        say("case.never", months=case.months)
        if math.isnan(case.payback_months)
        else say("case.payback", months=f"{case.payback_months:.0f}")
    )


def _keep(current: session.Session, values: SliderValues) -> None:
    with st.form("keep-scenario", border=False):
        left, right = st.columns([3, 1], vertical_alignment="bottom")
        name = left.text_input(say("case.scenario_name"), max_chars=60)
        if right.form_submit_button(say("case.scenario_keep"), width="stretch") and name.strip():
            _save(current, name.strip(), values)


def _save(current: session.Session, name: str, values: SliderValues | None) -> None:
    writes.attempt(
        lambda: entries.keep_scenario(current.workspace, current.client.revision, name, values)
    )


def scenarios(report: Report, current: session.Session) -> None:
    """Compare the scenarios that were kept with the case as saved."""
    kept = current.workspace.document("scenarios") or {}
    writing.heading(say("case.scenarios"), say("case.scenarios_about"))
    if not kept:
        writing.show_quiet(say("case.scenarios_none"))
        return
    named = {say("case.line_saved"): saved_values(report)} | {
        name: saved_values(report) | values for name, values in kept.items()
    }
    rows = []
    for name, values in named.items():
        case = evaluate(report, current, values)
        rows.append(
            {
                "scenario": name,
                **{k: values[k] for k in saved_values(report)},
                "npv": case.npv,
                "low": case.p10,
                "high": case.p90,
                "roi": case.roi,
                "payback_months": case.payback_months,
                "probability": case.probability,
            }
        )
    table = pd.DataFrame(rows)
    percent = ("adoption", "people", *SHARES, "roi", "probability")
    look = {
        c: st.column_config.NumberColumn(say(f"case.column_{c}"), format="percent") for c in percent
    }
    look |= {
        c: st.column_config.NumberColumn(say(f"case.column_{c}"), format="%,.0f")
        for c in ("delay", "horizon_months", "npv", "low", "high", "payback_months")
    }
    look["scenario"] = st.column_config.TextColumn(say("case.scenario"), pinned=True)
    order = [
        "scenario",
        "npv",
        "low",
        "high",
        "probability",
        "roi",
        "payback_months",
        *saved_values(report),
    ]
    with st.container(key="wide-scenarios"):
        tables.table(table[order], f"{current.client.name} scenarios", look)
    with st.container(key="narrow-scenarios"):
        writing.cards(
            [
                (
                    r.scenario,
                    write_money(r.npv, report),
                    say(
                        "case.range80",
                        low=write_money(r.low, report),
                        high=write_money(r.high, report),
                    ),
                    say("case.card_probability", probability=write_chance(r.probability)),
                )
                for r in iterate_rows(table)
            ]
        )
    gone = st.selectbox(say("case.scenario_delete"), list(kept), index=None)
    if gone and st.button(say("case.scenario_remove"), type="tertiary"):
        _save(current, gone, None)
