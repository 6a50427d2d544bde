"""What holds a button is kept back, to be shown below: it cannot be worked out once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_LATER: ContextVar[list[Callable[[], None]] | None] = ContextVar("later", default=None)


@contextmanager
def buttons_later() -> Iterator[list[Callable[[], None]]]:
    """Keep back what holds a button, to be shown below: it cannot be worked out once."""
    later: list[Callable[[], None]] = []
    token = _LATER.set(later)
    try:
        yield later
    finally:
        _LATER.reset(token)


def show_now_or_later(show: Callable[[], None]) -> None:
    later = _LATER.get()
    if later is None:
        show()
    else:
        later.append(show)
