"""Everything that follows from a snapshot and assumptions, in named parts.

A part is a function of the snapshot, the assumptions and other parts; its signature says which.
It is worked out when ``report.maturity`` is first touched, once for all who hold the report, so
what a reader is shown never depends on what somebody computed before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from threading import Lock
from typing import Any, Generic, TypeVar, get_type_hints, overload

from metrics.advocacy.part import advocates
from metrics.assumptions import Assumptions
from metrics.business_case.economics import own_economics
from metrics.business_case.part import case
from metrics.deflection.part import estimate_deflection
from metrics.effects.valued import initiatives
from metrics.maturity.next_moves import next_moves
from metrics.maturity.part import maturity
from metrics.maturity.standing import standing
from metrics.measures.part import measures, savings
from metrics.model import Snapshot
from metrics.outlook.part import forecasts
from metrics.outlook.track_record import track_record
from metrics.portfolio.bridge import bridge
from metrics.portfolio.named_figures import Figures
from metrics.portfolio.part import value
from metrics.practice.part import practice
from metrics.proposals.part import proposals
from metrics.tuning.part import tuning
from metrics.tuning.running import running

P = TypeVar("P")


class Part(Generic[P]):
    """An attribute of ``Report``: what computes it, read from the signature what that needs."""

    name: str

    def __init__(self, compute: Callable[..., P]) -> None:
        self.compute = compute

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, report: None, owner: type) -> Part[P]: ...
    @overload
    def __get__(self, report: Report, owner: type) -> P: ...
    def __get__(self, report: Report | None, owner: type) -> Part[P] | P:
        return self if report is None else report.parts[self.name]

    @cached_property
    def needs(self) -> dict[str, type]:
        """Parameter of the computation → the type of what it is given."""
        return {name: kind for name, kind in self._types.items() if name != "return"}

    @property
    def kind(self) -> type[P]:
        return self._types["return"]

    @cached_property
    def _types(self) -> dict[str, Any]:
        return get_type_hints(self.compute)


@dataclass(frozen=True)
class Report:
    """What follows from a snapshot under assumptions; ``parts`` holds by name what loads."""

    client: str
    revision: int
    as_of: date
    currency: str
    assumptions: Assumptions
    code_version: str
    parts: Mapping[str, Any]

    measures = Part(measures)
    savings = Part(savings)
    loop = Part(running)
    maturity = Part(maturity)
    practice = Part(practice)
    roadmap = Part(next_moves)
    standing = Part(standing)
    forecasts = Part(forecasts)
    value = Part(value)
    bridge = Part(bridge)
    effects = Part(initiatives)
    case = Part(case)
    economics = Part(own_economics)
    deflection = Part(estimate_deflection)
    advocacy = Part(advocates)
    proposals = Part(proposals)
    tuning = Part(tuning)
    track_record = Part(track_record)

    def __getitem__(self, part: str) -> Any:
        return self.parts[part]

    @cached_property
    def figures(self) -> Figures:
        """Return every headline quantity by its name; each is printed from here only."""
        return Figures(self)


PARTS: tuple[Part[Any], ...] = tuple(p for p in vars(Report).values() if isinstance(p, Part))
BY_NAME = {part.name: part for part in PARTS}
BY_KIND = {part.kind: part for part in PARTS}
READ_ISSUED: set[Part[Any]] = {
    Report.track_record,
    Report.tuning,
    Report.loop,
    Report.proposals,
}
"""Parts that change when a forecast is issued or scored."""


def dependent_parts(part: Part[Any]) -> set[Part[Any]]:
    """Return the parts that read a part, directly or through others."""
    direct = {other for other in PARTS if part.kind in other.needs.values()}
    return direct.union(*map(dependent_parts, direct))


class Parts(Mapping[str, Any]):
    """Parts by name, each loaded when it is first asked for and kept; threads may share it.

    Parameters
    ----------
    load : callable
        Returns the part of a name.
    names : iterable of str, optional
        Those listed; every part can be asked for.
    """

    def __init__(self, load: Callable[[str], Any], names: Iterable[str] = tuple(BY_NAME)) -> None:
        self._load, self._names, self._loaded = load, tuple(names), {}
        # A lock a part: no part reads itself, so who waits for one never holds up another.
        self._locks = {name: Lock() for name in BY_NAME}

    def __getitem__(self, name: str) -> Any:
        with self._locks[name]:
            if name not in self._loaded:
                self._loaded[name] = self._load(name)
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def compute(
    snapshot: Snapshot,
    assumptions: Assumptions,
    wanted: Iterable[str] = tuple(BY_NAME),
    load: Callable[[Part[Any], Callable[[], Any]], Any] = lambda part, make: make(),
    code_version: str = "",
) -> Report:
    """Return the report of a snapshot; a part is computed when it is touched.

    Parameters
    ----------
    snapshot : Snapshot
    assumptions : Assumptions
    wanted : iterable of str
        Names of the parts that ``Report.parts`` lists.
    load : callable
        Given a part and what computes it, returns it: the place to keep parts.
    code_version : str
        Identifies the code; carried in the report.
    """
    given: dict[type, Any] = {Snapshot: snapshot, Assumptions: assumptions}

    def value(kind: type) -> Any:
        return given[kind] if kind in given else parts[BY_KIND[kind].name]

    def load_named(name: str) -> Any:
        part = BY_NAME[name]
        return load(part, lambda: part.compute(**{n: value(k) for n, k in part.needs.items()}))

    parts = Parts(load_named, wanted)
    return Report(
        client=snapshot.profile.name,
        revision=snapshot.revision,
        as_of=snapshot.as_of,
        currency=snapshot.profile.currency,
        assumptions=assumptions,
        code_version=code_version,
        parts=parts,
    )
