"""Plausibility across cells: what each figure alone cannot show.

Every check looks at months of one series, at measures beside each other, or at what an earlier
upload said, and asks a person; only a share above one is refused (the part cannot exceed the
whole). Bounds are practitioners' defaults (domain notes §3.13), written beside each check.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from metrics.frames import PROVISIONAL
from metrics.functions import BY_KEY, KPIS, MEASURES
from metrics.measures.corrected import corrected_files
from metrics.measures.overlaps import COMPARISONS, facts_of, place_of, write_figure
from metrics.measures.terms import add_terms
from metrics.model import ALL, Adds, Finding, Kpi, Place, Severity, measures_in
from metrics.units import UnitKind

SERIES = ["function", "team", "measure"]
CELL = [*SERIES, "item", "constituency", "month"]
JUMP_TIMES = 8.0
"""A month this many times above or below the median of its neighbours is a slip of a unit or a
decimal, or something everybody should know of."""
JUMP_MONTHS, JUMP_NEIGHBOURS = 6, 3
JUMP_LEAST = 30.0
"""Counts of neighbours under which chance alone makes such jumps."""
GAP_MONTHS = 6
"""Months a series must have before a missing one is a gap and not a thin record."""
GAP_SHARE = 0.8
CUMULATIVE_MONTHS = 5
CUMULATIVE_STEP = 2.0
"""A running total starts at about one of its own steps; a growing series starts far above."""
SHARE_POINTS = 25.0
SHARE_LEAST = 30
MONTHS_NAMED = 6
SHOWN = 12
"""Findings of one check; one more line counts the rest."""


def examine(new: pd.DataFrame, old: pd.DataFrame | None = None) -> list[Finding]:
    """Return what is implausible in new observations, seen beside those already kept.

    Parameters
    ----------
    new, old : frame ``observations``
        As read from files, and as saved; months that are not over are passed over.
    """
    if new.empty:
        return []
    closed = new[~new["reason"].isin(PROVISIONAL)]
    findings: list[Finding] = []
    told = _typed_or_counted(closed)
    for check in CHECKS:
        findings += _first(check(told))
    for check in WHOLE_CHECKS:
        findings += _first(check(closed))
    if old is not None and len(old):
        findings += _first(corrected_files(new, old))
        for compare in COMPARISONS:
            findings += _first(compare(closed, old[~old["reason"].isin(PROVISIONAL)]))
    return findings


def _first(found: Iterator[Finding]) -> list[Finding]:
    every = list(found)
    if len(every) <= SHOWN:
        return every
    facts = {"count": len(every) - SHOWN, "like": every[0].code}
    rest = Finding(
        "more_like_this", every[0].severity, every[0].place, "", facts, len(every) - SHOWN
    )
    return [*every[:SHOWN], rest]


def _typed_or_counted(rows: pd.DataFrame) -> pd.DataFrame:
    """Return figures a person typed, team by team, and counted records of whole functions.

    A team's records come and go by chance; what a person typed should have a reason.
    """
    typed = rows["place"].str.contains(r"[!\u203a ][A-Z]{1,3}\d+$", regex=True)
    counted = rows[~typed & rows["value"].notna()]
    if counted.empty:
        return rows
    keys = ["function", "measure", "month"]
    sums = counted.groupby(keys, as_index=False).agg(
        value=("value", "sum"), place=("place", "first")
    )
    whole = sums.assign(team=ALL, item=ALL, constituency=ALL, reason="", counted=True)
    return pd.concat([rows[typed].assign(counted=False), whole], ignore_index=True)


def _group_findings(found: Iterator[tuple[tuple, Finding]]) -> Iterator[Finding]:
    """Yield one finding for all figures that are odd in the same way, and name how many."""
    groups: dict[tuple, list[Finding]] = {}
    for key, finding in found:
        groups.setdefault(key, []).append(finding)
    for first, *others in groups.values():
        more = f" (and {len(others)} further figures)" if others else ""
        facts = {**first.facts, "measure": f"{first.facts['measure']}{more}"}
        yield replace(first, facts=facts, count=first.count + sum(o.count for o in others))


def _series(rows: pd.DataFrame) -> Iterator[tuple[tuple[str, str, str], pd.DataFrame]]:
    """Yield each team's months of a measure in order, items added up."""
    known = rows[rows["value"].notna()]
    keys = [*SERIES, "month"]
    monthly = (
        known.assign(counted=known.get("counted", False))
        .groupby(keys, as_index=False)
        .agg(value=("value", "sum"), place=("place", "first"), counted=("counted", "max"))
    )
    # Sums come sorted by all their keys, so the months of a series are in order.
    yield from monthly.groupby(SERIES, sort=True)


def find_jumps(rows: pd.DataFrame) -> Iterator[Finding]:
    """Find months far from the median of the three before and after.

    Counted records may begin and end inside a month, so their first and last are passed over.
    """
    yield from _group_findings(_find_jumps(rows))


def _find_jumps(rows: pd.DataFrame) -> Iterator[tuple[tuple, Finding]]:
    for key, months in _series(rows):
        counted = bool(months["counted"].iloc[0])
        values = months["value"].to_numpy()
        if len(values) < JUMP_MONTHS or (values < 0).any():
            continue
        if values.min() > 0 and values.max() < JUMP_TIMES * values.min():
            continue
        count = MEASURES[key[2]].unit.kind is UnitKind.COUNT if key[2] in MEASURES else True
        for i, value in enumerate(values):
            if counted and i in (0, len(values) - 1):
                continue
            near = np.r_[
                values[max(0, i - JUMP_NEIGHBOURS) : i], values[i + 1 : i + 1 + JUMP_NEIGHBOURS]
            ]
            usual = float(np.median(near))
            if usual <= 0 or (count and max(usual, value) < JUMP_LEAST):
                continue
            times = value / usual
            calm = near.max() <= JUMP_TIMES / 2 * usual and near.min() >= 2 / JUMP_TIMES * usual
            if calm and (times >= JUMP_TIMES or (0 < times <= 1 / JUMP_TIMES)):
                row = months.iloc[i]
                facts = facts_of(
                    key,
                    month=f"{row['month']:%Y-%m}",
                    value=write_figure(value),
                    usual=write_figure(usual),
                    times=f"{max(times, 1 / times):,.0f}",
                )
                one = Finding(
                    "month_jumps",
                    Severity.WARNING,
                    place_of(row["place"]),
                    str(facts["value"]),
                    facts,
                )
                yield (key[0], facts["month"]) if counted else (key, facts["month"]), one


def gaps(rows: pd.DataFrame) -> Iterator[Finding]:
    """Find months missing inside an otherwise full series of a whole function or a team."""
    yield from _group_findings(_gaps(rows))


def _gaps(rows: pd.DataFrame) -> Iterator[tuple[tuple, Finding]]:
    for key, months in _series(rows):
        number = months["month"].to_numpy("datetime64[M]").astype(int)
        if number[-1] - number[0] < len(number):
            continue
        have = pd.PeriodIndex(months["month"], freq="M")
        span = pd.period_range(have.min(), have.max(), freq="M")
        gone = span.difference(have)
        if len(gone) and len(have) >= GAP_MONTHS and len(have) >= GAP_SHARE * len(span):
            if _blank(rows, key, gone):
                continue
            named = ", ".join(str(month) for month in gone[:MONTHS_NAMED])
            facts = facts_of(
                key, months=named, count=len(gone), first=str(span[0]), last=str(span[-1])
            )
            place = place_of(months["place"].iloc[0])
            one = Finding(
                "months_missing",
                Severity.WARNING,
                Place(place.file, place.sheet),
                named,
                facts,
                len(gone),
            )
            yield (key[0], key[1], named), one


def _blank(rows: pd.DataFrame, key: tuple[str, str, str], gone: pd.PeriodIndex) -> bool:
    """Is every missing month a cell that has its own finding already?"""
    own = rows[(rows[SERIES] == list(key)).all(axis=1)]
    told = pd.PeriodIndex(own.loc[own["reason"] != "", "month"], freq="M")
    return bool(gone.isin(told).all())


def costs_without_volume(rows: pd.DataFrame) -> Iterator[Finding]:
    """Find months with a cost but without what it was spent on, where other months have both."""
    known = rows[rows["value"].notna()]
    for function in BY_KEY.values():
        if function.cost is None:
            continue
        volumes = {
            m
            for kpi in function.kpis
            if kpi.numerator == (function.cost,)
            for m in kpi.denominator
            if MEASURES[m].adds is Adds.SUM
        }
        spent = known[(known["measure"] == function.cost) & (known["value"] > 0)]
        for measure in sorted(volumes):
            done = known[known["measure"] == measure]
            shared = set(spent["month"]) & set(done.loc[done["value"] > 0, "month"])
            if not shared:
                continue
            within = spent[
                (spent["month"] >= done["month"].min()) & (spent["month"] <= done["month"].max())
            ]
            lone = sorted(set(within["month"]) - shared)
            if not lone:
                continue
            first = within[within["month"] == lone[0]].iloc[0]
            named = ", ".join(f"{month:%Y-%m}" for month in lone[:MONTHS_NAMED])
            facts = facts_of(
                (function.key, ALL, function.cost),
                volume=MEASURES[measure].header,
                months=named,
                count=len(lone),
            )
            yield Finding(
                "cost_without_volume",
                Severity.WARNING,
                place_of(first["place"]),
                named,
                facts,
                len(lone),
            )


def _side_by_side(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the measures of all shares as columns, for each team and month."""
    read = {measure for kpi in _shares() for measure in kpi.measures}
    known = rows[rows["measure"].isin(read) & rows["value"].notna()]
    return known.groupby(["team", "month", "measure"])["value"].sum().unstack()


def _parts(kpi: Kpi, wide: pd.DataFrame) -> pd.DataFrame:
    """Return part and whole of a share for each team and month that has both."""
    if not set(kpi.measures) <= set(wide):
        index = pd.MultiIndex.from_tuples([], names=["team", "month"])
        return pd.DataFrame({"part": [], "whole": []}, index=index)
    sums = wide[list(dict.fromkeys(kpi.measures))].dropna()
    part, whole = (add_terms(t, sums.__getitem__) for t in (kpi.numerator, kpi.denominator))
    return pd.DataFrame({"part": part, "whole": whole})


def _shares() -> list[Kpi]:
    return [
        kpi
        for kpi in KPIS.values()
        if kpi.proportion and not kpi.multinomial and measures_in(kpi.numerator) == kpi.numerator
    ]


def shares_above_one(rows: pd.DataFrame) -> Iterator[Finding]:
    """Find months in which a part is larger than its whole."""
    wide = _side_by_side(rows)
    for kpi in _shares():
        both = _parts(kpi, wide)
        for (team, month), row in both[both["part"] > both["whole"] * (1 + 1e-9)].iterrows():
            own = rows[
                rows["measure"].isin(kpi.numerator)
                & (rows["team"] == team)
                & (rows["month"] == month)
            ].iloc[0]
            facts = facts_of(
                (own["function"], str(team), kpi.numerator[0]),
                kpi=kpi.title,
                month=f"{month:%Y-%m}",
                value=write_figure(row["part"]),
                whole=write_figure(row["whole"]),
                of=MEASURES[kpi.denominator[0]].header,
            )
            yield Finding(
                "share_above_one",
                Severity.ERROR,
                place_of(own["place"]),
                str(facts["value"]),
                facts,
            )


def impossible_shares(rows: pd.DataFrame) -> pd.Series:
    """Mark the values that make a share larger than one; they count as missing."""
    wrong = pd.Series(False, index=rows.index)
    wide = _side_by_side(rows)
    for kpi in _shares():
        both = _parts(kpi, wide)
        for team, month in both.index[both["part"] > both["whole"] * (1 + 1e-9)]:
            wrong |= (
                rows["measure"].isin(kpi.numerator)
                & (rows["team"] == team)
                & (rows["month"] == month)
            )
    return wrong


def shares_that_leap(rows: pd.DataFrame) -> Iterator[Finding]:
    """Find shares that change by more than 25 points from one month to the next."""
    wide = _side_by_side(rows)
    for kpi in _shares():
        both = _parts(kpi, wide)
        for team, months in both.groupby(level="team"):
            if team != ALL and both.index.get_level_values("team").nunique() > 1:
                months = months[months["whole"] >= SHARE_LEAST]
            share = (months["part"] / months["whole"].where(months["whole"] >= SHARE_LEAST)) * 100
            moved = share.diff().abs()
            when = pd.DatetimeIndex(months.index.get_level_values("month"))
            beside = np.r_[False, np.diff(when.to_period("M").asi8) == 1]
            leaps = np.flatnonzero((moved > SHARE_POINTS).to_numpy() & beside).tolist()
            if not leaps:
                continue
            own = rows[
                rows["measure"].isin(kpi.numerator)
                & (rows["team"] == team)
                & (rows["month"] == when[leaps[0]])
            ].iloc[0]
            named = [
                f"{when[at]:%Y-%m} ({share.iloc[at - 1]:.0f} to {share.iloc[at]:.0f} %)"
                for at in leaps
            ]
            more = " …" if len(leaps) > MONTHS_NAMED else ""
            facts = facts_of(
                (own["function"], str(team), kpi.numerator[0]),
                kpi=kpi.title,
                months=", ".join(named[:MONTHS_NAMED]) + more,
            )
            yield Finding(
                "share_leaps",
                Severity.WARNING,
                place_of(own["place"]),
                f"{share.iloc[leaps[0]]:.0f} %",
                facts,
                len(leaps),
            )


def running_totals(rows: pd.DataFrame) -> Iterator[Finding]:
    """Find flows that rise month by month from a start of one step, as running totals do."""
    for key, months in _series(rows):
        flow = key[2] in MEASURES and MEASURES[key[2]].adds is Adds.SUM
        if not flow or months["counted"].iloc[0]:
            continue
        for year in _rising_runs(months["value"].to_numpy()):
            values = months["value"].to_numpy()[year]
            step = float(np.median(np.diff(values)))
            if values[0] > CUMULATIVE_STEP * step or values[0] <= 0:
                continue
            first, last = months.iloc[year.start], months.iloc[year.stop - 1]
            facts = facts_of(
                key,
                first=f"{first['month']:%Y-%m}",
                last=f"{last['month']:%Y-%m}",
                months=len(values),
            )
            yield Finding(
                "running_total",
                Severity.WARNING,
                place_of(last["place"]),
                write_figure(float(values[-1])),
                facts,
                len(values),
            )
            break


def _rising_runs(values: np.ndarray) -> Iterator[slice]:
    """Yield stretches of at least five months in which each is higher than the one before."""
    breaks = np.flatnonzero(np.diff(values) <= 0) + 1
    edges = [0, *breaks.tolist(), len(values)]
    for start, stop in itertools.pairwise(edges):
        if stop - start > CUMULATIVE_MONTHS:
            yield slice(start, stop)


CHECKS: tuple[Callable[[pd.DataFrame], Iterator[Finding]], ...] = (
    find_jumps,
    gaps,
    shares_that_leap,
    running_totals,
)
"""Checks of figures a person typed, and of whole functions."""
WHOLE_CHECKS: tuple[Callable[[pd.DataFrame], Iterator[Finding]], ...] = (
    costs_without_volume,
    shares_above_one,
)
"""Checks of every team."""
