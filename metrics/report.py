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

import numpy as np
import pandas as pd

from metrics import assessment, baseline
from metrics.advocacy import net_promoter_score
from metrics.advocates import AdvocacyPart, advocates
from metrics.assessment import MaturityPart, model_of
from metrics.assumptions import Assumptions
from metrics.decisions import decisions
from metrics.deflected import DeflectionPart, deflected
from metrics.economics import EconomicsPart, economics
from metrics.errors import NotEnoughData
from metrics.frames import CHANGES, KPI_VALUES, SAVINGS, STATISTICS
from metrics.functions import BY_KEY as BUSINESS
from metrics.functions import FUNCTIONS
from metrics.initiatives import CLAIM_COLUMNS, EffectsPart, effects
from metrics.kpis import Arranged, arrange, kpi_values
from metrics.model import ALL, Snapshot
from metrics.monthly import answers, last_year, summable
from metrics.next_moves import RoadmapPart
from metrics.next_moves import roadmap as next_moves
from metrics.outlook import ForecastsPart, forecasts
from metrics.practice import PracticePart
from metrics.practice import practice as practised
from metrics.priced import priced_claims
from metrics.privacy import GROUP_UNDER_FIVE
from metrics.programme import AS_MEASURED, ProgrammeCase, Scenario, programme_case
from metrics.standing import StandingPart
from metrics.standing import standing as stand
from metrics.track_record import TrackRecordPart, track_record
from metrics.tuning.part import TuningPart, tuning
from metrics.tuning.running import LoopPart, running


@dataclass(frozen=True)
class MeasuresPart:
    """What was measured: KPI values by month, statistics, and change against the baseline.

    ``net_promoter`` holds ``nps``, ``low``, ``high``, ``n``, ``first``, ``last`` over the current
    period; only ``reason`` where fewer than five answered, and nothing without a survey.
    """

    values: pd.DataFrame
    statistics: pd.DataFrame
    changes: pd.DataFrame
    net_promoter: dict[str, Any]


@dataclass(frozen=True)
class SavingsPart:
    """Volume-adjusted savings by function.

    Attributes
    ----------
    savings : frame ``savings``
        One row per function with a cost measure; NaN with a reason where it cannot be told.
    monthly : DataFrame
        ``function``, ``month``, ``saving``; function ``all`` is the sum where every function
        that has a saving is known.
    teams : DataFrame
        Split of the change in cost over teams: ``function`` and the columns of
        ``RateVolumeMix.items``.
    total, low, high : float
        A year's saving over functions; the interval adds the functions' months up first, so it
        takes them as correlated as they are.
    """

    savings: pd.DataFrame
    monthly: pd.DataFrame
    teams: pd.DataFrame
    total: float
    low: float
    high: float
    level: float
    reason: str


@dataclass(frozen=True)
class DecisionsPart:
    """What should be decided, the most valuable first; columns as ``metrics.decisions``."""

    proposals: pd.DataFrame


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


def first_starts(snapshot: Snapshot) -> dict[str, pd.Timestamp]:
    """Return the month of the first initiative of each function that has one."""
    initiatives = snapshot["initiatives"].dropna(subset="start")
    return {str(k): v for k, v in initiatives.groupby("function")["start"].min().items()}


def measures(snapshot: Snapshot, assumptions: Assumptions, parts: Mapping) -> MeasuresPart:
    """KPI values by month at company, team and item level, and change against the baseline."""
    observations = snapshot["observations"]
    arranged = arrange(observations)
    return MeasuresPart(
        net_promoter=_net_promoter(arranged, assumptions.whole("baseline_months")),
        values=kpi_values(arranged),
        statistics=STATISTICS.conform(snapshot["statistics"]),
        changes=baseline.changes(
            arranged,
            first_starts(snapshot),
            assumptions.whole("baseline_months"),
            assumptions["interval_level"],
        )
        if len(observations)
        else CHANGES.empty(),
    )


def _net_promoter(observations: Arranged, length: int) -> dict[str, Any]:
    answered = answers(observations, "net_promoter_score")
    recent = summable(last_year(answered, length))
    if not recent.to_numpy().sum() > 0:
        return {"reason": GROUP_UNDER_FIVE} if len(answered) else {}
    score = net_promoter_score(*(round(count) for count in recent.sum()))
    first, last = recent.index[[0, -1]]
    return {"nps": score.nps, "low": score.low, "high": score.high, "n": score.n,
            "first": f"{first:%Y-%m}", "last": f"{last:%Y-%m}"}  # fmt: skip


def savings(snapshot: Snapshot, assumptions: Assumptions, parts: Mapping) -> SavingsPart:
    """Volume-adjusted saving of each function's cost, and of the company month by month."""
    observations, starts = snapshot["observations"], first_starts(snapshot)
    level, length = assumptions["interval_level"], assumptions.whole("baseline_months")
    rows, monthly, teams, differences, total = [], {}, [], [], 0.0
    for function in FUNCTIONS:
        if function.cost is None or function.key not in snapshot.profile.functions:
            continue
        if not (observations["function"] == function.key).any():
            continue
        try:
            found = baseline.saving(observations, function, starts.get(function.key), length, level)
        except NotEnoughData as short:
            rows.append({"function": function.key, "team": ALL, "kpi": function.headline,
                         "reason": short.code})  # fmt: skip
            continue
        rows.append(found.row)
        monthly[function.key] = found.monthly
        differences.append(found.differences * 12 / length)
        total += found.row["saving"]
        if found.split is not None:
            teams.append(found.split.items.assign(function=function.key))
    table = pd.DataFrame(monthly)
    if differences:
        low, high = baseline.interval(np.sum(differences, axis=0), total, level)
        table[ALL] = table.dropna().sum(axis=1)
    else:
        total = low = high = float("nan")
    long = (
        table.rename_axis("month").reset_index().melt("month", var_name="function",
                                                      value_name="saving").dropna()
        if len(table)
        else pd.DataFrame({"month": [], "function": [], "saving": []})
    )  # fmt: skip
    return SavingsPart(
        savings=SAVINGS.conform(pd.DataFrame(rows)) if rows else SAVINGS.empty(),
        monthly=long,
        teams=pd.concat(teams, ignore_index=True) if teams else pd.DataFrame(),
        total=total, low=low, high=high, level=level,
        reason="" if differences else rows[0]["reason"] if rows else "two_periods_needed",
    )  # fmt: skip


def maturity(snapshot: Snapshot, assumptions: Assumptions, parts: Mapping) -> MaturityPart:
    """How far the company has come, how sure that is, and what to do next."""
    return assessment.maturity(snapshot, assumptions, parts["loop"].evidence)


def practice(snapshot: Snapshot, assumptions: Assumptions, parts: Mapping) -> PracticePart:
    """Who takes part, who can do what, and whether learning reaches the work."""
    return practised(snapshot, assumptions)


def roadmap(snapshot: Snapshot, assumptions: Assumptions, parts: Mapping) -> RoadmapPart:
    """Steps below target ranked by value per effort, tasks, and what is orphaned."""
    return next_moves(parts["maturity"], model_of(snapshot).model, snapshot,
                      parts["effects"].effects, parts["savings"].savings)  # fmt: skip


def standing(snapshot: Snapshot, assumptions: Assumptions, parts: Mapping) -> StandingPart:
    """The divide in two years, and whether maturity goes with results."""
    return stand(parts["maturity"], parts["measures"].changes, parts["roadmap"].steps, assumptions)


def case(snapshot: Snapshot, assumptions: Assumptions, parts: Mapping) -> ProgrammeCase:
    """Cost and benefit of the programme: net present value, return, payback, ranges.

    Savings shown by comparison count; where no initiative could be compared at all, the change
    before and after stands in, at its lower grade.
    """
    return what_if(snapshot, assumptions, parts)


def own_economics(snapshot: Snapshot, assumptions: Assumptions, parts: Mapping) -> EconomicsPart:
    """No-additional-cost test, ramp, delay, entry points and the rest of the programme's own."""
    costs = parts["savings"].savings.dropna(subset=["actual"])
    bases = costs.groupby("function")["actual"].sum()
    return economics(snapshot, assumptions, parts["case"], bases)


def deflection(snapshot: Snapshot, assumptions: Assumptions, parts: Mapping) -> DeflectionPart:
    """Requests that were never made, by every method the records allow."""
    return deflected(snapshot, assumptions, first_starts(snapshot).get("support"))


def advocacy(snapshot: Snapshot, assumptions: Assumptions, parts: Mapping) -> AdvocacyPart:
    """Who recommends, what it brings, and what is not shown."""
    return advocates(snapshot, assumptions)


def what_if(
    snapshot: Snapshot, assumptions: Assumptions, parts: Mapping, scenario: Scenario = AS_MEASURED
) -> ProgrammeCase:
    """Return the case under other assumptions and factors; nothing is kept of it."""
    return programme_case(
        _claims(snapshot, assumptions, parts),
        snapshot["costs"],
        assumptions,
        currency=snapshot.profile.currency,
        exchange_rates=snapshot.profile.exchange_rates,
        ledger=snapshot["benefits"],
        scenario=scenario,
    )


def _claims(snapshot: Snapshot, assumptions: Assumptions, parts: Mapping) -> pd.DataFrame:
    """Savings and priced rates of initiatives compared with others, else before and after."""
    compared: EffectsPart = parts["effects"]
    if not (compared.effects["design"] != "").any():
        return _before_after(parts["savings"])
    priced = priced_claims(
        compared.effects, compared.paths, snapshot["observations"],
        assumptions["contribution_margin"],
    )  # fmt: skip
    claims = pd.concat([compared.claims.assign(cash="cashable"), priced], ignore_index=True)
    known = snapshot["initiatives"].drop_duplicates("initiative").set_index("initiative")
    return claims.assign(
        change=claims["name"].map(known["change"]).fillna(""),
        lasting=claims["name"].map(known["end"].isna()).fillna(True).astype(bool),
        layer="incremental",
    )


def _before_after(saved: SavingsPart) -> pd.DataFrame:
    """Claims from the volume-adjusted change of each function, evidence grade C."""
    rows = saved.savings.dropna(subset=["saving", "low"])
    if rows.empty:
        return pd.DataFrame(columns=CLAIM_COLUMNS)
    spread = (rows["high"] - rows["low"]) / 2 / rows["saving"].abs()
    lines = rows[["function", "kpi", "grade"]].assign(low=1 - spread, high=1 + spread)
    lines["name"] = [BUSINESS[f].title for f in lines["function"]]
    monthly = saved.monthly.merge(lines, on="function")
    return monthly.reindex(columns=CLAIM_COLUMNS)


def initiatives(snapshot: Snapshot, assumptions: Assumptions, parts: Mapping) -> EffectsPart:
    """What each initiative did to the KPI it was started for."""
    return effects(
        snapshot["observations"], snapshot["initiatives"], snapshot["contributions"],
        snapshot["restatements"],
    )  # fmt: skip


def proposals(snapshot: Snapshot, assumptions: Assumptions, parts: Mapping) -> DecisionsPart:
    """Propose what to do about each initiative."""
    return DecisionsPart(
        decisions(
            snapshot["observations"], snapshot["initiatives"], snapshot["costs"],
            parts["effects"].effects,
        )
    )  # fmt: skip


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
