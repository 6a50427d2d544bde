"""What a person types in: answers, tables, assumptions, scenarios, exchange rates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from loop.reports import carry_over
from loop.uploads import (
    join_rows,
)
from metrics.assumptions import Assumptions, current
from metrics.errors import InvalidInput, StaleRevision
from metrics.frames import FRAMES
from workspaces.access import Workspace

WRITE_ATTEMPTS = 5
"""How often an answer is written again when somebody else saved in between."""


def answer(workspace: Workspace, rows: pd.DataFrame) -> int:
    """Save answers of one rater and return the new revision.

    Rows that speak of the same question by the same rater replace what was there; nothing of
    anybody else is touched, so a save in between is no conflict: it is read and written again.

    Raises
    ------
    StaleRevision
        Others kept saving in between.
    """
    key = list(FRAMES["answers"].key)
    for attempt in range(WRITE_ATTEMPTS):
        revision = workspace.revision()
        old = workspace.snapshot(revision)["answers"]
        merged = join_rows(old, rows, key, "replace")
        again = len(merged) < len(old) + len(rows)
        try:
            return workspace.save(
                revision,
                "answer",
                frames={"answers": merged if again else rows},
                replace={"answers"} if again else (),
            )
        except StaleRevision:
            if attempt == WRITE_ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")


def save_frame(workspace: Workspace, expected_revision: int, name: str, rows: pd.DataFrame) -> int:
    """Save a whole frame as a person edited it, and return the new revision.

    Rows that came with an upload keep it in their ``upload`` column; the others count as typed in.

    Raises
    ------
    InvalidInput
        Two rows speak of the same thing.
    StaleRevision
        Somebody saved in between.
    """
    conformed = FRAMES[name].conform(rows)
    key = list(FRAMES[name].key)
    doubled = conformed[conformed.duplicated(key, keep=False)] if key else ()
    if len(doubled):
        first = doubled.iloc[0]
        raise InvalidInput(
            "rows_doubled",
            frame=name,
            rows=len(doubled),
            example=", ".join(str(first[c]) for c in key),
        )
    return workspace.save(
        expected_revision, "enter", frames={name: conformed}, replace={name}, summary=name
    )


def assume(
    workspace: Workspace,
    expected_revision: int,
    changes: Mapping[str, float | None],
) -> int:
    """Save changed assumptions and return the new revision; None goes back to the default.

    Raises
    ------
    InvalidInput
        An unknown assumption, or a value outside its range.
    StaleRevision
        Somebody saved in between.
    """
    kept = current(workspace.document("assumptions", expected_revision) or {})
    values = {key: entry["value"] for key, entry in kept.items()} | dict(changes)
    chosen = Assumptions({key: value for key, value in values.items() if value is not None})
    return workspace.save(
        expected_revision,
        "assume",
        documents={"assumptions": {key: {"value": v} for key, v in chosen.changes.items()}},
        summary=", ".join(sorted(changes)),
    )


def assumption_changes(workspace: Workspace) -> list[dict[str, Any]]:
    """Return every change of an assumption: revision, at, author, key, old, new; newest first.

    ``old`` or ``new`` is None where the default stood.
    """
    found: list[dict[str, Any]] = []
    before: dict[str, Any] = {}
    for version in workspace.document_history("assumptions"):
        now = current(version["document"])
        for key in sorted(before.keys() | now.keys()):
            old, new = (d.get(key, {}).get("value") for d in (before, now))
            if old != new:
                found.append(
                    {
                        "revision": version["revision"],
                        "at": version["at"],
                        "author": version["author"],
                        "key": key,
                        "old": old,
                        "new": new,
                    }
                )
        before = now
    return found[::-1]


def keep_scenario(
    workspace: Workspace,
    expected_revision: int,
    name: str,
    scenario: Mapping[str, float] | None,
) -> int:
    """Save a what-if under its name (None deletes it) and return the new revision.

    No figure of the report rests on it, so what was computed for the revision before holds.
    """
    kept = dict(workspace.document("scenarios", expected_revision) or {})
    kept.pop(name, None)
    if scenario is not None:
        kept[name] = dict(scenario)
    number = workspace.save(
        expected_revision, "scenario", documents={"scenarios": kept}, summary=name
    )
    carry_over(workspace, expected_revision, number)
    return number


def set_exchange_rates(
    workspace: Workspace, expected_revision: int, rates: Mapping[str, float]
) -> int:
    """Save what one unit of each foreign currency is worth, and return the new revision.

    Raises
    ------
    InvalidInput
        A code that is no three letters, or a rate that is not positive.
    """
    for code, rate in rates.items():
        if not (len(code) == 3 and code.isalpha() and code.isupper()):
            raise InvalidInput("currency_unknown", currency=code)
        if not (rate > 0 and rate < float("inf")):
            raise InvalidInput("rate_not_positive", currency=code, rate=rate)
    profile = workspace.snapshot(expected_revision).profile
    return workspace.save(
        expected_revision,
        "enter",
        summary="exchange_rates",
        profile=replace(profile, exchange_rates=dict(rates)),
    )
