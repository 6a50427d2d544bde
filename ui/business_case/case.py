"""What the Business case page shows: the verdict, the flows, the evidence, the odds."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from metrics.business_case.lines import GRADES, INFLUENCED
from metrics.business_case.part import ProgrammeCase
from metrics.frames.frame import iterate_rows
from metrics.functions import field_title, title
from metrics.report import Report
from metrics.units import MONEY, SHARE, write_chance, write_month
from ui.business_case import charts as draw
from ui.door import cached, parts, session, tables
from ui.look import writing
from ui.look.theme import tokens
from words import knows, refusal, say

VIEWS = ("case", "what_if", "conditions", "assumptions")
MOST_LINES = 12


def choose() -> str:
    """Ask which side of the case to show; the address remembers it."""
    return parts.choose(VIEWS, lambda key: say(f"case.view_{key}"), say("case.view"))


def write_money(value: float, report: Report, change: bool = False) -> str:
    # A line must not break between a minus and its amount.
    return MONEY.write(value, report.currency, change).replace("−", "−\u2060")


def show_refusal(report: Report) -> None:
    """Say why there is no case, and where to mend it."""
    case = report.case
    why = (
        say(f"reason.{case.reason}")
        if knows(f"reason.{case.reason}") and not case.facts
        else refusal(case.reason, case.facts)
    )
    with st.container(border=True):
        st.write(say("case.none", why=why))
        st.page_link("pages/data.py", label=say("case.to_inputs"), query_params={"view": "tables"})


def verdict(case: ProgrammeCase) -> str:
    """Return which verdict the odds carry: signs, not_yet or refuses."""
    return "signs" if case.p10 > 0 else "refuses" if case.p90 < 0 else "not_yet"


def headline(report: Report) -> None:
    """Answer the page's question, then show the five figures finance asks for."""
    case = report.case
    facts = {
        "npv": write_money(case.npv, report),
        "months": case.months,
        "probability": write_chance(case.probability),
        "low": write_money(case.p10, report),
        "high": write_money(case.p90, report),
        "loss": write_money(-case.npv, report),
    }
    writing.statement(
        say(f"case.verdict_{verdict(case)}", **facts),
        say(
            "case.support",
            measured=case.months_measured,
            months=case.months,
            accepted=write_money(case.accepted, report),
        ),
    )
    why = case.reasons.get("payback_months", "")
    payback = (
        say("case.never", months=case.months)
        if math.isnan(case.payback_months)
        else say("case.payback", months=f"{case.payback_months:.0f}")
    )
    no_irr = case.reasons.get("irr", "")
    writing.cards(
        [
            (
                say("case.npv"),
                write_money(case.npv, report),
                say("case.range80", low=facts["low"], high=facts["high"]),
                say("case.rate", rate=SHARE.write(report.assumptions["discount_rate"])),
            ),
            (
                say("case.roi"),
                SHARE.write(case.roi),
                say("case.roi_about"),
                say("case.irr", irr=SHARE.write(case.irr))
                if not no_irr
                else say(f"case.reason_{no_irr}"),
            ),
            (
                say("case.payback_title"),
                payback,
                say("case.payback_about"),
                say("case.reason_payback_not_final") if why == "payback_not_final" else "",
            ),
            (
                say("case.probability"),
                write_chance(case.probability),
                say("case.probability_about"),
                say("case.probability_year", probability=write_chance(case.probability_year)),
            ),
        ]
    )


def cash_flow(report: Report, client: str) -> None:
    """Show costs and benefits by year or by month, to the cent."""
    writing.heading(say("case.cash_flow"), say("case.cash_flow_about", currency=report.currency))
    how = st.segmented_control(
        say("case.cash_flow"),
        ("yearly", "monthly"),
        default="yearly",
        required=True,
        format_func=lambda key: say(f"case.{key}"),
        label_visibility="collapsed",
        key="case-cash-flow",
    )
    cached.cache_section(_cash_flow, report, client, how or "yearly")


def _cash_flow(report: Report, client: str, how: str) -> None:
    case = report.case
    rows = case.yearly if how == "yearly" else case.monthly
    rows = rows.assign(label=_periods(rows, how, case.start))
    if rows.loc[rows.index[0], ["cost", "benefit"]].eq(0).all():
        rows = rows.iloc[1:]
    words = "; ".join(
        f"{r.label}: {write_money(r.net, report)}" for r in iterate_rows(rows.head(24))
    )
    st.altair_chart(draw.cash_flow(rows, report.currency, tokens(), description=words))
    columns = ["cost", "benefit", "net", "cumulative", "pv_cost", "pv_benefit", "pv_net"]
    plain = rows[["label", *columns]].rename(columns={"label": "period"})
    total = plain[columns].sum().to_dict() | {"period": say("case.total")}
    total["cumulative"] = plain["cumulative"].iloc[-1]
    plain = pd.concat([plain, pd.DataFrame([total])], ignore_index=True)
    look = {c: st.column_config.NumberColumn(say(f"case.{c}"), format="%,.2f") for c in columns}
    with st.container(key="wide-cash-flow"):
        tables.table(
            plain,
            f"{client} cash flow {how}",
            {"period": st.column_config.TextColumn(say("table.period"), pinned=True)} | look,
        )
    with st.container(key="narrow-cash-flow"):
        shown = plain if how == "yearly" else plain.tail(13)
        writing.cards(
            [
                (
                    r.period,
                    write_money(r.net, report),
                    say(
                        "case.card_flow",
                        cost=write_money(r.cost, report),
                        benefit=write_money(r.benefit, report),
                    ),
                    say("case.card_balance", balance=write_money(r.cumulative, report)),
                )
                for r in iterate_rows(shown)
            ]
        )


def _periods(rows: pd.DataFrame, how: str, start: str) -> list[str]:
    """Name each period: what was before, then months, or years of twelve months."""
    first = pd.Timestamp(start)
    if how == "monthly":
        return [say("case.before") if pd.isna(m) else write_month(m) for m in rows["month"]]
    begins = {int(y): first + pd.DateOffset(months=12 * int(y) - 12) for y in rows["year"]}
    return [
        say("case.year", n=y, first=write_month(month)) if y else say("case.before")
        for y, month in begins.items()
    ]


def lines(report: Report) -> pd.DataFrame:
    """Return one row per benefit: who, how sure, claimed, counted, and why not more."""
    rows = report.case.benefits
    return pd.DataFrame(
        {
            "benefit": rows["benefit"],
            "function": [title(f) for f in rows["function"]],
            "kpi": [field_title(k) for k in rows["kpi"]],
            "grade": rows["grade"],
            "weight": rows["weight"],
            "cash": [say(f"case.cash_{c}") for c in rows["cash"]],
            "amount": rows["amount"],
            "counted": rows["counted"],
            "present_value": rows["present_value"],
            "reason": [say(f"case.reason_{r}") if r else "" for r in rows["reason"]],
        }
    ).sort_values("present_value", ascending=False, ignore_index=True)


def ladder(report: Report, client: str) -> None:
    """Show the benefits by grade of evidence: what is claimed and what counts."""
    writing.heading(say("case.ladder"), say("case.ladder_about"))
    weights = report.assumptions.evidence_weights
    claimed = report.case.benefits
    claimed = claimed[claimed["layer"] != INFLUENCED]
    sums = claimed.groupby("grade")[["amount", "counted"]].sum()
    sums = sums.reindex([g for g, _, _ in GRADES]).fillna(0.0)
    rows = pd.DataFrame(
        {
            "label": [
                say(
                    "case.grade",
                    grade=g,
                    earns=say(f"case.grade_{g}"),
                    weight=SHARE.write(weights[g]),
                )
                for g in sums.index
            ],
            "amount": sums["amount"].to_numpy(),
            "counted": sums["counted"].to_numpy(),
        }
    )
    words = "; ".join(f"{r.label}: {write_money(r.counted, report)}" for r in iterate_rows(rows))
    st.altair_chart(draw.ladder(rows, report.currency, tokens(), description=words))
    table = lines(report)
    if not table["reason"].any():
        table = table.drop(columns="reason")
    look = {c: say(f"table.{c}") for c in ("benefit", "function", "kpi", "grade", "cash")}
    look |= {
        "benefit": st.column_config.TextColumn(say("table.benefit"), width=230, pinned=True),
        "weight": st.column_config.NumberColumn(say("case.weight"), format="percent"),
        **{
            c: st.column_config.NumberColumn(say(f"case.{c}"), format="%,.2f")
            for c in ("amount", "counted", "present_value")
        },
        "reason": st.column_config.TextColumn(say("case.why_not"), width=220),
    }
    with st.container(key="wide-benefits"):
        tables.table(table, f"{client} benefits", look)
    with st.container(key="narrow-benefits"):
        writing.cards(
            [
                (
                    r.benefit,
                    write_money(r.counted, report),
                    say("case.card_benefit", grade=r.grade, amount=write_money(r.amount, report)),
                    getattr(r, "reason", "") or r.cash,
                )
                for r in iterate_rows(table)
            ]
        )
    _show_influenced(report)


def _show_influenced(report: Report) -> None:
    rows = report.economics.influenced
    for row in iterate_rows(rows):
        name = say("case.influenced_community") if row.line == "community_won_value" else row.line
        writing.show_quiet(
            say(
                "case.influenced",
                name=name,
                amount=write_money(row.amount, report),
                months=row.months,
            )
        )
    writing.show_quiet(say("case.flexibility", amount=write_money(report.case.flexibility, report)))


def odds(report: Report, client: str) -> None:
    """Show how likely each net present value is."""
    case = report.case
    writing.heading(
        say("case.odds"),
        say("case.odds_about", draws=f"{case.draws:,}", seed=case.seed),
    )
    marks = pd.DataFrame(
        {
            "npv": [case.p10, case.p50, case.p90],
            "label": [
                f"{n} {write_money(v, report)}"
                for n, v in (("P10", case.p10), ("P50", case.p50), ("P90", case.p90))
            ],
        }
    )
    words = say(
        "case.odds_words",
        low=write_money(case.p10, report),
        middle=write_money(case.p50, report),
        high=write_money(case.p90, report),
        probability=write_chance(case.probability),
    )
    st.altair_chart(
        draw.distribution(case.distribution, marks, report.currency, tokens(), description=words)
    )
    st.write(words)
    tables.folded_table(
        say("case.percentiles"),
        case.distribution,
        f"{client} distribution",
        {
            "percentile": say("case.percentile"),
            "npv": st.column_config.NumberColumn(say("case.npv"), format="%,.0f"),
        },
    )


def label_of(line: str) -> str:
    """Name a line of the case: function and benefit or category of cost."""
    function, _, name = line.split(" · ", 2)
    known = f"case.category_{name}"
    return f"{title(function)}: {say(known) if knows(known) else name}"


def tornado(report: Report, client: str) -> None:
    """Show which line moves the result most."""
    moves = report.case.tornado
    moves = moves[moves["swing"] > 0].assign(label=lambda d: [label_of(t) for t in d["line"]])
    writing.heading(say("case.tornado"), say("case.tornado_about"))
    if moves.empty:
        writing.show_quiet(say("case.tornado_none"))
        return
    shown = moves.head(MOST_LINES)
    words = "; ".join(
        f"{r.label} {write_money(r.low, report, True)} – {write_money(r.high, report, True)}"
        for r in iterate_rows(shown)
    )
    st.altair_chart(draw.tornado(shown, report.currency, tokens(), description=words))
    tables.folded_table(
        say("case.table"),
        moves[["label", "low", "high", "swing"]],
        f"{client} tornado",
        {
            "label": say("case.line"),
            **{
                c: st.column_config.NumberColumn(say(f"case.{c}"), format="%,.0f")
                for c in ("low", "high", "swing")
            },
        },
    )


def left_out(report: Report) -> None:
    """Say what was left out of the case, or assumed."""
    notes = report.case.notes
    bare = sum(len(note["facts"]["lines"]) for note in notes if note["code"] == "no_range")
    if bare:
        writing.show_quiet(say("case.note_no_range", n=bare))
    for note in notes:
        facts = dict(note["facts"])
        if note["code"] == "no_range":
            continue
        if "amount" in facts:
            facts["amount"] = write_money(facts["amount"], report)
        writing.show_quiet(say(f"case.note_{note['code']}", **facts))


def where_from(report: Report, current: session.Session) -> None:
    """Show the rows the flows are added up from, the formula, and the cells of the costs."""
    case = report.case
    values = report.assumptions
    box = st.expander(say("case.where"), on_change="rerun", key="case-where")
    if not box.open:
        return
    with box:
        writing.show_quiet(
            say(
                "case.where_about",
                rate=SHARE.write(values["discount_rate"]),
                recapture=SHARE.write(values["recapture_factor"]),
                margin=SHARE.write(values["contribution_margin"]),
                weights=", ".join(
                    f"{g} {SHARE.write(w)}" for g, w in values.evidence_weights.items()
                ),
            ),
        )
        flows = case.flows.assign(
            line=[
                label_of(f"{f} · {t} · {n}")
                for f, t, n in zip(
                    case.flows["function"], case.flows["team"], case.flows["line"], strict=True
                )
            ],
            kind=[say(f"case.{k}") for k in case.flows["kind"]],
        )
        names = ["kind", "line", "period", "amount", "grade", "cash", "weight", "factor", "counted"]
        look = {
            "kind": say("table.kind"),
            "line": say("case.line"),
            "period": say("table.period"),
            "grade": say("table.grade"),
            "cash": say("table.cash"),
            **{
                c: st.column_config.NumberColumn(say(f"case.{c}"), format="%,.4g")
                for c in ("weight", "factor")
            },
            **{
                c: st.column_config.NumberColumn(say(f"case.{c}"), format="%,.2f")
                for c in ("amount", "counted")
            },
        }
        tables.table(flows[names], f"{current.client.name} flows", look)
        costs = current.snapshot["costs"]
        writing.show_quiet(say("case.where_costs", n=len(costs)))
        wanted = [
            "function",
            "team",
            "month",
            "category",
            "initiative",
            "amount",
            "currency",
            "upload",
            "place",
        ]
        tables.table(
            costs[wanted],
            f"{current.client.name} costs",
            {c: say(f"table.{c}") for c in wanted}
            | {"month": st.column_config.DateColumn(say("table.month"), format="YYYY-MM")},
        )
        writing.show_quiet(say("case.where_benefits"))
        st.page_link("pages/initiatives.py", label=say("case.to_model"))
