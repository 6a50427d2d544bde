"""From a plain long table ``unit, period, value`` to a panel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from metrics.effects.panel import Panel
from metrics.effects.periods import Calendar, calendar, ordinals
from metrics.errors import InvalidInput, NotEnoughData

COLUMNS = ("unit", "period", "value")
# In a large panel a few units with holes are set aside; in a small one a hole is a question.
MANY_UNITS = 20
FEW_INCOMPLETE = 0.1


def panel_from_table(
    table: pd.DataFrame,
    treated: Sequence[Any] | Mapping[Any, Any],
    start: Any = None,
    *,
    end: Any = None,
    stop: Any = None,
    ramp: int = 0,
    anticipation: int = 0,
    season: int | None = None,
    unit: str = "",
) -> Panel:
    """Panel of a long table.

    Parameters
    ----------
    table : DataFrame
        Columns ``unit, period, value``. Periods are ISO days, weeks (2024-W05), months, quarters
        (2024-Q1) or integers such as years, all of one form.
    treated : sequence of units, or mapping unit -> first treated period
    start : period
        First treated period, inclusive, of all units in a sequence. May be finer or coarser than
        the table's periods: the first period that contains or follows it is taken.
    end, stop : period, optional
        Last period used; first period without the treatment.
    season : int, optional
        Periods per season, where the form of the periods does not tell.

    Raises
    ------
    InvalidInput
        ``effect_missing_column``, ``effect_value_not_number``, ``effect_duplicate``,
        ``effect_period_format``, ``effect_period_mixed``, ``effect_period_missing``,
        ``effect_gap``, ``effect_no_such_unit``, ``effect_start_outside``, ``effect_end_outside``,
        ``effect_end_before_start``, ``effect_stop_before_start``, ``effect_constant``.
    NotEnoughData
        No rows, or nothing before or after the start.
    """
    clean = _clean(table)
    counts, frequency, found_season = ordinals(clean["period"])
    clean = clean.assign(period=counts)
    _refuse_doubles(clean, frequency)
    axis = calendar(np.sort(counts.unique()), frequency, found_season)
    wide = clean.pivot(index="period", columns="unit", values="value")
    wide.index = axis.labels
    wide.columns = pd.Index([str(name) for name in wide.columns])
    begun = _starts(treated, start, wide, axis)
    last = len(wide) - 1 if end is None else _end_row(end, wide, axis)
    earliest = min(begun.values())
    if last < earliest:
        raise InvalidInput("effect_end_before_start", end=end, start=wide.index[earliest])
    if stop is not None and axis.starting(stop) <= earliest:
        raise InvalidInput("effect_stop_before_start", stop=stop, start=wide.index[earliest])
    missing = [label for label in axis.missing if label <= wide.index[last]]
    if missing:
        raise InvalidInput("effect_period_missing", period=missing[0], periods=len(missing))
    used = wide.iloc[: last + 1]
    incomplete = _incomplete(used, begun)
    return Panel(
        outcome=wide.drop(columns=list(incomplete)),
        starts={name: wide.index[row] for name, row in begun.items() if name not in incomplete},
        end=wide.index[last],
        stop=None if stop is None else _stop(stop, wide, axis),
        season=axis.season if season is None else season,
        anticipation=anticipation,
        ramp=ramp,
        unit=unit,
        incomplete=incomplete,
    )


def _clean(table: pd.DataFrame) -> pd.DataFrame:
    for column in COLUMNS:
        if column not in table.columns:
            raise InvalidInput("effect_missing_column", column=column)
    rows = table.loc[:, list(COLUMNS)].dropna(subset=["unit", "period"])
    if rows.empty:
        raise NotEnoughData(0, 2, "rows")
    value = pd.to_numeric(rows["value"], errors="coerce").astype(float)
    wrong = rows["value"].notna() & ~np.isfinite(value)
    blank = rows["value"].astype(str).str.strip().isin(["", "NA", "NaN", "nan"])
    if (wrong & ~blank).any():
        first = rows[wrong & ~blank].iloc[0]
        raise InvalidInput(
            "effect_value_not_number",
            unit=_name(first["unit"]),
            period=str(first["period"]),
            value=str(first["value"]),
        )
    return pd.DataFrame({"unit": rows["unit"].map(_name), "period": rows["period"], "value": value})


def _name(unit: Any) -> str:
    whole = isinstance(unit, float) and unit.is_integer()
    return str(int(unit)) if whole else str(unit).strip()


def _refuse_doubles(clean: pd.DataFrame, frequency: str) -> None:
    doubled = clean.duplicated(["unit", "period"])
    if doubled.any():
        row = clean[doubled].iloc[0]
        label = calendar(np.array([row["period"]]), frequency, 1).labels[0]
        raise InvalidInput(
            "effect_duplicate", unit=row["unit"], period=label, rows=int(doubled.sum())
        )


def _starts(
    treated: Sequence[Any] | Mapping[Any, Any], start: Any, wide: pd.DataFrame, axis: Calendar
) -> dict[str, int]:
    """Row of the first treated period of every treated unit."""
    pairs = treated if isinstance(treated, Mapping) else dict.fromkeys(treated, start)
    if not pairs:
        raise InvalidInput("effect_nobody_treated", units=wide.shape[1])
    rows: dict[str, int] = {}
    for unit, begins in pairs.items():
        name = _name(unit)
        if name not in wide.columns:
            raise InvalidInput("effect_no_such_unit", unit=name, units=wide.shape[1])
        if begins is None:
            raise InvalidInput("effect_no_start", unit=name)
        row = axis.starting(begins)
        early = axis.ending(begins) < 0
        if row == len(wide) or early:
            raise InvalidInput(
                "effect_start_outside",
                start=str(begins),
                first=wide.index[0],
                last=wide.index[-1],
            )
        rows[name] = row
    return rows


def _end_row(end: Any, wide: pd.DataFrame, axis: Calendar) -> int:
    row = axis.ending(end)
    if row < 0 or axis.starting(end) == len(wide):
        raise InvalidInput("effect_end_outside", end=end, first=wide.index[0], last=wide.index[-1])
    return row


def _stop(stop: Any, wide: pd.DataFrame, axis: Calendar) -> Any:
    row = axis.starting(stop)
    return None if row == len(wide) else wide.index[row]


def _incomplete(used: pd.DataFrame, begun: Mapping[str, int]) -> tuple[str, ...]:
    """Units with holes that may be set aside; InvalidInput where that would be too many."""
    holes = used.isna().any()
    names = tuple(used.columns[holes])
    if not names:
        return ()
    few = len(names) <= FEW_INCOMPLETE * used.shape[1] and used.shape[1] >= MANY_UNITS
    if few and any(unit not in names for unit in begun):
        return names
    column = used[names[0]]
    gap = column.index[column.isna()][0]
    raise InvalidInput("effect_gap", unit=names[0], period=gap, units=len(names))
