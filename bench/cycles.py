"""Eight monthly cycles of the sample company, played as its people would.

The sample's data are cut at successive months; each month is uploaded, computed, decided and
frozen, then the next month arrives and scores what was said. From the repository root:

    ATTUNE_DATABASE_URL=sqlite:///cycles.sqlite python -m bench.cycles
"""

from __future__ import annotations

import argparse
import dataclasses
import json

import numpy as np
import pandas as pd

from loop import decisions, entries, reports, sample, uploads
from metrics.errors import InvalidInput
from workspaces.access import LOCAL, enter
from workspaces.store import Store

FIRST = pd.Timestamp("2025-02-01")
CYCLES = 8
AUTHOR = "bench"
NAME = "Halden Tools (eight cycles)"


def cut(found, first: pd.Timestamp | None, last: pd.Timestamp):
    """Keep of an intake what was known after ``last``: months since ``first``, starts so far."""
    frames = {}
    for name, frame in found.frames.items():
        if name == "initiatives":
            known = frame[frame["start"] <= last]
            frames[name] = known.assign(end=known["end"].where(known["end"] <= last))
        elif "month" in frame:
            inside = frame["month"] <= last
            if first is not None:
                inside &= frame["month"] >= first
            frames[name] = frame[inside]
        elif first is None:
            frames[name] = frame
    as_of = (last + pd.DateOffset(months=1, days=9)).date()
    return dataclasses.replace(found, frames=frames, as_of=as_of)


def truth() -> dict[str, float]:
    """True realisation ratio of every initiative: what it really does over what was hoped."""
    known = json.loads((reports.ROOT / "sample_data" / "truth.json").read_text(encoding="utf-8"))
    ratios = {}
    for one in known["initiatives"]:
        effects = one["kpi_effects"].get(one["main_kpi"], {}).get("at_last_month", {})
        ratios[one["name"]] = float(np.mean(list(effects.values()))) if effects else 0.0
    return ratios


def play(store: Store, cycles: int = CYCLES) -> pd.DataFrame:
    """Play the cycles and return one row for each: promises, scores, multipliers."""
    files = [(p.name, p.read_bytes()) for p in sorted(sample.SAMPLE.iterdir())]
    profile = dataclasses.replace(sample.sample_profile(), name=NAME)
    found = uploads.check(files, profile, as_of=sample.SAMPLE_AS_OF)
    client = store.create_client(profile, AUTHOR, (FIRST + pd.DateOffset(months=1)).date())
    revision = entries.assume(enter(store, LOCAL, client), 1, {"cycle_months": 1.0})
    true, rows, last = truth(), [], FIRST
    revision = uploads.accept(enter(store, LOCAL, client), revision, files, cut(found, None, last))
    for _ in range(cycles):
        part = reports.report(enter(store, LOCAL, client), revision).tuning
        rows.append(_row(part, true, last))
        day = (last + pd.DateOffset(months=1, days=9)).date()
        revision = decisions.decide(enter(store, LOCAL, client), revision, _choices(part, day))
        last += pd.DateOffset(months=1)
        revision = uploads.accept(
            enter(store, LOCAL, client), revision, files, cut(found, last, last)
        )
    rows.append(_row(reports.report(enter(store, LOCAL, client), revision).tuning, true, last))
    try:
        decisions.decide(
            enter(store, LOCAL, client),
            revision,
            _choices(part, (last - pd.DateOffset(months=3)).date()),
        )
    except InvalidInput as refused:
        print("dated before its evidence:", refused)
    return pd.DataFrame(rows)


def _choices(part, day) -> pd.DataFrame:
    table = part.table
    moved = (table["proposed"] - table["current"]).abs() > 0.005 * table["current"]
    return pd.DataFrame(
        {
            "function": table["function"],
            "kind": np.where(moved, "scale", "keep"),
            "after": np.where(moved, table["proposed"], table["current"]),
            "owner": "E. Sand",
            "reason": np.where(moved, "The plan moves it.", "No better use is shown."),
            "day": day,
        }
    )


def _row(part, true: dict[str, float], last: pd.Timestamp) -> dict:
    told = part.realisation.dropna(subset="multiplier")
    goal = np.array([true[n] for n in told["initiative"]]) / told["expected"]
    away = np.abs(told["multiplier"] - goal)
    scored = part.ledger[part.ledger["state"] == "scored"] if len(part.ledger) else part.ledger
    whole = part.reliability
    eighty = whole[(whole["kind"] == "all") & (whole["level"] == 80)] if len(whole) else whole
    return {
        "data to": f"{last:%Y-%m}",
        "proposed gain": round(part.plan["gain"], 0),
        "helps": part.plan["probability"],
        "moved %": round(100 * part.plan["moved"], 2),
        "decided": len(part.ledger),
        "scored": len(scored),
        "inside": scored["inside"].sum() if len(scored) else 0,
        "share inside": round(float(eighty["rate"].iloc[0]), 3) if len(eighty) else np.nan,
        "width factor": round(part.plan["factor"], 3),
        "plan multiplier": round(part.plan["multiplier"], 3),
        "initiative multipliers from truth": round(float(away.mean()), 4),
        "without multipliers": round(float(np.abs(1 - goal).mean()), 4),
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cycles", type=int, default=CYCLES)
    given = options.parse_args()
    with pd.option_context("display.width", 220, "display.max_columns", 20):
        print(play(Store.open(), given.cycles).to_string(index=False))


if __name__ == "__main__":
    main()
