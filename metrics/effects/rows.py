"""What stands behind the effect of an initiative, and what several of them come to.

Beside one effect: every design, the months since the start, the saving added up, the noise that
lies ahead. Over all of them: false discoveries, shrinkage, and the total with its own interval.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np
import pandas as pd
import scipy

from metrics.effects import Effect, Fit, Panel, all_designs
from metrics.effects.choice import choose
from metrics.effects.many import discoveries, shrink
from metrics.effects.planner import noise_ahead
from metrics.effects.ramp import persistence
from metrics.errors import InvalidInput, NotEnoughData

DESIGN_COLUMNS = [
    "initiative",
    "design",
    "headline",
    "estimate",
    "low",
    "high",
    "reason",
    "have",
    "need",
]
MONTH_COLUMNS = ["initiative", "since_start", "estimate", "low", "high", "units"]
NOISE_COLUMNS = ["initiative", "months", "standard_error"]
NOTE_COLUMNS = ["initiative", "code", "facts"]
SAVED_COLUMNS = ["initiative", "period", "saving", "total", "low", "high"]
LASTING_COLUMNS = [
    "steady",
    "steady_low",
    "steady_high",
    "months_to_90",
    "months_to_90_low",
    "months_to_90_high",
    "half_life",
    "half_life_low",
    "half_life_high",
]
TOGETHER_COLUMNS = ["adjusted", "found", "shrunk", "shrunk_low", "shrunk_high"]
OTHER_COLUMNS = [
    "initiative",
    "kpi",
    "relative",
    "low",
    "high",
    "level",
    "standard_error",
    "adjusted",
    "found",
]
DISCOVERY_RATE = 0.05
LEAST_TOGETHER = 3
"""Fewer effects than this cannot tell how far apart effects lie."""


def designs(panel: Panel, whole: Effect) -> pd.DataFrame:
    """Every design side by side; one that cannot be carried has its reason instead."""
    rows = []
    for name, found in all_designs(panel, level=whole.level, seed=whole.seed).items():
        row = {"design": name, "headline": name == whole.design, "reason": ""}
        if isinstance(found, Fit):
            row |= {"estimate": found.estimate, "low": found.low, "high": found.high}
        else:
            row |= {
                "reason": found.facts["what"],
                "have": found.facts["have"],
                "need": found.facts["need"],
            }
        rows.append(row)
    table = pd.DataFrame(rows).reindex(columns=DESIGN_COLUMNS[1:])
    numbers = ["estimate", "low", "high", "have", "need"]
    table[numbers] = table[numbers].astype(float)
    return table


def quick_estimate(panel: Panel, level: float) -> dict[str, float]:
    """Estimate by the design the data carry best, without checks, relative to what was expected.

    Raises
    ------
    NotEnoughData, InvalidInput
        The panel carries no estimate, or its level is not positive.
    """
    fit = choose(panel)[0].fit(panel, level=level)
    expected = float(panel.values[panel.cells].mean()) - fit.estimate
    if expected <= 0 or fit.silent:
        raise InvalidInput("effect_level_not_positive")
    return {
        "relative": fit.estimate / expected,
        "low": fit.low / expected,
        "high": fit.high / expected,
        "level": level,
        "standard_error": fit.standard_error / expected,
    }


def mark_discoveries(rows: pd.DataFrame, level: float) -> pd.DataFrame:
    """Say which of many estimates stand out when at most one finding in twenty may be false.

    Benjamini and Hochberg (1995) over every row at once; ``found`` is 0 or 1.
    """
    if rows.empty:
        return rows.assign(level=rows["level"].astype(float))
    p = 2 * scipy.stats.norm.sf((rows["relative"].abs() / rows["standard_error"]).to_numpy(float))
    # Loaded here: whoever only reads a report does not wait for it.
    from statsmodels.stats.multitest import multipletests

    found, adjusted, _, _ = multipletests(p, alpha=DISCOVERY_RATE, method="fdr_bh")
    numbers = rows.assign(level=level, adjusted=adjusted, found=found.astype(float))
    return numbers.sort_values("adjusted", ignore_index=True)


def persistence_figures(whole: Effect, stopped: int | None) -> dict[str, float]:
    """Where the effect settles, months to nine tenths, half-life; NaN where it cannot be known."""
    try:
        found = persistence(whole.fit, stopped=stopped, level=whole.level)
    except NotEnoughData:
        return {}
    ranges = {
        "steady": found.steady,
        "months_to_90": found.months_to_90,
        "half_life": found.half_life,
    }
    return {
        f"{name}{end}": getattr(one, field)
        for name, one in ranges.items()
        for end, field in (("", "estimate"), ("_low", "low"), ("_high", "high"))
    }


def noise(panel: Panel, whole: Effect) -> pd.DataFrame:
    """``noise_ahead`` as a fraction of the level expected; empty where it cannot be told."""
    empty = pd.DataFrame({"months": [], "standard_error": []}, dtype=float)
    if not (np.isfinite(whole.relative.estimate) and whole.relative.estimate != 0):
        return empty
    try:
        ahead = noise_ahead(panel, level=whole.level)
    except (NotEnoughData, InvalidInput):
        return empty
    expected = whole.estimate / whole.relative.estimate
    return ahead.assign(standard_error=ahead["standard_error"] / expected)


def notes(whole: Effect) -> list[dict[str, str]]:
    """Why this design, and what a reader must know; facts as JSON."""
    return [
        {"code": note.code, "facts": json.dumps(dict(note.facts), default=str, sort_keys=True)}
        for note in whole.notes
    ]


def cumulative_saving(whole: Effect, quantity: np.ndarray) -> pd.DataFrame:
    """Saving since the start added up, with a band that knows months err together.

    Parameters
    ----------
    quantity : array
        Units of the denominator in every month since the start.
    """
    months = len(quantity)
    saving = -whole.fit.effects[:months] * quantity
    added = np.tril(np.ones((months, months))) * quantity
    spread = added @ whole.fit.covariance[:months, :months] @ added.T
    half = whole.fit.quantile * np.sqrt(np.clip(np.diag(spread), 0, None))
    total = np.cumsum(saving)
    return pd.DataFrame(
        {
            "period": whole.path["period"].tail(months).to_numpy(),
            "saving": saving,
            "total": total,
            "low": total - half,
            "high": total + half,
        }
    )


def shrink_together(wholes: Mapping[str, Effect]) -> pd.DataFrame:
    """What each effect is worth among all of them; index as ``wholes``.

    Returns
    -------
    DataFrame
        ``adjusted`` p and ``found`` under false-discovery control at 5 %; ``shrunk`` with bounds,
        as a fraction of what was expected. NaN with fewer than three effects.
    """
    usable = {
        name: one
        for name, one in wholes.items()
        if one.standard_error > 0
        and one.relative.estimate != 0
        and np.isfinite(one.relative.estimate)
    }
    if len(usable) < LEAST_TOGETHER:
        return pd.DataFrame(index=list(wholes), columns=TOGETHER_COLUMNS, dtype=float)
    each = list(usable.values())
    scale = np.array([one.relative.estimate / one.estimate for one in each])
    told = discoveries(each)[["adjusted", "found"]].astype(float)
    worth = shrink(
        np.array([one.relative.estimate for one in each]),
        np.array([one.standard_error for one in each]) * np.abs(scale),
    )
    told[["shrunk", "shrunk_low", "shrunk_high"]] = worth[["shrunk", "low", "high"]]
    return told.set_axis(list(usable)).reindex(list(wholes))
