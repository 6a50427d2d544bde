"""Durations in hours: ``37:15``, ``-0:45``, ``25 Days 21 Hours 1 Minute``, ``1d 4h``, ``PT3H``."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.values import numbers
from ingest.values.parsed import Hints, Parsed

HOURS = {"hours": 1.0, "minutes": 1 / 60, "seconds": 1 / 3600, "days": 24.0}
_CLOCK = re.compile(
    r"^([+\-−])?(?:(\d+)\s*(?:d|days?|\.)\s*,?\s*)?(\d+):(\d{1,2})(?::(\d{1,2})(?:[.,](\d+))?)?(\s*h)?$",
    re.IGNORECASE,
)
_PART = re.compile(r"(\d+(?:[.,]\d+)?)\s*([^\W\d_]+)\.?\s*(?:,|and|und|et|y)?\s*", re.IGNORECASE)
_ISO = re.compile(
    r"^([+-])?P(?:(\d+(?:\.\d+)?)W)?(?:(\d+(?:\.\d+)?)D)?"
    r"(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?$"
)
_WORDS = {
    "w": 168,
    "wk": 168,
    "wks": 168,
    "week": 168,
    "weeks": 168,
    "woche": 168,
    "wochen": 168,
    "d": 24,
    "day": 24,
    "days": 24,
    "tag": 24,
    "tage": 24,
    "tagen": 24,
    "jour": 24,
    "jours": 24,
    "dias": 24,
    "h": 1,
    "hr": 1,
    "hrs": 1,
    "hour": 1,
    "hours": 1,
    "std": 1,
    "stunde": 1,
    "stunden": 1,
    "heure": 1,
    "heures": 1,
    "horas": 1,
    "m": 1 / 60,
    "min": 1 / 60,
    "mins": 1 / 60,
    "minute": 1 / 60,
    "minutes": 1 / 60,
    "minuten": 1 / 60,
    "s": 1 / 3600,
    "sec": 1 / 3600,
    "secs": 1 / 3600,
    "second": 1 / 3600,
    "seconds": 1 / 3600,
    "sek": 1 / 3600,
    "sekunden": 1 / 3600,
    "ms": 1 / 3.6e6,
}


def read(distinct: pa.Array, counts: np.ndarray, hints: Hints) -> Parsed:
    """Return hours; plain numbers are in the hinted unit."""
    values = [None if text is None else hours(text) for text in distinct.to_pylist()]
    plain = numbers.read(distinct, counts, hints)
    scaled = pc.multiply(plain.values, HOURS[hints.unit])
    result = pc.coalesce(pa.array(values, pa.float64()), scaled)
    clock = any(text and ":" in text for text in distinct.to_pylist())
    reasons = pa.repeat(pa.scalar("not_a_duration"), len(distinct))
    return Parsed(result, reasons, "h:mm" if clock else hints.unit, plain.ambiguous)


def from_native(array: pa.Array, hints: Hints) -> Parsed:
    """Return hours of spreadsheet durations, clock times (dates near zero) or plain numbers."""
    reasons = pa.repeat(pa.scalar("not_a_duration"), len(array))
    if pa.types.is_duration(array.type):
        hours_ = pc.divide(array.cast(pa.int64()).cast(pa.float64()), 3.6e9)
        return Parsed(hours_, reasons, "h:mm")
    if pa.types.is_timestamp(array.type):
        return Parsed(pa.nulls(len(array), pa.float64()), reasons, "")
    return Parsed(pc.multiply(array, HOURS[hints.unit]), reasons, hints.unit)


def hours(text: str) -> float | None:
    """Return the hours one text means, None if it is no duration (a bare number is none)."""
    clock = _CLOCK.match(text)
    if clock:
        sign, days, hour, minute, second, fraction, _ = clock.groups()
        if int(minute) > 59 or int(second or 0) > 59:
            return None
        seconds = int(second or 0) + float(f"0.{fraction or 0}")
        total = int(days or 0) * 24 + int(hour) + int(minute) / 60 + seconds / 3600
        return -total if sign in ("-", "−") else total
    iso = _ISO.match(text)
    if iso and len(text.lstrip("+-")) > 2:
        sign, *parts = iso.groups()
        factors = (168, 24, 1, 1 / 60, 1 / 3600)
        total = sum(float(p or 0) * f for p, f in zip(parts, factors, strict=True))
        return -total if sign == "-" else total
    return _parse_words(text)


def _parse_words(text: str) -> float | None:
    negative = text.startswith(("-", "−"))
    rest = text.lstrip("+-− ")
    total, at = 0.0, 0
    while at < len(rest):
        part = _PART.match(rest, at)
        if part is None or part[2].lower() not in _WORDS:
            return None
        total += float(part[1].replace(",", ".")) * _WORDS[part[2].lower()]
        at = part.end()
    if at == 0:
        return None
    return -total if negative else total
