"""The programme's own economics on the Business case page."""

from __future__ import annotations

import html

import pandas as pd
import streamlit as st

from metrics.business_case.economics import MEASURED, RAMP_MONTHS, rank_candidates
from metrics.frames.frame import iterate_rows
from metrics.functions import title
from metrics.proposals.proposal import Action
from metrics.report import Report
from metrics.units import POINTS, SHARE, write_chance, write_month
from readout.proposals import say_proposals
from ui.business_case import charts as draw
from ui.business_case.case import write_money
from ui.door import tables
from ui.look import writing
from ui.look.theme import tokens
from words import say

MOOD = {"met": "better", "not_met": "worse", "unknown": ""}


def lights(report: Report, client: str) -> None:
    """Show the four lights of the no-additional-cost test, each with its probability."""
    part = report.economics
    writing.heading(say("case.lights"), say("case.lights_about"))
    met = int((part.lights["state"] == "met").sum())
    known = int((part.lights["state"] != "unknown").sum())
    st.write(say("case.lights_said", met=met, known=known))
    inside = "".join(_light(light, report) for light in iterate_rows(part.lights))
    st.html(f'<div class="attune-tiles">{inside}</div>')
    if part.net_cost.empty:
        return
    rows = part.net_cost.dropna(subset="month").rename(columns={"net": "amount"})
    rows = rows.assign(line=say("case.net_cost"))
    end = write_money(part.net_cost["net"].iloc[-1], report)
    words = (
        say("case.net_cost_met", month=write_month(pd.Timestamp(part.met_month)), end=end)
        if part.met_month
        else say("case.net_cost_open", end=end)
    )
    st.write(words)
    st.altair_chart(
        draw.paths(
            rows[["month", "amount", "line"]],
            report.currency,
            tokens(),
            description=words,
            height=180,
        )
    )
    tables.folded_table(
        say("case.table"),
        part.net_cost.dropna(subset="month"),
        f"{client} net cost",
        {
            "month": st.column_config.DateColumn(say("table.month"), format="YYYY-MM"),
            **{
                c: st.column_config.NumberColumn(say(f"case.column_{c}"), format="%,.2f")
                for c in ("cost", "reduction", "net")
            },
        },
    )


def _light(light, report: Report) -> str:
    name = say(f"case.light_{light.name}")
    if light.state == "unknown":
        state, line = (
            say("case.light_unknown"),
            say(f"case.light_reason_{light.reason}")
            if (light.reason in ("no_series", "series_too_short"))
            else say("case.light_no_case"),
        )
        figure = "–"
    else:
        figure = write_chance(light.probability)
        state = say(f"case.light_{light.state}")
        line = say(f"case.light_{light.name}_value", value=_value(light, report))
        if light.trend:
            line += " " + say(f"case.trend_{light.trend}")
    mood = MOOD[light.state]
    return (
        f'<section class="attune-tile" aria-label="{html.escape(name)}">'
        f"<h3>{html.escape(name)}</h3>"
        f'<div class="figure">{html.escape(figure)}</div>'
        f'<p class="{mood}">{html.escape(state)}</p><p>{html.escape(line)}</p></section>'
    )


def _value(light, report: Report) -> str:
    if light.name == "cost":
        return write_money(light.value, report)
    if light.name == "market_share":
        return SHARE.write(light.value, change=True)
    return POINTS.write(light.value, change=True)


def delay(report: Report) -> None:
    """Show what waiting costs: now, later, and given up and tried again."""
    part = report.economics
    writing.heading(say("case.delay"), say("case.delay_about"))
    if part.full <= 0:
        writing.show_quiet(say("case.delay_none"))
        return
    last = part.ramp.iloc[-1]
    months = report.assumptions.whole("delay_months")
    facts = {
        "full": write_money(part.full, report),
        "now": write_money(last["now"], report),
        "later": write_money(last["later"], report),
        "restart": write_money(last["restart"], report),
        "cost": write_money(part.delay_cost, report),
        "delay": months,
        "months": RAMP_MONTHS,
    }
    st.write(say("case.delay_said", **facts))
    long = pd.concat(
        [
            part.ramp[["month", key]]
            .rename(columns={key: "amount"})
            .assign(line=say(f"case.path_{key}", delay=months))
            for key in ("now", "later", "restart")
        ]
    )
    st.altair_chart(
        draw.paths(long, report.currency, tokens(), description=say("case.delay_said", **facts))
    )
    writing.show_quiet(
        say(
            "case.hazard",
            hazard=SHARE.write(part.hazard),
            share=SHARE.write(report.assumptions["share_giving_up"]),
            within=report.assumptions.whole("giving_up_months"),
            expected=write_money(part.expected, report),
            months=RAMP_MONTHS,
        )
    )


def entry(report: Report, client: str) -> None:
    """Rank the functions to start or go on in; every input can be tried out in the table."""
    part = report.economics
    writing.heading(say("case.entry"), say("case.entry_about"))
    if part.entry.empty:
        writing.show_quiet(say("case.entry_none"))
        return
    inputs = ["function", "basis", "pv_benefit", "pv_cost", "low", "high", "survival", "effort"]
    given = part.entry[inputs].assign(
        function=[title(f) for f in part.entry["function"]],
        basis=[
            say("case.basis_measured" if b == MEASURED else "case.basis_analogy")
            for b in part.entry["basis"]
        ],
    )
    shown = st.container()
    with st.expander(say("case.entry_try")):
        look = {
            c: st.column_config.NumberColumn(say(f"case.column_{c}"), format="%,.0f")
            for c in ("pv_benefit", "pv_cost")
        }
        look |= {
            c: st.column_config.NumberColumn(say(f"case.column_{c}"), format="%.2f")
            for c in ("low", "high", "survival", "effort")
        }
        look |= {
            c: st.column_config.TextColumn(say(f"case.column_{c}"), disabled=True)
            for c in ("function", "basis")
        }
        tried = st.data_editor(
            given,
            hide_index=True,
            width="stretch",
            column_config=look,
            key=f"entry-{report.revision}",
        )
    usable = tried.dropna(subset=["pv_benefit", "pv_cost", "low", "high", "survival"])
    usable = usable.assign(mode=usable[["low", "high"]].mean(axis=1))
    sound = (usable["low"] <= usable["high"]) & usable["survival"].between(0, 1)
    if not sound.all():
        st.warning(say("case.entry_wrong"))
    found = rank_candidates(usable[sound], report.assumptions)
    with shown:
        _ranking(found, report, client)


def _ranking(found: pd.DataFrame, report: Report, client: str) -> None:
    if found.empty:
        return
    for one in say_proposals(report):
        if one.name.startswith(f"{Action.BEGIN}:") and not one.is_alternative:
            st.write(f"{one.what}: {one.figure} ({one.about}).")
    rows = found.rename(
        columns={"function": "label", "expected_npv": "value", "p10": "low_", "p90": "high_"}
    )
    rows = rows.assign(low=rows["low_"], high=rows["high_"])[["label", "value", "low", "high"]]
    words = "; ".join(f"{r.label} {write_money(r.value, report)}" for r in iterate_rows(rows))
    st.altair_chart(draw.whiskers(rows, report.currency, tokens(), description=words))
    columns = [
        "function",
        "basis",
        "expected_npv",
        "p10",
        "p90",
        "effort",
        "per_effort",
        "probability_best",
    ]
    look = {
        c: st.column_config.NumberColumn(say(f"case.column_{c}"), format="%,.0f")
        for c in ("expected_npv", "p10", "p90", "per_effort")
    }
    look |= {
        "effort": st.column_config.NumberColumn(say("case.column_effort"), format="%.1f"),
        "probability_best": st.column_config.NumberColumn(
            say("case.column_probability_best"), format="percent"
        ),
        "function": say("table.function"),
        "basis": say("case.column_basis"),
    }
    tables.folded_table(say("case.table"), found[columns], f"{client} entry points", look)


def kinds(report: Report, client: str) -> None:
    """Show the benefits by kind of change."""
    part = report.economics
    writing.heading(say("case.kinds"), say("case.kinds_about"))
    rows = part.kinds.sort_values("counted", ascending=False)
    rows = rows.assign(change=[say(f"case.change_{c or 'unsaid'}") for c in rows["change"]])
    if len(rows) == 1 and rows["change"].iloc[0] == say("case.change_unsaid"):
        writing.show_quiet(say("case.kinds_none"))
        return
    look = {
        c: st.column_config.NumberColumn(say(f"case.{c}"), format="%,.0f")
        for c in ("amount", "counted", "present_value")
    }
    tables.table(rows, f"{client} kinds of change", look | {"change": say("case.kind")})


def perception(report: Report, client: str) -> None:
    """Show the rank executives expect of a function beside the rank it was measured at."""
    part = report.economics
    writing.heading(say("case.perception"), say("case.perception_about"))
    known = part.perception[part.perception["reason"] == ""]
    if known.empty:
        writing.show_quiet(say("case.perception_none"))
        st.page_link("pages/data.py", label=say("case.to_inputs"), query_params={"view": "tables"})
        return
    for code, row in (
        ("under", known.loc[known["gap"].idxmin()]),
        ("over", known.loc[known["gap"].idxmax()]),
    ):
        if row["gap"] != 0:
            st.write(
                say(
                    f"case.perception_{code}",
                    function=title(str(row["function"])),
                    perceived=f"{row['perceived_rank']:.0f}",
                    measured=f"{row['measured_rank']:.0f}",
                )
            )
    rows = part.perception.assign(
        function=[title(str(f)) for f in part.perception["function"]],
        reason=[say(f"case.perception_{r}") if r else "" for r in part.perception["reason"]],
    ).sort_values("gap")
    look = {
        c: st.column_config.NumberColumn(say(f"case.column_{c}"), format="%.3g")
        for c in ("perceived", "perceived_rank", "measured_rank", "gap")
    }
    look |= {
        "measured": st.column_config.NumberColumn(say("case.present_value"), format="%,.0f"),
        "function": say("table.function"),
        "reason": say("table.reason"),
    }
    tables.table(rows, f"{client} perception", look)


def people(report: Report) -> None:
    """Show what training one person costs against hiring one."""
    part = report.practice
    writing.heading(say("case.people"), say("case.people_about"))
    st.write(writing.hire_or_train(part.hire, report.currency))
    long = pd.concat(
        [
            part.hire_path[["month", k]]
            .rename(columns={k: "amount"})
            .assign(line=say(f"case.path_{k}"))
            for k in ("train", "hire")
        ]
    )
    st.altair_chart(
        draw.paths(
            long, report.currency, tokens(), description=say("case.people_about"), height=180
        )
    )


def early(report: Report) -> None:
    """Show what earlier information is worth, outside the case."""
    part = report.economics
    values = report.assumptions
    writing.heading(say("case.early"), say("case.early_about"))
    if part.early == 0:
        writing.show_quiet(say("case.early_none"))
        return
    st.write(
        say(
            "case.early_said",
            value=write_money(part.early, report),
            before=SHARE.write(values["launch_failure_before"]),
            after=SHARE.write(values["launch_failure_after"]),
            loss=write_money(1_000 * values["launch_loss"], report),
            launches=values.whole("launches"),
        )
    )
