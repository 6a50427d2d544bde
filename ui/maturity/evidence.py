"""What the company's own data say: contradictions of its claims, and gates with their evidence."""

from __future__ import annotations

import json

import pandas as pd
import streamlit as st

from metrics.frames.frame import iterate_rows
from metrics.maturity import load_model
from metrics.maturity.contradiction import RULE_UNITS, WAITING, contradicted
from metrics.maturity.levels import level_number
from metrics.report import Report
from metrics.units import COUNT, SHARE, write_chance
from ui.door import cached, session, tables
from ui.look import writing
from ui.maturity.company import (
    cards,
    escaped,
    level_names,
    measured_sentence,
    title,
)
from words import knows, say

MOODS = {"fail": "worse", "warn": "warn", "pass": "better"}
ORDER = ("fail", "warn", "pass")


def show(current: session.Session) -> None:
    """Show contradictions and gates."""
    report = current.report()
    cached.cache_section(contradictions, report)
    cached.cache_section(gates, report)


def contradictions(report: Report) -> None:
    """Show each contradicted claim with its numbers; the whole rule table below."""
    part = report.maturity
    writing.heading(say("maturity.contradictions"), say("maturity.contradictions_about"))
    model = load_model()
    names, table = level_names(model), part.contradictions
    shown = []
    for one in iterate_rows(contradicted(table)):
        mine = table[
            table["rule"].isin(str(one.rules).split(";"))
            & (table["function"] == one.function)
            & (table["dimension"] == one.dimension)
        ]
        claimed = level_number(one.claim)
        lines = [say("maturity.contradiction_claim", claimed=claimed, claimed_name=names[claimed])]
        lines += [measured_sentence(r.rule, r.value, r.threshold) for r in iterate_rows(mine)]
        cap = int(one.supported_level)
        lines.append(say("maturity.contradiction_task", cap=cap, cap_name=names[cap]))
        heading = say(
            "maturity.contradiction_title",
            function=title(one.function),
            dimension=model.dimension(one.dimension).title,
        )
        shown.append((say("maturity.rule_contradicts"), "worse", heading, lines))
    if shown:
        cards(shown)
    else:
        writing.show_quiet(say("maturity.contradictions_none"))
    writing.show_quiet(_checked(table))
    rows = pd.DataFrame(
        {
            "function": [title(f) for f in table["function"]],
            "measure": [
                say(f"maturity.rule.{r}", value=RULE_UNITS[r].write(v))
                for r, v in zip(table["rule"], table["value"], strict=True)
            ],
            "range": [
                RULE_UNITS[r].write(t)
                for r, t in zip(table["rule"], table["threshold"], strict=True)
            ],
            "verdict": [
                say("maturity.rule_" + ("waiting" if r in WAITING else v.replace(" ", "_")))
                for r, v in zip(table["rule"], table["verdict"], strict=True)
            ],
        }
    )
    tables.folded_table(
        say("maturity.contradictions_all"),
        rows,
        "Attune contradictions",
        {c: say(f"table.{c}") for c in rows},
    )


def _checked(table: pd.DataFrame) -> str:
    """Say how many claims could be held against data, and what nothing measures yet."""
    # A rule speaks of claims from its level on: below it there is nothing to check.
    high = table[(table["claim"] >= table["from_level"] - 1e-9) & ~table["rule"].isin(WAITING)]
    count = high["verdict"].value_counts()
    said = say(
        "maturity.contradictions_unchecked",
        all=len(high),
        supports=count.get("supports", 0),
        against=count.get("contradicts", 0),
        neutral=count.get("neutral", 0),
        missing=count.get("no data", 0),
    )
    waiting = "; ".join(say(f"maturity.waiting.{rule}") for rule in WAITING)
    return f"{said} {say('maturity.contradictions_waiting', what=waiting)}"


def gates(report: Report) -> None:
    """Show what each gate found and advises; those without data say what to record."""
    table = report.maturity.gates
    count = table["verdict"].value_counts()
    writing.heading(say("maturity.gates.title"), say("maturity.gates.about"))
    writing.show_quiet(
        say(
            "maturity.gates.count",
            fail=count.get("fail", 0),
            warn=count.get("warn", 0),
            passed=count.get("pass", 0),
            missing=count.get("no data", 0),
        )
    )
    judged = table[table["verdict"].isin(ORDER)].sort_values(
        "verdict", key=lambda column: column.map(ORDER.index), kind="stable"
    )
    inside = "".join(
        _card(
            r.gate,
            r.verdict,
            [_gate_sentence(r.gate, json.loads(r.facts)), _advice(r.advice)],
            json.loads(r.evidence),
            r.rows,
        )
        for r in iterate_rows(judged)
    )
    st.html(f'<div class="attune-cards">{inside}</div>')
    silent = table[table["verdict"] == "no data"]
    if len(silent):
        with st.expander(f"{say('maturity.gates.none')} ({len(silent)})"):
            for r in iterate_rows(silent):
                missing = json.loads(r.facts).get("missing", [])
                names = ", ".join(say(f"maturity.input.{name}") for name in missing)
                why = say(f"maturity.gates.{'missing' if missing else 'silent'}", names=names)
                heading = say("maturity.gates.without", gate=say(f"maturity.gate.{r.gate}"))
                st.markdown(f"{heading} {why} {_advice(r.advice)}")


def _advice(code: str) -> str:
    return say(f"maturity.advice.{code}") if code else ""


SHARES = ("share", "probability", "prior", "relevance_of_loudest", "reach_month_six")
LEVELS = "largest"


def _gate_sentence(gate: str, facts: dict) -> str:
    """Say what a gate found, its numbers written."""
    said = {key: _fact(key, value) for key, value in facts.items()}
    if "share" not in facts and knows(f"maturity.gate_found.{gate}_none"):
        return say(f"maturity.gate_found.{gate}_none")
    return say(f"maturity.gate_found.{gate}", **said)


def _fact(key: str, value: object) -> object:
    if key == "function":
        return title(str(value))
    if not isinstance(value, float):
        return value
    if key.endswith(SHARES):
        return write_chance(value) if key == "probability" else SHARE.write(value)
    return f"{value:.1f}" if key == LEVELS else COUNT.write(value)


def _card(gate: str, verdict: str, lines: list[str], evidence: list[dict], rows: int) -> str:
    """A gate with the rows it rests on behind one click."""
    proof = ""
    if evidence:
        proof = (
            f"<details><summary>{escaped(say('maturity.gates.evidence', n=rows))}</summary>"
            f'<div class="attune-evidence" tabindex="0">{_table(evidence)}</div></details>'
        )
    body = "".join(f"<p>{escaped(line)}</p>" for line in lines if line)
    return (
        f'<section class="attune-tile"><p class="{MOODS[verdict]}">'
        f"{escaped(say(f'maturity.gates.{verdict}'))}</p>"
        f'<h3 class="attune-card-title">{escaped(say(f"maturity.gate.{gate}"))}</h3>{body}{proof}'
        "</section>"
    )


def _table(evidence: list[dict]) -> str:
    columns = list(dict.fromkeys(key for row in evidence for key in row))
    head = "".join(f"<th scope='col'>{escaped(_heading(c))}</th>" for c in columns)
    rows = "".join(
        "<tr>" + "".join(f"<td>{escaped(_cell(c, row.get(c)))}</td>" for c in columns) + "</tr>"
        for row in evidence
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _heading(column: str) -> str:
    known = f"table.{column}"
    return say(known) if knows(known) else column.replace("_", " ").capitalize()


def _cell(column: str, value: object) -> str:
    if value is None or value == "":
        return "–"
    if column == "function":
        return title(str(value))
    if column == "dimension":
        return load_model().dimension(str(value)).title
    if isinstance(value, float) and column.endswith("share"):
        return SHARE.write(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return COUNT.write(float(value)) if abs(value) >= 10 else f"{value:g}"
    text = str(value)
    return text[:7] if len(text) > 18 and text[10:11] == "T" else text
