"""Cell styles of a workbook: which numbers are dates, times or durations."""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.etree import ElementTree

import numpy as np

from ingest.readers.cells import Kind

DATE, DURATION, TIME = 1, 2, 3
BUILT_IN = {
    **dict.fromkeys((*range(14, 18), 22, *range(27, 37), *range(50, 59)), DATE),
    **dict.fromkeys((*range(18, 22), 45, 47), TIME),
    46: DURATION,
}
"""Number formats every workbook has (ECMA-376 part 1, 18.8.30)."""
_NOT_CODE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?:\$[^\]]*|[A-Za-z]{3,}\d*|[<>=][^\]]*)\]')


@dataclass(frozen=True)
class Styles:
    """What each cell style makes of a number.

    Parameters
    ----------
    meaning : ndarray of uint8
        By style index: 0 number, else DATE, DURATION or TIME.
    date_1904 : bool
    """

    meaning: np.ndarray
    date_1904: bool = False

    def resolve(self, style: np.ndarray, kind: np.ndarray, number: np.ndarray) -> None:
        """Turn NUMBER cells of date styles into DATE or DURATION, in place."""
        if not self.meaning.any():
            return
        safe = np.minimum(style, len(self.meaning) - 1)
        meaning = np.where(kind == Kind.NUMBER, self.meaning[safe], 0)
        duration = (meaning == DURATION) | ((meaning == TIME) & (np.abs(number) < 1))
        day = (meaning > 0) & ~duration
        kind[duration], kind[day] = Kind.DURATION, Kind.DATE
        number[duration] = np.rint(number[duration] * 86_400_000) * 1000
        number[day] = self.microseconds(number[day])

    def microseconds(self, days: np.ndarray) -> np.ndarray:
        """Return microseconds since 1970 of day counts, to the millisecond.

        The 1900 system counts a 29 February 1900 that never was (ECMA-376 part 1, 18.17.4.1).
        """
        offset = 24_107 if self.date_1904 else 25_569
        shifted = days + (0 if self.date_1904 else (days < 60))
        return np.rint((shifted - offset) * 86_400_000) * 1000


def meaning_of(code: str) -> int:
    """Return what a number format code makes of a number: 0, DATE, DURATION or TIME."""
    plain = _NOT_CODE.sub("", code.split(";")[0]).lower()
    if re.search(r"\[(h+|m+|s+)\]", plain):
        return DURATION
    if "general" in plain or not re.search(r"[dmyhs]", plain):
        return 0
    if re.search(r"[yd]", plain):
        return DATE
    return TIME if re.search(r"[hs]", plain) else DATE


def read(xml: bytes | None, date_1904: bool) -> Styles:
    """Return the styles of ``styles.xml``; without one every number is a number."""
    if not xml:
        return Styles(np.zeros(1, np.uint8), date_1904)
    root = ElementTree.fromstring(xml)  # noqa: S314 DOCTYPE was refused before
    custom = {
        int(node.get("numFmtId", -1)): meaning_of(node.get("formatCode", ""))
        for node in root.iterfind("{*}numFmts/{*}numFmt")
    }
    formats = (int(node.get("numFmtId", 0)) for node in root.iterfind("{*}cellXfs/{*}xf"))
    meaning = [custom.get(format_, BUILT_IN.get(format_, 0)) for format_ in formats]
    return Styles(np.array(meaning or [0], np.uint8), date_1904)
