"""What a tidy frame is: named columns in order, each with its dtype and meaning."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from metrics.errors import InvalidInput

TEXT, NUMBER, MONTH, WHOLE = "str", "float64", "datetime64[us]", "int64"
DAY = "datetime64[s]"
"""A day that matters as such; months are the first day and finer resolution is their mark."""


@dataclass(frozen=True)
class Column:
    """Name, dtype and meaning of one column; NaN is allowed in numbers, "" in text.

    ``choices`` are the words a cell may hold, where only these are understood.
    """

    name: str
    dtype: str
    meaning: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Frame:
    """A named set of columns, in order.

    Attributes
    ----------
    key : tuple of str
        What makes two rows speak of the same thing; empty where nothing is brought in twice.
    needed : tuple of str
        Headings without which a sheet is not taken for this frame.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def choices(self) -> dict[str, tuple[str, ...]]:
        """Column → the words it may hold, for columns that hold these only."""
        return {column.name: column.choices for column in self.columns if column.choices}

    def empty(self) -> pd.DataFrame:
        """Return a frame with no rows and the right dtypes."""
        return pd.DataFrame({c.name: pd.Series(dtype=c.dtype) for c in self.columns})

    def conform(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return ``frame`` with exactly these columns, order and dtypes.

        Missing text columns become "" and missing numbers NaN.

        Raises
        ------
        InvalidInput
            If ``frame`` has a column this frame does not know.
        """
        unknown = set(frame.columns) - set(self.names)
        if unknown:
            raise InvalidInput("unknown_column", frame=self.name, columns=sorted(unknown))
        blank = {TEXT: "", NUMBER: float("nan"), MONTH: pd.NaT, DAY: pd.NaT, WHOLE: 0}
        result = {}
        for column in self.columns:
            series = (
                frame[column.name]
                if column.name in frame
                else pd.Series(blank[column.dtype], index=frame.index)
            )
            if column.dtype == TEXT:
                series = series.fillna("")
            result[column.name] = series.astype(column.dtype)
        return pd.DataFrame(result).reset_index(drop=True)


ColumnSpec = tuple[str, str, str] | tuple[str, str, str, tuple[str, ...]]


def declare(
    name: str, *columns: ColumnSpec, key: tuple[str, ...] = (), needed: tuple[str, ...] = ()
) -> Frame:
    """Declare a frame from its name and its columns as (name, dtype, meaning[, choices])."""
    return Frame(name, tuple(Column(*column) for column in columns), key, needed)


def iterate_rows(frame: pd.DataFrame) -> Iterator[Any]:
    """Yield the rows of a frame, their columns as attributes.

    What a column holds its ``Frame`` declares; pandas' own types cannot say it.
    """
    return iter(frame.itertuples())
