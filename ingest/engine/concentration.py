"""Suppliers' statistics, from records at every level: what cannot be rolled up from months."""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
from ibis import _

from ingest.source import NO_RATE, Source, SupplierConcentration, where_from
from metrics.frames import MONTH_NOT_OVER
from metrics.model import ALL

TOP = 10
PERIODS = ("month", "quarter", "year", "whole")
# Squared shares are added as whole numbers of this size: a sum of floats would depend on the order
# in which the engine's threads deliver them.
FINE = 10**18


def concentration_query(
    source: Source,
    records: ibis.Table,
    statistic: SupplierConcentration,
    fiscal_year_start: int = 1,
) -> ibis.Table:
    """Return supplier counts and concentration at every period × (each team, all).

    ``whole`` takes in records without a date. Suppliers without a name count towards all spend
    but are no supplier. Net refunds are left out of the squared shares.
    """
    shift = ibis.interval(months=fiscal_year_start - 1)
    base = records.select(
        team=_.team_,
        day=statistic.month,
        supplier=statistic.by.nullif(""),
        spend=statistic.value,
        file=_.file,
        unconverted=_.unconverted,
    )
    if source.team is not None:
        base = base.union(base.mutate(team=ibis.literal(ALL)))
    levels = []
    for period, unit in zip(PERIODS, ("M", "Q", "Y", None), strict=True):
        if unit is None:
            level = base.mutate(start=base.day.min().over(ibis.window()).truncate("M"))
            level = level.filter(_.start.notnull())  # no record of any export has a day
        elif unit == "M":
            level = base.filter(_.day.notnull()).mutate(start=_.day.truncate(unit))
        else:
            dated = base.filter(_.day.notnull())
            level = dated.mutate(start=(_.day - shift).truncate(unit) + shift)
        levels.append(level.mutate(period=ibis.literal(period), start=_.start.cast("timestamp")))
    keys = ["team", "period", "start"]
    totals = (
        ibis.union(*levels)
        .group_by([*keys, "supplier"])
        .aggregate(
            spend=_.spend.sum(),
            rows=_.count(),
            unconverted=_.unconverted.sum(),
            files=_.file.nunique(),
            first_file=_.file.min(),
        )
    )
    order = [ibis.desc("spend"), "supplier"]
    named = totals.mutate(
        spend=_.spend.fill_null(0),
        rank=ibis.row_number().over(
            ibis.window(group_by=[*keys, totals.supplier.isnull()], order_by=order)
        ),
        gross=_.spend.clip(lower=0)
        .sum(where=_.supplier.notnull())
        .over(ibis.window(group_by=keys)),
    )
    # Spend without a name may exceed all named spend many times: its square would overflow.
    own = _.supplier.isnull().ifelse(0, _.spend.clip(lower=0))
    share = own.cast("float64") / _.gross.cast("float64").nullif(0)
    square = (share * share * FINE).round().cast("int64")
    return (
        named.group_by(keys)
        .aggregate(
            top=_.spend.sum(where=_.supplier.notnull() & (_.rank < TOP)),
            total=_.spend.sum(),
            active_suppliers=_.supplier.notnull().sum(),
            supplier_concentration=square.sum(where=_.supplier.notnull()),
            n=_.rows.sum(),
            unconverted=_.unconverted.sum(),
            files=_.files.max(),
            first_file=_.first_file.min(),
        )
        .order_by(keys)
    )


def tidy(source: Source, result: pd.DataFrame, not_over, upload: str) -> pd.DataFrame:
    # The engine adds integers in 128 bits, which arrive as decimals.
    added = ("top", "total", "unconverted", "supplier_concentration")
    result = result.astype(dict.fromkeys(added, "float64"))
    result["supplier_concentration"] /= FINE
    result["top_ten_spend_share"] = (result["top"] / result["total"]).where(result["total"] > 0)
    reason = np.where(result["unconverted"].fillna(0) > 0, NO_RATE, "")
    if not_over is not None:
        ends = result["start"].to_numpy().astype("M8[M]") + result["period"].map(
            {"month": 1, "quarter": 3, "year": 12, "whole": 12_000}
        ).to_numpy().astype("m8[M]")
        running = ends > np.datetime64(not_over, "M")
        reason = np.where((reason == "") & running, MONTH_NOT_OVER, reason)
    long = result.melt(
        id_vars=["team", "period", "start", "n", "first_file", "files"],
        value_vars=["top_ten_spend_share", "active_suppliers", "supplier_concentration"],
        var_name="statistic",
    )
    long["function"], long["upload"] = source.function, upload
    long["reason"] = np.tile(reason, 3)
    unknown = (long["reason"] == NO_RATE) & (long["statistic"] != "active_suppliers")
    long["value"] = long["value"].astype("float64").mask(unknown)
    long["place"] = [
        where_from(first, files, int(n), "", f"{period} from {start:%Y-%m}")
        for first, files, n, period, start in zip(
            long["first_file"], long["files"], long["n"], long["period"], long["start"], strict=True
        )
    ]
    long["month"] = long["start"]
    return long.drop(columns=["start", "first_file", "files"])
