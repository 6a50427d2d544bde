"""Any table of records: the analyst says what a row counts as and sees the months it gives."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from ingest import layouts, records
from ingest.columns import Money
from ingest.model import Table
from ingest.records import Count, Explained
from loop import review
from metrics.errors import AttuneError
from metrics.functions import BY_KEY, MEASURES, OWNER
from metrics.functions import title as function_title
from metrics.model import Severity
from ui.data import walk as data
from ui.look import writing
from words import say

NOTHING = ""
MOST_COUNTS = 8
MONTHS_TALL = 300


def ask(walk: data.Walk, table: Table) -> Explained | None:
    """Ask what the rows of a table count as; None until that is clear."""
    here = layouts.layout(table.header)
    known = _known(walk, here)
    dates = records.dates(table)
    if not dates:
        st.warning(say("data.records_no_date"))
        return None
    writing.show_quiet(say("data.records_about"))
    headings = [NOTHING, *table.header]
    date, team, identity = st.columns(3)
    explained = Explained(
        date=data.pick(
            walk.draft,
            f"date-{here}",
            say("data.records_date"),
            dates,
            known.date if known else dates[0],
            date,
        ),
        team=data.pick(
            walk.draft,
            f"team-{here}",
            say("data.records_team"),
            headings,
            known.team if known else NOTHING,
            team,
            format_func=lambda name: name or say("data.records_no_team"),
        ),
        identity=data.pick(
            walk.draft,
            f"identity-{here}",
            say("data.records_identity"),
            headings,
            known.identity if known else NOTHING,
            identity,
            help=say("data.records_identity_help"),
            format_func=lambda name: name or say("data.records_no_identity"),
        ),
        counts=_counts(walk, table, here, known),
    )
    return explained if _is_clear(explained) else None


def _known(walk: data.Walk, here: str) -> Explained | None:
    """Return what was said of this layout before, in this walk or an earlier one."""
    entries = [*walk.entries.values(), *review.mappings(walk.current.workspace)]
    entry = next((e for e in entries if e.get("layout") == here), None)
    if entry is None or not entry.get(records.RECORDS):
        return None
    return records.read(entry[records.RECORDS])


def _counts(walk: data.Walk, table: Table, here: str, known: Explained | None) -> tuple[Count, ...]:
    """Ask into which measures rows are counted or a column is summed, one line each."""
    picks, many = walk.draft.picks, f"many-{here}"
    n = picks.setdefault(many, len(known.counts) if known else 1)
    scope = walk.current.profile.functions
    measures = sorted(MEASURES, key=lambda key: OWNER[key] not in scope)
    numbers = [NOTHING, *records.numbers(table)]
    headings = [NOTHING, *table.header]
    counts = []
    for i in range(n):
        before = known.counts[i] if known and i < len(known.counts) else Count(NOTHING)
        with st.container(border=True):
            what, sums, where, equals = st.columns(4)
            measure = data.pick(
                walk.draft,
                f"measure-{i}-{here}",
                say("data.records_measure"),
                [NOTHING, *measures],
                before.measure,
                what,
                format_func=_measure_title,
            )
            column = data.pick(
                walk.draft,
                f"sums-{i}-{here}",
                say("data.records_sums"),
                numbers,
                before.sums,
                sums,
                format_func=lambda name: name or say("data.records_rows"),
            )
            condition = data.pick(
                walk.draft,
                f"where-{i}-{here}",
                say("data.records_where"),
                headings,
                before.where,
                where,
                format_func=lambda name: name or say("data.records_all"),
            )
            value = NOTHING
            if condition:
                value = data.pick(
                    walk.draft,
                    f"equals-{i}-{here}-{condition}",
                    say("data.records_equals"),
                    records.values(table, condition) or [NOTHING],
                    before.equals,
                    equals,
                )
            counts.append(Count(measure, column, condition, value))
    with st.container(horizontal=True):
        if n < MOST_COUNTS and st.button(say("data.records_more"), key=f"more-{here}"):
            picks[many] = n + 1
            st.rerun()
        if n > 1 and st.button(say("data.records_fewer"), key=f"fewer-{here}"):
            picks[many] = n - 1
            st.rerun()
    return tuple(counts)


def _is_clear(explained: Explained) -> bool:
    named = [count.measure for count in explained.counts]
    if NOTHING in named:
        writing.show_quiet(say("data.records_unfinished"))
        return False
    twice = sorted({key for key in named if named.count(key) > 1})
    if twice:
        st.warning(say("data.records_twice", measure=MEASURES[twice[0]].header))
        return False
    return True


def _measure_title(key: str) -> str:
    if not key:
        return say("data.records_pick")
    owner = BY_KEY.get(OWNER[key])
    return f"{owner.title if owner else function_title(OWNER[key])}: {MEASURES[key].header}"


def show_trial(walk: data.Walk, table: Table, explained: Explained) -> bool:
    """Show the months a table would give as explained; False where it gives none."""
    try:
        tried = records.trial(table, explained, Money.of(walk.current.profile))
    except AttuneError as refused:
        st.error(writing.sentence(refused))
        return False
    writing.show_quiet(say("data.records_months"))
    if tried.months.empty:
        st.warning(say("data.records_no_months"))
        return False
    st.dataframe(_months(tried.months), width="stretch", height=MONTHS_TALL)
    for finding in tried.findings:
        if finding.severity is not Severity.INFO:
            writing.show_quiet(f"{finding.place}: {writing.finding(finding)}")
    return True


def _months(rows: pd.DataFrame) -> pd.DataFrame:
    """Return month by measure, teams added up, with a last line for all months."""
    sums = rows.pivot_table("value", "month", "measure", "sum", sort=False, dropna=False)
    sums.index = pd.DatetimeIndex(sums.index).strftime("%Y-%m")
    sums = sums.sort_index()
    total = sums.sum().to_frame(say("data.records_total")).T
    table = pd.concat([sums, total])
    table.insert(0, say("table.teams"), [*rows.groupby("month")["team"].nunique(), ""])
    table[say("table.teams")] = table[say("table.teams")].astype(str)
    return table.rename(columns={key: MEASURES[key].header for key in sums})
