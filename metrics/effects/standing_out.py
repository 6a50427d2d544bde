"""Single months that stand out of their neighbours: a strike, a booking that slipped a month."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from metrics.effects.result import Effect, Note
from metrics.portfolio.panel import spikes


def without_standing_out(outcome: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Return an outcome in which such months follow their neighbours, and how many there were.

    Parameters
    ----------
    outcome : DataFrame, months x teams
        A month that stands out is filled with the team's level, what is common to the others in
        that month, and its own distance from them in the months around it. Gaps stay gaps.
    """
    raw = outcome.to_numpy(float)
    positive = bool((raw[np.isfinite(raw)] > 0).all())
    value = np.log(raw) if positive else raw
    out = spikes(value) & np.isfinite(value)
    if not out.any():
        return outcome, 0
    left = pd.DataFrame(np.where(out, np.nan, value))
    level = left.median()
    common = (left - level).median(axis=1).interpolate(limit_direction="both")
    own = (left - level).sub(common, axis=0).interpolate(limit_direction="both")
    filled = own.add(common, axis=0).add(level, axis=1).to_numpy()
    mended = np.where(out, np.exp(filled) if positive else filled, raw)
    return pd.DataFrame(mended, outcome.index, outcome.columns), int(out.sum())


def drawn_as_they_were(whole: Effect, actual: pd.DataFrame, count: int) -> Effect:
    """Return an effect that shows what was recorded, and says how many months stood out."""
    if not count:
        return whole
    path = whole.path.assign(actual=actual.mean(axis=1).to_numpy())
    note = Note("effect_months_stand_out", {"n": count})
    return replace(whole, notes=(*whole.notes, note), path=path)
