"""Everything that follows from a snapshot and assumptions, in named parts.

``compute`` is the only way from data to a screen, a slide or a file. A part is a pure function of
snapshot, assumptions and the parts before it; a reader asks for the parts it shows and pays for
no others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from metrics.advocacy.part import AdvocacyPart, advocates
from metrics.assumptions import Assumptions
from metrics.business_case.economics import EconomicsPart, own_economics
from metrics.business_case.part import ProgrammeCase, case
from metrics.deflection.part import DeflectionPart, deflected
from metrics.effects.decisions import DecisionsPart, proposals
from metrics.effects.part import EffectsPart, initiatives
from metrics.frames import KPI_VALUES
from metrics.maturity import part as assessment
from metrics.maturity.next_moves import RoadmapPart
from metrics.maturity.next_moves import roadmap as next_moves
from metrics.maturity.part import MaturityPart, model_of
from metrics.maturity.standing import StandingPart
from metrics.maturity.standing import standing as stand
from metrics.measures.part import MeasuresPart, SavingsPart, first_starts, measures, savings
from metrics.model import Snapshot
from metrics.outlook.part import ForecastsPart, forecasts
from metrics.outlook.track_record import TrackRecordPart, track_record
from metrics.practice.part import PracticePart
from metrics.practice.part import practice as practised
from metrics.tuning.part import TuningPart, tuning
from metrics.tuning.running import LoopPart, running


@dataclass(frozen=True)
class Report:
    """The parts that were asked for, and what they were computed from."""

    client: str
    revision: int
    as_of: date
    currency: str
    assumptions: Assumptions
    code_version: str
    parts: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, part: str) -> Any:
        return self.parts[part]


def maturity(snapshot: Snapshot, assumptions: Assumptions, parts: Mapping) -> MaturityPart:
    """How far the company has come, how sure that is, and what to do next."""
    return assessment.maturity(snapshot, assumptions, parts["loop"].evidence)


def practice(snapshot: Snapshot, assumptions: Assumptions, parts: Mapping) -> PracticePart:
    """Who takes part, who can do what, and whether learning reaches the work."""
    return practised(snapshot, assumptions)


def roadmap(snapshot: Snapshot, assumptions: Assumptions, parts: Mapping) -> RoadmapPart:
    """Steps below target ranked by value per effort, tasks, and what is orphaned."""
    return next_moves(
        parts["maturity"],
        model_of(snapshot).model,
        snapshot,
        parts["effects"].effects,
        parts["savings"].savings,
    )


def standing(snapshot: Snapshot, assumptions: Assumptions, parts: Mapping) -> StandingPart:
    """The divide in two years, and whether maturity goes with results."""
    return stand(parts["maturity"], parts["measures"].changes, parts["roadmap"].steps, assumptions)


def deflection(snapshot: Snapshot, assumptions: Assumptions, parts: Mapping) -> DeflectionPart:
    """Requests that were never made, by every method the records allow."""
    return deflected(snapshot, assumptions, first_starts(snapshot).get("support"))


def advocacy(snapshot: Snapshot, assumptions: Assumptions, parts: Mapping) -> AdvocacyPart:
    """Who recommends, what it brings, and what is not shown."""
    return advocates(snapshot, assumptions)


@dataclass(frozen=True)
class Part:
    """A named part: what computes it and which parts it reads."""

    name: str
    compute: Callable[[Snapshot, Assumptions, Mapping[str, Any]], Any]
    kind: type
    needs: tuple[str, ...] = ()


PARTS: tuple[Part, ...] = (
    Part("measures", measures, MeasuresPart),
    Part("savings", savings, SavingsPart),
    Part("loop", running, LoopPart, ("measures",)),
    Part("maturity", maturity, MaturityPart, ("loop",)),
    Part("practice", practice, PracticePart),
    Part("roadmap", roadmap, RoadmapPart, ("maturity", "effects", "savings")),
    Part("standing", standing, StandingPart, ("maturity", "measures", "roadmap")),
    Part("forecasts", forecasts, ForecastsPart, ("measures", "effects", "case", "maturity")),
    Part("effects", initiatives, EffectsPart),
    Part("case", case, ProgrammeCase, ("savings", "effects")),
    Part("economics", own_economics, EconomicsPart, ("case", "savings")),
    Part("deflection", deflection, DeflectionPart),
    Part("advocacy", advocacy, AdvocacyPart),
    Part("decisions", proposals, DecisionsPart, ("effects",)),
    Part("tuning", tuning, TuningPart, ("loop", "effects")),
    Part("track_record", track_record, TrackRecordPart, ("measures", "effects", "forecasts")),
)
BY_NAME = {part.name: part for part in PARTS}
READ_ISSUED = ("track_record", "tuning", "loop")
"""Parts that change when a forecast is issued or scored."""


def behind(name: str) -> tuple[str, ...]:
    """Return the parts that read a part, directly or through others."""
    direct = tuple(part.name for part in PARTS if name in part.needs)
    return tuple(dict.fromkeys((*direct, *(n for part in direct for n in behind(part)))))


def compute(
    snapshot: Snapshot,
    assumptions: Assumptions,
    wanted: tuple[str, ...] = tuple(BY_NAME),
    known: Mapping[str, Any] | None = None,
    code_version: str = "",
) -> Report:
    """Compute the wanted parts, and those they need.

    Parameters
    ----------
    snapshot : Snapshot
    assumptions : Assumptions
    wanted : tuple of str
        Names out of ``PARTS``.
    known : mapping, optional
        Parts computed before for the same snapshot, assumptions and code.
    code_version : str
        Identifies the code; carried in the report.
    """
    parts: dict[str, Any] = dict(known or {})

    def need(name: str) -> None:
        if name in parts:
            return
        for other in BY_NAME[name].needs:
            need(other)
        parts[name] = BY_NAME[name].compute(snapshot, assumptions, parts)

    for name in wanted:
        need(name)
    return Report(
        client=snapshot.profile.name,
        revision=snapshot.revision,
        as_of=snapshot.as_of,
        currency=snapshot.profile.currency,
        assumptions=assumptions,
        code_version=code_version,
        parts=parts,
    )


__all__ = ["BY_NAME", "KPI_VALUES", "PARTS", "Report", "compute", "first_starts"]
