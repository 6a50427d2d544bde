"""Periods that stand across columns made rows, and what was left out of them said."""

from __future__ import annotations

from dataclasses import replace

from ingest.model import Table, column_letter
from ingest.tables import months, stated
from ingest.tables.headings import Heading, unique
from metrics.model import Finding, Place, Severity


def long_table(table: Table, heading: Heading, odd: list[Finding], place: Place) -> Table:
    """Return a table with one row a period where periods stand across, else the table itself."""
    hints = [*(line for line in table.above if not stated.states_day(line)), table.sheet or ""]
    wide = months.find_wide(heading, table.header, hints)
    if wide is None:
        return table
    wide, found = _drop_repeated_periods(table, wide)
    odd += found
    title = next((line for line in reversed(table.above) if 0 < len(line) <= 60), None)
    value_name = title or table.sheet or "Value"
    data, names, places = months.melt(table.data, wide, table.header, table.positions, value_name)
    pivoted = months.metrics_to_columns(data, names, places)
    if pivoted is not None:
        data, names, places = pivoted
    periods = sorted(set(wide.period.values()))
    facts = {
        "columns": len(wide.period),
        "first": str(periods[0])[:7],
        "last": str(periods[-1])[:7],
    }
    odd.append(Finding("months_across", Severity.INFO, place, facts=facts))
    return replace(table, header=unique(names), positions=places, data=data)


def _drop_repeated_periods(table: Table, wide: months.Wide) -> tuple[months.Wide, list[Finding]]:
    """Say which columns are left out of a wide table: coarser periods, and months twice.

    Of a month that stands twice with different figures neither is right: both are left out.
    """
    found = []
    if wide.coarser:
        names = ", ".join(f"“{table.header[i]}”" for i in wide.coarser)
        place, facts = table.place(wide.coarser[0]), {"columns": names}
        count = len(wide.coarser)
        found.append(Finding("periods_left_out", Severity.INFO, place, names, facts, count))
    period = dict(wide.period)
    for column, first in wide.again.items():
        same = (
            table.data[f"c{column}"]
            .combine_chunks()
            .equals(table.data[f"c{first}"].combine_chunks())
        )
        facts = {"first": table.header[first], "month": str(wide.period[first])[:7]}
        letters, name = column_letter(table.positions[column]), table.header[column]
        facts["value"] = name
        place = Place(table.file, table.sheet, f"{letters}{table.header_row}")
        facts["value"] = name
        code = "month_column_repeated" if same else "month_column_twice"
        severity = Severity.WARNING if same else Severity.ERROR
        found.append(Finding(code, severity, place, name, facts))
        if not same:
            period.pop(first, None)
    left = tuple(i for i in wide.period if i not in period)
    measure = {i: m for i, m in wide.measure.items() if i in period}
    return replace(wide, period=period, measure=measure, sums=(*wide.sums, *left)), found
