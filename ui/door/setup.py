"""The short form that sets up a client: scope, teams, constituencies, money, year."""

from __future__ import annotations

from calendar import month_name
from collections.abc import Callable, Sized
from dataclasses import dataclass, replace

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
FIRST_CONSTITUENCIES = ("customers", "partners", "suppliers", "employees")
ALL_FUNCTIONS = tuple(function.key for function in FUNCTIONS)


@st.dialog(say("page.setup.title"), width="large")
def new_client(create: Callable[[Profile], None]) -> None:
    """Ask for the scope declaration; ``create`` receives it when it is whole."""
    with st.form("new-client", border=False):
        name = st.text_input(say("page.setup.name"), max_chars=80)
        asked = ask_profile(Profile("", ALL_FUNCTIONS, constituencies=FIRST_CONSTITUENCIES))
        if not st.form_submit_button(say("page.setup.create"), type="primary"):
            return
    problems = [] if name.strip() else [say("page.setup.name_missing")]
    problems += asked.problems
    for problem in problems:
        st.error(problem)
    if problems:
        return
    create(replace(asked.profile, name=name.strip()))
    st.rerun()


@dataclass(frozen=True)
class Asked:
    """What a form says of a client, and everything that is wrong with it, all at once."""

    profile: Profile
    problems: list[str]


def ask_profile(known: Profile, key: str = "new") -> Asked:
    """Ask for everything a client says of itself but its name, beginning with what is known."""
    scope = st.pills(
        say("page.setup.functions"),
        ALL_FUNCTIONS,
        default=known.functions,
        selection_mode="multi",
        format_func=title,
        help=say("page.setup.functions_help"),
        key=f"functions-{key}",
    )
    why = st.text_input(
        say("page.setup.not_applicable"),
        next(iter(known.not_applicable.values()), ""),
        max_chars=200,
        key=f"why-{key}",
    )
    teams = st.data_editor(
        pd.DataFrame(
            {
                "team": pd.Series(list(known.teams), dtype="str"),
                "spellings": pd.Series(["; ".join(s) for s in known.teams.values()], dtype="str"),
            }
        ),
        num_rows="dynamic",
        width="stretch",
        hide_index=True,
        key=f"teams-{key}",
        height=_height(known.teams),
        column_config={"team": say("page.setup.team"), "spellings": say("page.setup.spellings")},
    )
    st.caption(say("page.setup.teams_help"))
    constituencies = st.pills(
        say("page.setup.constituencies"),
        tuple(dict.fromkeys((*CONSTITUENCIES, *known.constituencies))),
        selection_mode="multi",
        default=known.constituencies,
        format_func=str.capitalize,
        key=f"constituencies-{key}",
    )
    left, right = st.columns(2)
    codes = tuple(dict.fromkeys((known.currency, *CURRENCIES)))
    currency = left.selectbox(
        say("page.setup.currency"), codes, accept_new_options=True, key=f"currency-{key}"
    )
    fiscal = right.selectbox(
        say("page.setup.fiscal"),
        range(1, 13),
        index=known.fiscal_year_start - 1,
        format_func=lambda m: month_name[m],
        key=f"fiscal-{key}",
    )
    rates = st.data_editor(
        pd.DataFrame(
            {
                "code": pd.Series(list(known.exchange_rates), dtype="str"),
                "rate": pd.Series(list(known.exchange_rates.values()), dtype="float64"),
            }
        ),
        num_rows="dynamic",
        width="stretch",
        hide_index=True,
        key=f"rates-{key}",
        height=_height(known.exchange_rates),
        column_config={"code": say("page.setup.code"), "rate": say("page.setup.rate")},
    )
    st.caption(say("page.setup.rates_help"))
    problems = _problems(known, scope, why, rates)
    if problems:
        return Asked(known, problems)
    out = [k for k in ALL_FUNCTIONS if k not in scope]
    same = set(out) == known.not_applicable.keys() and why == next(
        iter(known.not_applicable.values()), ""
    )
    return Asked(
        replace(
            known,
            functions=tuple(k for k in ALL_FUNCTIONS if k in scope),
            not_applicable=known.not_applicable if same else dict.fromkeys(out, why.strip()),
            teams={
                str(row.team).strip(): tuple(teams_of(row.spellings or ""))
                for row in iterate_rows(teams.dropna(subset="team").fillna(""))
                if str(row.team).strip()
            },
            constituencies=tuple(constituencies),
            currency=str(currency).strip().upper(),
            exchange_rates={
                str(r.code).strip().upper(): float(r.rate) for r in iterate_rows(rates.dropna())
            },
            fiscal_year_start=int(fiscal),
        ),
        [],
    )


def _height(rows: Sized) -> int:
    return min(36 * (len(rows) + 2) + 40, 400)


def _problems(known: Profile, scope: list[str], why: str, rates: pd.DataFrame) -> list[str]:
    """Return everything that is wrong with the form, all at once."""
    problems = []
    if not scope:
        problems.append(say("page.setup.functions_missing"))
    elif set(scope) != set(known.functions) and len(scope) < len(ALL_FUNCTIONS) and not why.strip():
        problems.append(say("page.setup.reason_missing"))
    problems += [
        say("page.setup.rate_wrong", code=row.code)
        for row in iterate_rows(rates.dropna(how="all"))
        if not (isinstance(row.code, str) and len(row.code.strip()) == 3 and row.rate > 0)
    ]
    return problems
