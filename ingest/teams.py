"""Team spellings of exports, matched to the client's own teams."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from ingest.mapping import normal
from ingest.source import NOT_STATED
from metrics.functions import BY_KEY
from metrics.model import ALL

_GENERIC = frozenset(
    ["team", "teams", "group", "dept", "department", "region", "office", "unit", "the", "of", "and"]
)
_FUNCTION_WORDS = frozenset(
    word
    for function in BY_KEY.values()
    for name in (function.key, function.title)
    for word in normal(name).split()
)


def words(name: str) -> frozenset[str]:
    """Return the words that tell teams apart: ``EMEA Support`` and ``Support EMEA`` are one."""
    everything = frozenset(normal(name).split())
    return everything - _GENERIC - _FUNCTION_WORDS or everything


class Teams:
    """The client's teams; remembers which spellings it could not place.

    Parameters
    ----------
    declared : mapping
        Team → its other spellings. Empty: every spelling stands for itself.
    """

    def __init__(self, declared: Mapping[str, Iterable[str]]) -> None:
        self._exact: dict[str, str] = {}
        self._words: dict[frozenset[str], set[str]] = {}
        self._seen: dict[str, str] = {}
        self.declared = tuple(sorted((team, tuple(names)) for team, names in declared.items()))
        for team, spellings in declared.items():
            for name in (team, *spellings):
                self._exact.setdefault(normal(name), team)
                self._words.setdefault(words(name), set()).add(team)
        for team in declared:
            self._exact[normal(team)] = team

    def find(self, name: str) -> str | None:
        """Return the client's team of a spelling, or None if no or several teams fit."""
        if name in (ALL, NOT_STATED, "") or not self._exact:
            return name or ALL
        known = self._exact.get(normal(name))
        if known is not None:
            return known
        fitting = self._words.get(words(name), set())
        return next(iter(fitting)) if len(fitting) == 1 else None

    def called(self, name: str) -> str:
        """Return the client's team, else the name; spellings that differ in case are one."""
        found = self.find(name) or name
        return self._seen.setdefault(found.strip().casefold(), found.strip())

    def rename(self, names: Sequence[str]) -> dict[str, str]:
        """Return spelling → team; unknown spellings keep their name."""
        return {name: self.called(name) for name in names}

    def unknown(self, names: Iterable[str]) -> list[str]:
        """Return the spellings that stand for no declared team, in order."""
        return sorted({name for name in names if self.find(name) is None})


def apply_reorganisation(
    frame: pd.DataFrame, name: str, moves: Sequence[tuple[str, str, str]]
) -> pd.DataFrame:
    """Return rows of a frame under the teams that exist from a reorganisation on.

    Figures of teams that became one are added up. Statistics of such teams are left out, because
    what is distinct in each cannot be added.

    Parameters
    ----------
    moves : sequence of (before, after, first month)
    """
    if not moves or not {"team", "month"} <= set(frame):
        return frame
    team, moved = frame["team"].copy(), pd.Series(False, index=frame.index)
    for before, after, first in moves:
        own = team.map(normal) == normal(before)
        hit = own & (frame["month"] >= pd.Timestamp(first or "1900-01"))
        team, moved = team.mask(hit, after), moved | hit
    if not moved.any():
        return frame
    if name == "statistics":
        return frame[~moved]
    frame = frame.assign(team=team)
    return _added_up(frame) if name == "observations" else frame


def _added_up(frame: pd.DataFrame) -> pd.DataFrame:
    """Add rows that now speak of the same; the sum is unknown where a part is."""
    keys = ["function", "team", "item", "constituency", "month", "measure"]
    several = frame.duplicated(keys, keep=False)
    parts = frame[several].groupby(keys, as_index=False, sort=False)
    first = {name: "first" for name in frame if name not in (*keys, "value", "reason")}
    sums = parts.agg({"value": lambda values: values.sum(skipna=False), "reason": "max", **first})
    return pd.concat([frame[~several], sums[frame.columns]], ignore_index=True)
