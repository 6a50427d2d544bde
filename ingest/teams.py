"""Team spellings of exports, matched to the client's own teams."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

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
