"""Cost a month with the programme and without it: what was, and what is to be expected."""

from __future__ import annotations

import pandas as pd

from metrics.portfolio.bridge import COMPANY
from metrics.portfolio.part import DEFINITION, LEVEL
from metrics.report import Report

COLUMNS = ["month", "with", "without", "low", "high", "ahead"]


def two_lines(report: Report) -> pd.DataFrame:
    """Return the cost of all functions by month, with the programme and without it.

    Returns
    -------
    DataFrame
        ``month``; ``with``: actual cost, then the forecast of the current plan, ``low`` and
        ``high`` its 80 % band; ``without``: the same plus what the programme saves in that
        month (expected); ``ahead``: 1 for months to come. Base currency a month; the
        programme's own cost is in neither. Empty where no function has two years of cost.
    """
    past = report.bridge.monthly.set_index("month")["cost"].to_frame("with")
    if past.empty:
        return pd.DataFrame(columns=COLUMNS)
    was = report.value.monthly.set_index("month")["saving"]
    past["without"] = past["with"] + was.reindex(past.index).fillna(0.0)
    table = report.forecasts.forecasts
    coming = table[(table["series"] == DEFINITION) & (table["level"] == LEVEL)]
    coming = coming.set_index("period")["mean"]
    future = _coming(report.forecasts.costs, past["with"])
    future = future.assign(without=future["with"] + coming.reindex(future.index))
    whole = pd.concat([past.assign(ahead=0), future.assign(ahead=1)])
    return whole.rename_axis("month").reset_index()[COLUMNS]


def _coming(costs: pd.DataFrame, past: pd.Series) -> pd.DataFrame:
    """Return the forecast of all functions together, of the one where there is only one."""
    mine = costs[costs["level"] == LEVEL]
    names = set(mine["function"])
    whole = COMPANY if COMPANY in names else names.pop() if len(names) == 1 else None
    ahead = mine[(mine["function"] == whole) & (mine["period"] > past.index[-1])]
    found = ahead.set_index("period")[["mean", "low", "high"]]
    return found.rename(columns={"mean": "with"})


__all__ = ["COLUMNS", "two_lines"]
