"""How much of an initiative there was, for whom, and whether more of it goes with more effect.

Hours come from the initiative's record, contributions from exports of communities and networks.
Both stand beside the effect, never inside it: what goes with an effect need not cause it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from metrics.effects.moderators import association
from metrics.effects.survival import give_up
from metrics.errors import NotEnoughData
from metrics.frames.frame import iterate_rows
from metrics.functions import KPIS
from metrics.intervals import error_of
from metrics.model import Better, teams_of

MODERATOR_COLUMNS = [
    "moderator",
    "n",
    "slope",
    "low",
    "high",
    "level",
    "verdict",
    "reason",
    "have",
    "need",
]
SURVIVAL_COLUMNS = ["month", "at_risk", "given_up", "survival", "low", "high", "level"]
SURVIVAL_LEVEL = 80.0
CROSS_FUNCTIONAL = 2
"""From so many contributing functions on, the work on an objective is cross-functional."""


def team_months(one, as_of: pd.Timestamp) -> float:
    """Return teams times months an initiative ran up to ``as_of``; NaN before its start."""
    last = as_of if pd.isna(one.end) else min(one.end, as_of)
    months = (last.year - one.start.year) * 12 + last.month - one.start.month + 1
    teams = len(teams_of(one.teams))
    return float(teams * months) if months > 0 and teams else float("nan")


def dose(one, contributions: pd.DataFrame) -> dict[str, float] | None:
    """Contributions a month of each team since the start; None without any record of them."""
    if contributions.empty:
        return None
    last = contributions["month"].max()
    stop = last if pd.isna(one.end) else min(one.end, last)
    during = contributions["month"].between(one.start, stop)
    since = contributions[during & (contributions["function"] == one.function)]
    months = (stop.year - one.start.year) * 12 + stop.month - one.start.month + 1
    if since.empty or months < 1:
        return None
    counted = since.groupby("team")["count"].sum() / months
    return {str(team): float(value) for team, value in counted.items()}


def moderators(
    table: pd.DataFrame,
    initiatives: pd.DataFrame,
    contributions: pd.DataFrame,
    as_of: pd.Timestamp,
    level: float,
) -> pd.DataFrame:
    """Does more engagement, or a cross-functional set-up, go with more effect?

    Parameters
    ----------
    table : DataFrame
        Rows of ``EffectsPart.effects``.
    initiatives, contributions : DataFrame
        Frames of the same names.

    Returns
    -------
    DataFrame
        One row for each of ``hours`` and ``contributions`` a team and month, ``relevant`` ones
        among them (those that name an objective), each per doubling, and ``cross_functional``.
        ``slope`` is a change of the relative effect in the wanted direction, a fraction;
        ``verdict`` is shown, not shown or cannot tell.
    """
    usable = table.dropna(subset=["relative"])
    records = initiatives.set_index("initiative").reindex(usable["initiative"]).reset_index()
    sign = np.array([-1.0 if _is_lower_better(kpi) else 1.0 for kpi in usable["kpi"]])
    error = error_of(usable["relative_low"], usable["relative_high"], usable["level"])
    effect = usable["relative"].to_numpy(float) * sign
    doses = pd.DataFrame(
        [_doses(one, contributions, as_of) for one in iterate_rows(records)],
        columns=["hours", "contributions", "relevant", "cross_functional"],
        dtype=float,
    )
    rows = []
    for name in doses:
        amount = doses[name].to_numpy(float)
        if name != "cross_functional":
            amount = np.log2(np.where(amount > 0, amount, np.nan))
        row = {"moderator": name, "level": level}
        try:
            found = association(effect, error, amount, level=level)
        except NotEnoughData as short:
            row |= {
                "n": int(np.isfinite(amount).sum()),
                "verdict": "cannot tell",
                "reason": short.facts["what"],
                "have": short.facts["have"],
                "need": short.facts["need"],
            }
        else:
            row |= {
                "n": found.n,
                "slope": found.slope,
                "low": found.low,
                "high": found.high,
                "verdict": "shown" if found.shown else "not shown",
                "reason": "",
            }
        rows.append(row)
    result = pd.DataFrame(rows, columns=MODERATOR_COLUMNS)
    numbers = ["n", "slope", "low", "high", "level", "have", "need"]
    return result.assign(**result[numbers].astype(float))


def _is_lower_better(kpi: str) -> bool:
    return kpi in KPIS and KPIS[kpi].better is Better.LOWER


def _doses(one, contributions: pd.DataFrame, as_of: pd.Timestamp) -> dict[str, float]:
    teams = teams_of(one.teams)
    cells = team_months(one, as_of)
    own = contributions[
        (contributions["function"] == one.function)
        & contributions["team"].isin(teams)
        & (contributions["month"] >= one.start)
        & (contributions["month"] <= (as_of if pd.isna(one.end) else one.end))
    ]
    known = len(contributions) > 0
    breadth = _breadth(one.objective, contributions)
    return {
        "hours": one.hours / cells if one.hours > 0 else float("nan"),
        "contributions": own["count"].sum() / cells if known else float("nan"),
        "relevant": own.loc[own["objective"] != "", "count"].sum() / cells
        if known
        else float("nan"),
        "cross_functional": float(breadth >= CROSS_FUNCTIONAL) if breadth else float("nan"),
    }


def _breadth(objective: str, contributions: pd.DataFrame) -> int:
    """How many functions contributed to an objective; 0 where it is not known."""
    named = contributions[(contributions["objective"] == objective) & (objective != "")]
    return int(named.loc[named["function"] != "", "function"].nunique())


def survival(initiatives: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Share of initiatives still run after so many months, with its interval.

    An initiative with a last month before ``as_of`` counts as stopped then, the others still run.
    Empty without any initiative that has started.
    """
    begun = initiatives[initiatives["start"] <= as_of]
    if begun.empty:
        return pd.DataFrame(columns=SURVIVAL_COLUMNS)
    ended = (begun["end"].notna() & (begun["end"] < as_of)).to_numpy()
    last = begun["end"].where(ended, as_of)
    months = (
        (last.dt.year - begun["start"].dt.year) * 12 + last.dt.month - begun["start"].dt.month + 1
    )
    found = give_up(months.to_numpy(int), ended, level=SURVIVAL_LEVEL)
    return found.curve.assign(level=found.level)[SURVIVAL_COLUMNS]


def first_reported(observations: pd.DataFrame, restated: pd.DataFrame) -> pd.DataFrame | None:
    """Observations with the value each had when it was first reported; None if none changed.

    Parameters
    ----------
    restated : DataFrame
        Frame ``restatements``.
    """
    if restated.empty:
        return None
    key = ["function", "team", "item", "constituency", "month", "measure"]
    before = restated.sort_values("revision").drop_duplicates(key)[[*key, "was"]]
    joined = observations.merge(before, on=key, how="left")
    return observations.assign(value=joined["was"].fillna(joined["value"]).to_numpy())
