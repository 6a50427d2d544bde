"""The short form that sets up a client: scope, teams, constituencies, money, year."""

from __future__ import annotations

from calendar import month_name
from collections.abc import Callable

import pandas as pd
import streamlit as st

from metrics.frames.frame import iterate_rows
from metrics.functions import FUNCTIONS, title
from metrics.model import Profile, teams_of
from words import say

CURRENCIES = (
    "EUR",
    "USD",
    "GBP",
    "CHF",
    "SEK",
    "NOK",
    "DKK",
    "PLN",
    "JPY",
    "CAD",
    "AUD",
    "BRL",
    "INR",
    "THB",
)
CONSTITUENCIES = ("customers", "prospects", "partners", "suppliers", "employees", "public")


@st.dialog(say("page.setup.title"), width="large")
def new_client(create: Callable[[Profile], None]) -> None:
    """Ask for the scope declaration; ``create`` receives it when it is whole."""
    with st.form("new-client", border=False):
        name = st.text_input(say("page.setup.name"), max_chars=80)
        keys = [function.key for function in FUNCTIONS]
        scope = st.pills(
            say("page.setup.functions"),
            keys,
            default=keys,
            selection_mode="multi",
            format_func=title,
            help=say("page.setup.functions_help"),
        )
        why = st.text_input(say("page.setup.not_applicable"), max_chars=200)
        teams = st.data_editor(
            pd.DataFrame({"team": pd.Series(dtype="str"), "spellings": pd.Series(dtype="str")}),
            num_rows="dynamic",
            width="stretch",
            hide_index=True,
            key="teams",
            height=140,
            column_config={
                "team": say("page.setup.team"),
                "spellings": say("page.setup.spellings"),
            },
        )
        st.caption(say("page.setup.teams_help"))
        constituencies = st.pills(
            say("page.setup.constituencies"),
            CONSTITUENCIES,
            selection_mode="multi",
            default=["customers", "partners", "suppliers", "employees"],
            format_func=str.capitalize,
        )
        left, right = st.columns(2)
        currency = left.selectbox(say("page.setup.currency"), CURRENCIES, accept_new_options=True)
        fiscal = right.selectbox(
            say("page.setup.fiscal"), range(1, 13), format_func=lambda m: month_name[m]
        )
        rates = st.data_editor(
            pd.DataFrame({"code": pd.Series(dtype="str"), "rate": pd.Series(dtype="float64")}),
            num_rows="dynamic",
            width="stretch",
            hide_index=True,
            key="rates",
            height=140,
            column_config={"code": say("page.setup.code"), "rate": say("page.setup.rate")},
        )
        st.caption(say("page.setup.rates_help"))
        if not st.form_submit_button(say("page.setup.create"), type="primary"):
            return
    problems = _problems(name, scope, keys, why, rates)
    for problem in problems:
        st.error(problem)
    if problems:
        return
    create(
        Profile(
            name=name.strip(),
            functions=tuple(k for k in keys if k in scope),
            not_applicable={k: why.strip() for k in keys if k not in scope},
            teams={
                str(row.team).strip(): tuple(teams_of(row.spellings or ""))
                for row in iterate_rows(teams.dropna(subset="team").fillna(""))
                if str(row.team).strip()
            },
            constituencies=tuple(constituencies),
            currency=str(currency),
            exchange_rates={
                str(r.code).strip().upper(): float(r.rate) for r in iterate_rows(rates.dropna())
            },
            fiscal_year_start=int(fiscal),
        )
    )
    st.rerun()


def _problems(
    name: str, scope: list[str], keys: list[str], why: str, rates: pd.DataFrame
) -> list[str]:
    """Return everything that is wrong with the form, all at once."""
    problems = []
    if not name.strip():
        problems.append(say("page.setup.name_missing"))
    if not scope:
        problems.append(say("page.setup.functions_missing"))
    elif len(scope) < len(keys) and not why.strip():
        problems.append(say("page.setup.reason_missing"))
    problems += [
        say("page.setup.rate_wrong", code=row.code)
        for row in iterate_rows(rates.dropna(how="all"))
        if not (isinstance(row.code, str) and len(row.code.strip()) == 3 and row.rate > 0)
    ]
    return problems
