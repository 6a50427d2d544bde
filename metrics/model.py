"""The nouns of the product: one paragraph and one example each.

A company's systems count *measures* (``tickets``). A *KPI* divides sums of measures
(``sla_met ÷ tickets``). Ten *business functions* own their measures and KPIs. What is wrong in
a file is a *finding* with a *place*. All that is known of a client at one revision is a
*snapshot*; all that follows from it is a *report*.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

import pandas as pd

from metrics.units import COUNT, Unit

ALL = "all"
"""Team, item or constituency of a row that speaks for the whole function."""


def teams_of(text: object) -> list[str]:
    """Names of a cell that lists several, apart by semicolons."""
    return [name for part in str(text).split(";") if (name := part.strip())]


class Adds(StrEnum):
    """How a measure adds over time; across teams every measure is summed."""

    SUM = "sum"
    LAST = "last"
    MEAN = "mean"


class Better(StrEnum):
    """Which way a KPI should move; ``BAND`` is neither."""

    HIGHER = "higher"
    LOWER = "lower"
    BAND = "band"


class Timing(StrEnum):
    """Does the KPI move before, with or after the business result (domain rule 6 of §3)?"""

    LEADING = "leading"
    CURRENT = "current"
    LAGGING = "lagging"


class Severity(StrEnum):
    """How bad a finding is: an ERROR row is not used, a WARNING row is used and marked."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True)
class Note:
    """Something a reader must know: the key of its sentence in ``words``, and its facts."""

    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Measure:
    """A quantity that adds across teams.

    Example: ``Measure("tickets", "Tickets opened", COUNT, "Requests opened in the month.")``.

    Parameters
    ----------
    key, header : str
        Identifier and the heading in templates and tables.
    unit : Unit
    help : str
        One sentence: what is counted, in which month it falls.
    adds : Adds
        ``SUM`` for flows; ``LAST`` or ``MEAN`` for stocks such as active customers.
    minimum, maximum : float
        Values outside are an error finding.
    aliases : tuple of str
        Other headings under which summary sheets carry it.
    """

    key: str
    header: str
    unit: Unit
    help: str
    adds: Adds = Adds.SUM
    minimum: float = 0.0
    maximum: float = float("inf")
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Benchmark:
    """What others reached: never without its source, year and number of answers.

    Own history comes first, so nobody sees a benchmark who has not asked for it.

    Parameters
    ----------
    value : float
        In the KPI's unit; money in ``currency``.
    what : str
        Which figure it is: median, mean, best quartile.
    source : str
    year : int
        In which the figures were gathered or published.
    n : int
        Organisations or people behind it.

    Raises
    ------
    ValueError
        Source, year or n is missing.
    """

    value: float
    what: str
    source: str
    year: int
    n: int
    currency: str = ""

    def __post_init__(self) -> None:
        if not self.source or self.year < 1900 or self.n < 1:
            raise ValueError("a benchmark needs source, year and n")


def measures_in(terms: tuple[str, ...]) -> tuple[str, ...]:
    """Return the measures that terms speak of, without their signs."""
    return tuple(term.removeprefix("-") for term in terms)


@dataclass(frozen=True)
class Kpi:
    """Sum of measures divided by a sum of measures, at any level; never an average of ratios.

    Example: win rate is ``numerator=("deals_won",)``, ``denominator=("deals_won", "deals_lost")``.

    Parameters
    ----------
    numerator, denominator : tuple of str
        Measure keys to add; a leading ``-`` subtracts (promoters − detractors).
    scale : float
        Factor after division: 100 for "per 100 customers".
    driver : str or None
        Demand driver of a cost KPI: the measure that would have moved the cost anyway.
    proportion : bool
        Numerator counts a subset of the denominator, so a Wilson interval applies.
    multinomial : bool
        Numerator is first minus last of the denominator's classes: the score interval of a
        difference of two shares applies.
    of_people : bool
        Its denominator counts people or their answers: no group under five is shown
        (``metrics.privacy``).
    price : tuple of str or None
        For a rate without money in it: the measures of money and quantity whose ratio is what one
        of its numerator is worth. A money measure that is not the function's cost is revenue.
    help, pitfall, source : str
        What it means, how it misleads, where the definition comes from.
    timing : Timing
    boundary : str
        ``external`` or ``internal``: across the company's border or within it.
    constituency : str
        Whose experience it speaks of.
    benchmark : Benchmark or None
        What others reached; shown only on request.
    """

    key: str
    title: str
    unit: Unit
    numerator: tuple[str, ...]
    denominator: tuple[str, ...]
    better: Better
    help: str
    source: str
    pitfall: str = ""
    scale: float = 1.0
    driver: str | None = None
    price: tuple[str, str] | None = None
    proportion: bool = False
    multinomial: bool = False
    of_people: bool = False
    timing: Timing = Timing.CURRENT
    boundary: str = "external"
    constituency: str = "customers"
    benchmark: Benchmark | None = None

    @property
    def measures(self) -> tuple[str, ...]:
        """Every measure the KPI reads, without signs."""
        return measures_in((*self.numerator, *self.denominator))

    @property
    def formula(self) -> str:
        """The definition in words of measures, for tooltips and the methods page."""

        def join(terms: tuple[str, ...]) -> str:
            text = " + ".join(terms).replace("+ -", "− ").replace("_", " ")
            return f"({text})" if len(terms) > 1 else text

        factor = "" if self.scale == 1 else f" × {self.scale:,.0f}"
        return f"{join(self.numerator)} ÷ {join(self.denominator)}{factor}"


@dataclass(frozen=True)
class Statistic:
    """A figure that cannot be rolled up (distinct count, median, top-ten share).

    It is computed from the records at each level, never from other levels.
    Example: ``active_suppliers`` of a quarter is not the sum of three months.
    """

    key: str
    title: str
    unit: Unit
    better: Better
    help: str
    source: str
    pitfall: str = ""


@dataclass(frozen=True)
class BusinessFunction:
    """One function of the company, declared in one file of ``metrics/functions``.

    Parameters
    ----------
    cost : str or None
        The measure that holds its whole cost pool.
    quantity : str or None
        The work it does with it, or what it brings forth.
    drivers : tuple of str
        Measures of demand that it does not choose. The first that a client feeds is used, fixed
        before any effect is looked at.
    wanted : bool
        The quantity is an output that is wanted (leads, hires), not work that may be induced
        (tickets): a saving is then one at the same output.
    aliases : tuple of str
        Other names of it in sheets and columns, such as HR.
    """

    key: str
    title: str
    measures: tuple[Measure, ...]
    kpis: tuple[Kpi, ...]
    statistics: tuple[Statistic, ...] = ()
    headline: str = ""
    cost: str | None = None
    quantity: str | None = None
    drivers: tuple[str, ...] = ()
    wanted: bool = False
    aliases: tuple[str, ...] = ()

    @property
    def reads(self) -> frozenset[str]:
        """Every measure that the function owns or one of its KPIs reads."""
        mine = {measure.key for measure in self.measures}
        drivers = {kpi.driver for kpi in self.kpis if kpi.driver}
        drivers |= set(self.drivers)
        return frozenset(mine | drivers | {key for kpi in self.kpis for key in kpi.measures})

    def kpi(self, key: str) -> Kpi:
        """Return the KPI called ``key``; KeyError if there is none."""
        return next((k for k in self.kpis if k.key == key), None) or _missing(self.key, key)

    def measure(self, key: str) -> Measure:
        """Return the measure called ``key``; KeyError if there is none."""
        return next((m for m in self.measures if m.key == key), None) or _missing(self.key, key)


def _missing(owner: str, key: str) -> Any:
    raise KeyError(f"{owner} has no {key}")


@dataclass(frozen=True)
class Place:
    """Where a value stands: ``support.xlsx › Support!C3``; csv files have no sheet."""

    file: str
    sheet: str | None = None
    cell: str | None = None

    def __str__(self) -> str:
        inside = (
            f"{self.sheet}!{self.cell}" if self.sheet and self.cell else self.sheet or self.cell
        )
        return f"{self.file} › {inside}" if inside else self.file


@dataclass(frozen=True)
class Finding:
    """Something a person should know about a file, with its place.

    The sentence is in ``words`` under ``code``; ``facts`` fills it. ``count`` says for how many
    cells the finding stands (one column of 3,836 empty dates is one finding).
    """

    code: str
    severity: Severity
    place: Place
    value: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    count: int = 1


@dataclass(frozen=True)
class Profile:
    """What a client declares at set-up: the scope every comparison rests on (S4-04).

    Parameters
    ----------
    functions : tuple of str
        Keys of functions in scope.
    not_applicable : mapping
        Function key → reason, for functions deliberately out of scope.
    teams : mapping
        Team → its other spellings in exports.
    constituencies : tuple of str
    currency : str
        ISO 4217 code of the base currency.
    exchange_rates : mapping
        ISO code → base-currency value of one unit.
    fiscal_year_start : int
        First month of the fiscal year, 1–12.
    reorganised : tuple of (before, after, first month)
        Teams that became another from a month on (``2025-07``), or always ('').
    """

    name: str
    functions: tuple[str, ...]
    not_applicable: Mapping[str, str] = field(default_factory=dict)
    teams: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    constituencies: tuple[str, ...] = ("customers", "employees", "partners", "suppliers")
    currency: str = "EUR"
    exchange_rates: Mapping[str, float] = field(default_factory=dict)
    fiscal_year_start: int = 1
    reorganised: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class Snapshot:
    """All that is known of one client at one revision.

    Parameters
    ----------
    profile : Profile
    revision : int
    as_of : date
        The day up to which the data speaks; a month that ends later is not over.
    frames : mapping
        Frame name of ``metrics.frames`` → tidy frame. A missing name means nothing was given.
    """

    profile: Profile
    revision: int
    as_of: date
    frames: Mapping[str, pd.DataFrame]

    def __getitem__(self, name: str) -> pd.DataFrame:
        from metrics.frames import FRAMES

        return self.frames[name] if name in self.frames else FRAMES[name].empty()


__all__ = [
    "ALL",
    "COUNT",
    "Adds",
    "Benchmark",
    "Better",
    "BusinessFunction",
    "Finding",
    "Kpi",
    "Measure",
    "Place",
    "Profile",
    "Severity",
    "Snapshot",
    "Statistic",
    "Timing",
    "Unit",
]
