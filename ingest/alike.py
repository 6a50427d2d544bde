"""Spellings over files that may be one team, proposed to a person with their months side by side.

Two signs speak for it. A slip of the hand: "Service Nrod" beside "Service Nord". And one name
inside another, or under a word that several teams share: finance books "Nord", the ticket system
"Service Nord", the orders "Einkauf Nord". One sign speaks against the second: teams that each
report the same measure for the same month are two, such as "North" and "North East".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from ingest.mapping import normal
from ingest.remarks import is_slip
from ingest.source import NOT_STATED
from ingest.teams import Teams
from metrics.functions import MEASURES
from metrics.model import ALL

SEVERAL = 2
"""Teams under one word before the word is taken for no part of their names."""


@dataclass(frozen=True)
class SpellingProposal:
    """Spellings that may be one team.

    Parameters
    ----------
    name : str
        The one the team would be called by: a declared team, else the shortest.
    spellings : tuple of str
        All of them, ``name`` first.
    slips : tuple of str
        Those that look mistyped.
    months : DataFrame
        Month by spelling: what each tells most of, and its value, as text; '' where nothing.
    """

    name: str
    spellings: tuple[str, ...]
    slips: tuple[str, ...]
    months: pd.DataFrame


def propose(rows: pd.DataFrame, declared: Collection[str] = ()) -> list[SpellingProposal]:
    """Return the groups of spellings that may be one team, the largest first.

    Parameters
    ----------
    rows : frame ``observations``
        New figures, and those that are there already.
    declared : collection of str
        The client's own teams: two of them are two, and never proposed to be one.
    """
    rows = rows[~rows["team"].isin([ALL, NOT_STATED])]
    counts = rows.groupby("team").size()
    names = sorted(counts.index, key=lambda name: (-counts[name], name))
    tells = _tells(rows)
    groups = [{name} for name in names]
    slips: set[str] = set()
    for one, other, slip in _pairs(names):
        a = next(group for group in groups if one in group)
        b = next(group for group in groups if other in group)
        if a is b or len((a | b) & set(declared)) > 1:
            continue
        if not slip and _both(tells, a - slips, b - slips):
            continue
        a |= b
        groups.remove(b)
        slips |= {min(one, other, key=lambda name: counts[name])} if slip else set()
    found = []
    for group in groups:
        if len(group) < 2:
            continue
        name = _name(group, slips, declared, counts)
        spellings = (name, *(other for other in names if other in group and other != name))
        wrong = tuple(other for other in spellings if other in slips)
        found.append(SpellingProposal(name, spellings, wrong, _side_by_side(rows, spellings)))
    return sorted(found, key=lambda one: -len(one.spellings))


def merged(
    teams: dict[str, tuple[str, ...]], name: str, spellings: Iterable[str]
) -> dict[str, tuple[str, ...]]:
    """Return the client's teams with spellings that are one; former teams become spellings."""
    one = dict.fromkeys(spellings)
    for spelling in list(one):
        one |= dict.fromkeys(teams.get(spelling, ()))
    one |= dict.fromkeys(teams.get(name, ()))
    kept = {team: names for team, names in teams.items() if team not in one and team != name}
    return {**kept, name: tuple(spelling for spelling in one if spelling != name)}


def _tells(rows: pd.DataFrame) -> dict[str, set[tuple[str, pd.Timestamp]]]:
    keys = rows[["team", "measure", "month"]].drop_duplicates()
    told: dict[str, set] = defaultdict(set)
    for team, measure, month in keys.itertuples(index=False):
        told[team].add((measure, month))
    return told


def _both(tells, one: set[str], other: set[str]) -> bool:
    """Does some figure stand in both groups for the same month?"""
    first = set().union(*(tells[name] for name in one))
    return not first.isdisjoint(set().union(*(tells[name] for name in other)))


def _pairs(names: list[str]) -> list[tuple[str, str, bool]]:
    """Return pairs that may be one team, and whether one is a slip of the other; slips last."""
    cores = _cores(names)
    pairs, slips = [], []
    for i, one in enumerate(names):
        for other in names[i + 1 :]:
            if is_slip(one, other):
                slips.append((one, other, True))
            elif not cores[one].isdisjoint(cores[other]) or _inside(one, other):
                pairs.append((one, other, False))
    return [*pairs, *slips]


def _inside(one: str, other: str) -> bool:
    a, b = (frozenset(normal(name).split()) for name in (one, other))
    return bool(a and b) and (a < b or b < a)


def _cores(names: list[str]) -> dict[str, set[str]]:
    """Return what is left of each name without words that several teams begin or end with."""
    split: dict[str, list[tuple[tuple[str, str], str]]] = {}
    teams: dict[tuple[str, str], set[str]] = defaultdict(set)
    for name in names:
        words = normal(name).split()
        cuts = [
            cut
            for i in range(1, len(words))
            for cut in (
                (("begins", " ".join(words[:i])), " ".join(words[i:])),
                (("ends", " ".join(words[i:])), " ".join(words[:i])),
            )
        ]
        split[name] = cuts
        for affix, core in cuts:
            teams[affix].add(core)
    shared = {
        name: {core for affix, core in cuts if len(teams[affix]) >= SEVERAL}
        for name, cuts in split.items()
    }
    return {name: cores | {normal(name)} for name, cores in shared.items()}


def _name(group: set[str], slips: set[str], declared: Collection[str], counts) -> str:
    known = [name for name in group if name in declared]
    if known:
        return known[0]
    return min(group - slips or group, key=lambda name: (len(name), -counts[name], name))


def _side_by_side(rows: pd.DataFrame, spellings: tuple[str, ...]) -> pd.DataFrame:
    """Return month by spelling: the measure that the spellings share, else each one's own."""
    own = rows[rows["team"].isin(spellings) & rows["value"].notna()]
    spread = own.groupby("measure")["team"].nunique()
    columns, order = {}, {key: i for i, key in enumerate(MEASURES)}
    for name in spellings:
        mine = own[own["team"] == name]
        if mine.empty:
            columns[name] = pd.Series(dtype="str")
            continue
        most = mine.groupby("measure").size()
        measure = max(most.index, key=lambda key: (spread[key], most[key], -order.get(key, 0)))
        sums = mine[mine["measure"] == measure].groupby("month")["value"].sum()
        header = MEASURES[measure].header if measure in MEASURES else measure
        columns[name] = sums.map(lambda value, header=header: f"{value:,.0f} {header.lower()}")
    table = pd.DataFrame(columns).fillna("")
    table.index = pd.DatetimeIndex(table.index).strftime("%Y-%m")
    return table.sort_index(ascending=False)


def propose_with(
    new: pd.DataFrame, kept: pd.DataFrame, teams: Mapping[str, tuple[str, ...]]
) -> list[SpellingProposal]:
    """Return the proposals that concern teams of new figures, judged beside what is kept."""
    known = Teams(teams)
    both = pd.concat(
        [frame.assign(team=frame["team"].map(known.called)) for frame in (new, kept) if len(frame)]
    )
    arrived = {known.called(team) for team in new["team"].unique()}
    return [one for one in propose(both, tuple(teams)) if arrived & set(one.spellings)]
