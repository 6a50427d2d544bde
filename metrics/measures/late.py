"""Answers that come late: shown once five of them have come, so that no revision tells of fewer.

Whoever reads two revisions can subtract one from the other. So a change is judged against what is
shown: where the answers of a group in a month change by fewer than five people, the group stays
as it was shown, and what it holds by now waits beside it. A month that is new and holds fewer
than five answers waits as a whole.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from metrics.frames import LATE_ANSWERS
from metrics.measures.privacy import OF_PEOPLE, SMALLEST_GROUP

GROUP = ["function", "team", "item", "constituency", "month"]
GONE = "gone"
"""Reason of the one row by which a group waits that holds no answers any more."""


def _surveys() -> list[set[str]]:
    """Return the measures that belong together: of one survey, or of questions upon questions."""
    found: list[set[str]] = []
    for kpi in OF_PEOPLE:
        joined = set(kpi.measures)
        for other in [each for each in found if each & joined]:
            joined |= other
            found.remove(other)
        found.append(joined)
    return found


SURVEYS = _surveys()


def restore(shown: pd.DataFrame, late: pd.DataFrame) -> pd.DataFrame:
    """Return observations with what waits in the place of what is shown of the same groups."""
    if late.empty:
        return shown
    survey = late["measure"].map(_survey_of)
    waiting = pd.MultiIndex.from_frame(late[GROUP].assign(survey=survey))
    rows = pd.MultiIndex.from_frame(shown[GROUP].assign(survey=shown["measure"].map(_survey_of)))
    return pd.concat([shown[~rows.isin(waiting)], late[late["reason"] != GONE]], ignore_index=True)


def release(shown: pd.DataFrame, now: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return observations as they may be shown after ``shown``, and what waits.

    Parameters
    ----------
    shown : DataFrame
        Frame ``observations`` as everybody may have read it.
    now : DataFrame
        The same with every answer that has come.

    Returns
    -------
    tuple of DataFrame
        Frames ``observations`` and ``late_answers``.
    """
    released, late = now, [LATE_ANSWERS.empty()]
    for number, measures in enumerate(SURVEYS):
        before = shown[shown["measure"].isin(measures)]
        after = now[now["measure"].isin(measures)]
        if before.empty:  # nothing of this survey was ever shown
            continue
        waits = _waiting(before, after)
        if not len(waits):
            continue
        mine = after[pd.MultiIndex.from_frame(after[GROUP]).isin(waits)]
        kept = before[pd.MultiIndex.from_frame(before[GROUP]).isin(waits)]
        gone = waits[~waits.isin(pd.MultiIndex.from_frame(mine[GROUP]))].to_frame(index=False)
        gone = gone.assign(measure=min(SURVEYS[number]), reason=GONE)
        late += [mine, gone]
        others = ~(
            released["measure"].isin(measures)
            & pd.MultiIndex.from_frame(released[GROUP]).isin(waits)
        )
        released = pd.concat([released[others], kept], ignore_index=True)
    return released, LATE_ANSWERS.conform(pd.concat(late, ignore_index=True))


def _survey_of(measure: str) -> int:
    return next((i for i, measures in enumerate(SURVEYS) if measure in measures), -1)


def _waiting(before: pd.DataFrame, after: pd.DataFrame) -> pd.MultiIndex:
    """Return the groups of one survey that stay as they are."""
    counts = [
        frame.pivot_table(values="value", index=GROUP, columns="measure", aggfunc="sum")
        for frame in (before, after)
    ]
    old, new = counts[0].align(counts[1])
    change = new.fillna(0.0) - old.fillna(0.0)
    changed = (change != 0).any(axis=1)
    people = _people(change)
    month = ["function", "month"]
    known = pd.MultiIndex.from_frame(before[month].drop_duplicates())
    months = pd.MultiIndex.from_frame(change.index.to_frame(index=False)[month])
    fresh = ~months.isin(known)
    together = people.groupby(level=month).transform("sum").to_numpy()
    few = np.where(fresh, together < SMALLEST_GROUP, people.to_numpy() < SMALLEST_GROUP)
    return pd.MultiIndex.from_frame(change.index[changed.to_numpy() & few].to_frame(index=False))


def _people(change: pd.DataFrame) -> pd.Series:
    """Return by group how many people at least stand behind a change: the fewest of any figure."""
    fewest = pd.Series(np.inf, index=change.index)
    for kpi in OF_PEOPLE:
        mine = change[[each for each in dict.fromkeys(kpi.measures) if each in change]]
        counted = change[[each for each in kpi.denominator if each in change]]
        if mine.empty or not len(mine.columns):
            continue
        moved = np.maximum(counted.clip(lower=0).sum(axis=1), (-counted).clip(lower=0).sum(axis=1))
        fewest = fewest.where(~((mine != 0).any(axis=1) & (moved < fewest)), moved)
    return fewest.replace(np.inf, 0.0)
