"""Rows, columns and tables a person left out: read as if they were not in the file."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from ingest.model import Table, column_letter
from metrics.model import Place

_CELL = re.compile(r"([A-Z]+)(\d+)")


def exclude(tables: Sequence[Table], places: Collection[Place]) -> list[Table]:
    """Return the tables without what stands at the places.

    A cell leaves out its row, a column (``C:C``) its column, a place without a cell its table.
    Where months stood across, a cell leaves out its own figure and not the whole row.
    """
    left = []
    for table in tables:
        own = [p for p in places if p.file == table.file and p.sheet in (None, table.sheet)]
        if any(place.cell is None for place in own):
            continue
        for place in own:
            table = _exclude_one(table, str(place.cell))
        left.append(table)
    return left


def _exclude_one(table: Table, cell: str) -> Table:
    found = _CELL.fullmatch(cell)
    if found:
        return replace(
            table, data=table.data.filter(~_rows_of_cell(table, found[1], int(found[2])))
        )
    letters = cell.split(":")[0]
    keep = [i for i, at in enumerate(table.positions) if column_letter(at) != letters]
    if len(keep) == len(table.positions):
        return table
    columns, names = {}, table.data.column_names
    for new, old in enumerate(keep):
        for prefix in ("c", "p", "r"):
            if f"{prefix}{old}" in names:
                columns[f"{prefix}{new}"] = table.data.column(f"{prefix}{old}")
    columns["row"] = table.data.column("row")
    return replace(
        table,
        header=tuple(table.header[i] for i in keep),
        positions=tuple(table.positions[i] for i in keep),
        data=type(table.data).from_pydict(columns),
    )


def _rows_of_cell(table: Table, letters: str, row: int) -> np.ndarray:
    """Mark the rows a cell stands in; where figures were turned, those that came from it."""
    rows = table.data.column("row").to_numpy() == row
    for name in table.data.column_names:
        if re.fullmatch(r"p\d+", name):
            place = table.data.column(name).to_numpy()
            own = f"r{name[1:]}"
            at = table.data.column(own).to_numpy() if own in table.data.column_names else None
            here = (rows if at is None else at == row) & (place == _position(letters))
            if here.any():
                return here
    return rows


def _position(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1
