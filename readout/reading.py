"""What one read-out is made from: the report, who reads it, and what was read out before."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from metrics.functions import BY_KEY
from metrics.outlook.scenarios import SAVING
from metrics.overview import Line, Overview, overview, since_last
from metrics.report import Report
from metrics.units import write_month
from readout.figures import Figure, figures
from words import say

STATES = ("draft", "reviewed", "issued")
"""A read-out is written, looked at by a second person, and handed out."""


@dataclass(frozen=True)
class Change:
    """One headline figure that differs from the last read-out.

    ``outside`` says that the new value lies outside the interval stated then.
    """

    before: Figure
    after: Figure
    outside: bool

    @property
    def size(self) -> float:
        """Difference, relative to the value before where that is not zero."""
        gap = self.after.value - self.before.value
        return abs(gap / self.before.value) if self.before.value else abs(gap)


def compare(earlier: tuple[Figure, ...], now: tuple[Figure, ...]) -> tuple[Change, ...]:
    """Return the figures both read-outs hold with different values, the headlines first."""
    before = {figure.key: figure for figure in earlier}
    changes = []
    for one in now:
        then = before.get(one.key)
        if then is None or math.isnan(then.value) or math.isnan(one.value):
            continue
        if math.isclose(then.value, one.value, rel_tol=1e-9, abs_tol=1e-9):
            continue
        known = not (math.isnan(then.low) or math.isnan(then.high))
        changes.append(Change(then, one, known and not then.low <= one.value <= then.high))
    return tuple(changes)


@dataclass(frozen=True)
class Reading:
    """A report on its way to people.

    Parameters
    ----------
    scope : int
        Functions the client declared in scope.
    checksum : str
        Of the report's document.
    state : str
        One of ``STATES``.
    earlier : tuple of Figure
        Headline figures of the last read-out, empty for the first one.
    earlier_name : str
        How the last one is named, such as "revision 2 of 3 November 2026".
    restated : DataFrame
        Frame ``restatements``, those since the last read-out.
    """

    report: Report
    scope: int
    checksum: str
    state: str = "draft"
    earlier: tuple[Figure, ...] = ()
    earlier_name: str = ""
    restated: pd.DataFrame = field(default_factory=pd.DataFrame)

    @cached_property
    def overview(self) -> Overview:
        seen = overview(self.report, self.scope)
        now, then = (
            {f.key: [f.value, f.low, f.high] for f in shown}
            for shown in (self.figures.values(), self.earlier)
        )
        return since_last(seen, self.currency, now, then, self.earlier_name)

    @cached_property
    def figures(self) -> dict[str, Figure]:
        return {figure.key: figure for figure in figures(self.report)}

    @property
    def currency(self) -> str:
        return self.report.currency

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        return compare(self.earlier, tuple(self.figures.values()))

    @property
    def verdict(self) -> str:
        return " ".join(say_line(line) for line in self.overview.verdict)

    @property
    def month(self) -> str:
        return write_month(self.report.as_of)

    @property
    def first_series(self) -> str | None:
        """The series the read-out shows: the saving, then the headline of a function."""
        have = list(dict.fromkeys(self.report.forecasts.forecasts["series"]))
        order = [SAVING, *(f.headline for f in BY_KEY.values() if f.headline)]
        return next((s for s in order if s in have), have[0] if have else None)

    def restatement(self) -> str:
        """Say what was read out before and has been restated since, or ""."""
        rows = self.restated
        if rows.empty or not self.earlier_name:
            return ""
        first, last = rows["month"].min(), rows["month"].max()
        return say(
            "deck.restated",
            n=len(rows),
            first=write_month(first),
            last=write_month(last),
            functions=sorted({f.replace("_", " ") for f in rows["function"]}),
            earlier=self.earlier_name,
        )


def say_line(line: Line) -> str:
    """Return the sentence of a line."""
    facts = {
        name: say_line(fact) if isinstance(fact, Line) else fact
        for name, fact in line.facts.items()
    }
    return say(line.code, **facts)
