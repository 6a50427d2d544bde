"""Do raters of one kind see more than the others? Managers, the assessed themselves, marketing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from metrics.intervals import quantile
from metrics.maturity.answers import ANSWERED, MARKETING
from metrics.maturity.waves import LEVEL, NAMED_ROLES, SMALLEST_GROUP

MANAGERS = r"\b(?:head|chief|director|vp|vice president|president|manager|lead|ceo|cio|coo|cfo)\b"


def _managers(rows: pd.DataFrame) -> pd.Series:
    return rows["rater_role"].str.lower().str.contains(MANAGERS)


def _is_own_function(rows: pd.DataFrame) -> pd.Series:
    return rows["rater_function"].str.lower() == rows["function"].str.lower()


def _marketing(rows: pd.DataFrame) -> pd.Series:
    return rows["rater_function"].str.lower() == MARKETING


def _assessors(rows: pd.DataFrame) -> pd.Series:
    return rows["rater_role"].str.lower().str.contains("|".join(NAMED_ROLES))


VIEWS: tuple[tuple[str, Callable[[pd.DataFrame], pd.Series], bool], ...] = (
    ("managers", _managers, False),
    ("own_function", _is_own_function, False),
    ("marketing", _marketing, False),
    ("assessors", _assessors, True),
)
"""Name, who belongs to it, and whether its members sign their view (then small groups show)."""


def bias_views(answers: pd.DataFrame) -> pd.DataFrame:
    """Hold each kind of rater against the rest, question by question of the same function.

    Parameters
    ----------
    answers : DataFrame
        One wave, frame ``answers``.

    Returns
    -------
    DataFrame
        view, gap (levels of capability, this kind minus the others), low, high (80 %, Welch's t
        over raters), raters, others, verdict ("higher", "lower", "not shown", "cannot tell"),
        reason. Groups below five raters are suppressed unless they are named assessors.
    """
    rows = answers[answers["state"] == ANSWERED].copy()
    usual = rows.groupby(["function", "question"])["value"].transform("mean")
    rows["off"] = 4 * (rows["value"] - usual)
    found = [(name, *_gap(rows, belongs(rows), named)) for name, belongs, named in VIEWS]
    names = "view gap low high raters others verdict reason"
    return pd.DataFrame(found, columns=names.split())


def _gap(rows: pd.DataFrame, inside: pd.Series, named: bool) -> tuple:
    mine, rest = (rows[m].groupby("rater")["off"].mean() for m in (inside, ~inside))
    counts, nan = (len(mine), len(rest)), float("nan")
    least = 1 if named else SMALLEST_GROUP
    if counts[0] < least or counts[1] < SMALLEST_GROUP:
        return nan, nan, nan, *counts, "cannot tell", "group_too_small"
    gap = float(mine.mean() - rest.mean())
    if min(counts) < 2:
        return gap, nan, nan, *counts, "cannot tell", "one_rater_of_a_kind"
    errors = np.array([mine.var(ddof=1) / counts[0], rest.var(ddof=1) / counts[1]])
    total = float(errors.sum())
    if total <= 0:
        return gap, nan, nan, *counts, "cannot tell", "no_spread"
    freedom = total**2 / float((errors**2 / (np.array(counts) - 1)).sum())
    half = float(quantile(100 * LEVEL, freedom) * np.sqrt(total))
    verdict = "higher" if gap > half else "lower" if gap < -half else "not shown"
    return gap, gap - half, gap + half, *counts, verdict, ""
