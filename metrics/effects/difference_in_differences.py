"""Difference in differences on unit means: one number per unit, then a t comparison.

With a common start every unit gives the mean after minus the mean before, and treated units are
compared with comparison units by a two-sample t test: autocorrelation inside a unit cannot
fool it (Bertrand, Duflo, Mullainathan 2004, "How much should we trust differences-in-differences
estimates?"). With staggered starts each cohort is compared with units not treated yet
(Callaway, Sant'Anna 2021) and the cells are averaged. Both are one linear form in the means of
the groups, so one variance formula serves them.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from metrics import intervals
from metrics.effects import series
from metrics.effects.panel import Panel
from metrics.effects.result import Fit
from metrics.errors import NotEnoughData
from metrics.model import Note

NAME = "difference-in-differences"
# Below this many units a group's own variance is too noisy to be worth its honesty (Welch).
WELCH_UNITS = 10
# Short staggered panels use the last period before the start as base, as Callaway and Sant'Anna
# publish; longer ones the mean of all, which is far less noisy.
LONG_BASE = 6


def fit(panel: Panel, *, level: float = 95, seed: int = 0) -> Fit:
    """Difference in differences of unit means, or its staggered version.

    Raises
    ------
    NotEnoughData
        No comparison unit, or one unit on both sides with a past too short for `series`.
    """
    groups = _groups(panel)
    if len(panel.treated) == len(panel.controls) == 1:
        return _two_units(panel, level, seed)
    notes: list[Note] = []
    residuals, freedom = _residuals(panel, groups)
    cells = panel.cells & _identified_cells(panel)
    if cells.sum() < panel.cells.sum():
        notes.append(
            Note("effect_cells_without_controls", {"cells": int((panel.cells & ~cells).sum())})
        )
    if not cells.any():
        raise NotEnoughData(0, 1, "control units")
    since, masks = _since_start(panel)
    after = np.arange(len(panel.periods))
    calendar = [_mask_cells(panel.values.shape, row, panel.treated) for row in after]
    forms = np.stack([_form(panel, groups, mask) for mask in (cells, *masks, *calendar)])
    means = np.stack([panel.values[:, columns].mean(axis=1) for columns in groups], axis=1)
    points = np.einsum("ktg,tg->k", forms, means)
    covariance, freedom_used = _covariance(forms, groups, residuals, freedom)
    quantile = intervals.quantile(level, freedom_used[0])
    deviation = np.sqrt(covariance[0, 0])
    error = np.sqrt(np.clip(np.diag(covariance), 0, None))
    chosen = slice(1, 1 + len(masks))
    found = Fit(
        design=NAME,
        estimate=float(points[0]),
        low=float(points[0] - quantile * deviation),
        high=float(points[0] + quantile * deviation),
        standard_error=intervals.comparable_error(deviation, freedom_used[0]),
        expected=panel.values[:, panel.treated].mean(axis=1) - points[1 + len(masks) :],
        expected_error=quantile * error[1 + len(masks) :],
        since_start=since,
        effects=points[chosen],
        covariance=covariance[chosen, chosen],
        quantile=float(quantile),
        notes=tuple(notes),
    )
    return series.at_least(found, panel, level)


def scores(panel: Panel) -> tuple[np.ndarray, list[int]]:
    """What each unit would contribute in each group (units x groups), and the group sizes.

    The estimate is the sum over groups of the mean score of its units, so any other assignment of
    units to groups is a matter of re-indexing. Units are ordered by group.
    """
    groups = _groups(panel)
    form = _form(panel, groups, panel.cells & _identified_cells(panel))
    return panel.values[:, np.concatenate(groups)].T @ form, [len(group) for group in groups]


def _two_units(panel: Panel, level: float, seed: int) -> Fit:
    """One unit on each side has no spread between units: the noise is that of `series`."""
    try:
        noise = series.fit(panel, level=level, seed=seed)
    except NotEnoughData as reason:
        raise NotEnoughData(2, 3, "units") from reason
    start, columns = panel.cohorts[0]
    gap = panel.values[:, columns[0]] - panel.values[:, panel.controls[0]]
    gap = gap - gap[panel.before(start)].mean()
    estimate = float(gap[start + panel.ramp :].mean())
    half = (noise.high - noise.low) / 2
    return replace(
        noise,
        design=NAME,
        estimate=estimate,
        low=estimate - half,
        high=estimate + half,
        expected=panel.values[:, columns[0]] - gap,
        effects=gap[start:],
        notes=(Note("effect_noise_from_series"),),
    )


def _mask_cells(shape: tuple[int, int], row: int, columns: np.ndarray) -> np.ndarray:
    mask = np.zeros(shape, dtype=bool)
    mask[row, columns] = True
    return mask


def _groups(panel: Panel) -> list[np.ndarray]:
    groups = [columns for _, columns in panel.cohorts]
    if len(panel.controls):
        groups.append(panel.controls)
    if len(groups) < 2:
        raise NotEnoughData(0, 1, "control units")
    return groups


def _residuals(panel: Panel, groups: list[np.ndarray]) -> tuple[list[np.ndarray], int]:
    residuals = [
        panel.values[:, columns] - panel.values[:, columns].mean(axis=1, keepdims=True)
        for columns in groups
    ]
    units = sum(len(columns) for columns in groups)
    if units <= len(groups):
        raise NotEnoughData(units, len(groups) + 1, "units")
    return residuals, units - len(groups)


def _since_start(panel: Panel) -> tuple[np.ndarray, list[np.ndarray]]:
    """Periods since the start that some identified treated cell has, and the cells of each."""
    age = np.arange(len(panel.periods))[:, None] - panel.first
    usable = np.zeros(panel.values.shape, dtype=bool)
    usable[:, panel.treated] = True
    usable &= _identified_cells(panel) & (age >= 0)
    since = np.unique(age[usable])
    return since, [usable & (age == month) for month in since]


def _identified_cells(panel: Panel) -> np.ndarray:
    """Cells for which some unit is not treated yet."""
    if len(panel.controls):
        return np.ones(panel.values.shape, dtype=bool)
    last_start = panel.cohorts[-1][0] - panel.anticipation
    return np.repeat(
        (np.arange(len(panel.periods)) < last_start)[:, None], panel.values.shape[1], axis=1
    )


def _base(panel: Panel, start: int) -> np.ndarray:
    before = panel.before(start)
    return before[-1:] if panel.staggered and len(before) < LONG_BASE else before


def _form(panel: Panel, groups: list[np.ndarray], cells: np.ndarray) -> np.ndarray:
    """Weights on group means (periods x groups) whose sum is the mean effect over ``cells``."""
    form = np.zeros((len(panel.periods), len(groups)))
    total = cells.sum()
    for place, (start, columns) in enumerate(panel.cohorts):
        share = cells[:, columns].sum(axis=1) / total
        if not share.any():
            continue
        base = _base(panel, start)
        form[:, place] += share
        form[base, place] -= share.sum() / len(base)
        for row in np.flatnonzero(share):
            for other, part in _comparison(panel, groups, start, row):
                form[row, other] -= share[row] * part
                form[base, other] += share[row] * part / len(base)
    return form


def _comparison(
    panel: Panel, groups: list[np.ndarray], start: int, row: int
) -> list[tuple[int, float]]:
    """Groups untreated at ``row`` with their share of the comparison units."""
    if len(panel.controls):
        return [(len(groups) - 1, 1.0)]
    later = [
        (place, len(columns))
        for place, (first, columns) in enumerate(panel.cohorts)
        if first > start and first - panel.anticipation > row
    ]
    units = sum(size for _, size in later)
    return [(place, size / units) for place, size in later]


def _covariance(
    forms: np.ndarray, groups: list[np.ndarray], residuals: list[np.ndarray], freedom: int
) -> tuple[np.ndarray, np.ndarray]:
    """Covariance of the linear forms and the degrees of freedom of each.

    The residual covariance over time is pooled over groups (the classical two-sample t), or each
    group's own when all have at least ``WELCH_UNITS`` units.
    """
    sizes = [len(columns) for columns in groups]
    if min(sizes) >= WELCH_UNITS:
        parts = []
        for place, own in enumerate(residuals):
            score = forms[:, :, place] @ own
            parts.append(score @ score.T / ((sizes[place] - 1) * sizes[place]))
        variances = np.stack([np.diag(part) for part in parts])
        weights = np.array(sizes)[:, None] - 1
        with np.errstate(invalid="ignore", divide="ignore"):
            effective = variances.sum(axis=0) ** 2 / (variances**2 / weights).sum(axis=0)
        return np.sum(parts, axis=0), np.nan_to_num(effective, nan=float(freedom))
    everyone = np.concatenate(residuals, axis=1)
    covariance = np.zeros((len(forms), len(forms)))
    for place, size in enumerate(sizes):
        score = forms[:, :, place] @ everyone
        covariance += score @ score.T / (freedom * size)
    return covariance, np.full(len(forms), float(freedom))
