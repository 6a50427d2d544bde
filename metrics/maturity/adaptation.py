"""A client's changes to the model, kept as a difference: one row each, applied or refused alone.

A change may hold from a wave on; an older wave is then scored under the version it was given.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from metrics.errors import InvalidInput
from metrics.frames.frame import iterate_rows
from metrics.frames.register import (
    FUNCTION_WEIGHT,
    GATE_CHANGES,
    OUT_OF_SCOPE,
    RULE_CHANGES,
    TARGET_LEVEL,
    WEIGHT,
)
from metrics.functions import BY_KEY
from metrics.maturity import contradiction, gates
from metrics.maturity.answers import AnswerRemark
from metrics.maturity.model import LEVELS, MaturityModel


@dataclass(frozen=True)
class Adapted:
    """The model, rules and gates one client uses, and the changes that could not be made."""

    model: MaturityModel
    rules: tuple[contradiction.ContradictionRule, ...]
    gates: tuple[gates.Rule, ...]
    findings: tuple[AnswerRemark, ...]


def adapt(model: MaturityModel, changes: pd.DataFrame, wave: str | None = None) -> Adapted:
    """Apply a client's changes.

    Parameters
    ----------
    model : MaturityModel
        As shipped.
    changes : DataFrame
        Frame ``adaptations`` of ``metrics.register``; a later row wins over an earlier one.
    wave : str, optional
        Only changes that held for this wave; all by default.

    Returns
    -------
    Adapted
        ``model.version`` carries a checksum of the changes. A change that names what does not
        exist, or a value off its scale, is a finding (``change_refused``) and left out.
    """
    rows = changes if wave is None else changes[changes["since"] <= wave]
    dimensions = {d.key for d in model.dimensions}
    rules, judged = {r.key for r in contradiction.RULES}, {g.key for g in gates.GATES}
    known = {
        WEIGHT: dimensions,
        TARGET_LEVEL: dimensions,
        OUT_OF_SCOPE: dimensions,
        FUNCTION_WEIGHT: set(BY_KEY),
        **dict.fromkeys(RULE_CHANGES, rules),
        **dict.fromkeys(GATE_CHANGES, judged),
    }
    taken: dict[tuple[str, str], float] = {}
    findings = []
    for row in iterate_rows(rows):
        kind, item, value = str(row.kind), str(row.item), float(row.value)
        why = _refusal_reason(kind, item, value, known)
        if why:
            shown = "" if pd.isna(value) else f"{value:g}"
            findings.append(
                AnswerRemark(
                    "change_refused", {"kind": kind, "item": item, "value": shown, "why": why}
                )
            )
        else:
            taken[kind, item] = value
    changed, findings = _apply_changes(model, taken, findings)
    return Adapted(
        _mark_version(changed, taken),
        tuple(_rule(rule, taken, RULE_CHANGES) for rule in contradiction.RULES),
        tuple(_gate(rule, taken, findings) for rule in gates.GATES),
        tuple(findings),
    )


def _refusal_reason(kind: str, item: str, value: float, known: Mapping[str, set[str]]) -> str:
    if kind not in known:
        return "kind_unknown"
    if item not in known[kind]:
        return "item_unknown"
    if kind == OUT_OF_SCOPE:
        return ""
    if pd.isna(value):
        return "value_missing"
    if kind in (WEIGHT, FUNCTION_WEIGHT) and not value > 0:
        return "not_positive"
    if kind in (TARGET_LEVEL, "supported level") and value not in LEVELS:
        return "no_level"
    return ""


def _apply_changes(
    model: MaturityModel, taken: dict[tuple[str, str], float], findings: list[AnswerRemark]
) -> tuple[MaturityModel, list[AnswerRemark]]:
    """Apply weights, targets and scope; a scope without a critical dimension is refused."""
    out = [item for kind, item in taken if kind == OUT_OF_SCOPE]
    kept = tuple(d.key for d in model.dimensions if d.key not in out)

    def of(kind: str, convert: type = float) -> dict[str, Any]:
        return {item: convert(v) for (k, item), v in taken.items() if k == kind}

    settings = {
        "weights": of(WEIGHT),
        "targets": of(TARGET_LEVEL, int),
        "function_weights": of(FUNCTION_WEIGHT),
    }
    try:
        return model.adapt(dimensions=kept if out else None, **settings), findings
    except InvalidInput as refused:
        for item in out:
            del taken[OUT_OF_SCOPE, item]
        facts = {"kind": OUT_OF_SCOPE, "item": ", ".join(out), "value": "", "why": refused.code}
        return model.adapt(**settings), [*findings, AnswerRemark("change_refused", facts)]


def _mark_version(model: MaturityModel, taken: Mapping[tuple[str, str], float]) -> MaturityModel:
    if not taken:
        return model
    text = ";".join(f"{kind}:{item}={value:g}" for (kind, item), value in sorted(taken.items()))
    return replace(
        model, version=f"{model.version}+{hashlib.sha256(text.encode()).hexdigest()[:6]}"
    )


def _rule(rule: Any, taken: Mapping[tuple[str, str], float], names: Mapping[str, str]) -> Any:
    chosen = {
        field: taken[kind, rule.key] for kind, field in names.items() if (kind, rule.key) in taken
    }
    return replace(rule, **chosen) if chosen else rule


def _gate(
    rule: gates.GateRule, taken: Mapping[tuple[str, str], float], findings: list[AnswerRemark]
) -> gates.GateRule:
    changed = _rule(rule, taken, GATE_CHANGES)
    if changed.warn <= changed.fail:
        return changed
    facts = {
        "kind": "warns above",
        "item": rule.key,
        "value": f"{changed.warn:g}",
        "why": "warns_above_fails",
    }
    findings.append(AnswerRemark("change_refused", facts))
    return rule
