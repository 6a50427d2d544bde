"""The benefits of a case, month by month: what was measured, and what people claim.

A measured line stands in the overlap group of its own name: a typed claim that names the same
group is the same money, and only the better evidence counts.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from metrics.errors import InvalidInput
from metrics.frames.frame import iterate_rows
from metrics.model import ALL

CLAIM_DEFAULTS = {"cash": "cashable", "change": "", "layer": "attributed", "lasting": True}
"""What a measured claim is unless it says otherwise; ``lasting`` is false for what was stopped."""
RECENT_MONTHS = {"benefit": 12, "cost": 6}
"""Months whose mean stands for those to come: a year of seasons; what is paid now."""
LINE = ["function", "name", "kpi", "grade", "low", "high", "cash", "change", "layer", "lasting"]


def measured_lines(claims: pd.DataFrame, ahead: pd.DatetimeIndex) -> pd.DataFrame:
    """Return measured savings over the horizon; months to come continue at the recent mean.

    Parameters
    ----------
    claims : DataFrame
        ``function, name, kpi, month, saving, grade, low, high`` and, where they differ from
        ``CLAIM_DEFAULTS``, ``cash, change, layer, lasting``.
    ahead : DatetimeIndex
        The months of the horizon.

    Returns
    -------
    DataFrame
        Columns as ``metrics.business_case.Benefit``; empty without claims inside the horizon.
    """
    rows = claims.assign(**{k: v for k, v in CLAIM_DEFAULTS.items() if k not in claims})
    rows = rows[rows["month"].isin(ahead)]
    if rows.empty:
        return pd.DataFrame()
    end, window = rows["month"].max(), RECENT_MONTHS["benefit"]
    table = pd.concat(
        [
            continue_amounts(part, LINE, "saving", ahead, end, window if lasting else 0)
            for lasting, part in rows.groupby("lasting")
        ],
        ignore_index=True,
    ).rename(columns={"saving": "amount", "name": "benefit"})
    return table.drop(columns="lasting").assign(
        team=ALL,
        mechanism=table["benefit"],
        overlap_group=table["benefit"],
        mode=1.0,
        shape="normal",
    )


def typed_lines(ledger: pd.DataFrame, ahead: pd.DatetimeIndex) -> pd.DataFrame:
    """Return the typed claims of frame ``benefits``, one row per month of the horizon.

    Raises
    ------
    InvalidInput
        A claim without start or amount, or one that ends before it starts.
    """
    lines = []
    for row in iterate_rows(ledger):
        if pd.isna(row.start):
            raise InvalidInput("claim_without_start", benefit=row.benefit)
        if pd.isna(row.amount):
            raise InvalidInput("claim_without_amount", benefit=row.benefit)
        end = ahead[-1] if pd.isna(row.end) else row.end
        if pd.notna(row.end) and row.end < row.start:
            raise InvalidInput("claim_ends_before_start", benefit=row.benefit)
        months = ahead[(ahead >= row.start) & (ahead <= end)]
        lines.append(
            pd.DataFrame(
                {
                    "month": months,
                    "benefit": row.benefit,
                    "function": row.function,
                    "team": row.team or ALL,
                    "mechanism": row.mechanism or row.benefit,
                    "kpi": row.kpi,
                    "amount": row.amount,
                    "currency": row.currency,
                    "grade": str(row.grade).upper(),
                    "cash": row.cash,
                    "layer": row.layer or "attributed",
                    "overlap_group": row.overlap_group,
                    "transfer": row.transfer,
                    "change": row.change,
                    "low": row.low,
                    "mode": row.mode,
                    "high": row.high,
                    "shape": "triangular",
                }
            )
        )
    return pd.concat(lines, ignore_index=True) if lines else pd.DataFrame()


def continue_amounts(
    rows: pd.DataFrame,
    line: list[str],
    amount: str,
    ahead: pd.DatetimeIndex,
    end: pd.Timestamp,
    window: int,
) -> pd.DataFrame:
    """Monthly amounts of each line: the record to ``end``, then the mean of its last months.

    Parameters
    ----------
    line : list of str
        Columns that name a line.
    window : int
        How many last months the mean is over; 0 ends with the record.
    """
    wide = rows.groupby([*line, "month"], dropna=False)[amount].sum().unstack("month")
    wide = wide.reindex(columns=ahead).fillna(0.0)
    known = ahead <= end
    recent = wide.loc[:, known].iloc[:, -window:].mean(axis=1) if window else 0.0
    wide.loc[:, ~known] = np.broadcast_to(np.reshape(recent, (-1, 1)), (len(wide), (~known).sum()))
    return wide.rename_axis(columns="month").stack().rename(amount).reset_index()
