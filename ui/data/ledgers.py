"""What goes into a business case: tables to type in or paste, and every assumption."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from loop import entries
from metrics.assumptions import ASSUMPTIONS, BY_KEY
from metrics.business_case.claims import typed_lines
from metrics.business_case.ledger import refuse_double_claims
from metrics.business_case.lines import CASH_KINDS, CHANGES, GRADES, LAYERS, checked_benefits
from metrics.errors import AttuneError
from metrics.frames.value import MARKET_SHARE, REPUTATION
from metrics.functions import BY_KEY as FUNCTIONS
from metrics.functions import KPIS
from ui.door import session, writes
from ui.door import tables as ui_tables
from ui.door.editor import edit
from ui.look import writing
from words import say

TABLES = (
    "benefits",
    "costs",
    "initiatives",
    "targets",
    "exchange_rates",
    "standing",
    "relevance",
    "customers",
)
CATEGORIES = ("licences", "people", "agency", "training", "moderation", "content")


def tables_choice() -> str:
    """Ask which table to change; the address remembers it."""
    default = session.from_address("table", TABLES, TABLES[0])
    picked = st.pills(
        say("case.table"),
        TABLES,
        default=default,
        required=True,
        format_func=lambda key: say(f"frame.{key}"),
        label_visibility="collapsed",
        key="table",
    )
    session.to_address(table=picked or default)
    return picked or default


def tables(current: session.Session) -> None:
    """Show one of the tables that feed the case, to be typed in or pasted from a workbook."""
    writing.heading(say("case.inputs"), say("case.inputs_about"))
    name = tables_choice()
    writing.show_quiet(say(f"case.table_{name}"))
    known = sorted({*CATEGORIES, *current.snapshot["costs"]["category"]} - {""})
    currencies = ["", current.profile.currency, *sorted(current.profile.exchange_rates)]
    functions = list(FUNCTIONS)
    initiatives = ["", *sorted(set(current.snapshot["initiatives"]["initiative"]))]
    if name == "exchange_rates":
        _rates(current)
    elif name == "benefits":
        edit(
            current,
            name,
            required=("benefit", "function", "start", "amount", "grade", "cash"),
            choices={
                "function": functions,
                "kpi": ["", *KPIS],
                "currency": currencies,
                "grade": [g for g, _, _ in GRADES],
                "cash": CASH_KINDS,
                "layer": ["", *LAYERS],
                "change": CHANGES,
            },
            check=lambda rows: claims_wrong(rows, current),
        )
    elif name == "costs":
        edit(
            current,
            name,
            required=("function", "month", "category", "amount", "currency"),
            choices={
                "function": functions,
                "currency": currencies[1:],
                "category": known,
                "initiative": initiatives,
            },
        )
    elif name == "initiatives":
        edit(
            current,
            name,
            required=("initiative", "function", "start"),
            choices={"function": functions, "kpi": ["", *KPIS], "change": CHANGES},
            check=initiatives_wrong,
        )
    elif name == "targets":
        edit(
            current,
            name,
            required=("function", "kpi", "month", "value"),
            choices={"function": functions, "kpi": list(KPIS)},
        )
    elif name == "standing":
        edit(
            current,
            name,
            required=("series", "month", "value"),
            choices={"series": (MARKET_SHARE, REPUTATION)},
            check=standing_wrong,
        )
    elif name == "relevance":
        edit(
            current,
            name,
            required=("rater", "function", "value"),
            choices={"function": functions},
            check=relevance_wrong,
        )
    else:
        edit(
            current,
            name,
            required=("customer", "segment", "acquired", "value"),
            choices={"referred": ("", "yes", "no")},
        )
    if name != "exchange_rates":
        ui_tables.table_downloads(current.snapshot[name], f"{current.client.name} {name}")
    _history(current)


def claims_wrong(rows: pd.DataFrame, current: session.Session) -> list[str]:
    """Return what is wrong with typed claims: bad words, no rate, the same money twice."""
    wrong = []
    strange = set(rows["currency"].dropna()) - {
        "",
        current.profile.currency,
        *current.profile.exchange_rates,
    }
    wrong += [say("errors.currency_without_rate", currency=code) for code in sorted(strange)]
    complete = rows.dropna(subset=["start", "amount"]).fillna(
        dict.fromkeys(rows.select_dtypes(["str", "object"]).columns, "")
    )
    if complete.empty:
        return wrong
    first = complete["start"].min()
    months = pd.date_range(first, periods=120, freq="MS", unit="us")
    try:
        lines = typed_lines(complete, months)
        if len(lines):
            refuse_double_claims(checked_benefits(lines))
    except AttuneError as refused:
        wrong.append(writing.sentence(refused))
    named = set(current.snapshot["initiatives"]["initiative"])
    for mechanism in sorted(set(complete["mechanism"]) & named):
        same = complete[complete["mechanism"] == mechanism]
        if (same["overlap_group"] != mechanism).any():
            wrong.append(say("case.claim_measured", mechanism=mechanism))
    return wrong


def initiatives_wrong(rows: pd.DataFrame) -> list[str]:
    """Return the initiatives that end before they start."""
    late = rows[rows["end"] < rows["start"]]
    return [say("case.ends_before", name=name) for name in late["initiative"]]


def standing_wrong(rows: pd.DataFrame) -> list[str]:
    """Return market shares that are no fractions."""
    shares = rows.loc[rows["series"] == MARKET_SHARE, "value"].dropna()
    return [] if shares.between(0, 1).all() else [say("case.share_wrong")]


def relevance_wrong(rows: pd.DataFrame) -> list[str]:
    """Return expectations off their scale."""
    return [] if rows["value"].dropna().between(0, 10).all() else [say("case.relevance_wrong")]


def _rates(current: session.Session) -> None:
    rates = current.profile.exchange_rates
    frame = pd.DataFrame(
        {
            "currency": pd.Series(list(rates), dtype="str"),
            "rate": pd.Series(list(rates.values()), dtype=float),
        }
    )
    edited = st.data_editor(
        frame,
        num_rows="dynamic",
        hide_index=True,
        column_config={
            "currency": st.column_config.TextColumn(say("table.currency"), max_chars=3),
            "rate": st.column_config.NumberColumn(
                say("case.rate_of", currency=current.profile.currency), format="%.6g"
            ),
        },
        key=f"rates-{current.client.id}-{current.client.revision}",
    )
    typed = edited.dropna(how="all")
    if typed.equals(frame):
        writing.show_quiet(say("page.tables.paste"))
        return
    blank = typed.isna().any(axis=None) or typed["currency"].duplicated().any()
    if blank:
        st.warning(say("case.rates_wrong"))
    label = say(
        "page.tables.save", table=say("frame.exchange_rates"), revision=current.client.revision + 1
    )
    if st.button(label, type="primary", disabled=bool(blank)):
        writes.attempt(
            lambda: entries.set_exchange_rates(
                current.workspace,
                current.client.revision,
                dict(zip(typed["currency"], typed["rate"].astype(float), strict=True)),
            )
        )


def _history(current: session.Session) -> None:
    """Show who typed in what and when, and take the last entry back."""
    changes = current.workspace.history()
    typed = changes[changes["action"] == "enter"].iloc[::-1]
    with st.expander(say("case.history")):
        if typed.empty:
            writing.show_quiet(say("case.history_none"))
            return
        names = ["revision", "at", "author", "summary"]
        ui_tables.table(
            typed[names], f"{current.client.name} entries", {c: say(f"table.{c}") for c in names}
        )
        latest = int(typed["revision"].iloc[0])
        if latest != current.client.revision:
            writing.show_quiet(say("case.undo_elsewhere"))
        elif st.button(say("case.undo"), icon=":material/undo:"):
            writes.attempt(lambda: current.workspace.undo(current.client.revision))


def assumptions(current: session.Session) -> None:
    """Show every number that is not the client's: change it, see who did, take it back."""
    writing.heading(say("case.assumptions"), say("case.assumptions_about"))
    values = current.assumptions
    changes = entries.assumption_changes(current.workspace)
    latest: dict[str, dict] = {}
    for change in changes:
        latest.setdefault(change["key"], change)
    frame = pd.DataFrame(
        [
            {
                "assumption": a.title,
                "value": values[a.key],
                "default": a.default,
                "low": a.low,
                "high": a.high,
                "unit": a.unit.name or say(f"case.unit_{a.unit.kind.value}"),
                "changed_by": latest[a.key]["author"] if a.key in values.changes else "",
                "source": a.source,
                "help": a.help,
            }
            for a in ASSUMPTIONS
        ]
    )
    number = st.column_config.NumberColumn
    look = {
        "assumption": st.column_config.TextColumn(say("table.assumption"), width=280, pinned=True),
        "value": number(say("case.in_force"), format="%.6g", required=True),
        "default": number(say("case.default"), format="%.6g"),
        "low": number(say("table.low"), format="%.6g"),
        "high": number(say("table.high"), format="%.6g"),
        "unit": say("case.unit"),
        "changed_by": say("case.changed_by"),
        "source": st.column_config.TextColumn(say("table.sources"), width=320),
        "help": st.column_config.TextColumn(say("case.help"), width=320),
    }
    edited = st.data_editor(
        frame,
        hide_index=True,
        width="stretch",
        height=560,
        column_config=look,
        disabled=[c for c in frame if c != "value"],
        key=f"assumptions-{current.client.id}-{current.client.revision}",
    )
    new = {
        a.key: float(v)
        for a, v in zip(ASSUMPTIONS, edited["value"], strict=True)
        if pd.notna(v) and float(v) != values[a.key]
    }
    _save_assumptions(current, new)
    ui_tables.table_downloads(frame, f"{current.client.name} assumptions")
    _assumption_history(current, changes)


def _save_assumptions(current: session.Session, new: dict[str, float]) -> None:
    outside = [BY_KEY[k] for k, v in new.items() if not BY_KEY[k].low <= v <= BY_KEY[k].high]
    for a in outside:
        st.warning(
            say(
                "errors.assumption_out_of_range",
                title=a.title,
                value=new[a.key],
                low=a.low,
                high=a.high,
            )
        )
    if not new:
        writing.show_quiet(say("case.assumptions_none"))
        return
    label = say("case.assumptions_save", n=len(new), revision=current.client.revision + 1)
    if st.button(label, type="primary", disabled=bool(outside)):
        back = {k: None if v == BY_KEY[k].default else v for k, v in new.items()}
        writes.attempt(lambda: entries.assume(current.workspace, current.client.revision, back))


def _assumption_history(current: session.Session, changes: list[dict]) -> None:
    writing.heading(say("case.assumption_history"))
    if not changes:
        writing.show_quiet(say("case.assumption_history_none"))
        return
    rows = pd.DataFrame(
        [
            {
                "at": c["at"],
                "author": c["author"],
                "assumption": BY_KEY[c["key"]].title,
                "old": BY_KEY[c["key"]].default if c["old"] is None else c["old"],
                "new": BY_KEY[c["key"]].default if c["new"] is None else c["new"],
                "revision": c["revision"],
            }
            for c in changes
            if c["key"] in BY_KEY
        ]
    )
    look = {c: say(f"table.{c}") for c in ("at", "author", "assumption", "revision")}
    ui_tables.table(
        rows,
        f"{current.client.name} assumption history",
        look | {"old": say("case.old"), "new": say("case.new")},
    )
    last = changes[0]
    known = BY_KEY[last["key"]].title if last["key"] in BY_KEY else last["key"]
    if st.button(say("case.undo_assumption", title=known), icon=":material/undo:"):
        writes.attempt(
            lambda: entries.assume(
                current.workspace, current.client.revision, {last["key"]: last["old"]}
            )
        )
