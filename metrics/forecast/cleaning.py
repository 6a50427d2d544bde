"""Gaps, wild points and level shifts, judged by a structural form rather than by eye.

Effects are estimated by generalised least squares under the judging form (Chen & Liu 1993; de Jong
& Penzer 1998 give the same statistics from the smoother): with ``P`` the inverse covariance and
``d`` the values, a direction ``u`` has the effect ``uᵀPd / uᵀPu`` and the statistic
``uᵀPd / √(uᵀPu)``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from metrics.forecast.components import Form, covariance
from metrics.forecast.scale import BOUNDS, SCALES, Domain, margin
from metrics.model import Note

# Judges of what is usual: calm and lively level, without and with a season.
_JUDGES = tuple(
    Form(noise, 0.0, level, 0.01, 1.0, 0.0, season, 0.0)
    for noise, level in ((0.9, 0.03), (0.4, 0.6))
    for season in (0.0, 1.0, 20.0)
)
# Robust standard deviations from which a departure is reported, and from which it is also taken
# out. The second is high on purpose: removing honest surprises made competition forecasts worse
# and their intervals too narrow; only what looks like another series or a slip of the pen goes.
NOTICED = 6.0
HANDLED = 12.0
# The newest points may be the start of something: never set aside, and too few to prove a step.
_NEWEST = 3
# Differences below this share of the values are rounding.
_STILL = 1e-9


@dataclass(frozen=True)
class _Event:
    """The clearest departure from the usual: where, how large, of which kind."""

    kind: str
    at: int
    effect: float
    size: float


def clean(
    values: np.ndarray, season: int, kind: Domain, index: pd.Index
) -> tuple[np.ndarray, tuple[Note, ...]]:
    """Fill gaps; take out gross outliers, and bring the past to the level after a gross shift.

    Parameters
    ----------
    values : numpy.ndarray
        One value per step, NaN where missing; the first is present.

    Returns
    -------
    values : numpy.ndarray
        Without NaN.
    notes : tuple of Note
        ``outlier`` and ``level_shift`` with period, size in robust standard deviations, and
        whether it was taken out.
    """
    last = np.flatnonzero(np.isfinite(values))[-1] + 1
    values = values[:last]
    seen = np.isfinite(values)
    if np.ptp(values[seen]) == 0:
        return np.where(seen, values, values[seen][0]), ()
    scale = SCALES[kind][-1]
    edge = margin(values[seen][None], kind)
    z = np.full(len(values), np.nan)
    z[seen] = scale.forward(values[seen][None], edge)[0]
    events = _departures(z, season)
    notes = tuple(_note(event, index) for event in events)
    handled = [event for event in events if event.size >= HANDLED]
    if seen.all() and not handled:
        return values, notes
    kept = seen.copy()
    for event in handled:
        z, touched = _remove_event(z, event)
        kept &= ~touched
    filled = np.isnan(z)
    if filled.any():
        z = np.where(filled, _judge(z, season)[0], z)
    inside = np.clip(scale.inverse(z[None], edge)[0], *BOUNDS[kind])
    cleaned = np.where(kept, values, inside)
    if np.ptp(cleaned) <= _STILL * np.abs(cleaned).max():
        # Without its departures nothing is left that ever moved: they are the series.
        filled = np.where(seen, values, values[seen][0])
        return filled, tuple(Note(n.code, n.facts | {"handled": False}) for n in notes)
    return cleaned, notes


def _note(event: _Event, index: pd.Index) -> Note:
    facts = {
        "period": str(index[event.at]),
        "deviations": round(event.size, 1),
        "handled": event.size >= HANDLED,
    }
    return Note(event.kind, facts)


def _remove_event(z: np.ndarray, event: _Event) -> tuple[np.ndarray, np.ndarray]:
    """Values with an event taken out, and which of them that touched."""
    steps = np.arange(len(z))
    if event.kind == "outlier":
        touched = steps == event.at
        return np.where(touched, np.nan, z), touched
    touched = steps < event.at
    return z + event.effect * touched, touched


def _departures(z: np.ndarray, season: int) -> list[_Event]:
    """The clearest departure, then the next with that one out, at most one per ten points."""
    events: list[_Event] = []
    for _ in range(max(1, len(z) // 10)):
        event = _clearest(z, season)
        if event is None:
            break
        events.append(event)
        z, _ = _remove_event(z, event)
    return events


def _clearest(z: np.ndarray, season: int) -> _Event | None:
    seen = np.flatnonzero(~np.isnan(z))
    _, inverse, centred = _judge(z, season)
    pull = inverse @ centred
    after = np.triu(np.ones((len(seen), len(seen))))
    pulse = pull / np.sqrt(np.diagonal(inverse))
    information = np.einsum("it,ts,is->i", after, inverse, after)
    step = (after @ pull) / np.sqrt(np.maximum(information, 1e-12))
    usual = 1.4826 * float(np.median(np.abs(pulse)))
    if usual <= 1e-9 * np.abs(centred).max():
        return None
    # A step in the first or last few points cannot be told from a wild point there.
    step[:_NEWEST] = step[-_NEWEST:] = 0.0
    pulse[:1] = pulse[-_NEWEST:] = 0.0
    p, s = int(np.argmax(np.abs(pulse))), int(np.argmax(np.abs(step)))
    if max(abs(pulse[p]), abs(step[s])) < NOTICED * usual:
        return None
    if abs(pulse[p]) >= abs(step[s]):
        effect = pull[p] / inverse[p, p]
        return _Event("outlier", int(seen[p]), float(effect), float(abs(pulse[p]) / usual))
    effect = float((after @ pull)[s] / information[s])
    return _Event("level_shift", int(seen[s]), effect, float(abs(step[s]) / usual))


def _judge(z: np.ndarray, season: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values with gaps filled by their conditional mean, and what the statistics need.

    Returns
    -------
    filled, inverse, centred
        Of the judge that explains the observed values best; the last two over observed steps.
    """
    seen = np.isfinite(z)
    steps = np.arange(len(z))
    centred = z[seen] - z[seen][0]
    best, chosen = -np.inf, None
    for form in _JUDGES if season > 1 else _JUDGES[::3]:
        total = covariance(form, steps, max(season, 2))
        factor = np.linalg.cholesky(total[np.ix_(seen, seen)])
        errors = np.linalg.solve(factor, centred)[1:]
        size = np.log(np.diagonal(factor))[1:].sum()
        evidence = -0.5 * len(errors) * np.log(errors @ errors + 1e-300) - size
        if evidence > best:
            best, chosen = evidence, total
    assert chosen is not None
    inverse = np.linalg.inv(chosen[np.ix_(seen, seen)])
    filled = np.where(seen, z, z[seen][0] + chosen[:, seen] @ (inverse @ centred))
    return filled, inverse, centred
