"""New figures beside those kept already: the same under other teams, and months that shrank."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from metrics.functions import BY_KEY, MEASURES
from metrics.model import ALL, Adds, Finding, Place, Severity
from metrics.units import UnitKind

SHRINKS = 0.05
"""A later export of a closed month should not hold less; records do get merged or deleted."""
ALIKE = 0.02
"""Totals closer than this over the shared months are the same figures under other teams."""


def place_of(text: str) -> Place:
    """Return the place a row of observations names: a cell where it was one, else its file."""
    if ", " in text and " › " not in text:
        return Place(text.split(", ")[0].split(" and ")[0])
    file, _, inside = text.partition(" › ")
    sheet, _, cell = inside.rpartition("!")
    return Place(file, sheet or None, cell or None)


def facts_of(key: tuple[str, str, str], **more: object) -> dict[str, object]:
    """Return how a sentence names a series (function, team, measure), with further facts."""
    function, team, measure = key
    title = BY_KEY[function].title if function in BY_KEY else function
    header = MEASURES[measure].header if measure in MEASURES else measure
    return {"measure": header, "team": title if team == ALL else f"{title}, {team}", **more}


def write_figure(value: float) -> str:
    """Return a figure as a sentence shows it."""
    return f"{value:,.0f}" if abs(value) >= 100 or value == round(value) else f"{value:,.2f}"


def other_teams(new: pd.DataFrame, old: pd.DataFrame) -> Iterator[Finding]:
    """Find months that are there already under other teams, so that they would count twice."""
    for key, months, before, now in shared_under_other_teams(new, old):
        function, measure = key
        facts = facts_of(
            (function, ALL, measure),
            months=_span(months),
            count=len(months),
            before=", ".join(sorted(before)[:4]),
            now=", ".join(sorted(now)[:4]),
        )
        row = new[(new["function"] == function) & (new["measure"] == measure)].iloc[0]
        yield Finding(
            "same_under_other_teams",
            Severity.WARNING,
            place_of(row["place"]),
            str(facts["months"]),
            facts,
            len(months),
        )


def shared_under_other_teams(
    new: pd.DataFrame, old: pd.DataFrame
) -> Iterator[tuple[tuple[str, str], list[pd.Timestamp], set[str], set[str]]]:
    """Yield function and measure, months, teams before and teams now of figures there twice.

    Teams that share no month's row are other teams; they speak of the same things where one side
    speaks for the whole, or where the totals agree within 2 % in every shared month.
    """
    keys = ["function", "measure"]
    told = set(map(tuple, old[keys].drop_duplicates().to_numpy()))
    for key, mine in new[new["value"].notna()].groupby(keys):
        if key not in told:
            continue
        theirs = old[(old["function"] == key[0]) & (old["measure"] == key[1])]
        theirs = theirs[theirs["value"].notna()]
        before, now = set(theirs["team"]), set(mine["team"])
        if before & now or not before:
            continue
        sums = pd.DataFrame(
            {
                "new": mine.groupby("month")["value"].sum(),
                "old": theirs.groupby("month")["value"].sum(),
            }
        ).dropna()
        if sums.empty:
            continue
        whole = before == {ALL} or now == {ALL}
        alike = bool(np.allclose(sums["new"], sums["old"], rtol=ALIKE)) and sums["new"].any()
        if whole or alike:
            yield (str(key[0]), str(key[1])), sorted(sums.index), before, now


def without_other_teams(rows: pd.DataFrame, new: pd.DataFrame, old: pd.DataFrame) -> pd.DataFrame:
    """Return rows without the figures that new and old both hold, under other teams."""
    gone = pd.Series(False, index=rows.index)
    for (function, measure), months, _, _ in shared_under_other_teams(new, old):
        gone |= (
            (rows["function"] == function)
            & (rows["measure"] == measure)
            & rows["month"].isin(months)
        )
    return rows[~gone] if gone.any() else rows


def _span(months: list[pd.Timestamp]) -> str:
    first, last = f"{months[0]:%Y-%m}", f"{months[-1]:%Y-%m}"
    return first if first == last else f"{first} to {last}"


def shrunk(new: pd.DataFrame, old: pd.DataFrame) -> Iterator[Finding]:
    """Find months that hold less than an earlier upload said they held."""
    keys = ["function", "team", "measure", "month"]
    flows = [
        m.key for m in MEASURES.values() if m.adds is Adds.SUM and m.unit.kind is UnitKind.COUNT
    ]
    mine, theirs = (
        rows[rows["measure"].isin(flows) & rows["value"].notna()].groupby(keys)["value"].sum()
        for rows in (new, old)
    )
    places = new.drop_duplicates(keys).set_index(keys)["place"]
    both = pd.DataFrame({"new": mine, "old": theirs}).dropna()
    less = both[both["new"] < both["old"] * (1 - SHRINKS)]
    by_measure = less.groupby(level=["function", "measure", "month"])
    for (function, measure, month), rows in by_measure:
        index = rows.index[0]
        facts = facts_of(
            (str(function), ALL, str(measure)),
            month=f"{month:%Y-%m}",
            value=write_figure(rows["new"].sum()),
            before=write_figure(rows["old"].sum()),
        )
        yield Finding(
            "month_shrank",
            Severity.WARNING,
            place_of(places[index]),
            str(facts["value"]),
            facts,
            len(rows),
        )


COMPARISONS: tuple[Callable[[pd.DataFrame, pd.DataFrame], Iterator[Finding]], ...] = (
    other_teams,
    shrunk,
)
