"""Texts → numbers, money, dates, flags and durations, decided for a whole column at once.

A column is written by one program under one set of settings, so its format is one decision,
made from all its cells: a single ``25/12/2024`` proves the day comes first for every cell. What
the cells leave open is reported as ambiguous, never guessed cell by cell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.values import dates, durations, numbers
from ingest.values.parsed import Hints, Parsed

_MISSING = (
    "-|--|---|–|—|?|.|n/a|na|#n/a|n.a.|n.a|null|none|nan|nil|(blank)|(null)|(none)|[null]|#null!"
    "|not available|not applicable|k.a.|keine angabe|unbekannt|\\n"
)
_MISSING_TEXT = (
    "-|--|---|–|—|?|n/a|#n/a|n.a.|n.a|null|none|nan|(blank)|(null)|(none)|[null]|#null!"
    "|not available|not applicable|k.a.|keine angabe|\\n"
)
_TRUE = "true yes y 1 t ja j oui o si sí sim s x ✓ ✔ wahr vrai on checked"
_FALSE = "false no n 0 f nein non não nao falsch faux off unchecked ✗"
MISSING = frozenset(_MISSING.split("|"))
"""Texts that mean "no value" in exports, compared in lower case."""
MISSING_TEXT = frozenset(_MISSING_TEXT.split("|"))
"""Texts that mean "no value" in a column of texts: ``na`` may be Namibia, ``.`` a mark."""
TRUE = frozenset(_TRUE.split())
FALSE = frozenset(_FALSE.split())


@dataclass(frozen=True)
class ReadColumn:
    """One column after reading.

    Parameters
    ----------
    values : pyarrow array
        float64 (number, money, duration in hours), timestamp[us], bool or string; null where the
        cell is blank, missing or unreadable.
    bad : mapping
        Reason code → positions of cells that hold something which could not be read.
    format : str
        What was decided: ``1,234.5``, ``1.234,5``, ``D/M/Y``, ``ISO``, ``h:mm`` …
    ambiguous : bool
        The cells allow another format too and no hint settled it; ask the analyst.
    currency : str, string array or None
        ISO 4217 code of the column, or of each cell where they differ.
    """

    values: pa.Array
    bad: Mapping[str, np.ndarray] = field(default_factory=dict)
    format: str = ""
    ambiguous: bool = False
    currency: str | pa.Array | None = None

    @property
    def bad_count(self) -> int:
        """How many cells could not be read."""
        return sum(len(rows) for rows in self.bad.values())


def read_column(
    column: pa.ChunkedArray | pa.Array,
    kind: str,
    *,
    missing: tuple[str, ...] = (),
    hints: Hints | None = None,
) -> ReadColumn:
    """Return the typed values of a column.

    Parameters
    ----------
    column : pyarrow array
        As in ``Table.data``: text, or already float64, timestamp, bool or duration.
    kind : {"number", "money", "date", "flag", "duration", "text"}
    missing : tuple of str
        Further texts that mean "no value" in this source (``Pre-PQ Process``).
    hints : Hints, optional
        What is known from elsewhere: neighbouring columns, the analyst's answer.
    """
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    hints = hints or Hints()
    if kind not in _READERS:
        raise ValueError(f"unknown kind of column: {kind}")
    if kind == "text":
        return _text(array, missing)
    if not pa.types.is_string(array.type):
        return _native(array, kind, hints)
    texts = pc.utf8_trim_whitespace(array)
    quick = _QUICK[kind](texts, hints) if kind in _QUICK else None
    if quick is not None:
        return ReadColumn(quick.values, {}, quick.format)
    coded = texts.dictionary_encode()
    distinct = _without_missing(coded.dictionary, missing)
    parsed = _READERS[kind](distinct, _counts(coded), hints)
    values = parsed.values.take(coded.indices)
    unreadable = pc.and_(distinct.is_valid(), parsed.values.is_null())
    bad: dict[str, np.ndarray] = {}
    if pc.any(unreadable).as_py():
        reasons = pc.if_else(unreadable, parsed.reasons, None).take(coded.indices)
        for reason in pc.unique(reasons.drop_null()).to_pylist():
            same = pc.fill_null(pc.equal(reasons, reason), False)
            bad[reason] = np.flatnonzero(same.to_numpy(zero_copy_only=False))
    currency = _currency(parsed.currency, coded.indices, values)
    return ReadColumn(values, bad, parsed.format, parsed.ambiguous, currency)


def _without_missing(distinct: pa.Array, missing: tuple[str, ...]) -> pa.Array:
    markers = pa.array(["", *MISSING, *(text.strip().lower() for text in missing)])
    gone = pc.is_in(pc.utf8_lower(distinct), value_set=markers)
    return pc.if_else(gone, pa.scalar(None, pa.string()), distinct)


def _counts(coded: pa.DictionaryArray) -> np.ndarray:
    indices = coded.indices.drop_null().to_numpy(zero_copy_only=False)
    return np.bincount(indices, minlength=len(coded.dictionary))


def _currency(codes: pa.Array | None, indices: pa.Array, values: pa.Array) -> str | pa.Array | None:
    """Return the currency of the column where it stands beside half of its amounts or more."""
    if codes is None:
        return None
    distinct = pc.unique(codes.drop_null()).to_pylist()
    if not distinct:
        return None
    cells = codes.take(indices)
    named, filled = len(cells) - cells.null_count, len(values) - values.null_count
    return distinct[0] if len(distinct) == 1 and 2 * named >= filled else cells


def _text(array: pa.Array, missing: tuple[str, ...]) -> ReadColumn:
    if not pa.types.is_string(array.type):
        array = array.cast(pa.string())
    texts = pc.utf8_trim_whitespace(array)
    markers = pa.array(["", *(text.lower() for text in missing)])
    gone = pc.is_in(pc.utf8_lower(texts), value_set=markers)
    return ReadColumn(pc.if_else(gone, pa.scalar(None, pa.string()), texts), format="text")


def _native(array: pa.Array, kind: str, hints: Hints) -> ReadColumn:
    """Cells the spreadsheet typed itself; only their kind may not be the one wanted."""
    have = array.type
    if kind in ("number", "money") and (pa.types.is_floating(have) or pa.types.is_boolean(have)):
        return ReadColumn(array.cast(pa.float64()), format="number")
    if kind == "date" and pa.types.is_timestamp(have):
        return ReadColumn(array, format="date")
    if kind == "date" and pa.types.is_floating(have):
        return _to_read_column(array, dates.from_serials(array, hints))
    if kind == "flag" and pa.types.is_boolean(have):
        return ReadColumn(array, format="flag")
    if kind == "flag" and pa.types.is_floating(have):
        good = pc.is_in(array, value_set=pa.array([0.0, 1.0]))
        values = pc.if_else(good, pc.equal(array, 1.0), None)
        return _to_read_column(
            array, Parsed(values, _repeat_reason("not_a_flag", len(array)), "0/1")
        )
    if kind == "duration" and not pa.types.is_boolean(have):
        return _to_read_column(array, durations.from_native(array, hints))
    nothing = pa.nulls(len(array), _TYPES[kind])
    return _to_read_column(
        array, Parsed(nothing, _repeat_reason(f"not_a_{_WORD[kind]}", len(array)), "")
    )


def _to_read_column(array: pa.Array, parsed: Parsed) -> ReadColumn:
    unreadable = pc.and_(array.is_valid(), parsed.values.is_null())
    rows = np.flatnonzero(unreadable.to_numpy(zero_copy_only=False))
    bad = {parsed.reasons[int(rows[0])].as_py(): rows} if len(rows) else {}
    return ReadColumn(parsed.values, bad, parsed.format, parsed.ambiguous)


def _repeat_reason(reason: str, length: int) -> pa.Array:
    return pa.repeat(pa.scalar(reason), length)


def _flags(distinct: pa.Array, counts: np.ndarray, hints: Hints) -> Parsed:
    lower = pc.utf8_lower(distinct)
    true = pc.is_in(lower, value_set=pa.array(sorted(TRUE)))
    false = pc.is_in(lower, value_set=pa.array(sorted(FALSE)))
    values = pc.if_else(true, True, pc.if_else(false, False, pa.scalar(None, pa.bool_())))
    return Parsed(values, _repeat_reason("not_a_flag", len(distinct)), "yes/no")


_READERS: Mapping[str, Callable[..., Any]] = {
    "number": numbers.read,
    "money": numbers.read,
    "date": dates.read,
    "flag": _flags,
    "duration": durations.read,
    "text": lambda *_: None,
}
_QUICK: Mapping[str, Callable[[pa.Array, Hints], Parsed | None]] = {
    "number": numbers.parse_plain,
    "money": numbers.parse_plain,
    "date": dates.parse_iso,
}
_TYPES = {
    "number": pa.float64(),
    "money": pa.float64(),
    "date": pa.timestamp("us"),
    "flag": pa.bool_(),
    "duration": pa.float64(),
}
_WORD = {
    "number": "number",
    "money": "number",
    "date": "date",
    "flag": "flag",
    "duration": "duration",
}
