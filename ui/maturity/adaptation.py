"""The model as this client uses it: weights, targets, scope, thresholds, kept as a difference."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from metrics.frames.register import CHANGES
from metrics.maturity import load_model
from metrics.maturity.adaptation import Adapted, adapt
from metrics.maturity.contradiction import RULES
from metrics.maturity.gates import GATES
from metrics.maturity.part import model_of
from metrics.units import SHARE, Unit
from ui.door import editor, session
from ui.door import tables as ui_tables
from ui.look import writing
from ui.maturity import change
from words import say


def show(current: session.Session) -> None:
    """Show the model in force, what was changed, and old answers under both versions."""
    used = model_of(current.snapshot)
    writing.heading(say("model_changes.title"), say("model_changes.about"))
    writing.show_quiet(
        say(
            "model_changes.version",
            version=used.model.version,
            shipped=load_model().version,
            n=len(current.snapshot["adaptations"]),
        )
    )
    editor.edit(
        current,
        "adaptations",
        required=("kind", "item"),
        check=refusals,
        choices={"kind": CHANGES, "item": _items(current)},
    )
    for finding in used.findings:
        st.warning(_sentence(dict(finding.facts)))
    _dimensions(used)
    _rules(used)
    _gates(used)
    change.versions(current.report().maturity)


def refusals(rows: pd.DataFrame) -> list[str]:
    """Return what is wrong with edited changes, a sentence each."""
    found = adapt(load_model(), rows.fillna({"since": "", "item": "", "kind": ""})).findings
    return [_sentence(dict(one.facts)) for one in found]


def _sentence(facts: dict) -> str:
    return say(
        "maturity.finding.change_refused", **facts, said=say(f"model_changes.why_{facts['why']}")
    )


def _items(current: session.Session) -> tuple[str, ...]:
    known = [d.key for d in load_model().dimensions] + list(current.profile.functions)
    known += [rule.key for rule in RULES] + [rule.key for rule in GATES]
    return tuple(dict.fromkeys([*known, *current.snapshot["adaptations"]["item"]]))


def _dimensions(used: Adapted) -> None:
    kept = {d.key: d for d in used.model.dimensions}
    rows = pd.DataFrame(
        {
            "item": [d.key for d in load_model().dimensions],
            "dimension": [d.title for d in load_model().dimensions],
            "weight": [
                _write_current(d.weight, kept, d.key, "weight") for d in load_model().dimensions
            ],
            "target": [
                _write_current(d.target, kept, d.key, "target") for d in load_model().dimensions
            ],
            "critical": [
                say("model_changes.critical") if d.key in used.model.critical else ""
                for d in load_model().dimensions
            ],
        }
    )
    with st.expander(say("model_changes.dimensions")):
        ui_tables.table(rows, "Attune model", {c: say(f"model_changes.column_{c}") for c in rows})


def _write_current(shipped: float, kept: dict, key: str, field: str) -> str:
    if key not in kept:
        return say("model_changes.out")
    value = getattr(kept[key], field)
    return (
        f"{value:g}"
        if value == shipped
        else say("model_changes.changed", value=f"{value:g}", shipped=f"{shipped:g}")
    )


def _rules(used: Adapted) -> None:
    rows = pd.DataFrame(
        [
            {
                "item": now.key,
                "what": say(f"maturity.rule.{now.key}", value="…"),
                "dimension": load_model().dimension(now.dimension).title,
                "contradicts": _threshold(now.contradicts, was.contradicts, now.unit),
                "supports": _threshold(now.supports, was.supports, now.unit),
                "supported_level": f"{now.supported_level:g}",
            }
            for now, was in zip(used.rules, RULES, strict=True)
        ]
    )
    with st.expander(say("model_changes.rules")):
        ui_tables.table(rows, "Attune rules", {c: say(f"model_changes.column_{c}") for c in rows})


def _gates(used: Adapted) -> None:
    rows = pd.DataFrame(
        [
            {
                "item": now.key,
                "gate": say(f"maturity.gate.{now.key}"),
                "warn": _threshold(now.warn, was.warn),
                "fail": _threshold(now.fail, was.fail),
            }
            for now, was in zip(used.gates, GATES, strict=True)
        ]
    )
    with st.expander(say("model_changes.gates")):
        ui_tables.table(rows, "Attune gates", {c: say(f"model_changes.column_{c}") for c in rows})


def _threshold(now: float, was: float, unit: Unit = SHARE) -> str:
    said = unit.write(now)
    if now == was:
        return said
    return say("model_changes.changed", value=said, shipped=unit.write(was))
