"""Runs a source's expressions where its records are, and keeps the SQL that ran.

The same expressions count an upload in DuckDB and a table of a warehouse; what engines do
differently stands in ``ingest.backends``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
from ibis import _

from ingest.engine.backends import Backend, DuckDB
from ingest.engine.concentration import concentration_query, tidy
from ingest.engine.records import drop_cancelled, join, one_per_record, with_first_rows
from ingest.source import (
    BOOKKEEPING,
    NO_RATE,
    NO_VALUE,
    NOT_STATED,
    Source,
    SupplierConcentration,
    Tally,
    columns_read,
    where_from,
)
from metrics.frames import MONTH_NOT_OVER, OBSERVATIONS, RECORDS_OPEN, STATISTICS
from metrics.functions import MEASURES, OWNER
from metrics.model import ALL
from metrics.units import UnitKind as UnitKind

Renaming = Callable[[Sequence[str]], Mapping[str, str]]
OPEN_SHARE = 0.05
"""Share of records still open above which a month's measure may still move."""


@dataclass(frozen=True)
class Counted:
    """What a source's records add up to.

    Parameters
    ----------
    observations, statistics : DataFrame
        Frames of ``metrics.frames``; teams as the records spell them.
    records, repeated : int
        Records counted, and rows that repeat the identity of another.
    last_day : date or None
        Last day any record speaks of.
    sql : tuple of str
        The queries that were run, as provenance.
    left_out : int
        Records that were deleted or cancelled, counted where files are read.
    """

    observations: pd.DataFrame
    statistics: pd.DataFrame
    records: int = 0
    repeated: int = 0
    last_day: date | None = None
    sql: tuple[str, ...] = field(default=())
    left_out: int = 0


def run(
    source: Source,
    tables: Mapping[str, pa.Table],
    present: frozenset[str],
    as_of: date | None = None,
    upload: str = "",
    currency: str = "",
    fiscal_year_start: int = 1,
    rename: Renaming | None = None,
) -> Counted:
    """Count the records of one source.

    Parameters
    ----------
    source : Source
    tables : mapping
        Source key → canonical table: the source's own records, and tables it looks things up in.
    present : frozenset of str
        Fields that at least one file really has; a measure that needs another is not counted.
    as_of : date, optional
        Day the data speaks up to; by default the last day of any record.
    upload, currency : str
        Written into every row; currency only where the measure is money.
    fiscal_year_start : int
        Month 1–12 in which quarters and years of statistics begin.
    rename : callable, optional
        Teams as spelled → spelling and team, before anything is counted.
    """
    backend, bound = DuckDB.of(dict(tables))
    try:
        return count(
            backend, source, bound, present, as_of, upload, currency, fiscal_year_start, rename
        )
    finally:
        backend.close()


def count(
    ask: Backend,
    source: Source,
    bound: Mapping[str, ibis.Table],
    present: frozenset[str],
    as_of: date | None = None,
    upload: str = "",
    currency: str = "",
    fiscal_year_start: int = 1,
    rename: Renaming | None = None,
    unique: bool = False,
    since: date | None = None,
    one_file: str = "",
) -> Counted:
    """Count the records of one source where they are; arguments as in ``run``.

    Parameters
    ----------
    ask : Backend
    bound : mapping
        Source key → table of the backend with the source's canonical columns.
    unique : bool
        No two rows are the same record, as a primary key promises: nothing is looked for.
    since : date, optional
        Only months from this one on are counted.
    one_file : str
        Name of the table all records stand in; "" where they come from several files.
    """
    joined = join(source, bound)
    present |= {name for look in source.lookups if look.source in bound for name in look.brings}
    repeated = 0 if unique else _count_repeated_keys(ask, source, joined)
    # The window that finds the latest row is the dearest step, and seldom needed.
    single = one_per_record(source, joined) if repeated else joined
    # A record whose latest row says that it was cancelled is out with all its rows.
    happened = drop_cancelled(source, single)
    latest = with_first_rows(source, happened)
    # Where nothing is kept, a look at all spellings is a scan of its own, and every function of a
    # record's text is paid for each record: the sums are few, they are named afterwards.
    later = not ask.materialises and not source.statistics
    prepared = _with_labels(ask, source, latest, present, rename, later)
    records = ask.keep(prepared)
    tallies = [t for t in source.tallies if source.counts(fields_of(t, records), present)]
    groups = _by_month(tallies, records)
    queries = [tally_query(records, group, since, bool(one_file)) for group in groups]
    results = [
        _cast_sums(_spread(ask(query), group, records, one_file))
        for query, group in zip(queries, groups, strict=True)
    ]
    if later:
        results = [_name_teams(result, rename) for result in results]
    if ask.materialises:
        days = [_days(ask, records, group[0]) for group in groups]
        last_day = max((d[-1] for d in days if len(d)), default=None)
    else:
        lasts = [r["last_day"].max() for r in results if len(r)]
        days, last_day = [], max(lasts, default=None)
        last_day = last_day.normalize() if last_day is not None else None
        as_of = as_of or (last_day.date() if last_day is not None else None)
    not_over = month_not_over(days, last_day, as_of)
    frames = [
        _tidy(source, group, result, records, not_over)
        for group, result in zip(groups, results, strict=True)
    ]
    observations = pd.concat(frames) if frames else OBSERVATIONS.empty()
    observations["upload"] = upload
    money = [key for key, measure in MEASURES.items() if measure.unit.kind is UnitKind.MONEY]
    observations["currency"] = np.where(observations["measure"].isin(money), currency, "")
    statistics = [
        concentration_query(source, records, statistic, fiscal_year_start)
        for statistic in source.statistics
        if source.counts(fields_of(statistic, records), present)
    ]
    found = [tidy(source, ask(query), not_over, upload) for query in statistics]
    total = (
        _rows(ask, records)
        if ask.materialises
        else max((int(r["rows"].sum()) for r in results), default=0)
    )
    return Counted(
        OBSERVATIONS.conform(observations),
        STATISTICS.conform(pd.concat(found)) if found else STATISTICS.empty(),
        total,
        repeated,
        last_day.date() if last_day is not None else None,
        tuple(ask.sql),
        _rows(ask, single) - _rows(ask, happened)
        if ask.materialises and source.left_out is not None
        else 0,
    )


def _rows(ask: Backend, records: ibis.Table) -> int:
    return int(ask(records.aggregate(n=records.count()))["n"].iloc[0])


def _count_repeated_keys(ask: Backend, source: Source, records: ibis.Table) -> int:
    if source.identity is None:
        return 0
    key = records[source.identity]
    return int(ask(records.aggregate(n=key.count() - key.nunique()))["n"].iloc[0])


def fields_of(tally: Tally | SupplierConcentration, records: ibis.Table) -> frozenset[str]:
    """Return the fields a tally or a statistic reads."""
    parts = ("month", "value", "where", "by")
    named = frozenset().union(
        *(columns_read(getattr(tally, part, None), records) for part in parts)
    )
    return frozenset(name.removesuffix("_note") for name in named) - {n for n, _ in BOOKKEEPING}


def _by_month(tallies: list[Tally], records: ibis.Table) -> list[list[Tally]]:
    groups: dict[object, list[Tally]] = {}
    for tally in tallies:
        groups.setdefault(tally.month.resolve(records).op(), []).append(tally)
    return list(groups.values())


def _with_labels(
    ask: Backend,
    source: Source,
    records: ibis.Table,
    present: frozenset[str],
    rename: Renaming | None,
    later: bool,
) -> ibis.Table:
    """Add ``team`` and ``item`` as text, teams under the client's own names unless ``later``."""
    team, item = (_label(each, records, present) for each in (source.team, source.item))
    if not later:
        team, item = (
            each.nullif(ibis.literal("")).fill_null(ibis.literal(NOT_STATED))
            for each in (team, item)
        )
    labelled = records.mutate(team_=team, item_=item)
    if rename is None or later:
        return labelled
    spelled = ask(labelled.select("team_").distinct())["team_"].tolist()
    changed = {old: new for old, new in rename(sorted(spelled)).items() if old != new}
    return labelled.mutate(team_=labelled.team_.substitute(changed)) if changed else labelled


def _label(expression: Any, records: ibis.Table, present: frozenset[str]) -> ibis.Value:
    if expression is None or not columns_read(expression, records) <= present:
        return ibis.literal(ALL)
    return expression.resolve(records).cast("string")


def tally_query(
    records: ibis.Table, tallies: list[Tally], since: date | None = None, one_file: bool = False
) -> ibis.Table:
    """Return the query that sums tallies sharing one date by team, item and month.

    Column ``value_i`` is the exact integer sum of tally *i*, ``unconverted_i`` how many of its
    records have no exchange rate, ``pending_i`` how many may still change it; a sum that several
    tallies share is asked for once. With ``one_file`` no file is looked for.
    """
    keys = {"team": _.team_, "item": _.item_, "month": tallies[0].month.truncate("M")}
    dated = records.filter(tallies[0].month.notnull())
    if since is not None:
        dated = dated.filter(tallies[0].month >= ibis.literal(since).cast("timestamp"))
    sums, same = _sums(tallies, records)
    files = {} if one_file else {"files": _.file.nunique(), "first_file": _.file.min()}
    asked = {name: sums[name] for name in dict.fromkeys(same.values())}
    return dated.group_by(**keys).aggregate(
        rows=_.count(), last_day=tallies[0].month.max(), **files, **asked
    )


def _sums(tallies: list[Tally], records: ibis.Table) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the sums of tallies by name, and for each name the one that stands for it."""
    sums: dict[str, Any] = {}
    for i, tally in enumerate(tallies):
        where = tally.where
        counted = _.count(where=where) if where is not None else _.count()
        sums[f"value_{i}"] = counted if tally.value is None else tally.value.sum(where=where)
        if tally.value is not None:
            known = tally.value.notnull()
            for name in columns_read(
                tally.value, records
            ):  # a remark instead of a number says something
                if f"{name}_note" in records.columns:
                    known = known | _[f"{name}_note"].notnull()
            known = known if where is None else known & where
            sums[f"wanted_{i}"], sums[f"known_{i}"] = counted, _.count(where=known)
            # what is told of those known alone, beside it, says itself that there were none
            told = [t.where for t in tallies if t is not tally and t.where is not None]
            if any(_is_same_expression(each, known, records) for each in told):
                sums[f"wanted_{i}"] = sums[f"known_{i}"]
        if tally.divide == 10**6:
            open_rate = _.unconverted if where is None else _.unconverted & where
            sums[f"unconverted_{i}"] = _.count(where=open_rate)
        if tally.pending is not None:
            sums[f"pending_{i}"] = _.count(where=tally.pending)
    plain = ibis.table(records.schema(), name="records")
    first: dict[Any, str] = {}
    same = {name: first.setdefault(each.resolve(plain).op(), name) for name, each in sums.items()}
    return sums, same


def _is_same_expression(one: Any, other: Any, records: ibis.Table) -> bool:
    plain = ibis.table(records.schema(), name="records")
    return one.resolve(plain).op() == other.resolve(plain).op()


def _spread(
    result: pd.DataFrame, tallies: list[Tally], records: ibis.Table, one_file: str
) -> pd.DataFrame:
    """Give every tally its own columns again, and the file where there is only one."""
    shared = _sums(tallies, records)[1]
    copies = {name: result[other] for name, other in shared.items() if name != other}
    known = {"files": 1, "first_file": one_file} if one_file else {}
    return result.assign(**copies, **known)


def _cast_sums(result: pd.DataFrame) -> pd.DataFrame:
    """Return sums as integers or floats and months as such, however the engine told them."""
    known = {
        "team": "str",
        "item": "str",
        "first_file": "str",
        "month": "datetime64[us]",
        "last_day": "datetime64[us]",
    }
    known |= {"rows": "int64", "files": "int64"}
    return result.astype(known | {c: "float64" for c in result.columns if c not in known})


def _name_teams(result: pd.DataFrame, rename: Renaming | None) -> pd.DataFrame:
    """Name what is not stated, teams as the client does; add up rows that thereby become one."""
    if result.empty:
        return result
    labels = result[["team", "item"]].replace("", NOT_STATED).fillna(NOT_STATED)
    names = rename(sorted(labels["team"].unique())) if rename else {}
    teams = labels["team"].map(lambda team: names.get(str(team), team))
    how = {c: "sum" for c in result if c not in ("team", "item", "month")}
    how |= {"files": "max", "first_file": "min", "last_day": "max"}
    by = ["team", "item", "month"]
    named = result.assign(team=teams, item=labels["item"])
    return named.groupby(by, as_index=False).agg(how)


def _days(ask: Backend, records: ibis.Table, tally: Tally) -> pd.DatetimeIndex:
    """Return the different days on which records of a tally fall, in order."""
    day = tally.month.truncate("D")
    days = ask(records.filter(tally.month.notnull()).select(day=day).distinct())
    return pd.DatetimeIndex(days["day"]).sort_values()


def month_not_over(
    days: list[pd.DatetimeIndex], last_day: pd.Timestamp | None, as_of: date | None
) -> pd.Timestamp | None:
    """Return the month that is not over, or None.

    A month is not over when ``as_of`` lies inside it, or (where ``days`` are known) when more
    days are missing at its end than the records' own rhythm explains: three times the 95th
    percentile of the gaps between days with records, and at least three.
    """
    if last_day is None:
        return None
    if as_of is not None and pd.Timestamp(as_of) + timedelta(days=1) <= _next_month(last_day):
        inside = pd.Timestamp(as_of) + timedelta(days=1) < _next_month(last_day)
        return last_day.to_period("M").to_timestamp() if inside else None
    if not days:
        # A table that is written to all the time was read after the month had ended.
        return None
    active = pd.DatetimeIndex(np.unique(np.concatenate([d.to_numpy() for d in days])))
    gaps = np.diff(active.to_numpy()) / np.timedelta64(1, "D")
    usual = float(np.quantile(gaps, 0.95)) if len(gaps) else 1.0
    missing = (_next_month(last_day) - last_day).days - 1
    return last_day.to_period("M").to_timestamp() if missing > max(3.0, 3 * usual) else None


def _next_month(day: pd.Timestamp) -> pd.Timestamp:
    return (day.to_period("M") + 1).to_timestamp()


def _tidy(source, tallies, result: pd.DataFrame, records, not_over) -> pd.DataFrame:
    """Turn one wide result into rows of observations."""
    named = columns_read(tallies[0].month, records)
    verb = next((field.verb for field in source.fields if field.key in named), "")
    place = [
        where_from(first, files, rows, verb, f"{month:%Y-%m}")
        for first, files, rows, month in zip(
            result["first_file"], result["files"], result["rows"], result["month"], strict=True
        )
    ]
    long = []
    for i, tally in enumerate(tallies):
        value = result[f"value_{i}"].fillna(0).astype("float64") / tally.divide
        reason = pd.Series("", index=result.index)
        if tally.value is not None:  # a sum over no value is missing; over no record it is 0
            empty = (result[f"known_{i}"] == 0) & (result[f"wanted_{i}"] > 0)
            value, reason = value.mask(empty), reason.mask(empty, NO_VALUE)
        if f"pending_{i}" in result:
            by_month = result.groupby("month")[[f"pending_{i}", "rows"]].transform("sum")
            reason[by_month[f"pending_{i}"] > OPEN_SHARE * by_month["rows"]] = RECORDS_OPEN
        reason[result["month"] == not_over] = MONTH_NOT_OVER
        if f"unconverted_{i}" in result:
            without = result[f"unconverted_{i}"].fillna(0) > 0
            value, reason = value.mask(without), reason.mask(without, NO_RATE)
        long.append(
            pd.DataFrame(
                {
                    "function": OWNER[tally.measure],
                    "team": result["team"],
                    "item": result["item"],
                    "constituency": ALL,
                    "month": result["month"],
                    "measure": tally.measure,
                    "value": value,
                    "place": place,
                    "reason": reason,
                }
            )
        )
    return pd.concat(long)
