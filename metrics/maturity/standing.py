"""Standing: on which side of the divide in two years, and does maturity go with results?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd
import yaml

from metrics.assumptions import Assumptions
from metrics.frames.frame import iterate_rows
from metrics.functions import BY_KEY
from metrics.intervals import error_of
from metrics.maturity.divide import HORIZON, Trajectory, divide, trajectory
from metrics.maturity.next_moves import RoadmapPart
from metrics.maturity.part import MaturityPart
from metrics.maturity.waves import goes_with_results
from metrics.measures.part import MeasuresPart
from metrics.model import ALL, Better

WITHOUT_LABEL = 6
"""Months between waves whose names are no months."""
FIRST_MOVES = 3
PRESENT, THREE_MOVES, ALL_STEPS = "present", "first_three", "all_steps"


@cache
def benchmarks() -> Mapping[str, Any]:
    """Return the benchmark sets of ``metrics/benchmarks.yaml``."""
    return yaml.safe_load(
        files("metrics.maturity").joinpath("benchmarks.yaml").read_text(encoding="utf-8")
    )


@dataclass(frozen=True)
class StandingPart:
    """One's own path against a leader's and a follower's.

    Attributes
    ----------
    paths : DataFrame
        scenario, who (leader, own, follower), month (from the latest wave), mean, low, high.
    scenarios : DataFrame
        scenario, extra_change (levels a year), threshold, above_threshold, overtakes, gap_widens
        (probabilities), gap_now, gap_then (levels).
    waves : DataFrame
        wave, month (from the latest), value, low, high of the company.
    results : dict
        correlation, low, high (95 %), n, verdict of functions' maturity with the change of their
        headline KPI; never "caused".
    pairs : DataFrame
        function, published, improvement (relative change of the headline KPI, better positive).
    reason : str
        Why there is no path.
    """

    paths: pd.DataFrame
    scenarios: pd.DataFrame
    waves: pd.DataFrame
    results: dict[str, Any]
    pairs: pd.DataFrame
    reason: str


def standing(
    assumptions: Assumptions, part: MaturityPart, measured: MeasuresPart, next_up: RoadmapPart
) -> StandingPart:
    """Project the company's score and hold functions' scores against their results."""
    pairs = _pairs(part.functions, measured.changes)
    results = goes_with_results(pairs["published"], pairs["improvement"])
    waves = _waves(part.history)
    if waves.empty:
        empty = pd.DataFrame()
        return StandingPart(empty, empty, waves, results, pairs, "no_wave")
    spread = pd.Series(error_of(waves["low"], waves["high"], 80)).fillna(0.3)
    own = trajectory(list(waves["month"]), list(waves["value"]), list(spread))
    base = benchmarks()["maturity"]
    paths, rows = [], []
    functions = max(1, int(part.functions["published"].notna().sum()))
    for name, extra in _scenarios(next_up.steps, functions).items():
        found = divide(
            own,
            _benchmark(base["leader"]),
            _benchmark(base["follower"]),
            extra_change=extra,
            seed=assumptions.whole("seed"),
        )
        paths.append(found.paths.assign(scenario=name))
        rows.append(
            (
                name,
                extra,
                found.threshold,
                found.above_threshold,
                found.overtakes,
                found.gap_widens,
                found.gap_now,
                found.gap_then,
            )
        )
    names = "scenario extra_change threshold above_threshold overtakes gap_widens gap_now gap_then"
    return StandingPart(
        pd.concat(paths, ignore_index=True),
        pd.DataFrame(rows, columns=names.split()),
        waves,
        results,
        pairs,
        "",
    )


def _benchmark(entry: Mapping[str, float]) -> Trajectory:
    return Trajectory(entry["score"], entry["spread"], entry["change"], entry["change_spread"])


def _scenarios(steps: pd.DataFrame, functions: int) -> dict[str, float]:
    """What each plan adds to the company's yearly change, in levels."""
    if steps.empty:
        return {PRESENT: 0.0}
    gains = steps["gain"] / functions
    return {
        PRESENT: 0.0,
        THREE_MOVES: float(gains.head(FIRST_MOVES).sum()),
        ALL_STEPS: float(gains.sum()) * 12 / HORIZON,
    }


def _waves(history: pd.DataFrame) -> pd.DataFrame:
    """Waves of the company with their distance from the latest, in months."""
    mine = history[(history["function"] == ALL) & history["published"].notna()]
    months = []
    for place, wave in enumerate(mine["wave"]):
        found = re.match(r"(\d{4})-(\d{2})", str(wave))
        months.append(int(found[1]) * 12 + int(found[2]) if found else place * WITHOUT_LABEL)
    month = np.array(months, float)
    last = month[-1] if len(month) else 0.0
    return pd.DataFrame(
        {
            "wave": list(mine["wave"]),
            "month": month - last,
            "value": list(mine["published"]),
            "low": list(mine["low"]),
            "high": list(mine["high"]),
        }
    )


def _pairs(functions: pd.DataFrame, changes: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for row in iterate_rows(functions.dropna(subset=["published"])):
        known = BY_KEY.get(str(row.function))
        if known is None or not known.headline:
            continue
        mine = changes[
            (changes["function"] == row.function)
            & (changes["team"] == ALL)
            & (changes["kpi"] == known.headline)
        ]
        if mine.empty or not np.isfinite(mine["change"].iloc[0]) or not mine["baseline"].iloc[0]:
            continue
        relative = float(mine["change"].iloc[0] / abs(mine["baseline"].iloc[0]))
        better = known.kpi(known.headline).better
        if better is not Better.BAND:
            sign = 1 if better is Better.HIGHER else -1
            rows.append((row.function, float(row.published), sign * relative))
    return pd.DataFrame(rows, columns=["function", "published", "improvement"])
