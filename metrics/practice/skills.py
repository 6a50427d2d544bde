"""Six skills across functions, people strong in business and social, and hire or train.

Nobody is good at all six (#sm105), so cover is judged over the team. Skills are rated 0-5 and
held from 3.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from metrics.errors import InvalidInput
from metrics.frames.register import SKILLS

HELD = 3.0


def coverage(people: pd.DataFrame) -> pd.DataFrame:
    """Highest level per function and skill.

    Returns
    -------
    DataFrame
        function, skill, level (0-5, NaN if nobody was rated), holders (people at 3 or above),
        covered (bool).
    """
    rows = []
    for function, part in people.groupby("function"):
        for skill in SKILLS:
            level = part[skill].max()
            holders = int((part[skill] >= HELD).sum())
            rows.append((str(function), skill, float(level), holders, holders > 0))
    return pd.DataFrame(rows, columns=["function", "skill", "level", "holders", "covered"])


def bus_factor(people: pd.DataFrame) -> pd.DataFrame:
    """Return the people who hold each skill: function, skill, holders, hero (the only one)."""
    rows = []
    for function, part in people.groupby("function"):
        for skill in SKILLS:
            if part[skill].isna().all():
                continue
            names = part.loc[part[skill] >= HELD, "person"]
            hero = str(names.iloc[0]) if len(names) == 1 else ""
            rows.append((str(function), skill, len(names), hero))
    return pd.DataFrame(rows, columns=["function", "skill", "holders", "hero"])


def dual_competence(people: pd.DataFrame) -> pd.DataFrame:
    """Share of people at 3 or above in both business and social: function, people, both, share."""
    rated = people.dropna(subset=["business", "social"])
    both = (rated["business"] >= HELD) & (rated["social"] >= HELD)
    table = both.groupby(rated["function"]).agg(["size", "sum"])
    table.columns = ["people", "both"]
    return table.assign(share=table["both"] / table["people"]).reset_index()


@dataclass(frozen=True)
class Train:
    """Cost of training one of one's own: money, months, and share of output lost meanwhile."""

    course: float
    backfill: float
    monthly_cost: float
    months: float
    loss: float


@dataclass(frozen=True)
class Hire:
    """Cost of hiring: per hire, months to full output with share lost, and premium per month."""

    per_hire: float
    monthly_cost: float
    months: float
    loss: float
    premium: float


@dataclass(frozen=True)
class HireOrTrain:
    """Both costs cumulated to the horizon.

    Attributes
    ----------
    train, hire : float
        Cost at the horizon, to the cent.
    equal_month : float
        Month in which hiring has cost as much as training; NaN where the two never meet because
        one is dearer from the first day and stays so.
    verdict : str
        ``train_later``, ``hire`` (level beyond the horizon), ``equal`` (level at the horizon),
        ``always_train`` or ``always_hire``: which is cheaper, and whether that ever turns.
    path : DataFrame
        ``month, train, hire``.
    """

    train: float
    hire: float
    equal_month: float
    verdict: str
    path: pd.DataFrame


def hire_or_train(train: Train, hire: Hire, horizon: int = 24) -> HireOrTrain:
    """Compare training with hiring over ``horizon`` months.

    Train: course + backfill + lost output. Hire: recruiting + lost output + a lasting premium.
    One-off costs are counted at month 0, the premium month by month; not discounted. Losses are
    shares of output while learning or settling in, valued at the monthly cost.

    Raises
    ------
    InvalidInput
        If the horizon is not positive or a share lies outside 0-1.
    """
    if horizon < 1 or not (0 <= train.loss <= 1 and 0 <= hire.loss <= 1):
        raise InvalidInput("horizon_or_share_off_range", horizon=horizon)
    lost = (
        train.loss * train.months * train.monthly_cost,
        hire.loss * hire.months * hire.monthly_cost,
    )
    once_train = round(train.course + train.backfill + lost[0], 2)
    once_hire = round(hire.per_hire + lost[1], 2)
    month = np.arange(horizon + 1)
    hired = once_hire + hire.premium * month
    equal, verdict = math.nan, "always_train" if once_hire > once_train else "always_hire"
    if once_hire == once_train:
        equal, verdict = 0.0, "train_later" if hire.premium else "equal"
    elif once_hire < once_train and hire.premium > 0:
        equal = (once_train - once_hire) / hire.premium
        verdict = "train_later" if equal < horizon else "hire" if equal > horizon else "equal"
    path = pd.DataFrame({"month": month, "train": float(once_train), "hire": hired})
    return HireOrTrain(float(once_train), float(hired[-1]), equal, verdict, path)
