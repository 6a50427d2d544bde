"""Which rows of a sheet of figures speak of actual months: days added up, quarters refused.

Rows may be days or weeks (added up to months), quarters or years (refused: no month can be made
of them), or plans beside actual figures (left out).
"""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ingest.mapping import normal, role_of
from ingest.model import Table
from ingest.sheets.recognition import Recognition
from ingest.tables import stated
from metrics.frames import MONTH_NOT_OVER
from metrics.functions import MEASURES
from metrics.model import Adds, Finding, Severity

MONTHLY, WEEKLY, DAILY = "month", "week", "day"
_ACTUAL = frozenset(("actual", "actuals", "act", "ist", "real", "reel", "effectif"))
_COARSE = re.compile(
    r"^\W*(?:(?:FY)?[ '/-]*(?:19|20)?\d{0,2}[ '/-]*Q[1-4]|H[12]|[1-4]\. ?Quartal)\b"
    r"|^\W*(?:FY)?[ ']?(?:19|20)\d{2}\W*$",
    re.IGNORECASE,
)
SHARE_COARSE = 0.5
MOST_SCENARIOS = 8
OF_THE_SHEET = ("month_half", "days_added_up", "weeks_added_up", "month_repeated")
"""Findings about a whole sheet that reading it measure by measure would repeat."""
DAYS_OPEN = 3
"""Days that may be missing at the end of a month of daily rows: a weekend, a holiday."""


def coarse_periods(table: Table, sheet: Recognition) -> Finding | None:
    """Return what is wrong where rows are quarters, halves or years, None where they are not."""
    position = sheet.columns["month"]
    cells = table.data.column(f"c{position}").combine_chunks()
    if pa.types.is_floating(cells.type):
        numbers = cells.drop_null().to_numpy(zero_copy_only=False)
        cells = pa.array([f"{int(n)}" if n == int(n) else "" for n in numbers])
    if not pa.types.is_string(cells.type):
        return None
    texts = [text for text in cells.to_pylist() if text]
    hits = [text for text in texts if _COARSE.match(text)]
    if not texts or len(hits) < SHARE_COARSE * len(texts):
        return None
    facts = {"column": table.header[position], "value": hits[0], "rows": len(texts)}
    place = table.place(position)
    return Finding("rows_coarser_than_months", Severity.ERROR, place, hits[0], facts, len(texts))


def actual_rows(table: Table, sheet: Recognition) -> tuple[Table, list[Finding]]:
    """Leave out rows that a column (scenario, version …) calls a plan, beside actual ones."""
    taken = set(sheet.columns.values()) - {sheet.columns.get("item", -1)}
    for position, heading in enumerate(table.header):
        cells = table.data.column(f"c{position}").combine_chunks()
        if position in taken or not pa.types.is_string(cells.type):
            continue
        values = pc.unique(cells.drop_null()).to_pylist()
        if not 1 < len(values) <= MOST_SCENARIOS:
            continue
        roles = {value: role_of(value) for value in values}
        actual = [v for v in values if normal(v) in _ACTUAL or normal(v).split(" ")[0] in _ACTUAL]
        if len(actual) + sum(map(bool, roles.values())) < len(values) or not any(roles.values()):
            continue
        out = pc.is_in(cells, value_set=pa.array([v for v in values if v not in actual]))
        count = pc.sum(out).as_py()
        at = int(np.flatnonzero(out.to_numpy(zero_copy_only=False))[0])
        names = ", ".join(f"“{v}”" for v in values if v not in actual)
        facts = {"column": heading, "values": names, "count": count}
        place = table.cell(position, at)
        found = Finding("plans_left_out", Severity.INFO, place, names, facts, count)
        return replace(table, data=table.data.filter(pc.invert(out))), [found]
    return table, []


def grain_of(days: pd.Series, keys: pd.DataFrame) -> str:
    """Return whether rows are months, weeks or days, by the dates of each team's rows."""
    known = days.notna()
    if not known.any():
        return MONTHLY
    frame = keys[known].assign(day=days[known].dt.normalize())
    frame["month"] = frame["day"].dt.to_period("M")
    names = [c for c in frame if c != "day"]
    several = frame.groupby(names)["day"].nunique()
    if (several > 1).mean() < 0.5:
        return MONTHLY
    gaps = np.diff(np.sort(frame["day"].unique()).astype("datetime64[D]")).astype(int)
    return WEEKLY if len(gaps) and (gaps % 7 == 0).all() else DAILY


def finer(table: Table, sheet: Recognition, days: pd.Series, grain: str) -> Finding:
    """Return that days or weeks were added up, and for weeks that they cross months."""
    position = sheet.columns["month"]
    first, last = days.min(), days.max()
    facts = {
        "column": table.header[position],
        "rows": int(days.notna().sum()),
        "first": f"{first:%Y-%m-%d}",
        "last": f"{last:%Y-%m-%d}",
    }
    code, severity = ("days_added_up", Severity.INFO)
    if grain == WEEKLY:
        code, severity = "weeks_added_up", Severity.WARNING
    return Finding(code, severity, table.place(position), "", facts, facts["rows"])


def running(
    table: Table, sheet: Recognition, month: pd.Series, findings: list[Finding]
) -> np.ndarray:
    """Return which rows speak of the month that a line above the table says is not over."""
    day = stated.stated_end(table.above)
    none = np.zeros(len(month), bool)
    if day is None or pd.Timestamp(day).is_month_end:
        return none
    mask = (month == pd.Timestamp(day).to_period("M").to_timestamp()).to_numpy()
    if not mask.any():
        return none
    at, count = int(np.flatnonzero(mask)[0]), int(mask.sum())
    facts = {"month": f"{day:%Y-%m}", "as_of": str(day), "count": count}
    figures = [c for key, c in sheet.columns.items() if key in MEASURES] or [sheet.columns["month"]]
    place = table.cell(figures[0], at)
    found = Finding("month_half", Severity.INFO, place, facts["month"], facts, count)
    if not any(f.code == found.code and f.facts["month"] == facts["month"] for f in findings):
        findings.append(found)
    return mask


def added_up(part: pd.DataFrame, days: pd.Series, measure: str, grain: str) -> pd.DataFrame:
    """Return one row a month of rows that are days or weeks.

    Flows are summed, stocks keep their last figure, means their mean; a month of which no row has
    a figure is missing, as is one with a figure that cannot be. The last month is not over where
    days are missing at its end.
    """
    how = {Adds.LAST: "last", Adds.MEAN: "mean"}.get(MEASURES[measure].adds)
    part = part.assign(day=days.loc[part.index]).sort_values("day", kind="stable")
    by = ["function", "team", "item", "constituency", "month", "measure", "currency"]
    groups = part.groupby(by, sort=False, dropna=False)
    made = groups["value"].agg(how) if how else groups["value"].sum(min_count=1)
    made = made.reset_index()
    count, first = groups.size().to_numpy(), groups["place"].first().to_numpy()
    wrong = part["reason"].where(~part["reason"].isin(["", "cell_empty", MONTH_NOT_OVER]))
    reason = wrong.groupby([part[c] for c in by], sort=False, dropna=False).first().to_numpy()
    made["place"] = [
        f"{p} and {n - 1} more" if n > 1 else p for p, n in zip(first, count, strict=True)
    ]
    made["reason"] = np.where(
        pd.notna(reason), reason, np.where(made["value"].isna(), "cell_empty", "")
    )
    made["value"] = made["value"].where(made["reason"] == "")
    end = days.max() + pd.Timedelta(days=7 if grain == WEEKLY else 1)
    month_end = days.max().to_period("M").end_time.normalize() + pd.Timedelta(days=1)
    if end + pd.Timedelta(days=DAYS_OPEN) < month_end:
        last = made["month"] == days.max().to_period("M").to_timestamp()
        made["reason"] = made["reason"].mask(last & (made["reason"] == ""), MONTH_NOT_OVER)
    return made[[c for c in part.columns if c != "day"]]
