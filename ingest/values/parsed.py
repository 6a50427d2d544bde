"""What the value readers take and give."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True)
class Hints:
    """What is known of a column from outside its cells.

    Parameters
    ----------
    decimal : {".", ","} or None
        Decimal mark of other columns of the file.
    order : {"D/M/Y", "M/D/Y", "Y/M/D"} or None
        Date order of other columns of the file, or the analyst's answer.
    unit : {"hours", "minutes", "seconds", "days"}
        Of plain numbers in a duration column.
    date_1904 : bool
        The workbook counts days from 1904.
    fiscal_year_start : int
        First month of the fiscal year, for ``FY24 Q1``.
    outcomes : tuple of (str, str)
        The client's own stages of a deal and what they mean: ``won`` or ``lost``.
    """

    decimal: str | None = None
    order: str | None = None
    unit: str = "hours"
    date_1904: bool = False
    fiscal_year_start: int = 1
    outcomes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Parsed:
    """Values of distinct texts: null with a reason where a text could not be read."""

    values: pa.Array
    reasons: pa.Array
    format: str
    ambiguous: bool = False
    currency: pa.Array | None = None
