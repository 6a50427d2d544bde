"""What people bring in and have not saved yet: it outlives a refresh, another page, another tab.

It lies in the memory of the server and nowhere else, because nobody has said yet that it may be
kept: a day later, or with the server, it is gone.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ingest.limits import DEFAULTS
from ui.door import cached, session

D = TypeVar("D")
HOURS = 24
"""How long files wait for their person."""


@dataclass
class Waiting:
    """A draft, when it was touched last, and how much it holds."""

    draft: Any
    touched: float = field(default_factory=time.monotonic)
    size: int = 0


def draft(client: str, make: Callable[[], D]) -> D:
    """Return what this person brings in for a client, made anew where nothing waits."""
    session.ask_to_read(client)
    known = cached.drafts()
    limit = time.monotonic() - HOURS * 3600
    for key in [key for key, one in list(known.items()) if one.touched < limit]:
        known.pop(key, None)
    waiting = known.setdefault(_key(client), Waiting(make()))
    waiting.touched = time.monotonic()
    return waiting.draft


def weigh(client: str, size: int) -> None:
    """Note how many bytes a draft holds; where it becomes too much in all, the oldest others go."""
    known = cached.drafts()
    if (own := known.get(_key(client))) is not None:
        own.size = size
    for key, one in sorted(known.items(), key=lambda item: item[1].touched):
        if sum(each.size for each in known.values()) <= DEFAULTS["waiting_bytes"]:
            return
        if one is not own:
            known.pop(key, None)


def drop(client: str) -> None:
    """Forget what this person brought in for a client."""
    cached.drafts().pop(_key(client), None)


def _key(client: str) -> tuple[str, str]:
    who = session.person()
    return (who.email if who else "", client)
