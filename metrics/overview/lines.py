"""Sentences to be, and what an overview is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Line:
    """A sentence to be: its code and the facts it needs, numbers already written by their unit."""

    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Tile:
    """One headline figure: what it is, the figure, what stands beside it, where it comes from.

    Parameters
    ----------
    figure : Line
        The figure itself, or the words that take its place ("not shown").
    words : bool
        True when the figure is words.
    change : Line or None
        Difference to before, with its interval.
    mood : str
        ``better`` or ``worse`` when a change is shown, otherwise "".
    since : Line or None
        Difference to what was read out last time.
    """

    key: str
    figure: Line
    lines: tuple[Line, ...]
    source: Line
    words: bool = False
    change: Line | None = None
    mood: str = ""
    since: Line | None = None


@dataclass(frozen=True)
class Overview:
    """What an executive reads in two minutes."""

    verdict: tuple[Line, ...]
    support: tuple[Line, ...]
    tiles: tuple[Tile, ...]


@dataclass(frozen=True)
class Outcome:
    """What became of one decision: what was promised, what came; fractions or money a month.

    ``held`` is None while nothing can be said.
    """

    name: str
    promised: Line
    came: Line
    held: bool | None
