"""What was read and counted stays as long as nothing it was made of changes.

A person who maps one table waits for that table alone: all others are the same objects as before,
and so is what was made of them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")


class Kept:
    """Results by what they were made of; what one pass over the files did not use is dropped."""

    def __init__(self) -> None:
        self._held: dict[Hashable, tuple[tuple[Any, ...], Any]] = {}
        self._used: set[Hashable] = set()
        self.made: list[str] = []
        """What the last pass had to make, by kind: ``file``, ``records``, ``counts``."""

    def once(self, kind: str, about: Hashable, things: tuple[Any, ...], make: Callable[[], T]) -> T:
        """Return what was made of the very same ``things`` before, else make it.

        Parameters
        ----------
        kind : str
        about : hashable
            All that the result depends on besides ``things``.
        things : tuple
            Told apart by identity, and held, so that no other object can take their place.
        """
        key = (kind, about, tuple(map(id, things)))
        if key not in self._held:
            self.made.append(kind)
            self._held[key] = (things, make())
        self._used.add(key)
        return self._held[key][1]

    def hold(self, kind: str, about: Hashable, result: Any) -> None:
        """Hold a result that was made elsewhere, of nothing but what it is about."""
        self._held[kind, about, ()] = (), result

    def holds(self, kind: str, about: Hashable) -> bool:
        """Say whether such a result is held."""
        return (kind, about, ()) in self._held

    def begin(self) -> None:
        """Start a pass over the files."""
        self._used, self.made = set(), []

    def end(self) -> None:
        """End a pass: what it did not use will not be used again."""
        self._held = {key: held for key, held in self._held.items() if key in self._used}
