"""What the Forecast page shows of its own record: issue, a person's call, scores, what changed."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from loop import decisions
from metrics.forecast import MODEL
from metrics.forecast.issued import MODEL_ITSELF
from metrics.frames.frame import iterate_rows
from metrics.outlook.part import issued_rows
from metrics.report import Report
from metrics.units import write_day, write_month, write_percent
from readout.figures import series_title, series_unit
from ui.door import session, tables, writes
from ui.look import writing
from ui.outlook import series as forecast
from words import say

EDITOR = "data"
"""Whoever may open this page may also issue."""
CALL_LEVELS = (50, 80, 95)
FEW = 20
"""Below so many arrived months a share says nothing yet."""


def elsewhere(current: session.Session) -> str:
    """Return the issues that came with a client another installation handed over."""
    return ", ".join(sorted(current.workspace.elsewhere("forecast")))


def record(report: Report, foreign: str) -> None:
    """Say how the forecasts issued so far did, and show each of them."""
    part = report.track_record
    writing.heading(say("outlook.record"), say("outlook.record_about"))
    if part.issues.empty:
        writing.show_quiet(say("outlook.record_none"))
        return
    for name in part.issues.loc[~part.issues["intact"], "issue"]:
        st.error(say("outlook.broken", issue=name))
    if foreign:
        st.info(say("outlook.elsewhere", issues=foreign))
    writing.show_quiet(_calibration_sentence(part))
    shown = pd.DataFrame(
        {
            "issued": [write_day(day) for day in part.issues["issued"]],
            "by": [_author(by) for by in part.issues["by"]],
            "series": part.issues["series"],
            "speaks": [
                say("table.from_to", low=write_month(a), high=write_month(b))
                for a, b in zip(part.issues["first"], part.issues["last"], strict=True)
            ],
            "arrived": part.issues["arrived"],
            "checksum": part.issues["issue"],
            "note": part.issues["note"],
        }
    )[::-1]
    columns = {name: say(f"outlook.column_{name}") for name in shown}
    with st.container(key="wide-issues"):
        tables.table(
            part.issues,
            "issued forecasts",
            columns,
            shown=shown,
            height=min(35 * (len(shown) + 1) + 3, 320),
        )
    with st.container(key="narrow-issues"):
        writing.cards(
            [
                (
                    row.issued,
                    row.by,
                    say("outlook.card_issue", series=row.series, speaks=row.speaks),
                    say("outlook.card_arrived", n=row.arrived),
                )
                for row in iterate_rows(shown.head(5))
            ]
        )
    _scores(report, part.scores)


def _author(by: str) -> str:
    return say("outlook.by_model") if by == MODEL_ITSELF else by


def _calibration_sentence(part) -> str:
    if part.calibration.empty:
        return say("outlook.nothing_arrived")
    lines = []
    for row in iterate_rows(part.calibration):
        facts = {
            "by": _author(row.by),
            "level": f"{row.level:.0f}",
            "hits": f"{row.hits:.0f}",
            "n": f"{row.n:.0f}",
        }
        code = "outlook.calibrated" if row.n >= FEW else "outlook.calibrated_few"
        lines.append(
            say(
                code,
                share=write_percent(row.coverage),
                low=write_percent(row.low),
                high=write_percent(row.high),
                **facts,
            )
        )
    return " ".join(lines)


def _scores(report: Report, scores: pd.DataFrame) -> None:
    known = scores[scores["decision"] == ""]
    if known.empty:
        return
    known = known.sort_values(["issued", "kpi"], ascending=[False, True])
    shown = pd.DataFrame(
        {
            "issued": [write_day(day) for day in known["issued"]],
            "by": [_author(by) for by in known["by"]],
            "series": [_series_name(row) for row in iterate_rows(known)],
            "months": known["months"],
            "error": [
                series_unit(k).write(e, report.currency)
                for k, e in zip(known["kpi"], known["error"], strict=True)
            ],
            "bias": [
                series_unit(k).write(b, report.currency, change=True)
                for k, b in zip(known["kpi"], known["bias"], strict=True)
            ],
            "mase": [f"{m:.2f}" if pd.notna(m) else "–" for m in known["mase"]],
            "naive": [f"{m:.2f}" if pd.notna(m) else "–" for m in known["mase_naive"]],
            "wis": [f"{w:.2f}" if pd.notna(w) else "–" for w in known["weighted_interval_score"]],
            "verdict": [say(f"outlook.verdict_{v}") for v in known["verdict"]],
        }
    )
    writing.show_quiet(say("outlook.scores_about"))
    columns = {name: say(f"outlook.column_{name}") for name in shown}
    with st.container(key="wide-scores"):
        tables.table(
            known,
            "forecast scores",
            columns,
            shown=shown,
            height=min(35 * (len(shown) + 1) + 3, 420),
        )
    with st.container(key="narrow-scores"):
        writing.cards(
            [
                (
                    row.series,
                    row.verdict,
                    say("outlook.card_error", error=row.error, months=row.months),
                    say("outlook.card_by", by=row.by, issued=row.issued),
                )
                for row in iterate_rows(shown.head(8))
            ]
        )


def _series_name(row) -> str:
    return series_title(row.kpi) if row.team == "all" else f"{series_title(row.kpi)}, {row.team}"


def show_changes(report: Report) -> None:
    """Say what has moved since the last issue and why, and what was restated."""
    part = report.track_record
    if part.issues.empty:
        return
    writing.heading(say("outlook.changed"), say("outlook.changed_about"))
    if len(part.restated):
        first = part.restated.iloc[0]
        unit = series_unit(first["series"])
        st.warning(
            say(
                "outlook.restated",
                n=len(part.restated),
                series=series_title(first["series"]),
                month=write_month(first["month"]),
                was=unit.write(first["was"], report.currency),
                now=unit.write(first["now"], report.currency),
            )
        )
    moved = part.changes[part.changes["change"].abs() > 1e-9 * part.changes["then"].abs()]
    if moved.empty:
        code = "changed_nothing" if len(part.changes) else "changed_apart"
        writing.show_quiet(say(f"outlook.{code}"))
        return
    moved = moved.assign(size=(moved["change"] / moved["then"]).abs()).sort_values(
        "size", ascending=False
    )

    def write(series: str, value: float) -> str:
        return series_unit(series).write(value, report.currency, change=True)

    shown = pd.DataFrame(
        {
            "series": [series_title(s) for s in moved["series"]],
            "then": [
                series_unit(s).write(v, report.currency)
                for s, v in zip(moved["series"], moved["then"], strict=True)
            ],
            "now": [
                series_unit(s).write(v, report.currency)
                for s, v in zip(moved["series"], moved["now"], strict=True)
            ],
            **{
                cause: [write(s, v) for s, v in zip(moved["series"], moved[cause], strict=True)]
                for cause in ("change", "new_months", "restated", "model", "assumptions")
            },
        }
    )
    columns = {name: say(f"outlook.column_{name}") for name in shown}
    with st.container(key="wide-changes"):
        tables.table(
            moved.drop(columns="size"),
            "what changed",
            columns,
            shown=shown,
            height=min(35 * (len(shown) + 1) + 3, 420),
        )
    with st.container(key="narrow-changes"):
        writing.cards(
            [
                (
                    row.series,
                    row.change,
                    say("outlook.card_then", then=row.then, now=row.now),
                    say(
                        "outlook.card_causes",
                        new=row.new_months,
                        restated=row.restated,
                        model=row.model,
                        assumptions=row.assumptions,
                    ),
                )
                for row in iterate_rows(shown.head(6))
            ]
        )


def issue(current: session.Session, report: Report, series: str) -> None:
    """Offer to freeze the model's forecasts, and a person's own call on one series."""
    if EDITOR not in session.may_open(EDITOR) or report.forecasts.forecasts.empty:
        return
    writing.heading(say("outlook.issue"), say("outlook.issue_about"))
    with st.form("issue", border=False):
        note = st.text_input(say("outlook.note"), max_chars=200)
        if st.form_submit_button(say("outlook.issue_button"), type="primary"):
            _save(current, issued_rows(report.forecasts), model=MODEL, note=note)
    if len(forecast.rows_of(report.forecasts.forecasts, series)):
        with st.expander(say("outlook.call", series=series_title(series))):
            _call(current, report, series)


def _call(current: session.Session, report: Report, series: str) -> None:
    writing.show_quiet(say("outlook.call_about"))
    ahead = forecast.rows_of(report.forecasts.forecasts, series)
    ahead = ahead[ahead["level"] == 80].reset_index(drop=True)
    factor = 100 if series_unit(series).kind == "share" else 1
    with st.form(f"call-{series}", border=False):
        names = [write_month(month) for month in ahead["period"]]
        left, right = st.columns(2)
        month = left.selectbox(say("outlook.call_month"), names, index=len(names) - 1)
        level = right.selectbox(
            say("outlook.call_level"), CALL_LEVELS, index=1, format_func=lambda v: f"{v} %"
        )
        columns = st.columns(3)
        low, mean, high = (
            column.number_input(
                say(f"outlook.call_{name}", unit=forecast.parts_unit(series, report.currency)),
                value=None,
                key=f"call-{series}-{name}",
            )
            for column, name in zip(columns, ("low", "mean", "high"), strict=True)
        )
        by = st.text_input(say("outlook.call_by"), value=say("outlook.call_by_default"))
        note = st.text_input(say("outlook.note"), max_chars=200, key=f"note-{series}")
        sent = st.form_submit_button(say("outlook.call_button"))
    if not sent:
        return
    if low is None or mean is None or high is None:
        st.warning(say("outlook.call_missing"))
        return
    said = report.forecasts
    who = forecast.rows_of(said.series, series).iloc[0]
    rows = pd.DataFrame(
        [
            {
                "function": who["function"],
                "kpi": series,
                "month": ahead["period"][names.index(month)],
                "level": float(level),
                "mean": mean / factor,
                "low": low / factor,
                "high": high / factor,
            }
        ]
    )
    basis = issued_rows(said)
    basis = basis[(basis["kpi"] == series) & (basis["kind"] == "basis")]
    both = pd.concat([rows.assign(kind="forecast", team="all"), basis], ignore_index=True)
    person = by.strip() if by.strip() not in ("", MODEL_ITSELF) else say("outlook.call_by_default")
    _save(current, both, by=person, note=note)


def _save(current: session.Session, rows: pd.DataFrame, **facts: str) -> None:
    writes.attempt(
        lambda: decisions.issue_forecasts(
            current.workspace, current.client.revision, rows, **facts
        ),
        lambda number: say("outlook.issued", revision=number),
    )
