"""What a heading says of its numbers: ``(in hrs)``, ``(k€)``, ``in thousands``."""

from __future__ import annotations

import re
from functools import lru_cache

from ingest.mapping import normal

_TIME = {
    "seconds": "s|sec|secs|second|seconds|sek|sekunden",
    "minutes": "m|min|mins|minute|minutes|minuten",
    "hours": "h|hr|hrs|hour|hours|std|stunde|stunden|heures",
    "days": "d|day|days|tag|tage|jours|dias",
}
_TIMES = {word: unit for unit, words in _TIME.items() for word in words.split("|")}
_SCALES = (
    (
        1e6,
        re.compile(r"^(in )?(m|mn|mio|mln|mm|million|millions|millionen)( ?(€|\$|£|[a-z]{3}))?$"),
    ),
    (1e6, re.compile(r"^(€|\$|£|[a-z]{3}) ?(m|mn|mio|mln|million|millions|millionen)$")),
    (
        1e3,
        re.compile(
            r"^(in )?(k|t|tsd|tausend|thousand|thousands|000|000s|['’]000)( ?(€|\$|£|[a-z]{3}))?$"
        ),
    ),
    (1e3, re.compile(r"^(€|\$|£|[a-z]{3}) ?(k|tsd|thousand|thousands|000|000s|['’]000)$")),
)
_COUNTED = re.compile(
    r"numbers?|counts?|no|#|pcs|pieces|units|anzahl|stück|stk|nombre|número|%|percent|per cent"
    r"|prozent|share|ratio|points|[kt]?[€$£]"
)
_CURRENCY_CODE = re.compile(r"^[A-Z]{3}$")
_BRACKET = re.compile(r"[(\[]\s*([^()\[\]]*?)\.?\s*[)\]]\s*$")
_TAIL = re.compile(r"(?:,|\s)\s*in\s+([^\s,]+(?: [^\s,]+)?)\s*$", re.IGNORECASE)


@lru_cache(maxsize=65_536)
def _heading_unit(heading: str) -> str:
    """Return the unit a heading names at its end, in lower case, or ''."""
    found = _BRACKET.search(heading) or _TAIL.search(heading)
    said = found[1].strip().lower().replace(".", "") if found else ""
    return said.removeprefix("in ").strip()


def time_unit(heading: str) -> str:
    """Return ``seconds, minutes, hours`` or ``days`` where a heading says so, else ''."""
    said = _heading_unit(heading)
    return _TIMES.get(said, "") or _TIMES.get(normal(said), "")


def scale(heading: str) -> float:
    """Return by how much the numbers under a heading are told too small: 1, 1,000 or a million."""
    said = _heading_unit(heading)
    return next((factor for factor, words in _SCALES if words.match(said)), 1.0)


def is_unit(text: str) -> bool:
    """Is a text a unit and no name: a currency's code, ``number``, ``hours``, ``%``?"""
    plain = text.strip()
    known = _COUNTED.fullmatch(plain.lower()) or normal(plain) in _TIMES
    return bool(known) or _CURRENCY_CODE.match(plain) is not None
